"""What a seal server is told: one TOML file with its TLS, its keys, and which client may use which of them."""

import hashlib
import ssl
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from esign import MAX_SES_BYTES
from keys import Custody, Signer, algorithm_named, is_service_key_name

from .errors import ForbiddenError, InputNotFoundError, InvalidBodyError, ServiceUnavailableError, SettingsError
from .inputs import read_file
from .schemas import Body, invalid_body
from .tls import server_context

MAX_SETTINGS_BYTES = 256 * 1024

Use = Literal["signature", "cms", "ses", "file"]
_Name = Annotated[str, Field(min_length=1, max_length=1024)]


class _Tls(Body):
    certificate: _Name
    key: _Name
    client_ca: _Name
    passphrase_source: _Name | None = None


class _Key(Body):
    uri: _Name
    chain: _Name | None = None
    algorithm: _Name | None = None
    electronic_seal: _Name | None = None


class _Client(Body):
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    keys: dict[str, list[Use]]


class _File(Body):
    production: bool = False
    tls: _Tls
    keys: dict[str, _Key]
    clients: dict[str, _Client]


class SealKey:
    """One key of the server. Opened when it is first needed, and tried again as long as it does not open."""

    def __init__(self, name: str, settings: _Key, custody: Custody) -> None:
        self.name = name
        self._settings = settings
        self._custody = custody
        self._lock = threading.Lock()
        self._signer: Signer | None = None

    def signer(self) -> Signer:
        """Open the key; raises KeysError when that cannot be done now."""
        with self._lock:
            if self._signer is None:
                named, chain = self._settings.algorithm, self._settings.chain
                self._signer = self._custody.open_signer(
                    self._settings.uri,
                    None if chain is None else self._custody.folder / chain,
                    algorithm=None if named is None else algorithm_named(named),
                )
            return self._signer

    def electronic_seal(self) -> bytes:
        """Read the SESeal that belongs to the key; raises ForbiddenError when there is none."""
        name = self._settings.electronic_seal
        if name is None:
            raise ForbiddenError("该密钥没有电子印章。", "the key has no electronic seal")
        try:
            return read_file(self._custody.folder / name, MAX_SES_BYTES)
        except InputNotFoundError as error:
            # Where our files are is not the client's business.
            raise ServiceUnavailableError("电子印章文件无法读取。", "the electronic seal cannot be read") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class SealClient:
    """Somebody who may ask."""

    name: str
    keys: Mapping[str, frozenset[str]]
    """Names of keys and what each may be used for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealServerSettings:
    """A seal server, before it listens."""

    tls: ssl.SSLContext = field(repr=False)
    keys: Mapping[str, SealKey]
    clients: Mapping[str, SealClient]
    """By the SHA-256 of their certificates, in lower-case hexadecimal."""

    def client_of(self, certificate: bytes) -> SealClient | None:
        """Find the client with this certificate (DER)."""
        return self.clients.get(hashlib.sha256(certificate).hexdigest())


def load_seal_server_settings(path: Path) -> SealServerSettings:
    """Read the file; relative paths in it begin at its folder. Keys are not opened.

    Raises SettingsError when it is unreadable, malformed or contradicts itself, or TLS cannot be set up.
    """
    content = read_file(path, MAX_SETTINGS_BYTES)
    if len(content) > MAX_SETTINGS_BYTES:
        raise SettingsError(f"设置文件过大：{path}", f"the settings file is too large: {path}")
    try:
        values = _File.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        raise _fault(
            path, invalid_body(error.errors(include_url=False, include_context=False, include_input=False))
        ) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"设置文件无法读取：{path}", f"the settings file cannot be read: {path}") from error
    if wrong := [name for name in values.keys if not is_service_key_name(name)]:
        raise SettingsError(f"密钥名称不合规：{wrong[0]}", f"no name for a key: {wrong[0]}")
    if unknown := {name for client in values.clients.values() for name in client.keys} - values.keys.keys():
        name = min(unknown)
        raise SettingsError(f"客户端所列密钥不存在：{name}", f"a client lists a key that does not exist: {name}")
    custody = Custody(production=values.production, folder=path.parent)
    clients = {
        client.sha256: SealClient(name=name, keys={key: frozenset(uses) for key, uses in client.keys.items()})
        for name, client in values.clients.items()
    }
    if len(clients) != len(values.clients):
        raise SettingsError("两个客户端用了同一证书。", "two clients have the same certificate")
    return SealServerSettings(
        tls=server_context(
            certificate=path.parent / values.tls.certificate,
            key=path.parent / values.tls.key,
            passphrase_source=values.tls.passphrase_source,
            folder=path.parent,
            client_ca=path.parent / values.tls.client_ca,
            clients_required=True,
        ),
        keys={name: SealKey(name, key, custody) for name, key in values.keys.items()},
        clients=clients,
    )


def _fault(path: Path, error: InvalidBodyError) -> SettingsError:
    places = ", ".join(fault.pointer or "/" for fault in error.faults)
    return SettingsError(f"{path} 有误：{places}", f"{path} has faults at {places}")
