"""A whole register, read and ordered: which rows are one licence each, which come twice, which lie alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from esign import StructuredAuthority
from licences.catalogue import Catalogue, Field, FieldType, LicenceType
from licences.catalogue.elements import EXPIRING_DATE
from licences.convert import ROOT, licence_from_stock, type_on_issue
from licences.errors import InvalidFieldError, StockMappingError
from licences.model import Licence, normal_number

from .cleaning import clean_text
from .csv_reading import read_csv
from .findings import Finding, finding, finding_of
from .mapping import PERIOD, Columns, StockMapping, find_columns, find_row_columns, number_labels
from .rows import EFFECTIVE_DATE, NUMBER, PaperRow, RowReader, cell_fault, field_text
from .sheet import Sheet
from .xlsx_reading import open_workbook

# No program argument and no HTTP header can hold this character: nobody else can use the key of a row.
_IDENTITY: Final = "\0stock:"
_ZIP: Final = b"PK"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRegister:
    """The sheets of one register."""

    sheet: Sheet
    """With a row for each licence."""
    tables: Mapping[str, Sheet]
    """Sheets with the rows of a field (附表), by its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One row, with the identity under which it is converted once and never again."""

    paper: PaperRow
    identity: str
    twin: int = 0
    """Number of the row that says the same, when this one need not be converted; 0 when there is none before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPlan:
    """A register in the order of its rows."""

    rows: tuple[PlannedRow, ...]
    columns: Columns
    stray: tuple[Finding, ...]
    """Of rows that belong to no licence."""
    missing: tuple[str, ...]
    """Labels of required fields that no column holds."""


def open_register(
    data: bytes, licence_type: LicenceType, mapping: StockMapping, tables: Mapping[str, bytes] | None = None
) -> StockRegister:
    """Read a register, CSV or XLSX by its content.

    `tables` are files with the rows of a field, by its key; in an XLSX file they may be sheets that the mapping names,
    or that bear the label of the field. Raises StockFileError, StockMappingError.
    """
    found = {key: _first_sheet(content) for key, content in (tables or {}).items()}
    fields = _tables(licence_type)
    for key in found:
        if key not in fields:
            raise StockMappingError("MAPPING_KEY_UNKNOWN", key=key[:100])
    if not data.startswith((_ZIP, _OLE)):
        return StockRegister(sheet=read_csv(data), tables=found)
    workbook = open_workbook(data)
    for key, field in fields.items():
        named = mapping.rows[key].sheet if key in mapping.rows else ""
        name = named or (field.label if field.label in workbook.places else "")
        if key not in found and name:
            found[key] = workbook.sheet(name)
    return StockRegister(sheet=workbook.sheet(mapping.sheet or None), tables=found)


def plan_stock(
    register: StockRegister, licence_type: LicenceType, mapping: StockMapping, authority: StructuredAuthority
) -> StockPlan:
    """Find the columns, read every row and give each its identity; StockMappingError.

    `authority` is the one that seals today.
    """
    columns = find_columns(register.sheet, licence_type, mapping)
    reader = RowReader(
        licence_type=licence_type,
        columns=columns,
        mapping=mapping,
        authority=authority,
        from_1904=register.sheet.from_1904,
    )
    papers = [reader.read(row) for row in register.sheet.rows if row.line > columns.header_row]
    if not papers:
        raise StockMappingError("STOCK_EMPTY")
    stray: list[Finding] = []
    for key, sheet in register.tables.items():
        rows = mapping.rows.get(key)
        field = _tables(licence_type)[key]
        where = find_row_columns(sheet, field, number_labels(licence_type, mapping), rows)
        papers = _with_rows(papers, field, sheet, where, stray)
    return StockPlan(
        rows=_told_apart([(paper, _identity(paper, licence_type, authority)) for paper in papers]),
        columns=columns,
        stray=tuple(stray),
        missing=_missing(licence_type, columns, mapping),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A row that was judged: a licence, or what keeps it from being one."""

    licence: Licence | None
    findings: tuple[Finding, ...]

    @property
    def doubtful(self) -> bool:
        """Whether something about it is odd, which lowers its trust level."""
        return any(one.doubtful for one in self.findings)


def examine(paper: PaperRow, catalogue: Catalogue, type_name: str, labels: Mapping[str, str]) -> Examined:
    """Judge what a row says as metadata of an old licence, by the rules of its day: grave findings first."""
    findings = list(paper.findings)
    told = {one.pointer for one in findings}
    licence: Licence | None = None
    errors: Sequence[Exception] = ()
    try:
        data = dict(paper.data)
        licence, warnings = licence_from_stock(type_on_issue(catalogue, type_name, data), data)
    except ExceptionGroup as group:
        errors, warnings = group.exceptions, ()
    for grave, several in ((True, errors), (False, warnings)):
        for error in several:
            # What could not be read at all is not missing as well.
            if isinstance(error, InvalidFieldError) and error.pointer not in told:
                label = labels.get(error.pointer.removeprefix(f"{ROOT}/").partition("/")[0], "")
                findings.append(finding_of(error, paper.line, label, grave=grave))
    findings.sort(key=lambda one: not one.grave)
    if any(one.grave for one in findings):
        licence = None
    return Examined(licence=licence, findings=tuple(findings))


def contradictions(rows: Sequence[PlannedRow]) -> Mapping[int, int]:
    """Return the rows with the same identity and other content as an earlier or later one: row by row."""
    first: dict[str, PlannedRow] = {}
    found: dict[int, int] = {}
    for row in rows:
        earlier = first.setdefault(row.identity, row)
        if earlier is not row and not row.twin:
            found[row.paper.line] = earlier.paper.line
            found.setdefault(earlier.paper.line, row.paper.line)
    # A twin of a row that contradicts another one contradicts it as well.
    for row in rows:
        if row.twin in found and row.paper.line not in found:
            found[row.paper.line] = found[row.twin]
    return MappingProxyType(found)


def _first_sheet(data: bytes) -> Sheet:
    return open_workbook(data).sheet() if data.startswith((_ZIP, _OLE)) else read_csv(data)


def _tables(licence_type: LicenceType) -> dict[str, Field]:
    return {field.key: field for field in licence_type.fields if field.type is FieldType.ROWS}


def _missing(licence_type: LicenceType, columns: Columns, mapping: StockMapping) -> tuple[str, ...]:
    held = columns.places.keys() | mapping.constants.keys()
    if PERIOD in columns.places:
        held |= {EFFECTIVE_DATE, EXPIRING_DATE}
    # Today's authority stands where the register names none.
    held |= {"certificateIssuingAuthorityName", "certificateIssuingAuthorityCode"}
    simple = (field for field in licence_type.all_fields if field.type is not FieldType.ROWS)
    return tuple(field.label for field in simple if field.required and field.key not in held)


def _with_rows(
    papers: list[PaperRow], field: Field, sheet: Sheet, where: Columns, stray: list[Finding]
) -> list[PaperRow]:
    """Give each licence its rows from another sheet."""
    numbers = {paper.number for paper in papers if paper.number}
    rows: dict[str, list[dict[str, str]]] = {}
    damaged: dict[str, list[Finding]] = {}
    for row in sheet.rows:
        if row.line <= where.header_row:
            continue
        number = normal_number(clean_text(row.cell(where.places[NUMBER]).text))
        if number not in numbers:
            stray.append(finding(row.line, "", "ROW_WITHOUT_LICENCE", sheet=sheet.name or field.label))
            continue
        entries = rows.setdefault(number, [])
        entry = {}
        for column in field.columns:
            cell = row.cell(where.places[column.key]) if column.key in where.places else None
            if cell is None:
                continue
            code = cell_fault(cell, as_typed=False)
            if code is not None:
                pointer = f"{ROOT}/{field.key}/{len(entries)}/{column.key}"
                found = finding(
                    row.line, pointer, code, label=where.labels[column.key], sheet=sheet.name or field.label
                )
                damaged.setdefault(number, []).append(found)
            elif text := field_text(column, cell):
                entry[column.key] = text
        entries.append(entry)
    return [
        replace(
            paper,
            data=MappingProxyType({**paper.data, field.key: rows[paper.number]}),
            findings=(*paper.findings, *damaged.get(paper.number, ())),
        )
        if paper.number in rows
        else paper
        for paper in papers
    ]


def _identity(paper: PaperRow, licence_type: LicenceType, authority: StructuredAuthority) -> str:
    """Return what makes a row one licence: issuer, type and number; without a number its key, or all that it says."""
    if paper.number:
        own = ["number", paper.number]
    elif paper.row_key:
        own = ["key", paper.row_key]
    else:
        own = ["row", _digest(paper.data)]
    return _IDENTITY + _digest([authority.code, licence_type.code, *own])


def _told_apart(rows: Sequence[tuple[PaperRow, str]]) -> tuple[PlannedRow, ...]:
    seen: dict[tuple[str, str], int] = {}
    planned = []
    for paper, identity in rows:
        content = _digest([dict(paper.data), paper.scan_name])
        twin = seen.setdefault((identity, content), paper.line)
        planned.append(PlannedRow(paper=paper, identity=identity, twin=0 if twin == paper.line else twin))
    return tuple(planned)


def _digest(value: object) -> str:
    plain = dict(value) if isinstance(value, Mapping) else value
    return sha256(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()
