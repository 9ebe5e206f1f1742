"""What lies in a home or a folder, opened: the database, the files, the fonts, the anchors."""

import os
from pathlib import Path

from esign import FontChain, FontError
from licences import FileProtection, FileStore, Protection, SqlStore, fonts_in, may_protect_in, shipped_font
from verify import TrustStore

from .errors import HomeError, InputNotFoundError, ServiceUnavailableError
from .home import Home
from .protection_keys import protection_of


def existing_database(home: Home) -> str:
    """Return the URL of the home's database; ServiceUnavailableError when it is gone."""
    if not home.has_database():
        raise ServiceUnavailableError(
            f"证照库不存在：{home.database_name}", f"the licence database is missing: {home.database_name}"
        )
    return home.database_url


def open_store(home: Home) -> SqlStore:
    """Open the home's store; ServiceUnavailableError when its database is gone: an empty one would know nothing."""
    url = existing_database(home)
    protection = protection_of(home)
    return SqlStore(url, open_files(home, protection), home.index_key(), protection)


def open_files(home: Home, protection: Protection) -> FileStore:
    """Open the home's folder of files."""
    url = home.database_url
    guard = FileProtection(protection=protection, name_key=home.index_key(), may_close=lambda: may_protect_in(url))
    return FileStore(home.files, guard)


def fonts_of(home: Home | None) -> FontChain:
    """The shipped font, then those of the home's configured folder; HomeError when one cannot be used."""
    folder = None if home is None else home.settings.font_dir
    try:
        return FontChain([shipped_font(), *(fonts_in(folder) if folder else ())])
    except (FontError, OSError) as error:
        raise HomeError(f"字体无法使用：{folder}", f"a font cannot be used: {folder}") from error


def trust_of(home: Home | None, directory: str | None) -> TrustStore:
    """Read the anchors of `--trust DIR`, else those of the home, else none; TrustStoreError for a bad certificate."""
    if directory is None:
        return TrustStore(()) if home is None else TrustStore.from_directory(home.trust)
    if not os.path.isdir(directory):
        raise InputNotFoundError(f"没有信任根目录：{directory}", f"no folder of trusted certificates: {directory}")
    return TrustStore.from_directory(Path(directory))
