"""The data of an annotated copy: one canonical text for each, and nothing else is read."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import (
    CHINA,
    MAX_COPY_BYTES,
    AnnotatedCopy,
    CopyPurpose,
    ExpectedSeal,
    Fault,
    FileDigests,
    MalformedError,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    TooLargeError,
    claims_to_be_copy,
    copy_from_bytes,
    copy_to_bytes,
    structured_to_bytes,
)

MADE_AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
LICENCE = StructuredLicence(
    # A fictional identifier with its check character after GB/T 17710 (MOD 37,36).
    identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
    number="农药经许(赣)99010110001",
    name="农药经营许可证",
    type_name="农药经营许可证",
    type_code="11990000000001011Q001",
    issuer_name="样例县行政审批局",
    issuer_code="1199010000000102XM",
    issuer_level="区县级",
    issued_on=date(2026, 3, 2),
    holders=(
        StructuredHolder(name="样例县甲公司", code="91990101MA0TERT40P", kind="001", kind_name="统一社会信用代码"),
    ),
    valid_from=date(2026, 3, 2),
    valid_to=date(2031, 3, 1),
    area_code="990101",
    fields=(StructuredField(key="businessScope", label="经营范围", value='农药 "format":"elicence-copy/1"'),),
    seals=(ExpectedSeal(field="Seal1", order=1, algorithm="sm2", certificate_digest="sm3:" + "0" * 64),),
    sealed_at=MADE_AT,
    development=True,
)
COPY = AnnotatedCopy(
    serial="JZ2345678923AB",
    original_pdf=FileDigests(sha256="1" * 64, sm3="2" * 64),
    original_structured=FileDigests(sha256="3" * 64, sm3="4" * 64),
    structured=b"",
    purpose=CopyPurpose(
        cause="办理延续",
        office="样例县农业农村局",
        officer="clerk07",
        item_name="延续",
        item_code="A1",
        case_number="C-1",
    ),
    maker_name="样例县行政审批局",
    maker_code="1199010000000102XM",
    made_by="clerk01",
    made_at=MADE_AT,
    expires_at=MADE_AT + timedelta(days=30),
    development=True,
)


@pytest.fixture(scope="module")
def copy() -> AnnotatedCopy:
    return replace(COPY, structured=structured_to_bytes(LICENCE))


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=100)


@settings(max_examples=40)
@given(cause=texts, office=texts, case=texts, minutes=st.integers(1, 10**6), offset=st.integers(-12, 14))
def test_what_is_written_is_read(cause: str, office: str, case: str, minutes: int, offset: int) -> None:
    at = MADE_AT.astimezone(timezone(timedelta(hours=offset)))
    copy = replace(
        COPY,
        structured=structured_to_bytes(LICENCE),
        purpose=replace(COPY.purpose, cause=cause, office=office, case_number=case),
        made_at=at,
        expires_at=at + timedelta(minutes=minutes),
    )
    data = copy_to_bytes(copy)
    assert copy_from_bytes(data) == copy
    assert copy_to_bytes(copy_from_bytes(data)) == data
    assert copy.licence == LICENCE


def test_the_elements_of_the_standard_have_their_keys(copy: AnnotatedCopy) -> None:
    members = json.loads(copy_to_bytes(copy))
    assert members["certificateCopyCreationTime"] == "2026-11-21T10:30:00+08:00"
    assert members["certificateCopyCreator"] == "样例县行政审批局"
    assert members["certificateCopyCause"] == "办理延续"
    assert members["certificateCopyExpiringTime"] == "2026-12-21T10:30:00+08:00"
    assert members["original"]["version"] == "001"


def _changed(copy: AnnotatedCopy, *path: str, value: object) -> bytes:
    members = json.loads(copy_to_bytes(copy))
    inner = members
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "elicence-copy/2"),
        (("serial",), 7),
        (("certificateCopyCause",), "因" * 201),
        (("caseNumber",), "1" * 101),
        (("certificateCopyExpiringTime",), "2026-12-21"),
        (("certificateCopyExpiringTime",), "2026-12-21T10:30:00"),
        (("certificateCopyExpiringTime",), "2026-12-21T10:30:00.5+08:00"),
        (("original", "certificateIdentifier"), LICENCE.identifier.replace(".001.", ".002.")),
        (("original", "version"), "002"),
        (("original", "pdf"), {"sha256": "1" * 63, "sm3": "2" * 64}),
        (("original", "pdf"), {"sha256": "G" * 64, "sm3": "2" * 64}),
        (("licence",), {}),
        (("licence", "format"), "elicence/2"),
        (("requester",), []),
        (("development",), "yes"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else type(value).__name__,
)
def test_what_is_no_copy_is_not_read(copy: AnnotatedCopy, path: tuple[str, ...], value: object) -> None:
    with pytest.raises(MalformedError) as caught:
        copy_from_bytes(_changed(copy, *path, value=value))
    assert caught.value.fault is Fault.FORMAT_COPY


def test_another_encoding_of_the_same_is_not_canonical(copy: AnnotatedCopy) -> None:
    for data in (
        json.dumps(json.loads(copy_to_bytes(copy)), ensure_ascii=False).encode(),
        copy_to_bytes(copy).replace(b'"caseNumber":"C-1"', b'"caseNumber":"C-2","caseNumber":"C-1"'),
        copy_to_bytes(copy).replace(b"C-1", b"\\u0043-1"),
    ):
        with pytest.raises(MalformedError) as caught:
            copy_from_bytes(data)
        assert caught.value.fault is Fault.NON_CANONICAL


def test_the_limit(copy: AnnotatedCopy) -> None:
    with pytest.raises(TooLargeError):
        copy_from_bytes(b"{" + b" " * MAX_COPY_BYTES)
    long = replace(LICENCE, fields=(StructuredField(key="k", label="l", value="x" * (MAX_COPY_BYTES - 2000)),))
    with pytest.raises(TooLargeError):
        copy_to_bytes(replace(copy, structured=structured_to_bytes(long)))


def test_a_licence_that_speaks_of_copies_is_none(copy: AnnotatedCopy) -> None:
    assert claims_to_be_copy(copy_to_bytes(copy))
    assert not claims_to_be_copy(structured_to_bytes(LICENCE))


def test_times_keep_their_offset(copy: AnnotatedCopy) -> None:
    moved = replace(copy, made_at=MADE_AT.astimezone(UTC))
    assert copy_from_bytes(copy_to_bytes(moved)).made_at.utcoffset() == timedelta(0)
