"""`make install` on a machine that cannot hold us, and the rule about skipped tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("refused", "message"),
    [("version_info", "elicence needs Python 3.11 or newer"), ("venv", "elicence needs Python's venv with pip")],
)
def test_an_unfit_python_gets_one_clear_line(tmp_path: Path, refused: str, message: str) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1 ;; esac\n', encoding="ascii")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", "install", f"PYTHON={python}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    ours, makes = done.stderr.splitlines()
    assert ours.startswith(message)
    assert makes.startswith(("make:", "make["))  # the latter where `make test` runs this
    assert done.stdout == ""
    assert not (tmp_path / ".venv").exists()


def test_missing_system_packages_are_named_in_one_line(tmp_path: Path) -> None:
    for name in ("system-packages", "system-packages.txt"):
        shutil.copy(ROOT / "tests" / name, tmp_path)
    with (tmp_path / "system-packages.txt").open("a", encoding="utf-8") as packages:
        packages.write("nobody-has-this  nobody-has-this\nnor-that  /nowhere/nor-that.jar\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in (
        "dirname",
        "id",
        "sh",
        "openssl",
        "pdfsig",
        "qpdf",
        "softhsm2-util",
        "pkcs11-tool",
        "chromium",
        "javac",
        "node",
        "npm",
        "systemd-analyze",
    ):
        path = shutil.which(tool)
        assert path is not None
        (tools / tool).symlink_to(path)
    done = subprocess.run(
        [tmp_path / "system-packages"],
        env={"PATH": str(tools)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "the tests need these packages (Debian's names): nobody-has-this nor-that\n"


@pytest.mark.parametrize(
    ("skip", "no_skip", "code"),
    [
        ("@pytest.mark.skip\ndef test_two(): pass", "0", 0),
        ("@pytest.mark.skip\ndef test_two(): pass", "1", 1),
        ("pytest.skip('the whole file', allow_module_level=True)", "1", 1),
        ("", "1", 0),
    ],
)
def test_a_skipped_test_fails_the_run_that_asks_for_it(tmp_path: Path, skip: str, no_skip: str, code: int) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "verify").mkdir()
    shutil.copy(ROOT / "tests" / "verify" / "vectors_of_reasons.py", tmp_path / "verify")
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    (tmp_path / "test_two.py").write_text(f"import pytest\n{skip}\ndef test_three(): pass\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "ELICENCE_TESTS_NO_SKIP": no_skip, "PYTHONPATH": str(ROOT / "tests" / "command")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert ("so this run has failed" in done.stdout) == bool(code)
