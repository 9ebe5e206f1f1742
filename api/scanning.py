"""Codes in pictures that the pages are sent: from a camera, or a photograph."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from esign import EsignError, extract_code, is_short_code, read_picture
from verify import REASONS, kind_of, other_format

from .errors import BusyError
from .messages import Message

MAX_PICTURE_BYTES = 12 * 1024 * 1024  # of a phone's largest photographs
MAX_AT_ONCE = 2
"""Pictures that are read at the same time: each takes a process and up to seconds of computing."""
MAX_WAITING = 6
"""Pictures that wait for that. Each holds a thread, and the other pages need some."""
WAIT_SECONDS = 4.0

# Letters and figures only: what else a symbol holds (an address, a name) must not end up in an address of ours. What
# stands behind `S/` is shown by a holder just now.
_CODE = re.compile(r"(?:S/)?[0-9A-Z-]{1,1024}")

_NO_SYMBOL = Message(
    zh="图片中没有读到二维码。请靠近些、对准照面上的二维码再拍，或输入短码。",
    en="No code was found in the picture. Take it closer and straight, or type the short code.",
)
_NO_PICTURE = Message(
    zh="没有选择照片。请选择或拍摄照面上二维码的照片，或输入短码。",
    en="No picture was chosen. Choose or take a picture of the code on the face, or type the short code.",
)
_DOCUMENT = Message(
    zh="这里只读照片，不核验 PDF、OFD 等证照文件。这些文件请在窗口核验；在这里请拍照面上的二维码，或输入短码。",
    en="Only pictures are read here, no PDF, OFD or other files of licences. Those are checked at the desk; here take"
    " a picture of the code on the face, or type the short code.",
)
_UNKNOWN_FILE = Message(
    zh="这个文件不是照片，也不是电子证照，或者已经损坏。",
    en="This file is neither a picture nor an e-licence, or it is damaged.",
)
_TAKE_PICTURE = Message(
    zh="这里只读照片：请拍照面上的二维码，或输入短码。",
    en="Only pictures are read here: take one of the code on the face, or type the short code.",
)
_FOREIGN_SYMBOL = Message(
    zh="图片中的二维码不是电子证照的二维码。请拍照面上的二维码。",
    en="The code in the picture is not that of an e-licence. Take a picture of the code on its face.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was found in a picture."""

    code: str = ""
    """Text of the first e-licence code; empty when there is none."""
    foreign: bool = False
    """There are symbols, but none is an e-licence code."""


class PictureScanner:
    """Reads pictures, a few at a time."""

    def __init__(self, at_once: int = MAX_AT_ONCE, waiting: int = MAX_WAITING) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._room = threading.BoundedSemaphore(at_once + waiting)

    def scan(self, data: bytes) -> Scan:
        """Look for a code; BusyError when too many pictures are waiting. No picture raises anything else."""
        if not data:
            return Scan()
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            texts = self._texts(data)
        except EsignError:
            return Scan()
        finally:
            self._room.release()
        codes = [extract_code(text) for text in texts if "/V/" in text.upper() or is_short_code(text)]
        return Scan(code=next(filter(is_code_like, codes), ""), foreign=not any(map(is_code_like, codes)))

    def _texts(self, data: bytes) -> Sequence[str]:
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise _busy()
        try:
            return read_picture(data)
        finally:
            self._free.release()


def _busy() -> BusyError:
    return BusyError("正在读取的图片太多，请稍后再试。", "too many pictures are being read: try again")


def is_code_like(code: str) -> bool:
    """Whether a text has the characters of a code or short code, so that it may stand in an address."""
    return _CODE.fullmatch(code) is not None


def why_no_code(sent: bytes, *, foreign: bool) -> Message:
    """Say why no code was found in what somebody has sent; many send something else than a picture."""
    match kind_of(sent):
        case "picture":
            return _FOREIGN_SYMBOL if foreign else _NO_SYMBOL
        case "empty":
            return _NO_PICTURE
        case "unread_picture":
            reason = REASONS["PICTURE_UNREAD"]
            return Message(zh=reason.sentence.zh + reason.action.zh, en=f"{reason.sentence.en} {reason.action.en}")
        case "unknown":
            other = other_format(sent)
            said = _UNKNOWN_FILE if other is None else other.sentence
            return Message(zh=said.zh + _TAKE_PICTURE.zh, en=f"{said.en} {_TAKE_PICTURE.en}")
        case _:
            return _DOCUMENT
