"""The benches replace by name what they time, so something has to run them: here with the least amount."""

import re
import sys
from pathlib import Path
from runpy import run_path

import pytest

FOLDER = Path(__file__).parent


def run_bench(name: str, *arguments: str, patch: pytest.MonkeyPatch, out: pytest.CaptureFixture[str]) -> list[str]:
    """Run it in this process, and give the names of the rows that it printed, each with numbers that may be."""
    patch.setattr(sys, "path", [str(FOLDER), *sys.path])
    run_path(str(FOLDER / name))["main"](arguments)
    rows = re.findall(r"^(\S.*?)((?: +\d+(?:\.\d+)?){2,})$", out.readouterr().out, flags=re.MULTILINE)
    assert all(float(number) > 0 for _, numbers in rows for number in numbers.split())
    return [label for label, _ in rows]


def test_the_bench_of_issuing_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run_bench("issuing.py", "--runs", "1", "--licences", "1", patch=monkeypatch, out=capsys)
    assert rows[:3] == ["sm2", "rsa", "stock rsa"]
    assert sorted(rows[3:]) == [
        "PDF and seal",
        "check",
        "code",
        "convert",
        "digests",
        "face",
        "signature of the structured licence",
        "status place",
        "store",
        "structured licence",
    ]


def test_the_bench_of_ofds_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run_bench("ofd.py", "--runs", "1", "--rounds", "1", "--samples", "1", patch=monkeypatch, out=capsys)
    assert rows == ["OFD: create and seal", "PDF: create and seal, sign the data", "OFD: verify", "PDF: verify"]
