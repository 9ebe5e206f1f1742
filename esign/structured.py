"""The structured e-licence: one canonical JSON text (RFC 8785) that a program reads and a seal covers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import rfc8785

from .china import YEARS
from .errors import Fault, MalformedError, TooLargeError
from .identifier import LicenceIdentifier

_Json: TypeAlias = "str | int | Sequence[_Json] | Mapping[str, _Json] | None"

FORMAT = "elicence/1"
MAX_STRUCTURED_BYTES = 2 * 1024 * 1024  # an annex of 10,000 rows has about 1.5 MB
MAX_ROWS = 20_000  # of all tables together
LONG_TERM = "长期"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSeal:
    """A seal that the sealed file must bear: nothing else may be on it (contract section 1)."""

    field: str
    order: int
    algorithm: str
    certificate_digest: str
    """Digest name, colon, hexadecimal digest of the seal certificate's DER, for instance `sm3:66c7…`."""
    seal_digest: str | None = None
    """Likewise of the electronic seal (picture, validity, permitted signers, signed by its maker); None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredHolder:
    """持证主体: one holder with a code of GB/T 36903 Annex A."""

    name: str
    code: str
    kind: str
    kind_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredAuthority:
    """联合颁发机构: an authority that issues the licence together with the one that it names first."""

    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table on the face: column labels and rows of cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredField:
    """A field that belongs to the licence type (照面信息项 / 明细信息项)."""

    key: str
    label: str
    value: str | Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredLicence:
    """Everything that an e-licence says, in the element names of GB/T 36903 (modelled on)."""

    identifier: str
    number: str
    name: str
    type_name: str
    type_code: str
    issuer_name: str
    issuer_code: str
    issuer_level: str
    issued_on: date
    holders: tuple[StructuredHolder, ...]
    valid_from: date
    valid_to: date | None
    """None: no expiry (长期)."""
    area_code: str
    fields: tuple[StructuredField, ...]
    seals: tuple[ExpectedSeal, ...]
    sealed_at: datetime
    joint_issuers: tuple[StructuredAuthority, ...] = ()
    """The others, where several authorities issue it together; each of them has a seal among `seals`."""
    development: bool
    """Sealed with a development PKI: a sample without legal effect."""

    @property
    def version(self) -> str:
        """Three digits; GB/T 36904 keeps the version inside the identifier."""
        return LicenceIdentifier.from_text(self.identifier).version

    def elements(self) -> dict[str, str]:
        """The text of every metadata element (`ELEMENTS`) by its key; several holders are joined by 、."""
        holders = {
            "certificateHolderName": [holder.name for holder in self.holders],
            "certificateHolderCode": [holder.code for holder in self.holders],
            "certificateHolderTypeName": [holder.kind_name for holder in self.holders],
            "certificateHolderTypeCode": [holder.kind for holder in self.holders],
        }
        metadata = {key: LONG_TERM if value is None else value for key, value in _metadata(self).items()}
        return metadata | {key: "、".join(values) for key, values in holders.items()}


def structured_to_bytes(licence: StructuredLicence) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8."""
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
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "metadata": _metadata(licence),
            "holders": holders,
            "fields": fields,
            "jointIssuers": joint,
            "seals": seals,
            "sealedAt": licence.sealed_at.isoformat(timespec="seconds"),
            "development": licence.development,
        }
    )


def _metadata(licence: StructuredLicence) -> dict[str, str | None]:
    return {
        "certificateName": licence.name,
        "certificateType": licence.type_name,
        "certificateTypeCode": licence.type_code,
        "certificateNumber": licence.number,
        "certificateIdentifier": licence.identifier,
        "certificateIssuingAuthorityName": licence.issuer_name,
        "certificateIssuingAuthorityCode": licence.issuer_code,
        "certificateIssuingAuthorityLevel": licence.issuer_level,
        "certificateIssuedDate": licence.issued_on.isoformat(),
        "certificateEffectiveDate": licence.valid_from.isoformat(),
        "certificateExpiringDate": licence.valid_to.isoformat() if licence.valid_to else None,
        "certificateAreaCode": licence.area_code,
    }


def structured_from_bytes(data: bytes) -> StructuredLicence:
    """Read what `structured_to_bytes` wrote.

    Raises:
        TooLargeError: more than `MAX_STRUCTURED_BYTES` or `MAX_ROWS`.
        MalformedError: `FORMAT_STRUCTURED` when it is no structured e-licence; `NON_CANONICAL` when it has another
            encoding than RFC 8785 gives it, or a key twice.
    """
    if len(data) > MAX_STRUCTURED_BYTES:
        raise TooLargeError(f"a structured licence of {len(data)} bytes; the limit is {MAX_STRUCTURED_BYTES}")
    try:
        document = json.loads(data.decode("utf-8"), parse_float=_refused, parse_constant=_refused, parse_int=_whole)
        canonical = _canonical(document)
        licence = _parse(document)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # The errors of the JSON and UTF-8 decoders are ValueErrors.
        raise MalformedError(Fault.FORMAT_STRUCTURED, f"not a structured licence ({type(error).__name__})") from error
    if canonical != data:
        raise MalformedError(Fault.NON_CANONICAL, "the structured licence is not in its canonical form")
    return licence


def _canonical(document: object) -> bytes:
    """RFC 8785 for what a structured licence can hold, many times faster than the general case.

    Without fractions, and with keys that sort alike by code point and by UTF-16 unit, Python's own writer gives the
    same bytes; a document for which it does not is refused as not canonical.
    """
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refused(text: str) -> object:
    raise ValueError("a number that is not whole")


def _whole(text: str) -> int:
    # RFC 8785 section 3.2.2.3: beyond 2^53 not every whole number has an own form.
    if len(text) > 16 or abs(int(text)) >= 1 << 53:
        raise ValueError("a number that is too large")
    return int(text)


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
    order = item["order"]
    if not isinstance(order, int) or isinstance(order, bool):
        raise TypeError("order")
    return ExpectedSeal(
        field=_text(item["field"]),
        order=order,
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


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value
