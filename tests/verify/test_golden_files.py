"""Files that were sealed by earlier versions: what once was issued verifies for ever."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from esign import CHINA
from keys import DevelopmentPki, parse_certificate
from verify import Outcome, TrustStore, Verifier

FOLDER = Path(__file__).parents[2] / "fixtures/vectors/sealed"
AT = datetime(2026, 11, 21, 12, tzinfo=CHINA)


@pytest.mark.parametrize("name", ["licence.pdf", "licence.ofd", "licence.json"])
def test_what_was_sealed_once_is_still_genuine(name: str) -> None:
    anchors = [parse_certificate((FOLDER / f"{one}.cer").read_bytes()) for one in ("root", "issuing-ca", "code")]
    data = (FOLDER / name).read_bytes()
    signature = (FOLDER / "licence.json.p7s").read_bytes() if name.endswith(".json") else None
    verifier = Verifier(TrustStore.from_certificates(anchors))
    report = verifier.verify_file(data, signature=signature, at=AT)
    assert (report.authenticity, report.reason.code) == (Outcome.PASSED, "STATUS_UNKNOWN"), report.checks
    spoiled = bytes([*data[:-300], data[-300] ^ 1, *data[-299:]])
    assert verifier.verify_file(spoiled, signature=signature, at=AT).verdict is Outcome.FAILED


@pytest.mark.parametrize("name", ["licence.pdf", "licence.ofd", "licence.json"])
def test_what_was_not_looked_at_is_no_check(name: str, pki: DevelopmentPki) -> None:
    data = (FOLDER / name).read_bytes()
    signature = (FOLDER / "licence.json.p7s").read_bytes() if name.endswith(".json") else None
    report = Verifier(TrustStore.from_certificates([pki.root])).verify_file(data, signature=signature, at=AT)
    assert report.reason.code == "CERTIFICATE_UNTRUSTED"
    # Nobody knows which certificates belong there, whether one was revoked, and what would prove it.
    unknown = {"embedded", "evidence", "revocation", "seal_revocation"}
    assert not unknown & {check.name for check in report.checks}
    assert {one.revocation.status for one in report.signatures} == {"unchecked"}
