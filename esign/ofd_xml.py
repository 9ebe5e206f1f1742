"""The XML of an OFD made by anybody, as a plain tree.

Products differ in prefixes and in the namespace itself (with and without `/2016`), so names are compared without them.
What stands twice where a reader takes one is refused: readers differ in which. Document type declarations are refused:
without them there are no entities of which a few bytes become gigabytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from .errors import Fault, MalformedError, TooLargeError
from .ofd_encoding import codec_of, to_utf_8

MAX_XML_BYTES: Final = 8 * 1024 * 1024
"""Of one file."""
MAX_XML_ELEMENTS: Final = 100_000
"""Of one file; a full page has some thousand."""
MAX_XML_DEPTH: Final = 64
MAX_XML_ATTRIBUTES: Final = 1_000
"""Of one element; expat takes a second and 150 MB for the million that a file has room for."""

Box = tuple[float, float, float, float]
"""ST_Box: left, top, width and height in millimetres."""

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,17})?|\.\d{1,17})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_NUMBERS_OF_BOX: Final = 4
_ATTRIBUTES_OF_ONE: Final = 10
"""An element that has more counts as several."""
# Up to the next `<`, of which an attribute has none, and long enough for more attributes than that. The first `<` is
# what keeps a file of many shorter pieces from being looked through anew from every byte.
_LONG_PIECE: Final = re.compile(rb"<[^<]{%d,}" % (5 * MAX_XML_ATTRIBUTES))


@dataclass(slots=True)
class Element:
    """One element; the text of mixed content is joined."""

    name: str
    """Without its prefix."""
    attributes: dict[str, str]
    """By name without prefix; declarations of namespaces are none."""
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def all(self, name: str) -> "Iterator[Element]":
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> "Element | None":
        """The first child of this name."""
        return next(self.all(name), None)

    def text_of(self, name: str) -> str:
        """The text of the first child of this name without white space around it; empty when there is none."""
        child = self.first(name)
        return "" if child is None else child.text.strip()

    def only(self, name: str) -> "Element | None":
        """The child of this name, of which there may be one.

        Raises:
            MalformedError: `FORMAT_OFD`: there are several.
        """
        found = list(self.all(name))
        if len(found) > 1:
            raise MalformedError(Fault.FORMAT_OFD, f"{name} stands twice in {self.name!a}")
        return found[0] if found else None

    def only_text(self, name: str) -> str:
        """As `text_of`, of the child that `only` gives."""
        child = self.only(name)
        return "" if child is None else child.text.strip()


def parse_xml(data: bytes, name: str) -> Element:
    """The root element of a file; `name` is its path, for the error.

    Raises:
        TooLargeError: over a limit.
        MalformedError: `FORMAT_OFD`: it is not well-formed, or has a document type declaration.
    """
    return counted_xml(data, name, MAX_XML_ELEMENTS)[0]


def counted_xml(data: bytes, name: str, limit: int) -> tuple[Element, int]:
    """As `parse_xml` with a lower limit of elements; also says how many there are."""
    builder = _Builder(name, min(limit, MAX_XML_ELEMENTS))
    data, parser = _parser(data, name)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    _parse(parser, data, name)
    return builder.root, builder.count


def check_xml(data: bytes, name: str) -> None:
    """Whether a file is well-formed; nothing of it is kept.

    Raises:
        TooLargeError: more than `MAX_XML_BYTES`.
        MalformedError: `FORMAT_OFD`: it is not well-formed, or has a document type declaration.
    """
    data, parser = _parser(data, name)
    _parse(parser, data, name)


def read_box(text: str) -> Box | None:
    """A box (ST_Box); None when the text is none."""
    parts = text.split(maxsplit=_NUMBERS_OF_BOX)
    if len(parts) != _NUMBERS_OF_BOX or not all(map(_NUMBER.fullmatch, parts)):
        return None
    left, top, width, height = map(float, parts)
    return left, top, width, height


def _parser(data: bytes, name: str) -> tuple[bytes, XMLParserType]:
    """The file in UTF-8, and a parser for it."""
    if len(data) > MAX_XML_BYTES:
        raise TooLargeError(f"{name!a}: more than {MAX_XML_BYTES} bytes of XML")
    data, codec = to_utf_8(data, name)
    if any(piece[0].count(b"=") > MAX_XML_ATTRIBUTES for piece in _LONG_PIECE.finditer(data)):
        raise TooLargeError(f"{name!a}: an element with more than {MAX_XML_ATTRIBUTES} attributes")

    def refuse(*_: object) -> None:
        raise MalformedError(Fault.FORMAT_OFD, f"{name!a}: a document type declaration")

    def compare(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and codec_of(encoding) != codec:
            raise MalformedError(Fault.FORMAT_OFD, f"{name!a}: not in the encoding that it declares")

    # What is declared is compared, and then no more asked for.
    parser = ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.XmlDeclHandler = compare
    return data, parser


def _parse(parser: XMLParserType, data: bytes, name: str) -> None:
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise MalformedError(Fault.FORMAT_OFD, f"{name!a}: not well-formed XML") from error


class _Builder:
    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._top = Element("", {})
        self._open = [self._top]
        self._texts: list[list[str] | None] = [None]
        """Of the open elements: pieces, which are joined once, because a text that grows is copied each time."""
        self._limit = limit
        self.count = 0

    @property
    def root(self) -> Element:
        return self._top.children[0]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1 + len(attributes) // _ATTRIBUTES_OF_ONE
        opened = self._open
        if self.count > self._limit or len(opened) > MAX_XML_DEPTH:
            raise TooLargeError(f"{self._name!a}: too many elements, or too deep")
        if ":" in (names := "".join(attributes)) or "xmlns" in names:
            attributes = self._without_prefixes(attributes)
        element = Element(tag.rpartition(":")[2], attributes)
        opened[-1].children.append(element)
        opened.append(element)
        self._texts.append(None)

    def end(self, _tag: str) -> None:
        element, pieces = self._open.pop(), self._texts.pop()
        if pieces is not None:
            element.text = "".join(pieces)

    def text(self, text: str) -> None:
        pieces = self._texts[-1]
        if pieces is None:
            self._texts[-1] = [text]
        else:
            pieces.append(text)

    def _without_prefixes(self, attributes: dict[str, str]) -> dict[str, str]:
        bare: dict[str, str] = {}
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                continue
            local = key.rpartition(":")[2]
            if local in bare:
                raise MalformedError(Fault.FORMAT_OFD, f"{self._name!a}: an attribute stands twice")
            bare[local] = value
        return bare
