"""Licences and their files as the rows of their tables hold them."""

from collections.abc import Mapping

import sqlalchemy as sa

from licences.errors import LicenceNotFoundError
from licences.lifecycle import Status
from licences.store import FileKind, Record, StoredFile

from .database import is_key
from .event_rows import obligations_from, obligations_text
from .licence_tables import licences

_IS_LICENCE = sa.select(sa.literal(1)).where(licences.c.identifier == sa.bindparam("wanted"))


def require_licence(connection: sa.Connection, identifier: str) -> None:
    """LicenceNotFoundError unless there is a licence with this identifier."""
    if not is_key(identifier) or connection.execute(_IS_LICENCE, {"wanted": identifier}).first() is None:
        raise LicenceNotFoundError


def licence_row(record: Record) -> dict[str, object]:
    """What the table of licences keeps of a record, without its number (``NumberColumns``)."""
    return {
        "identifier": record.identifier,
        "type_code": record.type_code,
        "type_slug": record.type_slug,
        "type_version": record.type_version,
        "version": record.version,
        "algorithm": record.algorithm,
        "issuer_code": record.issuer_code,
        "holder_kind": record.holder_kind,
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
        "sealed_at": record.sealed_at,
        "status": record.status.value,
        "code": record.code,
        "short_code": record.short_code,
        "verify_url": record.verify_url,
        "status_list": record.status_list,
        "status_index": record.status_index,
        "lineage": record.lineage or None,
        "edition": record.edition,
        "obligations": obligations_text(record.obligations),
    }


def file_rows(record: Record) -> list[dict[str, object]]:
    """What the table of files keeps of a record."""
    return [
        {"identifier": record.identifier, "kind": kind, "sha256": file.sha256, "sm3": file.sm3, "size": file.size}
        for kind, file in record.files.items()
    ]


def record_from(row: sa.Row[tuple[object, ...]], files: Mapping[FileKind, StoredFile], number: str) -> Record:
    """Read a row back; ValueError when this program cannot have written it."""
    return Record(
        identifier=row.identifier,
        number=number,
        type_code=row.type_code,
        type_slug=row.type_slug,
        type_version=row.type_version,
        version=row.version,
        algorithm=row.algorithm,
        issuer_code=row.issuer_code,
        holder_kind=row.holder_kind,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        sealed_at=row.sealed_at,
        status=Status(row.status),
        code=row.code,
        short_code=row.short_code,
        verify_url=row.verify_url,
        files=files,
        status_list=row.status_list,
        status_index=row.status_index,
        lineage=row.lineage or "",
        edition=row.edition,
        obligations=obligations_from(row.obligations),
    )
