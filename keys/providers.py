"""Which SM2 provider this process uses: the system's libcrypto, or where it has no SM2 a verifier in pure Python."""

from __future__ import annotations

import threading
from typing import Final

from keys.curve import Sm2Verifier
from keys.errors import ProviderMissingError
from keys.libcrypto import SONAME, Libcrypto

_lock: Final = threading.Lock()
_chosen: Final[list[str]] = []
_opened: Final[list[Libcrypto]] = []
_fallback: Final[list[Sm2Verifier]] = []


def default_libcrypto(path: str | None = None) -> Libcrypto:
    """Return the process's SM2 provider, loaded and tested at the first call, never at import.

    The first call decides which library it is: a program that wants another than `SONAME` calls this once at its
    start with the path. A later call with another path is a `ValueError`. A failed load (`ProviderMissingError`, which
    says what to install) is tried again next time, with the same path.
    """
    with _lock:
        if not _chosen:
            _chosen.append(path or SONAME)
        if path not in (None, _chosen[0]):
            raise ValueError("another libcrypto is already in use")
        if not _opened:
            _opened.append(Libcrypto(_chosen[0]))
        return _opened[0]


def default_verifier() -> Sm2Verifier:
    """Return what this process verifies SM2 with: `default_libcrypto()`, else a `keys.pure.PureVerifier`."""
    if _opened:
        return _opened[0]
    if not _fallback:
        try:
            return default_libcrypto()
        except ProviderMissingError:
            from keys.pure import PureVerifier  # here, because most machines need it never

            _fallback.append(PureVerifier())
    return _fallback[0]
