from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations

import pytest

from verify import REASONS, Basis, Check, LicenceStatus, Outcome, Report, VerificationError
from verify.judgement import authenticity, judge, worst

STANDING = {
    "STATUS_REVOKED": "status",
    "STATUS_UNKNOWN": "status",
    "STATUS_EXPIRED": "validity",
    "STATUS_NOT_YET_IN_FORCE": "validity",
    "RENEWAL_PENDING": "validity",
    "OBLIGATION_OVERDUE": "obligations",
    "OBLIGATION_UNKNOWN": "obligations",
}


def check(code: str) -> Check:
    return Check(name=STANDING.get(code, "anything"), code=code)


def report(code: str, *, development: bool = False) -> Report:
    return Report(
        kind="pdf",
        authenticity=authenticity((check(code),)) if code not in STANDING else Outcome.PASSED,
        status=LicenceStatus(value="unknown", as_of=None, source="none"),
        reason=REASONS[code],
        licence=None,
        code=None,
        checks=(check(code),),
        signatures=(),
        basis=Basis(
            anchors=1,
            anchors_as_of=None,
            register_as_of=None,
            revocation_as_of=None,
            newest_seen=None,
            clock=None,
        ),
        at=datetime(2026, 11, 21, tzinfo=UTC),
        development=development,
    )


def test_verdict_of_any_two_checks_is_the_worse_of_both() -> None:
    for one, other in combinations(REASONS, 2):
        checks = (check("OK"), check(one), check(other))
        reason = judge(checks)
        assert reason.code in {one, other}
        assert reason.outcome is worst((REASONS[one].outcome, REASONS[other].outcome))
        assert judge(checks[::-1]) is reason


@pytest.mark.parametrize(
    ("said", "unsaid"),
    [
        ("DIGEST_MISMATCH", "CERTIFICATE_UNTRUSTED"),
        ("DIGEST_MISMATCH", "SIGNATURE_INVALID"),
        ("SEAL_NOT_OF_ISSUER", "CERTIFICATE_UNFIT"),
        ("HOLDER_MISMATCH", "STATUS_REVOKED"),
        ("STATUS_REVOKED", "STATUS_EXPIRED"),
        ("STATUS_REVOKED", "HOLDER_NOT_CHECKED"),
        ("STATUS_EXPIRED", "HOLDER_NOT_CHECKED"),
        ("NO_TRUST_ANCHORS", "STATUS_UNKNOWN"),
        ("HOLDER_NOT_CHECKED", "STATUS_UNKNOWN"),
        ("ALGORITHM_UNAVAILABLE", "CERTIFICATE_UNTRUSTED"),
        ("STATUS_UNKNOWN", "OK"),
    ],
)
def test_precedence(said: str, unsaid: str) -> None:
    assert judge((check(unsaid), check(said))).code == said


def test_authenticity_leaves_the_status_out() -> None:
    assert authenticity((check("OK"), check("STATUS_REVOKED"))) is Outcome.PASSED
    assert authenticity((check("OK"), check("HOLDER_NOT_CHECKED"), check("STATUS_REVOKED"))) is Outcome.INDETERMINATE


@pytest.mark.parametrize("code", REASONS)
def test_report_that_did_not_pass_is_false_and_requires_nothing_less(code: str) -> None:
    found = report(code)
    passed = REASONS[code].outcome is Outcome.PASSED
    assert bool(found) is passed
    if passed:
        found.require()
    else:
        with pytest.raises(VerificationError, match=code) as raised:
            found.require()
        assert raised.value.report is found


@pytest.mark.parametrize("code", REASONS)
def test_development_is_said_in_every_sentence(code: str) -> None:
    plain, sample = report(code), report(code, development=True)
    assert "样例/测试，不具法律效力 (test only)" in sample.sentence.zh
    assert "without legal effect" in sample.sentence.en
    assert sample.sentence.zh.startswith(plain.sentence.zh)
    assert "样例" not in plain.sentence.zh


def test_nobody_is_told_to_rely_on_a_sample() -> None:
    assert report("OK").action.zh == "可以采信。"
    assert "采信" not in report("OK", development=True).action.zh
    assert "rely" not in report("OK", development=True).action.en
