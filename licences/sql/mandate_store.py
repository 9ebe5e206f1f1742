"""Adapter: mandates in a relational database, found by keyed digests and kept encrypted."""

import json
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from esign import CHINA
from licences.access import MANDATE_KEPT, MAX_MANDATES, Mandate, MandateNotFoundError, TooManyMandatesError
from licences.holder_indexes import holder_index
from licences.protection import Protection
from licences.store import HolderKey

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .use_tables import MANDATE_CONTEXT, mandates, use_codes

_mandates = mandates.c
_OF_ID = mandates.select().where(_mandates.mandate_id == sa.bindparam("wanted"))
_ORDERED = mandates.select().order_by(_mandates.granted_at.desc(), _mandates.mandate_id.desc())
_OF_PRINCIPAL = _ORDERED.where(_mandates.principal_index == sa.bindparam("wanted"))
_OF_AGENT = _ORDERED.where(_mandates.agent_index == sa.bindparam("wanted"))
_LIVE = sa.select(sa.func.count()).where(
    _mandates.principal_index == sa.bindparam("principal"),
    _mandates.withdrawn_at.is_(None),
    _mandates.until >= sa.bindparam("day", type_=sa.Date),
)
_WITHDRAW = mandates.update().where(_mandates.mandate_id == sa.bindparam("wanted"))
_SWEEP = mandates.delete().where(
    _mandates.until < sa.bindparam("before", type_=sa.Date),
    ~sa.exists().where(use_codes.c.mandate_id == _mandates.mandate_id),
)


class SqlMandates:
    """See ``access.Mandates``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(
        self, url: str, index_key: bytes, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT
    ) -> None:
        """Name the database and its index key as for ``SqlStore``; nothing is opened yet."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._index_key = index_key
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, mandate: Mandate) -> None:
        """See ``access.Mandates``."""
        principal = holder_index(self._index_key, *mandate.principal)
        today = mandate.granted_at.astimezone(CHINA).date()
        row = {
            "mandate_id": mandate.id,
            "principal_index": principal,
            "agent_index": holder_index(self._index_key, *mandate.agent),
            "details": self._protected(mandate),
            "since": mandate.since,
            "until": mandate.until,
            "granted_at": mandate.granted_at,
            "withdrawn_at": mandate.withdrawn_at,
        }
        with translated(), writing(self._engine) as connection:
            if connection.execute(_LIVE, {"principal": principal, "day": today}).scalar_one() >= MAX_MANDATES:
                raise TooManyMandatesError
            connection.execute(_SWEEP, {"before": today - MANDATE_KEPT})
            connection.execute(mandates.insert(), row)

    def get(self, mandate_id: str) -> Mandate:
        """See ``access.Mandates``."""
        if not is_key(mandate_id):
            raise MandateNotFoundError
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_OF_ID, {"wanted": mandate_id}).first()
            if row is None:
                raise MandateNotFoundError
            return self._mandate(row)

    def withdraw(self, mandate_id: str, at: datetime) -> Mandate:
        """See ``access.Mandates``."""
        if not is_key(mandate_id):
            raise MandateNotFoundError
        with translated(), writing(self._engine) as connection:
            row = connection.execute(_OF_ID, {"wanted": mandate_id}).first()
            mandate = None if row is None else self._mandate(row)
            if mandate is None or mandate.withdrawn_at is not None:
                raise MandateNotFoundError
            ended = replace(mandate, withdrawn_at=at)
            values = {"withdrawn_at": at, "details": self._protected(ended)}
            connection.execute(_WITHDRAW.values(values), {"wanted": mandate_id})
            return ended

    def of_principal(self, principal: HolderKey) -> tuple[Mandate, ...]:
        """See ``access.Mandates``."""
        return self._all(_OF_PRINCIPAL, principal)

    def of_agent(self, agent: HolderKey) -> tuple[Mandate, ...]:
        """See ``access.Mandates``."""
        return self._all(_OF_AGENT, agent)

    def sweep(self, before: date) -> int:
        """See ``access.Mandates``."""
        with translated(), writing(self._engine) as connection:
            return connection.execute(_SWEEP, {"before": before}).rowcount

    def _all(self, wanted: sa.Select[tuple[object, ...]], key: HolderKey) -> tuple[Mandate, ...]:
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted, {"wanted": holder_index(self._index_key, *key)}).all()
            return tuple(self._mandate(row) for row in rows)

    def _mandate(self, row: sa.Row[tuple[object, ...]]) -> Mandate:
        context = MANDATE_CONTEXT.format(mandate_id=row.mandate_id)
        plain = self._protection.reveal(row.details, context=context)
        return mandate_from(row.mandate_id, row.granted_at, row.withdrawn_at, plain)

    def _protected(self, mandate: Mandate) -> bytes:
        details = {
            "principal": mandate.principal,
            "principal_name": mandate.principal_name,
            "agent": mandate.agent,
            "agent_name": mandate.agent_name,
            "types": sorted(mandate.types),
            "licences": sorted(mandate.licences),
            "matter": mandate.matter,
            "item_code": mandate.item_code,
            "since": mandate.since.isoformat(),
            "until": mandate.until.isoformat(),
            "withdrawn_at": None if mandate.withdrawn_at is None else mandate.withdrawn_at.isoformat(),
        }
        context = MANDATE_CONTEXT.format(mandate_id=mandate.id)
        return self._protection.protect(json.dumps(details).encode("ascii"), context=context)


def mandate_from(mandate_id: str, granted_at: datetime, withdrawn_at: datetime | None, plain: bytes) -> Mandate:
    """Read a mandate: what is encrypted counts, not the columns beside it, which only find it."""
    details = json.loads(plain)
    # A mandate that was withdrawn before this stood among what is encrypted has it in its column only.
    withdrawn = details.get("withdrawn_at")
    return Mandate(
        id=mandate_id,
        principal=(details["principal"][0], details["principal"][1]),
        principal_name=details["principal_name"],
        agent=(details["agent"][0], details["agent"][1]),
        agent_name=details["agent_name"],
        types=frozenset(details["types"]),
        licences=frozenset(details["licences"]),
        matter=details["matter"],
        item_code=details["item_code"],
        since=date.fromisoformat(details["since"]),
        until=date.fromisoformat(details["until"]),
        granted_at=granted_at,
        withdrawn_at=withdrawn_at if withdrawn is None else datetime.fromisoformat(withdrawn),
    )
