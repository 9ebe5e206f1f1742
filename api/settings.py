"""Settings: few, read once, from the home's `elicence.toml` and the environment."""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .errors import SettingsError
from .forwarding import Network, read_networks, read_proxies
from .licence_source_settings import SourceSetting, licence_source_settings
from .login_settings import IdentitySettings, identity_settings
from .settings_reading import known_table
from .store_settings import StoreSetting, read_store_setting, store_text

DEFAULT_HOME = ".elicence"
DEFAULT_PUBLIC_URL = "http://127.0.0.1:8000"
SETTINGS_FILE = "elicence.toml"
FAMILIES = ("sm2", "rsa")
SUITES = (*FAMILIES, "sm2+rsa")
"""What a licence is sealed with: with both, SM2 seals first, and RSA last, so that common readers see all covered."""
FORMATS = ("pdf", "ofd", "both")
"""As what a licence is handed out. The PDF is made always, an OFD beside it unless `pdf` is asked for."""
DEFAULT_FORMAT = "pdf"
ROLES = ("seal", "code")
"""What a family of keys needs to issue licences."""
COPY_ROLE = "copy"
"""Seals annotated copies; without it licences can be issued all the same."""
ALL_ROLES = (*ROLES, COPY_ROLE)
MAX_PUBLIC_URL = 120  # it stands in every code: a longer one makes the printed symbol too fine


SEAL_SERVICES = ("signature", "cms", "file")
"""The three levels of sealing elsewhere: a raw signature, a finished one, the whole file."""

DEFAULT_TIMESTAMP_SECONDS = 10.0
MAX_TIMESTAMP_SECONDS = 60.0

_KNOWN = (
    "public_url",
    "development",
    "production",
    "open_on_loopback",
    "format",
    "font_dir",
    "libcrypto",
    "trusted_proxies",
    "webhook_networks",
    "keys",
    "timestamp",
    "store",
    "status_sources",
    "tls",
    "tokens",
    "login",
    "licence_sources",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySetting:
    """A key that `elicence.toml` names: it cannot be rotated by a command."""

    uri: str
    """`file:`, `pkcs11:`, `remote:`; a relative file name is looked for in the home."""
    chain: Path | None
    """The file of its certificates, in the home when relative; None when they are inside, as in PKCS#12."""
    gives: str = "signature"
    """What a seal service is asked for, one of `SEAL_SERVICES`; anything but `signature` needs a `remote:` URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSetting:
    """What `serve` answers over TLS with."""

    certificate: Path
    """The server's, followed by those of its CAs (PEM)."""
    key: Path
    passphrase_source: str | None = None
    """`env:NAME` or `file:PATH`, for an encrypted key."""
    client_ca: Path | None = None
    """Asks clients for certificates that lead there; who shows none has to say otherwise who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation is told from outside."""

    public_url: str
    """Scheme and host (and port), no path: printed in codes for ever (contract section 5)."""
    development: bool
    """Whether the home's own development keys are in use."""
    production: bool = False
    """Whether seal keys must be in devices, and development certificates are refused."""
    format: str = DEFAULT_FORMAT
    """One of `FORMATS`, for licences of which nobody says it; one under an RSA seal alone stays a PDF."""
    font_dir: Path | None = None
    """Folder of TrueType fonts that are asked for characters the shipped font lacks."""
    libcrypto: str | None = None
    """Another OpenSSL library for SM2 than the system's."""
    keys: Mapping[tuple[str, str], KeySetting] = field(default_factory=dict)
    """Keys by family and role; those that are not here are the register's (`elicence keys`)."""
    timestamps: Mapping[str, str] = field(default_factory=dict)
    """Address of the timestamp authority by family: an SM2 seal needs an SM2 timestamp."""
    timestamp_seconds: float = DEFAULT_TIMESTAMP_SECONDS
    """How long a timestamp may take before the seal does without it."""
    store: StoreSetting | None = None
    """None: the SQLite file in the home."""
    status_sources: Mapping[str, str] = field(default_factory=dict)
    """Address (scheme and host) of other authorities' verifiers, by the authority's social credit code."""
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    """The identity providers whose tokens and log-ins are taken."""
    open_on_loopback: bool = False
    """Open for development: whoever asks from this machine without credentials may do nearly everything."""
    tls: TlsSetting | None = None
    """None: `serve` speaks HTTP."""
    trusted_proxies: tuple[Network, ...] = ()
    """Machines of ours that end TLS in front of `serve`: what they say of visitors is believed."""
    licence_sources: tuple[SourceSetting, ...] = ()
    """Share services elsewhere that are asked for what the store does not hold."""
    webhook_networks: tuple[Network, ...] = ()
    """Private networks in which webhooks may have their receivers; those on the internet need no leave."""


def home_path(argument: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the home directory: `--home`, else `ELICENCE_HOME`, else `./.elicence`."""
    return Path(argument or environment.get("ELICENCE_HOME") or DEFAULT_HOME).absolute()


def names_home(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says which directory is the home."""
    return bool(environment.get("ELICENCE_HOME"))


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `elicence.toml`; `ELICENCE_PUBLIC_URL`, `ELICENCE_FONT_DIR` and `ELICENCE_LIBCRYPTO` win over it.

    Raises SettingsError when it is unreadable or malformed, or the public URL cannot be printed in codes.
    """
    path = home / SETTINGS_FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"设置文件无法读取：{path}", f"the settings file cannot be read: {path}") from error
    known_table(values, _KNOWN, path, SETTINGS_FILE)
    development, production = (_flag(values, name, path) for name in ("development", "production"))
    if development and production:
        raise SettingsError(
            f"{path}：production 与 development 不能同时为 true。",
            f"production and development cannot both be true in {path}",
        )
    open_on_loopback = _flag(values, "open_on_loopback", path)
    if open_on_loopback and production:
        raise SettingsError(
            f"{path}：production 与 open_on_loopback 不能同时为 true。",
            f"production and open_on_loopback cannot both be true in {path}",
        )
    url = environment.get("ELICENCE_PUBLIC_URL") or values.get("public_url")
    if url is None and development:
        url = DEFAULT_PUBLIC_URL
    if not isinstance(url, str):
        raise SettingsError(
            "必须设置 ELICENCE_PUBLIC_URL（印在二维码里的公开地址）。",
            "ELICENCE_PUBLIC_URL is required: the public address that is printed in the codes",
        )
    form = values.get("format", DEFAULT_FORMAT)
    if not isinstance(form, str) or form not in FORMATS:
        words = ", ".join(FORMATS)
        raise SettingsError(f"{path} 的 format 应为 {words} 之一。", f"format in {path} is one of {words}")
    fonts = environment.get("ELICENCE_FONT_DIR") or values.get("font_dir")
    if fonts is not None and not (isinstance(fonts, str) and Path(fonts).is_dir()):
        raise SettingsError(
            f"字体文件夹不存在（ELICENCE_FONT_DIR 或 {path} 的 font_dir）。",
            f"the folder of fonts does not exist (ELICENCE_FONT_DIR, or font_dir in {path})",
        )
    library = environment.get("ELICENCE_LIBCRYPTO") or values.get("libcrypto")
    if library is not None and not (isinstance(library, str) and Path(library).is_file()):
        raise SettingsError(
            f"密码库文件不存在（ELICENCE_LIBCRYPTO 或 {path} 的 libcrypto）。",
            f"the crypto library does not exist (ELICENCE_LIBCRYPTO, or libcrypto in {path})",
        )
    timestamps, seconds = _timestamps(values, path)
    address = check_public_url(url)
    return Settings(
        public_url=address,
        development=development,
        production=production,
        open_on_loopback=open_on_loopback,
        format=form,
        font_dir=Path(fonts) if fonts is not None else None,
        libcrypto=library,
        keys=_keys(values, home),
        timestamps=timestamps,
        timestamp_seconds=seconds,
        store=read_store_setting(values, home, path),
        status_sources=_status_sources(values, path),
        tls=_tls(values, home),
        trusted_proxies=_proxies(values, path),
        webhook_networks=_webhook_networks(values, path),
        identity=identity_settings(values, home, path, address),
        licence_sources=licence_source_settings(values, home, path),
    )


def _flag(values: Mapping[str, object], name: str, path: Path) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{path} 的 {name} 应为 true 或 false。", f"{name} in {path} is true or false")
    return value


def _table(values: Mapping[str, object], name: str, known: Collection[str], path: Path) -> Mapping[str, object]:
    return known_table(values.get(name.rpartition(".")[2], {}), known, path, f"[{name}]")


def _keys(values: Mapping[str, object], home: Path) -> dict[tuple[str, str], KeySetting]:
    path = home / SETTINGS_FILE
    found = {}
    families = _table(values, "keys", FAMILIES, path)
    for family in families:
        roles = _table(families, f"keys.{family}", ALL_ROLES, path)
        for role in roles:
            entry = _table(roles, f"keys.{family}.{role}", ("uri", "chain", "gives"), path)
            uri, chain = entry.get("uri"), entry.get("chain")
            if not isinstance(uri, str) or not isinstance(chain, str | None):
                raise SettingsError(
                    f"{path} 的 [keys.{family}.{role}] 应有文本 uri（以及 chain）。",
                    f"[keys.{family}.{role}] in {path} has a text uri, and a text chain",
                )
            gives = entry.get("gives", "signature")
            remote = role == "seal" and uri.startswith("remote:")
            if gives not in SEAL_SERVICES or not (remote or gives == "signature"):
                words = ", ".join(SEAL_SERVICES)
                raise SettingsError(
                    f"{path} 的 [keys.{family}.{role}]：gives 应为 {words} 之一，后两者只用于 remote: 印章密钥。",
                    f"[keys.{family}.{role}] in {path}: gives is one of {words}, the last two for remote: seals only",
                )
            found[family, role] = KeySetting(uri=uri, chain=None if chain is None else home / chain, gives=gives)
    return found


def _timestamps(values: Mapping[str, object], path: Path) -> tuple[dict[str, str], float]:
    table = _table(values, "timestamp", (*FAMILIES, "timeout"), path)
    seconds = table.get("timeout", DEFAULT_TIMESTAMP_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MAX_TIMESTAMP_SECONDS:
        raise SettingsError(
            f"{path} 的 timestamp.timeout 应为不超过 {MAX_TIMESTAMP_SECONDS:g} 的秒数。",
            f"timestamp.timeout in {path} is a number of seconds up to {MAX_TIMESTAMP_SECONDS:g}",
        )
    addresses = {}
    for family in table.keys() & set(FAMILIES):
        address = table[family]
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise SettingsError(
                f"{path} 的 timestamp.{family} 应为 http(s) 地址。", f"timestamp.{family} in {path} is an http(s) URL"
            )
        addresses[family] = address
    return addresses, float(seconds)


def _status_sources(values: Mapping[str, object], path: Path) -> dict[str, str]:
    table = values.get("status_sources", {})
    if table == {}:
        return {}
    # Loaded where it is needed: most commands start without them.
    from esign import is_issuer_code
    from verify import is_private

    found = {}
    for code, url in table.items() if isinstance(table, dict) else [("", None)]:
        if not is_issuer_code(code) or not isinstance(url, str) or not is_private(check_public_url(url)):
            raise SettingsError(
                f'{path} 的 [status_sources] 应为 机构统一社会信用代码 = "https://主机"。',
                f"[status_sources] in {path}: an authority's social credit code = an https:// address",
            )
        found[code] = check_public_url(url)
    return found


def _tls(values: Mapping[str, object], home: Path) -> TlsSetting | None:
    path = home / SETTINGS_FILE
    table = _table(values, "tls", ("certificate", "key", "passphrase_source", "client_ca"), path)
    if not table:
        return None
    texts = {name: value for name, value in table.items() if isinstance(value, str)}
    if texts.keys() != table.keys() or not {"certificate", "key"} <= texts.keys():
        raise SettingsError(
            f"{path} 的 [tls] 应有文本 certificate 和 key（以及 passphrase_source、client_ca）。",
            f"[tls] in {path} has the texts certificate and key, and perhaps passphrase_source and client_ca",
        )
    client_ca = texts.get("client_ca")
    return TlsSetting(
        certificate=home / texts["certificate"],
        key=home / texts["key"],
        passphrase_source=texts.get("passphrase_source"),
        client_ca=None if client_ca is None else home / client_ca,
    )


def _proxies(values: Mapping[str, object], path: Path) -> tuple[Network, ...]:
    entries = values.get("trusted_proxies", [])
    try:
        return read_proxies(entries)
    except ValueError as error:
        raise SettingsError(
            f'{path} 的 trusted_proxies 应为内网地址或小网段的列表，例如 ["10.0.0.5"]。',
            f'trusted_proxies in {path} is a list of private addresses or small networks, such as ["10.0.0.5"]',
        ) from error


def _webhook_networks(values: Mapping[str, object], path: Path) -> tuple[Network, ...]:
    entries = values.get("webhook_networks", [])
    try:
        return read_networks(entries)
    except ValueError as error:
        raise SettingsError(
            f'{path} 的 webhook_networks 应为网段的列表，例如 ["10.20.0.0/16"]。',
            f'webhook_networks in {path} is a list of networks, such as ["10.20.0.0/16"]',
        ) from error


def settings_text(settings: Settings) -> str:
    """Return the settings as a new `elicence.toml`."""
    return (
        "# 公开地址，印在每个二维码里。The public address, printed in every code.\n"
        f'public_url = "{settings.public_url}"\n'
        "# 本目录的密钥仅供开发测试。The keys of this directory are for development only.\n"
        f"development = {str(settings.development).lower()}\n"
        "# 本机访问免凭证，仅供开发。Requests from this machine need no credentials: for development only.\n"
        f"open_on_loopback = {str(settings.open_on_loopback).lower()}\n"
        f"{store_text(settings.store)}"
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
