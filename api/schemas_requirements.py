"""Bodies of service items, requirement checks and predicates."""

from typing import Annotated, Literal

from pydantic import Field

from .schemas import Body, Words
from .schemas_holders import Access

ItemCode = Annotated[str, Field(min_length=1, max_length=64)]


class PartyBody(Body):
    """A holder by kind and code (GB/T 36903 Annex A)."""

    kind: Annotated[str, Field(min_length=3, max_length=3)]
    code: Annotated[str, Field(min_length=1, max_length=64)]


class RequirementsBody(Body):
    """Which item, who applies and perhaps for whom, and the five elements with a reason."""

    item: ItemCode
    applicant: PartyBody
    agent: PartyBody | None = None
    access: Access


class PredicateBody(RequirementsBody):
    """A question of the item's catalogue file, by its key."""

    predicate: Annotated[str, Field(min_length=1, max_length=48)]


class ItemFileBody(Body):
    """An item file (TOML), as text."""

    toml: Annotated[str, Field(min_length=1, max_length=262144)]


class CopyOfferOut(Body):
    """How to get an annotated copy: the call, with the elements of the case in its body."""

    method: Literal["POST"]
    href: str


class StandInOut(Body):
    """The licence that stands in for a material."""

    identifier: str
    type: str
    valid_to: str | None
    party: Literal["applicant", "linked", "agent"]
    source: Annotated[str, Field(description="name of the source elsewhere; empty for this store")]
    copy_offer: CopyOfferOut | None


class MaterialOut(Body):
    """What is found for one material."""

    key: str
    name: Words
    required: bool
    alternative: str
    state: Literal["satisfied", "to_submit", "unknown", "not_needed"]
    code: str
    reason: Words
    action: Words
    licence: StandInOut | None
    sources_down: list[str]


class RequirementsOut(Body):
    """What is found for every material; `undecided` says that nothing has to be submitted, but not all is known."""

    item: str
    version: int
    name: Words
    outcome: Literal["complete", "incomplete", "undecided"]
    materials: list[MaterialOut]
    at: str


class PredicateOut(Body):
    """Yes, no, or not known; why only where it is not known."""

    item: str
    predicate: str
    question: Words
    answer: Literal["yes", "no", "unknown"]
    reason: Words | None
    at: str


class ConditionOut(Body):
    """What has to hold of a field."""

    key: str
    test: str
    values: list[str]


class AcceptanceOut(Body):
    """A licence type that satisfies a material."""

    type: str
    holders: list[str]
    days_left: int
    issuer_regions: list[str]
    edition_from: int
    fields: list[ConditionOut]


class ItemMaterialOut(Body):
    """A material of an item."""

    key: str
    name: Words
    required: bool
    alternative: str
    accepts: list[AcceptanceOut]


class QuestionOut(Body):
    """A question that an item allows."""

    key: str
    name: Words
    accepts: AcceptanceOut


class ItemSummaryOut(Body):
    """An item in the list."""

    code: str
    name: Words
    office: str
    office_code: str
    region: str
    version: int
    effective_from: str | None
    effective_to: str | None


class ItemOut(ItemSummaryOut):
    """A version of an item."""

    legal_basis: list[str]
    materials: list[ItemMaterialOut]
    predicates: list[QuestionOut]


class ItemListOut(Body):
    """The newest version of each item."""

    items: list[ItemSummaryOut]


class FileFaultOut(Body):
    """One thing that is wrong with an item file."""

    line: int
    place: str
    code: str
    message: Words


class ItemCheckOut(Body):
    """What is wrong with an item file; nothing, if it is good."""

    item: str | None
    good: bool
    faults: list[FileFaultOut]
