"""Every class of the published attacks on signed documents, generated: none passes, each is called by its name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from verify_test_attack_files import AT, FAMILIES, Signing, approved, by, certified_at, locked, pki_of, plain, signed, signer
from verify_test_attack_files_growth import GROWTH, Attack
from verify_test_attack_files_signature import SIGNATURES

from verify import Outcome, Report, TrustStore, Verifier

ATTACKS = (*GROWTH, *SIGNATURES)


@pytest.fixture(scope="module", autouse=True)
def _reader() -> Iterator[None]:
    """One process reads all files: it answers as one process for each does (tests/soak/test_fuzz.py), only sooner."""
    with sys.modules["verify_test_fuzz_worker"].Worker() as worker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["esign.foreign_pdf"], "ask_child", worker.ask)
        yield
        # Whatever a library raised would have ended a process of its own: nothing did.
        assert not worker.raised


def judge(data: bytes, *, at: timedelta = timedelta(minutes=5)) -> Report:
    anchors, lists = [], []
    for family in ("rsa", "sm2"):
        pki = pki_of(family)
        anchors.append(pki.root)
        lists += [pki.crl(name, AT) for name in ("root", "issuing-ca")]
    trust = TrustStore(anchors, lists=lists)
    report = Verifier(trust).verify_file(data, at=AT + at)
    return report


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_passes(attack: Attack) -> None:
    report = judge(attack.make())
    assert report.verdict is not Outcome.PASSED
    assert report.reason.code == attack.reason


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_attacked_is_good(family: str) -> None:
    for good in (approved(family), certified_at(2, family), locked(b"/Action/All", family)):
        assert judge(good).reason.code == "SIGNED_DOCUMENT"
