"""The settings of the store: a PostgreSQL database elsewhere, instead of the home's own file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .errors import SettingsError
from .settings_reading import known_table


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSetting:
    """A PostgreSQL database that keeps the licences, instead of the home's own file."""

    url: str
    """`postgresql://USER@HOST:PORT/DATABASE`, never with a password."""
    password_file: Path | None = None
    """Holds the password in its first line; a relative name is looked for in the home."""


def read_store_setting(values: Mapping[str, object], home: Path, path: Path) -> StoreSetting | None:
    """Read `[store]` of the settings file; None without it. Raises SettingsError."""
    table = known_table(values.get("store", {}), ("url", "password_file"), path, "[store]")
    if not table:
        return None
    url, password_file = table.get("url"), table.get("password_file")
    if not isinstance(url, str) or not isinstance(password_file, str | None):
        raise SettingsError(
            f"{path} 的 [store] 应有文本 url（以及 password_file）。",
            f"[store] in {path} has a text url, and a text password_file",
        )
    return StoreSetting(url=check_store_url(url), password_file=None if password_file is None else home / password_file)


def check_store_url(url: str) -> str:
    """Return the address of a PostgreSQL database; SettingsError when it is none or holds a password."""
    try:
        parts = urlsplit(url)
        words = [parts.port, parts.password, *parse_qs(parts.query, strict_parsing=bool(parts.query))]
    except ValueError as error:
        raise _no_store_url() from error
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise _no_store_url()
    if parts.password is not None or {"password", "sslpassword"} & set(words):
        raise SettingsError(
            "证照库地址里不得写口令；请放入文件（password_file）或环境变量 ELICENCE_STORE_PASSWORD。",
            "the address of the store holds no password: put it into a file (password_file) or ELICENCE_STORE_PASSWORD",
        )
    return url


def _no_store_url() -> SettingsError:
    return SettingsError(
        "证照库地址应形如 postgresql://用户@主机:端口/数据库 。",
        "the address of the store looks like postgresql://USER@HOST:PORT/DATABASE",
    )


def store_text(store: StoreSetting | None) -> str:
    """Return the table as it stands in a settings file."""
    if store is None:
        return ""
    lines = ["", "# 证照库。Where the licences are kept.", "[store]", f"url = {_toml_text(store.url)}"]
    if store.password_file is not None:
        lines.append(f"password_file = {_toml_text(str(store.password_file))}")
    return "\n".join([*lines, ""])


def rename_store(path: Path, store: StoreSetting) -> None:
    """Write another database into the settings file of a home that nobody uses yet."""
    kept, inside = [], False
    for line in path.read_text("utf-8").splitlines():
        inside = line.strip() == "[store]" if line.lstrip().startswith("[") else inside
        kept += [] if inside else [line]
    path.write_text("\n".join([*kept, store_text(store)]), "utf-8")


def _toml_text(text: str) -> str:
    """A text between quotes: what JSON escapes, TOML reads the same way."""
    return json.dumps(text)
