"""Adapter: batches of licences to be issued, in a relational database."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from keys import hmac_bytes
from licences.actors import Actor
from licences.errors import (
    BatchesFullError,
    ClientBatchesFullError,
    IdempotencyMismatchError,
    IssueBatchNotFoundError,
)
from licences.issue_batches import (
    MAX_WAITING,
    MAX_WAITING_OF_CLIENT,
    BatchItem,
    IssueBatch,
    IssueWish,
    ItemOutcome,
    ItemState,
    NewItem,
)
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .issue_batch_tables import PROBLEM_CONTEXT, WISH_CONTEXT, issue_batch_items, issue_batches

_batches, _items = issue_batches.c, issue_batch_items.c
_OPEN_STATES = (ItemState.WAITING.value, ItemState.WORKING.value)
_BATCH = issue_batches.select().where(_batches.id == sa.bindparam("wanted"))
_BY_KEY = issue_batches.select().where(
    _batches.client == sa.bindparam("owner"), _batches.key_digest == sa.bindparam("digest")
)
_OPEN = sa.select(sa.func.count()).select_from(issue_batch_items).where(_items.state.in_(_OPEN_STATES))
_OPEN_OF_CLIENT = _OPEN.join(issue_batches).where(_batches.client == sa.bindparam("owner"))
_COUNTS = (
    sa.select(_items.state, sa.func.count().label("amount"))
    .where(_items.batch == sa.bindparam("wanted"))
    .group_by(_items.state)
)
_PAGE = (
    issue_batch_items.select()
    .where(_items.batch == sa.bindparam("wanted"), _items.position >= sa.bindparam("start", type_=sa.Integer))
    .order_by(_items.position)
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_UNFINISHED = sa.select(_batches.id).where(_batches.finished_at.is_(None)).order_by(_batches.accepted_at, _batches.id)
_LEFT = (
    sa.select(_items.position)
    .where(_items.batch == sa.bindparam("wanted"), _items.state.in_(_OPEN_STATES))
    .order_by(_items.position)
)
_THE_ITEM = (_items.batch == sa.bindparam("wanted"), _items.position == sa.bindparam("place", type_=sa.Integer))
_BEGIN = issue_batch_items.update().where(*_THE_ITEM, _items.state.in_(_OPEN_STATES))
_PUT_BACK = {"state": ItemState.WAITING.value}
_CANCEL = (
    issue_batch_items.update()
    .where(_items.batch == sa.bindparam("wanted"), _items.state == ItemState.WAITING.value)
    .values(state=ItemState.CANCELLED.value, wish=None)
)


class SqlIssueBatches:
    """See ``issue_batches.IssueBatches``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(
        self, url: str, index_key: bytes, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT
    ) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts wishes, ``index_key`` keys digests."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._index_key = index_key
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, batch: IssueBatch, items: Sequence[NewItem], *, key: str, body: bytes) -> IssueBatch:
        """See ``issue_batches.IssueBatches``."""
        key_digest = self._keyed(f"batch-key:{batch.client}:{key}".encode("utf-8", "surrogatepass"))
        body_digest = self._keyed(b"batch-body:" + body)
        rows = [self._item_row(batch.id, position, item) for position, item in enumerate(items)]
        waiting = sum(1 for item in items if not item.outcome.state.is_final)
        with translated(), writing(self._engine) as connection:
            earlier = connection.execute(_BY_KEY, {"owner": batch.client, "digest": key_digest}).first()
            if earlier is not None:
                if earlier.body_digest != body_digest:
                    raise IdempotencyMismatchError
                return _batch(earlier)
            _require_room(connection, batch.client, waiting)
            row = {
                "id": batch.id,
                "client": batch.client,
                "key_digest": key_digest,
                "body_digest": body_digest,
                "accepted_at": batch.accepted_at,
                "total": batch.total,
            }
            connection.execute(issue_batches.insert(), row)
            connection.execute(issue_batch_items.insert(), rows)
        return batch

    def get(self, batch_id: str) -> IssueBatch:
        """See ``issue_batches.IssueBatches``."""
        if is_key(batch_id):
            with translated(), self._engine.connect() as connection:
                row = connection.execute(_BATCH, {"wanted": batch_id}).first()
            if row is not None:
                return _batch(row)
        raise IssueBatchNotFoundError

    def counts(self, batch_id: str) -> Counter[ItemState]:
        """See ``issue_batches.IssueBatches``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_COUNTS, {"wanted": batch_id})
            return Counter({ItemState(row.state): row.amount for row in rows})

    def items(self, batch_id: str, *, start: int, limit: int) -> tuple[BatchItem, ...]:
        """See ``issue_batches.IssueBatches``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_PAGE, {"wanted": batch_id, "start": start, "count": limit})
            return tuple(BatchItem(position=row.position, outcome=self._outcome(row)) for row in rows)

    def unfinished(self) -> tuple[str, ...]:
        """See ``issue_batches.IssueBatches``."""
        with translated(), self._engine.connect() as connection:
            return tuple(connection.execute(_UNFINISHED).scalars())

    def left(self, batch_id: str) -> tuple[int, ...]:
        """See ``issue_batches.IssueBatches``."""
        with translated(), self._engine.connect() as connection:
            return tuple(connection.execute(_LEFT, {"wanted": batch_id}).scalars())

    def begin(self, batch_id: str, position: int) -> IssueWish | None:
        """See ``issue_batches.IssueBatches``."""
        item = {"wanted": batch_id, "place": position}
        with translated(), writing(self._engine) as connection:
            if connection.execute(_BEGIN.values(state=ItemState.WORKING.value), item).rowcount != 1:
                return None
            wish = connection.execute(sa.select(_items.wish).where(*_THE_ITEM), item).scalar_one()
        said = self._reveal(wish, WISH_CONTEXT, batch_id, position)
        return IssueWish(**{**said, "actor": Actor(**said["actor"])})

    def put_back(self, batch_id: str, position: int) -> None:
        """See ``issue_batches.IssueBatches``."""
        with translated(), writing(self._engine) as connection:
            cancelled = connection.execute(_BATCH, {"wanted": batch_id}).one().cancelled_at is not None
            values = {"state": ItemState.CANCELLED.value, "wish": None} if cancelled else _PUT_BACK
            connection.execute(_BEGIN.values(values), {"wanted": batch_id, "place": position})

    def settle(self, batch_id: str, position: int, outcome: ItemOutcome) -> None:
        """See ``issue_batches.IssueBatches``."""
        with translated(), writing(self._engine) as connection:
            change = _BEGIN.values({**self._outcome_row(batch_id, position, outcome), "wish": None})
            connection.execute(change, {"wanted": batch_id, "place": position})

    def finish(self, batch_id: str, at: datetime) -> bool:
        """See ``issue_batches.IssueBatches``."""
        change = issue_batches.update().where(_batches.id == sa.bindparam("wanted"), _batches.finished_at.is_(None))
        with translated(), writing(self._engine) as connection:
            if connection.execute(_LEFT.limit(1), {"wanted": batch_id}).first() is not None:
                return False
            connection.execute(change.values(finished_at=at), {"wanted": batch_id})
        return True

    def cancel(self, batch_id: str, at: datetime) -> None:
        """See ``issue_batches.IssueBatches``."""
        self.get(batch_id)
        change = issue_batches.update().where(
            _batches.id == sa.bindparam("wanted"), _batches.finished_at.is_(None), _batches.cancelled_at.is_(None)
        )
        with translated(), writing(self._engine) as connection:
            connection.execute(change.values(cancelled_at=at), {"wanted": batch_id})
            connection.execute(_CANCEL, {"wanted": batch_id})

    def waiting(self) -> int:
        """See ``issue_batches.IssueBatches``."""
        with translated(), self._engine.connect() as connection:
            return connection.execute(_OPEN).scalar_one()

    def _item_row(self, batch_id: str, position: int, item: NewItem) -> dict[str, object]:
        wish = None
        if item.wish is not None:
            wish = self._protect(asdict(item.wish), WISH_CONTEXT, batch_id, position)
        outcome = self._outcome_row(batch_id, position, item.outcome)
        return {"batch": batch_id, "position": position, **outcome, "wish": wish}

    def _outcome_row(self, batch_id: str, position: int, outcome: ItemOutcome) -> dict[str, object]:
        problem = outcome.problem
        return {
            "state": outcome.state.value,
            "identifier": outcome.identifier,
            "replayed": outcome.replayed,
            "problem": None if problem is None else self._protect(problem, PROBLEM_CONTEXT, batch_id, position),
        }

    def _outcome(self, row: sa.Row[tuple[object, ...]]) -> ItemOutcome:
        problem = row.problem
        return ItemOutcome(
            state=ItemState(row.state),
            identifier=row.identifier,
            replayed=row.replayed,
            problem=None if problem is None else self._reveal(problem, PROBLEM_CONTEXT, row.batch, row.position),
        )

    def _protect(self, value: Mapping[str, object], context: str, batch_id: str, position: int) -> bytes:
        place = context.format(batch=batch_id, position=position)
        return self._protection.protect(json.dumps(value).encode(), context=place)

    def _reveal(self, value: bytes, context: str, batch_id: str, position: int) -> dict[str, Any]:
        place = context.format(batch=batch_id, position=position)
        found: dict[str, Any] = json.loads(self._protection.reveal(value, context=place))
        return found

    def _keyed(self, content: bytes) -> str:
        return hmac_bytes("sm3", self._index_key, content).hex()


def _require_room(connection: sa.Connection, client: str, waiting: int) -> None:
    of_client = connection.execute(_OPEN_OF_CLIENT, {"owner": client}).scalar_one()
    if of_client + waiting > MAX_WAITING_OF_CLIENT:
        raise ClientBatchesFullError(of_client)
    everybody = connection.execute(_OPEN).scalar_one()
    if everybody + waiting > MAX_WAITING:
        raise BatchesFullError(everybody)


def _batch(row: sa.Row[tuple[object, ...]]) -> IssueBatch:
    return IssueBatch(
        id=row.id,
        client=row.client,
        accepted_at=row.accepted_at,
        total=row.total,
        finished_at=row.finished_at,
        cancelled_at=row.cancelled_at,
    )
