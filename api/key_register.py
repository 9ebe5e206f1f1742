"""The key register: which keys an installation has, which one seals now, and what became of the others.

One JSON file in the home, replaced as a whole. A state is not written down but follows from what was done and when, so
that a rotation set for midnight needs nobody at midnight.
"""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from keys import KeyNotFoundError, Retirement, RetirementReason

from .errors import HomeError, InputNotFoundError
from .home import Home
from .output import StagedFiles
from .settings import ALL_ROLES, FAMILIES, ROLES

REGISTER_FILE = "register.json"
MAX_REGISTER_BYTES = 4 * 1024 * 1024
_FORMAT = "elicence-key-register-1"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FROM_THE_START = datetime(1970, 1, 1, tzinfo=UTC)


class KeyState(StrEnum):
    """Where a key stands in its life."""

    NEW = "new"
    WAITING = "waiting"
    """A request was made; the CA's answer is not here yet."""
    READY = "ready"
    """It has its certificate and was never in use."""
    SCHEDULED = "scheduled"
    """It will be in use from a time to come."""
    ACTIVE = "active"
    PREVIOUS = "previous"
    """Another one took its place: what it sealed stays good."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredKey:
    """One key of the register."""

    name: str
    family: str
    role: str
    uri: str
    """A relative file name in it is looked for in the home."""
    chain: str | None = None
    """File of its certificates, relative to the home."""
    made_at: datetime
    requested_at: datetime | None = None
    active_from: datetime | None = None
    certificates: tuple[str, ...] = ()
    """SHA-256 of every certificate that was imported for it: a retired key retires all of them."""
    retired: RetirementReason | None = None
    retired_since: datetime | None = None
    retired_at: datetime | None = None
    decision: str | None = None
    """Who decided on the retirement, or under which number."""
    fixed: bool = False
    """Named by `elicence.toml`: no command changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRegister:
    """The keys, in the order in which they were made."""

    keys: tuple[RegisteredKey, ...]

    def get(self, name: str) -> RegisteredKey:
        """Find a key by its name; InputNotFoundError when there is none."""
        for key in self.keys:
            if key.name == name:
                return key
        raise InputNotFoundError(
            "没有这个名称的密钥，请看 elicence keys list 。", "no key of this name: see elicence keys list"
        )

    def active(self, family: str, role: str, at: datetime) -> RegisteredKey | None:
        """Find the key that is in use; None when there is none or the last one is retired: no older one comes back."""
        used = [key for key in self.keys if (key.family, key.role) == (family, role) and _begins(key) <= at]
        last = max(used, key=lambda key: (key.fixed, _begins(key)), default=None)
        return None if last is None or last.retired is not None else last

    def require_active(self, family: str, role: str, at: datetime) -> RegisteredKey:
        """Find the key that is in use; KeyNotFoundError when there is none."""
        key = self.active(family, role, at)
        if key is None:
            raise KeyNotFoundError(f"no {family} key is in use for the {role}")
        return key

    def families(self, at: datetime) -> tuple[str, ...]:
        """Name the families that are in use, if only by half."""
        return tuple(family for family in FAMILIES if any(self.active(family, role, at) for role in ROLES))

    def state(self, key: RegisteredKey, at: datetime) -> KeyState:
        """Say where a key stands at a time."""
        if key.retired is not None:
            return KeyState.RETIRED
        if key.active_from is None:
            if key.chain is not None:
                return KeyState.READY
            return KeyState.NEW if key.requested_at is None else KeyState.WAITING
        if key.active_from > at:
            return KeyState.SCHEDULED
        return KeyState.ACTIVE if self.active(key.family, key.role, at) == key else KeyState.PREVIOUS

    def with_key(self, key: RegisteredKey) -> Self:
        """Return the register with this key in the place of the one of its name, or at the end."""
        if key.name not in (other.name for other in self.keys):
            return replace(self, keys=(*self.keys, key))
        return replace(self, keys=tuple(key if other.name == key.name else other for other in self.keys))


def is_key_name(text: str) -> bool:
    """Whether a key may be called so: 1 to 40 lower-case letters, digits and hyphens."""
    return _NAME.fullmatch(text) is not None


def register_path(home: Home) -> Path:
    """Name the file."""
    return home.path / "keys" / REGISTER_FILE


def load_register(home: Home) -> KeyRegister:
    """Read the register; a home without one has the keys it was made with. HomeError when it is damaged."""
    path = register_path(home)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_REGISTER_BYTES + 1)
        keys = _read(data)
    except FileNotFoundError:
        keys = _first_keys(home)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise HomeError(f"密钥登记簿无法读取：{path}", f"the key register cannot be read: {path}") from error
    return KeyRegister(keys=(*keys, *_fixed_keys(home)))


@contextlib.contextmanager
def register_lock(home: Home) -> Iterator[None]:
    """Keep other commands from changing the register until the end of the block."""
    descriptor = os.open(home.path / "keys", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def save_register(home: Home, register: KeyRegister) -> None:
    """Replace the register, under `register_lock`. Raises CannotWriteError."""
    entries = [_entry(key) for key in register.keys if not key.fixed]
    document = {"format": _FORMAT, "keys": entries}
    content = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    with StagedFiles(register_path(home).parent) as staged:
        staged.stage({REGISTER_FILE: content})
        staged.put()


def retirements_of(key: RegisteredKey) -> tuple[Retirement, ...]:
    """Say what verifiers must know about a retired key, certificate by certificate."""
    if key.retired is None or key.retired_since is None or key.retired_at is None:
        return ()
    return tuple(
        Retirement(
            certificate_digest=bytes.fromhex(digest),
            reason=key.retired,
            since=key.retired_since,
            recorded_at=key.retired_at,
        )
        for digest in key.certificates
    )


def _begins(key: RegisteredKey) -> datetime:
    return key.active_from or datetime.max.replace(tzinfo=UTC)


def _first_keys(home: Home) -> tuple[RegisteredKey, ...]:
    return tuple(
        RegisteredKey(
            name=f"{family}-{role}",
            family=family,
            role=role,
            uri=f"file:keys/{family}-{role}.key.pem",
            chain=f"keys/{family}-{role}.chain.pem",
            made_at=_FROM_THE_START,
            active_from=_FROM_THE_START,
        )
        for family in FAMILIES
        for role in ALL_ROLES
        if any((home.path / "keys" / f"{family}-{role}.{kind}.pem").exists() for kind in ("key", "chain"))
    )


def _fixed_keys(home: Home) -> tuple[RegisteredKey, ...]:
    return tuple(
        RegisteredKey(
            # Not a name that a command gives.
            name=f"elicence.toml:{family}-{role}",
            family=family,
            role=role,
            uri=setting.uri,
            chain=None if setting.chain is None else str(setting.chain),
            made_at=_FROM_THE_START,
            active_from=_FROM_THE_START,
            fixed=True,
        )
        for (family, role), setting in home.settings.keys.items()
    )


def _entry(key: RegisteredKey) -> dict[str, object]:
    return {
        "name": key.name,
        "family": key.family,
        "role": key.role,
        "uri": key.uri,
        "chain": key.chain,
        "made_at": _text(key.made_at),
        "requested_at": _text(key.requested_at),
        "active_from": _text(key.active_from),
        "certificates": list(key.certificates),
        "retired": key.retired,
        "retired_since": _text(key.retired_since),
        "retired_at": _text(key.retired_at),
        "decision": key.decision,
    }


def _read(data: bytes) -> tuple[RegisteredKey, ...]:
    """Read the file; ValueError, KeyError or TypeError when it is not what `save_register` writes."""
    if len(data) > MAX_REGISTER_BYTES:
        raise ValueError("too large")
    document = json.loads(data)
    if document["format"] != _FORMAT:
        raise ValueError("another version")
    keys = tuple(_key(entry) for entry in document["keys"])
    if len({key.name for key in keys}) != len(keys):
        raise ValueError("a name twice")
    return keys


def _key(entry: dict[str, object]) -> RegisteredKey:
    name, family, role, uri, chain = (entry[field] for field in ("name", "family", "role", "uri", "chain"))
    certificates, decision, retired = entry["certificates"], entry["decision"], entry["retired"]
    if not (isinstance(name, str) and _NAME.fullmatch(name) and isinstance(uri, str)):
        raise ValueError("a key without name or place")
    if not (isinstance(family, str) and isinstance(role, str) and family in FAMILIES and role in ALL_ROLES):
        raise ValueError("a key of another kind")
    if not (isinstance(chain, str | None) and isinstance(decision, str | None) and isinstance(certificates, list)):
        raise TypeError("an entry of another form")
    if not isinstance(retired, str | None):
        raise TypeError("a reason is a text")
    made_at = _time(entry["made_at"])
    if made_at is None:
        raise ValueError("a key that was never made")
    return RegisteredKey(
        name=name,
        family=family,
        role=role,
        uri=uri,
        chain=chain,
        made_at=made_at,
        requested_at=_time(entry["requested_at"]),
        active_from=_time(entry["active_from"]),
        certificates=tuple(bytes.fromhex(digest).hex() for digest in certificates),
        retired=None if retired is None else RetirementReason(retired),
        retired_since=_time(entry["retired_since"]),
        retired_at=_time(entry["retired_at"]),
        decision=decision,
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def _time(text: object) -> datetime | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError("a time is a text")
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without offset")
    return at
