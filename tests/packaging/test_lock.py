"""pyproject.toml asks for what is imported; the lock holds what it asks for, by hash, and no address."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGES = ("keys", "esign", "verify", "licences", "api")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, flags=re.MULTILINE))
ASKED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
]


@pytest.mark.parametrize("text", ASKED)
def test_every_requirement_is_locked(text: str) -> None:
    requirement = Requirement(text)
    assert PINS[requirement.name] in requirement.specifier


def _imported() -> set[str]:
    """Give the top names of everything that the packages import."""
    names = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names.update(alias.name.split(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    names.add(node.module.split(".")[0])
    return names


def test_what_is_imported_is_asked_for() -> None:
    foreign = _imported() - set(PACKAGES) - sys.stdlib_module_names
    owners = packages_distributions()
    extras = [text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra]
    asked = {Requirement(text).name for text in (*PROJECT["project"]["dependencies"], *extras)}
    # Starlette and pydantic are what FastAPI is made of; they come and go with it.
    through_fastapi = {"pydantic", "starlette"}
    unasked = {name for name in foreign - through_fastapi if asked.isdisjoint(map(_normal, owners.get(name, [])))}
    assert "fastapi" in foreign
    assert unasked == set()


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_every_pin_has_hashes_and_no_address() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(PINS)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "//" not in LOCK
