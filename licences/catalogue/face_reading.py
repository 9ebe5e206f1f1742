"""Reads the `[face]` table and checks it against the fields of the type: what the data has, the face prints."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from esign import DEFAULT_DIAMETER, POINT

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
    PhotoPlace,
    TitlePlace,
)
from .model import Field, FieldType
from .toml_table import Table

HOLDER_KEYS = ("certificateHolderName", "certificateHolderCode")
"""Printed on every face, beside the type's own fields."""

_SMALLEST_PAGE, _LARGEST_PAGE = 60.0, 1000.0
_LARGEST_SHARE = 1000.0
_TYPE_SIZES = (4.0, 100.0)
_NARROWEST = 40.0
"""For captions and the issuer's name; the date of issue takes 38 mm in type of 15 points."""
_QUIET_SHARE = 4 / 57
"""The quiet zone of 4 modules as a share of the symbol's side; codes have more than 57 modules."""
_ABOVE, _BELOW = 0.85, 0.15
"""How far type reaches from its baseline, as shares of its size."""
_NAME_LINES, _LEADING = 2, 1.45
_KEYS = {key: key for key in ("title", "number", "fields", "code", "issuer")} | {"seal": "issuer"}
"""Parts of a face and where the file places them."""


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


def read_face(table: Table, fields: tuple[Field, ...], *, whole: bool = True) -> Face:
    """Read a `[face]` table of a type with these fields of its own.

    A `whole` face prints all of them; another one what it chooses.
    """
    width, height = table.numbers("page", 2)
    red, green, blue = table.numbers("colour", 3)
    order = table.texts("order")
    _check_order(table, order, fields, whole=whole)
    chosen = [field for field in fields if whole or field.key in order]
    face = Face(
        width=width,
        height=height,
        colour=(red, green, blue),
        title=table.table("title").read(_title),
        number=table.table("number").read(_number),
        fields=table.table("fields").read(_fields_area),
        order=order,
        column_shares=table.table("columns", optional=True).read(lambda shares: _column_shares(shares, chosen)),
        photos=_photos(table.table("photos", optional=True), fields, whole=whole),
        code=table.table("code").read(_code),
        issuer=table.table("issuer").read(_issuer),
    )
    table.finish()
    if table.good:
        _check_sizes(table, face)
    if table.good:
        _check_places(table, face)
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


def _photo(table: Table) -> PhotoPlace:
    return PhotoPlace(
        x=table.number("x"), y=table.number("y"), width=table.number("width"), height=table.number("height")
    )


def _check_order(table: Table, order: tuple[str, ...], fields: Iterable[Field], *, whole: bool) -> None:
    texts = [field for field in fields if field.type is not FieldType.IMAGE]
    possible = {*HOLDER_KEYS, VALIDITY, *(field.key for field in texts)}
    needed = possible - {field.key for field in texts if field.detail} if whole else set(order) & possible
    missing, unknown = sorted(needed - set(order)), sorted(set(order) - possible)
    if missing or unknown or len(set(order)) != len(order) or not order:
        table.refuse("order", "ORDER", missing="、".join(missing) or "–", unknown="、".join(unknown) or "–")


def _column_shares(table: Table, fields: Iterable[Field]) -> Mapping[str, tuple[float, ...]]:
    shares = {}
    for field in fields:
        if field.columns:
            count = len(field.columns)
            shares[field.key] = table.numbers(field.key, count) if table.has(field.key) else (1.0,) * count
            if not all(0 < share <= _LARGEST_SHARE for share in shares[field.key]):
                table.refuse(field.key, "SHARE")
    return MappingProxyType(shares)


def _photos(table: Table, fields: Iterable[Field], *, whole: bool) -> Mapping[str, PhotoPlace]:
    keys = [field.key for field in fields if field.type is FieldType.IMAGE and not (whole and field.detail)]
    places = {key: table.table(key).read(_photo) for key in keys if table.has(key)}
    if whole and len(places) < len(keys):
        table.refuse(None, "PHOTO_KEY", missing="、".join(key for key in keys if key not in places))
    table.finish()
    return MappingProxyType(places)


def _check_sizes(table: Table, face: Face) -> None:
    smallest, largest = _TYPE_SIZES
    sizes = {
        "fields": (face.fields.smallest, face.fields.size),
        "issuer": (face.issuer.smallest, face.issuer.size),
        "number": (face.number.size, face.number.size),
        "title": (face.title.size, face.title.size),
    }
    for key, (low, high) in sizes.items():
        if not smallest <= low <= high <= largest:
            table.refuse(key, "TYPE_SIZE")
    # Places inside the table, values, and their limits.
    ranges = (
        ("page", (face.width, face.height), _SMALLEST_PAGE, _LARGEST_PAGE),
        ("colour", face.colour, 0, 1),
        ("title", (face.title.spacing,), 0, round(largest * POINT, 1)),
        ("fields", (face.fields.label_width,), 5, max(face.fields.width / 2, 5)),
        ("code", (face.code.size,), SMALLEST_SYMBOL, _LARGEST_PAGE),
        ("code", (face.code.width,), _NARROWEST, _LARGEST_PAGE),
        ("issuer", (face.issuer.width,), _NARROWEST, _LARGEST_PAGE),
    )
    for key, values, low, high in ranges:
        if not all(low <= value <= high for value in values):
            table.refuse(key, "OUT_OF_RANGE", low=low, high=high)


def _check_places(table: Table, face: Face) -> None:
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
    photos = {key: _Box(one.x, one.y, one.x + one.width, one.y + one.height) for key, one in face.photos.items()}
    for name, box in (*places.items(), *photos.items()):
        if not edge.holds(box) or box.left >= box.right or box.top >= box.bottom:
            table.refuse(_KEYS.get(name, "photos"), "OFF_PAGE")
    if code.bottom <= code.y + code.size + quiet:
        table.refuse("code", "NO_CAPTION_ROOM")
    for (first, one), (second, other) in combinations((*places.items(), *photos.items()), 2):
        if (first, second) != ("issuer", "seal") and one.meets(other):
            table.refuse(_KEYS.get(second, "photos"), "OVERLAP", other=_KEYS.get(first, "photos"))


def _line(left: float, right: float, baseline: float, size: float) -> _Box:
    return _Box(left, baseline - _ABOVE * size * POINT, right, baseline + _BELOW * size * POINT)
