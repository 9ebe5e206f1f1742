"""The published keys of an identity provider (JWK, RFC 7517), and signed tokens (JWS, RFC 7515) under one of them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, import_key
from joserfc.jws import JWSRegistry, default_registry, deserialize_compact, extract_compact

from .errors import ProviderFailedError, TokenRefusedError

MAX_KEYS = 50
MAX_TOKEN = 16 * 1024
MAX_KEY_NAME = 255
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192

_FITS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "RS256": ("RSA", None),
        "PS256": ("RSA", None),
        "ES256": ("EC", "P-256"),
        "EdDSA": ("OKP", "Ed25519"),
        "Ed25519": ("OKP", "Ed25519"),
    }
)
"""The algorithms that are taken, each with the only type (and curve) of key that it goes with."""

ALGORITHMS = frozenset(_FITS)


class _Registry(JWSRegistry):
    """Knows the algorithms above and no others; what a header says beyond them is not heeded (RFC 7515 section 4)."""

    algorithms = {name: copy(default_registry.algorithms[name]) for name in _FITS}  # noqa: RUF012 — as inherited
    max_header_length = 4096
    max_payload_length = MAX_TOKEN


# RFC 9864 has another name for it, which most providers do not use yet: no warning at every token.
_Registry.algorithms["EdDSA"].security_warning = None
_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A public key of a provider."""

    name: str | None
    algorithm: str | None
    """The only one that it is for, if the provider says so."""
    key: Key

    def fits(self, algorithm: str) -> bool:
        """Whether tokens may be signed with it by this algorithm."""
        kind, curve = _FITS[algorithm]
        of_curve = curve is None or self.key.as_dict(private=False).get("crv") == curve
        return self.key.key_type == kind and of_curve and self.algorithm in (None, algorithm)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of a provider for signatures."""

    keys: Sequence[ProviderKey]

    def find(self, name: str | None, algorithm: str) -> ProviderKey | None:
        """Return the one key of that name, or the only one that fits when a token names none."""
        found = [key for key in self.keys if key.fits(algorithm) and (name is None or key.name == name)]
        return found[0] if len(found) == 1 else None


def read_key_set(document: Mapping[str, object]) -> KeySet:
    """Read a JWK set; keys that are for something else, or that we cannot use, are left out. ProviderFailedError."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise ProviderFailedError(
            "统一身份认证公布的密钥无法读取。", "the keys that the identity provider publishes cannot be read"
        )
    return KeySet([key for one in listed if (key := _key(one)) is not None])


def _key(document: object) -> ProviderKey | None:
    if not isinstance(document, dict) or document.get("use", "sig") != "sig":
        return None
    name, algorithm = document.get("kid"), document.get("alg")
    if not isinstance(name, str | None) or not isinstance(algorithm, str | None):
        return None
    # A secret or private key has no place in what is published; a symmetric one would let anybody sign.
    public = {member: document[member] for member in ("kty", "crv", "n", "e", "x", "y") if member in document}
    if public.get("kty") not in ("RSA", "EC", "OKP") or not all(isinstance(value, str) for value in public.values()):
        return None
    # Six bits a letter.
    if public["kty"] == "RSA" and not MIN_RSA_BITS <= 6 * len(str(public.get("n", ""))) <= MAX_RSA_BITS + 8:
        return None
    try:
        key = import_key(public)
    except (JoseError, ValueError, TypeError, KeyError, SecurityWarning):
        return None
    return ProviderKey(name, algorithm, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHead:
    """What a signed token says before anything of it is believed."""

    algorithm: str
    key: str | None
    kind: str
    """`typ` in lower case, without `application/`; empty when there is none."""


def head_of(token: str) -> TokenHead:
    """Read the head of a signed token; TokenRefusedError when it is none, or its algorithm is not taken."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        raise refused("it is no signed token")
    try:
        header = extract_compact(token.encode("ascii"), registry=_REGISTRY).headers()
    except (JoseError, ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise refused("it is no signed token") from error
    algorithm, key, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise refused("its algorithm is not taken")
    if not isinstance(key, str | None) or len(key or "") > MAX_KEY_NAME or not isinstance(kind, str):
        raise refused("its head is malformed")
    return TokenHead(algorithm=algorithm, key=key, kind=kind.lower().removeprefix("application/"))


def payload_of(token: str, key: ProviderKey) -> bytes:
    """Return what a token holds when the key signed it; TokenRefusedError."""
    try:
        payload = deserialize_compact(token.encode("ascii"), key.key, registry=_REGISTRY).payload
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise refused("its signature is not good") from error
    if payload is None:
        raise refused("it holds nothing")
    return payload


def refused(why: str) -> TokenRefusedError:
    """Say what is wrong with a token."""
    return TokenRefusedError("身份令牌不被接受。", f"the token is refused: {why}")
