"""Adapter: drafts and their review in a relational database."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import sqlalchemy as sa

from licences.actors import Actor
from licences.drafts import (
    MAX_VERSIONS,
    Approval,
    Draft,
    DraftContent,
    DraftStep,
    Remark,
    ReviewEvent,
    check_step,
    content_from_bytes,
    first_draft,
    next_draft,
)
from licences.errors import DraftChangedError, DraftFullError, DraftNotFoundError
from licences.protection import Protection
from licences.review import MAKING, DraftAct, DraftState, account_key

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .review_tables import CONTENT_CONTEXT, REMARKS_CONTEXT, draft_events, draft_versions, drafts

_DRAFT = drafts.select().where(drafts.c.draft_id == sa.bindparam("draft"))
_VERSION = sa.select(draft_versions.c.content).where(
    draft_versions.c.draft_id == sa.bindparam("draft"), draft_versions.c.version == sa.bindparam("number")
)
_EVENTS = (
    draft_events.select().where(draft_events.c.draft_id == sa.bindparam("draft")).order_by(draft_events.c.revision)
)
_LAST_EVENT = (
    draft_events.select()
    .where(draft_events.c.draft_id == sa.bindparam("draft"))
    .order_by(draft_events.c.revision.desc())
    .limit(1)
)
_MAKERS = sa.select(draft_events.c.actor_name).where(
    draft_events.c.draft_id == sa.bindparam("draft"), draft_events.c.act.in_([act.value for act in MAKING])
)
_CHANGE = drafts.update().where(
    drafts.c.draft_id == sa.bindparam("draft"), drafts.c.revision == sa.bindparam("revision_before")
)


class SqlDraftStore:
    """See ``drafts.DraftStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts what was typed and remarked."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        check_step(step)
        draft = first_draft(draft_id, content, step)
        with translated(), writing(self._engine) as connection:
            connection.execute(drafts.insert(), _draft_row(draft))
            self._keep_version(connection, draft, content)
            connection.execute(draft_events.insert(), self._event_row(None, draft, step))
        return draft

    def get(self, draft_id: str) -> Draft:
        """See ``drafts.DraftStore``."""
        with translated(), self._engine.connect() as connection:
            return _find(connection, draft_id)

    def content(self, draft_id: str, version: int | None = None) -> DraftContent:
        """See ``drafts.DraftStore``."""
        with translated(), self._engine.connect() as connection:
            number = _find(connection, draft_id).version if version is None else version
            row = connection.execute(_VERSION, {"draft": draft_id, "number": number}).first()
        if row is None:
            raise DraftNotFoundError
        return content_from_bytes(self._protection.reveal(row.content, context=_version_context(draft_id, number)))

    def save(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        return self._change(draft_id, step, content)

    def act(self, draft_id: str, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        return self._change(draft_id, step, None)

    def _change(self, draft_id: str, step: DraftStep, content: DraftContent | None) -> Draft:
        check_step(step)
        with translated(), writing(self._engine) as connection:
            before = _find(connection, draft_id)
            draft = next_draft(before, _makers(connection, draft_id), step, content=content)
            if draft.version > MAX_VERSIONS:
                raise DraftFullError(MAX_VERSIONS)
            _replace(connection, before, draft)
            if content is not None:
                self._keep_version(connection, draft, content)
            connection.execute(draft_events.insert(), self._event_row(before, draft, step))
        return draft

    def events(self, draft_id: str) -> tuple[ReviewEvent, ...]:
        """See ``drafts.DraftStore``."""
        with translated(), self._engine.connect() as connection:
            _find(connection, draft_id)
            rows = connection.execute(_EVENTS, {"draft": draft_id}).all()
        return tuple(self._event(row) for row in rows)

    def drafts(self, state: DraftState | None, *, limit: int) -> tuple[Draft, ...]:
        """See ``drafts.DraftStore``."""
        newest = drafts.select().order_by(drafts.c.changed_at.desc(), drafts.c.draft_id).limit(limit)
        statement = newest if state is None else newest.where(drafts.c.state == state.value)
        with translated(), self._engine.connect() as connection:
            return tuple(_draft(row) for row in connection.execute(statement))

    def _keep_version(self, connection: sa.Connection, draft: Draft, content: DraftContent) -> None:
        plain, context = content.to_bytes(), _version_context(draft.id, draft.version)
        row = {
            "draft_id": draft.id,
            "version": draft.version,
            "content": self._protection.protect(plain, context=context),
        }
        connection.execute(draft_versions.insert(), row)

    def _event_row(self, before: Draft | None, draft: Draft, step: DraftStep) -> dict[str, object]:
        row = _event_row(before, draft, step)
        if step.remarks:
            plain = json.dumps([asdict(remark) for remark in step.remarks]).encode("ascii")
            row["remarks"] = self._protection.protect(plain, context=_remarks_context(draft.id, draft.revision))
        return row

    def _event(self, row: sa.Row[tuple[object, ...]]) -> ReviewEvent:
        remarks: Sequence[dict[str, str]] = ()
        if row.remarks is not None:
            context = _remarks_context(row.draft_id, row.revision)
            remarks = json.loads(self._protection.reveal(row.remarks, context=context))
        return ReviewEvent(
            draft_id=row.draft_id,
            act=DraftAct(row.act),
            before=None if row.state_before is None else DraftState(row.state_before),
            after=DraftState(row.state_after),
            version=row.version,
            digest=row.digest,
            actor=Actor(name=row.actor_name, office=row.actor_office, office_code=row.actor_office_code),
            recorded_at=row.recorded_at,
            remarks=tuple(Remark(**remark) for remark in remarks),
        )


def seal_draft(connection: sa.Connection, approval: Approval, identifier: str) -> None:
    """Seal a draft in the transaction that keeps its licence; raises what ``drafts.DraftStore.act`` raises."""
    before = _find(connection, approval.draft_id)
    # Whoever writes "approved" into a row leaves no trace; what the history says goes into the trail.
    last = connection.execute(_LAST_EVENT, {"draft": before.id}).one()
    before = replace(before, state=DraftState(last.state_after), digest=last.digest)
    after = next_draft(before, _makers(connection, before.id), approval.step, identifier=identifier)
    _replace(connection, before, after)
    connection.execute(draft_events.insert(), _event_row(before, after, approval.step))


def _find(connection: sa.Connection, draft_id: str) -> Draft:
    row = connection.execute(_DRAFT, {"draft": draft_id}).first() if is_key(draft_id) else None
    if row is None:
        raise DraftNotFoundError
    return _draft(row)


def _makers(connection: sa.Connection, draft_id: str) -> frozenset[str]:
    names = connection.execute(_MAKERS, {"draft": draft_id}).scalars()
    return frozenset(account_key(name) for name in names)


def _replace(connection: sa.Connection, before: Draft, draft: Draft) -> None:
    change = {"draft": draft.id, "revision_before": before.revision}
    if connection.execute(_CHANGE.values(_draft_row(draft)), change).rowcount != 1:
        raise DraftChangedError


def _draft_row(draft: Draft) -> dict[str, object]:
    return {
        "draft_id": draft.id,
        "type_slug": draft.type_slug,
        "state": draft.state.value,
        "version": draft.version,
        "digest": draft.digest,
        "revision": draft.revision,
        "maker": draft.maker,
        "checker": draft.checker,
        "identifier": draft.identifier or None,
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
    }


def _draft(row: sa.Row[tuple[object, ...]]) -> Draft:
    return Draft(
        id=row.draft_id,
        type_slug=row.type_slug,
        state=DraftState(row.state),
        version=row.version,
        digest=row.digest,
        revision=row.revision,
        maker=row.maker,
        checker=row.checker,
        identifier=row.identifier or "",
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _event_row(before: Draft | None, draft: Draft, step: DraftStep) -> dict[str, object]:
    return {
        "draft_id": draft.id,
        "revision": draft.revision,
        "act": step.act.value,
        "state_before": None if before is None else before.state.value,
        "state_after": draft.state.value,
        "version": draft.version,
        "digest": draft.digest,
        "actor_name": step.actor.name,
        "actor_office": step.actor.office,
        "actor_office_code": step.actor.office_code,
        "remarks": None,
        "recorded_at": step.at,
    }


def _version_context(draft_id: str, version: int) -> str:
    return CONTENT_CONTEXT.format(draft_id=draft_id, version=version)


def _remarks_context(draft_id: str, revision: int) -> str:
    return REMARKS_CONTEXT.format(draft_id=draft_id, revision=revision)
