"""What the first use of a home does: the home is made, with its keys, seals, database and the first client."""

import os
from datetime import UTC, datetime
from pathlib import Path

from .answer import Answer
from .client_commands import key_text
from .client_keeping import ClientKeeping
from .errors import SettingsError, UsageError
from .home import AUTHORITY_NAME, Home, ensure_home
from .messages import development_lines
from .own_types import catalogue_of
from .settings import DEFAULT_PUBLIC_URL, check_public_url
from .store_settings import StoreSetting
from .wiring import Services


def init(home_path: Path, *, public_url: str | None, store: StoreSetting | None = None) -> Answer:
    """Make a home; an existing one stays as it is, and another address or another store for it is refused."""
    try:
        wanted = None if public_url is None else check_public_url(public_url)
    except SettingsError as error:
        raise UsageError(error.message.zh, error.message.en) from error
    home, made = first_use(home_path, public_url=wanted, store=store)
    address = home.settings.public_url
    if store is not None and home.settings.store != store:
        raise UsageError(
            f"主目录已存在，证照库为 {home.database_name}；换库须先迁移数据，再编辑 elicence.toml。",
            f"the home exists with the store {home.database_name}: move its data first, then edit elicence.toml",
        )
    if wanted is not None and wanted != address:
        raise UsageError(
            f"主目录已存在，公开地址为 {address}；已印出的二维码不会改变，如确需更改请编辑 elicence.toml。",
            f"the home exists with the public URL {address}; to change it, edit elicence.toml (printed codes keep it)",
        )
    shape = {
        "home": str(home.path),
        "created": made,
        "public_url": address,
        "store": home.database_name,
        "development": home.settings.development,
        "authority": AUTHORITY_NAME,
        "seals": ["sm2", "rsa"],
        "types": [licence_type.slug for licence_type in catalogue_of(home)],
    }
    services = Services(home)
    first = ClientKeeping(services, None, random=os.urandom, at=datetime.now(UTC)).first()
    # A home that is copied at once is whole: SQLite leaves files beside a database that nobody closes.
    services.clients.close()
    services.trail.close()
    bootstrap = {} if first is None else {"bootstrap": first.shape()}
    word = "已建立主目录  home made" if made else "主目录已存在  home exists"
    lines = [f"{word}: {home.path}", f"公开地址  public URL: {address}", f"证照库  store: {home.database_name}"]
    lines += development_lines(home.settings.development)
    if first is not None:
        lines += ["", key_text(first)]
    return Answer(shape=shape | bootstrap, text="\n".join(lines))


def first_use(
    home_path: Path, *, public_url: str | None = None, store: StoreSetting | None = None
) -> tuple[Home, bool]:
    """Open the home, making it when there is none yet."""
    address = check_public_url(public_url or os.environ.get("ELICENCE_PUBLIC_URL") or DEFAULT_PUBLIC_URL)
    return ensure_home(home_path, public_url=address, at=datetime.now(UTC), random=os.urandom, store=store)
