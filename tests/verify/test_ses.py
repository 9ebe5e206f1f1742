"""Electronic seals and seal signatures given to the verifier: what each verdict rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from declared import DeclaredPki, declared_pki, policy
from timestamping import imprint, make_token

from esign import (
    ORGANISATION,
    SesExtension,
    SesPicture,
    add_time_stamp,
    make_seal_object,
    make_ses_seal,
    make_ses_signature,
    read_ses_seal,
    read_ses_signature,
)
from keys import RSA_SHA256, SM2_SM3, Profile, Signer, Subject, der, generate_private_key, hash_bytes, make_certificate
from verify import Outcome, Report, TrustStore, Verifier

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
UNTIL = AT + timedelta(days=1000)
ORIGINAL = "被盖章的原文".encode()
PICTURE = SesPicture(type="PNG", data=(VECTORS / "picture.png").read_bytes(), width=42, height=42)


@dataclass(frozen=True)
class World:
    pki: DeclaredPki
    verifier: Verifier

    def seal(self, **given: object) -> bytes:
        good = {
            "identifier": "99010000000001",
            "vendor": "ELIC",
            "name": "样例县行政审批局",
            "kind": ORGANISATION,
            "picture": PICTURE,
            "permitted": [self.pki.certificate("seal")],
            "valid_from": AT,
            "valid_to": UNTIL,
            "maker": self.pki.signer("seal-maker"),
            "at": AT,
        }
        return make_seal_object(**{**good, **given})  # type: ignore[arg-type]

    def judge(self, data: bytes, *, original: bytes | None = None, at: datetime = AT) -> Report:
        return self.verifier.verify_file(data, original=original, at=at)


def world_of(family: str) -> World:
    pki = declared_pki(family)
    trust = TrustStore.from_certificates(
        (pki.root, pki.certificate("issuing-ca"), pki.certificate("issuing-ca-renewed")),
        lists=(pki.crl("root", AT), pki.crl("issuing-ca", AT)),
    )
    return World(pki=pki, verifier=Verifier(trust))


@pytest.fixture(scope="module", params=["sm2", "rsa"])
def world(request: pytest.FixtureRequest) -> World:
    return world_of(request.param)


@pytest.fixture(scope="module")
def sm2() -> World:
    return world_of("sm2")


def check(report: Report, name: str) -> str:
    return next(check.code for check in report.checks if check.name == name)


# Seals.


def test_a_good_seal_passes_with_its_own_sentence(world: World) -> None:
    report = world.judge(world.seal())
    assert (report.kind, report.verdict, report.reason.code) == ("seal", Outcome.PASSED, "SEAL_GENUINE")
    assert "证照真实有效" not in report.sentence.zh
    assert report.status.source == "none"
    assert report.licence is None
    (maker,) = report.signatures
    assert (maker.field, maker.signer_name, maker.trusted) == ("maker", "样例制章单位 Seal Maker", True)


def test_a_seal_out_of_its_term_is_genuine_but_may_not_be_used(world: World) -> None:
    data = world.seal(valid_from=AT + timedelta(hours=1), valid_to=AT + timedelta(hours=2))
    for at, code in ((AT, "SEAL_NOT_IN_FORCE"), (AT + timedelta(hours=1), "SEAL_GENUINE")):
        assert world.judge(data, at=at).reason.code == code
    report = world.judge(data)
    assert (report.verdict, report.authenticity) == (Outcome.FAILED, Outcome.PASSED)


def test_a_forged_seal_fails(world: World) -> None:
    data = world.seal()
    forged = data.replace("行政审批".encode(), "行政管理".encode(), 1)
    assert forged != data
    assert world.judge(forged).reason.code == "SIGNATURE_INVALID"


def test_an_unknown_maker_cannot_be_judged(world: World) -> None:
    data = world.seal()
    for trust, code in (((), "NO_TRUST_ANCHORS"), ((other_root(),), "CERTIFICATE_UNTRUSTED")):
        report = Verifier(TrustStore.from_certificates(trust)).verify_file(data, at=AT)
        assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, code)


def other_root() -> object:
    key = generate_private_key(RSA_SHA256)
    return make_certificate(
        subject=Subject(common_name="Other Root"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        serial=1,
        not_before=AT - timedelta(days=1),
        not_after=UNTIL,
        profile=Profile.ROOT,
    )


def test_a_revoked_maker_fails(world: World) -> None:
    report = world.judge(world.seal(maker=world.pki.signer("seal-compromised")))
    assert report.verdict is not Outcome.PASSED
    assert check(report, "revocation").startswith("CERTIFICATE_REVOKED")


def test_a_ca_is_no_maker(sm2: World) -> None:
    # Its certificate cannot sign seals; an implementation without scruples made this one.
    signer = Signer(private_key=sm2.pki.key("code"), chain=sm2.pki.chain("code"))
    report = sm2.judge(sm2.seal(maker=signer))
    assert check(report, "usage") == "CERTIFICATE_UNFIT"


@pytest.mark.parametrize("algorithm", [SM2_SM3, RSA_SHA256], ids=["sm2", "rsa"])
def test_a_seal_that_its_user_made_fails_outside_development(sm2: World, algorithm: object) -> None:
    root_key, key = generate_private_key(algorithm), generate_private_key(algorithm)  # type: ignore[arg-type]
    root = make_certificate(
        subject=Subject(common_name="Root"),
        public_key=root_key.public_key,
        issuer=None,
        issuer_key=root_key,
        serial=1,
        not_before=AT - timedelta(days=1),
        not_after=UNTIL,
        profile=Profile.ROOT,
    )
    leaf = make_certificate(
        subject=Subject(common_name="样例县行政审批局", organization="样例县行政审批局"),
        public_key=key.public_key,
        issuer=root,
        issuer_key=root_key,
        serial=2,
        not_before=AT - timedelta(days=1),
        not_after=UNTIL,
        profile=Profile.SEAL,
    )
    own = sm2.seal(maker=Signer(private_key=key, chain=(leaf,)), permitted=[leaf])
    others = sm2.seal(maker=Signer(private_key=key, chain=(leaf,)))
    verifier = Verifier(TrustStore.from_certificates((root,)))
    assert verifier.verify_file(own, at=AT).reason.code == "SEAL_SELF_MADE"
    assert verifier.verify_file(others, at=AT).reason.code == "SEAL_GENUINE"


@pytest.mark.parametrize(("version", "code"), [(4, "SEAL_GENUINE"), (5, "SEAL_TIME_OUTSIDE_CERTIFICATE")])
def test_only_in_version_5_the_maker_s_certificate_must_be_older_than_the_seal(
    sm2: World, version: int, code: str
) -> None:
    """Real tax seals of version 4 are older than it; our own writer does not make such."""
    good, maker = read_ses_seal(sm2.seal()), sm2.pki.signer("seal-maker")
    info = good.signed.replace(b"20261121020000Z", b"20230101000000Z", 1)
    info = info.replace(der.integer(4), der.integer(version), 1)
    seal = der.sequence(
        info,
        der.octet_string(maker.certificate.der),
        der.oid(maker.algorithm.signature_oid),
        der.bit_string(maker.sign(info)),
    )
    assert read_ses_seal(seal).version == version
    assert sm2.judge(seal).reason.code == code


def test_a_critical_extension_is_not_passed_over(sm2: World) -> None:
    data = make_ses_seal(
        identifier="1",
        vendor="ELIC",
        name="样例县行政审批局",
        kind=1,
        picture=PICTURE,
        permitted=[sm2.pki.certificate("seal")],
        created_at=AT,
        valid_from=AT,
        valid_to=UNTIL,
        maker=sm2.pki.signer("seal-maker"),
        extensions=[SesExtension(oid="1.2.3.4", critical=True, value=b"x")],
    )
    report = sm2.judge(data)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "SEAL_EXTENSION_UNKNOWN")


@pytest.mark.parametrize("name", ["seal_v1.esl", "seal_v4.esl", "seal_v4_certdigest.esl"])
def test_the_published_seals_are_read_and_their_maker_is_unknown(sm2: World, name: str) -> None:
    report = sm2.judge((VECTORS / name).read_bytes())
    assert (report.kind, report.reason.code) == ("seal", "CERTIFICATE_UNTRUSTED")
    assert check(report, "signature") == "OK"


# Damaged files.


def test_a_damaged_seal(world: World) -> None:
    data = world.seal()
    for broken in (data[:-1], data + b"\x00", data[: len(data) // 2]):
        report = world.judge(broken)
        assert report.verdict is Outcome.FAILED
        assert report.reason.code in ("FORMAT_SES", "FORMAT_UNKNOWN", "FORMAT_STRUCTURED")


def test_no_changed_byte_passes(world: World) -> None:
    data = world.seal()
    for place in range(0, len(data), 11):
        changed = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
        assert world.judge(changed).verdict is not Outcome.PASSED, place


# Seal signatures.


@pytest.fixture(scope="module")
def sign(sm2: World) -> Callable[..., bytes]:
    def signed(**given: object) -> bytes:
        arguments = {"signer": sm2.pki.signer("seal"), "property_info": "a.ofd", "at": AT, **given}
        return make_ses_signature(sm2.seal(), ORIGINAL, **arguments)  # type: ignore[arg-type]

    return signed


def test_a_seal_signature_with_its_original_passes(sm2: World, sign: Callable[..., bytes]) -> None:
    report = sm2.judge(sign(), original=ORIGINAL)
    assert (report.kind, report.verdict, report.reason.code) == ("seal", Outcome.PASSED, "SIGNED_DOCUMENT")
    assert [one.field for one in report.signatures] == ["signature", "maker"]


def test_without_its_original_it_is_at_most_indeterminate(sm2: World, sign: Callable[..., bytes]) -> None:
    report = sm2.judge(sign())
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CONTENT_MISSING")


def test_over_something_else_it_fails(sm2: World, sign: Callable[..., bytes]) -> None:
    assert sm2.judge(sign(), original=ORIGINAL + b" ").reason.code == "DIGEST_MISMATCH"
    assert sm2.judge(sign(), original=b"").reason.code == "DIGEST_MISMATCH"


def test_signed_after_the_seal_s_term(sm2: World) -> None:
    short = sm2.seal(valid_to=AT + timedelta(hours=1))
    signature = make_ses_signature(short, ORIGINAL, signer=sm2.pki.signer("seal"), property_info="a", at=AT)
    later = AT + timedelta(days=1)
    assert sm2.judge(signature, original=ORIGINAL, at=later).reason.code == "SIGNED_DOCUMENT", "it was in time"
    late = signature.replace(b"\x18\x0f20261121020000Z", b"\x18\x0f20261122020000Z")
    assert check(sm2.judge(late, original=ORIGINAL, at=later), "signature") == "SIGNATURE_INVALID"


def test_a_signer_who_is_not_on_the_list(sm2: World, sign: Callable[..., bytes]) -> None:
    """The signature is exchanged for that of another key, which signs the same."""
    good, stranger = read_ses_signature(sign()), sm2.pki.signer("water-seal")
    forged = der.sequence(
        good.signed,
        der.octet_string(stranger.certificate.der),
        der.oid(stranger.algorithm.signature_oid),
        der.bit_string(stranger.sign(good.signed)),
    )
    report = sm2.judge(forged, original=ORIGINAL)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SIGNER_NOT_IN_SEAL")
    assert check(report, "signature") == "OK"


def test_a_time_stamp_is_looked_at(sm2: World, sign: Callable[..., bytes]) -> None:
    data = sign()
    value = read_ses_signature(data).signature

    def token(over: bytes) -> bytes:
        covered = imprint(hash_bytes("sm3", over), SM2_SM3)
        return make_token(sm2.pki.signer("tsa"), imprint_der=covered, at=AT, policy=policy())

    report = sm2.judge(add_time_stamp(data, token(value)), original=ORIGINAL, at=AT + timedelta(minutes=5))
    assert report.reason.code == "SIGNED_DOCUMENT"
    assert (report.signatures[0].proof, report.signatures[0].proven_time) == ("timestamp", AT)
    for wrong in (token(b"something else"), b"no token"):
        assert sm2.judge(add_time_stamp(data, wrong), original=ORIGINAL).reason.code == "TIMESTAMP_INVALID"


def test_no_changed_byte_of_a_seal_signature_passes(sm2: World, sign: Callable[..., bytes]) -> None:
    data = sign()
    for place in range(0, len(data), 13):
        changed = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
        assert sm2.judge(changed, original=ORIGINAL).verdict is not Outcome.PASSED, place


@pytest.mark.parametrize("name", ["sig_v1.dat", "sig_v4.dat", "sig_v4_certdigest.dat"])
def test_the_published_signatures(sm2: World, name: str) -> None:
    data, original = (VECTORS / name).read_bytes(), (VECTORS / "protected.bin").read_bytes()
    report = sm2.judge(data, original=original)
    assert (report.kind, report.reason.code) == ("seal", "CERTIFICATE_UNTRUSTED")
    for one in ("digest", "signature", "signer_in_seal", "seal_validity", "seal_signature"):
        assert check(report, one) == "OK", one
    assert check(sm2.judge(data), "digest") == "CONTENT_MISSING"
