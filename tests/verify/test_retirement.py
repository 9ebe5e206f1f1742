"""Retired keys: what their file may look like, and what it means for a seal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

import keys
from keys import DevelopmentPki, Retirement, RetirementReason, read_retirements, write_certificates, write_retirements
from verify import RETIREMENTS_FILE, Outcome, TrustStore, TrustStoreError, retirement_check

SINCE = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BEFORE, AFTER = SINCE - SECOND, SINCE + SECOND
ORDERLY, COMPROMISE = RetirementReason


def retirement(reason: RetirementReason, digest: bytes = bytes(32)) -> Retirement:
    return Retirement(certificate_digest=digest, reason=reason, since=SINCE, recorded_at=SINCE + timedelta(days=1))


@pytest.mark.parametrize(
    ("reason", "proven", "claimed", "code"),
    [
        (ORDERLY, None, BEFORE, "OK"),
        (ORDERLY, AFTER, BEFORE, "OK"),
        (ORDERLY, None, None, "OK"),
        (ORDERLY, None, SINCE, "SEAL_AFTER_RETIREMENT"),
        (ORDERLY, None, AFTER, "SEAL_AFTER_RETIREMENT"),
        (COMPROMISE, BEFORE, BEFORE, "OK"),
        (COMPROMISE, BEFORE, None, "OK"),
        (COMPROMISE, None, SINCE, "KEY_COMPROMISED"),
        (COMPROMISE, AFTER, AFTER, "KEY_COMPROMISED"),
        # Whoever has the key writes an old date.
        (COMPROMISE, None, BEFORE, "KEY_COMPROMISED_UNPROVEN"),
        (COMPROMISE, SINCE, BEFORE, "KEY_COMPROMISED_UNPROVEN"),
        (COMPROMISE, AFTER, BEFORE, "KEY_COMPROMISED_UNPROVEN"),
        (COMPROMISE, None, None, "KEY_COMPROMISED_UNPROVEN"),
    ],
)
def test_what_a_retirement_means(
    reason: RetirementReason, proven: datetime | None, claimed: datetime | None, code: str
) -> None:
    check = retirement_check(retirement(reason), proven_at=proven, claimed_at=claimed)
    assert (check.name, check.code) == ("retirement", code)
    outcomes = {"OK": Outcome.PASSED, "KEY_COMPROMISED_UNPROVEN": Outcome.INDETERMINATE}
    assert check.outcome is outcomes.get(code, Outcome.FAILED)
    assert retirement_check(None, proven_at=proven, claimed_at=claimed).code == "OK"


def test_the_file_has_one_form() -> None:
    two = [retirement(COMPROMISE, bytes([9] * 32)), retirement(ORDERLY, bytes([1] * 32))]
    data = write_retirements(two)
    assert read_retirements(data) == tuple(reversed(two))
    assert write_retirements(reversed(two)) == data
    assert data.isascii()
    assert json.loads(data)["retired"][0] == {
        "certificate": f"sha256:{'01' * 32}",
        "reason": "orderly",
        "recordedAt": "2026-11-22T08:00:00Z",
        "since": "2026-11-21T08:00:00Z",
    }
    assert read_retirements(write_retirements([])) == ()


GOOD = write_retirements([retirement(ORDERLY)])
TWICE = json.dumps({**json.loads(GOOD), "retired": json.loads(GOOD)["retired"] * 2}, indent=1).encode() + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD + b" ", id="a byte more"),
        pytest.param(GOOD.replace(b"\n", b""), id="other spaces"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"format": "elicence-retired-keys-1"}', id="nothing retired"),
        pytest.param(b'{"format": "elicence-retired-keys-1", "retired": [[]]}', id="an entry of another kind"),
        pytest.param(b'{"format": "elicence-retired-keys-1", "retired": "xy"}', id="text"),
        pytest.param(b'{"format": "elicence-retired-keys-1", "retired": 5}', id="a number"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"9" * 10_000, id="a long number"),
        pytest.param(GOOD.replace(b"keys-1", b"keys-2"), id="another version"),
        pytest.param(GOOD.replace(b"orderly", b"bored"), id="another reason"),
        pytest.param(GOOD.replace(b"sha256:00", b"sha256:0"), id="a short digest"),
        pytest.param(GOOD.replace(b"sha256:00", b"sha256:AA"), id="upper case"),
        pytest.param(GOOD.replace(b"2026-11-21", b"2026-13-21"), id="no date"),
        pytest.param(GOOD.replace(b"2026-11-21", b"2027-11-21"), id="recorded before it happened"),
        pytest.param(GOOD.replace(b"00Z", b"00+08:00"), id="another offset"),
        pytest.param(TWICE, id="twice"),
        pytest.param(b"\xff" + GOOD, id="not text"),
        pytest.param(GOOD + b" " * keys.retirement.MAX_RETIREMENTS_SIZE, id="large"),
    ],
)
def test_another_file_is_refused(data: bytes) -> None:
    assert read_retirements(GOOD)
    with pytest.raises(keys.MalformedRetirementError):
        read_retirements(data)


def test_the_limit_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys.retirement, "MAX_RETIREMENTS", 1)
    assert read_retirements(GOOD)
    with pytest.raises(keys.MalformedRetirementError, match="too many"):
        read_retirements(write_retirements([retirement(ORDERLY), retirement(ORDERLY, bytes([1] * 32))]))


def test_a_folder_of_trust_knows_retired_keys(pki: DevelopmentPki, office: ModuleType, tmp_path: Path) -> None:
    certificate = pki.seal.certificate
    write_certificates(tmp_path / "root.pem", (pki.root,))
    assert TrustStore.from_directory(tmp_path).retirement(certificate) is None
    told = retirement(COMPROMISE, certificate.fingerprint("sha256"))
    (tmp_path / RETIREMENTS_FILE).write_bytes(write_retirements([told]))
    store = TrustStore.from_directory(tmp_path)
    assert store.retirement(certificate) == told
    assert store.retirement(pki.code.certificate) is None


def test_a_damaged_file_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / RETIREMENTS_FILE).write_bytes(GOOD[:-1])
    with pytest.raises(TrustStoreError, match=RETIREMENTS_FILE):
        TrustStore.from_directory(tmp_path)


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33)])
def test_a_retirement_names_one_certificate(digest: bytes) -> None:
    with pytest.raises(ValueError, match="one certificate"):
        retirement(ORDERLY, digest)
