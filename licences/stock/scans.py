"""Scans of paper originals: what kind of file one is, by its content, and how many pages it has."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from esign import EsignError, StructuredAttachment, read_foreign_pdf
from licences.errors import ScanError
from licences.provenance import Attachment
from licences.store import digests_of

MAX_SCAN_BYTES: Final = 20 * 1024 * 1024
MAX_SCAN_PAGES: Final = 1_000
MAX_SCANS: Final = 20
"""Of one licence."""

_PDF_START_BYTES = 1024  # readers look for %PDF- so far
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_JPEG_TAIL_BYTES = 4096  # cameras and scanners write something behind the end
_TIFF_ENTRY_BYTES = 12
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\s]+')
_PAGE_SUFFIX = re.compile(r"(.+?)[-_ (]([0-9]{1,3})\)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFacts:
    """What a file is."""

    media_type: str
    suffix: str
    pages: int


def scan_facts(data: bytes) -> ScanFacts:
    """Return what a scan is; ScanError when it is none that can be kept."""
    if len(data) > MAX_SCAN_BYTES:
        raise ScanError("SCAN_TOO_LARGE", limit=f"{MAX_SCAN_BYTES // 1024 // 1024} MB")
    if data.startswith(_JPEG) and _JPEG_END in data[-_JPEG_TAIL_BYTES:]:
        return ScanFacts(media_type="image/jpeg", suffix="jpg", pages=1)
    if data.startswith(_PNG) and data.endswith(_PNG_END):
        return ScanFacts(media_type="image/png", suffix="png", pages=1)
    if data.startswith((b"II*\0", b"MM\0*")):
        return ScanFacts(media_type="image/tiff", suffix="tif", pages=_tiff_pages(data))
    if b"%PDF-" in data[:_PDF_START_BYTES]:
        try:
            pages = read_foreign_pdf(data).pages
        except EsignError as error:
            raise ScanError("SCAN_UNREADABLE") from error
        if 0 < pages <= MAX_SCAN_PAGES:
            return ScanFacts(media_type="application/pdf", suffix="pdf", pages=pages)
    raise ScanError("SCAN_UNREADABLE")


def attach_scans(contents: Sequence[bytes], *, operator: str) -> tuple[Attachment, ...]:
    """Return the scans of one licence as it will list them; ScanError.

    They are named by their order: the name of a scanned file may be that of a person.
    """
    if len(contents) > MAX_SCANS:
        raise ScanError("SCAN_TOO_LARGE", limit=f"{MAX_SCANS}")
    attached = []
    for number, content in enumerate(contents, 1):
        facts, digests = scan_facts(content), digests_of(content)
        described = StructuredAttachment(
            kind="scan",
            name=f"scan-{number}.{facts.suffix}",
            media_type=facts.media_type,
            sha256=digests.sha256,
            sm3=digests.sm3,
            size=digests.size,
            pages=facts.pages,
            operator=operator,
        )
        attached.append(Attachment(described=described, content=content))
    return tuple(attached)


def index_scans(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return the files of a folder by the licence number, or row key, that they are named after.

    `NUMBER.pdf`, or `NUMBER-1.jpg`, `NUMBER-2.jpg`; a number that itself ends like that comes before.
    """
    found: dict[str, list[str]] = {}
    paged: dict[str, list[tuple[int, str]]] = {}
    for name in sorted(names):
        stem = scan_key(name.rpartition(".")[0])
        found.setdefault(stem, []).append(name)
        match = _PAGE_SUFFIX.fullmatch(stem)
        if match is not None:
            paged.setdefault(match[1], []).append((int(match[2]), name))
    return {key: [name for _, name in sorted(several)] for key, several in paged.items()} | found


def scan_key(number: str) -> str:
    """Return a licence number, or the name of a file without its suffix, in the form in which the two are compared."""
    return _NOT_IN_FILE_NAMES.sub("", unicodedata.normalize("NFKC", number).upper())


def _tiff_pages(data: bytes) -> int:
    order = "<" if data.startswith(b"II") else ">"
    offset_at, count_at = Struct(f"{order}I"), Struct(f"{order}H")
    pages, place, seen = 0, 4, set[int]()
    while True:
        if place + 4 > len(data):
            raise ScanError("SCAN_UNREADABLE")
        (directory,) = offset_at.unpack_from(data, place)
        if directory == 0:
            break
        if directory in seen or directory + 2 > len(data) or pages == MAX_SCAN_PAGES:
            raise ScanError("SCAN_UNREADABLE")
        seen.add(directory)
        (entries,) = count_at.unpack_from(data, directory)
        place = directory + 2 + entries * _TIFF_ENTRY_BYTES
        pages += 1
    if not pages:
        raise ScanError("SCAN_UNREADABLE")
    return pages
