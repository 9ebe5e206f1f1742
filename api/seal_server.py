"""The reference seal server: it holds seal keys and seals for known clients (docs/reference/seal-service.md).

Who asks is told by TLS; what each may do stands in the settings. One line is logged for each signature: the subject of
the client's certificate, the key, and the digest.
"""

import asyncio
import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from esign import (
    MAX_PDF_BYTES,
    EsignError,
    cms_for_prepared_pdf,
    read_prepared_pdf,
    read_sealed_pdf,
    seal_digest,
    seal_digest_ses,
)
from keys import DigestKey, KeysError, Signer, digest_size, hash_bytes, read_utc_text
from licences import LicencesError

from .errors import (
    ApiError,
    BodyFault,
    ForbiddenError,
    InputTooLargeError,
    InvalidBodyError,
    MalformedInputError,
    TooSlowError,
)
from .messages import Message
from .problems import Problem, problem_for_status, problem_of
from .schemas import Body, invalid_body, read_body
from .seal_answers import KeptAnswers
from .seal_server_settings import SealKey, SealServerSettings, Use
from .serving import Peer

PREFIX = "/seal/v1"
MAX_SMALL_BODY = 128 * 1024  # a property of 64 KB and the rest
RECEIVE_SECONDS = 30.0
MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)

seal_log = logging.getLogger("elicence.seals")

_Word = Annotated[str, Field(min_length=1, max_length=32)]
_Digest = Annotated[str, Field(min_length=1, max_length=128)]
_Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
_RequestId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class SignatureBody(Body):
    """A digest (Base64) and the algorithm to sign it with."""

    algorithm: _Word
    digest: _Digest


class CmsBody(Body):
    """A digest for a CMS; `cms-cades` states a signing time, `cms-pades` none."""

    kind: Literal["cms-pades", "cms-cades"]
    digest_name: _Word
    digest: _Digest
    signing_time: _Instant | None = None


class SesBody(Body):
    """A digest for an SES_Signature, what it covers, and when."""

    kind: Literal["ses-v4"]
    digest_name: _Word
    digest: _Digest
    property: Annotated[str, Field(min_length=1, max_length=64 * 1024)]
    signing_time: _Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """A client that may use a key in the way that it asks for."""

    client: str
    peer: Peer
    key: SealKey

    def log(self, digest_name: str, digest: bytes) -> None:
        """Say that something was sealed; nothing else about it is known to the log."""
        seal_log.info("%s: %s %s:%s", self.peer.subject, self.key.name, digest_name, digest.hex())


def create_seal_app(settings: SealServerSettings, *, now: Callable[[], datetime]) -> FastAPI:
    """Make the application; it must be served with `settings.tls`. `now` gives the time, aware."""
    app = FastAPI(title="elicence seal server", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    answers = KeptAnswers()

    @app.get(PREFIX + "/keys")
    def list_keys(request: Request) -> Response:
        _, keys = _client(settings, request)
        return JSONResponse({"keys": [{"name": name, "uses": sorted(uses)} for name, uses in keys.items()]})

    @app.get(PREFIX + "/keys/{key}")
    def show_key(request: Request, key: str) -> Response:
        signer = _grant(settings, request, key, None).key.signer()
        return JSONResponse(
            {
                "name": key,
                "algorithm": signer.algorithm.name,
                "digest_name": signer.algorithm.digest,
                "chain": [_encoded(certificate.der) for certificate in signer.chain],
            }
        )

    @app.post(PREFIX + "/keys/{key}/signature/{request_id}")
    def sign(
        request_id: _RequestId, grant: Annotated[_Grant, Depends(_granted(settings, "signature"))], body: _Small
    ) -> Response:
        def make() -> bytes:
            wish, signer = read_body(SignatureBody, body), grant.key.signer()
            private_key, digest = signer.private_key, _decoded(wish.digest)
            if not isinstance(private_key, DigestKey):
                raise ForbiddenError("该密钥不能对摘要签名。", "the key does not sign digests")
            _expect(wish.algorithm == signer.algorithm.name, "/algorithm", signer.algorithm.name)
            _expect(len(digest) == digest_size(signer.algorithm.digest), "/digest", signer.algorithm.digest)
            signature = private_key.sign_digest(digest)
            grant.log(signer.algorithm.digest, digest)
            return signature

        return _answered("signature", answers.once(grant.client, request_id, _wish("signature", grant, body), make))

    @app.post(PREFIX + "/keys/{key}/cms/{request_id}")
    def make_cms(
        request_id: _RequestId, grant: Annotated[_Grant, Depends(_granted(settings, "cms"))], body: _Small
    ) -> Response:
        def make() -> bytes:
            wish, signer = read_body(CmsBody, body), grant.key.signer()
            digest = _digest_of(wish, signer)
            states_time = wish.signing_time is not None
            _expect(states_time == (wish.kind == "cms-cades"), "/signing_time", "only in cms-cades, and always there")
            at = None if wish.signing_time is None else _now_or_refused(wish.signing_time, now())
            cms = seal_digest(digest, signer, at=at)
            grant.log(wish.digest_name, digest)
            return cms

        return _answered("cms", answers.once(grant.client, request_id, _wish("cms", grant, body), make))

    @app.post(PREFIX + "/keys/{key}/ses/{request_id}")
    def make_ses(
        request_id: _RequestId, grant: Annotated[_Grant, Depends(_granted(settings, "ses"))], body: _Small
    ) -> Response:
        def make() -> bytes:
            wish, signer = read_body(SesBody, body), grant.key.signer()
            digest = _digest_of(wish, signer)
            ses = seal_digest_ses(
                digest,
                signer,
                electronic_seal=grant.key.electronic_seal(),
                property_info=wish.property,
                at=_now_or_refused(wish.signing_time, now()),
            )
            grant.log(wish.digest_name, digest)
            return ses

        return _answered("ses", answers.once(grant.client, request_id, _wish("ses", grant, body), make))

    @app.post(PREFIX + "/keys/{key}/file/{request_id}")
    def seal_file(
        request_id: _RequestId, grant: Annotated[_Grant, Depends(_granted(settings, "file"))], body: _Large
    ) -> Response:
        place = read_prepared_pdf(body)

        def make() -> bytes:
            signer = grant.key.signer()
            cms = cms_for_prepared_pdf(body, signer)
            # Our own strict reader is the judge of what is sealed: another file's CMS is not handed out.
            seal = read_sealed_pdf(place.filled(cms)).seals[-1]
            _expect_now(seal.claimed_time, now(), "/")
            grant.log(signer.algorithm.digest, seal.signed_data.message_digest)
            return cms

        # Only the CMS is kept, not the file around it.
        cms = answers.once(grant.client, request_id, _wish("file", grant, body), make)
        return Response(place.filled(cms), media_type="application/pdf")

    for error in (ApiError, EsignError, KeysError, LicencesError):
        app.add_exception_handler(error, _answer)
    app.add_exception_handler(HTTPException, _answer_status)
    app.add_exception_handler(RequestValidationError, _answer_parameter)
    return app


def _client(settings: SealServerSettings, request: Request) -> tuple[Peer, dict[str, frozenset[str]]]:
    """Find who asks and which keys they have."""
    peer = getattr(request.state, "peer", None)
    client = settings.client_of(peer.certificate) if isinstance(peer, Peer) else None
    if client is None or not isinstance(peer, Peer):
        raise ForbiddenError("该客户端证书不在名单中。", "this client's certificate is not listed")
    return peer, dict(client.keys)


def _grant(settings: SealServerSettings, request: Request, key: str, use: Use | None) -> _Grant:
    peer, keys = _client(settings, request)
    # A key that does not exist is told like one that is not granted.
    if key not in keys or (use is not None and use not in keys[key]):
        raise ForbiddenError("该客户端不得这样使用该密钥。", "this client may not use the key in this way")
    return _Grant(client=hash_bytes("sha256", peer.certificate).hex(), peer=peer, key=settings.keys[key])


def _granted(settings: SealServerSettings, use: Use) -> Callable[[Request, str], _Grant]:
    def grant(request: Request, key: str) -> _Grant:
        return _grant(settings, request, key, use)

    return grant


async def _small_body(request: Request) -> bytes:
    return await _received(request, MAX_SMALL_BODY)


async def _file_body(request: Request) -> bytes:
    return await _received(request, MAX_PDF_BYTES)


# Read after the grant, which stands before it: nobody else's bytes are taken.
_Small = Annotated[bytes, Depends(_small_body)]
_Large = Annotated[bytes, Depends(_file_body)]


async def _received(request: Request, limit: int) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            async for piece in request.stream():
                content += piece
                if len(content) > limit:
                    raise InputTooLargeError(f"超过 {limit} 字节。", f"more than {limit} bytes")
    except TimeoutError as error:
        raise TooSlowError("请求传输中断。", "the request stopped in the middle") from error
    return bytes(content)


def _wish(use: Use, grant: _Grant, body: bytes) -> bytes:
    """Digest of all that was asked for."""
    return hash_bytes("sha256", f"{use} {grant.key.name} ".encode() + body)


def _digest_of(wish: CmsBody | SesBody, signer: Signer) -> bytes:
    _expect(wish.digest_name == signer.algorithm.digest, "/digest_name", signer.algorithm.digest)
    digest = _decoded(wish.digest)
    _expect(len(digest) == digest_size(wish.digest_name), "/digest", f"{digest_size(wish.digest_name)} bytes")
    return digest


def _now_or_refused(text: str, now: datetime) -> datetime:
    """Read a signing time; it is the client's claim, but nothing is dated back or ahead with our keys."""
    try:
        at = read_utc_text(text)
    except ValueError as error:
        raise MalformedInputError("没有这样的时刻。", "no such time") from error
    _expect_now(at, now, "/signing_time")
    return at


def _expect_now(at: datetime, now: datetime, pointer: str) -> None:
    _expect(abs(at - now) <= MAX_CLOCK_DIFFERENCE, pointer, f"a time within {MAX_CLOCK_DIFFERENCE} of the server's")


def _expect(condition: bool, pointer: str, expected: str) -> None:
    if not condition:
        message = Message(zh=f"应为：{expected}", en=f"expected: {expected}")
        raise InvalidBodyError((BodyFault(pointer=pointer, code="VALUE_REFUSED", message=message),))


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedInputError("不是 Base64。", "not Base64") from error


def _answered(name: str, value: bytes) -> Response:
    return JSONResponse({name: _encoded(value)})


def _answer(_request: Request, error: Exception) -> Response:
    return _told(problem_of(error))


def _answer_status(_request: Request, error: Exception) -> Response:
    return _told(problem_for_status(error.status_code if isinstance(error, HTTPException) else 500))


def _answer_parameter(_request: Request, error: Exception) -> Response:
    # The framework's own text would repeat what was sent.
    places = error.errors() if isinstance(error, RequestValidationError) else ()
    return _told(problem_of(invalid_body(places, skip=1)))


def _told(problem: Problem) -> Response:
    status = problem.row.http_status
    seal_log.info("refused: %s", problem.code)
    headers = {"Retry-After": "60"} if status == 503 else None
    return JSONResponse(
        problem.http_shape(), status_code=status, media_type="application/problem+json", headers=headers
    )
