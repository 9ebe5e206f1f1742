"""The XMP packet of a sealed PDF: PDF/A-3u identification, title, the licence's elements under short names.

Search engines, archives and file managers read it, and nobody sees it: what it says must follow from the data.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .errors import Fault, MalformedError, TooLargeError
from .xml_text import escape, unescape

NAMESPACE = "urn:elicence:metadata:1#"
PREFIX = "zz"
MAX_XMP_BYTES = 4 * 1024 * 1024  # of a licence with a few holders it has 6,000

_TITLE = re.compile('<rdf:li xml:lang="x-default">([^<]*)</rdf:li>')
_CREATED = re.compile("<xmp:CreateDate>([0-9T:+-]{25})</xmp:CreateDate>")
_VALUE = re.compile(rf"<{PREFIX}:([A-Za-z]{{1,32}})>([^<]*)</{PREFIX}:\1>\n")
_LABEL = re.compile("<pdfaProperty:description>([^<]*)</pdfaProperty:description>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortElement:
    """One element for the packet: its pinyin short name (GB/T 36903, modelled on), Chinese name and value."""

    short_name: str
    title: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class XmpFacts:
    """What a packet says."""

    title: str
    created: datetime
    elements: tuple[ShortElement, ...]


def read_xmp(packet: bytes, *, producer: str) -> XmpFacts:
    """Read a packet that this producer has written.

    Raises:
        TooLargeError: more than `MAX_XMP_BYTES`.
        MalformedError: `NON_CANONICAL`, it is not what `xmp_packet` writes.
    """
    if len(packet) > MAX_XMP_BYTES:
        raise TooLargeError(f"metadata of {len(packet)} bytes; the limit is {MAX_XMP_BYTES}")
    try:
        text = packet.decode("utf-8")
        title, created = _TITLE.search(text), _CREATED.search(text)
        if title is None or created is None:
            raise ValueError("no title or date")
        facts = XmpFacts(
            title=unescape(title[1]),
            created=datetime.fromisoformat(created[1]),
            elements=tuple(
                ShortElement(short_name=name, title=unescape(label), value=unescape(value))
                for (name, value), label in zip(_VALUE.findall(text), _LABEL.findall(text), strict=True)
            ),
        )
    except ValueError as error:
        raise MalformedError(Fault.NON_CANONICAL, "the metadata are not in our form") from error
    again = xmp_packet(title=facts.title, created=facts.created, producer=producer, elements=facts.elements)
    if again != packet or len({one.short_name for one in facts.elements}) != len(facts.elements):
        raise MalformedError(Fault.NON_CANONICAL, "the metadata are not in our form")
    return facts


def xmp_packet(*, title: str, created: datetime, producer: str, elements: Sequence[ShortElement]) -> bytes:
    """The packet, read-only, UTF-8.

    PDF/A (ISO 19005-3 section 6.6.2.3) wants each property that is not predefined described in an extension schema.
    """
    instant = created.isoformat(timespec="seconds")
    values = "".join(f"<{PREFIX}:{e.short_name}>{escape(e.value)}</{PREFIX}:{e.short_name}>\n" for e in elements)
    descriptions = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{e.short_name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{escape(e.title)}</pdfaProperty:description></rdf:li>\n"
        for e in elements
    )
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<xmp:CreateDate>{instant}</xmp:CreateDate><xmp:ModifyDate>{instant}</xmp:ModifyDate>
<pdf:Producer>{escape(producer)}</pdf:Producer></rdf:Description>
<rdf:Description rdf:about="" xmlns:{PREFIX}="{NAMESPACE}">
{values}</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Licence metadata</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>{PREFIX}</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{descriptions}</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()
