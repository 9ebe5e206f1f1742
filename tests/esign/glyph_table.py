"""Makes `esign/glyph_shapes.bin` from the shipped font: `python tests/esign/glyph_table.py`.

A font that ships later adds its outlines to those that are in files already: then this program needs both.
"""

from __future__ import annotations

import sys
from array import array
from pathlib import Path

import uharfbuzz as hb

from esign.glyph_shapes import TABLE_NAME, GlyphShapes, shape_digest
from licences.fonts import shipped_font


def table() -> bytes:
    """Code points in order, least significant byte first, then a digest for each."""
    face = hb.Face(hb.Blob(shipped_font()))
    whole, font = hb.Face(hb.Blob(_plain(face))), hb.Font(face)
    shapes = GlyphShapes(bytes(whole.blob.data))
    rows = {}
    code_points = sorted(face.unicodes)
    drawn = shapes.glyphs(map(font.get_nominal_glyph, code_points))
    for code_point, glyph in zip(code_points, drawn, strict=True):
        digest = shape_digest(glyph)
        if digest is not None:
            rows[code_point] = digest
    characters = array("I", rows)
    if sys.byteorder == "big":
        characters.byteswap()
    return characters.tobytes() + b"".join(rows.values())


def _plain(face: hb.Face) -> bytes:
    """The font with nothing but the tables that a subset of ours has; its glyph numbers stay."""
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.RETAIN_GIDS
    wanted.keep_everything()
    for tag in face.table_tags:
        if tag not in ("glyf", "head", "hhea", "hmtx", "loca", "maxp"):
            wanted.drop_table_tag_set.add(int.from_bytes(tag.encode("ascii"), "big"))
    return bytes(hb.subset(face, wanted).blob.data)


if __name__ == "__main__":
    Path(__file__).parents[2].joinpath("esign", TABLE_NAME).write_bytes(table())
