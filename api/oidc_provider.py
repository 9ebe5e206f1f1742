"""An identity provider by its issuer address: what it says of itself, and the keys that its tokens are signed with.

Both are remembered for a while, so that the provider may be away for some minutes without anybody noticing, and no
longer than that: a key that it has withdrawn must not be good for ever.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode, urlsplit

from keys import Endpoint, ServiceFailedError, exchange

from .errors import ProviderFailedError
from .forwarding import is_loopback
from .oidc_keys import KeySet, ProviderKey, read_key_set

MAX_METADATA_BYTES = 64 * 1024
MAX_KEYS_BYTES = 256 * 1024
MAX_ANSWER_BYTES = 64 * 1024
MAX_URL = 500
PROVIDER_SECONDS = 5.0
FRESH = timedelta(minutes=10)
"""After which the provider is asked again."""
KEPT = timedelta(hours=1)
"""How long an old answer does when it cannot be asked."""
UNKNOWN_KEY_PAUSE = timedelta(seconds=30)
"""Between two questions that strangers cause by naming keys nobody knows."""
FAILURE_PAUSE = timedelta(seconds=10)
"""Before a provider that failed is asked again: those who wait for it take up threads."""

_DISCOVERY = "/.well-known/openid-configuration"
_JSON = "application/json"
_KEY_TYPES = (_JSON, "application/jwk-set+json")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a provider says of itself; empty for what it does not have."""

    authorization_endpoint: str
    token_endpoint: str
    keys_address: str
    userinfo_endpoint: str
    introspection_endpoint: str
    end_session_endpoint: str
    names_itself: bool
    """Whether its answers to the browser say who it is (RFC 9207)."""
    takes_secret_in_body_only: bool


class _Kept(Generic[Answer]):
    """One answer of the provider, asked for again when it is old. Safe for threads: one asks, the others wait."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answer: tuple[Answer, datetime] | None = None
        self._failed_at: datetime | None = None

    def get(self, at: datetime, *, newer_than: timedelta = FRESH) -> Answer:
        """Give an answer of that age; an older one when there is none to be had. ProviderFailedError."""
        with self._lock:
            if self._answer is not None and _is_within(self._answer[1], at, newer_than):
                return self._answer[0]
            if self._failed_at is None or not _is_within(self._failed_at, at, FAILURE_PAUSE):
                try:
                    self._answer, self._failed_at = (self._ask(), at), None
                    return self._answer[0]
                except ProviderFailedError:
                    self._failed_at = at
            if self._answer is not None and _is_within(self._answer[1], at, KEPT):
                return self._answer[0]
            raise _failed()


class Provider:
    """An identity provider. Safe for threads."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._metadata = _Kept(self._ask_metadata)
        self._keys: _Kept[KeySet] | None = None
        self._keys_address = ""
        self._lock = threading.Lock()

    def metadata(self, at: datetime) -> Metadata:
        """Say what the provider is; ProviderFailedError."""
        return self._metadata.get(at)

    def key(self, name: str | None, algorithm: str, at: datetime) -> ProviderKey | None:
        """Find the key that a token names, or the only one there is when it names none; ProviderFailedError.

        None: the provider has no such key, and was asked within the last half minute.
        """
        kept = self._kept_keys(self.metadata(at).keys_address)
        found = kept.get(at).find(name, algorithm)
        return found or kept.get(at, newer_than=UNKNOWN_KEY_PAUSE).find(name, algorithm)

    def post(self, address: str, form: Mapping[str, str], *, authorization: str | None = None) -> Mapping[str, object]:
        """Send a form to one of the provider's addresses and return its JSON; ServiceFailedError, ProviderFailedError.

        ServiceFailedError carries the status when the provider refused.
        """
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = exchange(
            Endpoint(url=address, timeout=PROVIDER_SECONDS),
            body=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
            accepted_type=_JSON,
            headers={**headers, "Accept": _JSON},
            limit=MAX_ANSWER_BYTES,
        )
        return _object(answer)

    def userinfo(self, address: str, access_token: str) -> Mapping[str, object]:
        """Ask what the provider says about a person; ProviderFailedError."""
        return _object(self._get(address, MAX_ANSWER_BYTES, (_JSON,), {"Authorization": f"Bearer {access_token}"}))

    def _kept_keys(self, address: str) -> _Kept[KeySet]:
        with self._lock:
            if self._keys is None or self._keys_address != address:
                self._keys = _Kept(lambda: read_key_set(_object(self._get(address, MAX_KEYS_BYTES, _KEY_TYPES))))
                self._keys_address = address
            return self._keys

    def _ask_metadata(self) -> Metadata:
        address = self.issuer.removesuffix("/") + _DISCOVERY
        found = _object(self._get(address, MAX_METADATA_BYTES, (_JSON,)))
        # Else a provider could speak for another one.
        if found.get("issuer") != self.issuer:
            raise _failed()
        methods = found.get("token_endpoint_auth_methods_supported")
        named = methods if isinstance(methods, list) else ["client_secret_basic"]
        return Metadata(
            authorization_endpoint=self._address(found, "authorization_endpoint"),
            token_endpoint=self._address(found, "token_endpoint"),
            keys_address=self._address(found, "jwks_uri"),
            userinfo_endpoint=self._address(found, "userinfo_endpoint"),
            introspection_endpoint=self._address(found, "introspection_endpoint"),
            end_session_endpoint=self._address(found, "end_session_endpoint"),
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
            takes_secret_in_body_only="client_secret_post" in named and "client_secret_basic" not in named,
        )

    def _address(self, found: Mapping[str, object], name: str) -> str:
        address = found.get(name, "")
        if not isinstance(address, str) or len(address) > MAX_URL or not (address.isascii() and address.isprintable()):
            raise _failed()
        parts = urlsplit(address)
        # Plain http only where the provider itself is on this machine.
        local = parts.scheme == "http" and self.issuer.startswith("http://") and is_loopback(parts.hostname or "")
        if address and (not (parts.scheme == "https" or local) or parts.fragment or "@" in parts.netloc):
            raise _failed()
        return address

    def _get(self, address: str, limit: int, types: tuple[str, ...], headers: Mapping[str, str] | None = None) -> bytes:
        if not address:
            raise _failed()
        endpoint = Endpoint(url=address, timeout=PROVIDER_SECONDS)
        accepted = types[0] if len(types) == 1 else None
        try:
            return exchange(
                endpoint, accepted_type=accepted, headers={**(headers or {}), "Accept": ", ".join(types)}, limit=limit
            )
        except ServiceFailedError as error:
            raise _failed() from error


def _is_within(since: datetime, at: datetime, term: timedelta) -> bool:
    """Whether that was less long ago; a clock that was set back makes everything old."""
    return timedelta(0) <= at - since < term


def _object(content: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _failed() from error
    if not isinstance(value, dict):
        raise _failed()
    return value


def _failed() -> ProviderFailedError:
    return ProviderFailedError(
        "统一身份认证暂时不可用，请稍后再试。", "the identity provider does not answer as it should: try again later"
    )
