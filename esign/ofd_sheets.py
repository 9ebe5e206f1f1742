"""The pages of a whole OFD with the pictures of its seals, as every reader shows them; nothing is verified here."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .drawing import Area, Drawn, DrawnPicture, Sheet, after, moved
from .errors import EsignError
from .ofd_document import OfdDocument, OfdPage, read_documents
from .ofd_page_drawing import PageDrawing, State, empty_frame
from .ofd_paths import OfdFiles
from .ofd_pictures import read_picture
from .ofd_signatures import OfdSignature, read_signatures
from .ofd_xml import Box
from .page import rectangle
from .preview_notes import Notes, PreviewNote
from .ses import SesPicture
from .ses_reading import SignedValueKind, read_ses_seal, read_ses_signature

MAX_NESTED: Final = 1
"""Packages in a package: the picture of a seal may be one, whose seals are not looked at."""

_PACKAGE: Final = "OFD"


class Stamp(NamedTuple):
    """Where the picture of a seal lies on a page."""

    boundary: Box
    clip: Box | None
    picture: SesPicture | None


class SheetMaker:
    """Draws single pages of one package."""

    def __init__(self, data: bytes, fonts: Sequence[str], notes: Notes, *, nested: int = 0) -> None:
        """Read the package.

        Raises:
            MalformedError: `FORMAT_OFD`.
            TooLargeError: over a limit.
        """
        self._files = OfdFiles.of(data)
        self._fonts, self._notes, self._nested = fonts, notes, nested
        # Which version of a document shows is the reader's choice; most show the one that the body names.
        self._documents = [document for document in read_documents(self._files) if not document.version]
        self._drawings: dict[str, PageDrawing] = {}
        self._stamps: dict[str, dict[str, list[Stamp]]] = {}
        self._places = [(document, page) for document in self._documents for page in document.pages]

    @property
    def pages(self) -> int:
        """Of all documents."""
        return len(self._places)

    def sheet(self, number: int) -> Sheet:
        """A page, from 0, with the seals on it.

        Raises:
            MalformedError: `FORMAT_OFD`.
            TooLargeError: over a limit.
        """
        document, page = self._places[number]
        sheet = self._drawing(document).sheet(page)
        left, top, _, _ = self._drawing(document).box(page)
        seals = list(self._seals(document, page, State(matrix=moved(-left, -top))))
        return Sheet(width=sheet.width, height=sheet.height, items=[*sheet.items, *seals])

    def scaled(self, place: Box, state: State) -> Iterator[Drawn]:
        """The first page put into a box of another sheet."""
        if not self._places:
            return
        document, page = self._places[0]
        drawing = self._drawing(document)
        left, top, width, height = drawing.box(page)
        fitted = place[2] / width, 0.0, 0.0, place[3] / height, place[0], place[1]
        inside = state._replace(matrix=after(after(moved(-left, -top), fitted), state.matrix))
        yield from drawing.items(page, inside)

    def _drawing(self, document: OfdDocument) -> PageDrawing:
        if document.path not in self._drawings:
            self._drawings[document.path] = PageDrawing(self._files, document, self._fonts, self._notes)
        return self._drawings[document.path]

    def _seals(self, document: OfdDocument, page: OfdPage, state: State) -> Iterator[Drawn]:
        if document.path not in self._stamps:
            self._stamps[document.path] = self._read_stamps(document)
        for stamp in self._stamps[document.path].get(page.identifier, ()):
            yield from self.stamp(stamp, state)

    def stamp(self, stamp: Stamp, state: State) -> Iterator[Drawn]:
        """The picture of a seal, or of a part of it."""
        x, y, width, height = stamp.boundary
        shown = (x, y, width, height)
        if stamp.clip is not None:
            shown = (x + stamp.clip[0], y + stamp.clip[1], stamp.clip[2], stamp.clip[3])
        shift = state.matrix[4:]
        inside = state._replace(clip=(Area(rectangle(shown[0] + shift[0], shown[1] + shift[1], *shown[2:])),))
        picture = stamp.picture
        if picture is not None and picture.actual_type == _PACKAGE and self._nested < MAX_NESTED:
            try:
                nested = SheetMaker(picture.data, self._fonts, self._notes, nested=self._nested + 1)
                yield from list(nested.scaled(stamp.boundary, inside))
                return
            except EsignError:
                picture = None
        image = None if picture is None else read_picture(picture.data)
        if image is None:
            self._notes.add(PreviewNote.SEAL_LEFT_OUT)
            yield from empty_frame(*shown)
            return
        place = after((width, 0.0, 0.0, height, x, y), state.matrix)
        yield DrawnPicture(image=image, place=place, multiplied=True, clip=inside.clip)

    def _read_stamps(self, document: OfdDocument) -> dict[str, list[Stamp]]:
        """The stamps of a document by page."""
        found: dict[str, list[Stamp]] = {}
        if document.signature_list is None or self._nested:
            return found
        try:
            signatures = read_signatures(self._files, document.signature_list, document.path)
        except EsignError:
            self._notes.add(PreviewNote.SEAL_LEFT_OUT)
            return found
        for signature in signatures:
            picture = _picture(signature) if signature.stamps else None
            for stamp in signature.stamps:
                if stamp.boundary is not None:
                    found.setdefault(stamp.page, []).append(Stamp(stamp.boundary, stamp.clip, picture))
        return found


def _picture(signature: OfdSignature) -> SesPicture | None:
    """What a seal looks like: as the signature has it, else as the file beside it."""
    try:
        if signature.value_kind is SignedValueKind.SES_SIGNATURE:
            return read_ses_signature(signature.value).seal.picture
        if signature.seal_file is not None:
            return read_ses_seal(signature.seal_file).picture
    except EsignError:
        return None
    return None
