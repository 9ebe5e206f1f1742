"""TLS of our own servers: which versions, whose certificates."""

import ssl
from collections.abc import Callable
from pathlib import Path

from keys import KeysError, passphrase_from

from .errors import SettingsError

CIPHERS_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Forward secret and authenticated only; what TLS 1.3 has is all of that kind."""


def server_context(
    *,
    certificate: Path,
    key: Path,
    passphrase_source: str | None = None,
    folder: Path,
    client_ca: Path | None = None,
    clients_required: bool = False,
) -> ssl.SSLContext:
    """TLS 1.2 or 1.3 for a server.

    `client_ca` asks the other side for a certificate that leads there: a wrong one ends the handshake, and so does none
    with `clients_required`. `passphrase_source` (`env:NAME`, `file:PATH` in `folder`) opens an encrypted key.
    SettingsError when a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS_OF_TLS_1_2)
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED if clients_required else ssl.CERT_OPTIONAL
            context.load_verify_locations(client_ca)
        context.load_cert_chain(certificate, key, password=_secret(passphrase_source, folder))
    except (OSError, ValueError, KeysError) as error:
        raise SettingsError(
            "TLS 证书、密钥或 client_ca 无法使用。", "the TLS certificate, its key or client_ca cannot be used"
        ) from error
    return context


def _secret(source: str | None, folder: Path) -> Callable[[], bytes]:
    def secret() -> bytes:
        # Without this, OpenSSL would ask on the terminal.
        if source is None:
            raise SettingsError(
                "服务器 TLS 密钥已加密，请设置 passphrase_source。",
                "the server's TLS key is encrypted: set passphrase_source",
            )
        return passphrase_from(source, folder=folder)()

    return secret
