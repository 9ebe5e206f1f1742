"""Which column of a register holds which field, and what holds for all of its rows.

A mapping is data, so that an office keeps one for each of its registers.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from esign import StructuredAuthority
from licences.catalogue import Field, FieldType, LicenceType
from licences.catalogue.elements import EXPIRING_DATE
from licences.errors import StockMappingError

from .sheet import Sheet

MAX_HEADER_ROWS: Final = 10
"""Rows among which the header is looked for."""
MAX_MAPPING_ENTRIES: Final = 2_000

PERIOD: Final = "period"
"""Stands for both days of validity in one column: 2020年1月5日至2025年1月4日."""
SCAN: Final = "scan"
"""A column with the name of the file that holds the scan."""
HISTORIC_ISSUER: Final = "historicIssuerName"
HISTORIC_ISSUER_CODE: Final = "historicIssuerCode"
ROW_KEY: Final = "rowKey"
"""A column that tells rows apart where they have no licence number, such as a file number."""

_EXTRA_LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        PERIOD: ("有效期", "有效期限", "有效期起止", "有效期起止日期"),
        SCAN: ("扫描件", "原件扫描件", "附件"),
        HISTORIC_ISSUER: ("历史颁发机构", "原发证机关", "原颁发机构"),
        HISTORIC_ISSUER_CODE: ("历史颁发机构代码", "原发证机关代码", "原颁发机构代码"),
        ROW_KEY: ("档案号", "档案编号"),
    }
)
# What registers call the elements of every licence, beside the label of the type and that of the element.
_OTHER_LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "certificateNumber": ("证照编号", "证书编号", "许可证编号", "编号", "证号", "许可证号"),
        "certificateHolderName": ("持证主体", "持证主体名称", "持证人", "单位名称", "企业名称"),
        "certificateHolderCode": ("持证主体代码", "统一社会信用代码", "证件号码", "身份证号", "身份证号码"),
        "certificateHolderTypeCode": ("持证主体代码类型", "持证主体代码类型代码", "证件类型"),
        "certificateIssuingAuthorityName": ("颁发机构", "证照颁发机构", "发证机关", "发证机构", "审批机关"),
        "certificateIssuingAuthorityCode": ("颁发机构代码", "证照颁发机构代码", "发证机关代码"),
        "certificateIssuedDate": ("颁发日期", "证照颁发日期", "发证日期", "发证时间"),
        "certificateEffectiveDate": ("有效期起", "有效期起始日期", "有效期自", "生效日期"),
        "certificateExpiringDate": ("有效期至", "有效期止", "有效期截止日期", "截止日期", "到期日期"),
        "certificateAreaCode": ("行政区划代码", "区划代码", "区划"),
    }
)
_PUNCTUATION = re.compile(r"[\s*＊:：_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsMapping:
    """A field with rows of its own (附表), kept in a sheet or file of its own."""

    sheet: str
    """Name of the sheet; empty when the rows come in a file of their own."""
    key: str
    """Label of the column that holds the licence number."""
    columns: Mapping[str, str]
    """Labels by the keys of the field's columns; those that are left out are found by their own labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMapping:
    """What an office says about its register. Everything may be left out."""

    sheet: str = ""
    header_row: int = 0
    """Number of the (last) row of the header; 0: it is looked for."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Label of a column by the key of the field that it holds."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Values that hold for every row in which the register says nothing."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By key: what the register says, and what the licence type calls it."""
    historic_issuers: Sequence[StructuredAuthority] = ()
    """Authorities whose licences today's authority has taken over, with their code where they have one."""
    rows: Mapping[str, RowsMapping] = field(default_factory=dict)
    """By the key of a field with rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where the fields stand in one sheet."""

    header_row: int
    places: Mapping[str, int]
    """Column from 0 by the key of the field."""
    labels: Mapping[str, str]
    """What the register calls the field, by its key."""
    ignored: tuple[str, ...]
    """Labels of columns that stand for no field."""


def mapping_from(document: object) -> StockMapping:
    """Read a mapping from what a TOML or JSON parser returns; StockMappingError."""
    top = _table(document, "/")
    unknown = top.keys() - {"sheet", "header_row", "columns", "constants", "values", "historic_issuers", "rows"}
    if unknown:
        raise _malformed("unknown key at the top")
    header_row = top.get("header_row", 0)
    if not isinstance(header_row, int) or isinstance(header_row, bool) or not 0 <= header_row <= 1000:
        raise _malformed("header_row is a whole number")
    issuers = top.get("historic_issuers", [])
    if not isinstance(issuers, list) or len(issuers) > MAX_MAPPING_ENTRIES:
        raise _malformed("historic_issuers is a list of tables")
    return StockMapping(
        sheet=_text(top.get("sheet", ""), "sheet"),
        header_row=header_row,
        columns=_texts(top.get("columns", {}), "columns"),
        constants=_texts(top.get("constants", {}), "constants"),
        values={key: _texts(one, f"values.{key}") for key, one in _table(top.get("values", {}), "values").items()},
        historic_issuers=tuple(_issuer(one) for one in issuers),
        rows={key: _rows(one, key) for key, one in _table(top.get("rows", {}), "rows").items()},
    )


def find_columns(sheet: Sheet, licence_type: LicenceType, mapping: StockMapping) -> Columns:
    """Find the header of a register and the column of each field; StockMappingError."""
    _check_keys(licence_type, mapping)
    wanted = _wanted(licence_type, mapping)
    candidates = _headers(sheet, mapping.header_row)
    found = [(_places(header, wanted), row, header) for row, header in candidates]
    # A field that two headers know alike stands in the upper one: the second line of a header adds to the first.
    best = max(found, key=lambda one: len(one[0]), default=None)
    if best is None or not best[0]:
        raise StockMappingError("STOCK_HEADER_NOT_FOUND", limit=MAX_HEADER_ROWS)
    matches, row, header = best
    places = {}
    for key, columns in matches.items():
        if len(columns) > 1:
            raise StockMappingError("STOCK_COLUMN_TWICE", label=header[columns[0]])
        places[key] = columns[0]
    for key, label in mapping.columns.items():
        if key not in places:
            raise StockMappingError("MAPPING_COLUMN_UNKNOWN", label=f"{key} = {label}")
    taken = set(places.values())
    labels = {key: header[column] for key, column in places.items()}
    if PERIOD in labels:
        labels = {key: labels[PERIOD] for key in ("certificateEffectiveDate", EXPIRING_DATE)} | labels
    return Columns(
        header_row=row,
        places=places,
        labels=labels,
        ignored=tuple(label for column, label in enumerate(header) if label and column not in taken),
    )


def find_row_columns(sheet: Sheet, table: Field, key_labels: Sequence[str], mapping: RowsMapping | None) -> Columns:
    """Find the columns of a sheet with rows of a field; the licence number stands under `certificateNumber`."""
    wanted = {column.key: _forms(column.label, column.key) for column in table.columns}
    wanted["certificateNumber"] = {_folded(label) for label in key_labels}
    if mapping is not None:
        wanted |= {key: {_folded(label)} for key, label in mapping.columns.items()}
        if mapping.key:
            wanted["certificateNumber"] = {_folded(mapping.key)}
    found = [(_places(header, wanted), row, header) for row, header in _headers(sheet, 0)]
    best = max(found, key=lambda one: len(one[0]), default=None)
    missing = [column.label for column in table.columns if column.required and (not best or column.key not in best[0])]
    if best is None or "certificateNumber" not in best[0] or missing:
        raise StockMappingError("STOCK_COLUMNS_MISSING", labels="、".join([*missing, "证照编号"][:20]))
    matches, row, header = best
    places = {key: columns[0] for key, columns in matches.items()}
    labels = {key: header[column] for key, column in places.items()}
    return Columns(header_row=row, places=places, labels=labels, ignored=())


def number_labels(licence_type: LicenceType, mapping: StockMapping) -> tuple[str, ...]:
    """Return what a register may call the number of a licence of this type."""
    mapped = mapping.columns.get("certificateNumber")
    own = [one.label for one in licence_type.common_fields if one.key == "certificateNumber"]
    return (*([mapped] if mapped else []), *own, *_OTHER_LABELS["certificateNumber"])


def _wanted(licence_type: LicenceType, mapping: StockMapping) -> dict[str, set[str]]:
    """Say what the label of each field may be; the sure ones hide the others."""
    sure: dict[str, set[str]] = {}
    for one in licence_type.all_fields:
        if one.type is not FieldType.ROWS:
            sure[one.key] = _forms(one.label, one.key)
    mapped = {key: {_folded(label)} for key, label in mapping.columns.items()}
    taken = {label for labels in mapped.values() for label in labels}
    wanted = {key: labels - taken for key, labels in sure.items()} | mapped
    known = {label for labels in wanted.values() for label in labels}
    others = {key: labels for key, labels in _OTHER_LABELS.items() if key in sure and key not in mapped}
    for key, labels in (others | {key: labels for key, labels in _EXTRA_LABELS.items() if key not in mapped}).items():
        wanted[key] = wanted.get(key, {_folded(key)}) | ({_folded(label) for label in labels} - known)
    return wanted


def _forms(label: str, key: str) -> set[str]:
    return {_folded(label), _folded(key)}


def _folded(label: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", label)).casefold()


def _headers(sheet: Sheet, header_row: int) -> list[tuple[int, list[str]]]:
    """Return what may be the header: one row, or two of which the first says what columns of the second share."""
    rows = [row for row in sheet.rows if row.line == header_row] if header_row else sheet.rows[:MAX_HEADER_ROWS]
    above = {row.line: row for row in sheet.rows[: MAX_HEADER_ROWS + 1]}
    found = []
    for row in rows:
        labels = [cell.text for cell in row.cells]
        found.append((row.line, labels))
        upper = above.get(row.line - 1)
        if upper is not None:
            width = max(len(labels), len(upper.cells))
            pairs = [(upper.cell(column).text, row.cell(column).text) for column in range(width)]
            # A cell that is merged down says the same twice.
            found.append((row.line, [one if one == two else one + two for one, two in pairs]))
    return found


def _places(header: Sequence[str], wanted: Mapping[str, set[str]]) -> dict[str, list[int]]:
    by_label: dict[str, list[int]] = {}
    for column, label in enumerate(header):
        # (必填), (YYYY-MM-DD) and the like stand behind labels.
        folded = _folded(label)
        for form in {folded, folded.partition("(")[0]} - {""}:
            by_label.setdefault(form, []).append(column)
    places: dict[str, list[int]] = {}
    for key, labels in wanted.items():
        exact = sorted({column for label in labels for column in by_label.get(label, [])})
        if exact:
            places[key] = exact
    return places


def _check_keys(licence_type: LicenceType, mapping: StockMapping) -> None:
    simple = {one.key for one in licence_type.all_fields if one.type is not FieldType.ROWS}
    tables = {one.key for one in licence_type.all_fields if one.type is FieldType.ROWS}
    for keys, allowed in (
        (mapping.columns, simple | _EXTRA_LABELS.keys()),
        (mapping.constants, simple | {HISTORIC_ISSUER, HISTORIC_ISSUER_CODE}),
        (mapping.values, simple),
        (mapping.rows, tables),
    ):
        for key in keys:
            if key not in allowed:
                raise StockMappingError("MAPPING_KEY_UNKNOWN", key=key[:100])


def _issuer(value: object) -> StructuredAuthority:
    texts = _texts(value, "historic_issuers")
    if texts.keys() - {"name", "code"} or not texts.get("name"):
        raise _malformed("an entry of historic_issuers has a name and perhaps a code")
    return StructuredAuthority(name=texts["name"], code=texts.get("code", ""))


def _rows(value: object, key: str) -> RowsMapping:
    table = _table(value, f"rows.{key}")
    if table.keys() - {"sheet", "key", "columns"}:
        raise _malformed(f"unknown key in rows.{key[:100]}")
    return RowsMapping(
        sheet=_text(table.get("sheet", ""), "sheet"),
        key=_text(table.get("key", ""), "key"),
        columns=_texts(table.get("columns", {}), "columns"),
    )


def _table(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or len(value) > MAX_MAPPING_ENTRIES:
        raise _malformed(f"{place[:100]} is a table")
    return {str(key): one for key, one in value.items()}


def _texts(value: object, place: str) -> dict[str, str]:
    return {key: _text(one, f"{place}.{key}") for key, one in _table(value, place).items()}


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > 1000:
        raise _malformed(f"{place[:100]} is a text")
    return value


def _malformed(problem: str) -> StockMappingError:
    return StockMappingError("MAPPING_MALFORMED", problem=problem)
