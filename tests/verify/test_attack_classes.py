"""Every class of the published attacks on signed documents, generated: none passes, each is called by its name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import verify_test_office as office
from verify_test_attack_files import (
    AT,
    FAMILIES,
    FIELD,
    LOOK,
    approved,
    certified_at,
    drawing,
    locked,
    objects,
    pki_of,
    sealed,
    updated,
)
from verify_test_attack_files_growth import GROWTH, Attack
from verify_test_attack_files_ours import OURS, code
from verify_test_attack_files_signature import SIGNATURES

from verify import Outcome, Report, TrustStore, Verifier

ATTACKS = (*OURS, *GROWTH, *SIGNATURES)


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
        anchors += [pki.certificate(name) for name in ("root", "issuing-ca", "code", "water-code")]
        lists += [pki.crl(name, AT) for name in ("root", "issuing-ca")]
    trust = TrustStore.from_certificates(anchors, lists=lists)
    return Verifier(trust, office.Store(office.ISSUED)).verify_file(data, holder=office.HOLDER, at=AT + at)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_passes(attack: Attack) -> None:
    report = judge(attack.make())
    assert report.verdict is not Outcome.PASSED
    assert report.reason.code == attack.reason


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_attacked_is_good(family: str) -> None:
    if family != "ecdsa":
        assert judge(sealed(family)).reason.code == judge(b"/V/" + code(family).encode()).reason.code == "OK"
    for good in (approved(family), certified_at(2, family), locked(b"/Action/All", family)):
        assert judge(good).reason.code == "SIGNED_DOCUMENT"


FILLED = {FIELD: objects()[FIELD].replace(b"/V(100)", b"/V(999)"), LOOK: drawing(b"999")}


@pytest.mark.parametrize(
    "permission",
    [
        certified_at(2),
        certified_at(3),
        locked(b"/Action/Include/Fields[(other)]"),
        locked(b"/Action/Exclude/Fields[(amount)]"),
    ],
    ids=["level-2", "level-3", "another-field-locked", "this-field-free"],
)
def test_a_form_filled_as_the_signer_permits(permission: bytes) -> None:
    """What others may fill in is not what the signer said: the verdict passes, and says so, and where it is."""
    report = judge(updated(permission, FILLED))
    assert report.reason.code == "SIGNED_THEN_FILLED"
    (check,) = [check for check in report.checks if check.name == "changes"]
    assert "on pages 1" in check.detail
    assert judge(updated(approved(), FILLED)).reason.code == "CHANGED_AFTER_SIGNING"


def rows() -> list[str]:
    """The table of the page: each variant once, whatever the kinds of keys."""
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for attack in ATTACKS:
        variant, _, family = attack.variant.rpartition(" ")
        if family not in FAMILIES or not variant:
            variant, family = attack.variant, ""
        reason, families = found.setdefault((attack.kind, variant), (attack.reason, []))
        assert reason == attack.reason
        families += [family] if family else []
    return [
        f"| {kind} | {variant} | {', '.join(families) or 'rsa'} | `{reason}` |"
        for (kind, variant), (reason, families) in found.items()
    ]


def test_the_page_has_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "attacks.md").read_text("utf-8")
    table = page.partition("## What must not pass")[2].partition("\n## ")[0]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == rows()
