"""The seals of a PDF, or of data with a signature beside them, ready to be judged; and what came along with them."""

from __future__ import annotations

from dataclasses import dataclass

from esign import DetachedSignatures, Evidence, SealedPdf
from verify.seals import Seal
from verify.signing_path import Existence


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballast:
    """What a file brings along beside its seals, and what its timestamps have explained of that."""

    evidence: Evidence
    used: tuple[frozenset[bytes], ...] = ()
    judged: bool = True


def seals_of_pdf(pdf: SealedPdf, size: int, existence: Existence) -> tuple[Seal, ...]:
    """Give the seals of a PDF of so many bytes, in their order."""
    return tuple(
        Seal(
            field=seal.field,
            signed_data=seal.signed_data,
            intact=seal.digest_matches(),
            claimed_time=seal.claimed_time,
            existence=existence,
            covers="whole" if seal.covered.end == size else "revision",
        )
        for seal in pdf.seals
    )


def seals_beside(detached: DetachedSignatures, data: bytes, existence: Existence) -> tuple[Seal, ...]:
    """Give the seals of a detached signature over these data, in their order."""
    return tuple(
        Seal(
            field=None,
            signed_data=signed_data,
            intact=signed_data.digest_matches(data),
            claimed_time=signed_data.signing_time,
            existence=existence,
            covers="content",
        )
        for signed_data in detached.signers
    )
