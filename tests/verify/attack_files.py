"""Signed PDFs as products of others make them, written by hand so that every byte of an attack can be chosen.

One document, in three families of keys: two pages, a form field, a layer, a picture and a font that say how much is to
be paid. The object numbers are fixed; what an attacker had prepared before the signature is in it from the beginning.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import verify_test_office as office
from declared import DeclaredPki, declared_pki

import keys
from esign import sign_detached

AT: datetime = office.AT
HOLE = 8192
"""Bytes kept for a signature."""

CATALOGUE, PAGES, PAGE, SECOND_PAGE, CONTENT, FONT, FIELD, FORM, LAYERS, LAYER = range(1, 11)
PICTURE, SECOND_CONTENT, TO_UNICODE, HIDDEN_PAGE, HIDDEN_CONTENT, INFO, HIDDEN_TREE, LOOK = range(11, 19)
FIRST_FREE = 30

Cms = Callable[[bytes], bytes]
"""Signs the covered bytes."""


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def drawing(amount: bytes) -> bytes:
    return stream(
        b"BT /F 20 Tf 10 10 Td (pay %s) Tj ET" % amount,
        b"/Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources<</Font<</F 6 0 R>>>>",
    )


def looking_up(low: bytes) -> bytes:
    return stream(
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
        b"1 beginbfrange <30> <39> <%s> endbfrange endcmap end" % low
    )


def page(content: int, more: bytes = b"") -> bytes:
    return (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 6 0 R>>/XObject<</P 11 0 R>>"
        b"/Properties<</L 10 0 R>>>>/Contents %d 0 R%s>>" % (content, more)
    )


def objects() -> dict[int, bytes]:
    says = b"BT /F 30 Tf 72 700 Td (pay 100) Tj ET /OC /L BDC q 1 0 0 1 72 600 cm /P Do Q EMC"
    return {
        CATALOGUE: b"<</Type/Catalog/Pages 2 0 R/AcroForm 8 0 R/OCProperties 9 0 R/PieceInfo<</X 17 0 R>>>>",
        PAGES: b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
        PAGE: page(CONTENT, b"/Annots[7 0 R]"),
        SECOND_PAGE: page(SECOND_CONTENT),
        CONTENT: stream(says),
        FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 13 0 R>>",
        FIELD: (
            b"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/DV(100)/Rect[72 500 172 530]/P 3 0 R/F 4"
            b"/DA(/F 12 Tf 0 g)/AP<</N 18 0 R>>>>"
        ),
        FORM: b"<</Fields[7 0 R]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>",
        LAYERS: b"<</OCGs[10 0 R]/D<</OFF[10 0 R]>>>>",
        LAYER: b"<</Type/OCG/Name(layer)>>",
        PICTURE: drawing(b"900"),
        SECOND_CONTENT: stream(b"BT /F 20 Tf 72 700 Td (to whom it may concern) Tj ET"),
        TO_UNICODE: looking_up(b"0030"),
        HIDDEN_PAGE: page(HIDDEN_CONTENT),
        HIDDEN_CONTENT: stream(b"BT /F 30 Tf 72 700 Td (pay 999) Tj ET"),
        INFO: b"<</Producer(Other Product)/Title(Form)>>",
        HIDDEN_TREE: b"<</Type/Pages/Kids[14 0 R 4 0 R]/Count 2>>",
        LOOK: drawing(b"100"),
    }


def written(bodies: Mapping[int, bytes], *, version: bytes = b"1.7", eol: bytes = b"\n") -> bytes:
    """A whole file with a table of places."""
    out, places = b"%%PDF-%s%s" % (version, eol), {}
    for number, body in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj%s%s%sendobj%s" % (number, eol, body, eol, eol)
    size = max(bodies) + 1
    rows = [b"%010d 00000 n" % places[n] if n in places else b"0000000000 65535 f" for n in range(size)]
    pad = b" \n" if eol != b"\r\n" else b"\r\n"
    table = b"xref%s0 %d%s%s" % (eol, size, eol, b"".join(row + pad for row in rows))
    info = b"/Info %d 0 R" % INFO if INFO in bodies else b""
    trailer = b"trailer%s<</Size %d/Root 1 0 R%s/ID[<00><00>]>>%s" % (eol, size, info, eol)
    return b"%s%s%sstartxref%s%d%s%%%%EOF%s" % (out, table, trailer, eol, len(out), eol, eol)


def startxref(pdf: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def size_of(pdf: bytes) -> int:
    return int(re.findall(rb"/Size (\d+)", pdf)[-1])


def trailer(pdf: bytes, at: int, size: int, more: bytes = b"") -> bytes:
    info = b"/Info %d 0 R" % INFO if b"/Info" in pdf else b""
    return b"trailer\n<</Size %d/Root 1 0 R%s/ID[<00><00>]/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        info,
        startxref(pdf),
        more,
        at,
    )


def updated(pdf: bytes, bodies: Mapping[int, bytes], *, free: Sequence[int] = (), more: bytes = b"") -> bytes:
    """A further revision in which these objects are new, and those in `free` are gone."""
    out, rows = pdf if pdf.endswith(b"\n") else pdf + b"\n", {}
    header = pdf.index(b"%PDF-")
    for number, body in bodies.items():
        rows[number] = b"%010d 00000 n \n" % (len(out) - header)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows |= dict.fromkeys(free, b"0000000000 00001 f \n")
    table = b"xref\n" + b"".join(b"%d 1\n%s" % (number, rows[number]) for number in sorted(rows))
    return out + table + trailer(pdf, len(out) - header, max(size_of(pdf), *(number + 1 for number in rows)), more)


@dataclass(frozen=True)
class Signing:
    """How one signature is put onto a file; `widget` and `value` are the numbers of its objects."""

    cms: Cms
    field: bytes = b"First"
    widget: int = FIRST_FREE
    value: int = FIRST_FREE + 1
    rect: bytes = b"[0 0 0 0]"
    look: bytes | None = None
    level: int | None = None
    """P of a certification."""
    lock: bytes = b""
    """Of a FieldMDP transform: its parameters."""
    sub_filter: bytes = b"ETSI.CAdES.detached"
    kind: bytes = b"/Type/Sig"
    hole: int = HOLE
    more: bytes = b"/Reason(approved)/Name(Signer)"
    others: tuple[int, ...] = ()
    """Numbers of the fields that are there besides the form field."""


def signed(pdf: bytes, how: Signing, changes: Mapping[int, bytes] | None = None) -> bytes:
    """The file with a signature in a revision of its own; `changes` come in the same revision."""
    reference = b""
    if how.level is not None:
        reference = b"<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</V/1.2/P %d>>>>" % how.level
    if how.lock:
        reference += b"<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</V/1.2%s>>>>" % how.lock
    entries = how.kind + b"/Filter/Adobe.PPKLite/SubFilter/" + how.sub_filter + how.more
    entries += b"/Reference[%s]" % reference if reference else b""
    value = b"<<%s/ByteRange [0 %s]/Contents <%s>>>" % (entries, b" " * 32, b"0" * 2 * how.hole)
    annotation = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/V %d 0 R/Rect%s/P 3 0 R/F 132%s>>" % (
        how.field,
        how.value,
        how.rect,
        b"" if how.look is None else b"/AP<</N %d 0 R>>" % (how.value + 1),
    )
    fields = b" ".join(b"%d 0 R" % number for number in (FIELD, *how.others, how.widget))
    bodies = {
        PAGE: page(CONTENT, b"/Annots[%s]" % fields),
        FORM: b"<</Fields[%s]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>" % fields,
        **(changes or {}),
        how.widget: annotation,
        how.value: value,
    }
    if how.look is not None:
        bodies[how.value + 1] = how.look
    if how.level is not None:
        bodies[CATALOGUE] = objects()[CATALOGUE][:-2] + b"/Perms<</DocMDP %d 0 R>>>>" % how.value
    return filled(updated(pdf, bodies), how.cms)


def filled(pdf: bytes, cms: Cms, *, spoil: Callable[[bytes], bytes] | None = None) -> bytes:
    """Write the last signature's range and its contents; `spoil` changes the message before it goes in."""
    begin = pdf.rindex(b"/ByteRange [0 " + b" " * 32)
    start = pdf.index(b"/Contents <", begin) + len(b"/Contents ")
    end = pdf.index(b">", start) + 1
    numbers = b"%d %d %d" % (start, end, len(pdf) - end)
    pdf = pdf[:begin] + b"/ByteRange [0 %s]" % numbers.ljust(32) + pdf[begin + len(b"/ByteRange [0 ]") + 32 :]
    message = cms(pdf[:start] + pdf[end:])
    message = message if spoil is None else spoil(message)
    digits = message.hex().encode().ljust(end - start - 2, b"0")
    assert len(digits) == end - start - 2
    return pdf[: start + 1] + digits + pdf[end - 1 :]


def hole_of(pdf: bytes, which: int = 0) -> tuple[int, int]:
    """Where the hexadecimal digits of a signature begin and end."""
    found = list(re.finditer(rb"/Contents <([0-9a-fA-F]*)>", pdf))[which]
    return found.span(1)


def message_of(pdf: bytes, which: int = 0) -> bytes:
    start, end = hole_of(pdf, which)
    raw = bytes.fromhex(pdf[start:end].decode())
    return raw[: 4 + int.from_bytes(raw[2:4], "big")]


def with_message(pdf: bytes, message: bytes, which: int = 0) -> bytes:
    start, end = hole_of(pdf, which)
    digits = message.hex().encode().ljust(end - start, b"0")
    assert len(digits) == end - start
    return pdf[:start] + digits + pdf[end:]


def ranged(pdf: bytes, new: bytes) -> bytes:
    """Other text in place of the range, as long as the old one."""
    found = re.search(rb"/ByteRange \[[^\]]*\]", pdf)
    assert found is not None
    assert len(new) <= len(found[0])
    return pdf[: found.start()] + new.ljust(len(found[0])) + pdf[found.end() :]


def packed(bodies: Mapping[int, bytes], pdf: bytes, *, inside: Mapping[int, bytes]) -> bytes:
    """A further revision as new products write it: `inside` in an object stream, places in a stream."""
    out, rows = pdf, {}
    for number, body in bodies.items():
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = max(size_of(pdf), *(number + 1 for number in (*bodies, *inside)))
    container, places = size, size + 1
    head, content = b"", b""
    for index, (number, body) in enumerate(inside.items()):
        head += b"%d %d " % (number, len(content))
        content += body + b" "
        rows[number] = (2, container, index)
    raw = zlib.compress(head + content)
    rows[container] = (1, len(out), 0)
    out += b"%d 0 obj\n%s\nendobj\n" % (
        container,
        stream(raw, b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(inside), len(head))),
    )
    at = len(out)
    rows[places] = (1, at, 0)
    index_entries = b" ".join(b"%d 1" % number for number in sorted(rows))
    table = zlib.compress(
        b"".join(
            bytes((kind,)) + where.to_bytes(4, "big") + bytes((last,))
            for _, (kind, where, last) in sorted(rows.items())
        )
    )
    entries = b"/Type/XRef/Size %d/Root 1 0 R/Index[%s]/W[1 4 1]/Prev %d/Filter/FlateDecode/ID[<00><00>]" % (
        places + 1,
        index_entries,
        startxref(pdf),
    )
    entries += b"/Info %d 0 R" % INFO if b"/Info" in pdf else b""
    return out + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (places, stream(table, entries), at)


def hybrid(bodies: Mapping[int, bytes], hidden: Mapping[int, bytes]) -> bytes:
    """A whole file whose table does not list `hidden`: a stream of places does, which its trailer names."""
    pdf = written(bodies)
    out = pdf[: startxref(pdf)]
    container, places = max(*bodies, *hidden) + 1, max(*bodies, *hidden) + 2
    head, content, rows = b"", b"", {}
    for index, (number, body) in enumerate(hidden.items()):
        head += b"%d %d " % (number, len(content))
        content += body + b" "
        rows[number] = (2, container, index)
    rows[container] = (1, len(out), 0)
    entries = b"/Type/ObjStm/N %d/First %d" % (len(hidden), len(head))
    out += b"%d 0 obj\n%s\nendobj\n" % (container, stream(head + content, entries))
    rows[places] = (1, len(out), 0)
    stream_at = len(out)
    cells = b"".join(
        bytes((kind,)) + where.to_bytes(4, "big") + bytes((last,)) for _, (kind, where, last) in sorted(rows.items())
    )
    index_entries = b" ".join(b"%d 1" % number for number in sorted(rows))
    entries = b"/Type/XRef/Size %d/Index[%s]/W[1 4 1]/Root 1 0 R" % (places + 1, index_entries)
    out += b"%d 0 obj\n%s\nendobj\n" % (places, stream(cells, entries))
    table = pdf[startxref(pdf) : pdf.rindex(b"trailer")]
    more = b"/Size %d/Root 1 0 R/Info %d 0 R/ID[<00><00>]/XRefStm %d" % (places + 1, INFO, stream_at)
    return out + table + b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (more, len(out))


# Who signs.

FAMILIES = ("rsa", "ecdsa", "sm2")


def pki_of(family: str) -> DeclaredPki:
    return declared_pki("sm2" if family == "sm2" else "rsa")


@cache
def signer(family: str, name: str = "person") -> keys.Signer:
    """A signer of the declared PKI; the one with a curve is certified by its RSA family."""
    pki = pki_of(family)
    if family != "ecdsa":
        return pki.signer(name)
    key = keys.generate_private_key(keys.ECDSA_P256_SHA256)
    return keys.Signer(private_key=key, chain=(certified(key.public_key), pki.certificate("issuing-ca")))


def certified(public_key: keys.PublicKey, *, days: tuple[int, int] = (-9, 90)) -> keys.Certificate:
    """A certificate for somebody's key by the RSA family's CA."""
    pki = declared_pki("rsa")
    return keys.make_certificate(
        subject=keys.Subject(common_name="曲线样例", organizational_unit=keys.DEVELOPMENT_MARK),
        public_key=public_key,
        issuer=pki.certificate("issuing-ca"),
        issuer_key=pki.key("issuing-ca"),
        serial=int.from_bytes(os.urandom(8), "big") | 1,
        not_before=AT + timedelta(days=days[0]),
        not_after=AT + timedelta(days=days[1]),
        profile=keys.Profile.PERSON,
    )


def by(who: keys.Signer) -> Cms:
    return lambda covered: sign_detached(covered, who, signing_time=AT)


@cache
def plain() -> bytes:
    return written(objects())


@cache
def approved(family: str = "rsa") -> bytes:
    """Signed once, without a certification."""
    return signed(plain(), Signing(by(signer(family))))


@cache
def certified_at(level: int, family: str = "rsa") -> bytes:
    return signed(plain(), Signing(by(signer(family)), level=level))


@cache
def locked(lock: bytes, family: str = "rsa") -> bytes:
    return signed(plain(), Signing(by(signer(family)), lock=lock))


@cache
def sealed(family: str) -> bytes:
    """A licence of ours."""
    pdf: bytes = office.seal_pdf(pki_of(family).signer("seal"))
    return pdf
