"""正文: the PDF of an approval or a report that was written elsewhere and goes with its licence."""

from typing import Final

from esign import MAX_BODY_BYTES, EsignError, StructuredAttachment, read_foreign_pdf

from .catalogue import LicenceType
from .errors import InvalidFieldError
from .provenance import Attachment
from .store import digests_of

BODY_POINTER: Final = "/body"


def attach_body(licence_type: LicenceType, content: bytes | None) -> Attachment | None:
    """Return the body as the licence will describe it, None where there is none and the type needs none.

    Raises an ExceptionGroup of one InvalidFieldError: `BODY_REQUIRED`, `BODY_NOT_ALLOWED`, `BODY_TOO_LARGE` or
    `BODY_UNREADABLE`.
    """
    rule = licence_type.body
    if content is None:
        if rule is not None and rule.required:
            raise _refused("BODY_REQUIRED")
        return None
    if rule is None:
        raise _refused("BODY_NOT_ALLOWED")
    if len(content) > MAX_BODY_BYTES:
        raise _refused("BODY_TOO_LARGE", limit=MAX_BODY_BYTES // 1024 // 1024)
    try:
        pages = read_foreign_pdf(content).pages
    except EsignError as error:
        raise _refused("BODY_UNREADABLE") from error
    if not pages:
        raise _refused("BODY_UNREADABLE")
    digests = digests_of(content)
    described = StructuredAttachment(
        kind="body",
        name=f"{rule.label}.pdf",
        media_type="application/pdf",
        sha256=digests.sha256,
        sm3=digests.sm3,
        size=digests.size,
        pages=pages,
    )
    return Attachment(described=described, content=content)


def _refused(code: str, **details: int) -> ExceptionGroup[InvalidFieldError]:
    return ExceptionGroup("the body is refused", [InvalidFieldError(BODY_POINTER, code, **details)])
