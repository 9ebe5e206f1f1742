"""`elicence copy`, `reliance` and `recall`, and copies over HTTP, as their users meet them."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2
import pytest

from api.copy_commands import copy_places

if TYPE_CHECKING:
    from running import Elicence

    from licences import FileKind

CASE = "990101-2026-0042"
ITEM = ("--item-name", "农药经营许可延续", "--item-code", "11990000000001011Q300", "--case", CASE)
ASKED = ("--cause", "办理延续", "--requester-office", "样例县农业农村局", "--officer", "clerk07", *ITEM)
BODY = {
    "cause": "办理延续",
    "requester": {"office": "样例县农业农村局", "officer": "clerk07"},
    "item": {"name": "农药经营许可延续", "code": "11990000000001011Q300"},
    "case_number": CASE,
    "made_by": "clerk01",
}


@pytest.mark.parametrize(
    ("out", "kinds", "places"),
    [
        ("copy.ofd", ("pdf", "json", "ofd"), ("copy.pdf", "copy.json", "copy.ofd")),
        ("copy.pdf", ("json", "ofd"), ("copy.json", "copy.ofd")),
        ("copy.ofd", ("pdf", "json"), ("copy.pdf", "copy.json")),
        ("copy", ("ofd", "p7s"), ("copy", "copy.json.p7s")),
    ],
    ids=["both", "an OFD asked for as .pdf", "a PDF asked for as .ofd", "no ending"],
)
def test_no_copy_is_named_as_the_other_form(
    out: str, kinds: tuple[FileKind, ...], places: tuple[str, ...], tmp_path: Path
) -> None:
    assert copy_places(tmp_path / out, kinds) == {
        kind: tmp_path / name for kind, name in zip(kinds, places, strict=True)
    }


def test_from_copy_to_recall(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    identifier = fresh.issue(running.sample("pesticide-business-1"))["identifier"]
    target = tmp_path / "copy.pdf"
    ofd = tmp_path / "copy.ofd"
    made = fresh("copy", "make", identifier, *ASKED, "--actor", "clerk01", "--format", "both", "--out", ofd, "--json")
    assert made.code == 0, made.out + made.err
    copy = made.json()
    assert [copy["files"][kind]["path"] for kind in ("pdf", "ofd")] == [str(target), str(ofd)]
    assert (tmp_path / "copy.json.p7s").exists()
    assert fresh("verify", ofd, "--case", CASE, "--json").json()["reason"] == "COPY_GENUINE"

    report = fresh("verify", target, "--case", CASE, "--json").json()
    assert (report["verdict"], report["kind"], report["reason"]) == ("passed", "copy", "COPY_GENUINE")
    assert report["copy"]["requester"] == {"office": "样例县农业农村局", "officer": "clerk07"}
    assert report["copy"]["serial"] == copy["serial"]
    other = fresh("verify", tmp_path / "copy.json", "--item", "other")
    assert other.code == 1
    assert "COPY_OTHER_PURPOSE" in other.out

    (listed,) = fresh("copy", "list", identifier, "--json").json()["copies"]
    (traced,) = fresh("copy", "trace", copy["serial"].lower(), "--json").json()["copies"]
    assert listed["serial"] == traced["serial"] == copy["serial"]
    assert (traced["made_by"], traced["case_number"], traced["exact"]) == ("clerk01", CASE, False)

    receipt = ("--reference", "R-1", "--requester-office", "样例市市场监督管理局", *ITEM)
    assert fresh("reliance", "add", identifier, *receipt).code == 0
    relied = fresh("reliance", "list", identifier, "--json").json()["reliances"]
    assert [one["kind"] for one in relied] == ["copy", "receipt"]

    assert fresh("revoke", identifier, "--ground", "违法经营", "--decision", "样罚〔2026〕1号").code == 0
    recalled = fresh("recall", identifier, "--out", tmp_path / "notices", "--json").json()
    assert "notices" in recalled, recalled
    told = recalled["notices"]
    assert [one["office"] for one in told] == ["样例县农业农村局", "样例市市场监督管理局"]
    assert [case["affected"] for one in told for case in one["cases"]] == [False, False]
    notice = fresh("verify", told[0]["signature"], "--json")
    assert (notice.code, notice.json()["reason"]) == (0, "SIGNED_DOCUMENT")
    assert json.loads(Path(told[0]["path"]).read_text("utf-8"))["cases"][0]["caseNumber"] == CASE


def test_what_is_refused(fresh: Elicence, tmp_path: Path) -> None:
    unknown = "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4"
    assert fresh("copy", "make", unknown, *ASKED).code == 66
    assert fresh("copy", "trace", "JZ-2222-2222-2222").code in (65, 66)
    (tmp_path / "text").write_text("nothing")
    assert fresh("copy", "trace", tmp_path / "text").code == 66
    assert fresh("recall", "--key", "sm2-seal").code == 64


def test_copies_over_http(running: ModuleType, fresh: Elicence) -> None:
    document = running.sample("water-abstraction-2")
    with (
        running.Server(fresh) as server,
        httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        made = client.post("/api/v1/licences", json={"type": document["type"], "data": document["data"]})
        identifier = made.json()["identifier"]
        copies = f"/api/v1/licences/{identifier}/copies"
        answer = client.post(copies, json=BODY | {"expires_at": "2099-12-31"})
        assert answer.status_code == 201, answer.text
        copy = answer.json()
        assert copy["expires_at"] == "2099-12-31T23:59:59+08:00"
        pdf = client.get(answer.headers["location"])
        assert pdf.headers["content-type"] == "application/pdf"
        report = client.post("/api/v1/verifications", files={"file": ("copy.pdf", pdf.content)}).json()
        assert (report["verdict"], report["kind"]) == ("passed", "copy")
        assert report["copy"]["case_number"] == CASE
        assert client.get(answer.headers["location"] + "?format=ofd").status_code == 404
        with_ofd = client.post(copies, json=BODY | {"format": "ofd"}).json()
        assert with_ofd["files"].keys() == {"pdf", "ofd", "json", "p7s"}
        ofd = client.get(with_ofd["files"]["ofd"]["path"])
        assert ofd.headers["content-type"] == "application/ofd"
        report = client.post("/api/v1/verifications", files={"file": ("copy.ofd", ofd.content)}).json()
        assert (report["verdict"], report["kind"]) == ("passed", "copy")
        refused = client.post(copies, json=BODY | {"cause": "因" * 201, "expires_at": "2020-01-01"})
        assert refused.status_code == 422
        assert {one["pointer"] for one in refused.json()["errors"]} == {"/cause", "/expiresAt"}
        assert client.post(copies.replace(".001.", ".002."), json=BODY).status_code == 404
        assert client.get("/api/v1/copies/JZ2345678923AB/file").status_code == 404
