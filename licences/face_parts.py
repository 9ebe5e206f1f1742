"""The parts of a face that have places of their own: notice, title, number, code, issuer, foot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from esign import (
    COPY_NOTICE,
    LOCAL_NOTICE,
    NATIVE_ORIGIN,
    NUMBER_LABEL,
    QUIET_ZONE,
    SAMPLE_NOTICE,
    SCAN_HINT,
    SHORT_CODE_LABEL,
    FontChain,
    Photo,
    Shape,
    StructuredAttachment,
    StructuredOrigin,
    Symbol,
    TextRun,
    address_text,
    chinese_date,
    code_modules,
    copy_serial_text,
    document_title,
    foot_parts,
    group_short_code,
    rectangle,
)

from .catalogue import DATE_BELOW, FRAME_MARGIN, Document, Face
from .errors import CatalogueError, InvalidFieldError
from .model import Licence
from .photos import photo_in
from .setting import FAINT, INK, print_block
from .typesetting import Block, break_text, shrink_to_fit, width_of

_WARNING = (0.75, 0.1, 0.1)
_PAPER = (1.0, 1.0, 1.0)

# Millimetres.
_CAPTION_GAP = 2.5  # between the quiet zone of the symbol and its captions
_NOTICE_BASELINE = 16.5
_FOOT_SIDE = 20.0
_FOOT_BELOW = 12.5  # from the last line to the edge of the page
_FOOT_HEIGHT = 10.4  # above that

# Points.
_NOTICE_SIZE, _SMALLEST_NOTICE = 9.0, 6.0
_FOOT_SIZE, _SMALLEST_FOOT = 6.5, 4.0
_SHORT_CODE_SIZE, _CAPTION_SIZE, _SMALLEST_CAPTION = 9.0, 7.5, 6.0
_SMALLEST_NUMBER = 8.0
_SMALLEST_TITLE = 10.0

_CAPTION_LINES = 3
_ISSUER_LINES = 2
_LABEL_SHARE = 0.45  # of the title's size: the document's label beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a face bears besides the licence's own values."""

    identifier: str
    code_address: str
    """The text of the QR symbol."""
    short_code: str
    public_url: str
    development: bool
    """Sealed with a development PKI."""
    local: bool
    """The address is this machine's own: fit for a trial only."""
    origin: StructuredOrigin = NATIVE_ORIGIN
    attachments: Sequence[StructuredAttachment] = ()
    copy_serial: str = ""
    """Of an annotated copy (加注件), as printed: its symbol stands in the place of the licence's code."""


class FaceParts:
    """Draws the parts with one chain of fonts."""

    def __init__(self, fonts: FontChain) -> None:
        self._fonts = fonts

    def notice(self, face: Face, marks: Marks) -> Iterator[TextRun]:
        """On samples the line that says so."""
        if marks.development:
            block = shrink_to_fit(
                self._fonts,
                SAMPLE_NOTICE,
                size=_NOTICE_SIZE,
                smallest=_SMALLEST_NOTICE,
                width=face.width - 2 * FRAME_MARGIN - 4,
            )
            if block is None:
                raise CatalogueError("the page is too narrow for the notice of a sample")
            top = _NOTICE_BASELINE - block.first_baseline
            yield from self._print_centred(block, face.width / 2, top, colour=_WARNING)

    def heading(self, licence: Licence, document: Document) -> Iterator[TextRun]:
        """Title, in smaller type behind it what document it is, and the number."""
        face, licence_type = document.face, licence.licence_type
        title, label = document_title(licence_type.name, document.label, len(licence_type.documents))
        size, spacing = face.title.size, face.title.spacing
        width = self._title_width(title, size, spacing) + width_of(self._fonts, label, size * _LABEL_SHARE)
        shrinking = min(1.0, (face.width - 2 * FRAME_MARGIN - 6) / width)
        size, spacing, width = size * shrinking, spacing * shrinking, width * shrinking
        if size < _SMALLEST_TITLE:
            raise CatalogueError(f"{licence.licence_type.slug}: the page is too narrow for its title")
        left = (face.width - width) / 2
        yield TextRun(x=left, y=face.title.y, size=size, text=title, bold=True, spacing=spacing, colour=INK)
        if label:
            left += self._title_width(title, size, spacing)
            yield TextRun(x=left, y=face.title.y, size=size * _LABEL_SHARE, text=label, colour=INK)
        yield from self.number(licence, face, label=NUMBER_LABEL)

    def _title_width(self, title: str, size: float, spacing: float) -> float:
        return width_of(self._fonts, title, size) + spacing * (len(title) - 1)

    def number(self, licence: Licence, face: Face, *, label: str) -> Iterator[TextRun]:
        """The number, behind a label."""
        place = face.number
        block = shrink_to_fit(
            self._fonts,
            f"{label}{licence.number}",
            size=place.size,
            smallest=min(_SMALLEST_NUMBER, place.size),
            width=place.x - face.fields.x,
        )
        if block is None:
            raise does_not_fit("certificateNumber")
        (text,) = block.lines
        left = place.x - width_of(self._fonts, text, block.size)
        yield TextRun(x=left, y=place.y, size=block.size, text=text, colour=INK)

    def code(self, slug: str, face: Face, marks: Marks) -> Iterator[TextRun | Shape | Symbol]:
        """The QR symbol and its captions."""
        place = face.code
        modules = code_modules(marks.code_address)
        margin = QUIET_ZONE * place.size / len(modules)
        clear = rectangle(place.x - margin, place.y - margin, place.size + 2 * margin, place.size + 2 * margin)
        yield Shape(commands=clear, fill=_PAPER)
        yield Symbol(x=place.x, y=place.y, size=place.size, modules=modules)
        captions = [
            (f"{SHORT_CODE_LABEL}{group_short_code(marks.short_code)}", _SHORT_CODE_SIZE, INK),
            (SCAN_HINT, _CAPTION_SIZE, FAINT),
            (address_text(marks.public_url), _CAPTION_SIZE, FAINT),
        ]
        if marks.copy_serial:
            captions = [
                (COPY_NOTICE, _SHORT_CODE_SIZE, _WARNING),
                (copy_serial_text(marks.copy_serial), _CAPTION_SIZE, INK),
            ]
        if marks.local:
            captions.append((LOCAL_NOTICE, _CAPTION_SIZE, _WARNING))
        y = place.y + place.size + margin + _CAPTION_GAP
        for text, size, colour in captions:
            block = shrink_to_fit(
                self._fonts, text, size=size, smallest=_SMALLEST_CAPTION, width=place.width, lines=_CAPTION_LINES
            )
            if block is None or y + block.height > place.bottom:
                raise CatalogueError(f"{slug}: face.code has no room for its captions and the public URL")
            yield from self._print_centred(block, place.x + place.size / 2, y, colour=colour)
            y += block.height

    def issuer(self, licence: Licence, face: Face) -> Iterator[TextRun]:
        """Name of the issuer and date of issue; the seal lies over both."""
        place = face.issuer
        name = shrink_to_fit(
            self._fonts,
            licence.issuer.name,
            size=place.size,
            smallest=place.smallest,
            width=place.width,
            lines=_ISSUER_LINES,
        )
        if name is None:
            raise does_not_fit("certificateIssuingAuthorityName")
        last_line = (len(name.lines) - 1) * name.line_height + name.first_baseline
        yield from self._print_centred(name, place.x, place.y - last_line, colour=INK)
        day = chinese_date(licence.issued_on)
        left = place.x - width_of(self._fonts, day, place.size) / 2
        yield TextRun(x=left, y=place.y + DATE_BELOW, size=place.size, text=day, colour=INK)

    def _print_centred(
        self, block: Block, centre: float, y: float, *, colour: tuple[float, float, float]
    ) -> Iterator[TextRun]:
        for run in print_block(block, centre, y, colour=colour):
            yield replace(run, x=centre - width_of(self._fonts, run.text, run.size) / 2)

    def foot(self, licence: Licence, face: Face, marks: Marks, number: int, total: int) -> Iterator[TextRun]:
        """Small lines with what programs and archivists look for, dates as the data has them."""
        parts = foot_parts(
            identifier=marks.identifier,
            issuer_code=licence.issuer.code,
            issuer_level=licence.issuer.level,
            area_code=licence.area_code,
            holder_kinds=[holder.kind.code for holder in licence.holders],
            issued_on=licence.issued_on,
            valid_from=licence.validity.start,
            valid_to=licence.validity.end,
            page=number,
            pages=total,
        )
        side = min(_FOOT_SIDE, face.width / 8)
        size = _FOOT_SIZE
        while True:
            block = self._foot_lines(parts, size, face.width - 2 * side)
            if block.height <= _FOOT_HEIGHT:
                break
            size -= 0.5
            if size < _SMALLEST_FOOT:
                raise CatalogueError("the page is too narrow for the lines at its foot")
        yield from print_block(block, side, face.height - _FOOT_BELOW - block.height, colour=FAINT)

    def _foot_lines(self, parts: Sequence[str], size: float, room: float) -> Block:
        """The parts, as many on a line as there is room for; one that is longer than a line is broken."""
        text = ""
        for part in parts:
            last = text.rpartition("\n")[2]
            longer = f"{last}　{part}" if last else part
            text += ("" if not last else "　" if width_of(self._fonts, longer, size) <= room else "\n") + part
        return break_text(self._fonts, text, size=size, width=room)


def does_not_fit(key: str) -> ExceptionGroup[InvalidFieldError]:
    """The refusal of a field for which a face has no room."""
    return ExceptionGroup("the face has no room", [InvalidFieldError(f"/data/{key}", "DOES_NOT_FIT")])


def photos_on(licence: Licence, face: Face) -> Iterator[Photo | Shape]:
    """Photographs, each as large as its box allows, and a thin line around."""
    for key, place in face.photos.items():
        text = licence.values.get(key)
        if not isinstance(text, str):
            continue
        photo = photo_in(text)
        scale = min(place.width / photo.width, place.height / photo.height)
        width, height = photo.width * scale, photo.height * scale
        x, y = place.x + (place.width - width) / 2, place.y + (place.height - height) / 2
        yield Photo(x=x, y=y, width=width, height=height, photograph=photo)
        yield Shape(commands=rectangle(x, y, width, height), stroke=FAINT, line_width=0.15)
