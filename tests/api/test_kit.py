"""The counter kit: it checks licences with nothing but itself, holds nothing private, and says how old it is."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from verify import check_at_counter
from verify.counter_lines import code_in, is_next_input, path_in

if TYPE_CHECKING:
    from running import Elicence

# Neither the environment nor an installed library may be what makes it work.
_ALONE: Mapping[str, str] = {"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8"}
_NO_NETWORK = ["unshare", "-rn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A kit, and the home that it was made from."""

    folder: Path
    elicence: Elicence
    pdf: Path
    code: str
    identifier: str
    holder: tuple[str, str]

    def check(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        offline = _NO_NETWORK if subprocess.run([*_NO_NETWORK, "true"], check=False).returncode == 0 else []
        command = [*offline, str(self.folder / "check"), *map(str, words)]
        done = subprocess.run(
            command, env=_ALONE, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def made(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("kit")
    elicence = running.copy_home(full_home, folder / "home")
    # Somebody has left a private key where only certificates belong; one beside a certificate is refused by `keys`.
    shutil.copyfile(elicence.home / "keys" / "rsa-seal.key.pem", elicence.home / "trust" / "notes.txt")
    document = running.changed("water-abstraction-1", certificateNumber="D990101G2026-0901")
    issued = elicence.issue(document, "--out", folder / "out")
    assert elicence("status-list", "make").code == 0
    done = elicence("kit", folder / "kit", "--json")
    assert done.code == 0, done.out + done.err
    shape = done.json()
    assert (shape["anchors"], shape["status_lists"], shape["signed"]) == (2, 1, True)
    return Made(
        folder=folder / "kit",
        elicence=elicence,
        pdf=Path(issued["files"]["pdf"]["path"]),
        code=issued["verify_url"],
        identifier=issued["identifier"],
        holder=(document["data"]["certificateHolderName"], document["data"]["certificateHolderCode"]),
    )


def test_it_needs_nothing_but_itself(made: Made, tmp_path: Path) -> None:
    passed = made.check(made.pdf)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "通过  PASSED" in passed.stdout
    assert "签名的状态列表，截至" in passed.stdout
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(made.pdf.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    # The picture and the PDF of others are read in processes of their own, which must find the libraries, too.
    picture = tmp_path / "face"
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-singlefile", made.pdf, picture], check=True)
    other = tmp_path / "other.pdf"
    other.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    refused = made.check(made.code, f"{picture}.png", forged, other)
    assert (refused.returncode, refused.stdout.count("[HOLDER_NOT_CHECKED]")) == (1, 2), refused.stdout
    assert refused.stdout.count("不通过") == 2


def test_the_worst_answer_is_the_exit_code(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def check(*words: str | Path) -> tuple[int, str]:
        code = check_at_counter([*map(str, words)], clock=lambda: datetime.now(UTC), kit=made.folder)
        return code, capsys.readouterr().out

    for words, code in (((made.code,), 2), ((made.pdf, made.code), 2), ((made.pdf, tmp_path / "missing.pdf"), 66)):
        assert check(*words)[0] == code, words
    assert "文件自称" not in check(made.pdf)[1]
    # What nobody has confirmed is not shown as if it were so.
    code, said = check("--trust", tmp_path, made.pdf)
    command = made.elicence("verify", made.pdf, "--offline", "--trust", tmp_path).out
    assert (code, *(text.count("文件自称（未经证实）") for text in (said, command))) == (2, 1, 1)


def test_it_holds_nothing_private(made: Made) -> None:
    home, kit = made.elicence.home, made.folder
    private = [path for path in (*(home / "keys").iterdir(), home / "index.key", home / "protection.keys")]
    secrets = [path.read_bytes() for path in private if ".key" in path.name]
    secrets += [b"".join(secret.splitlines()[1:-1])[:60] for secret in secrets if b"PRIVATE" in secret]
    secrets += [(home / "elicence.toml").read_bytes(), *(name.encode() for name in made.holder)]
    data = [path for path in kit.rglob("*") if path.is_file() and "lib" not in path.relative_to(kit).parts]
    assert len(secrets) > 10
    for path in data:
        content = path.read_bytes()
        assert b"PRIVATE" not in content or path.name in ("README.txt",), path
        assert not any(secret in content for secret in secrets), path
    assert not (kit / "trust" / "notes.txt").exists()
    names = {path.name.lower() for path in (kit / "lib").iterdir()}
    assert not names & {"licences", "api", "sqlalchemy", "alembic", "fastapi", "starlette", "jinja2", "httpx2"}
    assert not [path for path in (kit / "lib").rglob("*") if path.suffix in (".key", ".p12", ".pfx", ".db", ".toml")]


def test_the_manifest_names_every_file_and_is_signed(made: Made) -> None:
    manifest = json.loads((made.folder / "kit.json").read_bytes())
    found = {
        str(path.relative_to(made.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in made.folder.rglob("*")
        if path.is_file() and path.name not in ("kit.json", "kit.json.p7s")
    }
    assert manifest["files"] == found
    signature = made.folder / "kit.json.p7s"
    done = made.elicence("verify", signature, "--json")
    assert (done.code, done.json()["kind"]) == (0, "cms")


def test_a_clerk_scans_one_after_the_other(made: Made) -> None:
    """Through a terminal: a scanner types full-width, the card is compared and wiped, and the next one follows."""
    counter = Terminal([str(made.folder / "check")])
    try:
        counter.wait_for("> ")
        wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in made.code.lower())
        counter.type(wide)
        assert "无法确定" in counter.wait_for("姓名 name: ")
        counter.type(made.holder[0])
        counter.wait_for("号码 number: ")
        counter.type(made.holder[1][:-1] + "0")
        # Not this person's, or a slip of the hand: asked again.
        said = counter.wait_for("姓名 name: ")
        assert "不通过" in said
        assert "\x1b[1A\x1b[2K\x1b[1A\x1b[2K" in said
        counter.type(made.holder[0])
        counter.wait_for("号码 number: ")
        counter.type("".join(chr(ord(letter) + 0xFEE0) for letter in made.holder[1]))
        assert "PASSED" in counter.wait_for("> ")
        counter.type(f"'{made.pdf}' ")
        assert "PASSED" in counter.wait_for("> ")
        counter.type("ABCD2345EFGH")
        assert "短码只能联网查询" in counter.wait_for("> ")
        counter.type("\x07nonsense\x1b[2J")
        assert "\x1b[2J" not in counter.wait_for("> ").replace("^[[2J", "")
        # The next in the queue is scanned where a name or a number was asked for.
        counter.type(made.code)
        counter.wait_for("姓名 name: ")
        counter.type(wide)
        assert "不通过" not in counter.wait_for("姓名 name: ")
        counter.type(made.holder[0])
        counter.wait_for("号码 number: ")
        counter.type("23456789ABCX")
        assert "不通过" in counter.wait_for("姓名 name: ")
        counter.type(made.holder[0])
        counter.wait_for("号码 number: ")
        counter.type(f"'{made.pdf}'")
        assert "PASSED" in counter.wait_for("> ")
        # Asked once more after a slip, not for ever.
        counter.type(made.code)
        for _ in range(2):
            counter.wait_for("姓名 name: ")
            counter.type("样例")
            counter.wait_for("号码 number: ")
            counter.type("1")
        assert "不通过" in counter.wait_for("> ")
        counter.type(made.code)
        counter.wait_for("姓名 name: ")
        counter.type("2345-6789-ABCX")
        assert "短码只能联网查询" in counter.wait_for("> ")
        counter.type(made.code)
        counter.wait_for("姓名 name: ")
    finally:
        counter.type("ｑ")
        assert counter.close() == 0


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command: list[str]) -> None:
        self._child, self._terminal = pty.fork()
        if self._child == 0:  # pragma: no cover - another process
            os.execve(command[0], command, {**_ALONE})  # noqa: S606 — the program under test

    def type(self, line: str) -> None:
        os.write(self._terminal, line.encode() + b"\n")

    def wait_for(self, prompt: str) -> str:
        found, deadline = b"", time.monotonic() + 60
        while not found.decode(errors="replace").endswith(prompt):
            assert time.monotonic() < deadline, found.decode(errors="replace")
            if select.select([self._terminal], [], [], 1)[0]:
                found += os.read(self._terminal, 1 << 16)
        return found.decode()

    def close(self) -> int:
        deadline = time.monotonic() + 20
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                os.close(self._terminal)
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    os.read(self._terminal, 1 << 16)
                except OSError:
                    continue


def test_the_example_that_embeds_the_library(made: Made, tmp_path: Path) -> None:
    """In a Python that has the libraries of the kit and no others: no database, no web framework, no private key."""
    page = (Path(__file__).parents[2] / "docs/how-to/embed-the-verifier.md").read_text("utf-8")
    example = page.split("<!-- checked: embed -->\n```python\n")[1].split("```")[0]
    assert len([line for line in example.splitlines() if line.strip()]) <= 20
    for name in ("trust", "status"):
        (tmp_path / name).symlink_to(made.folder / name)
    shutil.copyfile(made.pdf, tmp_path / "licence.pdf")
    script = f"import sys; sys.path.insert(0, {str(made.folder / 'lib')!r})\n{example}"
    command = [sys.executable, "-I", "-S", "-B", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=_ALONE, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("passed OK\n证照真实有效。")
    assert "签名的状态列表，截至" in done.stdout
    assert done.stdout.rstrip().endswith("取水许可证 D990101G2026-0901")


def at_the_counter(made: Made, capsys: pytest.CaptureFixture[str], days: int) -> tuple[int, str]:
    """The same in this process, with another clock."""
    now = datetime.now(UTC) + timedelta(days=days)
    code = check_at_counter([str(made.pdf)], clock=lambda: now, kit=made.folder)
    return code, capsys.readouterr().out


def test_old_data_are_said_to_be_old(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = at_the_counter(made, capsys, 0)
    assert (code, "早该更新" in said) == (0, False)
    code, said = at_the_counter(made, capsys, 3)
    assert (code, said.count("早该更新")) == (2, 2)
    code, said = at_the_counter(made, capsys, 31)
    assert (code, said.count("早该更新")) == (2, 3)
    # A clock that is behind, too.
    code, said = at_the_counter(made, capsys, -400)
    assert code == 2
    assert "或本机时钟不准" in said


def test_it_is_renewed(running: ModuleType, made: Made, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    shutil.copytree(made.folder, kit)
    home = running.copy_home(made.elicence.home, tmp_path / "home")
    renewed = Made(**{**{name: getattr(made, name) for name in Made.__slots__}, "folder": kit})
    before = json.loads((kit / "kit.json").read_bytes())
    done = home("revoke", made.identifier, "--ground", "测试", "--decision", "样行审撤〔2026〕1号")
    assert done.code == 0, done.err
    assert home("status-list", "make").code == 0
    assert home("kit", kit).code == 73
    done = home("kit", "--update", kit)
    assert done.code == 0, done.err
    after = json.loads((kit / "kit.json").read_bytes())
    assert {name for name in before["files"].keys() & after["files"].keys() if name.startswith("lib/")} == {
        name for name in before["files"] if name.startswith("lib/")
    }
    said = renewed.check(made.pdf)
    assert (said.returncode, "证照真实，但已" in said.stdout) == (1, True), said.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "kit"]


def test_its_help_is_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        check_at_counter(["--help"], clock=lambda: datetime.now(UTC))
    said = capsys.readouterr().out
    assert "show this help message" not in said
    for words in ("参数 arguments:", "选项 options:", "显示本帮助 show this help"):
        assert words in said, words


def test_what_cannot_become_a_kit(made: Made, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for words, code in (
        (("kit", "--update", tmp_path / "none"), 65),
        (("kit", tmp_path / "kit", "--trust", tmp_path / "none"), 78),
        (("kit", tmp_path / "kit", "--status", tmp_path / "missing"), 66),
        (("kit", tmp_path / "kit", "--status", made.pdf), 65),
        (("kit", "/proc/kit"), 73),
    ):
        done = made.elicence(*words, "--json")
        assert done.code == code, (words, done.out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["none"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("  https://x.example/V/ABC \n", "https://x.example/V/ABC"),
        ("ｈｔｔｐｓ：／／ｘ。ｅｘａｍｐｌｅ／ｖ／ａｂｃ", "https://x.example/v/abc"),
        ("https:、、x.example、v、abc", "https://x.example/v/abc"),
        ("AB CD", "ABCD"),
    ],
)
def test_what_scanners_type(typed: str, code: str) -> None:
    assert code_in(typed) == code


def test_names_are_no_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "张三").touch()
    long = "样例跨境电子商务综合试验区" * 5
    for name in ("", "张三", "样例 Trading (China) Co., Ltd.", long, "Sample International " * 4, "𬱖" * 60):
        assert not is_next_input(name), name
    code = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 4
    for text in (code, f"http://x/v/{code.lower()}", "/missing.pdf", "'/my licence.pdf'", "Q", "ｅｘｉｔ"):
        assert is_next_input(text), text


def test_files_as_they_are_dragged_here(tmp_path: Path) -> None:
    file = tmp_path / "my licence 证照.pdf"
    file.write_bytes(b"x")
    plain = str(file)
    for typed in (plain, f" {plain} ", f"'{plain}'", f'"{plain}"', plain.replace(" ", "\\ "), file.as_uri()):
        assert path_in(typed) == file, typed
    for typed in ("", "'", "nothing", "\0", f"{plain}x", str(tmp_path)):
        assert path_in(typed) is None, typed
