"""The pages of an OFD as sheets (GB/T 33190-2016 clauses 7.7, 8 to 13): templates, layers, objects, annotations.

Only what the file says is drawn. What cannot be drawn is noted, and a frame stands where a picture would be.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from PIL import Image

from .drawing import (
    UNCHANGED,
    Area,
    Clip,
    Drawn,
    DrawnPath,
    DrawnPicture,
    DrawnText,
    Ink,
    Matrix,
    Pen,
    Sheet,
    after,
    box_of,
    moved,
    put,
    scale_of,
)
from .drawing import Box as Edges
from .errors import TooLargeError
from .ofd_document import OfdDocument, OfdPage
from .ofd_gradients import gradient
from .ofd_outline import read_numbers, read_path
from .ofd_paths import OfdFiles
from .ofd_pictures import cut_out, read_picture
from .ofd_resources import Resources, is_gradient
from .ofd_text_drawing import Fonts, text_glyphs
from .ofd_xml import Box, Element, read_box
from .page import Command, rectangle
from .preview_notes import Notes, PreviewNote

MAX_PREVIEW_OBJECTS: Final = 40_000
"""Of all pages together: a page may draw one thing many times over."""
MAX_PREVIEW_STEPS: Final = 1_000_000
"""Of all paths together."""
MAX_PREVIEW_DEPTH: Final = 8
"""Of objects that are made of others."""
MAX_PREVIEW_PICTURES: Final = 48_000_000
"""Pixels of all different pictures together."""
MAX_TILES: Final = 400
"""Of one pattern; one with more is not drawn."""
LARGEST_PAGE: Final = 1_500.0
"""Millimetres; a page of another size is shown as A4."""

_A4: Final = (0.0, 0.0, 210.0, 297.0)
_LINE_WIDTH: Final = 0.353
_FRAME: Final = Pen(ink=Ink(128, 128, 128), width=0.2)
_BLACK: Final = Ink(0, 0, 0)
_LAYERS: Final = {"Background": 0, "Body": 1, "Custom": 1, "Foreground": 2}


class State(NamedTuple):
    """What objects take over from what they stand in."""

    matrix: Matrix = UNCHANGED
    clip: Clip = ()
    opacity: float = 1.0
    parameter: str = ""
    """ID of drawing parameters."""
    depth: int = 0


class PageDrawing:
    """Draws the pages of one document."""

    def __init__(self, files: OfdFiles, document: OfdDocument, fonts: Sequence[str], notes: Notes) -> None:
        self._files, self._document, self._notes = files, document, notes
        self._resources = Resources()
        for resources in document.resources:
            self._resources.add(files, resources)
        self._fonts = Fonts(self._resources.fonts, fonts, notes)
        self._pictures: dict[str, Image.Image | None] = {}
        self._objects, self._steps, self._pixels = MAX_PREVIEW_OBJECTS, MAX_PREVIEW_STEPS, MAX_PREVIEW_PICTURES

    def sheet(self, page: OfdPage) -> Sheet:
        """One page without the seals on it.

        Raises:
            TooLargeError: over a limit.
            MalformedError: `FORMAT_OFD`: broken XML.
        """
        left, top, width, height = self.box(page)
        return Sheet(width=width, height=height, items=list(self.items(page, State(matrix=moved(-left, -top)))))

    def box(self, page: OfdPage) -> Box:
        """The physical box of a page; A4 where it says none that can be shown."""
        root = self._page(page)
        area = None if root is None else root.first("Area")
        box = None if area is None else read_box(area.text_of("PhysicalBox"))
        box = box or self._document.box
        if box is None or not all(1 <= side <= LARGEST_PAGE for side in box[2:]):
            self._notes.add(PreviewNote.PAGE_SIZE)
            return _A4
        return box

    def items(self, page: OfdPage, state: State) -> Iterator[Drawn]:
        """Everything on a page in the order of drawing: what lies under it, itself, what lies over it, annotations."""
        root = self._page(page)
        if root is None:
            return
        templates = {template.identifier: template for template in self._document.templates}
        under: list[Element] = []
        over: list[Element] = []
        for named in root.all("Template"):
            template = templates.get(named.attributes.get("TemplateID", "").strip())
            drawn = None if template is None else self._page(template)
            if template is None or drawn is None:
                self._notes.add(PreviewNote.FILE_MISSING)
                continue
            order = named.attributes.get("ZOrder", "").strip() or template.order
            (over if order == "Foreground" else under).append(drawn)
        for one in (*under, root, *over):
            yield from self._content(one, state)
        for identifier, path in self._document.annotations:
            if identifier == page.identifier:
                yield from self._annotations(path, state)

    def _page(self, page: OfdPage) -> Element | None:
        if page.path not in self._files:
            self._notes.add(PreviewNote.FILE_MISSING, page.path)
            return None
        return self._files.xml(page.path, self._document.path)

    def _content(self, root: Element, state: State) -> Iterator[Drawn]:
        layers = [layer for content in root.all("Content") for layer in content.all("Layer")]
        for layer in sorted(layers, key=lambda layer: _LAYERS.get(layer.attributes.get("Type", "Body"), 1)):
            yield from self._block(layer, state._replace(parameter=layer.attributes.get("DrawParam", "")))

    def _annotations(self, path: str, state: State) -> Iterator[Drawn]:
        if path not in self._files:
            self._notes.add(PreviewNote.FILE_MISSING, path)
            return
        for annotation in self._files.xml(path, self._document.path).all("Annot"):
            appearance = annotation.first("Appearance")
            if appearance is not None and _flag(annotation.attributes, "Visible", True):
                yield from self._block(appearance, self._inside(appearance, state, 0.0))

    def _block(self, block: Element, state: State) -> Iterator[Drawn]:
        for element in block.children:
            if element.name in _PASSED_OVER:
                continue
            self._objects -= 1
            if self._objects < 0:
                raise TooLargeError(f"more than {MAX_PREVIEW_OBJECTS} objects")
            if not _flag(element.attributes, "Visible", True):
                continue
            if element.name == "TextObject":
                yield from self._text(element, state)
            elif element.name == "PathObject":
                yield from self._path(element, state)
            elif element.name == "ImageObject":
                yield from self._picture(element, state)
            elif element.name in ("CompositeObject", "PageBlock") and state.depth < MAX_PREVIEW_DEPTH:
                yield from self._group(element, state._replace(depth=state.depth + 1))
            else:
                self._notes.add(PreviewNote.OBJECT_LEFT_OUT, element.name)

    def _group(self, element: Element, state: State) -> Iterator[Drawn]:
        if element.name == "PageBlock":
            yield from self._block(element, state)
            return
        unit = self._resources.composites.get(element.attributes.get("ResourceID", ""))
        content = None if unit is None else unit.first("Content")
        if content is None:
            self._notes.add(PreviewNote.OBJECT_LEFT_OUT, element.name)
            return
        yield from self._block(content, self._inside(element, state, 0.0))

    def _inside(self, element: Element, state: State, grown: float) -> State:
        """The state in an object's own coordinates (clause 8.5): from its boundary, which also cuts it off."""
        attributes = element.attributes
        box = read_box(attributes.get("Boundary", ""))
        left, top, width, height = box or (0.0, 0.0, 0.0, 0.0)
        within = after(moved(left, top), state.matrix)
        ctm = read_numbers(attributes.get("CTM", ""))
        matrix = after((ctm[0], ctm[1], ctm[2], ctm[3], ctm[4], ctm[5]), within) if len(ctm) == 6 else within
        clip = state.clip
        # A line along an axis has a boundary without area, and is shown all the same.
        if width > 0 and height > 0:
            edge = rectangle(-grown, -grown, width + 2 * grown, height + 2 * grown)
            clip = (*clip, Area(put(edge, within)))
        clips = element.first("Clips")
        if clips is not None:
            turned = _flag(clips.attributes, "TransFlag", True)
            clip = (*clip, *self._clips(clips, matrix if turned else within))
        return state._replace(
            matrix=matrix,
            clip=clip,
            opacity=state.opacity * self._opacity(attributes),
            parameter=attributes.get("DrawParam", "") or state.parameter,
        )

    def _clips(self, clips: Element, matrix: Matrix) -> Iterator[Area]:
        """The areas of a clip (clause 8.4): of one `Clip` together, of several only what lies in all."""
        for one in clips.all("Clip"):
            commands: list[Command] = []
            whole = True
            even_odd = False
            for area in one.all("Area"):
                ctm = read_numbers(area.attributes.get("CTM", ""))
                turned = after((ctm[0], ctm[1], ctm[2], ctm[3], ctm[4], ctm[5]), matrix) if len(ctm) == 6 else matrix
                shape = area.first("Path") or area.first("Text")
                if shape is None:
                    whole = False
                    continue
                box = read_box(shape.attributes.get("Boundary", "")) or (0.0, 0.0, 0.0, 0.0)
                placed = after(moved(box[0], box[1]), turned)
                if shape.name == "Text":
                    for outline, place in text_glyphs(shape, self._fonts):
                        commands += put(outline.commands, after(place, placed))
                else:
                    even_odd = even_odd or shape.attributes.get("Rule", "") == "Even-Odd"
                    commands += put(self._commands(shape), placed)
            if whole and commands:
                yield Area(tuple(commands), even_odd)
            else:
                self._notes.add(PreviewNote.CLIP_LEFT_OUT)

    def _text(self, element: Element, state: State) -> Iterator[Drawn]:
        inside = self._inside(element, state, 0.0)
        fill = self._ink(element, inside, "FillColor", _BLACK) if _flag(element.attributes, "Fill", True) else None
        pen = self._pen(element, inside, None) if _flag(element.attributes, "Stroke", False) else None
        glyphs = [(outline, after(place, inside.matrix)) for outline, place in text_glyphs(element, self._fonts)]
        if glyphs and (fill is not None or pen is not None):
            yield DrawnText(glyphs=glyphs, fill=fill, pen=pen, clip=inside.clip)

    def _path(self, element: Element, state: State) -> Iterator[Drawn]:
        parameter = element.attributes.get("DrawParam", "") or state.parameter
        inside = self._inside(element, state, self._line_width(element, parameter) / 2)
        own = self._commands(element)
        commands = put(own, inside.matrix)
        even_odd = element.attributes.get("Rule", "") == "Even-Odd"
        fill: Ink | None = None
        if _flag(element.attributes, "Fill", False):
            within = inside._replace(clip=(*inside.clip, Area(commands, even_odd)))
            shaded = self._shading(self._colour(element, inside, "FillColor"), box_of(own), within)
            if shaded is None:
                fill = self._ink(element, inside, "FillColor", None)
            else:
                yield from shaded
        pen = self._pen(element, inside, _BLACK) if _flag(element.attributes, "Stroke", True) else None
        if commands and (fill is not None or pen is not None):
            yield DrawnPath(commands=commands, fill=fill, even_odd=even_odd, pen=pen, clip=inside.clip)

    def _shading(self, colour: Element | None, box: Edges | None, state: State) -> Iterator[Drawn] | None:
        """What fills the clip of the state where a colour is more than one; None where it is shown as one."""
        if colour is None or box is None or not colour.children:
            return None
        if (pattern := colour.first("Pattern")) is not None:
            return self._tiles(pattern, box, state)
        found = gradient(colour, lambda one: self._resources.ink(one, 1.0), box)
        if found is None:
            return None
        self._count_picture(found.image)
        place = after(found.place, state.matrix)
        return iter((DrawnPicture(image=found.image, place=place, opacity=state.opacity, clip=state.clip),))

    def _tiles(self, pattern: Element, box: Edges, state: State) -> Iterator[Drawn] | None:
        """A pattern, again and again over a box (clause 8.3.3)."""
        attributes, cell = pattern.attributes, pattern.first("CellContent")
        width, height = (read_numbers(attributes.get(name, "")) for name in ("Width", "Height"))
        plain = attributes.get("ReflectMethod", "Normal") == "Normal" and attributes.get("RelativeTo", "") != "Page"
        if (
            cell is None
            or not plain
            or not (width and height)
            or "CTM" in attributes
            or state.depth >= MAX_PREVIEW_DEPTH
        ):
            return None
        steps = [
            max((*size, *read_numbers(attributes.get(name, ""))[:1]))
            for size, name in ((width, "XStep"), (height, "YStep"))
        ]
        if min(steps) <= 0:
            return None
        first, last = ([math.floor(box[place + at] / steps[at]) for at in (0, 1)] for place in (0, 2))
        if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) > MAX_TILES:
            return None
        places = [
            moved(column * steps[0], row * steps[1])
            for row in range(first[1], last[1] + 1)
            for column in range(first[0], last[0] + 1)
        ]
        inner = state._replace(depth=state.depth + 1)
        return chain.from_iterable(
            self._block(cell, inner._replace(matrix=after(place, state.matrix))) for place in places
        )

    def _picture(self, element: Element, state: State) -> Iterator[Drawn]:
        inside = self._inside(element, state, 0.0)
        attributes = element.attributes
        place = inside.matrix
        if "CTM" not in attributes:
            box = read_box(attributes.get("Boundary", "")) or (0.0, 0.0, 0.0, 0.0)
            place = after((box[2], 0.0, 0.0, box[3], 0.0, 0.0), place)
        reference = attributes.get("ResourceID", attributes.get("ResouceID", ""))
        image = self._image(reference)
        if image is None:
            yield DrawnPath(commands=put(rectangle(0, 0, 1, 1), place), pen=_FRAME, clip=inside.clip)
            return
        mask = self._image(attributes["ImageMask"]) if "ImageMask" in attributes else None
        shown = image if mask is None else cut_out(image, mask)
        yield DrawnPicture(image=shown, place=place, opacity=inside.opacity, clip=inside.clip)

    def _image(self, reference: str) -> Image.Image | None:
        if reference not in self._pictures:
            data = self._resources.pictures.get(reference)
            image = None if data is None else read_picture(data)
            if image is not None:
                self._count_picture(image)
            self._pictures[reference] = image
            if image is None:
                self._notes.add(PreviewNote.PICTURE_LEFT_OUT)
        return self._pictures[reference]

    def _count_picture(self, image: Image.Image) -> None:
        self._pixels -= image.width * image.height
        if self._pixels < 0:
            raise TooLargeError(f"pictures of more than {MAX_PREVIEW_PICTURES} pixels")

    def _commands(self, element: Element) -> tuple[Command, ...]:
        commands, whole = read_path(element.text_of("AbbreviatedData"))
        if not whole:
            self._notes.add(PreviewNote.PATH_CUT)
        self._steps -= len(commands)
        if self._steps < 0:
            raise TooLargeError(f"paths of more than {MAX_PREVIEW_STEPS} steps")
        return commands

    def _ink(self, element: Element, inside: State, name: str, otherwise: Ink | None) -> Ink | None:
        colour = self._colour(element, inside, name)
        if colour is None:
            return None if otherwise is None else otherwise._replace(opacity=inside.opacity)
        if is_gradient(colour):
            self._notes.add(PreviewNote.COLOUR_APPROXIMATED)
        return self._resources.ink(colour, inside.opacity)

    def _colour(self, element: Element, inside: State, name: str) -> Element | None:
        return element.first(name) or self._resources.parameter_colour(inside.parameter, name)

    def _pen(self, element: Element, inside: State, otherwise: Ink | None) -> Pen | None:
        ink = self._ink(element, inside, "StrokeColor", otherwise)
        if ink is None:
            return None
        scale, parameter = scale_of(inside.matrix), inside.parameter
        dashes = tuple(scale * abs(length) for length in read_numbers(self._said(element, parameter, "DashPattern")))
        offset = read_numbers(self._said(element, parameter, "DashOffset")) or (0.0,)
        return Pen(
            ink=ink,
            width=self._line_width(element, parameter) * scale,
            dashes=dashes if sum(dashes) > 0.01 else (),
            offset=offset[0] * scale,
            round="Round" in (self._said(element, parameter, "Cap"), self._said(element, parameter, "Join")),
        )

    def _line_width(self, element: Element, parameter: str) -> float:
        numbers = read_numbers(self._said(element, parameter, "LineWidth"))
        return abs(numbers[0]) if len(numbers) == 1 else _LINE_WIDTH

    def _said(self, element: Element, parameter: str, name: str) -> str:
        return element.attributes.get(name, "") or self._resources.parameter(parameter, name)

    def _opacity(self, attributes: Mapping[str, str]) -> float:
        numbers = read_numbers(attributes.get("Alpha", ""))
        return min(1.0, max(0.0, numbers[0] / 255)) if len(numbers) == 1 else 1.0


_PASSED_OVER: Final = frozenset({"Actions", "Clips", "Border", "FillColor", "StrokeColor"})


def empty_frame(x: float, y: float, width: float, height: float) -> Iterable[Drawn]:
    """What stands where a picture cannot be shown."""
    return [DrawnPath(commands=rectangle(x, y, width, height), pen=_FRAME)]


def _flag(attributes: Mapping[str, str], name: str, otherwise: bool) -> bool:
    value = attributes.get(name, "").strip().lower()
    return value in ("true", "1") if value else otherwise
