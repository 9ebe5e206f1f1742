"""The objects of one PDF file and their places, with room for the digits of one signature (ISO 32000-1 section 7.5)."""

from collections.abc import Sequence

from .pdf_form import HEADER


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

    def split(self, signature: int, reserved: int, identity: bytes) -> tuple[bytes, bytes]:
        """The file before and behind the digits of the signature dictionary, which so far ends with `/Contents `."""
        chunks = [b"%d 0 obj\n" % number + body for number, body in enumerate(self._objects, start=1)]
        before = HEADER + b"\nendobj\n".join(chunks[:signature])
        behind = b"".join(b"\nendobj\n" + chunk for chunk in chunks[signature:]) + b"\nendobj\n"
        start = len(before)
        end = start + 2 * reserved + 2
        table_length = len(_table([0] * len(chunks), identity))
        # The length behind the digits is stated within that length: repeat until its own digits are counted.
        length = 0
        while True:
            closing = b"/ByteRange [0 %d %d %d]>>" % (start, end, length)
            table_at = end + len(closing) + len(behind)
            tail = b"startxref\n%d\n%%%%EOF\n" % table_at
            total = table_at + table_length + len(tail) - end
            if total == length:
                break
            length = total
        places, at = [], len(HEADER)
        for number, chunk in enumerate(chunks, start=1):
            places.append(at)
            at += len(chunk) + len(b"\nendobj\n")
            if number == signature:
                at += end - start + len(closing)
        return before, closing + behind + _table(places, identity) + tail


def _table(places: Sequence[int], identity: bytes) -> bytes:
    """The table of places and the trailer (ISO 32000-1 section 7.5.4 and 7.5.5)."""
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    name, size = identity[:16].hex().encode("ascii"), len(places) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R/ID [<%s><%s>]>>\n" % (size, name, name)
    return b"xref\n0 %d\n0000000000 65535 f \n" % size + rows + trailer
