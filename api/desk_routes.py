"""The clerk desk: whatever is presented at a counter, checked on one page.

For those who verify; receipts and slips, and what a holder has, stand in modules beside this one. Every check has an
address of its own for some minutes, so that reloading, going back and changing the language do no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import UploadFile

from licences.access import Caller, Operation, ShowCodeOverError
from licences.supervision import TrailKind
from verify import MAX_FILE_BYTES, HolderEntry, Report, kind_of

from .authentication import for_offices
from .desk_checks import HeldCheck, RecentChecks
from .desk_holders import desk_holder_routes
from .desk_papers import desk_paper_routes
from .desk_preview import page_picture
from .desk_showing import TOO_LONG_AGO, desk_page, held_check, see_check
from .enforcing import record_verification
from .errors import InputTooLargeError, MalformedInputError, RateLimitedError, UsageError
from .inputs import parse_at
from .limiting import HolderAttempts, address_of
from .messages import Message
from .presented import Presented
from .resolving import as_keyed, full_code, is_shown
from .sessions import page_caller
from .using import details_of, look_at, record_use
from .wiring import Services

MAX_FILES = 8
"""That are read. More than a file and its signature are refused with a sentence, not by the reader of forms."""
MAX_TEXT_CHARACTERS = 100_000
MAX_HOLDER_CHARACTERS = 256
MAX_HOLDER_NUMBER_CHARACTERS = 64

_HOLDER_TOO_LONG = Message(
    zh="姓名（名称）或号码过长，没有核对，请重新输入。",
    en="The name or the number is too long; nothing was compared: enter it again.",
)
_NOTHING = Message(zh="请扫描、粘贴、输入短码，或选择文件。", en="Scan, paste or type a code, or choose a file.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handed:
    files: Sequence[bytes]
    text: str
    day: str


def desk_routes(services: Services) -> APIRouter:
    """Return the pages of the desk."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    checks = RecentChecks()
    router.include_router(_checking_routes(services, checks))
    router.include_router(desk_paper_routes(services, checks))
    router.include_router(desk_holder_routes(services, checks))
    return router


def _checking_routes(services: Services, checks: RecentChecks) -> APIRouter:
    verifying = Depends(for_offices(page_caller(services, Operation.VERIFY)))
    router = APIRouter(dependencies=[verifying])
    attempts = HolderAttempts()

    @router.get("/desk")
    def entry(request: Request) -> Response:
        return desk_page(request, services)

    @router.post("/desk")
    def check(
        request: Request, caller: Annotated[Caller, verifying], handed: Annotated[_Handed, Depends(_handed)]
    ) -> Response:
        if not handed.files and is_shown(as_keyed(handed.text)):
            return _look_at_shown(request, services, checks, caller, as_keyed(handed.text))
        try:
            presented = _presented(services, handed)
            at = _at(handed.day)
        except (MalformedInputError, UsageError) as error:
            return desk_page(request, services, problem=error.message)
        report = presented.judged(services.verifier, None, None, at)
        record_verification(services, caller, report, at=datetime.now(UTC))
        return see_check(checks.keep(held_check(presented, report, handed.day)))

    @router.get("/desk/checks/{name}")
    def show(request: Request, name: str) -> Response:
        held = checks.find(name)
        if held is None:
            return desk_page(request, services, problem=TOO_LONG_AGO)
        return desk_page(request, services, name=name, held=held)

    @router.get("/desk/checks/{name}/pages/{number}")
    def picture(name: str, number: int) -> Response:
        held = checks.find(name)
        drawn = None if held is None else page_picture(held, number)
        if drawn is None:
            return Response(status_code=404)
        return Response(drawn, media_type="image/png")

    @router.post("/desk/checks/{name}")
    def again(
        request: Request,
        caller: Annotated[Caller, verifying],
        name: str,
        day: Annotated[str, Form(max_length=64)] = "",
        holder: Annotated[str, Form()] = "",
        number: Annotated[str, Form()] = "",
    ) -> Response:
        held = checks.find(name)
        if held is None:
            return desk_page(request, services, problem=TOO_LONG_AGO)
        if len(holder) > MAX_HOLDER_CHARACTERS or len(number) > MAX_HOLDER_NUMBER_CHARACTERS:
            return desk_page(request, services, name=name, held=held, problem=_HOLDER_TOO_LONG)
        code = holder.strip() and as_keyed(number)
        entered = HolderEntry(name=holder, code=code) if code else None
        try:
            at = _at(day)
            report = _again(services, attempts, request, held, entered, at)
        except (UsageError, RateLimitedError) as error:
            problem = error.message
            return desk_page(request, services, name=name, held=held, problem=problem)
        record_verification(services, caller, report, at=datetime.now(UTC))
        return see_check(checks.keep(replace(held, report=report, day=day.strip())))

    return router


def _look_at_shown(request: Request, services: Services, checks: RecentChecks, caller: Caller, text: str) -> Response:
    """Look at what a holder shows at the desk: the holder has logged in, so nothing has to be compared."""
    at = datetime.now(UTC)
    try:
        seen = look_at(services, text, f"client:{caller.client}", caller=caller, at=at)
    except ShowCodeOverError as error:
        return desk_page(request, services, problem=Message(zh=error.zh, en=error.en))
    details = details_of(seen.code.ground, act="seen", data="masked")
    record_use(services, TrailKind.SHOW, seen.code, caller, None, details=details, at=at)
    return see_check(checks.keep(held_check(Presented(code=seen.record.code), seen.report, "")))


def _again(
    services: Services,
    attempts: HolderAttempts,
    request: Request,
    held: HeldCheck,
    entered: HolderEntry | None,
    at: datetime,
) -> Report:
    claims, address = held.report.code, address_of(request)
    if entered is not None and claims is not None:
        attempts.begin(claims.identifier, address)
    report = held.presented.judged(services.verifier, entered, None, at)
    if entered is not None and claims is not None and report.reason.code != "HOLDER_MISMATCH":
        attempts.was_right(claims.identifier, address)
    return report


async def _handed(request: Request) -> _Handed:
    """Read the form of the desk."""
    async with request.form(max_files=MAX_FILES, max_fields=8) as form:
        files = [
            await part.read(MAX_FILE_BYTES + 1)
            for part in form.getlist("file")
            if isinstance(part, UploadFile) and part.filename
        ]
        text, day = form.get("text"), form.get("day")
    if any(len(file) > MAX_FILE_BYTES for file in files):
        raise InputTooLargeError("文件超过 20 MB。", "the file is larger than 20 MB")
    return _Handed(
        files=files, text=text if isinstance(text, str) else "", day=day.strip() if isinstance(day, str) else ""
    )


def _presented(services: Services, handed: _Handed) -> Presented:
    """Say what was handed over: a file with or without its signature, or text. A file goes before text."""
    files = list(handed.files)
    if len(files) > 1:
        signatures = [file for file in files if kind_of(file) == "cms"]
        if len(files) > 2 or len(signatures) != 1:
            raise MalformedInputError(
                "一次只核验一份：一个文件，或一个文件及其签名文件（.p7s）。",
                "one at a time: a file, or a file and its signature (.p7s)",
            )
        (content,) = (file for file in files if file is not signatures[0])
        return Presented(data=content, signature=signatures[0])
    if files:
        return Presented(data=files[0])
    text = handed.text.strip()
    if not text:
        raise MalformedInputError(_NOTHING.zh, _NOTHING.en)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise MalformedInputError("文字过长，请作为文件提交。", "the text is too long: hand it over as a file")
    if text.startswith("{"):
        return Presented(data=text.encode("utf-8", errors="replace"))
    return Presented(code=full_code(as_keyed(text), services.store))


def _at(day: str) -> datetime:
    return parse_at(day.strip()) if day.strip() else datetime.now(UTC)
