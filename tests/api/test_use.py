"""Using licences over HTTP and on the pages: own ones, shown, authorised, linked, entrusted; and who looked."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from browser import barriers

from api.client_keeping import ClientKeeping
from api.home import open_home
from api.protection_keys import protection_of
from api.wiring import Services
from licences import Actor, HolderLink, SqlSessions
from licences.access import Grant, HolderIdentity, Role, Session, make_client, new_session_secret, session_digest
from licences.supervision import CaseAct, TrailKind, TrailQuestion, make_step

OFFICE = "样例县行政审批局"
ACCESS = {
    "office": OFFICE, "officer": "clerk07", "item_name": "取水许可延续", "item_code": "11990000000001011Q300",
    "case_number": "990101-2026-0042", "reason": "核对申请材料",
}  # fmt: skip
WISH = {
    "requester": "local",
    "item": {"name": ACCESS["item_name"], "code": ACCESS["item_code"]},
    "case_number": ACCESS["case_number"],
    "forms": ["data", "file", "copy"],
}
ZHANG = HolderIdentity(kind="111", code="990101199003071237", name="张𬱖", assurance="L3")
LI = HolderIdentity(kind="111", code="990101199001010019", name="李四", assurance="L3")
DING = HolderIdentity(kind="111", code="99010119700101001X", name="丁", assurance="L3")
WU = HolderIdentity(kind="111", code="990101199202020037", name="吴", assurance="L3")
COMPANY = ("001", "91990101MA0TERT67F")
_CONTEXT = ssl.create_default_context()
"""One for all clients: each of its own takes longer than the requests."""
LOGIN = """
[login.holders]
issuer = "https://login.example"
client_id = "elicence"
code_claim = "id_number"
assurance = ["L3"]
"""


@dataclass(frozen=True)
class Using:
    """A server, and people who have logged in."""

    services: Services
    url: str
    clients: ExitStack
    elicence: Any

    def client(self, name: str, **grant: Any) -> httpx2.Client:
        now = datetime.now(UTC)
        kept = Grant(types=None if "types" not in grant else frozenset(grant["types"]))
        client = make_client(
            name=name, title=name, office=OFFICE, office_code="1199010000000102XM", roles=[Role.ISSUER_SYSTEM],
            grants=(kept,), created_at=now,
        )  # fmt: skip
        self.services.clients.add(client)
        key = ClientKeeping(self.services, None, random=os.urandom, at=now).key(name, label="", days=1)
        return self.nobody(Authorization=f"Bearer {key.text}")

    def person(self, holder: HolderIdentity) -> httpx2.Client:
        secret = new_session_secret(os.urandom)
        home = self.services.home
        store = SqlSessions(home.database_url, protection_of(home))
        now = datetime.now(UTC)
        session = Session(
            digest=session_digest(secret), client=f"holder-{os.urandom(16).hex()}", holder=holder, opened_at=now,
            used_at=now,
        )  # fmt: skip
        store.open(session, instead_of="")
        store.close()
        headers = {"Cookie": f"elicence={secret}", "Sec-Fetch-Site": "same-origin"}
        return self.nobody(**headers)

    def nobody(self, **headers: str) -> httpx2.Client:
        return self.clients.enter_context(
            httpx2.Client(base_url=self.url, headers=headers, timeout=30, verify=_CONTEXT)
        )


@pytest.fixture(scope="module")
def using(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Using]:
    elicence = running.copy_home(full_home, tmp_path_factory.mktemp("using") / "home")
    settings = elicence.home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8") + LOGIN, "utf-8")
    with running.Server(elicence) as server, ExitStack() as clients:
        yield Using(services=Services(open_home(elicence.home)), url=server.url, clients=clients, elicence=elicence)
    assert server.code == 0, server.log


def own(person: httpx2.Client, slug: str = "water-abstraction") -> str:
    licences = person.get("/api/v1/my/licences").json()["licences"]
    (found,) = (one["identifier"] for one in licences if one["type"] == slug)
    return str(found)


def authorised(person: httpx2.Client, identifier: str, **changes: Any) -> str:
    answer = person.post(f"/api/v1/my/licences/{identifier}/authorisations", json=WISH | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def redeemed(client: httpx2.Client, code: str, form: str = "data", **access: str) -> httpx2.Response:
    return client.post("/api/v1/authorisations/redeem", json={"code": code, "form": form, "access": ACCESS | access})


def test_a_holder_sees_his_licences_and_nobody_elses(using: Using) -> None:
    zhang, li = using.person(ZHANG), using.person(LI)
    identifier = own(zhang)
    shown = zhang.get(f"/api/v1/my/licences/{identifier}").json()
    assert shown["licence"]["certificateHolderName"] == "张𬱖"
    assert shown["grounds"][0]["mode"] == "holder"
    assert li.get("/api/v1/my/licences").json() == {"licences": []}
    answers = [li.get(f"/api/v1/my/licences/{one}") for one in (identifier, identifier[:-1] + "~")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == answers[1].json()
    assert using.nobody().get("/api/v1/my/licences").status_code == 403  # here, and no holder


def test_an_authorisation_code_is_used_once_for_its_case(using: Using) -> None:
    zhang, hall = using.person(ZHANG), using.nobody()
    using.client("hall-9")
    code = authorised(zhang, own(zhang))
    refusals = [
        redeemed(hall, "A" * 26),
        redeemed(hall, code, case_number="another"),
        redeemed(hall, code, item_code="another"),
        redeemed(hall, authorised(zhang, own(zhang), requester="hall-9")),
        redeemed(hall, authorised(zhang, own(zhang), forms=["data"]), "file"),
    ]
    taken = redeemed(hall, code)
    assert taken.status_code == 200, taken.text
    assert taken.json()["licence"]["certificateHolderCode"] == ZHANG.code
    assert (taken.json()["status"], taken.json()["ground"]["mode"]) == ("issued", "holder")
    refusals.append(redeemed(hall, code))
    assert {answer.status_code for answer in refusals} == {404}
    assert len({answer.text for answer in refusals}) == 1
    assert refusals[0].json()["code"] == "AUTHORISATION_REFUSED"


def test_a_code_for_nobody_is_not_made(using: Using) -> None:
    zhang = using.person(ZHANG)
    answer = zhang.post(f"/api/v1/my/licences/{own(zhang)}/authorisations", json=WISH | {"requester": "nobody"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "CLIENT_UNKNOWN")


def test_a_client_redeems_within_its_own_office_types_and_regions(using: Using) -> None:
    zhang = using.person(ZHANG)
    hall, elsewhere = using.client("hall-2"), using.client("hall-3", types=("pesticide-business",))
    code = authorised(zhang, own(zhang), requester="hall-2")
    assert redeemed(hall, code, office="样例市人民医院").status_code == 403
    assert redeemed(elsewhere, code).status_code == 404
    assert redeemed(hall, code).status_code == 200
    assert redeemed(elsewhere, authorised(zhang, own(zhang), requester="hall-3")).status_code == 404
    refused = using.services.trail.entries(TrailQuestion(client="hall-3"), limit=10)
    assert [one.entry.details["why"] for one in refused] == ["not-bound", "not-allowed"]


def test_the_counter_takes_a_mandate_back(using: Using) -> None:
    zhang, ding = using.person(ZHANG), using.person(DING)
    number = zhang.post("/api/v1/my/mandates", json=mandate(DING)).json()["mandate"]
    listed = using.elicence("mandates", "list", "--kind", "111", "-", "--json", stdin=ZHANG.code.encode())
    assert number in [one["mandate"] for one in listed.json()["given"]]
    assert "有效 holds" in using.elicence("mandates", "list", "--kind", "111", DING.code).out
    assert using.elicence("mandates", "withdraw", number).code == 0
    assert using.elicence("mandates", "withdraw", number).code == 66
    assert number not in [one["mandate"] for one in ding.get("/api/v1/my/mandates").json()["received"]]


def test_it_hands_out_the_file_or_an_annotated_copy(using: Using) -> None:
    zhang, hall = using.person(ZHANG), using.nobody()
    for form, kind in (("file", "pdf"), ("copy", "copy")):
        answer = redeemed(hall, authorised(zhang, own(zhang)), form)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        report = hall.post("/api/v1/verifications", files={"file": answer.content}).json()
        assert (report["verdict"], report["kind"]) == ("passed", kind)
        if form == "copy":
            assert report["copy"]["case_number"] == ACCESS["case_number"]


def test_it_hands_out_an_ofd_where_there_can_be_one(using: Using) -> None:
    zhang, hall = using.person(ZHANG), using.nobody()
    asked = {"code": authorised(zhang, own(zhang)), "form": "copy", "access": ACCESS}
    copy = hall.post("/api/v1/authorisations/redeem", params={"format": "ofd"}, json=asked)
    assert (copy.status_code, copy.headers["content-type"]) == (200, "application/ofd"), copy.text
    assert copy.headers["content-disposition"].endswith('.ofd"')
    report = hall.post("/api/v1/verifications", files={"file": copy.content}).json()
    assert (report["verdict"], report["copy"]["case_number"]) == ("passed", ACCESS["case_number"])
    asked |= {"code": authorised(zhang, own(zhang)), "form": "file"}
    file = hall.post("/api/v1/authorisations/redeem", params={"format": "ofd"}, json=asked)
    assert (file.status_code, file.headers["content-type"]) == (200, "application/ofd")
    asked["code"] = authorised(zhang, own(zhang))
    assert hall.post("/api/v1/authorisations/redeem", params={"format": "xml"}, json=asked).status_code == 422
    assert redeemed(hall, asked["code"], "file").headers["content-type"] == "application/pdf"


def test_an_objection_is_not_lost_with_the_session(using: Using) -> None:
    zhang, gone = using.person(ZHANG), using.nobody(**{"Sec-Fetch-Site": "same-origin", "Cookie": "elicence=over"})
    typed = {"licence": own(zhang), "statement": "不是 <我> 的取水量。", "contact": "窗口 3", "csrf": "0" * 64}
    before = zhang.get("/api/v1/my/objections").json()["objections"]
    for path in ("/my/objections", "/my/objections/again"):
        kept = gone.post(path, data=typed)
        assert kept.status_code == 401
        assert "登录已过期，异议还没有提交" in kept.text
        assert "不是 &lt;我&gt; 的取水量。" in kept.text
        assert "no-store" in kept.headers["cache-control"]
    again = zhang.post("/my/objections/again", data=typed)
    assert again.status_code == 200
    assert "不是 &lt;我&gt; 的取水量。" in again.text
    assert 'value="窗口 3"' in again.text
    # The other language is another page, without what was typed; an empty form has the way there.
    assert ("?lang=en" in again.text, "?lang=en" in zhang.get("/my/objections").text) == (False, True)
    # Where the log-in leads to sends people back, instead of showing them an empty form.
    assert 'href="/login?next=/my/objections/again"' in kept.text
    back = zhang.get("/my/objections/again")
    assert (back.status_code, "请回到写异议的那个窗口" in back.text, "<textarea" in back.text) == (200, True, False)
    # Shown, and not yet sent.
    assert zhang.get("/api/v1/my/objections").json()["objections"] == before
    # Another site has no words of its own on a page of ours.
    for stranger, code in ((using.nobody(), 401), (using.nobody(**{"Sec-Fetch-Site": "cross-site"}), 403)):
        told = stranger.post("/my/objections", data=typed)
        assert (told.status_code, "取水量" in told.text) == (code, False)


def test_no_code_is_used_up_for_an_ofd_that_cannot_be(using: Using, running: ModuleType) -> None:
    hall = using.nobody()
    document = running.changed("special-equipment-use-1", certificateNumber="梯11赣A990099(26)")
    made = using.elicence.issue(document, "--seal", "rsa")
    duty = {**WISH, "identifier": made["identifier"], "legal_basis": "行政许可法第三十三条", "access": ACCESS}
    for form in ("file", "copy"):
        code = hall.post("/api/v1/authorisations", json=duty).json()["code"]
        asked = {"code": code, "form": form, "access": ACCESS}
        taken = hall.post("/api/v1/authorisations/redeem", params={"format": "ofd"}, json=asked)
        assert (taken.status_code, taken.headers["content-type"]) == (200, "application/pdf"), taken.text
        assert taken.content.startswith(b"%PDF")


def test_of_many_who_redeem_at_once_one_gets_it(using: Using) -> None:
    zhang = using.person(ZHANG)
    code = authorised(zhang, own(zhang))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: redeemed(using.nobody(), code).status_code, range(4)))
    assert sorted(answers) == [200] + [404] * 3


def test_a_shown_licence_is_seen_once_by_each_verifier(using: Using) -> None:
    zhang = using.person(ZHANG)
    made = zhang.post(f"/api/v1/my/licences/{own(zhang)}/shown").json()
    assert made["renew_in"] == 30
    assert made["address"] == f"http://127.0.0.1:8000/V/S/{made['code']}"
    phone, other = using.nobody(**{"User-Agent": "one"}), using.nobody(**{"User-Agent": "two"})
    path = f"/V/S/{made['code']}"
    first, again, second = phone.get(path), phone.get(path), other.get(path.lower())
    assert [first.status_code, again.status_code, second.status_code] == [200, 410, 200]
    assert "刚刚由持证人出示" in first.text
    assert 'class="card passed"' in first.text
    assert "张*" in first.text
    assert "张𬱖" not in first.text
    record = using.services.store.get(own(zhang))
    assert record.code not in first.text  # nothing that lasts
    assert "请持证人重新出示" in again.text
    clerk = using.nobody().post("/api/v1/shown", json={"code": made["address"], "access": ACCESS})
    assert clerk.json()["report"]["verdict"] == "passed"
    assert (clerk.json()["full"], clerk.json()["licence"]["certificateHolderName"]) == (True, "张𬱖")
    assert using.nobody().post("/api/v1/shown", json={"code": made["code"]}).status_code == 410


def test_the_desk_takes_what_is_shown_and_other_doors_call_it_no_bad_code(using: Using) -> None:
    zhang, clerk = using.person(ZHANG), using.nobody()
    made = zhang.post(f"/api/v1/my/licences/{own(zhang)}/shown").json()
    for typed in (made["address"], f"/v/s/{made['code'].lower()}"):
        refused = clerk.post("/api/v1/verifications", json={"code": typed})
        assert refused.status_code == 400
        assert "出示码" in refused.json()["message"]["zh"]
    desk = []
    for _ in range(2):
        answer = clerk.post("/desk", files={"text": (None, made["address"])})
        desk.append(clerk.get(answer.headers["location"]).text if answer.has_redirect_location else answer.text)
    assert "真实" in desk[0]
    assert ">通过" in desk[0]
    assert "请持证人重新出示" in desk[1]
    entered = using.nobody(**{"User-Agent": "six"}).post("/v", data={"code": made["address"]})
    assert entered.headers["location"] == f"/v/S/{made['code']}"
    assert "刚刚由持证人出示" in using.nobody(**{"User-Agent": "six"}).get(entered.headers["location"]).text
    assert using.nobody().get("/v/S/A").status_code == 410


def test_without_a_purpose_a_verifier_sees_it_masked(using: Using) -> None:
    zhang = using.person(ZHANG)
    made = zhang.post(f"/api/v1/my/licences/{own(zhang)}/shown").json()
    seen = using.nobody().post("/api/v1/shown", json={"code": made["code"].lower()}).json()
    assert (seen["full"], seen["licence"]["certificateHolderName"]) == (False, "张*")
    assert ZHANG.code not in str(seen)


def test_a_show_code_that_nobody_made_says_nothing_about_a_licence(using: Using) -> None:
    for token in ("A" * 26, "x", "%00", "啊", "A" * 4000):
        answer = using.nobody().get(f"/v/s/{token}")
        assert answer.status_code == 410
        assert "这不表示证照无效" in answer.text


def test_the_page_of_a_shown_licence_has_no_barriers(using: Using, chromium: Any) -> None:
    zhang, ding = using.person(ZHANG), using.person(DING)
    zhang.post("/api/v1/my/mandates", json=mandate(DING))
    made = ding.post(f"/api/v1/my/licences/{own(zhang)}/shown").json()
    found: list[str] = []

    def look(page: Any) -> None:
        found.extend(barriers(page))

    for path, status in ((f"/V/S/{made['code']}", 200), (f"/V/S/{made['code']}", 410)):
        seen = chromium.view(using.url + path, act=look)
        assert seen.text.count("刚刚由受托人出示") == (status == 200)
        assert (seen.status, seen.content_width <= seen.width) == (status, True)
        assert found == []
        assert [fault for fault in seen.faults if "410" not in fault] == []


def test_what_is_shown_and_authorised_says_how_the_licence_stands(using: Using) -> None:
    company = HolderIdentity(
        kind="001", code="91990101MA0TERT835", name="样例县鑫源工业气体充装有限公司", assurance="L3"
    )
    person, hall = using.person(company), using.nobody()
    identifier = own(person, "special-equipment-use")
    code, copied = authorised(person, identifier), authorised(person, identifier)
    made = person.post(f"/api/v1/my/licences/{identifier}/shown").json()
    ended = using.elicence("revoke", identifier, "--ground", "违法使用", "--decision", "样罚〔2026〕1号")
    assert ended.code == 0, ended.err
    page = using.nobody(**{"User-Agent": "seven"}).get(f"/V/S/{made['code']}")
    assert (page.status_code, 'class="card failed"' in page.text) == (200, True)
    assert "真实，但" in page.text
    assert redeemed(hall, code).json()["state"] == "revoked"
    refused = redeemed(hall, copied, "copy")
    assert refused.status_code == 422, refused.text  # no copy of what does not count
    assert [one["in_force"] for one in person.get("/api/v1/my/licences").json()["licences"]] == [False]


def test_a_link_counts_for_one_download(using: Using) -> None:
    zhang, browser = using.person(ZHANG), using.nobody()
    identifier = own(zhang)
    copy = {"copy_for": {"cause": "贷款", "recipient": "样例银行"}}
    for wish, kind in (({}, "pdf"), ({"format": "ofd"}, "ofd"), (copy, "copy"), (copy | {"format": "ofd"}, "copy")):
        answer = zhang.post(f"/api/v1/my/licences/{identifier}/downloads", json=wish)
        assert answer.status_code == 201, answer.text
        path = answer.json()["address"].removeprefix("http://127.0.0.1:8000")
        fetched, again = browser.get(path), browser.get(path)
        assert (fetched.status_code, again.status_code) == (200, 410)
        assert "attachment" in fetched.headers["content-disposition"]
        assert fetched.headers["content-type"] == f"application/{wish.get('format', 'pdf')}"
        report = browser.post("/api/v1/verifications", files={"file": fetched.content}).json()
        assert (report["verdict"], report["kind"]) == ("passed", kind)
    assert zhang.post(f"/api/v1/my/licences/{identifier}/downloads", json={"document": "x"}).status_code == 404
    wanted = {"format": "ofd", "document": "x"}
    assert zhang.post(f"/api/v1/my/licences/{identifier}/downloads", json=wanted).status_code == 404


def mandate(agent: HolderIdentity, **changes: Any) -> dict[str, Any]:
    return {
        "agent": {"kind": agent.kind, "code": agent.code, "name": agent.name},
        "types": ["water-abstraction"], "matter": "代办取水许可延续",
        "until": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(), **changes,
    }  # fmt: skip


def test_an_agent_uses_what_was_entrusted_until_it_is_taken_back(using: Using) -> None:
    zhang, li, hall = using.person(ZHANG), using.person(LI), using.nobody()
    identifier = own(zhang)
    granted = zhang.post("/api/v1/my/mandates", json=mandate(LI, item_code=ACCESS["item_code"]))
    assert granted.status_code == 201, granted.text
    number = granted.json()["mandate"]
    assert LI.code not in granted.text
    assert own(li) == identifier
    (received,) = li.get("/api/v1/my/mandates").json()["received"]
    assert (received["mandate"], received["principal"]["name"]) == (number, "张𬱖")
    elsewhere = WISH | {"item": {"name": "x", "code": "y"}}
    other = li.post(f"/api/v1/my/licences/{identifier}/authorisations", json=elsewhere)
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "NOT_ENTRUSTED")
    used, left = authorised(li, identifier), authorised(li, identifier)
    made = li.post(f"/api/v1/my/licences/{identifier}/shown").json()
    assert redeemed(hall, used).json()["ground"]["mode"] == "agent"
    page = using.nobody(**{"User-Agent": "three"}).get(f"/v/s/{made['code']}").text
    assert "刚刚由受托人出示" in page
    assert "代办取水许可延续" in page
    assert li.post(f"/api/v1/my/mandates/{number}/withdrawal").status_code == 404
    assert zhang.post(f"/api/v1/my/mandates/{number}/withdrawal").json()["holds"] is False
    assert zhang.post(f"/api/v1/my/mandates/{number}/withdrawal").status_code == 404
    assert redeemed(hall, left).status_code == 404
    assert using.nobody(**{"User-Agent": "four"}).get(f"/v/s/{made['code']}").status_code == 410
    assert li.get("/api/v1/my/licences").json() == {"licences": []}
    assert li.get("/api/v1/my/mandates").json()["received"] == []


def test_an_agent_is_known_by_name_and_number(using: Using) -> None:
    zhang = using.person(ZHANG)
    assert zhang.post("/api/v1/my/mandates", json=mandate(DING)).status_code == 201
    namesake = HolderIdentity(kind=DING.kind, code=DING.code, name="王五", assurance="L3")
    assert using.person(namesake).get("/api/v1/my/licences").json() == {"licences": []}


def test_a_bad_mandate_is_refused_with_every_fault(using: Using) -> None:
    zhang = using.person(ZHANG)
    wish = {"agent": {"kind": "111", "code": "1", "name": "李四"}, "matter": " x", "until": "2020-01-01"}
    answer = zhang.post("/api/v1/my/mandates", json=wish)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/agent/code", "/matter", "/licences", "/until"}
    not_mine = mandate(LI, types=[], licences=["1.2.156.3005.2.X"])
    assert zhang.post("/api/v1/my/mandates", json=not_mine).json()["errors"][0]["code"] == "LICENCE_NOT_FOUND"
    stranger = mandate(LI, principal={"kind": "001", "code": COMPANY[1]})
    assert zhang.post("/api/v1/my/mandates", json=stranger).status_code == 404


def test_a_representative_uses_and_entrusts_for_the_body(using: Using) -> None:
    boss = HolderIdentity(kind="111", code="990101198505050028", name="周六", assurance="L3")
    actor = Actor(name="clerk01", office=OFFICE)
    using.services.holder_links.add(
        HolderLink(
            id="rep1", relation="representative", earlier=COMPANY, later=(boss.kind, boss.code), since=date(2020, 1, 1),
            evidence="营业执照", evidence_digest="", actor=actor, recorded_at=datetime.now(UTC),
        )
    )  # fmt: skip
    person, clerk = using.person(boss), using.person(LI)
    identifier = own(person)
    made = person.post(f"/api/v1/my/licences/{identifier}/shown").json()
    page = using.nobody(**{"User-Agent": "five"}).get(f"/v/s/{made['code']}").text
    assert "刚刚由法定代表人或负责人出示" in page
    for_body = mandate(LI, types=[], licences=[identifier], principal={"kind": "001", "code": COMPANY[1]})
    granted = person.post("/api/v1/my/mandates", json=for_body)
    assert granted.status_code == 201, granted.text
    assert identifier in [one["identifier"] for one in clerk.get("/api/v1/my/licences").json()["licences"]]
    number = granted.json()["mandate"]
    assert person.post(f"/api/v1/my/mandates/{number}/withdrawal").status_code == 200


def test_statutory_duty_needs_an_article_and_every_element(using: Using) -> None:
    zhang, hall = using.person(ZHANG), using.nobody()
    duty = {**WISH, "identifier": own(zhang), "legal_basis": "行政许可法第三十三条", "access": ACCESS}
    made = hall.post("/api/v1/authorisations", json=duty)
    assert made.status_code == 201, made.text
    taken = redeemed(hall, made.json()["code"]).json()
    assert (taken["ground"]["mode"], taken["ground"]["legal_basis"]) == ("statutory", "行政许可法第三十三条")
    assert hall.post("/api/v1/authorisations", json=duty | {"legal_basis": ""}).status_code == 422
    lacking = hall.post("/api/v1/authorisations", json=duty | {"access": {"office": OFFICE}})
    assert {one["pointer"] for one in lacking.json()["errors"]} == {
        f"/access/{name}" for name in ACCESS if name != "office"
    }
    unknown = hall.post("/api/v1/authorisations", json=duty | {"identifier": duty["identifier"][:-1] + "~"})
    assert unknown.status_code in (404, 422)
    assert zhang.post("/api/v1/authorisations", json=duty).status_code == 403


def test_a_holder_reads_who_looked(using: Using) -> None:
    zhang, hall = using.person(ZHANG), using.nobody()
    identifier = own(zhang)
    redeemed(hall, authorised(zhang, identifier), reason="复核取水量")
    accesses = zhang.get("/api/v1/my/accesses")
    newest = accesses.json()["accesses"][0]
    assert (newest["reason"], newest["kind"], newest["mode"]) == ("复核取水量", "read", "holder")
    assert (newest["identifier"], newest["by_yourself"]) == (identifier, False)
    assert "clerk07" not in accesses.text  # offices, not officers
    assert accesses.json()["accesses"][1]["by_yourself"]
    assert using.person(WU).get("/api/v1/my/accesses").json() == {"accesses": []}


def test_an_objection_becomes_a_case_that_its_holder_follows(using: Using) -> None:
    zhang, li, other = using.person(ZHANG), using.person(DING), using.person(WU)
    zhang.post("/api/v1/my/mandates", json=mandate(DING))
    wish = {"identifier": own(zhang), "statement": "取水量有误", "contact": "13900000000"}
    raised = zhang.post("/api/v1/my/objections", json=wish)
    assert raised.status_code == 201, raised.text
    number = raised.json()["number"]
    actor = Actor(name="clerk07", office=OFFICE)
    reply = make_step(act=CaseAct.UPHOLD, actor=actor, at=datetime.now(UTC), note="已更正")
    using.services.cases.step(number, reply)
    (seen,) = zhang.get("/api/v1/my/objections").json()["objections"]
    assert (seen["number"], seen["state"], seen["answers"][0]["text"]) == (number, "upheld", "已更正")
    assert "clerk07" not in str(seen)
    assert li.get("/api/v1/my/objections").json() == {"objections": []}
    assert li.post("/api/v1/my/objections", json=wish).status_code == 403  # an agent uses licences, no more
    assert other.post("/api/v1/my/objections", json=wish).status_code == 404
    assert zhang.post("/api/v1/my/objections", json=wish | {"statement": ""}).status_code == 422


def test_the_trail_says_why_a_code_was_refused(using: Using) -> None:
    zhang = using.person(ZHANG)
    code = authorised(zhang, own(zhang))
    redeemed(using.nobody(), code, case_number="another")
    found = using.services.trail.entries(TrailQuestion(kind=TrailKind.AUTHORISATION), limit=10_000)
    last = found[-1].entry
    assert (last.done, last.code, last.details["why"]) == (False, "AUTHORISATION_REFUSED", "not-bound")
    assert last.identifier == own(zhang)
    assert not re.search(r"9901011990|张𬱖", str(last))


def test_no_code_stands_in_the_database_or_the_log(using: Using) -> None:
    zhang = using.person(ZHANG)
    code = authorised(zhang, own(zhang))
    zhang.post("/api/v1/my/mandates", json=mandate(DING, matter="代办一件特别的事"))
    home: Path = using.services.home.path
    paths = [path for path in (*home.glob("*.db*"), *home.rglob("audit/**/*")) if path.is_file()]
    assert [path for path in paths if path.suffix == ".db"]
    for path in paths:
        content = path.read_bytes()
        for secret in (code.encode(), DING.code.encode(), ZHANG.code.encode(), "代办一件特别的事".encode()):
            assert secret not in content
