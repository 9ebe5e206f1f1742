"""One row of a register as paper metadata: every cell as the paper says it, and what cannot be read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from esign import StructuredAuthority
from licences.catalogue import Field, FieldType, LicenceType
from licences.catalogue.elements import EXPIRING_DATE
from licences.convert import ROOT
from licences.holders import HOLDER_KINDS
from licences.model import normal_number

from .cleaning import LONG_TERM_WORDS, clean_amount, clean_code, clean_day, clean_text, split_period
from .findings import Finding, finding
from .mapping import (
    HISTORIC_ISSUER,
    HISTORIC_ISSUER_CODE,
    PERIOD,
    ROW_KEY,
    SCAN,
    Columns,
    StockMapping,
)
from .sheet import BLANK, Cell, CellKind, SourceRow
from .xlsx_numbers import day_of_number

HOLDER_NAME: Final = "certificateHolderName"
HOLDER_CODE: Final = "certificateHolderCode"
HOLDER_KIND: Final = "certificateHolderTypeCode"
NUMBER: Final = "certificateNumber"
ISSUER_NAME: Final = "certificateIssuingAuthorityName"
ISSUER_CODE: Final = "certificateIssuingAuthorityCode"
EFFECTIVE_DATE: Final = "certificateEffectiveDate"

_CODES: Final = frozenset({HOLDER_CODE, HOLDER_KIND, ISSUER_CODE, "certificateAreaCode"})
_PRINTED_AS_TYPED: Final = _CODES | {NUMBER}
# What registers call the kinds of Annex A, beside their names.
_KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {kind.name: code for code, kind in HOLDER_KINDS.items()}
    | {
        "身份证": "111",
        "居民身份证": "111",
        "居民身份证号码": "111",
        "身份证号": "111",
        "营业执照": "001",
        "组织机构代码": "099",
        "组织机构代码证": "099",
        "护照": "414",
        "军官证": "114",
        "台胞证": "511",
        "回乡证": "516",
        "港澳居民来往内地通行证": "516",
        "台湾居民来往大陆通行证": "511",
    }
)
# How a spreadsheet writes a number that it has rounded: 9.90101E+17.
_ROUNDED = re.compile(r"[+-]?[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{1,3}")
_CO_HOLDER_MARKS = str.maketrans("；;，,\n/", "、、、、、、")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """What one row says, before it is judged."""

    line: int
    data: Mapping[str, object]
    """Keyed as `licence_from_paper` takes it."""
    findings: tuple[Finding, ...]
    historic_issuer: StructuredAuthority | None
    row_key: str
    scan_name: str

    @property
    def number(self) -> str:
        """The licence number in the form in which numbers are compared; empty without one."""
        number = self.data.get(NUMBER)
        return normal_number(number) if isinstance(number, str) else ""


class RowReader:
    """Reads the rows of one sheet."""

    def __init__(
        self,
        *,
        licence_type: LicenceType,
        columns: Columns,
        mapping: StockMapping,
        authority: StructuredAuthority,
        from_1904: bool | None,
    ) -> None:
        """`authority` is the one that seals today; `from_1904` as in `Sheet`."""
        self._fields = tuple(field for field in licence_type.all_fields if field.type is not FieldType.ROWS)
        self._expires = licence_type.validity.expires
        self._columns, self._mapping, self._authority = columns, mapping, authority
        self._from_1904 = from_1904
        self._historic = {normal_number(one.name): one for one in mapping.historic_issuers}

    def read(self, row: SourceRow) -> PaperRow:
        """Return what a row says; nothing that is in it raises."""
        findings: list[Finding] = []

        def refuse(key: str, code: str) -> None:
            label = self._columns.labels.get(key, "")
            findings.append(finding(row.line, f"{ROOT}/{key}", code, label=label))

        data: dict[str, object] = {}
        for field in self._fields:
            text = self._text(field, self._cell(row, field.key), refuse) or self._mapping.constants.get(field.key, "")
            if text:
                data[field.key] = self._mapping.values.get(field.key, {}).get(text, text)
        self._read_period(row, data, refuse)
        self._part_holders(data, refuse)
        historic = self._read_issuer(row, data, refuse)
        return PaperRow(
            line=row.line,
            data=MappingProxyType(data),
            findings=tuple(findings),
            historic_issuer=historic,
            row_key=clean_text(self._cell(row, ROW_KEY).text),
            scan_name=clean_text(self._cell(row, SCAN).text),
        )

    def _cell(self, row: SourceRow, key: str) -> Cell:
        column = self._columns.places.get(key)
        return BLANK if column is None else row.cell(column)

    def _text(self, field: Field, cell: Cell, refuse: Callable[[str, str], None]) -> str:
        code = cell_fault(cell, as_typed=field.key in _PRINTED_AS_TYPED)
        if code is not None:
            refuse(field.key, code)
            return ""
        if not cell.text:
            return ""
        if field.key == HOLDER_KIND:
            return _kind_code(cell)
        if field.key in _CODES:
            return clean_code(cell.text) if field.key != HOLDER_CODE else clean_text(cell.text, lines=True)
        if field.key == EXPIRING_DATE and clean_text(cell.text) in LONG_TERM_WORDS:
            if self._expires:
                refuse(field.key, "LONG_TERM_NOT_ALLOWED")
            return ""
        if field.type is FieldType.DATE:
            day = _day(cell, self._from_1904)
            if day is None:
                refuse(field.key, "DATE_UNREADABLE")
            return day or ""
        return field_text(field, cell)

    def _read_period(self, row: SourceRow, data: dict[str, object], refuse: Callable[[str, str], None]) -> None:
        cell = self._cell(row, PERIOD)
        if not cell.text or cell_fault(cell, as_typed=True) is not None:
            if cell.text:
                refuse(EFFECTIVE_DATE, "PERIOD_UNREADABLE")
            return
        if clean_text(cell.text) in LONG_TERM_WORDS and not self._expires:
            return
        parts = split_period(cell.text)
        start = clean_day(parts[0]) if parts else None
        if parts is None or start is None:
            refuse(EFFECTIVE_DATE, "PERIOD_UNREADABLE")
            return
        data.setdefault(EFFECTIVE_DATE, start)
        if parts[1] in LONG_TERM_WORDS:
            if self._expires:
                refuse(EXPIRING_DATE, "LONG_TERM_NOT_ALLOWED")
            return
        end = clean_day(parts[1])
        if end is None:
            refuse(EFFECTIVE_DATE, "PERIOD_UNREADABLE")
        else:
            data.setdefault(EXPIRING_DATE, end)

    def _part_holders(self, data: dict[str, object], refuse: Callable[[str, str], None]) -> None:
        """Part several holders in one cell; no code of a holder has a 、 or ; in it, but names may."""
        code = str(data.get(HOLDER_CODE, ""))
        codes = [clean_code(one) for one in code.translate(_CO_HOLDER_MARKS).split("、") if one.strip()]
        if len(codes) < 2:
            if codes:
                data[HOLDER_CODE] = codes[0]
            return
        name, kind = str(data.get(HOLDER_NAME, "")), str(data.get(HOLDER_KIND, ""))
        names = [one.strip() for one in name.translate(_CO_HOLDER_MARKS).split("、") if one.strip()]
        kinds = kind.split("、") if "、" in kind else [kind] * len(codes)
        if len(names) != len(codes) or len(kinds) != len(codes):
            refuse(HOLDER_CODE, "HOLDERS_DO_NOT_MATCH")
            return
        data[HOLDER_NAME], data[HOLDER_CODE], data[HOLDER_KIND] = names, codes, kinds

    def _read_issuer(
        self, row: SourceRow, data: dict[str, object], refuse: Callable[[str, str], None]
    ) -> StructuredAuthority | None:
        """Let today's authority seal what it issued itself or has taken over; the paper's issuer is kept beside it."""
        name, code = str(data.get(ISSUER_NAME, "")), str(data.get(ISSUER_CODE, ""))
        said = clean_text(self._cell(row, HISTORIC_ISSUER).text) or self._mapping.constants.get(HISTORIC_ISSUER, "")
        historic: StructuredAuthority | None = None
        if said:
            said_code = clean_code(self._cell(row, HISTORIC_ISSUER_CODE).text)
            said_code = said_code or self._mapping.constants.get(HISTORIC_ISSUER_CODE, "")
            known = self._historic.get(normal_number(said))
            historic = StructuredAuthority(name=said, code=said_code or (known.code if known else ""))
        elif name and normal_number(name) != normal_number(self._authority.name):
            known = self._historic.get(normal_number(name))
            if known is None:
                refuse(ISSUER_NAME, "SEAL_NOT_OF_ISSUER")
            historic = StructuredAuthority(name=name, code=(known.code if known else "") or code)
            code = ""
        if code and code != self._authority.code and historic is None:
            refuse(ISSUER_CODE, "SEAL_NOT_OF_ISSUER")
        data[ISSUER_NAME], data[ISSUER_CODE] = self._authority.name, self._authority.code
        return historic


def cell_fault(cell: Cell, *, as_typed: bool) -> str | None:
    """Return why a cell cannot be what the paper says; `as_typed` for numbers that are no amounts."""
    if cell.kind is CellKind.ERROR:
        return "CELL_ERROR"
    if cell.kind is CellKind.LOST_DIGITS or _ROUNDED.fullmatch(cell.text.strip()) is not None:
        return "DIGITS_LOST"
    if cell.kind is CellKind.DATE and as_typed:
        return "BECAME_DAY"
    if "�" in cell.text or "锟斤拷" in cell.text:
        return "CHARACTERS_LOST"
    return None


def field_text(field: Field, cell: Cell) -> str:
    """Return the text of a cell for a field that is neither a code nor one of the two days."""
    match field.type:
        case FieldType.DATE:
            return clean_day(cell.text) or clean_text(cell.text)
        case FieldType.DECIMAL | FieldType.INTEGER:
            return clean_amount(cell.text, field.unit)
        case FieldType.TEXT:
            return clean_text(cell.text, lines=True)
        case _:
            return clean_text(cell.text)


def _day(cell: Cell, from_1904: bool | None) -> str | None:
    if cell.kind is CellKind.NUMBER and from_1904 is not None:
        day = day_of_number(cell.text, from_1904=from_1904)
        if day is not None:
            return day.isoformat()
    return clean_day(cell.text)


def _kind_code(cell: Cell) -> str:
    text = clean_code(cell.text.translate(_CO_HOLDER_MARKS))
    codes = [_KIND_NAMES.get(one, one) for one in text.split("、")]
    # Spreadsheets drop the zeros of 001.
    return "、".join(one.zfill(3) if one.isdecimal() else one for one in codes)
