"""What a pre-flight can find, with a sentence for each."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class PreflightCode(StrEnum):
    """What was found; the first group refuses a seal, the second only warns."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    HYBRID = "hybrid"
    BYTES_OUTSIDE = "bytes_outside"
    OVERLAP = "overlap"
    TOO_MANY_PAGES = "too_many_pages"
    PAGE_SIZE = "page_size"
    SIGNED = "signed"
    FORM_FIELD = "form_field"
    XFA = "xfa"
    SCRIPT = "script"
    ACTION = "action"
    AUTOMATIC_ACTION = "automatic_action"
    EMBEDDED_FILE = "embedded_file"
    EXTERNAL_REFERENCE = "external_reference"
    OPTIONAL_CONTENT = "optional_content"
    HIDDEN_PAGE = "hidden_page"
    UNREFERENCED = "unreferenced"
    ALTERNATE_CONTENT = "alternate_content"
    RICH_MEDIA = "rich_media"
    HIDDEN_ANNOTATION = "hidden_annotation"
    # Warnings.
    FONT_NOT_EMBEDDED = "font_not_embedded"
    LAYERS = "layers"
    EARLIER_REVISIONS = "earlier_revisions"


WARNINGS = frozenset({PreflightCode.FONT_NOT_EMBEDDED, PreflightCode.LAYERS, PreflightCode.EARLIER_REVISIONS})

_C = PreflightCode
_SENTENCES = MappingProxyType(
    {
        _C.ENCRYPTED: ("文件已加密", "the file is encrypted"),
        _C.DAMAGED: ("文件结构损坏，不同软件显示的内容可能不同", "the file is damaged: readers may differ on it"),
        _C.HYBRID: ("文件有两套对象位置表", "the file has two tables of places for two sorts of readers"),
        _C.BYTES_OUTSIDE: ("文件头前或文件尾后有多余数据", "there is data before the file's header or behind it"),
        _C.OVERLAP: ("两个对象位于同一位置", "two objects stand at the same place"),
        _C.TOO_MANY_PAGES: ("页数过多", "the file has too many pages"),
        _C.PAGE_SIZE: ("页面尺寸超出范围", "a page's size is out of range"),
        _C.SIGNED: (
            "文件已有签名；本印章须为第一个签名",
            "the file is signed already; this seal must be the first signature",
        ),
        _C.FORM_FIELD: ("文件含表单域，其显示内容可能改变", "the file has a form field, whose look may change"),
        _C.XFA: ("文件含XFA表单", "the file has an XFA form"),
        _C.SCRIPT: ("文件含脚本", "the file has a script"),
        _C.ACTION: ("文件含可执行动作或外部链接", "the file has an action that leads out of the page"),
        _C.AUTOMATIC_ACTION: ("文件含自动触发的动作", "the file has an action that starts by itself"),
        _C.EMBEDDED_FILE: ("文件含嵌入的附件", "the file has another file embedded"),
        _C.EXTERNAL_REFERENCE: ("文件引用了外部内容", "the file refers to content outside itself"),
        _C.OPTIONAL_CONTENT: ("文件含可切换显示的图层", "the file has layers that can be switched"),
        _C.HIDDEN_PAGE: ("文件含未列入页序的页面", "the file has a page that is not among its pages"),
        _C.UNREFERENCED: ("文件含未被使用的隐藏内容", "the file has hidden content that nothing uses"),
        _C.ALTERNATE_CONTENT: ("文件含可替换显示的内容", "the file has content to be shown instead of other content"),
        _C.RICH_MEDIA: ("文件含音视频或三维内容", "the file has sound, film or three-dimensional content"),
        _C.HIDDEN_ANNOTATION: ("文件含隐藏的批注", "the file has a hidden annotation"),
        _C.FONT_NOT_EMBEDDED: ("字体未嵌入，文字外观可能改变", "a font is not embedded: the text may look otherwise"),
        _C.LAYERS: ("文件含图层，均为显示状态", "the file has layers, all of them shown"),
        _C.EARLIER_REVISIONS: ("文件含以前的修订内容", "the file still holds earlier revisions"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFinding:
    """One thing that was found."""

    code: PreflightCode
    page: int | None
    """The first page, from 1, that has it; None when it belongs to no page."""
    object: str
    """The object's number and generation in the file; empty for the file as a whole."""
    detail: str
    """What it is called in the file, for instance an action's kind, a field's or an attachment's name."""

    @property
    def refuses(self) -> bool:
        """Whether the file must not be sealed."""
        return self.code not in WARNINGS

    @property
    def zh(self) -> str:
        """One sentence in Chinese, with the place."""
        place = f"第{self.page}页" if self.page else ""
        named = f"（{'，'.join(part for part in (place, self.detail, self.object) if part)}）"
        return _SENTENCES[self.code][0] + ("" if named == "（）" else named)

    @property
    def en(self) -> str:
        """One sentence in English, with the place."""
        place = f"page {self.page}" if self.page else ""
        obj = f"object {self.object}" if self.object else ""
        named = ", ".join(part for part in (place, self.detail, obj) if part)
        return _SENTENCES[self.code][1] + (f" ({named})" if named else "")
