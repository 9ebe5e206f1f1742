"""Whose turn it is with a draft."""

from licences import MAKING, Draft, DraftState, account_key
from licences.access import Caller, Operation

from .wiring import Services


def step_of(services: Services, caller: Caller, draft: Draft) -> Operation | None:
    """Return what the next step of a draft is when it is this caller's, or None when it is somebody else's.

    What others have drafted waits to be checked; what the caller has drafted waits to be handed in, mended or sealed.
    Whether the caller may take that step is another question.
    """
    if draft.state in (DraftState.SEALED, DraftState.ABANDONED):
        return None
    events = services.drafts.events(draft.id)
    made = account_key(caller.client) in {account_key(event.actor.name) for event in events if event.act in MAKING}
    if draft.state is DraftState.IN_REVIEW:
        return None if made else Operation.REVIEW
    return Operation.DRAFT if made else None
