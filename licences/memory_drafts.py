"""A store of drafts that forgets when the process ends, for tests and trials; it keeps the promises of the SQL one."""

import threading
from dataclasses import dataclass, replace

from .drafts import (
    MAX_VERSIONS,
    Approval,
    Draft,
    DraftContent,
    DraftStep,
    ReviewEvent,
    check_step,
    first_draft,
    next_draft,
)
from .errors import DraftFullError, DraftNotFoundError
from .review import MAKING, DraftState, account_key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    draft: Draft
    versions: tuple[DraftContent, ...]
    events: tuple[ReviewEvent, ...]

    @property
    def makers(self) -> frozenset[str]:
        return frozenset(account_key(event.actor.name) for event in self.events if event.act in MAKING)


class MemoryDraftStore:
    """See ``drafts.DraftStore``. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def add(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        check_step(step)
        draft = first_draft(draft_id, content, step)
        with self._lock:
            self._entries[draft_id] = _Entry(draft=draft, versions=(content,), events=(_event(None, draft, step),))
        return draft

    def get(self, draft_id: str) -> Draft:
        """See ``drafts.DraftStore``."""
        return self._entry(draft_id).draft

    def content(self, draft_id: str, version: int | None = None) -> DraftContent:
        """See ``drafts.DraftStore``."""
        entry = self._entry(draft_id)
        number = entry.draft.version if version is None else version
        if not 1 <= number <= len(entry.versions):
            raise DraftNotFoundError
        return entry.versions[number - 1]

    def save(self, draft_id: str, content: DraftContent, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        return self._change(draft_id, step, content)

    def act(self, draft_id: str, step: DraftStep) -> Draft:
        """See ``drafts.DraftStore``."""
        return self._change(draft_id, step, None)

    def seal(self, approval: Approval, identifier: str) -> None:
        """Seal a draft while its licence is kept; raises what ``act`` raises."""
        self._change(approval.draft_id, approval.step, None, identifier)

    def _change(self, draft_id: str, step: DraftStep, content: DraftContent | None, identifier: str = "") -> Draft:
        check_step(step)
        with self._lock:
            entry = self._entry(draft_id)
            draft = next_draft(entry.draft, entry.makers, step, content=content, identifier=identifier)
            if draft.version > MAX_VERSIONS:
                raise DraftFullError(MAX_VERSIONS)
            self._entries[draft_id] = replace(
                entry,
                draft=draft,
                versions=entry.versions if content is None else (*entry.versions, content),
                events=(*entry.events, _event(entry.draft, draft, step)),
            )
        return draft

    def events(self, draft_id: str) -> tuple[ReviewEvent, ...]:
        """See ``drafts.DraftStore``."""
        return self._entry(draft_id).events

    def drafts(self, state: DraftState | None, *, limit: int) -> tuple[Draft, ...]:
        """See ``drafts.DraftStore``."""
        with self._lock:
            found = [entry.draft for entry in self._entries.values() if state is None or entry.draft.state is state]
        found.sort(key=lambda draft: draft.id)
        found.sort(key=lambda draft: draft.changed_at, reverse=True)
        return tuple(found[:limit])

    def _entry(self, draft_id: str) -> _Entry:
        try:
            return self._entries[draft_id]
        except KeyError:
            raise DraftNotFoundError from None


def _event(before: Draft | None, draft: Draft, step: DraftStep) -> ReviewEvent:
    return ReviewEvent(
        draft_id=draft.id,
        act=step.act,
        before=None if before is None else before.state,
        after=draft.state,
        version=draft.version,
        digest=draft.digest,
        actor=step.actor,
        recorded_at=step.at,
        remarks=step.remarks,
    )
