"""Keys at a seal service, asked over HTTPS with mutual TLS (an adapter). The protocol: docs/reference/seal-service.md.

What comes back is not trusted: here its form is checked, by `Signer` the signature, by `esign.sealing_port` whatever
is more than a signature.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import secrets
import ssl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from keys.algorithms import RSA_ALGORITHMS, Algorithm
from keys.certificates import Certificate, parse_certificate
from keys.errors import (
    BadSignatureError,
    KeyNotFoundError,
    KeysError,
    KeyUnusableError,
    ServiceFailedError,
    UnsupportedAlgorithmError,
)
from keys.exchange import Endpoint, exchange
from keys.pkcs8 import Passphrase
from keys.ports import PublicKey
from keys.remote_uri import RemoteUri
from keys.software import digest_to_sign
from keys.utc_times import utc_text

MAX_SMALL_ANSWER: Final = 256 * 1024
"""Bytes of the answer about a key, with a signature, or with a CMS: the CMS itself has up to 64 KB."""
MAX_SES_ANSWER: Final = 12 * 1024 * 1024
"""Bytes of the answer with an SES_Signature, which holds the seal and so its picture: 8 MB, in Base64."""
MAX_FILE_ANSWER: Final = 20 * 1024 * 1024
"""Bytes of a sealed file."""
MAX_CHAIN: Final = 6
"""Certificates of one key."""

_PREFIX: Final = "/seal/v1/keys"
_JSON: Final = "application/json"
_ATTEMPTS: Final = 2
_REFUSALS: Final = {
    403: "the seal service does not let this client use the key in this way",
    422: "the seal service refuses what was asked for",
}


class RemoteSeal:
    """One key at a seal service with all that the service does with it; the service may grant only some of it.

    Every method raises `ServiceFailedError` when the service cannot be reached, is too slow, refuses, or answers with
    something that the protocol does not have. A request without an answer is sent once more under the same request
    id, for which the service signs once at most: so an exchange may take twice the timeout.
    """

    def __init__(self, uri: RemoteUri, *, passphrase: Passphrase | None = None, folder: Path | None = None) -> None:
        """Load the client's certificate and key; nothing is sent yet. Relative paths are looked for in `folder`.

        `KeyNotFoundError` or `KeyUnusableError` when a file of the URI is missing or cannot be used.
        """
        self._uri = uri
        self._tls = _mutual_tls(uri, passphrase, folder or Path())

    def chain(self) -> tuple[Certificate, ...]:
        """Ask for the key's certificate and its issuers, without the root; `KeyUnusableError` when they do not fit."""
        chain = _json_object(self._exchange("", None, _JSON, MAX_SMALL_ANSWER)).get("chain")
        if not isinstance(chain, list) or not 0 < len(chain) <= MAX_CHAIN:
            raise ServiceFailedError("the seal service gave no certificates")
        try:
            certificates = tuple(parse_certificate(_decoded(text)) for text in chain)
            for certificate, issuer in itertools.pairwise(certificates):
                certificate.verify_issued_by(issuer)
        except ServiceFailedError:
            raise
        except BadSignatureError as error:
            raise KeyUnusableError("the seal service's certificates are not a chain in order") from error
        except KeysError as error:
            raise KeyUnusableError(f"the seal service's certificates: {error}") from error
        return certificates

    def signature(self, digest: bytes, algorithm: Algorithm) -> bytes:
        """Level i: ask for the signature over a digest (SM2: e); SM2 and ECDSA: DER r, s. Not verified here."""
        wish = {"algorithm": algorithm.name, "digest": _encoded(digest)}
        return self._ask("signature", wish, MAX_SMALL_ANSWER)

    def pades(self, digest: bytes, digest_name: str) -> bytes:
        """Level ii: ask for a detached CMS for a PDF whose covered bytes have this digest. Not checked here."""
        wish = {"kind": "cms-pades", "digest_name": digest_name, "digest": _encoded(digest)}
        return self._ask("cms", wish, MAX_SMALL_ANSWER)

    def cades(self, digest: bytes, digest_name: str, *, at: datetime) -> bytes:
        """Level ii: ask for a detached CMS over a file with this digest that states `at`. Not checked here."""
        wish = {
            "kind": "cms-cades",
            "digest_name": digest_name,
            "digest": _encoded(digest),
            "signing_time": utc_text(at),
        }
        return self._ask("cms", wish, MAX_SMALL_ANSWER)

    def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
        """Level ii: ask for an SES_Signature of version 4 with this digest and property. Not checked here."""
        wish = {
            "kind": "ses-v4",
            "digest_name": digest_name,
            "digest": _encoded(digest),
            "property": property_info,
            "signing_time": utc_text(at),
        }
        return self._ask("ses", wish, MAX_SES_ANSWER)

    def file(self, prepared: bytes) -> bytes:
        """Level iii: have a prepared PDF sealed as a whole. Not compared here."""
        return self._exchange(f"/file/{_request_id()}", prepared, "application/pdf", MAX_FILE_ANSWER)

    def _ask(self, what: str, wish: Mapping[str, str], limit: int) -> bytes:
        answer = self._exchange(f"/{what}/{_request_id()}", json.dumps(wish).encode(), _JSON, limit)
        return _decoded(_json_object(answer).get(what))

    def _exchange(self, path: str, body: bytes | None, kind: str, limit: int) -> bytes:
        endpoint = Endpoint(
            url=f"{self._uri.origin}{_PREFIX}/{self._uri.key}{path}", timeout=self._uri.timeout, tls=self._tls
        )
        attempt = 1
        while True:
            try:
                return exchange(endpoint, body=body, content_type=kind, accepted_type=kind, limit=limit)
            except ServiceFailedError as error:
                if error.status in _REFUSALS:
                    raise ServiceFailedError(f"{_REFUSALS[error.status]} ({error})", status=error.status) from error
                if error.status is not None or attempt == _ATTEMPTS:
                    raise
                attempt += 1


class RemotePrivateKey:
    """A private key at a seal service (level i). The digest is made here and only it is sent."""

    def __init__(self, seal: RemoteSeal, public_key: PublicKey, algorithm: Algorithm | None = None) -> None:
        """`algorithm` is what an RSA key is to sign with; for others it must be theirs."""
        chosen = algorithm or public_key.algorithm
        if chosen != public_key.algorithm and not (chosen in RSA_ALGORITHMS and public_key.algorithm in RSA_ALGORITHMS):
            raise UnsupportedAlgorithmError("the seal service's key is of another kind than was asked for")
        self.algorithm: Final = chosen
        self.public_key: Final = public_key
        self._seal = seal

    def sign(self, data: bytes) -> bytes:
        """Have `data` signed; SM2 and ECDSA: DER r, s. `ServiceFailedError` when the service did not.

        As with every key, `Signer` verifies the signature before it is used.
        """
        signature = self._seal.signature(digest_to_sign(self.public_key, self.algorithm, data), self.algorithm)
        if len(signature) > self.public_key.longest_signature:
            raise KeyUnusableError("the seal service's signature is longer than the key's can be")
        return signature


def _mutual_tls(uri: RemoteUri, passphrase: Passphrase | None, folder: Path) -> ssl.SSLContext:
    certificate, key, ca = (folder / name for name in (uri.client_certificate, uri.client_key, uri.ca))
    for path in (certificate, key, ca):
        if not path.is_file():
            raise KeyNotFoundError(f"{path.name} does not exist")

    def secret() -> bytes:
        # Without this, OpenSSL would ask on the terminal.
        if passphrase is None:
            raise KeyUnusableError("the client's key is encrypted and no source of its passphrase is named")
        return passphrase()

    # This kind of context demands a certificate and compares the host's name.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(ca)
    except (OSError, ValueError) as error:
        raise KeyUnusableError(f"{ca.name} holds no certificates that TLS can use") from error
    try:
        context.load_cert_chain(certificate, key, password=secret)
    except (OSError, ValueError) as error:
        raise KeyUnusableError("the client's certificate and key cannot be used for TLS") from error
    return context


def _json_object(answer: bytes) -> dict[str, object]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise ServiceFailedError("the seal service answered with something that is not JSON") from error
    if not isinstance(found, dict):
        raise ServiceFailedError("the seal service answered with something that is no JSON object")
    return found


def _request_id() -> str:
    # Random and no digest of the wish: the same bytes may be sealed twice on purpose.
    return secrets.token_hex(16)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise ServiceFailedError("the seal service's answer lacks what was asked for")
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as error:
        raise ServiceFailedError("the seal service's answer is not Base64") from error
