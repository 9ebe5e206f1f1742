"""The structured e-licence: canonical JSON, exactly one text for each licence."""

import json
from dataclasses import replace
from datetime import date

import pytest
import rfc8785
from hypothesis import given, settings
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
    StructuredStatusPlace,
    TooLargeError,
    UnknownMember,
    structured_from_bytes,
    structured_to_bytes,
)
from esign.structured_json import MAX_STRUCTURED_BYTES, MAX_UNKNOWN_MEMBERS

_LATER = ("origin", "relations", "obligations", "attachments", "documents", "status")


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
        status_place=StructuredStatusPlace(number=3, index=1_048_575),
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
    document["holders"][0]["addr"] = "x"
    data = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    read = structured_from_bytes(data)
    assert set(read.unknown) == {
        UnknownMember(path=("zLater",), value='{"a":[1,null,true]}'),
        UnknownMember(path=("holders", 0, "addr"), value='"x"'),
    }
    assert replace(read, unknown=()) == licence
    assert structured_to_bytes(read) == data


_KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=5,
)


def _objects(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value, *(inner for member in value.values() for inner in _objects(member))]
    return [inner for member in value for inner in _objects(member)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    "place", [{"list": -1, "index": 0}, {"list": 1, "index": -1}, {"list": 1}, {"list": 1, "index": True}, [1, 2], 7]
)
def test_a_place_that_no_status_list_has_is_no_licence(licence: StructuredLicence, place: object) -> None:
    document = json.loads(structured_to_bytes(licence)) | {"status": place}
    with pytest.raises(MalformedError, match="FORMAT_STRUCTURED"):
        structured_from_bytes(rfc8785.dumps(document))


@given(st.data())
@settings(max_examples=60)
def test_reading_and_writing_again_gives_the_same_bytes(licence: StructuredLicence, data: st.DataObject) -> None:
    """Whatever stands where beside the members that we know, and whichever of the later ones are missing."""
    document = json.loads(structured_to_bytes(licence))
    for key in data.draw(st.sets(st.sampled_from(_LATER))):
        del document[key]
    for place in data.draw(st.lists(st.sampled_from(range(len(_objects(document)))), max_size=4)):
        _objects(document)[place].setdefault(data.draw(_KEYS), data.draw(_VALUES))
    text = rfc8785.dumps(document)
    assert structured_to_bytes(structured_from_bytes(text)) == text


def test_keys_in_the_order_of_code_points_are_not_canonical(licence: StructuredLicence) -> None:
    """RFC 8785 section 3.2.3 sorts by UTF-16 units, in which U+1F600 comes before U+FB33."""
    document = json.loads(structured_to_bytes(licence)) | {"\ufb33": 1, "\U0001f600": 1}
    data = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        structured_from_bytes(data)
    assert structured_from_bytes(rfc8785.dumps(document)).unknown


def test_an_early_file_that_is_given_more_says_it(licence: StructuredLicence) -> None:
    document = json.loads(structured_to_bytes(licence))
    del document["relations"]
    read = structured_from_bytes(rfc8785.dumps(document))
    relation = StructuredRelation(identifier=licence.identifier, relation="renew")
    assert structured_from_bytes(structured_to_bytes(replace(read, relations=(relation,)))).relations == (relation,)


def test_too_many_unknown_members(licence: StructuredLicence) -> None:
    document = json.loads(structured_to_bytes(licence))
    document |= {f"k{number}": 1 for number in range(MAX_UNKNOWN_MEMBERS)}
    assert len(structured_from_bytes(rfc8785.dumps(document)).unknown) == MAX_UNKNOWN_MEMBERS
    with pytest.raises(TooLargeError):
        structured_from_bytes(rfc8785.dumps(document | {"more": 1}))


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
