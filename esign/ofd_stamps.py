"""Where the seals of our OFDs are shown, and how the file itself says it of those that others add later.

An OFD has nothing like the empty form field of a PDF. So the first authority writes into `OFD.xml`, which its own seal
covers, where the seals of the others belong: nobody can put a seal over what the licence says.
"""

import re
from typing import Final

from .errors import Fault, MalformedError
from .ofd_form import OfdStamp
from .ofd_parts import number
from .ofd_signing_xml import OfdStampFacts

_NUMBER: Final = r"(-?[0-9]{1,5}(?:\.[0-9]{1,3})?)"
_DATUM: Final = re.compile(" ".join((r"([1-9][0-9]{0,8})", *[_NUMBER] * 4)))


def stamp_datum(stamp: OfdStamp) -> str:
    """The value of the custom datum of a seal that is added later: page, centre, width and height.

    A stamp without size is a `ValueError`: its seal is there from the beginning.
    """
    if stamp.size is None:
        raise ValueError("the size of the seal is not known")
    return " ".join((str(stamp.page), *map(number, (stamp.x, stamp.y, *stamp.size))))


def read_stamp_datum(text: str) -> OfdStamp:
    """The stamp that a custom datum tells.

    Raises:
        MalformedError: `NON_CANONICAL`, it is not of the form that `stamp_datum` gives it.
    """
    match = _DATUM.fullmatch(text)
    if match is not None:
        x, y, width, height = (float(value) for value in match.groups()[1:])
        stamp = OfdStamp(page=int(match[1]), x=x, y=y, size=(width, height))
        if stamp_datum(stamp) == text:
            return stamp
    raise MalformedError(Fault.NON_CANONICAL, "the place of a seal is told in another form")


def stamp_facts(stamp: OfdStamp, size: tuple[float, float]) -> OfdStampFacts:
    """Where a picture of this size lies."""
    width, height = size
    return OfdStampFacts(page=stamp.page, x=stamp.x - width / 2, y=stamp.y - height / 2, width=width, height=height)
