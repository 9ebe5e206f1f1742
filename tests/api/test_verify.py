"""Verifying from the command line: which input is what, verdicts and exit codes, trust, time, masking."""

from __future__ import annotations

import io
import json
import re
import resource
import shutil
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from api.home import open_home
from api.wiring import Services
from esign import code_modules

if TYPE_CHECKING:
    from running import Elicence

KEYS = {
    "verdict", "kind", "authenticity", "status", "reason", "indication", "sub_indication", "sentence", "action",
    "licence", "checks", "signatures", "at",
}  # fmt: skip


def record(home: Path, type_slug: str, algorithm: str) -> dict[str, str]:
    connection = sqlite3.connect(home / "elicence.db")
    connection.row_factory = sqlite3.Row
    query = "SELECT * FROM licences WHERE type_slug = ? AND algorithm = ?"
    found = dict(connection.execute(query, (type_slug, algorithm)).fetchone())
    connection.close()
    return found | {"number": Services(open_home(home)).store.get(found["identifier"]).number}  # it is kept encrypted


def file_of(elicence: Elicence, row: dict[str, str], kind: str) -> Path:
    return elicence.home / "issued" / f"{row['identifier']}.{kind}"


def judged(elicence: Elicence, code: int, *words: str | Path, stdin: bytes | None = None) -> dict[str, Any]:
    done = elicence("verify", "--json", *words, stdin=stdin)
    report: dict[str, Any] = done.json()
    assert done.code == code, done.out
    assert report.keys() >= KEYS
    assert report["status"].keys() == {
        "value", "as_of", "source", "next_update", "disputed", "renewal_pending", "extended_to", "successor",
    }  # fmt: skip
    assert {"zh", "en"} == report["sentence"].keys() == report["action"].keys()
    assert {"passed": 0, "failed": 1, "indeterminate": 2}[report["verdict"]] == code
    assert all(check.keys() == {"name", "outcome", "code", "detail"} for check in report["checks"])
    return report


@pytest.fixture(scope="module")
def office(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Elicence:
    elicence: Elicence = running.copy_home(full_home, tmp_path_factory.mktemp("office") / "home")
    return elicence


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_a_good_file_passes(office: Elicence, algorithm: str) -> None:
    row = record(office.home, "water-abstraction", algorithm)
    report = judged(office, 0, file_of(office, row, "pdf"))
    assert (report["kind"], report["authenticity"], report["reason"]) == ("pdf", "passed", "OK")
    assert (report["indication"], report["sub_indication"]) == ("TOTAL-PASSED", "")
    assert (report["status"]["value"], report["status"]["source"]) == ("issued", "store")
    assert report["licence"]["certificateNumber"] == row["number"]
    assert report["licence"]["certificateIdentifier"] == row["identifier"]
    assert report["signatures"][0]["algorithm"] == algorithm
    assert report["development"] is True
    assert "样例/测试" in report["sentence"]["zh"]
    structured = judged(office, 0, file_of(office, row, "json"))
    # Only a sealed file is one of the licence's documents.
    assert report["licence"].pop("document") == {"key": "original", "label": "正本"}
    assert (structured["kind"], structured["licence"]) == ("structured", report["licence"])


def test_people_read_the_sentence_first(office: Elicence) -> None:
    row = record(office.home, "water-abstraction", "rsa")
    done = office("verify", file_of(office, row, "pdf"), script=True)
    assert done.code == 0
    sentence, action, *rest = done.out.splitlines()
    assert sentence.startswith("【通过 Passed】证照真实有效。")
    assert "The licence is genuine and in force." in sentence
    assert action.startswith("→ ")
    assert any(line.startswith("[通过] 数字签名") for line in rest)


def test_the_holder_is_masked_unless_full(running: ModuleType, office: Elicence) -> None:
    data = running.sample("water-abstraction-1")["data"]
    row = record(office.home, "water-abstraction", "sm2")
    name, code = data["certificateHolderName"], data["certificateHolderCode"]
    for words in ((), ("--json",)):
        masked = office("verify", file_of(office, row, "pdf"), *words)
        assert name not in masked.out
        assert code not in masked.out
        assert f"{name[0]}*" in masked.out
        full = office("verify", file_of(office, row, "pdf"), "--full", *words)
        assert name in full.out
        assert code in full.out


def test_full_gives_back_what_was_entered(running: ModuleType, office: Elicence) -> None:
    row = record(office.home, "water-abstraction", "rsa")
    licence = judged(office, 0, file_of(office, row, "pdf"), "--full")["licence"]
    data = running.sample("water-abstraction-2")["data"]
    assert {key: licence[key] for key in data} == data
    masked = judged(office, 0, file_of(office, row, "pdf"))["licence"]
    # An organisation is public, the person who represents it is not.
    assert masked["certificateHolderName"] == data["certificateHolderName"]
    person = data["legalRepresentative"]
    assert masked["legalRepresentative"] == person[0] + "*" * (len(person) - 1) != person


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_a_code_alone_is_undetermined(running: ModuleType, office: Elicence, tmp_path: Path, algorithm: str) -> None:
    row = record(office.home, "water-abstraction", algorithm)
    for text in (row["verify_url"], row["verify_url"].lower(), f"/v/{row['short_code']}", "x/V/" + row["code"]):
        report = judged(office, 2, text)
        assert (report["kind"], report["reason"]) == ("code", "HOLDER_NOT_CHECKED")
        assert report["sentence"]["zh"].startswith("代码真实，未核对是否属于此人")
        assert report["code"]["identifier"] == row["identifier"]
    data = running.sample(f"water-abstraction-{1 if algorithm == 'sm2' else 2}")["data"]
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"name": data["certificateHolderName"], "code": data["certificateHolderCode"]}))
    assert judged(office, 0, row["verify_url"], "--holder", card)["reason"] == "OK"
    other = json.dumps({"name": "王五", "code": data["certificateHolderCode"]}).encode()
    assert judged(office, 1, row["verify_url"], "--holder", "-", stdin=other)["reason"] == "HOLDER_MISMATCH"
    for wrong in (b"{}", b'{"name": 1, "code": "2"}', b"[", b'{"name": "a", "code": "b", "c": "d"}'):
        done = office("verify", row["verify_url"], "--holder", "-", stdin=wrong)
        assert done.code == 65


def picture(text: str) -> bytes:
    modules = code_modules(text)
    side = len(modules)
    image = Image.new("L", (side + 8, side + 8), 255)
    for y, line in enumerate(modules):
        for x, dark in enumerate(line):
            if dark:
                image.putpixel((x + 4, y + 4), 0)
    stream = io.BytesIO()
    image.resize((6 * (side + 8), 6 * (side + 8))).save(stream, "PNG")
    return stream.getvalue()


def test_a_picture_of_a_code(office: Elicence, tmp_path: Path) -> None:
    row = record(office.home, "pesticide-business", "rsa")
    path = tmp_path / "code.png"
    path.write_bytes(picture(row["verify_url"]))
    assert judged(office, 2, path)["reason"] == "HOLDER_NOT_CHECKED"
    path.write_bytes(picture("https://example.com/pay?to=somebody"))
    assert judged(office, 1, path)["reason"] == "FORMAT_CODE"
    assert judged(office, 1, "-", stdin=picture("WIFI:S:x;;"))["reason"] == "FORMAT_CODE"


def test_one_changed_character_in_a_code(office: Elicence) -> None:
    row = record(office.home, "special-equipment-use", "rsa")
    code = row["code"]
    for place in (0, len(code) // 2):
        other = code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1 :]
        assert judged(office, 1, f"/V/{other}")["reason"] in ("FORMAT_CODE", "SIGNATURE_INVALID", "CODE_KEY_UNKNOWN")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "FORMAT_EMPTY"), (b"GIF89a", "FORMAT_PICTURE"), (b"\x00" * 100, "FORMAT_UNKNOWN"), (b"%PDF-1.7\n", None)],
)
def test_no_licence_at_all(office: Elicence, tmp_path: Path, content: bytes, reason: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    for report in (judged(office, 1, path), judged(office, 1, "-", stdin=content)):
        assert report["reason"].startswith("FORMAT_")
        assert reason in (None, report["reason"])
        assert report["licence"] is None


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_damaged_files(office: Elicence, tmp_path: Path, algorithm: str) -> None:
    row = record(office.home, "special-equipment-use", algorithm)
    good = file_of(office, row, "pdf").read_bytes()
    for place in (len(good) // 3, len(good) - 5):
        bad = bytearray(good)
        bad[place] ^= 1
        assert judged(office, 1, "-", stdin=bytes(bad))["verdict"] == "failed"
    for length in (len(good) // 2, len(good) - 1):
        assert judged(office, 1, "-", stdin=good[:length])["reason"].startswith(("FORMAT_", "NON_", "SEAL_"))


def test_a_structured_licence_needs_its_signature(office: Elicence, tmp_path: Path) -> None:
    row = record(office.home, "pesticide-business", "sm2")
    path = tmp_path / "licence.json"
    shutil.copy(file_of(office, row, "json"), path)
    assert judged(office, 1, path)["reason"] == "SEAL_MISSING"
    other = record(office.home, "pesticide-business", "rsa")
    shutil.copy(file_of(office, other, "json.p7s"), f"{path}.p7s")
    assert judged(office, 1, path)["verdict"] == "failed"
    shutil.copy(file_of(office, row, "json.p7s"), f"{path}.p7s")
    assert judged(office, 0, path)["reason"] == "OK"


def test_a_huge_file_is_not_read_whole(office: Elicence, tmp_path: Path) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200 * 1024 * 1024)

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (180 * 1024 * 1024, 180 * 1024 * 1024))

    done = office("verify", path, "--json", child=little_memory)
    assert (done.code, done.json()["reason"]) == (2, "RESOURCE_LIMIT"), done.err


def test_an_existing_file_wins_over_a_code(office: Elicence, tmp_path: Path) -> None:
    folder = tmp_path / "V"
    folder.mkdir()
    (folder / "CODE").write_bytes(b"")
    done = office("verify", "./V/CODE", "--json", folder=tmp_path)
    assert (done.code, done.json()["reason"]) == (1, "FORMAT_EMPTY")
    done = office("verify", "./V/OTHER", "--json", folder=tmp_path)
    assert (done.code, done.json()["reason"]) == (1, "FORMAT_CODE")


@pytest.mark.parametrize("argument", ["no-such-file.pdf", "ABCDEF", "", ".", "/dev/zero", "a" * 3000])
def test_what_is_neither_is_66(office: Elicence, tmp_path: Path, argument: str) -> None:
    done = office("verify", argument, "--json", folder=tmp_path)
    assert (done.code, done.json()["error"]["code"]) == (66, "INPUT_NOT_FOUND")


def test_days_are_whole_days_in_china(office: Elicence) -> None:
    row = record(office.home, "water-abstraction", "sm2")
    path = file_of(office, row, "pdf")
    last = row["valid_to"]
    assert judged(office, 0, path, "--at", last)["at"] == f"{last}T23:59:59+08:00"
    assert judged(office, 0, path, "--at", f"{last}T15:59:59Z")["at"] == f"{last}T23:59:59+08:00"
    report = judged(office, 1, path, "--at", f"{last}T16:00:00z")
    assert (report["reason"], report["authenticity"]) == ("STATUS_EXPIRED", "passed")
    assert report["sentence"]["zh"].startswith("证照真实，但")


def test_trust_comes_from_the_folder_or_the_home(running: ModuleType, office: Elicence, tmp_path: Path) -> None:
    row = record(office.home, "pesticide-business", "sm2")
    path = file_of(office, row, "pdf")
    nobody = running.Elicence(tmp_path / "none")
    assert judged(nobody, 2, path, "--offline")["reason"] == "NO_TRUST_ANCHORS"
    assert judged(nobody, 2, path, "--offline", "--trust", office.home / "trust")["reason"] == "STATUS_UNKNOWN"
    assert not nobody.home.exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert judged(office, 2, path, "--trust", empty)["reason"] == "NO_TRUST_ANCHORS"
    assert judged(office, 0, path, "--trust", office.home / "trust")["reason"] == "OK"
    stranger = running.Elicence(tmp_path / "stranger")
    assert stranger("init").code == 0
    assert judged(stranger, 2, path)["reason"] == "CERTIFICATE_UNTRUSTED"
    done = office("verify", path, "--trust", tmp_path / "nowhere", "--json")
    assert done.code == 66


def test_times_for_people_have_one_offset(office: Elicence) -> None:
    row = record(office.home, "pesticide-business", "sm2")
    said = office("verify", file_of(office, row, "pdf")).out
    assert re.search(r"existed on \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00 \(store\)", said)
    assert "+00:00" not in said


def test_revoking_changes_the_verdict(running: ModuleType, stocked: Elicence) -> None:
    row = record(stocked.home, "water-abstraction", "rsa")
    path = file_of(stocked, row, "pdf")
    words = ("revoke", row["identifier"], "--ground", "超许可取水，拒不改正", "--decision", "样水罚〔2026〕12号")
    done = stocked(*words, "--json")
    assert done.code == 0, done.out
    shown = done.json()
    assert (shown["identifier"], shown["status"]) == (row["identifier"], "revoked")
    assert (shown["ground"], shown["decision"]) == ("超许可取水，拒不改正", "样水罚〔2026〕12号")
    assert shown["effective_at"] == shown["recorded_at"]
    report = judged(stocked, 1, path)
    assert (report["reason"], report["authenticity"], report["status"]["value"]) == (
        "STATUS_REVOKED", "passed", "revoked",
    )  # fmt: skip
    assert report["sentence"]["zh"].startswith("证照真实，但")
    assert judged(stocked, 1, row["verify_url"])["reason"] == "STATUS_REVOKED"
    again = stocked(*words, "--json")
    assert (again.code, again.json()["error"]["code"]) == (65, "TRANSITION_REFUSED")
    data = running.sample("water-abstraction-2")["data"]
    held = stocked("holder", "--kind", "001", data["certificateHolderCode"], "--json").json()["licences"]
    assert [(item["status"], item["in_force"]) for item in held] == [("revoked", False)]


@pytest.mark.parametrize(
    "identifier",
    [
        "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
        "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.5", "nonsense", "",
    ],
)  # fmt: skip
def test_an_unknown_identifier_is_66(office: Elicence, identifier: str) -> None:
    done = office("revoke", identifier, "--ground", "x", "--decision", "y", "--json")
    assert done.code == 66
    assert done.json()["error"]["code"] in ("LICENCE_NOT_FOUND", "IDENTIFIER_MALFORMED", "IDENTIFIER_CHECK")


def test_grounds_are_needed(office: Elicence) -> None:
    row = record(office.home, "pesticide-business", "sm2")
    done = office("revoke", row["identifier"], "--ground", "", "--decision", "x" * 101, "--json")
    assert done.code == 65
    faults = {(field["pointer"], field["code"]) for field in done.json()["error"]["fields"]}
    assert faults == {("/ground", "REQUIRED"), ("/decision", "TOO_LONG")}


def test_the_licences_of_a_holder(running: ModuleType, office: Elicence) -> None:
    data = running.sample("water-abstraction-1")["data"]
    code = data["certificateHolderCode"]
    done = office("holder", "--kind", "111", "-", "--json", stdin=f"{code}\n".encode())
    assert done.code == 0
    row = record(office.home, "water-abstraction", "sm2")
    assert done.json() == {
        "licences": [
            {
                "identifier": row["identifier"], "number": row["number"], "type": "water-abstraction",
                "status": "issued", "valid_from": row["valid_from"], "valid_to": row["valid_to"], "in_force": True,
            }
        ]
    }  # fmt: skip
    assert office("holder", "--kind", "111", code, "--json").json() == done.json()
    spoken = office("holder", "--kind", "111", code)
    assert row["identifier"] in spoken.out
    assert "取水许可证" in spoken.out
    nobody = office("holder", "--kind", "001", "91990100MA0TERT08X", "--json")
    assert (nobody.code, nobody.json()["licences"] == []) in ((0, True), (0, False))


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        ("222", "x", "HOLDER_KIND_UNKNOWN"), ("111", "990101199001010010", "ID_NUMBER_CHECK"),
        ("111", "", "ID_NUMBER_MALFORMED"), ("001", "91990100MA0TERT080", "USCC_CHECK"),
    ],
)  # fmt: skip
def test_a_wrong_holder_code(office: Elicence, kind: str, code: str, error: str) -> None:
    done = office("holder", "--kind", kind, "--json", "-", stdin=code.encode())
    assert (done.code, done.json()["error"]["code"]) == (65, error)
    assert code == "" or code not in done.out
