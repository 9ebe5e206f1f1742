"""Reads the `[face]` table and checks it against the fields of the type: what the data has, the face prints."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from esign import DEFAULT_DIAMETER, POINT
from licences.errors import CatalogueError

from .face import (
    DATE_BELOW,
    FOOT_ZONE,
    FRAME_MARGIN,
    HEAD_ZONE,
    SMALLEST_SYMBOL,
    VALIDITY,
    CodePlace,
    Face,
    FieldsArea,
    IssuerPlace,
    NumberPlace,
    TitlePlace,
)
from .model import Field
from .toml_table import Table

HOLDER_KEYS = ("certificateHolderName", "certificateHolderCode")
"""Printed on every face, beside the type's own fields."""

_LARGEST_PAGE = 1000.0
_LARGEST_SHARE = 1000.0
_TYPE_SIZES = (4.0, 100.0)
_NARROWEST = 40.0
"""For captions and the issuer's name; the date of issue takes 38 mm in type of 15 points."""
_QUIET_SHARE = 4 / 57
"""The quiet zone of 4 modules as a share of the symbol's side; codes have more than 57 modules."""
_ABOVE, _BELOW = 0.85, 0.15
"""How far type reaches from its baseline, as shares of its size."""
_NAME_LINES, _LEADING = 2, 1.45


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "_Box") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def read_face(table: Table, fields: tuple[Field, ...]) -> Face:
    """Read the `[face]` table of a type with these fields of its own; raises CatalogueError."""
    width, height = table.numbers("page", 2)
    red, green, blue = table.numbers("colour", 3)
    face = Face(
        width=width,
        height=height,
        colour=(red, green, blue),
        title=table.table("title").read(_title),
        number=table.table("number").read(_number),
        fields=table.table("fields").read(_fields_area),
        order=_order(table.texts("order"), fields),
        column_shares=_column_shares(table.table("columns"), fields),
        code=table.table("code").read(_code),
        issuer=table.table("issuer").read(_issuer),
    )
    table.finish()
    _check_sizes(face)
    _check_places(face)
    return face


def _title(table: Table) -> TitlePlace:
    return TitlePlace(y=table.number("y"), size=table.number("size"), spacing=table.number("spacing"))


def _number(table: Table) -> NumberPlace:
    return NumberPlace(x=table.number("x"), y=table.number("y"), size=table.number("size"))


def _fields_area(table: Table) -> FieldsArea:
    return FieldsArea(
        x=table.number("x"),
        y=table.number("y"),
        width=table.number("width"),
        bottom=table.number("bottom"),
        label_width=table.number("label_width"),
        size=table.number("size"),
        smallest=table.number("smallest"),
    )


def _code(table: Table) -> CodePlace:
    return CodePlace(
        x=table.number("x"),
        y=table.number("y"),
        size=table.number("size"),
        width=table.number("width"),
        bottom=table.number("bottom"),
    )


def _issuer(table: Table) -> IssuerPlace:
    return IssuerPlace(
        x=table.number("x"),
        y=table.number("y"),
        width=table.number("width"),
        size=table.number("size"),
        smallest=table.number("smallest"),
    )


def _order(order: tuple[str, ...], fields: Iterable[Field]) -> tuple[str, ...]:
    expected = {*HOLDER_KEYS, VALIDITY, *(field.key for field in fields)}
    if sorted(order) != sorted(expected):
        missing, unknown = sorted(expected - set(order)), sorted(set(order) - expected)
        raise CatalogueError(
            f"face.order must name each field, {', '.join(HOLDER_KEYS)} and {VALIDITY} once; "
            f"missing: {missing}, not known: {unknown}"
        )
    return order


def _column_shares(table: Table, fields: Iterable[Field]) -> Mapping[str, tuple[float, ...]]:
    shares = {}
    for field in fields:
        if field.columns:
            count = len(field.columns)
            shares[field.key] = table.numbers(field.key, count) if table.has(field.key) else (1.0,) * count
            if not all(0 < share <= _LARGEST_SHARE for share in shares[field.key]):
                raise CatalogueError(f"face.columns.{field.key}: a share is out of range")
    table.finish()
    return MappingProxyType(shares)


def _check_sizes(face: Face) -> None:
    smallest, largest = _TYPE_SIZES
    sizes = (
        (face.fields.smallest, face.fields.size),
        (face.issuer.smallest, face.issuer.size),
        (face.number.size, face.number.size),
        (face.title.size, face.title.size),
    )
    wrong = [
        problem
        for is_wrong, problem in (
            (not all(smallest <= low <= high <= largest for low, high in sizes), "a size of type"),
            (max(face.width, face.height) > _LARGEST_PAGE, "page"),
            (not all(0 <= part <= 1 for part in face.colour), "colour"),
            (not 0 <= face.title.spacing <= largest * POINT, "title.spacing"),
            (not 0 < face.fields.label_width < face.fields.width / 2, "fields.label_width"),
            (face.code.size < SMALLEST_SYMBOL, "code.size"),
            (min(face.code.width, face.issuer.width) < _NARROWEST, "code.width or issuer.width"),
        )
        if is_wrong
    ]
    if wrong:
        raise CatalogueError(f"face: {', '.join(wrong)} is out of range")


def _check_places(face: Face) -> None:
    """Refuse parts that leave the page or lie over each other; only the seal lies over the issuer's name and date."""
    edge = _Box(FRAME_MARGIN, HEAD_ZONE, face.width - FRAME_MARGIN, face.height - FOOT_ZONE)
    fields, number, code, issuer = face.fields, face.number, face.code, face.issuer
    centre, quiet = code.x + code.size / 2, code.size * _QUIET_SHARE
    half = max(code.width / 2, code.size / 2 + quiet)
    date = issuer.y + DATE_BELOW
    radius = DEFAULT_DIAMETER / 2
    name_top = issuer.y - _NAME_LINES * _LEADING * issuer.size * POINT
    places = {
        "title": _line(edge.left, edge.right, face.title.y, face.title.size),
        "number": _line(fields.x, number.x, number.y, number.size),
        "fields": _Box(fields.x, fields.y, fields.x + fields.width, fields.bottom),
        "code": _Box(centre - half, code.y - quiet, centre + half, code.bottom),
        "issuer": _Box(issuer.x - issuer.width / 2, name_top, issuer.x + issuer.width / 2, date),
        "seal": _Box(issuer.x - radius, date - radius, issuer.x + radius, date + radius),
    }
    for name, box in places.items():
        if not edge.holds(box) or box.left >= box.right or box.top >= box.bottom:
            raise CatalogueError(f"face.{name} is not inside the page")
    if code.bottom <= code.y + code.size + quiet:
        raise CatalogueError("face.code has no room for its captions")
    for first, second in combinations(places, 2):
        if (first, second) != ("issuer", "seal") and places[first].meets(places[second]):
            raise CatalogueError(f"face.{first} and face.{second} lie over each other")


def _line(left: float, right: float, baseline: float, size: float) -> _Box:
    return _Box(left, baseline - _ABOVE * size * POINT, right, baseline + _BELOW * size * POINT)
