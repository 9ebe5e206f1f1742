"""How an e-licence came to be: decided electronically, or made from paper that somebody issued earlier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from esign import StructuredAttachment, StructuredAuthority, StructuredOrigin, TrustLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a licence: its description stands in the structured licence, its bytes in the store."""

    described: StructuredAttachment
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a licence comes from. Today's seal never stands for the day on which the paper was issued."""

    origin: StructuredOrigin
    scans: Sequence[Attachment] = ()
    transferred_from: str = ""
    """Identifier of the licence of an authority elsewhere that it takes the place of (转入)."""


NATIVE: Final = Provenance(origin=StructuredOrigin(kind="native", trust_level="A"))


def digitised(
    *,
    trust_level: TrustLevel,
    converted_on: date,
    historic_issuer: StructuredAuthority | None = None,
    scans: Sequence[Attachment] = (),
) -> Provenance:
    """Say that a licence is made from paper on a day; `historic_issuer` where another authority issued the paper."""
    origin = StructuredOrigin(
        kind="digitised", trust_level=trust_level, historic_issuer=historic_issuer, converted_on=converted_on
    )
    return Provenance(origin=origin, scans=tuple(scans))
