"""The pages behind the code on the face: a verdict for everybody, the facts, the holder check, a sheet to print.

Only the page that scans has a script. No request to anybody else; names and numbers that are typed in are neither kept
nor logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from esign import (
    QUIET_ZONE,
    code_modules,
    extract_code,
    group_short_code,
    structured_from_bytes,
)
from licences import Record, mask_name, mask_number
from verify import STATUS_SOURCES, HolderEntry, Report, SignatureFacts, basis_lines

from .errors import InputTooLargeError, RateLimitedError
from .forgery_pages import forgery_routes
from .limiting import (
    CODE_PER_MINUTE,
    MINUTE,
    SCANS_PER_MINUTE,
    Buckets,
    HolderAttempts,
    RateLimiter,
    address_of,
)
from .messages import (
    ALGORITHMS,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
    recorded_text,
)
from .problems import Problem
from .rendering import page
from .resolving import as_keyed, full_code
from .scanning import MAX_PICTURE_BYTES, PictureScanner, is_code_like, why_no_code
from .wiring import Services

STATIC = Path(__file__).parent / "static"

# Only where nothing else stands against the licence does it matter whose it is.
_HOLDER_OPEN = frozenset({"HOLDER_NOT_CHECKED", "HOLDER_MISMATCH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a definition list."""

    label: Message
    zh: str
    en: str = ""
    """The same in English; empty for what has only a Chinese form, such as a name."""
    aside: str = ""
    """What stands in English under the Chinese, where the whole would only repeat it."""
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One line of the list of checks."""

    name: Message
    outcome: str
    word: Message
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page shows of a report."""

    verdict: str
    word: Message
    title: Message
    sentence: Message
    action: Message
    development: bool
    facts: Sequence[Fact]
    evidence: Sequence[Fact]
    basis: Sequence[Message]
    """How old that is on which the verdict rests."""
    checks: Sequence[CheckView]
    at: str
    asks_holder: bool
    printable: bool
    print_path: str
    report_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A QR symbol as one SVG path."""

    side: int
    path: str


def page_routes(services: Services, limiter: RateLimiter) -> APIRouter:
    """Return the public pages; every one of them counts against the limit of the address that asks."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    router.include_router(_scanning_routes(services))
    counted = [Depends(limiter)]
    router.include_router(forgery_routes(services, lambda code: _judge(services, code)), dependencies=counted)
    router.include_router(_verdict_routes(services), dependencies=counted)
    return router


def _scanning_routes(services: Services) -> APIRouter:
    """Return what takes pictures; a camera sends many, so they are counted by themselves."""
    router = APIRouter()
    scanner, limiter = PictureScanner(), RateLimiter(SCANS_PER_MINUTE)

    @router.get("/v/scan")
    def nothing_sent() -> Response:
        return RedirectResponse("/v", status_code=303)

    @router.post("/v/scan", dependencies=[Depends(limiter)])
    def scan(request: Request, picture: Annotated[bytes, Depends(_picture)]) -> Response:
        found = scanner.scan(picture)
        address = f"/v/{found.code}" if found.code else None
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"address": address, "foreign": found.foreign})
        if address is not None:
            return RedirectResponse(address, status_code=303)
        return _entry_page(request, services, problem=why_no_code(picture, foreign=found.foreign))

    return router


def _verdict_routes(services: Services) -> APIRouter:
    router = APIRouter()
    looks, attempts = Buckets(CODE_PER_MINUTE, MINUTE), HolderAttempts()

    def verdict_page(request: Request, text: str, holder: HolderEntry | None) -> HTMLResponse:
        code = full_code(text, services.store)
        key = extract_code(code)
        if not looks.take(key):
            raise RateLimitedError("这张证照被查询得过于频繁，请一分钟后再试。", "this code is asked for too often")
        if holder is not None:
            attempts.begin(key, address_of(request))
        report, record = _verify(services, code, holder)
        if holder is not None and report.reason.code != "HOLDER_MISMATCH":
            attempts.was_right(key, address_of(request))
        view = verdict_view(services, text, report, record)
        return page(request, "verdict.html", view=view, public_host=public_host(services))

    @router.get("/v")
    def entry(request: Request) -> Response:
        return _entry_page(request, services)

    @router.post("/v")
    def enter(request: Request, code: Annotated[str, Form(max_length=1024)] = "") -> Response:
        text = extract_code(as_keyed(code))
        if not text:
            return RedirectResponse("/v", status_code=303)
        if is_code_like(text):
            return RedirectResponse(f"/v/{text}", status_code=303)
        return verdict_page(request, text, None)

    @router.get("/v/{code}/print")
    @router.get("/V/{code}/print")
    def sheet(request: Request, code: str) -> Response:
        report, record = _judge(services, code)
        view = verdict_view(services, code, report, record)
        symbol = qr_symbol(record.verify_url) if record is not None else None
        short_code = group_short_code(record.short_code) if record is not None else ""
        return page(request, "print.html", view=view, symbol=symbol, short_code=short_code)

    @router.get("/v/{code:path}")
    @router.get("/V/{code:path}")
    def show(request: Request, code: str) -> Response:
        return verdict_page(request, code, None)

    @router.post("/v/{code:path}")
    @router.post("/V/{code:path}")
    def compare(
        request: Request,
        code: str,
        name: Annotated[str, Form(max_length=256)] = "",
        number: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        given = bool(name.strip() and number.strip())
        return verdict_page(request, code, HolderEntry(name=name, code=number) if given else None)

    return router


async def _picture(request: Request) -> bytes:
    """Read the picture that a form brings; none is an empty one."""
    async with request.form(max_files=1, max_fields=1) as form:
        part = form.get("picture")
        content = await part.read(MAX_PICTURE_BYTES + 1) if isinstance(part, UploadFile) else b""
    if len(content) > MAX_PICTURE_BYTES:
        raise InputTooLargeError("图片超过 12 MB。", "the picture is larger than 12 MB")
    return content


def _entry_page(request: Request, services: Services, problem: Message | None = None) -> HTMLResponse:
    return page(
        request,
        "entry.html",
        script=True,
        camera=True,
        public_host=public_host(services),
        development=services.home.settings.development,
        problem=problem,
    )


def public_host(services: Services) -> str:
    """Return the host that people should find in the address bar."""
    return urlsplit(services.home.settings.public_url).netloc


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """Return a problem as a page."""
    status = problem.row.http_status
    message = problem.message if status < 500 else problem.row.title
    return page(request, "problem.html", status_code=status, status=status, message=message)


def reference_page(request: Request, document: object) -> HTMLResponse:
    """Return the description of the HTTP interface."""
    return page(request, "reference.html", document=document)


def _judge(services: Services, text: str) -> tuple[Report, Record | None]:
    return _verify(services, full_code(text, services.store), None)


def _verify(services: Services, text: str, holder: HolderEntry | None) -> tuple[Report, Record | None]:
    """Judge a code; the record comes along only for what is the very code of that licence."""
    report = services.verifier.verify_code(text, holder=holder, at=datetime.now(UTC))
    if report.code is None or report.status.source != "store":
        return report, None
    record = services.store.get(report.code.identifier)
    return report, record if record.code == extract_code(text) else None


def verdict_view(services: Services, text: str, report: Report, record: Record | None) -> View:
    """Return what a page shows of a report; `text` is the code by which it was asked for."""
    return View(
        verdict=report.verdict.value,
        word=VERDICTS[report.verdict.value],
        title=_title(services, record),
        sentence=Message(zh=report.sentence.zh, en=report.sentence.en),
        action=Message(zh=report.action.zh, en=report.action.en),
        development=report.development,
        facts=[] if record is None else public_facts(services, record),
        evidence=_evidence(report),
        basis=[Message(zh=line.zh, en=line.en) for line in basis_lines(report)],
        checks=[
            CheckView(
                name=check_name(check.name),
                outcome=check.outcome.value,
                word=VERDICTS[check.outcome.value],
                code=check.code,
                detail=check.detail,
            )
            for check in report.checks
        ],
        at=moment_text(report.at),
        asks_holder=report.reason.code in _HOLDER_OPEN,
        printable=record is not None,
        print_path=f"/v/{quote(text, safe='')}/print",
        report_path=f"/v/{text}/report" if is_code_like(text.upper()) else "/v/report",
    )


def _title(services: Services, record: Record | None) -> Message:
    if record is None:
        return Message(zh="电子证照核验结果", en="Result of an e-licence check")
    licence_type = services.catalogue.get(record.type_code)
    return Message(zh=f"{licence_type.name}核验结果", en=f"{licence_type.name_en}: result of the check")


def public_facts(services: Services, record: Record) -> list[Fact]:
    """Return what a public page may show: no number, address or photo of a person."""
    licence = structured_from_bytes(services.store.file(record, "json"))
    licence_type = services.catalogue.get(record.type_code)
    period = period_text(record.valid_from, record.valid_to)
    return [
        Fact(label=Message(zh="证照类型", en="Type"), zh=licence_type.name, en=licence_type.name_en),
        Fact(label=Message(zh="证照编号", en="Number"), zh=mask_number(record.number, record.holder_kind), number=True),
        Fact(
            label=Message(zh="持证主体", en="Holder"),
            zh="、".join(mask_name(holder.name, holder.kind) for holder in licence.holders),
        ),
        Fact(label=Message(zh="颁发机构", en="Issued by"), zh=licence.issuer_name),
        Fact(label=Message(zh="颁发日期", en="Issued on"), zh=licence.issued_on.isoformat(), number=True),
        Fact(
            label=Message(zh="有效期", en="Valid"),
            zh=period.zh,
            en=_period(record, period.en),
            aside=period.en,
            number=True,
        ),
    ]


def _period(record: Record, remark: str) -> str:
    until = "" if record.valid_to is None else f" to {record.valid_to.isoformat()}"
    return f"{record.valid_from.isoformat()}{until}, {remark}"


def _evidence(report: Report) -> list[Fact]:
    status, source = recorded_text(report.status.value), STATUS_SOURCES[report.status.source]
    facts = [
        Fact(
            label=Message(zh="二维码签名", en="Signature"),
            zh=f"{_signer(signature)}（{_algorithm_name(signature)}）：{_signature_words(signature).zh}",
            en=f"{_signer(signature)} ({_algorithm_name(signature)}): {_signature_words(signature).en}",
            aside=_signature_words(signature).en,
        )
        for signature in report.signatures
    ]
    return [
        *facts,
        Fact(
            label=Message(zh="当前状态", en="State"), zh=f"{status.zh}（{source.zh}）", en=f"{status.en}, {source.en}"
        ),
        Fact(
            label=Message(zh="核验时间", en="Checked at"),
            zh=moment_text(report.at),
            en=f"{moment_text(report.at)} (UTC+08:00)",
            aside="UTC+08:00",
            number=True,
        ),
    ]


def _signer(signature: SignatureFacts) -> str:
    return signature.signer_organization or "—"


def _algorithm_name(signature: SignatureFacts) -> str:
    return ALGORITHMS.get(signature.algorithm, signature.algorithm)


def _signature_words(signature: SignatureFacts) -> Message:
    if not (signature.intact and signature.valid):
        return Message(zh="签名不成立", en="the signature is wrong")
    if not signature.trusted:
        return Message(zh="签名成立，证书不在信任名单中", en="the signature is right, its certificate is not trusted")
    return Message(zh="签名成立，证书可信", en="the signature is right, its certificate is trusted")


def qr_symbol(text: str) -> Symbol:
    """Draw a QR symbol."""
    modules = code_modules(text)
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(modules)
        for x, dark in enumerate(row)
        if dark
    )
    return Symbol(side=len(modules) + 2 * QUIET_ZONE, path=path)
