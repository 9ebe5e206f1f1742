"""Receipts and refusal slips over HTTP, for offices: a holder is given them by whoever looked."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from esign import CheckedThing
from licences.access import Caller, Operation
from verify import HolderEntry, Report

from .authentication import for_offices, may
from .enforcing import record_verification
from .errors import MalformedInputError
from .http_requests import PREFIX, json_body, media_type, problems, uploaded
from .inputs import parse_at
from .receipts import CaseReference, SealedReport, checked_code, checked_file, receipt, refusal_slip
from .resolving import full_code
from .schemas import read_body, reference
from .schemas_reports import HolderOnCard, ReceiptBody, RefusalBody
from .wiring import Services

_PDF = "application/pdf"
_FILES = ("file", "signature")
_CASE = ("officer", "case_number", "item_name", "item_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What came with a request: a file, or the text of a code; and the other fields."""

    file: bytes | None = None
    signature: bytes | None = None
    code: str = ""
    holder: HolderOnCard | None = None
    fields: Mapping[str, str]

    def judged(self, services: Services, now: datetime) -> tuple[Report, CheckedThing]:
        """Judge what came, as of `at` if there is such a field."""
        at = parse_at(self.fields["at"]) if self.fields.get("at") else now
        if self.file is not None:
            report = services.verifier.verify_file(self.file, signature=self.signature, at=at)
            return report, checked_file(self.file, signature=self.signature)
        holder = None if self.holder is None else HolderEntry(name=self.holder.name, code=self.holder.code)
        code = full_code(self.code, services.store)
        return services.verifier.verify_code(code, holder=holder, at=at), checked_code(code)

    @property
    def case(self) -> CaseReference:
        """For which case it is."""
        return CaseReference(**{name: self.fields.get(name, "") for name in _CASE})


def receipt_routes(services: Services) -> APIRouter:
    """Return the interface for receipts."""
    router = APIRouter(prefix=PREFIX)
    # The slip says that an office refused: a holder makes none.
    office = Depends(for_offices(may(services, Operation.VERIFY)))

    @router.post(
        "/verifications/receipt",
        summary="核验并出具回执",
        description="Verify as `/verifications` does, as of `at` if that is given, and answer with the sealed receipt "
        "(核验回执), whatever the verdict is.",
        response_class=Response,
        responses={200: {"content": {_PDF: {}}}, **problems(400, 401, 403, 413, 415, 422)},
        openapi_extra=_takes(ReceiptBody, (*_CASE, "at")),
    )
    def make_receipt(
        caller: Annotated[Caller, office],
        asked: Annotated[_Asked, Depends(_reads(ReceiptBody, (*_CASE, "at")))],
    ) -> Response:
        now = datetime.now(UTC)
        report, checked = asked.judged(services, now)
        record_verification(services, caller, report, at=now, receipt="receipt")
        return _answer(receipt(services, report, checked=checked, case=asked.case, at=now))

    @router.post(
        "/refusals",
        summary="出具拒收回执",
        description="Verify a licence once more and, when it passes, answer with the sealed slip for the citizen "
        "(拒收回执) that says why it was not taken. `law-demands-paper` and `other` need a `remark`.",
        response_class=Response,
        responses={200: {"content": {_PDF: {}}}, **problems(400, 401, 403, 413, 415, 422)},
        openapi_extra=_takes(RefusalBody, (*_CASE, "reason", "remark")),
    )
    def refuse(
        caller: Annotated[Caller, office],
        asked: Annotated[_Asked, Depends(_reads(RefusalBody, (*_CASE, "reason", "remark")))],
    ) -> Response:
        now = datetime.now(UTC)
        report, checked = asked.judged(services, now)
        fields = asked.fields
        slip = refusal_slip(
            services,
            report,
            checked=checked,
            case=asked.case,
            reason=fields.get("reason", ""),
            remark=fields.get("remark", ""),
            at=now,
        )
        record_verification(services, caller, report, at=now, receipt="refusal")
        return _answer(slip)

    return router


def _reads(
    model: type[ReceiptBody] | type[RefusalBody], names: tuple[str, ...]
) -> Callable[[Request], Coroutine[Any, Any, _Asked]]:
    """Make what reads a form with a file and these fields, or the JSON body with a code."""

    async def read(request: Request) -> _Asked:
        if media_type(request) != "multipart/form-data":
            wish = read_body(model, await json_body(request))
            told = wish.model_dump(include=set(names), exclude_none=True)
            return _Asked(code=wish.code, holder=wish.holder, fields=told)
        async with request.form(max_files=len(_FILES), max_fields=len(_FILES) + len(names)) as form:
            if form.keys() - {*_FILES, *names}:
                raise MalformedInputError("表单有不认识的项。", f"only {', '.join((*_FILES, *names))} are read")
            file, signature = [await uploaded(form.get(name)) for name in _FILES]
            fields = {name: value for name in names if isinstance(value := form.get(name, ""), str)}
        if file is None:
            raise MalformedInputError("缺少文件（file）。", "there is no file")
        return _Asked(file=file, signature=signature, fields=fields)

    return read


def _answer(made: SealedReport) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name("pdf")}"'}
    return Response(made.pdf, media_type=_PDF, headers=headers)


def _takes(model: type[ReceiptBody] | type[RefusalBody], names: tuple[str, ...]) -> dict[str, object]:
    properties = {name: {"type": "string", "format": "binary"} for name in _FILES}
    properties |= {name: {"type": "string"} for name in names}
    form = {"type": "object", "required": ["file"], "properties": properties}
    content = {"application/json": {"schema": reference(model)}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}
