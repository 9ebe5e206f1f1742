"""QR symbols: drawing one and finding them in a picture."""

import json
import subprocess
import sys
from pathlib import Path

import zxingcpp

from . import picture_reader
from .errors import Fault, MalformedError, TooLargeError

QUIET_ZONE = 4
"""Empty modules around the symbol that ISO/IEC 18004 asks for."""
_DARK = bytes(1 if grey < 128 else 0 for grey in range(256))
PICTURE_SECONDS = 5
"""After this a picture is given up; the process's own limit on computing time is shorter."""


def code_modules(text: str) -> tuple[bytes, ...]:
    """The modules of a QR symbol at error correction level M: rows of 1 (dark) and 0 (light), without quiet zone."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False)
    height, width = picture.shape
    cells = bytes(picture)  # type: ignore[call-overload]  # the stub does not know that it is a buffer
    cells = cells.translate(_DARK)
    return tuple(cells[at : at + width] for at in range(0, height * width, width))


def read_picture(data: bytes) -> tuple[str, ...]:
    """The texts of all QR symbols in a PNG or JPEG picture, also rotated ones.

    Reads in a process of its own (see `picture_reader`).

    Raises:
        TooLargeError: more pixels, time or memory than `picture_reader` allows.
        MalformedError: `FORMAT_PICTURE` when it is no readable picture or has no readable symbol.
    """
    # -I: neither the current folder nor the environment says what is imported.
    command = [sys.executable, "-I", str(Path(picture_reader.__file__))]
    try:
        done = subprocess.run(  # noqa: S603 — our own program
            command, input=data, capture_output=True, timeout=PICTURE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TooLargeError("the picture takes too long to read") from error
    if done.returncode < 0:
        # Ended by the operating system: over its time or memory.
        raise TooLargeError("the picture takes too much time or memory to read")
    if done.returncode > 0:
        # Pillow lets through whatever its parsing of a broken file happens to raise; all of it means the same here.
        raise MalformedError(Fault.FORMAT_PICTURE, "not a readable PNG or JPEG picture")
    answer = json.loads(done.stdout)
    if answer == picture_reader.TOO_LARGE:
        raise TooLargeError("a picture of too many pixels")
    if not answer:
        raise MalformedError(Fault.FORMAT_PICTURE, "no readable QR symbol in the picture")
    return tuple(answer)
