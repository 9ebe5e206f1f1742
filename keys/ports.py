"""What a key must be able to do: software keys, security modules, remote signers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from keys.algorithms import Algorithm


class PublicKey(Protocol):
    """Checks signatures. Two public keys are equal when their `spki` is."""

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm this key is used with when no other is named."""

    @property
    def spki(self) -> bytes:
        """DER SubjectPublicKeyInfo, in the one form that we write."""

    @property
    def longest_signature(self) -> int:
        """Bytes of the longest signature that this key can give: how much room to leave for one."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `BadSignatureError` unless `signature` is this key's over `data`. SM2 and ECDSA: strict DER r, s."""

    def verify_as(self, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
        """Verify with another algorithm of the table; `BadSignatureError` also when it is none for this kind of key."""


class PrivateKey(Protocol):
    """Signs. Implementations never show the secret in `repr` or in errors."""

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm this key signs with."""

    @property
    def public_key(self) -> PublicKey:
        """The other half."""

    def sign(self, data: bytes) -> bytes:
        """Sign `data` (the digest is made inside). SM2 and ECDSA: DER r, s."""


@runtime_checkable
class DigestKey(PrivateKey, Protocol):
    """A private key that also signs where only the digest is known: what a seal service needs."""

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a digest made elsewhere by the algorithm's hash; for SM2 the value e = SM3(Z ‖ data).

        A digest of another size is a `KeyUnusableError`. SM2 and ECDSA: DER r, s.
        """


class ExportablePrivateKey(PrivateKey, Protocol):
    """A private key in software, which can be written to a file."""

    def pkcs8(self) -> bytes:
        """Return the PEM of the unencrypted PKCS#8 (RFC 5958) form."""
