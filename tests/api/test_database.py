"""A home whose licences are in PostgreSQL, and the commands that upgrade its database."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from api.errors import SettingsError
from api.settings import load_settings
from api.store_settings import check_store_url
from licences.sql import revisions

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer
    from running import Elicence


@pytest.fixture
def clerks_url(postgresql: PostgresqlServer) -> str:
    """The address of an empty database of the role that needs a password."""
    from postgresql_server import CLERK

    name = postgresql.new_database()
    postgresql.execute(f"GRANT ALL ON SCHEMA public TO {CLERK}", name)
    return postgresql.url(name, CLERK)


def test_a_home_may_keep_its_licences_in_postgresql(running: ModuleType, clerks_url: str, tmp_path: Path) -> None:
    from postgresql_server import CLERK_PASSWORD

    secret = tmp_path / "password"
    secret.write_text(f"{CLERK_PASSWORD}\n", "utf-8")
    elicence: Elicence = running.Elicence(tmp_path / "home")

    refused = elicence("init", "--store", clerks_url, "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (69, "STORE_UNAVAILABLE")
    assert not (tmp_path / "home").exists()

    done = elicence("init", "--store", clerks_url, "--store-password-file", secret, "--json")
    assert (done.code, done.json()["store"]) == (0, clerks_url)
    assert not list((tmp_path / "home").glob("*.db"))
    said = [done.out, (tmp_path / "home" / "elicence.toml").read_text("utf-8")]

    issued = elicence("issue", "--data", running.SAMPLES / "pesticide-business-1.json", "--json")
    assert issued.code == 0, issued.err
    verified = elicence("verify", issued.json()["files"]["pdf"]["path"], "--json").json()
    assert (verified["verdict"], verified["status"]["source"]) == ("passed", "store")
    status = elicence("store", "status", "--json")
    assert status.code == 0
    assert status.json()["kind"] == "postgresql"
    assert status.json()["usable"]
    said += [issued.out, issued.err, status.out]

    wrong = elicence("holder", "--kind", "111", "990101199003071237", env={"ELICENCE_STORE_PASSWORD": "wrong"})
    assert wrong.code == 69
    secret.unlink()
    assert elicence("store", "status").code == 78
    assert elicence("store", "status", env={"ELICENCE_STORE_PASSWORD": CLERK_PASSWORD}).code == 0
    assert not any(CLERK_PASSWORD in text for text in [*said, wrong.out, wrong.err])

    # A second home would make an index of holders that the first cannot read.
    other: Elicence = running.Elicence(tmp_path / "other")
    again = other("init", "--store", clerks_url, "--json", env={"ELICENCE_STORE_PASSWORD": CLERK_PASSWORD})
    assert again.code == 78
    assert not (tmp_path / "other").exists()
    elsewhere = elicence(
        "init", "--store", f"{clerks_url}&connect_timeout=3", env={"ELICENCE_STORE_PASSWORD": CLERK_PASSWORD}
    )
    assert elsewhere.code == 64


def test_an_old_database_is_upgraded_when_no_old_program_is_left(fresh: Elicence) -> None:
    from alembic import command

    database = fresh.home / "elicence.db"
    database.unlink()
    config = revisions._config()
    with revisions._connected(f"sqlite:///{database}", create=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.commit()

    before = fresh("store", "status", "--json")
    assert (before.code, before.json()["usable"], before.json()["revision"]) == (1, False, "0002")
    assert before.json()["pending"][0] == "0003"
    assert before.json()["pending_post"] == ["0011"]
    first = fresh("store", "upgrade", "--json")
    assert first.code == 69
    assert first.json()["error"]["code"] == "STORE_NEEDS_POST"
    assert "store upgrade --post" in first.json()["error"]["message"]["zh"]
    last = fresh("store", "upgrade", "--post", "--json")
    assert (last.code, last.json()["pending_post"], last.json()["oldest_program"]) == (0, [], "0010")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db.example/elicence",
        "postgresql://db.example",
        "postgresql://user:secret@db.example/elicence",
        "postgresql://db.example/elicence?password=secret",
        "postgresql://db.example:port/elicence",
        "elicence.db",
    ],
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_store_url(url)
    assert "secret" not in caught.value.message.zh + caught.value.message.en


def test_a_password_file_needs_a_store(running: ModuleType, tmp_path: Path) -> None:
    done = running.Elicence(tmp_path / "home")("init", "--store-password-file", "password")
    assert done.code == 64


@pytest.mark.parametrize(
    "table", ["url = 1", 'password_file = "p"', 'url = "postgresql://db/e"\nuser = "x"'], ids=["kind", "half", "other"]
)
def test_a_store_that_is_not_understood_is_a_broken_setting(tmp_path: Path, table: str) -> None:
    (tmp_path / "elicence.toml").write_text(f"development = true\n[store]\n{table}\n", "utf-8")
    with pytest.raises(SettingsError):
        load_settings(tmp_path, os.environ)
