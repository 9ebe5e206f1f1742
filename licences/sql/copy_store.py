"""Adapter: annotated copies and reliances in a relational database."""

import json
from collections.abc import Mapping

import sqlalchemy as sa

from licences.copies import MadeCopy, Reliance, RelianceKind
from licences.errors import AllotmentTakenError, CopyNotFoundError, RelianceKnownError
from licences.protection import Protection
from licences.store import FileKind, Files, StoredFile

from .copy_tables import FILES_CONTEXT, annotated_copies, reliances
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .licence_rows import require_licence

_copies, _reliances = annotated_copies.c, reliances.c
_KNOWN = sa.select(sa.literal(1)).where(
    _reliances.kind == sa.bindparam("how"), _reliances.reference == sa.bindparam("number")
)
_SERIAL = annotated_copies.select().where(_copies.serial == sa.bindparam("wanted"))
_OF_LICENCE = (
    annotated_copies.select()
    .where(_copies.identifier == sa.bindparam("wanted"))
    .order_by(_copies.made_at, _copies.serial)
)
_RELIANCES = (
    reliances.select()
    .where(_reliances.identifier == sa.bindparam("wanted"))
    .order_by(_reliances.relied_at, _reliances.kind, _reliances.reference)
)
_RELIED_ON = sa.select(_reliances.identifier).distinct().order_by(_reliances.identifier)


class SqlCopyStore:
    """See ``copies.Copies``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, files: Files, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts the digests of the files."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._files = files
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, reliance: Reliance) -> None:
        """See ``copies.Reliances``."""
        with translated():
            try:
                with writing(self._engine) as connection:
                    _insert(connection, reliance)
            except sa.exc.IntegrityError as error:
                raise RelianceKnownError from error

    def of_licence(self, identifier: str) -> tuple[Reliance, ...]:
        """See ``copies.Reliances``."""
        if not is_key(identifier):
            return ()
        with translated(), self._engine.connect() as connection:
            return tuple(_reliance(row) for row in connection.execute(_RELIANCES, {"wanted": identifier}))

    def relied_on(self) -> tuple[str, ...]:
        """See ``copies.Reliances``."""
        with translated(), self._engine.connect() as connection:
            return tuple(connection.execute(_RELIED_ON).scalars())

    def add_copy(self, copy: MadeCopy, files: Mapping[FileKind, bytes], reliance: Reliance) -> None:
        """See ``copies.Copies``."""
        for kind, content in files.items():
            if self._files.put(content) != copy.files[kind].sha256:
                raise ValueError(f"the copy names another {kind} file")
        with translated():
            try:
                with writing(self._engine) as connection:
                    require_licence(connection, copy.identifier)
                    connection.execute(annotated_copies.insert(), self._row(copy))
                    _insert(connection, reliance)
            except (sa.exc.IntegrityError, RelianceKnownError) as error:
                raise AllotmentTakenError from error

    def copy(self, serial: str) -> MadeCopy:
        """See ``copies.Copies``."""
        if not is_key(serial):
            raise CopyNotFoundError
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_SERIAL, {"wanted": serial}).first()
        if row is None:
            raise CopyNotFoundError
        return self._copy(row)

    def copies_of(self, identifier: str) -> tuple[MadeCopy, ...]:
        """See ``copies.Copies``."""
        if not is_key(identifier):
            return ()
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_OF_LICENCE, {"wanted": identifier}).all()
        return tuple(self._copy(row) for row in rows)

    def copy_file(self, copy: MadeCopy, kind: FileKind) -> bytes:
        """See ``copies.Copies``."""
        return self._files.get(copy.files[kind].sha256)

    def _row(self, copy: MadeCopy) -> dict[str, object]:
        digests = {kind: [file.sha256, file.sm3, file.size] for kind, file in copy.files.items()}
        context = FILES_CONTEXT.format(serial=copy.serial)
        return {
            "serial": copy.serial,
            "identifier": copy.identifier,
            "made_by": copy.made_by,
            "made_at": copy.made_at,
            "expires_at": copy.expires_at,
            "files": self._protection.protect(json.dumps(digests).encode("ascii"), context=context),
        }

    def _copy(self, row: sa.Row[tuple[object, ...]]) -> MadeCopy:
        opened = self._protection.reveal(row.files, context=FILES_CONTEXT.format(serial=row.serial))
        files: dict[FileKind, StoredFile] = {
            kind: StoredFile(sha256=sha256, sm3=sm3, size=size)
            for kind, (sha256, sm3, size) in json.loads(opened).items()
        }
        return MadeCopy(
            serial=row.serial,
            identifier=row.identifier,
            made_by=row.made_by,
            made_at=row.made_at,
            expires_at=row.expires_at,
            files=files,
        )


def _insert(connection: sa.Connection, reliance: Reliance) -> None:
    require_licence(connection, reliance.identifier)
    known = {"how": reliance.kind.value, "number": reliance.reference}
    if connection.execute(_KNOWN, known).first() is not None:
        raise RelianceKnownError
    connection.execute(
        reliances.insert(),
        {
            "identifier": reliance.identifier,
            "kind": reliance.kind.value,
            "reference": reliance.reference,
            "office": reliance.office,
            "officer": reliance.officer,
            "item_name": reliance.item_name,
            "item_code": reliance.item_code,
            "case_number": reliance.case_number,
            "relied_at": reliance.relied_at,
        },
    )


def _reliance(row: sa.Row[tuple[object, ...]]) -> Reliance:
    return Reliance(
        identifier=row.identifier,
        kind=RelianceKind(row.kind),
        reference=row.reference,
        office=row.office,
        officer=row.officer,
        item_name=row.item_name,
        item_code=row.item_code,
        case_number=row.case_number,
        relied_at=row.relied_at,
    )
