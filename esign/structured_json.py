"""The structured e-licence as one canonical JSON text (RFC 8785): writing and reading."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import rfc8785

from .errors import Fault, MalformedError, TooLargeError
from .identifier import LicenceIdentifier
from .json_members import as_count, as_day, as_instant, as_items, as_mapping, as_one_of, as_text, as_truth
from .structured import (
    ATTACHMENT_KINDS,
    NATIVE_ORIGIN,
    ORIGIN_KINDS,
    TRUST_LEVELS,
    ExpectedSeal,
    PrintedField,
    Rows,
    StructuredAttachment,
    StructuredAuthority,
    StructuredDocument,
    StructuredFace,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    StructuredObligation,
    StructuredOrigin,
    StructuredRelation,
    StructuredStatusPlace,
    UnknownMember,
    metadata_of,
)

_Json: TypeAlias = "str | int | Sequence[_Json] | Mapping[str, _Json] | None"
_Place: TypeAlias = tuple[str | int, ...]

FORMAT = "elicence/1"
MAX_STRUCTURED_BYTES = 2 * 1024 * 1024  # an annex of 10,000 rows has about 1.5 MB
MAX_ROWS = 20_000  # of all tables together
FIRST_TYPE_VERSION = 1
"""Of the catalogue files when licences did not name it yet."""
MAX_UNKNOWN_MEMBERS = 1000  # in all places together

_LATER = ("typeVersion", "origin", "relations", "obligations", "attachments", "documents", "status")
"""Members that files of the first versions of the program do not have."""
_TABLES = ("columns", "rows", "photos")
"""Lists of texts, in which there is no place for another member."""


def structured_to_bytes(licence: StructuredLicence) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8."""
    document = {
        key: value
        for key, value in _members(licence).items()
        if key not in licence.omitted or value not in ([], _NATIVE, FIRST_TYPE_VERSION, None)
    }
    for member in licence.unknown:
        _put(document, member)
    return rfc8785.dumps(document)


def _put(document: dict[str, _Json], member: UnknownMember) -> None:
    """Add a member at its place; LookupError or TypeError where the licence has no such place."""
    place: object = document
    for step in member.path[:-1]:
        place = place[step]  # type: ignore[index]
    place[member.path[-1]] = json.loads(member.value)  # type: ignore[index]


def _members(licence: StructuredLicence) -> dict[str, _Json]:
    holders: list[_Json] = [
        {
            "certificateHolderName": holder.name,
            "certificateHolderCode": holder.code,
            "certificateHolderTypeCode": holder.kind,
            "certificateHolderTypeName": holder.kind_name,
        }
        for holder in licence.holders
    ]
    fields: list[_Json] = [
        {"key": field.key, "label": field.label, "value": field.value}
        if isinstance(field.value, str)
        else {
            "key": field.key,
            "label": field.label,
            "columns": list(field.value.columns),
            "rows": [list(row) for row in field.value.rows],
        }
        for field in licence.fields
    ]
    seals: list[_Json] = [
        {
            "field": seal.field,
            "order": seal.order,
            "algorithm": seal.algorithm,
            "certificateDigest": seal.certificate_digest,
            "sealDigest": seal.seal_digest,
        }
        for seal in licence.seals
    ]
    joint: list[_Json] = [
        {"certificateIssuingAuthorityName": one.name, "certificateIssuingAuthorityCode": one.code}
        for one in licence.joint_issuers
    ]
    return {
        "format": FORMAT,
        "metadata": metadata_of(licence),
        "holders": holders,
        "fields": fields,
        "jointIssuers": joint,
        "typeVersion": licence.type_version,
        "origin": _origin_members(licence.origin),
        "relations": [{"certificateIdentifier": one.identifier, "relation": one.relation} for one in licence.relations],
        "obligations": [
            {"key": one.key, "label": one.label, "due": one.due.isoformat(), "effect": one.effect}
            for one in licence.obligations
        ],
        "attachments": [_attachment_members(one) for one in licence.attachments],
        "documents": [_document_members(one) for one in licence.documents],
        "status": _status_members(licence.status_place),
        "seals": seals,
        "sealedAt": licence.sealed_at.isoformat(timespec="seconds"),
        "development": licence.development,
    }


def _origin_members(origin: StructuredOrigin) -> _Json:
    historic = origin.historic_issuer
    return {
        "kind": origin.kind,
        "trustLevel": origin.trust_level,
        "historicIssuer": None
        if historic is None
        else {
            "certificateIssuingAuthorityName": historic.name,
            "certificateIssuingAuthorityCode": historic.code,
        },
        "convertedOn": None if origin.converted_on is None else origin.converted_on.isoformat(),
    }


_NATIVE = _origin_members(NATIVE_ORIGIN)


def _status_members(place: StructuredStatusPlace | None) -> _Json:
    return None if place is None else {"list": place.number, "index": place.index}


def _attachment_members(attachment: StructuredAttachment) -> _Json:
    return {
        "kind": attachment.kind,
        "name": attachment.name,
        "mediaType": attachment.media_type,
        "sha256": attachment.sha256,
        "sm3": attachment.sm3,
        "size": attachment.size,
        "pages": attachment.pages,
        "operator": attachment.operator,
    }


def _document_members(document: StructuredDocument) -> _Json:
    members: dict[str, _Json] = {"key": document.key, "label": document.label}
    if (face := document.face) is not None:
        members["face"] = {
            "form": face.form,
            "fields": [{"key": one.key, "label": one.label, "unit": one.unit} for one in face.fields],
            "photos": list(face.photos),
            "records": face.records,
        }
    return members


def claims_to_be_structured(data: bytes) -> bool:
    """Whether a text calls itself a structured e-licence; one in canonical form that does not is none."""
    return b'"format":"%s"' % FORMAT.encode("ascii") in data


def structured_from_bytes(data: bytes) -> StructuredLicence:
    """Read what `structured_to_bytes` wrote.

    Raises:
        TooLargeError: more than `MAX_STRUCTURED_BYTES`, `MAX_ROWS` or `MAX_UNKNOWN_MEMBERS`.
        MalformedError: `FORMAT_STRUCTURED` when it is no structured e-licence; `NON_CANONICAL` when it has another
            encoding than RFC 8785 gives it, or a key twice.
    """
    if len(data) > MAX_STRUCTURED_BYTES:
        raise TooLargeError(f"a structured licence of {len(data)} bytes; the limit is {MAX_STRUCTURED_BYTES}")
    try:
        document = read_json(data)
        licence = _with_the_rest(_parse(document), as_mapping(document))
        # Keys that we do not know may be such that the fast writer puts them into another order than RFC 8785.
        canonical = rfc8785.dumps(document) if licence.unknown else canonical_json(document)  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # The errors of the JSON and UTF-8 decoders are ValueErrors.
        raise MalformedError(Fault.FORMAT_STRUCTURED, f"not a structured licence ({type(error).__name__})") from error
    if canonical != data:
        raise MalformedError(Fault.NON_CANONICAL, "the structured licence is not in its canonical form")
    return licence


def read_json(data: bytes) -> object:
    """What a JSON text of ours holds; ValueError or RecursionError for another one, or for fractions."""
    return json.loads(data.decode("utf-8"), parse_float=_refused, parse_constant=_refused, parse_int=_whole)


def canonical_json(document: object) -> bytes:
    """RFC 8785 for what a structured licence can hold, many times faster than the general case.

    Without fractions, and with keys that sort alike by code point and by UTF-16 unit, Python's own writer gives the
    same bytes; a document for which it does not is refused as not canonical.
    """
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refused(text: str) -> object:
    raise ValueError("a number that is not whole")


def _whole(text: str) -> int:
    # RFC 8785 section 3.2.2.3: beyond 2^53 not every whole number has an own form.
    if len(text.lstrip("-")) > 16 or abs(int(text)) >= 1 << 53:
        raise ValueError("a number that is too large")
    return int(text)


def _with_the_rest(licence: StructuredLicence, document: dict[str, object]) -> StructuredLicence:
    """Add what the document says beside what was read, and which members it does not have."""
    omitted = tuple(key for key in _LATER if key not in document)
    members = _members(licence)
    # What it says is most often all that is known; then nothing has to be looked for.
    unknown = () if document == members else tuple(islice(_unknown(document, members, ()), MAX_UNKNOWN_MEMBERS + 1))
    if len(unknown) > MAX_UNKNOWN_MEMBERS:
        raise TooLargeError(f"more than {MAX_UNKNOWN_MEMBERS} unknown members")
    return replace(licence, unknown=unknown, omitted=omitted) if unknown or omitted else licence


def _unknown(given: object, known: object, path: _Place) -> Iterator[UnknownMember]:
    if isinstance(given, dict) and isinstance(known, Mapping):
        for key, value in given.items():
            if key in known:
                yield from _unknown(value, known[key], (*path, key))
            else:
                yield UnknownMember(path=(*path, key), value=rfc8785.dumps(value).decode())
    elif isinstance(given, list) and isinstance(known, Sequence) and path[-1] not in _TABLES:
        for place, (value, counterpart) in enumerate(zip(given, known, strict=True)):
            yield from _unknown(value, counterpart, (*path, place))


def _parse(document: object) -> StructuredLicence:
    top = as_mapping(document)
    if top["format"] != FORMAT:
        raise ValueError("unknown format")
    metadata = as_mapping(top["metadata"])

    def text(key: str) -> str:
        return as_text(metadata[key])

    valid_to = metadata["certificateExpiringDate"]
    LicenceIdentifier.from_text(text("certificateIdentifier"))
    tables = [as_mapping(item).get("rows", []) for item in as_items(top["fields"])]
    if sum(len(as_items(rows)) for rows in tables) > MAX_ROWS:
        raise TooLargeError(f"more than {MAX_ROWS} rows")
    return StructuredLicence(
        identifier=text("certificateIdentifier"),
        number=text("certificateNumber"),
        name=text("certificateName"),
        type_name=text("certificateType"),
        type_code=text("certificateTypeCode"),
        issuer_name=text("certificateIssuingAuthorityName"),
        issuer_code=text("certificateIssuingAuthorityCode"),
        issuer_level=text("certificateIssuingAuthorityLevel"),
        issued_on=as_day(text("certificateIssuedDate")),
        holders=tuple(_holder(as_mapping(item)) for item in as_items(top["holders"])),
        valid_from=as_day(text("certificateEffectiveDate")),
        valid_to=None if valid_to is None else as_day(valid_to),
        area_code=text("certificateAreaCode"),
        fields=tuple(_field(as_mapping(item)) for item in as_items(top["fields"])),
        joint_issuers=tuple(_authority(as_mapping(item)) for item in as_items(top["jointIssuers"])),
        # Files of the first versions of the program have none of the next seven.
        type_version=as_count(top.get("typeVersion", FIRST_TYPE_VERSION)),
        origin=_origin(as_mapping(top["origin"])) if "origin" in top else NATIVE_ORIGIN,
        relations=tuple(_relation(as_mapping(item)) for item in as_items(top.get("relations", []))),
        obligations=tuple(_obligation(as_mapping(item)) for item in as_items(top.get("obligations", []))),
        attachments=tuple(_attachment(as_mapping(item)) for item in as_items(top.get("attachments", []))),
        documents=tuple(_document(as_mapping(item)) for item in as_items(top.get("documents", []))),
        status_place=_status_place(top.get("status")),
        seals=tuple(_seal(as_mapping(item)) for item in as_items(top["seals"])),
        sealed_at=as_instant(top["sealedAt"]),
        development=as_truth(top["development"]),
    )


def _holder(item: dict[str, object]) -> StructuredHolder:
    return StructuredHolder(
        name=as_text(item["certificateHolderName"]),
        code=as_text(item["certificateHolderCode"]),
        kind=as_text(item["certificateHolderTypeCode"]),
        kind_name=as_text(item["certificateHolderTypeName"]),
    )


def _authority(item: dict[str, object]) -> StructuredAuthority:
    return StructuredAuthority(
        name=as_text(item["certificateIssuingAuthorityName"]), code=as_text(item["certificateIssuingAuthorityCode"])
    )


def _origin(item: dict[str, object]) -> StructuredOrigin:
    historic, converted = item["historicIssuer"], item["convertedOn"]
    return StructuredOrigin(
        kind=as_one_of(item["kind"], ORIGIN_KINDS),
        trust_level=as_one_of(item["trustLevel"], TRUST_LEVELS),
        historic_issuer=None if historic is None else _authority(as_mapping(historic)),
        converted_on=None if converted is None else as_day(converted),
    )


def _relation(item: dict[str, object]) -> StructuredRelation:
    return StructuredRelation(identifier=as_text(item["certificateIdentifier"]), relation=as_text(item["relation"]))


def _obligation(item: dict[str, object]) -> StructuredObligation:
    return StructuredObligation(
        key=as_text(item["key"]),
        label=as_text(item["label"]),
        due=as_day(item["due"]),
        effect=as_text(item["effect"]),
    )


def _attachment(item: dict[str, object]) -> StructuredAttachment:
    return StructuredAttachment(
        kind=as_one_of(item["kind"], ATTACHMENT_KINDS),
        name=as_text(item["name"]),
        media_type=as_text(item["mediaType"]),
        sha256=as_text(item["sha256"]),
        sm3=as_text(item["sm3"]),
        size=as_count(item["size"]),
        pages=as_count(item["pages"]),
        operator=as_text(item["operator"]),
    )


def _document(item: dict[str, object]) -> StructuredDocument:
    face = _face(as_mapping(item["face"])) if "face" in item else None
    return StructuredDocument(key=as_text(item["key"]), label=as_text(item["label"]), face=face)


def _face(item: dict[str, object]) -> StructuredFace:
    return StructuredFace(
        form=as_count(item["form"]),
        fields=tuple(_printed(as_mapping(one)) for one in as_items(item["fields"])),
        photos=tuple(as_text(key) for key in as_items(item["photos"])),
        records=as_truth(item["records"]),
    )


def _printed(item: dict[str, object]) -> PrintedField:
    return PrintedField(key=as_text(item["key"]), label=as_text(item["label"]), unit=as_text(item["unit"]))


def _status_place(value: object) -> StructuredStatusPlace | None:
    if value is None:
        return None
    item = as_mapping(value)
    place = StructuredStatusPlace(number=as_count(item["list"]), index=as_count(item["index"]))
    if place.number < 0 or place.index < 0:
        raise ValueError("no place in a list")
    return place


def _field(item: dict[str, object]) -> StructuredField:
    value: str | Rows
    if "rows" in item:
        value = Rows(
            columns=tuple(as_text(cell) for cell in as_items(item["columns"])),
            rows=tuple(tuple(as_text(cell) for cell in as_items(row)) for row in as_items(item["rows"])),
        )
    else:
        value = as_text(item["value"])
    return StructuredField(key=as_text(item["key"]), label=as_text(item["label"]), value=value)


def _seal(item: dict[str, object]) -> ExpectedSeal:
    return ExpectedSeal(
        field=as_text(item["field"]),
        order=as_count(item["order"]),
        algorithm=as_text(item["algorithm"]),
        certificate_digest=as_text(item["certificateDigest"]),
        seal_digest=None if item["sealDigest"] is None else as_text(item["sealDigest"]),
    )
