"""The main job: every sample issued with both algorithms, every verdict passed, and the same rows the next time."""

from __future__ import annotations

import json
import shutil
import signal
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from api.settings import load_settings

if TYPE_CHECKING:
    from running import Elicence


def test_the_samples(running: ModuleType, stocked: Elicence) -> None:
    before = stocked.files()
    done = stocked("demo", "--no-serve", "--samples", running.SAMPLES, "--json")
    assert done.code == 0
    rows = done.json()["licences"]
    assert [row["sample"] for row in rows] == sorted(path.name for path in running.SAMPLES.glob("*.json"))
    assert [row["algorithm"] for row in rows] == ["sm2", "rsa"] * 3
    assert {row["verdict"] for row in rows} == {"passed"}
    assert {row["replayed"] for row in rows} == {True}
    assert stocked.files() == before
    assert all((Path(row["file"]) if row["file"][0] == "/" else Path.cwd() / row["file"]).is_file() for row in rows)


def test_the_table_is_the_same_each_time(running: ModuleType, stocked: Elicence) -> None:
    first = stocked("demo", "--no-serve", folder=running.ROOT)
    assert first.code == 0
    assert first.out == stocked("demo", "--no-serve", folder=running.ROOT).out
    lines = first.out.splitlines()
    assert lines[0].startswith("证照 licence")
    assert sum("通过 passed" in line for line in lines) == 6
    assert "样例/测试" in first.out
    person = running.sample("water-abstraction-1")["data"]["certificateHolderName"]
    assert person not in first.out


def test_a_revoked_sample_shows(running: ModuleType, stocked: Elicence) -> None:
    rows = stocked("demo", "--no-serve", "--samples", running.SAMPLES, "--json").json()["licences"]
    assert stocked("revoke", rows[0]["identifier"], "--ground", "x", "--decision", "y").code == 0
    done = stocked("demo", "--no-serve", "--samples", running.SAMPLES, "--json")
    assert done.code == 1
    assert [row["verdict"] for row in done.json()["licences"]] == ["failed"] + ["passed"] * 5


def test_lost_copies_come_back(running: ModuleType, stocked: Elicence) -> None:
    before = stocked.files()
    shutil.rmtree(stocked.home / "issued")
    assert stocked("demo", "--no-serve", "--samples", running.SAMPLES).code == 0
    assert stocked.files() == before


def test_a_bad_sample_is_named(running: ModuleType, tmp_path: Path) -> None:
    document = running.changed("water-abstraction-1", sourceType="海水")
    (tmp_path / "bad.json").write_text(json.dumps(document), "utf-8")
    new = running.Elicence(tmp_path / "home")
    done = new("demo", "--no-serve", "--port", "8137", "--samples", tmp_path)
    assert done.code == 65
    # The home was made all the same, and its codes lead to the port that was asked for.
    assert load_settings(new.home).public_url == "http://127.0.0.1:8137"
    assert "bad.json" in done.err
    assert "/data/sourceType [NOT_IN_LIST]" in done.err


def test_no_samples(fresh: Elicence, tmp_path: Path) -> None:
    done = fresh("demo", "--no-serve", "--json", folder=tmp_path)
    assert (done.code, done.json()["error"]["code"]) == (66, "INPUT_NOT_FOUND")


def test_it_serves_until_ctrl_c(running: ModuleType, stocked: Elicence) -> None:
    process = stocked.start("demo", "--port", "0", cwd=running.ROOT, text=True)
    assert process.stdout is not None
    lines = []
    while not lines or "serving at" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1]
    url = lines[-1].split("serving at: ")[1].partition("（")[0]
    with urllib.request.urlopen(f"{url}/healthz", timeout=60) as answer:  # noqa: S310 - an address of our own
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=running.SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert sum("通过 passed" in line for line in lines) == 6
    said = "".join(lines)
    assert f"clerk desk: {url}/desk" in said
    # The samples' codes were made for the usual port.
    assert "lead to http://127.0.0.1:8000" in said
    assert "use --port 8000" in said
