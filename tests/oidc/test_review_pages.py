"""Maker and checker in real browsers: a draft is submitted, returned, mended, approved by the other, and sealed."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import Chromium, barriers, follow, sent_twice
from identity_provider import IdentityProvider, reserved_port, web_client
from playwright.sync_api import Page
from tied_home import ACCOUNTS, ES256, OFFICE, OFFICE_CODE, Server, set_up

from api.home import open_home
from api.wiring import Services
from licences import DraftState
from licences.access import make_client, make_grant, subject_proof

ROOT = Path(__file__).parents[2]
PAPER: dict[str, Any] = json.loads((ROOT / "fixtures/paper/pesticide-business-1.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def place(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Services]]:
    port = reserved_port()
    home = tmp_path_factory.mktemp("review") / "home"
    shutil.copytree(empty_home, home)
    back = f"http://127.0.0.1:{port}/login/callback"
    clients = [
        web_client("licences-of-holders", back),
        web_client("licences-of-staff", back, secret=False, **ES256),
    ]
    accounts = ACCOUNTS | {"maker-1": {"acr": "L2", "claims": {"name": "李样例"}}}
    with IdentityProvider(clients=clients, accounts=accounts) as provider:
        set_up(home, issuer=provider.issuer, public=f"http://127.0.0.1:{port}")
        services, at = Services(open_home(home)), datetime.now(UTC)
        services.clients.add(
            make_client(
                name="maker-1", title="起草人", office=OFFICE, office_code=OFFICE_CODE, roles=["maker", "reviewer"],
                grants=(make_grant(operations=None, types=None, regions=["9901"]),), created_at=at,
            )
        )  # fmt: skip
        services.clients.add_proof(subject_proof("maker-1", provider.issuer, "maker-1", at=at))
        with Server(home, port) as server:
            yield server.url, services
        assert server.code == 0, server.log
        for text in (PAPER["data"]["certificateHolderName"], PAPER["data"]["certificateHolderCode"]):
            assert text not in server.log


def log_in(page: Page, account: str) -> None:
    page.fill("input[name=account]", account)
    page.click("button:has-text('登录')")
    page.wait_for_url("**/review")


def fill(page: Page, data: dict[str, Any]) -> None:
    for key, value in data.items():
        box = page.locator(f"[id='{key}']")
        if isinstance(value, list):
            box.fill("\n".join(" | ".join(str(cell) for cell in row.values()) for row in value))
        elif box.evaluate("it => it.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)


def test_from_draft_to_seal(place: tuple[str, Services], chromium: Chromium) -> None:
    url, services = place
    told: dict[str, Any] = {}

    def make(page: Page) -> None:
        log_in(page, "maker-1")
        told["first"] = barriers(page)
        page.select_option("#type", "pesticide-business")
        follow(page, "text=填写")
        told["form"] = barriers(page)
        assert "样例/测试" in page.inner_text("main")
        fill(page, PAPER["data"] | {"certificateHolderCode": "91990101MA0TERT40Q"})
        follow(page, "text=送审")
        page.wait_for_selector(".fault")
        assert page.input_value("#certificateHolderName") == PAPER["data"]["certificateHolderName"], "nothing is lost"
        fill(page, {"certificateHolderCode": PAPER["data"]["certificateHolderCode"]})
        follow(page, "text=送审")
        page.wait_for_selector("text=起草人不能审核自己的草稿")
        told["draft"] = page.url
        told["shown"] = barriers(page)

    view = chromium.view(f"{url}/review", width=1280, height=900, act=make)
    assert (told["first"], told["form"], told["shown"]) == ((), (), ())
    assert [fault for fault in view.faults if "422" not in fault] == []
    (draft,) = services.drafts.drafts(None, limit=10)
    assert draft.state is DraftState.IN_REVIEW

    def send_back(page: Page) -> None:
        log_in(page, "reviewer-1")
        follow(page, ".rows a")
        page.select_option("#field", "certificateHolderName")
        page.fill("#text", "请核对名称。")
        follow(page, "button:has-text('退回')")
        page.wait_for_selector("text=请核对名称。")

    chromium.view(f"{url}/review", width=360, height=900, act=send_back)

    def mend(page: Page) -> None:
        log_in(page, "maker-1")
        page.goto(told["draft"])
        assert "请核对名称。" in page.inner_text("main")
        follow(page, "main a:has-text('修改')")
        follow(page, "text=送审")
        page.wait_for_selector("text=起草人不能审核自己的草稿")

    chromium.view(f"{url}/review", width=1280, height=900, act=mend)

    def approve(page: Page) -> None:
        log_in(page, "reviewer-1")
        page.goto(told["draft"])
        told["preview"] = page.request.get(told["draft"] + "/preview").body()
        follow(page, "text=审核通过")
        page.wait_for_selector("text=由他人办理")

    chromium.view(f"{url}/review", width=1280, height=900, act=approve)
    assert told["preview"].startswith(b"%PDF")

    def seal(page: Page) -> None:
        log_in(page, "maker-1")
        page.goto(told["draft"])
        assert sent_twice(page, "form:has-text('盖章签发')") == [303, 303]
        page.reload()
        page.wait_for_selector("text=已签发")
        told["identifier"] = page.inner_text(".number")

    chromium.view(f"{url}/review", width=1280, height=900, act=seal)
    record = services.store.get(told["identifier"])
    assert services.verifier.verify_file(services.store.file(record, "pdf"), at=datetime.now(UTC)).reason.code == "OK"


def test_others_are_sent_away(place: tuple[str, Services]) -> None:
    url, _ = place
    answer = httpx2.get(f"{url}/review", timeout=60, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Freview")
    answer = httpx2.post(f"{url}/review/save", timeout=60, data={"csrf": "0"}, follow_redirects=False)
    assert answer.status_code in (401, 403)
    assert re.search("登录|log in", answer.text)
