"""The code on the face: genuine, transplanted, forged, mistyped."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from esign import make_short_code
from keys import CODE_SIGNING_EKU, RSA_SHA256, DevelopmentPki, Signer, Subject, generate_private_key, key_identifier
from verify import HolderEntry, Outcome, StatusSource, TrustStore, Verifier

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

if TYPE_CHECKING:
    from office import Ca, CertificateChanges


def trusting(ca: Ca, *signers: Signer, source: StatusSource | None) -> Verifier:
    return Verifier(TrustStore.from_certificates((*ca.public, *(signer.certificate for signer in signers))), source)


def test_code_alone_is_at_most_indeterminate(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    report = verifier.verify_code(office.write_code(pki.code), at=office.AT)
    assert (report.kind, report.verdict, report.reason.code) == ("code", Outcome.INDETERMINATE, "HOLDER_NOT_CHECKED")
    assert report.sentence.zh.startswith("代码真实，未核对是否属于此人")
    assert report.status.value == "issued"
    assert report.licence is None
    assert report.code is not None
    assert report.code.identifier == office.IDENTIFIER
    (facts,) = report.signatures
    assert (facts.field, facts.valid, facts.trusted, facts.development) == ("code", True, True, True)
    assert facts.signer_organization == office.NAME


@pytest.mark.parametrize(
    "entry",
    [
        HolderEntry(name="李样例", code="990001199001011234"),
        HolderEntry(name=" 李　样例 ", code="９９０００１１９９００１０１１２３４"),
    ],
    ids=["plain", "typed-with-an-input-method"],
)
def test_code_of_this_holder_passes(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, entry: HolderEntry
) -> None:
    report = verifier.verify_code(office.write_code(pki.code), holder=entry, at=office.AT)
    assert report.reason.code == "OK"
    assert report


def test_small_letter_x_in_the_number_is_the_same(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    holder = HolderEntry(name="李样例", code="99000119900101123X")
    text = office.write_code(pki.code, holder=holder)
    assert verifier.verify_code(text, holder=HolderEntry(name="李样例", code="99000119900101123x"), at=office.AT)


@pytest.mark.parametrize(
    "entry",
    [
        HolderEntry(name="王路人", code="990001198001015678"),
        HolderEntry(name="李样例", code="990001198001015678"),
        HolderEntry(name="王路人", code="990001199001011234"),
        HolderEntry(name="", code=""),
        HolderEntry(name="\ud800", code="\udfff"),
    ],
    ids=["stranger", "other-number", "other-name", "empty", "no-text"],
)
def test_transplanted_code(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, entry: HolderEntry) -> None:
    report = verifier.verify_code(office.write_code(pki.code), holder=entry, at=office.AT)
    assert (report.verdict, report.authenticity) == (Outcome.FAILED, Outcome.FAILED)
    assert report.reason.code == "HOLDER_MISMATCH"
    said = repr(report.checks) + str(report.sentence) + str(report.action)
    assert "990001" not in said
    assert "李样例" not in said


@pytest.mark.parametrize(("value", "code"), [("revoked", "STATUS_REVOKED"), ("unknown", "HOLDER_NOT_CHECKED")])
def test_revoked_is_said_before_the_holder_is_asked_for(
    pki: DevelopmentPki, office: ModuleType, value: str, code: str
) -> None:
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    verifier = Verifier(trust, office.Store((office.IDENTIFIER, value)))
    text = office.write_code(pki.code)
    assert verifier.verify_code(text, at=office.AT).reason.code == code
    matched = verifier.verify_code(text, holder=office.HOLDER, at=office.AT)
    assert matched.reason.code == f"STATUS_{value.upper()}"
    assert matched.authenticity is Outcome.PASSED


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-11-20T23:59:59+08:00", "STATUS_NOT_YET_IN_FORCE"),
        ("2026-11-21T00:00:00+08:00", "OK"),
        ("2031-11-20T23:59:59+08:00", "OK"),
        ("2031-11-21T00:00:00+08:00", "STATUS_EXPIRED"),
    ],
)
def test_term(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, moment: str, code: str) -> None:
    text = office.write_code(pki.code)
    report = verifier.verify_code(text, holder=office.HOLDER, at=datetime.fromisoformat(moment))
    assert report.reason.code == code


def test_address_and_case_do_not_matter(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    text = office.write_code(pki.code)
    for form in (f"http://127.0.0.1:8000/V/{text}", f"HTTPS://LICENCE.EXAMPLE/v/{text}\n", text.lower(), f" {text} "):
        assert verifier.verify_code(form, holder=office.HOLDER, at=office.AT), form


def test_every_changed_character_is_caught(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    text = office.write_code(pki.code)
    for place, character in enumerate(text):
        other = BASE32[(BASE32.index(character) + 1 + place % 31) % 32]
        assert other != character
        changed = text[:place] + other + text[place + 1 :]
        report = verifier.verify_code(changed, holder=office.HOLDER, at=office.AT)
        assert report.verdict is not Outcome.PASSED
        assert report.reason.code in {"FORMAT_CODE", "SIGNATURE_INVALID", "CODE_KEY_UNKNOWN"}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "=",
        lambda text: text + "======",
        lambda text: text + "A",
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: text + text,
        lambda text: text[:9] + "-" + text[9:],
        lambda text: text[:9] + " " + text[9:],
        lambda text: text.replace("A", "Ａ"),
        lambda text: text + "?x=1",
        lambda text: "",
        lambda text: " ",
        lambda text: "https://example.com/",
        lambda text: "https://example.com/V/",
        lambda text: "WIFI:S:office;T:WPA;P:secret;;",
        lambda text: "\x00" * 200,
        lambda text: "\ud800",
        lambda text: "A" * 1_000_000,
        lambda text: make_short_code(lambda size: bytes(range(size))),
    ],
)
def test_what_is_no_code(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, change: Callable[[str], str]
) -> None:
    report = verifier.verify_code(change(office.write_code(pki.code)), holder=office.HOLDER, at=office.AT)
    assert (report.kind, report.verdict, report.reason.code) == ("code", Outcome.FAILED, "FORMAT_CODE")
    assert report.code is None
    assert report.status.value == "unknown"


# Whose key it is


def test_unknown_key(verifier: Verifier, ca: Ca, office: ModuleType) -> None:
    report = verifier.verify_code(office.write_code(ca.issue_code()), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CODE_KEY_UNKNOWN")
    assert report.sentence.zh.startswith("无法判断")


def test_verifier_without_anchors(pki: DevelopmentPki, office: ModuleType) -> None:
    text = office.write_code(pki.code)
    for others in ((), (pki.code.certificate, pki.issuing_ca)):
        report = Verifier(TrustStore((), others)).verify_code(text, at=office.AT)
        assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "NO_TRUST_ANCHORS")


def test_key_identifier_of_another_key(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    """A forger names the authority's key and signs with a key of his own."""
    forger = office.make_ca().issue_code()
    named = key_identifier(pki.code.public_key, pki.code.algorithm.digest)
    report = verifier.verify_code(office.write_code(forger, key_id=named), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SIGNATURE_INVALID")


def test_code_of_another_authority_of_the_same_ca(ca: Ca, office: ModuleType) -> None:
    other = ca.issue_code(name=office.OTHER_NAME, code=office.OTHER_CODE)
    verifier = trusting(ca, other, source=office.Store(office.ISSUED))
    report = verifier.verify_code(office.write_code(other), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_NOT_OF_ISSUER")
    assert report.signatures[0].valid


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": ()},
        {"purposes": ("1.3.6.1.5.5.7.3.36",)},
        {"purposes": (CODE_SIGNING_EKU,), "usages": ("keyCertSign",)},
        {"purposes": (CODE_SIGNING_EKU,), "usages": ()},
    ],
    ids=["seal-without-purpose", "seal-for-documents", "certificates-only", "no-usage"],
)
def test_certificate_that_is_not_for_codes(ca: Ca, office: ModuleType, changes: CertificateChanges) -> None:
    signer = ca.issue_code(**changes)
    verifier = trusting(ca, signer, source=office.Store(office.ISSUED))
    report = verifier.verify_code(office.write_code(signer), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "CERTIFICATE_UNFIT")


def test_known_code_certificate_without_a_path(ca: Ca, office: ModuleType) -> None:
    """Somebody put a stranger's code certificate into the folder of trust: without its root it says nothing."""
    stranger = office.make_ca("二").issue_code()
    verifier = trusting(ca, stranger, source=office.Store(office.ISSUED))
    report = verifier.verify_code(office.write_code(stranger), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CERTIFICATE_UNTRUSTED")


@pytest.mark.parametrize("known", ["STRANGER", "HOLDER"])
def test_holder_says_nothing_about_an_unproven_code(verifier: Verifier, ca: Ca, office: ModuleType, known: str) -> None:
    """ "Genuine, but not this person's" would vouch for a code that nobody vouches for."""
    text = office.write_code(ca.issue_code())
    report = verifier.verify_code(text, holder=getattr(office, known), at=office.AT)
    assert report.reason.code == "CODE_KEY_UNKNOWN"
    assert "holder" not in {check.name for check in report.checks}


def test_expired_code_certificate(ca: Ca, office: ModuleType) -> None:
    signer = ca.issue_code(end=office.AT)
    verifier = trusting(ca, signer, source=office.Store(office.ISSUED))
    text = office.write_code(signer)
    assert verifier.verify_code(text, holder=office.HOLDER, at=office.AT)
    late = office.AT + timedelta(seconds=1)
    report = verifier.verify_code(text, holder=office.HOLDER, at=late)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CERTIFICATE_EXPIRED")
    renewed = office.certify(
        subject=Subject(common_name="x", organization=office.NAME, organization_identifier=office.CODE),
        public_key=signer.public_key,
        issuer=ca.certificate,
        issuer_key=ca.key,
        usages=("digitalSignature",),
        purposes=(CODE_SIGNING_EKU,),
    )
    renewing = dataclasses.replace(signer, chain=(renewed, ca.certificate))
    verifier = trusting(ca, signer, renewing, source=office.Store(office.ISSUED))
    assert verifier.verify_code(text, holder=office.HOLDER, at=late)


def test_code_certificate_of_a_ca_that_had_expired_before(office: ModuleType) -> None:
    old = office.make_ca(ca={"end": office.AT - timedelta(days=1)})
    signer = old.issue_code(begin=office.AT)
    verifier = trusting(old, signer, source=office.Store(office.ISSUED))
    report = verifier.verify_code(office.write_code(signer), holder=office.HOLDER, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_TIME_OUTSIDE_CERTIFICATE")


def test_rsa_key_named_by_a_code(ca: Ca, office: ModuleType) -> None:
    """The key exists, but no code of 64 bytes can be its signature."""
    key = generate_private_key(RSA_SHA256)
    certificate = office.certify(
        subject=Subject(common_name="x", organization=office.NAME, organization_identifier=office.CODE),
        public_key=key.public_key,
        issuer=ca.certificate,
        issuer_key=ca.key,
        usages=("digitalSignature",),
        purposes=(CODE_SIGNING_EKU,),
    )
    rsa = Signer(private_key=key, chain=(certificate, ca.certificate))
    text = office.write_code(ca.issue_code(), key_id=key_identifier(key.public_key, "sha256"))
    report = trusting(ca, rsa, source=None).verify_code(text, at=office.AT)
    assert report.reason.code == "SIGNATURE_INVALID"
