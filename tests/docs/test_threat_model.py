"""The threat model: every threat names tests, and they exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
STRIDE = (
    "Spoofing",
    "Tampering",
    "Repudiation",
    "Information disclosure",
    "Denial of service",
    "Elevation of privilege",
)
_TEST = re.compile(r"`(tests/[a-z_/0-9]+\.py)::(test_[a-z_0-9]+)`")


def rows(word: str) -> list[str]:
    (section,) = re.findall(rf"^## {word} .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    table = [line for line in section.splitlines() if line.startswith("| ")]
    assert table[0] == "| Threat | Against it | Left over | Tests |"
    return table[1:]


@pytest.mark.parametrize("word", STRIDE)
def test_every_threat_names_tests_that_exist(word: str) -> None:
    assert len(rows(word)) > 3
    for row in rows(word):
        assert len(row.split(" | ")) == 4, row
        named = _TEST.findall(row)
        assert named, row
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path}::{name}"


def test_nothing_else_is_called_a_test() -> None:
    assert PAGE.count("`tests/") == len(_TEST.findall(PAGE))
