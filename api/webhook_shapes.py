"""The JSON of webhooks, for the command line and HTTP."""

from datetime import datetime

from licences.outgoing import Webhook

from .messages import instant_text


def webhook_shape(webhook: Webhook) -> dict[str, object]:
    """Return a webhook without its secrets."""
    return {
        "webhook": webhook.id,
        "client": webhook.client,
        "url": webhook.url,
        "events": sorted(webhook.events),
        "types": None if webhook.types is None else sorted(webhook.types),
        "regions": None if webhook.regions is None else sorted(webhook.regions),
        "state": webhook.state.value,
        "position": webhook.position,
        "failures": webhook.failures,
        "failing_since": _or_none(webhook.failing_since),
        "retry_at": _or_none(webhook.retry_at),
        "last_code": webhook.last_code or None,
        "created_at": instant_text(webhook.created_at),
    }


def _or_none(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)
