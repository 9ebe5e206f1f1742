"""The register of authorities from the command line: two offices, the second follows the first."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from running import Elicence

OFFICE = "1199010000000102XM"
REGISTER = """
format = "elicence-authorities/1"
number = 3

[[authorities]]
code = "1199010000000102XM"
level = "区县级"
region = "990101"
names = [{ name = "样例县行政审批局" }]
delegates = [{ code = "11990100000001046G", types = ["*"], until = 2026-12-31 }]

[[authorities]]
code = "11990100000001046G"
level = "区县级"
region = "990101"
names = [{ name = "样例县行政审批服务局" }]
"""


def test_a_register_is_checked_signed_trusted_and_asked(fresh: Elicence, tmp_path: Path) -> None:
    file = tmp_path / "register.toml"
    file.write_text(REGISTER, "utf-8")
    assert fresh("authorities", "check", file, "--json").json() == {"number": 3, "authorities": 2, "doubts": []}
    assert fresh("authorities", "show", OFFICE, "--json").code == 66
    signed = fresh("authorities", "sign", file, "--out", tmp_path / "signed", "--json")
    assert signed.code == 0, signed.err
    trust = fresh.home / "trust"
    (trust / "registrars").mkdir()
    shutil.copy(tmp_path / "signed/registrar.cer", trust / "registrars")
    for name in ("authorities.json", "authorities.json.p7s"):
        shutil.copy(tmp_path / "signed" / name, trust)
    shown = fresh("authorities", "show", OFFICE, "--json").json()
    assert (shown["register"], shown["names"][0]["name"]) == (3, "样例县行政审批局")
    (trust / "registrars/registrar.cer").unlink()
    assert fresh("authorities", "show", OFFICE, "--json").code == 78


def test_slips_are_named(fresh: Elicence, tmp_path: Path) -> None:
    file = tmp_path / "register.toml"
    slips = REGISTER.replace("11990100000001046G", "11990100000001046X").replace(
        "until = 2026-12-31", "since = 2026-01-01"
    )
    file.write_text(slips.replace('{ name = "样例县行政审批局" }', ""), "utf-8")
    doubts = fresh("authorities", "check", file, "--json").json()["doubts"]
    assert len(doubts) == 2
    for broken in (
        "number = ",
        REGISTER.replace("number = 3", "number = 0"),
        REGISTER.replace('level = "区县级"\n', ""),
    ):
        file.write_text(broken, "utf-8")
        assert fresh("authorities", "check", file, "--json").code == 65


def test_nothing_is_reissued_in_the_name_of_the_same_office(running: ModuleType, fresh: Elicence) -> None:
    made = fresh.issue(running.sample("water-abstraction-1"))
    words = ("--from", OFFICE, "--ground", "机构改革", "--decision", "样编〔2026〕1号", "--json")
    assert fresh("authorities", "reissue", *words).code == 64
    assert len(fresh("history", made["identifier"], "--json").json()["versions"]) == 1
    other = fresh("authorities", "reissue", "--from", "11990100000001038M", *words[2:])
    assert (other.code, other.json()) == (0, {"reissued": []})
