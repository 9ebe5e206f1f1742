"""The bodies of requests and responses for approval systems: batches, webhooks, the feed of changes."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from licences import MAX_BATCH_ITEMS
from licences.outgoing import MAX_URL_CHARACTERS

from .schemas import Body, ProblemOut, Text, reference
from .schemas_licences import Format, LicenceOut

EventName = Literal["licence.issued", "licence.acted"]
EventNames = Annotated[list[EventName], Field(min_length=1, max_length=2)]
RegionText = Annotated[str, Field(pattern="^[0-9]{2,6}$")]


class BatchItemBody(Body):
    """One licence to be issued; `key` is the idempotency key of this item, as for a single licence."""

    type: Text
    data: dict[str, object]
    seal: Literal["sm2", "rsa", "sm2+rsa"] = "sm2"
    format: Format = None
    key: Annotated[str | None, Field(min_length=1, max_length=255)] = None


class BatchBody(Body):
    """Licences to be issued. An item that is not of the form `BatchItemBody` is refused alone."""

    items: Annotated[
        list[dict[str, object]],
        Field(min_length=1, max_length=MAX_BATCH_ITEMS, json_schema_extra={"items": {**reference(BatchItemBody)}}),
    ]


class BatchLicenceOut(LicenceOut):
    """A licence that was issued."""

    replayed: bool


class BatchItemOut(Body):
    """What became of one item; `index` is its place in the request, from 0."""

    index: int
    state: Literal["waiting", "working", "issued", "refused", "cancelled"]
    licence: BatchLicenceOut | None
    problem: ProblemOut | None


class BatchCountsOut(Body):
    """How many items are in each state."""

    waiting: int
    working: int
    issued: int
    refused: int
    cancelled: int


class BatchOut(Body):
    """A batch with a page of its items; `next` is the index to go on from, null at the end."""

    batch: str
    state: Literal["running", "cancelling", "finished", "cancelled"]
    total: int
    counts: BatchCountsOut
    accepted_at: str
    cancelled_at: str | None
    items: list[BatchItemOut]
    next: int | None


class WebhookBody(Body):
    """Where changes are told, and which. Null stands for all types or regions that the client may follow."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]
    events: EventNames = Field(default_factory=lambda: list(get_args(EventName)))
    types: Annotated[list[Text] | None, Field(min_length=1, max_length=200)] = None
    regions: Annotated[list[RegionText] | None, Field(min_length=1, max_length=200)] = None
    after: Annotated[
        str | None, Field(max_length=32, description="place in the feed to begin after, or 0; null: only what comes")
    ] = None


class WebhookOut(Body):
    """A webhook. `position` is the last change that the receiver has taken or is not told of."""

    webhook: str
    client: str
    url: str
    events: list[EventName]
    types: list[str] | None
    regions: list[str] | None
    state: Literal["active", "disabled", "given_up"]
    position: int
    failures: int
    failing_since: str | None
    retry_at: str | None
    last_code: str | None
    created_at: str


class NewWebhookOut(WebhookOut):
    """A webhook with its secret, which is shown this once."""

    secret: str


class SecretOut(Body):
    """A new secret, shown this once; messages are signed with the earlier one as well until then."""

    webhook: str
    secret: str
    earlier_until: str


class WebhookListOut(Body):
    """The webhooks of the client."""

    webhooks: list[WebhookOut]


class WebhookTestOut(Body):
    """Whether a message that tells of nothing was taken."""

    webhook: str
    delivered: bool
    code: str | None


class ChangeOut(Body):
    """One act on a licence."""

    sequence: int
    event: EventName
    identifier: str
    type: str
    version: str
    issuer_code: str
    action: str
    status_before: str | None
    status: str
    effective_at: str
    recorded_at: str
    related: str | None


class ChangesOut(Body):
    """Changes in the order of their sequence numbers; ask again with `after` = `next`."""

    changes: list[ChangeOut]
    next: str
    more: bool
