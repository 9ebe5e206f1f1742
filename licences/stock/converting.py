"""From one row of a register to one e-licence, or to what keeps it back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import CHINA, FontChain, StructuredAuthority, TrustLevel, structured_from_bytes
from licences.actors import Actor
from licences.acts import Act
from licences.catalogue import Catalogue, Review
from licences.convert import ROOT
from licences.errors import (
    AllotmentTakenError,
    DuplicateNumberError,
    IdempotencyMismatchError,
    InvalidFieldError,
    ReviewRequiredError,
    ScanError,
    StoreUnavailableError,
)
from licences.issue import Issuer
from licences.lifecycle import Action
from licences.making import MadeLicence
from licences.model import Licence
from licences.provenance import Attachment, digitised
from licences.render import FaceRenderer, Marks
from licences.review import account_key
from licences.store import LicenceStore, Record

from .batch import RowOutcome, RowState
from .findings import Finding, finding, finding_of
from .plan import PlannedRow, examine
from .scans import attach_scans
from .trust import trust_level

GROUND: Final = "由纸质证照转换为电子证照（存量转换）"
# A dry run tries the face with marks of the usual lengths.
_CODE_CHARACTERS: Final = 330
_IDENTIFIER_CHARACTERS: Final = 81
_SHORT_CODE_CHARACTERS: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertingOffice:
    """Who converts."""

    authority: StructuredAuthority
    """Whose seal is used."""
    operator: str
    checked_by: str
    """A second person who compared the register with the paper; empty without one."""
    self_declared: bool
    """The register is what holders declared, and nobody compared it with anything."""


class RowConverter:
    """Converts rows of one register."""

    def __init__(
        self,
        *,
        issuer: Issuer,
        store: LicenceStore,
        catalogue: Catalogue,
        type_name: str,
        seal: str,
        office: ConvertingOffice,
    ) -> None:
        """`type_name` and `seal` (name of the suite) are as of `Issuer`. Raises what `require_checker` raises."""
        require_checker(catalogue, type_name, operator=office.operator, checked_by=office.checked_by)
        self._issuer, self._store, self._catalogue = issuer, store, catalogue
        self._type, self._seal, self._office = type_name, seal, office

    def convert(
        self,
        row: PlannedRow,
        scans: Sequence[bytes],
        labels: Mapping[str, str],
        *,
        at: datetime,
        before_keeping: Callable[[MadeLicence], None] | None = None,
    ) -> tuple[RowOutcome, Record | None]:
        """Issue the licence of a row, once and never again: the store knows the identity of what it has issued.

        Returns the record also when it had been issued before. Errors that concern more than this row pass through:
        those of keys, seals and checks.
        """
        line = row.paper.line
        licence, level, findings, attached = self._judged(row, scans, labels)
        if licence is None:
            return _refused(line, findings), None
        provenance = digitised(
            trust_level=level,
            converted_on=at.astimezone(CHINA).date(),
            historic_issuer=row.paper.historic_issuer,
            scans=attached,
        )
        office = self._office
        actor = Actor(name=office.operator, office=office.authority.name, office_code=office.authority.code)
        act = Act(action=Action.ISSUE, ground=GROUND, decision="", effective_at=at, recorded_at=at, actor=actor)
        try:
            issued = self._issuer.issue(
                self._type,
                dict(row.paper.data),
                algorithm=self._seal,
                at=at,
                idempotency_key=row.identity,
                before_keeping=before_keeping,
                provenance=provenance,
                issued_by=act,
            )
        except IdempotencyMismatchError:
            return _refused(line, (*findings, finding(line, "", "ISSUED_WITH_OTHER_DATA"))), None
        except DuplicateNumberError as error:
            return _refused(line, (*findings, finding_of(error, line))), None
        except (StoreUnavailableError, AllotmentTakenError) as error:
            waiting = (*findings, finding_of(error, line))
            return RowOutcome(line=line, state=RowState.WAITING, findings=waiting), None
        except ExceptionGroup as group:
            return _refused(line, (*findings, *_of_group(group, line, labels))), None
        if issued.replayed:
            level = structured_from_bytes(self._store.file(issued.record, "json")).origin.trust_level
        outcome = RowOutcome(
            line=line,
            state=RowState.ALREADY if issued.replayed else RowState.CONVERTED,
            identifier=issued.record.identifier,
            trust_level=level,
            findings=findings,
        )
        return outcome, issued.record

    def try_out(
        self, row: PlannedRow, scans: Sequence[bytes], labels: Mapping[str, str], fonts: FontChain, public_url: str
    ) -> RowOutcome:
        """Say what would become of a row. Nothing is sealed and nothing is kept; the face is set as for an issue."""
        line = row.paper.line
        licence, level, findings, _ = self._judged(row, scans, labels)
        if licence is None:
            return _refused(line, findings)
        marks = Marks(
            identifier="0" * _IDENTIFIER_CHARACTERS,
            code_address=f"{public_url}/V/{'A' * _CODE_CHARACTERS}",
            short_code="0" * _SHORT_CODE_CHARACTERS,
            public_url=public_url,
            development=False,
            local=False,
        )
        try:
            FaceRenderer(fonts).render(licence, marks)
        except ExceptionGroup as group:
            return _refused(line, (*findings, *_of_group(group, line, labels)))
        return RowOutcome(line=line, state=RowState.GOOD, trust_level=level, findings=findings)

    def _judged(
        self, row: PlannedRow, scans: Sequence[bytes], labels: Mapping[str, str]
    ) -> tuple[Licence | None, TrustLevel, tuple[Finding, ...], tuple[Attachment, ...]]:
        line, office = row.paper.line, self._office
        examined = examine(row.paper, self._catalogue, self._type, labels)
        licence, findings = examined.licence, list(examined.findings)
        attached: tuple[Attachment, ...] = ()
        try:
            attached = attach_scans(scans, operator=office.operator)
        except ScanError as error:
            licence = None
            findings.insert(0, finding_of(error, line))
        if not scans and row.paper.scan_name:
            licence = None
            findings.insert(0, finding(line, "", "SCAN_MISSING"))
        level = trust_level(
            scanned=bool(attached),
            checked=bool(office.checked_by),
            doubtful=examined.doubtful,
            self_declared=office.self_declared,
        )
        return licence, level, tuple(findings), attached


def require_checker(catalogue: Catalogue, type_name: str, *, operator: str, checked_by: str) -> None:
    """Raise ReviewRequiredError for a type under review, unless somebody else than the operator checks its register.

    The rows of a register are of many days, and one version of the type that requires review is enough.
    """
    if any(one.review is Review.REQUIRED for one in catalogue.versions(type_name)):
        maker, checker = account_key(operator), account_key(checked_by)
        if not maker or not checker or maker == checker:
            raise ReviewRequiredError


def _refused(line: int, findings: tuple[Finding, ...]) -> RowOutcome:
    return RowOutcome(line=line, state=RowState.REFUSED, findings=findings)


def _of_group(group: BaseExceptionGroup[Exception], line: int, labels: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the faults of fields; any other error in the group passes through."""
    faults, rest = group.split(InvalidFieldError)
    if rest is not None or faults is None:
        raise group
    return tuple(
        finding_of(error, line, labels.get(error.pointer.removeprefix(f"{ROOT}/").partition("/")[0], ""))
        for error in faults.exceptions
        if isinstance(error, InvalidFieldError)
    )
