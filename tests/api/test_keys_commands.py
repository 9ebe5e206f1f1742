"""`elicence keys`: a key, a request, what the CA returns, and everything that is refused on the way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from outside_ca import OutsideCa

import keys

if TYPE_CHECKING:
    from running import Done, Elicence

KINDS = [("sm2", "seal"), ("sm2", "code"), ("rsa", "seal"), ("rsa", "code")]
NAME, CODE = "样例县行政审批局", "1199010000000102XM"
PROFILES = {"seal": keys.Profile.SEAL, "code": keys.Profile.CODE}


def done(elicence: Elicence, *words: str | Path, **more: Any) -> dict[str, Any]:
    """Run a command of `keys` that must be done."""
    answer = elicence("keys", *words, "--json", **more)
    assert answer.code == 0, answer.out + answer.err
    return answer.json()


def refused(answer: Done, code: int, name: str) -> str:
    assert (answer.code, answer.json()["error"]["code"]) == (code, name), answer.out
    return str(answer.json()["error"]["message"]["en"])


def requested(elicence: Elicence, name: str = "new") -> bytes:
    return str(done(elicence, "csr", name)["request"]).encode()


def snapshot(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("family", "role"), KINDS)
def test_from_a_new_key_to_a_licence(
    running: ModuleType, fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path, family: str, role: str
) -> None:
    ca = outside[family]
    made = done(fresh, "new", "--family", family, "--role", role, "--name", "new")
    assert (made["state"], made["certificate"], made["uri"]) == ("new", None, "file:keys/new.key.pem")
    assert stat.S_IMODE((fresh.home / "keys" / "new.key.pem").stat().st_mode) == 0o600
    request = tmp_path / "new.csr"
    assert done(fresh, "csr", "new", "--out", request)["state"] == "waiting"
    if family == "rsa":  # openssl checks an SM2 request under another user id than the standard's
        subprocess.run(["openssl", "req", "-verify", "-noout", "-in", request], check=True, capture_output=True)
    assert keys.parse_request(request.read_bytes()).subject.organization == NAME
    reply = tmp_path / "reply.pem"
    reply.write_bytes(ca.answer(request.read_bytes(), profile=PROFILES[role]))
    imported = done(fresh, "import", "new", reply)
    assert imported["state"] == "ready"
    # Nobody trusts this CA yet: that is said, and nothing is put to use.
    assert "CERTIFICATE_UNTRUSTED" in imported["warnings"][0]["en"]
    rotate = ("keys", "rotate", "--family", family, "--role", role, "--to", "new", "--json")
    assert "CERTIFICATE_UNTRUSTED" in refused(fresh(*rotate), 64, "WRONG_USE")
    ca.trust_in(fresh.home / "trust")
    rotated = done(fresh, *rotate[1:-1])
    assert rotated["state"] == "active"
    if role == "seal":
        # The home's electronic seal does not name the new certificate yet.
        assert "renew the seal" in rotated["warnings"][-1]["en"]
        stopped = fresh("issue", "--data", running.SAMPLES / "water-abstraction-2.json", "--seal", family, "--json")
        assert refused(stopped, 78, "SEAL_UNUSABLE")
        assert fresh("seal", "make", "--family", family).code == 0
    else:
        assert rotated["warnings"] == []
    states = {key["name"]: key["state"] for key in done(fresh, "list")["keys"]}
    copies = {f"{one}-copy": "active" for one in ("sm2", "rsa")}
    assert states == copies | {"new": "active"} | {
        f"{f}-{r}": "previous" if (f, r) == (family, role) else "active" for f, r in KINDS
    }
    certificate = done(fresh, "show", "new")["certificate"]
    assert (certificate["organization"], certificate["organization_code"]) == (NAME, CODE)
    assert (certificate["issuer"], certificate["leniencies"]) == (f"外部测试 CA {family}", [])
    assert 1090 <= certificate["days_left"] <= 1095
    made = fresh.issue(running.changed("water-abstraction-1"), "--seal", family, "--out", tmp_path)
    # The code's certificate comes from the folder of trust and nowhere else: copied, it is enough to know the code.
    report = fresh("verify", made["files"]["pdf"]["path"], "--json").json()
    assert report["authenticity"] == "passed", report
    assert fresh("verify", made["verify_url"], "--json").json()["reason"] == "HOLDER_NOT_CHECKED"
    if role == "seal":
        assert report["signatures"][0]["certificate_serial"] == certificate["serial"]


def test_chinese_first(fresh: Elicence) -> None:
    said = fresh("keys", "new", "--family", "sm2", "--role", "seal", "--name", "new")
    assert said.out.startswith("已登记密钥  key registered")
    assert fresh("keys", "list").out.startswith("名称 name")
    assert "使用中 active" in fresh("keys", "show", "sm2-seal").out
    pem = fresh("keys", "csr", "new").out.encode()
    assert keys.parse_request(pem).subject.common_name == f"{NAME} 电子印章"


def test_names_are_given_and_not_taken_twice(fresh: Elicence) -> None:
    first, second = (done(fresh, "new", "--family", "sm2", "--role", "code")["name"] for _ in range(2))
    assert second == f"{first}-2"
    new = ("keys", "new", "--family", "sm2", "--role", "seal", "--json", "--name")
    for name in ("sm2-seal", first, "", "Seal", "a/b", "-x", "x" * 41):
        before = snapshot(fresh.home)
        refused(fresh(*new[:-1], f"--name={name}"), 64, "WRONG_USE")
        assert snapshot(fresh.home) == before


def test_a_key_under_a_passphrase(fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path) -> None:
    secret = {"SEAL_WORD": "correct horse"}
    words = ("new", "--family", "rsa", "--role", "seal", "--name", "new", "--bits", "3072")
    made = done(fresh, *words, "--passphrase-source", "env:SEAL_WORD", env=secret)
    assert made["uri"] == "file:keys/new.key.pem?passphrase-source=env:SEAL_WORD"
    file = fresh.home / "keys" / "new.key.pem"
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in file.read_bytes()
    opened = subprocess.run(
        ["openssl", "pkey", "-in", file, "-passin", "env:SEAL_WORD", "-noout", "-text"],
        env={**os.environ, **secret}, check=True, capture_output=True,
    )  # fmt: skip
    assert b"3072 bit" in opened.stdout
    assert b"correct horse" not in b"".join(snapshot(fresh.home).values())
    refused(fresh("keys", "csr", "new", "--json"), 78, "KEY_UNUSABLE")
    request = str(done(fresh, "csr", "new", env=secret)["request"]).encode()
    assert keys.parse_request(request).public_key
    refused(fresh("keys", *words, "--passphrase-source", "pass:1234", "--json"), 64, "WRONG_USE")
    other = ("new", "--family", "rsa", "--role", "seal", "--name", "other", "--passphrase-source")
    refused(fresh("keys", *other, "pass:1234", "--json"), 78, "KEY_UNUSABLE")
    assert not (fresh.home / "keys" / "other.key.pem").exists()


def test_an_existing_file_is_taken_in_with_its_certificates(
    fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path
) -> None:
    """A PKCS#12 file from a CA that made the key itself."""
    ca = outside["rsa"]
    key = keys.generate_private_key(keys.RSA_SHA256)
    request = keys.make_request(
        keys.Subject(common_name="印章", organization=NAME, organization_identifier=CODE), key
    ).pem()
    (tmp_path / "key.pem").write_bytes(key.pkcs8())
    (tmp_path / "chain.pem").write_bytes(ca.answer(request))
    export = ["openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "chain.pem", "-passout", "pass:word"]
    subprocess.run([*export, "-out", "seal.p12"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "word").write_text("word\n", "ascii")
    ca.trust_in(fresh.home / "trust")
    uri = f"file:{tmp_path / 'seal.p12'}?passphrase-source=file:{tmp_path / 'word'}"
    taken = done(fresh, "new", "--family", "rsa", "--role", "seal", "--name", "p12", "--uri", uri)
    assert (taken["state"], taken["warnings"]) == ("ready", [])
    assert taken["certificate"]["common_name"] == "印章"
    words = ("keys", "new", "--family", "rsa", "--role", "code", "--uri", uri, "--json")
    assert "does not fit" in refused(fresh(*words), 64, "WRONG_USE")
    words = ("keys", "new", "--family", "rsa", "--role", "seal", "--uri", uri, "--passphrase-source", "env:X", "--json")
    refused(fresh(*words), 64, "WRONG_USE")
    missing = ("keys", "new", "--family", "rsa", "--role", "seal", "--uri", "file:nothing.pem", "--json")
    refused(fresh(*missing), 78, "KEY_NOT_FOUND")


def test_what_a_ca_may_not_return(fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path) -> None:
    ca = outside["sm2"]
    done(fresh, "new", "--family", "sm2", "--role", "seal", "--name", "new")
    request = requested(fresh)
    stranger = keys.make_request(
        keys.Subject(common_name="x", organization=NAME, organization_identifier=CODE),
        keys.generate_private_key(keys.SM2_SM3),
    ).pem()
    lacking = keys.Subject(common_name="x", organization=NAME)
    nameless = keys.Subject(common_name="x", organization_identifier=CODE)
    wrong = {
        "no certificate is for this key": ca.answer(stranger),
        "lacks organisation": ca.answer(request, subject=lacking),
        "lacks organisation (O)": ca.answer(request, subject=nameless),
        "another purpose": ca.answer(request, profile=keys.Profile.CODE),
        "a CA certificate": ca.answer(request, profile=keys.Profile.ISSUING_CA),
        "not a file of certificates": b"nothing",
        "": b"",
        "more than one certificate": ca.answer(request) + ca.answer(request),
    }
    for sentence, content in wrong.items():
        (tmp_path / "reply").write_bytes(content)
        before = snapshot(fresh.home)
        assert sentence in refused(fresh("keys", "import", "new", tmp_path / "reply", "--json"), 65, "INPUT_MALFORMED")
        assert snapshot(fresh.home) == before
    refused(fresh("keys", "import", "new", tmp_path / "missing", "--json"), 66, "INPUT_NOT_FOUND")
    # The certificate alone, and its issuers in a file of their own.
    (tmp_path / "leaf").write_bytes(ca.leaf(request).der)
    (tmp_path / "issuers").write_bytes(ca.pem(ca.ca, ca.root))
    shown = done(fresh, "import", "new", tmp_path / "leaf", "--chain", tmp_path / "issuers")
    assert shown["certificate"]["issuers"] == ["外部测试 CA sm2"]


def test_a_certificate_of_another_authority_is_told(
    fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path
) -> None:
    ca = outside["sm2"]
    ca.trust_in(fresh.home / "trust")
    done(fresh, "new", "--family", "sm2", "--role", "seal", "--name", "new")
    asked = done(fresh, "csr", "new", "--organization", "样例县水利局", "--organization-code", "11990100000001035H")
    (tmp_path / "reply").write_bytes(ca.answer(asked["request"].encode()))
    (warning,) = done(fresh, "import", "new", tmp_path / "reply")["warnings"]
    assert "样例县水利局" in warning["zh"]
    words = ("rotate", "--family", "sm2", "--role", "seal", "--to", "new")
    assert done(fresh, *words)["warnings"][0] == warning


def test_wrong_use(fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path) -> None:
    done(fresh, "new", "--family", "sm2", "--role", "seal", "--name", "new")
    before = snapshot(fresh.home)
    rotate = ("rotate", "--family", "sm2", "--role", "seal", "--to")
    retire = ("retire", "new", "--reason", "orderly", "--decision", "x")
    for words in (
        ("new",),
        ("new", "--family", "dsa", "--role", "seal"),
        ("new", "--family", "sm2", "--role", "seal", "--bits", "1024"),
        ("import", "new"),
        ("retire", "new", "--reason", "orderly"),
        ("retire", "new", "--reason", "whim", "--decision", "x"),
        (*retire[:-1], "  "),
        (*retire, "--since", "2099-01-01"),
        (*retire, "--since", "yesterday"),
        (*rotate, "new"),
        (*rotate, "sm2-seal"),
        (*rotate, "rsa-seal"),
        (*rotate, "sm2-code", "--at", "2020-01-01"),
    ):
        refused(fresh("keys", *words, "--json"), 64, "WRONG_USE")
    for words in (("show", "nobody"), (*rotate, "nobody"), ("csr", "nobody"), ("import", "nobody", "x")):
        refused(fresh("keys", *words, "--json"), 66, "INPUT_NOT_FOUND")
    assert snapshot(fresh.home) == before


def test_a_key_is_retired_once(fresh: Elicence, tmp_path: Path) -> None:
    retire = ("retire", "rsa-seal", "--decision", "样审〔2026〕1 号", "--reason")
    told = done(fresh, *retire, "orderly")
    assert (told["state"], told["retired"]["decision"]) == ("retired", "样审〔2026〕1 号")
    assert "rotate" in told["warnings"][0]["en"]
    public = fresh.home / "trust" / "retired.json"
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert "样审" not in public.read_text("utf-8")
    (entry,) = keys.read_retirements(public.read_bytes())
    assert entry.certificate_digest.hex() == done(fresh, "show", "rsa-seal")["certificate"]["sha256"]
    for words in ((*retire, "orderly"), ("csr", "rsa-seal"), ("import", "rsa-seal", "x")):
        refused(fresh("keys", *words, "--json"), 64, "WRONG_USE")
    # What was thought to be in order turns out not to be, and to have begun earlier still.
    for since in ("2026-11-01", "2026-10-01"):
        assert done(fresh, *retire, "compromise", "--since", since)["retired"]["since"] == f"{since}T00:00:00+08:00"
        (entry,) = keys.read_retirements(public.read_bytes())
        assert entry.reason is keys.RetirementReason.COMPROMISE
    for words in ((*retire, "compromise", "--since", "2026-10-15"), (*retire, "orderly")):
        refused(fresh("keys", *words, "--json"), 64, "WRONG_USE")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"{}", b'{"format": "other", "keys": []}', b"[" * 100_000,
        b'{"format": "elicence-key-register-1", "keys": [{}]}',
        b'{"format": "elicence-key-register-1", "keys": 7}',
    ],
)  # fmt: skip
def test_a_damaged_register_is_told_and_left_alone(fresh: Elicence, content: bytes) -> None:
    register = fresh.home / "keys" / "register.json"
    register.write_bytes(content)
    for words in (("keys", "list"), ("keys", "new", "--family", "sm2", "--role", "seal")):
        refused(fresh(*words, "--json"), 78, "HOME_UNUSABLE")
    assert register.read_bytes() == content


@pytest.mark.parametrize("field", ["name", "family", "role", "uri", "chain", "made_at", "certificates", "retired"])
def test_a_register_with_a_damaged_entry(fresh: Elicence, field: str) -> None:
    done(fresh, "new", "--family", "sm2", "--role", "seal", "--name", "new")
    register = fresh.home / "keys" / "register.json"
    good = json.loads(register.read_bytes())
    for value in (7, "?", ["?"], {}):
        if (field, value) in (("uri", "?"), ("chain", "?")):
            continue
        document = json.loads(json.dumps(good))
        document["keys"][0][field] = value
        register.write_text(json.dumps(document), "utf-8")
        refused(fresh("keys", "list", "--json"), 78, "HOME_UNUSABLE")
    document = json.loads(json.dumps(good))
    del document["keys"][0][field]
    register.write_text(json.dumps(document), "utf-8")
    refused(fresh("keys", "list", "--json"), 78, "HOME_UNUSABLE")
    register.write_text(json.dumps(good), "utf-8")
    # Two families with a key each for seals, codes and copies, and the new one.
    assert len(done(fresh, "list")["keys"]) == 7


def test_commands_at_the_same_time_lose_nothing(fresh: Elicence) -> None:
    words = ("keys", "new", "--family", "sm2", "--role", "code", "--json")
    started = [fresh.start(*words) for _ in range(4)]
    names = {json.loads(one.communicate()[0])["name"] for one in started}
    assert len(names) == 4
    assert names <= {key["name"] for key in done(fresh, "list")["keys"]}


def test_a_key_that_the_settings_name_is_left_to_them(
    running: ModuleType, fresh: Elicence, outside: dict[str, OutsideCa], tmp_path: Path
) -> None:
    ca = outside["sm2"]
    done(fresh, "new", "--family", "sm2", "--role", "seal", "--name", "new")
    (tmp_path / "reply").write_bytes(ca.answer(requested(fresh)))
    done(fresh, "import", "new", tmp_path / "reply")
    ca.trust_in(fresh.home / "trust")
    settings = fresh.home / "elicence.toml"
    named = '[keys.sm2.seal]\nuri = "file:keys/new.key.pem"\nchain = "keys/new.chain.pem"\n'
    settings.write_text(settings.read_text("utf-8") + named, "utf-8")
    states = {key["name"]: key["state"] for key in done(fresh, "list")["keys"]}
    assert (states["elicence.toml:sm2-seal"], states["sm2-seal"]) == ("active", "previous")
    assert fresh("seal", "make").code == 0
    made = fresh.issue(running.changed("water-abstraction-1"), "--out", tmp_path)
    report = fresh("verify", made["files"]["pdf"]["path"], "--json").json()
    assert report["signatures"][0]["certificate_serial"] == done(fresh, "show", "new")["certificate"]["serial"]
    rotate = ("keys", "rotate", "--family", "sm2", "--role", "seal", "--to", "new", "--json")
    assert "elicence.toml" in refused(fresh(*rotate), 64, "WRONG_USE")
    retire = ("keys", "retire", "elicence.toml:sm2-seal", "--reason", "orderly", "--decision", "x", "--json")
    assert "elicence.toml" in refused(fresh(*retire), 64, "WRONG_USE")


@pytest.mark.parametrize(
    "table",
    [
        "keys = 1", "[keys.ecc.seal]", "[keys.sm2.stamp]", "[keys.sm2.seal]\nchain = 'x'",
        "[keys.sm2.seal]\nuri = 1", "[keys.sm2.seal]\nuri = 'file:x'\npin = '1'", "production = 'yes'",
        "libcrypto = '/nothing.so'", "timestamp = 'x'", "[timestamp]\nsm2 = 'ftp://x'", "[timestamp]\ntimeout = 0",
        "[timestamp]\ntimeout = nan", "[timestamp]\ntimeout = true", "[timestamp]\necc = 'http://x'",
        "production = true",
    ],
)  # fmt: skip
def test_settings_that_mean_nothing_are_told(fresh: Elicence, table: str) -> None:
    settings = fresh.home / "elicence.toml"
    settings.write_text(f'public_url = "https://zz.example"\ndevelopment = true\n{table}\n', "utf-8")
    refused(fresh("keys", "list", "--json"), 78, "SETTINGS_UNUSABLE")
