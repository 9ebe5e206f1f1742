"""The JSON interface (contract section 5). Each handler reads, makes one call, and shapes the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from licences import (
    SEALED_FORMS,
    FileKind,
    HolderFile,
    HolderKey,
    Record,
    check_holder,
    document_kind,
    form_and_key,
    holder_file,
    look_at_holder,
    record_to_xml,
)
from licences.access import Caller, NotAllowedError, Operation, Purpose, purpose_from
from verify import HolderEntry

from .authentication import may
from .enforcing import (
    keeping_gate,
    licence_for,
    may_on,
    own_key,
    purpose_of,
    record_verification,
    refuse,
    require_issuing,
    require_own_office,
    require_purpose,
    trail_entry,
)
from .errors import LicenceUnknownError, MalformedInputError
from .hash_only import asks_about_digest, digest_report
from .holder_shapes import holder_shape
from .http_requests import PREFIX, json_body, media_type, problems, takes, uploaded
from .issuing import IssueRequest, body_from, issue, require_key
from .licence_shapes import issue_shape, record_shape
from .output import file_name
from .problems import problem_of
from .receipts import checked_code, checked_file
from .report_page import report_page, wants_page
from .report_shapes import report_shape
from .resolving import full_code
from .schemas import read_body, reference
from .schemas_holders import HeldListOut, HolderBody
from .schemas_licences import IssueBody, IssuedOut, LicenceOut
from .schemas_reports import CodeBody, DigestBody, ReportOut
from .wiring import Services

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "ofd": "application/ofd",
    "json": "application/json",
    "p7s": "application/pkcs7-signature",
}
_XML = "application/xml"
_WHY = (
    "Callers of another office than the one that issued it say why they read it: "
    "`Elicence-Access: office=...&officer=...&item_name=...&item_code=...&case_number=...&reason=...` "
    "(form-urlencoded, UTF-8)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handed:
    """What came with a request for verification: a file, or a JSON body."""

    body: bytes = b""
    file: bytes | None = None
    signature: bytes | None = None


def api_routes(services: Services) -> APIRouter:
    """Return the interface."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/licences",
        summary="签发一张证照",
        description="Issue a licence. The same Idempotency-Key with the same body gives the same licence with 200.",
        status_code=201,
        response_model=IssuedOut,
        responses={200: {"model": IssuedOut, "description": "replayed"}, **problems(400, 401, 403, 409, 413, 415, 422)},
        openapi_extra=takes(IssueBody),
    )
    def issue_licence(
        caller: Annotated[Caller, Depends(may(services, Operation.ISSUE))],
        body: Annotated[bytes, Depends(json_body)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        wish = read_body(IssueBody, body)
        at = datetime.now(UTC)
        require_key(idempotency_key)
        require_issuing(services, caller, Operation.ISSUE, at=at, type_name=wish.type, data=wish.data)
        issued = issue(
            IssueRequest(
                type=wish.type,
                data=wish.data,
                seal=wish.seal,
                joint=tuple(wish.joint),
                format=wish.format,
                body=body_from(wish.body),
                transferred_from=wish.transferred_from,
            ),
            issuer=services.issuer_for(wish.seal, tuple(wish.joint)),
            key=own_key(caller, idempotency_key),
            at=at,
            actor=caller.actor,
            before_keeping=keeping_gate(caller, Operation.ISSUE),
        )
        return JSONResponse(
            issue_shape(issued, addresses_of_files(issued.record)),
            status_code=200 if issued.replayed else 201,
            headers={"Location": address_of_licence(issued.record)},
        )

    @router.get(
        "/licences/{identifier}",
        summary="查一张证照",
        description=f"One licence as the store knows it. {_WHY}",
        response_model=LicenceOut,
        responses=problems(400, 401, 403, 404, 422),
    )
    def show_licence(
        caller: Annotated[Caller, Depends(may(services, Operation.READ))],
        purpose: Annotated[Purpose | None, Depends(purpose_of)],
        identifier: str,
    ) -> Response:
        record = read_licence(services, caller, identifier, purpose, what="licence")
        return JSONResponse(record_shape(record, addresses_of_files(record)))

    @router.get(
        "/licences/{identifier}/file",
        summary="取证照文件",
        description="The sealed PDF, the sealed OFD where there is one, the structured e-licence, its detached "
        f"signature, or XML made from it. {_WHY}",
        response_class=Response,
        responses={
            200: {"content": {name: {} for name in (*MEDIA_TYPES.values(), _XML)}},
            **problems(400, 401, 403, 404, 422),
        },
    )
    def show_file(
        caller: Annotated[Caller, Depends(may(services, Operation.READ))],
        purpose: Annotated[Purpose | None, Depends(purpose_of)],
        identifier: str,
        kind: Annotated[Literal["pdf", "json", "p7s", "xml", "ofd"], Query(alias="format")] = "pdf",
        document: Annotated[str, Query(max_length=32, description="key of a further document; PDF and OFD only")] = "",
    ) -> Response:
        record = read_licence(services, caller, identifier, purpose, what=f"file {kind} {document}".strip())
        if kind == "xml":
            name = f"{record.identifier}.xml"
            return Response(
                record_to_xml(record, services.store, services.catalogue),
                media_type=_XML,
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        wanted = document_kind(kind, document) if kind in SEALED_FORMS else kind
        if wanted not in record.files:
            if kind == "ofd" and "ofd" not in record.files:
                raise LicenceUnknownError("这张证照没有 OFD 文件。", "this licence has no OFD file")
            raise LicenceUnknownError("这张证照没有这份文件。", "this licence has no such document")
        return Response(
            services.store.file(record, wanted),
            media_type=MEDIA_TYPES[kind],
            headers={
                "Content-Disposition": f'attachment; filename="{file_name(record.identifier, wanted)}"',
                "ETag": f'"{record.files[wanted].sha256}"',
            },
        )

    @router.post(
        "/holders/licences",
        summary="查持证主体的证照",
        description="The licences of one holder, those in force first. The code goes into the body, never into an "
        "address. `history` adds versions that were replaced, `linked` what linked codes have. `access` says who looks "
        "and why; nothing is told without all of it. Types and regions that are not granted to the "
        "caller are left out.",
        response_model=HeldListOut,
        responses=problems(400, 401, 403, 413, 415, 422),
        openapi_extra=takes(HolderBody),
    )
    def licences_of_holder(
        caller: Annotated[Caller, Depends(may(services, Operation.LOOK_UP))],
        body: Annotated[bytes, Depends(json_body)],
    ) -> Response:
        wish = read_body(HolderBody, body)
        file = look_up(
            services,
            caller,
            (wish.kind, wish.code),
            wish.access.model_dump(),
            linked=wish.linked,
            history=wish.history,
        )
        return JSONResponse(holder_shape(file, linked=wish.linked))

    @router.post(
        "/verifications",
        summary="核验",
        description="Verify a file (multipart: file, signature) or a code (JSON). The report masks the holder. With "
        "`format=html`, or when HTML is the first thing that is accepted, the answer is a page. A JSON body with "
        "`digest` has a signature verified whose document stays where it is.",
        response_model=ReportOut,
        responses={200: {"content": {"text/html": {}}}, **problems(400, 401, 403, 413, 415)},
        openapi_extra=_verification_body(),
    )
    def verify(
        caller: Annotated[Caller, Depends(may(services, Operation.VERIFY))],
        request: Request,
        handed: Annotated[_Handed, Depends(_file_or_code)],
        wanted: Annotated[Literal["json", "html"] | None, Query(alias="format")] = None,
    ) -> Response:
        at, checked = datetime.now(UTC), None
        if handed.file is not None:
            report = services.verifier.verify_file(handed.file, signature=handed.signature, at=at)
            checked = checked_file(handed.file, signature=handed.signature)
        elif asks_about_digest(handed.body):
            report = digest_report(services.verifier, read_body(DigestBody, handed.body), at=at)
        else:
            wish = read_body(CodeBody, handed.body)
            holder = HolderEntry(name=wish.holder.name, code=wish.holder.code) if wish.holder else None
            code = full_code(wish.code, services.store)
            report, checked = services.verifier.verify_code(code, holder=holder, at=at), checked_code(code)
        record_verification(services, caller, report, at=at)
        if wants_page(request, wanted):
            return report_page(request, report, checked, services.catalogue)
        return JSONResponse(report_shape(report, services.catalogue, full=False))

    return router


async def _file_or_code(request: Request) -> _Handed:
    if media_type(request) != "multipart/form-data":
        return _Handed(body=await json_body(request))
    async with request.form(max_files=2, max_fields=2) as form:
        if form.keys() - {"file", "signature"}:
            raise MalformedInputError("只接受 file 和 signature 两项。", "only file and signature are read")
        file = await uploaded(form.get("file"))
        signature = await uploaded(form.get("signature"))
    if file is None:
        raise MalformedInputError("缺少文件（file）。", "there is no file")
    return _Handed(file=file, signature=signature)


def read_licence(services: Services, caller: Caller, identifier: str, purpose: Purpose | None, *, what: str) -> Record:
    """Return a licence that a caller reads, once the read stands in the trail; errors as `licence_for`."""
    at = datetime.now(UTC)
    record = licence_for(services, caller, identifier, Operation.READ, at=at)
    why = require_purpose(services, caller, record, purpose, at=at)
    entry = trail_entry(caller, Operation.READ, at=at, record=record, purpose=why, details={"what": what})
    services.trail.record(entry)
    return record


def look_up(
    services: Services,
    caller: Caller,
    holder: HolderKey,
    access: Mapping[str, object],
    *,
    linked: bool = False,
    history: bool = False,
) -> HolderFile:
    """Return what a caller may see of a holder's licences, once the look stands in the trail.

    Raises ExceptionGroup of InvalidFieldError for a purpose with gaps, InvalidHolderError, NotAllowedError.
    """
    at = datetime.now(UTC)
    kind, code = holder
    index = services.holder_index(kind, look_at_holder(kind, code).code)
    try:
        purpose = purpose_from(access)
        require_own_office(caller, purpose)
    except (ExceptionGroup, NotAllowedError) as error:
        refuse(services, caller, Operation.LOOK_UP, at=at, code=problem_of(error).code, holder_index=index)
        raise
    file = holder_file(services.store, services.holder_links if linked else None, kind, code, at=at, history=history)
    seen = tuple(one for one in file.licences if may_on(caller, Operation.LOOK_UP, one.record))
    if file.licences and not seen and not linked:
        check_holder(kind, code)  # as where there is nothing: a code that fails its checks is refused
    entry = trail_entry(
        caller, Operation.LOOK_UP, at=at, holder_index=index, purpose=purpose, details={"licences": str(len(seen))}
    )
    services.trail.record(entry)
    return replace(file, licences=seen)


def address_of_licence(record: Record) -> str:
    """Say where a licence is found."""
    return f"{PREFIX}/licences/{quote(record.identifier)}"


def addresses_of_files(record: Record) -> dict[FileKind, str]:
    """Say where each file of a licence is found."""
    address, places = f"{address_of_licence(record)}/file", {}
    for kind in record.files:
        form, key = form_and_key(kind)
        places[kind] = f"{address}?format={form}&document={key}" if key else f"{address}?format={form}"
    return places


def _verification_body() -> dict[str, object]:
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": ["file"], "properties": {"file": binary, "signature": binary}}
    either = {"oneOf": [reference(CodeBody), reference(DigestBody)]}
    content = {"application/json": {"schema": either}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}
