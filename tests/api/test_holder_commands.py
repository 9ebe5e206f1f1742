"""The holder's file from the command line and over HTTP: history and linked codes on request, nothing said in clear."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2

from api.holder_commands import RELATION_NAMES
from licences import RELATIONS

if TYPE_CHECKING:
    from running import Elicence

PASSPORT, RENEWED = "414:E12345678", "414:E87654321"
ACTOR = ("--actor", "zhang", "--office", "样例县行政审批局")
SINCE = ("--since", "2026-01-02", "--evidence", "出入境证明 样字第1号")


def test_the_words_of_the_command_are_those_of_the_table() -> None:
    assert sorted(RELATION_NAMES) == sorted(RELATIONS)


def test_a_renewed_passport_finds_what_the_old_one_had(running: ModuleType, stocked: Elicence) -> None:
    citizen = "111:" + running.sample("water-abstraction-1")["data"]["certificateHolderCode"]
    added = stocked("holder-links", "add", "passport-renewed", PASSPORT, RENEWED, *SINCE, *ACTOR, "--json")
    assert added.code == 0, added.err
    (link,) = added.json()["links"]
    assert (link["relation"], link["since"], link["withdrawn"]) == ("passport-renewed", "2026-01-02", None)
    assert "E12345678" not in added.out
    typed = f"{RENEWED}\n{citizen}\n".encode()
    assert stocked("holder-links", "add", "document-replaced", "-", "-", *SINCE, *ACTOR, stdin=typed).code == 0
    twice = stocked("holder-links", "add", "passport-renewed", PASSPORT, RENEWED, *SINCE, *ACTOR, "--json")
    assert (twice.code, twice.json()["error"]["code"]) == (65, "DUPLICATE_LINK")

    alone = stocked("holder", "--kind", "414", "E12345678", "--json").json()["licences"]
    assert alone == []
    linked = stocked("holder", "--kind", "414", "E12345678", "--linked", "--json").json()["licences"]
    assert [held["type"] for held in linked] == ["water-abstraction"]
    assert [step["relation"] for step in linked[0]["through"]] == ["passport-renewed", "document-replaced"]
    spoken = stocked("holder", "--kind", "414", "-", "--linked", stdin=b"E12345678\n")
    assert "护照换发 ← 证件换为另一种" in spoken.out
    assert citizen[4:] not in spoken.out

    listed = stocked("holder-links", "list", "-", "--json", stdin=PASSPORT.encode()).json()["links"]
    assert [one["link"] for one in listed] == [link["link"]]
    gone = stocked("holder-links", "withdraw", link["link"], "--reason", "录错", *ACTOR, "--json")
    assert gone.json()["links"][0]["withdrawn"]["reason"] == "录错"
    assert stocked("holder", "--kind", "414", "E12345678", "--linked", "--json").json()["licences"] == []
    assert "已撤回" in stocked("holder-links", "list", PASSPORT).out
    again = stocked("holder-links", "withdraw", link["link"], "--reason", "录错", *ACTOR, "--json")
    assert (again.code, again.json()["error"]["code"]) == (66, "LINK_NOT_FOUND")


def test_a_refused_link_names_every_fault_and_repeats_no_code(stocked: Elicence) -> None:
    words = ("holder-links", "add", "merged", "001:91990100MA0TERT08X", PASSPORT, "--since", "2999-01-01")
    done = stocked(*words, "--evidence", "", *ACTOR, "--json")
    assert done.code == 65
    faults = {(field["pointer"], field["code"]) for field in done.json()["error"]["fields"]}
    assert faults == {
        ("/later/kind", "LINK_KIND_NOT_ALLOWED"), ("/evidence", "REQUIRED"), ("/since", "DATE_IN_FUTURE"),
    }  # fmt: skip
    assert "E12345678" not in done.out + done.err
    for word in ("E12345678", "414"):
        slip = stocked("holder-links", "list", word)
        assert slip.code == 64
        assert "E12345678" not in slip.out + slip.err


def test_the_digest_of_the_evidence_is_kept(stocked: Elicence, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"abc")
    words = ("holder-links", "add", "merged", "099:样甲", "099:样乙", *SINCE, "--evidence-file", scan)
    (link,) = stocked(*words, *ACTOR, "--json").json()["links"]
    # FIPS 180-2 appendix B.1
    assert link["evidence_digest"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_earlier_versions_are_listed_on_request(running: ModuleType, stocked: Elicence, tmp_path: Path) -> None:
    sample = running.sample("water-abstraction-1")
    holder = ("holder", "--kind", "111", sample["data"]["certificateHolderCode"])
    (held,) = stocked(*holder, "--json").json()["licences"]
    data = tmp_path / "changed.json"
    data.write_text(json.dumps(sample["data"]), "utf-8")
    words = ("--data", data, "--ground", "变更", "--decision", "样字〔2026〕1号", "--out", tmp_path / "out")
    changed = stocked("act", held["identifier"], "change", *words, *ACTOR, "--json")
    assert changed.code == 0, changed.out
    (now,) = stocked(*holder, "--json").json()["licences"]
    assert now["identifier"] != held["identifier"]
    assert "--history" in stocked(*holder).out
    both = stocked(*holder, "--history", "--json").json()["licences"]
    assert [(one["identifier"], one["in_force"]) for one in both] == [
        (now["identifier"], True), (held["identifier"], False),
    ]  # fmt: skip


def test_the_same_over_http(running: ModuleType, stocked: Elicence) -> None:
    person = running.sample("water-abstraction-1")["data"]
    citizen = f"111:{person['certificateHolderCode']}"
    assert stocked("holder-links", "add", "document-replaced", PASSPORT, citizen, *SINCE, *ACTOR).code == 0
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        wish: dict[str, object] = {"kind": "414", "code": "E12345678", "access": running.ACCESS}
        assert client.post("/api/v1/holders/licences", json=wish).json() == {"licences": []}
        answer = client.post("/api/v1/holders/licences", json=wish | {"linked": True, "history": True})
        (held,) = answer.json()["licences"]
    assert held["number"] == person["certificateNumber"]
    assert held["through"][0]["earlier"] == {"kind": "414", "code": "*********"}
    assert person["certificateHolderCode"] not in answer.text
