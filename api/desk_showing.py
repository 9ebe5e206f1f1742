"""How the desk shows a check, and where each check is found."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from esign import PREVIEW_EN, PREVIEW_ZH
from verify import Report

from .desk_checks import HeldCheck
from .desk_view import desk_view, shown
from .messages import Message
from .presented import Presented
from .receipts import REFUSAL_REASONS, REMARK_NEEDED, checked_code, checked_file
from .rendering import LANGUAGE, page
from .wiring import Services

_ENTRIES = ("officer", "case_number", "item_name", "item_code", "reason", "remark")
"""What is typed for a receipt or a slip."""
TOO_LONG_AGO = Message(
    zh="这次核验的内容已从内存中清除，请重新核验。", en="This check is no longer in memory: please check again."
)
_PREVIEW = Message(zh=PREVIEW_ZH, en=PREVIEW_EN)


def held_check(presented: Presented, report: Report, day: str) -> HeldCheck:
    """Put together what is kept of a check; `day` is what was typed."""
    if presented.data is None:
        checked = checked_code(presented.code)
    else:
        checked = checked_file(presented.data, signature=presented.signature)
    return HeldCheck(presented=presented, checked=checked, report=report, day=day)


def see_check(name: str, request: Request | None = None) -> Response:
    """Send to the page of a check."""
    language = None if request is None else request.query_params.get(LANGUAGE)
    query = f"?{LANGUAGE}={language}" if language in {"zh", "en"} else ""
    return RedirectResponse(f"/desk/checks/{name}{query}", status_code=303)


def desk_page(
    request: Request,
    services: Services,
    *,
    name: str = "",
    held: HeldCheck | None = None,
    problem: Message | None = None,
    entered: Mapping[str, str] | None = None,
    fault: Mapping[str, Message] | None = None,
) -> HTMLResponse:
    """Show the desk; `entered` is what was typed for a paper, `fault` what is wrong with it, by the paper's name."""
    return page(
        request,
        "desk.html",
        script=True,
        camera=True,
        view=None if held is None else desk_view(services, name, held),
        problem=problem,
        reasons=REFUSAL_REASONS,
        remarked=REMARK_NEEDED,
        entered=dict.fromkeys(_ENTRIES, "") | {key: shown(value) for key, value in (entered or {}).items()},
        fault={"receipt": None, "refusal": None, **(fault or {})},
        preview_words=_PREVIEW,
        development=services.home.settings.development,
    )
