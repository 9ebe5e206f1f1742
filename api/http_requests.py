"""What the routes for programs have in common: who may ask, how a JSON body is read, how it is all described."""

import re

from fastapi import Request
from starlette.datastructures import UploadFile

from verify import MAX_FILE_BYTES

from .errors import ForbiddenError, InputTooLargeError, MalformedInputError, UnsupportedMediaError
from .forwarding import is_loopback
from .schemas import Body, reference

PREFIX = "/api/v1"
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(?::[0-9]*)?")
_SITES = frozenset({"same-origin", "none"})
_READING = frozenset({"GET", "HEAD"})
# Their form, the same for all, is put in when the whole is described: to give it here would make each server begin
# with building it for every status of every route.
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": text}
    for status, text in {
        400: "the body cannot be read",
        401: "no valid proof of who asks",
        403: "not granted to the caller",
        404: "none of this name, or none for the caller",
        409: "contradicts what is there",
        410: "over, or used before",
        413: "larger than 20 MB",
        415: "another media type",
        422: "data refused",
        429: "too much at once; see Retry-After",
        503: "not now; see Retry-After",
    }.items()
}


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Describe the problems that a route may answer with."""
    return {status: _PROBLEMS[status] for status in statuses}


def only_from_here(request: Request) -> None:
    """Let through what was addressed to this machine by a name of its own; ForbiddenError."""
    # A page on the internet may make a browser on this machine ask us (DNS rebinding): it then names its own host. Not
    # `request.url`, which has our own address in it when that name has characters that the framework does not expect.
    host = _HOST.fullmatch(request.headers.get("host", ""))
    if host is None or not is_loopback(host["name"].lower().strip("[]")):
        raise ForbiddenError("此接口只供本机使用。", "this interface serves this machine only")
    # It may also make the browser send a form here, with files, though it cannot read the answer.
    if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in _SITES:
        raise ForbiddenError("请从本机的页面或程序操作。", "another site sent this: use our pages, or a program")


def refuse_other_sites(request: Request, own: str) -> None:
    """ForbiddenError for what another site than `own` made a browser send; programs do not say where they are."""
    if request.method in _READING:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in _SITES and not (site is None and origin in (None, own)):
        raise ForbiddenError("请从本系统的页面或程序操作。", "another site sent this: use our pages, or a program")


async def json_body(request: Request) -> bytes:
    """Read a JSON body as it was sent; UnsupportedMediaError for another type."""
    # Browsers send this type to other sites only after asking (CORS), and nobody here says yes.
    if media_type(request) != "application/json":
        raise UnsupportedMediaError("请求内容应为 application/json。", "the body has to be application/json")
    return await request.body()


def media_type(request: Request) -> str:
    """Return the media type of a request without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def uploaded(part: UploadFile | str | None) -> bytes | None:
    """Read a file of a form, if it is there; MalformedInputError for a text in its place, InputTooLargeError."""
    if part is None:
        return None
    if isinstance(part, str):
        raise MalformedInputError(
            "file 和 signature 应作为文件上传。", "file and signature are sent as files, with a name"
        )
    content = await part.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise InputTooLargeError("文件超过 20 MB。", "the file is larger than 20 MB")
    return content


def takes(model: type[Body]) -> dict[str, object]:
    """Describe a body that the handler reads itself, because the framework's reader takes duplicate keys and NaN."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference(model)}}}}
