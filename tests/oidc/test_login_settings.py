"""What the settings file says about identity providers, and every slip in it."""

from pathlib import Path

import pytest

from api.errors import SettingsError
from api.login_settings import IdentitySettings
from api.settings import load_settings

HOME = 'public_url = "https://licences.example"\n'
TOKENS = '[tokens]\nissuer = "https://id.example/realm"\n'
HOLDERS = """[login.holders]
issuer = "https://id.example"
client_id = "licences"
code_claim = "id_number"
assurance = ["L3"]
"""
STAFF = """[login.staff]
issuer = "https://staff.example"
client_id = "licences"
contact = "信息股"
"""


def settings_in(folder: Path, text: str) -> IdentitySettings:
    (folder / "elicence.toml").write_text(text, "utf-8")
    return load_settings(folder, {}).identity


def test_nothing_is_in_use_unless_it_is_named(tmp_path: Path) -> None:
    identity = settings_in(tmp_path, HOME)
    assert (identity.tokens, identity.holders, identity.staff) == (None, None, None)


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    identity = settings_in(tmp_path, HOME + TOKENS + HOLDERS + STAFF)
    assert identity.tokens is not None
    assert (identity.tokens.audience, identity.tokens.introspection) == ("https://licences.example", None)
    assert identity.holders is not None
    assert (identity.holders.name_claim, identity.holders.kind_claim) == ("name", None)
    assert (identity.holders.scope, identity.holders.account.secret) == ("openid profile", None)
    assert identity.staff is not None
    assert identity.staff.contact == "信息股"


def test_everything(tmp_path: Path) -> None:
    more = 'kind_claim = "t"\nscope = "openid  real"\nclient_secret_file = "s"\n[login.holders.kinds]\n"01" = "111"\n'
    introspected = TOKENS + 'audience = "urn:api"\nclient_id = "svc"\nclient_secret_file = "/run/s"\n'
    identity = settings_in(tmp_path, HOME + introspected + HOLDERS + more)
    assert identity.tokens is not None
    assert identity.tokens.introspection is not None
    assert (identity.tokens.audience, identity.tokens.introspection.secret) == ("urn:api", Path("/run/s"))
    assert identity.holders is not None
    assert (dict(identity.holders.kinds), identity.holders.scope) == ({"01": "111"}, "openid real")
    assert identity.holders.account.secret == tmp_path / "s"


@pytest.mark.parametrize(
    "text",
    [
        "tokens = 1",
        "[tokens]",
        TOKENS + 'unknown = "x"',
        TOKENS + "audience = 1",
        TOKENS.replace("https", "http"),
        TOKENS.replace("https://id.example/realm", "https://id.example/?x=1"),
        TOKENS.replace("https://id.example/realm", "https://user:pass@id.example"),
        TOKENS.replace("https://id.example/realm", "https://"),
        TOKENS.replace("https://id.example/realm", "https://[x"),
        TOKENS.replace("https://id.example/realm", "https://id.example/" + "a" * 300),
        TOKENS + "client_id = 5",
        "login = 1",
        "[login]\nothers = 1",
        "[login.holders]",
        HOLDERS + "client_secret_file = 1",
        HOLDERS + 'scope = "profile"',
        HOLDERS + 'kind_claim = "t"',
        HOLDERS + 'kind_claim = "t"\nkinds = { "01" = "112" }',
        HOLDERS + 'kind_claim = "t"\nkinds = { "01" = ["111"] }',
        HOLDERS + 'kind_claim = "t"\nkinds = {}',
        HOLDERS.replace('["L3"]', "[]"),
        HOLDERS.replace('["L3"]', "[3]"),
        HOLDERS.replace('["L3"]', '["L 3"]'),
        HOLDERS.replace('["L3"]', '"L3"'),
        HOLDERS.replace('assurance = ["L3"]', ""),
        HOLDERS.replace('code_claim = "id_number"', ""),
        STAFF.replace('contact = "信息股"', ""),
        STAFF.replace("信息股", "\\u0007"),
    ],
    ids=lambda text: ascii(text)[-60:],
)
def test_slips_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as told:
        settings_in(tmp_path, HOME + text)
    assert "elicence.toml" in str(told.value)
    assert "pass@" not in str(told.value)


def test_nobody_logs_in_where_others_read_along(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        settings_in(tmp_path, 'public_url = "http://licences.example"\n' + STAFF)
    for here in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert settings_in(tmp_path, f'public_url = "{here}"\n' + STAFF).staff is not None
