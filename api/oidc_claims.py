"""What a token of an identity provider says (claims), once it is proven to be the provider's and meant for us."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from .errors import ProviderClockError
from .oidc_keys import head_of, payload_of, refused
from .oidc_provider import Provider

LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
MAX_SUBJECT = 255

Claims = Mapping[str, object]


def claims_of(token: str, provider: Provider, *, kinds: Collection[str], at: datetime) -> Claims:
    """Return what a signed token says; TokenRefusedError unless the provider signed it, and as one of these kinds.

    `kinds` are values of `typ`: without them a token for one use could be shown for another. ProviderFailedError.
    """
    head = head_of(token)
    if head.kind not in kinds:
        raise refused("it is of another kind")
    key = provider.key(head.key, head.algorithm, at)
    if key is None:
        raise refused("the provider has no such key")
    try:
        claims = json.loads(payload_of(token, key))
    except (ValueError, RecursionError) as error:
        raise refused("it does not hold claims") from error
    if not isinstance(claims, dict):
        raise refused("it does not hold claims")
    return claims


def check_claims(claims: Claims, *, issuer: str, audience: str, at: datetime) -> None:
    """TokenRefusedError unless the token is of this issuer, for this audience, and valid now."""
    if claims.get("iss") != issuer:
        raise refused("another issuer")
    if audience not in audiences(claims):
        raise refused("made out to somebody else")
    check_term(claims, at=at)


def check_term(claims: Claims, *, at: datetime) -> None:
    """TokenRefusedError unless the token has a term and is within it."""
    expires = _instant(claims, "exp")
    if expires is None:
        raise refused("it has no end")
    if at.timestamp() >= expires + LEEWAY.total_seconds():
        raise refused("it has expired")
    if _is_later(claims, at):
        raise refused("it is not valid yet")


def check_fresh(claims: Claims, *, at: datetime) -> None:
    """ProviderClockError when a token that the provider gave us this moment is out of its term."""
    expires = _instant(claims, "exp")
    ended = expires is not None and at.timestamp() >= expires + LEEWAY.total_seconds()
    if ended or _is_later(claims, at):
        raise ProviderClockError("时钟不一致。", "the clocks differ")


def audiences(claims: Claims) -> list[str]:
    """Return to whom a token is made out: one text or a list of them."""
    value = claims.get("aud")
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


def subject_of(claims: Claims) -> str:
    """Return whom the token is about; TokenRefusedError."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > MAX_SUBJECT or not subject.isprintable():
        raise refused("it names nobody")
    return subject


def _is_later(claims: Claims, at: datetime) -> bool:
    begins = [begin for name in ("nbf", "iat") if (begin := _instant(claims, name)) is not None]
    return any(begin > at.timestamp() + LEEWAY.total_seconds() for begin in begins)


def _instant(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # NaN is neither before nor after anything.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise refused(f"{name} is no time")
    return float(value)
