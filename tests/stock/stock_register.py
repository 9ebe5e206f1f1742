"""Registers of paper licences as offices have them, with the faults that were put into them."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from openpyxl import Workbook

HEADER = (
    "许可证编号", "经营者名称", "证件类型", "统一社会信用代码", "发证机关", "发证日期", "有效期起", "有效期至",
    "区划代码", "住所", "法定代表人（负责人）", "经营范围", "营业场所", "仓储场所", "备注",
)  # fmt: skip
MAPPING = """
[[historic_issuers]]
name = "样例县农业局"

[values.businessScope]
"农药(不含限制使用农药)" = "农药（限制使用农药除外）"
"""
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_FIRST_DAY = date(2015, 1, 1)


def credit_code(number: int) -> str:
    """A fictional social credit code of region 990101 with its two check characters (GB 11714, GB 32100-2015)."""
    organisation = "MA" + "".join(_ALPHABET[number // 31**place % 31] for place in range(5, -1, -1))
    values = [int(one, 36) for one in organisation]
    check = -sum(value * weight for value, weight in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11
    body = f"92990101{organisation}{'X' if check == 10 else check}"
    total = sum(_ALPHABET.index(one) * weight for one, weight in zip(body, _WEIGHTS, strict=True))
    return body + _ALPHABET[-total % 31]


@dataclass(kw_only=True)
class Register:
    """Rows of cells, and what is wrong with them by their number in the spreadsheet."""

    rows: list[list[Any]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    """Code of the one thing that keeps the row back."""
    twins: set[int] = field(default_factory=set)

    @property
    def numbers(self) -> dict[int, str]:
        """Licence numbers of the rows that are to be converted."""
        return {
            line: str(row[0])
            for line, row in enumerate(self.rows, 2)
            if line not in self.faults and line not in self.twins
        }

    def csv(self, encoding: str = "gb18030") -> bytes:
        """The register as a spreadsheet writes it."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows([["" if cell is None else _as_text(cell) for cell in row] for row in self.rows])
        return text.getvalue().encode(encoding)

    def xlsx(self) -> bytes:
        """The register as openpyxl writes it: days as numbers with a format, codes as texts."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet("台账")
        sheet.append(HEADER)
        for row in self.rows:
            sheet.append(row)
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()


def make_register(count: int, *, faults: int = 0, seed: int = 1, first: int = 0) -> Register:
    """Rows of 农药经营许可证 in every form of typing, numbered from `first`; `faults` of them cannot be converted."""
    chance = random.Random(seed)  # noqa: S311 — a register to try with, no secrets
    faulty = set(chance.sample(range(2, count, 2), faults))  # none beside another: a contradiction takes the next row
    register = Register()
    for index in range(count):
        line = index + 2
        row = _row(first + index, chance)
        if index in faulty:
            register.faults[line] = _spoil(row, chance, register, index)
        register.rows.append(row)
    return register


def _row(index: int, chance: random.Random) -> list[Any]:
    issued = _FIRST_DAY + timedelta(days=chance.randrange(4000))
    try:
        end = issued.replace(year=issued.year + 5) - timedelta(days=1)
    except ValueError:
        end = date(issued.year + 5, 2, 28)
    number = f"农药经许(赣)9901{index:07d}"
    return [
        chance.choice([number, number.replace("(", "（").replace(")", "）"), f" {number}\u00a0"]),
        f"样例县第{index}农资店",
        chance.choice(["001", "统一社会信用代码", "１"]),
        chance.choice([credit_code(index), f"{credit_code(index)} ", credit_code(index).lower()]),
        chance.choice(["样例县行政审批局", "样例县农业局", ""]),
        _typed(issued, chance),
        _typed(issued, chance),
        _typed(end, chance),
        "990101",
        f"样例省样例县城关镇人民路 {index} 号",
        chance.choice(["龚䶮", "张𬱖", "周㛃"]),
        chance.choice(["农药", "农药(限制使用农药除外)", "农药(不含限制使用农药)"]),
        "样例省样例县城关镇\u3000一层",
        "样例县工业园区 3 号仓库",
        chance.choice(["", "=HYPERLINK(1)", "补录"]),
    ]


def _typed(day: date, chance: random.Random) -> object:
    forms: Sequence[object] = (
        datetime(day.year, day.month, day.day),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d}",
    )
    return chance.choice(forms)


def _as_text(cell: object) -> object:
    return f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else cell


def _spoil(row: list[Any], chance: random.Random, register: Register, index: int) -> str:
    """Put one fault into a row; a contradiction keeps the row before back as well."""
    kind = chance.choice(
        ["name", "date", "number", "digits", "scope", "issuer", "end", "formula", "kind", "encoding", "contradiction"]
    )
    match kind:
        case "name":
            row[1] = "  "
            return "REQUIRED"
        case "date":
            row[5] = chance.choice(["2020年13月1日", "20.1.5", "不详"])
            return "DATE_UNREADABLE"
        case "number":
            row[0] = f"农药经许(赣){index}"
            return "NUMBER_MALFORMED"
        case "digits":
            row[3] = "9.90101199003071E+17"
            return "DIGITS_LOST"
        case "scope":
            row[11] = "全部"
            return "NOT_IN_LIST"
        case "issuer":
            row[4] = "样例县水利局"
            return "SEAL_NOT_OF_ISSUER"
        case "end":
            row[6], row[7] = "2020-01-05", "2019-01-04"
            return "END_BEFORE_START"
        case "formula":
            row[9] = "#REF!"
            return "CELL_ERROR"
        case "kind":
            row[2] = "驾驶证"
            return "HOLDER_KIND_UNKNOWN"
        case "encoding":
            row[1] = "样例县锟斤拷农资店"
            return "CHARACTERS_LOST"
        case _:
            row[0] = register.rows[-1][0]
            register.faults[index + 1] = "ROWS_CONTRADICT"
            return "ROWS_CONTRADICT"
