"""Where the seals of an OFD made by anybody are shown, and what people would not expect of that.

A signature holds whether its seal is seen or not. But people look for the picture of a seal: one that nobody sees, or
that hides something, is told.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from .errors import EsignError
from .ofd_document import OfdDocument
from .ofd_paths import OfdFiles
from .ofd_signatures import OfdSignature, OfdStampAnnot
from .ofd_xml import Box, read_box
from .png_opacity import all_opaque
from .ses import SesPicture

MAX_MEASURED_PAGES: Final = 8
"""Pages with seals of one signature whose size is looked up: each is taken apart for it, and may be large."""

_TIMES: Final = 2.0
"""How much larger or smaller than its picture a seal is shown when it is told."""
_ROUNDING: Final = 0.1
"""Of the sides of a seal, as products write them."""


class StampOddity(StrEnum):
    """What is odd about how a seal is shown."""

    NOWHERE = "nowhere"
    """It is stated for no page."""
    NO_PAGE = "no page"
    """The document has no such page."""
    NO_AREA = "no area"
    """Its box is none, or has no width or no height."""
    OUTSIDE = "outside"
    """It lies beside the page."""
    RESIZED = "resized"
    """It is shown much larger or smaller than its picture."""
    HIDING = "hiding"
    """Its picture has no transparency, so that a reader who puts it on the page hides what is under it."""


class _Page(NamedTuple):
    document: OfdDocument
    path: str


def stamp_oddities(
    files: OfdFiles, documents: Iterable[OfdDocument], signature: OfdSignature, picture: SesPicture | None
) -> tuple[StampOddity, ...]:
    """What is odd about the stamps of a signature on one of these documents, each once."""
    if not signature.stamps:
        return (StampOddity.NOWHERE,)
    pages = {page.identifier: _Page(document, page.path) for document in documents for page in document.pages}
    boxes: dict[str, Box | None] = {}
    found = dict.fromkeys(
        oddity for stamp in signature.stamps if (oddity := _oddity(files, pages, boxes, stamp, picture)) is not None
    )
    if picture is not None and (picture.opaque or (picture.actual_type == "PNG" and all_opaque(picture.data))):
        found[StampOddity.HIDING] = None
    return tuple(found)


def _oddity(
    files: OfdFiles,
    pages: Mapping[str, _Page],
    boxes: dict[str, Box | None],
    stamp: OfdStampAnnot,
    picture: SesPicture | None,
) -> StampOddity | None:
    page, shown = pages.get(stamp.page), _shown(stamp, picture)
    if page is None:
        return StampOddity.NO_PAGE
    if stamp.boundary is None or shown is None:
        return StampOddity.NO_AREA
    if stamp.page not in boxes and len(boxes) < MAX_MEASURED_PAGES:
        boxes[stamp.page] = _page_box(files, page)
    box = boxes.get(stamp.page)
    if box is not None and not _meet(box, shown):
        return StampOddity.OUTSIDE
    if picture is not None and min(picture.width, picture.height) > 0:
        natural: tuple[float, float] = (picture.width, picture.height)
        if stamp.clip is not None and stamp.boundary[2:] == stamp.clip[2:]:
            part = stamp.clip[2:]
            # The box is that of the part alone, which goes through the seal from end to end.
            if abs(max(part[0] / picture.width, part[1] / picture.height) - 1) < _ROUNDING:
                natural = part
        width, height = stamp.boundary[2] / natural[0], stamp.boundary[3] / natural[1]
        if max(width, height) > _TIMES or min(width, height) < 1 / _TIMES:
            return StampOddity.RESIZED
    return None


def _shown(stamp: OfdStampAnnot, picture: SesPicture | None) -> Box | None:
    """The part of the page on which something is shown; None when there is none."""
    if stamp.boundary is None or min(stamp.boundary[2:]) <= 0:
        return None
    left, top, width, height = stamp.boundary
    if stamp.clip is None:
        return stamp.boundary
    part = _cut(stamp.clip, width, height)
    if part is not None:
        return left + part[0], top + part[1], part[2], part[3]
    # Of riding seals (骑缝章) some products give the box of the part alone, and say which part of the picture it is.
    of_picture = None if picture is None else _cut(stamp.clip, picture.width, picture.height)
    return None if of_picture is None else stamp.boundary


def _cut(clip: Box, width: float, height: float) -> Box | None:
    """What a clip leaves of something of this size; None when that is nothing."""
    left, top = max(clip[0], 0.0), max(clip[1], 0.0)
    right, bottom = min(clip[0] + clip[2], width), min(clip[1] + clip[3], height)
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def _page_box(files: OfdFiles, page: _Page) -> Box | None:
    """The physical box of a page; None where it cannot be told."""
    try:
        area = files.xml(page.path, page.document.path).only("Area")
        own = None if area is None else read_box(area.only_text("PhysicalBox"))
    except EsignError:
        # Whether the page can be read is told by others.
        return None
    return own or page.document.box


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes have some area in common; coordinates on a page are those of its box."""
    return all(
        one[place] < other[place] + other[place + 2] and other[place] < one[place] + one[place + 2] for place in (0, 1)
    )
