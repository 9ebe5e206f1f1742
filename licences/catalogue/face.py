"""How a licence type is printed: the `[face]` table of its catalogue file. Positions in millimetres, type in points."""

from collections.abc import Mapping
from dataclasses import dataclass

VALIDITY = "validity"
"""Stands for the term in the order of printing."""

FRAME_MARGIN = 11.0
"""Width of the frame along each edge: nothing is printed on it."""
HEAD_ZONE = 18.0
"""From the top edge: the frame, and on samples the line that says so."""
FOOT_ZONE = 23.0
"""From the bottom edge: the frame and the lines for programs and archivists."""
DATE_BELOW = 9.0
"""The date of issue stands so far below the issuer's name; the seal is centred on it."""
SMALLEST_SYMBOL = 30.0
"""Side of the QR symbol (contract section 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitlePlace:
    """The title, centred on the page."""

    y: float
    """Baseline."""
    size: float
    spacing: float
    """Extra millimetres between characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPlace:
    """The licence number, right-aligned at `x`; no wider than down to the left edge of the fields."""

    x: float
    y: float
    """Baseline."""
    size: float


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
class CodePlace:
    """The QR symbol with its captions (short code, public address) below."""

    x: float
    y: float
    size: float
    """Side of the symbol, without its quiet zone."""
    width: float
    """Of the captions, which are centred below the symbol."""
    bottom: float
    """The captions end above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerPlace:
    """The issuer's name centred at `x`, in at most two lines; below it the date, and over both the seal."""

    x: float
    y: float
    """Baseline of the (last line of the) name."""
    width: float
    size: float
    smallest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPlace:
    """The box of a photograph, which is fitted into it and keeps its shape."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One printed face. What `reading` lets pass is inside the page, and its parts do not lie over each other."""

    width: float
    height: float
    colour: tuple[float, float, float]
    """Of the frame: red, green, blue from 0 to 1."""
    title: TitlePlace
    number: NumberPlace
    fields: FieldsArea
    order: tuple[str, ...]
    """Keys in the order of printing, each once: of the type's fields, the holder's name and code, and `VALIDITY`.

    The face of the first document has all but images (which have `photos`) and details, others what they choose.
    """
    column_shares: Mapping[str, tuple[float, ...]]
    """Of each field with rows: the widths of its columns in relation to each other."""
    photos: Mapping[str, PhotoPlace]
    """By the key of the image field."""
    code: CodePlace
    issuer: IssuerPlace
