"""The structured e-licence as one canonical JSON text (RFC 8785): writing and reading."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import TypeAlias, TypeVar

import rfc8785

from .china import YEARS
from .errors import Fault, MalformedError, TooLargeError
from .identifier import LicenceIdentifier
from .structured import (
    ATTACHMENT_KINDS,
    NATIVE_ORIGIN,
    ORIGIN_KINDS,
    TRUST_LEVELS,
    ExpectedSeal,
    Rows,
    StructuredAttachment,
    StructuredAuthority,
    StructuredDocument,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    StructuredObligation,
    StructuredOrigin,
    StructuredRelation,
    UnknownMember,
    metadata_of,
)

_Word = TypeVar("_Word", bound=str)
_Json: TypeAlias = "str | int | Sequence[_Json] | Mapping[str, _Json] | None"
_Place: TypeAlias = tuple[str | int, ...]

FORMAT = "elicence/1"
MAX_STRUCTURED_BYTES = 2 * 1024 * 1024  # an annex of 10,000 rows has about 1.5 MB
MAX_ROWS = 20_000  # of all tables together
MAX_UNKNOWN_MEMBERS = 1000  # in all places together

_LATER = ("origin", "relations", "obligations", "attachments", "documents")
"""Members that files of the first versions of the program do not have."""
_TABLES = ("columns", "rows")
"""Lists of texts, in which there is no place for another member."""


def structured_to_bytes(licence: StructuredLicence) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8."""
    document = {
        key: value
        for key, value in _members(licence).items()
        if key not in licence.omitted or value not in ([], _NATIVE)
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
        "origin": _origin_members(licence.origin),
        "relations": [{"certificateIdentifier": one.identifier, "relation": one.relation} for one in licence.relations],
        "obligations": [
            {"key": one.key, "label": one.label, "due": one.due.isoformat(), "effect": one.effect}
            for one in licence.obligations
        ],
        "attachments": [_attachment_members(one) for one in licence.attachments],
        "documents": [{"key": one.key, "label": one.label} for one in licence.documents],
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
        licence = _with_the_rest(_parse(document), _mapping(document))
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
    unknown = tuple(islice(_unknown(document, _members(licence), ()), MAX_UNKNOWN_MEMBERS + 1))
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
    top = _mapping(document)
    if top["format"] != FORMAT:
        raise ValueError("unknown format")
    metadata = _mapping(top["metadata"])

    def text(key: str) -> str:
        return _text(metadata[key])

    valid_to = metadata["certificateExpiringDate"]
    LicenceIdentifier.from_text(text("certificateIdentifier"))
    tables = [_mapping(item).get("rows", []) for item in _items(top["fields"])]
    if sum(len(_items(rows)) for rows in tables) > MAX_ROWS:
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
        issued_on=_day(text("certificateIssuedDate")),
        holders=tuple(_holder(_mapping(item)) for item in _items(top["holders"])),
        valid_from=_day(text("certificateEffectiveDate")),
        valid_to=None if valid_to is None else _day(_text(valid_to)),
        area_code=text("certificateAreaCode"),
        fields=tuple(_field(_mapping(item)) for item in _items(top["fields"])),
        joint_issuers=tuple(_authority(_mapping(item)) for item in _items(top["jointIssuers"])),
        # Files of the first versions of the program have none of the next five.
        origin=_origin(_mapping(top["origin"])) if "origin" in top else NATIVE_ORIGIN,
        relations=tuple(_relation(_mapping(item)) for item in _items(top.get("relations", []))),
        obligations=tuple(_obligation(_mapping(item)) for item in _items(top.get("obligations", []))),
        attachments=tuple(_attachment(_mapping(item)) for item in _items(top.get("attachments", []))),
        documents=tuple(_document(_mapping(item)) for item in _items(top.get("documents", []))),
        seals=tuple(_seal(_mapping(item)) for item in _items(top["seals"])),
        sealed_at=_instant(_text(top["sealedAt"])),
        development=_truth(top["development"]),
    )


def _holder(item: dict[str, object]) -> StructuredHolder:
    return StructuredHolder(
        name=_text(item["certificateHolderName"]),
        code=_text(item["certificateHolderCode"]),
        kind=_text(item["certificateHolderTypeCode"]),
        kind_name=_text(item["certificateHolderTypeName"]),
    )


def _authority(item: dict[str, object]) -> StructuredAuthority:
    return StructuredAuthority(
        name=_text(item["certificateIssuingAuthorityName"]), code=_text(item["certificateIssuingAuthorityCode"])
    )


def _origin(item: dict[str, object]) -> StructuredOrigin:
    historic, converted = item["historicIssuer"], item["convertedOn"]
    return StructuredOrigin(
        kind=_one_of(item["kind"], ORIGIN_KINDS),
        trust_level=_one_of(item["trustLevel"], TRUST_LEVELS),
        historic_issuer=None if historic is None else _authority(_mapping(historic)),
        converted_on=None if converted is None else _day(_text(converted)),
    )


def _relation(item: dict[str, object]) -> StructuredRelation:
    return StructuredRelation(identifier=_text(item["certificateIdentifier"]), relation=_text(item["relation"]))


def _obligation(item: dict[str, object]) -> StructuredObligation:
    return StructuredObligation(
        key=_text(item["key"]),
        label=_text(item["label"]),
        due=_day(_text(item["due"])),
        effect=_text(item["effect"]),
    )


def _attachment(item: dict[str, object]) -> StructuredAttachment:
    return StructuredAttachment(
        kind=_one_of(item["kind"], ATTACHMENT_KINDS),
        name=_text(item["name"]),
        media_type=_text(item["mediaType"]),
        sha256=_text(item["sha256"]),
        sm3=_text(item["sm3"]),
        size=_count(item["size"]),
        pages=_count(item["pages"]),
        operator=_text(item["operator"]),
    )


def _document(item: dict[str, object]) -> StructuredDocument:
    return StructuredDocument(key=_text(item["key"]), label=_text(item["label"]))


def _field(item: dict[str, object]) -> StructuredField:
    value: str | Rows
    if "rows" in item:
        value = Rows(
            columns=tuple(_text(cell) for cell in _items(item["columns"])),
            rows=tuple(tuple(_text(cell) for cell in _items(row)) for row in _items(item["rows"])),
        )
    else:
        value = _text(item["value"])
    return StructuredField(key=_text(item["key"]), label=_text(item["label"]), value=value)


def _seal(item: dict[str, object]) -> ExpectedSeal:
    return ExpectedSeal(
        field=_text(item["field"]),
        order=_count(item["order"]),
        algorithm=_text(item["algorithm"]),
        certificate_digest=_text(item["certificateDigest"]),
        seal_digest=None if item["sealDigest"] is None else _text(item["sealDigest"]),
    )


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError("a date in another form than YYYY-MM-DD")
    return day


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or instant.isoformat(timespec="seconds") != text or instant.year not in YEARS:
        raise ValueError("an instant in another form, without its offset or beyond all calendars")
    return instant


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number was expected")
    return value


def _one_of(value: object, words: tuple[_Word, ...]) -> _Word:
    for word in words:
        if value == word:
            return word
    raise ValueError("an unknown word")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value
