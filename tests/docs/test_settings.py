"""The page of settings lists what is read, no more and no less, with its defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.errors import SettingsError
from api.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
BASE = 'public_url = "https://zz.example.gov.cn"\n'
TABLES = ("status_sources", "keys", "timestamp", "store", "tls", "tokens", "login", "licence_sources")
SECTIONS = {
    "## elicence.toml": "",
    "### `[keys.FAMILY.ROLE]`": "keys.sm2.seal",
    "### `[timestamp]`": "timestamp",
    "### `[store]`": "store",
    "### `[tls]`": "tls",
    "### `[tokens]`": "tokens",
    "### `[login.holders]`": "login.holders",
    "### `[login.staff]`": "login.staff",
    "### `[licence_sources.NAME]`": "licence_sources.province",
}
FULL = """
public_url = "https://zz.example.gov.cn"
development = false
production = false
open_on_loopback = true
format = "both"
font_dir = "."
libcrypto = "/etc/hosts"
trusted_proxies = ["10.0.0.5"]
webhook_networks = ["10.20.0.0/16"]
[keys.rsa.seal]
uri = "remote:https://seals.example.gov.cn/county"
chain = "chain.pem"
gives = "cms"
[timestamp]
sm2 = "http://tsa.example.gov.cn"
rsa = "http://tsa.example.gov.cn"
timeout = 5
[store]
url = "postgresql://elicence@db.example/elicence"
password_file = "password"
[status_sources]
1199010000000102XM = "https://zz.example.gov.cn"
[tls]
certificate = "tls.pem"
key = "tls.key"
passphrase_source = "env:WORD"
client_ca = "ca.pem"
[tokens]
issuer = "https://id.example.gov.cn"
client_id = "elicence"
client_secret_file = "secret"
audience = "elicence"
[login.holders]
issuer = "https://id.example.gov.cn"
client_id = "elicence"
client_secret_file = "secret"
scope = "openid"
name_claim = "name"
code_claim = "code"
kind_claim = "kind"
kinds = { "01" = "111" }
assurance = ["L3"]
[login.staff]
issuer = "https://id.example.gov.cn"
client_id = "elicence"
client_secret_file = "secret"
scope = "openid"
contact = "8012"
[licence_sources.province]
name = "province"
url = "https://zz.example.gov.cn"
access_id = "county"
access_token_file = "token"
timeout = 3
types = { water-abstraction = "11990000000001011Q002" }
"""


def settings(folder: Path, text: str) -> Settings:
    (folder / "elicence.toml").write_text(text, "utf-8")
    return load_settings(folder, {})


def rows(heading: str) -> dict[str, str]:
    """Keys and defaults of the first table after a heading."""
    section = re.split(r"^#{2,3} ", PAGE.partition(f"{heading}\n")[2], flags=re.MULTILINE)[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE))


@pytest.mark.parametrize("heading", SECTIONS, ids=lambda heading: heading.strip("#` []"))
def test_every_key_is_listed_and_no_other(heading: str, tmp_path: Path) -> None:
    place = SECTIONS[heading]
    with pytest.raises(SettingsError) as told:
        settings(tmp_path, (BASE + f"[{place}]\nno_such_key = 1\n") if place else BASE + "no_such_key = 1\n")
    known = str(told.value).rpartition("is a table of ")[2].split(", ")
    assert set(rows(heading)) | (set() if place else set(TABLES)) == set(known)


def test_every_key_can_be_set(tmp_path: Path) -> None:
    found = settings(tmp_path, FULL)
    assert None not in (found.store, found.tls, found.identity.staff)
    assert all((found.licence_sources, found.keys, found.status_sources, found.webhook_networks))
    for heading in SECTIONS:
        for key in rows(heading):
            assert re.search(rf"^{key} = ", FULL, re.MULTILINE), key


def test_the_defaults_are_those_of_the_page(tmp_path: Path) -> None:
    found = settings(tmp_path, BASE)
    first = rows("## elicence.toml")
    for key in ("development", "production", "open_on_loopback"):
        assert first[key].startswith("`false`")
        assert getattr(found, key) is False
    assert first["format"] == f"`{found.format}`"
    assert (found.trusted_proxies, found.webhook_networks) == ((), ())
    assert rows("### `[timestamp]`")["timeout"] == f"{found.timestamp_seconds:g}"
    assert settings(tmp_path, "development = true\n").public_url == first["public_url"].split("`")[1]
    bare = FULL
    for key in ("scope", "name_claim", "audience", "kind_claim", "kinds", "timeout", "gives"):
        bare = re.sub(rf"^{key} = .*\n", "", bare, flags=re.MULTILINE)
    found = settings(tmp_path, bare)
    holders, tokens = found.identity.holders, found.identity.tokens
    assert holders is not None
    assert tokens is not None
    defaults = rows("### `[login.holders]`")
    assert (defaults["scope"], defaults["name_claim"]) == (f"`{holders.scope}`", f"`{holders.name_claim}`")
    assert tokens.audience == found.public_url
    assert rows("### `[licence_sources.NAME]`")["timeout"] == f"{found.licence_sources[0].seconds:g}"
    assert rows("### `[keys.FAMILY.ROLE]`")["gives"] == f"`{found.keys['rsa', 'seal'].gives}`"


@pytest.mark.parametrize("heading", SECTIONS, ids=lambda heading: heading.strip("#` []"))
def test_what_is_required_is_missed(heading: str, tmp_path: Path) -> None:
    place, defaults = SECTIONS[heading].replace("sm2", "rsa"), rows(heading)
    for key, default in defaults.items():
        # The section of this table, without the line.
        before, start, rest = FULL.partition(f"[{place}]\n" if place else BASE.partition("public")[0] or "\n")
        section, bracket, after = rest.partition("\n[")
        text = before + start + re.sub(rf"^{key} = .*$", "", section, flags=re.MULTILINE) + bracket + after
        if "required" in default:
            with pytest.raises(SettingsError):
                settings(tmp_path, text)
        elif key not in {"kinds", "kind_claim"}:
            settings(tmp_path, text)


def test_every_variable_is_listed_and_no_other() -> None:
    used = {
        name
        for package in ("keys", "esign", "verify", "licences", "api")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"\bELICENCE_[A-Z_]+", path.read_text("utf-8"))
    }
    assert set(re.findall(r"^\| `(ELICENCE_[A-Z_]+)`", PAGE, re.MULTILINE)) == used
