"""OFDs as other products write them, and as attackers do: plain text, zipfile and raw DER, nothing of the product's.

Only the keys that sign are the product's; they give a signature value over bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from openssl_signing import oid, tlv

from keys import Signer, raw_signature

SPACE = "http://www.ofdspec.org/2016"
SM3, SM2_SM3 = "1.2.156.10197.1.401", "1.2.156.10197.1.501"
SEALED_AT = "20261121020000Z"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
Files = dict[str, bytes]


def xml(
    body: str, name: str, attributes: str = "", *, prefix: str = "ofd:", space: str = SPACE, encoding: str = "UTF-8"
) -> bytes:
    """A file whose elements are written without prefix in `body` as `<:Name>`."""
    declared = f'xmlns{":" + prefix[:-1] if prefix else ""}="{space}"'
    text = f"<:{name} {declared} {attributes}>{body}</:{name}>"
    text = text.replace("</:", f"</{prefix}").replace("<:", f"<{prefix}")
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(encoding)


def document(
    folder: str = "Doc_0",
    *,
    pages: int = 1,
    creator: str = "other-writer",
    annotated: bool = False,
    embedded: bool = True,
    attached: dict[str, bytes] | None = None,
    **form: str,
) -> Files:
    """A document of a few pages with a template, a font and a picture; without `OFD.xml`."""
    attached = attached or {}
    page = '<:Page ID="{0}" BaseLoc="Pages/Page_{0}/Content.xml"/>'
    common = (
        "<:MaxUnitID>900</:MaxUnitID><:PageArea><:PhysicalBox>0 0 210 297</:PhysicalBox></:PageArea>"
        '<:PublicRes>PublicRes.xml</:PublicRes><:TemplatePage ID="800" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
    )
    body = f"<:CommonData>{common}</:CommonData><:Pages>{''.join(page.format(n) for n in range(1, pages + 1))}</:Pages>"
    body += "<:Annotations>Annots/Annotations.xml</:Annotations>" if annotated else ""
    body += "<:Attachments>Attachs/Attachments.xml</:Attachments>" if attached else ""
    font = "<:FontFile>song.ttf</:FontFile>" if embedded else ""
    resources = (
        f'<:Fonts><:Font ID="4" FontName="宋体">{font}</:Font></:Fonts>'
        '<:MultiMedias><:MultiMedia ID="6" Type="Image"><:MediaFile>photo.png</:MediaFile></:MultiMedia></:MultiMedias>'
    )
    content = (
        '<:Content><:Layer ID="{0}01"><:TextObject ID="{0}02" Boundary="30 30 60 8" Font="4" Size="5">'
        '<:TextCode X="0" Y="5" DeltaX="g 3 5">普通材料</:TextCode></:TextObject></:Layer></:Content>'
    )
    files = {
        "Document.xml": xml(body, "Document", **form),
        "PublicRes.xml": xml(resources, "Res", 'BaseLoc="Res"', **form),
        "Res/photo.png": PNG,
        "Tpls/Tpl_0/Content.xml": xml(content.format(8), "Page", **form),
    }
    files |= {f"Pages/Page_{n}/Content.xml": xml(content.format(n), "Page", **form) for n in range(1, pages + 1)}
    if embedded:
        files["Res/song.ttf"] = b"\x00\x01\x00\x00 no real font"
    if annotated:
        listed = '<:Page PageID="1"><:FileLoc>Page_1/Annotation.xml</:FileLoc></:Page>'
        note = '<:Annot ID="700" Type="Watermark" Creator="x" LastModDate="2026-01-05"><:Appearance/></:Annot>'
        files["Annots/Annotations.xml"] = xml(listed, "Annotations", **form)
        files["Annots/Page_1/Annotation.xml"] = xml(note, "PageAnnot", **form)
    if attached:
        rows = (f'<:Attachment ID="a" Name="x"><:FileLoc>{name}</:FileLoc></:Attachment>' for name in attached)
        files["Attachs/Attachments.xml"] = xml("".join(rows), "Attachments", **form)
        files |= {f"Attachs/{name}": content for name, content in attached.items()}
    return {f"{folder}/{name}": content for name, content in files.items()}


def root(bodies: Iterable[tuple[str, str]] = (("Doc_0", "Doc_0/Signs/Signatures.xml"),), **given: str) -> Files:
    """`OFD.xml`; each body is the folder of its document and the place of its signatures, which may be empty."""
    creator, versions = given.pop("creator", "other-writer"), given.pop("versions", "")
    body = "".join(
        f"<:DocBody><:DocInfo><:DocID>0</:DocID><:Creator>{creator}</:Creator></:DocInfo>"
        f"<:DocRoot>{folder}/Document.xml</:DocRoot>{versions}"
        + (f"<:Signatures>{listed}</:Signatures>" if listed else "")
        + "</:DocBody>"
        for folder, listed in bodies
    )
    return {"OFD.xml": xml(body, "OFD", 'Version="1.1" DocType="OFD"', **given)}


def ordinary(**given: object) -> Files:
    """A document with `OFD.xml`, not signed yet."""
    return {**root(), **document(**given)}  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a product signs; the default is the common one."""

    how: str = "ses"
    """`ses`, `attached`, `base64`, `detached`, `bare` or `raw`."""
    version: int = 4
    """Of the seal."""
    type: str | None = "Seal"
    method: str | None = SM3
    """CheckMethod."""
    digest: str = "sm3"
    leave_out: Callable[[str], bool] = lambda path: False
    cover_list: bool = False
    reference: str = "/{}"
    property_info: str = "/{}"
    over: Callable[[bytes], bytes] = lambda content: content
    """What is signed in place of Signature.xml."""
    time: str = SEALED_AT
    stated_time: str = SEALED_AT
    """SignatureDateTime."""
    seal_file: Callable[[bytes], bytes] | None = lambda seal: seal
    value_name: str = "SignedValue.dat"
    seal_type: str = "PNG"
    seal_picture: bytes = PNG
    raw_value: bool = False
    seal_times: tuple[str, str, str] = ("20261121000000Z", "20261121000000Z", "20311121000000Z")
    stamps: str = '<:StampAnnot ID="s2" PageRef="1" Boundary="120 220 40 40"/>'
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """Signs packages with a seal that `maker` made for `signer`."""

    maker: Signer
    signer: Signer

    def sign(self, files: Files, way: Way | None = None, *, place: int = 0, folder: str = "Doc_0") -> Files:
        """The files with a further signature."""
        way = way or Way()
        signs = f"{folder}/Signs"
        path, listed = f"{signs}/Sign_{place}/Signature.xml", f"{signs}/Signatures.xml"
        files = dict(files)
        rows = "".join(
            f'<:Signature ID="s{2 * n + 1}"{"" if way.type is None else f" Type={way.type!r}"}'
            f' BaseLoc="Sign_{n}/Signature.xml"/>'
            for n in range(place + 1)
        )
        files[listed] = xml(f"<:MaxSignId>s{2 * place + 2}</:MaxSignId>{rows}", "Signatures", **way.form)
        seal = self.seal(way)
        if way.seal_file is not None:
            files[f"{signs}/Sign_{place}/Seal.esl"] = way.seal_file(seal)
        covered = [
            name
            for name in files
            if not way.leave_out(name) and (name != listed or way.cover_list) and "SignedValue" not in name
        ]
        files[path] = self.description(files, covered, way)
        value = self.value(files[path], path, seal, way)
        files[f"{signs}/Sign_{place}/{way.value_name}"] = value
        return files

    def description(self, files: Files, covered: list[str], way: Way) -> bytes:
        """Signature.xml."""
        references = "".join(
            f'<:Reference FileRef="{way.reference.format(name)}"><:CheckValue>'
            f"{base64.b64encode(hashlib.new(way.digest, files[name]).digest()).decode()}</:CheckValue></:Reference>"
            for name in covered
        )
        method = "" if way.method is None else f'CheckMethod="{way.method}"'
        seal = "" if way.seal_file is None else "<:Seal><:BaseLoc>Seal.esl</:BaseLoc></:Seal>"
        # The order of some products: the value first, the seal before the stamps.
        body = (
            f"<:SignedValue>{way.value_name}</:SignedValue><:SignedInfo>"
            f'<:Provider ProviderName="demo"/><:SignatureMethod>{SM2_SM3}</:SignatureMethod>'
            f"<:SignatureDateTime>{way.stated_time}</:SignatureDateTime>{seal}{way.stamps}"
            f"<:References {method}>{references}</:References></:SignedInfo>"
        )
        return xml(body, "Signature", **way.form)

    def value(self, content: bytes, path: str, seal: bytes, way: Way) -> bytes:
        """What goes into SignedValue.dat."""
        content = way.over(content)
        digest = hashlib.new("sm3", content).digest()
        if way.how == "ses":
            return self._ses(digest, way.property_info.format(path), seal, way)
        if way.how in ("bare", "raw"):
            value = self.signer.sign(content)
            return value if way.how == "bare" else raw_signature(value)
        if way.how == "detached":
            return self.message(None, attributes=digest)
        return self.message(digest if way.how == "attached" else base64.b64encode(digest))

    def seal(self, way: Way) -> bytes:
        """A seal of version 1, 4 or 5."""
        first = way.version == 1
        created, *term = (tlv(0x17, one[2:].encode()) if first else tlv(0x18, one.encode()) for one in way.seal_times)
        properties = _sequence(
            _number(1),
            tlv(0x0C, "样例章".encode()),
            b"" if first else _number(1),
            _sequence(tlv(0x04, self.signer.certificate.der)),
            created,
            *term,
        )
        picture = _sequence(_text(way.seal_type), tlv(0x04, way.seal_picture), _number(40), _number(40))
        header = _sequence(_text("ES"), _number(way.version), _text("DEMO"))
        info = _sequence(header, _text("99010000000001"), properties, picture)
        certificate, algorithm = tlv(0x04, self.maker.certificate.der), oid(SM2_SM3)
        value = _bits(self.maker.sign(_sequence(info, certificate, algorithm) if first else info))
        if first:
            return _sequence(info, _sequence(certificate, algorithm, value))
        return _sequence(info, certificate, algorithm, value)

    def message(self, content: bytes | None, *, attributes: bytes | None = None) -> bytes:
        """Signed data of GB/T 35275; with the digest of what is beside it among its attributes, or without any."""
        certificate = self.signer.certificate
        signed = content or b""
        written = b""
        if attributes is not None:
            kinds = (
                ("1.2.840.113549.1.9.3", oid("1.2.156.10197.6.1.4.2.1")),
                ("1.2.840.113549.1.9.4", tlv(4, attributes)),
            )
            listed = b"".join(sorted(_sequence(oid(kind), tlv(0x31, value)) for kind, value in kinds))
            signed, written = tlv(0x31, listed), tlv(0xA0, listed)
        signer = _sequence(
            _number(1),
            _sequence(certificate.issuer_der, _number(certificate.serial)),
            _sequence(oid(SM3)),
            written,
            _sequence(oid("1.2.156.10197.1.301.1")),
            tlv(0x04, self.signer.sign(signed)),
        )
        inside = b"" if content is None else tlv(0xA0, tlv(0x04, content))
        data = _sequence(
            _number(1),
            tlv(0x31, _sequence(oid(SM3))),
            _sequence(oid("1.2.156.10197.6.1.4.2.1"), inside),
            tlv(0xA0, *(one.der for one in self.signer.chain)),
            tlv(0x31, signer),
        )
        return _sequence(oid("1.2.156.10197.6.1.4.2.2"), tlv(0xA0, data))

    def _ses(self, digest: bytes, property_info: str, seal: bytes, way: Way) -> bytes:
        first = way.version == 1
        certificate, algorithm = tlv(0x04, self.signer.certificate.der), oid(SM2_SM3)
        time = _bits(way.time.encode()) if first else tlv(0x18, way.time.encode())
        end = (certificate, algorithm) if first else ()
        signed = _sequence(_number(way.version), seal, time, _bits(digest), _text(property_info), *end)
        value = self.signer.sign(signed)
        bits = _bits(raw_signature(value) if way.raw_value else value)
        return _sequence(signed, bits) if first else _sequence(signed, certificate, algorithm, bits)


def packed(files: Files | Iterable[tuple[str, bytes]], *, stored: bool = False) -> bytes:
    """A ZIP file in the order of the files; a name may be there twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 30, 0)), content, archive.compression)
    return out.getvalue()


def _sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def _text(value: str) -> bytes:
    return tlv(0x16, value.encode())


def _number(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return tlv(0x03, b"\x00", content)
