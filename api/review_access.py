"""Which drafts a caller may see, and what it may do with each."""

from collections.abc import Sequence
from datetime import UTC, datetime

from licences import Draft, DraftNotFoundError
from licences.access import Caller, Operation, region_of

from .enforcing import licence_for, refuse, region_in
from .wiring import Services

MAKING_STEPS = (Operation.DRAFT,)
CHECKING_STEPS = (Operation.REVIEW,)
LOOKING_STEPS = (Operation.DRAFT, Operation.REVIEW)


def draft_for(services: Services, caller: Caller, draft_id: str, operations: Sequence[Operation]) -> Draft:
    """Return a draft that the caller may do one of these to; DraftNotFoundError, also when it may not."""
    draft = services.drafts.get(draft_id)
    if not may_see(services, caller, draft, operations):
        at = datetime.now(UTC)
        refuse(services, caller, operations[0], at=at, code="NOT_ALLOWED", type_slug=draft.type_slug)
        raise DraftNotFoundError
    return draft


def may_see(services: Services, caller: Caller, draft: Draft, operations: Sequence[Operation]) -> bool:
    """Whether a caller may do one of these to a draft."""

    def may_in(region: str) -> bool:
        return any(caller.may(one, type_slug=draft.type_slug, region=region) for one in operations)

    # What is typed into a draft is only opened for those whom its region matters to.
    return may_in("") or may_in(_region_of(services, draft))


def _region_of(services: Services, draft: Draft) -> str:
    """Return the region of the authority that a draft names, or of the office that began it while it names none."""
    named = region_in(services.drafts.content(draft.id, draft.version).data)
    return region_of(services.drafts.events(draft.id)[0].actor.office_code) if named is None else named


def require_replaced(services: Services, caller: Caller, draft: Draft, at: datetime) -> None:
    """Raise as `licence_for` unless the caller may put another licence in the place of the one that a draft names."""
    replaces = services.drafts.content(draft.id, draft.version).replaces
    if replaces is not None:
        licence_for(services, caller, replaces.identifier, Operation.DRAFT, at=at)
