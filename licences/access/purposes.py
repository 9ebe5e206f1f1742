"""Why somebody reads a licence: five elements and a reason, each of them required (modelled on GB/T 36906 practice)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from licences.errors import InvalidFieldError
from licences.texts import text_fault

MAX_ELEMENT_CHARACTERS = 128
MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Office, officer, item, case and reason of one read; none of them is empty."""

    office: str
    officer: str
    item_name: str
    item_code: str
    case_number: str
    reason: str


PURPOSE_MEMBERS = tuple(field.name for field in fields(Purpose))


def purpose_from(members: Mapping[str, object], *, pointer: str = "/access") -> Purpose:
    """Read the members of a purpose; ExceptionGroup of InvalidFieldError naming every one that is missing or wrong."""
    given = {name: members.get(name) for name in PURPOSE_MEMBERS}
    texts = {name: value.strip() if isinstance(value, str) else "" for name, value in given.items()}
    found = (_fault(f"{pointer}/{name}", name, text) for name, text in texts.items())
    faults = [fault for fault in found if fault is not None]
    if faults:
        raise ExceptionGroup("the purpose is refused", faults)
    return Purpose(**texts)


def _fault(pointer: str, name: str, text: str) -> InvalidFieldError | None:
    limit = MAX_REASON_CHARACTERS if name == "reason" else MAX_ELEMENT_CHARACTERS
    if not text:
        return InvalidFieldError(pointer, "REQUIRED")
    if len(text) > limit:
        return InvalidFieldError(pointer, "TOO_LONG", limit=limit)
    return text_fault(pointer, text)
