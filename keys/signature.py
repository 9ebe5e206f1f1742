"""Signatures that are two numbers (SM2, ECDSA): strict DER (r, s) and the raw bytes r‖s."""

from __future__ import annotations

from typing import Final

from keys import der
from keys.errors import BadSignatureError, MalformedDerError

RAW_SIZE: Final = 64
"""Bytes of r‖s in a 256-bit group."""

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def read_pair(signature: bytes, bits: int = 256) -> tuple[int, int]:
    """Read r and s of a DER signature, each in 1 … 2ᵇⁱᵗˢ-1; anything else is a `BadSignatureError`."""
    try:
        outer = der.DerReader(signature)
        pair = outer.read_sequence()
        outer.finish()
        r, s = pair.read_integer(), pair.read_integer()
        pair.finish()
    except MalformedDerError as error:
        raise BadSignatureError("signature is not strict DER") from error
    if r <= 0 or s <= 0 or r.bit_length() > bits or s.bit_length() > bits:
        raise BadSignatureError("signature out of range")
    return r, s


def longest_pair(bits: int) -> int:
    """Bytes of the longest DER signature (r, s) in a group of this size: both numbers with a leading zero."""
    longest = der.integer((1 << bits) - 1)
    return len(der.sequence(longest, longest))


def raw_signature(signature: bytes) -> bytes:
    """Return the 64 bytes r‖s of a strict DER signature."""
    r, s = read_pair(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def der_signature(raw: bytes, size: int = RAW_SIZE) -> bytes:
    """Return the DER form of a signature r‖s of `size` bytes; zero or another size is a `BadSignatureError`."""
    if len(raw) != size:
        raise BadSignatureError(f"signature is not {size} bytes")
    r, s = int.from_bytes(raw[: size // 2], "big"), int.from_bytes(raw[size // 2 :], "big")
    if not r or not s:
        raise BadSignatureError("signature out of range")
    return der.sequence(der.integer(r), der.integer(s))


def low_s(raw: bytes) -> bytes:
    """Return the form of a raw ECDSA P-256 signature whose s is at most half of the group's order.

    Both (r, s) and (r, n-s) verify; where a document must have one form only, this is the one. SM2 has no such pair.
    An s that is 0 or not below the order is a `BadSignatureError`.
    """
    s = int.from_bytes(raw[32:], "big")
    if not 0 < s < _P256_ORDER:
        raise BadSignatureError("signature out of range")
    return raw[:32] + min(s, _P256_ORDER - s).to_bytes(32, "big")
