"""Settings: few, read once, from the home's `elicence.toml` and the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import SettingsError

DEFAULT_HOME = ".elicence"
DEFAULT_PUBLIC_URL = "http://127.0.0.1:8000"
SETTINGS_FILE = "elicence.toml"
MAX_PUBLIC_URL = 120  # it stands in every code: a longer one makes the printed symbol too fine


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation is told from outside."""

    public_url: str
    """Scheme and host (and port), no path: printed in codes for ever (contract section 5)."""
    development: bool
    """Whether the home's own development keys are in use."""
    font_dir: Path | None = None
    """Folder of TrueType fonts that are asked for characters the shipped font lacks."""


def home_path(argument: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the home directory: `--home`, else `ELICENCE_HOME`, else `./.elicence`."""
    return Path(argument or environment.get("ELICENCE_HOME") or DEFAULT_HOME).absolute()


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `elicence.toml`; `ELICENCE_PUBLIC_URL` and `ELICENCE_FONT_DIR` win over it.

    Raises SettingsError when it is unreadable or malformed, or the public URL cannot be printed in codes.
    """
    path = home / SETTINGS_FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"设置文件无法读取：{path}", f"the settings file cannot be read: {path}") from error
    development = values.get("development", False)
    if not isinstance(development, bool):
        raise SettingsError(f"{path} 的 development 应为 true 或 false。", f"development in {path} is true or false")
    url = environment.get("ELICENCE_PUBLIC_URL") or values.get("public_url")
    if url is None and development:
        url = DEFAULT_PUBLIC_URL
    if not isinstance(url, str):
        raise SettingsError(
            "必须设置 ELICENCE_PUBLIC_URL（印在二维码里的公开地址）。",
            "ELICENCE_PUBLIC_URL is required: the public address that is printed in the codes",
        )
    fonts = environment.get("ELICENCE_FONT_DIR") or values.get("font_dir")
    if fonts is not None and not (isinstance(fonts, str) and Path(fonts).is_dir()):
        raise SettingsError(
            f"字体文件夹不存在（ELICENCE_FONT_DIR 或 {path} 的 font_dir）。",
            f"the folder of fonts does not exist (ELICENCE_FONT_DIR, or font_dir in {path})",
        )
    return Settings(
        public_url=check_public_url(url), development=development, font_dir=Path(fonts) if fonts is not None else None
    )


def settings_text(settings: Settings) -> str:
    """Return the settings as a new `elicence.toml`."""
    return (
        "# 公开地址，印在每个二维码里。The public address, printed in every code.\n"
        f'public_url = "{settings.public_url}"\n'
        "# 本目录的密钥仅供开发测试。The keys of this directory are for development only.\n"
        f"development = {str(settings.development).lower()}\n"
    )


def check_public_url(url: str) -> str:
    """Return the public URL without a closing slash; SettingsError when it is not scheme and host only."""
    fault = SettingsError(
        "公开地址应只含协议和主机（可带端口），例如 https://zz.example.gov.cn 。",
        "the public URL is scheme and host (and port) only, for instance https://zz.example.gov.cn",
    )
    url = url.removesuffix("/")
    # A host beyond ASCII has several spellings (IDNA): the code holds the one that every phone understands.
    if len(url) > MAX_PUBLIC_URL or not url.isascii() or not url.isprintable() or set(url) & set(' "\\'):
        raise fault
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise fault from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise fault
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or "?" in url or "#" in url:
        raise fault
    return url
