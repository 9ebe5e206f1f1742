"""How a licence type is printed: the `[face]` table of its catalogue file. Positions in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import CatalogueError


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsArea:
    """Where the fields stand: one row each, label left, value right; the type shrinks from `size` to `smallest`."""

    x: float
    y: float
    width: float
    bottom: float
    label_width: float
    size: float
    smallest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point with a size: of type in points, of the code in millimetres."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One printed face."""

    width: float
    height: float
    colour: tuple[float, float, float]
    """Of the frame and the title's line."""
    title: Place
    """`x` is not used: the title is centred."""
    title_spacing: float
    number: Place
    """Top of the number's line, right-aligned at `x`."""
    fields: FieldsArea
    order: tuple[str, ...]
    """Keys of the fields in the order of printing; `validity` stands for the term."""
    code: Place
    issuer: Place
    """Centre of the issuer's name; the date is printed below it, the seal over both."""
    column_widths: Mapping[str, tuple[float, ...]]
    """Widths of the columns of each field with rows, as shares."""


VALIDITY = "validity"


def read_face(table: Mapping[str, object], slug: str) -> Face:
    """Read the `[face]` table.

    Raises:
        CatalogueError: a part is missing or of the wrong kind.
    """
    try:
        width, height = _numbers(table["page"], 2)
        red, green, blue = _numbers(table["colour"], 3)
        fields = _table(table["fields"])
        title, number = _table(table["title"]), _table(table["number"])
        code, issuer = _table(table["code"]), _table(table["issuer"])
        return Face(
            width=width,
            height=height,
            colour=(red, green, blue),
            title=Place(x=width / 2, y=_number(title["y"]), size=_number(title["size"])),
            title_spacing=_number(title["spacing"]),
            number=_place(number),
            fields=FieldsArea(
                x=_number(fields["x"]),
                y=_number(fields["y"]),
                width=_number(fields["width"]),
                bottom=_number(fields["bottom"]),
                label_width=_number(fields["label_width"]),
                size=_number(fields["size"]),
                smallest=_number(fields["smallest"]),
            ),
            order=_texts(table["order"]),
            code=_place(code),
            issuer=_place(issuer),
            column_widths={key: _numbers(shares, None) for key, shares in _table(table["columns"]).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueError(f"{slug}: [face]: {type(error).__name__} {error}") from error


def _place(table: Mapping[str, object]) -> Place:
    return Place(x=_number(table["x"]), y=_number(table["y"]), size=_number(table["size"]))


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("a table was expected")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number was expected")
    return float(value)


def _numbers(value: object, count: int | None) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or (count is not None and len(value) != count):
        raise ValueError("a list of numbers was expected")
    return tuple(_number(item) for item in value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of texts was expected")
    return tuple(value)
