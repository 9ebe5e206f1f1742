"""Access tokens of a real provider: whose they are, what their scopes leave, and every way to be refused."""

from __future__ import annotations

import base64
import hmac
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from identity_provider import IdentityProvider, new_keys
from joserfc.jwk import ECKey, OctKey

from api.errors import ProviderFailedError
from api.oidc_keys import MAX_KEYS, MAX_TOKEN, head_of, read_key_set
from api.oidc_provider import FAILURE_PAUSE, FRESH, KEPT, UNKNOWN_KEY_PAUSE
from licences.access import (
    Operation,
    Role,
    UnauthenticatedError,
    operations_of,
    subject_proof,
    subject_proof_id,
)

if TYPE_CHECKING:
    from conftest import Office

pytestmark = pytest.mark.usefixtures("patience")
PUBLIC = "https://licences.example"
ISSUER_SYSTEM = {str(one) for one in operations_of(frozenset({Role.ISSUER_SYSTEM}))}


def ask(office: Office, token: str) -> httpx2.Response:
    return office.browser(Authorization=f"Bearer {token}").get("/api/v1/licences/1.2.156.3005.2")


def operations(office: Office, token: str) -> set[str]:
    tokens = office.services.identity.tokens
    assert tokens is not None
    caller = tokens.caller(token, datetime.now(UTC))
    return {str(one) for one in Operation if caller.may(one)}


@pytest.mark.parametrize("client", ["system-a", "es-a", "ed-a", "opaque-a"])
def test_tokens_of_the_provider(office: Office, provider: IdentityProvider, client: str) -> None:
    if client in ("es-a", "ed-a"):  # the same client, whose tokens are signed otherwise
        trust(office, "system-a", provider.issuer, client)
    token = provider.token(client, audience=PUBLIC)
    api = office.browser(Authorization=f"Bearer {token}")
    verified = api.post("/api/v1/verifications", json={"code": "nonsense"})
    assert verified.status_code == 200, verified.text
    refused = api.get("/api/v1/clients")
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_ALLOWED")


def trust(office: Office, client: str, issuer: str, subject: str) -> None:
    office.services.clients.add_proof(subject_proof(client, issuer, subject, at=datetime.now(UTC)))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "Ed25519"])
def test_algorithms_that_are_taken(office: Office, provider: IdentityProvider, algorithm: str) -> None:
    token = provider.sign(provider.claims(PUBLIC), algorithm=algorithm)
    assert operations(office, token) == ISSUER_SYSTEM


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("elicence:read", {"read"}),
        ("openid elicence:read elicence:verify", {"read", "verify"}),
        ("elicence:nonsense", set()),
        ("elicence:review", set()),
        ("openid profile", ISSUER_SYSTEM),
        (["elicence:read"], {"read"}),
        (7, ISSUER_SYSTEM),
    ],
)
def test_scopes_only_narrow(office: Office, provider: IdentityProvider, scope: object, left: set[str]) -> None:
    assert operations(office, provider.sign(provider.claims(PUBLIC, scope=scope))) == left


def test_scopes_do_not_widen_a_grant(office: Office, provider: IdentityProvider) -> None:
    assert operations(office, provider.token("system-b", audience=PUBLIC)) == {"read"}
    assert operations(office, provider.token("system-b", audience=PUBLIC, scope="elicence:issue")) == set()
    tokens = office.services.identity.tokens
    assert tokens is not None
    caller = tokens.caller(provider.token("system-b", audience=PUBLIC), datetime.now(UTC))
    assert caller.may(Operation.READ, region="990101")
    assert not caller.may(Operation.READ, region="990201")


def unsigned(provider: IdentityProvider) -> str:
    return f"{part_of({'alg': 'none', 'typ': 'at+jwt'})}.{part_of(provider.claims(PUBLIC))}."


def part_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def symmetric(provider: IdentityProvider) -> str:
    """Sign with the provider's public key as if it were a shared secret."""
    head = {"alg": "HS256", "typ": "at+jwt", "kid": provider.keys[0].kid}
    signed = f"{part_of(head)}.{part_of(provider.claims(PUBLIC))}"
    mark = hmac.digest(provider.keys[0].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def with_own_key(provider: IdentityProvider) -> str:
    key = ECKey.generate_key("P-256", {"kid": "ec-1"})
    jwk = key.as_dict(private=False)
    return provider.sign(provider.claims(PUBLIC), key=key, jwk=jwk, jku="https://attacker.example")


def changed(provider: IdentityProvider) -> str:
    head, _, signature = provider.sign(provider.claims(PUBLIC)).split(".")
    return f"{head}.{part_of(provider.claims(PUBLIC, sub='reviewer-1'))}.{signature}"


def late(seconds: float) -> float:
    return int(time.time()) + seconds


BAD = {
    "alg none": unsigned,
    "public key as secret": symmetric,
    "key of its own": with_own_key,
    "claims changed": changed,
    "signature empty": lambda p: p.sign(p.claims(PUBLIC)).rpartition(".")[0] + ".",
    "wrong audience": lambda p: p.sign(p.claims("https://other.example")),
    "audience begins alike": lambda p: p.sign(p.claims(PUBLIC + ".attacker.example")),
    "no audience": lambda p: p.sign(p.claims(PUBLIC, aud=None)),
    "audience is a number": lambda p: p.sign(p.claims(PUBLIC, aud=1)),
    "other issuer": lambda p: p.sign(p.claims(PUBLIC, iss="https://other.example")),
    "issuer with slash": lambda p: p.sign(p.claims(PUBLIC, iss=p.issuer + "/")),
    "expired": lambda p: p.sign(p.claims(PUBLIC, exp=late(-61))),
    "no end": lambda p: p.sign(p.claims(PUBLIC, exp=None)),
    "end is text": lambda p: p.sign(p.claims(PUBLIC, exp="never")),
    "end is true": lambda p: p.sign(p.claims(PUBLIC, exp=True)),
    "end is NaN": lambda p: p.sign(p.claims(PUBLIC, exp=float("nan"))),
    "end is endless": lambda p: p.sign(p.claims(PUBLIC, exp=10**400)),
    "not yet": lambda p: p.sign(p.claims(PUBLIC, nbf=late(90))),
    "made in the future": lambda p: p.sign(p.claims(PUBLIC, iat=late(90))),
    "id token": lambda p: p.sign(p.claims(PUBLIC), kind="JWT"),
    "no kind": lambda p: p.sign(p.claims(PUBLIC), kind=None),
    "kind of another use": lambda p: p.sign(p.claims(PUBLIC), kind="logout+jwt"),
    "unknown key": lambda p: p.sign(p.claims(PUBLIC), kid="rsa-9"),
    "key of another algorithm": lambda p: p.sign(p.claims(PUBLIC), kid="rsa-1"),
    "critical header": lambda p: p.sign(p.claims(PUBLIC), b64=True, crit=["b64"]) + "x",
    "no subject": lambda p: p.sign(p.claims(PUBLIC, sub=None)),
    "subject is a list": lambda p: p.sign(p.claims(PUBLIC, sub=["system-a"])),
    "unknown subject": lambda p: p.sign(p.claims(PUBLIC, sub="system-z")),
    "claims are a list": lambda p: p.sign([1]),
    "real, for nobody": lambda p: p.token("unknown", audience=PUBLIC),
    "real, of another audience": lambda p: p.token("system-a", audience="https://other.example"),
    "opaque, of another audience": lambda p: p.token("opaque-a", audience="https://other.example"),
    "opaque, unknown": lambda _: "x" * 43,
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "not base64": lambda _: "a.b.c",
    "five parts": lambda _: "a.b.c.d.e",
    "too long": lambda _: "a" * (MAX_TOKEN // 2) + ".b.c",
    "deep": lambda _: base64.urlsafe_b64encode(b'{"alg":' + b"[" * 3000).decode() + ".e30.c",
    "Chinese": lambda _: "令.牌.证",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_tokens_that_are_refused(office: Office, provider: IdentityProvider, name: str) -> None:
    tokens = office.services.identity.tokens
    assert tokens is not None
    with pytest.raises(UnauthenticatedError) as told:
        tokens.caller(BAD[name](provider), datetime.now(UTC))
    assert str(told.value) == str(UnauthenticatedError())


def test_refusals_over_http(office: Office, provider: IdentityProvider) -> None:
    answers = []
    for token in ("elk_unknown", BAD["expired"](provider), BAD["alg none"](provider), BAD["opaque, unknown"](provider)):
        answer = office.browser(Authorization=f"Bearer {token}").get("/api/v1/licences/1.2.156.3005.2")
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        answers.append(answer.text)
    assert len(set(answers)) == 1


def test_suspended_clients_and_revoked_accounts(office: Office, provider: IdentityProvider) -> None:
    token, clients = provider.sign(provider.claims(PUBLIC, sub="system-b")), office.services.clients
    assert operations(office, token) == {"read"}
    clients.change("system-b", lambda client: replace(client, suspended=True))
    with pytest.raises(UnauthenticatedError):
        operations(office, token)
    clients.change("system-b", lambda client: replace(client, suspended=False))
    assert operations(office, token) == {"read"}
    clients.revoke(subject_proof_id(provider.issuer, "system-b"), datetime.now(UTC))
    with pytest.raises(UnauthenticatedError):
        operations(office, token)


def test_key_rotation(forgetful: Office, provider: IdentityProvider) -> None:
    tokens, at = forgetful.services.identity.tokens, datetime.now(UTC)
    assert tokens is not None
    old = provider.sign(provider.claims(PUBLIC))
    assert tokens.caller(old, at).client == "system-a"
    kept = provider.keys
    provider.rotate("2")
    try:
        new = provider.sign(provider.claims(PUBLIC))
        with pytest.raises(UnauthenticatedError):  # strangers must not make us ask as often as they like
            tokens.caller(new, at + UNKNOWN_KEY_PAUSE / 2)
        assert tokens.caller(new, at + UNKNOWN_KEY_PAUSE).client == "system-a"
        with pytest.raises(UnauthenticatedError):
            tokens.caller(old, at + UNKNOWN_KEY_PAUSE * 2)
    finally:
        provider.keys = kept
        provider.restore()


def test_the_provider_is_away(forgetful: Office, provider: IdentityProvider) -> None:
    tokens, at = forgetful.services.identity.tokens, datetime.now(UTC)
    assert tokens is not None
    claims = provider.claims(PUBLIC, exp=late(7200))
    token = provider.sign(claims)
    provider.set_down(True)
    try:
        answer = ask(forgetful, token)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        provider.set_down(False)
        # It is not asked again at once: who waits for it takes up a thread.
        with pytest.raises(ProviderFailedError):
            tokens.caller(token, datetime.now(UTC))
        at = datetime.now(UTC) + FAILURE_PAUSE
        assert tokens.caller(token, at).client == "system-a"
        provider.set_down(True)
        assert tokens.caller(token, at + FRESH * 2).client == "system-a"
        with pytest.raises(ProviderFailedError):
            tokens.caller(token, at + KEPT)
        with pytest.raises(ProviderFailedError):  # it says nothing by itself, so nobody knows
            tokens.caller("x" * 43, at + KEPT)
    finally:
        provider.set_down(False)


def test_keys_that_a_provider_should_not_publish() -> None:
    rsa, elliptic, edwards = new_keys("x")
    weak = {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xc1" * 128).decode().rstrip("="), "e": "AQAB"}
    listed: list[Any] = [
        rsa.as_dict(private=True) | {"use": "sig"},
        elliptic.as_dict(private=False) | {"use": "enc"},
        OctKey.generate_key(256).as_dict(private=True),
        weak, 7, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": 7},
        edwards.as_dict(private=False) | {"kid": 7},
    ]  # fmt: skip
    found = read_key_set({"keys": listed})
    assert [key.name for key in found.keys] == ["rsa-x"]
    assert not found.keys[0].key.is_private
    assert found.find(None, "RS256") is found.keys[0]
    assert found.find("rsa-x", "ES256") is None
    same = rsa.as_dict(private=False)
    assert read_key_set({"keys": [same, same]}).find("rsa-x", "RS256") is None  # which of them is meant?
    for wrong in ({}, {"keys": {}}, {"keys": [same] * (MAX_KEYS + 1)}):
        with pytest.raises(ProviderFailedError):
            read_key_set(wrong)


def test_a_token_without_the_name_of_its_key() -> None:
    head = head_of(IdentityProvider(clients=()).sign({"iss": "x"}, kid=None))
    assert (head.key, head.kind, head.algorithm) == (None, "at+jwt", "ES256")


def test_terms_have_little_leeway(office: Office, provider: IdentityProvider) -> None:
    tokens, at = office.services.identity.tokens, datetime.now(UTC)
    assert tokens is not None
    end = int(at.timestamp()) + 10
    token = provider.sign(provider.claims(PUBLIC, exp=end))
    assert tokens.caller(token, datetime.fromtimestamp(end + 59, UTC)).client == "system-a"
    with pytest.raises(UnauthenticatedError):
        tokens.caller(token, datetime.fromtimestamp(end + 60, UTC))
    early = provider.sign(provider.claims(PUBLIC, iat=end, exp=end + 100))
    assert tokens.caller(early, datetime.fromtimestamp(end - 60, UTC)).client == "system-a"
    with pytest.raises(UnauthenticatedError):
        tokens.caller(early, datetime.fromtimestamp(end, UTC) - timedelta(seconds=61))
