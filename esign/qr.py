"""The code on the face: a small signed statement that a phone reads and anybody can check offline (contract section 7).

CBOR map (RFC 8949, core deterministic encoding) followed by a raw 64-byte signature, the whole in Base32.
"""

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

import cbor2

from keys import (
    ECDSA_P256_SHA256,
    BadSignatureError,
    PublicKey,
    Signer,
    der_signature,
    hmac_bytes,
    low_s,
    raw_signature,
)

from .errors import Fault, MalformedError

FORMAT_VERSION = 1
MAX_CODE_CHARACTERS = 800  # a code has about 360; a QR symbol of version 40 holds 4,296
IDENTIFIER_ROOT = "1.2.156.3005.2"

HOLDER_CHECK_BITS = 20
SALT_BYTES = 8
KEY_ID_BYTES = 8
DIGEST_BYTES = 32
_SIGNATURE_BYTES = 64
_EPOCH = date(1970, 1, 1)
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
        if public_key.algorithm is ECDSA_P256_SHA256 and low_s(self.signature) != self.signature:
            raise BadSignatureError("the signature is not in its only form")
        public_key.verify(der_signature(self.signature), _SIGNATURE_CONTEXT + self.payload)


def sign_code(claims: CodeClaims, signer: Signer) -> str:
    """The code as upper-case Base32 text without padding."""
    payload = _payload(claims)
    signature = raw_signature(signer.sign(_SIGNATURE_CONTEXT + payload))
    if signer.algorithm is ECDSA_P256_SHA256:
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
    if not code or len(code) > MAX_CODE_CHARACTERS:
        raise MalformedError(Fault.FORMAT_CODE, "the text has not the length of a code")
    try:
        token = base64.b32decode(code + "=" * (-len(code) % 8))
    except (binascii.Error, ValueError) as error:
        raise MalformedError(Fault.FORMAT_CODE, "not Base32") from error
    # Python ignores the unused bits of the last character and accepts padding in the text: neither has a place here.
    if base64.b32encode(token).decode("ascii").rstrip("=") != code:
        raise MalformedError(Fault.FORMAT_CODE, "not Base32 in its only form")
    payload, signature = token[:-_SIGNATURE_BYTES], token[-_SIGNATURE_BYTES:]
    claims = _claims(payload)
    if _payload(claims) != payload:
        raise MalformedError(Fault.FORMAT_CODE, "not in the deterministic encoding")
    return SignedCode(claims=claims, payload=payload, signature=signature)


def holder_check_value(salt: bytes, name: str, code: str) -> int:
    """20 bits of HMAC-SHA-256 over name and code, keyed by the salt that the code carries.

    Enough to catch a code that was moved to somebody else's licence (one in a million passes), too little to find a
    person: thousands of people share every value. SHA-256 in both suites, so that a browser can compute it in place.
    """
    message = normal_name(name).encode() + b"\x00" + code.strip().upper().encode()
    return int.from_bytes(hmac_bytes("sha256", salt, message)[:4], "big") >> (32 - HOLDER_CHECK_BITS)


def normal_name(name: str) -> str:
    """One form for the ways in which the same name is typed: width, case, spaces, and the dot inside names."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join("·" if c in "·•・‧∙⋅." else c for c in folded if not c.isspace())


def _payload(claims: CodeClaims) -> bytes:
    items: dict[int, int | bytes | str] = {
        _VERSION: FORMAT_VERSION,
        _KEY_ID: claims.key_id,
        _IDENTIFIER: claims.identifier.removeprefix(IDENTIFIER_ROOT).replace(".", ""),
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
        valid_from=_day(_number(items, _VALID_FROM)),
        valid_to=_day(_number(items, _VALID_TO)) if _VALID_TO in items else None,
        status_list=_number(items, _STATUS_LIST),
        status_index=_number(items, _STATUS_INDEX),
        holder_check=_number(items, _HOLDER_CHECK),
        salt=_octets(items, _SALT, SALT_BYTES),
        digest=_octets(items, _DIGEST, DIGEST_BYTES),
    )


def _number(items: dict[object, object], key: int) -> int:
    value = items.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedError(Fault.FORMAT_CODE, f"entry {key} is not a number")
    return value


def _octets(items: dict[object, object], key: int, length: int) -> bytes:
    value = items.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise MalformedError(Fault.FORMAT_CODE, f"entry {key} is not {length} bytes")
    return value


def _day(days: int) -> date:
    try:
        return _EPOCH + timedelta(days=days)
    except OverflowError as error:
        raise MalformedError(Fault.FORMAT_CODE, "a date out of range") from error


# Parts of the identifier behind the root (GB/T 36904): type 21, issuer 18, serial 1 to 32, version 3, check 1.
_TYPE, _ISSUER, _VERSION_AND_CHECK = 21, 18, 4


def _identifier(value: object) -> str:
    shortest = _TYPE + _ISSUER + 1 + _VERSION_AND_CHECK
    if not isinstance(value, str) or not value.isascii() or not value.isalnum():
        raise MalformedError(Fault.FORMAT_CODE, "no identifier")
    if not shortest <= len(value) <= shortest + 31:
        raise MalformedError(Fault.FORMAT_CODE, "no identifier")
    cuts = (_TYPE, _TYPE + _ISSUER, len(value) - _VERSION_AND_CHECK, len(value) - 1, len(value))
    parts, start = [IDENTIFIER_ROOT], 0
    for end in cuts:
        parts.append(value[start:end])
        start = end
    return ".".join(parts)
