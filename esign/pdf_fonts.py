"""The fonts of one PDF: characters used so far, text operators, and the embedded subsets (ISO 32000-1 section 9.7).

Each distinct character gets a CID of its own, also where two characters share a glyph, so copied text is exactly the
text that was printed. Characters beyond the BMP are surrogate pairs in the ToUnicode map.
"""

import math
from collections.abc import Callable, Iterable

from isal import isal_zlib

from keys import hash_bytes

from . import pdf_objects as o
from .fonts import FontChain, Glyph
from .page import BOLD_PEN, TextRun
from .pdf_drawing import MM

_MAP_BLOCK = 100  # entries of one bfchar block (ISO 32000-1 section 9.10.3)


class FontUse:
    """Collects the characters of one file."""

    def __init__(self, chain: FontChain) -> None:
        """Begin with no character used."""
        self._chain = chain
        self._codes: dict[str, tuple[int, str]] = {}
        self._glyphs: list[list[Glyph]] = [[] for _ in chain.fonts]
        self._characters: list[list[str]] = [[] for _ in chain.fonts]

    def text_operators(self, run: TextRun, page_height: float) -> bytes:
        """The operators that print a run.

        Raises:
            UnprintableError: no font has one of its characters.
        """
        shown: list[bytes] = []
        font_before: int | None = None
        codes: list[str] = []
        for character in run.text:
            font, code = self._codes.get(character) or self._allot(character)
            if font != font_before:
                if codes:
                    shown.append(b"<" + "".join(codes).encode("ascii") + b"> Tj")
                codes = []
                shown.append(b"/F%d %s Tf" % (font, o.number(run.size)))
                font_before = font
            codes.append(code)
        if codes:
            shown.append(b"<" + "".join(codes).encode("ascii") + b"> Tj")
        return b" ".join((self._state(run, page_height), *shown, b"ET"))

    def write(self, add: Callable[[bytes], int]) -> bytes:
        """Write the subsets; the answer is the dictionary of font resources."""
        entries = {
            f"F{place}": o.reference(self._write_font(place, add))
            for place, characters in enumerate(self._characters)
            if characters
        }
        return o.dictionary(**entries)

    def _allot(self, character: str) -> tuple[int, str]:
        """The font of a character that is new in this file, and the code it gets there."""
        glyph = self._chain.glyph(character)
        self._glyphs[glyph.font].append(glyph)
        self._characters[glyph.font].append(character)
        allotted = self._codes[character] = (glyph.font, f"{len(self._characters[glyph.font]):04x}")
        return allotted

    def _state(self, run: TextRun, page_height: float) -> bytes:
        x, y = o.number(run.x * MM), o.number((page_height - run.y) * MM)
        if run.angle:
            cos, sin = math.cos(math.radians(run.angle)), math.sin(math.radians(run.angle))
            turn = b"%.4f %.4f %.4f %.4f" % (cos, sin, -sin, cos)
        else:
            turn = b"1 0 0 1"
        colour = b" ".join(o.number(part) for part in run.colour)
        weight = b"2 Tr %s w" % o.number(run.size * BOLD_PEN) if run.bold else b"0 Tr"
        return b"BT %s rg %s RG %s %s Tc %s %s %s Tm" % (
            colour, colour, weight, o.number(run.spacing * MM), turn, x, y,
        )  # fmt: skip

    def _write_font(self, place: int, add: Callable[[bytes], int]) -> int:
        font = self._chain.fonts[place]
        glyphs, characters = self._glyphs[place], self._characters[place]
        data, renumbered = font.subset({glyph.gid for glyph in glyphs})
        # A subset's name begins with six letters of its own (section 9.9.2): drawn from its content, so they repeat.
        tag = "".join(chr(ord("A") + byte % 26) for byte in hash_bytes("sha256", data)[:6])
        name = f"/{tag}+{font.name}".encode("ascii")
        left, bottom, right, top = font.bounding_box
        file = add(o.stream(isal_zlib.compress(data), Length1=b"%d" % len(data), Filter=b"/FlateDecode"))
        descriptor = add(
            o.dictionary(
                Type=b"/FontDescriptor",
                FontName=name,
                Flags=b"4",
                FontBBox=b"[%d %d %d %d]" % (left, bottom, right, top),
                ItalicAngle=b"0",
                Ascent=b"%d" % top,
                Descent=b"%d" % bottom,
                CapHeight=b"%d" % top,
                StemV=b"80",
                FontFile2=o.reference(file),
            )
        )
        gids = b"\x00\x00" + b"".join(renumbered[glyph.gid].to_bytes(2, "big") for glyph in glyphs)
        mapping = add(o.stream(isal_zlib.compress(gids), Filter=b"/FlateDecode"))
        widths = b" ".join(o.number(glyph.advance) for glyph in glyphs)
        descendant = add(
            o.dictionary(
                Type=b"/Font",
                Subtype=b"/CIDFontType2",
                BaseFont=name,
                CIDSystemInfo=o.dictionary(Registry=b"(Adobe)", Ordering=b"(Identity)", Supplement=b"0"),
                FontDescriptor=o.reference(descriptor),
                CIDToGIDMap=o.reference(mapping),
                DW=b"1000",
                W=b"[1 [" + widths + b"]]",
            )
        )
        to_unicode = add(
            o.stream(
                isal_zlib.compress(unicode_map([_utf16(character) for character in characters])), Filter=b"/FlateDecode"
            )
        )
        return add(
            o.dictionary(
                Type=b"/Font",
                Subtype=b"/Type0",
                BaseFont=name,
                Encoding=b"/Identity-H",
                DescendantFonts=b"[" + o.reference(descendant) + b"]",
                ToUnicode=o.reference(to_unicode),
            )
        )


def unicode_map(characters: Iterable[bytes]) -> bytes:
    """A ToUnicode map (section 9.10.3) from the characters in hexadecimal UTF-16, the code 1 first."""
    rows = [b"<%04x> <%s>" % row for row in enumerate(characters, start=1)]
    blocks = (rows[at : at + _MAP_BLOCK] for at in range(0, len(rows), _MAP_BLOCK))
    body = b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks)
    return _MAP % body


def _utf16(character: str) -> bytes:
    return character.encode("utf-16-be").hex().encode("ascii")


_MAP = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
%s
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""
