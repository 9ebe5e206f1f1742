"""PDF objects (ISO 32000-1 section 7.3) of the few forms that we write, written in one way and read back strictly."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import Fault, MalformedError, TooLargeError

MAX_DEPTH = 12  # our own files nest four deep
MAX_VALUES = 2000  # in one object; those that are read, such as the catalogue, have below a hundred
_SPACES = b" \n"
_WHITESPACE = re.compile(rb"[ \n]+")
_WORD = re.compile(rb"[^()<>\[\]/ \n]+")
_INTEGER = re.compile(rb"0|[1-9][0-9]{0,9}")
_REAL = re.compile(rb"-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,4})?")


class Name(str):
    """A PDF name without its slash, as it is spelled: `#2F` stays, so a disguised key is an unknown key."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """An indirect reference; generations other than 0 are never used."""

    number: int


@dataclass(frozen=True, slots=True)
class HexString:
    """A hexadecimal string and where its opening bracket stood in the file."""

    digits: bytes
    start: int

    @property
    def end(self) -> int:
        """The place behind the closing bracket."""
        return self.start + len(self.digits) + 2


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream object with its undecoded bytes."""

    dictionary: dict[str, object]
    data: bytes


def number(value: float) -> bytes:
    """A number with at most two decimals and no trailing zeros: a hundredth of a point is below any printer's dot."""
    text = (b"%.2f" % value).rstrip(b"0").rstrip(b".")
    return b"0" if text == b"-0" else text


def text_string(text: str) -> bytes:
    """A text string in UTF-16BE with byte order mark, as lower-case hexadecimal."""
    return b"<feff" + text.encode("utf-16-be").hex().encode("ascii") + b">"


def dictionary(**entries: bytes) -> bytes:
    """A dictionary; keyword names are the keys."""
    return b"<<" + b"".join(b"/" + key.encode("ascii") + b" " + value for key, value in entries.items()) + b">>"


def reference(to: int) -> bytes:
    """An indirect reference."""
    return b"%d 0 R" % to


def stream(data: bytes, **entries: bytes) -> bytes:
    """A stream object; `Length` is filled in."""
    # The line feed before `endstream` is what PDF/A-3 asks for (ISO 19005-3 section 6.1.7.1).
    return dictionary(**entries, Length=b"%d" % len(data)) + b"\nstream\n" + data + b"\nendstream"


def box(left: float, bottom: float, right: float, top: float) -> bytes:
    """A rectangle."""
    return b"[" + b" ".join(number(edge) for edge in (left, bottom, right, top)) + b"]"


def references(numbers: Iterable[int]) -> bytes:
    """An array of indirect references."""
    return b"[" + b" ".join(reference(to) for to in numbers) + b"]"


class ObjectParser:
    """Reads one object at a time from a file; anything that we would not write is refused."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        """Start at `position`; nothing at or behind `end` is looked at."""
        self._data = data
        self._end = end
        self._values = 0
        self.position = position

    def parse(self, depth: int = 0) -> object:
        """The next object.

        Raises:
            TooLargeError: nested more than `MAX_DEPTH` deep, or more than `MAX_VALUES`.
            MalformedError: `FORMAT_PDF`.
        """
        if depth > MAX_DEPTH:
            raise TooLargeError(f"PDF objects nested more than {MAX_DEPTH} deep")
        self._values += 1
        if self._values > MAX_VALUES:
            raise TooLargeError(f"a PDF object of more than {MAX_VALUES} values")
        self._skip_whitespace()
        data, at = self._data, self.position
        if data.startswith(b"<<", at, self._end):
            return self._dictionary_or_stream(depth)
        first = data[at : min(at + 1, self._end)]
        if first == b"<":
            return self._hex_string()
        if first == b"[":
            return self._array(depth)
        if first == b"/":
            return self._name()
        if first == b"(":
            return self._literal_string()
        return self._number_or_word()

    def expect(self, token: bytes) -> None:
        """Skip white space and then exactly this token."""
        self._skip_whitespace()
        if not self._data.startswith(token, self.position, self._end):
            raise self._error(f"{token.decode('ascii')} was expected")
        self.position += len(token)

    def _dictionary_or_stream(self, depth: int) -> dict[str, object] | Stream:
        self.position += 2
        entries: dict[str, object] = {}
        while True:
            self._skip_whitespace()
            if self._data.startswith(b">>", self.position, self._end):
                self.position += 2
                break
            key = self._name()
            if key in entries:
                raise self._error("a dictionary key twice")
            entries[key] = self.parse(depth + 1)
        if depth == 0 and self._data.startswith(b"\nstream\n", self.position, self._end):
            return self._stream(entries)
        return entries

    def _stream(self, entries: dict[str, object]) -> Stream:
        start = self.position + len(b"\nstream\n")
        length = entries.get("Length")
        if type(length) is not int or not 0 <= length <= self._end - start:
            raise self._error("a stream without a proper length")
        self.position = start + length
        self.expect(b"endstream")
        return Stream(entries, self._data[start : start + length])

    def _array(self, depth: int) -> list[object]:
        self.position += 1
        items: list[object] = []
        while True:
            self._skip_whitespace()
            if self._data.startswith(b"]", self.position, self._end):
                self.position += 1
                return items
            items.append(self.parse(depth + 1))

    def _hex_string(self) -> HexString:
        start = self.position
        close = self._data.find(b">", start, self._end)
        if close < 0:
            raise self._error("a string without end")
        self.position = close + 1
        return HexString(self._data[start + 1 : close], start)

    def _literal_string(self) -> bytes:
        start = self.position + 1
        close = self._data.find(b")", start, self._end)
        value = self._data[start:close]
        if close < 0 or b"\\" in value or b"(" in value:
            raise self._error("a literal string that we do not write")
        self.position = close + 1
        return value

    def _name(self) -> Name:
        self._skip_whitespace()
        if not self._data.startswith(b"/", self.position, self._end):
            raise self._error("a name was expected")
        self.position += 1
        word = self._word()
        if not word.isascii():
            raise self._error("a name that we do not write")
        return Name(word.decode("ascii"))

    def _number_or_word(self) -> object:
        word = self._word()
        constants: dict[bytes, object] = {b"true": True, b"false": False, b"null": None}
        if word in constants:
            return constants[word]
        if _INTEGER.fullmatch(word):
            after = self.position
            if self._data.startswith(b" 0 R", after, self._end):
                self.position = after + 4
                return Reference(int(word))
            return int(word)
        if not _REAL.fullmatch(word):
            raise self._error("no PDF object")
        return float(word)

    def _word(self) -> bytes:
        start = self.position
        if (found := _WORD.match(self._data, start, self._end)) is not None:
            self.position = found.end()
        return self._data[start : self.position]

    def _skip_whitespace(self) -> None:
        at = self.position
        # Mostly there is none: cheaper to ask than to search.
        if at < self._end and self._data[at] in _SPACES and (found := _WHITESPACE.match(self._data, at, self._end)):
            self.position = found.end()

    def _error(self, what: str) -> MalformedError:
        return MalformedError(Fault.FORMAT_PDF, f"{what} at byte {self.position}")
