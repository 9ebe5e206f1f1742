"""The production profile, and keys that go away and come back while a server runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import pytest
from outside_ca import OutsideCa

from esign import ORGANISATION, SesPicture, make_seal_object
from keys import Certificate, load_certificates

if TYPE_CHECKING:
    from running import Elicence, Server

LICENCES, VERIFICATIONS = "/api/v1/licences", "/api/v1/verifications"
PICTURE = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses" / "picture.png"
PIN = "1234"
LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
PRODUCTION = 'public_url = "https://zz.example"\nproduction = true\n'


class Token:
    """A SoftHSM2 with an RSA key `seal` in it, and what a process needs to find it."""

    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        self.tokens.mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
        )
        self.pin = folder / "pin"
        self.pin.write_text(PIN + "\n", "ascii")
        self.env: Mapping[str, str] = {"SOFTHSM2_CONF": str(configuration)}
        self.library = next(path for path in LIBRARIES if Path(path).exists())
        self._run("softhsm2-util", "--init-token", "--free", "--label", "seal", "--so-pin", "12345678", "--pin", PIN)
        pkcs11 = ("pkcs11-tool", "--module", self.library, "--token-label", "seal", "--pin", PIN)
        self._run(*pkcs11, "--keypairgen", "--key-type", "rsa:2048", "--label", "seal-2026")
        self.uri = (
            f"pkcs11:token=seal;object=seal-2026;type=private"
            f"?module-path={quote(self.library)}&pin-source=file:{quote(str(self.pin))}"
        )
        self._kept = folder / "kept"
        shutil.copytree(self.tokens, self._kept)

    def _run(self, *command: str) -> None:
        subprocess.run(command, env={**os.environ, **self.env}, check=True, capture_output=True, timeout=60)

    def restore(self) -> None:
        """Make it again what it was at first, for the next test."""
        shutil.rmtree(self.tokens, ignore_errors=True)
        shutil.copytree(self._kept, self.tokens)
        self.pin.write_text(PIN + "\n", "ascii")


@pytest.fixture(scope="module")
def _one_token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    for program, package in (("softhsm2-util", "softhsm2"), ("pkcs11-tool", "opensc")):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing: install the Debian package {package}")
    return Token(tmp_path_factory.mktemp("token"))


@pytest.fixture
def token(_one_token: Token) -> Token:
    """Give the token as it was made."""
    _one_token.restore()
    return _one_token


@pytest.fixture(scope="module")
def moved_home(
    running: ModuleType,
    full_home: Path,
    _one_token: Token,
    outside: dict[str, OutsideCa],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Give a home with the six samples whose RSA seal key is in the token; it is only copied."""
    elicence: Elicence = running.copy_home(full_home, tmp_path_factory.mktemp("moved") / "home")
    _one_token.restore()
    move_to_token(elicence, _one_token, outside["rsa"])
    return elicence.home


@pytest.fixture
def moved(running: ModuleType, moved_home: Path, tmp_path: Path) -> Elicence:
    """Give a home of its own, with the six samples and its RSA seal key in the token."""
    elicence: Elicence = running.copy_home(moved_home, tmp_path / "home")
    return elicence


def done(elicence: Elicence, *words: str | Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    answer = elicence("keys", *words, "--json", env=env)
    assert answer.code == 0, answer.out + answer.err
    return answer.json()


def numbered(running: ModuleType, number: int) -> dict[str, Any]:
    document: dict[str, Any] = running.changed(
        "water-abstraction-1", certificateNumber=f"D990101G2026-{number + 5000:04}"
    )
    return document | {"seal": "rsa"}


def proof_of_system(elicence: Elicence) -> dict[str, str]:
    """Make an approval system of the office: in production nobody is known by where he asks from."""
    office = ("--office", "样例县行政审批局", "--office-code", "1199010000000102XM")
    added = elicence(
        "clients", "add", "system", "--title", "审批系统", "--role", "issuer_system", *office,
        "--types", "all", "--regions", "9901",
    )  # fmt: skip
    assert added.code == 0, added.out + added.err
    key = elicence("clients", "key", "system", "--json").json()["new_key"]["key"]
    return {"Authorization": f"Bearer {key}"}


def wait_for(client: httpx2.Client, status: int) -> dict[str, Any]:
    """Ask for readiness until it is as it must be; its answer is remembered for some seconds."""
    deadline = time.monotonic() + 60
    while (answer := client.get("/readyz")).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    body: dict[str, Any] = answer.json()
    return body


def move_to_token(elicence: Elicence, token: Token, ca: OutsideCa) -> None:
    """Put the RSA seal key of a home into a token, as the how-to says."""
    done(elicence, "new", "--family", "rsa", "--role", "seal", "--name", "token", "--uri", token.uri, env=token.env)
    request = done(elicence, "csr", "token", env=token.env)["request"].encode()
    reply = elicence.home.with_name("reply.pem")
    reply.write_bytes(ca.answer(request))
    ca.trust_in(elicence.home / "trust")
    done(elicence, "import", "token", reply, env=token.env)
    done(elicence, "rotate", "--family", "rsa", "--role", "seal", "--to", "token", env=token.env)
    seal = elicence.home.with_name("new.seal.json")
    seal.write_bytes(made_seal(ca, load_certificates(reply.read_bytes())))
    taken = elicence("seal", "import", seal, "--json")
    assert taken.code == 0, taken.out + taken.err


def made_seal(ca: OutsideCa, permitted: Sequence[Certificate]) -> bytes:
    """Have an electronic seal made that the key of the first certificate may use."""
    now = datetime.now(UTC).replace(microsecond=0)
    return make_seal_object(
        identifier="99010000000001", vendor="MAKER", name="样例县行政审批局", kind=ORGANISATION,
        picture=SesPicture(type="PNG", data=PICTURE.read_bytes(), width=42, height=42), permitted=permitted[:1],
        valid_from=now, valid_to=now + timedelta(days=1000), maker=ca.seal_maker(), at=now,
    )  # fmt: skip


def files(elicence: Elicence) -> set[str]:
    return {path for path in elicence.files() if not path.endswith(".lock")}


def test_development_keys_are_refused_in_production(running: ModuleType, stocked: Elicence) -> None:
    (stocked.home / "elicence.toml").write_text(PRODUCTION, "utf-8")
    proof = proof_of_system(stocked)
    before = files(stocked)
    issue = stocked("issue", "--data", running.SAMPLES / "water-abstraction-2.json", "--json")
    assert (issue.code, issue.json()["error"]["code"]) == (78, "KEY_NOT_FOR_PRODUCTION")
    new = stocked("keys", "new", "--family", "sm2", "--role", "seal", "--json")
    assert (new.code, new.json()["error"]["code"]) == (78, "KEY_NOT_FOR_PRODUCTION")
    assert files(stocked) == before
    with (
        running.Server(stocked) as server,
        httpx2.Client(timeout=60, base_url=server.url, headers=proof, trust_env=False) as client,
    ):
        answer = wait_for(client, 503)
        assert answer["parts"] == {"database": "ok", "keys": "unusable", "trust": "ok", "disk": "ok"}
        assert set(answer["keys"].values()) == {"KEY_NOT_FOR_PRODUCTION"}
        assert set(answer["keys"]) == {"sm2-seal", "sm2-code", "rsa-seal", "rsa-code"}
        still_serves(client, stocked)
        refused = client.post(LICENCES, json=numbered(running, 1))
        assert (refused.status_code, refused.json()["code"]) == (503, "KEY_NOT_FOR_PRODUCTION")
    assert "sm2-seal [KEY_NOT_FOR_PRODUCTION]" in server.log
    assert files(stocked) == before


def still_serves(client: httpx2.Client, elicence: Elicence) -> None:
    """Pages, look-ups and verification need no key."""
    pdf = next((elicence.home / "issued").glob("*.pdf"))
    made = client.get(f"{LICENCES}/{pdf.stem}").json()
    assert client.get("/healthz").status_code == 200
    assert client.get(f"/v/{made['code']}").status_code == 200
    report = client.post(VERIFICATIONS, files={"file": pdf.read_bytes()}).json()
    assert report["verdict"] == "passed"


def test_a_seal_key_in_a_token_is_for_production(
    running: ModuleType, moved: Elicence, token: Token, outside: dict[str, OutsideCa], tmp_path: Path
) -> None:
    """The way of an authority that has one RSA seal, in a device, and a code key in a file."""
    (tmp_path / "word").write_text("only a test\n", "ascii")
    (moved.home / "elicence.toml").write_text(PRODUCTION, "utf-8")
    source = ("--passphrase-source", f"file:{tmp_path / 'word'}")
    done(moved, "new", "--family", "rsa", "--role", "code", "--name", "code", *source, env=token.env)
    asked = ("--organization", "样例县行政审批局", "--organization-code", "1199010000000102XM")
    request = done(moved, "csr", "code", *asked, env=token.env)["request"].encode()
    reply = tmp_path / "code.pem"
    from keys import Profile

    reply.write_bytes(outside["rsa"].answer(request, profile=Profile.CODE))
    done(moved, "import", "code", reply, env=token.env)
    done(moved, "rotate", "--family", "rsa", "--role", "code", "--to", "code", env=token.env)
    for name in ("sm2-seal", "sm2-code"):
        done(moved, "retire", name, "--reason", "orderly", "--decision", "开发密钥 development", env=token.env)
    with (
        running.Server(moved, env=token.env, code=running.WATCHFUL) as server,
        httpx2.Client(timeout=60, base_url=server.url, headers=proof_of_system(moved), trust_env=False) as client,
    ):
        assert wait_for(client, 200)["keys"] == {"rsa-seal": "ok", "rsa-code": "ok"}
        made = client.post(LICENCES, json=numbered(running, 2))
        assert made.status_code == 201, made.text
        file = client.get(f"{LICENCES}/{made.json()['identifier']}/file").content
        report = client.post(VERIFICATIONS, files={"file": file}).json()
        assert (report["verdict"], report["signatures"][0]["development"]) == ("passed", False)
        without = client.post(LICENCES, json=numbered(running, 3) | {"seal": "sm2"})
        assert (without.status_code, without.json()["code"]) == (422, "UNKNOWN_ALGORITHM")
    assert server.code == 0


def test_a_token_pulled_away_in_mid_run(running: ModuleType, moved: Elicence, token: Token) -> None:
    away = token.tokens.with_name("away")
    with (
        running.Server(moved, env=token.env, code=running.WATCHFUL) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        key = {"Idempotency-Key": "the same"}
        assert client.post(LICENCES, json=numbered(running, 1)).status_code == 201
        before = files(moved)
        token.tokens.rename(away)
        for _ in range(2):
            refused = client.post(LICENCES, json=numbered(running, 2), headers=key)
            assert refused.status_code == 503, refused.text
            assert refused.json()["code"] in ("KEY_NOT_FOUND", "KEY_UNUSABLE")
            assert PIN not in refused.text
            assert str(token.pin) not in refused.text
        named = wait_for(client, 503)
        assert {name for name, word in named["keys"].items() if word != "ok"} == {"rsa-seal"}
        assert PIN not in str(named)
        still_serves(client, moved)
        assert files(moved) == before
        command = moved("issue", "--data", running.SAMPLES / "pesticide-business-2.json", "--seal", "rsa", "--json",
                          env=token.env)  # fmt: skip
        assert command.code == 78
        away.rename(token.tokens)
        # The same process, the same request: what could not be sealed is sealed now, once.
        made = client.post(LICENCES, json=numbered(running, 2), headers=key)
        assert made.status_code == 201, made.text
        assert client.post(LICENCES, json=numbered(running, 2), headers=key).json()["replayed"] is True
        wait_for(client, 200)
    assert server.code == 0


def test_a_server_starts_without_its_token(running: ModuleType, moved: Elicence, token: Token) -> None:
    """Started by itself, by nothing that has loaded a library of tokens before."""
    away = token.tokens.with_name("away")
    token.tokens.rename(away)
    with (
        running.Server(moved, env=token.env, cold=True) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        still_serves(client, moved)
        assert client.get("/readyz").status_code == 503
        away.rename(token.tokens)
        wait_for(client, 200)
        assert client.post(LICENCES, json=numbered(running, 1)).status_code == 201
    assert "unusable key, nothing is issued: rsa-seal" in server.log


def test_asking_for_readiness_does_not_lock_a_token(running: ModuleType, moved: Elicence, token: Token) -> None:
    """A wrong PIN is tried once, however often readiness is asked for; the right one then opens the key."""
    token.pin.write_text("9999\n", "ascii")
    with (
        running.Server(moved, env=token.env, code=running.WATCHFUL) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        for number in range(12):  # SoftHSM2 itself counts no wrong PINs: what is said shows that it was not asked
            assert client.post(LICENCES, json=numbered(running, number)).status_code == 503
        assert client.get("/readyz").status_code == 503
        token.pin.write_text(PIN + "\n", "ascii")
        wait_for(client, 200)
        assert client.post(LICENCES, json=numbered(running, 1)).status_code == 201
    assert server.log.count("refuses the PIN") == 1
    assert "9999" not in server.log


@pytest.fixture
def server(running: ModuleType, stocked: Elicence) -> Iterator[Server]:
    with running.Server(stocked, code=running.WATCHFUL) as started:
        yield started


@pytest.mark.parametrize("name", ["rsa-seal.key.pem", "rsa-code.key.pem", "rsa-seal.chain.pem"])
def test_a_key_file_that_goes_and_comes_back(running: ModuleType, stocked: Elicence, server: Server, name: str) -> None:
    file = stocked.home / "keys" / name
    away = file.with_suffix(".away")
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        assert client.post(LICENCES, json=numbered(running, 1)).status_code == 201
        before = files(stocked)
        file.rename(away)
        refused = client.post(LICENCES, json=numbered(running, 2))
        assert (refused.status_code, refused.json()["code"]) == (503, "KEY_NOT_FOUND")
        named = wait_for(client, 503)["keys"]
        assert {key: word for key, word in named.items() if word != "ok"} == {name[:8]: "KEY_NOT_FOUND"}
        still_serves(client, stocked)
        file.write_bytes(b"damaged")
        assert client.post(LICENCES, json=numbered(running, 2)).json()["code"] == "KEY_UNUSABLE"
        assert files(stocked) == before
        away.replace(file)
        assert client.post(LICENCES, json=numbered(running, 2)).status_code == 201
        wait_for(client, 200)


@pytest.mark.parametrize("name", ["sm2-seal.key.pem", "rsa-code.chain.pem"])
def test_a_server_starts_without_a_key(running: ModuleType, stocked: Elicence, name: str) -> None:
    (stocked.home / "keys" / name).unlink()
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        assert client.get("/readyz").json()["keys"][name[:8]] == "KEY_NOT_FOUND"
        still_serves(client, stocked)
    assert f"{name[:8]} [KEY_NOT_FOUND]" in server.log


def test_a_demo_serves_without_a_key(running: ModuleType, stocked: Elicence) -> None:
    (stocked.home / "keys" / "sm2-seal.key.pem").unlink()
    process = stocked.start("demo", "--port", "0", "--samples", running.SAMPLES, text=True)
    assert process.stdout is not None
    said = next(line for line in process.stdout if "serving at" in line)
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert "http://127.0.0.1:" in said
    assert "the samples were not issued" in log
    only_issue = stocked("demo", "--no-serve", "--samples", running.SAMPLES, "--json")
    assert (only_issue.code, only_issue.json()["error"]["code"]) == (78, "KEY_NOT_FOUND")


def test_another_libcrypto_is_used(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    """A file that is no library: SM2 cannot be sealed with it, RSA can, and both are said."""
    library = tmp_path / "libcrypto.so"
    library.write_bytes(b"no library")
    env = {"ELICENCE_LIBCRYPTO": str(library)}
    sample = running.SAMPLES / "water-abstraction-1.json"
    refused = fresh("issue", "--data", sample, "--json", env=env)
    assert (refused.code, refused.json()["error"]["code"]) == (69, "SM2_UNAVAILABLE")
    found = [path for path in Path("/usr/lib").glob("*/libcrypto.so.3") if path.is_file()]
    settings = fresh.home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8") + f'libcrypto = "{found[0]}"\n', "utf-8")
    assert fresh("issue", "--data", sample, "--json").code == 0
