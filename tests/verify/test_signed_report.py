"""Signed reports: what they prove, of when, and everything that they must not be taken for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import rfc8785

from esign import (
    REPORT_ATTACHMENT_NAME,
    AuthorityName,
    AuthorityRegister,
    CaseReference,
    CheckedThing,
    FileDigests,
    PdfContent,
    PdfSealer,
    Refusal,
    Seal,
    SealPicture,
    Shape,
    VerificationReport,
    add_signer,
    rectangle,
    report_to_bytes,
    sign_detached,
)
from esign.authorities import Authority, Days
from esign.page import Page, SealPlace
from keys import COPY_SIGNING_EKU, Signer, hash_bytes
from verify import Outcome, Report, TrustStore, Verifier

LICENCE = b"the bytes of a sealed PDF"
RESULT: dict[str, Any] = {
    "verdict": "passed",
    "kind": "pdf",
    "reason": "OK",
    "sentence": {"zh": "证照真实有效。", "en": "The licence is genuine and in force."},
    "licence": {"certificateType": "农药经营许可证", "certificateNumber": "农药经许（样）99000120001"},
}


def _digests(data: bytes) -> FileDigests:
    return FileDigests(sha256=hash_bytes("sha256", data).hex(), sm3=hash_bytes("sm3", data).hex())


def _report(office: ModuleType, **changes: Any) -> VerificationReport:
    result = RESULT | {"at": office.AT.isoformat()} | changes.pop("result", {})
    sample = VerificationReport(
        serial="HY2345678923AB",
        office_name=office.NAME,
        office_code=office.CODE,
        case=CaseReference(officer="clerk07", case_number="C-1"),
        made_at=office.AT,
        checked=CheckedThing(what="file", size=len(LICENCE), digests=_digests(LICENCE)),
        result=rfc8785.dumps(result),
        development=False,
    )
    return replace(sample, **changes)


def _sealed(
    office: ModuleType,
    signer: Signer,
    data: bytes,
    *,
    at: datetime | None = None,
    name: str = REPORT_ATTACHMENT_NAME,
    title: str = "核验回执 HY2345678923AB",
) -> bytes:
    page = Page(width=210, height=297, items=(), seals=(SealPlace(field="Seal1", x=105, y=200),))
    content = PdfContent(title=title, pages=(page,), elements=(), structured=data, attachment=name)
    picture = SealPicture(width=42.0, height=42.0, shapes=(Shape(commands=rectangle(1, 1, 40, 40), stroke=(1, 0, 0)),))
    seal = Seal(name=office.NAME, picture=picture, signer=signer)
    return PdfSealer(office.fonts(), seal).seal(content, at=at or office.AT).data


@pytest.fixture(scope="module")
def signer(ca: Any) -> Signer:
    made: Signer = ca.issue()
    return made


@pytest.fixture(scope="module")
def trusting(ca: Any) -> Verifier:
    return Verifier(TrustStore.from_certificates(ca.public))


@pytest.fixture(scope="module")
def data(office: ModuleType) -> bytes:
    return report_to_bytes(_report(office))


@pytest.fixture(scope="module")
def p7s(office: ModuleType, signer: Signer, data: bytes) -> bytes:
    return sign_detached(data, signer, signing_time=office.AT)


@pytest.fixture(scope="module")
def pdf(office: ModuleType, signer: Signer, data: bytes) -> bytes:
    return _sealed(office, signer, data)


def _says_nothing_of_today(report: Report) -> bool:
    nothing = report.licence is None and report.code is None
    return nothing and (report.status.value, report.status.source) == ("unknown", "none")


def test_a_report_passes_for_what_it_is(
    office: ModuleType, trusting: Verifier, data: bytes, p7s: bytes, pdf: bytes
) -> None:
    for report in (
        trusting.verify_file(pdf, at=office.AT),
        trusting.verify_file(data, signature=p7s, at=office.AT),
        trusting.verify_file(p7s, original=data, at=office.AT),
    ):
        assert (report.kind, report.verdict, report.reason.code) == ("report", Outcome.PASSED, "REPORT_GENUINE")
        assert _says_nothing_of_today(report)
        assert report.recorded is not None
        assert report.recorded.case.case_number == "C-1"
        for words in (
            "不是证照本身",
            "不代表现在的状态",
            office.NAME,
            "2026-11-21 10:30",
            "结论：通过",
            "农药经营许可证",
        ):
            assert words in report.sentence.zh
        assert "重新核验" in report.action.zh


def test_what_failed_then_is_said_to_have_failed(office: ModuleType, signer: Signer, trusting: Verifier) -> None:
    failed = report_to_bytes(_report(office, result={"verdict": "failed", "reason": "STATUS_REVOKED"}))
    report = trusting.verify_file(_sealed(office, signer, failed), at=office.AT)
    assert report.reason.code == "REPORT_GENUINE"
    assert "结论：不通过" in report.sentence.zh
    assert "failed" in report.sentence.en


def test_a_refusal_slip_says_why(office: ModuleType, signer: Signer, trusting: Verifier) -> None:
    refusal = Refusal(reason="other", zh="其他原因", en="another reason", remark="x")
    slip = report_to_bytes(_report(office, refusal=refusal))
    report = trusting.verify_file(_sealed(office, signer, slip, title="拒收回执 HY2345678923AB"), at=office.AT)
    assert report.verdict is Outcome.PASSED
    assert "拒收回执" in report.sentence.zh
    assert "其他原因" in report.sentence.zh


def test_an_old_report_is_not_todays_answer(office: ModuleType, trusting: Verifier, pdf: bytes) -> None:
    """Replayed when the licence was long revoked, it still says only what was so then."""

    class Revoked:
        def status(self, *_: object, **__: object) -> None:
            raise AssertionError("nobody asks for the state of a report")

    verifier = Verifier(trusting._trust, Revoked())  # type: ignore[arg-type]
    report = verifier.verify_file(pdf, at=office.AT + timedelta(days=365))
    assert _says_nothing_of_today(report)
    assert "2026-11-21 10:30" in report.sentence.zh
    assert "不代表现在的状态" in report.sentence.zh


def test_of_the_file_beside_it(office: ModuleType, trusting: Verifier, pdf: bytes, data: bytes, p7s: bytes) -> None:
    assert trusting.verify_file(pdf, original=LICENCE, at=office.AT).reason.code == "REPORT_GENUINE"
    assert trusting.verify_file(data, signature=p7s, original=LICENCE, at=office.AT).reason.code == "REPORT_GENUINE"


@pytest.mark.parametrize("other", [LICENCE + b" ", LICENCE[:-1], b"", b"%PDF-1.7 another licence"], ids=range(4))
def test_a_report_for_another_file(office: ModuleType, trusting: Verifier, pdf: bytes, other: bytes) -> None:
    report = trusting.verify_file(pdf, original=other, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "REPORT_OTHER_SUBJECT")
    assert report.authenticity is Outcome.FAILED
    assert "结论" not in report.sentence.zh


def test_of_the_code_beside_it(office: ModuleType, signer: Signer, trusting: Verifier) -> None:
    code = b"http://127.0.0.1:8000/V/ABC"
    checked = CheckedThing(what="code", size=len(code), digests=_digests(code))
    pdf = _sealed(office, signer, report_to_bytes(_report(office, checked=checked)))
    assert trusting.verify_file(pdf, original=code + b"\n", at=office.AT).reason.code == "REPORT_GENUINE"
    assert trusting.verify_file(pdf, original=code + b"D", at=office.AT).reason.code == "REPORT_OTHER_SUBJECT"


def test_an_edited_report_fails(
    office: ModuleType, signer: Signer, trusting: Verifier, data: bytes, p7s: bytes, pdf: bytes
) -> None:
    edited = report_to_bytes(_report(office, result={"verdict": "failed"}))
    assert trusting.verify_file(edited, signature=p7s, at=office.AT).reason.code == "DIGEST_MISMATCH"
    assert trusting.verify_file(b" " + data, signature=p7s, at=office.AT).reason.code == "NON_CANONICAL"
    for content, signature in ((data, p7s), (pdf, None)):
        for place in range(0, len(content), len(content) // 90):
            broken = bytearray(content)
            broken[place] ^= 1
            report = trusting.verify_file(bytes(broken), signature=signature, at=office.AT)
            assert report.verdict is not Outcome.PASSED, place


@pytest.mark.soak
def test_every_byte_counts(office: ModuleType, trusting: Verifier, data: bytes, p7s: bytes, pdf: bytes) -> None:
    """Every byte of the sealed page, of the signed text and of its signature, each changed in one bit of eight."""
    for content, beside in ((pdf, None), (data, p7s), (p7s, data)):
        for place in range(len(content)):
            broken = bytearray(content)
            broken[place] ^= 1 << place % 8
            given = {"original": beside} if content is p7s else {"signature": beside}
            report = trusting.verify_file(bytes(broken), at=office.AT, **given)
            assert report.verdict is not Outcome.PASSED, place


def test_cut_off_or_without_its_signature(office: ModuleType, trusting: Verifier, data: bytes, p7s: bytes) -> None:
    report = trusting.verify_file(data[:-1], signature=p7s, at=office.AT)
    assert (report.kind, report.reason.code) == ("report", "FORMAT_REPORT")
    assert trusting.verify_file(data, at=office.AT).reason.code == "SEAL_MISSING"
    assert trusting.verify_file(data, signature=b"0\x03\x02\x01\x05", at=office.AT).reason.code == "FORMAT_CMS"


POSING: dict[str, Callable[[Any, ModuleType], Signer]] = {
    "another office": lambda ca, office: ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE),
    "its name under another code": lambda ca, office: ca.issue(code=office.OTHER_CODE),
    "its code under another name": lambda ca, office: ca.issue(name=office.OTHER_NAME),
}


@pytest.mark.parametrize("pose", POSING.values(), ids=POSING)
def test_somebody_else_poses_as_the_office(
    office: ModuleType, ca: Any, trusting: Verifier, data: bytes, pose: Callable[[Any, ModuleType], Signer]
) -> None:
    signer = pose(ca, office)
    report = trusting.verify_file(_sealed(office, signer, data), at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "REPORT_NOT_OF_OFFICE")
    p7s = sign_detached(data, signer, signing_time=office.AT)
    assert trusting.verify_file(data, signature=p7s, at=office.AT).reason.code == "REPORT_NOT_OF_OFFICE"


def _register(office: ModuleType, code: str, name: str) -> AuthorityRegister:
    days = Days(since=office.BEGIN.date())
    authority = Authority(
        code=code, names=(AuthorityName(name=name, days=days),), level="区县级", region="990101", superior="", days=days
    )
    return AuthorityRegister(number=1, issued_at=office.BEGIN, authorities=(authority,))


def test_the_register_knows_who_bears_a_name(office: ModuleType, ca: Any, pdf: bytes) -> None:
    for code, name, reason in (
        (office.CODE, office.NAME, "REPORT_GENUINE"),
        (office.OTHER_CODE, office.OTHER_NAME, "REPORT_GENUINE"),
        (office.OTHER_CODE, office.NAME, "REPORT_NOT_OF_OFFICE"),
        (office.CODE, office.OTHER_NAME, "REPORT_NOT_OF_OFFICE"),
    ):
        trust = TrustStore.from_certificates(ca.public, register=_register(office, code, name))
        assert Verifier(trust).verify_file(pdf, at=office.AT).reason.code == reason


def test_whose_key_may_not_seal(office: ModuleType, ca: Any, trusting: Verifier, data: bytes) -> None:
    for signer, reason in (
        (ca.issue(purposes=(COPY_SIGNING_EKU,)), "CERTIFICATE_UNFIT"),
        (ca.issue_code(), "CERTIFICATE_UNFIT"),
        (office.make_ca("二").issue(), "CERTIFICATE_UNTRUSTED"),
    ):
        report = trusting.verify_file(_sealed(office, signer, data), at=office.AT)
        assert report.reason.code == reason
        assert report.verdict is not Outcome.PASSED


def test_one_seal_at_its_own_time(
    office: ModuleType, ca: Any, signer: Signer, trusting: Verifier, data: bytes, p7s: bytes
) -> None:
    later = _sealed(office, signer, data, at=office.AT + timedelta(seconds=1))
    assert trusting.verify_file(later, at=office.AT).reason.code == "SEAL_UNEXPECTED"
    timeless = sign_detached(data, signer)
    assert trusting.verify_file(data, signature=timeless, at=office.AT).reason.code == "SEAL_UNEXPECTED"
    both = add_signer(p7s, data, ca.issue(), signing_time=office.AT)
    assert trusting.verify_file(data, signature=both, at=office.AT).reason.code == "SEAL_UNEXPECTED"


def test_neither_is_taken_for_the_other(office: ModuleType, signer: Signer, data: bytes, trusting: Verifier) -> None:
    """A report inside a licence, a licence inside a report, and the one under the other's name."""
    licence, _ = office.seal_structured(signer, development=False)
    as_report = trusting.verify_file(_sealed(office, signer, licence), at=office.AT)
    assert (as_report.kind, as_report.reason.code) == ("report", "FORMAT_REPORT")
    as_licence = trusting.verify_file(_sealed(office, signer, data, name="licence.json"), at=office.AT)
    assert as_licence.reason.code == "FORMAT_STRUCTURED"
    mixed = rfc8785.dumps(json.loads(licence) | {"x": json.loads(data)})
    both = trusting.verify_file(mixed, signature=sign_detached(mixed, signer), at=office.AT)
    assert both.verdict is Outcome.FAILED
    assert both.licence is None
    holding = report_to_bytes(_report(office, result={"structured": json.loads(licence)}))
    report = trusting.verify_file(_sealed(office, signer, holding), at=office.AT)
    assert _says_nothing_of_today(report)


def test_what_was_made_for_tests_says_so(office: ModuleType, signer: Signer, trusting: Verifier) -> None:
    sample = report_to_bytes(_report(office, development=True))
    report = trusting.verify_file(_sealed(office, signer, sample), at=office.AT)
    assert report.development
    assert "样例/测试" in report.sentence.zh


def test_metadata_that_name_another_report(office: ModuleType, trusting: Verifier, signer: Signer, data: bytes) -> None:
    pdf = _sealed(office, signer, data, title="核验回执 HY9999999999AB")
    report = trusting.verify_file(pdf, at=office.AT)
    assert (report.reason.code, report.checks[-1].name) == ("FACE_DIFFERS", "metadata")
    assert report.checks[-1].detail.endswith(": title")
