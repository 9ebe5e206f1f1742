"""Whether a licence belongs to the person or organisation at the counter."""

from __future__ import annotations

from dataclasses import dataclass, field

from esign import CodeClaims, StructuredLicence, holder_check_value, normal_holder_code, normal_name
from verify.report import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderEntry:
    """What a clerk reads off the identity card or business licence. Compared in place, kept nowhere."""

    name: str = field(repr=False)
    code: str = field(repr=False)


def holder_checks(
    licence: StructuredLicence | None, claims: CodeClaims | None, entry: HolderEntry | None
) -> tuple[Check, ...]:
    """Compare with what was entered.

    Without an entry a file is judged as it is; a code alone does not say whose paper it stands on (contract section 7).
    """
    if claims is not None:
        return (_holder_of_code(claims, entry),)
    if licence is not None and entry is not None:
        return (_holder_of_licence(licence, entry),)
    return ()


def _holder_of_licence(licence: StructuredLicence, entry: HolderEntry) -> Check:
    entered = normal_name(entry.name), normal_holder_code(entry.code)
    belongs = any((normal_name(h.name), normal_holder_code(h.code)) == entered for h in licence.holders)
    return Check(name="holder", code="OK" if belongs else "HOLDER_MISMATCH")


def _holder_of_code(claims: CodeClaims, entry: HolderEntry | None) -> Check:
    if entry is None:
        return Check(name="holder", code="HOLDER_NOT_CHECKED", detail="no name and number were entered")
    try:
        value = holder_check_value(claims.salt, entry.name, entry.code)
    except UnicodeEncodeError:
        # A lone surrogate from a JSON escape is nobody's name.
        return Check(name="holder", code="HOLDER_MISMATCH")
    return Check(name="holder", code="OK" if value == claims.holder_check else "HOLDER_MISMATCH")
