"""The JSON Schemas of all shipped types, and the XML of licences, read by other people's programs."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from esign import (
    CHINA,
    ELEMENTS,
    ExpectedSeal,
    Rows,
    StructuredAuthority,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    StructuredOrigin,
    StructuredRelation,
    structured_from_bytes,
    structured_to_bytes,
)
from licences import (
    ExportRefusedError,
    FieldType,
    LicenceType,
    digests_of,
    licence_from_paper,
    licence_to_xml,
    load_catalogue,
    paper_schema,
    structured_schema,
    xml_schema,
)
from licences.electronic import structure

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/reference/schemas"
TYPES = {licence_type.slug: licence_type for licence_type in load_catalogue()}
IDENTIFIER = "1.2.156.3005.2.{}.1199010000000102XM.ABCDEFGHIJKLMNOPQRST.001.4"
SEALED_AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
SEAL = ExpectedSeal(field="Seal1", order=1, algorithm="sm2", certificate_digest=f"sm3:{'0' * 64}")
NS = {"z": "urn:elicence:xml:1"}


def published(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def sample(licence_type: LicenceType) -> dict[str, Any]:
    return {
        field.key: field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]
        for field in licence_type.all_fields
    }


def sealed(licence_type: LicenceType, data: Mapping[str, Any]) -> StructuredLicence:
    return structure(
        licence_from_paper(licence_type, data),
        identifier=IDENTIFIER.format(licence_type.code),
        seals=(SEAL,),
        sealed_at=SEALED_AT,
        development=True,
    )


def faults(schema: Mapping[str, object], document: object) -> list[str]:
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(document)]


@pytest.mark.parametrize("slug", TYPES)
def test_the_published_schemas_are_those_of_the_catalogue(slug: str) -> None:
    for form, schema in (("structured", structured_schema(TYPES[slug])), ("paper", paper_schema(TYPES[slug]))):
        assert (PUBLISHED / f"{slug}.{form}.json").read_text("utf-8") == published(schema)


@pytest.mark.parametrize("slug", ["birth-certificate", "business-licence", "special-equipment-use"])
def test_schemas_are_schemas(slug: str) -> None:
    for schema in (structured_schema(TYPES[slug]), paper_schema(TYPES[slug])):
        Draft202012Validator.check_schema(schema)


def test_nothing_else_is_published() -> None:
    names = {f"{slug}.{form}.json" for slug in TYPES for form in ("structured", "paper")}
    assert {path.name for path in PUBLISHED.iterdir()} == names | {"README.md"}


@pytest.mark.parametrize("slug", TYPES)
def test_licences_of_every_type_are_valid(slug: str) -> None:
    licence_type = TYPES[slug]
    documents = [sample(licence_type)]
    fixture = ROOT / "fixtures/types" / f"{slug}.json"
    if fixture.exists():
        documents.append(json.loads(fixture.read_text("utf-8"))["data"])
    for data in documents:
        assert faults(paper_schema(licence_type), data) == []
        licence = sealed(licence_type, data)
        assert faults(structured_schema(licence_type), json.loads(structured_to_bytes(licence))) == []


@pytest.mark.parametrize("slug", TYPES)
def test_the_paper_schema_never_refuses_what_the_program_takes(slug: str) -> None:
    """Its one promise: whoever checks against it first loses nothing."""
    licence_type = TYPES[slug]
    validator, good, both, taken = Draft202012Validator(paper_schema(licence_type)), sample(licence_type), 0, 0
    keys = [*(field.key for field in licence_type.all_fields), "unknownKey"]
    values = [None, "x" * 3000, "", "2026-03-02", [], "12.50", 3, [{}], True, 2.5, "甲\n乙", ["a"], -1, {"a": 1}]
    for place, key in enumerate(keys):
        for value in (values[place % len(values)], values[(place + 5) % len(values)]):
            data = good | {key: value}
            try:
                licence_from_paper(licence_type, data)
            except ExceptionGroup:
                both += not validator.is_valid(data)
            else:
                taken += 1
                assert validator.is_valid(data), (key, value)
    # It must refuse most of what the program refuses, or it would say nothing.
    assert both > 0.6 * (2 * len(keys) - taken)


def test_what_a_schema_refuses() -> None:
    licence_type = TYPES["special-equipment-use"]
    good = json.loads(structured_to_bytes(sealed(licence_type, sample(licence_type))))
    schema = structured_schema(licence_type)
    required = next(field for field in licence_type.fields if field.required)
    for change, path in (
        (lambda d: d["metadata"].update(certificateIssuedDate="2026-3-2"), "$.metadata.certificateIssuedDate"),
        (lambda d: d["metadata"].update(certificateTypeCode="X"), "$.metadata.certificateTypeCode"),
        (lambda d: d.update(holders=[]), "$.holders"),
        (lambda d: d["seals"][0].update(certificateDigest="md5:00"), "$.seals[0].certificateDigest"),
        (lambda d: d.update(fields=[one for one in d["fields"] if one["key"] != required.key]), "$.fields"),
        (lambda d: d["fields"][0].update(value=["x"]), "$.fields[0].value"),
        (lambda d: d.pop("sealedAt"), "$"),
    ):
        document = deepcopy(good)
        change(document)
        assert path in faults(schema, document)
    assert faults(schema, good | {"later": 1}) == []


def test_a_licence_of_the_first_versions_is_valid() -> None:
    licence_type = TYPES["water-abstraction"]
    document = json.loads(structured_to_bytes(sealed(licence_type, sample(licence_type))))
    for key in ("origin", "relations", "obligations", "attachments", "documents", "status"):
        del document[key]
    assert faults(structured_schema(licence_type), document) == []


@pytest.mark.parametrize("slug", TYPES)
def test_the_xml_of_every_type_says_the_same_as_the_json(slug: str) -> None:
    licence_type = TYPES[slug]
    licence = sealed(licence_type, sample(licence_type))
    content = structured_to_bytes(licence)
    xml = licence_to_xml(licence, licence_type, digests_of(content))
    assert xml == licence_to_xml(structured_from_bytes(content), licence_type, digests_of(content))
    root = parsed(xml)
    etree.XMLSchema(etree.fromstring(xml_schema(licence_type))).assertValid(root)
    assert root.get("sha256") == digests_of(content).sha256
    for element in ELEMENTS:
        name = element.short_name or f"KZ_{element.key}"
        assert "、".join(one.text or "" for one in root.findall(f"z:{name}", NS)) == licence.elements()[element.key]
    for field in licence.fields:
        (found,) = root.findall(f"z:KZ_{field.key}", NS)
        if isinstance(field.value, Rows):
            rows = tuple(tuple(cell.text or "" for cell in row) for row in found)
            assert rows == field.value.rows
        else:
            assert found.text == field.value


def parsed(xml: bytes) -> Any:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False))


def test_several_holders_and_authorities_in_xml() -> None:
    licence_type = TYPES["water-abstraction"]
    licence = sealed(licence_type, sample(licence_type))
    other = StructuredHolder(name="样例<二>&厂", code="91990101MA0TERT40P", kind="001", kind_name="统一社会信用代码")
    licence = replace(
        licence,
        holders=(*licence.holders, other),
        joint_issuers=(StructuredAuthority(name="样例县水利局", code="11990100000001038M"),),
        relations=(StructuredRelation(identifier=licence.identifier, relation="renew"),),
        origin=StructuredOrigin(kind="digitised", trust_level="C", converted_on=date(2026, 11, 22)),
    )
    root = parsed(licence_to_xml(licence, licence_type, digests_of(b"")))
    etree.XMLSchema(etree.fromstring(xml_schema(licence_type))).assertValid(root)
    names = [etree.QName(one).localname for one in root]
    assert names.count("CZZT") == names.count("CZZTDMLXDM") == 2
    assert [one.text for one in root.findall("z:CZZT", NS)] == [licence.holders[0].name, "样例<二>&厂"]
    assert [one.text for one in root.findall("z:ZZBFJGDM", NS)] == ["1199010000000102XM", "11990100000001038M"]
    assert root.findtext("z:GLZZBS", namespaces=NS) == licence.identifier
    assert (root.get("origin"), root.get("trustLevel"), root.get("development")) == ("digitised", "C", "true")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(_TEXTS)
@settings(max_examples=80)
def test_any_text_comes_back_or_is_refused(text: str) -> None:
    licence_type = TYPES["water-abstraction"]
    licence = replace(_WATER, holders=(replace(_WATER.holders[0], name=text),))
    if any(sign not in "\t\n\r" and (ord(sign) < 32 or ord(sign) in (0xFFFE, 0xFFFF)) for sign in text):
        with pytest.raises(ExportRefusedError, match="XML_CHARACTER"):
            licence_to_xml(licence, licence_type, digests_of(b""))
        return
    xml = licence_to_xml(licence, licence_type, digests_of(b""))
    # XML parsers turn every line end into a line feed (XML 1.0 section 2.11).
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    assert parsed(xml).findtext("z:CZZT", namespaces=NS) == normal


_WATER = sealed(TYPES["water-abstraction"], sample(TYPES["water-abstraction"]))


@pytest.mark.parametrize(
    "field",
    [
        StructuredField(key="nobodyKnows", label="x", value="y"),
        StructuredField(key="sourceType", label="x", value=Rows(columns=("a",), rows=(("b",),))),
    ],
    ids=["unknown", "rows"],
)
def test_fields_of_another_type_are_refused(field: StructuredField) -> None:
    with pytest.raises(ExportRefusedError) as caught:
        licence_to_xml(replace(_WATER, fields=(field,)), TYPES["water-abstraction"], digests_of(b""))
    assert caught.value.code == "FIELD_OF_ANOTHER_TYPE"


def test_every_kind_of_field_has_been_seen() -> None:
    kinds = {field.type for licence_type in TYPES.values() for field in licence_type.all_fields}
    assert kinds == set(FieldType)
