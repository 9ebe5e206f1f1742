"""What must not stand in any file of the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in pieces, so that this file does not break its own rule.
HOSTS = ["pypi" + ".org", "python" + "hosted", "npm" + "js", "debian" + ".org/debian", "node" + "source.com"]
FOLDERS = ["work", "root", "home", "tmp"]
FORBIDDEN = re.compile(
    "|".join(map(re.escape, HOSTS))
    # An absolute path stands at the start of a word or after file://, not inside a longer path or an address.
    + rf"|(?:(?<![\w.~)}}/-])|(?<=file://))/(?:{'|'.join(FOLDERS)})(?![\w.-])"
)


def _text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def test_no_file_names_a_registry_or_a_machine() -> None:
    files = _text_files()
    assert ROOT / "Makefile" in files
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "index = https://" + HOSTS[0] + "/simple",
        "cd /" + FOLDERS[0] + "/main",
        "see '/" + FOLDERS[1] + "'",
        "file:///" + FOLDERS[3] + "/x",
    ],
)
def test_the_pattern_finds(line: str) -> None:
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize(
    "line", ["api/home.py", "./root/x", "/v/CODE", "a/tmp/b", "/workshop", "https://x.example/home"]
)
def test_the_pattern_leaves_alone(line: str) -> None:
    assert not FORBIDDEN.search(line)
