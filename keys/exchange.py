"""One HTTP exchange with limits (an adapter): how timestamp authorities, CAs and seal servers are reached.

Time is bounded as a whole, not only between two bytes, and so is the answer's size: the other side is not trusted with
our patience. Redirects are not followed and no proxy is taken from the environment.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from keys.errors import AddressRefusedError, ServiceFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""The largest answer read unless the caller sets less; a large CA's revocation list has about 2 MB."""
DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for the whole exchange."""
MAX_TIMEOUT: Final = 600.0


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
        if not 0 < self.timeout <= MAX_TIMEOUT:
            raise ValueError(f"a timeout is more than 0 and at most {MAX_TIMEOUT:g} seconds")


class _Deadline:
    """Ends an exchange when its time is up, whatever it is waiting for.

    The timeouts of an HTTP client start again with every byte: a server that sends one letter of a header a second
    would keep us for hours. Shutting the connection's socket down ends every wait on it.
    """

    __slots__ = ("_lock", "_socket", "_timer", "passed")

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, event: str, details: Mapping[str, Any]) -> None:
        """Be told what the HTTP client does (its `trace` extension): from each connection that it makes, the socket."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._socket = details["return_value"].get_extra_info("socket")
                if self.passed:
                    self._shut()

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed meanwhile
                self._socket.shutdown(socket.SHUT_RDWR)


def exchange(
    endpoint: Endpoint,
    *,
    body: bytes | None = None,
    content_type: str = "application/octet-stream",
    accepted_type: str | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = MAX_ANSWER_BYTES,
) -> bytes:
    """GET the endpoint, or POST `body` to it, with further `headers`, and return the answer's body.

    `ServiceFailedError` when it cannot be reached, is too slow, answers with another status than 200, with another type
    than `accepted_type`, or with more than `limit` bytes. The message names the host and never the rest of the address.
    """
    import httpx2  # here, because most commands speak to nobody and it takes as long to load as all of `keys`

    host = urlsplit(endpoint.url).hostname
    # A compressed answer could be large in memory before it is measured.
    sent = {**(headers or {}), "Accept-Encoding": "identity"}
    if body is not None:
        sent["Content-Type"] = content_type
    late = ServiceFailedError(f"{host} took longer than {endpoint.timeout:g} s")
    deadline = _Deadline(endpoint.timeout)
    try:
        with (
            deadline,
            httpx2.Client(verify=endpoint.tls or _system_tls(), timeout=endpoint.timeout, trust_env=False) as client,
            client.stream(
                "GET" if body is None else "POST",
                endpoint.url,
                content=body,
                headers=sent,
                extensions={"trace": deadline.watch},
            ) as answer,
        ):
            status = answer.status_code
            if status != 200:
                raise ServiceFailedError(f"{host} answered with status {status}", status=status)
            given = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if accepted_type is not None and given != accepted_type:
                raise ServiceFailedError(f"{host} answered with another type than {accepted_type}", status=status)
            content = bytearray()
            for piece in answer.iter_raw():
                content += piece
                if len(content) > limit:
                    raise ServiceFailedError(f"{host} answered with more than {limit} bytes", status=status)
        # An answer without a length ends when the connection does, also when it was we who ended it.
        if deadline.passed:
            raise late
        return bytes(content)
    except httpx2.TimeoutException as error:
        raise late from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
        if deadline.passed:
            raise late from error
        raise ServiceFailedError(f"{host} could not be reached ({type(error).__name__})") from error


def deliver(
    endpoint: Endpoint,
    *,
    body: bytes,
    headers: Mapping[str, str],
    may_reach: Callable[[ipaddress.IPv4Address | ipaddress.IPv6Address], bool],
) -> int:
    """POST `body` to where a stranger wants it, and return the status of the answer, of which nothing is read.

    The name is resolved once and the connection goes to an address that was found allowed, so that the name cannot mean
    another machine a moment later. `AddressRefusedError` when it means none that is allowed, `ServiceFailedError` when
    it cannot be reached or is too slow. The message names the host and never the rest of the address.
    """
    import httpx2

    parts = urlsplit(endpoint.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    late = ServiceFailedError(f"{host} took longer than {endpoint.timeout:g} s")
    deadline = _Deadline(endpoint.timeout)
    try:
        found = [ipaddress.ip_address(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        address = next((one for one in found if may_reach(one)), None)
        if address is None:
            raise AddressRefusedError(f"{host} is at no address that may be reached")
        literal = f"[{address}]" if address.version == 6 else str(address)
        with (
            deadline,
            httpx2.Client(verify=endpoint.tls or _system_tls(), timeout=endpoint.timeout, trust_env=False) as client,
            client.stream(
                "POST",
                parts._replace(netloc=f"{literal}:{port}").geturl(),
                content=body,
                headers={**headers, "Host": parts.netloc, "Accept-Encoding": "identity"},
                # The certificate has to be that of the name, not of the address.
                extensions={"trace": deadline.watch, "sni_hostname": host},
            ) as answer,
        ):
            return answer.status_code
    except httpx2.TimeoutException as error:
        raise late from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
        if deadline.passed:
            raise late from error
        raise ServiceFailedError(f"{host} could not be reached ({type(error).__name__})") from error


@cache
def _system_tls() -> ssl.SSLContext:
    return ssl.create_default_context()
