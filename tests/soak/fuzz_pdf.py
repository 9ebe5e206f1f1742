"""Damage to PDFs in their own terms: objects, references in circles, lengths, tables of places, filters, page trees."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from fuzz_der import byte_damage, mutated

_OBJECT = re.compile(rb"(?<![0-9])([0-9]{1,7}) [0-9]{1,5} obj\b(.*?)\bendobj", re.DOTALL)
_TOKEN = re.compile(
    rb"stream\r?\n.*?endstream|/[^\s/<>\[\]()]+|[0-9]+ [0-9]+ R|<<|>>|[\[\]]|\([^)]{0,2000}\)|<[0-9A-Fa-f\s]*>"
    rb"|[-+]?[0-9]*\.?[0-9]+|true|false|null",
    re.DOTALL,
)
_CONTENTS = re.compile(rb"/Contents ?<([0-9A-Fa-f]+)>")
_TAIL = re.compile(rb"startxref\s+([0-9]+)\s+%%EOF\s*$")

_NAMES = (
    b"/Type /Catalog /Pages /Page /Kids /Count /Parent /MediaBox /CropBox /Resources /Contents /Annots /AcroForm"
    b" /Fields /FT /Sig /Tx /Btn /Ch /T /V /DV /AP /N /D /Rect /Subtype /Widget /Link /P /F /Ff /SigFlags /ByteRange"
    b" /Filter /SubFilter /Adobe.PPKLite /ETSI.CAdES.detached /ETSI.RFC3161 /adbe.pkcs7.detached /DocTimeStamp /DSS"
    b" /VRI /Certs /CRLs /OCSPs /Reference /TransformMethod /DocMDP /FieldMDP /TransformParams /Perms /Lock /Action"
    b" /All /Include /XRef /ObjStm /First /Extends /W /Index /Size /Prev /Root /Info /ID /Encrypt /XRefStm /Length"
    b" /FlateDecode /ASCIIHexDecode /LZWDecode /RunLengthDecode /DCTDecode /Crypt /DecodeParms /Predictor /Columns"
    b" /Metadata /Names /EmbeddedFiles /JavaScript /JS /OpenAction /AA /Launch /URI /OCProperties /OCGs /Font"
    b" /XObject /Form /Image /StructTreeRoot /Outlines /M /Name /Reason /Location /Prop_Build /Rotate /UserUnit /AF"
    b" /Limits /Dests"
).split()
_NUMBERS = tuple(
    b"0 1 -1 2 3 4 7 8 90 255 612 65535 65536 100000 8388607 2147483647 2147483648 -2147483648 4294967295 4294967296"
    b" 9223372036854775807 9223372036854775808 99999999999999999999999 0.5 1e9 .0000001 -0 00000001 1.79769313".split()
)
_STRINGS = (
    *(b"()", b"(a)", b"(D:20261121103000+08'00')", b"(D:99991231235959Z)", b"(D:00000101000000Z)", b"<>", b"<FEFF>"),
    *(b"<FEFFD800>", b"<3000>", b"<30>", b"<00000000>", b"(\\377\\376\\000)", b"(" + b"x" * 3000 + b")", b"(\\(\\"),
)
_FILTERS = (
    *(b"/FlateDecode", b"[/FlateDecode/FlateDecode/FlateDecode]", b"/LZWDecode", b"/ASCIIHexDecode", b"/Crypt", b"[]"),
    *(b"[" + b"/ASCIIHexDecode" * 60 + b"]", b"[" + b"/FlateDecode" * 400 + b"]", b"/DCTDecode", b"/JBIG2Decode"),
)


def mutated_pdf(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """Something that is nearly `data`, or now and then a file of our own invention."""
    for _ in range(chance.choices((1, 2, 4), (70, 20, 10))[0]):
        match chance.choices(range(8), (18, 18, 12, 24, 12, 5, 5, 6))[0]:
            case 0:
                data = byte_damage(chance, data)
            case 1:
                data = _token_damage(chance, data)
            case 2:
                data = _contents_damage(chance, data)
            case 3:
                data = _rebuilt(chance, data)
            case 4:
                data = _updated(chance, data)
            case 5:
                other = chance.choice(corpus)
                data = data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]
            case 6:
                data = _places_damage(chance, data)
            case _:
                data = invented(chance)
    return data


def _token_damage(chance: Random, data: bytes) -> bytes:
    """One token changed where it stands; the places of what follows stay right when its length does."""
    at = chance.randrange(len(data) + 1)
    found = _TOKEN.search(data, at) or _TOKEN.search(data)
    if found is None:
        return byte_damage(chance, data)
    new = _token(chance, found[0])
    if chance.random() < 0.5 and len(new) < len(found[0]):
        new = new.ljust(len(found[0]))
    return data[: found.start()] + new + data[found.end() :]


def _contents_damage(chance: Random, data: bytes) -> bytes:
    """The CMS inside changed, mostly with room and padding as before."""
    found = list(_CONTENTS.finditer(data))
    if not found:
        return _token_damage(chance, data)
    digits = chance.choice(found)
    if len(digits[1]) % 2 or chance.random() < 0.1:
        return byte_damage(chance, data)
    value = bytes.fromhex(digits[1].decode())
    size = 4 + int.from_bytes(value[2:4], "big") if value[1:2] == b"\x82" else len(value)
    new = mutated(chance, value[:size], (value[:size],))
    if len(new) < len(value) and chance.random() < 0.95:
        new = new.ljust(len(value), b"\x00")
    return data[: digits.start(1)] + new.hex().encode() + data[digits.end(1) :]


def _rebuilt(chance: Random, data: bytes) -> bytes:
    """Some objects changed, doubled or taken out, and the whole written anew with a table that fits."""
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    if not objects or len(objects) > 3000:
        return _token_damage(chance, data)
    for _ in range(chance.choices((1, 3, 10), (60, 30, 10))[0]):
        number = chance.choice(list(objects))
        match chance.randrange(7):
            case 0:
                del objects[number]
                if not objects:
                    return b"%PDF-1.7\n%%EOF\n"
            case 1:
                objects[number] = chance.choice(list(objects.values()))
            case 2:
                objects[max(objects) + chance.choice((1, 1, 5, 90_000))] = objects[number]
            case 3:
                objects[number] = b" " + _value(chance, max(objects), 0) + b" "
            case _:
                objects[number] = _body_damage(chance, objects[number], max(objects))
    trailers = re.findall(rb"trailer\s*(<<.*?>>)\s*startxref", data, re.DOTALL)
    root = re.findall(rb"/Root [0-9]+ [0-9]+ R", data)
    entries = b"".join(root[-1:]) + b"/ID[<00><00>]"
    if trailers and chance.random() < 0.2:
        entries += _token(chance, b"/Info") + _value(chance, max(objects), 2)
    return written(chance, objects, entries)


def _body_damage(chance: Random, body: bytes, last: int) -> bytes:
    tokens = list(_TOKEN.finditer(body))
    if not tokens:
        return _value(chance, last, 0)
    found = chance.choice(tokens)
    new = _token(chance, found[0]) if chance.random() < 0.7 else _value(chance, last, 1)
    return body[: found.start()] + new + body[found.end() :]


def _token(chance: Random, token: bytes) -> bytes:
    if chance.random() < 0.15:
        return chance.choice((b"", b"null", b"[", b"]", b"<<", b">>", b"endobj", b"true", b"stream\n", b"%", b"\x00"))
    if token.startswith(b"stream"):
        return _stream_damage(chance, token)
    if token.startswith(b"/"):
        return chance.choice(_NAMES)
    if token.endswith(b" R"):
        return b"%d 0 R" % chance.randrange(0, 60)
    if token[:1] in b"(<" and token != b"<<":
        return chance.choice(_STRINGS)
    if token[:1] in b"-+.0123456789":
        return chance.choice(_NUMBERS) if chance.random() < 0.6 else b"%d" % chance.randrange(2000)
    return chance.choice((token * 2, token * 500, b""))


def _stream_damage(chance: Random, token: bytes) -> bytes:
    content = token.partition(b"\n")[2].removesuffix(b"endstream").rstrip(b"\r\n")
    match chance.randrange(6):
        case 0:
            content = byte_damage(chance, content)
        case 1:
            content = bomb(chance.choice((1, 20, 200)))
        case 2:
            try:
                content = zlib.compress(byte_damage(chance, zlib.decompressobj().decompress(content, 1 << 20)))
            except zlib.error:
                content = b""
        case 3:
            content = mutated(chance, content, (content,))
        case 4:
            return b"stream\n" + content
        case _:
            content = zlib.compress(b"%d 0 " % chance.randrange(50) * chance.choice((3, 500)))
    return b"stream\n" + content + b"\nendstream"


@lru_cache(maxsize=8)
def bomb(megabytes: int) -> bytes:
    """Few bytes that inflate to many."""
    packer = zlib.compressobj(9)
    packed = [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join(packed) + packer.flush()


def _value(chance: Random, last: int, depth: int) -> bytes:
    kind = chance.randrange(9 if depth < 4 else 5)
    if kind < 2:
        return b"%d 0 R" % chance.randrange(1, last + 2)
    if kind == 2:
        return chance.choice(_NAMES)
    if kind == 3:
        return b" " + chance.choice(_NUMBERS)
    if kind == 4:
        return chance.choice(_STRINGS)
    if kind == 5:
        return b"[" + b" ".join(_value(chance, last, depth + 1) for _ in range(chance.randrange(5))) + b"]"
    if kind == 6 and chance.random() < 0.1:
        deep = chance.choice((20, 99, 101, 600, 20_000))
        return b"[" * deep + b"]" * deep
    entries = (chance.choice(_NAMES) + b" " + _value(chance, last, depth + 1) for _ in range(chance.randrange(6)))
    return b"<<" + b" ".join(entries) + b">>"


def _updated(chance: Random, data: bytes) -> bytes:
    """A further revision behind the end that changes, adds or frees objects."""
    tail = _TAIL.search(data)
    previous = tail[1] if tail else b"0"
    numbers = [int(number) for number, _ in _OBJECT.findall(data)] or [1]
    objects = dict(_OBJECT.findall(data))
    out, rows = data, b""
    for _ in range(chance.choice((1, 1, 2, 6))):
        number = chance.choice((chance.choice(numbers), max(numbers) + 1, 0))
        offset = chance.choices((len(out), 0, chance.randrange(len(out) + 1), 9_999_999_999), (85, 5, 5, 5))[0]
        rows += b"%d 1\n%010d 00000 %s \n" % (number, offset, chance.choices((b"n", b"f", b"x"), (90, 8, 2))[0])
        body = objects.get(b"%d" % number, b"")
        body = _body_damage(chance, body, max(numbers)) if body and chance.random() < 0.7 else _value(chance, 40, 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    root = re.findall(rb"/Root [0-9]+ [0-9]+ R", data)
    prev = chance.choices((previous, b"%d" % len(out), b"0", b"99999999999", b"-1"), (85, 6, 3, 3, 3))[0]
    size = chance.choices((max(numbers) + 2, 1, 2**31 - 1, 10**12), (91, 3, 3, 3))[0]
    trailer = b"trailer\n<</Size %d%s/Prev %s>>\n" % (size, b"".join(root[-1:]), prev)
    return out + b"xref\n" + rows + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def _places_damage(chance: Random, data: bytes) -> bytes:
    """A place or a number of the table of places changed."""
    found = list(re.finditer(rb"[0-9]{10} [0-9]{5} [nf]|startxref\s+[0-9]+|/Prev [0-9]+|/Size [0-9]+|/W ?\[", data))
    if not found:
        return byte_damage(chance, data)
    entry = chance.choice(found)
    number = b"%010d" % chance.choice((0, 1, 15, len(data) - 1, len(data), 9_999_999_999, chance.randrange(len(data))))
    new = re.sub(rb"[0-9]+", number, entry[0], count=1)
    return data[: entry.start()] + new + data[entry.end() :]


def invented(chance: Random) -> bytes:
    """A file whose objects name each other at random around a skeleton of catalogue, pages, form and signature."""
    last = chance.choice((6, 12, 40))
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 4 0 R]/SigFlags 3>>/Perms<</DocMDP 5 0 R>>>>",
        2: b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
        4: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/V 5 0 R/P 3 0 R/Rect[0 0 9 9]/Kids[4 0 R]>>",
        5: b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 11 9]/Contents<3000>>>",
    }
    for number in range(6, last + 1):
        body = _value(chance, last, 0)
        if body.startswith(b"<<") and chance.random() < 0.4:
            content = bomb(chance.choice((1, 80))) if chance.random() < 0.1 else zlib.compress(_value(chance, last, 0))
            length = b"%d" % len(content) if chance.random() < 0.8 else b"%d 0 R" % number
            body = body[:-2] + b"/Filter%s/Length %s>>stream\n%s\nendstream" % (
                chance.choice(_FILTERS),
                length,
                content,
            )
        objects[number] = body
    if chance.random() < 0.3:
        # A page tree that is a long chain, open at its end or closed to a circle.
        deep = chance.choice((10, 63, 65, 500, 3000))
        for step in range(deep):
            after = last + step + 2 if step + 1 < deep else chance.choice((3, 2, 9_999_999))
            objects[last + step + 1] = b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (after, last + step)
        objects[2] = b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (last + 1)
    for _ in range(chance.randrange(4)):
        number = chance.choice(list(objects)[:5])
        objects[number] = _body_damage(chance, objects[number], last)
    return written(chance, objects, b"/Root 1 0 R")


def written(chance: Random, objects: dict[int, bytes], entries: bytes) -> bytes:
    """A file of these objects; one in five packs them into object streams."""
    if chance.random() < 0.2:
        return _packed(chance, objects, entries)
    out, rows = [b"%PDF-1.7\n"], []
    place = len(out[0])
    for number, body in objects.items():
        piece = b"%d 0 obj%sendobj\n" % (number, body if body[:1].isspace() else b"\n" + body + b"\n")
        rows.append(b"%d 1\n%010d 00000 n \n" % (number, place))
        out.append(piece)
        place += len(piece)
    out.append(b"xref\n0 1\n0000000000 65535 f \n" + b"".join(rows))
    out.append(b"trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, entries, place))
    return b"".join(out)


def _packed(chance: Random, objects: dict[int, bytes], entries: bytes) -> bytes:
    inside = {number: body for number, body in objects.items() if b"stream" not in body}
    container = max(objects) + 1
    index, bodies, size = [], [], 0
    for number, body in inside.items():
        index.append(b"%d %d " % (number, size))
        bodies.append(body + b" ")
        size += len(bodies[-1])
    head = b"".join(index)
    content = zlib.compress(head + b"".join(bodies))
    first = len(head) if chance.random() < 0.9 else chance.choice((0, 10**9, size))
    count = len(inside) if chance.random() < 0.9 else chance.choice((0, 10**9, -1))
    extends = b"/Extends %d 0 R" % container if chance.random() < 0.1 else b""
    objects = {number: body for number, body in objects.items() if number not in inside}
    objects[container] = b"<</Type/ObjStm/N %d/First %d%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (
        *(count, first, extends, len(content)),
        content,
    )
    out, place_of, place = [b"%PDF-1.7\n"], {}, 9
    for number, body in objects.items():
        place_of[number] = place
        out.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        place += len(out[-1])
    table = container + 1
    place_of[table] = place
    rows = {number: (1, at, 0) for number, at in place_of.items()}
    rows |= {number: (2, container, at) for at, number in enumerate(inside)}
    packed = zlib.compress(
        b"".join(
            kind.to_bytes(1, "big") + at.to_bytes(4, "big") + more.to_bytes(2, "big")
            for kind, at, more in rows.values()
        )
    )
    numbers = b"".join(b" %d 1" % number for number in rows)
    widths = b"1 4 2" if chance.random() < 0.9 else chance.choice((b"0 0 0", b"1 8 8", b"1 99999 2", b"-1 4 2", b"1 4"))
    stream = b"<</Type/XRef/Size %d/W[%s]/Index[%s]%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (
        *(table + 1, widths, numbers, entries, len(packed)),
        packed,
    )
    return b"".join(out) + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, stream, place)
