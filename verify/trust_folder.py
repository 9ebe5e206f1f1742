"""The folder of trust on disk (an adapter): certificates, retired keys, revocation lists, folders for one purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from keys import (
    MAX_CRL_SIZE,
    Certificate,
    CertificateList,
    KeysError,
    Retirement,
    load_certificates,
    read_crl,
    read_retirements,
)
from verify.errors import TrustStoreError

MAX_FILE_BYTES: Final = 1024 * 1024
"""Of a file of certificates, and of the file of retired keys."""
MAX_FILES: Final = 1000
RETIREMENTS_FILE: Final = "retired.json"
"""Which keys are no longer in use, beside the certificates (`keys.read_retirements`)."""
TIMESTAMPS_FOLDER: Final = "timestamps"
"""Anchors that vouch for timestamps and nothing else."""
APPLICANTS_FOLDER: Final = "applicants"
"""Anchors that vouch for what citizens and companies sign, and nothing else."""
_CALENDAR_END: Final = 253_402_214_400
"""The last day of 9999 in UTC: later times have none in UTC+08:00."""
_CERTIFICATES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_LISTS: Final = frozenset({".crl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFolder:
    """What stands in a folder, without its subfolders."""

    certificates: tuple[Certificate, ...]
    retirements: tuple[Retirement, ...]
    lists: tuple[CertificateList, ...]
    changed_at: datetime | None
    """When a certificate in it was changed last, as the file system says; None without any."""


def read_trust_folder(path: Path) -> TrustFolder:
    """Read the certificates (`*.pem`, `*.crt`, `*.cer`, `*.der`), lists (`*.crl`) and `RETIREMENTS_FILE` of a folder.

    `TrustStoreError` when the folder cannot be read, or a file holds something else or is over the limits.
    """
    try:
        files = _files(path, _CERTIFICATES)
        certificates = [one for file in files for one in _certificates(file)]
        lists = [_list(file) for file in _files(path, _LISTS)]
        retirements = _retirements(path / RETIREMENTS_FILE)
        changed_at = max(map(_changed_at, files), default=None)
    except OSError as error:
        raise TrustStoreError(f"the folder of trust cannot be read: {error.strerror}") from error
    return TrustFolder(
        certificates=tuple(certificates), retirements=retirements, lists=tuple(lists), changed_at=changed_at
    )


def _changed_at(file: Path) -> datetime:
    seconds = int(file.stat().st_mtime)
    # A file system may say any number; what no calendar has is as old as can be.
    return datetime.fromtimestamp(seconds if 0 <= seconds < _CALENDAR_END else 0, UTC)


def _files(path: Path, suffixes: frozenset[str]) -> list[Path]:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in suffixes and file.is_file())
    if len(files) > MAX_FILES:
        raise TrustStoreError(f"more than {MAX_FILES} files of one kind in the folder of trust")
    return files


def read_trust_file(file: Path, limit: int) -> bytes:
    """Read a file of the folder; TrustStoreError when it is over the limit, OSError when it cannot be read."""
    with file.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise TrustStoreError(f"{file.name}: more than {limit} bytes")
    return content


def _certificates(file: Path) -> tuple[Certificate, ...]:
    try:
        return load_certificates(read_trust_file(file, MAX_FILE_BYTES))
    except KeysError as error:
        raise TrustStoreError(f"{file.name}: {error}") from error


def _list(file: Path) -> CertificateList:
    try:
        return read_crl(read_trust_file(file, MAX_CRL_SIZE))
    except KeysError as error:
        raise TrustStoreError(f"{file.name}: {error}") from error


def _retirements(file: Path) -> tuple[Retirement, ...]:
    try:
        return read_retirements(read_trust_file(file, MAX_FILE_BYTES))
    except FileNotFoundError:
        return ()
    except KeysError as error:
        raise TrustStoreError(f"{file.name}: {error}") from error
