"""The SM2 curve (GB/T 32918.5) and what a provider of its arithmetic must be able to do."""

from __future__ import annotations

from typing import Final, NewType, Protocol

from keys import der
from keys.algorithms import hash_bytes
from keys.errors import MalformedKeyError

ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""n, the order of the group."""
PRIME: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
"""p of the field."""
A: Final = PRIME - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
GENERATOR: Final = bytes.fromhex(
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
"""G, both coordinates."""

KeyHandle = NewType("KeyHandle", object)
"""A key inside a provider. One of libcrypto is freed, and its secret wiped, when Python drops it."""


class Sm2Verifier(Protocol):
    """The half of SM2 that every provider has. Knows points and 32-byte digests; the rest is `keys.sm2`'s."""

    @property
    def name(self) -> str:
        """Which library this is, with its version."""

    def load_public(self, point: bytes) -> KeyHandle:
        """Take a public key, an uncompressed point; `MalformedKeyError` when it is not on the curve."""

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        """Tell whether a DER signature fits e (32 bytes). Malformed signatures are false, too."""


def check_point(point: bytes) -> None:
    """Refuse what is not an uncompressed point of the curve. The cofactor is 1, so no order check is needed."""
    if len(point) != 65 or point[0] != 4:
        raise MalformedKeyError("not an uncompressed point")
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    if x >= PRIME or y >= PRIME or (y * y - (x * x + A) * x - B) % PRIME:
        raise MalformedKeyError("point is not on the SM2 curve")


def verifies_rightly(provider: Sm2Verifier) -> bool:
    """Tell whether a provider gets the published signature of GB/T 32918.5 A.2 and its boundaries right."""
    vector_point = bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    e = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
    r = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    s = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    public = provider.load_public(vector_point)

    def accepts(digest: bytes, *pair: int) -> bool:
        return provider.verify_digest(public, digest, der.sequence(*map(der.integer, pair)))

    return (
        accepts(e, r, s)
        and not accepts(e, r, s ^ 1)
        and not accepts(hash_bytes("sm3", e), r, s)
        and not accepts(e, r, 0)
        and not any(accepts(e, r, s + excess) for excess in (ORDER, ORDER - s))
    )
