"""What a known caller may do with one licence, and that it stands in the trail, done or refused.

For whoever may not read a licence there is none: "no such licence" and "not for you" are one answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from licences import Actor, InvalidHolderError, LicenceNotFoundError, MadeLicence, Record, check_organisation_code
from licences import parse_identifier as identifier_from
from licences.access import (
    PURPOSE_MEMBERS,
    Caller,
    NotAllowedError,
    Operation,
    Proof,
    Purpose,
    Role,
    purpose_from,
    region_of,
)
from licences.supervision import TrailEntry, TrailKind
from verify import Report, is_proven

from .errors import MalformedInputError
from .wiring import Services

ACCESS_HEADER = "Elicence-Access"
MAX_ACCESS_CHARACTERS = 8192
_KINDS = {
    Operation.READ: TrailKind.READ,
    Operation.LOOK_UP: TrailKind.LOOK_UP,
    Operation.VERIFY: TrailKind.VERIFY,
    Operation.COPY: TrailKind.COPY,
    Operation.CHECK_REQUIREMENTS: TrailKind.REQUIREMENTS,
    Operation.SHARE: TrailKind.SHARE,
    Operation.USE_OWN: TrailKind.READ,
    Operation.HANDLE_CASES: TrailKind.CASE,
    Operation.MANAGE_CLIENTS: TrailKind.CLIENTS,
}
"""Of an entry about an operation; done changes are taken from the licence's own history, refused ones are told here."""


def kind_of(operation: Operation) -> TrailKind:
    """Return the kind of entry that tells of an operation."""
    return _KINDS.get(operation, TrailKind.OPERATION)


def trail_entry(
    caller: Caller,
    operation: Operation,
    *,
    at: datetime,
    done: bool = True,
    code: str = "",
    record: Record | None = None,
    identifier: str = "",
    type_slug: str = "",
    region: str = "",
    holder_index: str = "",
    purpose: Purpose | None = None,
    details: Mapping[str, str] | None = None,
) -> TrailEntry:
    """Make an entry about what a caller does; `record` gives identifier, type and region."""
    return TrailEntry(
        kind=kind_of(operation),
        at=at,
        done=done,
        code=code,
        identifier=identifier if record is None else record.identifier,
        type_slug=type_slug if record is None else record.type_slug,
        region=region if record is None else region_of(record.issuer_code),
        holder_index=holder_index,
        purpose=purpose,
        details={"operation": operation.value, **(details or {})},
    ).by(caller)


def may_on(caller: Caller, operation: Operation, record: Record) -> bool:
    """Whether a caller may do this to this licence."""
    return caller.may(operation, type_slug=record.type_slug, region=region_of(record.issuer_code))


def licence_for(services: Services, caller: Caller, identifier: str, operation: Operation, *, at: datetime) -> Record:
    """Return a licence that the caller may do this to.

    Raises LicenceNotFoundError when there is none, or none that the caller may read; NotAllowedError when it may read
    it only; InvalidIdentifierError. Refusals stand in the trail.
    """
    identifier_from(identifier)
    try:
        record = services.store.get(identifier)
    except LicenceNotFoundError as error:
        refuse(services, caller, operation, at=at, code=error.code, identifier=identifier)
        raise
    if may_on(caller, operation, record):
        return record
    refuse(services, caller, operation, at=at, code="NOT_ALLOWED", record=record)
    if may_on(caller, Operation.READ, record):
        raise NotAllowedError
    raise LicenceNotFoundError


def refuse(
    services: Services,
    caller: Caller,
    operation: Operation,
    *,
    at: datetime,
    code: str,
    record: Record | None = None,
    identifier: str = "",
    type_slug: str = "",
    holder_index: str = "",
    purpose: Purpose | None = None,
) -> None:
    """Put into the trail that something was refused."""
    services.trail.record(
        trail_entry(
            caller, operation, at=at, done=False, code=code, record=record, identifier=identifier, type_slug=type_slug,
            holder_index=holder_index, purpose=purpose,
        )
    )  # fmt: skip


def require_issuing(
    services: Services, caller: Caller, operation: Operation, *, at: datetime, type_name: str, data: object
) -> None:
    """Raise NotAllowedError unless the caller may do this to licences of the type and of the authority in `data`.

    Data without a good code of an authority are refused for that, later. UnknownTypeError.
    """
    slug = services.catalogue.get(type_name).slug
    if not caller.may(operation, type_slug=slug, region=region_in(data)):
        refuse(services, caller, operation, at=at, code="NOT_ALLOWED", type_slug=slug)
        raise NotAllowedError


def keeping_gate(caller: Caller, operation: Operation) -> Callable[[MadeLicence], None]:
    """Return the last look before a licence is kept: at what was made, not at what was asked for."""

    def look(made: MadeLicence) -> None:
        if not may_on(caller, operation, made.record):
            raise NotAllowedError

    return look


def own_key(caller: Caller, key: str | None) -> str | None:
    """Return the name under which the store knows a caller's idempotency key: two callers may choose the same one."""
    # No header and no program argument can hold this character.
    return key if key is None or caller.proof is Proof.HERE else f"\0{caller.client}:{key}"


def acting(caller: Caller, name: str, office: str, office_code: str) -> Actor:
    """Return who acts for a caller: an officer whom a system names, of the system's own office; NotAllowedError.

    People, and whoever checks drafts, act as themselves.
    """
    if caller.proof is Proof.HERE:
        return Actor(name=name, office=office, office_code=office_code)
    if office != caller.office or office_code not in ("", caller.office_code):
        raise NotAllowedError
    if name != caller.client and (caller.proof is Proof.SESSION or Role.REVIEWER in caller.roles):
        raise NotAllowedError
    return Actor(name=name, office=caller.office, office_code=caller.office_code)


def purpose_of(request: Request) -> Purpose | None:
    """Read the header with the purpose of a read; None without one. ExceptionGroup of InvalidFieldError."""
    given = request.headers.getlist(ACCESS_HEADER)
    if not given:
        return None
    if len(given) > 1 or len(given[0]) > MAX_ACCESS_CHARACTERS:
        raise _bad_header()
    try:
        pairs = parse_qsl(
            given[0], keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(PURPOSE_MEMBERS)
        )
    except ValueError as error:
        raise _bad_header() from error
    members = dict(pairs)
    if len(members) != len(pairs) or not members.keys() <= set(PURPOSE_MEMBERS):
        raise _bad_header()
    return purpose_from(members)


def require_purpose(
    services: Services, caller: Caller, record: Record, purpose: Purpose | None, *, at: datetime
) -> Purpose | None:
    """Return why a caller reads a licence: the office that issued it need not say so, everybody else has to."""
    if purpose is not None:
        require_own_office(caller, purpose)
        return purpose
    if caller.proof is Proof.HERE or caller.office_code == record.issuer_code:
        return None
    refuse(services, caller, Operation.READ, at=at, code="FIELDS_INVALID", record=record)
    purpose_from({})  # raises, and names every element
    return None


def require_own_office(caller: Caller, purpose: Purpose) -> None:
    """Raise NotAllowedError when somebody reads in the name of another office."""
    if caller.proof is not Proof.HERE and purpose.office != caller.office:
        raise NotAllowedError


def record_verification(services: Services, caller: Caller, report: Report, *, at: datetime, **details: str) -> None:
    """Put a verification into the trail; what nobody has proven of a licence is not repeated."""
    licence = report.licence
    identifier = report.code.identifier if licence is None and report.code is not None else ""
    if licence is not None:
        identifier = licence.identifier
    services.trail.record(
        trail_entry(
            caller, Operation.VERIFY, at=at, code=report.reason.code,
            identifier=identifier if is_proven(report) else "",
            details={"verdict": report.verdict.value, "kind": report.kind, **details},
        )
    )  # fmt: skip


def region_in(data: object) -> str | None:
    """Return the region of the authority that paper metadata name; None when they name none by a good code."""
    code = data.get("certificateIssuingAuthorityCode") if isinstance(data, Mapping) else None
    if not isinstance(code, str):
        return None
    try:
        return region_of(check_organisation_code(code))
    except InvalidHolderError:
        return None


def _bad_header() -> MalformedInputError:
    return MalformedInputError(
        f"请求头 {ACCESS_HEADER} 应为 office=…&officer=… 形式（UTF-8 百分号编码）。",
        f"the header {ACCESS_HEADER} is form-urlencoded: office=...&officer=... in percent-encoded UTF-8",
    )
