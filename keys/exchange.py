"""One HTTP exchange with limits (an adapter): how timestamp authorities, CAs and seal servers are reached.

Time is bounded as a whole, not only between two bytes, and so is the answer's size: the other side is not trusted with
our patience. Redirects are not followed and no proxy is taken from the environment.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx2

from keys.errors import ServiceFailedError

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""The largest answer read unless the caller sets less; a large CA's revocation list has about 2 MB."""
DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for the whole exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a service is, and how long we wait for it."""

    url: str
    timeout: float = DEFAULT_TIMEOUT
    """Seconds, for connecting, sending and the whole answer together."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """For mutual TLS; the system's certificate authorities when left out."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a service's address begins with http:// or https://")
        if parts.username is not None or parts.password is not None:
            raise ValueError("a service's address holds no password")
        if self.timeout <= 0:
            raise ValueError("a timeout is more than 0 seconds")


def exchange(
    endpoint: Endpoint,
    *,
    body: bytes | None = None,
    content_type: str = "application/octet-stream",
    accepted_type: str | None = None,
    limit: int = MAX_ANSWER_BYTES,
) -> bytes:
    """GET the endpoint, or POST `body` to it, and return the answer's body.

    `ServiceFailedError` when it cannot be reached, is too slow, answers with another status than 200, with another type
    than `accepted_type`, or with more than `limit` bytes. The message names the host and never the rest of the address.
    """
    host = urlsplit(endpoint.url).hostname
    deadline = time.monotonic() + endpoint.timeout
    headers = {} if body is None else {"Content-Type": content_type}
    try:
        with (
            httpx2.Client(
                verify=endpoint.tls if endpoint.tls is not None else True, timeout=endpoint.timeout, trust_env=False
            ) as client,
            client.stream("GET" if body is None else "POST", endpoint.url, content=body, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise ServiceFailedError(f"{host} answered with status {answer.status_code}")
            given = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if accepted_type is not None and given != accepted_type:
                raise ServiceFailedError(f"{host} answered with another type than {accepted_type}")
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > limit:
                    raise ServiceFailedError(f"{host} answered with more than {limit} bytes")
                if time.monotonic() > deadline:
                    raise ServiceFailedError(f"{host} took longer than {endpoint.timeout:g} s")
            return bytes(content)
    except httpx2.TimeoutException as error:
        raise ServiceFailedError(f"{host} took longer than {endpoint.timeout:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
        raise ServiceFailedError(f"{host} could not be reached ({type(error).__name__})") from error
