"""What a verdict rests on: said with every report, and never a reason to call something false or good by mistake."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from keys import DevelopmentPki, make_crl, write_certificates
from verify import Outcome, Report, TrustStore, Verifier, age_text, basis_lines, clock_is_doubtful
from verify.basis import basis_of
from verify.report import RevocationFacts

Question = Callable[[Verifier, DevelopmentPki, ModuleType], Report]

HOUR = timedelta(hours=1)


def about_pdf(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    return verifier.verify_file(office.seal_pdf(pki.seal), at=office.AT)


def about_structured(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    data, signature = office.seal_structured(pki.seal)
    return verifier.verify_file(data, signature=signature, at=office.AT)


def about_code(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    return verifier.verify_code(office.write_code(pki.code), holder=office.HOLDER, at=office.AT)


def about_other_document(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    _, signature = office.seal_structured(pki.seal)
    data, _ = office.seal_structured(pki.seal)
    return verifier.verify_file(signature, original=data, at=office.AT)


def about_stranger(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    """A seal that the register might name as that of a delegate: without trust there is no register, either."""
    signer = office.make_ca().issue(name=office.OTHER_NAME, code=office.OTHER_CODE)
    data, signature = office.seal_structured(signer)
    return verifier.verify_file(data, signature=signature, at=office.AT)


def about_unfit(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> Report:
    """What a certificate that nobody vouches for says about itself means nothing."""
    data, signature = office.seal_structured(office.make_ca().issue(usages=("keyCertSign",)))
    return verifier.verify_file(data, signature=signature, at=office.AT)


QUESTIONS = [about_pdf, about_structured, about_code, about_other_document, about_stranger, about_unfit]


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: ask.__name__)
def test_without_anchors_nothing_is_judged(ask: Question, pki: DevelopmentPki, office: ModuleType) -> None:
    report = ask(Verifier(TrustStore(()), office.Store(office.ISSUED)), pki, office)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "NO_TRUST_ANCHORS")
    assert report.basis.anchors == 0
    assert "不能判断" in basis_lines(report)[0].zh


def test_what_is_damaged_is_damaged_whoever_is_trusted(pki: DevelopmentPki, office: ModuleType) -> None:
    data, signature = office.seal_structured(pki.seal)
    changed = data.replace(office.HOLDER.name.encode(), office.STRANGER.name.encode())
    report = Verifier(TrustStore(())).verify_file(changed, signature=signature, at=office.AT)
    assert report.reason.code == "DIGEST_MISMATCH"


def trust_of(pki: DevelopmentPki) -> TrustStore:
    return TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))


def with_clock(pki: DevelopmentPki, office: ModuleType, now: datetime) -> Verifier:
    return Verifier(trust_of(pki), office.Store(office.ISSUED), clock=lambda: now)


def test_a_clock_in_order(pki: DevelopmentPki, office: ModuleType) -> None:
    report = about_pdf(with_clock(pki, office, office.AT), pki, office)
    assert report
    assert not clock_is_doubtful(report.basis)
    assert report.basis.newest_seen is not None


def test_a_question_about_the_past_is_no_wrong_clock(pki: DevelopmentPki, office: ModuleType) -> None:
    """Years later somebody asks how it was: what was signed since then does not matter."""
    report = about_pdf(with_clock(pki, office, office.AT + 365 * 24 * HOUR), pki, office)
    assert report
    assert basis_lines(report)[-1].en.endswith("checked as of 2026-11-21 10:30.")


def test_a_clock_that_is_behind(pki: DevelopmentPki, office: ModuleType) -> None:
    data = office.seal_pdf(pki.seal)
    sealed = about_pdf(with_clock(pki, office, office.AT), pki, office).basis.newest_seen
    for behind, doubtful in ((4 * HOUR / 60, False), (6 * HOUR / 60, True), (10_000 * HOUR, True)):
        now = sealed - behind
        report = with_clock(pki, office, now).verify_file(data, at=now)
        assert report.verdict is (Outcome.INDETERMINATE if doubtful else Outcome.PASSED), behind
        assert clock_is_doubtful(report.basis) == doubtful


def test_a_clock_that_is_behind_makes_nothing_false(pki: DevelopmentPki, office: ModuleType) -> None:
    """By that clock the licence has not begun. What was revoked was revoked all the same."""
    data = office.seal_pdf(pki.seal)
    now = office.AT - 10_000 * HOUR
    report = with_clock(pki, office, now).verify_file(data, at=now)
    assert report.reason.code == "CLOCK_DOUBTFUL"
    assert all(check.outcome is not Outcome.FAILED for check in report.checks)
    now = office.AT - 240 * HOUR
    revoked = office.Store((office.IDENTIFIER, "revoked"))
    report = Verifier(trust_of(pki), revoked, clock=lambda: now).verify_file(data, at=now)
    assert report.reason.code == "STATUS_REVOKED"


def test_without_a_clock_nothing_is_said_about_it(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    report = about_pdf(verifier, pki, office)
    assert report.basis.clock is None
    assert not clock_is_doubtful(report.basis)
    assert basis_lines(report)[-1].zh == "查验时点：2026-11-21 10:30。"


@pytest.mark.parametrize(
    ("age", "line"),
    [
        (HOUR, "Trusted roots: 1, changed 2026-11-21 09:30 (60 minutes ago)."),
        (400 * 24 * HOUR, "Trusted roots: 1, changed 2025-10-17 10:30 (400 days ago); renew them soon."),
    ],
    ids=["an-hour", "more-than-a-year"],
)
def test_the_age_of_anchors_is_that_of_their_files(
    pki: DevelopmentPki, ca: Any, office: ModuleType, tmp_path: Path, age: timedelta, line: str
) -> None:
    for name, certificate in (("root", pki.root), ("ca", pki.issuing_ca)):
        path = tmp_path / f"{name}.pem"
        write_certificates(path, [certificate])
        changed = (office.AT - age).timestamp()
        os.utime(path, (changed, changed))
    os.utime(tmp_path / "ca.pem", (0, -5))
    # A list of today makes the anchors no younger.
    today = {"number": 1, "this_update": office.AT, "next_update": office.AT + HOUR, "revoked": {}}
    (tmp_path / "today.crl").write_bytes(make_crl(issuer=ca.certificate, issuer_key=ca.key, **today).der)
    trust = TrustStore.from_directory(tmp_path)
    assert trust.as_of == office.AT - age
    assert basis_lines(about_pdf(Verifier(trust, clock=lambda: office.AT), pki, office))[0].en == line


@pytest.mark.parametrize(
    ("age", "en"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-200), "just now"),
        (timedelta(seconds=-301), "later than this clock"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(minutes=119), "119 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)
def test_ages_in_words(age: timedelta, en: str) -> None:
    assert age_text(age).en == en


def test_a_file_time_beyond_all_calendars(pki: DevelopmentPki, tmp_path: Path) -> None:
    write_certificates(tmp_path / "root.pem", [pki.root])
    os.utime(tmp_path / "root.pem", (0, -(10**9)))
    assert TrustStore.from_directory(tmp_path).as_of == datetime(1970, 1, 1, tzinfo=UTC)


def test_how_old_the_word_of_the_ca_is(pki: DevelopmentPki, office: ModuleType) -> None:
    """The oldest of what was used; and a clock that is before it is behind."""
    report = about_pdf(with_clock(pki, office, office.AT), pki, office)
    told = RevocationFacts(status="good", source="list", as_of=office.AT - 3 * HOUR)
    newer = RevocationFacts(status="good", source="ocsp", as_of=office.AT + HOUR)
    signatures = [replace(report.signatures[0], revocation=one) for one in (newer, told)]
    basis = basis_of(trust_of(pki), signatures, report.status, office.AT)
    assert (basis.revocation_as_of, basis.newest_seen) == (office.AT - 3 * HOUR, office.AT + HOUR)
    assert clock_is_doubtful(basis)
    lines = basis_lines(replace(report, basis=basis))
    assert "Revocation of certificates: as of 2026-11-21 07:30 (3 hours ago)." in [line.en for line in lines]
