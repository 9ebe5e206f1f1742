"""Registers as spreadsheets and programs write them, and files that only look like registers."""

import io
import struct
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from licences import StockFileError
from licences.stock import sheet as limits
from licences.stock.csv_reading import read_csv
from licences.stock.sheet import (
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_MARKS,
    MAX_REGISTER_BYTES,
    MAX_ROWS,
    Cell,
    CellKind,
    Sheet,
)
from licences.stock.xlsx_numbers import day_of_number, day_of_serial, is_day_format, number_cell
from licences.stock.xlsx_parts import MAX_FORMAT_CHARACTERS, MAX_PARTS, MAX_UNPACKED_BYTES
from licences.stock.xlsx_reading import MAX_MERGED, open_workbook


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in sheet.rows]


def book(fill: Callable[[Any], None], *, from_1904: bool = False) -> bytes:
    made = Workbook()
    if from_1904:
        made.epoch = CALENDAR_MAC_1904
    fill(made.active)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def repacked(data: bytes, changes: dict[str, bytes]) -> bytes:
    """The same XLSX file with other parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
    return content.getvalue()


def code_of(read: Callable[[], object]) -> str:
    with pytest.raises(StockFileError) as refused:
        read()
    return refused.value.code


# CSV


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_csv_in_every_encoding_and_delimiter(encoding: str, told: str, delimiter: str) -> None:
    rows = [["编号", "名称", "地址"], ["001", "张𬱖㛃", '有"引号"、和；逗号']]
    text = "\r\n".join(delimiter.join(row).replace('有"引号"', '"有""引号"""') for row in rows)
    text = text.replace('"有""引号"""、和；逗号', '"有""引号""、和；逗号"')
    sheet = read_csv(text.encode(encoding))
    assert sheet.encoding == told
    assert texts(sheet) == rows


def test_csv_rows_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    sheet = read_csv('a,b\n"一\n二",x\n , \n\n3,y,,\n'.encode())
    assert [(row.line, [cell.text for cell in row.cells]) for row in sheet.rows] == [
        (1, ["a", "b"]),
        (2, ["一\n二", "x"]),
        (5, ["3", "y"]),
    ]


def test_csv_cells_that_spreadsheets_have_changed() -> None:
    (row,) = read_csv(b'="00123",#N/A,TRUE').rows
    assert row.cells == (Cell("00123"), Cell("#N/A", CellKind.ERROR), Cell("TRUE"))


def test_csv_that_is_none() -> None:
    assert code_of(lambda: read_csv(bytes(range(128, 256)) * 3)) == "STOCK_ENCODING_UNKNOWN"
    assert code_of(lambda: read_csv(b"a,\0b")) == "STOCK_ENCODING_UNKNOWN"
    assert code_of(lambda: read_csv(b"," * MAX_COLUMNS)) == "STOCK_TOO_MANY_COLUMNS"
    assert code_of(lambda: read_csv(b"a\n" * (MAX_ROWS + 2))) == "STOCK_TOO_MANY_ROWS"
    assert code_of(lambda: read_csv(b"a" * (MAX_CELL_CHARACTERS + 1))) == "STOCK_CELL_TOO_LONG"
    assert code_of(lambda: read_csv(bytes(MAX_REGISTER_BYTES + 1))) == "STOCK_FILE_TOO_LARGE"
    assert code_of(lambda: read_csv(b'"' + b"a" * 200_000)) == "STOCK_FILE_DAMAGED"


@given(st.binary(max_size=300))
def test_csv_of_anything(data: bytes) -> None:
    try:
        sheet = read_csv(data)
    except StockFileError:
        return
    assert all(row.cells and row.cells[-1].text for row in sheet.rows)


# XLSX


def test_xlsx_as_openpyxl_writes_it() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["编号", "日期", "数量", "代码", "金额", "是否", "公式", "时刻"])
        sheet.append(["001", datetime(2020, 1, 5), 12.5, 12, 7.5, True, "=1+1", datetime(2020, 1, 5, 13, 30)])
        sheet.append([None, None, 12.100000000000001, 123456789012345678, 0.1, False, None, 44197])
        sheet["D2"].number_format, sheet["E2"].number_format = "000000", "#,##0.00"
        sheet["B2"].number_format = 'yyyy"年"m"月"d"日";@'

    workbook = open_workbook(book(fill))
    assert list(workbook.places) == ["Sheet"]
    sheet = workbook.sheet()
    assert [row.line for row in sheet.rows] == [1, 2, 3]
    assert sheet.from_1904 is False
    assert sheet.rows[1].cells == (
        Cell("001"),
        Cell("2020-01-05", CellKind.DATE),
        Cell("12.5", CellKind.NUMBER),
        Cell("000012", CellKind.NUMBER),
        Cell("7.50", CellKind.NUMBER),
        Cell("TRUE"),
        Cell("#", CellKind.ERROR),  # a program wrote the formula, and nobody has computed it
        Cell("2020-01-05", CellKind.DATE),
    )
    assert sheet.rows[2].cells[3].kind is CellKind.LOST_DIGITS
    assert (sheet.rows[2].cells[2], *sheet.rows[2].cells[4:]) == (
        Cell("12.1", CellKind.NUMBER),
        Cell("0.1", CellKind.NUMBER),
        Cell("FALSE"),
        Cell(""),
        Cell("44197", CellKind.NUMBER),
    )


@given(st.dates(date(1904, 1, 2), date(2199, 12, 31)), st.booleans())
def test_days_are_those_of_openpyxl(day: date, from_1904: bool) -> None:
    serial = to_excel(day, CALENDAR_MAC_1904) if from_1904 else to_excel(day)
    assert day_of_serial(Decimal(str(serial)), from_1904=from_1904) == day


def test_days_of_the_first_spreadsheets() -> None:
    assert day_of_serial(Decimal(1), from_1904=False) == date(1900, 1, 1)
    assert day_of_serial(Decimal(59), from_1904=False) == date(1900, 2, 28)
    assert day_of_serial(Decimal(60), from_1904=False) is None  # 29 February 1900 was no day
    assert day_of_serial(Decimal(61), from_1904=False) == date(1900, 3, 1)
    assert day_of_serial(Decimal(0), from_1904=True) == date(1904, 1, 1)
    assert day_of_serial(Decimal(-1), from_1904=True) is None
    assert day_of_serial(Decimal(10**9), from_1904=False) is None
    assert day_of_number("44197", from_1904=False) == date(2021, 1, 1)
    assert day_of_number("4419", from_1904=False) is None


def test_a_workbook_that_counts_from_1904() -> None:
    sheet = open_workbook(book(lambda sheet: sheet.append([datetime(2020, 1, 5)]), from_1904=True)).sheet()
    assert sheet.from_1904 is True
    assert sheet.rows[0].cells == (Cell("2020-01-05", CellKind.DATE),)


@pytest.mark.parametrize(
    ("number_format", "is_day"),
    [
        ("yyyy-mm-dd", True), ("m/d/yy", True), ('yyyy"年"m"月"', True), ("[$-804]yyyy/m/d;@", True), ("d-mmm", True),
        ("General", False), ("0.00", False), ("h:mm", False), ("mm:ss", False), ('0"d"', False), ("[Red]0", False),
        ("0.00E+00", False), ("@", False), ("", False),
    ],
)  # fmt: skip
def test_formats_of_days(number_format: str, is_day: bool) -> None:
    assert is_day_format(number_format) is is_day


@given(st.integers(0, 10**15 - 1), st.integers(0, 12))
def test_whole_numbers_are_shown_as_they_are(number: int, zeros: int) -> None:
    assert number_cell(str(number), "", from_1904=False) == Cell(str(number), CellKind.NUMBER)
    shown = number_cell(str(number), "0" * zeros, from_1904=False).text
    assert shown == str(number).zfill(zeros)


@given(st.decimals(0, 10**9, places=3))
def test_amounts_keep_their_digits(amount: Decimal) -> None:
    shown = number_cell(repr(float(amount)), "0.00", from_1904=False).text
    assert Decimal(shown) == amount
    assert len(shown.partition(".")[2]) >= 2


def test_merged_cells_say_the_same_everywhere() -> None:
    def fill(sheet: Any) -> None:
        for row in (
            ["证号", "有效期", None, "名称"],
            [None, "起", "止", None],
            ["1", "a", "b", "甲"],
            ["2", "c", "d", None],
        ):
            sheet.append(row)
        for area in ("A1:A2", "B1:C1", "D1:D2", "D3:D4"):
            sheet.merge_cells(area)

    assert texts(open_workbook(book(fill)).sheet()) == [
        ["证号", "有效期", "有效期", "名称"],
        ["证号", "起", "止", "名称"],
        ["1", "a", "b", "甲"],
        ["2", "c", "d", "甲"],
    ]


def test_sheets_by_name() -> None:
    made = Workbook()
    made.active.title = "说明"
    made.create_sheet("台账").append(["甲"])
    content = io.BytesIO()
    made.save(content)
    workbook = open_workbook(content.getvalue())
    assert texts(workbook.sheet("台账")) == [["甲"]]
    assert workbook.sheet().rows == ()
    assert code_of(lambda: workbook.sheet("没有")) == "STOCK_SHEET_UNKNOWN"


SHEET, RELATIONS = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_sheet(rows: bytes) -> bytes:
    xml = b"<worksheet " + NAMESPACE + b"><sheetData>" + rows + b"</sheetData></worksheet>"
    return repacked(book(lambda sheet: sheet.append(["x"])), {SHEET: xml})


def test_texts_inside_cells_and_their_readings() -> None:
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><r><t>ab</t></r><r><t>c</t></r><rPh><t>ignored</t></rPh></is></c>'
    rows += (
        b'<c t="str"><f>A1</f><v>computed</v></c><c t="d"><v>2020-01-05T00:00:00</v></c><c t="e"><v>#N/A</v></c></row>'
    )
    assert open_workbook(with_sheet(rows)).sheet().rows[0].cells == (
        Cell("abc"),
        Cell("computed"),
        Cell("2020-01-05", CellKind.DATE),
        Cell("#N/A", CellKind.ERROR),
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (b'<row r="2"/><row r="1"><c><v>1</v></c></row>', None),
        (b'<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b'<row r="0"><c><v>1</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b'<row r="9999999"><c><v>1</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b'<row r="one"/>', "STOCK_FILE_DAMAGED"),
        (b'<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b'<row><c r="XFD1"><v>1</v></c></row>', "STOCK_TOO_MANY_COLUMNS"),
        (b'<row><c t="s"><v>7</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b'<row><c t="s"><v>-1</v></c></row>', "STOCK_FILE_DAMAGED"),
        (b"<row><c><v>one</v></c></row>", "STOCK_FILE_DAMAGED"),
        (b"<row><c><v>NaN</v></c></row>", "STOCK_FILE_DAMAGED"),
        (b'<row><c s="999999"><v>1</v></c></row>', None),
        (b"<row><c><v>1E+999999</v></c></row>", None),
        (b"<row><c><v>1E-999999</v></c></row>", None),
        (b"<row><c></row>", "STOCK_FILE_DAMAGED"),
        (b'<row><c t="str"><v>' + b"a" * (MAX_CELL_CHARACTERS + 1) + b"</v></c></row>", "STOCK_CELL_TOO_LONG"),
    ],
    ids=lambda value: value[:40].decode() if isinstance(value, bytes) else str(value),
)  # fmt: skip
def test_sheets_that_nobody_writes(rows: bytes, code: str | None) -> None:
    data = with_sheet(rows)
    if code is None:
        open_workbook(data).sheet()
    else:
        assert code_of(lambda: open_workbook(data).sheet()) == code


def test_rows_are_counted_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licences.stock.xlsx_reading.MAX_ROWS", 50)
    rows = b"<row><c><v>1</v></c></row>"
    assert len(open_workbook(with_sheet(rows * 51)).sheet().rows) == 51
    assert code_of(lambda: open_workbook(with_sheet(rows * 52)).sheet()) == "STOCK_TOO_MANY_ROWS"
    monkeypatch.setattr("licences.stock.xlsx_reading.MAX_CELLS", 50)
    assert code_of(lambda: open_workbook(with_sheet(rows * 51)).sheet()) == "STOCK_TOO_MANY_ROWS"


def test_bombs_are_refused() -> None:
    entity = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet ' + NAMESPACE + b"><sheetData/></worksheet>"
    good = book(lambda sheet: sheet.append(["x"]))
    assert code_of(lambda: open_workbook(repacked(good, {SHEET: entity})).sheet()) == "STOCK_FILE_DAMAGED"
    wide = entity.decode().encode("utf-16")
    assert code_of(lambda: open_workbook(repacked(good, {SHEET: wide})).sheet()) == "STOCK_FILE_DAMAGED"
    # What the directory of a ZIP file promises is all that its reader gives.
    promised = bytearray(good)
    at = promised.rindex(b"PK\x01\x02")
    struct.pack_into("<I", promised, at + 24, MAX_UNPACKED_BYTES + 1)
    assert code_of(lambda: open_workbook(bytes(promised))) == "STOCK_UNPACKS_TOO_LARGE"
    many = repacked(good, {f"x{number}": b"" for number in range(MAX_PARTS)})
    assert code_of(lambda: open_workbook(many)) == "STOCK_UNPACKS_TOO_LARGE"


def with_merged(rows: bytes, *areas: str) -> bytes:
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in areas).encode()
    xml = b"<worksheet " + NAMESPACE + b"><sheetData>" + rows + b"</sheetData><mergeCells>" + cells
    return repacked(book(lambda sheet: sheet.append(["x"])), {SHEET: xml + b"</mergeCells></worksheet>"})


def test_lines_that_are_not_there_cost_nothing() -> None:
    rows = b'<row r="1"><c><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>'
    begun = time.process_time()
    sheet = open_workbook(with_merged(rows, *["A1:A1048576"] * MAX_MERGED)).sheet()
    assert time.process_time() - begun < 10  # walking through a million lines for each area takes hours
    assert [(row.line, row.cells[0].text) for row in sheet.rows] == [(1, "1"), (1_048_576, "1")]


@pytest.mark.parametrize(
    ("areas", "code"),
    [
        (["B1:A2"], "STOCK_FILE_DAMAGED"),
        (["A2:B1"], "STOCK_FILE_DAMAGED"),
        (["A1:A2"] * (MAX_MERGED + 1), "STOCK_TOO_MANY_MERGED"),
    ],
    ids=["right-to-left", "upwards", "many"],
)
def test_merged_areas_that_nobody_makes(areas: Sequence[str], code: str) -> None:
    data = with_merged(b'<row r="1"><c><v>1</v></c></row>', *areas)
    assert code_of(lambda: open_workbook(data).sheet()) == code


def test_a_text_that_is_shared_counts_for_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licences.stock.xlsx_reading.MAX_CHARACTERS", 100_000)
    data = book(lambda sheet: sheet.append(["长" * 30_000] * 4))
    assert len(data) < 10_000
    assert code_of(lambda: open_workbook(data).sheet()) == "STOCK_TOO_MUCH_TEXT"
    workbook = open_workbook(book(lambda sheet: sheet.append(["长" * 30_000] * 3)))
    assert len(workbook.sheet().rows) == 1
    assert code_of(workbook.sheet) == "STOCK_TOO_MUCH_TEXT"  # of the file, not of one sheet

    def merge(sheet: Any) -> None:
        sheet.append(["长" * 30_000])
        sheet.merge_cells("A1:D1")

    assert code_of(lambda: open_workbook(book(merge)).sheet()) == "STOCK_TOO_MUCH_TEXT"


def with_shared(text: bytes, rows: bytes) -> bytes:
    """A file whose only shared text is this one."""
    data = with_sheet(rows)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = archive.read(RELATIONS)
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    more = b'<Relationship Id="shared" Type="' + kind + b'" Target="shared.xml"/></Relationships>'
    shared = b"<sst " + NAMESPACE + b"><si><t>" + text + b"</t></si></sst>"
    return repacked(data, {RELATIONS: relations.replace(b"</Relationships>", more), "xl/shared.xml": shared})


def test_a_small_file_does_not_fill_the_memory() -> None:
    data = with_shared(b"a" * 32_000, b'<row><c t="s"><v>0</v></c></row>' * 6_000)
    assert len(data) < 20_000 < limits.MAX_CHARACTERS < 6_000 * 32_000
    assert code_of(lambda: open_workbook(data).sheet()) == "STOCK_TOO_MUCH_TEXT"


# Marks of two classes in turn; the last pair only becomes marks when it is taken apart.
@pytest.mark.parametrize("pair", ["\u0315\u0300", "\u0f73\u0f73", "\uff9e\u0300"], ids=["plain", "apart", "narrow"])
def test_stacked_marks_are_no_text(pair: str) -> None:
    fine, stacked = "甲" * 100 + pair * (MAX_MARKS // 2), "甲" * 100 + pair * (MAX_MARKS // 2 + 1)
    assert texts(read_csv(fine.encode())) == [[fine]]
    assert code_of(lambda: read_csv(stacked.encode())) == "STOCK_MARKS_STACKED"
    assert texts(open_workbook(book(lambda sheet: sheet.append([fine]))).sheet()) == [[fine]]
    assert code_of(lambda: open_workbook(book(lambda sheet: sheet.append([stacked]))).sheet()) == "STOCK_MARKS_STACKED"
    shared = with_shared(stacked.encode(), b'<row><c t="s"><v>0</v></c></row>')
    assert code_of(lambda: open_workbook(shared).sheet()) == "STOCK_MARKS_STACKED"


def test_number_formats_take_no_time() -> None:
    begun = time.process_time()
    assert not is_day_format("[" * 200_000)
    assert time.process_time() - begun < 2

    def fill(sheet: Any) -> None:
        sheet.append([1])
        sheet["A1"].number_format = "0" * (MAX_FORMAT_CHARACTERS + 1)

    assert code_of(lambda: open_workbook(book(fill)).sheet()) == "STOCK_FILE_DAMAGED"


def test_other_files() -> None:
    assert code_of(lambda: open_workbook(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))) == "STOCK_FILE_LOCKED"
    assert code_of(lambda: open_workbook(b"PK\x03\x04 and nothing")) == "STOCK_FILE_DAMAGED"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", b"")
    assert code_of(lambda: open_workbook(content.getvalue())) == "STOCK_FILE_DAMAGED"


GOOD = book(lambda sheet: [sheet.append([f"单元格 {n}", n, datetime(2020, 1, 5)]) for n in range(5)] and None)


@settings(max_examples=40)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_workbooks_are_refused_or_read(place: int, damage: bytes) -> None:
    data = GOOD[:place] + damage + GOOD[place + len(damage) :]
    try:
        open_workbook(data).sheet()
    except StockFileError:
        pass
