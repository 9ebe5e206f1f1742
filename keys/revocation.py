"""What a CA says when it takes a certificate back: the same in its list and in an OCSP answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

REASONS: Final = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
"""Number to name (RFC 5280 clause 5.3.1)."""
REASON_NUMBERS: Final = {name: number for number, name in REASONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """That, when and why a certificate was taken back."""

    at: datetime
    reason: str | None = None
    """A name from `REASONS`; None when none is given, or one that RFC 5280 does not know."""
    invalid_since: datetime | None = None
    """Since when the key may have been in other hands, if the CA says so (RFC 5280 clause 5.3.2)."""

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason not in REASON_NUMBERS:
            raise ValueError("no reason of this name")
