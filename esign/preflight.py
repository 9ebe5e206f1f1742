"""Pre-flight of a PDF that somebody else made and that is to be sealed.

A seal vouches for what a person sees. A file can hold what is not seen today and is shown after a small change, or is
shown to some readers only. Whatever could do that refuses the seal by name; the file is looked through in a process of
its own (`preflight_reader`).
"""

from .child import ask_child
from .errors import Fault, MalformedError, TooLargeError
from .foreign_pdf import PDF_LIMITS
from .pdf_reading import MAX_PDF_BYTES
from .preflight_findings import PreflightCode, PreflightFinding


def preflight(data: bytes) -> tuple[PreflightFinding, ...]:
    """What was found, refusals first; an empty tuple means nothing. At most 200 findings.

    Raises:
        TooLargeError: more than `MAX_PDF_BYTES`, a limit of `pdf_graph`, or over `PDF_LIMITS`.
        MalformedError: `FORMAT_PDF` when it cannot be read, also not repaired, or asks for a password.
    """
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    return findings_from(ask_child("preflight_reader", data, limits=PDF_LIMITS, fault=Fault.FORMAT_PDF))


def findings_from(answer: object) -> tuple[PreflightFinding, ...]:
    """The findings as the other process tells them.

    Raises:
        MalformedError: `FORMAT_PDF` when they are not as agreed.
    """
    if not isinstance(answer, list):
        raise MalformedError(Fault.FORMAT_PDF, "the PDF cannot be read")
    return tuple(_finding(item) for item in answer)


def _finding(item: object) -> PreflightFinding:
    match item:
        case [str(code), int() | None as page, str(place), str(detail)] if code in set(PreflightCode):
            # A lone half of a pair of UTF-16 cannot be written out again.
            shown = detail.encode("utf-8", "replace").decode()
            return PreflightFinding(code=PreflightCode(code), page=page, object=place, detail=shown)
    raise MalformedError(Fault.FORMAT_PDF, "the PDF cannot be read")
