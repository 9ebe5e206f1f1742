"""Whether a licence belongs to the person or organisation at the counter."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from esign import CodeClaims, StructuredLicence, holder_check_value, normal_name
from verify.report import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderEntry:
    """What a clerk reads off the identity card or business licence. Compared in place, kept nowhere."""

    name: str = field(repr=False)
    code: str = field(repr=False)

    @property
    def normal_code(self) -> str:
        """One form for the ways in which the same number is typed: full-width digits, small letters, spaces."""
        return "".join(unicodedata.normalize("NFKC", self.code).upper().split())


def holder_of_licence(licence: StructuredLicence, entry: HolderEntry) -> Check:
    """Whether one of the licence's holders has this name and this number."""
    name, code = normal_name(entry.name), entry.normal_code
    belongs = any(normal_name(holder.name) == name and holder.code.upper() == code for holder in licence.holders)
    return Check(name="holder", code="OK" if belongs else "HOLDER_MISMATCH")


def holder_of_code(claims: CodeClaims, entry: HolderEntry | None) -> Check:
    """Whether the holder check value in the code is that of this name and number (contract section 7)."""
    if entry is None:
        return Check(name="holder", code="HOLDER_NOT_CHECKED", detail="no name and number were entered")
    try:
        value = holder_check_value(claims.salt, entry.name, entry.normal_code)
    except UnicodeEncodeError:
        # A lone surrogate from a JSON escape is nobody's name.
        return Check(name="holder", code="HOLDER_MISMATCH")
    return Check(name="holder", code="OK" if value == claims.holder_check else "HOLDER_MISMATCH")
