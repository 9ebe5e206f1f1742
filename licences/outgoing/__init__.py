"""What other systems are told: the feed of changes, and webhooks."""

from .changes import MAX_CHANGES, Change, ChangePage, Changes, EventType, page_of
from .errors import OutgoingError, TooManyWebhooksError, WebhookNotFoundError
from .webhooks import (
    GIVE_UP_AFTER,
    MAX_URL_CHARACTERS,
    MAX_WEBHOOKS,
    OVERLAP,
    Failure,
    Secret,
    Webhook,
    Webhooks,
    WebhookState,
    failure_after,
    may_be_reached,
    new_secret,
    new_webhook,
    rotated,
    signatures,
)

__all__ = [
    "GIVE_UP_AFTER",
    "MAX_CHANGES",
    "MAX_URL_CHARACTERS",
    "MAX_WEBHOOKS",
    "OVERLAP",
    "Change",
    "ChangePage",
    "Changes",
    "EventType",
    "Failure",
    "OutgoingError",
    "Secret",
    "TooManyWebhooksError",
    "Webhook",
    "WebhookNotFoundError",
    "WebhookState",
    "Webhooks",
    "failure_after",
    "may_be_reached",
    "new_secret",
    "new_webhook",
    "page_of",
    "rotated",
    "signatures",
]
