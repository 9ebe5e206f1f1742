"""The authority register: its one encoding, and who stands in for whom on which day."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from esign import (
    AuthorityRegister,
    MalformedError,
    TooLargeError,
    authorities_from_bytes,
    authorities_from_document,
    authorities_to_bytes,
)
from esign.authorities import MAX_AUTHORITIES, MAX_REGISTER_BYTES

OLD, NEW, LAND, CITY = "11990100000001038M", "11990100000001046G", "11990100000001054B", "11990000000001011Q"
PESTICIDE, WATER = "11990000000001011Q001", "11990000000001011Q002"
DAY = date(2026, 11, 22)


def entry(code: str, name: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "names": [{"name": name}], "level": "区县级", "region": "990101", **more}


def register(*entries: dict[str, Any]) -> AuthorityRegister:
    document = {
        "format": "elicence-authorities/1",
        "number": 7,
        "issuedAt": "2026-11-22T08:00:00+08:00",
        "authorities": list(entries),
    }
    return authorities_from_document(document)


def merged() -> AuthorityRegister:
    """The agriculture bureau was split in 2025: pesticide licences went to one office, all others to another."""
    successors = [
        {"code": NEW, "types": [PESTICIDE], "since": "2025-01-01"},
        {"code": LAND, "types": [WATER], "since": "2025-01-01"},
    ]
    return register(
        entry(OLD, "样例县农业局", until="2024-12-31", successors=successors, superior=CITY),
        entry(NEW, "样例县行政审批局"),
        entry(LAND, "样例县水利局", competences=[{"types": [WATER], "acts": ["issue", "revoke"]}]),
        entry(CITY, "样例市农业局", level="地市级"),
    )


def test_one_text_for_one_register() -> None:
    data = authorities_to_bytes(merged())
    again = authorities_from_bytes(data)
    assert authorities_to_bytes(again) == data
    assert again.authorities == tuple(sorted(merged().authorities, key=lambda one: one.code))
    assert (again.number, again.issued_at) == (7, datetime(2026, 11, 22, tzinfo=UTC))
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        authorities_from_bytes(data + b"\n")


@pytest.mark.parametrize(
    ("issuer", "sealer", "type_code", "day", "expected"),
    [
        (OLD, OLD, PESTICIDE, date(2024, 12, 31), "itself"),
        (OLD, OLD, PESTICIDE, date(2025, 1, 1), None),
        (OLD, NEW, PESTICIDE, date(2024, 12, 31), None),
        (OLD, NEW, PESTICIDE, DAY, "successor"),
        (OLD, NEW, WATER, DAY, None),
        (OLD, LAND, WATER, DAY, "successor"),
        (OLD, CITY, PESTICIDE, DAY, None),
        (NEW, OLD, PESTICIDE, DAY, None),
        ("99", "99", PESTICIDE, DAY, "itself"),
        ("99", NEW, PESTICIDE, DAY, None),
    ],
)
def test_who_may_seal(issuer: str, sealer: str, type_code: str, day: date, expected: str | None) -> None:
    assert merged().sealing_for(issuer, sealer, type_code, day) == expected


@pytest.mark.parametrize(
    ("office", "act", "type_code", "expected"),
    [
        (NEW, "revoke", PESTICIDE, "successor"),
        (LAND, "revoke", WATER, "successor"),
        (LAND, "annul", WATER, None),
        (LAND, "revoke", PESTICIDE, None),
        (CITY, "annul", PESTICIDE, "superior"),
        (OLD, "revoke", PESTICIDE, None),
    ],
)
def test_who_may_act(office: str, act: str, type_code: str, expected: str | None) -> None:
    assert merged().acting_for(OLD, office, act, type_code, DAY) == expected


@pytest.mark.parametrize(
    ("competences", "expected"),
    [
        ([], "itself"),
        ([{"types": [PESTICIDE], "acts": ["issue"]}], "itself"),
        ([{"types": ["*"], "acts": ["revoke"]}], None),
        ([{"types": [WATER], "acts": ["*"]}], None),
        ([{"types": ["*"], "acts": ["*"], "until": "2024-12-31"}], None),
    ],
    ids=["unlimited", "competent", "other-act", "other-type", "no-longer"],
)
def test_an_authority_seals_for_itself_what_it_may_issue(competences: list[Any], expected: str | None) -> None:
    limited = register(entry(NEW, "乙", competences=competences))
    assert limited.sealing_for(NEW, NEW, PESTICIDE, DAY) == expected
    assert limited.acting_for(NEW, NEW, "issue", PESTICIDE, DAY) == expected


@pytest.mark.parametrize(
    "limits",
    [{"until": "2024-12-31"}, {"competences": [{"types": ["*"], "acts": ["revoke"]}]}],
    ids=["gone", "not-competent"],
)
def test_nobody_delegates_more_than_he_has(limits: dict[str, Any]) -> None:
    delegated = register(entry(OLD, "甲", delegates=[{"code": NEW, "types": ["*"]}], **limits), entry(NEW, "乙"))
    assert delegated.sealing_for(OLD, NEW, WATER, DAY) is None


def test_a_successor_of_a_successor_and_a_ring_of_them() -> None:
    step = {"types": ["*"], "since": "2020-01-01"}
    chain = register(
        entry(OLD, "甲", successors=[{"code": NEW, **step}]),
        entry(NEW, "乙", successors=[{"code": LAND, **step}]),
        entry(LAND, "丙", successors=[{"code": OLD, **step}]),
    )
    assert chain.sealing_for(OLD, LAND, WATER, DAY) == "successor"
    assert chain.sealing_for(OLD, CITY, WATER, DAY) is None


def test_a_delegate_within_its_days() -> None:
    delegates = [{"code": NEW, "types": ["*"], "since": "2026-01-01", "until": "2026-12-31"}]
    delegated = register(entry(OLD, "甲", delegates=delegates), entry(NEW, "乙"))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    found = [delegated.sealing_for(OLD, NEW, WATER, day) for day in days]
    assert found == [None, "delegate", "delegate", None]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"number": 0},
        {"number": True},
        {"issuedAt": "2026-11-22T08:00:00"},
        {"authorities": [entry(OLD, "甲"), entry(OLD, "乙")]},
        {"authorities": [entry(OLD, "甲", since="2026-02-30")]},
        {"authorities": [entry(OLD, "甲", since="2026-02-02", until="2026-02-01")]},
        {"authorities": [{"code": OLD}]},
        {"authorities": [entry(OLD, "甲", successors=[{"code": NEW}])]},
        {"authorities": [entry(OLD, "甲")] * (MAX_AUTHORITIES + 1)},
        {"authorities": "none"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_no_register(change: dict[str, Any]) -> None:
    document = json.loads(authorities_to_bytes(merged())) | change
    data = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises((MalformedError, TooLargeError)):
        authorities_from_bytes(data)


def test_a_register_that_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        authorities_from_bytes(b" " * (MAX_REGISTER_BYTES + 1))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_garbage(data: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_STRUCTURED"):
        authorities_from_bytes(data)
