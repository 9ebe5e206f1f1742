"""Webhooks: who is told of changes, where, and how far each has been told.

The log of acts is the outbox: a webhook keeps the number of the last act that its receiver has taken, and nothing else.
What it is sent next follows from that, also after a crash; a message that is sent twice has the same id both times.
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

from keys import hmac_bytes
from licences.errors import InvalidFieldError

from .changes import Change, EventType

MAX_WEBHOOKS = 10
"""Of one client."""
MAX_URL_CHARACTERS = 500
SECRET_BYTES = 32
ID_BYTES = 12
OVERLAP = timedelta(hours=24)
"""How long messages are signed with the earlier secret as well after a new one was made."""
GIVE_UP_AFTER = timedelta(days=3)
"""How long a receiver may fail before its webhook is stopped."""
DELAYS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600)
)
"""Pauses after the first, second … failure in a row; the last one again and again."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 — how every secret begins
_TELLABLE = frozenset({EventType.ISSUED, EventType.ACTED})


class WebhookState(StrEnum):
    """Whether a webhook is served."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Its client, or an operator, has disabled it."""
    GIVEN_UP = "given_up"
    """Its receiver failed for too long, said that it is gone, or its client may not follow any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What messages are signed with, as the receiver knows it."""

    value: str = field(repr=False)
    """`whsec_` and the key in base64."""
    until: datetime | None = None
    """The moment from which it is not used any more; None for the newest one."""

    @property
    def key(self) -> bytes:
        """The key itself; ValueError when this is no secret."""
        try:
            return base64.b64decode(self.value.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise ValueError("not a secret of a webhook") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver, what it is told of, and how far it is."""

    id: str
    client: str
    url: str = field(repr=False)
    """Receivers have been known to keep passwords in it."""
    events: frozenset[EventType]
    types: frozenset[str] | None
    """Slugs of licence types; None for all that the client may follow."""
    regions: frozenset[str] | None
    """Leading digits of region codes; None for all that the client may follow."""
    secrets: tuple[Secret, ...]
    created_at: datetime
    position: int
    """Number of the last act that was told, or that the receiver is not told of."""
    state: WebhookState = WebhookState.ACTIVE
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    last_code: str = ""
    """What went wrong with the last attempt."""

    def wants(self, change: Change) -> bool:
        """Whether its owner asked to be told of a change; whether it may is another question."""
        return (
            change.type in self.events
            and (self.types is None or change.type_slug in self.types)
            and (self.regions is None or any(change.region.startswith(one) for one in self.regions))
        )

    def message_id(self, change: Change) -> str:
        """Return the id of the message about an act: the same one whenever it is sent."""
        return f"msg_{self.id}_{change.sequence}_{change.mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is kept of an attempt that failed."""

    code: str
    failures: int
    failing_since: datetime
    retry_at: datetime | None
    """None: the webhook is given up."""


class Webhooks(Protocol):
    """Port: keeps webhooks. Every method may raise StoreUnavailableError."""

    def add(self, webhook: Webhook) -> None:
        """Keep a new one; TooManyWebhooksError."""

    def get(self, webhook_id: str) -> Webhook:
        """Return one; WebhookNotFoundError."""

    def of_client(self, client: str | None) -> tuple[Webhook, ...]:
        """Return those of a client, the oldest first; of all clients for None."""

    def due(self, at: datetime, newest: int) -> tuple[Webhook, ...]:
        """Return active ones that have something to be told, by the newest act, and need not wait any more."""

    def advance(self, webhook_id: str, position: int, *, told: bool) -> None:
        """Keep how far it is, never less than before; after a message was taken (`told`) past failures are over."""

    def fail(self, webhook_id: str, failure: Failure) -> None:
        """Keep that an attempt failed."""

    def set_state(self, webhook_id: str, state: WebhookState) -> None:
        """Stop it or let it go on from where it stopped, its failures forgotten; WebhookNotFoundError."""

    def set_secrets(self, webhook_id: str, secrets: Sequence[Secret]) -> None:
        """Give it other secrets; WebhookNotFoundError."""

    def remove(self, webhook_id: str) -> None:
        """Forget it; WebhookNotFoundError."""


def new_webhook(
    *,
    client: str,
    url: str,
    events: Iterable[str],
    types: Iterable[str] | None,
    regions: Iterable[str] | None,
    position: int,
    at: datetime,
    random: Callable[[int], bytes],
    development: bool,
) -> Webhook:
    """Return a new webhook with a new secret.

    `development` allows receivers on this machine, without TLS. Raises one ExceptionGroup of InvalidFieldError.
    """
    names, known = sorted(set(events)), {one.value for one in _TELLABLE}
    places = None if regions is None else sorted(set(regions))
    kinds = None if types is None else frozenset(types)
    faults = [] if _is_address(url, development=development) else [InvalidFieldError("/url", "WEBHOOK_URL")]
    if not names or not known.issuperset(names):
        faults.append(InvalidFieldError("/events", "WEBHOOK_EVENTS"))
    if places is not None and not (places and all(_is_region(one) for one in places)):
        faults.append(InvalidFieldError("/regions", "WEBHOOK_REGIONS"))
    if kinds is not None and not kinds:
        faults.append(InvalidFieldError("/types", "REQUIRED"))
    if faults:
        raise ExceptionGroup("the webhook is refused", faults)
    return Webhook(
        id=random(ID_BYTES).hex(),
        client=client,
        url=url,
        events=frozenset(EventType(name) for name in names),
        types=kinds,
        regions=None if places is None else frozenset(places),
        secrets=(new_secret(random),),
        created_at=at,
        position=position,
    )


def new_secret(random: Callable[[int], bytes]) -> Secret:
    """Make a secret."""
    return Secret(value=_SECRET_PREFIX + base64.b64encode(random(SECRET_BYTES)).decode())


def rotated(secrets: Sequence[Secret], new: Secret, *, at: datetime) -> tuple[Secret, ...]:
    """Put a new secret before the one that was the newest; that one stays in use for `OVERLAP`."""
    return new, Secret(value=secrets[0].value, until=at + OVERLAP)


def signatures(secrets: Iterable[Secret], *, message_id: str, at: datetime, body: bytes) -> str:
    """Return the value of `webhook-signature` (Standard Webhooks): one signature for each secret that is in use."""
    said = f"{message_id}.{int(at.timestamp())}.".encode() + body
    keys = [one.key for one in secrets if one.until is None or at < one.until]
    return " ".join(f"v1,{base64.b64encode(hmac_bytes('sha256', key, said)).decode()}" for key in keys)


def failure_after(webhook: Webhook, code: str, *, at: datetime, for_ever: bool = False) -> Failure:
    """Say what follows from another failed attempt: a longer pause, or the end (`for_ever`: at once)."""
    since = webhook.failing_since or at
    pause = DELAYS[min(webhook.failures, len(DELAYS) - 1)]
    over = for_ever or at - since >= GIVE_UP_AFTER
    return Failure(
        code=code,
        failures=webhook.failures + 1,
        failing_since=since,
        retry_at=None if over else min(at + pause, max(since + GIVE_UP_AFTER, at + DELAYS[0])),
    )


def may_be_reached(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    *,
    networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network],
    development: bool,
) -> bool:
    """Whether messages may go to an address: to the internet, and to the networks that the operator has named.

    What could lead a message to a machine that its owner cannot reach himself is refused: private, link-local and
    multicast addresses, and IPv6 addresses that stand for IPv4 ones.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in networks):
        return True
    if address.is_loopback:
        return development
    stands_for_another = any(address in network for network in _TRANSLATED)
    return address.is_global and not address.is_multicast and not stands_for_another


_TRANSLATED: Final = tuple(
    ipaddress.ip_network(text)
    # IANA's special-purpose registries: IPv4 inside IPv6 (NAT64, 6to4, Teredo), relays and protocol assignments.
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "192.0.0.0/24", "192.88.99.0/24")
)


def _is_address(url: str, *, development: bool) -> bool:
    if not 0 < len(url) <= MAX_URL_CHARACTERS or not url.isascii() or not url.isprintable() or set(url) & set(' "\\#'):
        return False
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return False
    if not host or port == 0 or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and development and _is_here(host))


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_region(text: str) -> bool:
    return 2 <= len(text) <= 6 and text.isascii() and text.isdigit()
