"""The floors of the house hold, and the tools that watch them bite."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("keys", "esign", "verify", "licences", "api")
BIN = Path(sys.executable).parent


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def copied_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=_all_but_python)
    return folder


def _all_but_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()]


def test_contracts_hold() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("package", "line", "contract"),
    [
        ("keys", "import esign", "keys <- esign"),
        ("esign", "import licences", "keys <- esign"),
        ("verify", "import licences", "keys <- esign"),
        ("licences", "import verify", "keys <- esign"),
        ("licences", "import api", "keys <- esign"),
        ("licences", "import fastapi", "Only api speaks HTTP"),
        ("verify", "import jinja2", "Only api speaks HTTP"),
        ("api", "import sqlalchemy", "Only licences knows SQL"),
        ("esign", "from cffi import FFI", "Only keys calls a C library"),
        ("keys", "import gmssl", "Witnesses stay in the tests"),
        ("esign", "def late():\n    import pyhanko.sign", "Witnesses stay in the tests"),
        ("verify", "from keys import pure\nimport gmalg", "Witnesses stay in the tests"),
        ("esign", "import pikepdf", "Only the child that reads others' PDFs imports pikepdf"),
        ("api", "def late():\n    from pikepdf import Pdf", "Only the child that reads others' PDFs imports pikepdf"),
        ("verify", "import httpx2", "One place calls other machines"),
        ("keys", "def late():\n    import httpx2", "One place calls other machines"),
    ],
)
def test_contracts_bite(copied_sources: Path, package: str, line: str, contract: str) -> None:
    intruder = copied_sources / package / "intruder.py"
    intruder.write_text(line + "\n", encoding="utf-8")
    try:
        done = _lint_imports(copied_sources)
    finally:
        intruder.unlink()
    assert done.returncode == 1, done.stderr
    assert re.search(re.escape(contract) + r".* BROKEN", done.stdout)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Give line, module and name of every import, those inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def _key_imports(source: str) -> list[int]:
    """Give the lines that import cryptography's key algorithms or key loading; import-linter sees only top names."""
    doors = ("cryptography.hazmat.primitives.asymmetric", "cryptography.hazmat.primitives.serialization")
    return [
        line
        for line, module, name in _imports(ast.parse(source))
        if any(f"{module}.{name}.".startswith(f"{door}.") for door in doors)
    ]


OPEN = {"licences.access", "licences.outgoing", "licences.sharing", "licences.supervision"}
"""Packages inside a package that publish names of their own."""


def _private_imports(source: str, package: str) -> list[str]:
    """Give the imports of another of our packages that are not of a public name from its top, or of an open one."""
    found = []
    for line, module, name in _imports(ast.parse(source)):
        top, _, below = module.partition(".")
        if top not in PACKAGES or top == package:
            continue
        public = importlib.import_module(module if module in OPEN else top).__all__
        if (below and module not in OPEN) or (name and name not in public):
            found.append(f"line {line}: {module} {name}")
    return found


@pytest.mark.parametrize("package", ["esign", "verify", "licences", "api"])
def test_only_keys_handles_keys(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert _key_imports(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_use_only_what_others_publish(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert _private_imports(path.read_text(encoding="utf-8"), package) == [], path


def test_these_readers_see_what_they_must() -> None:
    assert _key_imports("from cryptography.hazmat.primitives.asymmetric import rsa") == [1]
    assert _key_imports("from cryptography.hazmat.primitives import asymmetric, hashes") == [1]
    assert _key_imports("def f():\n    import cryptography.hazmat.primitives.asymmetric.ec") == [2]
    assert _key_imports("from cryptography.hazmat.primitives import hashes") == []
    assert _private_imports("from keys.der import tlv", "esign") == ["line 1: keys.der tlv"]
    assert _private_imports("import keys.der", "esign") == ["line 1: keys.der "]
    assert _private_imports("from keys import no_such_name", "esign") == ["line 1: keys no_such_name"]
    assert _private_imports("from keys import KeysError", "esign") == []
    assert _private_imports("from licences.access import Caller", "api") == []
    assert _private_imports("from licences.access import no_such_name", "api") != []
    assert _private_imports("from licences.access.callers import Caller", "api") != []
    assert _private_imports("from keys.der import tlv", "keys") == []


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__
    assert module.__all__
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert hasattr(module, name), name


def test_public_names_are_sorted() -> None:
    files = [ROOT / package / "__init__.py" for package in PACKAGES]
    done = subprocess.run(
        [BIN / "ruff", "check", "--isolated", "--select", "RUF022,F822", *files],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
