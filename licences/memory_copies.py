"""Annotated copies and reliances that are forgotten when the process ends; they keep the promises of the SQL store."""

import threading
from collections.abc import Callable, Mapping
from hashlib import sha256

from .copies import MadeCopy, Reliance, in_order
from .errors import (
    AllotmentTakenError,
    CopyNotFoundError,
    RelianceKnownError,
    StoreUnavailableError,
)
from .store import FileKind, Record


class MemoryCopies:
    """See ``copies.Copies``. Safe for threads."""

    def __init__(self, licence: Callable[[str], Record]) -> None:
        """`licence` finds a licence by its identifier, as ``LicenceStore.get`` does."""
        self._licence = licence
        self._lock = threading.Lock()
        self._copies: dict[str, tuple[MadeCopy, Mapping[FileKind, bytes]]] = {}
        self._reliances: dict[tuple[str, str], Reliance] = {}

    def add(self, reliance: Reliance) -> None:
        """See ``copies.Reliances``."""
        self._licence(reliance.identifier)
        with self._lock:
            key = reliance.kind.value, reliance.reference
            if key in self._reliances:
                raise RelianceKnownError
            self._reliances[key] = reliance

    def of_licence(self, identifier: str) -> tuple[Reliance, ...]:
        """See ``copies.Reliances``."""
        with self._lock:
            return in_order([one for one in self._reliances.values() if one.identifier == identifier])

    def relied_on(self) -> tuple[str, ...]:
        """See ``copies.Reliances``."""
        with self._lock:
            return tuple(sorted({one.identifier for one in self._reliances.values()}))

    def add_copy(self, copy: MadeCopy, files: Mapping[FileKind, bytes], reliance: Reliance) -> None:
        """See ``copies.Copies``."""
        self._licence(copy.identifier)
        with self._lock:
            key = reliance.kind.value, reliance.reference
            if copy.serial in self._copies or key in self._reliances:
                raise AllotmentTakenError
            self._copies[copy.serial] = copy, dict(files)
            self._reliances[key] = reliance

    def copy(self, serial: str) -> MadeCopy:
        """See ``copies.Copies``."""
        return self._kept(serial)[0]

    def copies_of(self, identifier: str) -> tuple[MadeCopy, ...]:
        """See ``copies.Copies``."""
        with self._lock:
            found = [copy for copy, _ in self._copies.values() if copy.identifier == identifier]
        return tuple(sorted(found, key=lambda copy: (copy.made_at, copy.serial)))

    def copy_file(self, copy: MadeCopy, kind: FileKind) -> bytes:
        """See ``copies.Copies``."""
        content = self._kept(copy.serial)[1].get(kind)
        if content is None or sha256(content).hexdigest() != copy.files[kind].sha256:
            raise StoreUnavailableError("FILE_DAMAGED")
        return content

    def _kept(self, serial: str) -> tuple[MadeCopy, Mapping[FileKind, bytes]]:
        with self._lock:
            try:
                return self._copies[serial]
            except KeyError:
                raise CopyNotFoundError from None
