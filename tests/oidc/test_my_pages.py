"""A holder at the phone: a real provider, browser and server; what is shown is scanned by another program."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import Chromium, barriers, follow, sent_twice
from identity_provider import IdentityProvider, reserved_port, web_client
from playwright.sync_api import Page
from qr_codes import read_qr_code
from tied_home import ACCOUNTS, CITIZEN, OFFICE, OFFICE_CODE, Server, set_up

from api.home import open_home
from api.wiring import Services
from licences.access import make_api_key, make_client, make_grant
from verify import Outcome

ROOT = Path(__file__).parents[2]
PHONE = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server with licences of the citizen, and what the tests know about it."""

    url: str
    services: Services
    identifier: str
    clerk: str
    """API key of a clerk's system."""


@pytest.fixture(scope="module")
def place(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port = reserved_port()
    home = tmp_path_factory.mktemp("mine") / "home"
    shutil.copytree(empty_home, home)
    clients = [web_client("licences-of-holders", f"http://127.0.0.1:{port}/login/callback")]
    accounts = ACCOUNTS | {
        "nobody-1": {"acr": "L3", "claims": {"name": "孙样例", "id_type": "01", "id_number": "990101198001012343"}}
    }
    with IdentityProvider(clients=clients, accounts=accounts) as provider:
        url = f"http://127.0.0.1:{port}"
        set_up(home, issuer=provider.issuer, public=url)
        services, at = Services(open_home(home)), datetime.now(UTC)
        paper = json.loads((ROOT / "fixtures/paper/water-abstraction-1.json").read_text("utf-8"))
        issued = services.issuer_for("sm2").issue(paper["type"], paper["data"], algorithm="sm2", at=at, ofd=True)
        services.clients.add(
            make_client(
                name="hall", title="大厅系统", office=OFFICE, office_code=OFFICE_CODE, roles=["clerk"],
                grants=(make_grant(operations=None, types=None, regions=None),), created_at=at,
            )
        )  # fmt: skip
        key, proof = make_api_key("hall", label="", random=os.urandom, at=at)
        services.clients.add_proof(proof)
        with Server(home, port) as server:
            yield Place(url=server.url, services=services, identifier=issued.record.identifier, clerk=key)
        assert server.code == 0, server.log
        for text in (CITIZEN, "张样例", issued.record.identifier, "取水许可证"):
            assert text not in server.log, text


def log_in(page: Page, account: str) -> None:
    page.fill("input[name=account]", account)
    page.click("button:has-text('登录')")
    page.wait_for_url("**/my")


def headers(place: Place) -> dict[str, str]:
    return {"Authorization": f"Bearer {place.clerk}"}


ACCESS = {
    "office": OFFICE, "officer": "窗口 03", "item_name": "取水许可延续", "item_code": "990101-SL-0007",
    "case_number": "2026-000117", "reason": "核对申请材料",
}  # fmt: skip


def test_a_holder_shows_a_licence(place: Place, chromium: Chromium) -> None:
    found: list[Any] = []
    seen: dict[str, Any] = {}

    def act(page: Page) -> None:
        log_in(page, "citizen-1")
        found.append(barriers(page))
        assert "取水许可证" in page.inner_text("main")
        follow(page, "text=打开")
        found.append(barriers(page))
        for own in (CITIZEN, "1.85 万立方米/年"):
            assert own in page.inner_text("main"), own
        follow(page, "text=亮证")
        page.wait_for_selector(".symbol")
        found.append(barriers(page))
        seen["address"] = read_qr_code(page.screenshot()).text
        seen["width"] = page.evaluate("document.documentElement.scrollWidth")

    view = chromium.view(f"{place.url}/my", width=PHONE, height=900, act=act)
    assert (view.faults, seen["width"]) == ((), PHONE)
    assert found == [()] * 3
    first = httpx2.get(seen["address"], timeout=60)
    assert (first.status_code, "刚刚由持证人出示" in first.text) == (200, True)
    assert CITIZEN not in first.text
    again = httpx2.get(seen["address"], timeout=60)
    assert (again.status_code, "重新出示" in again.text) == (410, True)


def test_the_code_renews_itself(place: Place, chromium: Chromium) -> None:
    codes: list[str] = []
    over: list[tuple[bool, str]] = []
    found: list[Any] = []

    def act(page: Page) -> None:
        log_in(page, "citizen-1")
        page.clock.install()
        follow(page, "text=亮证")
        page.wait_for_selector(".symbol")
        for _ in range(2):
            codes.append(read_qr_code(page.screenshot()).text)
            with page.expect_navigation():
                page.clock.run_for(31_000)
            page.wait_for_selector(".symbol")
        # A phone that was locked: the timer rests, and whoever unlocks it shows a new code.
        page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })")
        page.clock.run_for(61_000)
        over.append((page.is_visible(".symbol"), page.inner_text("#over")))
        with page.expect_navigation():
            page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
        # As many as there may be: the last one stays, and is not shown for longer than it counts.
        page.evaluate("sessionStorage.setItem('renewed', '10')")
        follow(page, "#renew button")
        page.clock.run_for(61_000)
        over.append((page.is_visible(".symbol"), page.inner_text("#over")))
        found.append(barriers(page))
        follow(page, "#renew button")
        with page.expect_navigation():
            page.clock.run_for(31_000)

    chromium.view(f"{place.url}/my", width=PHONE, height=900, alone=True, act=act)
    assert len(set(codes)) == 2
    assert over == [(False, "已过期，请换一个新码。")] * 2
    assert found == [()]


def soon() -> str:
    return (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


def test_codes_copies_and_mandates(place: Place, chromium: Chromium) -> None:
    told: dict[str, Any] = {}

    def act(page: Page) -> None:
        log_in(page, "citizen-1")
        follow(page, "text=打开")
        with page.expect_download() as original:
            page.click("text=电子证照（OFD）")
        told["ofd"] = original.value.suggested_filename, Path(original.value.path()).read_bytes()
        follow(page, "text=生成用证码")
        page.wait_for_selector(".fault")
        assert "尚未提交" in page.inner_text("main")
        for name, text in (
            ("requester", "hall"), ("item_name", ACCESS["item_name"]), ("item_code", ACCESS["item_code"]),
            ("case_number", ACCESS["case_number"]),
        ):  # fmt: skip
            page.fill(f"#{name}", text)
        follow(page, "text=生成用证码")
        told["code"] = page.inner_text("p.code")
        follow(page, "text=返回这张证照")
        page.fill("#recipient", "样例银行")
        page.fill("#cause", "开户")
        with page.expect_download() as download:
            page.click("text=生成并下载")
        told["copy"] = Path(download.value.path()).read_bytes()
        told["address"] = download.value.url
        follow(page, "text=委托他人使用")
        told["barriers"] = barriers(page)
        page.fill("#name", "孙样例")
        page.fill("#code", "990101198001012343")
        page.fill("#matter", "代办取水许可延续")
        page.fill("#until", soon())
        follow(page, "button:has-text('委托')")
        page.wait_for_selector("button:has-text('撤回')")
        told["mandates"] = page.inner_text("main")

    view = chromium.view(f"{place.url}/my", width=PHONE, height=900, act=act)
    # The browser tells of the form that was refused, and that a download took the place of a page.
    assert [one for one in view.faults if "422" not in one and "ERR_ABORTED" not in one] == []
    assert told["barriers"] == ()
    name, ofd = told["ofd"]
    report = place.services.verifier.verify_file(ofd, at=datetime.now(UTC))
    assert (name, report.kind, report.verdict) == (f"{place.identifier}.ofd", "ofd", Outcome.PASSED)
    assert told["copy"].startswith(b"%PDF")
    assert httpx2.get(told["address"], timeout=60).status_code == 410
    assert "990101198001012343" not in told["mandates"]

    redeemed = httpx2.post(
        f"{place.url}/api/v1/authorisations/redeem", timeout=60, headers=headers(place),
        json={"code": told["code"], "form": "data", "access": ACCESS},
    )  # fmt: skip
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.json()["identifier"] == place.identifier

    def as_agent(page: Page) -> None:
        log_in(page, "nobody-1")
        assert "受托使用" in page.inner_text("main")

    chromium.view(f"{place.url}/my", width=PHONE, height=900, act=as_agent)

    def withdraw(page: Page) -> None:
        log_in(page, "citizen-1")
        page.goto(f"{place.url}/my/mandates")
        follow(page, "button:has-text('撤回')")
        page.wait_for_selector("text=已撤回")
        # Two clicks are one mandate; but who takes it back may give the very same one at once.
        typed = {"name": "李样例", "code": "990101199001010019", "matter": "代办", "until": soon()}
        for _ in range(2):
            assert sent_twice(page, "form[action='/my/mandates']", typed) == [303, 303]
            page.reload()
            assert page.locator("button:has-text('撤回')").count() == 1
            follow(page, "button:has-text('撤回')")

    chromium.view(f"{place.url}/my", width=PHONE, height=900, act=withdraw)

    def without(page: Page) -> None:
        log_in(page, "nobody-1")
        assert "没有您名下的电子证照" in page.inner_text("main")
        found = page.goto(f"{place.url}/my/licences/{place.identifier}")
        assert found is not None
        assert found.status == 404

    chromium.view(f"{place.url}/my", width=PHONE, height=900, act=without)


def test_who_looked_and_an_objection(place: Place, chromium: Chromium) -> None:
    looked = httpx2.post(
        f"{place.url}/api/v1/holders/licences", timeout=60, headers=headers(place),
        json={"kind": "111", "code": CITIZEN, "access": ACCESS},
    )  # fmt: skip
    assert looked.status_code == 200, looked.text
    told: dict[str, Any] = {}

    def act(page: Page) -> None:
        log_in(page, "citizen-1")
        follow(page, "text=谁查过")
        told["looks"], told["barriers"] = page.inner_text("main"), barriers(page)
        page.goto(f"{place.url}/my/objections?licence={place.identifier}")
        page.fill("#statement", "窗口 03 没有受理过我的申请。")
        # The session ends meanwhile: what was typed is there again after the log-in.
        page.context.clear_cookies()
        page.click("form:has(#statement) button")
        page.wait_for_selector("text=登录已过期")
        with page.expect_popup() as opened:
            page.click("text=重新登录")
        opened.value.fill("input[name=account]", "citizen-1")
        opened.value.click("button:has-text('登录')")
        opened.value.wait_for_url("**/my/objections/again")
        page.click("text=已登录，继续")
        page.wait_for_selector("text=提出异议")
        assert page.input_value("#statement") == "窗口 03 没有受理过我的申请。"
        told["sent"] = sent_twice(page, "form:has(#statement)")
        page.reload()
        page.wait_for_selector("text=答复期限")

    view = chromium.view(f"{place.url}/my", width=1280, height=900, act=act)
    assert (told["barriers"], told["sent"]) == ((), [303, 303])
    # That of the session which had ended, and no other.
    (fault,) = view.faults
    assert "401" in fault
    for text in (OFFICE, ACCESS["item_name"], ACCESS["case_number"], ACCESS["reason"]):
        assert text in told["looks"], text
    assert "窗口 03" not in told["looks"], "offices, not their officers"
    (case,) = place.services.cases.waiting()
    assert case.statement == "窗口 03 没有受理过我的申请。"


def test_without_a_session_nothing_is_done(place: Place) -> None:
    for path in ("/my", f"/my/licences/{place.identifier}", "/my/mandates", "/my/accesses", "/my/objections"):
        answer = httpx2.get(place.url + path, timeout=60, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].startswith("/login?next=")) == (303, True)
    for path in (f"/my/licences/{place.identifier}/show", "/my/mandates", "/my/objections"):
        answer = httpx2.post(place.url + path, timeout=60, data={"csrf": "0" * 64}, follow_redirects=False)
        assert answer.status_code in (401, 403), answer.status_code
