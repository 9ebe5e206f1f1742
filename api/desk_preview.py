"""What an OFD that was presented at the desk looks like: browsers show none. The verdict does not rest on it."""

from esign import MAX_PREVIEW_PAGES, EsignError, ofd_pages, ofd_preview
from licences import shipped_font_file

from .desk_checks import HeldCheck

_OFD = "ofd"


def preview_pages(held: HeldCheck) -> int:
    """Say how many pages can be looked at; none of what is no OFD, or one that nobody can read."""
    data = held.presented.data
    if data is None or held.report.kind != _OFD:
        return 0
    try:
        return min(ofd_pages(data), MAX_PREVIEW_PAGES)
    except EsignError:
        return 0


def page_picture(held: HeldCheck, number: int) -> bytes | None:
    """Draw a page, from 1, as a PNG; None when there is none, or it cannot be drawn."""
    if not 1 <= number <= preview_pages(held) or held.presented.data is None:
        return None
    try:
        preview = ofd_preview(
            held.presented.data, form="png", fonts=[shipped_font_file()], first=number - 1, last=number, marked=True
        )
    except EsignError:
        return None
    return preview.files[0] if preview.files else None
