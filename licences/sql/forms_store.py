"""Adapter: the register of blank forms in a relational database."""

import sqlalchemy as sa

from licences.actors import Actor
from licences.errors import FormError, LicenceNotFoundError
from licences.forms import FormBatch, FormEntry, FormState, Serial, check_entry

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated, writing
from .forms_tables import form_batches, form_entries
from .licence_tables import licences

_TYPE = sa.bindparam("value", type_=sa.String)
_BATCHES = (
    form_batches.select().where(form_batches.c.type_code == _TYPE).order_by(form_batches.c.prefix, form_batches.c.first)
)
_INSERT_BATCH = form_batches.insert()
_ENTRIES = (
    form_entries.select()
    .where(form_entries.c.type_code == _TYPE)
    .order_by(form_entries.c.recorded_at, form_entries.c.serial)
)
_OF_FORM = _ENTRIES.where(form_entries.c.serial == sa.bindparam("printed"))
_INSERT_ENTRY = form_entries.insert()
_LICENCE = sa.select(licences.c.identifier).where(licences.c.identifier == sa.bindparam("value"))


class SqlForms:
    """See ``forms.FormRegister``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._engine = open_engine(url, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def receive(self, batch: FormBatch) -> None:
        """See ``forms.FormRegister``."""
        with translated(), writing(self._engine) as connection:
            if any(batch.meets(other) for other in _batches(connection, batch.type_code)):
                raise FormError("FORM_RANGE_TAKEN")
            row = {
                "type_code": batch.type_code,
                "prefix": batch.first.prefix,
                "width": batch.first.width,
                "first": batch.first.number,
                "last": batch.last.number,
                "received_at": batch.received_at,
            }
            connection.execute(_INSERT_BATCH, row | _actor_row(batch.actor))

    def record(self, entry: FormEntry) -> None:
        """See ``forms.FormRegister``."""
        with translated(), writing(self._engine) as connection:
            rows = connection.execute(_OF_FORM, {"value": entry.type_code, "printed": entry.serial})
            check_entry(entry, _batches(connection, entry.type_code), [_entry(row) for row in rows])
            known = entry.identifier is None or connection.execute(_LICENCE, {"value": entry.identifier}).first()
            if not known:
                raise LicenceNotFoundError
            row = {
                "type_code": entry.type_code,
                "serial": entry.serial,
                "state": entry.state.value,
                "identifier": entry.identifier,
                "reason": entry.reason,
                "recorded_at": entry.recorded_at,
            }
            connection.execute(_INSERT_ENTRY, row | _actor_row(entry.actor))

    def entries(self, type_code: str) -> tuple[FormEntry, ...]:
        """See ``forms.FormRegister``."""
        with translated(), self._engine.connect() as connection:
            return tuple(_entry(row) for row in connection.execute(_ENTRIES, {"value": type_code}))

    def batches(self, type_code: str) -> tuple[FormBatch, ...]:
        """See ``forms.FormRegister``."""
        with translated(), self._engine.connect() as connection:
            return _batches(connection, type_code)


def _batches(connection: sa.Connection, type_code: str) -> tuple[FormBatch, ...]:
    return tuple(
        FormBatch(
            type_code=row.type_code,
            first=Serial(prefix=row.prefix, number=row.first, width=row.width),
            last=Serial(prefix=row.prefix, number=row.last, width=row.width),
            received_at=row.received_at,
            actor=_actor(row),
        )
        for row in connection.execute(_BATCHES, {"value": type_code})
    )


def _entry(row: sa.Row[tuple[object, ...]]) -> FormEntry:
    return FormEntry(
        type_code=row.type_code,
        serial=row.serial,
        state=FormState(row.state),
        identifier=row.identifier,
        reason=row.reason,
        recorded_at=row.recorded_at,
        actor=_actor(row),
    )


def _actor_row(actor: Actor) -> dict[str, str]:
    return {"actor_name": actor.name, "actor_office": actor.office, "actor_office_code": actor.office_code}


def _actor(row: sa.Row[tuple[object, ...]]) -> Actor:
    return Actor(name=row.actor_name, office=row.actor_office, office_code=row.actor_office_code)
