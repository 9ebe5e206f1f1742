"""A private PostgreSQL for one run of the tests: a socket in a temporary folder, nothing synced, gone at the end."""

import ctypes
import getpass
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "elicence"
"""Role that may do everything, without a password."""
CLERK = "clerk"
"""Role that needs its password."""
CLERK_PASSWORD = "Zhengzhao:2026 @/#"  # noqa: S105  # of a server that lives for one test run
_START_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


class PostgresqlServer:
    """Starts at once; `close` always ends it, and it ends with the process that made it."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._user = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="elicence-pg-"))
        self._names = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        try:
            self._run(
                "initdb", "--username", OWNER, "--auth", "trust", "--no-sync", "--no-locale", "--encoding", "UTF8"
            )
            rules = self._folder / "data" / "pg_hba.conf"
            rules.write_text(f"local all {CLERK} scram-sha-256\n{rules.read_text('utf-8')}", "utf-8")
            self.start()
            self.execute(f"CREATE ROLE {CLERK} LOGIN PASSWORD '{CLERK_PASSWORD}'")
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start the server, again after `kill` or `stop`, and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",  # the store has to ask for what it needs
            "autovacuum": "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
                preexec_fn=_end_with_parent, **self._as_user(),
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text("utf-8")) from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Let it die as in a power cut: no warning, no checkpoint; its children follow at once."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End it and remove everything that it wrote."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the owner and return its rows."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template0") -> str:
        """Make a database, empty or as the template is, and return its name."""
        name = f"licences_{next(self._names)}"
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
                )
            )
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def disconnect(self, database: str) -> None:
        """End every connection to a database."""
        with self._connect("postgres") as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])

    def url(self, database: str, user: str = OWNER) -> str:
        """Return the address of a database as the store takes it."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(self._folder), user=OWNER, dbname=database, autocommit=True, connect_timeout=10)

    def _end(self, how: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(timeout=_START_SECONDS)
            self._server = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            cwd=self._folder, check=True, capture_output=True, **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, object]:
        """PostgreSQL refuses to run as root."""
        return {} if self._user is None else {"user": self._user, "group": _group(self._user), "extra_groups": []}


def _programs() -> Path:
    """Return the folder of the newest server's programs; Debian does not put it on the PATH."""
    found = shutil.which("postgres")
    if found is not None and shutil.which("initdb", path=str(Path(found).parent)):
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not folders:
        raise RuntimeError("no PostgreSQL server on this machine: see tests/system-packages.txt")
    return max(folders, key=lambda path: int(path.parent.name))


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), getpass.getuser())


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _end_with_parent() -> None:
    """Ask Linux to stop the server when this process is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
