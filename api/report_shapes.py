"""The report of a verification as the JSON of the contract; both doors use it."""

from datetime import datetime

from esign import StructuredLicence, VerificationReport
from licences import Catalogue
from verify import ArchiveFacts, Report, RevocationFacts, basis_lines, clock_is_doubtful

from .content_shapes import licence_shape
from .copy_shapes import copy_data_shape
from .messages import day_text, instant_text


def report_shape(report: Report, catalogue: Catalogue, *, full: bool) -> dict[str, object]:
    """Return a report; names and codes of the holder are masked unless `full`."""
    return {
        "verdict": report.verdict.value,
        "kind": report.kind,
        "authenticity": report.authenticity.value,
        "status": {
            "value": report.status.value,
            "as_of": _instant_or_none(report.status.as_of),
            "source": report.status.source,
            "next_update": _instant_or_none(report.status.next_update),
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
                "claimed_time": _instant_or_none(signature.claimed_time),
                "proven_time": _instant_or_none(signature.proven_time),
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
        "as_of": _instant_or_none(revocation.as_of),
        "since": _instant_or_none(revocation.since),
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


def _licence_in_report(
    report: Report, licence: StructuredLicence, catalogue: Catalogue, *, full: bool
) -> dict[str, object]:
    """Return what the licence says, and which of its documents was presented."""
    shape = licence_shape(licence, catalogue, full=full)
    if report.document is not None:
        shape["document"] = {"key": report.document.key, "label": report.document.label}
    return shape
