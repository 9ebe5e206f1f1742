"""The pictures that a scanner has put into a PDF, on pages without text; for the process that reads pictures."""

import io
from collections.abc import Iterator

import pikepdf
from PIL import Image

from .errors import TooLargeError

MAX_SCANNED_PAGES = 4
MAX_SCANNED_PICTURES = 8  # of one page: some scanners cut a page into strips, of which the first few are looked at


def pictures_of_pages(data: bytes, most_pixels: int) -> Iterator[Image.Image]:
    """The pictures of the first pages. A picture in a form that is not read is passed over."""
    with pikepdf.open(io.BytesIO(data)) as document:
        for number, page in enumerate(document.pages):
            if number == MAX_SCANNED_PAGES:
                return
            if "/Font" in page.get("/Resources", {}):
                # Written by a program: what stands there can be changed without a trace, beside a genuine symbol.
                continue
            pictures = list(page.images.values())
            if len(pictures) > MAX_SCANNED_PICTURES:
                raise TooLargeError("more pictures on a page than a scanner puts there")
            for drawn in pictures:
                if not isinstance(drawn, pikepdf.Stream):
                    continue
                try:
                    image = pikepdf.PdfImage(drawn)
                    # A few bytes may unpack to any size: asked before it is done.
                    if image.width * image.height > most_pixels:
                        raise TooLargeError("a picture of too many pixels")
                    yield image.as_pil_image()
                except (pikepdf.PikepdfError, NotImplementedError, ValueError, OSError):
                    continue
