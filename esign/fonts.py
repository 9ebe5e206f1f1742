"""Fonts for faces and seals: which font prints a character, its width, its outline, and a subset to embed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .errors import FontError, UnprintableError
from .font_tables import legible_font, read_tables
from .page import Command

if TYPE_CHECKING:
    # A large library, loaded by what uses it: most verifications draw no character.
    import uharfbuzz as hb

UNITS = 1000
"""Advances are given in thousandths of the font size, as PDF does."""

# Only what a PDF's embedded TrueType font needs (ISO 32000-1 section 9.9); everything else would be dead weight.
_DROPPED_TABLES = ("BASE", "GDEF", "GPOS", "GSUB", "OS/2", "STAT", "cmap", "gasp", "kern", "meta", "name", "post")
_DROPPED_VERTICAL = ("VORG", "vhea", "vmtx")
_WORTH_INDEXING = 30
"""Subsets of a font before it is indexed, which takes as long as forty of them: worth it to servers, no commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyph:
    """How one character is printed."""

    font: int
    """Place of the font in the chain."""
    gid: int
    advance: float
    """Width in thousandths of the font size."""


class Font:
    """One TrueType font."""

    def __init__(self, data: bytes) -> None:
        """Read a font file.

        Raises:
            FontError: not a TrueType font with `glyf` outlines.
        """
        import uharfbuzz as hb

        self._face = hb.Face(hb.Blob(data))
        if not {"glyf", "head", "hmtx", "cmap"} <= set(self._face.table_tags):
            raise FontError("not a TrueType font with glyf outlines")
        self._font = hb.Font(self._face)
        self._scale = float(UNITS / self._face.upem)
        self._subsets = 0

    @property
    def name(self) -> str:
        """PostScript name, only letters, digits and hyphens."""
        import uharfbuzz as hb

        name = self._face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME) or "Font"
        return "".join(c for c in name if c.isascii() and (c.isalnum() or c == "-"))

    @cached_property
    def bounding_box(self) -> tuple[int, int, int, int]:
        """Left, bottom, right, top of all glyphs in thousandths of the size (OpenType `head` table)."""
        head = self._face.reference_table("head").data
        corners = (int.from_bytes(head[at : at + 2], "big", signed=True) for at in (36, 38, 40, 42))
        left, bottom, right, top = (round(corner * self._scale) for corner in corners)
        return left, bottom, right, top

    def gid(self, character: str) -> int | None:
        """The glyph of the character, None when the font has none."""
        return self._font.get_nominal_glyph(ord(character)) or None

    def advance(self, gid: int) -> float:
        """Width of the glyph in thousandths of the size."""
        return float(self._font.get_glyph_h_advance(gid)) * self._scale

    def outline(self, gid: int) -> tuple[Command, ...]:
        """The glyph's outline for a font size of 1, y upwards."""
        return outline_of(self._font, gid, 1 / self._face.upem)

    def subset(self, gids: Iterable[int]) -> tuple[bytes, dict[int, int]]:
        """A font file with these glyphs only, and the new number of each."""
        import uharfbuzz as hb

        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.NO_HINTING
        for tag in (*_DROPPED_TABLES, *_DROPPED_VERTICAL):
            wanted.drop_table_tag_set.add(int.from_bytes(tag.encode("ascii"), "big"))
        wanted.glyph_set.update(gids)
        self._subsets += 1
        face = self._prepared if self._subsets > _WORTH_INDEXING else self._face
        plan = hb.SubsetPlan(face, wanted)
        return bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping)

    def subset_with_characters(self, glyphs: Mapping[str, int]) -> tuple[bytes, dict[int, int]]:
        """A font file with the glyphs of these characters, which can be asked for them; and the new number of each."""
        outlines, numbers = self.subset(glyphs.values())
        characters = {ord(character): numbers[gid] for character, gid in glyphs.items()}
        return legible_font(read_tables(outlines), self.name, characters), numbers

    @cached_property
    def _prepared(self) -> hb.Face:
        import uharfbuzz as hb

        # Indexes the 15 MB of outlines once; each subset then takes 0.3 ms instead of 3 ms, and is the same.
        return hb.subset_preprocess(self._face)


class FontChain:
    """Fonts in the order in which they are asked for a character."""

    def __init__(self, fonts: Sequence[bytes]) -> None:
        """Read the font files, the main font first.

        Raises:
            FontError: no font, or one that cannot be used.
        """
        if not fonts:
            raise FontError("a chain needs at least one font")
        self.fonts = tuple(Font(data) for data in fonts)
        self._glyphs: dict[str, Glyph] = {}
        self._advances: dict[str, float] = {}

    def glyph(self, character: str) -> Glyph:
        """How the first font that has the character prints it.

        Raises:
            UnprintableError: no font of the chain has it. It is never printed as a box.
        """
        known = self._glyphs.get(character)
        if known is not None:
            return known
        for place, font in enumerate(self.fonts):
            gid = font.gid(character)
            if gid is not None:
                glyph = Glyph(font=place, gid=gid, advance=font.advance(gid))
                self._glyphs[character] = glyph
                self._advances[character] = glyph.advance
                return glyph
        raise UnprintableError(character)

    def require(self, text: str) -> None:
        """Check that every character of the text can be printed.

        Raises:
            UnprintableError: naming the first one that cannot.
        """
        for character in text:
            self.glyph(character)

    def width(self, text: str) -> float:
        """Width of the text in thousandths of the font size.

        Raises:
            UnprintableError: no font has one of its characters.
        """
        advances = self._advances
        try:
            return sum([advances[character] for character in text])
        except KeyError:  # a character that was never asked for
            return sum([self.glyph(character).advance for character in text])

    def outline(self, character: str) -> tuple[Command, ...]:
        """The character's outline for a font size of 1, y upwards, origin on the baseline."""
        glyph = self.glyph(character)
        return self.fonts[glyph.font].outline(glyph.gid)


def outline_of(font: hb.Font, gid: int, scale: float) -> tuple[Command, ...]:
    """The outline of a glyph, its units multiplied by `scale`."""
    pen = _Pen(scale)
    font.draw_glyph_with_pen(gid, pen)
    return tuple(pen.commands)


class _Pen:
    """Receives a glyph's outline from HarfBuzz, which names these methods after fontTools' pens."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self.commands: list[Command] = []

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._add("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._add("L", point)

    def qCurveTo(self, control: tuple[float, float], point: tuple[float, float]) -> None:  # noqa: N802
        self._add("Q", control, point)

    def curveTo(  # noqa: N802
        self, first: tuple[float, float], second: tuple[float, float], point: tuple[float, float]
    ) -> None:
        self._add("C", first, second, point)

    def closePath(self) -> None:  # noqa: N802
        self._add("Z")

    def endPath(self) -> None:  # noqa: N802
        """HarfBuzz closes every contour of a glyph; nothing is left to do."""

    def _add(self, operator: str, *points: tuple[float, float]) -> None:
        numbers = tuple(coordinate * self._scale for point in points for coordinate in point)
        self.commands.append(Command(operator, numbers))
