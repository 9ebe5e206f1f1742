"""Verifying at a counter without a network: a folder of trust, a folder of signed status lists, and nothing else."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from running import Done, Elicence

# Any attempt to reach another machine ends the program, whichever module makes it.
_NO_NETWORK = """
import os, sys
def refuse(event, arguments):
    if event.startswith("socket."):
        os.write(2, f"asked the network: {event}\\n".encode())
        os._exit(99)
sys.addaudithook(refuse)
from api.cli import main
sys.exit(main())
"""


class Kit:
    """What a counter carries: trust and lists."""

    def __init__(self, running: ModuleType, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.trust, self.status = folder / "trust", folder / "status"

    def fetch(self, elicence: Elicence) -> None:
        """Carry over what the authority has published."""
        done = elicence("status-list", "make")
        assert done.code == 0, done.err
        shutil.copytree(elicence.home / "trust", self.trust, dirs_exist_ok=True)
        shutil.copytree(elicence.home / "status", self.status, dirs_exist_ok=True)

    def verify(self, presented: Path | str, *words: str | Path, code: int) -> dict[str, Any]:
        """Verify with this folder alone."""
        nobody = self.running.Elicence(self.folder / "none")
        done = nobody("verify", presented, "--offline", "--trust", self.trust, "--json", *words)
        assert done.code == code, done.out + done.err
        report: dict[str, Any] = done.json()
        return report

    def verify_in_isolation(self, presented: Path | str, *words: str | Path, code: int) -> None:
        """Verify in a program that may not use the network."""
        command = ("--home", self.folder / "none", "verify", presented, "--offline", "--trust", self.trust, "--json")
        done: Done = self.running.program(_NO_NETWORK, *command, *words, folder=self.folder)
        assert done.code == code, done.out + done.err


@pytest.fixture
def kit(running: ModuleType, tmp_path: Path) -> Kit:
    return Kit(running, tmp_path)


def _issued(elicence: Elicence) -> tuple[str, Path]:
    """One of the samples: its identifier and its PDF."""
    pdf = sorted((elicence.home / "issued").glob("*.pdf"))[0]
    return pdf.name.removesuffix(".pdf"), pdf


def test_a_counter_without_a_network_knows_what_was_revoked(stocked: Elicence, kit: Kit, tmp_path: Path) -> None:
    identifier, pdf = _issued(stocked)
    kit.fetch(stocked)
    at_first = datetime.now(UTC)
    passed = kit.verify(pdf, "--status", kit.status, code=0)
    assert (passed["status"]["source"], passed["status"]["value"], passed["kind"]) == ("list", "issued", "pdf")
    assert passed["status"]["next_update"] > passed["status"]["as_of"]
    assert kit.verify(pdf.with_suffix(".json"), "--status", kit.status, code=0)["kind"] == "structured"
    assert kit.verify(pdf, code=2)["reason"] == "STATUS_UNKNOWN"
    kit.verify_in_isolation(pdf, "--status", kit.status, code=0)
    lists = sorted(kit.status.rglob("latest.status"))
    assert kit.verify(lists[0], code=0)["reason"] == "STATUS_LIST_GENUINE"

    time.sleep(1.1)  # lists are dated to the second
    done = stocked("revoke", identifier, "--ground", "违法", "--decision", "样审撤〔2026〕1号")
    assert done.code == 0, done.err
    assert kit.verify(pdf, "--status", kit.status, code=0)["status"]["as_of"] == passed["status"]["as_of"]
    kit.fetch(stocked)
    failed = kit.verify(pdf, "--status", kit.status, code=1)
    assert (failed["reason"], failed["authenticity"]) == ("STATUS_ENDED", "passed")
    then = kit.verify(pdf, "--status", kit.status, "--at", at_first.isoformat(timespec="seconds"), code=0)
    assert then["status"]["as_of"] == passed["status"]["as_of"]


def test_a_code_is_looked_up_offline(stocked: Elicence, kit: Kit, tmp_path: Path) -> None:
    identifier, pdf = _issued(stocked)
    kit.fetch(stocked)
    structured = json.loads(pdf.with_suffix(".json").read_bytes())
    holder = tmp_path / "holder.json"
    first = structured["holders"][0]
    entry = {"name": first["certificateHolderName"], "code": first["certificateHolderCode"]}
    holder.write_text(json.dumps(entry), encoding="utf-8")
    (stored,) = (one for one in _codes(stocked) if one[0] == identifier)
    words = ("--status", kit.status, "--holder", holder)
    assert kit.verify(stored[1], *words, code=0)["status"]["source"] == "list"
    assert set(structured["status"]) == {"list", "index"}


def _codes(elicence: Elicence) -> list[tuple[str, str]]:
    from api.home import open_home
    from api.wiring import Services

    store = Services(open_home(elicence.home)).store
    identifiers = [pdf.name.removesuffix(".pdf") for pdf in (elicence.home / "issued").glob("*.pdf")]
    return [(one, store.get(one).verify_url) for one in identifiers]


def test_the_age_of_the_list_is_printed(stocked: Elicence, kit: Kit) -> None:
    _, pdf = _issued(stocked)
    kit.fetch(stocked)
    done = stocked("verify", pdf, "--offline", "--trust", kit.trust, "--status", kit.status)
    assert done.code == 0, done.out
    assert "签名的状态列表" in done.out
    assert "from a signed status list" in done.out


def test_lists_that_are_not_there_are_66(stocked: Elicence, kit: Kit, tmp_path: Path) -> None:
    _, pdf = _issued(stocked)
    done = stocked("verify", "23456789ABCX", "--offline", "--json")
    assert (done.code, "短码只能联网查询" in done.json()["error"]["message"]["zh"]) == (66, True)
    done = stocked("verify", pdf, "--offline", "--status", tmp_path / "none", "--json")
    assert (done.code, done.json()["error"]["code"]) == (66, "INPUT_NOT_FOUND")
