"""Resources that the pages of an OFD draw with (GB/T 33190-2016 clause 7.9): fonts, pictures, colours, parameters."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .drawing import Ink
from .ofd_document import OfdResources
from .ofd_outline import read_numbers
from .ofd_paths import OfdFiles
from .ofd_xml import Element

_CHANNELS: Final = {"GRAY": 1, "RGB": 3, "CMYK": 4}
_MAX_INHERITED: Final = 16
"""Drawing parameters that refer to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FontSource:
    """A font that texts name; without `data` the reader is to have it."""

    name: str
    data: bytes | None = field(default=None, repr=False)


@dataclass(slots=True, kw_only=True)
class Resources:
    """What the files of resources define, by ID. IDs are unique in a document; of one given twice the first counts."""

    fonts: dict[str, FontSource] = field(default_factory=dict)
    pictures: dict[str, bytes | None] = field(default_factory=dict, repr=False)
    """None: the file is not there."""
    spaces: dict[str, Element] = field(default_factory=dict, repr=False)
    parameters: dict[str, Element] = field(default_factory=dict, repr=False)
    composites: dict[str, Element] = field(default_factory=dict, repr=False)

    def add(self, files: OfdFiles, resources: OfdResources) -> None:
        """Take over what one file of resources defines."""
        for kind, table, name in (
            ("ColorSpaces", self.spaces, "ColorSpace"),
            ("DrawParams", self.parameters, "DrawParam"),
            ("CompositeGraphicUnits", self.composites, "CompositeGraphicUnit"),
        ):
            for group in resources.root.all(kind):
                for element in group.all(name):
                    table.setdefault(element.attributes.get("ID", ""), element)
        for font in resources.fonts:
            data = None if font.path is None else files.get(font.path)
            self.fonts.setdefault(font.identifier, FontSource(name=font.name or font.family, data=data))
        for medium in resources.media:
            self.pictures.setdefault(medium.identifier, None if medium.path is None else files.get(medium.path))

    def parameter(self, reference: str, name: str) -> str:
        """An attribute of drawing parameters, or of those that they rest on; empty when none has it."""
        return next((found.attributes[name] for found in self._chain(reference) if name in found.attributes), "")

    def parameter_colour(self, reference: str, name: str) -> Element | None:
        """A colour of drawing parameters, likewise."""
        return next((colour for found in self._chain(reference) if (colour := found.first(name)) is not None), None)

    def ink(self, colour: Element, opacity: float) -> Ink | None:
        """A colour (clause 8.3); None when it says none. Of a gradient it is the one between all."""
        attributes = colour.attributes
        opacity *= _share(attributes.get("Alpha", ""))
        numbers = _values(attributes.get("Value", ""))
        space = self.spaces.get(attributes.get("ColorSpace", ""))
        if not numbers and "Index" in attributes and space is not None:
            numbers = _of_palette(space, attributes["Index"])
        if numbers:
            return _ink(numbers, space, opacity)
        nested = [ink for one in _colours_of(colour) if (ink := self.ink(one, opacity)) is not None]
        if nested:
            red, green, blue, clear = (sum(parts) / len(nested) for parts in zip(*nested, strict=True))
            return Ink(round(red), round(green), round(blue), clear)
        # Neither value nor index: all channels are 0. A pattern is no colour.
        return None if colour.children else Ink(0, 0, 0, opacity)

    def _chain(self, reference: str) -> Iterable[Element]:
        for _ in range(_MAX_INHERITED):
            found = self.parameters.get(reference)
            if found is None:
                return
            yield found
            reference = found.attributes.get("Relative", "")


def is_gradient(colour: Element) -> bool:
    """Whether a colour is more than one colour."""
    return bool(colour.children)


def _share(text: str) -> float:
    numbers = read_numbers(text)
    return min(1.0, max(0.0, numbers[0] / 255)) if len(numbers) == 1 else 1.0


def _values(text: str) -> tuple[float, ...]:
    """Channels; products also write them in hexadecimal with `#`."""
    if "#" not in text:
        return read_numbers(text)
    try:
        return tuple(float(int(word.removeprefix("#"), 16)) for word in text.split())
    except ValueError:
        return ()


def _of_palette(space: Element, index: str) -> tuple[float, ...]:
    palette = space.first("Palette")
    colours = [] if palette is None else list(palette.all("CV"))
    return _values(colours[int(index)].text) if index.isdecimal() and int(index) < len(colours) else ()


def _ink(numbers: tuple[float, ...], space: Element | None, opacity: float) -> Ink | None:
    attributes: Mapping[str, str] = {} if space is None else space.attributes
    bits = read_numbers(attributes.get("BitsPerComponent", "")) or (8.0,)
    most = 2 ** min(16, max(1, int(bits[0]))) - 1
    parts = [min(1.0, max(0.0, number / most)) for number in numbers]
    if len(parts) != _CHANNELS.get(attributes.get("Type", "").upper(), len(parts)):
        return None
    match parts:
        case [grey]:
            red = green = blue = grey
        case [red, green, blue]:
            pass
        case [cyan, magenta, yellow, black]:
            red, green, blue = ((1 - part) * (1 - black) for part in (cyan, magenta, yellow))
        case _:
            return None
    return Ink(round(red * 255), round(green * 255), round(blue * 255), opacity)


def _colours_of(colour: Element) -> Iterator[Element]:
    """The colours of a gradient: of the segments of an axial or radial one, or of the corners of a mesh."""
    for gradient in colour.children:
        if gradient.name != "Pattern":
            yield from (found for part in gradient.children if (found := part.first("Color")) is not None)
