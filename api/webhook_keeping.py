"""Making webhooks and their secrets, for the command line and HTTP."""

import os
from collections.abc import Iterable
from datetime import datetime

from licences.outgoing import Secret, Webhook, new_secret, new_webhook, rotated

from .wiring import Services


def add_webhook(
    services: Services,
    *,
    client: str,
    url: str,
    events: Iterable[str],
    types: Iterable[str] | None,
    regions: Iterable[str] | None,
    after: int | None,
    at: datetime,
) -> Webhook:
    """Make and keep a webhook, which begins after an act, or with what comes when `after` is None.

    Raises one ExceptionGroup of InvalidFieldError, TooManyWebhooksError.
    """
    newest = services.changes.newest()
    webhook = new_webhook(
        client=client,
        url=url,
        events=events,
        types=types,
        regions=regions,
        # A number that no act has yet would leave out those that are to come.
        position=newest if after is None else min(after, newest),
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
