"""Making webhooks and their secrets, for the command line and HTTP."""

import os
from collections.abc import Iterable
from datetime import datetime

from licences.access import Caller
from licences.outgoing import Secret, Webhook, new_secret, new_webhook, read_cursor, rotated
from licences.supervision import TrailEntry, TrailKind

from .wiring import Services


def add_webhook(
    services: Services,
    *,
    client: str,
    url: str,
    events: Iterable[str],
    types: Iterable[str] | None,
    regions: Iterable[str] | None,
    after: str | None,
    at: datetime,
) -> Webhook:
    """Make and keep a webhook, which begins after a place in the feed, or with what comes when `after` is None.

    Raises InvalidFieldError or an ExceptionGroup of them, CursorLostError, TooManyWebhooksError.
    """
    changes = services.changes
    webhook = new_webhook(
        client=client,
        url=url,
        events=events,
        types=types,
        regions=regions,
        position=changes.newest() if after is None else read_cursor(changes, after),
        at=at,
        random=os.urandom,
        development=services.home.settings.open_on_loopback,
    )
    services.webhooks.add(webhook)
    return webhook


def rotate_secret(services: Services, webhook: Webhook, *, at: datetime) -> tuple[Secret, Secret]:
    """Give a webhook a new secret; returns it and the earlier one, with the end of its use."""
    new, earlier = secrets = rotated(webhook.secrets, new_secret(os.urandom), at=at)
    services.webhooks.set_secrets(webhook.id, secrets)
    return new, earlier


def record_change(services: Services, caller: Caller | None, webhook: Webhook, what: str, at: datetime) -> None:
    """Put into the trail that somebody, or an operator on this machine, did something to a webhook."""
    services.trail.record(
        TrailEntry(
            kind=TrailKind.CLIENTS,
            at=at,
            done=True,
            details={"client": webhook.client, "webhook": webhook.id, "change": f"webhook {what}"},
        ).by(caller)
    )
