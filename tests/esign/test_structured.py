"""The structured e-licence: canonical JSON, exactly one text for each licence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import (
    ELEMENTS,
    EsignError,
    MalformedError,
    StructuredLicence,
    TooLargeError,
    structured_from_bytes,
    structured_to_bytes,
)
from esign.structured import MAX_STRUCTURED_BYTES


def test_round_trip(licence: StructuredLicence) -> None:
    data = structured_to_bytes(licence)
    assert structured_from_bytes(data) == licence
    assert licence.version == "001"
    # RFC 8785: no white space, keys in order, no escapes but the compulsory ones.
    document = json.loads(data)
    assert data == json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


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
