"""Running the web server: the socket, the limits, the end."""

import asyncio
import contextlib
import errno
import signal
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .admission import RETRY_SECONDS
from .background import SHUTDOWN_SECONDS
from .errors import ServiceUnavailableError, UsageError
from .forwarding import Network, is_among, is_loopback
from .logs import log_to
from .settings import TlsSetting
from .tls import server_context

MAX_CONNECTIONS = 500  # beyond it each new one is told to come back; `admission` says what the others get
MAX_PER_ADDRESS = 100  # of these, from one address of another machine that is no proxy of ours
KEEP_ALIVE_SECONDS = 15
HEAD_SECONDS = 20  # for the request line and headers
MAX_HEADER_BYTES = 32 * 1024


def listen(host: str, port: int) -> socket.socket:
    """Take the port; 0 takes a free one.

    Raises UsageError for a host that is not one, ServiceUnavailableError when the port is taken or not allowed.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UsageError(f"没有这个主机地址：{host}", f"no such host: {host}") from error
    family, _, _, _, address = addresses[0]
    # The protocol is named for asyncio: else it leaves small segments waiting 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServiceUnavailableError(
                f"端口 {port} 已被占用，请用 --port 换一个。", f"port {port} is in use: choose another with --port"
            ) from error
        raise ServiceUnavailableError(
            f"无法监听 {host}:{port}（{error.strerror}）", f"cannot listen on {host}:{port}: {error.strerror}"
        ) from error
    return listener


def address_of(listener: socket.socket, *, scheme: str = "http") -> str:
    """Write the address at which a listening socket is reached, as a URL."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def context_of(setting: TlsSetting | None, folder: Path) -> ssl.SSLContext | None:
    """Make the TLS of `serve`, a passphrase file being looked for in `folder`; None for HTTP. SettingsError."""
    if setting is None:
        return None
    return server_context(
        certificate=setting.certificate,
        key=setting.key,
        passphrase_source=setting.passphrase_source,
        folder=folder,
        client_ca=setting.client_ca,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end of a connection with mutual TLS: `request.state.peer`."""

    certificate: bytes
    """DER; TLS has checked that it leads to a CA of ours and that the other side has its key."""
    subject: str
    """Its subject as `name=value` pairs; what cannot be printed is replaced, so that it is one line of a log."""


def _peer_of(transport: asyncio.Transport) -> Peer | None:
    tls = transport.get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    if certificate is None:
        return None
    parts = (f"{name}={value}" for names in tls.getpeercert()["subject"] for name, value in names)
    subject = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in ", ".join(parts))
    return Peer(certificate=certificate, subject=subject)


async def _full(_scope: Scope, _receive: Receive, send: Send) -> None:
    # uvicorn's own answer does not say when to come back.
    headers = [(b"content-length", b"0"), (b"retry-after", b"%d" % RETRY_SECONDS), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class _Protocol(H11Protocol):
    """uvicorn's protocol, with three things added.

    A deadline for the head of a request, which uvicorn itself waits for without end; the client's certificate, about
    which uvicorn tells the application nothing; and a limit on connections that says when to come back.
    """

    proxies: Sequence[Network] = ()
    """They may have as many connections as there are."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait. With TLS the handshake is over."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS or self._is_crowding():
            self.app = _full
        if (peer := _peer_of(transport)) is not None:
            # Each request gets a copy of this as its state; the dictionary itself is shared by all connections.
            self.app_state = {**self.app_state, "peer": peer}
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Stop waiting as soon as a request has begun to be served; begin again with the head of the next one.

        Between two requests uvicorn waits for `KEEP_ALIVE_SECONDS`, but only until the first byte of the next one.
        """
        super().data_received(data)
        if not getattr(self.cycle, "response_complete", True):
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_crowding(self) -> bool:
        address = self.client[0] if self.client else ""
        if is_loopback(address) or is_among(address, self.proxies):
            return False
        clients = (getattr(one, "client", None) for one in self.connections)
        return sum(1 for client in clients if client is not None and client[0] == address) > MAX_PER_ADDRESS

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.close()


def serve(
    app: ASGIApp, listener: socket.socket, *, tls: ssl.SSLContext | None = None, proxies: Sequence[Network] = ()
) -> None:
    """Serve until Ctrl-C or SIGTERM; requests that are under way are finished first. With a context over TLS."""
    log_to()

    class _Ours(_Protocol):
        pass

    _Ours.proxies = proxies
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            http=_Ours,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
            # Whoever asks could otherwise name another address and escape the limits.
            proxy_headers=False,
            # Its access lines would hold the codes, which are in the paths; `edge` writes our own.
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
    )
    # uvicorn shuts down in good order and then raises the signal once more: whoever called us has things to end, too.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt), contextlib.closing(listener):
            server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)
