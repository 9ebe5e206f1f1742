"""The commands `serve` and `demo`: the server over HTTP, with what goes on beside it."""

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .console import say
from .errors import UsageError
from .parsing import AddServing, Group, services_or_new

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer
    from .settings import TlsSetting
    from .wiring import Services

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000


def add_serve_parsers(add: AddServing, to: Group) -> None:
    """Add the commands below `elicence`."""
    serve = add("serve", _serve, "启动服务 serve HTTP", to)
    demo = add("demo", _demo, "签发样例并启动服务 issue the samples, then serve", to)
    demo.add_argument("--no-serve", action="store_true", help="只签发 issue only")
    demo.add_argument("--samples", metavar="DIR", help="样例目录 folder of samples (default fixtures/paper)")
    for serving in (serve, demo):
        serving.add_argument("--host", default=DEFAULT_HOST, help=f"监听地址 (default {DEFAULT_HOST})")
        serving.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"端口 (default {DEFAULT_PORT}; 0 = any)")
        serving.add_argument("--tls-cert", metavar="FILE", help="服务器证书链 certificate and its CAs (PEM): HTTPS")
        serving.add_argument("--tls-key", metavar="FILE", help="其私钥 its private key (PEM)")
        serving.add_argument(
            "--client-ca", metavar="FILE", help="客户端证书的 CA ask clients for certificates of this CA (PEM)"
        )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _serve(arguments: argparse.Namespace) -> int:
    return _serve_after(arguments, None)


def _demo(arguments: argparse.Namespace) -> int:
    from .demo import DEFAULT_SAMPLES, demo

    samples = Path(arguments.samples or DEFAULT_SAMPLES)
    if arguments.no_serve:
        return say(arguments, demo(services_or_new(arguments, port=arguments.port), samples))
    return _serve_after(arguments, lambda services: demo(services, samples))


def _serve_after(arguments: argparse.Namespace, work: "Callable[[Services], Answer] | None") -> int:
    """Take the port, do the work, say what came out, serve: a port that is taken is told before anything is made."""
    from keys import KeysError

    from .answer import Answer
    from .app import create_app
    from .audit_keeping import TrailKeeping
    from .batch_work import BatchWork
    from .client_commands import with_first_key
    from .clock import clock
    from .event_sending import EventSending
    from .forwarding import is_loopback
    from .serving import address_of, context_of, listen, serve
    from .status_publishing import StatusPublishing

    with contextlib.closing(listen(arguments.host, arguments.port)) as listener:
        port = listener.getsockname()[1]
        # The samples' codes lead to this server; whoever serves only has said where the codes lead.
        services = services_or_new(arguments, port=0 if work is None else port)
        settings = services.home.settings
        tls = context_of(_tls_of(arguments) or settings.tls, services.home.path)
        # Behind a proxy that ends TLS, the edge looks at each request; without one, there is nothing to look at.
        public_only = not (is_loopback(arguments.host) or tls or settings.trusted_proxies)
        # Anchors that cannot be used are told now. A key that cannot be used stops readiness and issuing only.
        services.has_anchors()
        _warn_of_keys(services)
        publishing = StatusPublishing(lambda: services.status_publisher, lambda: services.store)
        app = create_app(services, public_only=public_only, publishing=publishing)
        done = Answer(shape={}, text="")
        if work is not None:
            try:
                done = work(services)
            except KeysError:
                print("样例未签发  the samples were not issued", file=sys.stderr)
        done = with_first_key(services, done)
        address = address_of(listener, scheme="http" if tls is None else "https")
        note = "；仅核验页面 public pages only" if public_only else ""
        where = f"服务地址  serving at: {address}{note}（Ctrl-C 停止 to stop）"
        if not public_only and (settings.open_on_loopback or settings.identity.staff is not None):
            where = f"窗口核验台  clerk desk: {address}/desk\n{where}"
        if work is not None:
            where = _elsewhere(services, port) + where
        say(
            arguments,
            Answer(
                shape={**done.shape, "address": address, "public_only": public_only},
                text=f"{done.text}\n\n{where}" if done.text else where,
            ),
        )
        # The trail is left last: what the others do until their end is in it.
        keeping = TrailKeeping(lambda: services.trail_keeper, clock)
        with keeping.running(), publishing.running(), BatchWork(services).running(), EventSending(services).running():
            serve(app, listener, tls=tls, proxies=settings.trusted_proxies)
    return 0


def _tls_of(arguments: argparse.Namespace) -> "TlsSetting | None":
    """Read what the command line says about TLS; it wins over the settings."""
    from .settings import TlsSetting

    certificate, key, client_ca = (arguments.tls_cert, arguments.tls_key, arguments.client_ca)
    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise UsageError("--tls-cert 与 --tls-key 应同时给出。", "--tls-cert and --tls-key go together")
    return TlsSetting(
        certificate=Path(certificate), key=Path(key), client_ca=None if client_ca is None else Path(client_ca)
    )


def _elsewhere(services: "Services", port: int) -> str:
    """Say that the samples' codes lead to another port of this machine than the one that is served."""
    from .forwarding import is_loopback

    url = services.home.settings.public_url
    parts = urlsplit(url)
    codes = parts.port or (443 if parts.scheme == "https" else 80)
    if codes == port or not is_loopback(parts.hostname or ""):
        return ""
    return (
        f"样例的链接和二维码指向 {url}，本次服务在端口 {port}：请用 --port {codes}，或用 --home 另建主目录。\n"
        f"the samples' links and codes lead to {url}, this server has port {port}: "
        f"use --port {codes}, or another home with --home\n\n"
    )


def _warn_of_keys(services: "Services") -> None:
    from .problems import problem_of

    for name, fault in services.key_faults().items():
        if fault is not None:
            problem = problem_of(fault)
            print(
                f"密钥不可用，不能签发  unusable key, nothing is issued: {name} [{problem.code}] {problem.message.en}",
                file=sys.stderr,
            )
