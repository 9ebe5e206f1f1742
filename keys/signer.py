"""A private key together with the certificate chain that speaks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from keys.algorithms import Algorithm
from keys.certificates import Certificate
from keys.errors import BadSignatureError, KeyUnusableError
from keys.ports import PrivateKey, PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs as the holder of a certificate. `KeyUnusableError` when the key is not the certificate's."""

    private_key: PrivateKey = field(repr=False)
    chain: tuple[Certificate, ...]
    """The key's own certificate first, then its issuers up to but without the root."""

    def __post_init__(self) -> None:
        if not self.chain or self.chain[0].public_key.spki != self.private_key.public_key.spki:
            raise KeyUnusableError("the certificate belongs to another key")

    @property
    def algorithm(self) -> Algorithm:
        """The key's algorithm."""
        return self.private_key.algorithm

    @property
    def certificate(self) -> Certificate:
        """The key's own certificate."""
        return self.chain[0]

    @property
    def public_key(self) -> PublicKey:
        """The public key as the certificate gives it."""
        return self.chain[0].public_key

    def sign(self, data: bytes) -> bytes:
        """Sign `data` and verify the signature with the certificate's key before it is released.

        A faulty signature can give a key away, so none leaves: `KeyUnusableError` instead.
        """
        signature = self.private_key.sign(data)
        try:
            self.public_key.verify_as(self.algorithm, signature, data)
        except BadSignatureError as error:
            raise KeyUnusableError("a fresh signature did not verify") from error
        return signature
