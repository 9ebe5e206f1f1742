"""Photographs in paper metadata: base64 of a JPEG or PNG file, kept with nothing but the picture."""

import base64
import binascii
from typing import Final

from esign import MAX_PHOTO_BYTES, EsignError, Photograph, TooLargeError, photo_file, read_photo

MAX_PHOTO_TEXT: Final = (MAX_PHOTO_BYTES + 2) // 3 * 4


class PhotoRefusedError(ValueError):
    """A text is no photograph that can be printed; ``code`` is a key of ``FAULTS``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normal_photo(text: str) -> str:
    """Return the photograph in base64 without what a camera left beside it; raises PhotoRefusedError."""
    return base64.b64encode(photo_file(photo_in(text))).decode("ascii")


def photo_in(text: str) -> Photograph:
    """Read a photograph from base64; raises PhotoRefusedError."""
    if len(text) > MAX_PHOTO_TEXT:
        raise PhotoRefusedError("PHOTO_TOO_LARGE")
    try:
        return read_photo(base64.b64decode(text, validate=True))
    except TooLargeError as error:
        raise PhotoRefusedError("PHOTO_TOO_LARGE") from error
    except (EsignError, binascii.Error, ValueError) as error:
        raise PhotoRefusedError("PHOTO_MALFORMED") from error
