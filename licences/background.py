"""What all licences of a type have under their text: the frame, and on samples a watermark."""

from collections.abc import Iterator

from esign import Background, FontChain, Shape, lozenge, rectangle, transformed

from .catalogue import Face

_WATERMARK = "样例·测试"
_WATERMARK_GREY = (0.93, 0.93, 0.93)
_WATERMARK_SHARE = 1 / 4.6  # of the page's shorter side: the height of its type
_WATERMARK_SLOPE = 0.45  # tangent; that of the page's diagonal, made gentle

_FRAME_LINES = ((8.0, 1.1), (9.8, 0.25))  # millimetres from the edge, weight
_CORNER_INSET, _CORNER_RADIUS = 12.6, 1.4


def draw_background(fonts: FontChain, face: Face, *, sample: bool) -> Background:
    """Draw the background of a face; `sample` for one that is sealed with a development PKI."""
    watermark = _watermark(fonts, face) if sample else ()
    return Background(shapes=(*watermark, *_frame(face)))


def _frame(face: Face) -> Iterator[Shape]:
    """Two lines and a lozenge in each corner."""
    for inset, weight in _FRAME_LINES:
        commands = rectangle(inset, inset, face.width - 2 * inset, face.height - 2 * inset)
        yield Shape(commands=commands, stroke=face.colour, line_width=weight)
    for x in (_CORNER_INSET, face.width - _CORNER_INSET):
        for y in (_CORNER_INSET, face.height - _CORNER_INSET):
            yield Shape(commands=lozenge(x, y, _CORNER_RADIUS), fill=face.colour)


def _watermark(fonts: FontChain, face: Face) -> Iterator[Shape]:
    """Large slanted outlines under everything: not text, so that copied text stays clean."""
    size = min(face.width, face.height) * _WATERMARK_SHARE
    length = (1 + _WATERMARK_SLOPE**2) ** 0.5
    cos, sin = 1 / length, _WATERMARK_SLOPE / length
    along = -fonts.width(_WATERMARK) / 1000 * size / 2
    for character in _WATERMARK:

        def on_slope(x: float, y: float, along: float = along) -> tuple[float, float]:
            right, up = along + x * size, (y - 0.35) * size  # 0.35: half the height of a character
            return face.width / 2 + right * cos - up * sin, face.height / 2 - right * sin - up * cos

        yield Shape(commands=transformed(fonts.outline(character), on_slope), fill=_WATERMARK_GREY)
        along += fonts.width(character) / 1000 * size
