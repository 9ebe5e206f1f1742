"""The small XML files of our OFDs (GB/T 33190-2016 clauses 7.4, 7.5, 7.9, 15, 20): each from its facts, always alike.

They are pure, so that a reader takes the facts out of a file, writes it again, and knows that nothing else stands in
it. Elements stand in the order of the standard's schema, which strict readers ask for.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from .china import CHINA
from .errors import UnprintableError
from .ofd_form import CREATOR, DOCUMENT_FILE, DOCUMENT_FOLDER, NAMESPACE, SIGNATURE_LIST
from .xml_text import escape

XML_HEADER: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
IMAGE_SUFFIXES: Final = {"PNG": "png", "JPEG": "jpg"}
"""Of the files of pictures, by the format that their resource names."""

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = re.compile('[^\x00-\x1f"&<>\ud800-\udfff\ufffe\uffff]*')
"""Most texts: everything in them is written as it is."""
_RETURN: Final = {"\r": "&#13;"}  # a reader of XML takes a carriage return for a line feed (XML 1.0 section 2.11)
_QUOTED: Final = {**_RETURN, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFacts:
    """What `OFD.xml` says."""

    doc_id: str
    """32 hexadecimal digits."""
    title: str
    created: date
    custom: tuple[tuple[str, str], ...]
    """Name and value of each custom datum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What `Document.xml` says; the n-th page or template lies in the folder of number n, from 0."""

    highest: int
    """The largest ID of all files."""
    box: tuple[float, float]
    """Width and height of a page that does not say its own."""
    templates: tuple[int, ...]
    """IDs."""
    pages: tuple[int, ...]
    annotated: bool
    """There are annotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFacts:
    """One embedded font."""

    identifier: int
    number: int
    """Place of the font in the chain, and number of its file."""
    name: str
    """Letters, digits and hyphens (`Font.name`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """One picture."""

    identifier: int
    number: int
    """Of its file."""
    format: Literal["PNG", "JPEG"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFacts:
    """One attached file."""

    name: str
    """One of `pdf_form.ATTACHMENT_NAMES`, its signature's, or `BODY_NAME`."""
    created: datetime
    size: int
    """Bytes."""


def root_xml(facts: RootFacts) -> bytes:
    """`OFD.xml`, which names the list of signatures, too: every OFD of ours is sealed.

    Raises:
        UnprintableError: a text has a character that XML does not have.
    """
    custom = "".join(
        f'<ofd:CustomData Name="{attribute_text(name)}">{xml_text(value)}</ofd:CustomData>\n'
        for name, value in facts.custom
    )
    return xml_file(
        "OFD",
        f"<ofd:DocBody>\n<ofd:DocInfo>\n<ofd:DocID>{facts.doc_id}</ofd:DocID>\n"
        f"<ofd:Title>{xml_text(facts.title)}</ofd:Title>\n"
        f"<ofd:CreationDate>{facts.created.isoformat()}</ofd:CreationDate>\n"
        f"<ofd:Creator>{CREATOR}</ofd:Creator>\n"
        + (f"<ofd:CustomDatas>\n{custom}</ofd:CustomDatas>\n" if custom else "")
        + f"</ofd:DocInfo>\n<ofd:DocRoot>{DOCUMENT_FILE}</ofd:DocRoot>\n"
        f"<ofd:Signatures>{SIGNATURE_LIST}</ofd:Signatures>\n</ofd:DocBody>\n",
        ' Version="1.0" DocType="OFD"',
    )


def document_xml(facts: DocumentFacts) -> bytes:
    """`Document.xml`."""
    templates = "".join(
        f'<ofd:TemplatePage ID="{identifier}" ZOrder="Background" BaseLoc="{_beside(template_file(place))}"/>\n'
        for place, identifier in enumerate(facts.templates)
    )
    pages = "".join(
        f'<ofd:Page ID="{identifier}" BaseLoc="{_beside(page_file(place))}"/>\n'
        for place, identifier in enumerate(facts.pages)
    )
    annotations = "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>\n" if facts.annotated else ""
    return xml_file(
        "Document",
        f"<ofd:CommonData>\n<ofd:MaxUnitID>{facts.highest}</ofd:MaxUnitID>\n"
        f"<ofd:PageArea><ofd:PhysicalBox>0 0 {number(facts.box[0])} {number(facts.box[1])}</ofd:PhysicalBox>"
        "</ofd:PageArea>\n<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>\n"
        f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>\n{templates}</ofd:CommonData>\n"
        f"<ofd:Pages>\n{pages}</ofd:Pages>\n{annotations}"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>\n",
    )


def public_resources_xml(fonts: Iterable[FontFacts]) -> bytes:
    """`PublicRes.xml`: the fonts."""
    rows = "".join(
        f'<ofd:Font ID="{font.identifier}" FontName="{font.name}" Charset="unicode">'
        f"<ofd:FontFile>{font_file(font.number)}</ofd:FontFile></ofd:Font>\n"
        for font in fonts
    )
    return xml_file("Res", f"<ofd:Fonts>\n{rows}</ofd:Fonts>\n" if rows else "", ' BaseLoc="Res"')


def document_resources_xml(images: Iterable[ImageFacts]) -> bytes:
    """`DocumentRes.xml`: the pictures."""
    rows = "".join(
        f'<ofd:MultiMedia ID="{image.identifier}" Type="Image" Format="{image.format}">'
        f"<ofd:MediaFile>{image_file(image.number, image.format)}</ofd:MediaFile></ofd:MultiMedia>\n"
        for image in images
    )
    return xml_file("Res", f"<ofd:MultiMedias>\n{rows}</ofd:MultiMedias>\n" if rows else "", ' BaseLoc="Res"')


def attachments_xml(attachments: Iterable[AttachmentFacts]) -> bytes:
    """`Attachments.xml`; sizes are in kilobytes, times those of our zone (clause 20)."""
    rows = "".join(
        f'<ofd:Attachment ID="a{place}" Name="{item.name}" Format="{item.name.rpartition(".")[2]}"'
        f' CreationDate="{item.created.astimezone(CHINA):%Y-%m-%dT%H:%M:%S}" Size="{number(item.size / 1024)}">'
        f"<ofd:FileLoc>{item.name}</ofd:FileLoc></ofd:Attachment>\n"
        for place, item in enumerate(attachments, start=1)
    )
    return xml_file("Attachments", rows)


def annotation_list_xml(pages: Sequence[tuple[int, int]]) -> bytes:
    """`Annotations.xml`: ID and number of every page that has annotations."""
    rows = "".join(
        f'<ofd:Page PageID="{identifier}"><ofd:FileLoc>Page_{place}/Annotation.xml</ofd:FileLoc></ofd:Page>\n'
        for identifier, place in pages
    )
    return xml_file("Annotations", rows)


def page_file(place: int) -> str:
    """Path of a page."""
    return f"{DOCUMENT_FOLDER}/Pages/Page_{place}/Content.xml"


def template_file(place: int) -> str:
    """Path of a template page."""
    return f"{DOCUMENT_FOLDER}/Tpls/Tpl_{place}/Content.xml"


def annotation_file(place: int) -> str:
    """Path of the annotations of a page."""
    return f"{DOCUMENT_FOLDER}/Annots/Page_{place}/Annotation.xml"


def font_file(place: int) -> str:
    """Name of a font's file, in the folder of resources."""
    return f"font_{place}.ttf"


def image_file(place: int, form: str) -> str:
    """Name of a picture's file, in the folder of resources."""
    return f"image_{place}.{IMAGE_SUFFIXES[form]}"


def number(value: float) -> str:
    """A number with at most three decimals and no trailing zeros: a micrometre."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def xml_text(text: str) -> str:
    """A text as the content of an element.

    Raises:
        UnprintableError: it has a character that XML does not have.
    """
    return _written(text, _RETURN)


def attribute_text(text: str) -> str:
    """A text as the value of an attribute.

    Raises:
        UnprintableError: it has a character that XML does not have.
    """
    return _written(text, _QUOTED)


def _written(text: str, entities: dict[str, str]) -> str:
    if _PLAIN.fullmatch(text):
        return text
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        raise UnprintableError(forbidden[0])
    return escape(text, entities)


def xml_file(name: str, content: str, attributes: str = "") -> bytes:
    """A file whose root has this name, attributes and content, which are XML already."""
    opened = f'{XML_HEADER}<ofd:{name} xmlns:ofd="{NAMESPACE}"{attributes}>\n'
    return f"{opened}{content}</ofd:{name}>\n".encode()


def _beside(path: str) -> str:
    """A path from the root, as it is seen from `Document.xml`."""
    return path.removeprefix(f"{DOCUMENT_FOLDER}/")
