"""The code on the face: a small signed statement that a phone reads and anybody can check offline (contract section 7).

CBOR map (RFC 8949, core deterministic encoding) followed by a raw 64-byte signature, the whole in Base32.
"""

import base64
import re
from dataclasses import dataclass
from datetime import date, timedelta

import cbor2

from keys import (
    ECDSA_P256_SHA256,
    BadSignatureError,
    PublicKey,
    Signer,
    der_signature,
    low_s,
    raw_signature,
)

from .errors import Fault, MalformedError
from .holder_check import HOLDER_CHECK_BITS
from .identifier import LicenceIdentifier

FORMAT_VERSION = 1
MAX_CODE_CHARACTERS = 800  # the entries of the longest code that can be written take under 450: more is no code
STATUS_LISTS = 1 << 16
"""Numbers of status lists."""
STATUS_INDEXES = 1 << 32
"""Places in one status list."""

SALT_BYTES = 8
KEY_ID_BYTES = 8
DIGEST_BYTES = 32
_SIGNATURE_BYTES = 64
_MIN_CODE_CHARACTERS = -(-8 * (_SIGNATURE_BYTES + DIGEST_BYTES) // 5)  # the signature and the digest alone
_BASE32 = re.compile("[A-Z2-7]+")
_COUNTED = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
_EPOCH = date(1970, 1, 1)
_DAYS = range((date.min - _EPOCH).days, (date.max - _EPOCH).days + 1)
# What the signature covers begins with this, so that a code can never be taken for another kind of signed document.
_SIGNATURE_CONTEXT = b"elicence code 1\x00"

_VERSION, _KEY_ID, _IDENTIFIER, _VALID_FROM, _VALID_TO = 1, 2, 3, 4, 5
_STATUS_LIST, _STATUS_INDEX, _HOLDER_CHECK, _SALT, _DIGEST = 6, 7, 8, 9, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeClaims:
    """What a code says."""

    key_id: bytes
    """First 8 bytes of the digest of the code key's SubjectPublicKeyInfo."""
    identifier: str
    """Full identifier (GB/T 36904) with root and dots."""
    valid_from: date
    valid_to: date | None
    status_list: int
    status_index: int
    """Place of the licence in that status list, drawn at random."""
    holder_check: int
    """`holder_check_value` of the holder, 20 bits."""
    salt: bytes
    digest: bytes
    """Digest of the structured licence: SM3 with an SM2 code key, SHA-256 with a P-256 code key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCode:
    """A code as read, not yet verified."""

    claims: CodeClaims
    payload: bytes
    signature: bytes
    """Raw r and s, 64 bytes."""

    def verify(self, public_key: PublicKey) -> None:
        """Check the signature with the code key that `claims.key_id` names.

        Raises:
            BadSignatureError: it does not verify.
        """
        if public_key.algorithm == ECDSA_P256_SHA256 and low_s(self.signature) != self.signature:
            raise BadSignatureError("the signature is not in its only form")
        public_key.verify(der_signature(self.signature), _SIGNATURE_CONTEXT + self.payload)


def sign_code(claims: CodeClaims, signer: Signer) -> str:
    """The code as upper-case Base32 text without padding."""
    payload = _payload(claims)
    signature = raw_signature(signer.sign(_SIGNATURE_CONTEXT + payload))
    if signer.algorithm == ECDSA_P256_SHA256:
        signature = low_s(signature)
    return base64.b32encode(payload + signature).decode("ascii").rstrip("=")


def extract_code(text: str) -> str:
    """The code in a scanned address (the part behind `/V/`, any case) or the text itself, folded to upper case."""
    # Only ASCII is folded: the full-width letters of an input method are not a code.
    folded = text.strip().upper() if text.isascii() else text.strip()
    _, marker, code = folded.rpartition("/V/")
    return code if marker else folded


def read_code(text: str) -> SignedCode:
    """Read a code, not yet its signature. Exactly one text, up to case, exists for each signed code.

    Raises:
        MalformedError: `FORMAT_CODE`.
    """
    code = extract_code(text)
    # Before its letters: what is as short as a short code is answered in one way, whatever its letters are.
    if not _MIN_CODE_CHARACTERS <= len(code) <= MAX_CODE_CHARACTERS:
        raise MalformedError(Fault.FORMAT_CODE, "the text has not the length of a code")
    token = _base32(code)
    payload, signature = token[:-_SIGNATURE_BYTES], token[-_SIGNATURE_BYTES:]
    claims = _claims(payload)
    if _payload(claims) != payload:
        raise MalformedError(Fault.FORMAT_CODE, "not in the deterministic encoding")
    return SignedCode(claims=claims, payload=payload, signature=signature)


def _base32(code: str) -> bytes:
    """What a text in the alphabet of RFC 4648 stands for; no other text stands for the same."""
    size, unused = divmod(5 * len(code), 8)
    if not _BASE32.fullmatch(code) or unused >= 5:
        raise MalformedError(Fault.FORMAT_CODE, "not Base32 in its only form")
    # Python counts to 32 in other characters, and reads the whole text in one step.
    number = int(code.translate(_COUNTED), 32)
    if number & (1 << unused) - 1:
        raise MalformedError(Fault.FORMAT_CODE, "not Base32 in its only form")
    return (number >> unused).to_bytes(size)


def _payload(claims: CodeClaims) -> bytes:
    items: dict[int, int | bytes | str] = {
        _VERSION: FORMAT_VERSION,
        _KEY_ID: claims.key_id,
        _IDENTIFIER: LicenceIdentifier.from_text(claims.identifier).compact,
        _VALID_FROM: (claims.valid_from - _EPOCH).days,
        _STATUS_LIST: claims.status_list,
        _STATUS_INDEX: claims.status_index,
        _HOLDER_CHECK: claims.holder_check,
        _SALT: claims.salt,
        _DIGEST: claims.digest,
    }
    if claims.valid_to is not None:
        items[_VALID_TO] = (claims.valid_to - _EPOCH).days
    return cbor2.dumps(items, canonical=True)


def _claims(payload: bytes) -> CodeClaims:
    try:
        items = cbor2.loads(payload, max_depth=2, allow_indefinite=False, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError) as error:
        raise MalformedError(Fault.FORMAT_CODE, "not CBOR") from error
    if not isinstance(items, dict):
        raise MalformedError(Fault.FORMAT_CODE, "not a CBOR map")
    if items.get(_VERSION) != FORMAT_VERSION:
        raise MalformedError(Fault.FORMAT_CODE, "a code of an unknown version")
    return CodeClaims(
        key_id=_octets(items, _KEY_ID, KEY_ID_BYTES),
        identifier=_identifier(items.get(_IDENTIFIER)),
        valid_from=_day(items, _VALID_FROM),
        valid_to=_day(items, _VALID_TO) if _VALID_TO in items else None,
        status_list=_number(items, _STATUS_LIST, range(STATUS_LISTS)),
        status_index=_number(items, _STATUS_INDEX, range(STATUS_INDEXES)),
        holder_check=_number(items, _HOLDER_CHECK, range(1 << HOLDER_CHECK_BITS)),
        salt=_octets(items, _SALT, SALT_BYTES),
        digest=_octets(items, _DIGEST, DIGEST_BYTES),
    )


def _number(items: dict[object, object], key: int, allowed: range) -> int:
    value = items.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        raise MalformedError(Fault.FORMAT_CODE, f"entry {key} is not a number of its range")
    return value


def _octets(items: dict[object, object], key: int, length: int) -> bytes:
    value = items.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise MalformedError(Fault.FORMAT_CODE, f"entry {key} is not {length} bytes")
    return value


def _day(items: dict[object, object], key: int) -> date:
    return _EPOCH + timedelta(days=_number(items, key, _DAYS))


def _identifier(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedError(Fault.FORMAT_CODE, "no identifier")
    try:
        return str(LicenceIdentifier.from_compact(value))
    except ValueError as error:
        raise MalformedError(Fault.FORMAT_CODE, "no identifier") from error
