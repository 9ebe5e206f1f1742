"""Codes in pictures that the pages are sent: from a camera, or a photograph."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from esign import EsignError, extract_code, is_short_code, read_picture

from .errors import BusyError

MAX_PICTURE_BYTES = 12 * 1024 * 1024  # of a phone's largest photographs
MAX_AT_ONCE = 2
"""Pictures that are read at the same time: each takes a process and up to seconds of computing."""
MAX_WAITING = 6
"""Pictures that wait for that. Each holds a thread, and the other pages need some."""
WAIT_SECONDS = 4.0

# Letters and figures only: what else a symbol holds (an address, a name) must not end up in an address of ours. What
# stands behind `S/` is shown by a holder just now.
_CODE = re.compile(r"(?:S/)?[0-9A-Z-]{1,1024}")


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
