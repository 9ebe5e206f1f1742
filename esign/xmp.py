"""The XMP packet of a sealed PDF: PDF/A-3u identification, title, the licence's elements under short names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

NAMESPACE = "urn:elicence:metadata:1#"
PREFIX = "zz"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortElement:
    """One element for the packet: its pinyin short name (GB/T 36903, modelled on), Chinese name and value."""

    short_name: str
    title: str
    value: str


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
