"""The official seal (电子印章) as it is sealed with: a picture, and the key and certificate it stands for.

How the pictures are drawn: `round_seal`, `oval_seal`, `name_seal`; how one is read from a file: `seal_image`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from keys import Signer

from .page import Shape

RED = (0.86, 0.08, 0.12)
DEFAULT_DIAMETER = 42.0  # millimetres; contract section 6
MAX_RING_CHARACTERS = 30
MAX_LATIN_CHARACTERS = 80
MAX_LINE_CHARACTERS = 12
MAX_NUMBER_CHARACTERS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class SealImage:
    """A picture of dots, and where it lies in a seal's picture (millimetres from the top left corner)."""

    columns: int
    rows: int
    colours: bytes = field(repr=False)
    """Red, green and blue of each dot (sRGB), a byte each, row by row from the top, compressed by zlib."""
    opacity: bytes | None = field(repr=False)
    """One byte for each dot, 0 transparent, likewise; None when the whole picture is opaque."""
    x: float = 0.0
    y: float = 0.0
    width: float
    height: float

    def placed(self, *, x: float, y: float, width: float, height: float) -> "SealImage":
        """The same dots somewhere else."""
        return replace(self, x=x, y=y, width=width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPicture:
    """What a seal looks like, in millimetres from the top left corner: dots, and outlines over them."""

    width: float
    height: float
    shapes: tuple[Shape, ...] = ()
    image: SealImage | None = None

    @property
    def diameter(self) -> float:
        """The longer side."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """An authority's seal, ready to seal with."""

    name: str
    picture: SealPicture
    signer: Signer


class SealKind(StrEnum):
    """Whose round seal it is; 国发〔1999〕25号 gives the size by this and by the level."""

    GOVERNMENT = "government"
    """人民政府."""
    DEPARTMENT = "department"
    """A department, bureau or institution (部门、直属机构)."""
    SPECIAL = "special"
    """专用章: for one purpose, which its centre line names."""


class SealSize(NamedTuple):
    """How a round seal is to look."""

    diameter: float
    """Millimetres."""
    emblem: bool
    """The national emblem stands in the centre, else the star."""


LEVELS = ("国家级", "省级", "地市级", "区县级", "乡镇级", "其他")
"""Values of `certificateIssuingAuthorityLevel`."""

SEAL_SIZES: Mapping[SealKind, Mapping[str, SealSize]] = MappingProxyType(
    {
        # State Council 60, provinces 50, cities and counties 45 with the emblem; townships 42 with the star.
        SealKind.GOVERNMENT: MappingProxyType(
            {
                "国家级": SealSize(60.0, True),
                "省级": SealSize(50.0, True),
                "地市级": SealSize(45.0, True),
                "区县级": SealSize(45.0, True),
                "乡镇级": SealSize(42.0, False),
                "其他": SealSize(42.0, False),
            }
        ),
        # Ministries 50 with the emblem; everybody else at most 45 with the star, in practice 42.
        SealKind.DEPARTMENT: MappingProxyType(
            {level: SealSize(50.0, True) if level == "国家级" else SealSize(42.0, False) for level in LEVELS}
        ),
        # Article 22: they must differ visibly from the official seal; in practice 40.
        SealKind.SPECIAL: MappingProxyType({level: SealSize(40.0, False) for level in LEVELS}),
    }
)
"""Sizes of round seals after 国发〔1999〕25号, and published practice where it gives only an upper limit."""


def seal_diameter(kind: SealKind, level: str) -> float:
    """The diameter in millimetres; a level that is not in `LEVELS` is taken for 其他."""
    return seal_size(kind, level).diameter


def seal_size(kind: SealKind, level: str) -> SealSize:
    """The diameter and the centre; a level that is not in `LEVELS` is taken for 其他."""
    return SEAL_SIZES[kind].get(level, SEAL_SIZES[kind]["其他"])
