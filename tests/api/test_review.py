"""Drafting, checking and sealing as people do it: from the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from running import Done, Elicence, Server

OFFICE = ("--office", "样例县行政审批局")
DRAFTS = "/api/v1/drafts"


def review(elicence: Elicence, *words: str | Path, who: str = "", document: object = None) -> Done:
    said = ("--actor", who, *OFFICE) if who else ()
    stdin = None if document is None else json.dumps(document).encode()
    return elicence("review", *words, *said, "--json", stdin=stdin)


def refused(done: Done, code: int, name: str) -> dict[str, Any]:
    assert done.code == code, done.out
    error: dict[str, Any] = done.json()["error"]
    assert error["code"] == name
    return error


def test_from_draft_to_licence(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    document = running.sample("water-abstraction-1")
    wrong = {**document, "data": document["data"] | {"certificateHolderCode": "1"}}
    drafted = review(fresh, "new", "--data", "-", who="zhang", document=wrong).json()
    draft = drafted["draft"]
    assert (drafted["state"], drafted["version"], drafted["maker"]) == ("draft", 1, "zhang")
    error = refused(review(fresh, "submit", draft, who="zhang"), 65, "FIELDS_INVALID")
    assert [field["pointer"] for field in error["fields"]] == ["/data/certificateHolderCode"]

    edited = review(fresh, "edit", draft, "--data", "-", "--digest", drafted["digest"], who="zhang", document=document)
    assert (edited.json()["version"], edited.json()["state"]) == (2, "draft")
    stale = review(fresh, "edit", draft, "--data", "-", "--digest", drafted["digest"], who="li", document=document)
    refused(stale, 75, "DRAFT_CHANGED")
    assert review(fresh, "submit", draft, who="zhang").json()["state"] == "in-review"
    refused(review(fresh, "approve", draft, "--digest", edited.json()["digest"], who="Zhang"), 65, "SAME_PERSON")
    refused(review(fresh, "seal", draft, who="wang"), 65, "DRAFT_REFUSED")
    refused(review(fresh, "return", draft, who="li"), 65, "FIELDS_INVALID")

    remarks = [{"pointer": "/data/certificateNumber", "text": "编号与登记表不符"}]
    back = review(fresh, "return", draft, "--remarks", "-", "--remark", "请核对", who="li", document=remarks)
    assert back.json()["state"] == "returned"
    shown = fresh("review", "show", draft)
    assert shown.code == 0
    assert all(word in shown.out for word in ("编号与登记表不符", "请核对", document["data"]["certificateNumber"]))

    again = review(fresh, "edit", draft, "--data", "-", who="zhang", document=document).json()
    review(fresh, "submit", draft, who="zhang")
    assert review(fresh, "approve", draft, "--digest", again["digest"], who="li").json()["checker"] == "li"
    sealed = review(fresh, "seal", draft, "--out", tmp_path / "out", who="wang")
    assert sealed.code == 0, sealed.out
    identifier = sealed.json()["identifier"]
    assert (sealed.json()["draft"], sealed.json()["replayed"]) == (draft, False)
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert fresh("verify", tmp_path / "out" / f"{identifier}.pdf").code == 0
    repeated = review(fresh, "seal", draft, who="wang").json()
    assert (repeated["identifier"], repeated["replayed"]) == (identifier, True)

    shape = review(fresh, "show", draft, "--version", "1").json()
    assert (shape["identifier"], shape["state"], shape["shown"]["data"]) == (identifier, "sealed", wrong["data"])
    assert [(event["act"], event["actor"]["name"]) for event in shape["events"]] == [
        ("create", "zhang"), ("edit", "zhang"), ("submit", "zhang"), ("return", "li"), ("edit", "zhang"),
        ("submit", "zhang"), ("approve", "li"), ("seal", "wang"),
    ]  # fmt: skip
    listed = review(fresh, "list", "--state", "sealed").json()["drafts"]
    assert [one["draft"] for one in listed] == [draft]
    database = b"".join(path.read_bytes() for path in fresh.home.glob("elicence.db*"))
    assert document["data"]["certificateHolderCode"].encode() not in database
    assert document["data"]["certificateHolderName"].encode() not in database


def test_what_is_not_there_and_what_is_over(running: ModuleType, fresh: Elicence) -> None:
    refused(review(fresh, "show", "D2"), 66, "DRAFT_NOT_FOUND")
    refused(review(fresh, "submit", "草稿", who="zhang"), 66, "DRAFT_NOT_FOUND")
    document = running.sample("pesticide-business-1")
    draft = review(fresh, "new", "--data", "-", who="zhang", document=document).json()["draft"]
    assert review(fresh, "abandon", draft, who="zhang").json()["state"] == "abandoned"
    refused(review(fresh, "edit", draft, "--data", "-", who="zhang", document=document), 65, "DRAFT_REFUSED")
    refused(review(fresh, "show", draft, "--version", "7"), 66, "DRAFT_NOT_FOUND")
    assert fresh("review", "new", "--data", "-", "--json", stdin=b"{}").code == 64


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=30, trust_env=False) as opened:
        yield opened


def who(name: str) -> dict[str, Any]:
    return {"actor": {"name": name, "office": "样例县行政审批局"}}


def test_the_same_over_http(running: ModuleType, client: httpx2.Client) -> None:
    document = running.changed("water-abstraction-1", certificateNumber="D990101G2026-7001")
    begun = client.post(DRAFTS, json=document | who("zhang"))
    assert begun.status_code == 201, begun.text
    place, digest = begun.headers["location"], begun.json()["digest"]
    assert client.put(place, json=document | who("zhang") | {"digest": "00"}).status_code == 409
    assert client.post(f"{place}/submission", json=who("zhang")).json()["state"] == "in-review"
    same = client.post(f"{place}/approval", json=who("ZHANG") | {"digest": digest})
    assert (same.status_code, same.json()["code"]) == (409, "SAME_PERSON")
    remark = {"remarks": [{"pointer": "/data/certificateNumber", "text": "请核对"}]}
    assert client.post(f"{place}/return", json=who("li") | remark).json()["state"] == "returned"
    digest = client.put(place, json=document | who("zhang")).json()["digest"]
    client.post(f"{place}/submission", json=who("zhang"))
    assert client.post(f"{place}/approval", json=who("li") | {"digest": digest}).status_code == 200
    sealed = client.post(f"{place}/sealing", json=who("wang"))
    assert sealed.status_code == 201, sealed.text
    assert client.get(sealed.headers["location"]).status_code == 200
    assert client.post(f"{place}/sealing", json=who("wang")).status_code == 200
    shown = client.get(place, params={"version": 1}).json()
    assert (shown["identifier"], shown["shown"]["data"]) == (sealed.json()["identifier"], document["data"])
    assert shown["events"][2]["remarks"] == remark["remarks"]
    assert begun.json()["draft"] in [
        one["draft"] for one in client.get(DRAFTS, params={"state": "sealed"}).json()["drafts"]
    ]
    assert client.post(f"{place}/abandonment", json=who("zhang")).status_code == 409
    assert client.get(f"{DRAFTS}/D2").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {"type": "water-abstraction", "data": {}}, 422),
        ("", {"type": "none", "data": {}, **who("zhang")}, 422),
        ("", {"type": "water-abstraction", "data": {}, **who("z\u200b")}, 422),
        ("/D2/approval", who("li"), 422),
        ("/D2/return", who("li"), 422),
        ("/D2/submission", who("li"), 404),
    ],
    ids=["nobody", "no type", "invisible", "no digest", "no remarks", "no draft"],
)
def test_requests_that_are_refused(client: httpx2.Client, path: str, body: dict[str, Any], status: int) -> None:
    answer = client.post(f"{DRAFTS}{path}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
