"""The home directory: settings, database, keys, trust anchors and files of one installation."""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from keys import (
    ProviderMissingError,
    default_libcrypto,
    make_development_pki,
    write_certificates,
    write_private_key,
)

from .columns import printable
from .errors import CannotWriteError, HomeError, SettingsError
from .settings import FAMILIES, SETTINGS_FILE, Settings, home_path, load_settings, names_home, settings_text
from .store_settings import StoreSetting
from .system_words import why_unwritten

AUTHORITY_NAME = "样例县行政审批局"
AUTHORITY_CODE = "1199010000000102XM"
"""The fictional authority (region 990101) that a development home seals for."""

INDEX_KEY_BYTES = 32
_DATABASE = "elicence.db"
INDEX_KEY_FILE = "index.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where everything of an installation lies."""

    path: Path
    settings: Settings

    @property
    def database_name(self) -> str:
        """The database as people are told of it: the SQLite file, or the address of a server, never with a password."""
        store = self.settings.store
        return str(self.path / _DATABASE) if store is None else store.url

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it, with its password: it is not shown to anybody. HomeError."""
        return _database_url(self.path, self.settings.store)

    def has_database(self) -> bool:
        """Whether the SQLite file is in its place; a server is asked by its first use."""
        return self.settings.store is not None or (self.path / _DATABASE).is_file()

    @property
    def trust(self) -> Path:
        """Certificates only: roots, issuing CAs, keys of codes. It may be copied to anybody."""
        return self.path / "trust"

    @property
    def files(self) -> Path:
        """The store of sealed files, by digest."""
        return self.path / "files"

    @property
    def conversions(self) -> Path:
        """Reports of conversions, and registers that are being converted for callers over HTTP."""
        return self.path / "conversions"

    @property
    def issued(self) -> Path:
        """Where `issue` puts its copies when no folder is named."""
        return self.path / "issued"

    def index_key(self) -> bytes:
        """Read the key of the holder index; HomeError when it is missing or damaged."""
        path = self.path / INDEX_KEY_FILE
        try:
            key = path.read_bytes()
        except OSError as error:
            raise HomeError(f"索引密钥无法读取：{path}", f"the index key cannot be read: {path}") from error
        if len(key) != INDEX_KEY_BYTES:
            raise HomeError(f"索引密钥已损坏：{path}", f"the index key is damaged: {path}")
        return key


def open_home(path: Path) -> Home:
    """Open an existing home.

    Raises HomeError when there is none or the directory is something else, SettingsError when its settings are broken.
    """
    if not path.is_dir():
        raise HomeError(
            f"没有主目录：{path}。请核对 --home 或 ELICENCE_HOME；还没有主目录时先运行 elicence init。",
            f"no home directory at {path}: check --home or ELICENCE_HOME; run elicence init where there is none yet",
        )
    if not (path / SETTINGS_FILE).is_file():
        raise HomeError(
            f"{path} 不是 elicence 的主目录（没有 {SETTINGS_FILE}）。",
            f"{path} is not a home directory of elicence: it has no {SETTINGS_FILE}",
        )
    settings = load_settings(path)
    _choose_libcrypto(settings.libcrypto)
    return Home(path=path, settings=settings)


def home_if_any(argument: str | None) -> Home | None:
    """Open the home of a command that can do without: None where none was made yet; raises as `open_home`.

    A home that `--home` names has to be there. `ELICENCE_HOME` may say where the first use is to make one: that there
    is none yet is told on stderr.
    """
    path = home_path(argument)
    if argument or not _is_free(path):
        return open_home(path)
    if names_home():
        print(f"没有主目录，不使用证照库  no home, no store is used: {printable(str(path))}", file=sys.stderr)
    return None


def _is_free(path: Path) -> bool:
    """Whether a home can be made here: nothing is there, or an empty directory."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def ensure_home(
    path: Path,
    *,
    public_url: str,
    at: datetime,
    random: Callable[[int], bytes],
    store: StoreSetting | None = None,
) -> tuple[Home, bool]:
    """Open the home, or make one with a development PKI; the second value says whether it was made.

    `store` names the database of a new home, which must hold no licences: their holders could not be found with
    another home's index key.

    It is built beside its place and moved there in one step, so that a half-made home never exists. The private keys
    of the development CAs are not kept. Raises as `open_home`, and CannotWriteError.
    """
    if not _is_free(path):
        return brought_up(open_home(path)), False
    _choose_libcrypto(os.environ.get("ELICENCE_LIBCRYPTO"))
    staged = path.with_name(f"{path.name}.new-{secrets.token_hex(6)}")
    try:
        staged.mkdir(mode=0o700, parents=True)
        settings = Settings(public_url=public_url, development=True, open_on_loopback=True, store=store)
        _build(staged, settings, at, random)
        try:
            staged.rename(path)
        except OSError:
            if not (path / SETTINGS_FILE).is_file():
                raise
            # Somebody else was faster: theirs is the home.
            return open_home(path), False
        _flush(path.parent)
    except OSError as error:
        why = why_unwritten(error)
        raise CannotWriteError(
            f"无法建立主目录：{path}（{why.zh}）", f"cannot make the home directory {path}: {why.en}"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return open_home(path), True


def brought_up(home: Home) -> Home:
    """Bring the database of an older version to this program's; StoreUnavailableError when that cannot be done."""
    from licences import is_current, schema_state

    # A database without tables is none of an older version: a lost one must be missed, not replaced by an empty one.
    if home.has_database() and not is_current(home.database_url) and schema_state(home.database_url).revision:
        bring_up(home)
    return home


def bring_up(home: Home, *, post: bool = False) -> None:
    """Give the database what this program needs, as `licences.upgrade`, and the home what that brings with it."""
    from licences import FIRST_PROTECTED_REVISION, schema_state, upgrade

    from .protection_keys import make_ring

    # Never for a database that has protected data: a lost ring must be missed, not replaced by a new one.
    if schema_state(home.database_url).revision < FIRST_PROTECTED_REVISION:
        make_ring(home.path, os.urandom)
    upgrade(home.database_url, post=post)


def _choose_libcrypto(path: str | None) -> None:
    """Say which library this process has SM2 from, before anything asks for it.

    One that cannot be loaded is told by whatever needs it: checking goes on without.
    """
    if path is None:
        return
    try:
        default_libcrypto(path)
    except ProviderMissingError:
        pass
    except ValueError as error:
        raise SettingsError(
            "本进程已在使用另一个密码库（ELICENCE_LIBCRYPTO 或 libcrypto）。",
            "this process already uses another crypto library (ELICENCE_LIBCRYPTO or libcrypto)",
        ) from error


def _build(path: Path, settings: Settings, at: datetime, random: Callable[[int], bytes]) -> None:
    # Alembic is slow to load, and only a new home needs it.
    from licences import schema_state, upgrade

    # They read homes, and drawing a seal takes fonts.
    from .protection_keys import make_ring
    from .seals import development_seal, seal_path

    for name in ("keys", "trust", "files", "issued", "seals"):
        (path / name).mkdir(mode=0o755 if name == "trust" else 0o700)
    for family in FAMILIES:
        pki = make_development_pki(
            family, authority_name=AUTHORITY_NAME, authority_code=AUTHORITY_CODE, at=at, random=random
        )
        write_private_key(_key_path(path, family, "seal"), pki.seal_key)
        write_private_key(_key_path(path, family, "code"), pki.code_key)
        write_private_key(_key_path(path, family, "copy"), pki.copy_key)
        write_certificates(_chain_path(path, family, "seal"), pki.seal.chain)
        write_certificates(_chain_path(path, family, "code"), pki.code.chain)
        write_certificates(_chain_path(path, family, "copy"), pki.copy.chain)
        write_certificates(path / "trust" / f"{family}-root.pem", [pki.root])
        write_certificates(path / "trust" / f"{family}-issuing-ca.pem", [pki.issuing_ca])
        write_certificates(path / "trust" / f"{family}-code.pem", [pki.code.certificate])
        seal = development_seal(pki.seal, AUTHORITY_NAME, at=at, random=random)
        _write(seal_path(path, family), seal, 0o644)
    _write(path / INDEX_KEY_FILE, random(INDEX_KEY_BYTES), 0o600)
    make_ring(path, random)
    _write(path / SETTINGS_FILE, settings_text(settings).encode(), 0o644)
    url = _database_url(path, settings.store)
    if settings.store is not None and schema_state(url).holds_licences:
        raise HomeError(
            "该数据库已存有别的主目录的证照；请指定空数据库，或使用那个主目录（含其 index.key）。",
            "the database holds the licences of another home: name an empty one, or use that home with its index.key",
        )
    upgrade(url)
    _flush(path)


def _database_url(path: Path, store: StoreSetting | None) -> str:
    if store is None:
        return f"sqlite:///{quote(str(path / _DATABASE))}"
    password = _store_password(store)
    if password is None:
        return store.url
    parts = urlsplit(store.url)
    user, at, server = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}{at or '@'}{server}").geturl()


def _store_password(store: StoreSetting) -> str | None:
    """Return the password; None leaves it to libpq (`~/.pgpass`, the name of the system's user)."""
    if (password := os.environ.get("ELICENCE_STORE_PASSWORD")) is not None:
        return password
    if store.password_file is None:
        return None
    try:
        return store.password_file.read_text("utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, ValueError) as error:
        raise HomeError(
            f"证照库口令文件无法读取：{store.password_file}",
            f"the password file of the store cannot be read: {store.password_file}",
        ) from error


def _key_path(path: Path, family: str, role: str) -> Path:
    return path / "keys" / f"{family}-{role}.key.pem"


def _chain_path(path: Path, family: str, role: str) -> Path:
    return path / "keys" / f"{family}-{role}.chain.pem"


def _write(path: Path, content: bytes, mode: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
