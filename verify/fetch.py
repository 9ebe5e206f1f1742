"""Asking CAs over the network whether a certificate was revoked (an adapter); answers are kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from esign import Evidence
from keys import (
    MAX_CRL_SIZE,
    MAX_OCSP_SIZE,
    Certificate,
    Endpoint,
    KeysError,
    ServiceFailedError,
    exchange,
    ocsp_request,
    read_ocsp_response,
)

DEFAULT_TIMEOUT: Final = 3.0
"""Seconds for one CA: a clerk waits, and the answer "not known" is an answer too."""
KEEP_ANSWER: Final = 600.0
"""Seconds that an answer is used again. A revocation may show this much later."""
KEEP_FAILURE: Final = 60.0
"""Seconds that a CA which did not answer is left alone."""
MAX_KEPT: Final = 256
MAX_PLACES: Final = 2
"""Addresses of each kind that are tried for one certificate."""


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes | None
    until: float


class RevocationFetcher:
    """A `RevocationSource` that asks the addresses in the certificates, OCSP before lists. Safe for threads.

    It is asked only about certificates whose path to a trusted anchor is good, so nobody else's file can make it call
    an address of his choice.
    """

    def __init__(self, *, timeout: float = DEFAULT_TIMEOUT, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = timeout
        self._clock = clock
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._lock = threading.Lock()

    def evidence(self, certificate: Certificate, issuer: Certificate, at: datetime) -> Evidence:
        """What could be had; nothing when the CA is down, slow or wrong. Nobody has verified it yet."""
        request = ocsp_request(certificate, issuer)
        places = certificate.ocsp_urls[:MAX_PLACES]
        answer = next((found for url in places if (found := self._ask(url, request)) is not None), None)
        answers = () if answer is None else (answer,)
        if answer is not None and _says_good(answer):
            return Evidence(ocsps=answers)
        # An answer does not say since when a stolen key was in other hands, and one that says nothing is none.
        lists = (self._ask(url, b"") for url in certificate.crl_urls[:MAX_PLACES])
        return Evidence(crls=tuple(found for found in lists if found is not None), ocsps=answers)

    def _ask(self, url: str, request: bytes) -> bytes | None:
        key = (url, request)
        host = (urlsplit(url).netloc, b"")
        with self._lock:
            kept = next((found for one in (key, host) if (found := self._current(one)) is not None), None)
        if kept is not None:
            return kept.content
        content, reached = self._fetch(url, request)
        until = self._clock() + (KEEP_FAILURE if content is None else KEEP_ANSWER)
        with self._lock:
            # One host that answers nobody makes a clerk wait once, not for each of its addresses.
            self._keep(key if reached else host, _Kept(content, until))
        return content

    def _current(self, key: tuple[str, bytes]) -> _Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and self._clock() < kept.until else None

    def _keep(self, key: tuple[str, bytes], kept: _Kept) -> None:
        self._kept.pop(key, None)
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = kept

    def _fetch(self, url: str, request: bytes) -> tuple[bytes | None, bool]:
        """What the address answers, and whether anybody answered at all."""
        try:
            endpoint = Endpoint(url=url, timeout=self._timeout)
            if not request:
                return exchange(endpoint, limit=MAX_CRL_SIZE), True
            content_type = "application/ocsp-request"
            return exchange(endpoint, body=request, content_type=content_type, limit=MAX_OCSP_SIZE), True
        except ServiceFailedError as error:
            return None, error.status is not None
        except ValueError:
            return None, True


def _says_good(answer: bytes) -> bool:
    try:
        return all(one.status == "good" for one in read_ocsp_response(answer).answers)
    except KeysError:
        return False
