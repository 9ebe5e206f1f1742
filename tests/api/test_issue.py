"""Issuing from the command line: what comes out, and what bad input gets."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from keys import hash_bytes

if TYPE_CHECKING:
    from running import Elicence


def rows(home: Path) -> int:
    with sqlite3.connect(home / "elicence.db") as connection:
        count: int = connection.execute("SELECT count(*) FROM licences").fetchone()[0]
    connection.close()
    return count


def refused(elicence: Elicence, document: object, *words: str) -> dict[str, Any]:
    """Ask for a licence, be refused, and find nothing left behind."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    done = elicence("issue", "--data", "-", "--json", *words, stdin=data)
    assert done.code == 65, done.out
    assert len(done.out) < 4000
    assert elicence.files() == {}
    assert rows(elicence.home) == 0
    error: dict[str, Any] = done.json()["error"]
    return error


@pytest.mark.parametrize("seal", ["sm2", "rsa"])
def test_the_answer_and_its_files(running: ModuleType, fresh: Elicence, tmp_path: Path, seal: str) -> None:
    document = running.sample("pesticide-business-1")
    made = fresh.issue(document, "--seal", seal, "--out", tmp_path / "out")
    assert made.keys() == {
        "identifier", "number", "type", "version", "algorithm", "files", "code", "short_code", "verify_url", "replayed",
        "level", "shortfall",
    }  # fmt: skip
    assert (made["type"], made["version"], made["algorithm"], made["replayed"]) == (
        "pesticide-business", "001", seal, False,
    )  # fmt: skip
    # No timestamp authority is set, and nothing that was set has failed.
    assert (made["level"], made["shortfall"]) == ("B-B", None)
    assert made["number"] == document["data"]["certificateNumber"]
    assert made["verify_url"].endswith(made["code"])
    identifier = made["identifier"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{identifier}.json", f"{identifier}.json.p7s", f"{identifier}.pdf",
    ]  # fmt: skip
    for kind, file in made["files"].items():
        content = Path(file["path"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest(), kind
        assert file["sm3"] == hash_bytes("sm3", content).hex(), kind
    assert rows(fresh.home) == 1


def test_files_go_into_the_home_unless_told(running: ModuleType, fresh: Elicence) -> None:
    done = fresh("issue", "--data", running.SAMPLES / "water-abstraction-2.json", script=True)
    assert done.code == 0
    assert done.out.startswith("已签发  issued: 取水许可证 ")
    assert "样例/测试" in done.out
    (pdf,) = (fresh.home / "issued").glob("*.pdf")
    assert str(pdf) in done.out


def test_the_type_beside_the_data(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    document = running.sample("water-abstraction-1")
    bare = tmp_path / "bare.json"
    bare.write_text("\ufeff" + json.dumps(document["data"]), "utf-8")
    assert fresh("issue", "--data", bare, "--json").code == 65
    done = fresh("issue", "--type", "water-abstraction", "--data", bare, "--json")
    assert done.code == 0, done.out
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(document), "utf-8")
    contradicted = fresh("issue", "--type", "pesticide-business", "--data", whole, "--json")
    assert (contradicted.code, contradicted.json()["error"]["code"]) == (64, "WRONG_USE")


def test_one_key_one_licence(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    document = running.sample("special-equipment-use-2")
    first = fresh.issue(document, "--idempotency-key", "request 1")
    again = fresh.issue(document, "--idempotency-key", "request 1", "--out", tmp_path / "again")
    assert again["replayed"] is True
    assert {**again, "files": None} == {**first, "files": None, "replayed": True}
    for kind in ("pdf", "json", "p7s"):
        assert Path(again["files"][kind]["path"]).read_bytes() == Path(first["files"][kind]["path"]).read_bytes()
    other = running.changed("special-equipment-use-2", certificateNumber="瓶20赣A990009(26)")
    done = fresh("issue", "--data", "-", "--json", "--idempotency-key", "request 1", stdin=json.dumps(other).encode())
    assert (done.code, done.json()["error"]["code"]) == (65, "IDEMPOTENCY_MISMATCH")
    assert rows(fresh.home) == 1


def test_a_key_has_its_length(running: ModuleType, fresh: Elicence) -> None:
    for key in ("", "x" * 256):
        done = fresh(
            "issue", "--data", running.SAMPLES / "water-abstraction-1.json", "--idempotency-key", key, "--json"
        )
        assert (done.code, done.json()["error"]["code"]) == (64, "WRONG_USE")
    assert fresh.files() == {}


def test_a_number_is_issued_once(running: ModuleType, stocked: Elicence) -> None:
    before = stocked.files()
    done = stocked("issue", "--data", running.SAMPLES / "water-abstraction-1.json", "--json")
    assert (done.code, done.json()["error"]["code"]) == (65, "DUPLICATE_NUMBER")
    assert stocked.files() == before
    assert rows(stocked.home) == 6


WRONG_FIELDS: list[list[tuple[str, object, str]]] = [
    [
        ("certificateNumber", None, "REQUIRED"),
        ("colour", "red", "UNKNOWN_FIELD"),
        ("annualVolume", "about ten", "INVALID_DECIMAL"),
        ("sourceType", "海水", "NOT_IN_LIST"),
        ("certificateIssuedDate", "2026-02-30", "INVALID_DATE"),
        ("certificateHolderCode", "990101199001010010", "ID_NUMBER_CHECK"),
        ("certificateIssuingAuthorityCode", "1199010000000102XX", "USCC_CHECK"),
        ("certificateExpiringDate", "2020-01-01", "END_BEFORE_START"),
        ("abstractionPlace", "东坡\ue000村", "PRIVATE_USE_CHARACTER"),
        ("dischargePlace", "水" * 350_000, "TOO_LONG"),
    ],
    [
        ("certificateNumber", "X", "NUMBER_MALFORMED"),
        ("certificateHolderTypeCode", "222", "HOLDER_KIND_UNKNOWN"),
        ("certificateIssuingAuthorityName", "", "REQUIRED"),
        ("abstractionPlace", "东坡\x07村", "CONTROL_CHARACTER"),
        ("dischargePlace", ["a"], "NOT_TEXT"),
    ],
    [("certificateHolderTypeCode", "516", "DOCUMENT_NUMBER_MALFORMED")],
    [("abstractionPlace", "东坡\U00012000村", "UNPRINTABLE_CHARACTER")],
]


@pytest.mark.parametrize("faults", WRONG_FIELDS)
def test_every_wrong_field_is_named(
    running: ModuleType, fresh: Elicence, faults: list[tuple[str, object, str]]
) -> None:
    document = running.changed("water-abstraction-1", **{key: value for key, value, _ in faults})
    error = refused(fresh, document)
    assert error["code"] == "FIELDS_INVALID"
    told = {field["pointer"]: field["code"] for field in error["fields"]}
    code_of_kind = "/data/certificateHolderCode"
    wanted = {f"/data/{key}": code for key, _, code in faults}
    if wanted.get("/data/certificateHolderTypeCode") == "DOCUMENT_NUMBER_MALFORMED":
        wanted = {code_of_kind: "DOCUMENT_NUMBER_MALFORMED"}
    assert told == wanted
    assert all(field["message"]["zh"] and field["message"]["en"] for field in error["fields"])


def test_an_unprintable_character_is_named_by_its_code_point(running: ModuleType, fresh: Elicence) -> None:
    error = refused(fresh, running.changed("water-abstraction-1", abstractionPlace="东坡\U00012000村"))
    assert "U+12000" in error["fields"][0]["message"]["zh"]


def test_every_fault_at_once_for_people(running: ModuleType, fresh: Elicence) -> None:
    document = running.changed("water-abstraction-1", certificateNumber="X", sourceType="海水", annualVolume=None)
    done = fresh("issue", "--data", "-", stdin=json.dumps(document).encode())
    assert done.code == 65
    assert done.out == ""
    assert "有 3 项填写有误" in done.err
    assert set(re.findall(r"^  (/data/\w+) \[\w+\]: ", done.err, re.MULTILINE)) == {
        "/data/certificateNumber", "/data/sourceType", "/data/annualVolume",
    }  # fmt: skip


def test_what_was_entered_is_not_repeated(running: ModuleType, fresh: Elicence) -> None:
    document = running.changed("water-abstraction-1", certificateHolderCode="990101199003070011")
    done = fresh("issue", "--data", "-", stdin=json.dumps(document).encode())
    assert done.code == 65
    assert "99010119" not in done.err
    assert document["data"]["certificateHolderName"] not in done.err


def test_an_unknown_type(running: ModuleType, fresh: Elicence) -> None:
    error = refused(fresh, running.sample("water-abstraction-1") | {"type": "driving"})
    assert error["code"] == "UNKNOWN_TYPE"
    assert error["fields"][0]["pointer"] == "/type"


@pytest.mark.parametrize("content", [b"", b"{", b'{"type": "water-abstraction"}', b"[" * 200_000])
def test_malformed_input(fresh: Elicence, content: bytes) -> None:
    assert refused(fresh, content)["code"] == "INPUT_MALFORMED"


def test_too_much_input(fresh: Elicence) -> None:
    assert refused(fresh, b" " * (4 * 1024 * 1024 + 1))["code"] == "INPUT_TOO_LARGE"


def test_a_missing_file_is_66(fresh: Elicence, tmp_path: Path) -> None:
    for name in (tmp_path / "none.json", tmp_path, "x" * 5000, "/dev/zero"):
        done = fresh("issue", "--data", name, "--json")
        assert (done.code, done.json()["error"]["code"]) == (66, "INPUT_NOT_FOUND"), name


def test_a_seal_is_used_only_for_its_own_authority(running: ModuleType, fresh: Elicence) -> None:
    error = refused(fresh, running.changed("water-abstraction-1", certificateIssuingAuthorityName="样例市水务局"))
    assert error["fields"][0]["pointer"] == "/data/certificateIssuingAuthorityName"


def test_a_licence_may_begin_later(running: ModuleType, fresh: Elicence) -> None:
    later = {"certificateEffectiveDate": "2199-01-01", "certificateExpiringDate": "2199-12-31"}
    made = fresh.issue(running.changed("water-abstraction-1", **later))
    done = fresh("verify", made["files"]["pdf"]["path"], "--json")
    assert (done.code, done.json()["reason"]) == (1, "STATUS_NOT_YET_IN_FORCE")
    listed = fresh("holder", "--kind", "111", "-", stdin=_holder_code(running, "water-abstraction-1"))
    assert "尚未生效" in listed.out


def _holder_code(running: ModuleType, name: str) -> bytes:
    code: str = running.sample(name)["data"]["certificateHolderCode"]
    return code.encode()
