"""Ten thousand rows with three faults in a hundred; two hundred kills while rows are converted."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from stock_register import MAPPING, Register, make_register

from api.home import open_home
from api.wiring import Services
from esign import structured_from_bytes
from licences import RowState, normal_number

ELICENCE = [sys.executable, "-P", "-c", "from api.cli import main; exit(main())"]
ROWS, FAULTS = 10_000, 300
KILLED_ROWS, KILLS = 1_500, 200


def command(folder: Path, *words: str) -> list[str]:
    return [
        *ELICENCE, "--home", str(folder / "home"), "convert", "--type", "pesticide-business",
        str(folder / "register.csv"), "--map", str(folder / "map.toml"), "--json", *words,
    ]  # fmt: skip


def lay_out(folder: Path, register: Register) -> None:
    (folder / "register.csv").write_bytes(register.csv())
    (folder / "map.toml").write_text(MAPPING, "utf-8")
    subprocess.run([*ELICENCE, "--home", folder / "home", "init"], check=True, capture_output=True)


def check_store(folder: Path, register: Register, batch: str) -> Counter[RowState]:
    """Every row that has no fault is one licence, with its number; there is no other."""
    services = Services(open_home(folder / "home"))
    wanted, found, states = register.numbers, {}, Counter[RowState]()
    for outcome in services.conversions.outcomes(batch):
        states[outcome.state] += 1
        codes = {one.code for one in outcome.findings if one.grave}
        assert codes == ({register.faults[outcome.line]} if outcome.line in register.faults else set())
        if outcome.identifier:
            record = services.store.get(outcome.identifier)
            structured = structured_from_bytes(services.store.file(record, "json"))
            assert structured.origin.kind == "digitised"
            found[outcome.line] = structured.number
    assert found.keys() == wanted.keys()
    for line, number in wanted.items():
        assert normal_number(found[line]) == normal_number(number.strip())
    with sqlite3.connect(folder / "home" / "elicence.db") as database:
        assert database.execute("SELECT count(*) FROM licences").fetchone() == (len(wanted),)
    return states


@pytest.mark.soak
def test_ten_thousand_rows(tmp_path: Path) -> None:
    register = make_register(ROWS, faults=FAULTS)
    lay_out(tmp_path, register)
    begun = time.monotonic()
    done = subprocess.run(command(tmp_path, "--workers", "2"), capture_output=True, text=True, check=False)
    assert done.returncode == 65, done.stderr[-2000:]
    shape = json.loads(done.stdout)
    seconds = time.monotonic() - begun
    states = check_store(tmp_path, register, shape["id"])
    assert states[RowState.REFUSED] == len(register.faults) >= FAULTS
    print(f"\n{ROWS} rows, {len(register.faults)} refused, {seconds:.0f} s, {ROWS / seconds:.1f} rows/s; {states}")
    again = subprocess.run(command(tmp_path, "--workers", "2"), capture_output=True, text=True, check=False)
    assert check_store(tmp_path, register, json.loads(again.stdout)["id"])[RowState.CONVERTED] == 0


@pytest.mark.soak
def test_two_hundred_kills(tmp_path: Path) -> None:
    chance = random.Random(20261122)  # noqa: S311 — moments to kill at, no secrets
    manners, states, rounds = Counter[str](), Counter[RowState](), 0
    while manners.total() < KILLS:
        folder = tmp_path / str(rounds)
        folder.mkdir()
        register = make_register(KILLED_ROWS, faults=KILLED_ROWS // 33, seed=rounds, first=rounds * KILLED_ROWS)
        lay_out(folder, register)
        while manners.total() < KILLS and kill_while_converting(folder, chance, manners):
            pass
        last = subprocess.run(
            command(folder, "--resume", "--workers", "2"), capture_output=True, text=True, check=False
        )
        assert last.returncode == 65, last.stderr[-2000:]
        states += check_store(folder, register, json.loads(last.stdout)["id"])
        rounds += 1
        print(f"\n{manners.total()} kills so far {dict(manners)}", flush=True)
    print(f"\n{manners.total()} kills {dict(manners)} in {rounds} registers; {states}")


def kill_while_converting(folder: Path, chance: random.Random, manners: Counter[str]) -> bool:
    """Start it, kill workers now and then, and in the end all of it; False when it was done before.

    Mostly while rows are converted: three in four kills wait for the first new licence.
    """
    before = issued(folder)
    process = subprocess.Popen(
        command(folder, "--workers", "2", "--resume"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + chance.uniform(0.2, 6)
    early = chance.random() < 0.25
    while time.monotonic() < deadline if early else issued(folder) == before:
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    for _ in range(chance.randrange(3)):
        time.sleep(chance.uniform(0, 0.3))
        manners["worker"] += kill_worker(process.pid, chance)
    time.sleep(chance.uniform(0, 0.5))
    if process.poll() is not None:
        return False
    manner = chance.choice(["parent", "all"])
    if manner == "parent":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    manners[manner] += 1
    return True


def issued(folder: Path) -> int:
    with sqlite3.connect(folder / "home" / "elicence.db") as database:
        return int(database.execute("SELECT count(*) FROM licences").fetchone()[0])


def kill_worker(parent: int, chance: random.Random) -> bool:
    try:
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
        found = [int(one) for task in tasks for one in (task / "children").read_text().split()]
        if not found:
            return False
        os.kill(chance.choice(found), signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True
