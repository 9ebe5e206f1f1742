"""Electronic seals: the published vectors, what we make, and openssl over the raw ranges of it."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from der_slices import openssl_accepts_sm2, whole

from esign import (
    CertificateDigest,
    Coverage,
    Finding,
    SesExtension,
    SesPicture,
    SesRefusedError,
    SignedValueKind,
    TooLargeError,
    add_time_stamp,
    make_ses_seal,
    make_ses_signature,
    prepare_ses_signature,
    read_foreign_cms,
    read_ses_seal,
    read_ses_signature,
    seal_facts,
    signature_facts,
    signed_value_kind,
)
from esign.ses import MAX_SES_BYTES, REMEMBERED_SEAL_BYTES
from keys import BadSignatureError, DevelopmentPki, der, hash_bytes

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
UNTIL = datetime(2031, 11, 21, tzinfo=UTC)
ORIGINAL = "被盖章的原文".encode()
PICTURE = (VECTORS / "picture.png").read_bytes()
PUBLIC_POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
Z = bytes.fromhex("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3")
R, S = (
    "096faa80999f30c5e2ac878b588654c59cbeb37fca330c602ea9a00fb864cc5d",
    ("6cc8ab6fdbe5c915bd00db69716d36278a1ce17d31741245336088046bf8e647"),
)
MakeSeal = Callable[..., bytes]


def vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


@pytest.fixture(scope="module")
def make_seal(pkis: dict[str, DevelopmentPki]) -> MakeSeal:
    """Make a good seal, but for what is given."""
    pki = pkis["sm2"]
    good = {
        "identifier": "99010000000001",
        "vendor": "ELIC",
        "name": "样例县行政审批局",
        "kind": 1,
        "picture": SesPicture(type="PNG", data=PICTURE, width=42, height=42),
        "permitted": [pki.seal.certificate],
        "created_at": AT,
        "valid_from": AT,
        "valid_to": UNTIL,
        "maker": pki.code,
    }
    return lambda **given: make_ses_seal(**{**good, **given})


# The published vectors.


@pytest.mark.parametrize(
    ("name", "version", "digests"),
    [("seal_v1.esl", 1, 0), ("seal_v4.esl", 4, 0), ("seal_v4_certdigest.esl", 4, 1)],
)
def test_published_seals(name: str, version: int, digests: int) -> None:
    seal = read_ses_seal(vector(name))
    assert (seal.version, seal.header_version, seal.vendor) == (version, version, "DEMO")
    assert (seal.identifier, seal.kind, seal.name) == ("32010000000001", 1, "测试单位公章")
    assert (len(seal.permitted), len(seal.permitted_digests)) == (1 - digests, digests)
    assert seal.permits(vector("cert.der"))
    assert seal.created_at == seal.valid_from == datetime(2026, 1, 5, 1, tzinfo=UTC)
    assert seal.valid_to == datetime(2031, 1, 5, 1, tzinfo=UTC)
    assert (seal.picture.type, seal.picture.data) == ("PNG", PICTURE)
    assert (seal.picture.width, seal.picture.height) == (40, 40)
    assert (seal.maker_der, seal.algorithm_oid) == (vector("cert.der"), "1.2.156.10197.1.501")
    assert (seal.extensions, seal.time_stamp) == ((), None)
    facts = seal_facts(seal)
    assert facts.signature is facts.maker_may_sign is facts.made_in_maker_validity is Finding.HOLDS
    assert facts.maker is not None
    assert facts.maker.subject.common_name == "SES vector"
    assert facts.validity_in_order
    assert facts.picture_type_agrees


@pytest.mark.parametrize("name", ["sig_v1.dat", "sig_v4.dat", "sig_v4_certdigest.dat"])
def test_published_signatures(name: str) -> None:
    signature = read_ses_signature(vector(name))
    assert signature.version == signature.stated_version == signature.seal.version
    assert signature.property_info == "protected.bin"
    assert signature.signing_time == datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    facts = signature_facts(signature, vector("protected.bin"))
    holds = (facts.signature, facts.digest, facts.signer_may_sign, facts.seal.signature)
    assert {*holds, facts.signed_in_seal_validity, facts.signed_in_certificate_validity} == {Finding.HOLDS}
    assert facts.signer_in_list
    assert not facts.perhaps_local_time
    assert signature_facts(signature, b"something else").digest is Finding.FAILS


def test_published_digests_are_those_of_the_notes() -> None:
    """Recomputed over raw ranges cut out by the test: what is signed is the whole of SES_SealInfo and TBS_Sign."""
    assert hash_bytes("sm3", vector("cert.der")).hex() == (
        "48d0e367d676210aff0ef8bc5a7c07e70f1c6993a49ee44bb762671c3c841361"
    )
    assert PUBLIC_POINT in vector("cert.der")
    info = whole(vector("seal_v4.esl")).parts[0].raw
    assert (len(info), len(vector("seal_v4.esl"))) == (592, 1061)
    assert info == read_ses_seal(vector("seal_v4.esl")).signed
    assert hash_bytes("sm3", info).hex() == "c2988456efe4041102ae3e24ae1cadbaacab46fdf988dcd41713456ddcf5e1ef"
    assert hash_bytes("sm3", Z + info).hex() == "0483ae0f0b12192d80a85564ca0e560f5b6084a1bc2bd050df4591428a5031ea"
    assert [part.content.hex() for part in whole(whole(vector("seal_v4.esl")).parts[3].bits).parts] == [R, S]
    tbs = whole(vector("sig_v4.dat")).parts[0].raw
    assert len(tbs) == 1135
    assert tbs == read_ses_signature(vector("sig_v4.dat")).signed
    assert hash_bytes("sm3", Z + tbs).hex() == "f4e1ce5d0caae218ff46c683aff5c9e1c963938bafcf2f003346d578bea4e663"
    digest = hash_bytes("sm3", vector("protected.bin"))
    assert digest.hex() == "3e4cf2d7741a664ee636e0684f2597fea7a73a6b67b11a12c59c42d7ba3cf7d9"
    assert digest == read_ses_signature(vector("sig_v4.dat")).data_hash


def test_published_package() -> None:
    with zipfile.ZipFile(VECTORS / "example_signed.ofd") as package:
        sign = "Doc_0/Signs/Sign_0/"
        seal, value, xml = (package.read(sign + name) for name in ("Seal.esl", "SignedValue.dat", "Signature.xml"))
    signature = read_ses_signature(value)
    assert signature.seal.der == seal
    assert signature.property_info == "/" + sign + "Signature.xml"
    assert signature_facts(signature, xml).digest is Finding.HOLDS
    signature.verify_signature()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("seal_v1.esl", SignedValueKind.SES_SEAL),
        ("seal_v4.esl", SignedValueKind.SES_SEAL),
        ("sig_v1.dat", SignedValueKind.SES_SIGNATURE),
        ("sig_v4.dat", SignedValueKind.SES_SIGNATURE),
        ("cms_detached_attrs.p7", SignedValueKind.CMS),
        ("protected.bin", SignedValueKind.UNKNOWN),
        ("picture.png", SignedValueKind.UNKNOWN),
    ],
)
def test_kinds_of_signed_values(name: str, kind: SignedValueKind) -> None:
    assert signed_value_kind(vector(name)) is kind


def test_bare_signature_is_told_from_a_container() -> None:
    bare = der.sequence(der.integer(5), der.integer(7))
    assert signed_value_kind(bare) is SignedValueKind.BARE_SIGNATURE
    assert signed_value_kind(der.sequence()) is SignedValueKind.UNKNOWN
    assert signed_value_kind(b"") is SignedValueKind.UNKNOWN


# What we make.


@pytest.mark.parametrize("by_digest", [False, True])
def test_a_made_seal_reads_as_it_was_asked_for(
    make_seal: MakeSeal, pkis: dict[str, DevelopmentPki], by_digest: bool
) -> None:
    pki = pkis["sm2"]
    extensions = (
        SesExtension(oid="1.2.156.10197.6.7.2.2.1", value=b"\x05\x00"),
        SesExtension(oid="1.2.156.112600.7.1", critical=True, value=b""),
    )
    made = make_seal(by_digest=by_digest, extensions=extensions)
    seal = read_ses_seal(made)
    assert seal.der == made
    assert (seal.version, seal.header_version, seal.kind, seal.name) == (4, 4, 1, "样例县行政审批局")
    assert (seal.identifier, seal.vendor) == ("99010000000001", "ELIC")
    assert (seal.created_at, seal.valid_from, seal.valid_to) == (AT, AT, UNTIL)
    assert seal.picture == SesPicture(type="PNG", data=PICTURE, width=42, height=42)
    assert seal.extensions == extensions
    assert seal_facts(seal).critical_extensions == ("1.2.156.112600.7.1",)
    assert seal.maker_certificate() == pki.code.certificate
    assert seal.permits(pki.seal.certificate.der)
    assert not seal.permits(pki.code.certificate.der)
    certificate = pki.seal.certificate
    if by_digest:
        assert seal.permitted == ()
        assert seal.permitted_digests == (CertificateDigest(label="SM3", value=certificate.fingerprint("sm3")),)
        assert certificate.der not in made
    else:
        assert seal.permitted == (certificate.der,)
        assert seal.permitted_digests == ()
    assert seal_facts(seal).signature is Finding.HOLDS


def test_openssl_verifies_made_seals_and_signatures_over_their_raw_ranges(
    make_seal: MakeSeal, pkis: dict[str, DevelopmentPki]
) -> None:
    seal_bytes = make_seal()
    seal = whole(seal_bytes)
    info, maker, algorithm, value = seal.parts
    assert len(seal.parts) == 4
    assert algorithm.raw == der.oid("1.2.156.10197.1.501")
    assert openssl_accepts_sm2(maker.content, value.bits, info.raw)
    # The range of version 1 must not be the one that was signed.
    assert not openssl_accepts_sm2(maker.content, value.bits, der.sequence(info.raw, maker.raw, algorithm.raw))

    made = make_ses_signature(seal_bytes, ORIGINAL, signer=pkis["sm2"].seal, property_info="/a.xml", at=AT)
    tbs, signer, _, value = whole(made).parts
    assert openssl_accepts_sm2(signer.content, value.bits, tbs.raw)
    assert not openssl_accepts_sm2(signer.content, value.bits, tbs.content)
    assert tbs.parts[1].raw == seal_bytes
    assert tbs.parts[2].raw == b"\x18\x0f20261121100000Z"
    assert tbs.parts[3].bits == hash_bytes("sm3", ORIGINAL)


def test_a_made_seal_is_the_one_form(make_seal: MakeSeal) -> None:
    """Two seals differ in their signature value only."""
    first, second = read_ses_seal(make_seal()), read_ses_seal(make_seal())
    assert first.signed == second.signed
    assert first.signature != second.signature
    assert replace(first, der=b"", signature=b"") == replace(second, der=b"", signature=b"")


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_sealing(make_seal: MakeSeal, pkis: dict[str, DevelopmentPki], family: str) -> None:
    signer = pkis[family].seal
    seal = make_seal(permitted=[pkis["sm2"].seal.certificate, signer.certificate], maker=signer)
    extensions = (SesExtension(oid="1.2.3", value=b"\x05\x00"),)
    made = make_ses_signature(
        seal, ORIGINAL[:4], ORIGINAL[4:], signer=signer, property_info="/a.xml", at=AT, extensions=extensions
    )
    signature = read_ses_signature(made)
    assert signature.seal == read_ses_seal(seal)
    assert signature.extensions == extensions
    assert whole(made).parts[0].parts[5].tag == 0xA0
    facts = signature_facts(signature, ORIGINAL)
    assert facts.signature is facts.digest is facts.seal.signature is Finding.HOLDS
    assert facts.signer == signer.certificate
    assert facts.signer_in_list
    assert signature_facts(signature, ORIGINAL, b"x").digest is Finding.FAILS


def test_sealing_in_three_steps_with_a_time_stamp(make_seal: MakeSeal, pkis: dict[str, DevelopmentPki]) -> None:
    signer = pkis["sm2"].seal
    prepared = prepare_ses_signature(
        make_seal(),
        certificate=signer.certificate,
        data_hash=hash_bytes("sm3", ORIGINAL),
        property_info="/a.xml",
        at=AT,
    )
    value = signer.sign(prepared.to_sign)
    plain, stamped = prepared.finish(value), prepared.finish(value, time_stamp=b"token")
    assert read_ses_signature(plain).time_stamp is None
    assert read_ses_signature(stamped).time_stamp == b"token"
    assert whole(stamped).parts[4].raw == b"\xa0\x08\x03\x06\x00token"
    assert add_time_stamp(plain, b"token") == stamped
    with pytest.raises(SesRefusedError, match="has a time stamp"):
        add_time_stamp(stamped, b"token")
    with pytest.raises(SesRefusedError, match="no place"):
        add_time_stamp(vector("sig_v1.dat"), b"token")
    with pytest.raises(SesRefusedError, match="empty"):
        add_time_stamp(plain, b"")
    with pytest.raises(SesRefusedError, match="bytes of a time stamp"):
        add_time_stamp(plain, bytes(64 * 1024 + 1))
    with pytest.raises(SesRefusedError, match="does not verify"):
        prepared.finish(signer.sign(b"something else"))


def test_a_time_stamp_leaves_a_foreign_signature_as_it_is() -> None:
    before, after = vector("sig_v4.dat"), add_time_stamp(vector("sig_v4.dat"), b"token")
    assert [part.raw for part in whole(after).parts[:4]] == [part.raw for part in whole(before).parts]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"permitted": []}, "signers"),
        ({"name": " "}, "name"),
        ({"name": "样" * 2000}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"identifier": ""}, "number"),
        ({"identifier": "编号"}, "number"),
        ({"identifier": "1" * 5000}, "bytes of a text"),
        ({"vendor": "\n"}, "vendor"),
        ({"kind": -1}, "type"),
        ({"kind": 1 << 80}, "out of all bounds"),
        ({"valid_to": AT - timedelta(seconds=1)}, "ends before"),
        ({"valid_from": AT.replace(tzinfo=None)}, "offset"),
        ({"created_at": AT + timedelta(days=9999)}, "not valid at this time"),
        ({"valid_to": UNTIL.replace(microsecond=1)}, "whole seconds"),
        ({"picture": SesPicture(type="GIF", data=PICTURE, width=42, height=42)}, "type"),
        ({"picture": SesPicture(type="PNG", data=b"", width=42, height=42)}, "picture"),
        ({"picture": SesPicture(type="PNG", data=PICTURE, width=0, height=42)}, "sides"),
        ({"extensions": [SesExtension(oid="1.2.3", value=bytes(300_000))]}, "bytes of extensions"),
        ({"extensions": [SesExtension(oid="1.2.3", value=b"")] * 65}, "extensions"),
    ],
)
def test_seals_that_are_not_made(make_seal: MakeSeal, changes: dict[str, object], why: str) -> None:
    with pytest.raises(SesRefusedError, match=why):
        make_seal(**changes)


def test_a_seal_is_not_made_by_a_certificate_without_signatures(
    make_seal: MakeSeal, pkis: dict[str, DevelopmentPki]
) -> None:
    maker = pkis["sm2"].code
    barred = replace(maker, chain=(replace(maker.certificate, key_usage=frozenset({"keyEncipherment"})),))
    with pytest.raises(SesRefusedError, match="not for signatures"):
        make_seal(maker=barred)


def test_sealing_is_refused(make_seal: MakeSeal, pkis: dict[str, DevelopmentPki]) -> None:
    pki = pkis["sm2"]

    def refused(seal: bytes, why: str, **changes: object) -> None:
        arguments = {
            "certificate": pki.seal.certificate,
            "data_hash": bytes(32),
            "property_info": "/a.xml",
            "at": AT,
            **changes,
        }
        with pytest.raises(SesRefusedError, match=why):
            prepare_ses_signature(seal, **arguments)

    refused(make_seal(), "not in force", at=UNTIL + timedelta(seconds=1))
    refused(make_seal(valid_from=AT + timedelta(seconds=1)), "not in force")
    refused(make_seal(), "does not list", certificate=pki.code.certificate)
    refused(make_seal(by_digest=True), "does not list", certificate=pki.code.certificate)
    refused(make_seal(), "offset", at=AT.replace(tzinfo=None))
    refused(make_seal(), "32 bytes", data_hash=bytes(20))
    refused(make_seal(), "property", property_info="")
    refused(make_seal(), "property", property_info="/文件.xml")
    refused(make_seal(valid_to=AT + timedelta(days=9999)), "not valid", at=AT + timedelta(days=9000))
    refused(make_seal(extensions=[SesExtension(oid="1.2.3", critical=True, value=b"")]), "critical")
    refused(make_seal().replace("样例县".encode(), "样例市".encode()), "does not verify")
    refused(vector("seal_v1.esl"), "version 4")


def test_limit_of_the_whole() -> None:
    for read in (read_ses_seal, read_ses_signature):
        with pytest.raises(TooLargeError):
            read(bytes(MAX_SES_BYTES + 1))


def test_the_published_cms_are_of_the_same_original() -> None:
    assert read_foreign_cms(vector("cms_attached_digest.p7")).coverage(vector("protected.bin")) is Coverage.DIGEST


@pytest.mark.parametrize("more", [0, REMEMBERED_SEAL_BYTES])
def test_a_seal_that_is_known_is_still_another_one_when_a_bit_of_it_is(make_seal: MakeSeal, more: int) -> None:
    seal = make_seal(picture=SesPicture(type="PNG", data=PICTURE + bytes(more), width=42, height=42))
    for _ in range(2):
        read_ses_seal(seal).verify_signature()
    changed = seal.replace("样例县".encode(), "样例省".encode(), 1)
    for _ in range(2):
        with pytest.raises(BadSignatureError):
            read_ses_seal(changed).verify_signature()
    read_ses_seal(seal).verify_signature()
