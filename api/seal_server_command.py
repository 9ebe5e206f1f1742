"""The command `elicence seal-server`."""

import argparse
import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

from .parsing import AddServing, Group

DEFAULT_PORT = 8443


def add_seal_server_parser(add: AddServing, to: Group) -> None:
    """Add the command; what it needs is loaded when it runs."""
    parser = add("seal-server", _run, "启动印章服务 serve seal keys to known clients", to)
    parser.add_argument("--config", metavar="FILE", required=True, help="设置文件 settings: TLS, keys, clients (TOML)")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 (default 127.0.0.1)")
    parser.add_argument(
        "--port",
        type=int,
        choices=range(65536),
        metavar="PORT",
        default=DEFAULT_PORT,
        help=f"端口 (default {DEFAULT_PORT}; 0 = any)",
    )


def _run(arguments: argparse.Namespace) -> int:
    from .seal_server import create_seal_app
    from .seal_server_settings import load_seal_server_settings
    from .serving import address_of, listen, serve

    settings = load_seal_server_settings(Path(arguments.config).absolute())
    app = create_seal_app(settings, now=lambda: datetime.now(UTC))
    with contextlib.closing(listen(arguments.host, arguments.port)) as listener:
        address = address_of(listener, scheme="https")
        if arguments.json:
            print(json.dumps({"address": address, "keys": sorted(settings.keys)}, indent=2), flush=True)
        else:
            print(f"印章服务  seal server at: {address}（Ctrl-C 停止 to stop）", flush=True)
        serve(app, listener, tls=settings.tls)
    return 0
