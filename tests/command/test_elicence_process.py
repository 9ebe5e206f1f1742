"""A forked command is what the console script is: same words, streams, signals and ends."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import readers
from elicence_process import PIPE, Running, put_on_path, run
from PIL import Image

from esign.child import ChildLimits, ask_child
from esign.errors import Fault, MalformedError, TooLargeError

SCRIPT = Path(sys.executable).with_name("elicence")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0),
        (("--help",), 0),
        (("issue", "--data"), 64),
        (("seal", "no such word", "--json"), 64),
        ((b"verify", b"caf\xe9.pdf"), 66),
    ],
    ids=["version", "help", "usage", "json", "bytes"],
)
def test_it_says_what_the_script_says(words: tuple[str | bytes, ...], code: int, tmp_path: Path) -> None:
    script = subprocess.run([SCRIPT, *words], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    forked = run(*words, cwd=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (script.returncode, script.stdout, script.stderr)
    assert forked.returncode == code


def test_it_is_a_process_of_its_own(tmp_path: Path) -> None:
    told = "import os, random, sys; print(os.getpid(), os.getcwd(), sorted(os.environ), sys.argv[1:], random.random())"
    with Running("a", "b c", code=told, cwd=tmp_path, env={"ONE": "1"}, text=True) as first:
        said, complaint = first.communicate()
    assert complaint == ""
    pid, folder, *rest = said.split()
    assert int(pid) == first.pid != os.getpid()
    assert folder == str(tmp_path)
    assert " ".join(rest[:-1]) == "['ONE'] ['a', 'b c']"
    again = run("a", "b c", code=told, cwd=tmp_path, env={"ONE": "1"}, text=True).stdout.split()
    assert again[0] != pid
    assert again[-1] != rest[-1]


def test_what_the_script_reads_when_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="PYTHONIOENCODING"):
        run("--version", env={**os.environ, "PYTHONIOENCODING": "ascii"})


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "terminate"])
def test_a_signal_ends_it(number: int) -> None:
    with Running("verify", "-", stdin=PIPE) as process:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(number)
        assert process.wait() == -number
        process.send_signal(number)
    assert not Path(f"/proc/{process.pid}").exists()


def test_ctrl_c_interrupts_it() -> None:
    waiting = """
import sys, time
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7)
"""
    with Running(code=waiting) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
    assert process.returncode == 7


def test_one_that_takes_too_long_is_killed() -> None:
    with Running(code="import time; print('begun', flush=True); time.sleep(60)") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.2)
        assert process.returncode == -signal.SIGKILL


def test_much_goes_through_all_three_streams() -> None:
    copying = "import sys; text = sys.stdin.read(); print(text, end=''); print(text, end='', file=sys.stderr)"
    text = "印章 " * 500_000
    done = run(code=copying, input=text, text=True)
    assert (done.stdout, done.stderr) == (text, text)
    with Running(code=copying, stdin=PIPE, text=True) as process:
        assert process.communicate(text) == (text, text)


def test_it_ends_as_python_does() -> None:
    last = "import atexit, threading, time\natexit.register(print, 'registered')\n"
    last += "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\nprint('main')"
    assert run(code=last, text=True).stdout == "main\nthread\nregistered\n"
    failed = run(code="import sys; sys.exit('no')", text=True)
    assert (failed.returncode, failed.stderr) == (1, "no\n")
    failed = run(code="1 / 0", text=True)
    assert (failed.returncode, failed.stderr.splitlines()[-1]) == (1, "ZeroDivisionError: division by zero")
    with open("/dev/full", "wb") as full, Running(code="print('lost')", stdout=full) as process:
        assert process.wait() == 120


def test_what_it_leaves_open_is_closed(tmp_path: Path) -> None:
    """A database too: what it had written beside itself is gone."""
    careless = """
import sqlite3
file = open("file", "w")
file.write("written")
database = sqlite3.connect("database")
database.execute("PRAGMA journal_mode = wal")
database.execute("CREATE TABLE t (x)")
"""
    assert run(code=careless, cwd=tmp_path, check=True).stderr == b""
    assert (tmp_path / "file").read_text("ascii") == "written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["database", "file"]


def test_a_shell_finds_it(tmp_path: Path) -> None:
    path, descriptor = put_on_path(tmp_path)
    words = ["bash", "-uc", 'elicence --version | cat; elicence verify "$1"', "bash", tmp_path / "no file"]
    done = subprocess.run(
        words, env={"PATH": path}, pass_fds=[descriptor], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 66
    assert done.stdout.startswith("elicence ")
    assert "INPUT_NOT_FOUND" in done.stderr


LIMITS = ChildLimits(cpu_seconds=1, wall_seconds=30, memory_bytes=190 << 20)


def asked(module: str, data: bytes, limits: ChildLimits) -> object:
    try:
        return ask_child(module, data, limits=limits, fault=Fault.FORMAT_PDF)
    except (MalformedError, TooLargeError) as error:
        return str(error)


def test_a_reader_answers_as_a_cold_one_does() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(picture, "PNG")
    impatient = replace(LIMITS, wall_seconds=0.001)
    cases = [
        ("seal_image_reader", picture.getvalue(), LIMITS),
        ("seal_image_reader", b"no picture", LIMITS),
        ("foreign_pdf_reader", b"no PDF", LIMITS),
        ("no_such_reader", b"", LIMITS),
        ("seal_image_reader", picture.getvalue(), impatient),
    ]
    warm = [asked(*case) for case in cases]
    with readers.cold():
        assert [asked(*case) for case in cases] == warm
    assert len(set(map(str, warm))) == 4


def test_a_reader_has_its_limits() -> None:
    huge = b"\x89PNG\r\n\x1a\n" + bytes(400 << 20)
    assert "memory" in str(asked("seal_image_reader", huge, LIMITS))


def test_nothing_is_left_when_the_tests_end() -> None:
    """Not even when they are killed with a command under way."""
    folder = str(Path(__file__).parent)
    tests = f"import sys, time; sys.path.insert(0, {folder!r}); from elicence_process import Running\n"
    tests += "print(Running('verify', '-', stdin=-1).pid, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-P", "-c", tests], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    command = Path(f"/proc/{int(process.stdout.readline())}")
    server = Path("/proc", command.joinpath("stat").read_text().rpartition(")")[2].split()[1])
    assert server.exists()
    process.kill()
    process.communicate(timeout=60)
    for _ in range(6000):
        if not command.exists() and not server.exists():
            break
        time.sleep(0.01)
    assert not command.exists()
    assert not server.exists()
