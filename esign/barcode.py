"""QR symbols: drawing one and finding them in a picture."""

from .child import ChildLimits, ask_child
from .errors import Fault, MalformedError

QUIET_ZONE = 4
"""Empty modules around the symbol that ISO/IEC 18004 asks for."""
_DARK = bytes(1 if grey < 128 else 0 for grey in range(256))
PICTURE_CPU_SECONDS = 3
PICTURE_SECONDS = 7
PICTURE_MEMORY_BYTES = 768 << 20
PICTURE_LIMITS = ChildLimits(
    cpu_seconds=PICTURE_CPU_SECONDS, wall_seconds=PICTURE_SECONDS, memory_bytes=PICTURE_MEMORY_BYTES
)


def code_modules(text: str) -> tuple[bytes, ...]:
    """The modules of a QR symbol at error correction level M: rows of 1 (dark) and 0 (light), without quiet zone."""
    import zxingcpp  # here: a large library, and verifying draws no symbol

    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False)
    height, width = picture.shape
    cells = bytes(picture)  # type: ignore[call-overload]  # the stub does not know that it is a buffer
    cells = cells.translate(_DARK)
    return tuple(cells[at : at + width] for at in range(0, height * width, width))


def read_picture(data: bytes) -> tuple[str, ...]:
    """The texts of all QR symbols in a picture (PNG, JPEG, TIFF, WebP, BMP, GIF) or in the pages of a scanned PDF.

    They may be turned, tilted, blurred. Reads in a process of its own (see `picture_reader`).

    Raises:
        TooLargeError: more than `picture_reader.MAX_PIXELS`, or over `PICTURE_LIMITS`.
        MalformedError: `FORMAT_PICTURE` when it is no readable picture, `PICTURE_WITHOUT_CODE` when no symbol in it is.
    """
    texts = ask_child("picture_reader", data, limits=PICTURE_LIMITS, fault=Fault.FORMAT_PICTURE)
    if not isinstance(texts, list) or not texts:
        raise MalformedError(Fault.PICTURE_WITHOUT_CODE, "no readable QR symbol in the picture")
    return tuple(str(text) for text in texts)
