"""Licences as OFD: on the command line, by the home's setting, and what cannot be one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from api.cli import main
from api.home import open_home
from api.issuing_into import issue_file
from api.wiring import Services

if TYPE_CHECKING:
    from running import Elicence

Command = Callable[..., dict[str, Any]]
DECISION = ("--ground", "样例事由", "--decision", "样水决〔2026〕1号")


@pytest.fixture
def numbered(running: ModuleType, tmp_path: Path) -> Callable[..., Path]:
    """Write paper metadata with another number."""

    def write(number: int, **members: object) -> Path:
        document = running.changed("water-abstraction-1", certificateNumber=f"D990101G2026-{number:04}")
        path = tmp_path / "paper.json"
        path.write_text(json.dumps(document | members), "utf-8")
        return path

    return write


@pytest.fixture
def command(fresh: Elicence, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run commands on one home."""

    def run(*words: object, code: int = 0) -> dict[str, Any]:
        ended = main(["--home", str(fresh.home), *map(str, words), "--json"])
        said = capsys.readouterr()
        assert ended == code, said
        answer: dict[str, Any] = json.loads(said.out)
        return answer

    return run


def setting(elicence: Elicence, line: str) -> None:
    path = elicence.home / "elicence.toml"
    path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")


def endings(files: Iterable[Path]) -> list[str]:
    return sorted(file.suffix for file in files)


def test_the_files_that_were_asked_for_are_handed_out(
    command: Command, numbered: Callable[..., Path], tmp_path: Path
) -> None:
    wanted = ("issue", "--idempotency-key", "one", "--data")
    issued = command(*wanted, numbered(1), "--format", "ofd", "--out", tmp_path / "ofd")
    assert list(issued["files"]) == ["json", "p7s", "ofd"]
    assert endings((tmp_path / "ofd").iterdir()) == [".json", ".ofd", ".p7s"]
    path = Path(issued["files"]["ofd"]["path"])
    assert path.name == f"{issued['identifier']}.ofd"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == issued["files"]["ofd"]["sha256"]
    report = command("verify", path)
    assert (report["kind"], report["verdict"]) == ("ofd", "passed")
    assert "PDF of the same licence" in command("digest", path, code=65)["error"]["message"]["en"]
    again = command(*wanted, numbered(1, format="both"), "--out", tmp_path / "both")
    assert again["replayed"]
    assert endings((tmp_path / "both").iterdir()) == [".json", ".ofd", ".p7s", ".pdf"]
    assert again["files"].keys() == {"pdf", "ofd", "json", "p7s"}
    refused = command(*wanted, numbered(1, format="both"), "--format", "pdf", code=64)
    assert refused["error"]["code"] == "WRONG_USE"
    refused = command(*wanted, numbered(1, format="odf"), code=65)
    assert refused["error"]["code"] == "INPUT_MALFORMED"


def test_what_an_ofd_cannot_bear_is_refused_and_nothing_is_issued(
    command: Command, fresh: Elicence, numbered: Callable[..., Path]
) -> None:
    before = fresh.files()
    rsa = command("issue", "--data", numbered(1), "--seal", "rsa", "--format", "ofd", code=65)
    (fresh.home / "seals" / "sm2.esl").unlink()
    unsealed = command("issue", "--data", numbered(1), "--format", "both", code=65)
    for answer, code in ((rsa, "OFD_NEEDS_SM2"), (unsealed, "OFD_NEEDS_SEAL")):
        (fault,) = answer["error"]["fields"]
        assert (fault["pointer"], fault["code"], fault["message"].keys()) == ("/format", code, {"zh", "en"})
    assert fresh.files() == before


def test_the_home_says_what_is_handed_out(command: Command, fresh: Elicence, numbered: Callable[..., Path]) -> None:
    setting(fresh, 'format = "ofd"')
    services = Services(open_home(fresh.home))

    def files(number: int, seal: str = "sm2", form: str | None = None) -> list[str]:
        answer = issue_file(
            services, data=str(numbered(number)), type_name=None, seal=seal, form=form, joint=None, body=None,
            transferred_from=None, out=None, key=None,
        )  # fmt: skip
        return sorted(answer.shape["files"])  # type: ignore[call-overload, no-any-return]

    assert files(1) == ["json", "ofd", "p7s"]
    # An RSA seal stands on PDFs only: then that is what is handed out.
    assert files(2, "rsa") == files(3, form="pdf") == ["json", "p7s", "pdf"]
    assert endings((fresh.home / "issued").iterdir()).count(".ofd") == 1
    following = command("act", "D990101G2026-0001", "replace-lost", *DECISION)
    assert sorted(following["files"]) == ["json", "ofd", "p7s"]
    (fresh.home / "elicence.toml").write_text('format = "odf"\n', "utf-8")
    assert command("issue", "--data", numbered(4), code=78)["error"]["code"] == "SETTINGS_UNUSABLE"


def test_the_samples_under_sm2_are_both(full_home: Path) -> None:
    found = endings((full_home / "issued").iterdir())
    assert (found.count(".pdf"), found.count(".ofd")) == (6, 3)
