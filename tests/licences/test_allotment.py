"""Two processes that allot numbers and identifiers at the same time never give one twice."""

from itertools import pairwise
from pathlib import Path

import pytest
from elicence_process import PIPE, Running

ISSUER = "1199010000000102XM"
TYPE_CODE = "11990000000001011Q001"

# A process of its own: it opens the store, waits for the word, and says what it was given.
ALLOT = """
import os, sys, warnings
warnings.simplefilter("error")
from pathlib import Path
from licences import FileStore, SqlStore, make_identifier
folder, count, issuer, kind, *urls = sys.argv[1:]
stores = [SqlStore(url, FileStore(Path(folder)), bytes(32), busy_timeout=60) for url in urls]
for store in stores:
    store.is_ready()
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.readline()
    for _ in range(int(count)):
        print(store.allot_number(issuer, kind, 2026), make_identifier(kind, issuer, os.urandom))
    print(flush=True)
    store.close()
"""


def check(urls: list[str], folder: Path, count: int) -> None:
    """Both processes work through the databases, one after the other and at the same time as each other."""
    runs = []
    for name in ("one", "other"):
        with (folder / name).open("w") as out:
            words = (str(folder), str(count), ISSUER, TYPE_CODE, *urls)
            runs.append(Running(*words, code=ALLOT, stdin=PIPE, stdout=out, text=True))
    for _ in urls:
        for run in runs:
            assert run.stderr is not None
            assert run.stderr.readline() == "ready\n"
        for run in runs:
            assert run.stdin is not None
            run.stdin.write("go\n")
            run.stdin.flush()
    for run in runs:
        assert run.communicate(timeout=3600)[1] == ""
        assert run.returncode == 0
    parts = [(folder / name).read_text("ascii").split("\n\n")[: len(urls)] for name in ("one", "other")]
    for results in zip(*parts, strict=True):
        _check_one([[line.split() for line in result.splitlines()] for result in results], count)


def _check_one(results: list[list[list[str]]], count: int) -> None:
    numbers = [[int(number) for number, _ in result] for result in results]
    assert [len(part) for part in numbers] == [count, count]
    assert all(earlier < later for part in numbers for earlier, later in pairwise(part))
    assert sorted(numbers[0] + numbers[1]) == list(range(1, 2 * count + 1))
    # They did work at the same time: neither had finished before the other began. A few take less than a turn.
    if count > 1000:
        assert numbers[0][-1] > numbers[1][0]
        assert numbers[1][-1] > numbers[0][0]
    assert len({identifier for result in results for _, identifier in result}) == 2 * count


def test_two_processes_never_allot_the_same(home: Path, postgresql_url: str) -> None:
    check([f"sqlite:///{home}/licences.db", postgresql_url], home, 200)


@pytest.mark.soak
def test_two_processes_never_allot_the_same_in_200_000(home: Path, postgresql_url: str) -> None:
    check([f"sqlite:///{home}/licences.db", postgresql_url], home, 100_000)
