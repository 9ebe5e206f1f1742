"""Names, paths and links in docs/ lead somewhere, and the library example runs."""

import importlib.util
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api import ensure_home
from licences import Issued

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_NAME = re.compile(r"`((?:keys|esign|verify|licences|api)(?:\.(?!py`)[A-Za-z_]\w*)+)`")
_PATH = re.compile(r"`((?:keys|esign|verify|licences|api|tests|fixtures|docs)/[\w./-]+\.(?:py|toml|md|json))`")
_LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")


def _resolve(name: str) -> object:
    """Import as much of a dotted name as is a module, and take the rest as attributes."""
    parts = name.split(".")
    thing: object = importlib.import_module(parts[0])
    for place, part in enumerate(parts[1:], start=2):
        module = ".".join(parts[:place])
        # A package may publish a function under the name of its module, as `keys.exchange`.
        if not hasattr(thing, part) or (place < len(parts) and importlib.util.find_spec(module) is not None):
            thing = importlib.import_module(module)
        else:
            thing = getattr(thing, part)
    return thing


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_names_are_names_of_the_code() -> None:
    named = {(page.name, name) for page in PAGES for name in _NAME.findall(page.read_text("utf-8"))}
    assert len(named) > 50
    for _, name in sorted(named):
        _resolve(name)


def test_paths_exist() -> None:
    named = {(page.name, path) for page in PAGES for path in _PATH.findall(page.read_text("utf-8"))}
    assert len(named) > 10
    assert [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text("utf-8")):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), f"{target}#{anchor}"


def test_every_page_is_in_an_index() -> None:
    listed = {
        (index.parent / target).resolve()
        for index in (DOCS / "README.md", DOCS / "adr" / "README.md")
        for target, _ in _LINK.findall(index.read_text("utf-8"))
    }
    assert [page.name for page in PAGES if page.resolve() not in listed and page != DOCS / "README.md"] == []


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "how-to" / "issue-from-an-approval-system.md"
    example = page.read_text("utf-8").split("<!-- checked: library -->\n```python\n")[1].split("```")[0]
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    ensure_home(tmp_path / ".elicence", public_url="http://127.0.0.1:8000", at=datetime.now(UTC), random=os.urandom)
    first: dict[str, object] = {}
    exec(compile(example, str(page), "exec"), first)  # noqa: S102
    assert isinstance(first["pdf"], bytes)
    assert first["pdf"].startswith(b"%PDF-")
    assert isinstance(first["issued"], Issued)
    assert first["issued"].replayed is False
    again: dict[str, object] = {}
    exec(compile(example, str(page), "exec"), again)  # noqa: S102
    assert isinstance(again["issued"], Issued)
    assert (again["issued"].replayed, again["pdf"]) == (True, first["pdf"])
