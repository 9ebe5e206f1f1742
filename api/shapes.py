"""The JSON of the contract (sections 4 and 5), made from the values of the packages below; both doors use it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from esign import (
    AnnotatedCopy,
    Rows,
    SealLevel,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    VerificationReport,
)
from licences import (
    RELATIONS,
    Catalogue,
    Event,
    Field,
    FieldType,
    FileKind,
    HolderFile,
    HolderLink,
    Issued,
    LicenceStore,
    LicenceType,
    LinkEntry,
    MadeCopy,
    Record,
    Reliance,
    UnknownTypeError,
    mask_code,
    mask_field,
    mask_name,
    word_of,
)
from verify import ArchiveFacts, Report, RevocationFacts, basis_lines, clock_is_doubtful

from .messages import day_text, instant_text, shortfall_text

HIDDEN_PICTURE = "（图片 picture）"
"""Stands for a sensitive photograph, of which even the length says something."""


def issue_shape(issued: Issued, places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return the answer to `issue`; `places` says where each file is found that was handed out."""
    shortfall = shortfall_text(issued.shortfall) if issued.shortfall else None
    return upgrade_shape(issued.record, places, issued.level) | {
        "shortfall": None if shortfall is None else shortfall.shape(),
        "replayed": issued.replayed,
    }


def upgrade_shape(record: Record, places: Mapping[FileKind, str], level: SealLevel) -> dict[str, object]:
    """Return a licence whose files have reached a level."""
    return _licence_shape(record, places) | {"level": level.value}


def _licence_shape(record: Record, places: Mapping[FileKind, str]) -> dict[str, object]:
    return {
        "identifier": record.identifier,
        "number": record.number,
        "type": record.type_slug,
        "version": record.version,
        "algorithm": record.algorithm,
        "files": {
            kind: {"path": places[kind], "sha256": file.sha256, "sm3": file.sm3}
            for kind, file in record.files.items()
            if kind in places
        },
        "code": record.code,
        "short_code": record.short_code,
        "verify_url": record.verify_url,
    }


def record_shape(record: Record, places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return one licence as the store knows it."""
    return _licence_shape(record, places) | {
        "status": record.status.value,
        "valid_from": day_text(record.valid_from),
        "valid_to": day_text(record.valid_to),
        "sealed_at": instant_text(record.sealed_at),
    }


def holder_shape(file: HolderFile, *, linked: bool) -> dict[str, object]:
    """Return a holder's file; neither name nor number of the holder is in it, and linked codes are masked."""
    return {
        "licences": [
            {
                "identifier": one.record.identifier,
                "number": one.record.number,
                "type": one.record.type_slug,
                "status": one.status.value.value,
                "valid_from": day_text(one.record.valid_from),
                "valid_to": day_text(one.record.valid_to),
                "in_force": one.in_force,
                **({"through": [_link_shape(link) for link in one.path]} if linked else {}),
            }
            for one in file.licences
        ]
    }


def link_shape(entry: LinkEntry) -> dict[str, object]:
    """Return a link between two holder codes with what became of it; the codes are masked."""
    link, withdrawal = entry.link, entry.withdrawal
    return _link_shape(link) | {
        "evidence": link.evidence,
        "evidence_digest": link.evidence_digest or None,
        "recorded_at": instant_text(link.recorded_at),
        "actor": link.actor.name,
        "office": link.actor.office,
        "withdrawn": None
        if withdrawal is None
        else {
            "reason": withdrawal.reason,
            "recorded_at": instant_text(withdrawal.recorded_at),
            "actor": withdrawal.actor.name,
            "office": withdrawal.actor.office,
        },
    }


def _link_shape(link: HolderLink) -> dict[str, object]:
    relation = RELATIONS[link.relation]
    return {
        "link": link.id,
        "relation": link.relation,
        "name": {"zh": relation.zh, "en": relation.en},
        "earlier": {"kind": link.earlier[0], "code": mask_code(*link.earlier)},
        "later": {"kind": link.later[0], "code": mask_code(*link.later)},
        "since": day_text(link.since),
    }


def event_shape(record: Record, event: Event) -> dict[str, object]:
    """Return a licence as an act left it, with the act."""
    return {
        "identifier": record.identifier,
        "number": record.number,
        "type": record.type_slug,
        "status": record.status.value,
        "valid_from": day_text(record.valid_from),
        "valid_to": day_text(record.valid_to),
        "ground": event.act.ground,
        "decision": event.act.decision,
        "effective_at": instant_text(event.act.effective_at),
        "recorded_at": instant_text(event.act.recorded_at),
    }


def act_shape(record: Record, event: Event) -> dict[str, object]:
    """Return a licence as an act left it, with everything that the act says."""
    return event_shape(record, event) | _act_members(event)


def _act_members(event: Event) -> dict[str, object]:
    act, more = event.act, event.act.particulars
    members: dict[str, object] = {
        "action": act.action.value,
        "status_before": None if event.before is None else event.before.value,
        "status_after": event.after.value,
        "ground": act.ground,
        "legal_ground": act.legal_ground,
        "decision": act.decision,
        "actor": {"name": act.actor.name, "office": act.actor.office, "office_code": act.actor.office_code},
        "effective_at": instant_text(act.effective_at),
        "recorded_at": instant_text(act.recorded_at),
    }
    particulars = {
        "until": None if more.until is None else day_text(more.until),
        "obligation": more.obligation,
        "next_due": None if more.next_due is None else day_text(more.next_due),
        "applied_on": None if more.applied_on is None else day_text(more.applied_on),
        "keeps_valid": more.keeps_valid,
        "related": more.related,
    }
    return members | {key: value for key, value in particulars.items() if value}


def history_shape(
    store: LicenceStore, versions: Sequence[Record], at: datetime, known_at: datetime | None
) -> dict[str, object]:
    """Return all versions of a licence with their acts, and what holds of each at a time, as known at a time."""

    def one(record: Record) -> dict[str, object]:
        answer = store.status(record.identifier, at, known_at=known_at)
        return {
            "identifier": record.identifier,
            "number": record.number,
            "version": record.version,
            "sealed_at": instant_text(record.sealed_at),
            "state": None if answer is None else word_of(record, answer),
            "acts": [
                _act_members(event)
                for event in store.events(record.identifier)
                if known_at is None or event.act.recorded_at <= known_at
            ],
        }

    return {
        "versions": [one(record) for record in versions],
        "at": instant_text(at),
        "known_at": None if known_at is None else instant_text(known_at),
    }


def report_shape(report: Report, catalogue: Catalogue, *, full: bool) -> dict[str, object]:
    """Return a report; names and codes of the holder are masked unless `full`."""
    return {
        "verdict": report.verdict.value,
        "kind": report.kind,
        "authenticity": report.authenticity.value,
        "status": {
            "value": report.status.value,
            "as_of": None if report.status.as_of is None else instant_text(report.status.as_of),
            "source": report.status.source,
            "next_update": None if report.status.next_update is None else instant_text(report.status.next_update),
            "disputed": report.status.disputed,
            "renewal_pending": report.status.renewal_pending,
            "extended_to": None if report.status.extended_to is None else day_text(report.status.extended_to),
            "successor": report.status.successor or None,
        },
        "reason": report.reason.code,
        "indication": report.reason.indication,
        "sub_indication": report.reason.sub_indication,
        "sentence": {"zh": report.sentence.zh, "en": report.sentence.en},
        "action": {"zh": report.action.zh, "en": report.action.en},
        "licence": None if report.licence is None else _licence_in_report(report, report.licence, catalogue, full=full),
        "copy": None if report.copy is None else copy_data_shape(report.copy),
        "recorded": None if report.recorded is None else recorded_shape(report.recorded),
        "code": None
        if report.code is None
        else {
            "identifier": report.code.identifier,
            "valid_from": day_text(report.code.valid_from),
            "valid_to": day_text(report.code.valid_to),
        },
        "archive": None if report.archive is None else _archive_shape(report.archive),
        "checks": [
            {"name": check.name, "outcome": check.outcome.value, "code": check.code, "detail": check.detail}
            for check in report.checks
        ],
        "signatures": [
            {
                "field": signature.field,
                "algorithm": signature.algorithm,
                "signer": {"name": signature.signer_name, "organization": signature.signer_organization},
                "certificate_issuer": signature.certificate_issuer,
                "certificate_serial": signature.certificate_serial,
                "claimed_time": None if signature.claimed_time is None else instant_text(signature.claimed_time),
                "proven_time": None if signature.proven_time is None else instant_text(signature.proven_time),
                "proof": signature.proof,
                "covers": signature.covers,
                "intact": signature.intact,
                "valid": signature.valid,
                "trusted": signature.trusted,
                "revocation": _revocation_shape(signature.revocation),
                "changes": list(signature.changes),
                "changed_pages": list(signature.changed_pages),
                "development": signature.development,
            }
            for signature in report.signatures
        ],
        "basis": basis_shape(report),
        "at": instant_text(report.at),
        "development": report.development,
    }


def _revocation_shape(revocation: RevocationFacts) -> dict[str, object]:
    return {
        "status": revocation.status,
        "source": revocation.source,
        "as_of": None if revocation.as_of is None else instant_text(revocation.as_of),
        "since": None if revocation.since is None else instant_text(revocation.since),
        "reason": revocation.reason,
    }


def basis_shape(report: Report) -> dict[str, object]:
    """Return what a verdict rests on and how old that is, with the sentences that say it."""
    basis = report.basis
    return {
        "anchors": {"count": basis.anchors, "as_of": _instant_or_none(basis.anchors_as_of)},
        "register": {"as_of": _instant_or_none(basis.register_as_of)},
        "revocation": {"as_of": _instant_or_none(basis.revocation_as_of)},
        "clock": {
            "now": _instant_or_none(basis.clock),
            "newest_seen": _instant_or_none(basis.newest_seen),
            "doubtful": clock_is_doubtful(basis),
        },
        "lines": [{"zh": line.zh, "en": line.en} for line in basis_lines(report)],
    }


def _instant_or_none(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)


def recorded_shape(report: VerificationReport) -> dict[str, object]:
    """Return what a signed report says about another verification."""
    found, refusal, case = report.finding, report.refusal, report.case
    return {
        "serial": report.serial,
        "office": {"name": report.office_name, "code": report.office_code},
        "officer": case.officer,
        "case_number": case.case_number,
        "item": {"name": case.item_name, "code": case.item_code},
        "made_at": instant_text(report.made_at),
        "checked": {
            "what": report.checked.what,
            "kind": found.kind,
            "size": report.checked.size,
            "sha256": report.checked.digests.sha256,
            "sm3": report.checked.digests.sm3,
        },
        "verdict": found.verdict,
        "reason": found.reason,
        "licence": found.licence,
        "at": instant_text(found.at),
        "refusal": None
        if refusal is None
        else {"reason": refusal.reason, "text": {"zh": refusal.zh, "en": refusal.en}, "remark": refusal.remark},
    }


def _archive_shape(archive: ArchiveFacts) -> dict[str, object]:
    """Return what an archive package holds; the states are those of the time at which it was made."""
    manifest = archive.manifest
    return {
        "identifier": manifest.identifier,
        "created_at": instant_text(manifest.created_at),
        "maker": {"name": manifest.maker_name, "code": manifest.maker_code},
        "retention": manifest.retention,
        "files": len(manifest.files),
        "versions": [
            {
                "identifier": found.identifier,
                "genuine": found.genuine.value,
                "status": found.status.value,
                "standing": found.standing,
                "acts": len(version.acts),
            }
            for version, found in zip(manifest.versions, archive.licences, strict=True)
        ],
    }


def copy_shape(copy: MadeCopy, places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return an annotated copy as the store knows it; `places` says where each file is found."""
    return {
        "serial": copy.serial,
        "identifier": copy.identifier,
        "made_at": instant_text(copy.made_at),
        "expires_at": instant_text(copy.expires_at),
        "files": {
            kind: {"path": places[kind], "sha256": file.sha256, "sm3": file.sm3}
            for kind, file in copy.files.items()
            if kind in places
        },
    }


def reliance_shape(reliance: Reliance) -> dict[str, object]:
    """Return a case that was decided on a licence."""
    return {
        "identifier": reliance.identifier,
        "kind": reliance.kind.value,
        "reference": reliance.reference,
        "requester": {"office": reliance.office, "officer": reliance.officer},
        "item": {"name": reliance.item_name, "code": reliance.item_code},
        "case_number": reliance.case_number,
        "relied_at": instant_text(reliance.relied_at),
    }


def copy_data_shape(copy: AnnotatedCopy) -> dict[str, object]:
    """Return what an annotated copy says beside the licence."""
    purpose = copy.purpose
    return {
        "serial": copy.serial,
        "cause": purpose.cause,
        "requester": {"office": purpose.office, "officer": purpose.officer},
        "item": {"name": purpose.item_name, "code": purpose.item_code},
        "case_number": purpose.case_number,
        "maker": {"name": copy.maker_name, "code": copy.maker_code},
        "made_at": instant_text(copy.made_at),
        "expires_at": instant_text(copy.expires_at),
        "original": {
            "pdf": {"sha256": copy.original_pdf.sha256, "sm3": copy.original_pdf.sm3},
            "json": {"sha256": copy.original_structured.sha256, "sm3": copy.original_structured.sm3},
        },
    }


def _licence_in_report(
    report: Report, licence: StructuredLicence, catalogue: Catalogue, *, full: bool
) -> dict[str, object]:
    """Return what the licence says, and which of its documents was presented."""
    shape = licence_shape(licence, catalogue, full=full)
    if report.document is not None:
        shape["document"] = {"key": report.document.key, "label": report.document.label}
    return shape


def licence_shape(licence: StructuredLicence, catalogue: Catalogue, *, full: bool) -> dict[str, object]:
    """Return what a licence says, under the keys in which its metadata were entered."""
    sensitive = _sensitive_fields(licence, catalogue)
    own = {field.key: _value(field, sensitive, full=full) for field in licence.fields}
    holders = [_holder(holder, full=full) for holder in licence.holders]
    # The keys of the standard come last: a field of a forged file must not stand in for them.
    return {
        **own,
        "certificateName": licence.name,
        "certificateType": licence.type_name,
        "certificateTypeCode": licence.type_code,
        "certificateNumber": licence.number,
        "certificateIdentifier": licence.identifier,
        "certificateVersion": licence.version,
        "certificateIssuingAuthorityName": licence.issuer_name,
        "certificateIssuingAuthorityCode": licence.issuer_code,
        "certificateIssuingAuthorityLevel": licence.issuer_level,
        "certificateIssuedDate": day_text(licence.issued_on),
        "certificateEffectiveDate": day_text(licence.valid_from),
        "certificateExpiringDate": day_text(licence.valid_to),
        "certificateAreaCode": licence.area_code,
        **(holders[0] if holders else {}),
        **({"holders": holders} if len(holders) != 1 else {}),
    }


def type_shape(licence_type: LicenceType) -> dict[str, object]:
    """Return a licence type: what its metadata have to hold."""
    return {
        "type": licence_type.slug,
        "code": licence_type.code,
        "name": {"zh": licence_type.name, "en": licence_type.name_en},
        "holder_kinds": list(licence_type.holder_kinds),
        "fields": [_field_shape(field) for field in licence_type.all_fields],
        "sample": {field.key: _sample(field) for field in licence_type.all_fields},
    }


def types_shape(catalogue: Catalogue) -> dict[str, object]:
    """Return the licence types, each in its newest version."""
    return {
        "types": [
            {
                "type": one.slug,
                "code": one.code,
                "name": {"zh": one.name, "en": one.name_en},
                "class": one.document_class,
                "version": one.version,
            }
            for one in catalogue
        ]
    }


def _field_shape(field: Field) -> dict[str, object]:
    shape: dict[str, object] = {
        "key": field.key,
        "label": {"zh": field.label, "en": field.label_en},
        "type": field.type.value,
        "required": field.required,
        "max_length": field.max_length,
        "sensitive": field.sensitive,
        "sample": _sample(field),
    }
    if field.required_when is not None:
        shape["required_when"] = {"key": field.required_when.key, "value": field.required_when.value}
    if field.unit:
        shape["unit"] = field.unit
    if field.values:
        shape["values"] = list(field.values)
    if field.columns:
        shape["max_rows"] = field.max_rows
        shape["columns"] = [_field_shape(column) for column in field.columns]
    return shape


def _sample(field: Field) -> object:
    return field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]


def _holder(holder: StructuredHolder, *, full: bool) -> dict[str, object]:
    return {
        "certificateHolderName": holder.name if full else mask_name(holder.name, holder.kind),
        "certificateHolderCode": holder.code if full else mask_code(holder.kind, holder.code),
        "certificateHolderTypeCode": holder.kind,
        "certificateHolderTypeName": holder.kind_name,
    }


def _sensitive_fields(licence: StructuredLicence, catalogue: Catalogue) -> Mapping[str, Field] | None:
    """Return the type's fields by key, or None for a type that is not in the catalogue."""
    try:
        licence_type = catalogue.get(licence.type_code)
    except UnknownTypeError:
        return None
    return {field.key: field for field in licence_type.fields}


def _value(field: StructuredField, known: Mapping[str, Field] | None, *, full: bool) -> object:
    described = known.get(field.key) if known is not None else None
    # What nobody described may be anything: it is masked too.
    hidden = not full and (described is None or described.sensitive)
    if isinstance(field.value, str):
        if hidden and described is not None and described.type is FieldType.IMAGE:
            return HIDDEN_PICTURE
        return mask_field(field.key, field.value) if hidden else field.value
    return {"columns": list(field.value.columns), "rows": _rows(field.value, described, hidden=hidden, full=full)}


def _rows(value: Rows, described: Field | None, *, hidden: bool, full: bool) -> list[list[str]]:
    public = set() if described is None else {column.label for column in described.columns if not column.sensitive}
    keys = {} if described is None else {column.label: column.key for column in described.columns}
    return [
        [
            cell if full or (not hidden and label in public) else mask_field(keys.get(label, ""), cell)
            for label, cell in zip(value.columns, row, strict=False)
        ]
        for row in value.rows
    ]
