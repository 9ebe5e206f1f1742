"""GB/T 35275 messages: published vectors, the one form that we write, the many forms of products, hostile bytes."""

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from damage import damaged
from der_slices import openssl_accepts_sm2, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from openssl_signing import oid, tlv

from esign import (
    Coverage,
    EsignError,
    ForeignSignedData,
    MalformedError,
    TooLargeError,
    read_foreign_cms,
    read_gm_detached,
    read_signed_data,
    sign_detached,
    sign_gm_attached,
    sign_gm_detached,
    sign_gm_digest,
)
from esign.foreign_cms import MAX_ATTRIBUTES, MAX_CERTIFICATES, MAX_FOREIGN_CMS_BYTES, MAX_SIGNERS
from keys import (
    BadSignatureError,
    DevelopmentPki,
    KeysError,
    Signer,
    UnsupportedAlgorithmError,
    hash_bytes,
    raw_signature,
)

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
ORIGINAL = "<Signature>被签名的原文</Signature>".encode()
DIGEST = hash_bytes("sm3", ORIGINAL)
GM_DATA, GM_SIGNED = oid("1.2.156.10197.6.1.4.2.1"), oid("1.2.156.10197.6.1.4.2.2")
RSA_DATA, RSA_SIGNED = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
SM2_1, SM2_SM3, SM3 = oid("1.2.156.10197.1.301.1"), oid("1.2.156.10197.1.501"), oid("1.2.156.10197.1.401")
NULL = b"\x05\x00"
TOKEN = b"\x30\x03tst"


def sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def attribute(dotted: str, *values: bytes) -> bytes:
    return sequence(oid(dotted), tlv(0x31, *values))


CONTENT_TYPE = attribute("1.2.840.113549.1.9.3", GM_DATA)
SIGNING_TIME = attribute("1.2.840.113549.1.9.5", tlv(0x17, b"261121023000Z"))


def message_digest(content: bytes = ORIGINAL) -> bytes:
    return attribute("1.2.840.113549.1.9.4", tlv(0x04, hash_bytes("sm3", content)))


def vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


class Products:
    """Writes what we never write, with a TLV encoder of its own."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def signer_info(
        self,
        *,
        attributes: tuple[bytes, ...] | None = None,
        signed: bytes | None = None,
        algorithm: bytes = SM2_1,
        parameters: bytes = b"",
        digest: bytes = SM3,
        raw_value: bool = False,
        unsigned: bytes = b"",
        version: bytes = b"\x02\x01\x01",
    ) -> bytes:
        if signed is None:
            signed = ORIGINAL if attributes is None else tlv(0x31, *attributes)
        value = self.signer.sign(signed)
        tbs = whole(self.signer.certificate.der).parts[0].parts
        return sequence(
            version,
            sequence(tbs[3].raw, tbs[1].raw),
            sequence(digest, parameters),
            b"" if attributes is None else tlv(0xA0, *attributes),
            sequence(algorithm, parameters),
            tlv(0x04, raw_signature(value) if raw_value else value),
            unsigned,
        )

    def message(
        self,
        *signer_infos: bytes,
        content: bytes | None = None,
        outer: bytes = GM_SIGNED,
        inner: bytes = GM_DATA,
        certificates: tuple[bytes, ...] | None = None,
        lists: bytes = b"",
    ) -> bytes:
        if certificates is None:
            certificates = (self.signer.certificate.der,)
        return sequence(
            outer,
            tlv(
                0xA0,
                sequence(
                    b"\x02\x01\x01",
                    tlv(0x31, sequence(SM3)),
                    sequence(inner, b"" if content is None else tlv(0xA0, tlv(0x04, content))),
                    tlv(0xA0, *certificates) if certificates else b"",
                    lists,
                    tlv(0x31, *signer_infos),
                ),
            ),
        )


@pytest.fixture(scope="module")
def signer(pkis: dict[str, DevelopmentPki]) -> Signer:
    return pkis["sm2"].seal


@pytest.fixture(scope="module")
def products(signer: Signer) -> Products:
    return Products(signer)


def good(cms: bytes, original: bytes = ORIGINAL) -> ForeignSignedData:
    """Read it and check it as a caller must: the content inside speaks for the original, and the signers for that."""
    facts = read_foreign_cms(cms)
    assert facts.coverage(original) is not Coverage.NOTHING
    content = original if facts.content is None else facts.content
    assert facts.signers
    for one in facts.signers:
        assert one.digest_matches(content)
        one.verify_signature(content)
    return facts


def accepted(cms: bytes, original: bytes = ORIGINAL) -> bool:
    try:
        good(cms, original)
    except (AssertionError, BadSignatureError, EsignError):
        return False
    return True


# The published vectors.


@pytest.mark.parametrize(
    ("name", "coverage", "time"),
    [
        ("cms_attached_data.p7", Coverage.CONTENT, None),
        ("cms_attached_digest.p7", Coverage.DIGEST, None),
        ("cms_detached_attrs.p7", Coverage.DETACHED, datetime(2026, 1, 5, 1, 30, tzinfo=UTC)),
    ],
)
def test_published_messages(name: str, coverage: Coverage, time: datetime | None) -> None:
    original = vector("protected.bin")
    facts = good(vector(name), original)
    assert facts.coverage(original) is coverage
    assert (facts.outer_type, facts.content_type) == ("1.2.156.10197.6.1.4.2.2", "1.2.156.10197.6.1.4.2.1")
    (one,) = facts.signers
    assert facts.certificates == (vector("cert.der"),) == (one.certificate_der,)
    assert (one.algorithm_oid, one.signing_time) == ("1.2.156.10197.1.301.1", time)
    assert one.certificate().subject.common_name == "SES vector"
    assert not accepted(vector(name), b"something else")


# What we write.


def test_attached(signer: Signer) -> None:
    cms = sign_gm_attached(ORIGINAL, signer, signing_time=AT)
    facts = good(cms)
    assert facts.coverage(ORIGINAL) is Coverage.CONTENT
    assert facts.content == ORIGINAL
    assert facts.signers[0].signing_time == AT
    assert facts.signers[0].certificate() == signer.certificate
    assert set(facts.certificates) == {one.der for one in signer.chain}
    assert good(sign_gm_attached(ORIGINAL, signer)).signers[0].signing_time is None


def test_detached(signer: Signer) -> None:
    facts = good(sign_gm_detached(ORIGINAL, signer, signing_time=AT))
    assert facts.content is None
    assert facts.coverage(ORIGINAL) is Coverage.DETACHED
    assert not facts.signers[0].digest_matches(ORIGINAL + b"x")


def test_digest_as_content(signer: Signer) -> None:
    facts = good(sign_gm_digest(DIGEST, signer))
    assert facts.content == DIGEST
    assert facts.coverage(ORIGINAL) is Coverage.DIGEST
    assert facts.signers[0].signed_attributes is None
    with pytest.raises(ValueError, match="32 bytes"):
        sign_gm_digest(ORIGINAL, signer)


def test_only_sm2_signs(pkis: dict[str, DevelopmentPki]) -> None:
    for sign in (sign_gm_attached, sign_gm_detached):
        with pytest.raises(UnsupportedAlgorithmError):
            sign(ORIGINAL, pkis["rsa"].seal)
    with pytest.raises(UnsupportedAlgorithmError):
        sign_gm_digest(DIGEST, pkis["rsa"].seal)


@pytest.mark.parametrize("form", ["attached", "detached", "digest"])
def test_openssl_verifies_over_the_raw_range(signer: Signer, form: str) -> None:
    cms = {
        "attached": lambda: sign_gm_attached(ORIGINAL, signer, signing_time=AT),
        "detached": lambda: sign_gm_detached(ORIGINAL, signer, signing_time=AT),
        "digest": lambda: sign_gm_digest(DIGEST, signer),
    }[form]()
    kind, explicit = whole(cms).parts
    assert kind.raw == GM_SIGNED
    version, digests, content, certificates, infos = explicit.parts[0].parts
    assert (version.raw, digests.content) == (b"\x02\x01\x01", sequence(SM3))
    assert content.parts[0].raw == GM_DATA
    inside = content.parts[1].parts[0].content if len(content.parts) == 2 else None
    assert inside == {"attached": ORIGINAL, "detached": None, "digest": DIGEST}[form]
    leaf = signer.certificate.der
    assert leaf in [part.raw for part in certificates.parts]
    (info,) = infos.parts
    if form == "digest":
        _, _, digest_algorithm, algorithm, value = info.parts
        signed = DIGEST
    else:
        _, _, digest_algorithm, attributes, algorithm, value = info.parts
        assert attributes.tag == 0xA0
        assert [part.raw for part in attributes.parts] == sorted([CONTENT_TYPE, SIGNING_TIME, message_digest()])
        signed = b"\x31" + attributes.raw[1:]
    assert (digest_algorithm.content, algorithm.content) == (SM3, SM2_1)
    assert openssl_accepts_sm2(leaf, value.content, signed)
    assert not openssl_accepts_sm2(leaf, value.content, signed + b"x")


def test_one_form(signer: Signer) -> None:
    """Two messages differ in the signature value only."""

    def rest(cms: bytes) -> list[bytes]:
        *parts, infos = whole(cms).parts[1].parts[0].parts
        (info,) = infos.parts
        return [part.raw for part in (*parts, *info.parts[:-1])]

    first, second = (sign_gm_detached(ORIGINAL, signer, signing_time=AT) for _ in range(2))
    assert first != second
    assert rest(first) == rest(second)


def test_every_changed_byte_that_matters_is_noticed(signer: Signer) -> None:
    cms = sign_gm_attached(ORIGINAL, signer, signing_time=AT)
    one = read_foreign_cms(cms).signers[0]
    assert one.signed_attributes is not None
    for part in (ORIGINAL, one.signed_attributes[2:], one.signature):
        start = cms.index(part)
        for place in range(start, start + len(part)):
            assert not accepted(cms[:place] + bytes([cms[place] ^ 1]) + cms[place + 1 :]), place


# What products write.


@pytest.mark.parametrize("algorithm", ["1.2.156.10197.1.301.1", "1.2.156.10197.1.501", "1.2.156.10197.1.301"])
@pytest.mark.parametrize("parameters", [b"", NULL], ids=["absent", "null"])
@pytest.mark.parametrize("raw_value", [False, True], ids=["der", "raw"])
def test_names_parameters_and_values(products: Products, algorithm: str, parameters: bytes, raw_value: bool) -> None:
    how = {"algorithm": oid(algorithm), "parameters": parameters, "raw_value": raw_value}
    plain = products.signer_info(**how)
    with_attributes = products.signer_info(attributes=(CONTENT_TYPE, SIGNING_TIME, message_digest()), **how)
    for info in (plain, with_attributes):
        for content in (ORIGINAL, None):
            facts = good(products.message(info, content=content))
            assert facts.signers[0].algorithm_oid == algorithm
            assert (len(facts.signers[0].signature) == 64) is raw_value
            assert not accepted(products.message(info, content=content), ORIGINAL + b"x")


@pytest.mark.parametrize("outer", [GM_SIGNED, RSA_SIGNED], ids=["gm", "rsa"])
@pytest.mark.parametrize("inner", [GM_DATA, RSA_DATA], ids=["gm", "rsa"])
def test_identifiers_of_rsa_around_sm2(products: Products, outer: bytes, inner: bytes) -> None:
    """Also with a contentType attribute that says the other one."""
    info = products.signer_info(attributes=(CONTENT_TYPE, message_digest()))
    facts = good(products.message(info, outer=outer, inner=inner))
    assert facts.signers[0].content_type == "1.2.156.10197.6.1.4.2.1"


def test_unsorted_attributes_are_signed_as_they_stand_or_sorted(products: Products) -> None:
    """RFC 5652 section 5.4 has them sorted; in between there is nothing."""
    attributes = tuple(sorted((CONTENT_TYPE, SIGNING_TIME, message_digest()), reverse=True))
    facts = good(products.message(products.signer_info(attributes=attributes)))
    assert facts.signers[0].signed_attributes == tlv(0x31, *attributes)
    resorted, other = tlv(0x31, *sorted(attributes)), tlv(0x31, attributes[1], attributes[0], attributes[2])
    good(products.message(products.signer_info(attributes=attributes, signed=resorted)))
    assert not accepted(products.message(products.signer_info(attributes=attributes, signed=other)))


def test_attributes_are_signed_as_a_set(products: Products) -> None:
    """Not under the tag [0] that stands in the file."""
    attributes = (CONTENT_TYPE, message_digest())
    assert not accepted(products.message(products.signer_info(attributes=attributes, signed=tlv(0xA0, *attributes))))


def test_a_digest_as_content_in_base64(products: Products) -> None:
    text = base64.b64encode(DIGEST)
    facts = good(products.message(products.signer_info(signed=text), content=text))
    assert facts.coverage(ORIGINAL) is Coverage.DIGEST_TEXT


def test_the_digest_is_signed_only_where_it_is_the_content(products: Products) -> None:
    """e = SM3(Z ‖ SM3(M)) over a message that does not say so is no signature over M."""
    info = products.signer_info(signed=DIGEST)
    assert accepted(products.message(info, content=DIGEST))
    assert not accepted(products.message(info, content=ORIGINAL))
    assert not accepted(products.message(info))


def test_attributes_of_one_message_are_not_the_content_of_another(products: Products) -> None:
    """Whoever has one signature with attributes must not get one without attributes out of it."""
    stolen = tlv(0x31, CONTENT_TYPE, message_digest())
    info = products.signer_info(signed=stolen)
    with pytest.raises(BadSignatureError, match="attributes of another"):
        good(products.message(info, content=stolen), stolen)
    with pytest.raises(BadSignatureError, match="attributes of another"):
        good(products.message(info), stolen)
    harmless = tlv(0x31, CONTENT_TYPE)
    good(products.message(products.signer_info(signed=harmless), content=harmless), harmless)


def test_several_signers_and_certificates_in_any_order(pkis: dict[str, DevelopmentPki], products: Products) -> None:
    other = Products(pkis["sm2"].code)
    certificates = tuple(
        sorted((products.signer.certificate.der, other.signer.certificate.der, pkis["sm2"].root.der), reverse=True)
    )
    infos = (other.signer_info(), products.signer_info(attributes=(message_digest(),)))
    facts = good(products.message(*infos, certificates=certificates))
    assert [one.certificate() for one in facts.signers] == [other.signer.certificate, products.signer.certificate]
    assert facts.certificates == certificates
    wrong = products.signer_info(signed=b"x")
    assert not accepted(products.message(infos[0], wrong, certificates=certificates))


def test_a_certificate_that_is_not_inside(products: Products, pkis: dict[str, DevelopmentPki]) -> None:
    for certificates in ((), (pkis["sm2"].root.der,)):
        facts = read_foreign_cms(products.message(products.signer_info(), certificates=certificates))
        assert facts.signers[0].certificate_der is None
        with pytest.raises(MalformedError, match="not inside"):
            facts.signers[0].verify_signature(ORIGINAL)


def test_two_certificates_of_one_name_and_number(products: Products) -> None:
    certificate = products.signer.certificate.der
    changed = certificate[:-1] + bytes([certificate[-1] ^ 1])
    with pytest.raises(MalformedError, match="one issuer"):
        read_foreign_cms(products.message(products.signer_info(), certificates=(certificate, changed)))
    good(products.message(products.signer_info(), certificates=(certificate, certificate)))


def test_time_stamps_and_other_unsigned_attributes(products: Products) -> None:
    stamps = tlv(
        0xA1, attribute("1.2.3", NULL, NULL), attribute("1.2.3"), attribute("1.2.840.113549.1.9.16.2.14", TOKEN)
    )
    assert good(products.message(products.signer_info(unsigned=stamps))).signers[0].timestamps == (TOKEN,)


def test_revocation_lists_are_handed_on(products: Products) -> None:
    facts = good(products.message(products.signer_info(), lists=tlv(0xA1, TOKEN)))
    assert facts.revocation_lists == (TOKEN,)


def test_other_digests_and_algorithms_are_unknown_and_not_false(products: Products) -> None:
    for how in ({"digest": oid("2.16.840.1.101.3.4.2.1")}, {"algorithm": oid("1.2.156.10197.1.502")}):
        facts = read_foreign_cms(products.message(products.signer_info(**how)))
        with pytest.raises(UnsupportedAlgorithmError):
            facts.signers[0].verify_signature(ORIGINAL)


def certificates_only(products: Products) -> bytes:
    return products.message(outer=RSA_SIGNED, inner=RSA_DATA)


@pytest.mark.parametrize(
    "written",
    [
        bytes,
        base64.b64encode,
        base64.encodebytes,
        lambda der: b"-----BEGIN PKCS7-----\r\n" + base64.encodebytes(der) + b"-----END PKCS7-----\r\n",
        lambda der: b"-----BEGIN CMS-----\n" + base64.encodebytes(der) + b"-----END CMS-----",
    ],
    ids=["der", "base64", "base64-lines", "pem", "pem-cms"],
)
def test_files_that_only_carry_certificates(products: Products, written: Callable[[bytes], bytes]) -> None:
    facts = read_foreign_cms(written(certificates_only(products)))
    assert (facts.signers, facts.content) == ((), None)
    assert facts.certificates == (products.signer.certificate.der,)
    good(written(products.message(products.signer_info())))


# Bytes that are wrong on purpose.


@pytest.mark.parametrize(
    "attributes",
    [
        (),
        (CONTENT_TYPE,),
        (message_digest(), message_digest()),
        (attribute("1.2.840.113549.1.9.4"),),
        (attribute("1.2.840.113549.1.9.4", tlv(0x04, DIGEST), tlv(0x04, bytes(32))),),
        (attribute("1.2.840.113549.1.9.4", NULL),),
        (message_digest(), SIGNING_TIME, SIGNING_TIME),
    ],
)
def test_attributes_that_do_not_say_one_thing(products: Products, attributes: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError):
        read_foreign_cms(products.message(products.signer_info(attributes=attributes)))


def test_what_is_not_signed_data(products: Products) -> None:
    info = products.signer_info()
    for outer in ("1.2.156.10197.6.1.4.2.3", "1.2.156.10197.6.1.4.2.1", "1.2.840.113549.1.7.3"):
        with pytest.raises(MalformedError, match="not signed data"):
            read_foreign_cms(products.message(info, outer=oid(outer)))
    with pytest.raises(MalformedError, match="not data"):
        read_foreign_cms(products.message(info, inner=oid("1.2.840.113549.1.9.16.1.4")))
    with pytest.raises(MalformedError):
        read_foreign_cms(products.message(info, certificates=(NULL,)))
    with pytest.raises(MalformedError):
        read_foreign_cms(products.message(info) + b"\x00")
    strange = read_foreign_cms(products.message(products.signer_info(parameters=b"\x02\x01\x00")))
    with pytest.raises(UnsupportedAlgorithmError):
        strange.signers[0].verify_signature(ORIGINAL)


def test_the_two_cms_do_not_read_each_other(signer: Signer) -> None:
    """RFC 5652 and GB/T 35275 differ; ours of the first names another signature algorithm, but reads."""
    with pytest.raises(MalformedError):
        read_signed_data(sign_gm_detached(ORIGINAL, signer))
    good(sign_detached(ORIGINAL, signer))


def test_limits(products: Products) -> None:
    with pytest.raises(TooLargeError):
        read_foreign_cms(bytes(MAX_FOREIGN_CMS_BYTES + 1))
    certificate = products.signer.certificate.der
    with pytest.raises(TooLargeError):
        read_foreign_cms(products.message(certificates=(certificate,) * (MAX_CERTIFICATES + 1)))
    with pytest.raises(TooLargeError):
        read_foreign_cms(products.message(*[products.signer_info()] * (MAX_SIGNERS + 1)))
    many = (message_digest(), *[attribute("1.2.3")] * MAX_ATTRIBUTES)
    with pytest.raises(TooLargeError):
        read_foreign_cms(products.message(products.signer_info(attributes=many)))
    with pytest.raises(BadSignatureError):
        good(
            products.message(products.signer_info(signed=tlv(0x31, *many)), content=tlv(0x31, *many)), tlv(0x31, *many)
        )


@pytest.mark.parametrize(
    "garbage", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x00", b"PK\x03\x04", b"\xff" * 100, b"AAAA", b"====", b"A"]
)
def test_garbage(garbage: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_CMS"):
        read_foreign_cms(garbage)


def vectors() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(VECTORS.glob("*.p7")))


@settings(max_examples=1000, deadline=None)
@given(damaged(list(vectors())) | st.binary(max_size=200))
def test_hostile_bytes_give_facts_or_our_errors(data: bytes) -> None:
    try:
        facts = read_foreign_cms(data)
    except EsignError:
        return
    facts.coverage(ORIGINAL)
    for one in facts.signers:
        with suppress(KeysError):
            one.digest_matches(ORIGINAL)
        with suppress(EsignError, KeysError):
            one.verify_signature(ORIGINAL)


# Ours without the content, read back strictly.

OURS = (CONTENT_TYPE, SIGNING_TIME, message_digest())
NOT_OURS: dict[str, tuple[Callable[[Products], bytes], str]] = {
    "no attributes": (lambda one: one.message(one.signer_info()), "FORMAT_CMS"),
    "nobody": (lambda one: one.message(), "FORMAT_CMS"),
    "no certificate": (lambda one: one.message(one.signer_info(attributes=OURS), certificates=()), "FORMAT_CMS"),
    "two signers": (lambda one: one.message(*[one.signer_info(attributes=OURS)] * 2), "FORMAT_CMS"),
    "parameters": (lambda one: one.message(one.signer_info(attributes=OURS, parameters=NULL)), "NON_CANONICAL"),
    "other name": (lambda one: one.message(one.signer_info(attributes=OURS, algorithm=SM2_SM3)), "NON_CANONICAL"),
    "content": (lambda one: one.message(one.signer_info(attributes=OURS), content=ORIGINAL), "NON_CANONICAL"),
    "outer name": (lambda one: one.message(one.signer_info(attributes=OURS), outer=RSA_SIGNED), "NON_CANONICAL"),
    "lists": (lambda one: one.message(one.signer_info(attributes=OURS), lists=tlv(0xA1, TOKEN)), "NON_CANONICAL"),
    "order": (lambda one: one.message(one.signer_info(attributes=OURS[::-1])), "NON_CANONICAL"),
    "unsigned": (
        lambda one: one.message(one.signer_info(attributes=OURS, unsigned=tlv(0xA1, attribute("1.2.3", NULL)))),
        "NON_CANONICAL",
    ),
}


def test_ours_are_read_back(signer: Signer) -> None:
    facts = read_gm_detached(sign_gm_detached(ORIGINAL, signer, signing_time=AT))
    facts.verify_signature()
    assert facts.digest_matches(ORIGINAL)
    assert not facts.digest_matches(ORIGINAL + b"x")
    assert (facts.signer_certificate, facts.signing_time) == (signer.certificate, AT)
    assert set(facts.certificates) == set(signer.chain)


def test_no_byte_of_ours_is_free(signer: Signer) -> None:
    """Certificates are judged by their own signatures; everything else is looked at here."""
    data = sign_gm_detached(ORIGINAL, signer, signing_time=AT)
    good = read_gm_detached(data)
    for place in range(0, len(data), 5):
        with suppress(EsignError, BadSignatureError):
            facts = read_gm_detached(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            facts.verify_signature()
            assert facts.certificates != good.certificates, place


@pytest.mark.parametrize("name", NOT_OURS)
def test_other_forms_are_not_ours(products: Products, name: str) -> None:
    change, fault = NOT_OURS[name]
    with pytest.raises(MalformedError) as raised:
        read_gm_detached(change(products))
    assert raised.value.code == fault


def test_a_raw_value_is_not_ours(products: Products) -> None:
    with pytest.raises(BadSignatureError):
        read_gm_detached(products.message(products.signer_info(attributes=OURS, raw_value=True))).verify_signature()


def test_too_many_certificates_are_refused(products: Products) -> None:
    certificates = (products.signer.certificate.der,) * 7
    with pytest.raises(TooLargeError):
        read_gm_detached(products.message(products.signer_info(attributes=OURS), certificates=certificates))
