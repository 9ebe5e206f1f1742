"""Entries as the trail keeps them: canonical JSON in ASCII, one text for one entry."""

import json
from datetime import UTC, datetime

from licences.access import Proof, Purpose

from .trail import TrailEntry, TrailKind

_INDEX_SIZES = {
    "client": 128,
    "office_code": 18,
    "identifier": 100,
    "type_slug": 64,
    "region": 6,
    "holder_index": 64,
    "outcome": 64,
}
INDEX_COLUMNS = (
    "at", "kind", "done", "outcome", "client", "office_code", "identifier", "type_slug", "region", "holder_index",
    "source",
)  # fmt: skip
"""What the row of an entry repeats for questions, in this order."""
MAX_TEXT_CHARACTERS = 300
"""Of one text of an entry: whoever asks for something that is no identifier may send any text in its place."""


def text_of(entry: TrailEntry) -> str:
    """Write an entry. What is empty is left out; a text that is too long is cut."""
    members: dict[str, object] = {
        "at": instant_text(entry.at),
        "kind": entry.kind.value,
        "done": entry.done,
        "code": entry.code,
        "client": entry.client,
        "office": entry.office,
        "officeCode": entry.office_code,
        "proof": "" if entry.proof is None else entry.proof.value,
        "identifier": entry.identifier,
        "type": entry.type_slug,
        "region": entry.region,
        "holder": entry.holder_index,
        "purpose": {} if entry.purpose is None else {name: getattr(entry.purpose, name) for name in Purpose.__slots__},
        "details": dict(entry.details),
    }
    return _canonical({name: _cut(value) for name, value in members.items() if value or name == "done"})


def entry_from(text: str) -> TrailEntry:
    """Read an entry back; ValueError when this program cannot have written it."""
    try:
        members = json.loads(text)
        purpose = members.get("purpose")
        entry = TrailEntry(
            kind=TrailKind(members["kind"]),
            at=datetime.fromisoformat(members["at"]),
            done=members["done"],
            code=members.get("code", ""),
            client=members.get("client", ""),
            office=members.get("office", ""),
            office_code=members.get("officeCode", ""),
            proof=Proof(members["proof"]) if "proof" in members else None,
            identifier=members.get("identifier", ""),
            type_slug=members.get("type", ""),
            region=members.get("region", ""),
            holder_index=members.get("holder", ""),
            purpose=None if purpose is None else Purpose(**purpose),
            details=members.get("details", {}),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no entry of the trail") from error
    return entry


def index_texts(entry: TrailEntry) -> dict[str, str | bool]:
    """Return what the row of an entry repeats for questions; a text that cannot be one of ours is not asked for."""
    fit = {
        name: text if can_be_asked(name, text := getattr(entry, name)) else ""
        for name in _INDEX_SIZES
        if name != "outcome"
    }
    outcome = entry.code or entry.details.get("action", "")
    kept = outcome if can_be_asked("outcome", outcome) else ""
    return {**fit, "kind": entry.kind.value, "done": entry.done, "outcome": kept}


def can_be_asked(name: str, text: str) -> bool:
    """Whether a text can stand in a row for questions. The name of a client may be that of a person."""
    known = text.isprintable() if name == "client" else text.isascii() and "\0" not in text
    return known and len(text) <= _INDEX_SIZES[name]


def repeats(content: str, columns: tuple[str | bool, ...]) -> bool:
    """Whether the row of an entry says the same for questions (`INDEX_COLUMNS`) as its content."""
    try:
        members = json.loads(content)
        given, details = members.get, members.get("details", {})
        said = (
            members["at"],
            members["kind"],
            members["done"],
            given("code") or details.get("action", ""),
            given("client", ""),
            given("officeCode", ""),
            given("identifier", ""),
            given("type", ""),
            given("region", ""),
            given("holder", ""),
            details.get("source", ""),
        )
        if said == columns:
            return True
        entry = entry_from(content)
        texts = {**index_texts(entry), "at": instant_text(entry.at), "source": entry.details.get("source", "")}
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return False
    return columns == tuple(texts[name] for name in INDEX_COLUMNS)


def instant_text(at: datetime) -> str:
    """Write an instant so that the order of the texts is that of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _cut(value: object) -> object:
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARACTERS]
    if isinstance(value, dict):
        return {name: _cut(one) for name, one in value.items()}
    return value


def _canonical(members: dict[str, object]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
