"""A client for programs of approval systems: one file, Python's own library and nothing else. Take it along as it is.

    client = Client("https://zz.example.gov.cn", key_from_your_vault)
    licence = client.issue("water-abstraction", data, key="case 2026-117")

Every call has a time limit. A call that was answered 429 or 503, or not at all, is made again a few times, as the
server asks with Retry-After, when that cannot do anything twice: reading, and whatever carries an idempotency key.
"""

import http.client
import json
import random
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_WAIT = 60.0
_AGAIN = frozenset({429, 502, 503, 504})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

Shape = dict[str, Any]
"""A JSON object as `/openapi.json` describes it."""


class ElicenceError(Exception):
    """Base of what this client raises on purpose."""


class NotReachedError(ElicenceError):
    """No answer: nobody there, too slow, or cut off. It is not known whether the call was done."""


class RefusedError(ElicenceError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        """Stable and upper-case, such as `IDEMPOTENCY_MISMATCH`."""
        message = problem.get("message")
        texts = message if isinstance(message, dict) else {}
        self.zh, self.en = str(texts.get("zh", "")), str(texts.get("en", ""))
        errors = problem.get("errors")
        self.errors: tuple[Shape, ...] = tuple(errors) if isinstance(errors, list) else ()
        """Every field that was refused: `pointer`, `code`, `message`."""
        super().__init__(f"{status} {self.code}: {self.en}")


@dataclass(frozen=True)
class Access:
    """Why a licence is read: all six are required."""

    office: str
    officer: str
    item_name: str
    item_code: str
    case_number: str
    reason: str


class Client:
    """One office's system. Safe for threads: nothing is kept between calls."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        timeout: float = 30.0,
        attempts: int = 4,
        tls: ssl.SSLContext | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """`url` is scheme and host; without TLS it is this machine (else ValueError). `tls` may have a certificate."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise ValueError("the key would go over the network in clear: use https")
        self._base = url.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._attempts = attempts
        # Where a proxy of the environment, or a redirect, leads to is nobody's business to know the key.
        handlers = (urllib.request.ProxyHandler({}), _NoRedirect(), urllib.request.HTTPSHandler(context=tls))
        self._opener = urllib.request.build_opener(*handlers)
        self._wait = wait

    def issue(
        self, licence_type: str, data: Mapping[str, object], *, key: str, seal: str = "sm2", form: str = ""
    ) -> Shape:
        """Issue a licence; again with the same key and data, the same licence (`replayed`).

        `form` is `pdf`, or `ofd` or `both` to have an OFD made, too; left out: as the server is set up.
        """
        wish = {"type": licence_type, "data": data, "seal": seal} | ({"format": form} if form else {})
        return self._json("POST", "/licences", wish, key=key)

    def issue_batch(self, items: Sequence[Mapping[str, object]], *, key: str) -> Shape:
        """Hand in up to 1,000 items (`type`, `data`, `seal`, `format`); what was accepted is issued, come what may."""
        return self._json("POST", "/licence-batches", {"items": list(items)}, key=key)

    def batch(self, batch_id: str) -> Shape:
        """Say how far a batch is."""
        return self._json("GET", f"/licence-batches/{quote(batch_id, safe='')}")

    def act(self, identifier: str, act: Mapping[str, object], *, key: str) -> Shape:
        """Do an act to a licence, such as 变更, 注销 or 吊销."""
        return self._json("POST", f"/licences/{quote(identifier, safe='')}/acts", act, key=key)

    def licence(self, identifier: str, *, access: Access | None = None) -> Shape:
        """Return a licence; RefusedError with 404 when there is none, or none that this client may see."""
        return self._json("GET", f"/licences/{quote(identifier, safe='')}", access=access)

    def history(self, identifier: str, *, access: Access | None = None) -> list[Shape]:
        """Return all versions of a licence with what was done to them, the first one first."""
        return list(self._json("GET", f"/licences/{quote(identifier, safe='')}/history", access=access)["versions"])

    def file(self, identifier: str, kind: str = "pdf", *, access: Access | None = None) -> bytes:
        """Return a file of a licence: `pdf`, `ofd` where there is one, `json`, `p7s` or `xml`."""
        path = f"/licences/{quote(identifier, safe='')}/file?{urlencode({'format': kind})}"
        return self._call("GET", path, access=access)

    def of_holder(self, kind: str, code: str, *, access: Access) -> list[Shape]:
        """Return the licences of a holder, those in force first."""
        answer = self._json(
            "POST", "/holders/licences", {"kind": kind, "code": code, "access": asdict(access)}, safe=True
        )
        return list(answer["licences"])

    def draft(
        self, licence_type: str, data: Mapping[str, object], *, actor: Mapping[str, str], seal: str = "sm2"
    ) -> Shape:
        """Begin a draft, which somebody else approves before it is sealed. Sent twice, it makes two."""
        return self._json("POST", "/drafts", {"type": licence_type, "data": data, "seal": seal, "actor": actor})

    def submit(self, draft: str, *, actor: Mapping[str, str]) -> Shape:
        """Hand a draft to the checkers; every fault of its data at once, if there is one."""
        return self._json("POST", f"/drafts/{quote(draft, safe='')}/submission", {"actor": actor})

    def seal_draft(self, draft: str, *, actor: Mapping[str, str]) -> Shape:
        """Seal a draft that was approved: the licence."""
        return self._json("POST", f"/drafts/{quote(draft, safe='')}/sealing", {"actor": actor})

    def redeem(self, code: str, *, access: Access) -> Shape:
        """Use up a holder's authorisation code for the data of the licence. Never made again: it counts once."""
        return self._json("POST", "/authorisations/redeem", {"code": code, "access": asdict(access)})

    def requirements(self, question: Mapping[str, object]) -> Shape:
        """Ask which materials of an item need not be submitted (`/requirements/check`)."""
        return self._json("POST", "/requirements/check", question, safe=True)

    def verify_file(self, content: bytes, signature: bytes | None = None) -> Shape:
        """Have a file verified; the report is the answer, whatever the verdict."""
        body, media_type = _form({"file": content} | ({"signature": signature} if signature else {}))
        return _object(self._call("POST", "/verifications", body=body, media_type=media_type, safe=True))

    def verify_code(self, code: str, *, name: str = "", number: str = "") -> Shape:
        """Have a code verified, and whether it belongs to the holder of that name and number."""
        question: Shape = {"code": code}
        if name and number:
            question["holder"] = {"name": name, "code": number}
        return self._json("POST", "/verifications", question, safe=True)

    def changes(self, after: str = "0", *, limit: int = 100) -> Shape:
        """Return a page of what has changed since; go on with `after` = `next`, at once when there is `more`."""
        return self._json("GET", f"/changes?{urlencode({'after': after, 'limit': limit})}")

    def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
        access: Access | None = None,
        safe: bool = False,
    ) -> Shape:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        media_type = "application/json" if content is not None else ""
        return _object(self._call(method, path, body=content, media_type=media_type, key=key, access=access, safe=safe))

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media_type: str = "",
        key: str = "",
        access: Access | None = None,
        safe: bool = False,
    ) -> bytes:
        headers = {
            "Authorization": f"Bearer {self._key}" if self._key else "",
            "Content-Type": media_type,
            "Idempotency-Key": key,
            "Elicence-Access": urlencode(asdict(access)) if access else "",
        }
        given = {name: value for name, value in headers.items() if value}
        request = urllib.request.Request(f"{self._base}/api/v1{path}", body, given, method=method)  # noqa: S310 — checked
        attempts = self._attempts if safe or key or method == "GET" else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._once(request)
            except _TryAgainError as error:
                if attempt == attempts:
                    raise error.reason from error
                self._wait(error.seconds if error.seconds is not None else _pause(attempt))
        raise AssertionError("a call is made at least once")

    def _once(self, request: urllib.request.Request) -> bytes:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                content: bytes = answer.read(MAX_ANSWER_BYTES + 1)
                if answer.length and len(content) <= MAX_ANSWER_BYTES:
                    raise http.client.IncompleteRead(content)
        except urllib.error.HTTPError as error:
            with error:
                refused = RefusedError(error.code, _problem(error))
                if error.code in _AGAIN:
                    raise _TryAgainError(refused, _seconds(error.headers.get("Retry-After"))) from error
            raise refused from error
        except (OSError, http.client.HTTPException) as error:
            raise _TryAgainError(NotReachedError(f"{type(error).__name__}: no whole answer"), None) from error
        if len(content) > MAX_ANSWER_BYTES:
            raise NotReachedError("the answer is too large")
        return content


class _TryAgainError(Exception):
    def __init__(self, reason: ElicenceError, seconds: float | None) -> None:
        super().__init__()
        self.reason, self.seconds = reason, seconds


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none: the answer is then an error of its own."""


def _pause(attempt: int) -> float:
    # Not all systems of a county at once, after a server was away.
    return min(_MAX_WAIT, 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 — no secret


def _seconds(header: str | None) -> float | None:
    return min(_MAX_WAIT, float(header)) if header is not None and header.isdigit() else None


def _problem(error: urllib.error.HTTPError) -> Shape:
    try:
        return _object(error.read(MAX_ANSWER_BYTES))
    except (ElicenceError, OSError, http.client.HTTPException):
        return {}


def _object(content: bytes) -> Shape:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise NotReachedError("the answer is no JSON") from error
    if not isinstance(value, dict):
        raise NotReachedError("the answer is no JSON object")
    return value


def _form(files: Mapping[str, bytes]) -> tuple[bytes, str]:
    boundary = f"elicence-{random.getrandbits(128):032x}"
    while any(boundary.encode() in content for content in files.values()):
        boundary = f"elicence-{random.getrandbits(128):032x}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + content
        for name, content in files.items()
    ]
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
