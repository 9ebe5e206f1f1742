"""Receipts, refusal slips, readable answers and verification by digest, as their users meet them."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pikepdf
import pytest

if TYPE_CHECKING:
    from running import Elicence, Server

VERIFICATIONS = "/api/v1/verifications"
RECEIPT = f"{VERIFICATIONS}/receipt"
REFUSALS = "/api/v1/refusals"
CASE = {"officer": "clerk07", "case_number": "990101-2026-0042", "item_name": "农药经营许可延续", "item_code": "A1"}


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=30, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def personal(full_home: Path) -> Path:
    """Give the licence of a person."""
    for path in sorted((full_home / "issued").glob("*.json")):
        if json.loads(path.read_text("utf-8"))["holders"][0]["certificateHolderTypeCode"] == "111":
            return path.with_suffix(".pdf")
    raise AssertionError("no sample is a person's")


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, timeout=30, check=True)
    return done.stdout.decode().replace("\n", "").replace(" ", "")


def attached(pdf: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        value = json.loads(opened.attachments["report.json"].get_file().read_bytes())
    assert isinstance(value, dict)
    return value


def test_the_receipt_of_a_passed_licence(
    running: ModuleType, full_home: Path, client: httpx2.Client, personal: Path, tmp_path: Path
) -> None:
    elicence = running.Elicence(full_home)
    words = ("--receipt", tmp_path / "r.pdf", "--report", tmp_path / "r.json", "--officer", "clerk07", "--case", "C-1")
    done = elicence("verify", personal, *words, "--json")
    assert done.code == 0, done.out
    told = done.json()["receipt"]
    assert told["signature"] == str(tmp_path / "r.json.p7s")
    pdf, data = (tmp_path / "r.pdf").read_bytes(), json.loads((tmp_path / "r.json").read_bytes())
    assert attached(pdf) == data
    assert data["serial"] == told["serial"]

    holder = json.loads(personal.with_suffix(".json").read_text("utf-8"))["holders"][0]
    shown = text_of(pdf)
    licence = data["result"]["licence"]
    for what in (licence["certificateIdentifier"], "clerk07", "C-1", data["checked"]["sm3"], data["checked"]["sha256"]):
        assert what in shown
    for secret in (holder["certificateHolderName"], holder["certificateHolderCode"]):
        assert secret not in shown
        assert secret not in json.dumps(data, ensure_ascii=False)
    assert "certificateHolderCode" not in licence

    beside = {
        "file": ("r.json", (tmp_path / "r.json").read_bytes()),
        "signature": ("s", (tmp_path / "r.json.p7s").read_bytes()),
    }
    for files in ({"file": ("r.pdf", pdf)}, beside):
        report = client.post(VERIFICATIONS, files=files).json()
        assert (report["kind"], report["reason"], report["licence"]) == ("report", "REPORT_GENUINE", None)
        assert (report["recorded"]["verdict"], report["recorded"]["case_number"]) == ("passed", "C-1")
    assert elicence("verify", tmp_path / "r.json.p7s").code == 0
    assert elicence("verify", tmp_path / "r.pdf", "--original", personal).code == 0
    wrong = elicence("verify", tmp_path / "r.pdf", "--original", tmp_path / "r.json", "--json")
    assert (wrong.code, wrong.json()["reason"]) == (1, "REPORT_OTHER_SUBJECT")


def test_the_receipt_of_what_failed(client: httpx2.Client, personal: Path) -> None:
    broken = bytearray(personal.read_bytes())
    broken[-40] ^= 1
    hostile = "\u202e<b>\U0001f600\x07 & 张三"
    for content in (bytes(broken), hostile.encode()):
        answer = client.post(RECEIPT, files={"file": ("x", content)}, data={"officer": hostile})
        assert answer.status_code == 200, answer.text
        shown = text_of(answer.content)
        assert "不通过" in shown
        assert "[U+202E]" in shown
        report = client.post(VERIFICATIONS, files={"file": ("r.pdf", answer.content)}).json()
        assert (report["verdict"], report["recorded"]["verdict"]) == ("passed", "failed")
        assert "结论：不通过" in report["sentence"]["zh"]


@pytest.mark.soak
def test_the_page_is_archivable(client: httpx2.Client, personal: Path, witnesses: ModuleType, tmp_path: Path) -> None:
    files = {"file": ("x.pdf", personal.read_bytes())}
    pages = {
        "receipt": client.post(RECEIPT, files=files, data=CASE).content,
        "slip": client.post(REFUSALS, files=files, data={"reason": "other", "remark": "长" * 200}).content,
    }
    for name, content in pages.items():
        (tmp_path / name).write_bytes(content)
    for conformance in witnesses.verapdf([tmp_path / name for name in pages]).values():
        assert conformance.compliant, conformance


def test_what_the_command_line_refuses(fresh: Elicence, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    assert fresh("verify", tmp_path / "x.pdf", "--officer", "clerk07").code == 64
    long = fresh("verify", tmp_path / "x.pdf", "--receipt", tmp_path / "r.pdf", "--case", "9" * 101)
    assert long.code == 65
    nowhere = fresh("verify", tmp_path / "x.pdf", "--receipt", tmp_path / "x.pdf" / "r.pdf")
    assert nowhere.code == 73
    assert not (tmp_path / "r.pdf").exists()
    # Whoever has no seal of his own cannot vouch for what he saw.
    shutil.rmtree(fresh.home)
    assert fresh("verify", tmp_path / "x.pdf", "--receipt", tmp_path / "r.pdf").code == 78


def test_receipts_over_http(client: httpx2.Client, personal: Path) -> None:
    files = {"file": ("x.pdf", personal.read_bytes())}
    answer = client.post(RECEIPT, files=files, data=CASE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="HY')
    data = attached(answer.content)
    assert data["case"] == {"officer": "clerk07", "caseNumber": CASE["case_number"], "itemName": CASE["item_name"],
                            "itemCode": "A1"}  # fmt: skip
    judged = client.post(VERIFICATIONS, files={"file": ("r.pdf", answer.content)}).json()
    assert (judged["reason"], judged["recorded"]["serial"]) == ("REPORT_GENUINE", data["serial"])

    earlier = client.post(RECEIPT, files=files, data={"at": "2020-01-01"})
    assert attached(earlier.content)["result"]["verdict"] != "passed"
    assert attached(earlier.content)["result"]["at"].startswith("2020-01-01")


def test_a_receipt_of_a_code(client: httpx2.Client, running: ModuleType, full_home: Path, personal: Path) -> None:
    shown = client.get(f"/api/v1/licences/{personal.stem}").json()
    answer = client.post(RECEIPT, json={"code": shown["code"], "case_number": "C-7"})
    assert answer.status_code == 200, answer.text
    data = attached(answer.content)
    assert (data["checked"]["what"], data["result"]["reason"]) == ("code", "HOLDER_NOT_CHECKED")
    assert shown["code"] not in json.dumps(data)


def test_a_slip_for_who_was_refused_after_passing(client: httpx2.Client, personal: Path) -> None:
    files = {"file": ("x.pdf", personal.read_bytes())}
    answer = client.post(REFUSALS, files=files, data=CASE | {"reason": "original-for-archive"})
    assert answer.status_code == 200, answer.text
    shown = text_of(answer.content)
    for words in ("拒收回执", "需要纸质原件归档", "第716号", "第十条", "12345", CASE["case_number"]):
        assert words in shown
    assert attached(answer.content)["refusal"]["reason"] == "original-for-archive"
    report = client.post(VERIFICATIONS, files={"file": ("slip.pdf", answer.content)}).json()
    assert (report["verdict"], report["recorded"]["refusal"]["reason"]) == ("passed", "original-for-archive")
    # A slip is no licence that could be refused.
    again = client.post(REFUSALS, files={"file": ("slip.pdf", answer.content)}, data={"reason": "doubt-about-result"})
    assert (again.status_code, again.json()["code"]) == (422, "REFUSAL_NOT_NEEDED")


@pytest.mark.parametrize(
    ("path", "data", "status", "code"),
    [
        (REFUSALS, {"reason": "other"}, 400, "INPUT_MALFORMED"),
        (REFUSALS, {"reason": "law-demands-paper", "remark": "  "}, 400, "INPUT_MALFORMED"),
        (REFUSALS, {"reason": "because"}, 400, "INPUT_MALFORMED"),
        (REFUSALS, {}, 400, "INPUT_MALFORMED"),
        (REFUSALS, {"reason": "other", "remark": "x" * 201}, 400, "INPUT_MALFORMED"),
        (RECEIPT, {"case_number": "9" * 101}, 400, "INPUT_MALFORMED"),
        (RECEIPT, {"unknown": "x"}, 400, "INPUT_MALFORMED"),
        (RECEIPT, {"at": "tomorrow"}, 400, "WRONG_USE"),
    ],
    ids=["no remark", "blank remark", "unknown reason", "no reason", "long remark", "long case", "unknown field", "at"],
)
def test_what_is_refused_over_http(
    client: httpx2.Client, personal: Path, path: str, data: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(path, files={"file": ("x.pdf", personal.read_bytes())}, data=data)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_no_slip_where_nothing_passed(client: httpx2.Client) -> None:
    answer = client.post(REFUSALS, files={"file": ("x.pdf", b"%PDF-1.7")}, data={"reason": "doubt-about-result"})
    assert (answer.status_code, answer.json()["code"]) == (422, "REFUSAL_NOT_NEEDED")
    assert client.post(REFUSALS, json={"code": "x", "reason": "because"}).status_code == 422
    assert client.post(RECEIPT, files={"signature": ("x", b"x")}).status_code == 400


def test_the_readable_answer(client: httpx2.Client, personal: Path) -> None:
    files = {"file": ("x.pdf", personal.read_bytes())}
    page = client.post(VERIFICATIONS, files=files, params={"format": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "证照真实有效" in page.text
    holder = json.loads(personal.with_suffix(".json").read_text("utf-8"))["holders"][0]
    assert holder["certificateHolderCode"] not in page.text
    assert holder["certificateHolderName"] not in page.text
    accepted = client.post(VERIFICATIONS, files=files, headers={"Accept": "text/html,*/*;q=0.8"})
    assert accepted.headers["content-type"].startswith("text/html")
    assert client.post(VERIFICATIONS, files=files).headers["content-type"] == "application/json"
    hostile = {"file": ("x.txt", b"<script>alert(1)</script>")}
    assert "<script" not in client.post(VERIFICATIONS, files=hostile, params={"format": "html"}).text


def test_by_digest_alone(client: httpx2.Client, running: ModuleType, full_home: Path, personal: Path) -> None:
    elicence = running.Elicence(full_home)
    (request,) = elicence("digest", personal, "--json").json()["requests"]
    assert request["body"]["of"] == "pdf"
    answer = client.post(VERIFICATIONS, json=request["body"]).json()
    assert (answer["kind"], answer["verdict"], answer["reason"]) == ("digest", "indeterminate", "DOCUMENT_NOT_SEEN")
    assert answer["signatures"][0]["intact"]
    assert answer["licence"] is None
    (structured,) = elicence("digest", personal.with_suffix(".json"), "--json").json()["requests"]
    assert structured["body"]["of"] == "licence"
    as_file = client.post(VERIFICATIONS, json=structured["body"] | {"of": "file"}).json()
    assert as_file["reason"] == "DOCUMENT_NOT_SEEN"
    page = client.post(VERIFICATIONS, json=request["body"], params={"format": "html"})
    assert "没有看" in page.text
    for body in ({"digest": {}, "signature": "AAAA"}, {"digest": {"sm3": "00" * 32}, "signature": "not base64"}):
        assert client.post(VERIFICATIONS, json=body).json()["code"] == "INPUT_MALFORMED"
    assert client.post(VERIFICATIONS, json={"digest": {"md5": "00"}, "signature": "AAAA"}).status_code == 422


def test_a_digest_on_the_command_line(running: ModuleType, full_home: Path, personal: Path, tmp_path: Path) -> None:
    elicence, structured = running.Elicence(full_home), personal.with_suffix(".json")
    p7s = Path(f"{structured}.p7s")
    (request,) = elicence("digest", structured, "--json").json()["requests"]
    given = [word for name in ("sm3", "sha256") for word in ("--digest", f"{name}:{request['body']['digest'][name]}")]
    done = elicence("verify", *given, "--signature", p7s, "--json")
    assert (done.code, done.json()["reason"]) == (2, "DOCUMENT_NOT_SEEN")
    wrong = elicence("verify", "--digest", "sm3:" + "00" * 32, "--digest", "sha256:" + "00" * 32, "--signature", p7s)
    assert wrong.code == 1
    for words in ((), ("--digest", "sm3:00"), ("--signature", p7s), (structured, *given, "--signature", p7s)):
        assert elicence("verify", *words).code == 64, words
    assert elicence("verify", "--digest", "md5:00", "--signature", p7s).code == 65
    assert elicence("verify", *given, "--signature", p7s, "--receipt", tmp_path / "r.pdf").code == 64
    (tmp_path / "note.txt").write_text("x")
    assert elicence("digest", tmp_path / "note.txt").code == 65
    assert elicence("digest", tmp_path / "nothing").code == 66
