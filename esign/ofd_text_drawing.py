"""Texts of an OFD (GB/T 33190-2016 clause 11) as outlines of glyphs, so that no font of a file leaves this process."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Final, NamedTuple

import uharfbuzz as hb

from .drawing import DrawnOutline, Matrix
from .errors import TooLargeError
from .fonts import outline_of
from .ofd_outline import read_numbers
from .ofd_resources import FontSource
from .ofd_xml import Element
from .preview_notes import Notes, PreviewNote

MAX_PREVIEW_GLYPHS: Final = 60_000
"""Of all pages together; a full page has some two thousand."""
MAX_OUTLINE_STEPS: Final = 4_000_000
"""Of all different glyphs together: a crafted font has glyphs of a million points each."""

_SLANT: Final = 0.2
"""Of an italic text whose font is replaced by an upright one."""
_MOST_UNITS: Final = 65_536


class OutlineFont:
    """A font of any OpenType form, of which only the outlines are used."""

    def __init__(self, blob: hb.Blob) -> None:
        face = hb.Face(blob)
        self._font, self._scale = hb.Font(face), 1 / face.upem
        self._outlines: dict[int, DrawnOutline] = {}
        self.glyphs = int(face.glyph_count)

    def gid(self, character: str) -> int:
        """The glyph of a character; 0 when it has none."""
        return int(self._font.get_nominal_glyph(ord(character)) or 0)

    def advance(self, gid: int) -> float:
        """Width of a glyph for a font size of 1."""
        return float(self._font.get_glyph_h_advance(gid) * self._scale)

    def outline(self, gid: int) -> DrawnOutline:
        """The outline of a glyph."""
        found = self._outlines.get(gid)
        if found is None:
            found = self._outlines[gid] = DrawnOutline(commands=outline_of(self._font, gid, self._scale))
        return found


class Fonts:
    """The fonts of one document, with those that stand in for fonts that are not there."""

    def __init__(self, sources: Mapping[str, FontSource], shipped: Sequence[str], notes: Notes) -> None:
        """`shipped` are font files of this system."""
        self._sources, self._shipped_files, self._notes = sources, shipped, notes
        self._read: dict[str, OutlineFont | None] = {}
        self._shipped: list[OutlineFont] = []
        self._glyphs, self._steps = MAX_PREVIEW_GLYPHS, MAX_OUTLINE_STEPS
        self._counted: set[int] = set()

    def embedded(self, reference: str) -> OutlineFont | None:
        """The font of this ID; None when it is not embedded, or none that can be read."""
        if reference not in self._read:
            source = self._sources.get(reference)
            data = None if source is None else source.data
            font = None if data is None else OutlineFont(hb.Blob(data))
            self._read[reference] = font if font is not None and font.glyphs else None
            if self._read[reference] is None:
                self._notes.add(PreviewNote.FONT_REPLACED, "" if source is None else source.name)
        return self._read[reference]

    def standing_in(self, character: str) -> DrawnOutline | None:
        """What the fonts of this system show for a character."""
        font = self._having(character)
        return None if font is None else self.counted(font.outline(font.gid(character)))

    def advance(self, character: str) -> float:
        """Width of a character in the fonts of this system, for a font size of 1; 0 when none has it."""
        font = self._having(character)
        return 0.0 if font is None else font.advance(font.gid(character))

    def _having(self, character: str) -> OutlineFont | None:
        if not self._shipped:
            self._shipped = [OutlineFont(hb.Blob.from_file_path(file)) for file in self._shipped_files]
        return next((font for font in self._shipped if font.gid(character)), None)

    def counted(self, outline: DrawnOutline) -> DrawnOutline:
        """The outline, unless too many were drawn.

        Raises:
            TooLargeError: more than `MAX_PREVIEW_GLYPHS` or `MAX_OUTLINE_STEPS`.
        """
        self._glyphs -= 1
        if id(outline) not in self._counted:
            self._counted.add(id(outline))
            self._steps -= len(outline.commands)
        if self._glyphs < 0 or self._steps < 0:
            raise TooLargeError("more text than a preview shows")
        return outline

    def leave_out(self, character: str) -> None:
        """Tell that a character is not shown."""
        self._notes.add(PreviewNote.CHARACTER_LEFT_OUT, f"U+{ord(character):04X}")

    def replace(self, reference: str) -> None:
        """Tell that characters of a font are shown in another one."""
        source = self._sources.get(reference)
        self._notes.add(PreviewNote.FONT_REPLACED, "" if source is None else source.name)


class _Code(NamedTuple):
    """One place of a text: a character, or a glyph of the embedded font by its number."""

    character: str
    gid: int | None


def text_glyphs(text: Element, fonts: Fonts) -> Iterator[tuple[DrawnOutline, Matrix]]:
    """The glyphs of a TextObject and where its own coordinates put them.

    Raises:
        TooLargeError: over a limit of `Fonts`.
    """
    attributes = text.attributes
    reference = attributes.get("Font", "")
    font = fonts.embedded(reference)
    size, wide = _number(attributes, "Size", 0.0), _number(attributes, "HScale", 1.0)
    turned = math.radians(_number(attributes, "CharDirection", 0.0))
    slant = _SLANT if font is None and attributes.get("Italic", "").strip() in ("true", "1") else 0.0
    cos, sin = math.cos(turned) * size, math.sin(turned) * size
    x = y = 0.0
    transforms: list[Element] = []
    for child in text.children:
        if child.name == "CGTransform":
            transforms.append(child)
        if child.name != "TextCode":
            continue
        x, y = _number(child.attributes, "X", x), _number(child.attributes, "Y", y)
        here_x, here_y = x, y
        steps = zip(_steps(child, "DeltaX"), _steps(child, "DeltaY"), strict=False)
        for code in _codes(child.text, transforms):
            outline = _outline(code, font, fonts, reference)
            if outline is not None and outline.commands:
                # Up in a font is down on a page.
                place = cos * wide, sin * wide, slant * cos + sin, slant * sin - cos, here_x, here_y
                yield outline, place
            right, down = next(steps)
            here_x, here_y = here_x + right, here_y + down
        transforms = []


def _outline(code: _Code, font: OutlineFont | None, fonts: Fonts, reference: str) -> DrawnOutline | None:
    if font is not None and code.gid is not None:
        return fonts.counted(font.outline(code.gid))
    character = code.character
    if not character or not character.isprintable() or character.isspace():
        return None
    if font is not None:
        if gid := font.gid(character):
            return fonts.counted(font.outline(gid))
        fonts.replace(reference)
    found = fonts.standing_in(character)
    if found is None:
        fonts.leave_out(character)
    return found


def _codes(text: str, transforms: Sequence[Element]) -> Iterator[_Code]:
    """The places of a text, with the glyphs that CGTransform gives for some of them (clause 11.4)."""
    glyphs: dict[int, tuple[int, tuple[int, ...]]] = {}
    for transform in transforms:
        begin = _whole(transform.attributes.get("CodePosition", "0"))
        count = _whole(transform.attributes.get("CodeCount", "1"))
        numbers = tuple(_whole(word) for word in transform.text_of("Glyphs").split())
        if begin >= 0 and count > 0 and all(0 <= number < _MOST_UNITS for number in numbers):
            glyphs.setdefault(begin, (count, numbers))
    characters = list(text)
    if any(begin + count > len(characters) for begin, (count, _) in glyphs.items()):
        # Positions in UTF-16: a character beyond the first 65,536 takes two.
        characters = [part for c in characters for part in ((c, "") if ord(c) > 0xFFFF else (c,))]
    at = 0
    while at < len(characters):
        count, numbers = glyphs.get(at, (1, ()))
        covered = [character for character in characters[at : at + count] if character]
        # Where glyphs and characters do not go one by one, the first glyph stands for all that is covered.
        for place, number in enumerate(numbers):
            yield _Code(covered[place] if place < len(covered) else "", number)
        if not numbers:
            yield from (_Code(character, None) for character in covered)
        at += count


def _steps(code: Element, name: str) -> Iterator[float]:
    """How far each glyph lies from the one before; the last step counts for all that follow."""
    words = code.attributes.get(name, "").split()
    steps: list[float] = []
    at = 0
    while at < len(words) and len(steps) < MAX_PREVIEW_GLYPHS:
        # `g 3 4.2` stands for three steps of 4.2: common, though not in the standard.
        run = words[at] == "g"
        number = read_numbers(words[at + 2] if run and at + 2 < len(words) else words[at])
        if not number:
            break
        steps += list(number) * (min(_whole(words[at + 1]), MAX_PREVIEW_GLYPHS) if run else 1)
        at += 3 if run else 1
    return chain(steps, repeat(steps[-1] if steps else 0.0))


def _number(attributes: Mapping[str, str], name: str, otherwise: float) -> float:
    numbers = read_numbers(attributes.get(name, ""))
    return numbers[0] if len(numbers) == 1 else otherwise


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
