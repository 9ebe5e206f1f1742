"""Adapter: webhooks in a relational database."""

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from licences.outgoing import (
    DELAYS,
    MAX_WEBHOOKS,
    EventType,
    Failure,
    Secret,
    TooManyWebhooksError,
    Webhook,
    WebhookNotFoundError,
    WebhookState,
)
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .webhook_tables import SECRETS_CONTEXT, URL_CONTEXT, webhooks

_hooks = webhooks.c
_IS_IT = _hooks.id == sa.bindparam("wanted")
_OF_CLIENT = sa.select(sa.func.count()).where(_hooks.client == sa.bindparam("owner"))
_DUE = (
    webhooks.select()
    .where(
        _hooks.state == WebhookState.ACTIVE.value,
        _hooks.position < sa.bindparam("newest", type_=sa.Integer),
        sa.or_(
            _hooks.retry_at.is_(None),
            _hooks.retry_at <= sa.bindparam("at", type_=_hooks.retry_at.type),
            # No pause is so long: the clock was set back since.
            _hooks.retry_at > sa.bindparam("longest", type_=_hooks.retry_at.type),
        ),
    )
    .order_by(_hooks.created_at, _hooks.id)
)
_WORKED = {"failures": 0, "failing_since": None, "retry_at": None, "last_code": ""}


class SqlWebhooks:
    """See ``outgoing.Webhooks``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts addresses and secrets."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, webhook: Webhook) -> None:
        """See ``outgoing.Webhooks``."""
        with translated(), writing(self._engine) as connection:
            if connection.execute(_OF_CLIENT, {"owner": webhook.client}).scalar_one() >= MAX_WEBHOOKS:
                raise TooManyWebhooksError(MAX_WEBHOOKS)
            connection.execute(webhooks.insert(), self._row(webhook))

    def get(self, webhook_id: str) -> Webhook:
        """See ``outgoing.Webhooks``."""
        if is_key(webhook_id):
            with translated(), self._engine.connect() as connection:
                row = connection.execute(webhooks.select().where(_IS_IT), {"wanted": webhook_id}).first()
            if row is not None:
                return self._webhook(row)
        raise WebhookNotFoundError

    def of_client(self, client: str | None) -> tuple[Webhook, ...]:
        """See ``outgoing.Webhooks``."""
        wanted = webhooks.select().order_by(_hooks.created_at, _hooks.id)
        if client is not None:
            wanted = wanted.where(_hooks.client == client)
        with translated(), self._engine.connect() as connection:
            return tuple(self._webhook(row) for row in connection.execute(wanted))

    def due(self, at: datetime, newest: int) -> tuple[Webhook, ...]:
        """See ``outgoing.Webhooks``."""
        with translated(), self._engine.connect() as connection:
            asked = {"at": at, "longest": at + DELAYS[-1], "newest": newest}
            return tuple(self._webhook(row) for row in connection.execute(_DUE, asked))

    def advance(self, webhook_id: str, position: int, *, told: bool) -> None:
        """See ``outgoing.Webhooks``."""
        change = webhooks.update().where(_IS_IT, _hooks.position < sa.bindparam("place"))
        values = {"position": position, **(_WORKED if told else {})}
        with translated(), writing(self._engine) as connection:
            connection.execute(change.values(values), {"wanted": webhook_id, "place": position})

    def fail(self, webhook_id: str, failure: Failure) -> None:
        """See ``outgoing.Webhooks``."""
        values = {
            "failures": failure.failures,
            "failing_since": failure.failing_since,
            "retry_at": failure.retry_at,
            "last_code": failure.code,
        }
        if failure.retry_at is None:
            values["state"] = WebhookState.GIVEN_UP.value
        # Whoever stopped it meanwhile had the last word.
        change = webhooks.update().where(_IS_IT, _hooks.state == WebhookState.ACTIVE.value).values(values)
        with translated(), writing(self._engine) as connection:
            connection.execute(change, {"wanted": webhook_id})

    def set_state(self, webhook_id: str, state: WebhookState) -> None:
        """See ``outgoing.Webhooks``."""
        self._change(webhook_id, {"state": state.value, **_WORKED})

    def set_secrets(self, webhook_id: str, secrets: Sequence[Secret]) -> None:
        """See ``outgoing.Webhooks``."""
        self._change(webhook_id, {"secrets": self._protect(_secrets_text(secrets), SECRETS_CONTEXT, webhook_id)})

    def remove(self, webhook_id: str) -> None:
        """See ``outgoing.Webhooks``."""
        with translated(), writing(self._engine) as connection:
            removed = (
                is_key(webhook_id)
                and connection.execute(webhooks.delete().where(_IS_IT), {"wanted": webhook_id}).rowcount
            )
        if not removed:
            raise WebhookNotFoundError

    def _change(self, webhook_id: str, values: dict[str, object]) -> None:
        if not is_key(webhook_id):
            raise WebhookNotFoundError
        with translated(), writing(self._engine) as connection:
            change = webhooks.update().where(_IS_IT).values(values)
            if connection.execute(change, {"wanted": webhook_id}).rowcount != 1:
                raise WebhookNotFoundError

    def _row(self, webhook: Webhook) -> dict[str, object]:
        return {
            "id": webhook.id,
            "client": webhook.client,
            "url": self._protect(webhook.url, URL_CONTEXT, webhook.id),
            "secrets": self._protect(_secrets_text(webhook.secrets), SECRETS_CONTEXT, webhook.id),
            "events": json.dumps(sorted(webhook.events)),
            "types": None if webhook.types is None else json.dumps(sorted(webhook.types)),
            "regions": None if webhook.regions is None else json.dumps(sorted(webhook.regions)),
            "created_at": webhook.created_at,
            "position": webhook.position,
            "state": webhook.state.value,
            "failures": webhook.failures,
            "failing_since": webhook.failing_since,
            "retry_at": webhook.retry_at,
            "last_code": webhook.last_code,
        }

    def _webhook(self, row: sa.Row[tuple[object, ...]]) -> Webhook:
        secrets = json.loads(self._reveal(row.secrets, SECRETS_CONTEXT, row.id))
        return Webhook(
            id=row.id,
            client=row.client,
            url=self._reveal(row.url, URL_CONTEXT, row.id),
            events=frozenset(EventType(one) for one in json.loads(row.events)),
            types=None if row.types is None else frozenset(json.loads(row.types)),
            regions=None if row.regions is None else frozenset(json.loads(row.regions)),
            secrets=tuple(
                Secret(value=value, until=None if until is None else datetime.fromisoformat(until))
                for value, until in secrets
            ),
            created_at=row.created_at,
            position=row.position,
            state=WebhookState(row.state),
            failures=row.failures,
            failing_since=row.failing_since,
            retry_at=row.retry_at,
            last_code=row.last_code,
        )

    def _protect(self, text: str, context: str, webhook_id: str) -> bytes:
        return self._protection.protect(text.encode(), context=context.format(id=webhook_id))

    def _reveal(self, value: bytes, context: str, webhook_id: str) -> str:
        return self._protection.reveal(value, context=context.format(id=webhook_id)).decode()


def _secrets_text(secrets: Sequence[Secret]) -> str:
    return json.dumps([[one.value, None if one.until is None else one.until.isoformat()] for one in secrets])
