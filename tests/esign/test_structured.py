"""The structured e-licence: canonical JSON, exactly one text for each licence."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import (
    ELEMENTS,
    EsignError,
    MalformedError,
    StructuredAttachment,
    StructuredAuthority,
    StructuredLicence,
    StructuredObligation,
    StructuredOrigin,
    StructuredRelation,
    TooLargeError,
    structured_from_bytes,
    structured_to_bytes,
)
from esign.structured_json import MAX_STRUCTURED_BYTES


def test_round_trip(licence: StructuredLicence) -> None:
    data = structured_to_bytes(licence)
    assert structured_from_bytes(data) == licence
    assert licence.version == "001"
    # RFC 8785: no white space, keys in order, no escapes but the compulsory ones.
    document = json.loads(data)
    assert data == json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def test_everything_round_trips(licence: StructuredLicence) -> None:
    full = replace(
        licence,
        joint_issuers=(StructuredAuthority(name="样例县水利局", code="11990100000001038M"),),
        origin=StructuredOrigin(
            kind="digitised",
            trust_level="C",
            historic_issuer=StructuredAuthority(name="样例县农业局", code=""),
            converted_on=date(2026, 11, 22),
        ),
        relations=(StructuredRelation(identifier=licence.identifier, relation="renew"),),
        obligations=(StructuredObligation(key="k", label="下次检验", due=date(2027, 1, 1), effect="not_usable"),),
        attachments=(
            StructuredAttachment(
                kind="scan",
                name="原件.pdf",
                media_type="application/pdf",
                sha256="0" * 64,
                sm3="1" * 64,
                size=1000,
                pages=2,
                operator="scan-01",
            ),
        ),
    )
    assert structured_from_bytes(structured_to_bytes(full)) == full


def test_a_file_of_the_first_versions_is_native(licence: StructuredLicence) -> None:
    document = json.loads(structured_to_bytes(licence))
    for key in ("origin", "relations", "obligations", "attachments"):
        del document[key]
    data = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert structured_from_bytes(data) == licence


def test_names_are_those_of_the_mapping_table(licence: StructuredLicence) -> None:
    document = json.loads(structured_to_bytes(licence))
    names = set(document["metadata"]) | set(document["holders"][0])
    assert names == {element.key for element in ELEMENTS}


def test_other_texts_of_the_same_licence_are_not_canonical(licence: StructuredLicence) -> None:
    data = structured_to_bytes(licence)
    spaced = json.dumps(json.loads(data), ensure_ascii=False).encode()
    twice = data[:-1] + b',"format":"elicence/1"}'
    escaped = data.replace("农".encode(), rb"\u519c", 1)
    for other in (spaced, twice, escaped, data + b"\n", b" " + data):
        with pytest.raises(MalformedError, match="NON_CANONICAL"):
            structured_from_bytes(other)


def test_a_key_that_a_later_version_adds_does_not_hinder(licence: StructuredLicence) -> None:
    document = json.loads(structured_to_bytes(licence))
    document["zLater"] = {"a": [1, None, True]}
    data = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert structured_from_bytes(data) == licence


@pytest.mark.parametrize(
    "path",
    [
        ("format",),
        ("development",),
        ("metadata",),
        ("metadata", "certificateNumber"),
        ("holders",),
        ("seals",),
        ("sealedAt",),
    ],
)
def test_a_missing_part(licence: StructuredLicence, path: tuple[str, ...]) -> None:
    document = json.loads(structured_to_bytes(licence))
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    with pytest.raises(MalformedError, match="FORMAT_STRUCTURED"):
        structured_from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"NaN", b'"\\ud800"', b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b'{"format":"x"}'],
)
def test_garbage(data: bytes) -> None:
    with pytest.raises(MalformedError, match="FORMAT_STRUCTURED"):
        structured_from_bytes(data)


def test_a_value_that_canonical_json_cannot_hold(licence: StructuredLicence) -> None:
    data = structured_to_bytes(licence)
    for value in (b"NaN", b"1e999", b"123456789012345678901234567890", b'"\\ud800"'):
        with pytest.raises(MalformedError):
            structured_from_bytes(data[:-1] + b',"z":' + value + b"}")


def test_limit() -> None:
    with pytest.raises(TooLargeError):
        structured_from_bytes(b" " * (MAX_STRUCTURED_BYTES + 1))


@given(st.binary(max_size=300))
def test_no_other_exception_escapes(data: bytes) -> None:
    with pytest.raises(EsignError):
        structured_from_bytes(data)
