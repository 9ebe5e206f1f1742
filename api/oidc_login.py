"""Logging in with an identity provider: authorization code, PKCE, state and nonce (OpenID Connect Core, RFC 9700).

What belongs to an attempt is in a cookie of the browser that began it and in nobody's memory: a random value, from
which state, nonce and PKCE verifier follow under a key of ours. So any process can end what another one began, and no
other browser can.
"""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from keys import ServiceFailedError, hash_bytes, hmac_bytes

from .errors import LoginRefusedError, LoginStaleError, ProviderFailedError, TokenRefusedError
from .login_settings import ProviderAccount
from .oidc_claims import Claims, audiences, check_claims, check_fresh, claims_of, subject_of
from .oidc_client import our_proof, text_of
from .oidc_provider import Metadata, Provider

ATTEMPT_TERM = timedelta(minutes=15)
"""How long somebody may take at the provider."""
MAX_NEXT = 200
MAX_COOKIE = 1024
MAX_CODE = 2048
_RANDOM_BYTES = 16
_NAME_LENGTH = 16
_ID_TOKEN_KINDS = ("", "jwt")
_PATH = re.compile(r"/(?:[0-9A-Za-z._~-]+/)*[0-9A-Za-z._~-]*")
_SAID_NO = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A login that was begun."""

    audience: str
    """Who logs in: `holder` or `staff`."""
    next: str
    """Where to go afterwards: a path of ours."""
    begun_at: datetime
    random: str

    def is_live(self, at: datetime) -> bool:
        """Whether it may still be ended."""
        return timedelta(0) <= at - self.begun_at < ATTEMPT_TERM


class Attempts:
    """Makes attempts, and reads them again from the cookies that they were put into."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac_bytes("sm3", key, b"login attempts")

    def cookie_of(self, attempt: Attempt) -> str:
        """Write an attempt."""
        members = [attempt.audience, attempt.next, int(attempt.begun_at.timestamp()), attempt.random]
        content = base64.urlsafe_b64encode(json.dumps(members).encode()).decode()
        return f"{content}.{self._derived('cookie', content)}"

    def read(self, cookie: str) -> Attempt:
        """Read an attempt; LoginStaleError for a cookie that we did not write."""
        content, _, seal = cookie.partition(".")
        if len(cookie) > MAX_COOKIE or not cookie.isascii() or not _same(seal, self._derived("cookie", content)):
            raise _stale()
        audience, following, begun, random = json.loads(base64.urlsafe_b64decode(content))
        return Attempt(audience=audience, next=following, begun_at=datetime.fromtimestamp(begun, UTC), random=random)

    def state(self, attempt: Attempt) -> str:
        """What the provider hands back through the browser."""
        return self._of("state", attempt)

    def nonce(self, attempt: Attempt) -> str:
        """What the provider puts into its token."""
        return self._of("nonce", attempt)

    def verifier(self, attempt: Attempt) -> str:
        """What shows the provider that whoever redeems the code is who asked for it (RFC 7636)."""
        return self._of("verifier", attempt)

    def _of(self, what: str, attempt: Attempt) -> str:
        return self._derived(what, self.cookie_of(attempt))

    def _derived(self, what: str, text: str) -> str:
        return hmac_bytes("sm3", self._key, f"{what}:{text}".encode()).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """Somebody whom the provider knows."""

    attempt: Attempt
    issuer: str
    subject: str
    level: str
    """How surely the provider knows who it is (`acr`), as it signed it; empty when it does not say."""
    claims: Claims


class Login:
    """Logs people in with one provider."""

    def __init__(
        self, *, audience: str, account: ProviderAccount, scope: str, levels: tuple[str, ...], provider: Provider,
        attempts: Attempts, redirect_uri: str,
    ) -> None:  # fmt: skip
        self._audience = audience
        self._account = account
        self._scope = scope
        self._levels = levels
        self._provider = provider
        self._attempts = attempts
        self._redirect_uri = redirect_uri

    def begin(self, following: str, *, random: Callable[[int], bytes], at: datetime) -> tuple[Attempt, str]:
        """Begin an attempt; returns it and the provider's address for the browser. ProviderFailedError."""
        metadata = self._provider.metadata(at)
        if not metadata.authorization_endpoint or not metadata.token_endpoint:
            raise _unfit()
        attempt = Attempt(
            audience=self._audience,
            next=own_path(following),
            begun_at=at.replace(microsecond=0),
            random=random(_RANDOM_BYTES).hex(),
        )
        challenge = hash_bytes("sha256", self._attempts.verifier(attempt).encode())
        asked = {
            "response_type": "code",
            "client_id": self._account.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._scope,
            "state": self._attempts.state(attempt),
            "nonce": self._attempts.nonce(attempt),
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "ui_locales": "zh-CN",
        }
        if self._levels:
            asked["acr_values"] = " ".join(self._levels)
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return attempt, f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}"

    def end_address(self, at: datetime) -> str:
        """Return where somebody leaves the provider, too; empty when it has no such page. ProviderFailedError."""
        address = self._provider.metadata(at).end_session_endpoint
        # Not with the token that says who it is: the address would hold a name.
        joint = "&" if "?" in address else "?"
        return f"{address}{joint}{urlencode({'client_id': self._account.client_id})}" if address else ""

    def finish(self, attempt: Attempt, answer: Mapping[str, str], *, wanted: tuple[str, ...], at: datetime) -> LoggedIn:
        """End an attempt with what the provider had the browser bring; `wanted` claims are asked for if need be.

        Raises LoginStaleError, LoginRefusedError, ProviderFailedError, SettingsError.
        """
        metadata = self._provider.metadata(at)
        if not attempt.is_live(at) or not _same(answer.get("state", ""), self._attempts.state(attempt)):
            raise _stale()
        # Else an answer of another provider could be taken for this one's (RFC 9207).
        if (metadata.names_itself or "iss" in answer) and answer.get("iss") != self._provider.issuer:
            raise _stale()
        if "error" in answer:
            raise _said_no(answer["error"])
        code = answer.get("code", "")
        if not 0 < len(code) <= MAX_CODE:
            raise _stale()
        given = self._redeem(metadata, code, attempt)
        try:
            return self._known(metadata, given, attempt, wanted, at)
        except TokenRefusedError as error:
            # It came from the provider itself, over TLS: nobody who logs in can mend that.
            raise _unfit() from error

    def _redeem(self, metadata: Metadata, code: str, attempt: Attempt) -> Mapping[str, object]:
        form, authorization = our_proof(self._account, metadata)
        try:
            return self._provider.post(
                metadata.token_endpoint,
                {
                    **form,
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": self._redirect_uri,
                    "code_verifier": self._attempts.verifier(attempt),
                },
                authorization=authorization,
            )
        except ServiceFailedError as error:
            # 400 says that the code is used up or too old; anything else is between the provider and us.
            if error.status == 400:
                raise _stale() from error
            raise _unfit() from error

    def _known(
        self, metadata: Metadata, given: Mapping[str, object], attempt: Attempt, wanted: tuple[str, ...], at: datetime
    ) -> LoggedIn:
        claims = claims_of(text_of(given, "id_token"), self._provider, kinds=_ID_TOKEN_KINDS, at=at)
        check_fresh(claims, at=at)
        check_claims(claims, issuer=self._provider.issuer, audience=self._account.client_id, at=at)
        party = claims.get("azp", self._account.client_id if len(audiences(claims)) == 1 else None)
        nonce = claims.get("nonce")
        if party != self._account.client_id or not isinstance(nonce, str):
            raise _unfit()
        if not _same(nonce, self._attempts.nonce(attempt)):
            raise _stale()
        subject = subject_of(claims)
        level = text_of(claims, "acr")
        access_token = text_of(given, "access_token")
        if any(name not in claims for name in wanted) and metadata.userinfo_endpoint and access_token:
            more = self._provider.userinfo(metadata.userinfo_endpoint, access_token)
            if more.get("sub") != subject:
                raise _unfit()
            claims = {**more, **claims}
        return LoggedIn(attempt=attempt, issuer=self._provider.issuer, subject=subject, level=level, claims=claims)


def own_path(text: str) -> str:
    """Return a path of ours, `/` for anything else: nobody is to be led elsewhere after logging in."""
    return text if len(text) <= MAX_NEXT and _PATH.fullmatch(text) else "/"


def attempt_name(state: str) -> str:
    """Return what tells the cookies of several attempts in one browser apart."""
    return "".join(letter for letter in state[:_NAME_LENGTH] if letter.isascii() and letter.isalnum())


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _said_no(error: str) -> LoginRefusedError | ProviderFailedError:
    if error in _SAID_NO:
        return LoginRefusedError(
            "您没有完成统一身份认证，未登录。可以重新登录。",
            "you did not complete the log-in at the identity provider: you may try again",
        )
    return _unfit()


def _stale() -> LoginStaleError:
    return LoginStaleError(
        "这次登录已失效（时间过长、已用过，或不是在这个浏览器里开始的），请重新登录。",
        "this log-in is no longer good (too long ago, used before, or begun in another browser): log in again",
    )


def _unfit() -> ProviderFailedError:
    return ProviderFailedError(
        "统一身份认证返回的内容不符，未登录。", "the identity provider did not answer as it should: not logged in"
    )
