"""The marks on the pages of an annotated copy: who made it for what, above and below the face of the licence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from esign import (
    COPY_SEALED,
    AnnotatedCopy,
    SeenItem,
    SeenSymbol,
    SeenText,
    copy_attachments_text,
    copy_purpose_lines,
    copy_strip,
    group_serial,
)
from verify.face_findings import FaceFindings
from verify.face_items import SPACES

_SLANTED: Final = "slanted"


def without_marks(
    items: Sequence[SeenItem], number: int, copy: AnnotatedCopy, attachments: int, findings: FaceFindings
) -> list[SeenItem]:
    """The items without those that make a copy a copy: watermarks below everything, strip and symbol above."""
    marks = [one for one in items if isinstance(one, SeenText) and one.hidden == _SLANTED]
    serial = group_serial(copy.serial)
    lines = copy_purpose_lines(
        copy.purpose,
        printed_serial=serial,
        maker=copy.maker_name,
        made_at=copy.made_at,
        expires_at=copy.expires_at,
    )
    once = "".join(lines).translate(SPACES)
    shown = "".join(one.text for one in marks).translate(SPACES)
    if not shown or shown != once * (len(shown) // len(once)) or any(one.unlike for one in marks):
        findings.fault("purpose")
    rest = [one for one in items if not (isinstance(one, SeenText) and one.hidden == _SLANTED)]
    over = [copy_strip(serial, copy.expires_at)]
    if number == 1:
        over.append(COPY_SEALED)
        if attachments:
            over.append(copy_attachments_text(attachments))
    elif rest and isinstance(rest[-1], SeenSymbol):
        rest.pop()
    else:
        findings.fault("code")
    last = rest[len(rest) - len(over) :]
    texts = [one for one in last if isinstance(one, SeenText)]
    if [one.text for one in texts] != over:
        findings.fault("copy")
        return rest
    findings.note("copy", texts)
    return rest[: len(rest) - len(over)]
