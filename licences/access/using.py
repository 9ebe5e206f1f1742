"""Using licences: what holders, agents and clerks have codes made for, and what a holder entrusts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from esign import CHINA
from licences.errors import InvalidFieldError, LicenceNotFoundError
from licences.holder_links import HolderLinks
from licences.store import HolderKey, LicenceStore, Record
from licences.texts import text_faults

from .callers import Caller, HolderIdentity, region_of
from .errors import NotAllowedError
from .mandates import Mandate, MandateNotFoundError, Mandates, MandateWish, make_mandate
from .own_licences import OwnLicence, entrustable, own_keys, own_licences
from .purposes import MAX_ELEMENT_CHARACTERS
from .use_codes import (
    MAX_LIVE_CODES,
    UNBOUND,
    Binding,
    CodeKind,
    Form,
    Ground,
    UseCode,
    UseCodes,
    UseMode,
    make_token,
)

MAX_LEGAL_BASIS_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCode:
    """A new code, and what stands behind it: the code itself is nowhere else."""

    token: str
    code: UseCode


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationWish:
    """For whom and for which case somebody is to get a licence, and in which forms."""

    requester: str
    """Name of the client."""
    item_name: str
    item_code: str
    case_number: str
    forms: frozenset[Form]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceUse:
    """What people who are logged in, and offices by law, do with licences that exist."""

    store: LicenceStore
    links: HolderLinks
    mandates: Mandates
    codes: UseCodes
    index: Callable[[str, str], str]
    """Gives the keyed index of a holder's kind and code."""
    random: Callable[[int], bytes]

    def own(self, holder: HolderIdentity, *, at: datetime, history: bool = False) -> tuple[OwnLicence, ...]:
        """Return the licences that somebody may use."""
        return own_licences(self.store, self.links, self.mandates, holder, at=at, history=history)

    def find(self, holder: HolderIdentity, identifier: str, *, at: datetime) -> OwnLicence:
        """Return one of them; LicenceNotFoundError, whether there is none or it is somebody else's."""
        for one in self.own(holder, at=at, history=True):
            if one.filed.record.identifier == identifier:
                return one
        raise LicenceNotFoundError

    def show(self, caller: Caller, identifier: str, *, at: datetime) -> MadeCode:
        """Make a show code (亮证)."""
        own = self.find(holder_of(caller), identifier, at=at)
        return self._make(CodeKind.SHOW, own, own.grounds[0], caller, at=at)

    def authorise(self, caller: Caller, identifier: str, wish: AuthorisationWish, *, at: datetime) -> MadeCode:
        """Make an authorisation code (用证码); ExceptionGroup of InvalidFieldError with every fault of the wish."""
        faults = _faults(wish)
        own = self.find(holder_of(caller), identifier, at=at)
        ground = own.ground_for(wish.item_code)
        if ground is None:
            faults.append(InvalidFieldError("/item/code", "NOT_ENTRUSTED"))
        if faults or ground is None:
            raise ExceptionGroup("the authorisation is refused", faults)
        return self._make(CodeKind.AUTHORISATION, own, ground, caller, at=at, wish=wish)

    def authorise_by_law(
        self,
        caller: Caller,
        record: Record,
        holder: HolderKey,
        wish: AuthorisationWish,
        legal_basis: str,
        *,
        at: datetime,
    ) -> MadeCode:
        """Make an authorisation code by statutory duty; the caller was found to be allowed to look this licence up."""
        faults = _faults(wish)
        faults += text_faults("/legal_basis", legal_basis, MAX_LEGAL_BASIS_CHARACTERS)
        if faults:
            raise ExceptionGroup("the authorisation is refused", faults)
        code = UseCode(
            kind=CodeKind.AUTHORISATION,
            identifier=record.identifier,
            type_slug=record.type_slug,
            region=region_of(record.issuer_code),
            holder_index=self.index(*holder),
            ground=Ground(mode=UseMode.STATUTORY, legal_basis=legal_basis),
            made_by=caller.client,
            made_at=at,
            binding=_binding(wish),
            item_name=wish.item_name,
            forms=wish.forms,
        )
        return self._keep(code, most=None)

    def link(
        self, caller: Caller, own: OwnLicence, *, file_kind: str = "", copy_serial: str = "", at: datetime
    ) -> MadeCode:
        """Make a link for one download of a file, or of an annotated copy that was made for it."""
        ground = own.grounds[0]
        return self._make(CodeKind.DOWNLOAD, own, ground, caller, at=at, file_kind=file_kind, copy_serial=copy_serial)

    def grant(
        self, caller: Caller, wish: MandateWish, *, principal: HolderKey | None, slugs: frozenset[str], at: datetime
    ) -> Mandate:
        """Entrust somebody with licences of one's own, or of a body or ward that one represents.

        Raises LicenceNotFoundError when the caller does not represent `principal`, ExceptionGroup of InvalidFieldError,
        TooManyMandatesError.
        """
        holder = holder_of(caller)
        own_key = holder.kind, holder.code
        acting_for = own_key if principal is None else principal
        if acting_for not in self.acting_for(holder):
            raise LicenceNotFoundError
        own = entrustable(self.store, self.links, acting_for, at=at)
        mandate = make_mandate(
            wish,
            principal=acting_for,
            principal_name=holder.name if acting_for == own_key else "",
            own={one.filed.record.identifier: one.filed.record for one in own},
            slugs=slugs,
            random=self.random,
            at=at,
        )
        self.mandates.add(mandate)
        return mandate

    def acting_for(self, holder: HolderIdentity) -> frozenset[HolderKey]:
        """Return the codes for which somebody may act: his own, and those of whom he represents."""
        return own_keys(self.links, holder)

    def given(self, holder: HolderIdentity) -> tuple[Mandate, ...]:
        """Return what somebody entrusted, for himself or for whom he represents, the newest first."""
        found = [mandate for key in self.acting_for(holder) for mandate in self.mandates.of_principal(key)]
        return tuple(sorted(found, key=lambda one: (one.granted_at, one.id), reverse=True))

    def received(self, holder: HolderIdentity, *, at: datetime) -> tuple[Mandate, ...]:
        """Return what somebody is entrusted with now or will be, the newest first."""
        today = at.astimezone(CHINA).date()
        found = self.mandates.of_agent((holder.kind, holder.code))
        return tuple(one for one in found if one.names(holder) and one.withdrawn_at is None and today <= one.until)

    def withdraw(self, caller: Caller, mandate_id: str, *, at: datetime) -> Mandate:
        """Take a mandate back; MandateNotFoundError, also for somebody else's."""
        if not any(one.id == mandate_id for one in self.given(holder_of(caller))):
            raise MandateNotFoundError
        return self.mandates.withdraw(mandate_id, at)

    def _make(
        self,
        kind: CodeKind,
        own: OwnLicence,
        ground: Ground,
        caller: Caller,
        *,
        at: datetime,
        wish: AuthorisationWish | None = None,
        file_kind: str = "",
        copy_serial: str = "",
    ) -> MadeCode:
        record = own.filed.record
        code = UseCode(
            kind=kind,
            identifier=record.identifier,
            type_slug=record.type_slug,
            region=region_of(record.issuer_code),
            holder_index=self.index(*own.holder),
            ground=ground,
            made_by=caller.client,
            made_at=at,
            binding=UNBOUND if wish is None else _binding(wish),
            item_name="" if wish is None else wish.item_name,
            forms=frozenset() if wish is None else wish.forms,
            file_kind=file_kind,
            copy_serial=copy_serial,
        )
        return self._keep(code, most=MAX_LIVE_CODES)

    def _keep(self, code: UseCode, *, most: int | None) -> MadeCode:
        token = make_token(self.random)
        self.codes.add(code, token, most=most)
        return MadeCode(token=token, code=code)


def holder_of(caller: Caller) -> HolderIdentity:
    """Return whom a caller has logged in as; NotAllowedError for one that is no holder."""
    if caller.holder is None:
        raise NotAllowedError
    return caller.holder


def _binding(wish: AuthorisationWish) -> Binding:
    return Binding(client=wish.requester, item_code=wish.item_code, case_number=wish.case_number)


def _faults(wish: AuthorisationWish) -> list[InvalidFieldError]:
    faults: list[InvalidFieldError] = []
    for pointer, text in (
        ("/requester", wish.requester),
        ("/item/name", wish.item_name),
        ("/item/code", wish.item_code),
        ("/case_number", wish.case_number),
    ):
        faults += text_faults(pointer, text, MAX_ELEMENT_CHARACTERS)
    if not wish.forms:
        faults.append(InvalidFieldError("/forms", "REQUIRED"))
    return faults
