"""What the interface says about the use of licences, as JSON."""

from datetime import datetime

from licences import Catalogue, LicenceType, Record, StatusAnswer, UnknownTypeError, mask_code, word_of
from licences.access import SHOW_STEP, Ground, MadeCode, Mandate, OwnLicence
from licences.supervision import NumberedEntry

from .messages import day_text, instant_text


def ground_shape(ground: Ground) -> dict[str, object]:
    """Return on what a licence is used."""
    return {
        "mode": ground.mode.value,
        "relation": ground.relation,
        "mandate": ground.mandate or None,
        "matter": ground.matter or None,
        "item_code": ground.item_code or None,
        "legal_basis": ground.legal_basis or None,
    }


def own_shape(one: OwnLicence, catalogue: Catalogue) -> dict[str, object]:
    """Return a licence in the list of whom it may be used by."""
    record = one.filed.record
    licence_type = _type_of(record, catalogue)
    name = record.type_slug if licence_type is None else licence_type.name
    return {
        "identifier": record.identifier,
        "number": record.number,
        "type": record.type_slug,
        "name": {"zh": name, "en": name if licence_type is None else licence_type.name_en},
        "status": one.filed.status.value.value,
        "state": one.filed.state,
        "valid_from": day_text(record.valid_from),
        "valid_to": day_text(record.valid_to),
        "in_force": one.filed.in_force,
        "grounds": [ground_shape(ground) for ground in one.grounds],
    }


def made_code_shape(made: MadeCode) -> dict[str, object]:
    """Return a code that was just made."""
    return {
        "code": made.token,
        "made_at": instant_text(made.code.made_at),
        "expires_at": instant_text(made.code.expires_at),
    }


def show_code_shape(made: MadeCode, address: str) -> dict[str, object]:
    """Return a show code that was just made."""
    return {**made_code_shape(made), "address": address, "renew_in": int(SHOW_STEP.total_seconds())}


def mandate_shape(mandate: Mandate, at: datetime) -> dict[str, object]:
    """Return a mandate; the codes are masked."""
    return {
        "mandate": mandate.id,
        "principal": _party(mandate.principal, mandate.principal_name),
        "agent": _party(mandate.agent, mandate.agent_name),
        "licences": sorted(mandate.licences),
        "types": sorted(mandate.types),
        "matter": mandate.matter,
        "item_code": mandate.item_code or None,
        "since": day_text(mandate.since),
        "until": day_text(mandate.until),
        "granted_at": instant_text(mandate.granted_at),
        "withdrawn_at": None if mandate.withdrawn_at is None else instant_text(mandate.withdrawn_at),
        "holds": mandate.holds(at),
    }


def access_shape(numbered: NumberedEntry, client: str) -> dict[str, object]:
    """Return who looked, for the holder: offices are named, their officers are not."""
    entry = numbered.entry
    purpose = entry.purpose
    return {
        "at": instant_text(entry.at),
        "kind": entry.kind.value,
        "done": entry.done,
        "by_yourself": entry.client == client,
        "office": entry.office,
        "item_name": "" if purpose is None else purpose.item_name,
        "item_code": "" if purpose is None else purpose.item_code,
        "case_number": "" if purpose is None else purpose.case_number,
        "reason": "" if purpose is None else purpose.reason,
        "identifier": entry.identifier,
        "type": entry.type_slug,
        "mode": entry.details.get("mode", ""),
    }


def standing_words(record: Record, status: StatusAnswer | None) -> dict[str, object]:
    """Return the state of a licence as two words: its status, and what holds of it."""
    if status is None:
        return {"status": "unknown", "state": "unknown"}
    return {"status": status.value.value, "state": word_of(record, status)}


def _party(key: tuple[str, str], name: str) -> dict[str, object]:
    return {"kind": key[0], "code": mask_code(*key), "name": name}


def _type_of(record: Record, catalogue: Catalogue) -> LicenceType | None:
    try:
        return catalogue.get(record.type_code)
    except UnknownTypeError:
        return None
