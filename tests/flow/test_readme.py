"""The README's examples are run as they stand."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from elicence_process import put_on_path

ROOT = Path(__file__).parents[2]


def blocks(language: str, page: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder in which the examples find the samples and nothing else."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    return tmp_path


def run(command: str, desk: Path) -> subprocess.CompletedProcess[str]:
    path, descriptor = put_on_path(desk)
    environment = {"PATH": path, "LANG": "C.UTF-8", "HOME": str(desk)}
    return subprocess.run(
        ["bash", "-euc", command],
        cwd=desk, env=environment, capture_output=True, text=True, timeout=120, check=False, pass_fds=[descriptor],
    )  # fmt: skip


def test_the_library_example(desk: Path) -> None:
    (example,) = blocks("python", "README.md")
    assert len(example.strip().splitlines()) <= 15
    result = run(f"{shlex.quote(sys.executable)} -P -c {shlex.quote(example)}", desk)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("passed 证照真实有效。")
    assert result.stderr == ""


def commands_of(page: str) -> list[str]:
    lines = "".join(blocks("console", page)).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith(("$ elicence", "$ export"))]


def skeleton_of(page: str) -> list[str]:
    """What of a page is the same in every language: levels of headings, code without comments, names in tables."""
    found = []
    in_code = False
    for line in (ROOT / page).read_text("utf-8").splitlines():
        if line.startswith("```"):
            in_code = not in_code
            found.append(line)
        elif in_code:
            found.append(line.partition(" # ")[0].rstrip())
        elif line.startswith("#"):
            found.append(line.partition(" ")[0])
        elif line.startswith("| `"):
            found += re.findall(r"`[^`]+`", line.split("|")[1])
    return found


def test_both_languages_have_the_same_parts() -> None:
    assert skeleton_of("README.zh.md") == skeleton_of("README.md")


def test_the_command_line_examples(desk: Path) -> None:
    commands = commands_of("README.md")
    assert len(commands) >= 4
    exports = [command for command in commands if command.startswith("export")]
    for command in [one for one in commands if one not in exports]:
        result = run("\n".join((*exports, command)), desk)
        assert result.returncode == 0, (command, result.stdout, result.stderr)
        assert result.stdout
    # Not in the home in which `make run` has issued the same sample.
    assert (desk / "try").is_dir()
    assert not (desk / ".elicence").exists()


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_make_targets_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^\$ make ([a-z-]+)", "".join(blocks("console", page)), re.MULTILINE)
    assert {"run", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "docs/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", (ROOT / page).read_text("utf-8")):
        if not target.startswith("http"):
            assert (ROOT / page).parent.joinpath(target).exists(), target
