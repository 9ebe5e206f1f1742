"""Files just under 20 MB, or just under a reader's own limit, that cost as much as their kind allows.

As a program it measures them: each is made and read in a process of its own, forked off after everything was loaded.
One line of JSON for each: what came of it, seconds of computing, bytes of memory beyond those before, with children.
"""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("soak", "pki", "witness")]

import heavy_ofds
from declared import declared_pki
from fuzz_corpus import AT, ORIGINAL, SECRET, office
from fuzz_der import element

import esign
import keys
from esign import EsignError, MalformedError
from keys import KeysError, der
from keys.certificates import MAX_BUNDLE_SIZE
from keys.pbe import MAX_ITERATIONS
from verify import TrustStore, Verifier

SIZE = 20 * 1024 * 1024 - 4096
"""Bytes of most of these files; the limit of the contract is 20 MB."""

Answer = Callable[[], str]
"""Reads a file that is there already, and says what came of it."""


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Answer]


def verdict(data: bytes, *, signature: bytes | None = None, original: bytes | None = None) -> Answer:
    pki = declared_pki("sm2")
    trust = TrustStore.from_certificates((pki.root, pki.certificate("issuing-ca"), pki.certificate("code")))
    here = office()
    verifier = Verifier(trust, here.Store(here.ISSUED))

    def answer() -> str:
        assert max(len(data), len(original or b"")) <= 20 * 1024 * 1024
        report = verifier.verify_file(data, signature=signature, original=original, at=AT)
        return report.reason.code

    return answer


def outcome(read: Callable[[bytes], object], data: bytes) -> Answer:
    def answer() -> str:
        try:
            read(data)
        except MalformedError as error:
            return error.code
        except (EsignError, KeysError) as error:
            return type(error).__name__
        return "read"

    return answer


# --- PDFs of others


def table(objects: list[bytes], *, entries: bytes = b"/Root 1 0 R", good: bool = True) -> bytes:
    """A PDF with a table of places; without a good one it must be looked through."""
    out, rows, place = [b"%PDF-1.7\n"], [], 9
    for number, body in enumerate(objects, 1):
        piece = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        rows.append(b"%010d 00000 n \n" % place)
        out.append(piece)
        place += len(piece)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    size = b"trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, entries, place if good else 5)
    return b"".join((*out, head, *rows, size))


SKELETON = [
    b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
    b"<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/V 5 0 R/P 3 0 R/Rect[0 0 9 9]>>",
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 11 9]/Contents<3000>>>",
]


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def bomb(size: int, filler: bytes = b"\x00") -> bytes:
    packer = zlib.compressobj(9)
    block = filler * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size // len(block)))
    return packed + packer.flush()


def with_table_stream(objects: list[bytes], packed: bytes, size: int) -> bytes:
    """A PDF whose table of places is a stream with this content."""
    out = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in enumerate(objects, 1))
    body = stream(packed, b"/Type/XRef/Size %d/W[1 4 2]/Root 1 0 R/ByteRange[0]/Filter/FlateDecode" % size)
    return out + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, body, len(out))


def in_object_stream(content: bytes, count: int) -> bytes:
    """A PDF whose catalogue stands in an object stream with this (packed) content."""
    out = b"%PDF-1.7\n"
    container = len(out)
    body = stream(content, b"/Type/ObjStm/N %d/First 10/Filter/FlateDecode" % count)
    out += b"2 0 obj\n%s\nendobj\n" % body
    rows = b"\x00" * 7 + b"\x02" + (2).to_bytes(4, "big") + b"\x00\x00"
    rows += b"\x01" + container.to_bytes(4, "big") + b"\x00\x00" + b"\x01" + len(out).to_bytes(4, "big") + b"\x00\x00"
    body = stream(rows, b"/Type/XRef/Size 4/W[1 4 2]/Root 1 0 R/ByteRange[0]")
    return out + b"3 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (body, len(out))


def many_objects(*, good: bool) -> bytes:
    return table(SKELETON + [b"1"] * ((SIZE - 2000) // 45), good=good)


def packed_objects() -> bytes:
    """Object streams with half a million numbers in them."""
    streams, count = [], 5000
    for at in range(100):
        index = b"".join(b"%d %d " % (10_000 + at * count + n, 2 * n) for n in range(count))
        content = zlib.compress(index + b"1 " * count)
        streams.append(stream(content, b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (count, len(index))))
    rows = [b"\x00" * 7]
    rows += [b"\x01" + bytes(6) for _ in range(len(SKELETON) + 100)]
    rows += [b"\x00" * 7] * (10_000 - len(rows))
    first = len(SKELETON) + 1
    rows += [
        b"\x02" + (first + at).to_bytes(4, "big") + n.to_bytes(2, "big") for at in range(100) for n in range(count)
    ]
    return with_table_stream(SKELETON + streams, zlib.compress(b"".join(rows)), len(rows))


def deep_pages(depth: int) -> bytes:
    objects = list(SKELETON)
    objects[1] = b"<</Type/Pages/Kids[6 0 R]/Count 1>>"
    objects += [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (at + 7) for at in range(depth)]
    return table(objects)


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (6 + at) for at in range(count))
    objects = list(SKELETON)
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count)
    return table(objects + [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>"] * count)


def large_value(opening: bytes, item: bytes, closing: bytes) -> bytes:
    objects = [*SKELETON, opening + item * ((SIZE - 2000) // len(item)) + closing]
    objects[0] = b"<</Type/Catalog/Pages 2 0 R/Names 6 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>"
    return table(objects)


def wide_contents() -> bytes:
    objects = list(SKELETON)
    objects[4] = objects[4].replace(b"<3000>", b"<" + b"30" * (SIZE // 2 - 2000) + b">")
    return table(objects)


def many_signatures(family: str, count: int, filling: int) -> bytes:
    """A large file signed again and again; the last signatures all cover nearly all of it."""
    signer = declared_pki(family).signer("person")
    fields = b" ".join(b"%d 0 R" % (10 + 2 * at) for at in range(count))
    objects = list(SKELETON)
    objects[0] = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%s]/SigFlags 3>>>>" % fields
    data = table([*objects, stream(bytes(filling)), b"null", b"null", b"null"])
    cms = esign.sign_detached(b"", signer).hex().encode()
    for at in range(count):
        number, previous = 10 + 2 * at, re.findall(rb"startxref\n([0-9]+)", data[-100:])[-1]
        start = len(data)
        field = b"%d 0 obj\n<</FT/Sig/T(S%d)/V %d 0 R>>\nendobj\n" % (number, at, number + 1)
        head = b"%d 0 obj\n<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 " % (number + 1)
        length = start + len(field) + len(head) + 40 + len(b"]/Contents")
        resumed = length + len(cms) + 2
        end = b">>\nendobj\nxref\n%d 2\n%010d 00000 n \n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %s>>\n" % (
            *(number, start, start + len(field), number + 2),
            previous,
        )
        end += b"startxref\n%d\n%%%%EOF\n" % (resumed + len(b">>\nendobj\n"))
        numbers = b"%d %d %d" % (length, resumed, len(end))
        data += field + head + numbers.ljust(40) + b"]/Contents<" + cms + b">" + end
    return data


# --- our own files


def sealed_pdf() -> bytes:
    made: bytes = office().seal_pdf(declared_pki("sm2").signer("seal"))
    return made


def long_digits() -> bytes:
    pdf = sealed_pdf()
    return re.sub(rb"/Contents ?<", b"/Contents<" + b"30" * (SIZE // 2 - 10_000), pdf, count=1)


def behind(filler: bytes) -> bytes:
    """A sealed PDF and a further revision of one thing many times."""
    pdf = sealed_pdf()
    last = re.findall(rb"startxref\n([0-9]+)", pdf)[-1]
    body = pdf + filler * ((SIZE - len(pdf) - 200) // len(filler))
    return body + b"xref\n0 0\ntrailer\n<</Size 1/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (last, len(body))


def attachment_bomb() -> bytes:
    """A well sealed PDF whose structured licence inflates to many megabytes."""
    made: bytes = office().seal_pdf(declared_pki("sm2").signer("seal"), structured=bytes(1 << 27))
    return made


def large_list(count: int) -> bytes:
    """A revocation list of a trusted CA's name with many entries; its signature is another's."""
    pki = declared_pki("sm2")
    good = pki.crl("issuing-ca", AT)
    entry = element(0x30, element(0x02, b"\x01\x00\x00\x00") + element(0x17, b"260101000000Z"))
    entries = bytearray(entry * count)
    for at in range(count):
        place = at * len(entry) + 4
        entries[place : place + 4] = (0x01000000 + at).to_bytes(4, "big")
    tbs = der.sequence(
        der.integer(1),
        good.algorithm.signature_identifier,
        good.issuer_der,
        der.time(AT),
        der.time(AT),
        der.sequence(bytes(entries)),
    )
    return der.sequence(tbs, good.algorithm.signature_identifier, der.bit_string(good.signature))


def evidence_of_lists() -> bytes:
    lists = tuple(large_list(40_000 + at) for at in range(4))
    return esign.add_evidence(sealed_pdf(), esign.Evidence(crls=lists))


# --- CMS, seals, keys

SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")


def cms_with(*, content: bytes = b"", certificates: bytes = b"", lists: bytes = b"", signers: int = 1) -> bytes:
    """Signed data of a person, with more in it than was signed."""
    signer = declared_pki("sm2").signer("person")
    reader = der.DerReader(esign.sign_gm_attached(ORIGINAL, signer)).read_sequence()
    kind = reader.read_raw()
    parts = der.DerReader(reader.read(0xA0)).read_sequence()
    version, digests = parts.read_raw(), parts.read_raw()
    inner = parts.read_sequence()
    inner_kind = inner.read_raw()
    own, infos = parts.read(0xA0), parts.read(0x31)
    inside = der.context(0, der.octet_string(content)) if content else b""
    signed_data = der.sequence(
        version,
        digests,
        der.sequence(inner_kind, inside),
        der.context(0, own, certificates),
        der.context(1, lists) if lists else b"",
        element(0x31, infos * signers),
    )
    return der.sequence(kind, der.context(0, signed_data))


def many_lists() -> bytes:
    return cms_with(content=ORIGINAL, lists=large_list(20_000) * 8)


def without_attributes(signers: int) -> bytes:
    """Signers who sign the content itself: each is one more digest of it all."""
    message = cms_with(signers=1)
    found = esign.read_foreign_cms(message).signers[0]
    info = der.sequence(
        der.integer(1),
        der.sequence(found.issuer or b"", der.integer(found.serial or 0)),
        found.digest_identifier,
        found.algorithm_identifier,
        der.octet_string(found.signature),
    )
    whole = der.DerReader(message).read_sequence()
    kind = whole.read_raw()
    parts = der.DerReader(whole.read(0xA0)).read_sequence()
    kept = b"".join(parts.read_raw() for _ in range(4))
    return der.sequence(kind, der.context(0, der.sequence(kept, element(0x31, info * signers))))


def nested(opening: bytes) -> bytes:
    return opening * (SIZE // len(opening))


def definite_nest() -> bytes:
    out, size = [], 0
    while size < 3_000_000:
        head = b"\x30" + (bytes((0x80 | 4,)) + size.to_bytes(4, "big") if size >= 128 else bytes((size,)))
        out.append(head)
        size += len(head)
    return b"".join(reversed(out))


def in_pieces() -> bytes:
    """An attached content in the smallest pieces."""
    data = der.oid("1.2.840.113549.1.7.1")
    pieces = b"\x24\x80" + b"\x04\x01a" * ((SIZE - 1000) // 3) + b"\x00\x00"
    inner = b"\x30\x80" + data + b"\xa0\x80" + pieces + b"\x00\x00" * 2
    return b"\x30\x80" + SIGNED_DATA + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00" + inner + b"\x31\x00" + b"\x00\x00" * 3


def manifest(picture: int) -> bytes:
    seal = esign.make_seal_object(
        identifier="99010000000001",
        vendor="ELIC",
        name="样例县行政审批局",
        kind=esign.ORGANISATION,
        picture=esign.SesPicture(type="PNG", data=b"\x89PNG\r\n\x1a\n" + bytes(picture), width=42, height=42),
        permitted=[declared_pki("rsa").certificate("seal")],
        valid_from=AT,
        valid_to=AT,
        maker=declared_pki("rsa").signer("seal-maker"),
        at=AT,
    )
    return seal


def refusal() -> bytes:
    """A response whose status is a number of 60 kB, which must not be written out."""
    return der.sequence(der.sequence(der.tlv(der.INTEGER, b"\x7f" * 60_000)))


def read_response(data: bytes) -> object:
    return esign.token_from_response(data, digest=bytes(32), digest_name="sm3", nonce=1)


def read_key(data: bytes) -> object:
    return keys.read_private_key(data, passphrase=lambda: SECRET)


def read_store(data: bytes) -> object:
    return keys.read_pkcs12(data, SECRET)


def slow_store() -> bytes:
    """PKCS#12 without encryption whose MAC takes as many rounds as it may, by the slowest digest."""
    safe = der.sequence(der.sequence(der.oid("1.2.840.113549.1.7.1"), der.context(0, der.octet_string(der.sequence()))))
    digest = der.sequence(der.sequence(der.oid("1.2.156.10197.1.401"), der.null()), der.octet_string(bytes(32)))
    mac = der.sequence(digest, der.octet_string(b"saltsalt"), der.integer(MAX_ITERATIONS // 4))
    info = der.sequence(der.oid("1.2.840.113549.1.7.1"), der.context(0, der.octet_string(safe)))
    return der.sequence(der.integer(3), info, mac)


def slow_key() -> bytes:
    """PKCS#8 under as many rounds as it may ask for, by the slowest digest."""
    prf = der.sequence(der.oid("1.2.156.10197.1.401.2"), der.null())
    costs = der.sequence(der.octet_string(b"saltsalt"), der.integer(MAX_ITERATIONS), der.integer(16), prf)
    derivation = der.sequence(der.oid("1.2.840.113549.1.5.12"), costs)
    scheme = der.sequence(der.oid("1.2.156.10197.1.104.2"), der.octet_string(bytes(16)))
    identifier = der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(derivation, scheme))
    return der.sequence(identifier, der.octet_string(bytes(64)))


def reply_of_certificates() -> bytes:
    certificate = declared_pki("sm2").certificate("seal").der
    return cms_with(certificates=certificate * (SIZE // len(certificate) - 4))


def bundle() -> bytes:
    pem = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % base64.b64encode(
        declared_pki("sm2").certificate("root").der
    )
    return pem * (MAX_BUNDLE_SIZE // len(pem))


def deep_json(opening: bytes) -> bytes:
    return opening * ((2 << 20) // len(opening))


def wide_json() -> bytes:
    """As many values as a structured licence can hold, where its reader meets them first."""
    licence = office().seal_structured(declared_pki("sm2").signer("seal"))[0]
    rows = b'{"columns":[],"key":"k","label":"l","rows":[%s]}' % b",".join([b"[]"] * 600_000)
    made: bytes = licence.replace(b'"fields":[]', b'"fields":[%s]' % rows)
    return made


CASES = (
    Case("pdf: one large stream", lambda: verdict(table([*SKELETON, stream(bytes(SIZE - 2000))]))),
    Case("pdf: half a million objects", lambda: verdict(many_objects(good=True))),
    Case("pdf: half a million objects and no table", lambda: verdict(many_objects(good=False))),
    Case("pdf: half a million objects in object streams", lambda: verdict(packed_objects())),
    Case("pdf: bomb in the table of places", lambda: verdict(with_table_stream(SKELETON, bomb(1 << 27), 1 << 24))),
    Case("pdf: bomb in an object stream", lambda: verdict(in_object_stream(bomb(1 << 27, b" "), 1))),
    Case("pdf: bomb of ten million entries", lambda: verdict(in_object_stream(bomb(1 << 27, b"1 0 "), 10**7))),
    Case("pdf: deep page tree", lambda: verdict(deep_pages(100_000))),
    Case("pdf: many pages", lambda: verdict(many_pages(59_000))),
    Case("pdf: one large array", lambda: verdict(large_value(b"[", b"0 ", b"]"))),
    Case("pdf: one large dictionary", lambda: verdict(large_value(b"<<", b"/A<<>>", b">>"))),
    Case("pdf: one deep array", lambda: verdict(large_value(b"", b"[", b""))),
    Case("pdf: one large string", lambda: verdict(large_value(b"(", b"\\051", b")"))),
    Case("pdf: a large /Contents", lambda: verdict(wide_contents())),
    Case("pdf: 60 signatures, SM2", lambda: verdict(many_signatures("sm2", 60, SIZE - 1_000_000))),
    Case("pdf: 60 signatures, RSA", lambda: verdict(many_signatures("rsa", 60, SIZE - 1_000_000))),
    Case("pdf: large with one signature", lambda: verdict(many_signatures("sm2", 1, SIZE - 1_000_000))),
    Case("pdf: large with eight signatures", lambda: verdict(many_signatures("sm2", 8, SIZE - 1_000_000))),
    Case("pdf: 60 signatures, 2 MB", lambda: verdict(many_signatures("sm2", 60, 2_000_000))),
    Case("pdf: only white space", lambda: verdict(b"%PDF-1.7\n/ByteRange" + b" " * (SIZE - 100) + b"%%EOF")),
    Case("pdf: only numbers", lambda: verdict(b"%PDF-1.7\n/ByteRange" + b"1 0 " * (SIZE // 4 - 100) + b"%%EOF")),
    Case("pdf: only openings", lambda: verdict(b"%PDF-1.7\n/ByteRange" + b"1 0 obj<<" * (SIZE // 9 - 9) + b"%%EOF")),
    Case("pdf: preflight of many objects", lambda: outcome(esign.preflight, many_objects(good=True))),
    Case("pdf: preflight of a large array", lambda: outcome(esign.preflight, large_value(b"[", b"0 ", b"]"))),
    Case("pdf: preflight of many pages", lambda: outcome(esign.preflight, many_pages(4_900))),
    Case("ours: long digits", lambda: verdict(long_digits())),
    Case("ours: many objects behind", lambda: verdict(behind(b"1 0 obj\n1\nendobj\n"))),
    Case("ours: white space behind", lambda: verdict(behind(b" "))),
    Case("ours: end marks behind", lambda: verdict(behind(b"%%EOF\n"))),
    Case("ours: bomb as attachment", lambda: verdict(attachment_bomb())),
    Case("ours: as many revocation lists as fit", lambda: verdict(evidence_of_lists())),
    Case("cms: large content", lambda: verdict(cms_with(content=bytes(SIZE - 9000)))),
    Case("cms: large content, eight signers", lambda: verdict(cms_with(content=bytes(SIZE - 9000), signers=8))),
    Case(
        "cms: large original, eight signers without attributes",
        lambda: verdict(without_attributes(8), original=bytes(SIZE)),
    ),
    Case("cms: as many certificates as fit", lambda: verdict(reply_of_certificates())),
    Case(
        "cms: as many revocation lists as fit",
        lambda: verdict(many_lists()),
    ),
    Case(
        "cms: indefinite lengths in each other",
        lambda: verdict(b"\x30\x80" + SIGNED_DATA + nested(b"\x30\x80")),
    ),
    Case("cms: content in pieces", lambda: verdict(in_pieces())),
    Case("cms: armour", lambda: verdict(b"-----BEGIN CMS-----" + b"A" * (SIZE - 100) + b"-----END CMS-----")),
    Case("cms: half an armour", lambda: verdict(b"-----BEGIN CMS-----" + b" A" * (SIZE // 2 - 100))),
    Case("der: definite lengths in each other", lambda: outcome(esign.read_foreign_cms, definite_nest())),
    Case("der: empty elements", lambda: verdict(element(0x30, b"\x30\x00" * (SIZE // 2 - 10)))),
    Case("crl: 100,000 entries", lambda: outcome(keys.read_crl, large_list(100_000))),
    Case("crl: 600,000 entries", lambda: outcome(keys.read_crl, large_list(600_000))),
    Case("certificates: a full file", lambda: outcome(keys.load_certificates, bundle())),
    Case("certificates: a reply that never ends", lambda: outcome(keys.read_reply, reply_of_certificates())),
    Case("timestamp: a refusal with a long number", lambda: outcome(read_response, refusal())),
    Case("ocsp: a large file", lambda: outcome(keys.read_ocsp_response, nested(b"\x30\x80"))),
    Case(
        "pkcs8: as many rounds as allowed",
        lambda: outcome(read_key, slow_key()),
    ),
    Case("pkcs12: as many rounds as allowed", lambda: outcome(read_store, slow_store())),
    Case("seal: a manifest with a large picture", lambda: verdict(manifest(5_900_000))),
    Case("seal: a manifest that never ends", lambda: verdict(b'{"manifest":{"createdAt":"' + b"0" * (SIZE - 100))),
    Case("structured: deep", lambda: verdict(deep_json(b'{"a":'))),
    Case("structured: wide", lambda: verdict(wide_json())),
    Case("structured: 20 MB", lambda: verdict(b"{" * SIZE)),
    Case("retirements: deep", lambda: outcome(keys.read_retirements, b"[" * (1 << 20))),
    Case("unknown: zeros", lambda: verdict(bytes(SIZE))),
    Case("unknown: with a signature", lambda: verdict(bytes(SIZE), signature=cms_with(signers=8))),
    Case("ofd: many references", lambda: verdict(heavy_ofds.many_references())),
    Case("ofd: much to hash", lambda: verdict(heavy_ofds.much_to_hash())),
    Case("ofd: many bare signatures", lambda: verdict(heavy_ofds.many_bare_signatures())),
    Case("ofd: many elements", lambda: verdict(heavy_ofds.many_elements())),
    Case("ofd: many seals", lambda: verdict(heavy_ofds.many_seals())),
    Case("ofd: many files", lambda: verdict(heavy_ofds.many_files())),
)


def _status(key: str) -> int:
    found = re.search(rf"{key}:\s+([0-9]+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) << 10


def _measure(case: Case) -> dict[str, object]:
    started = time.process_time()
    answer = case.make()
    made = time.process_time() - started
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, begun = _status("VmRSS"), resource.getrusage(resource.RUSAGE_SELF)
    said = answer()
    after, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "name": case.name,
        "said": said,
        "seconds": round(after.ru_utime + after.ru_stime - begun.ru_utime - begun.ru_stime, 3),
        "child_seconds": round(children.ru_utime + children.ru_stime, 3),
        "bytes": _status("VmHWM") - before,
        "child_bytes": children.ru_maxrss << 10,
        "made_seconds": round(made, 1),
    }


def main() -> None:
    """Measure the cases of these names; all without any."""
    wanted = set(sys.argv[1:]) or {case.name for case in CASES}
    verdict(b"%PDF-1.7\n%%EOF\n")()
    sealed_pdf()
    for case in CASES:
        if case.name in wanted:
            sys.stdout.flush()
            if (child := os.fork()) == 0:
                try:
                    print(json.dumps(_measure(case), ensure_ascii=False), flush=True)
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(0)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
