"""Messages to webhooks (Standard Webhooks): what they say, and one attempt to hand one over.

Nothing personal goes out: the receiver is told which licence changed and asks for the rest with its own rights.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from keys import AddressRefusedError, Endpoint, KeysError, deliver
from licences.outgoing import Change, EventType, Webhook, may_be_reached, signatures

from .messages import instant_text
from .settings import Settings

ATTEMPT_SECONDS = 10.0
GONE = "HTTP_410"
"""The receiver says that it will not come back."""
_AGENT = "elicence-webhooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent to one receiver."""

    id: str
    body: bytes


def change_shape(change: Change) -> dict[str, object]:
    """Return a change as the feed and the messages tell it."""
    return {
        "sequence": change.sequence,
        "event": change.type.value,
        "identifier": change.identifier,
        "type": change.type_slug,
        "version": change.version,
        "issuer_code": change.issuer_code,
        "action": change.action.value,
        "status_before": None if change.before is None else change.before.value,
        "status": change.after.value,
        "effective_at": instant_text(change.effective_at),
        "recorded_at": instant_text(change.recorded_at),
        "related": change.related or None,
    }


def message_about(webhook: Webhook, change: Change) -> Message:
    """Return the message about a change: the same bytes whenever it is sent."""
    body = _body(change.type, change.recorded_at, change_shape(change))
    return Message(id=webhook.message_id(change), body=body)


def test_message(webhook: Webhook, at: datetime) -> Message:
    """Return a message that tells of nothing."""
    body = _body(EventType.TEST, at, {"webhook": webhook.id})
    return Message(id=f"msg_{webhook.id}_test_{int(at.timestamp() * 1000)}", body=body)


def _body(event: EventType, at: datetime, data: Mapping[str, object]) -> bytes:
    whole = {"type": event.value, "timestamp": instant_text(at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


Attempt = Callable[[Webhook, Message, datetime], str]
"""Hands a message over and returns an empty text, or the code of what went wrong."""


def attempt_with(settings: Settings) -> Attempt:
    """Return how messages are handed over by an installation with these settings."""

    def attempt(webhook: Webhook, message: Message, at: datetime) -> str:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "webhook-id": message.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signatures(webhook.secrets, message_id=message.id, at=at, body=message.body),
        }
        try:
            status = deliver(
                Endpoint(url=webhook.url, timeout=ATTEMPT_SECONDS),
                body=message.body,
                headers=headers,
                may_reach=lambda address: may_be_reached(
                    address, networks=settings.webhook_networks, development=settings.open_on_loopback
                ),
            )
        except AddressRefusedError:
            return "ADDRESS_REFUSED"
        except KeysError:
            return "UNREACHABLE"
        return "" if 200 <= status < 300 else f"HTTP_{status}"

    return attempt
