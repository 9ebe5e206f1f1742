"""Wrong use, help, streams: what a command line owes to people and to scripts."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import elicence_process
import pytest

if TYPE_CHECKING:
    from running import Elicence

WRONG = [
    (),
    ("no-such-command",),
    ("issue",),
    ("issue", "--data"),
    ("issue", "--data", "x.json", "--seal", "dsa"),
    ("issue", "--dat", "x.json"),
    ("verify",),
    ("verify", "a", "b"),
    ("verify", "-", "--at"),
    ("verify", "x", "--nonsense"),
    ("holder", "91990101MA0TERT40P"),
    ("revoke", "1.2.3"),
    ("revoke", "1.2.3", "--ground", "x"),
    ("catalogue",),
    ("catalogue", "no-such-action"),
    ("catalogue", "show"),
    ("serve", "--port", "many"),
    ("serve", "--port", "70000"),
    ("serve", "--host", "no such host"),
]


@pytest.mark.parametrize("words", WRONG)
def test_wrong_use_is_64(running: ModuleType, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = running.Elicence(tmp_path / "home")(*words, "--json")
    assert done.code == 64
    error = done.json()["error"]
    assert error["code"] == "WRONG_USE"
    assert error["message"].keys() == {"zh", "en"}
    assert error["fields"] == []
    assert not list(tmp_path.iterdir())


def test_wrong_use_for_people(fresh: Elicence) -> None:
    done = fresh("issue")
    assert (done.code, done.out) == (64, "")
    assert done.err.startswith("错误  error [WRONG_USE]: 缺少 --data。用法请看 elicence issue --help 。")


def test_a_time_without_offset_is_wrong_use(fresh: Elicence) -> None:
    done = fresh("verify", "-", "--at", "2026-11-21T10:00:00", "--json")
    assert (done.code, done.json()["error"]["code"]) == (64, "WRONG_USE")


def test_what_was_typed_too_much_is_not_repeated(fresh: Elicence) -> None:
    done = fresh("holder", "--kind", "111", "990101199001010010", "990101199001010029", "--json")
    assert done.code == 64
    assert "990101" not in done.out + done.err


def test_help_and_version(fresh: Elicence) -> None:
    done = fresh("--help", script=True)
    assert done.code == 0
    assert "签发一张证照 issue a licence" in done.out
    assert "--idempotency-key" in fresh("issue", "--help").out


def test_options_stand_before_or_after_the_command(tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    first = json.loads(elicence_process.run("--json", "--home", other, "init", check=True).stdout)
    assert first["home"] == other
    again = json.loads(elicence_process.run("init", "--home", other, "--json", check=True).stdout)
    del first["bootstrap"]  # shown once
    assert again == first | {"created": False}


def test_json_is_utf8_everywhere_and_people_get_what_their_terminal_has(fresh: Elicence) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = fresh("catalogue", "show", "water-abstraction", "--json", env=plain, script=True)
    assert done.json()["name"]["zh"] == "取水许可证"
    assert fresh("catalogue", "show", "water-abstraction", env=plain, script=True).code == 0


def test_a_name_that_is_not_utf8(fresh: Elicence) -> None:
    done = fresh("verify", "--json", b"caf\xe9.pdf")
    assert (done.code, done.json()["error"]["code"]) == (66, "INPUT_NOT_FOUND")


def test_a_reader_that_leaves_early(fresh: Elicence) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as nowhere:
        process = fresh.start("catalogue", "show", "water-abstraction", stdout=nowhere)
        _, said = process.communicate()
    assert process.returncode == 128 + 13
    assert said == b""


def test_an_output_that_cannot_be_written(fresh: Elicence) -> None:
    with open("/dev/full", "wb") as full:
        process = fresh.start("catalogue", "show", "water-abstraction", "--json", stdout=full)
        _, said = process.communicate()
    assert process.returncode == 73
    assert b"Traceback" not in said


@pytest.mark.parametrize("name", ["pesticide-business", "water-abstraction", "special-equipment-use"])
def test_the_catalogue_shows_what_must_be_entered(running: ModuleType, fresh: Elicence, name: str) -> None:
    done = fresh("catalogue", "show", name, "--json")
    assert done.code == 0
    shown = done.json()
    assert shown["type"] == name
    assert len(shown["code"]) == 21
    assert {"key", "type", "required", "sample"} <= shown["fields"][0].keys()
    assert fresh("catalogue", "show", shown["code"], "--json").json() == shown
    spoken = fresh("catalogue", "show", name)
    assert all(field["key"] in spoken.out for field in shown["fields"])
    # What the catalogue shows as a sample is accepted.
    assert fresh.issue({"type": name, "data": shown["sample"]})["type"] == name


def test_an_unknown_type_is_refused(fresh: Elicence) -> None:
    done = fresh("catalogue", "show", "driving", "--json")
    assert (done.code, done.json()["error"]["code"]) == (65, "UNKNOWN_TYPE")


def processor_seconds(work: Callable[[], object]) -> float:
    """Take the processor time of a child."""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_it_starts_quickly(running: ModuleType, stocked: Elicence) -> None:
    file = next((stocked.home / "issued").glob("*.pdf"))
    # Seconds depend on the machine and on who else uses it: loading the database library is the yardstick. In turns,
    # so that both meet the same neighbours; the least of each is what it takes when they are quiet.
    turns = [
        (
            processor_seconds(lambda: stocked("verify", file, script=True)),
            processor_seconds(lambda: running.run([sys.executable, "-P", "-c", "import sqlalchemy"])),
        )
        for _ in range(3)
    ]
    used, yardstick = (min(column) for column in zip(*turns, strict=True))
    # Less than three times as much is usual.
    assert used < 5 * yardstick, turns


# Each takes longer to load than most of a verification does; a plain one, of a PDF, has no use for them (ADR 0036).
NEVER_FOR_A_PDF = frozenset(
    {
        "PIL", "alembic", "api.issuing_into", "api.problems", "api.wiring", "cffi", "fastapi", "http.client", "httpx2",
        "jinja2", "joserfc", "licences.access", "licences.issue", "licences.making", "licences.outgoing",
        "licences.sharing", "licences.sql.review_store", "licences.sql.schema", "licences.stock",
        "licences.supervision", "pikepdf", "pycparser", "pydantic", "sqlalchemy.dialects.postgresql", "starlette",
        "uharfbuzz", "uvicorn", "zxingcpp",
    }
)  # fmt: skip


def test_a_verification_loads_what_it_needs(running: ModuleType, stocked: Elicence) -> None:
    file = next((stocked.home / "issued").glob("*.pdf"))
    program = (
        "import contextlib, io, sys; from api.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): code = main(sys.argv[1:])\n"
        "print(code, *sys.modules)"
    )
    words = ["--home", str(stocked.home), "verify", str(file)]
    code, *loaded = running.run([sys.executable, "-P", "-c", program, *words]).out.split()
    assert code == "0"
    assert {"verify.pdf", "sqlalchemy.dialects.sqlite"} < set(loaded)
    assert NEVER_FOR_A_PDF & set(loaded) == set()


def test_ctrl_c_leaves_quietly(running: ModuleType, fresh: Elicence) -> None:
    process = fresh.start("issue", "--data", "-", stdin=elicence_process.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"{")
    process.stdin.flush()
    while fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)) != bytes(4):
        time.sleep(0.01)
    # It has taken the first character and waits for the next.
    process.send_signal(2)
    out, err = process.communicate(timeout=running.SECONDS)
    assert process.returncode == 130
    assert (out, err) == (b"", b"")


def test_the_port_is_taken(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh) as server:
        port = server.url.rpartition(":")[2]
        done = fresh("serve", "--port", port, "--json")
        assert (done.code, done.json()["error"]["code"]) == (69, "UNAVAILABLE")
        assert port in done.json()["error"]["message"]["zh"]
        assert json.loads(done.out)
    assert server.code == 0
