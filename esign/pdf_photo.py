"""A photograph as an image object of a PDF; its rows go in as they are."""

import base64
import binascii

from . import pdf_objects as o
from .errors import EsignError
from .photo import Photograph, read_photo


def photo_of_text(text: str) -> bytes | None:
    """The image object for a photograph in base64, as structured licences have it; None when it is none."""
    try:
        return photo_image(read_photo(base64.b64decode(text, validate=True)))
    except (EsignError, binascii.Error, ValueError):
        return None


def photo_image(photo: Photograph) -> bytes:
    """The image object (ISO 32000-1 section 8.9.5)."""
    space = b"/DeviceRGB" if photo.samples == 3 else b"/DeviceGray"
    if photo.palette:
        last = len(photo.palette) // 3 - 1
        space = b"[/Indexed /DeviceRGB %d <%s>]" % (last, photo.palette.hex().encode("ascii"))
    entries = {
        "Type": b"/XObject",
        "Subtype": b"/Image",
        "Width": b"%d" % photo.width,
        "Height": b"%d" % photo.height,
        "ColorSpace": space,
        "BitsPerComponent": b"%d" % photo.bits,
        "Interpolate": b"false",
        "Filter": b"/DCTDecode" if photo.kind == "jpeg" else b"/FlateDecode",
    }
    if photo.kind == "png":
        entries["DecodeParms"] = o.dictionary(
            Predictor=b"15",
            Colors=b"%d" % photo.samples,
            BitsPerComponent=b"%d" % photo.bits,
            Columns=b"%d" % photo.width,
        )
    return o.stream(photo.data, **entries)
