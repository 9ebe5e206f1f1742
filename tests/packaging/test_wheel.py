"""What is in the wheel, and that it runs from a folder whose files bear our packages' names."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("keys", "esign", "verify", "licences", "api")
# Some hosts give every process a proxy or an index; a build that needed either would show here.
OFFLINE = {**os.environ, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}


def _run(*command: str | Path, folder: Path, seconds: int = 120) -> str:
    done = subprocess.run(
        command, cwd=folder, env=OFFLINE, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> frozenset[str]:
    with ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in an environment of its own, which borrows the dependencies from the one that runs this."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    scheme = {"base": str(environment), "platbase": str(environment)}
    python = environment / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    _run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel, folder=environment)
    borrowed = Path(sysconfig.get_path("purelib", "venv", scheme)) / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin" / "elicence"


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """Give a folder where every one of our names is taken by somebody else's file."""
    for package in PACKAGES:
        (tmp_path / f"{package}.py").write_text("raise SystemExit('not the package you look for')\n", encoding="ascii")
    return tmp_path


def test_top_level_names(contents: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_every_file_of_the_packages_is_inside_and_no_other(contents: frozenset[str]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    sources = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    assert {name for name in contents if ".dist-info/" not in name} == sources


@pytest.mark.parametrize(
    "pattern",
    [
        *(f"{package}/py.typed" for package in PACKAGES),
        "licences/catalogue/pesticide-business.toml",
        "licences/catalogue/water-abstraction.toml",
        "licences/catalogue/special-equipment-use.toml",
        "licences/fonts/*.ttf",
        "licences/sql/migrations/versions/*.py",
        "api/static/*.css",
        "api/templates/*.html",
        "elicence-*.dist-info/licenses/LICENSE",
        "elicence-*.dist-info/licenses/licences/fonts/OFL.txt",
    ],
)
def test_data_is_inside(contents: frozenset[str], pattern: str) -> None:
    assert any(Path(name).match(pattern) for name in contents)


def test_a_hostile_folder_does_not_reach_the_program(program: Path, hostile_folder: Path) -> None:
    _run(program, "--help", folder=hostile_folder)
    shown = json.loads(_run(program, "catalogue", "show", "water-abstraction", "--json", folder=hostile_folder))
    assert shown
    _run(program, "--home", "home", "init", "--json", folder=hostile_folder)
    assert (hostile_folder / "home").is_dir()


def test_a_hostile_folder_is_hostile(program: Path, hostile_folder: Path) -> None:
    done = subprocess.run(
        [program.parent / "python", "-c", "import api"],
        cwd=hostile_folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "not the package you look for" in done.stderr


def test_the_installed_packages_are_the_wheels(program: Path, hostile_folder: Path) -> None:
    names = ", ".join(PACKAGES)
    code = f"import {names}; print(*(p.__file__ for p in ({names})), sep='\\n')"
    files = _run(program.parent / "python", "-P", "-c", code, folder=hostile_folder).splitlines()
    assert [Path(file).parts[-5:-3] for file in files] == [("lib", Path(files[0]).parts[-4])] * len(PACKAGES)
    assert all(Path(file).is_relative_to(program.parents[1]) for file in files)
