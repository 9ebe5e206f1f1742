"""No second submission as approval systems, keepers and share partners meet it: over HTTP, with keys of their own."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.client_keeping import ClientKeeping
from api.home import open_home
from api.requirement_asking import MAX_PREDICATES_A_DAY
from api.share_answers import MAX_VERIFICATIONS_A_DAY, NOT_SAID
from api.wiring import Services
from licences import Act, Action, Actor
from licences.supervision import TrailEntry, TrailKind, TrailQuestion

if TYPE_CHECKING:
    from running import Elicence, Server

ITEMS = Path(__file__).parents[2] / "fixtures" / "items"
OFFICE, OFFICE_CODE = "样例县行政审批局", "1199010000000102XM"
POLICE, POLICE_CODE = "样例县公安局", "11990100000001038M"
PERSON = {"kind": "111", "code": "990101199003071237"}
NUMBER, NAME = "D990101G2026-0001", "张𬱖"
RENEWAL, BRANCH = "99900119005002", "99900120011001"
SHARE = "/share/v1/"
CLIENTS: dict[str, tuple[str, str, str, list[str] | None, list[str] | None]] = {
    "hall": ("clerk", OFFICE, OFFICE_CODE, None, None),
    "farm": ("clerk", OFFICE, OFFICE_CODE, ["pesticide-business"], None),
    "elsewhere": ("clerk", POLICE, POLICE_CODE, None, ["9902"]),
    "keeper": ("catalogue_keeper", OFFICE, OFFICE_CODE, None, None),
    "police": ("share_partner", POLICE, POLICE_CODE, ["water-abstraction", "fishing"], ["9901"]),
    "far": ("share_partner", POLICE, POLICE_CODE, None, ["9902"]),
    "own": ("share_partner", OFFICE, OFFICE_CODE, None, None),
}

Post = Callable[..., httpx2.Response]


@pytest.fixture(scope="module")
def home(running: ModuleType, full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Elicence:
    elicence: Elicence = running.copy_home(full_home, tmp_path_factory.mktemp("sharing") / "home")
    for name in ("water-renewal", "pesticide-branch"):
        done = elicence("items", "add", ITEMS / f"{name}.toml", "--json")
        assert done.code == 0, done.out + done.err
    return elicence


@pytest.fixture(scope="module")
def keys(home: Elicence) -> dict[str, str]:
    services = Services(open_home(home.home))
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    for name, (role, office, code, types, regions) in CLIENTS.items():
        grant = keeping.grant(operations=None, types=types, regions=regions)
        keeping.add(name=name, title=name, office=office, office_code=code, roles=[role], grants=(grant,))
    return {name: keeping.key(name, label="", days=9).text for name in CLIENTS}


@pytest.fixture(scope="module")
def server(running: ModuleType, home: Elicence, keys: dict[str, str]) -> Iterator[Server]:
    with running.Server(home) as opened:
        yield opened
    assert opened.code == 0, opened.log
    for secret in (PERSON["code"], NAME, *keys.values()):
        assert secret not in opened.log


@pytest.fixture(scope="module")
def post(server: Server, keys: dict[str, str]) -> Iterator[Post]:
    with httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:

        def send(by: str, path: str, body: object, method: str = "POST") -> httpx2.Response:
            return client.request(method, path, json=body, headers={"Authorization": f"Bearer {keys[by]}"})

        yield send


@pytest.fixture(scope="module")
def share(server: Server, keys: dict[str, str]) -> Iterator[Callable[..., dict[str, Any]]]:
    with httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:

        def send(by: str, call: str, data: dict[str, object], **head: object) -> dict[str, Any]:
            whole = {"head": {"accessId": by, "accessToken": keys.get(by, "elk_x")} | head, "data": data}
            answer = client.post(SHARE + call, json=whole)
            assert answer.status_code == 200, answer.text
            body: dict[str, Any] = answer.json()
            assert body.keys() == {"head", "data"}
            assert (body["data"] is not None) == (body["head"]["status"] == 0)
            return body

        yield send


def entries(home: Elicence, kind: TrailKind, client: str) -> list[TrailEntry]:
    trail = Services(open_home(home.home)).trail
    return [one.entry for one in trail.entries(TrailQuestion(kind=kind, client=client), limit=1000)]


def wish(item: str = RENEWAL, office: str = OFFICE, **changes: object) -> dict[str, object]:
    access = {
        "office": office,
        "officer": "clerk01",
        "item_name": "取水许可延续",
        "item_code": item,
        "case_number": "990101-2026-0042",
        "reason": "受理延续申请",
    }
    return {"item": item, "applicant": PERSON, "access": access} | changes


def test_what_is_here_need_not_be_submitted(home: Elicence, post: Post) -> None:
    answer = post("hall", "/api/v1/requirements/check", wish())
    assert answer.status_code == 200, answer.text
    body = answer.json()
    materials = {one["key"]: one for one in body["materials"]}
    assert body["outcome"] == "incomplete"
    assert materials["application"]["code"] == "NOT_SHAREABLE"
    licence = materials["water-licence"]["licence"]
    assert (materials["water-licence"]["state"], licence["valid_to"]) == ("satisfied", "2031-04-09")
    assert PERSON["code"] not in answer.text
    assert NAME not in answer.text

    copied = post("hall", licence["copy_offer"]["href"], {
        "cause": "受理延续申请", "requester": {"office": OFFICE, "officer": "clerk01"},
        "item": {"name": "取水许可延续", "code": RENEWAL}, "case_number": "990101-2026-0042", "made_by": "clerk01",
    })  # fmt: skip
    assert copied.status_code == 201, copied.text

    named, checked = entries(home, TrailKind.REQUIREMENTS, "hall")[-2:]
    assert (named.identifier, named.type_slug, named.region) == (licence["identifier"], "water-abstraction", "990100")
    assert checked.details["outcome"] == "incomplete"
    assert checked.purpose is not None
    assert (checked.purpose.case_number, checked.purpose.reason) == ("990101-2026-0042", "受理延续申请")
    assert named.holder_index == checked.holder_index != ""
    assert PERSON["code"] not in repr((named, checked))


def test_what_is_not_granted_is_unknown_and_never_named(post: Post) -> None:
    for by, office, code in (("farm", OFFICE, "NOT_GRANTED"), ("elsewhere", POLICE, "NONE_IN_SCOPE")):
        body = post(by, "/api/v1/requirements/check", wish(office=office)).json()
        material = body["materials"][1]
        assert (material["code"], material["licence"]) == (code, None)
        assert "1.2.156" not in json.dumps(body)


@pytest.mark.parametrize(
    ("by", "body", "status", "pointers"),
    [
        ("keeper", wish(), 403, None),
        ("police", wish(), 403, None),
        ("hall", wish("99900100000000"), 404, None),
        ("hall", wish(applicant={"kind": "111", "code": "990101199003071238"}), 422, ["/applicant/code"]),
        ("hall", wish(applicant={"kind": "777", "code": "1"}), 422, ["/applicant/kind"]),
        ("hall", {"item": RENEWAL, "applicant": PERSON}, 422, ["/access"]),
        ("hall", wish() | {"access": {"office": OFFICE}}, 422, [
            "/access/officer", "/access/item_name", "/access/item_code", "/access/case_number", "/access/reason",
        ]),
        ("hall", wish() | {"item": BRANCH}, 422, ["/access/item_code"]),
        ("elsewhere", wish(), 403, None),
        ("hall", wish(more=1), 422, [""]),
    ],
    ids=[
        "keeper", "partner", "no item", "wrong code", "wrong kind", "no access", "elements", "other item",
        "other office", "more",
    ],
)  # fmt: skip
def test_refusals(post: Post, by: str, body: dict[str, object], status: int, pointers: list[str] | None) -> None:
    answer = post(by, "/api/v1/requirements/check", body)
    assert answer.status_code == status, answer.text
    if pointers is not None:
        assert [one["pointer"] for one in answer.json()["errors"]] == pointers
    assert PERSON["code"] not in answer.text


def test_without_a_key_nothing_is_answered(server: Server) -> None:
    for path in ("/api/v1/requirements/check", "/api/v1/predicates", "/api/v1/items"):
        answer = httpx2.post(server.url + path, timeout=60, json=wish(), headers={"Authorization": "Bearer elk_none"})
        assert answer.status_code in (401, 405)
    assert (
        httpx2.get(server.url + "/api/v1/items", timeout=60, headers={"Authorization": "Bearer x"}).status_code == 401
    )


def test_predicates_are_few_also_when_many_ask_at_once(home: Elicence, post: Post) -> None:
    body = wish(predicate="small-abstraction")
    answer = post("hall", "/api/v1/predicates", body)
    assert (answer.status_code, answer.json()["answer"]) == (200, "yes"), answer.text
    assert post("hall", "/api/v1/predicates", wish(predicate="anything")).status_code == 404
    assert post("farm", "/api/v1/predicates", body).json()["answer"] == "unknown"  # the same office: it counts
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post("hall", "/api/v1/predicates", body), range(MAX_PREDICATES_A_DAY + 4)))
    codes = [one.status_code for one in answers]
    assert codes.count(200) <= MAX_PREDICATES_A_DAY - 2
    assert set(codes) == {200, 429}
    refused = next(one for one in answers if one.status_code == 429)
    assert refused.headers["retry-after"] == "3600"
    assert post("farm", "/api/v1/predicates", body).status_code == 429
    theirs = wish(office=POLICE, predicate="small-abstraction")
    assert post("elsewhere", "/api/v1/predicates", theirs).status_code == 200, "another office has a limit of its own"
    other = body | {"applicant": {"kind": "111", "code": "990101198512124566"}}
    assert post("hall", "/api/v1/predicates", other).json()["answer"] in ("yes", "no")
    recorded = entries(home, TrailKind.REQUIREMENTS, "hall")
    assert any(not one.done and one.code == "RATE_LIMITED" for one in recorded)
    assert all(one.purpose is not None for one in recorded)


def test_the_keeper_keeps_items_and_no_version_changes(home: Elicence, post: Post) -> None:
    text = (ITEMS / "food-business.toml").read_text("utf-8")
    bad = text.replace('type = "real-estate"', 'type = "castle"')
    checked = post("keeper", "/api/v1/items/checks", {"toml": bad}).json()
    assert (checked["good"], [one["code"] for one in checked["faults"]]) == (False, ["NOT_AMONG"])
    assert checked["faults"][0]["line"] == bad[: bad.index("castle")].count("\n") + 1
    refused = post("keeper", "/api/v1/items", {"toml": bad})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/toml")
    assert post("hall", "/api/v1/items", {"toml": text}).status_code == 403
    assert [post("keeper", "/api/v1/items", {"toml": text}).status_code for _ in range(2)] == [201, 200]
    other = text.replace("食品经营许可（核发）", "别的事项")
    assert post("keeper", "/api/v1/items", {"toml": other}).status_code == 409
    second = other.replace("version = 1", "version = 2")
    assert post("keeper", "/api/v1/items", {"toml": second}).status_code == 201
    listed = home("items", "list", "--json").json()
    assert {one["code"]: one["version"] for one in listed["items"]} == {RENEWAL: 1, BRANCH: 1, "99900131023000": 2}
    assert [one.details["version"] for one in entries(home, TrailKind.OPERATION, "keeper")] == ["1", "2"]
    assert [one.details["item"] for one in entries(home, TrailKind.OPERATION, "local")][:2] == [RENEWAL, BRANCH]
    assert post("police", "/api/v1/items", None, "GET").status_code == 403


def test_a_new_item_is_followed_without_a_restart(post: Post) -> None:
    text = (ITEMS / "animal-clinic.toml").read_text("utf-8")
    assert post("keeper", "/api/v1/items", {"toml": text}).status_code == 201
    answer = post("hall", "/api/v1/items/99900120021000", None, "GET")
    assert answer.status_code == 200, answer.text
    assert [one["key"] for one in answer.json()["materials"]][:2] == ["application", "business-licence"]


HELD = {"holderCode": PERSON["code"], "holderTypeCode": "111", "certTypeCode": "water-abstraction", "useCause": "核对"}
LONG = "事" * 201
BY_HOLDER: list[tuple[str, dict[str, object], int]] = [
    ("police", HELD, 0),
    ("police", HELD | {"certTypeCode": "11990000000001011Q002"}, 0),
    ("police", HELD | {"certNo": NUMBER}, 0),
    ("police", HELD | {"certNo": "D990101G2026-9999"}, 10),
    ("police", HELD | {"holderCode": "990101198512124567"}, 10),
    ("police", HELD | {"certTypeCode": "fishing"}, 10),
    ("police", HELD | {"certTypeCode": "birth-certificate"}, 100),
    ("police", HELD | {"certTypeCode": "none-such"}, 13),
    ("police", HELD | {"holderTypeCode": "005"}, 103),
    ("police", HELD | {"useCause": ""}, 12),
    ("police", HELD | {"useCause": {"certificateSystemName": "户籍系统"}}, 12),
    ("police", HELD | {"holderCode": ""}, 12),
    ("police", {key: value for key, value in HELD.items() if key != "certTypeCode"}, 12),
    ("police", HELD | {"useCause": LONG}, 102),
    ("police", HELD | {"useCause": "核\x00对"}, 102),
    ("police", HELD | {"holderCode": 7}, 102),
    ("far", HELD, 10),
    ("own", HELD, 0),
    ("hall", HELD, 100),
    ("nobody", HELD, 11),
]


@pytest.mark.parametrize(("by", "data", "status"), BY_HOLDER, ids=range(len(BY_HOLDER)))
def test_data_by_holder(share: Callable[..., dict[str, Any]], by: str, data: dict[str, object], status: int) -> None:
    answer = share(by, "queryCertInfoByHolderCode", data)
    assert answer["head"]["status"] == status
    if status == 0:
        given = answer["data"]["certData"]
        assert given["certificateNumber"] == NUMBER
        assert given["certificateHolderCode"] == PERSON["code"]
        assert given["cert_identifier"] == given["certificateIdentifier"]
        assert given["annualVolume"] == "1.85"
    else:
        assert NAME not in json.dumps(answer, ensure_ascii=False)


def test_a_key_of_another_client_does_not_do(share: Callable[..., dict[str, Any]], keys: dict[str, str]) -> None:
    for head in ({"accessToken": keys["own"]}, {"accessId": "own"}, {"accessToken": ""}, {"accessId": ""}):
        assert share("police", "queryCertInfoByHolderCode", HELD, **head)["head"]["status"] == 11


def test_what_was_shared_is_recorded_with_its_purpose(home: Elicence, share: Callable[..., dict[str, Any]]) -> None:
    cause = {"certificateSystemName": "户籍系统", "certificateCallCategory": "0", "certificateMatterName": "户口登记",
             "certificateEventCode": "99900109001000", "certificateCopyCause": "核对用水户"}  # fmt: skip
    share("police", "queryCertInfoByHolderCode", HELD | {"useCause": cause, "businessCode": "2026-9"})
    share("police", "queryCertInfoByHolderCode", HELD | {"certTypeCode": "birth-certificate"})
    shared, refused = entries(home, TrailKind.SHARE, "police")[-2:]
    assert (shared.done, shared.code, shared.type_slug, shared.region) == (True, "0", "water-abstraction", "990100")
    assert (refused.done, refused.code, refused.identifier) == (False, "100", "")
    assert shared.purpose is not None
    assert refused.purpose is not None
    assert (shared.purpose.office, shared.purpose.officer, shared.purpose.item_code, shared.purpose.case_number) == (
        POLICE, "户籍系统", "99900109001000", "2026-9",
    )  # fmt: skip
    assert shared.purpose.reason == "核对用水户"
    assert (refused.purpose.officer, refused.purpose.item_name) == ("police", NOT_SAID)
    assert shared.holder_index
    assert PERSON["code"] not in repr((shared, refused))


def test_files_are_copies_except_for_the_issuer(
    home: Elicence, share: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    identifier = share("own", "queryCertInfoByHolderCode", HELD)["data"]["certData"]["cert_identifier"]
    wanted = {"certificateIdentifier": identifier, "certificateCopyCause": "核对用水户"}
    original = share("own", "downloadFile", wanted)["data"]
    copy = share("police", "downloadFile", wanted | {"certificateCopyExpiringTime": "2099-01-01 00:00:00"})["data"]
    assert original["copySerial"] == ""
    assert copy["copySerial"].startswith("JZ")
    kinds = []
    for name, answer in (("original", original), ("copy", copy)):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(base64.b64decode(answer["content"]))
        report = home("verify", path, "--json").json()
        assert report["verdict"] == "passed"
        kinds.append(report["kind"])
    assert kinds == ["pdf", "copy"]
    assert report["copy"]["requester"] == {"office": POLICE, "officer": "police"}
    assert report["copy"]["cause"] == "核对用水户"
    own, ofd = (share(by, "downloadFile", wanted | {"fileType": "ofd"})["data"] for by in ("own", "police"))
    record = Services(open_home(home.home)).store.get(identifier)
    assert sha256(base64.b64decode(own["content"])).hexdigest() == record.files["ofd"].sha256
    assert (own["fileType"], own["copySerial"]) == ("ofd", "")
    (tmp_path / "copy.ofd").write_bytes(base64.b64decode(ofd["content"]))
    report = home("verify", tmp_path / "copy.ofd", "--json").json()
    assert (report["verdict"], report["kind"], report["copy"]["serial"]) == ("passed", "copy", ofd["copySerial"])
    given = [one.details["copy"] for one in entries(home, TrailKind.SHARE, "police")[-2:]]
    assert given == [copy["copySerial"], ofd["copySerial"]]


def test_files_that_are_not_handed_out(home: Elicence, share: Callable[..., dict[str, Any]]) -> None:
    identifier = share("own", "queryCertInfoByHolderCode", HELD)["data"]["certData"]["cert_identifier"]
    pesticide = home("holder", "--kind", "001", "91990101MA0TERT40P", "--json").json()["licences"][0]["identifier"]
    under_rsa = home("holder", "--kind", "001", "92990101MA0TERT59H", "--json").json()["licences"][0]["identifier"]
    wanted = {"certificateIdentifier": identifier, "certificateCopyCause": "核对"}
    cases: list[tuple[str, dict[str, object], int]] = [
        ("far", wanted, 10),
        ("police", wanted | {"certificateIdentifier": pesticide}, 100),
        ("police", wanted | {"certificateIdentifier": identifier[:-1] + "?"}, 10),
        ("police", wanted | {"certificateIdentifier": ""}, 12),
        ("police", wanted | {"certificateCopyCause": " "}, 12),
        ("own", wanted | {"fileType": "ofd", "certificateIdentifier": under_rsa}, 102),
        ("police", wanted | {"fileType": "xml"}, 102),
        ("police", wanted | {"certificateCopyExpiringTime": "tomorrow"}, 102),
        ("police", wanted | {"certificateCopyExpiringTime": "2020-01-01 00:00:00"}, 102),
    ]
    assert [share(by, "downloadFile", data)["head"]["status"] for by, data, _ in cases] == [one[2] for one in cases]


RIGHT = {"holder": NAME, "holderCode": PERSON["code"], "certNo": NUMBER}
VERIFIED: list[tuple[str, object, int, int | None]] = [
    ("police", RIGHT, 0, 0),
    ("police", RIGHT | {"annualVolume": "1.85", "certificateExpiringDate": "2031-04-09"}, 0, 0),
    ("police", RIGHT | {"certNo": "Ｄ９９０１０１Ｇ２０２６－０００１"}, 0, 0),
    ("police", RIGHT | {"annualVolume": "1.86"}, 0, 7),
    ("police", RIGHT | {"holder": "张三"}, 0, 7),
    ("police", RIGHT | {"holderCode": "990101198512124566"}, 0, 5),
    ("police", RIGHT | {"certNo": "D990101G2026-9999"}, 0, 5),
    ("police", {"holder": NAME, "certNo": NUMBER}, 0, 4),
    ("police", {}, 0, 6),
    ("far", RIGHT, 0, 5),
    ("police", RIGHT | {"colour": "blue"}, 102, None),
    ("police", RIGHT | {"holder": 7}, 102, None),
    ("police", [], 102, None),
    ("hall", RIGHT, 100, None),
]


@pytest.mark.parametrize(("by", "data", "status", "result"), VERIFIED, ids=range(len(VERIFIED)))
def test_verification_of_data(
    share: Callable[..., dict[str, Any]], by: str, data: object, status: int, result: int | None
) -> None:
    answer = share(by, "verifyCertInfo", {"certTypeCode": "water-abstraction", "certData": data, "useCause": "核对"})
    assert answer["head"]["status"] == status
    if result is not None:
        assert answer["data"].keys() == {"result", "message"}
        assert answer["data"]["result"] == result
    assert "1.85" not in json.dumps(answer)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"head": {}}', b'{"head": 1, "data": 1}', b"[" * 9999], ids=range(6)
)
def test_bodies_that_are_none(server: Server, body: bytes) -> None:
    for call in ("queryCertInfoByHolderCode", "downloadFile", "verifyCertInfo"):
        headers = {"Content-Type": "application/json"}
        answer = httpx2.post(server.url + SHARE + call, timeout=60, content=body, headers=headers)
        assert answer.status_code == 200
        assert answer.json()["head"]["status"] in (12, 102)


def test_a_wrong_value_is_not_found_by_trying(server: Server, keys: dict[str, str]) -> None:
    """Comes last in this file: afterwards the office has no tries left for this licence."""
    head = {"accessId": "police", "accessToken": keys["police"]}
    with httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:

        def attempt(volume: int) -> int:
            data = {"certTypeCode": "water-abstraction", "certData": RIGHT | {"annualVolume": str(volume)}}
            answer = client.post(SHARE + "verifyCertInfo", json={"head": head, "data": data | {"useCause": "核对"}})
            assert answer.status_code in (200, 429), answer.text
            return answer.status_code

        codes = [attempt(volume) for volume in range(MAX_VERIFICATIONS_A_DAY + 1)]
    assert codes[-1] == 429
    assert codes.count(200) < MAX_VERIFICATIONS_A_DAY


def test_what_ends_is_told_by_its_code(home: Elicence, share: Callable[..., dict[str, Any]]) -> None:
    document = json.loads((ITEMS.parent / "paper" / "water-abstraction-2.json").read_text("utf-8"))["data"]
    held = HELD | {
        "holderCode": document["certificateHolderCode"],
        "holderTypeCode": document["certificateHolderTypeCode"],
    }
    right = {
        "holder": document["certificateHolderName"],
        "holderCode": document["certificateHolderCode"],
        "certNo": document["certificateNumber"],
    }
    identifier = share("own", "queryCertInfoByHolderCode", held)["data"]["certData"]["cert_identifier"]

    def statuses() -> list[object]:
        file = {"certificateIdentifier": identifier, "certificateCopyCause": "核对"}
        proven = {"certTypeCode": "water-abstraction", "certData": right, "useCause": "核对"}
        calls = {"queryCertInfoByHolderCode": held, "downloadFile": file, "verifyCertInfo": proven}
        said = [share("own", call, data) for call, data in calls.items()]
        return [said[0]["head"]["status"], said[1]["head"]["status"], said[2]["data"]["result"]]

    assert statuses() == [0, 0, 0]
    registrar = Services(open_home(home.home)).registrar
    for action, expected in ((Action.SUSPEND, [23, 23, 2]), (Action.REVOKE, [21, 21, 3])):
        now = datetime.now(UTC)
        act = Act(
            action=action,
            ground="事由",
            decision="样字〔2026〕1号",
            legal_ground="penalty-9-3" if action is Action.REVOKE else "",
            actor=Actor(name="clerk01", office=OFFICE),
            effective_at=now,
            recorded_at=now,
        )
        registrar.act(identifier, act)
        assert statuses() == expected


def test_one_county_asks_another(home: Elicence, server: Server, keys: dict[str, str], fresh: Elicence) -> None:
    """Our own share service as the source of another home; when it is gone, nothing has to be submitted again."""
    settings = (fresh.home / "elicence.toml").read_text("utf-8")
    (fresh.home / "token").write_text(keys["police"])
    (fresh.home / "items").mkdir()
    shutil.copy(ITEMS / "water-renewal.toml", fresh.home / "items")

    def material(url: str) -> dict[str, Any]:
        source = (
            f'\n[licence_sources.province]\nname = "样例省电子证照库"\nurl = "{url}/share/v1"\n'
            'access_id = "police"\naccess_token_file = "token"\n'
            'types = { water-abstraction = "11990000000001011Q002" }\n'
        )
        (fresh.home / "elicence.toml").write_text(settings + source)
        app = create_app(Services(open_home(fresh.home)), public_only=False)
        with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
            answer = client.post("/api/v1/requirements/check", json=wish())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["materials"][1]
        return found

    found = material(server.url)
    assert (found["state"], found["licence"]["source"]) == ("satisfied", "样例省电子证照库"), found
    assert (found["licence"]["valid_to"], found["licence"]["copy_offer"]) == ("2031-04-09", None)
    asked = entries(home, TrailKind.SHARE, "police")[-1]
    assert asked.purpose is not None
    assert (asked.purpose.case_number, asked.purpose.officer) == ("990101-2026-0042", "clerk01")
    told = [one for one in entries(fresh, TrailKind.REQUIREMENTS, "local") if one.details["call"] == "named"]
    assert [(one.identifier, one.details["from"]) for one in told] == [("", "样例省电子证照库")]

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        down = material(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert (down["state"], down["code"]) == ("unknown", "SOURCE_DOWN")
    assert down["sources_down"] == ["样例省电子证照库"]
