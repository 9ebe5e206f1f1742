"""The XML of an OFD made by anybody, as a plain tree.

Products differ in prefixes and in the namespace itself (with and without `/2016`), so names are compared without them.
Document type declarations are refused: without them there are no entities of which a few bytes become gigabytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from .errors import Fault, MalformedError, TooLargeError

MAX_XML_BYTES: Final = 8 * 1024 * 1024
"""Of one file."""
MAX_XML_ELEMENTS: Final = 100_000
"""Of one file; a full page has some thousand."""
MAX_XML_DEPTH: Final = 64


@dataclass(slots=True)
class Element:
    """One element; the text of mixed content is joined."""

    name: str
    """Without its prefix."""
    attributes: dict[str, str]
    """By name without prefix."""
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


def parse_xml(data: bytes, name: str) -> Element:
    """The root element of a file; `name` is its path, for the error.

    Raises:
        TooLargeError: over a limit.
        MalformedError: `FORMAT_OFD`: it is not well-formed, or has a document type declaration.
    """
    if len(data) > MAX_XML_BYTES:
        raise TooLargeError(f"{name}: more than {MAX_XML_BYTES} bytes of XML")
    builder = _Builder(name)
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(data, True)
    except (ExpatError, ValueError) as error:  # a ValueError: an encoding that nobody knows
        raise MalformedError(Fault.FORMAT_OFD, f"{name!a}: not well-formed XML") from error
    return builder.root


class _Builder:
    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Element] = []
        self._left = MAX_XML_ELEMENTS
        self.root = Element("", {})

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        if self._left < 0 or len(self._open) >= MAX_XML_DEPTH:
            raise TooLargeError(f"{self._name!a}: too many elements, or too deep")
        element = Element(_local(tag), {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def refuse_doctype(self, *_: object) -> None:
        raise MalformedError(Fault.FORMAT_OFD, f"{self._name!a}: a document type declaration")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
