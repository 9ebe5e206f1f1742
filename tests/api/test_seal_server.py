"""The seal server as a process of its own: who gets in, what each may do, what comes out, what is logged."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import httpx2
import mutual_tls
import pytest
import witnesses
from elicence_process import Running

import keys
from api.seal_answers import KeptAnswers
from api.seals import seal_path
from esign import (
    SEAL_FIELD,
    FontChain,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    SealPlace,
    SesPicture,
    ShortElement,
    TextRun,
    draw_round_seal,
    finished_cades,
    finished_file,
    finished_pades,
    finished_ses,
    make_ses_seal,
    read_sealed_pdf,
    read_ses_signature,
    read_signed_data,
)
from licences.fonts import shipped_font

PICTURE = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses" / "picture.png"
REQUEST = "0123456789abcdef0123456789abcdef"
DIGEST = "A" * 43 + "="
USES = ("signature", "cms", "ses", "file")


@dataclass
class SealServer:
    """A running seal server and the two sides' certificates."""

    folder: Path
    pkis: Mapping[str, keys.DevelopmentPki]
    ecdsa: keys.Signer
    electronic_seal: bytes
    ours: mutual_tls.TlsAuthority
    theirs: mutual_tls.TlsAuthority
    office: mutual_tls.TlsIdentity
    archive: mutual_tls.TlsIdentity
    stranger: mutual_tls.TlsIdentity
    address: str = ""

    def start(self) -> Running:
        settings = self.folder / "seal-server.toml"
        process = Running("seal-server", "--config", settings, "--port", "0", "--json", text=True)
        assert process.stdout is not None
        said = ""
        while line := process.stdout.readline():
            said += line
            if line == "}\n":
                break
        assert said, process.communicate()[1]
        self.address = json.loads(said)["address"]
        return process

    def uri(self, key: str, client: mutual_tls.TlsIdentity | None = None, more: str = "") -> str:
        return mutual_tls.remote_uri(self.address, key, client or self.office, self.ours.path, more=more)

    def signer(self, key: str, client: mutual_tls.TlsIdentity | None = None) -> keys.Signer:
        return keys.Custody(production=False).open_signer(self.uri(key, client))

    def seal(self, key: str, client: mutual_tls.TlsIdentity | None = None) -> keys.RemoteSeal:
        return keys.Custody().open_remote_seal(self.uri(key, client))

    def context(self, client: mutual_tls.TlsIdentity | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ours.path)
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        return context

    def send(self, path: str, body: object, *, kind: str = "application/json") -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with httpx2.Client(timeout=60, verify=self.context(self.office), trust_env=False) as client:
            return client.post(f"{self.address}/seal/v1/keys/{path}", content=content, headers={"Content-Type": kind})


def _settings(server: SealServer) -> str:
    def client(name: str, identity: mutual_tls.TlsIdentity, granted: Mapping[str, tuple[str, ...]]) -> str:
        lines = [f'[clients.{name}]\nsha256 = "{identity.fingerprint}"\n[clients.{name}.keys]']
        return "\n".join([*lines, *(f"{key} = {json.dumps(uses)}" for key, uses in granted.items())])

    def key(name: str, more: str = "") -> str:
        return f'[keys.{name}]\nuri = "file:{name}.key"\nchain = "{name}.pem"\n{more}'

    return "\n".join(
        [
            '[tls]\ncertificate = "ours-server.pem"\nkey = "ours-server.key"\nclient_ca = "theirs-ca.pem"',
            'passphrase_source = "file:tls.txt"',
            key("sm2", 'electronic_seal = "seal.esl"'),
            key("rsa"),
            key("ecdsa"),
            key("pss", 'algorithm = "rsa-pss-sha384"').replace("pss.", "rsa."),
            key("gone"),
            client("office", server.office, dict.fromkeys(("sm2", "rsa", "ecdsa", "pss", "gone"), USES)),
            client("archive", server.archive, {"sm2": ("cms",)}),
        ]
    )


def now() -> datetime:
    """The server compares with its clock: a time from when the tests were collected is too old for it."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def prepared_server(tmp_path_factory: pytest.TempPathFactory, running: ModuleType) -> SealServer:
    folder = tmp_path_factory.mktemp("seal-server")
    pkis = {
        family: keys.make_development_pki(
            family,
            authority_name="样例县行政审批局",
            authority_code="1199010000000102XM",
            at=now() - timedelta(days=1),
            random=os.urandom,
        )
        for family in ("sm2", "rsa")
    }
    rsa = pkis["rsa"]
    for name, key, chain in (
        ("sm2", pkis["sm2"].seal_key, pkis["sm2"].seal.chain),
        ("rsa", rsa.seal_key, rsa.seal.chain),
        ("ecdsa", rsa.code_key, rsa.code.chain),
    ):
        keys.write_private_key(folder / f"{name}.key", key)
        keys.write_certificates(folder / f"{name}.pem", chain)
    keys.write_certificates(folder / "gone.pem", rsa.seal.chain)
    electronic_seal = make_ses_seal(
        identifier="99010000000001",
        vendor="TEST",
        name="样例县行政审批局（仅供测试）",
        kind=1,
        picture=SesPicture(type="PNG", data=PICTURE.read_bytes(), width=40, height=40),
        permitted=[pkis["sm2"].seal.certificate],
        created_at=now() - timedelta(hours=1),
        valid_from=now() - timedelta(hours=1),
        valid_to=now() + timedelta(days=30),
        maker=pkis["sm2"].seal,
    )
    (folder / "seal.esl").write_bytes(electronic_seal)
    (folder / "tls.txt").write_bytes(mutual_tls.PASSPHRASE)
    ours, theirs = mutual_tls.TlsAuthority(folder, "ours"), mutual_tls.TlsAuthority(folder, "theirs")
    ours.identity("server", server=True, encrypted=True)
    server = SealServer(
        folder=folder,
        pkis=pkis,
        ecdsa=rsa.code,
        electronic_seal=electronic_seal,
        ours=ours,
        theirs=theirs,
        office=theirs.identity("office"),
        archive=theirs.identity("archive"),
        stranger=theirs.identity("stranger"),
    )
    (folder / "seal-server.toml").write_text(_settings(server), "utf-8")
    return server


@pytest.fixture(scope="module")
def server(prepared_server: SealServer) -> Iterator[SealServer]:
    process = prepared_server.start()
    yield prepared_server
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert not (prepared_server.folder / "no-home").exists()


def _prepare(signer: keys.Signer, at: datetime) -> bytes:
    fonts = FontChain([shipped_font()])
    sealer = PdfSealer(fonts, Seal(name="样例县", picture=draw_round_seal(fonts, "样例县行政审批局"), signer=signer))
    place = SealPlace(field=SEAL_FIELD, x=150, y=220)
    page = Page(width=210, height=297, items=(TextRun(x=20, y=20, size=14, text="证照"),), seals=(place,))
    content = PdfContent(
        title="证照",
        pages=[page],
        elements=[ShortElement(short_name="ZZMC", title="证照名称", value="证照")],
        structured=b"{}",
    )
    return sealer.prepare(content, at=at).data


# Who gets in.


def _first_byte(server: SealServer, client: mutual_tls.TlsIdentity | None) -> bytes:
    """What a server says first; nothing when it ends the handshake, of which TLS 1.3 tells at the first reading."""
    host, port = server.address.removeprefix("https://").split(":")
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        plain = socket.create_connection((host, int(port)), timeout=60)
        with plain, server.context(client).wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(b"GET /seal/v1/keys HTTP/1.1\r\nHost: x\r\n\r\n")
            return connection.recv(1)
    return b""


def test_without_a_certificate_the_handshake_fails(server: SealServer) -> None:
    assert _first_byte(server, server.stranger) == b"H"
    assert _first_byte(server, None) == b""


def test_a_certificate_of_another_ca_ends_the_handshake(server: SealServer, tmp_path: Path) -> None:
    other = mutual_tls.TlsAuthority(tmp_path, "other").identity("office")
    with pytest.raises(keys.ServiceFailedError, match="could not be reached") as caught:
        server.signer("sm2", other)
    assert caught.value.status is None


def test_a_certificate_that_is_not_listed_is_refused(server: SealServer) -> None:
    with pytest.raises(keys.ServiceFailedError, match="does not let this client") as caught:
        server.signer("sm2", server.stranger)
    assert caught.value.status == 403


def test_the_client_trusts_its_ca_only_and_compares_the_name(server: SealServer) -> None:
    uri = mutual_tls.remote_uri(server.address, "sm2", server.office, server.theirs.path)
    with pytest.raises(keys.ServiceFailedError, match="could not be reached"):
        keys.Custody().open_signer(uri)
    with pytest.raises(keys.ServiceFailedError, match="localhost could not be reached"):
        keys.Custody().open_signer(server.uri("sm2").replace("127.0.0.1", "localhost"))


def test_each_client_has_its_keys_and_uses(server: SealServer) -> None:
    assert len(server.signer("sm2", server.archive).chain) == 2
    for key in ("rsa", "nobody"):
        with pytest.raises(keys.ServiceFailedError, match="does not let this client"):
            server.signer(key, server.archive)
    with pytest.raises(keys.ServiceFailedError, match="does not let this client"):
        server.signer("sm2", server.archive).sign(b"data")
    with httpx2.Client(timeout=60, verify=server.context(server.archive), trust_env=False) as client:
        assert client.get(f"{server.address}/seal/v1/keys").json() == {"keys": [{"name": "sm2", "uses": ["cms"]}]}
        assert client.get(f"{server.address}/docs").status_code == 404


# Level i.


@pytest.mark.parametrize("name", ["sm2", "rsa", "ecdsa"])
def test_a_digest_is_signed(server: SealServer, name: str) -> None:
    signer = server.signer(name)
    local = server.ecdsa if name == "ecdsa" else server.pkis[name].seal
    assert signer.chain == local.chain
    # Loaded anew: the local key judges.
    keys.load_public_key(local.public_key.spki).verify(signer.sign(b"what is signed"), b"what is signed")


def test_an_rsa_key_signs_with_the_algorithm_of_the_settings_only(server: SealServer) -> None:
    signer = keys.Custody().open_signer(server.uri("pss"), algorithm=keys.RSA_PSS_SHA384)
    server.pkis["rsa"].seal.public_key.verify_as(keys.RSA_PSS_SHA384, signer.sign(b"x"), b"x")
    with pytest.raises(keys.ServiceFailedError, match="refuses what was asked for"):
        server.signer("pss").sign(b"x")


def test_a_chain_of_ours_pins_the_certificate(server: SealServer) -> None:
    custody = keys.Custody(folder=server.folder)
    assert custody.open_signer(server.uri("sm2"), server.folder / "sm2.pem").sign(b"x")
    with pytest.raises(keys.KeyUnusableError, match="another certificate"):
        custody.open_signer(server.uri("sm2"), server.folder / "rsa.pem")


def test_a_remote_key_is_no_file_in_production(server: SealServer) -> None:
    custody = keys.Custody(production=True)
    assert custody.open_key(server.uri("sm2")).sign(b"x")
    with pytest.raises(keys.NotForProductionError, match="development certificate"):
        custody.open_signer(server.uri("sm2"))


# Level ii.


@pytest.mark.parametrize("name", ["sm2", "rsa", "ecdsa"])
def test_a_finished_cms(server: SealServer, name: str) -> None:
    signer = server.signer(name)
    data = b"structured licence"
    digest = keys.hash_bytes(signer.algorithm.digest, data)
    at = now()
    cms = finished_cades(server.seal(name), digest, chain=signer.chain, at=at)
    facts = read_signed_data(cms)
    facts.verify_signature()
    assert facts.digest_matches(data)
    assert facts.signing_time == at
    if name == "rsa":
        root = server.pkis["rsa"].root
        pem = ssl.DER_cert_to_PEM_cert(root.der).encode()
        witnesses.openssl_cms_verify(cms, data, pem)
    bare = read_signed_data(finished_pades(server.seal(name), digest, chain=signer.chain))
    assert bare.signing_time is None


def test_a_finished_ses_signature(server: SealServer) -> None:
    signer = server.signer("sm2")
    made = finished_ses(
        server.seal("sm2"),
        keys.hash_bytes("sm3", b"original"),
        property_info="/Doc_0/Signs/Sign_0/Signature.xml",
        electronic_seal=server.electronic_seal,
        certificate=signer.certificate,
        at=now(),
    )
    facts = read_ses_signature(made)
    facts.verify_signature()
    assert facts.digest_matches(b"original")
    assert facts.signer_permitted()
    with pytest.raises(keys.ServiceFailedError) as caught:
        server.seal("rsa").ses(bytes(32), "sha256", property_info="x", at=now())
    assert caught.value.status == 403, "this key has no electronic seal"


def test_nothing_is_dated_back_or_ahead(server: SealServer) -> None:
    for at in (now() - timedelta(hours=1), now() + timedelta(hours=1)):
        with pytest.raises(keys.ServiceFailedError, match="refuses what was asked for"):
            server.seal("sm2").cades(bytes(32), "sm3", at=at)
        with pytest.raises(keys.ServiceFailedError, match="refuses what was asked for"):
            server.seal("sm2").ses(bytes(32), "sm3", property_info="x", at=at)
        with pytest.raises(keys.ServiceFailedError, match="refuses what was asked for"):
            server.seal("sm2").file(_prepare(server.signer("sm2"), at))


# Level iii.


@pytest.mark.parametrize("name", ["sm2", "rsa"])
def test_a_whole_file(server: SealServer, name: str, tmp_path: Path) -> None:
    signer = server.signer(name)
    prepared = _prepare(signer, now())
    sealed = finished_file(server.seal(name), prepared, chain=signer.chain)
    (seal,) = read_sealed_pdf(sealed).seals
    seal.signed_data.verify_signature()
    assert seal.digest_matches()
    assert len(sealed) == len(prepared)
    if name == "rsa":
        (tmp_path / "sealed.pdf").write_bytes(sealed)
        (judged,) = witnesses.pdfsig(tmp_path / "sealed.pdf")
        assert judged.valid, judged


def test_only_a_prepared_file_of_ours_is_sealed(server: SealServer) -> None:
    prepared = _prepare(server.signer("sm2"), now())
    sealed = server.seal("sm2").file(prepared)
    # The last one has a good place for a seal, but its end is not ours.
    wrong = (b"%PDF-1.7\n", prepared[:-1], prepared + b" ", sealed, prepared.replace(b"startxref\n", b"startxref\r"))
    for pdf in wrong:
        assert pdf != prepared
        with pytest.raises(keys.ServiceFailedError, match="refuses what was asked for"):
            server.seal("sm2").file(pdf)


# Requests that come twice, and wrong ones.


def test_a_request_that_comes_again_is_not_signed_again(server: SealServer) -> None:
    wish = {"kind": "cms-pades", "digest_name": "sm3", "digest": DIGEST}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.send(f"sm2/cms/{REQUEST}", wish), range(8)))
    # SM2 signatures are random: equal answers are one signature.
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert server.send(f"sm2/cms/{REQUEST[::-1]}", wish).content != answers[0].content
    other = server.send(f"rsa/cms/{REQUEST}", wish | {"digest_name": "sha256"})
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_failure_is_not_kept() -> None:
    answers = KeptAnswers()

    def fail() -> bytes:
        raise keys.KeyUnusableError("gone")

    with pytest.raises(keys.KeyUnusableError):
        answers.once("client", REQUEST, b"wish", fail)
    assert answers.once("client", REQUEST, b"wish", lambda: b"made") == b"made"
    assert answers.once("client", REQUEST, b"wish", fail) == b"made"
    assert answers.once("another client", REQUEST, b"wish", lambda: b"other") == b"other"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("sm2/cms/" + REQUEST[:-1], {}, 422, "FIELDS_INVALID"),
        ("sm2/cms/" + "1" * 32, b"{", 400, "INPUT_MALFORMED"),
        ("sm2/cms/" + "2" * 32, b"[" * 100_000, 400, "INPUT_MALFORMED"),
        ("sm2/cms/" + "3" * 32, {"kind": "cms-pades", "digest_name": "sm3", "digest": "*"}, 400, "INPUT_MALFORMED"),
        ("sm2/cms/" + "4" * 32, {"kind": "cms-pades", "digest_name": "sm3", "digest": "AAAA"}, 422, "FIELDS_INVALID"),
        ("sm2/cms/" + "5" * 32, {"kind": "cms-pades", "digest_name": "sha256", "digest": "A"}, 422, "FIELDS_INVALID"),
        ("sm2/cms/" + "6" * 32, {"kind": "cms-cades", "digest_name": "sm3", "digest": DIGEST}, 422, "FIELDS_INVALID"),
        ("sm2/signature/" + "7" * 32, {"algorithm": "sm2", "digest": "AAAA"}, 422, "FIELDS_INVALID"),
        ("sm2/signature/" + "8" * 32, {"algorithm": "rsa", "digest": DIGEST}, 422, "FIELDS_INVALID"),
        ("sm2/signature/" + "9" * 32, {"algorithm": "sm2", "digest": "A", "more": 1}, 422, "FIELDS_INVALID"),
        ("sm2/cms/" + "a" * 32, bytes(128 * 1024 + 1), 413, "INPUT_TOO_LARGE"),
        ("sm2/file/" + "b" * 32, bytes(20 * 1024 * 1024 + 1), 413, "INPUT_TOO_LARGE"),
        ("sm2/file/" + "c" * 32, b"not a PDF", 422, "DATA_REFUSED"),
        ("gone/signature/" + "d" * 32, {"algorithm": "rsa", "digest": DIGEST}, 503, "KEY_NOT_FOUND"),
    ],
)  # fmt: skip
def test_wrong_requests(server: SealServer, path: str, body: object, status: int, code: str) -> None:
    answer = server.send(path, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


# The log, and the end of the server.


def test_the_log_says_who_which_key_and_what_and_the_end_is_clear(prepared_server: SealServer) -> None:
    address = prepared_server.address
    process = prepared_server.start()
    try:
        signer = prepared_server.signer("sm2")
        signer.sign(b"secret content")
        with pytest.raises(keys.ServiceFailedError):
            prepared_server.signer("sm2", prepared_server.stranger)
    finally:
        process.kill()
        _, log = process.communicate(timeout=60)
    digest = keys.hash_bytes("sm3", b"secret content")
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["logger"] for line in lines} == {"elicence.seals"}
    sealed, refused = (line["message"] for line in lines)
    assert re.fullmatch(r"commonName=office 仅供测试 TEST ONLY: sm2 sm3:[0-9a-f]{64}", sealed)
    assert digest.hex() not in sealed, "SM2: e is not the digest of the content"
    assert refused == "refused: FORBIDDEN"
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)
    with pytest.raises(keys.ServiceFailedError, match="could not be reached"):
        signer.sign(b"again")
    prepared_server.address = address


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("[tls]", "[tsl]"), "faults at /"),
        (('"file:sm2.key"', "1"), "/keys/sm2/uri"),
        (('"cms"', '"everything"'), "/clients/"),
        (("[keys.gone]", "[keys.other]"), "does not exist: gone"),
        (("[keys.gone]", '[keys."../x"]'), "no name for a key"),
        (('"theirs-ca.pem"', '"nothing.pem"'), "TLS certificate"),
        (('passphrase_source = "file:tls.txt"', ""), "passphrase_source"),
        (('passphrase_source = "file:tls.txt"', 'passphrase_source = "file:rsa.pem"'), "TLS certificate"),
        (("[tls]", "[tls"), "cannot be read"),
    ],
)
def test_wrong_settings(
    prepared_server: SealServer, running: ModuleType, tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    settings = prepared_server.folder / f"wrong-{tmp_path.name}.toml"
    settings.write_text(_settings(prepared_server).replace(*change), "utf-8")
    done = running.Elicence(tmp_path)("seal-server", "--config", settings)
    assert (done.code, done.out) == (78, "")
    assert sentence in done.err


def test_two_clients_with_one_certificate_are_a_fault(
    prepared_server: SealServer, running: ModuleType, tmp_path: Path
) -> None:
    settings = prepared_server.folder / "twins.toml"
    twice = _settings(prepared_server).replace(prepared_server.archive.fingerprint, prepared_server.office.fingerprint)
    settings.write_text(twice, "utf-8")
    done = running.Elicence(tmp_path)("seal-server", "--config", settings)
    assert (done.code, "the same certificate" in done.err) == (78, True)


# A whole office whose seal is elsewhere.


@pytest.mark.parametrize("gives", ["signature", "cms", "file"])
@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_an_office_issues_with_a_seal_that_it_does_not_hold(
    server: SealServer, running: ModuleType, tmp_path: Path, family: str, gives: str
) -> None:
    office = running.Elicence(tmp_path / "home")
    assert office("init").code == 0
    home = tmp_path / "home"
    pki = server.pkis[family]
    keys.write_certificates(home / "trust" / "seals-elsewhere.pem", (pki.root, pki.issuing_ca))
    keys.write_certificates(home / "keys" / "elsewhere.chain.pem", pki.seal.chain)
    for kept in (home / "seals").iterdir():
        kept.unlink()
    settings = home / "elicence.toml"
    uri = server.uri(family)
    settings.write_text(
        settings.read_text("utf-8")
        + f'\n[keys.{family}.seal]\nuri = "{uri}"\nchain = "keys/elsewhere.chain.pem"\ngives = "{gives}"\n',
        "utf-8",
    )
    sample = running.SAMPLES / "special-equipment-use-1.json"
    forms = ["pdf"]
    if family == "sm2":
        # Whatever the service gives for PDFs, an OFD takes its seal signature.
        seal_path(home, family).write_bytes(server.electronic_seal)
        forms.append("ofd")
    asked = "both" if "ofd" in forms else "pdf"
    done = office("issue", "--data", sample, "--seal", family, "--format", asked, "--json")
    assert done.code == 0, done.out + done.err
    for form in forms:
        report = office("verify", done.json()["files"][form]["path"], "--json")
        assert report.code == 0, report.out
        assert report.json()["signatures"][0]["certificate_serial"] == f"{pki.seal.certificate.serial:x}"


def test_what_a_service_gives_is_one_of_three(running: ModuleType, tmp_path: Path) -> None:
    office = running.Elicence(tmp_path / "home")
    assert office("init").code == 0
    settings = tmp_path / "home" / "elicence.toml"
    settings.write_text(
        settings.read_text("utf-8") + '\n[keys.sm2.seal]\nuri = "file:keys/sm2-seal.key.pem"\ngives = "cms"\n', "utf-8"
    )
    assert office("catalogue", "show", "pesticide-business").code in (0, 78)
    assert office("issue", "--data", running.SAMPLES / "special-equipment-use-1.json").code == 78
