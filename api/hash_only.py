"""Verifying a signature whose document stays where it is: both doors, and what a client has to send."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from esign import EsignError, read_foreign_pdf, structured_from_bytes
from keys import KeysError, hash_bytes
from verify import DigestOf, Report, Verifier, kind_of

from .errors import MalformedInputError
from .inputs import parse_json
from .presented import Presented
from .schemas_reports import DigestBody

DIGESTS = ("sha256", "sm3", "sha384", "sha512")


def asks_about_digest(body: bytes) -> bool:
    """Whether a JSON body is about a digest rather than a code; MalformedInputError when it is no JSON."""
    document = parse_json(body)
    return isinstance(document, dict) and "digest" in document


def digest_report(verifier: Verifier, wish: DigestBody, *, at: datetime) -> Report:
    """Judge what came over HTTP; MalformedInputError when the signature is not base64 or no digest is there."""
    digests = {name: bytes.fromhex(text) for name in DIGESTS if (text := getattr(wish.digest, name)) is not None}
    if not digests:
        raise MalformedInputError("没有给出指纹（digest）。", "there is no digest")
    try:
        signature = base64.b64decode(wish.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInputError("签名（signature）不是 Base64。", "the signature is not base64") from error
    return verifier.verify_digest(digests, signature, of=wish.of, at=at)


def read_digest(text: str) -> tuple[str, bytes]:
    """Read `NAME:HEX` of the command line; MalformedInputError."""
    name, _, digits = text.partition(":")
    try:
        digest = bytes.fromhex(digits)
        fits = len(hash_bytes(name.lower(), b"")) == len(digest)
    except (ValueError, KeysError) as error:
        raise _no_digest() from error
    if not fits:
        raise _no_digest()
    return name.lower(), digest


def _no_digest() -> MalformedInputError:
    return MalformedInputError(
        "指纹应写作 sm3:十六进制 或 sha256:十六进制。", "a digest is written sm3:HEX or sha256:HEX"
    )


def digest_requests(presented: Presented) -> tuple[dict[str, Any], ...]:
    """Say what to send of a file instead of the file: a body for each of its signatures.

    Raises:
        MalformedInputError: it has none, and none is beside it; or it is an OFD, whose signatures are over lists of
            digests that only the files inside can be compared with.
        EsignError: the PDF cannot be read.
    """
    if presented.signature is None and presented.data is not None and kind_of(presented.data) == "ofd":
        raise MalformedInputError(
            "OFD 不能只凭指纹核验；请用同一证照的 PDF，或证照数据（.json 连同 .p7s）。",
            "an OFD cannot be checked by a digest: take the PDF of the same licence, or its data (.json with its .p7s)",
        )
    requests = tuple(_requests(presented.data or b"", presented.signature))
    if not requests:
        raise MalformedInputError(
            "文件没有签名，旁边也没有 .p7s。", "the file has no signature, and there is no .p7s beside it"
        )
    return requests


def _requests(data: bytes, signature: bytes | None) -> Iterator[dict[str, Any]]:
    if signature is not None:
        of: DigestOf = "licence" if _is_licence(data) else "file"
        yield {"field": None, "covers": "file", "body": _body((data,), signature, of)}
    elif b"%PDF-" in data[:1024]:
        for one in read_foreign_pdf(data).signatures:
            if one.cms and not one.document_timestamp:
                covers = "whole" if one.covers_whole_file else "revision"
                yield {"field": one.field, "covers": covers, "body": _body(one.covered(data), one.cms, "pdf")}


def _body(content: Sequence[bytes], signature: bytes, of: DigestOf) -> dict[str, Any]:
    digest = {name: hash_bytes(name, content).hex() for name in DIGESTS}
    return {"digest": digest, "signature": base64.b64encode(signature).decode("ascii"), "of": of}


def _is_licence(data: bytes) -> bool:
    try:
        structured_from_bytes(data)
    except EsignError:
        return False
    return True
