"""QR symbols: drawing one and finding them in a picture."""

import io
import struct
import zlib

import zxingcpp
from PIL import Image

from .errors import Fault, MalformedError, TooLargeError

MAX_PICTURE_PIXELS = 60_000_000  # an A4 page scanned at 600 dpi has 35 million
# Pillow's readers let through what their parsing of a broken chunk happens to raise.
_PILLOW_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    TypeError,
    KeyError,
    AttributeError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)

QUIET_ZONE = 4
"""Empty modules around the symbol that ISO/IEC 18004 asks for."""


def code_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The dark modules of a QR symbol at error correction level M, without the quiet zone."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False)
    height, width = picture.shape
    cells = bytes(picture)  # type: ignore[call-overload]  # the stub does not know that it is a buffer
    return tuple(tuple(cell < 128 for cell in cells[at : at + width]) for at in range(0, height * width, width))


def read_picture(data: bytes) -> tuple[str, ...]:
    """The texts of all QR symbols in a PNG or JPEG picture, also rotated ones.

    Raises:
        TooLargeError: more than `MAX_PICTURE_PIXELS`.
        MalformedError: `FORMAT_PICTURE` when it is no readable picture or has no readable symbol.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PICTURE_PIXELS:
                raise TooLargeError(f"a picture of more than {MAX_PICTURE_PIXELS} pixels")
            grey = picture.convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLargeError("a picture with too many pixels") from error
    except _PILLOW_ERRORS as error:
        raise MalformedError(Fault.FORMAT_PICTURE, "not a readable PNG or JPEG picture") from error
    symbols = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    texts = tuple(symbol.text for symbol in symbols if symbol.text)
    if not texts:
        raise MalformedError(Fault.FORMAT_PICTURE, "no readable QR symbol in the picture")
    return texts
