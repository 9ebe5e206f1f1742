"""Codes that are brought: taken, written into the trail whether they were taken or not, and what they hand out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from esign import CopyPurpose, StructuredHolder, StructuredLicence, structured_from_bytes
from licences import InvalidFieldError, MadeCopy, Record
from licences.access import (
    HERE,
    Attempt,
    Binding,
    Caller,
    ClientAlteredError,
    ClientUnknownError,
    CodeKind,
    CodeRefusedError,
    Form,
    Ground,
    NotAllowedError,
    Operation,
    Purpose,
    UseCode,
    purpose_from,
    region_of,
)
from licences.supervision import TrailEntry, TrailKind
from verify import HolderEntry, Report

from .clock import clock
from .copying import make_copy
from .enforcing import require_own_office, trail_entry
from .wiring import Services

OWN_USE = "自用"
"""What a copy says of item and case when a holder hands it to somebody himself."""
BY_HOLDER = "持证人转交"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A licence that somebody shows just now."""

    code: UseCode
    record: Record
    licence: StructuredLicence
    report: Report


def require_requester(services: Services, name: str) -> None:
    """Raise InvalidFieldError unless somebody of this name may ask: a code for nobody would help nobody."""
    if name == HERE and services.home.settings.open_on_loopback:
        return
    try:
        known = not services.clients.get(name).suspended
    except (ClientUnknownError, ClientAlteredError):
        known = False
    if not known:
        raise InvalidFieldError("/requester", "CLIENT_UNKNOWN")


def purpose_for(services: Services, caller: Caller, access: Mapping[str, object], kind: TrailKind) -> Purpose:
    """Read why somebody wants a licence; NotAllowedError, after the trail has it, for another office's name."""
    purpose = purpose_from(access)
    try:
        require_own_office(caller, purpose)
    except NotAllowedError as error:
        entry = trail_entry(caller, Operation.READ, at=clock(), done=False, code=error.code, purpose=purpose)
        services.trail.record(replace(entry, kind=kind))
        raise
    return purpose


def details_of(ground: Ground, **more: str) -> dict[str, str]:
    """Return what the trail keeps of the ground of a use."""
    told = {"relation": ground.relation, "mandate": ground.mandate, "legal_basis": ground.legal_basis}
    return {"mode": ground.mode.value, **{name: text for name, text in told.items() if text}, **more}


def redeem(services: Services, caller: Caller, token: str, form: Form, purpose: Purpose, *, at: datetime) -> UseCode:
    """Use up an authorisation code; AuthorisationRefusedError, after the trail has it."""
    attempt = Attempt(
        kind=CodeKind.AUTHORISATION,
        token=token,
        at=at,
        binding=Binding(client=caller.client, item_code=purpose.item_code, case_number=purpose.case_number),
        form=form,
        may=lambda type_slug, region: caller.may(Operation.READ, type_slug=type_slug, region=region),
    )
    try:
        code = services.use_codes.take(attempt)
    except CodeRefusedError as error:
        record_refusal(services, TrailKind.AUTHORISATION, error, caller, purpose, at=at)
        raise
    kind = TrailKind.COPY if form is Form.COPY else TrailKind.READ
    details = details_of(code.ground, by="authorisation", form=form.value)
    record_use(services, kind, code, caller, purpose, details=details, at=at)
    return code


def look_at(services: Services, token: str, verifier: str, *, caller: Caller | None, at: datetime) -> Shown:
    """Look at what somebody shows; ShowCodeOverError, after the trail has it.

    The verdict is that of the code on the face for this holder: the store knows whose licence it is, and who shows it
    has logged in.
    """
    try:
        code = services.use_codes.take(Attempt(kind=CodeKind.SHOW, token=token, at=at, verifier=verifier))
    except CodeRefusedError as error:
        record_refusal(services, TrailKind.SHOW, error, caller, None, at=at)
        raise
    record = services.store.get(code.identifier)
    licence = structured_of(services, record)
    holder = first_holder(licence)
    entered = HolderEntry(name=holder.name, code=holder.code)
    report = services.verifier.verify_code(record.code, holder=entered, at=at)
    return Shown(code=code, record=record, licence=licence, report=report)


def structured_of(services: Services, record: Record) -> StructuredLicence:
    """Read what a licence says."""
    return structured_from_bytes(services.store.file(record, "json"))


def first_holder(licence: StructuredLicence) -> StructuredHolder:
    """Return the holder that the code on the face was made for."""
    return licence.holders[0]


def copy_for_case(
    services: Services, code: UseCode, caller: Caller, purpose: Purpose, *, with_ofd: bool, at: datetime
) -> MadeCopy:
    """Make an annotated copy for the case of an authorisation, with an OFD when that is asked for and can be made."""
    wish = CopyPurpose(
        cause=purpose.reason,
        office=purpose.office,
        officer=purpose.officer,
        item_name=purpose.item_name,
        item_code=purpose.item_code,
        case_number=purpose.case_number,
    )
    made, _ = make_copy(
        services, code.identifier, wish, made_by=caller.client, expires_at=None, ofd_if_it_can=with_ofd, at=at
    )
    return made


def copy_for_recipient(
    services: Services, identifier: str, caller: Caller, *, cause: str, recipient: str, form: str | None, at: datetime
) -> str:
    """Make an annotated copy that the holder hands to somebody, with an OFD as `make_copy` says; returns its serial."""
    wish = CopyPurpose(
        cause=cause,
        office=recipient,
        officer=BY_HOLDER,
        item_name=OWN_USE,
        item_code=OWN_USE,
        case_number=OWN_USE,
    )
    made, _ = make_copy(services, identifier, wish, made_by=caller.client, expires_at=None, form=form, at=at)
    return made.serial


def record_use(
    services: Services,
    kind: TrailKind,
    code: UseCode,
    caller: Caller | None,
    purpose: Purpose | None,
    *,
    details: dict[str, str],
    at: datetime,
) -> None:
    """Write into the trail that a code was made or used."""
    entry = TrailEntry(
        kind=kind,
        at=at,
        done=True,
        identifier=code.identifier,
        type_slug=code.type_slug,
        region=code.region,
        holder_index=code.holder_index,
        purpose=purpose,
        details=details,
    )
    services.trail.record(entry if caller is None else entry.by(caller))


def record_refusal(
    services: Services,
    kind: TrailKind,
    error: CodeRefusedError,
    caller: Caller | None,
    purpose: Purpose | None,
    *,
    at: datetime,
) -> None:
    """Write into the trail that a code was not taken, and why: the one place where that is told."""
    entry = TrailEntry(
        kind=kind,
        at=at,
        done=False,
        code=error.code,
        identifier=error.identifier,
        purpose=purpose,
        details={"why": error.refusal.value},
    )
    services.trail.record(entry if caller is None else entry.by(caller))


def record_own(
    services: Services,
    kind: TrailKind,
    record: Record,
    holder_index: str,
    caller: Caller,
    *,
    details: dict[str, str],
    at: datetime,
) -> None:
    """Write into the trail that somebody looked at a licence of his own."""
    services.trail.record(
        TrailEntry(
            kind=kind,
            at=at,
            done=True,
            identifier=record.identifier,
            type_slug=record.type_slug,
            region=region_of(record.issuer_code),
            holder_index=holder_index,
            details=details,
        ).by(caller)
    )
