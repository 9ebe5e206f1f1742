"""The structured e-licence: everything that a licence says, for programs; a seal covers it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from keys import SM2_SM3

from .identifier import LicenceIdentifier

LONG_TERM = "长期"

OriginKind: TypeAlias = Literal["native", "digitised"]
TrustLevel: TypeAlias = Literal["A", "B", "C", "D"]
AttachmentKind: TypeAlias = Literal["scan", "body"]
ORIGIN_KINDS: Final[tuple[OriginKind, ...]] = ("native", "digitised")
TRUST_LEVELS: Final[tuple[TrustLevel, ...]] = ("A", "B", "C", "D")
ATTACHMENT_KINDS: Final[tuple[AttachmentKind, ...]] = ("scan", "body")


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
class StructuredOrigin:
    """How the e-licence came to be: decided electronically, or made from a paper licence."""

    kind: OriginKind
    trust_level: TrustLevel
    """可信等级; the meaning of the letters is that of `docs/how-to/convert-paper-stock.md`."""
    historic_issuer: StructuredAuthority | None = None
    """Who issued the paper, where that authority is no longer the one that seals."""
    converted_on: date | None = None
    """The day on which the paper was converted; today's seal does not stand for the day of the paper's issue."""


NATIVE_ORIGIN = StructuredOrigin(kind="native", trust_level="A")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredRelation:
    """关联证照标识: another licence that this one follows or belongs to."""

    identifier: str
    relation: str
    """关联类型, for instance `change` or `renew`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredObligation:
    """Something that has to be done again and again while the licence is in force, such as an inspection."""

    key: str
    label: str
    due: date
    """Last day on which it is not overdue, as known when the licence was sealed."""
    effect: str
    """What follows when it is overdue: `not_usable` or `note`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredAttachment:
    """A file that belongs to the licence: a scan of the paper original, or the body of an approval."""

    kind: AttachmentKind
    name: str
    media_type: str
    sha256: str
    sm3: str
    size: int
    """Bytes."""
    pages: int
    operator: str = ""
    """Account of the person who attached it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedField:
    """A value that stands on a face, and how it is printed."""

    key: str
    label: str
    unit: str = ""
    """Stands behind the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredFace:
    """照面: what a document shows of the licence, so that anybody can compare the two."""

    form: int
    """Of the words around the values, and of their order (`face_words.FACE_FORM`)."""
    fields: tuple[PrintedField, ...]
    """In the order of printing."""
    photos: tuple[str, ...] = ()
    """Keys of the photographs on it, in the order of printing."""
    records: bool = False
    """Whether its last page is for entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredDocument:
    """A sealed file that the licence consists of: 正本, a numbered 副本, 附表, 标志."""

    key: str
    label: str
    face: StructuredFace | None = None
    """None in files of early versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredStatusPlace:
    """Where the authority's signed status lists say what has become of the licence; its code names the same place."""

    number: int
    """Of the list."""
    index: int
    """Random: neighbours in a list have nothing to do with each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMember:
    """A member of the JSON text that this version does not know: a later one or another program has added it."""

    path: tuple[str | int, ...]
    """Keys and places of list items from the top, its own key last."""
    value: str
    """Canonical JSON (RFC 8785)."""


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
    type_version: int = 1
    """Of the type's catalogue file by which it was made."""
    origin: StructuredOrigin = NATIVE_ORIGIN
    relations: tuple[StructuredRelation, ...] = ()
    obligations: tuple[StructuredObligation, ...] = ()
    attachments: tuple[StructuredAttachment, ...] = ()
    documents: tuple[StructuredDocument, ...] = ()
    """The sealed PDFs that it consists of; all have this structured licence inside. None in files of early versions."""
    status_place: StructuredStatusPlace | None = None
    """None in files of early versions: only somebody who has the record knows it."""
    development: bool
    """Sealed with a development PKI: a sample without legal effect."""
    unknown: tuple[UnknownMember, ...] = ()
    """What it says beside all this. It is kept, so that writing it again gives the same bytes."""
    omitted: tuple[str, ...] = field(default=(), compare=False)
    """Members that files of early versions do not have. How it was written is no part of what it says."""

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
        metadata = {key: LONG_TERM if value is None else value for key, value in metadata_of(self).items()}
        return metadata | {key: "、".join(values) for key, values in holders.items()}


def seals_on_ofd(seals: Iterable[ExpectedSeal]) -> tuple[ExpectedSeal, ...]:
    """Those of a licence's seals that its OFDs bear, in their order: GB/T 38540 knows no algorithm but SM2."""
    return tuple(one for one in seals if one.algorithm == SM2_SM3.name)


def metadata_of(licence: StructuredLicence) -> dict[str, str | None]:
    """The GB/T 36903 elements that have one value; None for the end of a licence that does not expire."""
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
