"""The keys that are in use, opened when they are first needed and again when something about them has changed."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys import Custody, KeysError, Signer

from .home import Home
from .key_register import KeyRegister, RegisteredKey, load_register, register_path
from .settings import COPY_ROLE, FAMILIES, ROLES
from .watching import stamp

PROBE = b"elicence readiness"
"""What a key in a device signs to show that it still can: it could be taken for nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    key: RegisteredKey
    stamps: tuple[object, ...]
    signer: Signer


class OpenKeys:
    """Signers by family and role.

    One whose files have changed, are gone or are back is opened anew at the next use, so that a rotation and a key that
    was missing need no restart. What has failed is not kept.
    """

    def __init__(self, home: Home) -> None:
        self.custody = custody_of(home)
        self._home = home
        self._lock = threading.RLock()
        self._register: tuple[object, KeyRegister] | None = None
        self._opened: dict[tuple[str, str], _Opened] = {}

    def register(self) -> KeyRegister:
        """Read the key register, when its file has changed."""
        seen = stamp(register_path(self._home))
        with self._lock:
            # A home without a register has the keys that lie there, and those may come and go.
            if self._register is None or seen is None or self._register[0] != seen:
                self._register = (seen, load_register(self._home))
            return self._register[1]

    def signers(self, family: str) -> Mapping[str, Signer]:
        """Open the keys of a family by their roles; none when the family is not in use.

        The error of `keys` for the first that does not open. Other families are left alone: a device that does not
        answer takes its time, and those who do not need it do not wait.
        """
        register, at = self.register(), datetime.now(UTC)
        if family not in register.families(at):
            return {}
        return {role: self._signer(register.require_active(family, role, at)) for role in ROLES}

    def copy_signer(self, family: str) -> Signer:
        """Open the key for annotated copies of a family; the error of `keys` when there is none or it does not open."""
        return self._signer(self.register().require_active(family, COPY_ROLE, datetime.now(UTC)))

    def list_signer(self) -> Signer:
        """Open the key that signs status lists: that of the codes, of the first family that has one in use.

        A list is made by a machine at any hour; a seal may need somebody beside it. The error of `keys` when there is
        no such key or it does not open.
        """
        register, at = self.register(), datetime.now(UTC)
        family = next((one for one in FAMILIES if register.active(one, "code", at)), FAMILIES[0])
        return self._signer(register.require_active(family, "code", at))

    def faults(self) -> Mapping[str, KeysError | None]:
        """Say for each key that must be in use what is wrong with it, or None; a key in a device signs for this."""
        register, at = self.register(), datetime.now(UTC)
        found: dict[str, KeysError | None] = {}
        for family in register.families(at):
            for role in ROLES:
                try:
                    key = register.require_active(family, role, at)
                    signer = self._signer(key)
                    if key.uri.startswith("pkcs11:"):
                        signer.sign(PROBE)
                except KeysError as error:
                    found[f"{family}-{role}"] = error
                else:
                    found[f"{family}-{role}"] = None
        return found

    def _signer(self, key: RegisteredKey) -> Signer:
        place = key.family, key.role
        chain = chain_of(self._home, key)
        file = self.custody.file_of(key.uri)
        stamps = tuple(stamp(path) for path in (chain, file) if path is not None)
        with self._lock:
            kept = self._opened.pop(place, None)
            if kept is None or (kept.key, kept.stamps) != (key, stamps):
                signer = self.custody.open_signer(key.uri, chain, for_seals=key.role == "seal")
                kept = _Opened(key=key, stamps=stamps, signer=signer)
            self._opened[place] = kept
            return kept.signer


def custody_of(home: Home) -> Custody:
    """Make what opens the keys of a home, in the profile of its settings."""
    return Custody(production=home.settings.production, folder=home.path)


def chain_of(home: Home, key: RegisteredKey) -> Path | None:
    """Name the file of a key's certificates."""
    return None if key.chain is None else home.path / key.chain
