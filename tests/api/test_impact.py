"""`elicence impact`: list what a key or a type touched, then do one act to all of it."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import Elicence

WHY = ("--ground", "超越法定职权", "--decision", "样字〔2026〕9号", "--legal-ground", "licensing-69-2")


@pytest.fixture
def full(running: ModuleType, full_home: Path, tmp_path: Path) -> Elicence:
    return running.copy_home(full_home, tmp_path / "home")


def test_everything_under_a_key_is_listed_and_annulled_once(full: Elicence) -> None:
    listed = full("impact", "list", "--key", "sm2-seal", "--json").json()
    by_code = full("impact", "list", "--key", "sm2-code", "--json").json()
    assert (listed["licences"], listed["statuses"]) == (by_code["licences"], {"issued": 3})
    document = json.loads(Path(listed["list"]).read_bytes())
    assert [one["line"] for one in document["licences"]] == [1, 2, 3]

    first = full("impact", "act", listed["list"], "--action", "annul", *WHY, "--json")
    assert (first.code, first.json()["done"], first.json()["earlier"]) == (0, 3, 0)
    again = full("impact", "act", listed["list"], "--action", "annul", *WHY, "--json")
    assert (again.code, again.json()["done"], again.json()["earlier"]) == (0, 0, 3)
    identifier = document["licences"][0]["identifier"]
    verified = full("verify", full.home / "issued" / f"{identifier}.pdf", "--json").json()
    assert (verified["authenticity"], verified["verdict"], verified["status"]["value"]) == (
        "passed",
        "failed",
        "annulled",
    )
    assert full("impact", "list", "--key", "rsa-seal", "--json").json()["statuses"] == {"issued": 3}


def test_what_was_sealed_with_a_bad_key_is_issued_again(full: Elicence) -> None:
    listed = full("impact", "list", "--key", "rsa-seal", "--type", "water-abstraction", "--json").json()
    assert listed["licences"] == 1
    act = ("impact", "act", listed["list"], "--action", "exchange", "--ground", "密钥更换", "--decision", "号")
    done = full(*act, "--seal", "sm2", "--json").json()
    ((old, new),) = done["successors"].items()
    history = full("history", old, "--json").json()
    assert {new, old} <= {one["identifier"] for one in history["versions"]}
    assert full(*act, "--seal", "sm2", "--json").json()["earlier"] == 1


def test_a_list_that_was_changed_or_is_in_work_is_refused(full: Elicence) -> None:
    listed = full("impact", "list", "--from", "2026-01-01", "--json").json()
    path = Path(listed["list"])
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        busy = full("impact", "act", path, "--action", "annul", *WHY, "--json")
    assert (busy.code, busy.json()["error"]["code"]) == (75, "BUSY")
    path.write_bytes(path.read_bytes().replace(b'"line":1', b'"line":9'))
    changed = full("impact", "act", path, "--action", "annul", *WHY, "--json")
    assert (changed.code, changed.json()["error"]["code"]) == (65, "IMPACT_LIST_UNKNOWN")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list",), 64),
        (("list", "--batch", "no-such-batch"), 66),
        (("list", "--key", "no-such-key"), 66),
        (("list", "--key", "sm2-copy"), 64),
        (("list", "--type", "no-such-type"), 65),
        (("act", "no-such-list.json", "--action", "annul", *WHY), 66),
        (("act", "no-such-list.json", "--action", "renew", *WHY), 64),
    ],
    ids=["nothing", "batch", "key", "copy key", "type", "list", "action"],
)
def test_slips_are_told(fresh: Elicence, words: tuple[str, ...], code: int) -> None:
    assert fresh("impact", *words).code == code
