"""The folder of files: what it tells, what it finds again, and a change of keys that is broken off at any moment."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from licences import FileProtection, FileStore, KeyRing, ProtectedDataError, Protection, StoreUnavailableError

OLD, NEW = bytes(range(16)), bytes(range(16, 32))
NAME_KEY = bytes(range(32))


def protected(folder: Path, *keys: bytes) -> FileStore:
    ring = KeyRing.of(keys)
    return FileStore(folder, FileProtection(protection=Protection(lambda: ring, os.urandom), name_key=NAME_KEY))


def files_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_the_folder_tells_neither_content_nor_digest(tmp_path: Path) -> None:
    content = "持证主体 张三 990101199003071237".encode() * 20
    store = protected(tmp_path, NEW)
    digest = store.put(content)
    assert digest == sha256(content).hexdigest()
    (path,) = files_in(tmp_path)
    assert digest not in str(path).replace("/", "")
    assert not any(piece in path.read_bytes() for piece in (b"990101", "张三".encode()))
    assert store.get(digest) == content


def test_one_content_is_kept_once(tmp_path: Path) -> None:
    store = protected(tmp_path, NEW)
    assert store.put(b"content") == store.put(b"content")
    assert len(files_in(tmp_path)) == 1


def test_two_contents_are_not_exchanged_for_each_other(tmp_path: Path) -> None:
    store = protected(tmp_path, NEW)
    digests = [store.put(content) for content in (b"one", b"two")]
    first, second = files_in(tmp_path)
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    for digest in digests:
        with pytest.raises(StoreUnavailableError):
            store.get(digest)


def test_files_of_older_programs_are_found_and_closed(tmp_path: Path) -> None:
    contents = [b"%PDF old", b"", os.urandom(100_000)]
    digests = [FileStore(tmp_path).put(content) for content in contents]
    store = protected(tmp_path, NEW)
    assert [store.get(digest) for digest in digests] == contents
    tallies = list(store.reencrypt())
    assert sum(tally.changed for tally in tallies) == 3
    assert [store.get(digest) for digest in digests] == contents
    assert not any(path.read_bytes() in contents for path in files_in(tmp_path))
    assert len(files_in(tmp_path)) == 3
    with pytest.raises(StoreUnavailableError):
        FileStore(tmp_path).get(digests[0])


def test_files_stay_in_clear_while_older_programs_read_them(tmp_path: Path) -> None:
    ring, answers = KeyRing.of([NEW]), [False]
    guard = FileProtection(
        protection=Protection(lambda: ring, os.urandom), name_key=NAME_KEY, may_close=lambda: answers[-1]
    )
    store = FileStore(tmp_path, guard)
    early = store.put(b"early")
    assert FileStore(tmp_path).get(early) == store.get(early) == b"early"
    answers.append(True)
    late = store.put(b"late")
    assert store.get(late) == b"late"
    with pytest.raises(StoreUnavailableError):
        FileStore(tmp_path).get(late)


def test_all_is_brought_to_the_new_key_and_the_old_one_can_go(tmp_path: Path) -> None:
    digests = [protected(tmp_path, OLD).put(os.urandom(50)) for _ in range(40)]
    both = protected(tmp_path, NEW, OLD)
    late = both.put(b"closed with the new key already")
    tallies = list(both.reencrypt())
    assert (sum(tally.changed for tally in tallies), sum(tally.current for tally in tallies)) == (40, 1)
    only_new = protected(tmp_path, NEW)
    assert all(sha256(only_new.get(digest)).hexdigest() == digest for digest in [*digests, late])
    assert sum(tally.changed for tally in only_new.reencrypt()) == 0


def test_a_broken_off_change_goes_on_behind_the_last_folder(tmp_path: Path) -> None:
    for _ in range(60):
        protected(tmp_path, OLD).put(os.urandom(20))
    both = protected(tmp_path, NEW, OLD)
    work = both.reencrypt()
    done = [next(work) for _ in range(5)]
    work.close()
    rest = list(both.reencrypt(after=done[-1].shard))
    assert all(tally.shard > done[-1].shard for tally in rest)
    assert sum(tally.changed for tally in [*done, *rest]) == 60


def test_what_does_not_open_is_told_and_left(tmp_path: Path) -> None:
    lost, good = protected(tmp_path, bytes(16)).put(b"under a lost key"), protected(tmp_path, OLD).put(b"good")
    plain = FileStore(tmp_path).put(b"plain")
    (tmp_path / plain[:2] / plain[2:]).write_bytes(b"plein")
    before = {path: path.read_bytes() for path in files_in(tmp_path)}
    both = protected(tmp_path, NEW, OLD)
    tallies = list(both.reencrypt())
    damaged = [name for tally in tallies for name in tally.damaged]
    assert len(damaged) == 2
    assert plain in damaged
    assert all((tmp_path / name[:2] / name[2:]).read_bytes() in before.values() for name in damaged)
    assert both.get(good) == b"good"
    for digest, code in ((lost, "PROTECTION_KEY_MISSING"), (plain, "FILE_DAMAGED")):
        with pytest.raises(StoreUnavailableError) as caught:
            both.get(digest)
        assert caught.value.code == code


def test_without_a_key_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ProtectedDataError):
        protected(tmp_path).put(b"content")
    with pytest.raises(ProtectedDataError):
        list(FileStore(tmp_path).reencrypt())
    assert files_in(tmp_path) == []


def test_readers_and_writers_go_on_meanwhile(tmp_path: Path) -> None:
    digests = [FileStore(tmp_path).put(os.urandom(200)) for _ in range(40)]
    both, failures = protected(tmp_path, NEW, OLD), []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                for digest in digests:
                    both.get(digest)
                both.put(digests[0].encode())
            except StoreUnavailableError as error:
                failures.append(error.code)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    list(both.reencrypt())
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []


# It loads the program once and makes a process of its own for each line that names a folder.
REENCRYPT = """
import os, sys
from pathlib import Path
from licences import FileProtection, FileStore, KeyRing, Protection
ring = KeyRing.of([bytes(range(16, 32)), bytes(range(16))])
protection = Protection(lambda: ring, os.urandom)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        store = FileStore(Path(line.strip()), FileProtection(protection=protection, name_key=bytes(range(32))))
        for tally in store.reencrypt():
            pass
        os._exit(0)
    print(child, flush=True)
    print("killed" if os.waitpid(child, 0)[1] == 9 else "finished", flush=True)
"""


@pytest.fixture
def reencrypting() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", REENCRYPT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
    assert process.returncode == 0


def kill_while_it_reencrypts(process: "subprocess.Popen[str]", folder: Path, kills: int, chance: random.Random) -> int:
    """Kill it at most so many times, then let it finish; return how often it died before it was done."""
    assert process.stdin is not None
    assert process.stdout is not None
    folder.mkdir()
    digests = [protected(folder, OLD).put(os.urandom(300)) for _ in range(30)]
    digests += [FileStore(folder).put(os.urandom(300)) for _ in range(30)]
    both, died = protected(folder, NEW, OLD), 0
    for _ in range(kills):
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        child = int(process.stdout.readline())
        time.sleep(chance.uniform(0, 0.02))
        with contextlib.suppress(ProcessLookupError):  # it was done already
            os.kill(child, signal.SIGKILL)
        died += process.stdout.readline() == "killed\n"
        assert all(sha256(both.get(digest)).hexdigest() == digest for digest in digests)
    list(both.reencrypt())
    only_new = protected(folder, NEW)
    assert all(sha256(only_new.get(digest)).hexdigest() == digest for digest in digests)
    return died


def test_killed_at_any_moment_it_loses_nothing(reencrypting: "subprocess.Popen[str]", tmp_path: Path) -> None:
    chances = [random.Random(number) for number in range(8)]  # noqa: S311 - when it is killed is no secret
    # Where each time it was done before the kill came, which a busy machine can bring about, it is tried again.
    assert any(
        kill_while_it_reencrypts(reencrypting, tmp_path / str(run), 5, chance) for run, chance in enumerate(chances)
    )


@pytest.mark.soak
def test_killed_two_hundred_times_it_loses_nothing(reencrypting: "subprocess.Popen[str]", tmp_path: Path) -> None:
    chance, died, runs = random.Random(2), 0, 0  # noqa: S311 - when it is killed is no secret
    while died < 200:
        died += kill_while_it_reencrypts(reencrypting, tmp_path / str(runs), 5, chance)
        runs += 1
    print(f"{died} kills in {runs} stores")
