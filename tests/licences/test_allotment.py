"""Two processes that allot numbers and identifiers at the same time never give one twice."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ISSUER = "1199010000000102XM"
TYPE_CODE = "11990000000001011Q001"

# A process of its own: it opens the store, waits for the word, and says what it was given.
ALLOT = """
import os, sys
from pathlib import Path
from licences import FileStore, SqlStore, make_identifier
url, folder, count, issuer, kind = sys.argv[1:]
store = SqlStore(url, FileStore(Path(folder)), bytes(32), busy_timeout=60)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(count)):
    print(store.allot_number(issuer, kind, 2026), make_identifier(kind, issuer, os.urandom))
store.close()
"""


def allot_in_two_processes(url: str, folder: Path, count: int) -> list[list[tuple[int, str]]]:
    runs = []
    for name in ("one", "other"):
        with (folder / name).open("w") as out:
            runs.append(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-c", ALLOT, url, str(folder), str(count), ISSUER, TYPE_CODE],
                    stdin=subprocess.PIPE, stdout=out, text=True, cwd=Path(__file__).parents[2],
                )
            )  # fmt: skip
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.close()
    assert [run.wait() for run in runs] == [0, 0]
    results = []
    for name in ("one", "other"):
        lines = (folder / name).read_text("ascii").splitlines()[1:]
        results.append([(int(number), identifier) for number, identifier in (line.split() for line in lines)])
    return results


def check(url: str, folder: Path, count: int) -> None:
    results = allot_in_two_processes(url, folder, count)
    for result in results:
        assert len(result) == count
        assert all(earlier < later for (earlier, _), (later, _) in pairwise(result))
    numbers = [number for result in results for number, _ in result]
    assert sorted(numbers) == list(range(1, 2 * count + 1))
    # They did work at the same time: neither had finished before the other began.
    assert max(results[0])[0] > min(results[1])[0]
    assert max(results[1])[0] > min(results[0])[0]
    assert len({identifier for result in results for _, identifier in result}) == 2 * count


def test_two_processes_never_allot_the_same(database_url: str, tmp_path: Path) -> None:
    check(database_url, tmp_path, 300)


@pytest.mark.soak
def test_two_processes_never_allot_the_same_in_200_000(database_url: str, tmp_path: Path) -> None:
    check(database_url, tmp_path, 100_000)
