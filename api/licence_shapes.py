"""Licences of the store, what was done to them and their history, as the JSON of the contract; both doors use it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from esign import SealLevel
from licences import Event, FileKind, LicenceStore, Record, StoredFile, word_of

from .messages import day_text, instant_text, shortfall_text

if TYPE_CHECKING:
    # It would bring all of issuing along, which verifying does without.
    from licences import Issued


def issue_shape(issued: "Issued", places: Mapping[FileKind, str]) -> dict[str, object]:
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
        "files": files_shape(record.files, places),
        "code": record.code,
        "short_code": record.short_code,
        "verify_url": record.verify_url,
    }


def files_shape(files: Mapping[FileKind, StoredFile], places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return the files that were handed out; `places` says where each of them is found."""
    return {
        kind: {"path": places[kind], "sha256": file.sha256, "sm3": file.sm3}
        for kind, file in files.items()
        if kind in places
    }


def record_shape(record: Record, places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return one licence as the store knows it."""
    return _licence_shape(record, places) | {
        "status": record.status.value,
        "valid_from": day_text(record.valid_from),
        "valid_to": day_text(record.valid_to),
        "sealed_at": instant_text(record.sealed_at),
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
