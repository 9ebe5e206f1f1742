"""Backup and restore: a drill on a home that is in use, and every way in which a backup can be bad."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.home import ensure_home, open_home
from api.report_shapes import report_shape
from api.store_settings import StoreSetting
from api.wiring import Services
from licences import StoreUnavailableError

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer
    from running import Elicence

ENV = {"BACKUP_WORDS": "样例 words of a test"}
WORDS = "env:BACKUP_WORDS"


def back_up(elicence: Elicence, folder: Path) -> dict[str, Any]:
    data, keys = folder / "data.elb", folder / "keys.elb"
    done = elicence("backup", "--out", data, "--keys-out", keys, "--passphrase", WORDS, "--json", env=ENV)
    assert done.code == 0, done.err
    return done.json()


def restore(running: Any, home: Path, folder: Path, *more: str | Path, env: dict[str, str] = ENV) -> Any:
    command = ["restore", folder / "data.elb", "--keys", folder / "keys.elb", "--passphrase", WORDS, *more, "--json"]
    return running.Elicence(home)(*command, env=env)


def verdicts(home: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Everything that the verifier says about every licence: its files, and its code.

    The clock stands at `at`, so that two homes are looked at in the same minute: a report names it in words.
    """
    monkeypatch.setattr("api.verifying_services.clock", lambda: at)
    services = Services(open_home(home))
    found: dict[str, object] = {}
    for identifier in identifiers(services):
        record = services.store.get(identifier)
        structured, signature = (services.store.file(record, kind) for kind in ("json", "p7s"))
        for name, report in (
            *(
                (kind, services.verifier.verify_file(services.store.file(record, kind), at=at))
                for kind in record.files
                if kind not in ("json", "p7s")
            ),
            ("json", services.verifier.verify_file(structured, signature=signature, at=at)),
            ("code", services.verifier.verify_code(record.code, at=at)),
        ):
            found[f"{identifier} {name}"] = report_shape(report, services.catalogue, full=True)
    return found


def differences(place: str, one: object, other: object) -> Iterator[str]:
    """What is not the same in two answers, each with its place."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name, value in one.items():
            yield from differences(f"{place}/{name}", value, other[name])
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        for number, (value, beside) in enumerate(zip(one, other, strict=True)):
            yield from differences(f"{place}/{number}", value, beside)
    elif one != other:
        yield f"{place}: {one!r} and {other!r}"


def identifiers(services: Services) -> list[str]:
    with sqlite3.connect(services.home.path / "elicence.db") as connection:
        return [row[0] for row in connection.execute("SELECT identifier FROM licences ORDER BY identifier")]


def test_a_drill(running: Any, stocked: Elicence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = json.loads((running.SAMPLES / "pesticide-business-1.json").read_text("utf-8"))
    services = Services(open_home(stocked.home))
    numbered = iter(range(1000))
    stop = threading.Event()

    def issue(key: str) -> str:
        data = one["data"] | {"certificateNumber": f"农药经许(赣)9901019{next(numbered):04d}"}
        issuer = services.issuer_for("sm2")
        return issuer.issue(
            one["type"], data, algorithm="sm2", at=datetime.now(UTC), idempotency_key=key
        ).record.identifier

    before = [issue("before the backup"), issue("another")]
    assert stocked("revoke", before[1], "--ground", "测试", "--decision", "样罚〔2026〕1号").code == 0
    assert stocked("audit", "checkpoint").code == 0

    def go_on() -> None:
        while not stop.is_set():
            issue(f"meanwhile {next(numbered)}")

    busy = threading.Thread(target=go_on)
    busy.start()
    try:
        made = back_up(stocked, tmp_path)
    finally:
        stop.set()
        busy.join()
    assert made["missing"] == []

    target = tmp_path / "elsewhere"
    done = restore(running, target, tmp_path)
    assert done.code == 0, done.out + done.err
    found = done.json()
    assert found["sound"]
    assert found["files"] >= 3 * (6 + 2)
    assert found["checked"] >= 6 + 2
    assert found["trail_entries"] > 0

    at = datetime.now(UTC) + timedelta(seconds=1)
    old, new = verdicts(stocked.home, at, monkeypatch), verdicts(target, at, monkeypatch)
    assert set(new) <= set(old)
    assert {f"{identifier} pdf" for identifier in before} <= set(new)
    assert len([name for name in new if name.endswith(" ofd")]) == 3
    assert [line for name in new for line in differences(name, old[name], new[name])] == []
    assert new[f"{before[1]} pdf"]["reason"] == "STATUS_REVOKED"  # type: ignore[index]

    # What the caller was promised before holds afterwards: the same key is the same licence.
    services = Services(open_home(target))
    data = one["data"] | {"certificateNumber": "农药经许(赣)99010190000"}
    again = services.issuer_for("sm2").issue(
        one["type"], data, algorithm="sm2", at=at, idempotency_key="before the backup"
    )
    assert again.replayed
    assert again.record.identifier == before[0]


@pytest.fixture(scope="module")
def backup(running: Any, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a home with the six samples; it is only read or copied."""
    folder = tmp_path_factory.mktemp("backup")
    back_up(running.copy_home(full_home, folder / "home"), folder)
    return folder


@pytest.mark.parametrize(
    ("spoiled", "how"),
    [
        ("data.elb", "cut"), ("data.elb", "flip"), ("data.elb", "head"), ("data.elb", "empty"),
        ("keys.elb", "flip"), ("keys.elb", "text"),
    ],
)  # fmt: skip
def test_a_bad_file_restores_nothing(running: Any, backup: Path, tmp_path: Path, spoiled: str, how: str) -> None:
    for name in ("data.elb", "keys.elb"):
        shutil.copy(backup / name, tmp_path / name)
    content = (tmp_path / spoiled).read_bytes()
    middle = len(content) // 2
    bad = {
        "cut": content[:-1],
        "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "head": content.replace(b'"salt": "', b'"salt": "0', 1),
        "empty": b"",
        "text": "这不是备份\n".encode() * 100,
    }[how]
    (tmp_path / spoiled).write_bytes(bad)
    done = restore(running, tmp_path / "target", tmp_path)
    assert done.code == 65
    assert done.json()["error"]["code"] == "BACKUP_UNREADABLE"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.elb", "keys.elb"]


def test_another_passphrase_opens_nothing(running: Any, backup: Path, tmp_path: Path) -> None:
    done = restore(running, tmp_path / "target", backup, env={"BACKUP_WORDS": "others"})
    assert (done.code, done.json()["error"]["code"]) == (65, "BACKUP_UNREADABLE")
    assert not (tmp_path / "target").exists()


def test_the_data_show_nothing_without_the_keys(backup: Path) -> None:
    content = (backup / "data.elb").read_bytes()
    assert b"SQLite" not in content
    assert "样例".encode() not in content
    assert (backup / "data.elb").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(running: Any, stocked: Elicence, backup: Path) -> None:
    before = (stocked.home / "index.key").read_bytes()
    assert restore(running, stocked.home, backup).json()["error"]["code"] == "HOME_UNUSABLE"
    assert (stocked.home / "index.key").read_bytes() == before
    done = stocked("backup", "--out", backup / "data.elb", "--json")
    assert (done.code, done.json()["error"]["code"]) == (73, "CANNOT_WRITE")
    assert not list(stocked.home.glob(".snapshot*"))
    assert not list(backup.glob(".*.part"))


def kept(elicence: Elicence, identifier: str, kind: str) -> Path:
    """Find the file of the store in which a file of a licence is: it bears no name that tells it."""
    store = Services(open_home(elicence.home)).store
    record = store.get(identifier)
    for path in sorted(path for path in (elicence.home / "files").rglob("*") if path.is_file()):
        path.rename(away := elicence.home / "away")
        try:
            store.file(record, kind)
        except StoreUnavailableError:
            return path
        finally:
            away.rename(path)
    raise AssertionError("it is not in the store")


def test_what_was_damaged_before_is_told(running: Any, stocked: Elicence, tmp_path: Path) -> None:
    identifier = next((stocked.home / "issued").glob("*.ofd")).stem
    sealed = kept(stocked, identifier, "ofd")
    victims = sorted(path for path in (stocked.home / "files").rglob("*") if path.is_file() and path != sealed)
    victims[0].unlink()
    content = sealed.read_bytes()
    sealed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = stocked(
        "backup", "--out", tmp_path / "data.elb", "--keys-out", tmp_path / "keys.elb", "--passphrase", WORDS, "--json",
        env=ENV,
    )  # fmt: skip
    assert done.code == 1
    assert len(done.json()["missing"]) == 1
    done = restore(running, tmp_path / "target", tmp_path)
    found = done.json()
    assert done.code == 1
    assert not found["sound"]
    assert len(found["missing"]) == len(found["damaged"]) == 1
    assert identifier in found["not_genuine"]
    assert (tmp_path / "target" / "elicence.toml").is_file()


def test_a_trail_that_was_changed_is_told(running: Any, stocked: Elicence, tmp_path: Path) -> None:
    assert stocked("audit", "checkpoint").code == 0
    with sqlite3.connect(stocked.home / "elicence.db") as connection:
        connection.execute("DELETE FROM trail_entries WHERE sequence = 2")
    back_up(stocked, tmp_path)
    done = restore(running, tmp_path / "target", tmp_path)
    assert done.code == 1
    assert done.json()["trail_faults"] != []


def test_keys_of_another_time_are_told(running: Any, stocked: Elicence, tmp_path: Path) -> None:
    back_up(stocked, tmp_path)
    assert stocked("store", "new-key").code == 0
    (tmp_path / "data.elb").unlink()
    assert stocked("backup", "--out", tmp_path / "data.elb").code == 0
    done = restore(running, tmp_path / "target", tmp_path)
    assert done.code == 1
    assert done.json()["changed_keys"] == ["protection.keys"]


def test_wrong_use(running: Any, fresh: Elicence, tmp_path: Path) -> None:
    assert fresh("backup").code == 64
    assert fresh("backup", "--keys-out", tmp_path / "k").code == 64
    assert restore(running, tmp_path / "target", tmp_path).code == 66


def test_postgresql(
    running: Any, postgresql: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (postgresql.url(postgresql.new_database()) for _ in range(2))
    at = datetime.now(UTC)
    home, _ = ensure_home(
        tmp_path / "home", public_url="http://127.0.0.1:8000", at=at, random=lambda count: b"\7" * count,
        store=StoreSetting(url=old),
    )  # fmt: skip
    sample = json.loads((running.SAMPLES / "pesticide-business-1.json").read_text("utf-8"))
    services = Services(home)
    record = services.issuer_for("sm2").issue(sample["type"], sample["data"], algorithm="sm2", at=at).record
    back_up(running.Elicence(home.path), tmp_path)
    done = restore(running, tmp_path / "refused", tmp_path)
    assert done.json()["error"]["message"]["en"].startswith("the database is not empty")
    done = restore(running, tmp_path / "target", tmp_path, "--store", new)
    assert done.code == 0, done.out + done.err
    restored = Services(open_home(tmp_path / "target"))
    assert restored.home.settings.store == StoreSetting(url=new)
    pdf = services.store.file(record, "pdf")
    monkeypatch.setattr("api.verifying_services.clock", lambda: at)
    reports = [one.verifier.verify_file(pdf, at=at) for one in (services, restored)]
    assert reports[0] == reports[1]
    assert restored.store.get(record.identifier) == record
