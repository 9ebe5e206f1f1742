"""What a preview does not show as the file says, told beside it: a preview never leaves anything out silently."""

from enum import StrEnum
from typing import Final

PREVIEW_ZH: Final = "预览（以原文件核验结果为准）"
PREVIEW_EN: Final = "Preview: what counts is the verdict on the file itself"
"""Stands at every preview."""

MAX_PREVIEW_NOTES: Final = 20
"""That are told; a hostile file has one for every object."""


class PreviewNote(StrEnum):
    """Why a preview may look different from what a reader of OFD shows."""

    FONT_REPLACED = "font_replaced"
    CHARACTER_LEFT_OUT = "character_left_out"
    PICTURE_LEFT_OUT = "picture_left_out"
    COLOUR_APPROXIMATED = "colour_approximated"
    PATH_CUT = "path_cut"
    CLIP_LEFT_OUT = "clip_left_out"
    OBJECT_LEFT_OUT = "object_left_out"
    FILE_MISSING = "file_missing"
    SEAL_LEFT_OUT = "seal_left_out"
    PAGE_SIZE = "page_size"

    @property
    def zh(self) -> str:
        """For clerks and citizens."""
        return _TEXTS[self][0]

    @property
    def en(self) -> str:
        """The same in English."""
        return _TEXTS[self][1]


_TEXTS: Final = {
    PreviewNote.FONT_REPLACED: (
        "有字体未嵌入或无法读取，文字以其他字体显示。",
        "A font is not embedded, or cannot be read: its text is shown in another one.",
    ),
    PreviewNote.CHARACTER_LEFT_OUT: (
        "有字符无字形可用，未显示。",
        "No font has one of the characters: it is not shown.",
    ),
    PreviewNote.PICTURE_LEFT_OUT: (
        "有图片缺失或无法读取，以空框表示。",
        "A picture is missing or cannot be read: an empty frame stands for it.",
    ),
    PreviewNote.COLOUR_APPROXIMATED: (
        "有渐变或图案填充以单色近似。",
        "Some gradients and patterns are shown in one colour.",
    ),
    PreviewNote.PATH_CUT: ("有图形数据错误，只显示能读出的部分。", "A path is broken: only the part before is shown."),
    PreviewNote.CLIP_LEFT_OUT: (
        "有裁剪区无法读取，未裁剪。",
        "A clip that cannot be read is not applied.",
    ),
    PreviewNote.OBJECT_LEFT_OUT: ("有无法识别的对象，未显示。", "Unknown objects are not shown."),
    PreviewNote.FILE_MISSING: (
        "文件包中缺少被引用的文件，相应内容未显示。",
        "The package lacks a file that it names: what stands in it is not shown.",
    ),
    PreviewNote.SEAL_LEFT_OUT: (
        "有印章图像无法读取，以空框表示。",
        "The picture of a seal cannot be read: an empty frame stands for it.",
    ),
    PreviewNote.PAGE_SIZE: (
        "页面尺寸不在可显示范围内，以A4显示。",
        "The size of a page is none that can be shown: it is shown as A4.",
    ),
}


class Notes:
    """Notes of one preview: each with what it is about, none twice."""

    def __init__(self) -> None:
        self.found: dict[tuple[PreviewNote, str], None] = {}

    def add(self, note: PreviewNote, about: str = "") -> None:
        """Keep a note, unless there are `MAX_PREVIEW_NOTES`."""
        if len(self.found) < MAX_PREVIEW_NOTES:
            self.found[note, about[:100]] = None
