"""Handing over upstream from the command line: batches, receipts, the work list, reconciliation, kills."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from keys import hash_bytes

if TYPE_CHECKING:
    from running import Done, Elicence


def collect(elicence: Elicence, *words: str | Path, stdin: bytes | None = None) -> dict[str, Any]:
    done: Done = elicence("collect", *words, "--json", stdin=stdin)
    assert done.code == 0, done.out
    return done.json()


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_batch_its_receipts_and_its_reconciliation(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    out = tmp_path / "out"
    [batch] = collect(stocked, "export", "--out", out)["batches"]
    assert batch["counts"] == {"I": 6, "U": 0, "D": 0}
    content = (out / batch["file"]).read_bytes()
    assert batch["sm3"] == hash_bytes("sm3", content).hex()
    assert json.loads((out / f"{batch['cd_batch']}.manifest.json").read_bytes()) == batch
    assert (out / batch["file"]).stat().st_mode & 0o777 == 0o600
    rows = lines(out / batch["file"])
    holder = running.sample("pesticide-business-1")["data"]
    [row] = [one for one in rows if one["certificate_number"] == holder["certificateNumber"]]
    assert (row["certificate_holder"], row["cd_operation"]) == (holder["certificateHolderName"], "I")
    assert collect(stocked, "export", "--out", out)["batches"] == []

    refusal = {"error_remark": "持证主体代码有误"}
    answers = [one | ({"error_remark": ""} if one is not row else refusal) for one in rows]
    said = "\n".join(json.dumps(one) for one in answers).encode()
    assert collect(stocked, "receipts", "-", stdin=said) == {"taken": 5, "refused": 1}
    [item] = collect(stocked, "worklist")["items"]
    assert (item["identifier"], item["error_remark"]) == (row["certificate_source_id"], "持证主体代码有误")
    [again] = collect(stocked, "repush", row["certificate_source_id"], "--form", "csv", "--out", out)["batches"]
    assert (again["kind"], again["counts"]["I"], again["file"][-4:]) == ("again", 1, ".csv")
    assert collect(stocked, "worklist")["items"] == []
    assert len(collect(stocked, "worklist", "--days", "0")["items"]) == 1

    ours = collect(stocked, "reconcile", "--out", tmp_path / "ours.json")
    assert [one["cd_batch"] for one in ours["ours"]["batches"]] == [batch["cd_batch"], again["cd_batch"]]
    assert ours["ours"]["present"]["rows"] == 6
    theirs = json.loads((tmp_path / "ours.json").read_bytes())
    assert collect(stocked, "reconcile", "--theirs", tmp_path / "ours.json")["differences"] == []
    theirs["batches"][0]["rows"] = 5
    del theirs["batches"][1]
    done = stocked("collect", "reconcile", "--theirs", "-", "--json", stdin=json.dumps(theirs).encode())
    assert done.code == 1
    assert [one["difference"] for one in done.json()["differences"]] == ["rows", "missing"]

    full = collect(stocked, "repush", "--all", "--out", out)["batches"]
    assert [(one["kind"], one["rows"]) for one in full] == [("full", 6)]
    same = collect(stocked, "export", "--batch", batch["cd_batch"], "--out", tmp_path / "second")["batches"]
    assert same == [batch]
    assert (tmp_path / "second" / batch["file"]).read_bytes() == content


def test_what_is_refused(stocked: Elicence, tmp_path: Path) -> None:
    for words, code, name in (
        (("repush", "--out", "x"), 64, "WRONG_USE"),
        (("repush", "--all", "x", "--out", "x"), 64, "WRONG_USE"),
        (("repush", "x", "--out", "x"), 66, "LICENCE_NOT_FOUND"),
        (("export", "--batch", "1", "--out", "x"), 66, "BATCH_NOT_FOUND"),
        (("receipts", str(tmp_path / "none")), 66, "INPUT_NOT_FOUND"),
        (("reconcile", "--day", "heute"), 64, "WRONG_USE"),
    ):
        done = stocked("collect", *words, "--json", folder=tmp_path)
        assert (done.code, done.json()["error"]["code"]) == (code, name)
    for text in (b"[]", b'{"day": "2020-01-01", "batches": [{"cd_batch": "1", "rows": true, "sm3": ""}]}'):
        done = stocked("collect", "reconcile", "--day", "2020-01-01", "--theirs", "-", "--json", stdin=text)
        assert (done.code, done.json()["error"]["code"]) == (65, "INPUT_MALFORMED")


def test_files_that_could_not_be_written_are_written_next_time(stocked: Elicence, tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    failed = stocked("collect", "export", "--out", tmp_path / "taken", "--json")
    assert failed.code == 73
    [batch] = collect(stocked, "export", "--out", tmp_path / "out")["batches"]
    assert batch["counts"]["I"] == 6
    assert batch["cd_batch"].endswith("000001")
    assert collect(stocked, "export", "--out", tmp_path / "out")["batches"] == []


def kill_exports(elicence: Elicence, out: Path, kills: int, issue: Any) -> None:
    """Issue, export and kill; then every act must be in exactly one batch, and every batch whole on the disk."""
    chance = random.Random(0)  # noqa: S311
    for number in range(kills):
        issue(number)
        with elicence.start("collect", "export", "--out", out) as process:
            time.sleep(chance.uniform(0, 0.15))
            process.kill()
    collect(elicence, "export", "--out", out)
    rows = [row for path in out.glob("*.jsonl") for row in lines(path)]
    assert len(rows) == len({row["certificate_source_id"] for row in rows}) == 6 + kills
    manifests = [json.loads(path.read_bytes()) for path in out.glob("*.manifest.json")]
    assert sum(one["rows"] for one in manifests) == len(rows)
    for one in manifests:
        assert one["sm3"] == hash_bytes("sm3", (out / one["file"]).read_bytes()).hex()


def test_killed_exports_lose_and_double_nothing(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    kill_exports(stocked, tmp_path / "out", 2, lambda number: issue(running, stocked, number))


@pytest.mark.soak
def test_a_hundred_killed_exports(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    kill_exports(stocked, tmp_path / "out", 100, lambda number: issue(running, stocked, number))


def issue(running: ModuleType, elicence: Elicence, number: int) -> None:
    document = running.changed("water-abstraction-1", certificateNumber=f"D990101G2026-{8000 + number}")
    elicence.issue(document)
