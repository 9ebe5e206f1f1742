"""Asking CAs over the network whether a certificate was revoked (an adapter); answers are kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import Evidence
from keys import Certificate, Endpoint, ServiceFailedError, exchange, ocsp_request

DEFAULT_TIMEOUT: Final = 3.0
"""Seconds for one CA: a clerk waits, and the answer "not known" is an answer too."""
KEEP_ANSWER: Final = 600.0
"""Seconds that an answer is used again. A revocation may show this much later."""
KEEP_FAILURE: Final = 60.0
"""Seconds that a CA which did not answer is left alone."""
MAX_KEPT: Final = 256
MAX_OCSP_BYTES: Final = 64 * 1024
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
        for url in certificate.ocsp_urls[:MAX_PLACES]:
            answer = self._ask(url, request)
            if answer is not None:
                return Evidence(certificates=(), crls=(), ocsps=(answer,))
        lists = (self._ask(url, b"") for url in certificate.crl_urls[:MAX_PLACES])
        return Evidence(certificates=(), crls=tuple(found for found in lists if found is not None), ocsps=())

    def _ask(self, url: str, request: bytes) -> bytes | None:
        key = (url, request)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.content
        content = self._fetch(url, request)
        until = self._clock() + (KEEP_FAILURE if content is None else KEEP_ANSWER)
        with self._lock:
            self._kept.pop(key, None)
            if len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _Kept(content, until)
        return content

    def _fetch(self, url: str, request: bytes) -> bytes | None:
        try:
            endpoint = Endpoint(url=url, timeout=self._timeout)
            if not request:
                return exchange(endpoint)
            return exchange(endpoint, body=request, content_type="application/ocsp-request", limit=MAX_OCSP_BYTES)
        except (ServiceFailedError, ValueError):
            return None
