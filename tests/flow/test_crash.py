"""A process that is killed at any moment leaves licences that are whole, or nothing that counts."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from elicence_process import Running, run

from api.home import Home, ensure_home
from api.output import file_name
from api.protection_keys import protection_of
from api.wiring import Services
from keys import hmac_bytes
from licences import Record, parse_identifier
from verify import Outcome

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
DOCUMENT = json.loads((ROOT / "fixtures/paper/pesticide-business-2.json").read_text("utf-8"))
HOLDER = ("001", "92990101MA0TERT59H")
KILLS, COMMAND_KILLS = 8, 4
FILE_KINDS = ("pdf", "json", "p7s")

# Issues case after case under keys of their own, as an approval system that retries would, until it is killed or told
# to end. It says when it begins and when a case is done.
PROGRAM = """
import itertools, json, sys
from datetime import datetime
from pathlib import Path
from api.home import open_home
from api.wiring import Services
office = Services(open_home(Path(sys.argv[1])))
document, at, cases = json.loads(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), int(sys.argv[4])
issuers = {seal: office.issuer_for(seal) for seal in ("sm2", "rsa")}
print("begin", flush=True)
for number in range(cases):
    data = document["data"] | {"certificateNumber": f"农药经许(赣)9901018{number:04d}"}
    seal = ("sm2", "rsa")[number % 2]
    issued = issuers[seal].issue(document["type"], data, algorithm=seal, at=at, idempotency_key=f"case {number}")
    print("replayed" if issued.replayed else "issued", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return ensure_home(tmp_path / "home", public_url="http://127.0.0.1:8000", at=AT, random=os.urandom)[0]


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261121)  # noqa: S311 — moments to kill at, no secrets


def start(home: Home, cases: int) -> Running:
    return Running(str(home.path), json.dumps(DOCUMENT), AT.isoformat(), str(cases), code=PROGRAM, text=True)


def check_store(home: Home) -> tuple[Record, ...]:
    """Whatever is in the store is whole and genuine, and no file has a name that its content does not deserve."""
    office = Services(home)
    records = office.store.of_holder(*HOLDER)
    for record in records:
        pdf, data, signature = (office.store.file(record, kind) for kind in FILE_KINDS)
        assert office.verifier.verify_file(pdf, at=AT).verdict is Outcome.PASSED
        assert office.verifier.verify_file(data, signature=signature, at=AT).verdict is Outcome.PASSED
        assert len(office.store.events(record.identifier)) == 1
    protection = protection_of(home)
    for path in named_files(home.files):
        name = path.parent.name + path.name
        content = protection.reveal(path.read_bytes(), context=f"file:{name}")
        assert hmac_bytes("sm3", home.index_key(), f"file:{sha256(content).hexdigest()}".encode()).hex() == name
    return records


def named_files(folder: Path) -> Iterator[Path]:
    """Files that are not hidden, nor in a hidden folder."""
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def test_killed_while_it_issues_one_licence_after_the_other(home: Home, chance: random.Random) -> None:
    issued = between = 0
    longest = 0.03  # seconds that one licence takes, until a longer one was seen
    for _ in range(KILLS):
        process = start(home, cases=10_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n", process.communicate()[1]
        for _ in range(issued):
            assert process.stdout.readline() == "replayed\n"
        begun = time.monotonic()
        if chance.random() < 0.7:  # else the first one after the start, where fonts are prepared
            assert process.stdout.readline() == "issued\n"
            longest = max(longest, min(time.monotonic() - begun, 0.3))
        time.sleep(chance.random() * longest)
        assert process.poll() is None, process.communicate()[1]
        process.kill()
        process.communicate(timeout=30)
        between += issued > 0
        # The last licence may have been kept without having been reported.
        records = check_store(home)
        assert len(records) >= issued
        issued = len(records)
    assert between >= KILLS - 3
    last = issued + 1
    answer, complaint = start(home, cases=last).communicate(timeout=120)
    assert answer.split() == ["begin", *["replayed"] * issued, "issued"], complaint
    assert sorted(record.number for record in check_store(home)) == [
        f"农药经许(赣)9901018{number:04d}" for number in range(last)
    ]


def visible_names(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if not name.startswith(".")]


def wait_for(process: Running, done: Callable[[], bool]) -> None:
    """Wait for what the process does, and not for one that has ended without doing it."""
    while True:
        ended = process.poll() is not None
        if done():
            return
        assert not ended, process.communicate()
        time.sleep(0.001)


def test_the_command_killed_while_it_writes_its_files(home: Home, tmp_path: Path, chance: random.Random) -> None:
    folder, paper = tmp_path / "out", tmp_path / "paper.json"
    folder.mkdir()
    complete: set[str] = set()
    longest = 0.0
    for kill in range(COMMAND_KILLS + 1):
        number = f"农药经许(赣)9901018{kill:04d}"
        paper.write_text(json.dumps(DOCUMENT | {"data": DOCUMENT["data"] | {"certificateNumber": number}}), "utf-8")
        command = (
            "--home", home.path, "issue", "--data", paper, "--out", folder, "--idempotency-key", number, "--json"
        )  # fmt: skip
        before = set(os.listdir(folder))
        process = Running(*command)
        # With its first file the interesting part begins.
        wait_for(process, lambda before=before: set(os.listdir(folder)) != before)
        begun = time.monotonic()
        if kill == 0:  # once to the end, to know how long that part is
            wait_for(process, lambda: len(visible_names(folder)) == len(FILE_KINDS))
            longest = 1.2 * (time.monotonic() - begun)
        else:
            time.sleep(chance.random() * longest)
            process.kill()
        process.communicate(timeout=60)
        check_store(home)
        found = check_folder(folder, home)
        assert found >= complete
        run(*command, check=True)
        complete = check_folder(folder, home)
        assert complete >= found
        assert len(complete) == kill + 1
        assert len(check_store(home)) == kill + 1


def check_folder(folder: Path, home: Home) -> set[str]:
    """Give the licences whose files lie in the folder: each whole, of a licence that is in the store, and the PDF last.

    Three files cannot get their names in one instant: between them a set lacks the PDF.
    """
    store = Services(home).store
    names = {path.name for path in named_files(folder)}
    complete = set()
    for name in names:
        identifier = str(parse_identifier(name.removesuffix(".p7s").rpartition(".")[0]))
        record = store.get(identifier)  # raises for a file whose licence is not in the store
        expected = {file_name(identifier, kind): kind for kind in FILE_KINDS}
        assert (folder / name).read_bytes() == store.file(record, expected[name])
        if file_name(identifier, "pdf") in names:
            assert names >= expected.keys()
            complete.add(identifier)
    return complete
