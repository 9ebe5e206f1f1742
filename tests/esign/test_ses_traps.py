"""Seals and seal signatures as other products write them, and as attackers do: every known trap of the format."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from damage import damaged
from der_slices import whole
from hypothesis import given, settings
from hypothesis import strategies as st
from openssl_signing import oid, tlv
from PIL import Image

from esign import (
    EsignError,
    Finding,
    MalformedSesError,
    SesExtension,
    SesPicture,
    SesSeal,
    SesSignature,
    TooLargeError,
    read_ses_seal,
    read_ses_signature,
    seal_facts,
    signature_facts,
    signed_value_kind,
)
from esign.ses import MAX_EXTENSIONS, MAX_PERMITTED, MAX_TEXT_BYTES
from keys import DevelopmentPki, Signer, UnsupportedAlgorithmError, hash_bytes, raw_signature

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
ORIGINAL = "被盖章的原文".encode()
PNG = (VECTORS / "picture.png").read_bytes()
SM2_SM3 = oid("1.2.156.10197.1.501")
TOKEN = b"\x30\x03token"
A, B, C = (SesExtension(oid=f"1.2.3.{n}", critical=n == 3, value=b"\x05\x00") for n in (1, 2, 3))

CRITICAL_FALSE, CRITICAL_TRUE = b"\x01\x01\x00", b"\x01\x01\xff"


def sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def text(value: str, tag: int = 0x16) -> bytes:
    return tlv(tag, value.encode())


def number(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(content: bytes) -> bytes:
    return tlv(0x03, b"\x00", content)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def generalized(moment: str) -> bytes:
    return tlv(0x18, moment.encode())


def extension(dotted: str, critical: bytes = b"", value: bytes = b"\x05\x00") -> bytes:
    return sequence(oid(dotted), critical, octets(value))


class Products:
    """Writes what we never write, with a TLV encoder of its own."""

    def __init__(self, maker: Signer, signer: Signer) -> None:
        self.maker, self.signer = maker, signer

    def seal(
        self,
        version: int = 4,
        *,
        header_version: int | None = None,
        mark: bytes = text("ES"),
        vendor: bytes = text("ELIC"),
        identifier: bytes = text("99010000000001"),
        kind: bytes = number(1),
        list_type: int = 1,
        entries: bytes | None = None,
        picture_type: bytes = text("PNG"),
        picture: bytes = PNG,
        width: bytes = number(42),
        extensions: bytes = b"",
        times: tuple[str, str, str] = ("20261121000000Z", "20261121000000Z", "20311121000000Z"),
        algorithm: bytes = SM2_SM3,
        signed: str = "right",
        raw_value: bool = False,
        stamp: bytes = b"",
    ) -> bytes:
        first_generation = version == 1
        if entries is None:
            entries = octets(self.signer.certificate.der)
        info = sequence(
            sequence(mark, number(version if header_version is None else header_version), vendor),
            identifier,
            sequence(
                kind,
                text("样例章", 0x0C),
                b"" if first_generation else number(list_type),
                sequence(entries),
                *(tlv(0x17, time[2:].encode()) if first_generation else generalized(time) for time in times),
            ),
            sequence(picture_type, octets(picture), width, number(42)),
            extensions,
        )
        certificate = octets(self.maker.certificate.der)
        ranges = {1: sequence(info, certificate, algorithm), 4: info, 5: info}
        other = {1: 4, 4: 1, 5: 1}[version]
        value = self.maker.sign(ranges[version if signed == "right" else other])
        end = (certificate, algorithm, bits(raw_signature(value) if raw_value else value))
        return sequence(info, sequence(*end)) if first_generation else sequence(info, *end, stamp)

    def signature(
        self,
        version: int = 4,
        *,
        seal: bytes | None = None,
        time: bytes | None = None,
        extensions: bytes = b"",
        property_info: bytes = text("/a.xml"),
        algorithm: bytes = SM2_SM3,
        value: Callable[[bytes], bytes] | None = None,
        raw_value: bool = False,
        stamp: bytes = b"",
    ) -> bytes:
        first_generation = version == 1
        certificate = octets(self.signer.certificate.der)
        if time is None:
            time = bits(b"20261121100000Z") if first_generation else generalized("20261121100000Z")
        tbs = sequence(
            number(version),
            self.seal(version) if seal is None else seal,
            time,
            bits(hash_bytes("sm3", ORIGINAL)),
            property_info,
            certificate + algorithm if first_generation else extensions,
        )
        signed = (value or self.signer.sign)(tbs)
        last = bits(raw_signature(signed) if raw_value else signed)
        return sequence(tbs, last) if first_generation else sequence(tbs, certificate, algorithm, last, stamp)


@pytest.fixture(scope="module")
def products(pkis: dict[str, DevelopmentPki]) -> Products:
    return Products(maker=pkis["sm2"].code, signer=pkis["sm2"].seal)


def good_seal(data: bytes) -> SesSeal:
    seal = read_ses_seal(data)
    seal.verify_signature()
    return seal


def good_signature(data: bytes) -> SesSignature:
    signature = read_ses_signature(data)
    signature.verify_signature()
    assert signature_facts(signature, ORIGINAL).digest is Finding.HOLDS
    return signature


# Generations and what they sign.


@pytest.mark.parametrize("version", [1, 4, 5])
def test_each_generation(products: Products, version: int) -> None:
    seal = good_seal(products.seal(version))
    assert seal.version == seal.header_version == version
    assert seal.permits(products.signer.certificate.der)
    signature = good_signature(products.signature(version))
    assert signature.version == signature.stated_version == version
    facts = signature_facts(signature, ORIGINAL)
    assert facts.signer_in_list
    assert facts.signed_in_seal_validity is facts.signed_in_certificate_validity is Finding.HOLDS


@pytest.mark.parametrize("version", [1, 4, 5])
def test_the_signed_range_of_another_generation_does_not_verify(products: Products, version: int) -> None:
    """Version 1 signs {info, certificate, algorithm}, later versions the info alone."""
    assert seal_facts(read_ses_seal(products.seal(version, signed="wrong"))).signature is Finding.FAILS


def test_structure_comes_before_the_number_in_the_header(products: Products) -> None:
    seal = good_seal(products.seal(1, header_version=3))
    assert (seal.version, seal.header_version) == (1, 3)
    seal = good_seal(products.seal(4, stamp=tlv(0xA0, bits(TOKEN))))
    assert (seal.version, seal.header_version, seal.time_stamp) == (5, 4, TOKEN)
    with pytest.raises(MalformedSesError, match="unknown version"):
        read_ses_seal(products.seal(4, header_version=6))


def test_a_later_signature_may_carry_a_version_1_seal(products: Products) -> None:
    signature = good_signature(products.signature(4, seal=products.seal(1)))
    assert (signature.version, signature.seal.version) == (4, 1)


def test_nothing_but_es_is_a_seal(products: Products) -> None:
    with pytest.raises(MalformedSesError, match="ES"):
        read_ses_seal(products.seal(mark=text("EX")))


def test_seal_and_signature_are_not_mixed_up(products: Products) -> None:
    with pytest.raises(MalformedSesError):
        read_ses_signature(products.seal())
    with pytest.raises(MalformedSesError):
        read_ses_seal(products.signature())


# Signature values.


@pytest.mark.parametrize("version", [1, 4])
def test_raw_values_beside_der(products: Products, version: int) -> None:
    seal = good_seal(products.seal(version, raw_value=True))
    assert len(seal.signature) == 64
    signature = good_signature(products.signature(version, raw_value=True))
    assert len(signature.signature) == 64
    swapped = products.signature(version, raw_value=True, value=lambda tbs: products.signer.sign(tbs + b"x"))
    assert signature_facts(read_ses_signature(swapped), ORIGINAL).signature is Finding.FAILS


@pytest.mark.parametrize("name", ["1.2.156.10197.1.501", "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"])
def test_names_of_the_algorithm(products: Products, name: str) -> None:
    good_seal(products.seal(algorithm=oid(name)))
    good_signature(products.signature(algorithm=oid(name)))


def test_an_unknown_algorithm_is_unknown_and_not_false(products: Products) -> None:
    """The misprint of one library (seals.md 0.4), and SM9."""
    for name in ("1.2.156.10197.501", "1.2.156.10197.1.502"):
        facts = signature_facts(read_ses_signature(products.signature(algorithm=oid(name))), ORIGINAL)
        assert facts.signature is facts.digest is Finding.UNKNOWN
        with pytest.raises(UnsupportedAlgorithmError):
            read_ses_seal(products.seal(algorithm=oid(name))).verify_signature()


def test_an_algorithm_of_another_key_is_false(products: Products) -> None:
    facts = seal_facts(read_ses_seal(products.seal(algorithm=oid("1.2.840.113549.1.1.11"))))
    assert facts.signature is Finding.FAILS


def test_every_changed_byte_of_what_is_signed_is_noticed(products: Products) -> None:
    data = products.signature(seal=products.seal(entries=octets(b"x"), picture=b"x", picture_type=text("X")))
    tbs, signer, _, _ = whole(data).parts
    start = data.index(tbs.raw)
    for place in range(start, start + len(tbs.raw)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            assert signature_facts(read_ses_signature(changed), ORIGINAL).signature is not Finding.HOLDS
        except EsignError:
            continue
    assert signer.content == products.signer.certificate.der


def test_an_unreadable_certificate_is_unknown_and_not_false(products: Products) -> None:
    certificate = products.maker.certificate.der
    broken = products.seal().replace(certificate, b"\x30\x00" + certificate[2:])
    facts = seal_facts(read_ses_seal(broken))
    assert facts.maker is None
    assert facts.signature is facts.maker_may_sign is facts.made_in_maker_validity is Finding.UNKNOWN


# Original bytes: what a DER writer would not write is hashed as it stands.


@pytest.mark.parametrize("version", [1, 4, 5])
def test_critical_false_written_out(products: Products, version: int) -> None:
    inside = extension("1.2.3.1", CRITICAL_FALSE) + extension("1.2.3.2") + extension("1.2.3.3", CRITICAL_TRUE)
    data = products.seal(version, extensions=sequence(inside))
    seal = good_seal(data)
    assert CRITICAL_FALSE in seal.signed
    assert seal.extensions == (A, B, C)
    assert seal_facts(seal).critical_extensions == ("1.2.3.3",)
    # The DER encoding of the same facts, two octets of header and three of the BOOLEAN apart, is another seal.
    assert good_seal(products.seal(version, extensions=sequence(extension("1.2.3.1")))).signed != seal.signed


def test_true_of_ber(products: Products) -> None:
    seal = good_seal(products.seal(extensions=sequence(extension("1.2.3.3", b"\x01\x01\x01"))))
    assert seal.extensions == (C,)
    with pytest.raises(MalformedSesError, match="BOOLEAN"):
        read_ses_seal(products.seal(extensions=sequence(extension("1.2.3.3", b"\x01\x02\xff\xff"))))


@pytest.mark.parametrize(
    "written",
    [sequence, lambda *e: tlv(0xA0, sequence(*e)), lambda *e: tlv(0xA0, *e)],
    ids=["untagged", "explicit", "implicit"],
)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_extensions_tagged_and_untagged(products: Products, written: Callable[..., bytes], count: int) -> None:
    entries = [extension("1.2.3.1"), extension("1.2.3.2", CRITICAL_FALSE)][:count]
    seal = good_seal(products.seal(extensions=written(*entries)))
    signature = good_signature(products.signature(extensions=written(*entries)))
    assert seal.extensions == signature.extensions == (A, B)[:count]


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("stamp", [tlv(0xA0, bits(TOKEN)), tlv(0x80, b"\x00" + TOKEN)], ids=["explicit", "implicit"])
def test_time_stamp_explicit_or_implicit(products: Products, version: int, stamp: bytes) -> None:
    assert good_signature(products.signature(version, stamp=stamp)).time_stamp == TOKEN
    assert good_seal(products.seal(5, stamp=stamp)).time_stamp == TOKEN


@pytest.mark.parametrize(
    "stamp",
    [tlv(0xA0, bits(TOKEN), b"\x05\x00"), tlv(0xA0, TOKEN), tlv(0x80, b"\x01" + TOKEN), tlv(0x80), bits(TOKEN)],
)
def test_what_is_no_time_stamp(products: Products, stamp: bytes) -> None:
    with pytest.raises(MalformedSesError):
        read_ses_signature(products.signature(stamp=stamp))


# Who may sign.


@pytest.mark.parametrize("version", [1, 4])
def test_a_list_of_length_zero_permits_nobody(products: Products, version: int) -> None:
    signature = good_signature(products.signature(version, seal=products.seal(version, entries=b"")))
    assert signature.seal.permitted == ()
    facts = signature_facts(signature, ORIGINAL)
    assert not facts.signer_in_list
    assert facts.signature is Finding.HOLDS


@pytest.mark.parametrize(
    ("label", "tag", "digest", "listed"),
    [
        ("SM3", 0x13, "sm3", True),
        ("自定义类型", 0x13, "sm3", True),
        ("自定义类型", 0x0C, "sm3", True),
        ("SHA-256", 0x13, "sha256", True),
        ("sha256", 0x16, "sha256", True),
        ("2.16.840.1.101.3.4.2.1", 0x13, "sha256", True),
        ("SM3", 0x13, "sha256", False),
    ],
)
def test_labels_of_certificate_digests(products: Products, label: str, tag: int, digest: str, listed: bool) -> None:
    value = products.signer.certificate.fingerprint(digest)
    seal = good_seal(products.seal(list_type=2, entries=sequence(text(label, tag), octets(value))))
    assert seal.permitted_digests[0].label == label
    assert seal.permits(products.signer.certificate.der) is listed
    assert not seal.permits(products.maker.certificate.der)


def test_the_type_of_the_list_decides(products: Products) -> None:
    digest = sequence(text("SM3", 0x13), octets(products.signer.certificate.fingerprint("sm3")))
    for list_type, entries in ((1, digest), (2, octets(products.signer.certificate.der)), (3, b""), (0, digest)):
        with pytest.raises(MalformedSesError):
            read_ses_seal(products.seal(list_type=list_type, entries=entries))


def test_a_certificate_of_the_same_key_is_another_certificate(products: Products) -> None:
    """A renewed certificate needs a new seal: bytes are compared, not names or keys."""
    certificate = products.signer.certificate.der
    seal = good_seal(products.seal(entries=octets(certificate[:-1] + bytes([certificate[-1] ^ 1]))))
    assert not seal.permits(certificate)


# Texts, pictures, times.


def test_a_huge_number_of_a_seal(products: Products) -> None:
    longest = "9" * MAX_TEXT_BYTES
    assert good_seal(products.seal(identifier=text(longest))).identifier == longest
    with pytest.raises(TooLargeError, match="text"):
        read_ses_seal(products.seal(identifier=text(longest + "9")))


def test_other_limits(products: Products) -> None:
    assert len(good_seal(products.seal(entries=octets(b"x") * MAX_PERMITTED)).permitted) == MAX_PERMITTED
    for excess in (
        {"entries": octets(b"x") * (MAX_PERMITTED + 1)},
        {"extensions": sequence(extension("1.2.3") * (MAX_EXTENSIONS + 1))},
    ):
        with pytest.raises(TooLargeError):
            read_ses_seal(products.seal(**excess))
    with pytest.raises(MalformedSesError, match="bounds"):
        read_ses_seal(products.seal(kind=number(1 << 80)))


def test_texts_of_other_string_types(products: Products) -> None:
    seal = good_seal(products.seal(vendor=text("厂商"), identifier=text("编号", 0x0C)))
    assert (seal.vendor, seal.identifier) == ("厂商", "编号")
    assert good_signature(products.signature(property_info=text("/签章.xml"))).property_info == "/签章.xml"
    with pytest.raises(MalformedSesError, match="UTF-8"):
        read_ses_seal(products.seal(vendor=tlv(0x16, "厂商".encode("gb18030"))))


@pytest.mark.parametrize("kind", [1, 3, 4, 6, 15])
def test_kinds_of_seals_are_not_restricted(products: Products, kind: int) -> None:
    assert good_seal(products.seal(kind=number(kind))).kind == kind


@pytest.mark.parametrize(
    ("stated", "data", "agrees"),
    [
        ("png", PNG, True),
        ("PNG", PNG, True),
        ("gif", b"GIF89a...", True),
        ("jpeg", b"\xff\xd8\xff\xe0", True),
        ("JPG", b"\xff\xd8\xff\xe0", True),
        ("Bmp", b"BM....", True),
        ("svg", b'<?xml version="1.0"?><svg/>', True),
        ("ofd", b"PK\x03\x04...", True),
        ("PNG", b"GIF89a...", False),
        ("ofd", PNG, False),
        ("tiff", b"II*\x00", False),
    ],
)
def test_picture_types(products: Products, stated: str, data: bytes, agrees: bool) -> None:
    seal = good_seal(products.seal(picture_type=text(stated), picture=data))
    assert seal.picture.type == stated
    assert seal_facts(seal).picture_type_agrees is agrees


@pytest.mark.parametrize("width", [0, 1001, 1 << 90])
def test_impossible_sizes(products: Products, width: int) -> None:
    with pytest.raises(MalformedSesError):
        read_ses_seal(products.seal(width=number(width)))


@pytest.mark.parametrize(
    ("content", "time"),
    [
        (b"2026-11-21 18:00:00", datetime(2026, 11, 21, 18, tzinfo=CHINA)),
        (b"2026-11-21T10:00:00.377Z", datetime(2026, 11, 21, 10, 0, 0, 377_000, tzinfo=UTC)),
        (b"2026-11-21T18:00:00+08:00", AT),
        (b"20261121100000Z", AT),
        (b"\x17\x0d261121100000Z", AT),
        (b"\x18\x0f20261121100000Z", AT),
        (b"2026-13-21 18:00:00", None),
        (b"2026-11-21T18:00:00+99:00", None),
        (b"yesterday", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_times_of_version_1(products: Products, content: bytes, time: datetime | None) -> None:
    signature = good_signature(products.signature(1, time=bits(content)))
    assert (signature.signing_time, signature.time_info, signature.time_stamp) == (time, content, None)
    facts = signature_facts(signature, ORIGINAL)
    assert facts.signed_in_seal_validity is (Finding.UNKNOWN if time is None else Finding.HOLDS)


def test_a_token_as_the_time_of_version_1(products: Products) -> None:
    signature = good_signature(products.signature(1, time=bits(TOKEN)))
    assert (signature.signing_time, signature.time_stamp) == (None, TOKEN)


def test_china_time_with_a_z_is_a_note_and_no_pass(products: Products) -> None:
    """A seal that ends at noon UTC, used at 11:00 UTC by a product that writes 19:00 with a Z."""
    seal = products.seal(times=("20261121000000Z", "20261121000000Z", "20261121120000Z"))
    at = {"wrong": "20261121190000Z", "right": "20261121110000Z", "late": "20261121210000Z"}
    facts = {
        name: signature_facts(good_signature(products.signature(seal=seal, time=generalized(time))), ORIGINAL)
        for name, time in at.items()
    }
    assert [facts[name].signed_in_seal_validity for name in at] == [Finding.FAILS, Finding.HOLDS, Finding.FAILS]
    assert [facts[name].perhaps_local_time for name in at] == [True, False, False]


@pytest.mark.parametrize("time", ["00010101000000Z", "99991231235959Z"])
def test_times_at_the_ends_of_the_calendar(products: Products, time: str) -> None:
    facts = signature_facts(good_signature(products.signature(time=generalized(time))), ORIGINAL)
    assert facts.signed_in_seal_validity is facts.signed_in_certificate_validity is Finding.FAILS
    assert not facts.perhaps_local_time


@pytest.mark.parametrize("time", ["20261121100000", "20261121100000+0800", "20261121100000.5Z", "00000101000000Z"])
def test_times_that_no_product_writes(products: Products, time: str) -> None:
    with pytest.raises(MalformedSesError):
        read_ses_signature(products.signature(time=generalized(time)))


def test_a_validity_back_to_front_is_a_fact(products: Products) -> None:
    seal = good_seal(products.seal(times=("20261121000000Z", "20261121000001Z", "20261121000000Z")))
    assert not seal_facts(seal).validity_in_order
    assert not seal.in_force(datetime(2026, 11, 21, tzinfo=UTC))


def test_a_seal_older_than_its_makers_certificate_is_a_fact(products: Products) -> None:
    """A rule of version 5 that real version 4 seals break."""
    seal = good_seal(products.seal(times=("20200101000000Z", "20261121000000Z", "20311121000000Z")))
    assert seal_facts(seal).made_in_maker_validity is Finding.FAILS


# Bytes that are wrong on purpose.


@pytest.mark.parametrize("garbage", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x00", b"PK\x03\x04", b"\xff" * 100])
def test_garbage(garbage: bytes) -> None:
    for read in (read_ses_seal, read_ses_signature):
        with pytest.raises(MalformedSesError):
            read(garbage)


def test_bytes_at_the_end(products: Products) -> None:
    with pytest.raises(MalformedSesError):
        read_ses_seal(products.seal() + b"\x00")
    with pytest.raises(MalformedSesError):
        read_ses_signature(products.signature(stamp=tlv(0xA0, bits(TOKEN)) + b"\x05\x00"))


def vectors() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(VECTORS.iterdir()) if path.suffix in (".esl", ".dat"))


@settings(max_examples=1000, deadline=None)
@given(damaged(list(vectors())) | st.binary(max_size=200))
def test_hostile_bytes_give_facts_or_our_errors(data: bytes) -> None:
    signed_value_kind(data)
    with suppress(EsignError):
        seal_facts(read_ses_seal(data))
    with suppress(EsignError):
        signature_facts(read_ses_signature(data), ORIGINAL)


@pytest.mark.parametrize(
    ("form", "mode", "opaque"),
    [
        ("PNG", "RGBA", False),
        ("PNG", "LA", False),
        ("PNG", "RGB", True),
        ("PNG", "L", True),
        ("JPEG", "RGB", True),
        ("BMP", "RGB", True),
        ("GIF", "P", True),
    ],
)
def test_pictures_that_let_nothing_through(form: str, mode: str, opaque: bool) -> None:
    made = io.BytesIO()
    Image.new(mode, (4, 4)).save(made, form)
    assert SesPicture(type=form, data=made.getvalue(), width=4, height=4).opaque is opaque


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_palette_with_a_transparent_colour_lets_something_through(form: str) -> None:
    made = io.BytesIO()
    Image.new("P", (4, 4)).save(made, form, transparency=0)
    assert not SesPicture(type=form, data=made.getvalue(), width=4, height=4).opaque
