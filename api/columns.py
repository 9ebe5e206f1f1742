"""Tables in a terminal, where a Chinese character is as wide as two Latin ones."""

import unicodedata
from collections.abc import Sequence

_GAP = "  "
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Show what steers a terminal or hides in a text: a forged file must not write the clerk's screen."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNPRINTABLE else c for c in text)


def width(text: str) -> int:
    """Count the terminal columns of a text (UAX 11: wide and full-width characters take two)."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, limit: int) -> str:
    """Cut a text to at most `limit` columns, with … where something is left out."""
    if width(text) <= limit:
        return text
    while text and width(text) > limit - 1:
        text = text[:-1]
    return text + "…"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align rows under a header; the last column is not padded."""
    rows = [[printable(cell) for cell in row] for row in rows]
    lines = [header, *rows]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * columns for columns in widths]
    return "\n".join(
        _GAP.join(cell + " " * (columns - width(cell)) for cell, columns in zip(line, widths, strict=True)).rstrip()
        for line in [header, rule, *rows]
    )
