"""The fonts of OFDs as they are read: what one file brings says nothing about the next one."""

from __future__ import annotations

import pytest

from esign import FontChain, ofd_face_fonts
from esign.font_tables import legible_font, read_tables
from esign.ofd_face_fonts import OfdFaceFont
from licences import shipped_font

SPACE, LETTER = " ", "A"
NAME = "Sample"


def font_of(scale: int) -> OfdFaceFont:
    """A font that has the shipped glyphs, and says that so many units are the size of its characters."""
    (font,) = FontChain([shipped_font()]).fonts
    gids = {one: font.gid(one) or 0 for one in (SPACE, LETTER)}
    data, numbers = font.subset(set(gids.values()))
    tables = [
        table._replace(content=table.content[:18] + scale.to_bytes(2, "big") + table.content[20:])
        if table.tag == b"head"
        else table
        for table in read_tables(data)
    ]
    return OfdFaceFont(legible_font(tables, NAME, {ord(one): numbers[gid] for one, gid in gids.items()}), NAME)


def test_a_blank_of_another_scale_changes_no_other_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ofd_face_fonts, "_usual", {})
    monkeypatch.setattr(ofd_face_fonts, "_advances", {})
    font_of(1000)
    before, other = font_of(1000), font_of(2000)
    assert (other.advances[SPACE], other.unlike) == (before.advances[SPACE] / 2, {LETTER})
    # A blank has no outline that would tell its scale, and files are read at the same time.
    assert ofd_face_fonts._advances == before.advances == font_of(1000).advances
    assert before.advances[SPACE] == FontChain([shipped_font()]).width(SPACE)
