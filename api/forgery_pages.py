"""The page on which people report a forgery (举报伪造): what they write goes into the store, encrypted."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from licences import (
    MAX_CONTACT_CHARACTERS,
    MAX_WHAT_CHARACTERS,
    MAX_WHERE_CHARACTERS,
    InvalidFieldError,
    Record,
    group_report_number,
    make_forgery_report,
)
from verify import Report

from .errors import RateLimitedError
from .limiting import HOUR, REPORTS_PER_HOUR, Buckets, address_of
from .messages import Message, moment_text
from .rendering import page
from .wiring import Services

LIMITS = {"what": MAX_WHAT_CHARACTERS, "where": MAX_WHERE_CHARACTERS, "contact": MAX_CONTACT_CHARACTERS}
Judge = Callable[[str], tuple[Report, Record | None]]


def forgery_routes(services: Services, judge: Judge) -> APIRouter:
    """Return the form, with or without a code before it; `judge` says what a code is, as its page does."""
    router = APIRouter()
    taken = Buckets(REPORTS_PER_HOUR, HOUR)

    def take(request: Request, code: str, typed: Mapping[str, str]) -> HTMLResponse:
        report, record = judge(code) if code else (None, None)
        received_at = datetime.now(UTC)
        try:
            made = make_forgery_report(
                what=typed["what"],
                where=typed["where"],
                contact=typed["contact"],
                identifier="" if record is None else record.identifier,
                reason="" if report is None else report.reason.code,
                random=os.urandom,
                received_at=received_at,
            )
        except ExceptionGroup as group:
            return _form(request, code, typed=typed, faults=_told(group))
        if not taken.take(address_of(request)):
            raise RateLimitedError(
                "举报过于频繁，请稍后再试，或致电颁发机构。",
                "too many reports: try again later, or call the issuing authority",
                seconds=taken.token_seconds,
            )
        services.forgery_reports.add(made)
        return page(
            request,
            "forgery_received.html",
            number=group_report_number(made.number),
            received_at=moment_text(received_at),
        )

    @router.get("/v/report")
    def plain_form(request: Request) -> Response:
        return _form(request, "")

    @router.get("/v/{code}/report")
    @router.get("/V/{code}/report")
    def form_of_code(request: Request, code: str) -> Response:
        return _form(request, code)

    @router.post("/v/report")
    def report(
        request: Request,
        what: Annotated[str, Form()] = "",
        where: Annotated[str, Form()] = "",
        contact: Annotated[str, Form()] = "",
    ) -> Response:
        return take(request, "", {"what": what, "where": where, "contact": contact})

    @router.post("/v/{code}/report")
    @router.post("/V/{code}/report")
    def report_of_code(
        request: Request,
        code: str,
        what: Annotated[str, Form()] = "",
        where: Annotated[str, Form()] = "",
        contact: Annotated[str, Form()] = "",
    ) -> Response:
        return take(request, code, {"what": what, "where": where, "contact": contact})

    return router


def _form(
    request: Request, code: str, *, typed: Mapping[str, str] | None = None, faults: Mapping[str, Message] | None = None
) -> HTMLResponse:
    return page(
        request,
        "forgery.html",
        status_code=422 if faults else 200,
        with_code=bool(code),
        limits=LIMITS,
        typed=typed or dict.fromkeys(LIMITS, ""),
        faults=faults or {},
    )


def _told(group: BaseExceptionGroup[BaseException]) -> Mapping[str, Message]:
    return {error.pointer.lstrip("/"): Message(zh=error.zh, en=error.en) for error in _leaves(group)}


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[InvalidFieldError]:
    for error in group.exceptions:
        if isinstance(error, InvalidFieldError):
            yield error
