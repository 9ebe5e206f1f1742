"""Records, and every store behind one fixture.

Whoever writes an SQL adapter asks for ``database_url``: an empty database of the newest schema, SQLite and then
PostgreSQL.
"""

import itertools
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from licences import (
    FileKind,
    FileStore,
    LicenceStore,
    MemoryStore,
    Record,
    SqlStore,
    Status,
    check_character,
    digests_of,
    upgrade,
)
from licences.sql.database import release

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer

ISSUER = "1199010000000102XM"
TYPE_CODE = "11990000000001011Q001"
HOLDER = "990101199003071237"
INDEX_KEY = bytes(range(32))
SEALED_AT = datetime(2026, 11, 21, 2, 3, 4, 567890, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a store is given."""

    record: Record
    files: Mapping[FileKind, bytes]


type_codes = itertools.count(1)


def make(number: str = "", **changes: object) -> Made:
    """Return a licence that clashes with no other, except as ``changes`` say."""
    serial = f"{next(type_codes):011d}"
    body = f"{TYPE_CODE}{ISSUER}{serial}001"
    files: dict[FileKind, bytes] = {
        "pdf": secrets.token_bytes(4000),
        "json": secrets.token_bytes(200),
        "p7s": secrets.token_bytes(100),
    }
    record = Record(
        identifier=f"1.2.156.3005.2.{TYPE_CODE}.{ISSUER}.{serial}.001.{check_character(body)}",
        number=number or f"农药经许(赣){serial}",
        type_code=TYPE_CODE,
        type_slug="pesticide-business",
        version="001",
        algorithm="sm2",
        issuer_code=ISSUER,
        holder_kind="111",
        valid_from=date(2026, 1, 1),
        valid_to=date(2030, 12, 31),
        sealed_at=SEALED_AT,
        status=Status.ISSUED,
        code="ABCDEFGH234567" * 20,
        short_code=f"S{serial}",
        verify_url="http://127.0.0.1:8000/V/ABCDEFGH234567",
        files={kind: digests_of(content) for kind, content in files.items()},
        status_list=1,
        status_index=int(serial),
    )
    return Made(record=replace(record, **changes), files=files)  # type: ignore[arg-type]


@pytest.fixture
def made() -> Callable[..., Made]:
    return make


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "licences.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgresql: "PostgresqlServer") -> str:
    """The name of an empty PostgreSQL database of the newest schema, to be copied."""
    name = postgresql.new_database()
    upgrade(postgresql.url(name))
    return name


@pytest.fixture
def home(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with an empty SQLite database and an empty folder of files."""
    (tmp_path / "files").mkdir()
    shutil.copy(migrated_file, tmp_path / "licences.db")
    return tmp_path


@pytest.fixture
def postgresql_url(postgresql: "PostgresqlServer", migrated_database: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the newest schema, for one test."""
    name = postgresql.new_database(migrated_database)
    url = postgresql.url(name)
    yield url
    release(url)
    postgresql.drop_database(name)


def _address(request: pytest.FixtureRequest, kind: str) -> str:
    if kind == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return f"sqlite:///{request.getfixturevalue('home')}/licences.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of the newest schema; the test runs once on each kind of database."""
    return _address(request, request.param)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def adapter_url(request: pytest.FixtureRequest) -> str | None:
    """Which adapter a test is for: None for the one in memory, else the address of an empty database."""
    return None if request.param == "memory" else _address(request, request.param)


@pytest.fixture
def open_sql() -> Callable[..., SqlStore]:
    def open_store(home: Path, *, busy_timeout: float = 5.0, query: str = "") -> SqlStore:
        url = f"sqlite:///{home}/licences.db{query}"
        return SqlStore(url, FileStore(home / "files"), INDEX_KEY, busy_timeout=busy_timeout)

    return open_store


@pytest.fixture
def sql_store(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    """The SQL store, on each kind of database."""
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), INDEX_KEY)
    yield store
    store.close()


@pytest.fixture
def store(adapter_url: str | None, tmp_path: Path) -> Iterator[LicenceStore]:
    """Every adapter of the licence store: they keep the same promises."""
    if adapter_url is None:
        yield MemoryStore()
        return
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(adapter_url, FileStore(tmp_path / "files"), INDEX_KEY)
    yield store
    store.close()


@pytest.fixture(scope="session")
def paper() -> Mapping[str, Mapping[str, object]]:
    """The data of the paper samples by name."""
    folder = Path(__file__).parents[2] / "fixtures/paper"
    return {path.stem: json.loads(path.read_text("utf-8"))["data"] for path in sorted(folder.glob("*.json"))}
