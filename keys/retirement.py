"""Keys that are no longer in use, and since when: the public file that goes beside the trusted certificates.

Nothing signs it: it is as good as the folder it lies in, which decides about trust anyway. It holds no name and no
reason in words, so that it may be given to anybody together with the certificates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from keys.errors import MalformedRetirementError
from keys.utc_times import read_utc_text, utc_text

MAX_RETIREMENTS_SIZE: Final = 1024 * 1024
"""Bytes of the file."""
MAX_RETIREMENTS: Final = 4096
"""Entries of the file; a province with three seals in each of 200 offices retires as many in seven years."""

_FORMAT: Final = "elicence-retired-keys-1"
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")


class RetirementReason(StrEnum):
    """Why a key is no longer in use."""

    ORDERLY = "orderly"
    """It was replaced and destroyed, or its office was closed: what it signed before stays good."""
    COMPROMISE = "compromise"
    """Somebody else has it, or may have it: only what is proven to be older stays good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """One certificate whose key is no longer in use."""

    certificate_digest: bytes
    """SHA-256 of the certificate's DER."""
    reason: RetirementReason
    since: datetime
    """From this second on nothing of the key counts."""
    recorded_at: datetime
    """When it was written down; never before `since`."""

    def __post_init__(self) -> None:
        if len(self.certificate_digest) != 32 or self.recorded_at < self.since:
            raise ValueError("a retirement names one certificate and is recorded when it has happened")


def write_retirements(retirements: Iterable[Retirement]) -> bytes:
    """Return the one form of the file: ASCII JSON, keys and entries in order, times in UTC to the second."""
    entries = [
        {
            "certificate": f"sha256:{retirement.certificate_digest.hex()}",
            "reason": retirement.reason.value,
            "recordedAt": utc_text(retirement.recorded_at),
            "since": utc_text(retirement.since),
        }
        for retirement in sorted(retirements, key=lambda retirement: retirement.certificate_digest)
    ]
    document = {"format": _FORMAT, "retired": entries}
    return json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True).encode("ascii") + b"\n"


def read_retirements(data: bytes) -> tuple[Retirement, ...]:
    """Read the file; `MalformedRetirementError` when it is anything but what `write_retirements` writes.

    A file that is not understood must never look like one that retires nothing.
    """
    if len(data) > MAX_RETIREMENTS_SIZE:
        raise MalformedRetirementError("the file of retired keys is too large")
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            raise MalformedRetirementError("a file of retired keys of another version")
        if len(document["retired"]) > MAX_RETIREMENTS:
            raise MalformedRetirementError("too many retired keys")
        found = tuple(_entry(entry) for entry in document["retired"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedRetirementError("not a file of retired keys") from error
    if len({retirement.certificate_digest for retirement in found}) != len(found):
        raise MalformedRetirementError("a key is retired twice")
    if write_retirements(found) != data:
        raise MalformedRetirementError("the file of retired keys is not in its one form")
    return found


def _entry(entry: dict[str, str]) -> Retirement:
    match = _DIGEST.fullmatch(entry["certificate"])
    if match is None:
        raise MalformedRetirementError("a retired key is not named by the SHA-256 of its certificate")
    return Retirement(
        certificate_digest=bytes.fromhex(match[1]),
        reason=RetirementReason(entry["reason"]),
        since=read_utc_text(entry["since"]),
        recorded_at=read_utc_text(entry["recordedAt"]),
    )
