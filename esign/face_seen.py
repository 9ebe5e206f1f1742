"""What stands on the pages of a face, in the order of drawing: lines of text, boxes, symbols and photographs."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

ASCENT: Final = 0.72
"""Of the size: what a line of text takes for certain above its baseline."""


class SeenText(NamedTuple):
    """One line of text. Places in points from the lower left corner."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    hidden: str
    """Why it cannot be read as text of the face; empty when it can."""
    unlike: bool
    """Something else is drawn than the characters that it says it is."""
    unknown: int
    """Characters of which nobody can tell what is drawn for them."""


class SeenBox(NamedTuple):
    """A rectangle of thin lines, such as the cell of a table."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, text: SeenText) -> bool:
        """Whether a text stands in it."""
        return (
            self.left <= text.left
            and text.right <= self.right + 0.05
            and self.bottom <= text.baseline
            and text.baseline + ASCENT * text.size <= self.top
        )


class SeenSymbol(NamedTuple):
    """A QR symbol."""

    modules: tuple[bytes, ...]


class SeenPhoto(NamedTuple):
    """A photograph."""

    image: bytes
    """The image object as a PDF of ours has it; empty for a picture that no licence has."""


SeenItem: TypeAlias = SeenText | SeenBox | SeenSymbol | SeenPhoto


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePage:
    """One page."""

    items: tuple[SeenItem, ...]
    """In the order of drawing."""
    strange: bool
    """There are drawings on it that no face has, which may show anything."""
