"""Starts a real OpenID Connect provider (npm's oidc-provider) for tests, and signs tokens with its very keys."""

from __future__ import annotations

import atexit
import json
import select
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

FOLDER = Path(__file__).parent
SECONDS = 60
SCOPES = ("elicence:read", "elicence:issue", "elicence:verify", "elicence:nonsense")
SECRET = "not a secret: for the tests only"  # noqa: S105


# The provider has no TLS, and reading the system's certificate authorities takes longer than asking it.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def new_keys(mark: str) -> tuple[Key, ...]:
    """Make one key of every kind, named for the mark."""
    return (
        RSAKey.generate_key(2048, {"kid": f"rsa-{mark}", "use": "sig"}),
        ECKey.generate_key("P-256", {"kid": f"ec-{mark}", "use": "sig"}),
        OKPKey.generate_key("Ed25519", {"kid": f"ed-{mark}", "use": "sig"}),
    )


def web_client(name: str, *redirect_uris: str, secret: bool = True, **more: object) -> dict[str, object]:
    """Describe a client at which people log in."""
    known: dict[str, object] = {"client_id": name, "redirect_uris": list(redirect_uris), **more}
    return known | ({"client_secret": SECRET} if secret else {"token_endpoint_auth_method": "none"})


def system_client(name: str, **more: object) -> dict[str, object]:
    """Describe a client that gets tokens for itself."""
    return {
        "client_id": name, "client_secret": SECRET, "redirect_uris": [], "response_types": [],
        "grant_types": ["client_credentials"], **more,
    }  # fmt: skip


class IdentityProvider:
    """One provider, as a process of its own; used as a context."""

    def __init__(
        self,
        *,
        clients: Sequence[Mapping[str, object]],
        accounts: Mapping[str, Mapping[str, object]] | None = None,
        claims_at_userinfo: bool = True,
    ) -> None:
        """`accounts`: by subject, each with `acr` and `claims`."""
        if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
            pytest.skip("npm's oidc-provider is missing: run make node-packages")
        self.keys = new_keys("1")
        self._said = {
            "clients": list(clients), "accounts": dict(accounts or {}), "scopes": SCOPES,
            "claimsAtUserinfo": claims_at_userinfo, "jwks": self._jwks(),
        }  # fmt: skip

    def __enter__(self) -> IdentityProvider:
        self._process = subprocess.Popen(
            ["node", "provider.mjs"], cwd=FOLDER, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.issuer = str(self._say(self._said)["issuer"])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=SECONDS)

    def rotate(self, mark: str = "2") -> None:
        """Give the provider other keys, and only those."""
        self.keys = new_keys(mark)
        self._say(["rotate", self._jwks()])

    def restore(self) -> None:
        """Give the provider the keys that are in `keys` again."""
        self._say(["rotate", self._jwks()])

    def set_down(self, down: bool) -> None:
        """Have every address of the provider fail, or work again."""
        self._say(["down", down])

    def token(self, client: str, *, audience: str | None, scope: str = "") -> str:
        """Get a token by client credentials."""
        form = {"grant_type": "client_credentials"}
        form |= {"resource": audience} if audience else {}
        form |= {"scope": scope} if scope else {}
        proof = httpx2.BasicAuth(quote_plus(client), quote_plus(SECRET))
        answer = httpx2.post(f"{self.issuer}/token", data=form, auth=proof, timeout=SECONDS, verify=NO_TLS)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def sign(
        self, claims: Mapping[str, object], *, algorithm: str = "ES256", kind: str = "at+jwt", key: Key | None = None,
        **header: object,
    ) -> str:  # fmt: skip
        """Sign any token with the provider's key for an algorithm, or with another one."""
        by_algorithm = {"RS256": 0, "PS256": 0, "ES256": 1, "Ed25519": 2}
        used = key or self.keys[by_algorithm[algorithm]]
        head = {"alg": algorithm, "typ": kind, "kid": used.kid, **header}
        kept = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(kept, json.dumps(claims).encode(), used, algorithms=[algorithm])

    def claims(self, audience: str, **other: object) -> dict[str, object]:
        """Give the claims of a good access token, with others in their places; None takes one away."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "sub": "system-a", "client_id": "system-a", "aud": audience, "exp": now + 300,
            "iat": now, "jti": "1",
        }  # fmt: skip
        return {name: value for name, value in (good | other).items() if value is not None}

    def _jwks(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=True) for key in self.keys]}

    def _say(self, words: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        ready = select.select([self._process.stdout], [], [], SECONDS)[0]
        line = self._process.stdout.readline() if ready else ""
        if not line:
            self._process.kill()
            raise AssertionError(self._process.communicate()[1])
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer


def reserved_port() -> int:
    """Take a port for a server that starts later: addresses to come back to are registered before it does.

    It stays taken as long as this process lives, so that nobody else is given it meanwhile; our servers, who say that
    they use addresses again, may still listen on it.
    """
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", 0))
    atexit.register(taken.close)
    return int(taken.getsockname()[1])


__all__ = ["NO_TLS", "IdentityProvider", "new_keys", "reserved_port", "system_client", "web_client"]
