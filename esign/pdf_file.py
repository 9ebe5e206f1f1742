"""The objects of a PDF file and their places, with room for the digits of one signature (ISO 32000-1 section 7.5)."""

from collections.abc import Callable, Sequence

from .pdf_form import HEADER

END = b"\nendobj\n"
"""What stands behind every object."""

Table = Callable[[Sequence[int]], bytes]
"""The table of places and the trailer, from the places of the objects."""


class PdfFile:
    """Objects of one file, kept until all their places are known."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        """The number of an object that is put later."""
        self._objects.append(b"")
        return len(self._objects)

    def put(self, number: int, body: bytes) -> None:
        """Fill a reserved number."""
        self._objects[number - 1] = body

    def add(self, body: bytes) -> int:
        """Keep an object under the next number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def whole(self, root: int, information: int) -> bytes:
        """The file when it has no signature."""
        chunks = [b"%d 0 obj\n" % number + body for number, body in enumerate(self._objects, start=1)]

        def table(places: Sequence[int]) -> bytes:
            rows = b"".join(table_row(place) for place in places)
            trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\n" % (len(chunks) + 1, root, information)
            return b"xref\n0 %d\n0000000000 65535 f \n" % (len(chunks) + 1) + rows + trailer

        return HEADER + without_digits(len(HEADER), chunks, table)

    def split(self, signature: int, reserved: int, identity: str) -> tuple[bytes, bytes]:
        """The file before and behind the digits of the signature dictionary, which so far ends with `/Contents `."""
        chunks = [b"%d 0 obj\n" % number + body for number, body in enumerate(self._objects, start=1)]
        name, size = identity.encode("ascii"), len(chunks) + 1

        def table(places: Sequence[int]) -> bytes:
            rows = b"".join(table_row(place) for place in places)
            trailer = b"trailer\n<</Size %d/Root 1 0 R/ID [<%s><%s>]>>\n" % (size, name, name)
            return b"xref\n0 %d\n0000000000 65535 f \n" % size + rows + trailer

        before, behind = around_digits(len(HEADER), chunks, signature - 1, reserved, table)
        return HEADER + before, behind


def around_digits(
    start: int, chunks: Sequence[bytes], signature: int, reserved: int, table: Table
) -> tuple[bytes, bytes]:
    """What stands before and behind the digits of `chunks[signature]`, the first chunk at `start` of the file.

    The signature dictionary so far ends with `/Contents `; its /ByteRange says that everything but the digits is
    covered.
    """
    before = END.join(chunks[: signature + 1])
    behind = b"".join(END + chunk for chunk in chunks[signature + 1 :]) + END
    begin = start + len(before)
    end = begin + 2 * reserved + 2
    table_length = len(table([0] * len(chunks)))
    # The length behind the digits is stated within that length: repeat until its own digits are counted.
    length = 0
    while True:
        closing = b"/ByteRange [0 %d %d %d]>>" % (begin, end, length)
        table_at = end + len(closing) + len(behind)
        tail = file_end(table_at)
        total = table_at + table_length + len(tail) - end
        if total == length:
            break
        length = total
    places = _places(start, chunks, signature, end - begin + len(closing))
    return before, closing + behind + table(places) + tail


def without_digits(start: int, chunks: Sequence[bytes], table: Table) -> bytes:
    """Objects without a signature among them, the first at `start` of the file, and the end of the revision."""
    body = b"".join(chunk + END for chunk in chunks)
    return body + table(_places(start, chunks, None, 0)) + file_end(start + len(body))


def table_row(place: int) -> bytes:
    """An entry of the table of places (section 7.5.4)."""
    return b"%010d 00000 n \n" % place


def file_end(table: int) -> bytes:
    """The last lines of a revision (section 7.5.5)."""
    return b"startxref\n%d\n%%%%EOF\n" % table


def _places(start: int, chunks: Sequence[bytes], signature: int | None, extra: int) -> list[int]:
    places, at = [], start
    for index, chunk in enumerate(chunks):
        places.append(at)
        at += len(chunk) + len(END)
        if index == signature:
            at += extra
    return places
