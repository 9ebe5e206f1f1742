"""Converting a register from its bytes to its report. The command line and HTTP both come through here."""

import hashlib
import json
import os
import secrets
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from esign import CHINA, StructuredAuthority
from licences import (
    STRAY_LINE,
    ConversionBatch,
    ConversionStore,
    LicenceType,
    PlannedRow,
    RowOutcome,
    RowState,
    StockMappingError,
    StockPlan,
    Survey,
    account_key,
    contradictions,
    finding,
    index_scans,
    mapping_from,
    open_register,
    plan_stock,
    require_checker,
    scan_key,
    survey_stock,
)

from .conversion_pool import WorkerPool
from .conversion_wire import WorkerSettings, question
from .errors import (
    ConversionStoppedError,
    HomeError,
    InputNotFoundError,
    InputTooLargeError,
    MalformedInputError,
    UsageError,
)
from .inputs import parse_json, read_file
from .issuing import DEFAULT_SEAL
from .wiring import Services

MAX_MAPPING_BYTES = 1 << 20
MAX_SCAN_FILES = 200_000
MAX_NAME_CHARACTERS = 128
"""Of the person who converts, and of the one who compared the register with the paper."""
_KEPT_AT_ONCE = 100
_PATIENCE = 1.0
"""Seconds after which outcomes are kept although there are only few."""

Report = Callable[[RowOutcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionRequest:
    """What somebody asks to be converted."""

    type: str
    register: bytes
    mapping: object = field(default_factory=dict)
    """As a TOML or JSON parser returns it."""
    tables: Mapping[str, bytes] = field(default_factory=dict)
    """Files with the rows of a field (附表), by its key."""
    scans: Path | None = None
    """Folder with scans of the paper originals."""
    closed_scans: Mapping[str, Path] = field(default_factory=dict)
    """Scans that were handed in over HTTP instead: their encrypted files, by the names that they came with."""
    seal: str = DEFAULT_SEAL
    operator: str = ""
    checked_by: str = ""
    self_declared: bool = False
    dry_run: bool = False
    out: Path | None = None
    """Folder for the files; None when the store alone keeps them."""

    @property
    def digest(self) -> str:
        """What tells this request from others: the same one can go on where it stopped."""
        said = [
            hashlib.sha256(self.register).hexdigest(),
            {key: hashlib.sha256(content).hexdigest() for key, content in self.tables.items()},
            self.mapping,
            [self.type, self.seal, self.checked_by, self.self_declared, self.dry_run],
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A register that was read and can be converted."""

    services: Services
    request: ConversionRequest
    licence_type: LicenceType
    authority: StructuredAuthority
    plan: StockPlan
    scans: Mapping[int, Sequence[str]]
    """Paths of the scans of each row that has any."""

    @property
    def store(self) -> ConversionStore:
        """Where outcomes are kept."""
        return self.services.conversions

    def survey(self, at: datetime) -> Survey:
        """Say what the register is like; nothing is converted."""
        return survey_stock(
            self.plan, self.services.catalogue, self.licence_type, scanned=self.scans, at=at.astimezone(CHINA).date()
        )

    def begin(self, at: datetime, *, resume: bool, batch_id: str | None = None) -> ConversionBatch:
        """Find the batch that was left unfinished, or begin one.

        Raises StockMappingError without a required column, ReviewRequiredError for a type under review without a
        second person.
        """
        request, catalogue = self.request, self.services.catalogue
        require_checker(catalogue, self.licence_type.slug, operator=request.operator, checked_by=request.checked_by)
        if self.plan.missing:
            raise StockMappingError("STOCK_COLUMNS_MISSING", labels="、".join(self.plan.missing))
        earlier = self.store.newest(self.request.digest) if resume else None
        if earlier is not None and earlier.total == len(self.plan.rows):
            return earlier
        batch = ConversionBatch(
            batch_id=batch_id or secrets.token_hex(8),
            request_digest=self.request.digest,
            type_slug=self.licence_type.slug,
            operator=self.request.operator,
            checked_by=self.request.checked_by,
            dry_run=self.request.dry_run,
            total=len(self.plan.rows),
            begun_at=at,
        )
        self.store.begin(batch)
        return batch

    def run(
        self,
        batch: ConversionBatch,
        workers: int,
        report: Callable[[Counter[RowState], int], None],
        now: Callable[[], datetime],
    ) -> None:
        """Convert every row that is not converted yet, and keep what becomes of each.

        `report` is called with how many rows are in each state, and how many came since it was called last. Raises
        ConversionStoppedError when something stops it that is not a row's fault; what was done is kept.
        """
        done = {one.line: one.state for one in self.store.outcomes(batch.batch_id) if one.state.is_final}
        states = Counter(done.values())
        report(states, len(done))
        fresh = [one for one in self._decided() if one.line not in done]
        for start in range(0, len(fresh), _KEPT_AT_ONCE):
            self.store.record(batch.batch_id, fresh[start : start + _KEPT_AT_ONCE])
        counted = [one.state for one in fresh if one.line != STRAY_LINE]
        states.update(counted)
        report(states, len(counted))
        passed = done.keys() | {one.line for one in fresh}
        open_rows = [row for row in self.plan.rows if row.paper.line not in passed]
        questions = [question(self._with_scans(row), self.scans.get(row.paper.line, ())) for row in open_rows]
        failure = ""
        try:
            for outcomes in self._kept(batch, questions, workers):
                states.update(one.state for one in outcomes)
                report(states, len(outcomes))
        except ConversionStoppedError as error:
            failure = error.code
            raise
        finally:
            if failure or not questions or sum(states.values()) == batch.total:
                self.store.finish(batch.batch_id, now(), failure)

    def _kept(
        self, batch: ConversionBatch, questions: Sequence[dict[str, object]], workers: int
    ) -> Iterator[list[RowOutcome]]:
        """Give outcomes that the store has."""
        waiting: list[RowOutcome] = []
        with WorkerPool(self._worker_settings(), questions, workers) as pool:
            try:
                for outcome in pool.outcomes(_PATIENCE):
                    if outcome is not None:
                        waiting.append(outcome)
                    if waiting and (outcome is None or len(waiting) >= _KEPT_AT_ONCE):
                        self.store.record(batch.batch_id, waiting)
                        yield waiting
                        waiting = []
            finally:
                if waiting:
                    self.store.record(batch.batch_id, waiting)
        if waiting:
            yield waiting

    def _decided(self) -> Iterator[RowOutcome]:
        """Give what is known without looking at a row on its own: what comes twice, and what belongs to nothing."""
        if self.plan.stray:
            yield RowOutcome(line=STRAY_LINE, state=RowState.REFUSED, findings=self.plan.stray)
        against = contradictions(self.plan.rows)
        for row in self.plan.rows:
            line = row.paper.line
            if line in against:
                told = finding(line, "", "ROWS_CONTRADICT", twin=against[line])
                yield RowOutcome(line=line, state=RowState.REFUSED, findings=(told, *row.paper.findings))
            elif row.twin:
                told = finding(line, "", "ROW_TWICE", grave=False, twin=row.twin)
                yield RowOutcome(line=line, state=RowState.TWIN, findings=(told,))

    def _with_scans(self, row: PlannedRow) -> PlannedRow:
        # Without scans a column with their names means nothing here.
        return (
            row
            if self.request.scans is not None or self.request.closed_scans
            else replace(row, paper=replace(row.paper, scan_name=""))
        )

    def _worker_settings(self) -> WorkerSettings:
        request = self.request
        return WorkerSettings(
            home=str(self.services.home.path),
            type_name=self.licence_type.slug,
            seal=request.seal,
            authority_name=self.authority.name,
            authority_code=self.authority.code,
            operator=request.operator,
            checked_by=request.checked_by,
            self_declared=request.self_declared,
            dry_run=request.dry_run,
            out="" if request.out is None else str(request.out),
            labels=dict(self.plan.columns.labels),
            scans_closed=bool(request.closed_scans),
        )


def prepare(services: Services, request: ConversionRequest) -> Conversion:
    """Read a register and find its columns.

    Raises UsageError when the same person converts and checks, or somebody checks and nobody is named who converts;
    UnknownTypeError, StockFileError, StockMappingError, InputNotFoundError, HomeError and the errors of keys.
    """
    for name in (request.operator, request.checked_by):
        if len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            raise UsageError("经办人、核对人姓名有误。", "operator or checker is no name")
    if request.checked_by and not account_key(request.operator):
        raise UsageError("有核对人的，须写明经办人。", "where somebody checks, the operator has to be named")
    if request.checked_by and account_key(request.checked_by) == account_key(request.operator):
        raise UsageError("核对人不能是经办人本人。", "somebody else than the operator has to check")
    if request.checked_by and request.self_declared:
        raise UsageError("自行申报的数据没有核对人。", "what holders declare was checked by nobody")
    licence_type = services.catalogue.get(request.type)
    mapping = mapping_from(request.mapping)
    authority = sealing_authority(services, request.seal)
    register = open_register(request.register, licence_type, mapping, request.tables)
    plan = plan_stock(register, licence_type, mapping, authority)
    return Conversion(
        services=services,
        request=request,
        licence_type=licence_type,
        authority=authority,
        plan=plan,
        scans=_scans_of(plan, request.closed_scans if request.scans is None else _scans_in(request.scans)),
    )


def sealing_authority(services: Services, suite: str) -> StructuredAuthority:
    """Return the authority whose seal is used."""
    seal = services.seals.of(suite.partition("+")[0]).seal
    subject = seal.signer.certificate.subject
    if subject.organization is None or subject.organization_identifier is None:
        raise HomeError("印章证书没有写明机构及其代码。", "the certificate of the seal names no organisation and code")
    return StructuredAuthority(name=subject.organization, code=subject.organization_identifier)


def read_mapping(name: str) -> Mapping[str, object]:
    """Read a mapping from a TOML file, or from a JSON file by its name."""
    content = read_file(Path(name), MAX_MAPPING_BYTES)
    return mapping_document(content, is_json=name.lower().endswith(".json"))


def mapping_document(content: bytes, *, is_json: bool) -> Mapping[str, object]:
    """Read a mapping; MalformedInputError, InputTooLargeError."""
    if len(content) > MAX_MAPPING_BYTES:
        raise InputTooLargeError("对应表过大。", "the mapping is too large")
    try:
        document = parse_json(content) if is_json else tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedInputError("对应表不是有效的 TOML。", "the mapping is not valid TOML") from error
    if not isinstance(document, dict):
        raise MalformedInputError("对应表应为一张表。", "the mapping is one table")
    return document


def _scans_in(folder: Path) -> dict[str, Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file() and not entry.name.startswith(".")]
    except OSError as error:
        raise InputNotFoundError(f"没有扫描件目录：{folder}", f"no folder of scans: {folder}") from error
    if len(names) > MAX_SCAN_FILES:
        raise UsageError("扫描件过多，请分批。", "too many scans: convert in parts")
    return {name: folder / name for name in names}


def _scans_of(plan: StockPlan, paths: Mapping[str, Path]) -> dict[int, Sequence[str]]:
    by_number = index_scans(paths)
    found: dict[int, Sequence[str]] = {}
    for row in plan.rows:
        paper = row.paper
        if paper.scan_name:
            scans: Sequence[str] = [paper.scan_name] if paper.scan_name in paths else ()
        else:
            scans = next(
                (by_number[key] for key in map(scan_key, (paper.number, paper.row_key)) if key in by_number), ()
            )
        if scans:
            found[paper.line] = [str(paths[name]) for name in scans]
    return found
