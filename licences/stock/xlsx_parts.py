"""The parts of an XLSX file (ECMA-376), read in one pass each without ever building a tree.

Nobody has looked at the file before: what it may unpack to is bounded before anything is unpacked, document type
declarations are refused, and cells are counted as they come.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import normpath
from types import MappingProxyType
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from licences.errors import StockFileError

from .sheet import MAX_REGISTER_BYTES

MAX_PARTS: Final = 2_000
MAX_UNPACKED_BYTES: Final = 300 * 1024 * 1024
"""Of all parts together; 100,000 rows of 30 cells have about 200 MB."""
MAX_SHARED_CHARACTERS: Final = 100_000_000
MAX_SHEETS: Final = 500
MAX_STYLES: Final = 100_000  # spreadsheets allow 64,000
MAX_FORMAT_CHARACTERS: Final = 1_000  # spreadsheets allow 255
_CHUNK_BYTES = 1 << 16
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


class Package:
    """The parts of one file by name."""

    def __init__(self, data: bytes) -> None:
        """Open it; StockFileError when it is no XLSX file or unpacks to more than the limits."""
        if len(data) > MAX_REGISTER_BYTES:
            raise StockFileError("STOCK_FILE_TOO_LARGE", limit=f"{MAX_REGISTER_BYTES // 1024 // 1024} MB")
        if data.startswith(_OLE):  # the old format, or a new one behind a password
            raise StockFileError("STOCK_FILE_LOCKED")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise StockFileError("STOCK_FILE_DAMAGED") from error
        parts = self._zip.infolist()
        # A reader of `zipfile` never gives more than the size that is declared here.
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise StockFileError("STOCK_UNPACKS_TOO_LARGE", limit=f"{MAX_UNPACKED_BYTES // 1024 // 1024} MB")
        self._names = {part.filename.lstrip("/").lower(): part.filename for part in parts}

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name.lower() in self._names

    def parse(self, name: str, start: Start, end: End, text: Callable[[str], None]) -> None:
        """Read an XML part; element and attribute names come without prefixes."""
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
        parser.EndElementHandler = lambda tag: end(_local(tag))
        parser.CharacterDataHandler = text
        try:
            with self._zip.open(self._names[name.lower()]) as part:
                while chunk := part.read(_CHUNK_BYTES):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except (
            KeyError, ValueError, OverflowError, RuntimeError, NotImplementedError, OSError, EOFError,
            zipfile.BadZipFile, zlib.error, ExpatError,
        ) as error:  # fmt: skip
            raise StockFileError("STOCK_FILE_DAMAGED") from error

    def related(self, source: str) -> Mapping[str, tuple[str, str]]:
        """Return what a part refers to: last word of the kind, and name of the part, by id."""
        folder, file = str(PurePosixPath(source).parent), PurePosixPath(source).name
        folder = "" if folder == "." else folder
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                place = target.lstrip("/") if target.startswith("/") else normpath(f"{folder}/{target}").lstrip("/")
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], place

        name = f"{folder}/_rels/{file}.rels".lstrip("/")
        if self.has(name):
            self.parse(name, start, _nothing, _nothing)
        return found

    def shared_strings(self, name: str) -> Sequence[str]:
        """Return the texts that cells share, without the readings (phonetics) beside them."""
        strings: list[str] = []
        pieces: list[str] = []
        inside = phonetic = False
        total = 0

        def start(tag: str, _attributes: Mapping[str, str]) -> None:
            nonlocal inside, phonetic
            inside = tag == "t"
            phonetic = phonetic or tag == "rPh"

        def end(tag: str) -> None:
            nonlocal inside, phonetic, total
            inside = False
            if tag == "rPh":
                phonetic = False
            elif tag == "si":
                string = "".join(pieces)
                pieces.clear()
                total += len(string) + 1
                if total > MAX_SHARED_CHARACTERS:
                    raise StockFileError("STOCK_UNPACKS_TOO_LARGE", limit=f"{MAX_SHARED_CHARACTERS:,}")
                strings.append(string)

        def text(data: str) -> None:
            if inside and not phonetic:
                pieces.append(data)

        self.parse(name, start, end, text)
        return strings


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise StockFileError("STOCK_FILE_DAMAGED")


def _nothing(_text: str) -> None:
    pass


BUILT_IN_FORMATS: Final[Mapping[int, str]] = MappingProxyType(
    {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 49: "@"}
    # Days; 27 to 36 and 50 to 58 are those of Chinese spreadsheets.
    | dict.fromkeys((14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-mm-dd")
)


def number_formats(package: Package, name: str) -> Sequence[str]:
    """Return the number format of each cell style."""
    own: dict[int, str] = {}
    styles: list[int] = []
    inside = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            number_format = attributes.get("formatCode", "")
            if len(number_format) > MAX_FORMAT_CHARACTERS:
                raise StockFileError("STOCK_FILE_DAMAGED")
            own[int(attributes.get("numFmtId", "0"))] = number_format
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            styles.append(int(attributes.get("numFmtId", "0")))
            if len(styles) > MAX_STYLES:
                raise StockFileError("STOCK_FILE_DAMAGED")

    def end(tag: str) -> None:
        nonlocal inside
        if tag == "cellXfs":
            inside = False

    package.parse(name, start, end, _nothing)
    return [own.get(style, BUILT_IN_FORMATS.get(style, "")) for style in styles]
