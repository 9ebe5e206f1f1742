"""A seal's picture from a file: the maker's own, or the emblem for a centre."""

import base64

from .child import ChildLimits, ask_child
from .errors import Fault, MalformedError, SealPictureError, TooLargeError
from .seal import SealImage, SealPicture
from .ses import MAX_PICTURE_BYTES, MAX_SIDE

SEAL_IMAGE_LIMITS = ChildLimits(cpu_seconds=3, wall_seconds=8, memory_bytes=512 << 20)


def read_seal_image(data: bytes, *, width: float, height: float) -> SealPicture:
    """The picture in a PNG, GIF, JPEG or BMP file, in millimetres of the given size.

    It is read in a process of its own, as every picture is. White needs no transparency: on a page a seal is ink, and
    white ink does not show.

    Raises:
        SealPictureError: it is no such picture, or over `MAX_PICTURE_BYTES`, `seal_image_reader.MAX_PIXELS`, `MAX_SIDE`
            or `SEAL_IMAGE_LIMITS`.
    """
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise SealPictureError(f"a seal's sides are up to {MAX_SIDE} mm")
    if len(data) > MAX_PICTURE_BYTES:
        raise SealPictureError(f"a picture of more than {MAX_PICTURE_BYTES} bytes")
    try:
        answer = ask_child("seal_image_reader", data, limits=SEAL_IMAGE_LIMITS, fault=Fault.FORMAT_PICTURE)
    except (MalformedError, TooLargeError) as error:
        raise SealPictureError(f"the seal's picture cannot be used: {error}") from error
    match answer:
        case [int(columns), int(rows), str(colours), str(opacity)]:
            image = SealImage(
                columns=columns,
                rows=rows,
                colours=base64.b64decode(colours),
                opacity=base64.b64decode(opacity) or None,
                width=width,
                height=height,
            )
            return SealPicture(width=width, height=height, image=image)
    raise SealPictureError("the seal's picture cannot be used")
