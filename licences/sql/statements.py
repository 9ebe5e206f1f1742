"""The SQL statements of the licence store, built once: SQLAlchemy then only looks up the compiled text."""

import sqlalchemy as sa

from licences.lifecycle import Status
from licences.store import EXPIRING

from .licence_tables import (
    idempotency_keys,
    licence_attachments,
    licence_events,
    licence_files,
    licence_holders,
    licence_proofs,
    licences,
)

INSERT_LICENCE = licences.insert()
INSERT_HOLDER = licence_holders.insert()
INSERT_FILE = licence_files.insert()
INSERT_EVENT = licence_events.insert()
INSERT_PROOF = licence_proofs.insert()
INSERT_KEY = idempotency_keys.insert()
RECORDS = (
    sa.select(licences, licence_files.c.kind, licence_files.c.sha256, licence_files.c.sm3, licence_files.c.size)
    .join(licence_files)
    .order_by(licences.c.sealed_at, licences.c.identifier)
)
BY_IDENTIFIER = RECORDS.where(licences.c.identifier == sa.bindparam("value"))
BY_SHORT_CODE = RECORDS.where(licences.c.short_code == sa.bindparam("value"))
BY_HOLDER = RECORDS.join(licence_holders, licence_holders.c.identifier == licences.c.identifier).where(
    licence_holders.c.holder_index == sa.bindparam("value")
)
REQUEST = sa.select(idempotency_keys.c.body_digest, idempotency_keys.c.identifier).where(
    idempotency_keys.c.key_digest == sa.bindparam("value")
)
SAME_NUMBER = sa.select(licences.c.identifier, licences.c.lineage, licences.c.edition).where(
    licences.c.issuer_code == sa.bindparam("issuer_code"),
    licences.c.type_code == sa.bindparam("type_code"),
    licences.c.number_key.in_(sa.bindparam("number_keys", expanding=True)),
)
NEWEST_LIST = sa.select(sa.func.max(licences.c.status_list).label("status_list")).subquery()
# One row at least: the newest list, with each of the candidates that is taken in it.
TAKEN_PLACES = sa.select(NEWEST_LIST.c.status_list, licences.c.status_index).outerjoin_from(
    NEWEST_LIST,
    licences,
    sa.and_(
        licences.c.status_list == NEWEST_LIST.c.status_list,
        licences.c.status_index.in_(sa.bindparam("candidates", expanding=True)),
    ),
)
SET_STATUS = (
    licences.update()
    .where(licences.c.identifier == sa.bindparam("value"), licences.c.status == sa.bindparam("before"))
    .values(status=sa.bindparam("after"))
)
SET_FILE = (
    licence_files.update()
    .where(
        licence_files.c.identifier == sa.bindparam("value"),
        licence_files.c.kind == sa.bindparam("file_kind"),
        licence_files.c.sha256 == sa.bindparam("before"),
    )
    .values(sha256=sa.bindparam("new_sha256"), sm3=sa.bindparam("new_sm3"), size=sa.bindparam("new_size"))
)
PROOF = licence_proofs.select().where(
    licence_proofs.c.identifier == sa.bindparam("value"), licence_proofs.c.sha256 == sa.bindparam("digest")
)
EVENTS = (
    licence_events.select()
    .where(licence_events.c.identifier == sa.bindparam("value"))
    .order_by(licence_events.c.sequence)
)
INSERT_ATTACHMENT = licence_attachments.insert()
ATTACHMENT = licence_attachments.select().where(
    licence_attachments.c.identifier == sa.bindparam("value"), licence_attachments.c.sha256 == sa.bindparam("digest")
)
_IN_FORCE = (
    sa.select(licences.c.identifier)
    .where(
        licences.c.issuer_code == sa.bindparam("issuer_code"),
        licences.c.status == Status.ISSUED.value,
        licences.c.identifier > sa.bindparam("after"),
    )
    .order_by(licences.c.identifier)
    .limit(sa.bindparam("count"))
)
IN_FORCE_OF = (
    sa.select(licences, licence_files.c.kind, licence_files.c.sha256, licence_files.c.sm3, licence_files.c.size)
    .join(licence_files)
    .where(licences.c.identifier.in_(_IN_FORCE))
    .order_by(licences.c.identifier)
)
_NUMBERED = (
    sa.select(licences.c.identifier)
    .where(licences.c.number_key.in_(sa.bindparam("number_keys", expanding=True)))
    .order_by(licences.c.identifier)
    .limit(sa.bindparam("count"))
)
# Reads every number of the store: for the person at a keyboard, not for a server.
WITH_NUMBER = RECORDS.where(licences.c.identifier.in_(_NUMBERED))
_ENDED = (
    sa.select(licences.c.identifier)
    .where(
        licences.c.valid_to < sa.bindparam("before", type_=sa.Date),
        licences.c.status.in_([status.value for status in EXPIRING]),
    )
    .order_by(licences.c.valid_to, licences.c.identifier)
    .limit(sa.bindparam("count"))
)
EXPIRED = (
    sa.select(licences, licence_files.c.kind, licence_files.c.sha256, licence_files.c.sm3, licence_files.c.size)
    .join(licence_files)
    .where(licences.c.identifier.in_(_ENDED))
    .order_by(licences.c.valid_to, licences.c.identifier)
)
CHANGES = (
    licence_events.select()
    .where(licence_events.c.sequence > sa.bindparam("value"))
    .order_by(licence_events.c.sequence)
    .limit(sa.bindparam("count"))
)
_BEGUN = sa.select(sa.func.min(licence_events.c.sequence)).where(licence_events.c.identifier == licences.c.identifier)
VERSIONS = (
    sa.select(licences, licence_files.c.kind, licence_files.c.sha256, licence_files.c.sm3, licence_files.c.size)
    .join(licence_files)
    .where(sa.or_(licences.c.identifier == sa.bindparam("value"), licences.c.lineage == sa.bindparam("value")))
    .order_by(_BEGUN.scalar_subquery(), licences.c.identifier)
)
TOUCH = sa.text("UPDATE alembic_version SET version_num = version_num")
