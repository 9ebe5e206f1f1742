"""A seal's picture as PDF objects: the appearance (a form), and an image with its transparency where it has dots."""

from dataclasses import dataclass, field

from isal import isal_zlib

from . import pdf_objects as o
from .pdf_drawing import MM, shape_operators
from .seal import SealPicture

# Multiply blending needs a colour space to blend in; a transparency group says which (ISO 19005-3 section 6.2.10).
GROUP = o.dictionary(S=b"/Transparency", CS=b"/DeviceRGB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """The image in a seal's picture, as its streams have it."""

    columns: int
    rows: int
    colours: bytes = field(repr=False)
    opacity: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A seal's picture, ready to be written into any number of files."""

    operators: bytes = field(repr=False)
    """Compressed."""
    dots: Dots | None = None


def drawing_of(picture: SealPicture) -> Drawing:
    """The drawing of a picture; Multiply (`/G`) lets the text under it show, as ink on paper does."""
    top = picture.height * MM
    operators = [b"/G gs"]
    dots = None
    if (image := picture.image) is not None:
        dots = Dots(columns=image.columns, rows=image.rows, colours=image.colours, opacity=image.opacity)
        place = (image.width * MM, image.height * MM, image.x * MM, top - (image.y + image.height) * MM)
        operators.append(b"q %s 0 0 %s %s %s cm /I Do Q" % tuple(o.number(part) for part in place))
    operators += [shape_operators(shape, top) for shape in picture.shapes]
    return Drawing(operators=isal_zlib.compress(b"\n".join(operators)), dots=dots)


def empty_appearance(box: bytes) -> bytes:
    """What shows in the place of a seal that is not made yet: nothing (PDF/A wants an appearance all the same)."""
    return o.stream(b"", Type=b"/XObject", Subtype=b"/Form", BBox=box)


def appearance(
    drawing: Drawing, box: bytes, *, image: int, matrix: bytes | None = None, transparent: bool = True
) -> bytes:
    """The appearance; `image` is the object that its dots go into, if it has any.

    `matrix` turns it; where a file allows no transparency, not `transparent`, it hides what is under it.
    """
    resources = {"ExtGState": o.dictionary(G=o.dictionary(BM=b"/Multiply" if transparent else b"/Normal"))}
    if drawing.dots is not None:
        resources["XObject"] = o.dictionary(I=o.reference(image))
    return o.stream(
        drawing.operators,
        Type=b"/XObject",
        Subtype=b"/Form",
        BBox=box,
        **({} if matrix is None else {"Matrix": matrix}),
        Resources=o.dictionary(**resources),
        **({"Group": GROUP} if transparent else {}),
        Filter=b"/FlateDecode",
    )


def image_objects(drawing: Drawing, number: int) -> list[bytes]:
    """The image as object `number` and its transparency as the next one; none where there are no dots."""
    dots = drawing.dots
    if dots is None:
        return []
    mask = {} if dots.opacity is None else {"SMask": o.reference(number + 1)}
    image = _image(dots, dots.colours, ColorSpace=b"/DeviceRGB", **mask)
    return [image] if dots.opacity is None else [image, _image(dots, dots.opacity, ColorSpace=b"/DeviceGray")]


def dots_in(image: object, mask: object) -> Dots | None:
    """The dots of a file's image and transparency; whether these are ours shows when they are written again."""
    match image:
        case o.Stream(dictionary={"Subtype": "Image", "Width": int(columns), "Height": int(rows)}, data=colours):
            opacity = mask.data if isinstance(mask, o.Stream) else None
            return Dots(columns=columns, rows=rows, colours=colours, opacity=opacity)
    return None


def _image(dots: Dots, samples: bytes, **entries: bytes) -> bytes:
    return o.stream(
        samples,
        Type=b"/XObject",
        Subtype=b"/Image",
        Width=b"%d" % dots.columns,
        Height=b"%d" % dots.rows,
        BitsPerComponent=b"8",
        **entries,
        Filter=b"/FlateDecode",
    )
