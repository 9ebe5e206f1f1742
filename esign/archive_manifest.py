"""The manifest of an archive package: every file with its digests, every version with its acts and its state.

One canonical JSON text (RFC 8785) like the structured e-licence. Who made the package says in it what his store knew at
that time, and seals it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

import rfc8785

from .china import CHINA, YEARS
from .errors import Fault, MalformedError, TooLargeError
from .identifier import LicenceIdentifier
from .json_members import as_count, as_day, as_items, as_mapping, as_text, as_truth
from .structured import StructuredObligation
from .structured_json import canonical_json, read_json

_Json: TypeAlias = "str | int | Sequence[_Json] | Mapping[str, _Json] | None"
_Members: TypeAlias = dict[str, _Json]

ARCHIVE_FORMAT: Final = "elicence-archive/1"
MAX_MANIFEST_BYTES = 4 * 1024 * 1024  # 5,000 files take 1.3 MB, an act about 600 bytes
MAX_ARCHIVED_VERSIONS = 200  # each is judged with all its seals
PERMANENT: Final = "permanent"
"""保管期限 永久."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of the package. The manifest and its signature are not among them."""

    path: str
    sha256: str
    sm3: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedAct:
    """An act on a licence, with everything that the store says of it."""

    sequence: int
    """Place among all acts of the store."""
    action: str
    before: str | None
    """Status; None for the act with which a licence begins."""
    after: str
    ground: str
    legal_ground: str
    decision: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    office: str
    office_code: str
    until: date | None
    obligation: str
    next_due: date | None
    applied_on: date | None
    keeps_valid: bool
    related: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedStanding:
    """The state of a version when the package was made, by its acts; these are kept for other times."""

    value: str
    disputed: bool
    renewal_pending: bool
    extended_to: date | None
    obligations: tuple[StructuredObligation, ...]
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedProof:
    """Since when the store has had a file."""

    sha256: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedVersion:
    """One version of the licence."""

    identifier: str
    type: str
    """Slug of the licence type."""
    structured: str
    """Path of the structured e-licence; others are paths, too."""
    signature: str
    documents: tuple[str, ...]
    """The sealed PDFs, the first document first."""
    attachments: tuple[str, ...]
    """Scans, and bodies of approvals."""
    catalogue: tuple[str, ...]
    """Files of the licence type."""
    proofs: tuple[ArchivedProof, ...]
    standing: ArchivedStanding
    acts: tuple[ArchivedAct, ...]
    """In the order in which they were recorded."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that belongs to it."""
        return (self.structured, self.signature, *self.documents, *self.attachments, *self.catalogue)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveManifest:
    """What a package says about itself."""

    created_at: datetime
    maker_name: str
    """Who made and sealed it."""
    maker_code: str
    made_by: str
    """Account of the person or program there."""
    identifier: str
    """The licence that was asked for: one of the versions."""
    retention: str
    """`permanent`, or a period of ISO 8601 such as `P30Y`."""
    versions: tuple[ArchivedVersion, ...]
    """The first one first."""
    files: tuple[ArchivedFile, ...]
    """In the order of their paths."""
    development: bool


def manifest_to_bytes(manifest: ArchiveManifest) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8; TooLargeError beyond the reader's limits."""
    data = rfc8785.dumps(
        {
            "format": ARCHIVE_FORMAT,
            "createdAt": _instant(manifest.created_at),
            "maker": {"name": manifest.maker_name, "code": manifest.maker_code, "madeBy": manifest.made_by},
            "certificateIdentifier": manifest.identifier,
            "retention": manifest.retention,
            "versions": [_version_members(one) for one in manifest.versions],
            "files": [
                {"path": one.path, "sha256": one.sha256, "sm3": one.sm3, "size": one.size} for one in manifest.files
            ],
            "development": manifest.development,
        }
    )
    _check_limits(len(data), len(manifest.versions))
    return data


def _version_members(version: ArchivedVersion) -> _Members:
    standing = version.standing
    return {
        "certificateIdentifier": version.identifier,
        "type": version.type,
        "structured": version.structured,
        "signature": version.signature,
        "documents": list(version.documents),
        "attachments": list(version.attachments),
        "catalogue": list(version.catalogue),
        "proofs": [{"sha256": one.sha256, "since": _instant(one.since)} for one in version.proofs],
        "standing": {
            "status": standing.value,
            "disputed": standing.disputed,
            "renewalPending": standing.renewal_pending,
            "extendedTo": _day(standing.extended_to),
            "obligations": [
                {"key": one.key, "label": one.label, "due": one.due.isoformat(), "effect": one.effect}
                for one in standing.obligations
            ],
            "successor": standing.successor,
        },
        "acts": [_act_members(one) for one in version.acts],
    }


def _act_members(act: ArchivedAct) -> _Members:
    return {
        "sequence": act.sequence,
        "action": act.action,
        "statusBefore": act.before,
        "statusAfter": act.after,
        "ground": act.ground,
        "legalGround": act.legal_ground,
        "decision": act.decision,
        "effectiveAt": _instant(act.effective_at),
        "recordedAt": _instant(act.recorded_at),
        "actor": {"name": act.actor, "office": act.office, "officeCode": act.office_code},
        "until": _day(act.until),
        "obligation": act.obligation,
        "nextDue": _day(act.next_due),
        "appliedOn": _day(act.applied_on),
        "keepsValid": act.keeps_valid,
        "related": act.related,
    }


def manifest_from_bytes(data: bytes) -> ArchiveManifest:
    """Read what `manifest_to_bytes` wrote.

    Raises:
        TooLargeError: more than `MAX_MANIFEST_BYTES` or `MAX_ARCHIVED_VERSIONS`.
        MalformedError: `FORMAT_ARCHIVE` when it is no manifest; `NON_CANONICAL` when it has another encoding than
            RFC 8785 gives it, a key twice, or something that this version does not know.
    """
    _check_limits(len(data), 0)
    try:
        document = read_json(data)
        canonical = canonical_json(document)
        manifest = _parse(as_mapping(document))
        written = manifest_to_bytes(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # The errors of the JSON and UTF-8 decoders are ValueErrors.
        raise MalformedError(Fault.FORMAT_ARCHIVE, f"not a manifest ({type(error).__name__})") from error
    if canonical != data or written != data:
        raise MalformedError(Fault.NON_CANONICAL, "the manifest is not in its canonical form")
    return manifest


def _parse(top: dict[str, object]) -> ArchiveManifest:
    if top["format"] != ARCHIVE_FORMAT:
        raise ValueError("unknown format")
    maker = as_mapping(top["maker"])
    versions = as_items(top["versions"])
    _check_limits(0, len(versions))
    return ArchiveManifest(
        created_at=_moment(top["createdAt"]),
        maker_name=as_text(maker["name"]),
        maker_code=as_text(maker["code"]),
        made_by=as_text(maker["madeBy"]),
        identifier=_identifier(top["certificateIdentifier"]),
        retention=as_text(top["retention"]),
        versions=tuple(_version(as_mapping(one)) for one in versions),
        files=tuple(_file(as_mapping(one)) for one in as_items(top["files"])),
        development=as_truth(top["development"]),
    )


def _file(item: dict[str, object]) -> ArchivedFile:
    return ArchivedFile(
        path=as_text(item["path"]),
        sha256=_digest(item["sha256"]),
        sm3=_digest(item["sm3"]),
        size=as_count(item["size"]),
    )


def _version(item: dict[str, object]) -> ArchivedVersion:
    standing = as_mapping(item["standing"])
    return ArchivedVersion(
        identifier=_identifier(item["certificateIdentifier"]),
        type=as_text(item["type"]),
        structured=as_text(item["structured"]),
        signature=as_text(item["signature"]),
        documents=_texts(item["documents"]),
        attachments=_texts(item["attachments"]),
        catalogue=_texts(item["catalogue"]),
        proofs=tuple(_proof(as_mapping(one)) for one in as_items(item["proofs"])),
        standing=ArchivedStanding(
            value=as_text(standing["status"]),
            disputed=as_truth(standing["disputed"]),
            renewal_pending=as_truth(standing["renewalPending"]),
            extended_to=_day_or_none(standing["extendedTo"]),
            obligations=tuple(_obligation(as_mapping(one)) for one in as_items(standing["obligations"])),
            successor=as_text(standing["successor"]),
        ),
        acts=tuple(_act(as_mapping(one)) for one in as_items(item["acts"])),
    )


def _proof(item: dict[str, object]) -> ArchivedProof:
    return ArchivedProof(sha256=_digest(item["sha256"]), since=_moment(item["since"]))


def _obligation(item: dict[str, object]) -> StructuredObligation:
    return StructuredObligation(
        key=as_text(item["key"]), label=as_text(item["label"]), due=as_day(item["due"]), effect=as_text(item["effect"])
    )


def _act(item: dict[str, object]) -> ArchivedAct:
    actor, before = as_mapping(item["actor"]), item["statusBefore"]
    return ArchivedAct(
        sequence=as_count(item["sequence"]),
        action=as_text(item["action"]),
        before=None if before is None else as_text(before),
        after=as_text(item["statusAfter"]),
        ground=as_text(item["ground"]),
        legal_ground=as_text(item["legalGround"]),
        decision=as_text(item["decision"]),
        effective_at=_moment(item["effectiveAt"]),
        recorded_at=_moment(item["recordedAt"]),
        actor=as_text(actor["name"]),
        office=as_text(actor["office"]),
        office_code=as_text(actor["officeCode"]),
        until=_day_or_none(item["until"]),
        obligation=as_text(item["obligation"]),
        next_due=_day_or_none(item["nextDue"]),
        applied_on=_day_or_none(item["appliedOn"]),
        keeps_valid=as_truth(item["keepsValid"]),
        related=as_text(item["related"]),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(as_text(one) for one in as_items(value))


def _identifier(value: object) -> str:
    text = as_text(value)
    LicenceIdentifier.from_text(text)
    return text


def _digest(value: object) -> str:
    text = as_text(value)
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise ValueError("no digest")
    return text


def _day_or_none(value: object) -> date | None:
    return None if value is None else as_day(value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(at: datetime) -> str:
    return at.astimezone(CHINA).isoformat()


def _moment(value: object) -> datetime:
    """Acts are kept as exactly as the store knows them, so that their order stays what it was."""
    at = datetime.fromisoformat(as_text(value))
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError("an instant without its offset or beyond all calendars")
    return at


def _check_limits(size: int, versions: int) -> None:
    if size > MAX_MANIFEST_BYTES:
        raise TooLargeError(f"a manifest of {size} bytes; the limit is {MAX_MANIFEST_BYTES}")
    if versions > MAX_ARCHIVED_VERSIONS:
        raise TooLargeError(f"a package of {versions} versions; the limit is {MAX_ARCHIVED_VERSIONS}")
