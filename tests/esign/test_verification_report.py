"""The data of a signed report: one canonical text for each, and nothing else is read."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import (
    CHINA,
    CaseReference,
    CheckedThing,
    Fault,
    FileDigests,
    MalformedError,
    Refusal,
    TooLargeError,
    VerificationReport,
    claims_to_be_copy,
    claims_to_be_report,
    report_from_bytes,
    report_to_bytes,
)
from esign.verification_report import MAX_ENTRY_CHARACTERS, MAX_REPORT_BYTES

AT = datetime(2026, 11, 22, 10, 30, tzinfo=CHINA)
RESULT = {
    "verdict": "failed",
    "kind": "pdf",
    "reason": "STATUS_REVOKED",
    "sentence": {"zh": "证照真实，但已被吊销。", "en": "The licence is genuine but revoked."},
    "at": "2026-11-22T10:29:00+08:00",
    "licence": {"certificateType": "农药经营许可证", "certificateNumber": '"format":"elicence-copy/1"'},
}
REPORT = VerificationReport(
    serial="HY2345678923AB",
    office_name="样例县行政审批局",
    office_code="1199010000000102XM",
    case=CaseReference(officer="clerk07", case_number="C-1", item_name="延续", item_code="A1"),
    made_at=AT,
    checked=CheckedThing(what="file", size=7, digests=FileDigests(sha256="1" * 64, sm3="2" * 64)),
    result=rfc8785.dumps(RESULT),
    development=True,
)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=MAX_ENTRY_CHARACTERS)
digests = st.builds(FileDigests, sha256=st.sampled_from(("0" * 64, "9af" * 21 + "0")), sm3=st.just("a" * 64))
reports = st.builds(
    replace,
    st.just(REPORT),
    case=st.builds(CaseReference, officer=texts, case_number=texts, item_name=texts, item_code=texts),
    office_name=texts,
    made_at=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
        lambda at: at.replace(microsecond=0, tzinfo=CHINA)
    ),
    checked=st.builds(
        CheckedThing,
        what=st.sampled_from(("file", "code")),
        size=st.integers(0, 1 << 40),
        digests=digests,
        signature=st.none() | digests,
    ),
    refusal=st.none() | st.builds(Refusal, reason=texts, zh=texts, en=texts, remark=texts),
)


@settings(max_examples=20)
@given(reports)
def test_what_was_written_is_read(report: VerificationReport) -> None:
    data = report_to_bytes(report)
    assert report_from_bytes(data) == report
    assert claims_to_be_report(data)
    assert not claims_to_be_copy(data)


def test_what_it_comes_to() -> None:
    found = report_from_bytes(report_to_bytes(REPORT)).finding
    assert (found.verdict, found.kind, found.reason) == ("failed", "pdf", "STATUS_REVOKED")
    assert found.at == AT - timedelta(minutes=1)
    assert found.licence == '农药经营许可证 "format":"elicence-copy/1"'


def _changed(**members: object) -> bytes:
    return rfc8785.dumps(json.loads(report_to_bytes(REPORT)) | members)


BROKEN = {
    "format": _changed(format="elicence-report/2"),
    "no result": _changed(result=None),
    "a verdict that nobody gives": _changed(result=RESULT | {"verdict": "good"}),
    "a sentence in one language": _changed(result=RESULT | {"sentence": {"zh": "好。"}}),
    "a time without offset": _changed(madeAt="2026-11-22T10:30:00"),
    "a time with fractions": _changed(madeAt=AT.astimezone(UTC).isoformat(timespec="milliseconds")),
    "an office without code": _changed(office={"name": "x"}),
    "half a digest": _changed(
        checked={"what": "file", "size": 1, "sha256": "1" * 63, "sm3": "2" * 64, "signature": None}
    ),
    "a digest in capitals": _changed(
        checked={"what": "file", "size": 1, "sha256": "A" * 64, "sm3": "2" * 64, "signature": None}
    ),
    "another kind of thing": _changed(
        checked={"what": "face", "size": 1, "sha256": "1" * 64, "sm3": "2" * 64, "signature": None}
    ),
    "a long case number": _changed(case={"officer": "", "caseNumber": "9" * 101, "itemName": "", "itemCode": ""}),
    "a refusal without a reason": _changed(refusal={"zh": "", "en": "", "remark": ""}),
    "development": _changed(development="no"),
    "a fraction": report_to_bytes(REPORT).replace(b'"size":7', b'"size":7.5'),
    "a list": b'["format":"elicence-report/1"]',
    "cut off": report_to_bytes(REPORT)[:-1],
    "deep": b'{"format":"elicence-report/1","x":' + b"[" * 100_000,
    "half a character": report_to_bytes(REPORT).replace(b"clerk07", b"\\ud800xx"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        report_from_bytes(data)
    assert caught.value.fault is Fault.FORMAT_REPORT


def test_another_encoding_of_the_same() -> None:
    data = report_to_bytes(REPORT)
    spaced = data.replace(b'"serial":', b'"serial": ')
    twice = data.replace(b'{"case"', b'{"serial":"HY0","case"')
    escaped = data.replace("延续".encode(), b"\\u5ef6\\u7eed")
    for other in (spaced, twice, escaped, data + b"\n", b" " + data):
        with pytest.raises(MalformedError) as caught:
            report_from_bytes(other)
        assert caught.value.fault is Fault.NON_CANONICAL


def test_size() -> None:
    large = replace(REPORT, result=rfc8785.dumps(RESULT | {"checks": ["x" * 1000] * 1100}))
    with pytest.raises(TooLargeError):
        report_to_bytes(large)
    with pytest.raises(TooLargeError):
        report_from_bytes(b"{" * (MAX_REPORT_BYTES + 1))
