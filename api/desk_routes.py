"""The clerk desk: whatever is presented at a counter, checked on one page; receipts, slips, and what a holder has.

For those who verify, and what a holder has for those who may look it up. Every check has an address of its own for some
minutes, so that reloading, going back and changing the language do no harm.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from esign import PREVIEW_EN, PREVIEW_ZH
from licences import HOLDER_KINDS, FiledLicence, InvalidHolderError, InvalidIdentifierError, LicenceNotFoundError
from licences.access import Caller, Operation, Proof, ShowCodeOverError, purpose_from
from licences.supervision import TrailKind
from verify import MAX_FILE_BYTES, HolderEntry, Report, kind_of

from .authentication import for_offices
from .desk_checks import HeldCheck, RecentChecks
from .desk_preview import page_picture
from .desk_view import desk_view, shown, state_of
from .enforcing import record_verification, require_own_office
from .errors import (
    InputTooLargeError,
    MalformedInputError,
    RateLimitedError,
    RefusalNotNeededError,
    UsageError,
)
from .inputs import parse_at
from .limiting import HolderAttempts, address_of
from .messages import Message, period_text
from .presented import Presented
from .problems import problem_of
from .receipts import (
    REFUSAL_REASONS,
    REMARK_NEEDED,
    CaseReference,
    SealedReport,
    checked_code,
    checked_file,
    receipt,
    refusal_slip,
)
from .rendering import LANGUAGE, page
from .resolving import as_keyed, full_code, is_shown
from .routes import look_up, read_licence
from .sessions import page_caller
from .using import details_of, look_at, record_use
from .wiring import Services

MAX_FILES = 8
"""That are read. More than a file and its signature are refused with a sentence, not by the reader of forms."""
MAX_TEXT_CHARACTERS = 100_000

ELEMENTS: Mapping[str, Message] = {
    "office": Message(zh="单位", en="Office"),
    "officer": Message(zh="经办人", en="Officer"),
    "item_name": Message(zh="事项名称", en="Item"),
    "item_code": Message(zh="事项编码", en="Code of the item"),
    "case_number": Message(zh="案号", en="Case number"),
    "reason": Message(zh="查询事由", en="Reason"),
}
"""Who looks something up, for which matter and why: without all of them nobody is told what a holder has."""
MAX_ELEMENT_CHARACTERS = 100

_ENTRIES = ("officer", "case_number", "item_name", "item_code", "reason", "remark")
"""What is typed for a receipt or a slip."""

MAX_HOLDER_CHARACTERS = 256
MAX_HOLDER_NUMBER_CHARACTERS = 64

_HOLDER_TOO_LONG = Message(
    zh="姓名（名称）或号码过长，没有核对，请重新输入。",
    en="The name or the number is too long; nothing was compared: enter it again.",
)
_TOO_LONG_AGO = Message(
    zh="这次核验的内容已从内存中清除，请重新核验。", en="This check is no longer in memory: please check again."
)
_PREVIEW = Message(zh=PREVIEW_ZH, en=PREVIEW_EN)
_NOTHING = Message(zh="请扫描、粘贴、输入短码，或选择文件。", en="Scan, paste or type a code, or choose a file.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handed:
    files: Sequence[bytes]
    text: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One line of what a holder has."""

    identifier: str
    type_name: str
    number: str
    state: Message
    in_force: bool
    period: str


def desk_routes(services: Services) -> APIRouter:
    """Return the pages of the desk."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    checks = RecentChecks()
    router.include_router(_checking_routes(services, checks))
    router.include_router(_paper_routes(services, checks))
    router.include_router(_holder_routes(services, checks))
    return router


def _checking_routes(services: Services, checks: RecentChecks) -> APIRouter:
    verifying = Depends(for_offices(page_caller(services, Operation.VERIFY)))
    router = APIRouter(dependencies=[verifying])
    attempts = HolderAttempts()

    @router.get("/desk")
    def entry(request: Request) -> Response:
        return _desk(request, services)

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
            return _desk(request, services, problem=error.message)
        report = presented.judged(services.verifier, None, None, at)
        record_verification(services, caller, report, at=datetime.now(UTC))
        return _see(checks.keep(_held(presented, report, handed.day)))

    @router.get("/desk/checks/{name}")
    def show(request: Request, name: str) -> Response:
        held = checks.find(name)
        if held is None:
            return _desk(request, services, problem=_TOO_LONG_AGO)
        return _desk(request, services, name=name, held=held)

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
            return _desk(request, services, problem=_TOO_LONG_AGO)
        if len(holder) > MAX_HOLDER_CHARACTERS or len(number) > MAX_HOLDER_NUMBER_CHARACTERS:
            return _desk(request, services, name=name, held=held, problem=_HOLDER_TOO_LONG)
        code = holder.strip() and as_keyed(number)
        entered = HolderEntry(name=holder, code=code) if code else None
        try:
            at = _at(day)
            report = _again(services, attempts, request, held, entered, at)
        except (UsageError, RateLimitedError) as error:
            problem = error.message
            return _desk(request, services, name=name, held=held, problem=problem)
        record_verification(services, caller, report, at=datetime.now(UTC))
        return _see(checks.keep(replace(held, report=report, day=day.strip())))

    return router


def _look_at_shown(request: Request, services: Services, checks: RecentChecks, caller: Caller, text: str) -> Response:
    """Look at what a holder shows at the desk: the holder has logged in, so nothing has to be compared."""
    at = datetime.now(UTC)
    try:
        seen = look_at(services, text, f"client:{caller.client}", caller=caller, at=at)
    except ShowCodeOverError as error:
        return _desk(request, services, problem=Message(zh=error.zh, en=error.en))
    details = details_of(seen.code.ground, act="seen", data="masked")
    record_use(services, TrailKind.SHOW, seen.code, caller, None, details=details, at=at)
    return _see(checks.keep(_held(Presented(code=seen.record.code), seen.report, "")))


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


def _paper_routes(services: Services, checks: RecentChecks) -> APIRouter:
    """Return what gives papers: the receipt for the case file, the slip for the citizen."""
    verifying = Depends(for_offices(page_caller(services, Operation.VERIFY)))
    router = APIRouter(dependencies=[verifying])

    @router.get("/desk/checks/{name}/{_paper}")
    def back(request: Request, name: str, _paper: str) -> Response:
        return _see(name, request)

    def given(
        request: Request,
        caller: Caller,
        name: str,
        paper: str,
        entered: Mapping[str, str],
        make: Callable[[HeldCheck], SealedReport],
    ) -> Response:
        held = checks.find(name)
        if held is None:
            return _desk(request, services, problem=_TOO_LONG_AGO)
        try:
            made = make(held)
        except RefusalNotNeededError as error:
            return _desk(request, services, name=name, held=held, problem=error.message)
        except MalformedInputError as error:
            # Beside the form that it is about, with what was typed into it.
            return _desk(request, services, name=name, held=held, entered=entered, fault={paper: error.message})
        record_verification(services, caller, held.report, at=datetime.now(UTC), receipt=paper)
        headers = {"Content-Disposition": f'attachment; filename="{made.file_name("pdf")}"'}
        return Response(made.pdf, media_type="application/pdf", headers=headers)

    @router.post("/desk/checks/{name}/receipt")
    def give_receipt(
        request: Request,
        caller: Annotated[Caller, verifying],
        name: str,
        case: Annotated[CaseReference, Depends(_case)],
    ) -> Response:
        def make(held: HeldCheck) -> SealedReport:
            return receipt(services, held.report, checked=held.checked, case=case, at=datetime.now(UTC))

        return given(request, caller, name, "receipt", _entries(case), make)

    @router.post("/desk/checks/{name}/refusal")
    def give_slip(
        request: Request,
        caller: Annotated[Caller, verifying],
        name: str,
        case: Annotated[CaseReference, Depends(_case)],
        reason: Annotated[str, Form()] = "",
        remark: Annotated[str, Form()] = "",
    ) -> Response:
        def make(held: HeldCheck) -> SealedReport:
            now = datetime.now(UTC)
            return refusal_slip(
                services, held.report, checked=held.checked, case=case, reason=reason, remark=remark, at=now
            )

        return given(request, caller, name, "refusal", {**_entries(case), "reason": reason, "remark": remark}, make)

    return router


def _holder_routes(services: Services, checks: RecentChecks) -> APIRouter:
    looking = Depends(page_caller(services, Operation.LOOK_UP))
    router = APIRouter(dependencies=[looking])

    @router.get("/desk/holders")
    def form(request: Request, caller: Annotated[Caller, looking]) -> Response:
        return _holders(request, {} if caller.proof is Proof.HERE else {"office": caller.office})

    @router.post("/desk/holders")
    def look(
        request: Request, caller: Annotated[Caller, looking], typed: Annotated[Mapping[str, str], Depends(_typed)]
    ) -> Response:
        faults = _missing(typed, ("kind", "code"))
        if faults:
            return _holders(request, typed, faults=faults)
        try:
            file = look_up(services, caller, (typed["kind"], as_keyed(typed["code"])), typed)
        except InvalidHolderError as error:
            return _holders(request, typed, faults={"code": problem_of(error).message})
        return _holders(request, typed, found=[_found(services, one) for one in file.licences])

    @router.get("/desk/open")
    def nothing_chosen() -> Response:
        return RedirectResponse("/desk/holders", status_code=303)

    @router.post("/desk/open")
    def open_licence(
        request: Request, caller: Annotated[Caller, looking], typed: Annotated[Mapping[str, str], Depends(_typed)]
    ) -> Response:
        faults = _missing(typed, ())
        if faults:
            return _holders(request, typed, faults=faults)
        try:
            purpose = purpose_from(typed)
            require_own_office(caller, purpose)
            record = read_licence(services, caller, typed["identifier"], purpose, what="desk")
        except (LicenceNotFoundError, InvalidIdentifierError):
            return _holders(request, typed)
        presented = Presented(data=services.store.file(record, "pdf"))
        report = presented.judged(services.verifier, None, None, datetime.now(UTC))
        return _see(checks.keep(_held(presented, report, "")))

    return router


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


def _held(presented: Presented, report: Report, day: str) -> HeldCheck:
    if presented.data is None:
        checked = checked_code(presented.code)
    else:
        checked = checked_file(presented.data, signature=presented.signature)
    return HeldCheck(presented=presented, checked=checked, report=report, day=day)


def _at(day: str) -> datetime:
    return parse_at(day.strip()) if day.strip() else datetime.now(UTC)


def _see(name: str, request: Request | None = None) -> Response:
    """Send to the page of a check."""
    language = None if request is None else request.query_params.get(LANGUAGE)
    query = f"?{LANGUAGE}={language}" if language in {"zh", "en"} else ""
    return RedirectResponse(f"/desk/checks/{name}{query}", status_code=303)


def _desk(
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


async def _case(
    officer: Annotated[str, Form()] = "",
    case_number: Annotated[str, Form()] = "",
    item_name: Annotated[str, Form()] = "",
    item_code: Annotated[str, Form()] = "",
) -> CaseReference:
    return CaseReference(
        officer=officer.strip(),
        case_number=case_number.strip(),
        item_name=item_name.strip(),
        item_code=item_code.strip(),
    )


def _entries(case: CaseReference) -> Mapping[str, str]:
    """Return the entries of a case by the names of their fields."""
    return {
        "officer": case.officer,
        "case_number": case.case_number,
        "item_name": case.item_name,
        "item_code": case.item_code,
    }


async def _typed(request: Request) -> Mapping[str, str]:
    async with request.form(max_files=0, max_fields=16) as form:
        return {key: value.strip() for key, value in form.items() if isinstance(value, str)}


def _missing(typed: Mapping[str, str], further: Sequence[str]) -> dict[str, Message]:
    """Name everything that is missing or too long."""
    faults = {}
    for key in (*ELEMENTS, *further):
        if not typed.get(key):
            faults[key] = Message(zh="请填写。", en="This is needed.")
        elif len(typed[key]) > MAX_ELEMENT_CHARACTERS:
            faults[key] = Message(
                zh=f"不超过 {MAX_ELEMENT_CHARACTERS} 字。", en=f"at most {MAX_ELEMENT_CHARACTERS} characters"
            )
    return faults


def _found(services: Services, one: FiledLicence) -> _Found:
    record = one.record
    return _Found(
        identifier=record.identifier,
        type_name=services.catalogue.get(record.type_code).name,
        number=shown(record.number),
        state=state_of(one.state),
        in_force=one.in_force,
        period=period_text(record.valid_from, record.valid_to).zh,
    )


def _holders(
    request: Request,
    typed: Mapping[str, str],
    *,
    faults: Mapping[str, Message] | None = None,
    found: Sequence[_Found] | None = None,
) -> HTMLResponse:
    return page(
        request,
        "desk_holders.html",
        status_code=422 if faults else 200,
        elements=ELEMENTS,
        kinds=HOLDER_KINDS,
        typed={key: shown(typed.get(key, "")) for key in (*ELEMENTS, "kind")},
        limit=MAX_ELEMENT_CHARACTERS,
        faults=faults or {},
        found=found,
    )
