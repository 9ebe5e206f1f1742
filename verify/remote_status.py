"""Asking another authority's verifier what has become of its licence, over HTTPS (an adapter).

The question names the licence's random place in its status list: who has not seen the licence cannot ask about it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from esign import LicenceIdentifier, StructuredObligation, StructuredStatusPlace
from keys import Endpoint, ServiceFailedError, exchange
from verify.report import instant_text
from verify.revocation import CLOCK_SKEW
from verify.sources import NoStatement, StatusStatement

STATUS_PATH: Final = "/api/v1/status"
DEFAULT_TIMEOUT: Final = 3.0
"""Seconds: a clerk waits, and "not known" is an answer too."""
KEEP_ANSWER: Final = 60.0
"""Seconds that an answer is used again. What the authority does in the meantime shows this much later."""
KEEP_FAILURE: Final = 15.0
"""Seconds that a verifier which did not answer is left alone."""
MAX_STATUS_ANSWER: Final = 64 * 1024
MAX_REMOTE_OBLIGATIONS: Final = 50
MAX_KEPT: Final = 1024

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_Said = StatusStatement | NoStatement


@dataclass(frozen=True, slots=True)
class _Kept:
    said: _Said
    until: float


class RemoteStatus:
    """A `StatusElsewhere` that asks the verifiers of the authorities that it knows. Safe for threads."""

    def __init__(
        self,
        servers: Mapping[str, str],
        *,
        keys: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Name the verifiers: `servers` has the address (scheme and host) of each by its authority's credit code.

        `keys` has the API key that an authority gave us for asking, in the same way; it goes to that address only.

        ValueError for an address that could be listened to or answered by somebody else: anything but HTTPS, or HTTP to
        this machine.
        """
        for url in servers.values():
            if not is_private(url):
                raise ValueError("a verifier is asked over https")
        self._endpoints = {
            issuer: Endpoint(url=url.rstrip("/") + STATUS_PATH, timeout=timeout) for issuer, url in servers.items()
        }
        self._keys = dict(keys or {})
        self._clock = clock
        self._kept: dict[tuple[object, ...], _Kept] = {}
        self._lock = threading.Lock()

    def statement(self, identifier: str, place: StructuredStatusPlace | None, at: datetime) -> _Said | None:
        """Return what the issuer's verifier says, why it cannot be had, or None where nobody is known to ask."""
        issuer = LicenceIdentifier.from_text(identifier).issuer_code
        endpoint = self._endpoints.get(issuer)
        if endpoint is None:
            return None
        if place is None:
            return NoStatement(code="STATUS_UNKNOWN", detail="the licence does not say its place; its code does")
        question = (identifier, place, int(at.timestamp()) // int(KEEP_ANSWER))
        for key in (question, (issuer,)):
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and self._clock() < kept.until:
                return kept.said
        try:
            said, key, seconds = (
                _ask(endpoint, self._keys.get(issuer, ""), identifier, place, at),
                question,
                KEEP_ANSWER,
            )
        except ServiceFailedError as error:
            said = NoStatement(code="STATUS_UNKNOWN", detail=f"the verifier of {issuer} gave no answer: {error}")
            key, seconds = (issuer,) if error.status is None else question, KEEP_FAILURE
        with self._lock:
            self._kept.pop(key, None)
            if len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _Kept(said, self._clock() + seconds)
        return said


def is_private(url: str) -> bool:
    """Whether nobody between here and there can read or answer: HTTPS, or this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _ask(endpoint: Endpoint, key: str, identifier: str, place: StructuredStatusPlace, at: datetime) -> _Said:
    body = {"identifier": identifier, "list": place.number, "index": place.index, "at": at.isoformat()}
    answer = exchange(
        endpoint,
        body=json.dumps(body).encode(),
        content_type="application/json",
        accepted_type="application/json",
        headers={"Authorization": f"Bearer {key}"} if key else None,
        limit=MAX_STATUS_ANSWER,
    )
    host = urlsplit(endpoint.url).hostname
    try:
        return _read(answer, at, f"told by {host}")
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        # The other side's bytes are no business of the reader of a report.
        return NoStatement(code="STATUS_UNKNOWN", detail=f"{host} gave an answer that is none")


def _read(answer: bytes, at: datetime, detail: str) -> _Said:
    document = json.loads(answer)
    status = document["status"]
    if status is None:
        return NoStatement(code="STATUS_UNKNOWN", detail=f"{detail}: the licence is not known there")
    as_of = datetime.fromisoformat(_text(status["as_of"]))
    if as_of.tzinfo is None or abs(as_of - at) > CLOCK_SKEW:
        raise ValueError("an answer to another question")
    obligations = status["obligations"]
    if len(obligations) > MAX_REMOTE_OBLIGATIONS:
        raise ValueError("too many obligations")
    extended = status["extended_to"]
    return StatusStatement(
        value=_text(status["value"]),
        as_of=as_of,
        source="remote",
        next_update=as_of + timedelta(seconds=KEEP_ANSWER),
        fresh=True,
        disputed=_truth(status["disputed"]),
        renewal_pending=_truth(status["renewal_pending"]),
        extended_to=None if extended is None else date.fromisoformat(_text(extended)),
        obligations=tuple(
            StructuredObligation(
                key=_text(one["key"]),
                label=_text(one["label"]),
                due=date.fromisoformat(_text(one["due"])),
                effect=_text(one["effect"]),
            )
            for one in obligations
        ),
        successor="" if status["successor"] is None else _text(status["successor"]),
        detail=f"{detail} as of {instant_text(as_of)}",
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise TypeError("a short text was expected")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value
