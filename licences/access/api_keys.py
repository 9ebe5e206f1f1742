"""API keys (接口密钥): `elk_<id>_<secret>`. The secret is told once; what is kept of it is its digest."""

import hmac
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from esign import CHINA
from keys import hash_bytes
from licences.errors import InvalidFieldError, StoreUnavailableError

from .callers import Caller, Proof
from .clients import Client, ClientProof, Clients, ProofKind, caller_of, certificate_proof_id
from .errors import ClientAlteredError, ClientUnknownError, UnauthenticatedError

KEY_PREFIX = "elk_"
KEY_ID_BYTES = 8
SECRET_BYTES = 24
DEFAULT_KEY_DAYS = 365
MAX_KEY_DAYS = 731
_KEY = re.compile(rf"{KEY_PREFIX}([0-9a-f]{{{2 * KEY_ID_BYTES}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")
_NO_KEY = ("0" * 2 * KEY_ID_BYTES, "")
_NO_DIGEST = "0" * 64


def make_api_key(
    client: str, *, label: str, days: int = DEFAULT_KEY_DAYS, random: Callable[[int], bytes], at: datetime
) -> tuple[str, ClientProof]:
    """Make a key: its text, which is shown once, and what is kept; InvalidFieldError."""
    if not 1 <= days <= MAX_KEY_DAYS:
        raise InvalidFieldError("/days", "KEY_DAYS_WRONG", limit=MAX_KEY_DAYS)
    key_id, secret = random(KEY_ID_BYTES).hex(), random(SECRET_BYTES).hex()
    proof = ClientProof(
        id=key_proof_id(key_id),
        client=client,
        kind=ProofKind.KEY,
        label=label,
        secret_digest=_digest(secret),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    return f"{KEY_PREFIX}{key_id}_{secret}", proof


def key_proof_id(key_id: str) -> str:
    """Return the id of a key as a proof."""
    return f"{ProofKind.KEY}:{key_id}"


def caller_with_key(clients: Clients, text: str, at: datetime) -> Caller:
    """Return whose key it is. UnauthenticatedError for every other text, after the same steps."""
    match = _KEY.fullmatch(text)
    key_id, secret = _NO_KEY if match is None else match.groups()
    return _proven(clients, key_proof_id(key_id), Proof.KEY, at, secret=secret)


def caller_with_certificate(clients: Clients, certificate: bytes, at: datetime) -> Caller:
    """Return whose certificate it is, once TLS has seen that the caller has its key; UnauthenticatedError."""
    return _proven(clients, certificate_proof_id(certificate), Proof.CERTIFICATE, at)


def _proven(clients: Clients, proof_id: str, proof: Proof, at: datetime, *, secret: str = "") -> Caller:
    known: tuple[Client, ClientProof] | None
    try:
        known = clients.with_proof(proof_id)
    except (ClientUnknownError, ClientAlteredError):
        known = None
    expected = "" if known is None else known[1].secret_digest
    right = hmac.compare_digest(_digest(secret), expected or _NO_DIGEST)
    if known is None:
        raise UnauthenticatedError
    client, found = known
    if not found.is_good(at) or (found.kind is ProofKind.KEY and not right):
        raise UnauthenticatedError
    caller = caller_of(client, proof)
    day = at.astimezone(CHINA).date()
    if found.last_used != day:
        _note(clients, proof_id, day)
    return caller


def _note(clients: Clients, proof_id: str, day: date) -> None:
    try:
        clients.used(proof_id, day)
    except StoreUnavailableError:
        # A store that is busy, or only read, answers all the same: the day is noted by a later call.
        return


def _digest(secret: str) -> str:
    return hash_bytes("sm3", secret.encode()).hex()
