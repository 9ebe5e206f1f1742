"""Attacks on our own sealed PDFs and on the codes of faces: what a licence of ours must withstand in either family."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import cbor2
import verify_test_office as office
from verify_test_attack_files import (
    by,
    filled,
    hole_of,
    message_of,
    packed,
    pki_of,
    ranged,
    sealed,
    signer,
    startxref,
    stream,
    with_message,
)
from verify_test_attack_files_growth import Attack

from esign import structured_to_bytes
from esign.pdf_form import PRODUCER_MARK
from keys import DerReader, Signer, der

NOT_OURS = "NON_CANONICAL"


def _grown(pdf: bytes, number: int, body: bytes) -> bytes:
    """A further revision with one object, as any product writes it."""
    place = len(pdf)
    size = int(re.findall(rb"/Size (\d+)", pdf)[-1])
    out = pdf + b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return out + table % (number, place, max(size, number + 1), startxref(pdf), len(out))


def _object(pdf: bytes, pattern: bytes) -> tuple[int, bytes]:
    """The number and the dictionary of the first object that matches."""
    for found in re.finditer(rb"(\d+) 0 obj\n(<<.*?>>)\nendobj", pdf, re.DOTALL):
        if re.search(pattern, found[2]):
            return int(found[1]), found[2]
    raise AssertionError(pattern)


def _page_of(pdf: bytes) -> tuple[int, bytes]:
    return _object(pdf, rb"/Type /Page/")


def _content(pdf: bytes) -> bytes:
    _, page = _page_of(pdf)
    found = re.search(rb"/Contents (\d+) 0 R", page)
    assert found is not None
    return _grown(pdf, int(found[1]), stream(b"BT /F0 30 Tf 72 700 Td (another name) Tj ET"))


def _annotation(pdf: bytes) -> bytes:
    number, page = _page_of(pdf)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[72 690 400 740]/Contents(another name)/DA(/F0 30 Tf)>>"
    return _grown(pdf, number, re.sub(rb"/Annots \[", b"/Annots [" + note, page))


def _without_mark(pdf: bytes) -> bytes:
    """So that it is taken for somebody else's document, whose status nobody asks for."""
    return pdf.replace(PRODUCER_MARK, b"x" * len(PRODUCER_MARK))


def _own_signature(pdf: bytes) -> bytes:
    """Changed, and then signed by the attacker with a certificate that is trusted."""
    grown = _content(pdf)
    size = int(re.findall(rb"/Size (\d+)", grown)[-1])
    value, field = size, size + 1
    start = len(grown)
    entries = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange [0 %s]/Contents <%s>>>"
    body = b"%d 0 obj\n%s\nendobj\n" % (value, entries % (b" " * 32, b"0" * 16384))
    widget = b"%d 0 obj\n<</FT/Sig/T(Mine)/V %d 0 R/Rect[0 0 0 0]/Subtype/Widget>>\nendobj\n" % (field, value)
    at = start + len(body) + len(widget)
    table = b"xref\n%d 2\n%010d 00000 n \n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\n"
    table += b"startxref\n%d\n%%%%EOF\n"
    whole = grown + body + widget + table % (value, start, start + len(body), field + 1, startxref(grown), at)
    return filled(whole, by(signer("rsa", "company")))


def _hole(pdf: bytes, change: Callable[[bytes], bytes]) -> bytes:
    start, end = hole_of(pdf)
    return pdf[:start] + change(pdf[start:end]) + pdf[end:]


def _range(pdf: bytes, new: bytes) -> bytes:
    return ranged(pdf, new)


def _raised_version(message: bytes) -> bytes:
    outer = DerReader(message).read_sequence()
    kind, inner = outer.read_raw(), DerReader(outer.read(0xA0)).read(der.SEQUENCE)
    return der.sequence(kind, der.context(0, der.sequence(b"\x02\x01\x03", inner[3:])))


def _by(name: str, family: str) -> bytes:
    """The same licence under the seal of somebody else."""
    pdf: bytes = office.seal_pdf(pki_of(family).signer(name))
    return pdf


def _listed_but_not_the_issuer(family: str) -> bytes:
    """A stranger's seal over a licence that lists the issuer's."""
    issuer, other = pki_of(family).signer("seal"), pki_of(family).signer("water-seal")
    pdf: bytes = office.seal_pdf(other, structured=structured_to_bytes(office.licence_for(issuer)))
    return pdf


def ours(family: str) -> tuple[Attack, ...]:
    def attack(variant: str, change: Callable[[bytes], bytes], reason: str = NOT_OURS) -> Attack:
        return Attack("licence", f"{variant} {family}", reason, lambda: change(sealed(family)))

    return (
        attack("content exchanged behind the seal", _content),
        attack("text laid over it", _annotation),
        attack("objects in a stream", lambda pdf: packed({}, pdf, inside={90: b"<</Type/Nothing>>"})),
        attack("changed and signed again by somebody trusted", _own_signature),
        attack("taken for somebody else's", _without_mark, "DIGEST_MISMATCH"),
        attack("bytes behind the end", lambda pdf: pdf + b"x"),
        attack("line end behind the end", lambda pdf: pdf + b"\n"),
        attack("bytes before the header", lambda pdf: b"\n" + pdf, "FORMAT_PDF"),
        attack("the file twice", lambda pdf: pdf + pdf),
        attack("cut off", lambda pdf: pdf[:-1]),
        attack("hexadecimal in capitals", lambda pdf: _hole(pdf, bytes.upper)),
        attack(
            "a byte of the signature",
            lambda pdf: _hole(pdf, lambda digits: digits[:-40] + b"%x" % (int(digits[-40:-39], 16) ^ 1) + digits[-39:]),
            "SIGNATURE_INVALID",
        ),
        attack("blanks in the room", lambda pdf: _hole(pdf, lambda digits: digits[:-2] + b"  ")),
        attack("zeros for a message", lambda pdf: _hole(pdf, lambda digits: b"0" * len(digits)), "FORMAT_CMS"),
        attack("range of zeros", lambda pdf: _range(pdf, b"/ByteRange [0 0 0 0]")),
        attack("range with blanks", lambda pdf: pdf.replace(b"/ByteRange [0 ", b"/ByteRange [0\t"), "FORMAT_PDF"),
        attack(
            "message of a raised version", lambda pdf: with_message(pdf, _raised_version(message_of(pdf))), "FORMAT_CMS"
        ),
        attack("message of another licence", lambda pdf: with_message(pdf, _other_message(family)), "DIGEST_MISMATCH"),
        Attack(
            "licence",
            f"sealed by another authority of the same CA {family}",
            "SEAL_NOT_OF_ISSUER",
            lambda: _by("water-seal", family),
        ),
        Attack("licence", f"sealed by a company {family}", "SEAL_NOT_OF_ISSUER", lambda: _by("company", family)),
        Attack("licence", f"sealed with the key for codes {family}", "CERTIFICATE_UNFIT", lambda: _by("code", family)),
        Attack(
            "licence",
            f"sealed by an authority of an unknown CA {family}",
            "CERTIFICATE_UNTRUSTED",
            lambda: _by("other-seal", family),
        ),
        Attack(
            "licence",
            f"sealed with a stolen key {family}",
            "CERTIFICATE_REVOKED",
            lambda: _by("seal-compromised", family),
        ),
        Attack(
            "licence",
            f"certificate issued in a CA's name {family}",
            "CERTIFICATE_UNTRUSTED",
            lambda: _by("seal-wrong-issuer", family),
        ),
        Attack(
            "licence",
            f"sealed by another than it lists {family}",
            "SEAL_UNEXPECTED",
            lambda: _listed_but_not_the_issuer(family),
        ),
    )


def _other_message(family: str) -> bytes:
    other: bytes = office.seal_pdf(pki_of(family).signer("seal"), number="农药经许（样）99000120002")
    return message_of(other)


# Codes.


def code(family: str, **changes: object) -> str:
    text: str = office.write_code(pki_of(family).signer("code"), **changes)
    return text


def _parts(text: str) -> tuple[dict[int, object], bytes]:
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    return cbor2.loads(raw[:-64]), raw[-64:]


def _rebuilt(text: str, payload: bytes) -> str:
    """Another payload with the old signature."""
    return base64.b32encode(payload + _parts(text)[1]).decode().rstrip("=")


def _entry(text: str, key: int, value: object) -> str:
    items, _ = _parts(text)
    return _rebuilt(text, cbor2.dumps(items | {key: value}, canonical=True))


def _twice(text: str) -> str:
    """A map in which a key stands twice."""
    items, _ = _parts(text)
    payload = cbor2.dumps(items, canonical=True)
    return _rebuilt(text, bytes((payload[0] + 1,)) + payload[1:] + cbor2.dumps(1) + cbor2.dumps(1))


def _open_ended(text: str) -> str:
    payload = cbor2.dumps(_parts(text)[0], canonical=True)
    return _rebuilt(text, b"\xbf" + payload[1:] + b"\xff")


def _forged(family: str) -> str:
    """In the name of the code key, by a key of the attacker's own."""
    genuine = pki_of(family).signer("code")
    claims_of = office.write_code(genuine)
    items, _ = _parts(claims_of)
    stranger = pki_of(family).signer("water-code")
    return str(office.write_code(stranger, key_id=items[1] if isinstance(items.get(1), bytes) else _key_id(genuine)))


def _key_id(who: Signer) -> bytes:
    from keys import key_identifier

    return key_identifier(who.public_key, who.algorithm.digest)


def codes(family: str) -> tuple[Attack, ...]:
    def attack(variant: str, reason: str, make: Callable[[], str]) -> Attack:
        return Attack("code", f"{variant} {family}", reason, lambda: make().encode())

    address = "http://127.0.0.1:8000/V/"
    return (
        attack("of another holder", "HOLDER_MISMATCH", lambda: address + code(family, holder=office.STRANGER)),
        attack("signed in another's name", "SIGNATURE_INVALID", lambda: address + _forged(family)),
        attack(
            "of an unknown key at a look-alike address",
            "CODE_KEY_UNKNOWN",
            lambda: "https://gov-cn.example/V/" + code(family, key_id=bytes(8)),
        ),
        attack(
            "of an authority that does not issue it",
            "SEAL_NOT_OF_ISSUER",
            lambda: address + office.write_code(pki_of(family).signer("water-code")),
        ),
        attack("with a later end", "SIGNATURE_INVALID", lambda: address + _later(family)),
        attack("with another place in the status list", "SIGNATURE_INVALID", lambda: address + _changed_claim(family)),
        attack("with a key twice", "FORMAT_CODE", lambda: address + _twice(code(family))),
        attack("with an open end", "FORMAT_CODE", lambda: address + _open_ended(code(family))),
        attack(
            "of an unknown version", "FORMAT_CODE", lambda: address + _entry(code(family), _version_key(family), 99)
        ),
        attack("with an entry for an algorithm", "FORMAT_CODE", lambda: address + _entry(code(family), 77, "none")),
        attack("with bytes behind it", "FORMAT_CODE", lambda: address + code(family) + "AA"),
        attack("cut off", "FORMAT_CODE", lambda: address + code(family)[:-9]),
        attack("with padding", "FORMAT_CODE", lambda: address + code(family) + "="),
        attack("with zeros for a signature", "SIGNATURE_INVALID", lambda: address + _unsigned(family)),
        attack(
            "in full-width letters", "FORMAT_UNKNOWN", lambda: "".join(chr(ord(one) + 0xFEE0) for one in code(family))
        ),
    )


def _version_key(family: str) -> int:
    return min(_parts(code(family))[0])


def _later(family: str) -> str:
    """The days are the only numbers of this size; the greatest is the last day."""
    items, _ = _parts(code(family))
    key = max((value, key) for key, value in items.items() if isinstance(value, int) and value < 60_000)[1]
    return _entry(code(family), key, int(str(items[key])) + 365)


def _changed_claim(family: str) -> str:
    text = code(family)
    items, _ = _parts(text)
    key = next(key for key, value in items.items() if value == 77)
    return _entry(text, key, 78)


def _unsigned(family: str) -> str:
    text = code(family)
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    return base64.b32encode(raw[:-64] + bytes(64)).decode().rstrip("=")


OURS = tuple(attack for family in ("rsa", "sm2") for attack in (*ours(family), *codes(family)))
