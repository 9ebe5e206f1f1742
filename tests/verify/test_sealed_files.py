"""Sealed PDFs and structured licences: genuine ones, and every way of sealing that must not pass."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Unpack

import pytest
import rfc8785

from esign import ExpectedSeal, structured_from_bytes, structured_to_bytes
from keys import ECDSA_P256_SHA256, DevelopmentPki, Signer, Subject, generate_private_key
from verify import HolderEntry, Outcome, Report, TrustStore, Verifier

if TYPE_CHECKING:
    from office import Ca, CertificateChanges, LicenceChanges

Check = Callable[..., Report]


@pytest.fixture(params=["pdf", "structured"])
def check_sealed(request: pytest.FixtureRequest, office: ModuleType) -> Check:
    """Seal the sample licence in one of the two forms and verify it."""

    def check(
        verifier: Verifier,
        signer: Signer,
        *,
        holder: HolderEntry | None = None,
        asked_at: datetime | None = None,
        **changes: Unpack[LicenceChanges],
    ) -> Report:
        at = asked_at or office.AT
        if request.param == "pdf":
            sealed_at = changes.get("sealed_at", office.AT)
            return verifier.verify_file(office.seal_pdf(signer, at=sealed_at, **changes), holder=holder, at=at)
        data, signature = office.seal_structured(signer, **changes)
        return verifier.verify_file(data, signature=signature, holder=holder, at=at)

    return check


@pytest.fixture(scope="module")
def ca_verifier(ca: Ca, office: ModuleType) -> Verifier:
    return Verifier(TrustStore.from_certificates(ca.public), office.Store(office.ISSUED))


def test_genuine_development_licence_passes_and_says_what_it_is(
    check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    report = check_sealed(verifier, pki.seal)
    assert (report.verdict, report.authenticity, report.reason.code) == (Outcome.PASSED, Outcome.PASSED, "OK")
    assert report
    report.require()
    assert report.development
    assert report.sentence.zh == "证照真实有效。样例/测试，不具法律效力 (test only)。"
    assert (report.status.value, report.status.source, report.status.as_of) == ("issued", "store", office.AT)
    assert report.licence == office.licence_for(pki.seal)
    assert all(check.outcome is Outcome.PASSED for check in report.checks)
    (facts,) = report.signatures
    assert (facts.intact, facts.valid, facts.trusted, facts.development) == (True, True, True, True)
    assert (facts.algorithm, facts.signer_organization) == (pki.seal.algorithm.name, office.NAME)
    assert facts.signer_name == f"{office.NAME} 电子印章"
    assert facts.certificate_serial == f"{pki.seal.certificate.serial:x}"


def test_genuine_licence_of_a_real_ca_passes_plainly(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType
) -> None:
    report = check_sealed(ca_verifier, ca.issue())
    assert report.reason.code == "OK"
    assert not report.development
    assert (report.sentence.zh, report.action.zh) == ("证照真实有效。", "可以采信。")


def test_licence_marked_as_sample_stays_a_sample_under_a_real_seal(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca
) -> None:
    report = check_sealed(ca_verifier, ca.issue(), development=True)
    assert report
    assert report.development


def test_kinds_and_times_of_the_signature(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    pdf = verifier.verify_file(office.seal_pdf(pki.seal), at=office.AT)
    assert pdf.kind == "pdf"
    assert [(facts.field, facts.claimed_time) for facts in pdf.signatures] == [("Seal1", office.AT)]
    data, signature = office.seal_structured(pki.seal)
    structured = verifier.verify_file(data, signature=signature, at=office.AT)
    assert structured.kind == "structured"
    assert [(facts.field, facts.claimed_time) for facts in structured.signatures] == [("p7s", None)]


# Whose seal it is


def test_seal_of_another_authority_of_the_same_ca(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType
) -> None:
    report = check_sealed(ca_verifier, ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_NOT_OF_ISSUER")
    (facts,) = report.signatures
    assert facts.valid
    assert facts.trusted


@pytest.mark.parametrize("part", ["name", "code"])
def test_seal_with_only_half_of_the_issuer(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType, part: str
) -> None:
    other = {"name": office.OTHER_NAME, "code": office.OTHER_CODE}[part]
    assert check_sealed(ca_verifier, ca.issue(**{part: other})).reason.code == "SEAL_NOT_OF_ISSUER"


def test_certificate_without_organisation(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType
) -> None:
    key = generate_private_key(ECDSA_P256_SHA256)
    certificate = office.certify(
        subject=Subject(common_name=office.NAME),
        public_key=key.public_key,
        issuer=ca.certificate,
        issuer_key=ca.key,
    )
    report = check_sealed(ca_verifier, Signer(private_key=key, chain=(certificate, ca.certificate)))
    assert report.reason.code == "SEAL_NOT_OF_ISSUER"
    assert report.signatures[0].signer_organization is None


def test_licence_under_the_identifier_of_another_authority(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType
) -> None:
    """The issuer is right, but the status asked for would be that of somebody else's licence."""
    other = office.IDENTIFIER.replace(office.CODE, office.OTHER_CODE)
    assert check_sealed(ca_verifier, ca.issue(), identifier=other).reason.code == "SEAL_NOT_OF_ISSUER"


@pytest.mark.parametrize("known", [True, False], ids=["embedded", "bare"])
def test_own_ca_with_the_agencys_name_cannot_be_judged(
    check_sealed: Check, ca_verifier: Verifier, office: ModuleType, known: bool
) -> None:
    attacker = office.make_ca()
    signer = attacker.issue()
    if not known:
        signer = Signer(private_key=signer.private_key, chain=(signer.certificate,))
    report = check_sealed(ca_verifier, signer)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CERTIFICATE_UNTRUSTED")
    assert report.sentence.zh.startswith("无法判断")
    assert report.status.value == "unknown"


def test_self_signed_seal_with_the_agencys_name(check_sealed: Check, ca_verifier: Verifier, office: ModuleType) -> None:
    key = generate_private_key(ECDSA_P256_SHA256)
    subject = Subject(common_name=office.NAME, organization=office.NAME, organization_identifier=office.CODE)
    certificate = office.certify(subject=subject, public_key=key.public_key, issuer=None, issuer_key=key)
    report = check_sealed(ca_verifier, Signer(private_key=key, chain=(certificate,)))
    assert report.reason.code == "CERTIFICATE_UNTRUSTED"


def test_verifier_without_anchors_says_so(check_sealed: Check, pki: DevelopmentPki, office: ModuleType) -> None:
    store = office.Store(office.ISSUED)
    report = check_sealed(Verifier(TrustStore(()), store), pki.seal)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "NO_TRUST_ANCHORS")
    # The status of something that nobody vouches for is not asked: "revoked" would sound as if the rest were true.
    assert store.asked == []


# What the certificate may do, and when


@pytest.mark.parametrize(
    "changes",
    [
        {"usages": ("keyCertSign",)},
        {"usages": ()},
        {"purposes": ("1.3.6.1.5.5.7.3.1",)},
        {"purposes": ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")},
        {"purposes": ("1.3.6.1.5.5.7.3.8",)},
        {"usages": ("digitalSignature", "keyCertSign"), "is_ca": True},
    ],
    ids=["certificates-only", "no-usage", "server", "server-and-client", "time-stamping", "ca"],
)
def test_certificate_that_is_no_seal(check_sealed: Check, office: ModuleType, changes: CertificateChanges) -> None:
    ca = office.make_ca(ca={"path_length": None})
    verifier = Verifier(TrustStore.from_certificates(ca.public), office.Store(office.ISSUED))
    report = check_sealed(verifier, ca.issue(**changes))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "CERTIFICATE_UNFIT")


@pytest.mark.parametrize(
    "changes",
    [
        {"usages": ("nonRepudiation",)},
        {"usages": ("digitalSignature",)},
        {"purposes": ("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4")},
        {"purposes": ("1.3.6.1.5.5.7.3.36",)},
    ],
    ids=["nonRepudiation", "digitalSignature", "client-and-e-mail", "document-signing"],
)
def test_certificate_that_is_a_seal(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, changes: CertificateChanges
) -> None:
    assert check_sealed(ca_verifier, ca.issue(**changes)).reason.code == "OK"


def test_code_key_is_no_seal(check_sealed: Check, verifier: Verifier, pki: DevelopmentPki) -> None:
    assert check_sealed(verifier, pki.code).reason.code == "CERTIFICATE_UNFIT"


def test_seal_certificate_as_ca(check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType) -> None:
    """Another authority of the same CA certifies a "seal" of this one with its own seal key."""
    mallory = ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE)
    key = generate_private_key(ECDSA_P256_SHA256)
    certificate = office.certify(
        subject=Subject(common_name=office.NAME, organization=office.NAME, organization_identifier=office.CODE),
        public_key=key.public_key,
        issuer=mallory.certificate,
        issuer_key=mallory.private_key,
    )
    signer = Signer(private_key=key, chain=(certificate, *mallory.chain))
    assert check_sealed(ca_verifier, signer).reason.code == "CERTIFICATE_UNFIT"


@pytest.mark.parametrize("side", ["before", "after"])
def test_sealed_outside_the_certificates_validity(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType, side: str
) -> None:
    day = timedelta(days=1)
    validity = {"before": {"begin": office.AT + day}, "after": {"end": office.AT - day}}[side]
    report = check_sealed(ca_verifier, ca.issue(**validity))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_TIME_OUTSIDE_CERTIFICATE")


def test_how_it_was_before_the_seal(check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType) -> None:
    """A question about a day before the certificate began is no fault of the seal: the licence was not in force."""
    signer = ca.issue()
    data, signature = office.seal_structured(signer)
    before = signer.certificate.not_before - timedelta(days=400)
    report = ca_verifier.verify_file(data, signature=signature, at=before)
    assert (report.authenticity, report.reason.code) == (Outcome.PASSED, "STATUS_NOT_YET_IN_FORCE")


def test_certificate_that_expired_since_proves_nothing_about_when(
    check_sealed: Check, ca: Ca, office: ModuleType
) -> None:
    signer = ca.issue(end=office.AT + timedelta(days=365))
    trust = TrustStore.from_certificates(ca.public)
    later = office.AT + timedelta(days=366)
    report = check_sealed(Verifier(trust, office.Store(office.ISSUED)), signer, asked_at=later)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "CERTIFICATE_EXPIRED")
    assert check_sealed(Verifier(trust, office.Store(office.ISSUED)), signer, asked_at=later - timedelta(days=1))
    # Revoked is revoked, whatever the certificate.
    revoked = Verifier(trust, office.Store((office.IDENTIFIER, "revoked")))
    assert check_sealed(revoked, signer, asked_at=later).reason.code == "STATUS_REVOKED"


# What the licence expects


@pytest.mark.parametrize(
    "seals",
    [
        lambda seal: (),
        lambda seal: (dataclasses.replace(seal, algorithm="rsa" if seal.algorithm == "sm2" else "sm2"),),
        lambda seal: (dataclasses.replace(seal, certificate_digest=seal.certificate_digest.upper()),),
        lambda seal: (dataclasses.replace(seal, certificate_digest=seal.certificate_digest[:-1]),),
        lambda seal: (dataclasses.replace(seal, certificate_digest="sha256:" + "0" * 64),),
    ],
    ids=["none", "algorithm", "upper-case", "short", "other-certificate"],
)
def test_seal_that_the_licence_does_not_list(
    check_sealed: Check,
    verifier: Verifier,
    pki: DevelopmentPki,
    office: ModuleType,
    seals: Callable[[ExpectedSeal], tuple[ExpectedSeal, ...]],
) -> None:
    listed = office.licence_for(pki.seal).seals[0]
    report = check_sealed(verifier, pki.seal, seals=seals(listed))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_UNEXPECTED")


def test_licence_that_waits_for_a_seal_is_not_in_force(
    check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    listed = office.licence_for(pki.seal).seals[0]
    awaited = dataclasses.replace(listed, field="Seal2", order=2, certificate_digest="sha256:" + "0" * 64)
    report = check_sealed(verifier, pki.seal, seals=(listed, awaited))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEALS_INCOMPLETE")
    assert report.authenticity is Outcome.PASSED


def test_second_certificate_of_the_same_authority_is_not_the_listed_seal(
    check_sealed: Check, ca_verifier: Verifier, ca: Ca, office: ModuleType
) -> None:
    listed = office.licence_for(ca.issue()).seals
    assert check_sealed(ca_verifier, ca.issue(), seals=listed).reason.code == "SEAL_UNEXPECTED"


def test_field_and_time_of_the_seal_are_those_of_the_licence(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    listed = office.licence_for(pki.seal).seals[0]
    other_field = office.seal_pdf(pki.seal, seals=(dataclasses.replace(listed, field="Seal2"),))
    assert verifier.verify_file(other_field, at=office.AT).reason.code == "SEAL_UNEXPECTED"
    other_time = office.seal_pdf(pki.seal, at=office.AT + timedelta(seconds=1))
    assert verifier.verify_file(other_time, at=office.AT).reason.code == "SEAL_UNEXPECTED"


def test_signature_of_another_licence(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data, _ = office.seal_structured(pki.seal)
    _, signature = office.seal_structured(pki.seal, number="农药经许（样）99000129999")
    report = verifier.verify_file(data, signature=signature, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "DIGEST_MISMATCH")
    assert not report.signatures[0].intact
    assert report.signatures[0].valid


def test_changed_name_in_the_licence(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data, signature = office.seal_structured(pki.seal)
    changed = data.replace(office.HOLDER.name.encode(), office.STRANGER.name.encode())
    assert changed != data
    assert verifier.verify_file(changed, signature=signature, at=office.AT).reason.code == "DIGEST_MISMATCH"


def test_structured_licence_without_its_signature(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data, _ = office.seal_structured(pki.seal)
    report = verifier.verify_file(data, at=office.AT)
    assert (report.kind, report.verdict, report.reason.code) == ("structured", Outcome.FAILED, "SEAL_MISSING")
    assert ".p7s" in report.action.zh


@pytest.mark.parametrize(
    "signature", [b"", b"0", b"\x30\x80\x00\x00", b"x" * 300], ids=["empty", "short", "ber", "text"]
)
def test_signature_that_is_none(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, signature: bytes) -> None:
    data, _ = office.seal_structured(pki.seal)
    assert verifier.verify_file(data, signature=signature, at=office.AT).reason.code == "FORMAT_CMS"


def test_signature_with_bytes_behind_it(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data, signature = office.seal_structured(pki.seal)
    report = verifier.verify_file(data, signature=signature + b"\x00", at=office.AT)
    assert report.verdict is Outcome.FAILED
    assert report.reason.code in {"FORMAT_CMS", "NON_CANONICAL"}


def test_signature_by_the_wrong_key(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    """The genuine certificate with a signature that another key of the same kind has made."""
    stranger = generate_private_key(pki.seal.algorithm)

    @dataclasses.dataclass(frozen=True)
    class Impostor:
        chain = pki.seal.chain
        certificate = pki.seal.certificate
        algorithm = pki.seal.algorithm
        public_key = pki.seal.public_key

        def sign(self, data: bytes) -> bytes:
            return stranger.sign(data)

    for kind in ("pdf", "structured"):
        if kind == "pdf":
            report = verifier.verify_file(office.seal_pdf(Impostor()), at=office.AT)
        else:
            data, signature = office.seal_structured(Impostor())
            report = verifier.verify_file(data, signature=signature, at=office.AT)
        assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SIGNATURE_INVALID")
        assert report.signatures[0].intact
        assert not report.signatures[0].valid


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b" " + data,
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: json.dumps(json.loads(data), ensure_ascii=False).encode(),
        lambda data: data.replace("农".encode(), b"\\u519c"),
        lambda data: data.replace(b'"format"', b'"development":false,"format"'),
    ],
    ids=["blank-before", "newline-behind", "byte-order-mark", "blanks-inside", "escape", "key-twice"],
)
def test_structured_licence_in_another_form(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, change: Callable[[bytes], bytes]
) -> None:
    data, signature = office.seal_structured(pki.seal)
    assert change(data) != data
    report = verifier.verify_file(change(data), signature=signature, at=office.AT)
    assert report.verdict is Outcome.FAILED
    assert report.reason.code in {"NON_CANONICAL", "FORMAT_STRUCTURED"}


def test_pdf_with_a_structured_licence_in_another_form(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    """The issuer's own key has sealed it: still nobody could compare it with licence.json."""
    data = structured_to_bytes(office.licence_for(pki.seal))
    for inside, code in ((data + b"\n", "NON_CANONICAL"), (b"{}", "FORMAT_STRUCTURED"), (b"", "FORMAT_STRUCTURED")):
        report = verifier.verify_file(office.seal_pdf(pki.seal, structured=inside), at=office.AT)
        assert (report.verdict, report.reason.code) == (Outcome.FAILED, code)


def test_pdf_grown_after_the_seal(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    pdf = office.seal_pdf(pki.seal)
    for more in (b"\n", b"%", b"\x00", b"\n1 0 obj\n<<>>\nendobj\n", pdf, pdf[-200:]):
        report = verifier.verify_file(pdf + more, at=office.AT)
        assert report.verdict is Outcome.FAILED
        assert report.reason.code == "NON_CANONICAL"


def test_pdf_with_capital_hexadecimal(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    pdf = office.seal_pdf(pki.seal)
    start = pdf.index(b"/Contents") + len(b"/Contents")
    start = pdf.index(b"<", start) + 1
    end = pdf.index(b">", start)
    letters = [at for at in range(start, end) if pdf[at : at + 1].isalpha()]
    assert len(letters) > 500
    for at in letters[:: len(letters) // 20]:
        changed = pdf[:at] + pdf[at : at + 1].upper() + pdf[at + 1 :]
        assert verifier.verify_file(changed, at=office.AT).reason.code == "NON_CANONICAL"
    whole = pdf[:start] + pdf[start:end].upper() + pdf[end:]
    assert verifier.verify_file(whole, at=office.AT).reason.code == "NON_CANONICAL"


def test_seal_of_one_pdf_moved_to_another(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    def digits(pdf: bytes) -> tuple[int, int]:
        start = pdf.index(b"<", pdf.index(b"/Contents") + len(b"/Contents")) + 1
        return start, pdf.index(b">", start)

    genuine = office.seal_pdf(pki.seal)
    forged = office.seal_pdf(pki.seal, number="农药经许（样）99000129999")
    (begin, end), (start, stop) = digits(genuine), digits(forged)
    moved = forged[:start] + genuine[begin:end] + forged[stop:]
    assert verifier.verify_file(moved, at=office.AT).reason.code == "DIGEST_MISMATCH"


def test_attacker_edits_and_seals_anew(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    """The whole file is rewritten and sealed with a key of the attacker's, listed as the expected one."""
    attacker = office.make_ca().issue()
    report = verifier.verify_file(office.seal_pdf(attacker), at=office.AT)
    assert report.verdict is not Outcome.PASSED
    listed = office.licence_for(pki.seal).seals
    report = verifier.verify_file(office.seal_pdf(attacker, seals=listed), at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "SEAL_UNEXPECTED")


@pytest.mark.parametrize("case", ["one-more", "root", "none", "twice"])
def test_certificates_in_the_file_are_those_of_the_path(
    check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType, case: str
) -> None:
    """No signature covers them, so a change would leave every other check as it is."""
    leaf, between = pki.seal.chain
    chain = {
        "one-more": (leaf, between, office.make_ca().issue().certificate),
        "root": (leaf, between, pki.root),
        "none": (leaf,),
        "twice": (leaf, between, between),
    }[case]
    report = check_sealed(verifier, Signer(private_key=pki.seal.private_key, chain=chain))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "NON_CANONICAL")
    # One certificate twice is no CMS that we write; the others must be compared with the path.
    found_by = "format" if case == "twice" else "embedded"
    assert [check.name for check in report.checks if check.code != "OK"] == [found_by]


# Whose licence it is


def test_holder_entry(check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    assert check_sealed(verifier, pki.seal, holder=office.HOLDER).reason.code == "OK"
    typed = HolderEntry(name=" 李 样例", code="９９０００１ 199001011234 ")
    assert check_sealed(verifier, pki.seal, holder=typed).reason.code == "OK"
    report = check_sealed(verifier, pki.seal, holder=office.STRANGER)
    assert (report.verdict, report.authenticity, report.reason.code) == (
        Outcome.FAILED,
        Outcome.FAILED,
        "HOLDER_MISMATCH",
    )
    for half in ({"name": office.STRANGER.name}, {"code": office.STRANGER.code}):
        entry = dataclasses.replace(office.HOLDER, **half)
        assert check_sealed(verifier, pki.seal, holder=entry).reason.code == "HOLDER_MISMATCH"


def test_holder_says_nothing_about_an_untrusted_seal(
    check_sealed: Check, ca_verifier: Verifier, office: ModuleType
) -> None:
    report = check_sealed(ca_verifier, office.make_ca().issue(), holder=office.STRANGER)
    assert report.reason.code == "CERTIFICATE_UNTRUSTED"


def test_personal_data_stays_out_of_checks_and_representation(
    check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    for holder in (office.HOLDER, office.STRANGER):
        report = check_sealed(verifier, pki.seal, holder=holder)
        said = repr(holder) + repr(report.checks) + repr(report.signatures) + str(report.sentence) + str(report.action)
        for secret in (holder.name, holder.code, office.HOLDER.name, office.HOLDER.code):
            assert secret not in said


# Whether it is in force


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (datetime.fromisoformat("2026-11-20T15:59:59+00:00"), "STATUS_NOT_YET_IN_FORCE"),
        (datetime.fromisoformat("2026-11-20T16:00:00+00:00"), "OK"),
        (datetime.fromisoformat("2027-03-01T23:59:59+08:00"), "OK"),
        (datetime.fromisoformat("2027-03-02T00:00:00+08:00"), "STATUS_EXPIRED"),
        (datetime.fromisoformat("2027-03-01T12:00:00-05:00"), "STATUS_EXPIRED"),
    ],
)
def test_term_is_of_whole_days_in_china(
    check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, moment: datetime, code: str
) -> None:
    report = check_sealed(verifier, pki.seal, asked_at=moment, valid_to=date(2027, 3, 1))
    assert report.reason.code == code
    assert report.authenticity is Outcome.PASSED
    assert report.status.value == "issued"


def test_licence_without_end(check_sealed: Check, verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    late = office.AT + timedelta(days=19 * 365)
    assert check_sealed(verifier, pki.seal, asked_at=late, valid_to=None).reason.code == "OK"


@pytest.mark.parametrize(
    ("value", "outcome", "code"),
    [
        ("revoked", Outcome.FAILED, "STATUS_REVOKED"),
        ("unknown", Outcome.INDETERMINATE, "STATUS_UNKNOWN"),
        ("ISSUED", Outcome.INDETERMINATE, "STATUS_UNKNOWN"),
        ("frozen", Outcome.INDETERMINATE, "STATUS_UNKNOWN"),
    ],
)
def test_what_the_store_says(
    check_sealed: Check, ca: Ca, office: ModuleType, value: str, outcome: Outcome, code: str
) -> None:
    verifier = Verifier(TrustStore.from_certificates(ca.public), office.Store((office.IDENTIFIER, value)))
    report = check_sealed(verifier, ca.issue())
    assert (report.verdict, report.authenticity, report.reason.code) == (outcome, Outcome.PASSED, code)
    assert report.status.value == value


@pytest.mark.parametrize("source", ["none", "does-not-know"])
def test_nobody_knows_the_status(check_sealed: Check, ca: Ca, office: ModuleType, source: str) -> None:
    store = None if source == "none" else office.Store()
    report = check_sealed(Verifier(TrustStore.from_certificates(ca.public), store), ca.issue())
    assert (report.verdict, report.authenticity) == (Outcome.INDETERMINATE, Outcome.PASSED)
    assert (report.reason.code, report.status.value, report.status.source) == ("STATUS_UNKNOWN", "unknown", "none")


def test_failure_of_the_store_is_the_callers(check_sealed: Check, ca: Ca) -> None:
    class Broken:
        def status(self, identifier: str, at: datetime) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        check_sealed(Verifier(TrustStore.from_certificates(ca.public), Broken()), ca.issue())


def test_status_is_asked_about_genuine_licences_only(
    verifier: Verifier, pki: DevelopmentPki, ca: Ca, office: ModuleType
) -> None:
    store = office.Store((office.IDENTIFIER, "revoked"))
    forged = office.seal_pdf(ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE))
    report = Verifier(TrustStore.from_certificates(ca.public), store).verify_file(forged, at=office.AT)
    assert report.reason.code == "SEAL_NOT_OF_ISSUER"
    assert store.asked == []
    assert {check.name for check in report.checks} & {"status", "validity"} == set()


def test_naive_time_is_refused(verifier: Verifier, office: ModuleType) -> None:
    with pytest.raises(ValueError, match="offset"):
        verifier.verify_file(b"", at=datetime(2026, 11, 21))


def test_foreign_keys_in_the_licence_are_not_lost_silently(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    """A key that this version does not know, sealed by the issuer, is part of what was sealed: it does no harm."""
    document = json.loads(structured_to_bytes(office.licence_for(pki.seal)))
    data = rfc8785.dumps(document | {"later": "值"})
    read = structured_from_bytes(data)
    assert [(one.path, json.loads(one.value)) for one in read.unknown] == [(("later",), "值")]
    assert dataclasses.replace(read, unknown=()) == office.licence_for(pki.seal)
