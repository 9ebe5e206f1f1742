"""What `elicence doctor` finds: everything that it can find is made to appear, and a home in order has none of it."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import mutual_tls
import pytest
from PIL import Image

from api.backup import back_up_data, back_up_keys
from api.client_keeping import ClientKeeping
from api.doctor import Diagnosis, Finding, Look, Patient, Unjudged, diagnose
from api.doctor_advice import ADVICE, Severity
from api.doctor_looks import LOOKS
from api.home import open_home
from api.protection_profile import ITEMS, State, profile_page
from api.seals import make_development_seal, seal_path, seal_signer
from api.wiring import Services
from esign import SesPicture
from licences import StoreUnavailableError

if TYPE_CHECKING:
    from running import Elicence

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "protection-profile.md"
SOUND = """
public_url = "https://zz.example.gov.cn"
trusted_proxies = ["10.0.0.5"]
[timestamp]
sm2 = "https://tsa.example"
rsa = "https://tsa.example"
"""


@pytest.fixture(scope="module")
def sound_home(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home in order, but for its development certificates; it is only copied."""
    folder = tmp_path_factory.mktemp("sound")
    home = folder / "home"
    running.copy_home(empty_home, home)
    (home / "elicence.toml").write_text(SOUND, "utf-8")
    now = datetime.now(UTC)
    services = Services(open_home(home))
    keeping = ClientKeeping(services, None, random=os.urandom, at=now)
    keeping.add(
        name="auditor", title="审计员", office="样例县行政审批局", office_code="1199010000000102XM", roles=["auditor"],
        grants=(),
    )  # fmt: skip
    keeping.key("auditor", label="", days=365)
    back_up_keys(services.home, folder / "keys", lambda: b"a long passphrase", at=now, random=os.urandom)
    back_up_data(services.home, folder / "data", at=now, random=os.urandom, advance=lambda _: None)
    return home


@pytest.fixture
def home(running: ModuleType, sound_home: Path, tmp_path: Path) -> Path:
    path: Path = running.copy_home(sound_home, tmp_path / "home").home
    return path


def seen(home: Path, *, after: timedelta = timedelta(0), for_: str | None = None) -> Diagnosis:
    """Have every look at a home, or the one that may find this, as it will be seen after a time."""
    patient = Patient(services=Services(open_home(home)), now=datetime.now(UTC) + after)
    return diagnose(patient, tuple(look for look in LOOKS if for_ is None or for_ in look.codes))


def test_a_home_in_order(home: Path) -> None:
    found = seen(home)
    assert {(one.code, one.advice.severity) for one in found.findings} == {
        ("DEVELOPMENT_ANCHOR", Severity.UNSAFE),
        ("NOT_PRODUCTION", Severity.ADVICE),
        # The first key of a home is there to set up others.
        ("PROOF_EXPIRES", Severity.ADVICE),
    }
    assert found.unjudged == ()


class Harm(NamedTuple):
    """Something that is done to a home in order, and what is then found."""

    do: Callable[[Path], object]
    after: timedelta = timedelta(0)


def setting(line: str) -> Callable[[Path], object]:
    def write(home: Path) -> None:
        path = home / "elicence.toml"
        path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")

    return write


def settings(text: str) -> Callable[[Path], object]:
    return lambda home: (home / "elicence.toml").write_text(text, "utf-8")


def mode(name: str, bits: int) -> Callable[[Path], object]:
    return lambda home: (home / name).chmod(bits)


def remove(name: str) -> Callable[[Path], object]:
    return lambda home: (home / name).unlink()


def sql(statement: str) -> Callable[[Path], object]:
    def run(home: Path) -> None:
        with sqlite3.connect(home / "elicence.db") as connection:
            connection.execute(statement)
        connection.close()

    return run


def tls(home: Path) -> None:
    made = mutual_tls.TlsAuthority(home, "ours").identity("server", server=True)
    made.key.chmod(0o600)
    path = home / "elicence.toml"
    path.write_text(
        f'{path.read_text("utf-8")}[tls]\ncertificate = "{made.certificate}"\nkey = "{made.key}"\n', "utf-8"
    )


def suspend(home: Path) -> None:
    services = Services(open_home(home))
    services.clients.change("auditor", lambda client: replace(client, suspended=True))


def only_rsa(home: Path) -> None:
    setting('format = "both"')(home)
    for path in (home / "keys").glob("sm2-*"):
        path.unlink()


def no_electronic_seal(home: Path) -> None:
    setting('format = "ofd"')(home)
    seal_path(home, "sm2").unlink()


def opaque_seal(home: Path) -> None:
    setting('format = "both"')(home)
    white, now = io.BytesIO(), datetime.now(UTC)
    Image.new("RGB", (8, 8), "white").save(white, "PNG")
    signer = seal_signer(open_home(home), "sm2", now)
    picture = SesPicture(type="PNG", data=white.getvalue(), width=42, height=42)
    made = make_development_seal(signer, picture, name="样例县行政审批局", at=now, random=os.urandom)
    seal_path(home, "sm2").write_bytes(made)


YEARS = timedelta(days=40 * 365)
HARMS = {
    "OPEN_ON_LOOPBACK": Harm(setting("open_on_loopback = true")),
    "DEVELOPMENT_HOME": Harm(setting("development = true")),
    "NOT_PRODUCTION": Harm(lambda _: None),
    "DEVELOPMENT_ANCHOR": Harm(lambda _: None),
    "SECRET_READABLE": Harm(mode("index.key", 0o640)),
    "HOME_READABLE": Harm(lambda home: home.chmod(0o750)),
    "WRITABLE_BY_OTHERS": Harm(mode("trust", 0o777)),
    "TLS_MISSING": Harm(settings('public_url = "https://zz.example.gov.cn"')),
    "PUBLIC_URL_PLAIN": Harm(settings('public_url = "http://zz.example.gov.cn"')),
    "TLS_UNUSABLE": Harm(lambda home: [tls(home), (home / "ours-server.key").write_text("")]),
    "TLS_EXPIRES": Harm(tls),
    "STORE_PLAIN": Harm(settings(SOUND + '[store]\nurl = "postgresql://u@db.example/e"')),
    "PROVIDER_PLAIN": Harm(settings(SOUND + '[tokens]\nissuer = "http://127.0.0.1:9"')),
    "KEY_UNUSABLE": Harm(remove("keys/rsa-code.key.pem")),
    "CERTIFICATE_EXPIRES": Harm(lambda _: None, YEARS),
    "KEY_OLD": Harm(lambda _: None, timedelta(days=500)),
    "OFD_NEEDS_SM2": Harm(only_rsa),
    "OFD_NEEDS_SEAL": Harm(no_electronic_seal),
    "OFD_SEAL_OPAQUE": Harm(opaque_seal),
    "ANCHOR_EXPIRES": Harm(lambda _: None, YEARS),
    "NO_TIMESTAMPS": Harm(settings('public_url = "https://zz.example.gov.cn"')),
    "CLOCK_BEHIND": Harm(lambda _: None, -timedelta(hours=1)),
    "CLIENTS_ALTERED": Harm(sql("UPDATE clients SET content = replace(content, 'auditor', 'clerk')")),
    "NO_SECURITY_ADMINISTRATOR": Harm(lambda _: None, timedelta(days=60)),
    "NO_AUDITOR": Harm(suspend),
    "PROOF_EXPIRES": Harm(lambda _: None),
    "BACKUP_MISSING": Harm(remove("backup.json")),
    "BACKUP_OLD": Harm(lambda _: None, timedelta(days=8)),
    "KEYS_NOT_BACKED_UP": Harm(lambda home: (home / "keys" / "new.key.pem").write_text("")),
    "MIGRATIONS_PENDING": Harm(sql("UPDATE alembic_version SET version_num = '0012'")),
    "MIGRATIONS_POST": Harm(sql("UPDATE alembic_version SET version_num = '0010'")),
    "DATA_UNPROTECTED": Harm(remove("protection.keys")),
    # Nobody has chained what setting up the clients wrote.
    "TRAIL_BEHIND": Harm(lambda _: None, timedelta(hours=1)),
}


@pytest.mark.parametrize("code", HARMS)
def test_what_is_unsafe_is_named(home: Path, code: str) -> None:
    harm = HARMS[code]
    harm.do(home)
    found = {one.code: one for one in seen(home, after=harm.after, for_=code).findings}
    assert code in found
    shape = found[code].shape()
    assert shape["subject"] == found[code].subject


def test_ofds_that_can_be_made(home: Path) -> None:
    setting('format = "both"')(home)
    assert seen(home, for_="OFD_NEEDS_SEAL").findings == ()


def test_a_disk_that_is_nearly_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "DISK_LOW" not in seen(home, for_="DISK_LOW").open_codes
    total, used, _ = shutil.disk_usage(home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(total, used, total // 50))
    assert "DISK_LOW" in seen(home, for_="DISK_LOW").open_codes


def test_what_cannot_be_looked_at_hides_nothing_else(home: Path) -> None:
    (home / "elicence.db").write_bytes(b"no database" * 100)
    mode("index.key", 0o644)(home)
    found = seen(home)
    assert {one.look.name for one in found.unjudged} >= {"schema", "clients", "clock"}
    assert "SECRET_READABLE" in found.open_codes
    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("codes", "unjudged", "exit_code"),
    [
        ((), False, 0),
        (("KEY_OLD",), False, 0),
        (("KEY_OLD",), True, 2),
        ((), True, 2),
        (("KEY_OLD", "NO_AUDITOR"), False, 1),
        (("NO_AUDITOR",), True, 1),
    ],
)
def test_the_exit_code_says_how_it_stands(codes: tuple[str, ...], unjudged: bool, exit_code: int) -> None:
    look = Look(name="clients", codes=frozenset({"CLIENTS_ALTERED"}), find=lambda _: iter(()))
    found = Diagnosis(
        findings=tuple(Finding(code=code) for code in codes),
        unjudged=(Unjudged(look=look, code="STORE_UNAVAILABLE"),) if unjudged else (),
    )
    assert found.exit_code == exit_code
    (rules,) = [item for item in ITEMS if item.clause.endswith("8.4 b")]
    assert rules.state(found) is (State.UNKNOWN if unjudged else State.NOTHING_FOUND)


def test_one_that_cannot_look_says_which_problem_was_in_the_way(home: Path) -> None:
    def fail(_: Patient) -> list[Finding]:
        raise StoreUnavailableError("STORE_BUSY")

    look = Look(name="store", codes=frozenset(), find=fail)  # type: ignore[arg-type]
    patient = Patient(services=Services(open_home(home)), now=datetime.now(UTC))
    (unjudged,) = diagnose(patient, (look,)).unjudged
    assert unjudged.code == "STORE_BUSY"


def test_the_command(running: ModuleType, home: Path) -> None:
    elicence: Elicence = running.Elicence(home)
    done = elicence("doctor", "--json")
    assert done.code == 1
    said = done.json()
    assert {one["code"] for one in said["findings"]} == {"DEVELOPMENT_ANCHOR", "NOT_PRODUCTION", "PROOF_EXPIRES"}
    assert said["unjudged"] == []
    states = {f"{item['clause']} {item['title']['zh']}": item["state"] for item in said["profile"]}
    assert len(states) == len(ITEMS)
    assert states["GB/T 39786-2021 §8.4 h 不可否认性"] == "open"
    text = elicence("doctor").out
    for code in ("DEVELOPMENT_ANCHOR", "不安全  UNSAFE", "建议  advice", "未发现问题 nothing found", "本程序之外"):
        assert code in text
    assert running.Elicence(home / "gone")("doctor", "--json").code == 78


def test_every_word_is_used_and_every_place_exists() -> None:
    looked_for = frozenset().union(*(look.codes for look in LOOKS))
    assert looked_for == ADVICE.keys()
    assert HARMS.keys() | {"DISK_LOW"} == ADVICE.keys()
    assert frozenset().union(*(item.findings for item in ITEMS)) <= ADVICE.keys()
    for item in ITEMS:
        for path in (*item.code, *item.tests):
            assert (ROOT / path).is_file(), path


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text("utf-8") == profile_page()
