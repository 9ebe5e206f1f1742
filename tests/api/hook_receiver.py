"""A receiver of webhooks: a real HTTP server that does what it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Keeps what comes; `answers` are the statuses of the next requests, `None` hangs, afterwards 204."""

    def __init__(self, answers: tuple[int | None, ...] = ()) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.hanging = threading.Event()
        """Set while a request is left without an answer."""
        self._answers = list(answers)
        self._release = threading.Event()
        self._lock = threading.Lock()
        self.url = ""

    @property
    def ids(self) -> list[str]:
        """The ids of the messages that came."""
        return [headers["webhook-id"] for headers, _ in self.messages]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = handler.rfile.read(int(handler.headers["content-length"]))
        with self._lock:
            self.paths.append(handler.path)
            self.messages.append(({name.lower(): value for name, value in handler.headers.items()}, body))
            status = self._answers.pop(0) if self._answers else 204
        if status is None:
            self.hanging.set()
            self._release.wait(60)
            return
        handler.send_response(status)
        if status in (301, 302, 307, 308):
            handler.send_header("Location", f"{self.url}/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
        """Listen on a free port."""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805
                self.take(handler)

            def log_message(handler, *_: Any) -> None:  # noqa: N805
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._release.set()
            server.shutdown()
            server.server_close()
            thread.join()
