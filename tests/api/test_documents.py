"""Licences of several documents, with a photograph, or with a body written elsewhere, as users issue and check them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from licences import load_catalogue
from licences.filling import sample_data

if TYPE_CHECKING:
    from running import Elicence


def wish(slug: str) -> dict[str, Any]:
    return {"type": slug, "data": sample_data(load_catalogue().get(slug))}


def plain(pages: int = 2) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


def test_every_document_is_sealed_and_says_which_it_is(fresh: Elicence, tmp_path: Path) -> None:
    made = fresh.issue(wish("public-health"), "--out", tmp_path)
    assert sorted(made["files"]) == ["json", "p7s", "pdf", "pdf.copy"]
    for kind, label in (("pdf", "正本"), ("pdf.copy", "副本")):
        path = Path(made["files"][kind]["path"])
        assert path.name == f"{made['identifier']}.{'copy.' if kind == 'pdf.copy' else ''}pdf"
        report = fresh("verify", path, "--json").json()
        assert report["verdict"] == "passed", report
        assert report["licence"]["document"] == {
            "key": kind.removeprefix("pdf").strip(".") or "original",
            "label": label,
        }
        assert f"出示的是其中的{label}" in report["sentence"]["zh"]


def test_a_changed_byte_of_a_further_document_never_passes(fresh: Elicence, tmp_path: Path) -> None:
    made = fresh.issue(wish("public-health"), "--out", tmp_path)
    path = Path(made["files"]["pdf.copy"]["path"])
    data = path.read_bytes()
    place = data.index(b"<zz:Document>copy<")
    path.write_bytes(data.replace(b"<zz:Document>copy<", b"<zz:Document>cope<"))
    report = fresh("verify", path, "--json").json()
    assert place > 0
    assert report["verdict"] == "failed"
    assert {"DIGEST_MISMATCH", "DOCUMENT_UNLISTED"} <= {check["code"] for check in report["checks"]}


def test_a_body_is_attached_and_bound_by_its_digests(fresh: Elicence, tmp_path: Path) -> None:
    body = tmp_path / "body.pdf"
    body.write_bytes(plain())
    made = fresh.issue(wish("model-approval"), "--out", tmp_path / "out", "--body", body)
    path = Path(made["files"]["pdf"]["path"])
    report = fresh("verify", path, "--json").json()
    assert report["verdict"] == "passed"
    assert {"name": "body", "outcome": "passed", "code": "OK", "detail": ""} in report["checks"]
    with pikepdf.open(path) as pdf:
        assert pdf.attachments["body.pdf"].get_file().read_bytes() == body.read_bytes()
    structured = json.loads(Path(made["files"]["json"]["path"]).read_bytes())
    (attachment,) = structured["attachments"]
    assert (attachment["kind"], attachment["pages"], attachment["size"]) == ("body", 2, len(body.read_bytes()))
    replayed = fresh("verify", made["files"]["json"]["path"], "--json").json()
    assert replayed["verdict"] == "passed"


@pytest.mark.parametrize(
    ("slug", "body", "code"),
    [
        ("model-approval", None, "BODY_REQUIRED"),
        ("model-approval", b"%PDF-1.7 not really", "BODY_UNREADABLE"),
        ("model-permit", plain(1), "BODY_NOT_ALLOWED"),
    ],
    ids=["missing", "broken", "unwanted"],
)
def test_a_body_that_does_not_belong_is_refused(
    fresh: Elicence, tmp_path: Path, slug: str, body: bytes | None, code: str
) -> None:
    words: list[object] = []
    if body is not None:
        (tmp_path / "body.pdf").write_bytes(body)
        words = ["--body", tmp_path / "body.pdf"]
    done = fresh("issue", "--data", "-", "--json", *words, stdin=json.dumps(wish(slug)).encode())
    assert done.code == 65
    assert [(field["pointer"], field["code"]) for field in done.json()["error"]["fields"]] == [("/body", code)]
    assert fresh.files() == {}


def test_a_photograph_is_masked_unless_everything_is_asked_for(fresh: Elicence, tmp_path: Path) -> None:
    document = wish("safety-officer")
    made = fresh.issue(document, "--out", tmp_path)
    path = made["files"]["pdf"]["path"]
    masked, full = fresh("verify", path, "--json").json(), fresh("verify", path, "--json", "--full").json()
    key = next(field.key for field in load_catalogue().get("safety-officer").fields if field.type == "image")
    assert full["licence"][key] == document["data"][key]
    assert len(masked["licence"][key]) < 20
    assert base64.b64decode(full["licence"][key]).startswith(b"\x89PNG")


def test_a_type_of_the_homes_own_is_used_without_any_code(fresh: Elicence, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "licences/catalogue/model-permit.toml"
    own = tmp_path / "own.toml"
    text = shipped.read_text("utf-8").replace('slug = "model-permit"', 'slug = "own-permit"')
    code = load_catalogue().get("model-permit").code
    own.write_text(text, "utf-8")
    clash = fresh("catalogue", "check", own, "--json")
    assert clash.code == 1
    assert [fault["code"] for fault in clash.json()["faults"]] == ["SAME_NAME"]
    own.write_text(text.replace(code, f"{code[:18]}990"), "utf-8")
    assert fresh("catalogue", "check", own, "--json").json()["good"]
    assert fresh("catalogue", "show", "own-permit").code != 0
    folder = fresh.home / "catalogue"
    folder.mkdir()
    (folder / "own.toml").write_bytes(own.read_bytes())
    assert fresh("catalogue", "check", folder / "own.toml", "--json").json()["good"]
    data = sample_data(load_catalogue().get("model-permit"))
    made = fresh.issue({"type": "own-permit", "data": data}, "--out", tmp_path / "out")
    assert made["type"] == "own-permit"
    assert fresh("verify", made["files"]["pdf"]["path"], "--json").json()["verdict"] == "passed"
    drawn = fresh("catalogue", "preview", "own-permit", "--out", tmp_path / "sample.pdf", "--json").json()
    with pikepdf.open(tmp_path / "sample.pdf") as pdf:
        assert len(pdf.pages) == drawn["pages"]
    (folder / "own.toml").write_text("slug = 1\n", "utf-8")
    broken = fresh("catalogue", "list", "--json")
    assert broken.code == 78
    assert broken.json()["error"]["code"] == "CATALOGUE_BROKEN"


def test_a_licence_is_printed_onto_a_form_once(fresh: Elicence, running: ModuleType, tmp_path: Path) -> None:
    who = ("--actor", "zhang.san", "--office", "样例县行政审批局")
    made = fresh.issue(running.sample("pesticide-business-1"))
    form = ("forms", "receive", "pesticide-business", "--first", "A101", "--last", "A102", "--json")
    assert fresh(*form, *who).json()["count"] == 2
    out = tmp_path / "print.pdf"
    words = ("print", made["identifier"], "--overprint", "--form", "A101", "--out", out, "--json")
    assert fresh(*words, *who).json()["state"] == "used"
    assert fresh("verify", out).code == 1
    refused = fresh(*words, *who)
    assert (refused.code, refused.json()["error"]["code"]) == (65, "FORM_TAKEN")
    account = fresh("forms", "list", "pesticide-business", "--json").json()
    assert (account["received"], account["blank"]) == (2, 1)
    assert [(one["form"], one["state"]) for one in account["entries"]] == [("A101", "used")]
    sheet = fresh("catalogue", "calibrate", "pesticide-business", "--out", tmp_path / "sheet.pdf", "--json")
    assert sheet.code == 0


def test_a_licence_of_several_documents_is_not_issued_jointly(fresh: Elicence) -> None:
    (fresh.home / "partners").mkdir()
    (fresh.home / "partners/other.pem").write_bytes((fresh.home / "keys/rsa-seal.chain.pem").read_bytes())
    words = ("issue", "--data", "-", "--joint", "other", "--json")
    done = fresh(*words, stdin=json.dumps(wish("public-health")).encode())
    assert done.code == 65
    assert [field["code"] for field in done.json()["error"]["fields"]] == ["JOINT_ONE_DOCUMENT"]
