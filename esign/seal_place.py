"""A prepared PDF as bytes: everything but the digits of the seal, which are zeros in their reserved place.

This is what leaves the house when a whole file is sealed elsewhere, and what a seal server is given.
"""

import re
from dataclasses import dataclass, field

from .errors import Fault, MalformedError, TooLargeError
from .pdf_first import value_in
from .pdf_increment import digits as written
from .pdf_reading import MAX_PDF_BYTES

_BYTE_RANGE = re.compile(rb"/ByteRange \[0 ([1-9][0-9]{0,8}) ([1-9][0-9]{0,8}) ([1-9][0-9]{0,8})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceForSeal:
    """The bytes around the digits of a seal, and how many bytes of CMS have room there."""

    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    reserved: int
    """Bytes of CMS, each two digits."""

    def filled(self, cms: bytes) -> bytes:
        """The file with this CMS, padded with zeros to the reserved size.

        Raises:
            TooLargeError: the CMS has no room there.
        """
        if len(cms) > self.reserved:
            raise TooLargeError(f"a CMS of {len(cms)} bytes; the file has room for {self.reserved}")
        return b"".join((self.before, written(cms, self.reserved), self.after))

    def cms_in(self, sealed: bytes) -> bytes:
        """The CMS in a file that has these bytes around the digits.

        Raises:
            MalformedError: `FORMAT_CMS` or `NON_CANONICAL`, there are no digits of our form.
        """
        digits = sealed[len(self.before) : len(sealed) - len(self.after)]
        if digits[:1] != b"<" or digits[-1:] != b">":
            raise MalformedError(Fault.FORMAT_CMS, "the seal is not in hexadecimal")
        return value_in(digits[1:-1])


def read_prepared_pdf(data: bytes) -> PlaceForSeal:
    """Find the empty place of the seal that covers the whole file.

    Raises:
        TooLargeError: more than `MAX_PDF_BYTES`.
        MalformedError: `FORMAT_PDF`, there is not exactly one such place.
    """
    if len(data) > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {len(data)} bytes; the limit is {MAX_PDF_BYTES}")
    if not data.startswith(b"%PDF-"):
        raise MalformedError(Fault.FORMAT_PDF, "not a PDF")
    # The ranges of earlier seals end before the end of the file.
    ranges = {(int(found[1]), int(found[2]), int(found[3])) for found in _BYTE_RANGE.finditer(data)}
    whole = [(start, end) for start, end, rest in ranges if start < end and end + rest == len(data)]
    if len(whole) != 1:
        raise MalformedError(Fault.FORMAT_PDF, "not exactly one seal covers the whole file")
    start, end = whole[0]
    digits = data[start:end]
    if len(digits) < 4 or len(digits) % 2 or digits != b"<" + b"0" * (len(digits) - 2) + b">":
        raise MalformedError(Fault.FORMAT_PDF, "the place of the seal is not empty")
    return PlaceForSeal(before=data[:start], after=data[end:], reserved=len(digits) // 2 - 1)
