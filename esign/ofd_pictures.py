"""Pictures in files of strangers, read by Pillow for a preview; only in a process with limits."""

import io
from typing import Final

from PIL import Image

MAX_PREVIEW_PIXELS: Final = 16_000_000
"""Of one picture: an A4 page at 400 dots per inch has 15 million."""

_FORMS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF")
_CUT_OUT: Final = [0 if value > 244 else 255 for value in range(256)]  # as products take a mask: white is nothing


def read_picture(data: bytes) -> Image.Image | None:
    """The picture as RGB or RGBA, of several the first; None when it cannot be read, or has too many dots."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMS) as image:
            if image.width * image.height > MAX_PREVIEW_PIXELS:
                return None
            image.load()
            return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, KeyError, IndexError):
        # Whatever a decoder happens to raise on a broken file means the same.
        return None


def cut_out(image: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture without what the mask covers; a mask of another size covers nothing."""
    if image.size != mask.size:
        return image
    result = image.convert("RGBA")
    result.putalpha(mask.convert("L").point(_CUT_OUT))
    return result
