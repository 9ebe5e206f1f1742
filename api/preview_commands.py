"""`elicence preview`: what an OFD looks like, as a PDF or as pictures, for programs that show no OFD."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer

_FORMS = ("pdf", "png")


def add_preview_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence`."""
    preview = add("preview", _preview, "OFD预览（不核验）what an OFD looks like; nothing is verified", to)
    preview.add_argument("file", metavar="FILE.ofd", help="OFD文件 the OFD; - is standard input")
    preview.add_argument(
        "--out", metavar="FILE", required=True, help="FILE.pdf，或 FILE.png（多页时为 FILE-1.png 等）PDF, or PNGs"
    )


def _preview(arguments: argparse.Namespace) -> "Answer":
    from esign import (
        MAX_OFD_BYTES,
        MAX_PREVIEW_PAGES,
        PREVIEW_EN,
        PREVIEW_ZH,
        MalformedError,
        TooLargeError,
        ofd_preview,
    )
    from licences import shipped_font_file
    from verify import kind_of

    from .answer import Answer
    from .columns import printable
    from .errors import InputTooLargeError, MalformedInputError, UsageError
    from .inputs import read_argument
    from .output import StagedFiles

    target = Path(arguments.out)
    form = target.suffix.lower().removeprefix(".")
    if form not in _FORMS:
        raise UsageError("输出文件须以 .pdf 或 .png 结尾。", "the result must be named .pdf or .png")
    data = read_argument(arguments.file, MAX_OFD_BYTES)
    fonts = [shipped_font_file()]
    try:
        if form == "pdf":
            made = ofd_preview(data, form="pdf", fonts=fonts, marked=True)
            files, notes, pages = {target.name: made.files[0]}, dict.fromkeys(made.notes), made.pages
        else:
            # One at a time: each has the whole of the time that a process may take.
            shown = [ofd_preview(data, form="png", fonts=fonts, last=1, marked=True)]
            pages = shown[0].pages
            for page in range(1, min(pages, MAX_PREVIEW_PAGES)):
                shown.append(ofd_preview(data, form="png", fonts=fonts, first=page, last=page + 1, marked=True))
            notes = dict.fromkeys(note for one in shown for note in one.notes)
            pictures = [picture for one in shown for picture in one.files]
            files = {_name(target, number, len(pictures)): one for number, one in enumerate(pictures, start=1)}
    except TooLargeError as error:
        raise InputTooLargeError("文件过大或过于复杂，无法预览。", f"too large to preview: {error}") from error
    except MalformedError as error:
        if kind_of(data) == "ofd":
            raise MalformedInputError(
                "这个OFD文件已损坏，不能预览，请重新取得。", f"this OFD is damaged: {error.detail}; get it again"
            ) from error
        zh, en = _other_than_ofd(data)
        raise MalformedInputError(f"{zh}，不是OFD文件，不能预览。", f"{en}, no OFD: it has no preview") from error
    with StagedFiles(target.parent) as staged:
        staged.stage(files)
        staged.put()
    lines = [f"{PREVIEW_ZH}  {PREVIEW_EN}", *(str(target.parent / name) for name in files)]
    if pages > MAX_PREVIEW_PAGES:
        most = MAX_PREVIEW_PAGES
        lines.append(f"共{pages}页，只显示前{most}页  {pages} pages, of which the first {most} are shown")
    lines += [f"- {note.zh}  {note.en}{f' ({about})' if about else ''}" for note, about in notes]
    shape = {
        "files": [str(target.parent / name) for name in files],
        "pages": pages,
        "shown": min(pages, MAX_PREVIEW_PAGES),
        "notes": [
            {"code": note.value, "about": about, "message": {"zh": note.zh, "en": note.en}} for note, about in notes
        ],
    }
    return Answer(shape=shape, text="\n".join(printable(line) for line in lines))


def _other_than_ofd(data: bytes) -> tuple[str, str]:
    from verify import kind_of, other_format

    match kind_of(data):
        case "pdf":
            return "这是PDF文件，可直接用阅读器打开", "a PDF, which every reader shows"
        case "empty":
            return "文件是空的", "an empty file"
    other = other_format(data)
    return ("这个文件无法识别", "an unknown file") if other is None else (f"这是{other.name.zh}", other.name.en)


def _name(target: Path, number: int, count: int) -> str:
    return target.name if count == 1 else f"{target.stem}-{number}{target.suffix}"
