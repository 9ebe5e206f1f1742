"""The pages behind the code on the face: a verdict for everybody, the facts, the holder check, a sheet to print.

No script, no request to anybody else, nothing that is typed in is kept or logged.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from esign import (
    QUIET_ZONE,
    code_modules,
    extract_code,
    group_short_code,
    structured_from_bytes,
)
from licences import Record, mask_name, mask_number
from verify import HolderEntry, Report, SignatureFacts

from .limiting import RateLimiter
from .messages import (
    ALGORITHMS,
    DEVELOPMENT_NOTICE,
    RECORDED,
    STATUS_SOURCES,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
)
from .problems import Problem
from .resolving import full_code
from .wiring import Services

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

# Only where nothing else stands against the licence does it matter whose it is.
_HOLDER_OPEN = frozenset({"HOLDER_NOT_CHECKED", "HOLDER_MISMATCH"})

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a definition list."""

    label: Message
    zh: str
    en: str = ""
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
    checks: Sequence[CheckView]
    at: str
    asks_holder: bool
    printable: bool
    print_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A QR symbol as one SVG path."""

    side: int
    path: str


def page_routes(services: Services, limiter: RateLimiter) -> APIRouter:
    """Return the public pages; every one of them counts against the limit of the address that asks."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(limiter)], default_response_class=HTMLResponse)
    public_host = urlsplit(services.home.settings.public_url).netloc

    def verdict_page(text: str, holder: HolderEntry | None) -> HTMLResponse:
        report, record = _verify(services, text, holder)
        view = _view(services, text, report, record)
        return _page("verdict.html", view=view, public_host=public_host)

    @router.get("/v")
    def entry() -> Response:
        return _page("entry.html", public_host=public_host, development=services.home.settings.development)

    @router.post("/v")
    def enter(code: Annotated[str, Form(max_length=1024)] = "") -> Response:
        return RedirectResponse(
            f"/v/{quote(extract_code(unicodedata.normalize('NFKC', code)), safe='')}", status_code=303
        )

    @router.get("/v/{code}/print")
    @router.get("/V/{code}/print")
    def sheet(code: str) -> Response:
        report, record = _verify(services, code, None)
        view = _view(services, code, report, record)
        symbol = _symbol(record.verify_url) if record is not None else None
        short_code = group_short_code(record.short_code) if record is not None else ""
        return _page("print.html", view=view, symbol=symbol, short_code=short_code)

    @router.get("/v/{code:path}")
    @router.get("/V/{code:path}")
    def show(code: str) -> Response:
        return verdict_page(code, None)

    @router.post("/v/{code:path}")
    @router.post("/V/{code:path}")
    def compare(
        code: str,
        name: Annotated[str, Form(max_length=256)] = "",
        number: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        given = bool(name.strip() and number.strip())
        return verdict_page(code, HolderEntry(name=name, code=number) if given else None)

    return router


def problem_page(problem: Problem) -> HTMLResponse:
    """Return a problem as a page."""
    status = problem.row.http_status
    message = problem.message if status < 500 else problem.row.title
    return _page("problem.html", status_code=status, status=status, message=message)


def reference_page(document: object) -> HTMLResponse:
    """Return the description of the HTTP interface."""
    return _page("reference.html", document=document)


def _page(template: str, *, status_code: int = 200, **values: object) -> HTMLResponse:
    text = _ENVIRONMENT.get_template(template).render(development_notice=DEVELOPMENT_NOTICE, **values)
    return HTMLResponse(text, status_code=status_code)


def _verify(services: Services, text: str, holder: HolderEntry | None) -> tuple[Report, Record | None]:
    """Judge a code or short code; the record comes along only for what is the very code of that licence."""
    text = full_code(text, services.store)
    report = services.verifier.verify_code(text, holder=holder, at=datetime.now(UTC))
    if report.code is None or report.status.source != "store":
        return report, None
    record = services.store.get(report.code.identifier)
    return report, record if record.code == extract_code(text) else None


def _view(services: Services, text: str, report: Report, record: Record | None) -> View:
    return View(
        verdict=report.verdict.value,
        word=VERDICTS[report.verdict.value],
        title=_title(services, record),
        sentence=Message(zh=report.sentence.zh, en=report.sentence.en),
        action=Message(zh=report.action.zh, en=report.action.en),
        development=report.development,
        facts=[] if record is None else _facts(services, record),
        evidence=_evidence(report),
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
    )


def _title(services: Services, record: Record | None) -> Message:
    if record is None:
        return Message(zh="电子证照核验结果", en="Result of an e-licence check")
    licence_type = services.catalogue.get(record.type_code)
    return Message(zh=f"{licence_type.name}核验结果", en=f"{licence_type.name_en}: result of the check")


def _facts(services: Services, record: Record) -> list[Fact]:
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
        Fact(label=Message(zh="有效期", en="Valid"), zh=period.zh, en=period.en, number=True),
    ]


def _evidence(report: Report) -> list[Fact]:
    status, source = RECORDED[report.status.value], STATUS_SOURCES[report.status.source]
    facts = [
        Fact(
            label=Message(zh="二维码签名", en="Signature"),
            zh=f"{signature.signer_organization}（{_algorithm_name(signature)}）：{_signature_words(signature).zh}",
            en=_signature_words(signature).en,
        )
        for signature in report.signatures
    ]
    return [
        *facts,
        Fact(
            label=Message(zh="当前状态", en="State"), zh=f"{status.zh}（{source.zh}）", en=f"{status.en}, {source.en}"
        ),
        Fact(label=Message(zh="核验时间", en="Checked at"), zh=moment_text(report.at), en="UTC+08:00", number=True),
    ]


def _algorithm_name(signature: SignatureFacts) -> str:
    return ALGORITHMS.get(signature.algorithm, signature.algorithm)


def _signature_words(signature: SignatureFacts) -> Message:
    if not (signature.intact and signature.valid):
        return Message(zh="签名不成立", en="the signature is wrong")
    if not signature.trusted:
        return Message(zh="签名成立，证书不在信任名单中", en="the signature is right, its certificate is not trusted")
    return Message(zh="签名成立，证书可信", en="the signature is right, its certificate is trusted")


def _symbol(text: str) -> Symbol:
    modules = code_modules(text)
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(modules)
        for x, dark in enumerate(row)
        if dark
    )
    return Symbol(side=len(modules) + 2 * QUIET_ZONE, path=path)
