"""What somebody who has logged in does with a licence of his own, each step with its entry in the trail."""

from datetime import datetime

from licences import SEALED_FORMS, FileKind, HolderKey, InvalidFieldError
from licences.access import AuthorisationWish, Caller, MadeCode, Mandate, MandateWish, OwnLicence, holder_of
from licences.supervision import TrailEntry, TrailKind

from .errors import LicenceUnknownError
from .using import copy_for_recipient, details_of, record_own, record_use, require_requester
from .wiring import Services


def open_own(services: Services, caller: Caller, identifier: str, *, at: datetime) -> OwnLicence:
    """Find one of somebody's licences, to tell all that it says; LicenceNotFoundError."""
    found = services.licence_use.find(holder_of(caller), identifier, at=at)
    index = services.holder_index(*found.holder)
    details = details_of(found.grounds[0])
    record_own(services, TrailKind.READ, found.filed.record, index, caller, details=details, at=at)
    return found


def show_own(services: Services, caller: Caller, identifier: str, *, at: datetime) -> MadeCode:
    """Make a show code; errors as `LicenceUse.show`."""
    made = services.licence_use.show(caller, identifier, at=at)
    details = details_of(made.code.ground, act="made")
    record_use(services, TrailKind.SHOW, made.code, caller, None, details=details, at=at)
    return made


def authorise_own(
    services: Services, caller: Caller, identifier: str, wish: AuthorisationWish, *, at: datetime
) -> MadeCode:
    """Make an authorisation code for a client that there is; errors as `LicenceUse.authorise`."""
    try:
        if wish.requester:
            require_requester(services, wish.requester)
    except InvalidFieldError as error:
        raise ExceptionGroup("the authorisation is refused", [error]) from error
    made = services.licence_use.authorise(caller, identifier, wish, at=at)
    details = details_of(made.code.ground, act="made", requester=wish.requester)
    record_use(services, TrailKind.AUTHORISATION, made.code, caller, None, details=details, at=at)
    return made


def link_own(
    services: Services,
    caller: Caller,
    identifier: str,
    *,
    file_kind: FileKind = "",
    cause: str = "",
    recipient: str = "",
    at: datetime,
) -> MadeCode:
    """Make a link for one download of a file or, with a cause, of an annotated copy that is made for a recipient.

    `file_kind` says which file; of a copy the PDF, when it is empty.

    Raises LicenceNotFoundError, LicenceUnknownError when there is no such file, and what the faults of a copy are.
    """
    found = services.licence_use.find(holder_of(caller), identifier, at=at)
    record, serial = found.filed.record, ""
    if cause or recipient:
        form = file_kind if file_kind in SEALED_FORMS else None
        serial = copy_for_recipient(services, identifier, caller, cause=cause, recipient=recipient, form=form, at=at)
    elif file_kind not in record.files:
        raise LicenceUnknownError("这张证照没有这份文件。", "this licence has no such document")
    made = services.licence_use.link(caller, found, file_kind=file_kind, copy_serial=serial, at=at)
    details = details_of(made.code.ground, act="linked", form="copy" if serial else file_kind)
    record_use(services, TrailKind.COPY if serial else TrailKind.READ, made.code, caller, None, details=details, at=at)
    return made


def grant_own(
    services: Services, caller: Caller, wish: MandateWish, *, principal: HolderKey | None = None, at: datetime
) -> Mandate:
    """Entrust somebody; errors as `LicenceUse.grant`."""
    slugs = frozenset(licence_type.slug for licence_type in services.catalogue)
    mandate = services.licence_use.grant(caller, wish, principal=principal, slugs=slugs, at=at)
    _record_mandate(services, mandate, caller, act="granted", at=at)
    return mandate


def withdraw_own(services: Services, caller: Caller, mandate_id: str, *, at: datetime) -> Mandate:
    """Take a mandate back; MandateNotFoundError."""
    ended = services.licence_use.withdraw(caller, mandate_id, at=at)
    _record_mandate(services, ended, caller, act="withdrawn", at=at)
    return ended


def _record_mandate(services: Services, mandate: Mandate, caller: Caller, *, act: str, at: datetime) -> None:
    services.trail.record(
        TrailEntry(
            kind=TrailKind.MANDATE,
            at=at,
            done=True,
            holder_index=services.holder_index(*mandate.principal),
            details={"act": act, "mandate": mandate.id},
        ).by(caller)
    )
