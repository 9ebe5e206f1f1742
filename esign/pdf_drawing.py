"""Paths as PDF operators (ISO 32000-1 section 8.5)."""

from . import pdf_objects as o
from .page import Shape

MM = 72 / 25.4
"""Points in a millimetre."""


def shape_operators(shape: Shape, top: float) -> bytes:
    """The path's operators; millimetres downwards from `top` (points) become points upwards."""
    out = [b"q"]
    if shape.fill is not None:
        out.append(b"%s %s %s rg" % tuple(o.number(part) for part in shape.fill))
    if shape.stroke is not None:
        out.append(b"%s %s %s RG" % tuple(o.number(part) for part in shape.stroke))
        out.append(b"%s w" % o.number(shape.line_width * MM))
    here = (0.0, 0.0)
    for operator, numbers in shape.commands:
        points = [(numbers[at] * MM, top - numbers[at + 1] * MM) for at in range(0, len(numbers), 2)]
        if operator == "Q":
            # PDF has no quadratic curves: the cubic one with the same course (degree elevation).
            control, target = points
            points = [_between(here, control), _between(target, control), target]
        out.append(b" ".join(o.number(part) for point in points for part in point) + _PATH_OPERATORS[operator])
        here = points[-1] if points else here
    painting = {(True, True): b"B", (True, False): b"f", (False, True): b"S"}
    out.append(painting[shape.fill is not None, shape.stroke is not None] + b" Q")
    return b"\n".join(out)


_PATH_OPERATORS = {"M": b" m", "L": b" l", "C": b" c", "Q": b" c", "Z": b"h"}


def _between(end: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])
