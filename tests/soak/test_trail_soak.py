"""A million entries of the trail are checked within a minute of one processor, and one edited among them is found."""

import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from licences import SqlTrailChain, trail_rows, upgrade
from licences.access import Purpose
from licences.sql.trail_store import entry_row
from licences.supervision import (
    SignedEnd,
    TrailEntry,
    TrailKind,
    TrailReport,
    check_trail,
    checkpoint_from,
    checkpoint_text,
    entry_mark,
    instant_text,
)

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ENTRIES = 1_000_000
SECONDS = 60
"""Of one processor: what else the machine does is not counted."""
PURPOSE = Purpose(
    office="样例县农业农村局", officer="clerk07", item_name="农药经营许可", item_code="000120103000",
    case_number="2026-1122-001", reason="核对申请材料",
)  # fmt: skip


def entry(number: int) -> TrailEntry:
    return TrailEntry(
        kind=TrailKind.READ, at=AT, done=True, client="hall-7",
        office="样例县农业农村局", office_code="1199010000000102XM", type_slug="pesticide-business", region="990100",
        identifier=f"1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.{number:020d}.001.X", purpose=PURPOSE,
    )  # fmt: skip


ROW = entry_row(KEY, 0, entry(0))
INSERT = f"INSERT INTO trail_entries ({', '.join(ROW)}) VALUES ({', '.join('?' * len(ROW))})"  # noqa: S608


def row_of(number: int) -> tuple[object, ...]:
    """What `entry_row` gives, a few times faster."""
    identifier = f"1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.{number:020d}.001.X"
    content = str(ROW["content"]).replace(str(ROW["identifier"]), identifier)
    own = {"sequence": number, "content": content, "identifier": identifier, "mark": entry_mark(KEY, number, content)}
    return tuple((ROW | own | {"at": instant_text(AT)}).values())


@pytest.mark.soak
def test_a_million_entries(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/licences.db"
    upgrade(url)
    database = sqlite3.connect(tmp_path / "licences.db")
    with database:
        database.executemany(INSERT, map(row_of, range(1, ENTRIES + 1)))
    chain = SqlTrailChain(url, KEY)
    began, now, more = time.process_time(), AT, True
    while more:
        now += timedelta(seconds=1)
        more = chain.chain(now).more
    chained = time.process_time() - began
    newest = chain.state().newest
    assert newest is not None
    end = SignedEnd(
        batch=newest.number, statement=checkpoint_from(checkpoint_text(newest, now)), fault="", place="test"
    )

    def checked() -> tuple[TrailReport, float]:
        began = time.process_time()
        with trail_rows(url) as rows:
            return check_trail(rows, KEY, [end], reached=newest), time.process_time() - began

    report, seconds = checked()
    assert (report.faults, report.entries, report.signed) == ([], ENTRIES, ENTRIES)
    with database:
        database.execute(
            "UPDATE trail_entries SET content = replace(content, 'clerk07', 'clerk08') WHERE sequence = 654321"
        )
    again, seconds_again = checked()
    assert [(one.kind.value, one.first) for one in again.faults] == [("ENTRY_CHANGED", 654321)]
    database.close()
    chain.close()
    print(json.dumps({"chained": round(chained, 1), "checked": round(seconds, 1), "found": round(seconds_again, 1)}))
    assert seconds < SECONDS
