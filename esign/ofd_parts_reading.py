"""The small XML files of our OFDs, read strictly: the facts are taken out, written again, and the bytes compared.

So each has one form for what it says, and patterns are enough to take the facts: what they would overlook makes
another file.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Final, Literal, TypeVar

from .china import CHINA
from .errors import EsignError, Fault, MalformedError, TooLargeError
from .ofd_parts import (
    AttachmentFacts,
    DocumentFacts,
    FontFacts,
    ImageFacts,
    RootFacts,
    annotation_list_xml,
    attachments_xml,
    document_resources_xml,
    document_xml,
    public_resources_xml,
    root_xml,
)
from .ofd_signing_xml import OfdSignatureForm, OfdSignatureKind, OfdStampFacts, read_signing_time, signature_xml
from .xml_text import unescape

MAX_PART_BYTES: Final = 1024 * 1024
"""Of each of these files; a licence with 1,500 pages has 120 kB of names of pages."""

NUMBER: Final = r"-?[0-9]{1,6}(?:\.[0-9]{1,3})?"
IDENTIFIER: Final = r"[1-9][0-9]{0,8}"

_Facts = TypeVar("_Facts")
_MOST_REMEMBERED: Final = 16 * 1024


def _remembered(read: Callable[[bytes], _Facts]) -> Callable[[bytes], _Facts]:
    """Licences of one type have the same files; these have some hundred bytes, and larger ones are not kept."""
    kept = lru_cache(maxsize=64)(read)

    @wraps(read)
    def reader(data: bytes) -> _Facts:
        return kept(data) if len(data) <= _MOST_REMEMBERED else read(data)

    return reader


_DOC_ID = re.compile(r"<ofd:DocID>([0-9a-f]{32})</ofd:DocID>")
_TITLE = re.compile(r"<ofd:Title>([^<]*)</ofd:Title>")
_CREATED = re.compile(r"<ofd:CreationDate>([0-9]{4}-[0-9]{2}-[0-9]{2})</ofd:CreationDate>")
_CUSTOM = re.compile(r'<ofd:CustomData Name="([^"<]*)">([^<]*)</ofd:CustomData>')
_HIGHEST = re.compile(rf"<ofd:MaxUnitID>({IDENTIFIER})</ofd:MaxUnitID>")
_BOX = re.compile(rf"<ofd:PhysicalBox>0 0 ({NUMBER}) ({NUMBER})</ofd:PhysicalBox>")
_TEMPLATE = re.compile(rf'<ofd:TemplatePage ID="({IDENTIFIER})"')
_PAGE = re.compile(rf'<ofd:Page ID="({IDENTIFIER})"')
_FONT = re.compile(
    rf'<ofd:Font ID="({IDENTIFIER})" FontName="([A-Za-z0-9-]*)"[^<>]*>'
    r"<ofd:FontFile>font_([0-9]{1,4})\.ttf</ofd:FontFile>"
)
_IMAGE = re.compile(
    rf'<ofd:MultiMedia ID="({IDENTIFIER})" Type="Image" Format="(PNG|JPEG)">'
    r"<ofd:MediaFile>image_([0-9]{1,4})\.[a-z]{3}</ofd:MediaFile>"
)
_ATTACHMENT = re.compile(
    r'<ofd:Attachment ID="a[0-9]{1,2}" Name="([^"<]*)" Format="[a-z0-9]*" CreationDate="([0-9T:-]{19})"'
)
_ANNOTATED = re.compile(rf'<ofd:Page PageID="({IDENTIFIER})"><ofd:FileLoc>Page_([0-9]{{1,4}})/')
_TIME = re.compile(r"<ofd:SignatureDateTime>([^<]*)</ofd:SignatureDateTime>")
_STAMP = re.compile(
    rf'<ofd:StampAnnot ID="s[0-9]{{3}}" PageRef="({IDENTIFIER})"'
    rf' Boundary="({NUMBER}) ({NUMBER}) ({NUMBER}) ({NUMBER})"/>'
)
ENTITIES: Final = {"&quot;": '"', "&#13;": "\r", "&#10;": "\n", "&#9;": "\t"}


def read_root(data: bytes) -> RootFacts:
    """What our `OFD.xml` says.

    Raises:
        MalformedError: `NON_CANONICAL`, as of all functions here: it is not what we would write.
        TooLargeError: more than `MAX_PART_BYTES`, as of all functions here.
    """

    def facts(text: str) -> RootFacts:
        return RootFacts(
            doc_id=_only(_DOC_ID, text)[1],
            title=_plain(_only(_TITLE, text)[1]),
            created=date.fromisoformat(_only(_CREATED, text)[1]),
            custom=tuple((_plain(name), _plain(value)) for name, value in _CUSTOM.findall(text)),
        )

    return _read(data, facts, root_xml, "OFD.xml")


@_remembered
def read_document(data: bytes) -> DocumentFacts:
    """What our `Document.xml` says."""

    def facts(text: str) -> DocumentFacts:
        box = _only(_BOX, text)
        return DocumentFacts(
            highest=int(_only(_HIGHEST, text)[1]),
            box=(float(box[1]), float(box[2])),
            templates=tuple(map(int, _TEMPLATE.findall(text))),
            pages=tuple(map(int, _PAGE.findall(text))),
            annotated="<ofd:Annotations>" in text,
        )

    return _read(data, facts, document_xml, "Document.xml")


@_remembered
def read_fonts(data: bytes) -> tuple[FontFacts, ...]:
    """What our `PublicRes.xml` says."""

    def facts(text: str) -> tuple[FontFacts, ...]:
        return tuple(
            FontFacts(identifier=int(identifier), number=int(number), name=name)
            for identifier, name, number in _FONT.findall(text)
        )

    return _read(data, facts, public_resources_xml, "PublicRes.xml")


@_remembered
def read_images(data: bytes) -> tuple[ImageFacts, ...]:
    """What our `DocumentRes.xml` says."""

    def facts(text: str) -> tuple[ImageFacts, ...]:
        formats: dict[str, Literal["PNG", "JPEG"]] = {"PNG": "PNG", "JPEG": "JPEG"}
        return tuple(
            ImageFacts(identifier=int(identifier), number=int(number), format=formats[form])
            for identifier, form, number in _IMAGE.findall(text)
        )

    return _read(data, facts, document_resources_xml, "DocumentRes.xml")


def read_attachments(data: bytes, size: Callable[[str], int]) -> tuple[AttachmentFacts, ...]:
    """What our `Attachments.xml` says; `size` gives the bytes of an attached file by its name."""

    def facts(text: str) -> tuple[AttachmentFacts, ...]:
        return tuple(
            AttachmentFacts(
                name=_plain(name),
                created=datetime.fromisoformat(created).replace(tzinfo=CHINA),
                size=size(_plain(name)),
            )
            for name, created in _ATTACHMENT.findall(text)
        )

    return _read(data, facts, attachments_xml, "Attachments.xml")


def read_annotated_pages(data: bytes) -> tuple[tuple[int, int], ...]:
    """ID and number of every page that our `Annotations.xml` lists."""

    def facts(text: str) -> tuple[tuple[int, int], ...]:
        return tuple((int(identifier), int(number)) for identifier, number in _ANNOTATED.findall(text))

    return _read(data, facts, annotation_list_xml, "Annotations.xml")


def read_signature_form(
    data: bytes, *, place: int, kind: OfdSignatureKind, references: Sequence[tuple[str, bytes]]
) -> OfdSignatureForm:
    """What our `Signature.xml` says, whose references are known to be these files with their digests."""

    def facts(text: str) -> OfdSignatureForm:
        at, stamp = read_signing_time(_only(_TIME, text)[1]), _STAMP.search(text)
        if at is None:
            raise ValueError("a time of another form")
        return OfdSignatureForm(
            place=place,
            kind=kind,
            at=at,
            references=tuple(references),
            stamp=None if stamp is None else _stamp(stamp),
        )

    return _read(data, facts, signature_xml, "Signature.xml")


def not_ours(detail: str) -> MalformedError:
    """The error that says where a file differs from ours."""
    return MalformedError(Fault.NON_CANONICAL, f"not written as ours is: {detail}")


def _read(data: bytes, facts: Callable[[str], _Facts], write: Callable[[_Facts], bytes], name: str) -> _Facts:
    text = _text(data, name)
    try:
        said = facts(text)
        again = write(said)
    except (ValueError, EsignError) as error:
        raise not_ours(name) from error
    if again != data:
        raise not_ours(name)
    return said


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_PART_BYTES:
        raise TooLargeError(f"{name} of more than {MAX_PART_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise not_ours(name) from error


def _stamp(matched: re.Match[str]) -> OfdStampFacts:
    x, y, width, height = map(float, matched.groups()[1:])
    return OfdStampFacts(page=int(matched[1]), x=x, y=y, width=width, height=height)


def _only(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise ValueError("something is missing")
    return found


def _plain(text: str) -> str:
    return unescape(text, ENTITIES) if "&" in text else text
