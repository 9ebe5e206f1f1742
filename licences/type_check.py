"""Checking a catalogue file before it is used: what is wrong with it, with its samples, and with its faces."""

from collections.abc import Iterator

from esign import FontChain, Page, UnprintableError

from .catalogue import (
    CatalogueFault,
    CatalogueFileError,
    Document,
    LicenceType,
    SourcePlaces,
    fault_at,
    licence_type_from_toml,
)
from .convert import licence_from_paper
from .errors import CatalogueError, InvalidFieldError
from .filling import longest_data, sample_data
from .model import Licence
from .render import FaceRenderer, Marks

_SAMPLE_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 10
"""As long as the code of a licence."""


def sample_marks(licence_type: LicenceType, public_url: str) -> Marks:
    """What the face of a sample bears; its code leads nowhere."""
    serial = "SAMPLE00000000000000"
    return Marks(
        identifier=f"1.2.156.3005.2.{licence_type.code}.{licence_type.code[:18]}.{serial}.001.0",
        code_address=f"{public_url}/V/{_SAMPLE_CODE}",
        short_code="23456789ABCD",
        public_url=public_url,
        development=True,
        local=False,
    )


def check_type(data: bytes, fonts: FontChain, *, public_url: str) -> tuple[LicenceType | None, list[CatalogueFault]]:
    """Read a catalogue file and try its samples and its faces.

    Every document is drawn with the sample and with the longest values that its fields allow; `public_url` is the
    longest address that may be printed.

    Returns the type, None when the file cannot be read as one, and everything that is wrong, in the order of lines.
    """
    try:
        licence_type = licence_type_from_toml(data)
    except CatalogueFileError as error:
        return None, list(error.faults)
    checked = _Checked(licence_type, SourcePlaces(data), FaceRenderer(fonts), sample_marks(licence_type, public_url))
    faults = {(fault.line, fault.place): fault for fault in checked.faults()}
    return licence_type, sorted(faults.values(), key=lambda fault: fault.line)


def preview_pages(
    licence_type: LicenceType, document: Document, fonts: FontChain, *, public_url: str, longest: bool = False
) -> tuple[Page, ...]:
    """A document of a type with its sample, or filled to its longest allowed values.

    Raises:
        ExceptionGroup: the sample is refused, or does not fit.
        CatalogueError: the face has no room for what does not come from the metadata.
    """
    licence = licence_from_paper(licence_type, longest_data(licence_type) if longest else sample_data(licence_type))
    return FaceRenderer(fonts).render(licence, sample_marks(licence_type, public_url), document=document)


def draft_pages(
    licence_type: LicenceType, data: object, document: Document, fonts: FontChain, *, public_url: str
) -> tuple[Page, ...]:
    """A document filled with metadata that are not sealed yet, marked as a sample; errors as ``preview_pages``."""
    marks = sample_marks(licence_type, public_url)
    return FaceRenderer(fonts).render(licence_from_paper(licence_type, data), marks, document=document)


class _Checked:
    def __init__(self, licence_type: LicenceType, places: SourcePlaces, renderer: FaceRenderer, marks: Marks) -> None:
        self._type = licence_type
        self._places = places
        self._renderer = renderer
        self._marks = marks

    def faults(self) -> Iterator[CatalogueFault]:
        """The sample first: where it is refused, longer values say nothing new."""
        samples = sample_data(self._type)
        try:
            licence = licence_from_paper(self._type, samples)
        except ExceptionGroup as group:
            for error in group.exceptions:
                if isinstance(error, InvalidFieldError):
                    yield self._fault(error, "SAMPLE_REFUSED", detail=error.zh, detail_en=error.en)
            return
        drawn = list(self._drawn(licence))
        yield from drawn
        if not drawn:
            yield from self._drawn(licence_from_paper(self._type, longest_data(self._type)))

    def _drawn(self, licence: Licence) -> Iterator[CatalogueFault]:
        for document in self._type.documents:
            try:
                self._renderer.render(licence, self._marks, document=document)
            except ExceptionGroup as group:
                for error in group.exceptions:
                    if isinstance(error, InvalidFieldError):
                        code = "DOES_NOT_FIT" if error.code == "DOES_NOT_FIT" else "SAMPLE_REFUSED"
                        yield self._fault(error, code, detail=error.zh, detail_en=error.en)
            except UnprintableError as error:
                yield fault_at(1, "", "UNPRINTABLE", code_point=error.code_point)
            except CatalogueError as error:
                yield fault_at(self._places.line(("face",)), "face", "FACE", detail=error.problem)

    def _fault(self, error: InvalidFieldError, code: str, **details: str) -> CatalogueFault:
        """At the entry of the field that the error is about."""
        key = error.pointer.split("/")[2] if error.pointer.count("/") > 1 else ""
        keys = [field.key for field in self._type.fields]
        common = {field.key for field in self._type.common_fields}
        path: tuple[str | int, ...] = ("common", key) if key in common else ("face", "fields")
        if key in keys:
            path = ("fields", keys.index(key))
        return fault_at(self._places.line(path), self._places.shown(path), code, **details)
