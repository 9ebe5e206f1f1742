"""The examples of calling the interface are run as they stand, against a server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from elicence_process import Server, put_on_path, run

from api.client import Client

ROOT = Path(__file__).parents[2]


def checked(page: str, mark: str, language: str) -> list[str]:
    text = (ROOT / "docs" / "how-to" / page).read_text("utf-8")
    return re.findall(rf"<!-- checked: {mark} -->\n```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the samples, and the address of a server over the home in it."""
    folder = tmp_path_factory.mktemp("interface")
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    done = run("--home", folder / ".elicence", "init", "--json")
    assert done.returncode == 0, done.stderr
    with Server("--home", folder / ".elicence", "serve") as server:
        yield folder, server.url
    assert server.code == 0, server.log


def shell(script: str, folder: Path) -> str:
    path, descriptor = put_on_path(folder)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={"PATH": path, "LANG": "C.UTF-8", "HOME": str(folder)}, capture_output=True, text=True,
        timeout=120, check=False, pass_fds=[descriptor],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_examples_with_curl(desk: tuple[Path, str]) -> None:
    folder, url = desk
    lines = "".join(checked("use-the-api.md", "curl", "console")).splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    assert len(commands) == len(lines) >= 10
    said = shell("\n".join(commands).replace("http://127.0.0.1:8000", url), folder)
    assert (folder / "licence.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "key.header").stat().st_mode & 0o077 == 0
    for words in ('"verdict":"passed"', '"licences":[{', '"action":"dispute"', '"changes":[{'):
        assert words in said.replace('": ', '":'), words


def test_the_example_of_the_client(desk: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, url = desk
    monkeypatch.chdir(folder)
    (example,) = checked("python-client.md", "client", "python")
    names: dict[str, object] = {"url": url, "key": ""}  # the home is open for development
    exec(compile(example, "python-client.md", "exec"), names)  # noqa: S102
    assert names["held"]
    assert isinstance(names["page"], dict)
    assert names["page"]["changes"]


def test_the_methods_of_the_client_are_those_of_the_page() -> None:
    page = (ROOT / "docs/how-to/python-client.md").read_text("utf-8")
    table = page.split("| method | route |")[1].split("\n\n")[0]
    listed = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert listed == {name for name in vars(Client) if not name.startswith("_")}
