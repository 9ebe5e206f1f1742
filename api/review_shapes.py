"""The JSON of drafts and their review, for the command line and HTTP."""

from collections.abc import Sequence
from dataclasses import asdict

from licences import Draft, DraftContent, ReviewEvent

from .messages import instant_text

MAX_LISTED = 200


def draft_shape(draft: Draft) -> dict[str, object]:
    """Return a draft without what was typed into it."""
    return {
        "draft": draft.id,
        "type": draft.type_slug,
        "state": draft.state.value,
        "version": draft.version,
        "digest": draft.digest,
        "maker": draft.maker,
        "checker": draft.checker or None,
        "identifier": draft.identifier or None,
        "created_at": instant_text(draft.created_at),
        "changed_at": instant_text(draft.changed_at),
    }


def shown_draft_shape(
    draft: Draft, content: DraftContent, events: Sequence[ReviewEvent], *, version: int
) -> dict[str, object]:
    """Return a draft with one version of its data, and everything that was done to it."""
    shown = {
        "version": version,
        "digest": content.digest,
        "type": content.type_slug,
        "data": content.data,
        "seal": content.algorithm,
        "joint": list(content.joint),
        "replaces": None if content.replaces is None else asdict(content.replaces),
    }
    return {**draft_shape(draft), "shown": shown, "events": [_event_shape(event) for event in events]}


def _event_shape(event: ReviewEvent) -> dict[str, object]:
    return {
        "act": event.act.value,
        "before": None if event.before is None else event.before.value,
        "after": event.after.value,
        "version": event.version,
        "digest": event.digest,
        "actor": {
            "name": event.actor.name,
            "office": event.actor.office,
            "office_code": event.actor.office_code or None,
        },
        "remarks": [{"pointer": remark.pointer, "text": remark.text} for remark in event.remarks],
        "recorded_at": instant_text(event.recorded_at),
    }
