"""The readable form of a report: what `/verifications` answers with to whoever asks for HTML."""

from fastapi import Request
from fastapi.responses import Response

from esign import CheckedThing
from licences import Catalogue
from verify import Report

from .messages import VERDICTS
from .receipt_contents import answer_sections
from .rendering import page
from .report_shapes import report_shape


def wants_page(request: Request, wanted: str | None) -> bool:
    """Whether somebody asks for HTML: by `format`, else as the first thing that is accepted."""
    if wanted is not None:
        return wanted == "html"
    return request.headers.get("accept", "").lstrip().lower().startswith("text/html")


def report_page(request: Request, report: Report, checked: CheckedThing | None, catalogue: Catalogue) -> Response:
    """Answer with a report as a page; it holds what the JSON holds, the holder masked."""
    return page(
        request,
        "report.html",
        verdict=report.verdict.value,
        word=VERDICTS[report.verdict.value],
        sentence=report.sentence,
        action=report.action,
        development=report.development,
        sections=answer_sections(report_shape(report, catalogue, full=False), checked),
    )
