"""Conversion of registers over HTTP: handing one in, how far it is, its report."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.datastructures import UploadFile

from licences import ConversionBatch, ConversionNotFoundError, report_csv
from licences.access import Caller, NotAllowedError, Operation, Proof, region_of

from .authentication import may
from .conversion import mapping_document
from .conversion_jobs import HandedIn, go_on, start
from .conversion_progress import ConversionProgress
from .conversion_texts import Summary, summary_shape
from .enforcing import acting, refuse, trail_entry
from .errors import MalformedInputError, UnsupportedMediaError
from .http_requests import PREFIX, media_type, problems
from .issuing import DEFAULT_SEAL
from .settings import FAMILIES, SUITES
from .wiring import Services

MAX_PARTS = 1000
"""Files in one request: the register, its mapping, tables and scans."""
_TEXTS = {"type", "seal", "operator", "checked_by", "self_declared", "dry_run"}
_ROWS = "rows."
# No path, nothing hidden: it becomes the name of a file.
_SCAN_NAME = re.compile(r"[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,199}")


def conversion_routes(services: Services) -> APIRouter:
    """Return the interface for conversions."""
    router = APIRouter(prefix=f"{PREFIX}/conversions")
    converting = Depends(may(services, Operation.CONVERT))
    progress = ConversionProgress(services)

    @router.post(
        "",
        summary="纸质证照转换",
        description="Convert a register (CSV or XLSX) of paper licences. The answer comes before the work is done.",
        status_code=202,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=_form(),
    )
    def begin(caller: Annotated[Caller, converting], handed: Annotated[HandedIn, Depends(_handed_in)]) -> Response:
        _require(services, caller, services.catalogue.get(handed.type).slug)
        if caller.proof is not Proof.HERE:
            operator = acting(caller, handed.operator or caller.client, caller.office, "").name
            handed = replace(handed, operator=operator)
        batch = start(services, handed, secrets.token_hex(8))
        return _told(progress.shape(batch.batch_id), status=202)

    @router.get(
        "/{batch}", summary="转换进度", description="How far a conversion is.", responses=problems(401, 403, 404)
    )
    def show(caller: Annotated[Caller, converting], batch: str) -> Response:
        _batch_for(services, caller, batch)
        return _told(progress.shape(batch))

    @router.get(
        "/{batch}/events",
        summary="转换进度（实时）",
        description="How far a conversion is, as server-sent events: `progress` whenever that changes, `end` when it "
        "does not run any more. The connection is closed after some seconds and opened again by the browser; whether "
        "anybody listens changes nothing.",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403, 404, 503)},
    )
    def events(caller: Annotated[Caller, converting], batch: str) -> Response:
        found = _batch_for(services, caller, batch)
        return StreamingResponse(progress.stream(found.batch_id), media_type="text/event-stream")

    @router.post(
        "/{batch}/resume",
        summary="继续转换",
        description="Go on with a conversion that was interrupted, or in which rows wait.",
        status_code=202,
        responses=problems(401, 403, 404),
    )
    def resume(caller: Annotated[Caller, converting], batch: str) -> Response:
        _batch_for(services, caller, batch)
        go_on(services.home, batch)
        return _told(progress.shape(batch), status=202)

    @router.get(
        "/{batch}/report",
        summary="转换报告",
        description="Every row with what was found: CSV for spreadsheets, or a summary as JSON.",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}, "application/json": {}}}, **problems(401, 403, 404)},
    )
    def report(
        caller: Annotated[Caller, converting],
        batch: str,
        kind: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
    ) -> Response:
        store = services.conversions
        found = _batch_for(services, caller, batch)
        details = {"what": f"report {kind}", "batch": found.batch_id}
        at = datetime.now(UTC)
        entry = trail_entry(caller, Operation.CONVERT, at=at, type_slug=found.type_slug, details=details)
        services.trail.record(entry)
        if kind == "json":
            return JSONResponse(summary_shape(found, Summary(store.outcomes(batch))))
        headers = {"Content-Disposition": f'attachment; filename="conversion-{found.batch_id}.csv"'}
        return StreamingResponse(report_csv(store.outcomes(batch)), media_type="text/csv", headers=headers)

    return router


def _batch_for(services: Services, caller: Caller, batch_id: str) -> ConversionBatch:
    """Return a conversion for those who may convert such licences; ConversionNotFoundError, also for the others."""
    batch = services.conversions.get(batch_id)
    if not _may_convert(services, caller, batch.type_slug):
        refuse(services, caller, Operation.CONVERT, at=datetime.now(UTC), code="NOT_ALLOWED", type_slug=batch.type_slug)
        raise ConversionNotFoundError
    return batch


def _require(services: Services, caller: Caller, slug: str) -> None:
    if not _may_convert(services, caller, slug):
        refuse(services, caller, Operation.CONVERT, at=datetime.now(UTC), code="NOT_ALLOWED", type_slug=slug)
        raise NotAllowedError


def _may_convert(services: Services, caller: Caller, slug: str) -> bool:
    """A register has rows of many historic issuers: what counts is where the authorities are whose seals they get."""
    seals = (services.keys.signers(family).get("seal") for family in FAMILIES)
    codes = (seal.certificate.subject.organization_identifier for seal in seals if seal is not None)
    regions = {region_of(code or "") for code in codes} or {""}
    return all(caller.may(Operation.CONVERT, type_slug=slug, region=region) for region in regions)


def _told(shape: Mapping[str, object], *, status: int = 200) -> Response:
    return JSONResponse(shape, status_code=status, headers={"Location": f"{PREFIX}/conversions/{shape['id']}"})


async def _handed_in(request: Request) -> HandedIn:
    if media_type(request) != "multipart/form-data":
        raise UnsupportedMediaError("请以 multipart/form-data 上传。", "the body has to be multipart/form-data")
    texts: dict[str, str] = {}
    tables: dict[str, bytes] = {}
    scans: dict[str, bytes] = {}
    register: bytes | None = None
    mapping: Mapping[str, object] = {}
    async with request.form(max_files=MAX_PARTS, max_fields=len(_TEXTS)) as form:
        for key, part in form.multi_items():
            if isinstance(part, str):
                if key not in _TEXTS or key in texts:
                    raise _unknown_part()
                texts[key] = part
            elif key == "file" and register is None:
                register = await part.read()
            elif key == "mapping" and not mapping:
                mapping = await _mapping(part)
            elif key == "scans":
                name = part.filename or ""
                if _SCAN_NAME.fullmatch(name) is None or name in scans:
                    raise MalformedInputError("扫描件的文件名有误或重复。", "a scan has no usable name")
                scans[name] = await part.read()
            elif key.startswith(_ROWS) and key not in tables:
                tables[key.removeprefix(_ROWS)] = await part.read()
            else:
                raise _unknown_part()
    if register is None or "type" not in texts:
        raise MalformedInputError("缺少台账（file）或证照类型（type）。", "there is no register or no type")
    seal = texts.get("seal", DEFAULT_SEAL)
    if seal not in SUITES:
        raise MalformedInputError("seal 应为 sm2、rsa 或 sm2+rsa。", "seal is sm2, rsa or sm2+rsa")
    return HandedIn(
        type=texts["type"],
        register=register,
        mapping=mapping,
        tables=tables,
        scans=scans,
        seal=seal,
        operator=texts.get("operator", ""),
        checked_by=texts.get("checked_by", ""),
        self_declared=_truth(texts.get("self_declared", "false")),
        dry_run=_truth(texts.get("dry_run", "false")),
    )


async def _mapping(part: UploadFile) -> Mapping[str, object]:
    return mapping_document(await part.read(), is_json=(part.filename or "").lower().endswith(".json"))


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise MalformedInputError("应为 true 或 false。", "true or false is expected")
    return text == "true"


def _unknown_part() -> MalformedInputError:
    return MalformedInputError("请求中有不认识或重复的项。", "a part of the request is unknown, or there twice")


def _form() -> dict[str, object]:
    binary = {"type": "string", "format": "binary"}
    properties: dict[str, object] = {key: {"type": "string"} for key in sorted(_TEXTS)}
    properties |= {"file": binary, "mapping": binary, "scans": {"type": "array", "items": binary}}
    schema = {"type": "object", "required": ["file", "type"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
