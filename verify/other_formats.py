"""What people hand in instead of an e-licence, by its first bytes: named, so that they can be told what it is.

A name is a word for people; nothing is judged by it, and nothing of the file is unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from verify.reason import Text

_ZIP: Final = b"PK\x03\x04"
_ZIP_END: Final = b"PK\x05\x06"
_IN_OFD: Final = b"Doc_0/"
_MAX_COMMENT: Final = 65_557
"""Bytes of the end of a ZIP with the longest comment."""
_HEAD: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFormat:
    """A format of which no file is an e-licence."""

    name: Text
    packed: bool = False
    """It holds other files, one of which may be the e-licence."""

    @property
    def sentence(self) -> Text:
        """What is so."""
        return Text(zh=f"这是{self.name.zh}，不是电子证照。", en=f"This is {self.name.en}; it is no e-licence.")


UNPACK_FIRST: Final = Text(
    zh="如果电子证照在里面，请先解压，再逐个查验其中的 PDF 或 OFD 文件。",
    en="If the e-licence is in it, unpack it first and check each PDF or OFD file in it.",
)
"""What to do with something packed."""


def _named(zh: str, en: str, *, packed: bool = False) -> OtherFormat:
    return OtherFormat(name=Text(zh=zh, en=en), packed=packed)


_ARCHIVE: Final = _named("压缩包", "an archive of files", packed=True)
_IN_ZIP: Final = (
    (b"word/", _named(" Word 文档（.docx）", "a Word document (.docx)")),
    (b"xl/", _named(" Excel 表格（.xlsx）", "an Excel workbook (.xlsx)")),
    (b"ppt/", _named(" PPT 演示文稿（.pptx）", "a PowerPoint presentation (.pptx)")),
)
_BEGINNINGS: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _named(" Word、Excel 或 WPS 文档", "a Word, Excel or WPS document")),
    (b"{\\rtf", _named(" RTF 文档", "an RTF document")),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"\x1f\x8b\x08", _ARCHIVE),
)
_MARKUP: Final = (
    (b"<!doctype html", _named("网页文件", "a web page")),
    (b"<html", _named("网页文件", "a web page")),
    (b"<svg", _named("矢量图（SVG）", "a drawing (SVG)")),
    (b"<?xml", _named(" XML 文件", "an XML file")),
)
_FILM: Final = _named("视频或音频", "a film or sound")
_FILMS: Final = (b"isom", b"mp41", b"mp42", b"qt  ", b"M4V ", b"M4A ", b"3gp", b"avc1")
_TEXT: Final = _named("文本文件", "a text file")


def other_format(data: bytes) -> OtherFormat | None:
    """Name the format of something that is no e-licence; None when nothing tells, as of a damaged file."""
    head = data[:_HEAD]
    if head.startswith(_ZIP):
        return _in_zip(data)
    if head[4:8] == b"ftyp" and head[8:12].startswith(_FILMS):
        return _FILM
    for beginning, named in _BEGINNINGS:
        if head.startswith(beginning):
            return named
    lower = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, named in _MARKUP:
        if lower.startswith(beginning):
            return named
    return _TEXT if _is_text(data) else None


def _in_zip(data: bytes) -> OtherFormat | None:
    """By the names of the files in it. One that was cut off may be anything, and a damaged OFD is no other thing."""
    if _ZIP_END not in data[-_MAX_COMMENT:] or _IN_OFD in data:
        return None
    if b"[Content_Types].xml" in data:
        return next((named for folder, named in _IN_ZIP if folder in data), _ARCHIVE)
    return _ARCHIVE


def _is_text(data: bytes) -> bool:
    if not data or b"\0" in data:
        return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\ufeff\u3000" for character in text[:_HEAD])
