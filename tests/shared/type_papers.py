"""The requests that ship with the licence types in `fixtures/types`, made into licences and faces."""

import json
from pathlib import Path
from typing import Any

import pytest

from esign import FontChain, TextRun
from licences import Field, Licence, licence_from_paper, load_catalogue, shipped_font
from licences.catalogue import Document
from licences.render import FaceRenderer, Marks

CATALOGUE = load_catalogue()
RENDERER = FaceRenderer(FontChain([shipped_font()]))
MARKS = Marks(
    identifier="1.2.156.3005.2.11990000000001011Q004.1199010000000102XM.ABCDEFGHIJKLMNOPQRST.001.4",
    code_address="http://127.0.0.1:8000/V/" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 10,
    short_code="23456789ABCD",
    public_url="http://127.0.0.1:8000",
    development=True,
    local=True,
)
_FOLDER = Path(__file__).parents[2] / "fixtures/types"


def paper(slug: str) -> dict[str, Any]:
    """Return the data of the request that ships with a type."""
    document = json.loads((_FOLDER / f"{slug}.json").read_text("utf-8"))
    assert document["type"] == slug
    data: dict[str, Any] = document["data"]
    return data


def convert(slug: str, **changes: object) -> Licence:
    """Return the licence that the request describes, with some of its data changed."""
    return licence_from_paper(CATALOGUE.get(slug), paper(slug) | changes)


def faults(slug: str, **changes: object) -> list[tuple[str, str]]:
    """Return where the changed request is refused, and why."""
    with pytest.raises(ExceptionGroup) as caught:
        convert(slug, **changes)
    return [(fault.pointer, fault.code) for fault in caught.value.exceptions]  # type: ignore[union-attr]


def printed(licence: Licence, document: Document | None = None) -> list[str]:
    """Return the text of each page without its spaces, which lines break at."""
    pages = RENDERER.render(licence, MARKS, document=document)
    runs = [[item.text for item in page.items if isinstance(item, TextRun)] for page in pages]
    return ["".join(texts).replace(" ", "") for texts in runs]


def says_what_it_is(field: Field) -> bool:
    """Whether a field and its columns have their names in both languages, and their units."""
    has_unit = field.type.value not in {"decimal", "integer"} or bool(field.unit)
    return bool(field.label and field.label_en and has_unit and all(map(says_what_it_is, field.columns)))
