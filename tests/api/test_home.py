"""First use, settings, and homes that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import elicence_process
import pytest

from api.errors import SettingsError
from api.settings import check_public_url

if TYPE_CHECKING:
    from running import Elicence


def snapshot(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_init_makes_everything_once(running: ModuleType, tmp_path: Path) -> None:
    elicence = running.Elicence(tmp_path / "deep" / "home")
    first = elicence("init", "--json", script=True)
    assert first.code == 0, first.err
    made = first.json()
    assert (made["created"], made["development"], made["public_url"]) == (True, True, "http://127.0.0.1:8000")
    assert {"pesticide-business", "water-abstraction", "special-equipment-use"} <= set(made["types"])
    before = snapshot(elicence.home)
    again = elicence("init", "--json")
    assert again.code == 0
    del made["bootstrap"]
    assert again.json() == made | {"created": False}
    assert snapshot(elicence.home) == before
    assert os.listdir(tmp_path / "deep") == ["home"]


def test_only_the_owner_reads_secrets(empty_home: Path) -> None:
    secrets = [*empty_home.glob("keys/*.key.pem"), empty_home / "index.key", empty_home / "protection.keys"]
    assert len(secrets) == 8
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(empty_home.stat().st_mode) == 0o700
    assert not any(b"PRIVATE" in path.read_bytes() for path in (empty_home / "trust").iterdir())


def test_people_read_chinese_first(fresh: Elicence) -> None:
    done = fresh("init")
    assert done.code == 0
    assert done.out.startswith("主目录已存在  home exists")
    assert "样例/测试" in done.out


@pytest.mark.parametrize(
    "url",
    [
        "zz.example.gov.cn", "ftp://zz.example", "https://zz.example/path", "https://u:p@zz.example", "https://",
        "https://zz.example?x=1", "https://zz.example#x", "https://zz.example:99999", "https://证照.example",
        'https://zz.example"', "https://" + "a" * 120, "https://zz.example?", "https://zz.example:0",
    ],
)  # fmt: skip
def test_addresses_that_no_code_can_bear(url: str) -> None:
    with pytest.raises(SettingsError):
        check_public_url(url)


@pytest.mark.parametrize("url", ["https://zz.example.gov.cn", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_addresses_that_codes_bear(url: str) -> None:
    assert check_public_url(url) == check_public_url(url + "/") == url


def test_a_useless_address_makes_no_home(running: ModuleType, tmp_path: Path) -> None:
    done = running.Elicence(tmp_path / "home")("init", "--public-url", "https://zz.example/path", "--json")
    assert (done.code, done.json()["error"]["code"]) == (64, "WRONG_USE")
    done = running.Elicence(tmp_path / "home")("init", "--json", env={"ELICENCE_PUBLIC_URL": "zz.example"})
    assert (done.code, done.json()["error"]["code"]) == (78, "SETTINGS_UNUSABLE")
    assert not list(tmp_path.iterdir())


def test_the_public_address_is_kept(running: ModuleType, tmp_path: Path) -> None:
    elicence = running.Elicence(tmp_path / "home")
    url = "https://zz.example.gov.cn"
    assert elicence("init", "--public-url", url + "/", "--json").json()["public_url"] == url
    assert elicence("init", "--public-url", url, "--json").json()["created"] is False
    assert elicence.issue(running.sample("water-abstraction-1"))["verify_url"].upper().startswith(url.upper() + "/V/")
    other = elicence("init", "--public-url", "https://other.example", "--json")
    assert (other.code, other.json()["error"]["code"]) == (64, "WRONG_USE")
    assert elicence("init", "--json").json()["public_url"] == url
    env = {"ELICENCE_PUBLIC_URL": "https://new.example"}
    assert elicence("init", "--json", env=env).json()["public_url"] == "https://new.example"


def test_the_home_comes_from_the_environment(running: ModuleType, tmp_path: Path) -> None:
    environment = running.environment({"ELICENCE_HOME": str(tmp_path / "here")})
    assert elicence_process.run("init", "--json", cwd=tmp_path, env=environment).returncode == 0
    assert (tmp_path / "here" / "elicence.db").is_file()
    done = elicence_process.run("init", "--json", cwd=tmp_path, env=running.environment())
    assert json.loads(done.stdout)["home"] == str(tmp_path / ".elicence")


def test_outside_development_an_address_is_required(fresh: Elicence) -> None:
    (fresh.home / "elicence.toml").write_text("development = false\n", "utf-8")
    done = fresh("holder", "--kind", "001", "91990101MA0TERT40P", "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, "SETTINGS_UNUSABLE")
    assert "ELICENCE_PUBLIC_URL" in done.json()["error"]["message"]["zh"]


def damage_settings(home: Path) -> None:
    (home / "elicence.toml").write_bytes(b"public_url = [")


def remove_settings(home: Path) -> None:
    (home / "elicence.toml").unlink()


def replace_by_file(home: Path) -> None:
    shutil.rmtree(home)
    home.write_bytes(b"not a folder")


def cut_index_key(home: Path) -> None:
    (home / "index.key").write_bytes(b"short")


def remove_index_key(home: Path) -> None:
    (home / "index.key").unlink()


def exchange_keys(home: Path) -> None:
    shutil.copy(home / "keys" / "rsa-seal.key.pem", home / "keys" / "sm2-seal.key.pem")


def foreign_chain(home: Path) -> None:
    shutil.copy(home / "keys" / "sm2-code.chain.pem", home / "keys" / "sm2-seal.chain.pem")


def garbage_key(home: Path) -> None:
    (home / "keys" / "sm2-code.key.pem").write_bytes(os.urandom(300))


def empty_key(home: Path) -> None:
    (home / "keys" / "sm2-code.key.pem").write_bytes(b"")


def remove_key(home: Path) -> None:
    (home / "keys" / "sm2-seal.key.pem").unlink()


def garbage_anchor(home: Path) -> None:
    (home / "trust" / "sm2-root.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (damage_settings, "SETTINGS_UNUSABLE"),
        (remove_settings, "HOME_UNUSABLE"),
        (replace_by_file, "HOME_UNUSABLE"),
        (cut_index_key, "HOME_UNUSABLE"),
        (remove_index_key, "HOME_UNUSABLE"),
        (exchange_keys, "KEY_UNUSABLE"),
        (foreign_chain, "KEY_UNUSABLE"),
        (garbage_key, "KEY_UNUSABLE"),
        (empty_key, "KEY_UNUSABLE"),
        (remove_key, "KEY_NOT_FOUND"),
        (garbage_anchor, "TRUST_UNUSABLE"),
    ],
)
def test_a_damaged_home_is_78_and_stays_as_it_is(running: ModuleType, fresh: Elicence, harm: object, code: str) -> None:
    assert callable(harm)
    harm(fresh.home)
    before = fresh.home.read_bytes() if fresh.home.is_file() else snapshot(fresh.home)
    sample = running.SAMPLES / "pesticide-business-1.json"
    done = fresh("issue", "--data", sample, "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, code), done.out
    after = fresh.home.read_bytes() if fresh.home.is_file() else snapshot(fresh.home)
    assert after == before


def test_a_server_does_not_start_without_trust(fresh: Elicence) -> None:
    """Without keys it does (tests/api/test_production.py): they are needed for issuing only."""
    garbage_anchor(fresh.home)
    assert fresh("serve", "--port", "0").code == 78


def test_a_foreign_folder_is_left_alone(running: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine", "utf-8")
    done = running.Elicence(folder)("init", "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, "HOME_UNUSABLE")
    assert os.listdir(folder) == ["diary.txt"]


def test_an_empty_folder_becomes_a_home(running: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    assert running.Elicence(tmp_path / "home")("init").code == 0


@pytest.mark.parametrize(
    "words", [("holder", "--kind", "001", "91990101MA0TERT40P"), ("revoke", "x", "--ground", "g", "--decision", "d")]
)
def test_looking_up_makes_no_home(running: ModuleType, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = running.Elicence(tmp_path / "home")(*words, "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, "HOME_UNUSABLE")
    assert "elicence init" in done.json()["error"]["message"]["zh"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 100])
def test_a_lost_database_is_69(running: ModuleType, fresh: Elicence, content: bytes | None) -> None:
    for path in fresh.home.glob("elicence.db*"):
        path.unlink()
    if content is not None:
        (fresh.home / "elicence.db").write_bytes(content)
    done = fresh("issue", "--data", running.SAMPLES / "water-abstraction-1.json", "--json")
    assert (done.code, done.json()["error"]["code"] in ("UNAVAILABLE", "STORE_UNAVAILABLE")) == (69, True), done.out
    assert fresh.files() == {}
