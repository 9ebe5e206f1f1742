"""Personal data at rest, as whoever looks after an installation sees it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from api.home import open_home
from api.protection_keys import protection_of
from api.wiring import Services
from licences import FileStore

if TYPE_CHECKING:
    from running import Elicence

RING = "protection.keys"


def ring(home: Path) -> list[str]:
    return [line for line in (home / RING).read_text("utf-8").splitlines() if not line.startswith("#")]


def write_ring(home: Path, keys: list[str]) -> None:
    (home / RING).write_text("".join(f"{key}\n" for key in keys), "utf-8")


def check_all(home: Path) -> tuple[int, int]:
    """Read every licence and every file of it; return how many there are."""
    services = Services(open_home(home))
    records = [event.identifier for event in services.store.changes_after(0, 1000) if event.before is None]
    files = 0
    for identifier in records:
        record = services.store.get(identifier)
        assert record.number
        for kind in record.files:
            services.store.file(record, kind)
        files += len(record.files)
    return len(records), files


def test_nothing_at_rest_tells_who_holds_a_licence(running: ModuleType, full_home: Path) -> None:
    kept = [path for path in full_home.rglob("*") if path.is_file() and full_home / "issued" not in path.parents]
    content = b"".join(path.read_bytes() for path in kept)
    for path in sorted(running.SAMPLES.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))["data"]
        for key in ("certificateHolderName", "certificateHolderCode", "certificateNumber"):
            assert data[key].encode() not in content, (path.name, key)


def test_a_new_key_then_everything_under_it_then_the_old_one_goes(running: ModuleType, stocked: Elicence) -> None:
    licences, files = check_all(stocked.home)
    (first,) = ring(stocked.home)
    made = stocked("store", "new-key", "--json")
    assert made.code == 0, made.err
    assert (made.json()["keys"], len(ring(stocked.home)), ring(stocked.home)[1]) == (2, 2, first)
    assert first not in made.out
    assert check_all(stocked.home) == (licences, files)
    done = stocked("store", "reencrypt", "--json")
    assert done.code == 0, done.err
    report = done.json()
    assert report["key"] == made.json()["key"]
    assert report["files"] == {"changed": files, "current": 0, "damaged": []}
    changed = {one["column"]: one["changed"] for one in report["columns"]}
    assert changed["licences.number_protected"] == licences
    assert not (stocked.home / "reencrypt.progress").exists()
    write_ring(stocked.home, ring(stocked.home)[:1])
    assert check_all(stocked.home) == (licences, files)
    again = stocked("store", "reencrypt", "--json").json()
    assert again["files"] == {"changed": 0, "current": files, "damaged": []}


def test_it_goes_on_where_it_was_interrupted(stocked: Elicence) -> None:
    key = stocked("store", "new-key", "--json").json()["key"]
    note = stocked.home / "reencrypt.progress"
    note.write_text(f"{key} ff\n", "ascii")
    resumed = stocked("store", "reencrypt", "--resume", "--json").json()
    assert resumed["files"] == {"changed": 0, "current": 0, "damaged": []}
    note.write_text(f"{'00' * 8} ff\n", "ascii")
    other = stocked("store", "reencrypt", "--resume", "--json").json()
    assert other["files"]["changed"] > 0


def test_files_that_do_not_open_are_named_and_the_exit_code_tells(stocked: Elicence) -> None:
    path = next(path for path in (stocked.home / "files").rglob("*") if path.is_file())
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    stocked("store", "new-key")
    done = stocked("store", "reencrypt", "--json")
    assert done.code == 1
    (name,) = done.json()["files"]["damaged"]
    assert path.name in name
    assert path.name in stocked("store", "reencrypt").out


def test_a_home_of_an_older_program(running: ModuleType, stocked: Elicence) -> None:
    """Its files lie in clear; they are read as before, and encrypted on request."""
    services = Services(open_home(stocked.home))
    plain = FileStore(stocked.home / "files")
    licences, files = check_all(stocked.home)
    for event in services.store.changes_after(0, 1000):
        if event.before is None:
            record = services.store.get(event.identifier)
            for kind in record.files:
                plain.put(services.store.file(record, kind))
    for path in (stocked.home / "files").rglob("*"):
        if path.is_file() and protection_of(open_home(stocked.home)).is_current(path.read_bytes()):
            path.unlink()
    assert check_all(stocked.home) == (licences, files)
    done = stocked("store", "reencrypt", "--json").json()
    assert done["files"]["changed"] == files
    assert check_all(stocked.home) == (licences, files)
    assert all(
        not path.read_bytes().startswith(b"%PDF") for path in (stocked.home / "files").rglob("*") if path.is_file()
    )


def test_a_lost_ring_is_missed_and_not_replaced(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    kept = (stocked.home / RING).read_bytes()
    (stocked.home / RING).unlink()
    person = running.sample("water-abstraction-1")["data"]["certificateHolderCode"]
    done = stocked("holder", "--kind", "111", person, "--json")
    assert (done.code, done.json()["error"]["code"]) == (69, "PROTECTION_KEY_MISSING")
    assert "密钥" in done.json()["error"]["message"]["zh"]
    data = tmp_path / "new.json"
    data.write_text(json.dumps(running.changed("water-abstraction-1", certificateNumber="D990101G2026-0777")), "utf-8")
    issue = stocked("issue", "--data", data, "--json")
    assert issue.code == 69
    refused = stocked("store", "new-key", "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (78, "HOME_UNUSABLE")
    assert not (stocked.home / RING).exists()
    (stocked.home / RING).write_bytes(kept)
    assert all(check_all(stocked.home))


def test_a_damaged_ring_is_told_without_its_keys(stocked: Elicence) -> None:
    key = ring(stocked.home)[0]
    for content in ("", "# 空\n", key[:-1] + "\n", key + "00\n", "x" * 70_000):
        (stocked.home / RING).write_text(content, "utf-8")
        done = stocked("holder", "--kind", "001", "91990100MA0TERT08X", "--json")
        assert (done.code, done.json()["error"]["code"]) == (78, "HOME_UNUSABLE")
        assert key[:-1] not in done.out + done.err


def test_nothing_is_closed_while_older_programs_may_work(
    running: ModuleType, stocked: Elicence, tmp_path: Path
) -> None:
    connection = sqlite3.connect(stocked.home / "elicence.db")
    connection.execute("UPDATE store_schema SET oldest_program = '0002'")
    connection.commit()
    data = tmp_path / "new.json"
    data.write_text(json.dumps(running.changed("water-abstraction-1", certificateNumber="D990101G2026-0778")), "utf-8")
    issued = stocked("issue", "--data", data, "--json").json()
    row = connection.execute("SELECT number FROM licences WHERE identifier = ?", (issued["identifier"],)).fetchone()
    assert row == ("D990101G2026-0778",)
    digest = issued["files"]["json"]["sha256"]
    assert (stocked.home / "files" / digest[:2] / digest[2:]).read_bytes().startswith(b"{")
    waiting = stocked("store", "reencrypt", "--json").json()
    assert waiting["waits_for_post"] is True
    assert waiting["files"]["changed"] == 0
    connection.execute("UPDATE store_schema SET oldest_program = '0010'")
    connection.commit()
    connection.close()
    done = stocked("store", "reencrypt", "--json").json()
    assert done["waits_for_post"] is False
    assert done["files"]["changed"] == 3
    assert {one["column"]: one["changed"] for one in done["columns"]}["licences.number"] == 1
    assert all(check_all(stocked.home))
