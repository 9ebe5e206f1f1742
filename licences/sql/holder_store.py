"""Adapter: links between holder codes in a relational database, found by a keyed digest and kept encrypted."""

import json

import sqlalchemy as sa

from licences.actors import Actor
from licences.errors import DuplicateLinkError, LinkNotFoundError
from licences.holder_indexes import holder_index
from licences.holder_links import HolderLink, LinkEntry, Withdrawal
from licences.protection import Protection
from licences.store import HolderKey

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .holder_tables import LINK_CONTEXT, WITHDRAWAL_CONTEXT, holder_link_withdrawals, holder_links

_withdrawals = holder_link_withdrawals.c
_INSERT = holder_links.insert()
_WITHDRAW = holder_link_withdrawals.insert()
_ENTRIES = sa.select(
    holder_links,
    _withdrawals.reason,
    _withdrawals.recorded_at.label("withdrawn_at"),
    _withdrawals.actor.label("withdrawn_by"),
    _withdrawals.office.label("withdrawn_for"),
    _withdrawals.office_code.label("withdrawn_for_code"),
).outerjoin_from(holder_links, holder_link_withdrawals)
_OF_CODE = _ENTRIES.where(
    sa.or_(holder_links.c.earlier_index == sa.bindparam("value"), holder_links.c.later_index == sa.bindparam("value"))
).order_by(holder_links.c.recorded_at, holder_links.c.link_id)
_OF_ID = _ENTRIES.where(holder_links.c.link_id == sa.bindparam("value"))
_SAME = (
    sa.select(holder_links.c.link_id)
    .outerjoin_from(holder_links, holder_link_withdrawals)
    .where(
        holder_links.c.relation == sa.bindparam("of_relation"),
        holder_links.c.earlier_index == sa.bindparam("earlier"),
        holder_links.c.later_index == sa.bindparam("later"),
        _withdrawals.link_id.is_(None),
    )
)


class SqlHolderLinks:
    """See ``holder_links.HolderLinks``. Safe for threads and processes; open it after a fork, not before."""

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

    def add(self, link: HolderLink) -> None:
        """See ``holder_links.HolderLinks``."""
        earlier, later = self._index(link.earlier), self._index(link.later)
        details = {"earlier": link.earlier, "later": link.later, "evidence": link.evidence}
        plain = json.dumps(details, ensure_ascii=True).encode("ascii")
        with translated(), writing(self._engine) as connection:
            same = {"of_relation": link.relation, "earlier": earlier, "later": later}
            if connection.execute(_SAME, same).first() is not None:
                raise DuplicateLinkError
            row = {
                "link_id": link.id,
                "relation": link.relation,
                "earlier_index": earlier,
                "later_index": later,
                "details": self._protection.protect(plain, context=LINK_CONTEXT.format(link_id=link.id)),
                "evidence_digest": link.evidence_digest,
                "since": link.since,
                "recorded_at": link.recorded_at,
                "actor": link.actor.name,
                "office": link.actor.office,
                "office_code": link.actor.office_code,
            }
            connection.execute(_INSERT, row)

    def withdraw(self, link_id: str, withdrawal: Withdrawal) -> LinkEntry:
        """See ``holder_links.HolderLinks``."""
        if not is_key(link_id):
            raise LinkNotFoundError
        context = WITHDRAWAL_CONTEXT.format(link_id=link_id)
        with translated(), writing(self._engine) as connection:
            found = connection.execute(_OF_ID, {"value": link_id}).first()
            if found is None or found.reason is not None:
                raise LinkNotFoundError
            row = {
                "link_id": link_id,
                "reason": self._protection.protect(withdrawal.reason.encode(), context=context),
                "recorded_at": withdrawal.recorded_at,
                "actor": withdrawal.actor.name,
                "office": withdrawal.actor.office,
                "office_code": withdrawal.actor.office_code,
            }
            connection.execute(_WITHDRAW, row)
            return LinkEntry(link=self._link(found), withdrawal=withdrawal)

    def entries(self, kind: str, code: str) -> tuple[LinkEntry, ...]:
        """See ``holder_links.HolderLinks``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_OF_CODE, {"value": self._index((kind, code))}).all()
            return tuple(self._entry(row) for row in rows)

    def _entry(self, row: sa.Row[tuple[object, ...]]) -> LinkEntry:
        link = self._link(row)
        if row.reason is None:
            return LinkEntry(link=link)
        reason = self._protection.reveal(row.reason, context=WITHDRAWAL_CONTEXT.format(link_id=row.link_id))
        actor = Actor(name=row.withdrawn_by, office=row.withdrawn_for, office_code=row.withdrawn_for_code)
        return LinkEntry(
            link=link, withdrawal=Withdrawal(reason=reason.decode(), actor=actor, recorded_at=row.withdrawn_at)
        )

    def _link(self, row: sa.Row[tuple[object, ...]]) -> HolderLink:
        context = LINK_CONTEXT.format(link_id=row.link_id)
        details = json.loads(self._protection.reveal(row.details, context=context))
        earlier, later = details["earlier"], details["later"]
        return HolderLink(
            id=row.link_id,
            relation=row.relation,
            earlier=(earlier[0], earlier[1]),
            later=(later[0], later[1]),
            since=row.since,
            evidence=details["evidence"],
            evidence_digest=row.evidence_digest,
            actor=Actor(name=row.actor, office=row.office, office_code=row.office_code),
            recorded_at=row.recorded_at,
        )

    def _index(self, key: HolderKey) -> str:
        return holder_index(self._index_key, *key)
