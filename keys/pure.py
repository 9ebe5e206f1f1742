"""SM2 verification in pure Python by `gmalg`, for machines whose libcrypto has no SM2. It cannot sign.

30 to 50 verifications in a second. Signing is left out on purpose: arithmetic on Python's numbers takes a time that
depends on the secret.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from gmalg.ellipticcurve import ECDLP, EllipticCurve

from keys.curve import GENERATOR, ORDER, PRIME, A, B, KeyHandle, check_point, verifies_rightly
from keys.errors import BadSignatureError, ProviderMissingError
from keys.signature import read_pair

_GENERATOR_POINT: Final = (int.from_bytes(GENERATOR[:32], "big"), int.from_bytes(GENERATOR[32:], "big"))


class PureVerifier:
    """A provider that verifies only. Has no state: `gmalg`'s objects are not made for several threads."""

    def __init__(self) -> None:
        """Run the self-test (about 0.1 s)."""
        self.name: Final = f"gmalg {version('gmalg')}"
        if not verifies_rightly(self):
            raise ProviderMissingError(f"{self.name} failed the SM2 self-test")

    def load_public(self, point: bytes) -> KeyHandle:
        """Take a public key, an uncompressed point of the curve."""
        check_point(point)
        return KeyHandle((int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")))

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        """Tell whether a DER signature fits e (32 bytes): GB/T 32918.2 clause 7.1, B1 to B7."""
        try:
            r, s = read_pair(signature)
        except BadSignatureError:
            return False
        t = (r + s) % ORDER
        if len(digest) != 32 or r >= ORDER or s >= ORDER or not t:
            return False
        group = ECDLP(PRIME, A, B, _GENERATOR_POINT, ORDER)
        x, _ = group.ec.add(group.kG(s), group.ec.mul(t, handle))
        return bool(x != EllipticCurve.INF[0] and (int.from_bytes(digest, "big") + x) % ORDER == r)
