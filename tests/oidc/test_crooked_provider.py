"""What a provider may answer that it should not: nobody is logged in, and the page says whose fault it is."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from identity_provider import new_keys
from joserfc import jws

from api.errors import ApiError, LoginStaleError, ProviderClockError, ProviderFailedError, SettingsError
from api.login_settings import ProviderAccount
from api.oidc_login import Attempt, Attempts, LoggedIn, Login
from api.oidc_provider import MAX_ANSWER_BYTES, MAX_METADATA_BYTES, Provider

CLIENT = "licences-of-holders"
BACK = "https://licences.example/login/callback"
KEYS = new_keys("1")


class Crooked:
    """A provider that answers with what it is told to."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        crooked = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                crooked.asked.append((self.path, parse_qs(body), self.headers.get("Authorization", "")))
                status, kind, content = crooked.answers.get(self.path, (404, "text/plain", b""))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
        }
        self.say("/jwks", {"keys": [key.as_dict(private=False) for key in KEYS]})
        self.describe()

    def describe(self, **other: object) -> None:
        self.say("/.well-known/openid-configuration", self.metadata | other)

    def say(self, path: str, value: object, *, status: int = 200, kind: str = "application/json") -> None:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers[path] = (status, kind, content)

    def login(self, **other: Any) -> Login:
        account = {"issuer": self.issuer, "client_id": CLIENT, **other}
        return Login(
            audience="holder", account=ProviderAccount(**account), scope="openid", levels=("L3",),
            provider=Provider(self.issuer), attempts=Attempts(b"k" * 32), redirect_uri=BACK,
        )  # fmt: skip


@pytest.fixture
def crooked() -> Iterator[Crooked]:
    started = Crooked()
    yield started
    started.server.shutdown()
    started.server.server_close()


def signed(claims: object, kind: str | None = "JWT") -> str:
    head = {"alg": "ES256", "kid": KEYS[1].kid} | ({"typ": kind} if kind else {})
    return jws.serialize_compact(head, json.dumps(claims).encode(), KEYS[1], algorithms=["ES256"])


Change = Callable[[dict[str, Any]], object]


def attempt_with(
    crooked: Crooked, change: Change = dict, *, wanted: tuple[str, ...] = (), kind: str | None = "JWT", **account: Any
) -> LoggedIn:
    """Log in; `change` makes of the claims of a good token what the provider signs instead."""
    login, at = crooked.login(**account), datetime.now(UTC)
    attempt, address = login.begin("/my", random=os.urandom, at=at)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    now = int(at.timestamp())
    good = {
        "iss": crooked.issuer, "aud": CLIENT, "sub": "s-1", "nonce": asked["nonce"], "exp": now + 60, "iat": now,
        "acr": "L3",
    }  # fmt: skip
    if "/token" not in crooked.answers:
        made = change(good)
        token = made if isinstance(made, str) else signed(made, kind)
        crooked.say("/token", {"id_token": token, "access_token": "t", "token_type": "Bearer"})
    try:
        return login.finish(attempt, {"state": asked["state"], "code": "c"}, wanted=wanted, at=at)
    finally:
        crooked.answers.pop("/token")


def test_a_good_answer(crooked: Crooked) -> None:
    known = attempt_with(crooked)
    assert (known.subject, known.level, known.issuer) == ("s-1", "L3", crooked.issuer)
    ((_, form, authorization),) = [one for one in crooked.asked if one[0] == "/token"]
    assert (form["client_id"], form["grant_type"], authorization) == ([CLIENT], ["authorization_code"], "")
    assert len(form["code_verifier"][0]) >= 43  # RFC 7636
    assert attempt_with(crooked, kind=None).subject == "s-1"


def test_how_we_prove_who_we_are(crooked: Crooked, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a b:c%\nsecond line\n", "utf-8")
    attempt_with(crooked, secret=secret)
    assert crooked.asked[-2][2] == "Basic bGljZW5jZXMtb2YtaG9sZGVyczphK2IlM0FjJTI1"  # licences-of-holders:a+b%3Ac%25
    crooked.describe(token_endpoint_auth_methods_supported=["client_secret_post"])
    attempt_with(crooked, secret=secret)
    assert (crooked.asked[-2][1]["client_secret"], crooked.asked[-2][2]) == (["a b:c%"], "")
    for content in (b"", b"\n", b"\xff\n", b"x" * 600):
        secret.write_bytes(content)
        with pytest.raises(SettingsError) as told:
            attempt_with(crooked, secret=secret)
        assert "x" * 20 not in str(told.value)


def unsigned(claims: dict[str, Any]) -> str:
    from base64 import urlsafe_b64encode

    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)]
    return f"{parts[0]}.{parts[1]}."


BAD_TOKENS: dict[str, tuple[Change, type[ApiError]]] = {
    "alg none": (unsigned, ProviderFailedError),
    "other issuer": (lambda c: c | {"iss": "https://other.example"}, ProviderFailedError),
    "other audience": (lambda c: c | {"aud": "other"}, ProviderFailedError),
    "several audiences without a party": (lambda c: c | {"aud": [CLIENT, "other"]}, ProviderFailedError),
    "other party": (lambda c: c | {"aud": [CLIENT, "other"], "azp": "other"}, ProviderFailedError),
    "no nonce": (lambda c: {name: value for name, value in c.items() if name != "nonce"}, ProviderFailedError),
    "nonce of another attempt": (lambda c: c | {"nonce": "0" * 64}, LoginStaleError),
    "expired": (lambda c: c | {"exp": c["iat"] - 61}, ProviderClockError),
    "from the future": (lambda c: c | {"iat": c["iat"] + 61}, ProviderClockError),
    "without an end": (lambda c: {name: value for name, value in c.items() if name != "exp"}, ProviderFailedError),
    "without a subject": (lambda c: c | {"sub": ""}, ProviderFailedError),
    "no token": (lambda _: "", ProviderFailedError),
    "a list": (lambda _: [1], ProviderFailedError),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_tokens_that_log_nobody_in(crooked: Crooked, name: str) -> None:
    change, error = BAD_TOKENS[name]
    with pytest.raises(error) as told:
        attempt_with(crooked, change)
    assert type(told.value) is error


def test_an_access_token_is_no_proof_of_a_person(crooked: Crooked) -> None:
    with pytest.raises(ProviderFailedError):
        attempt_with(crooked, kind="at+jwt")


def test_several_audiences(crooked: Crooked) -> None:
    assert attempt_with(crooked, lambda c: c | {"aud": [CLIENT, "other"], "azp": CLIENT}).subject == "s-1"


def test_what_is_said_about_somebody_else(crooked: Crooked) -> None:
    crooked.say("/me", {"sub": "s-1", "name": "张样例", "acr": "L4"})
    known = attempt_with(crooked, lambda c: c | {"acr": "L1"}, wanted=("name",))
    assert (known.claims["name"], known.level) == ("张样例", "L1")
    assert crooked.asked[-1][2] == "Bearer t"
    crooked.say("/me", {"sub": "s-2", "name": "李样例"})
    with pytest.raises(ProviderFailedError):
        attempt_with(crooked, wanted=("name",))
    crooked.say("/me", {"sub": "s-1"}, status=403)
    with pytest.raises(ProviderFailedError):
        attempt_with(crooked, wanted=("name",))


@pytest.mark.parametrize(
    ("status", "kind", "content", "error"),
    [
        (400, "application/json", b'{"error":"invalid_grant"}', LoginStaleError),
        (401, "application/json", b'{"error":"invalid_client"}', ProviderFailedError),
        (500, "text/html", b"<h1>oops</h1>", ProviderFailedError),
        (302, "text/plain", b"", ProviderFailedError),
        (200, "text/html", b"{}", ProviderFailedError),
        (200, "application/json", b"{", ProviderFailedError),
        (200, "application/json", b"[]", ProviderFailedError),
        (200, "application/json", b"[" * 5000, ProviderFailedError),
        (200, "application/json", b" " * (MAX_ANSWER_BYTES + 1), ProviderFailedError),
        (200, "application/json", b'{"id_token": 7}', ProviderFailedError),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, int) else "",
)
def test_answers_about_a_code(crooked: Crooked, status: int, kind: str, content: bytes, error: type[ApiError]) -> None:
    crooked.say("/token", content, status=status, kind=kind)
    with pytest.raises(error):
        attempt_with(crooked)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://other.example"}, {"issuer": None}, {"token_endpoint": "http://attacker.example/token"},
        {"token_endpoint": 7}, {"token_endpoint": "/token"}, {"jwks_uri": "ftp://localhost/keys"},
        {"token_endpoint": ""}, {"authorization_endpoint": ""}, {"token_endpoint": "https://u:p@host/token"},
        {"token_endpoint": "https://host/" + "a" * 600}, {"token_endpoint": "https://主机/token"},
        {"filler": "x" * MAX_METADATA_BYTES},
    ],
    ids=lambda said: ascii(said)[:40],
)  # fmt: skip
def test_descriptions_that_are_not_believed(crooked: Crooked, said: dict[str, object]) -> None:
    crooked.describe(**said)
    with pytest.raises(ProviderFailedError) as told:
        attempt_with(crooked)
    assert "attacker" not in str(told.value)


def test_a_description_without_keys(crooked: Crooked) -> None:
    crooked.describe(jwks_uri="")
    with pytest.raises(ProviderFailedError):
        attempt_with(crooked)
    crooked.describe()
    crooked.say("/jwks", {"keys": "none"})
    with pytest.raises(ProviderFailedError):
        attempt_with(crooked)


def test_who_must_say_who_it_is(crooked: Crooked) -> None:
    crooked.describe(authorization_response_iss_parameter_supported=True)
    with pytest.raises(LoginStaleError):
        attempt_with(crooked)
    login, at = crooked.login(), datetime.now(UTC)
    attempt, address = login.begin("/my", random=os.urandom, at=at)
    state = parse_qs(urlsplit(address).query)["state"][0]
    for error, kind in (("server_error", ProviderFailedError), ("x" * 300, ProviderFailedError)):
        with pytest.raises(kind) as told:
            login.finish(attempt, {"state": state, "iss": crooked.issuer, "error": error}, wanted=(), at=at)
        assert error not in str(told.value)


def test_attempts_are_of_one_home_only() -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    attempt = Attempt(audience="staff", next="/review", begun_at=at, random="00")
    ours, theirs = Attempts(b"1" * 32), Attempts(b"2" * 32)
    assert ours.read(ours.cookie_of(attempt)) == attempt
    made = {ours.state(attempt), ours.nonce(attempt), ours.verifier(attempt), theirs.state(attempt)}
    assert len(made) == 4, "whoever sees one of them cannot tell the others"
    with pytest.raises(LoginStaleError):
        theirs.read(ours.cookie_of(attempt))
