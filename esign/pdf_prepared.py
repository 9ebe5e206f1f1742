"""Prepare → sign → finish: a PDF that waits for a seal's digits, and what comes of it.

`PreparedPdf.attributes` is what the key signs; `finish` puts the CMS in its place, with a timestamp where there is one.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from keys import Algorithm, Certificate, Signer, hash_bytes

from .cms import assemble, attributes_to_sign, canonical_signature
from .errors import TimestampError, TooLargeError
from .pdf_form import TOKEN_RESERVE
from .pdf_increment import digits
from .stamping import have_stamped
from .tsp import Timestamper

_TOKEN_FRAME = 64  # tags and lengths around a token in the unsigned attributes, and those that grow with it


class SealLevel(StrEnum):
    """What a seal brings along to be checked later (ETSI EN 319 142-1 section 6)."""

    B_B = "B-B"
    """The seal alone."""
    B_T = "B-T"
    """And a timestamp over its value."""
    B_LT = "B-LT"
    """And the evidence about the certificates."""
    B_LTA = "B-LTA"
    """And a timestamp over all of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """A file with a seal, and what the timestamp authority's failure cost."""

    data: bytes = field(repr=False)
    level: SealLevel
    shortfall: TimestampError | None = None
    """Why the seal has no timestamp although one was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A file that waits for its seal."""

    attributes: bytes
    """What must be signed: the DER of the signed attributes."""
    digest: bytes
    """The digest of the bytes that the seal covers, by the seal's algorithm."""
    _before: bytes = field(repr=False)
    _after: bytes = field(repr=False)
    _reserved: int
    _chain: tuple[Certificate, ...]
    _algorithm: Algorithm

    @property
    def data(self) -> bytes:
        """The file with zeros for digits."""
        return self.finish_with_cms(b"")

    def finish(self, signature: bytes, *, timestamp: bytes | None = None) -> bytes:
        """The sealed file; `timestamp` is a token over the signature's canonical value.

        Raises:
            BadSignatureError: no signature value of the seal's algorithm.
            TooLargeError: the file was prepared without room for a timestamp.
        """
        return self.finish_with_cms(
            assemble(
                chain=self._chain,
                algorithm=self._algorithm,
                signed_attributes=self.attributes,
                signature=canonical_signature(self._algorithm, signature),
                timestamp=timestamp,
            )
        )

    def finish_timestamped(self, signature: bytes, timestamper: Timestamper | None) -> SealedFile:
        """The sealed file, timestamped if that can be had: an authority that fails costs the level, not the seal."""
        if timestamper is None:
            return SealedFile(data=self.finish(signature), level=SealLevel.B_B)
        value = canonical_signature(self._algorithm, signature)
        name = self._algorithm.digest
        try:
            token = have_stamped(timestamper, hash_bytes(name, value), name, room=TOKEN_RESERVE)
        except TimestampError as error:
            return SealedFile(data=self.finish(value), level=SealLevel.B_B, shortfall=error)
        return SealedFile(data=self.finish(value, timestamp=token), level=SealLevel.B_T)

    def finish_with_cms(self, cms: bytes) -> bytes:
        """The sealed file with a CMS that was made elsewhere.

        Raises:
            TooLargeError: there is no room for it.
        """
        if len(cms) > self._reserved:
            raise TooLargeError(f"a CMS of {len(cms)} bytes; the file has room for {self._reserved}")
        return b"".join((self._before, digits(cms, self._reserved), self._after))


def prepared(signer: Signer, before: bytes, after: bytes, reserved: int) -> PreparedPdf:
    """What waits for the seal: the bytes on both sides of the digits."""
    digest = hash_bytes(signer.algorithm.digest, (before, after))
    return PreparedPdf(
        attributes=attributes_to_sign(message_digest=digest, chain=signer.chain, algorithm=signer.algorithm),
        digest=digest,
        _before=before,
        _after=after,
        _reserved=reserved,
        _chain=signer.chain,
        _algorithm=signer.algorithm,
    )


def room_for(signer: Signer, *, timestamped: bool) -> int:
    """Length of the longest CMS that this signer makes: only the signature's own length varies, and the token's."""
    algorithm = signer.algorithm
    attributes = attributes_to_sign(
        message_digest=hash_bytes(algorithm.digest, b""), chain=signer.chain, algorithm=algorithm
    )
    longest = bytes(signer.public_key.longest_signature)
    cms = assemble(chain=signer.chain, algorithm=algorithm, signed_attributes=attributes, signature=longest)
    return len(cms) + (_TOKEN_FRAME + TOKEN_RESERVE if timestamped else 0)
