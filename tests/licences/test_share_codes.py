"""The pages about items and the share service say what the program does."""

import re
from pathlib import Path

import pytest

from licences import load_catalogue
from licences.sharing import REASONS, DataVerdict, ShareStatus, service_item_from_toml

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def table(page: str, name: str) -> list[list[str]]:
    text = (DOCS / page).read_text("utf-8").split(f"<!-- checked: {name} -->\n")[1].split("\n\n")[0]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in text.splitlines()[2:]]


@pytest.mark.parametrize(
    ("name", "codes"), [("status", ShareStatus), ("result", DataVerdict)], ids=["status", "result"]
)
def test_codes_of_the_share_service(name: str, codes: type[ShareStatus] | type[DataVerdict]) -> None:
    assert table("share-service.md", name) == [[str(int(code)), code.zh] for code in codes]


def test_reasons_of_materials() -> None:
    assert table("items.md", "reasons") == [[one.code, one.state.value, one.zh] for one in REASONS.values()]


def test_the_example_is_an_item_file() -> None:
    text = (DOCS / "items.md").read_text("utf-8")
    found = re.search(r"<!-- checked: item -->\n```toml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    item = service_item_from_toml(found[1].encode(), load_catalogue())
    assert [one.key for one in item.predicates] == ["small-abstraction"]
