"""The acts of an authority on its licences: who may do it, what it needs, what takes the place of what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from esign import CHINA, StructuredLicence, structured_from_bytes

from .actors import Actor
from .acts import Act
from .catalogue import Catalogue, LicenceType
from .competence import Competence
from .drafts import Approval
from .electronic import paper_from, repeats
from .errors import InvalidFieldError, TransitionRefusedError
from .issue import Issued, Issuer
from .legal_grounds import AFTER_EXPIRY
from .lifecycle import Action, after
from .making import Following, MadeLicence
from .model import IssuingAuthority
from .provenance import NATIVE, Attachment, Provenance
from .standing import Standing, standing_at
from .store import EXPIRING, LicenceStore, Record

_PAGE = 200  # licences that one look for expired ones brings

# No program argument and no HTTP header can hold this character: nobody else can use the key.
_REISSUE = "\0reissue:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """Does acts to licences, each in one transaction of the store."""

    store: LicenceStore
    catalogue: Catalogue
    competence: Competence

    def act(self, identifier: str, act: Act) -> Record:
        """Do an act that puts no other licence in the place of this one.

        Raises:
            LicenceNotFoundError: not in this store.
            ExceptionGroup: of `InvalidFieldError`: something is missing, or the dates contradict the licence.
            TransitionRefusedError: the lifecycle has no such act in this state, or it needs a licence in its place.
            SuccessorInForceError: a licence is restored while another version of it is in force.
            StoreUnavailableError: nothing was changed.
            NotCompetentError: the office of the actor may not do such an act to such a licence.
        """
        record = self.store.get(identifier)
        if act.action.makes_successor or act.action is Action.ISSUE:  # that is for seals to do
            raise TransitionRefusedError(record.status, act.action)
        self.competence(record, act)
        return self.store.apply(identifier, self._completed(record, act))

    def replace(
        self,
        identifier: str,
        act: Act,
        data: object,
        *,
        issuer: Issuer,
        algorithm: str,
        idempotency_key: str | None = None,
        before_keeping: Callable[[MadeLicence], None] | None = None,
        approval: Approval | None = None,
    ) -> Issued:
        """Issue a licence that takes the place of another one, which ends in the same transaction.

        `data` is the complete metadata of the new licence; None repeats that of the old one, as on 换证 and 补证. The
        type says whether it is a new version of the same identifier or gets an identifier of its own. It is sealed at
        the time at which the act is recorded. `approval` is the draft that it comes from, as for `Issuer.issue`.

        Raises what `act` and `Issuer.issue` raise.
        """
        record = self.store.get(identifier)
        self.competence(record, act)
        if idempotency_key is None:  # else it may have been done already, and the store says so if not
            after(record.status, act.action)
        kind = self._type_of(record)
        previous = structured_from_bytes(self.store.file(record, "json"))
        if data is None:
            data = paper_from(previous, kind)
        following = Following(
            previous=record,
            act=act,
            keeps_serial=_keeps_serial(kind, act.action) and _issuer_in(data) == record.issuer_code,
        )
        return issuer.issue(
            kind.slug,
            data,
            algorithm=algorithm,
            at=act.recorded_at,
            idempotency_key=idempotency_key,
            before_keeping=before_keeping,
            issued_by=act,
            following=following,
            approval=approval,
            # Nobody has decided again what is only repeated: it is no better known than before.
            provenance=self._provenance(previous) if approval is None and repeats(data, previous, kind) else NATIVE,
        )

    def _provenance(self, licence: StructuredLicence) -> Provenance:
        scans = [
            Attachment(described=one, content=self.store.attachment(licence.identifier, one.sha256))
            for one in licence.attachments
            if one.kind == "scan"
        ]
        return Provenance(origin=licence.origin, scans=scans)

    def reissue(
        self,
        identifier: str,
        act: Act,
        *,
        issuer: Issuer,
        authority: IssuingAuthority,
        algorithm: str,
        before_keeping: Callable[[MadeLicence], None] | None = None,
    ) -> Issued:
        """Issue a licence of an authority that is gone once more, in the name of its successor, and end the old one.

        Everything else it says stays. Doing it again gives the licence of the first time, so that a run over many can
        be broken off and begun again. Raises what `replace` raises.
        """
        record = self.store.get(identifier)
        structured = structured_from_bytes(self.store.file(record, "json"))
        data = paper_from(structured, self._type_of(record)) | {
            "certificateIssuingAuthorityName": authority.name,
            "certificateIssuingAuthorityCode": authority.code,
            "certificateIssuingAuthorityLevel": authority.level,
        }
        return self.replace(
            identifier,
            act,
            data,
            issuer=issuer,
            algorithm=algorithm,
            idempotency_key=f"{_REISSUE}{identifier}:{authority.code}",
            before_keeping=before_keeping,
        )

    def expire(self, at: datetime, actor: Actor) -> Iterator[Record]:
        """Record the end of every licence whose term is over, one transaction each; can be broken off and run again.

        A licence stays as it is while a timely renewal is undecided or an extension runs.
        """
        today = at.astimezone(CHINA).date()
        kept: set[str] = set()
        while True:
            found = [one for one in self.store.expired(today, _PAGE + len(kept)) if one.identifier not in kept]
            for record in found:
                end = self._end_of_term(record, at)
                if end is None:
                    kept.add(record.identifier)
                    continue
                act = Act(
                    action=Action.EXPIRE,
                    ground="有效期届满",
                    decision="",
                    actor=actor,
                    effective_at=end,
                    recorded_at=at,
                )
                try:
                    yield self.store.apply(record.identifier, act)
                except TransitionRefusedError:  # somebody else did something to it meanwhile
                    kept.add(record.identifier)
            if not found:
                return

    def _end_of_term(self, record: Record, at: datetime) -> datetime | None:
        """When a licence expired that is over now, None for one that is not.

        Mostly the day after its last one; later where a renewal was undecided until then, or another act stood against
        it.
        """
        if record.valid_to is None:
            return None
        events = self.store.events(record.identifier)
        first = _start_of(record.valid_to + timedelta(days=1))
        moments = {first, at, *(event.act.effective_at for event in events)}
        if (now := standing_at(events, record.obligations, at)) is not None and now.extended_to is not None:
            moments.add(_start_of(now.extended_to + timedelta(days=1)))
        over_since: datetime | None = None
        for moment in sorted(one for one in moments if first <= one <= at):
            standing = standing_at(events, record.obligations, moment)
            if standing is None or not _is_over(record, standing, moment):
                over_since = None
            elif over_since is None:
                over_since = moment
        return over_since

    def _completed(self, record: Record, act: Act) -> Act:
        """Check an act against the dates of the licence, and add what follows from its type."""
        faults = []
        particulars = act.particulars
        last = record.valid_to
        if (
            act.action is Action.EXTEND
            and particulars.until is not None
            and (last is None or particulars.until <= last)
        ):
            faults.append(InvalidFieldError("/until", "NOT_AFTER_THE_END"))
        if act.action is Action.EXPIRE or (act.action is Action.CANCEL and act.legal_ground == AFTER_EXPIRY):
            standing = self._standing(record, act.effective_at)
            if not _term_is_over(record, standing, act.effective_at):
                faults.append(InvalidFieldError("/effectiveAt", "NOT_EXPIRED"))
        if faults:
            raise ExceptionGroup("the act is refused", faults)
        if act.action is Action.ACCEPT_RENEWAL and particulars.applied_on is not None:
            timely = last is not None and particulars.applied_on <= self._type_of(record).renewal_window.before(last)
            return replace(act, particulars=replace(particulars, keeps_valid=timely))
        return act

    def _standing(self, record: Record, at: datetime) -> Standing:
        standing = standing_at(self.store.events(record.identifier), record.obligations, at)
        return standing or Standing(status=record.status)

    def _type_of(self, record: Record) -> LicenceType:
        return self.catalogue.get(record.type_code)


def _keeps_serial(kind: LicenceType, action: Action) -> bool:
    return kind.lifecycle.successions[action.value].value == "version"


def _issuer_in(data: object) -> object:
    return data.get("certificateIssuingAuthorityCode") if isinstance(data, dict) else None


def _term_is_over(record: Record, standing: Standing, at: datetime) -> bool:
    if record.valid_to is None or standing.renewal_pending:
        return False
    return at.astimezone(CHINA).date() > max(record.valid_to, standing.extended_to or record.valid_to)


def _is_over(record: Record, standing: Standing, at: datetime) -> bool:
    return standing.status in EXPIRING and _term_is_over(record, standing, at)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CHINA)
