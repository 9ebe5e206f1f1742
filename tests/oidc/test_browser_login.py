"""People log in with a real provider, a real browser and a real server; what the server logs names nobody."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Chromium, barriers, follow
from identity_provider import IdentityProvider, reserved_port, web_client
from playwright.sync_api import Page
from tied_home import ACCOUNTS, CITIZEN, ES256, Server, set_up


@pytest.fixture(scope="module")
def url(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = reserved_port()
    back = f"http://127.0.0.1:{port}/login/callback"
    clients = [
        web_client("licences-of-holders", back), web_client("licences-of-staff", back, secret=False, **ES256)
    ]  # fmt: skip
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(empty_home, home)
    with IdentityProvider(clients=clients, accounts=ACCOUNTS) as provider:
        set_up(home, issuer=provider.issuer, public=f"http://127.0.0.1:{port}")
        with Server(home, port) as server:
            yield server.url
        assert (server.code, server.log.count("/login/callback") >= 3) == (0, True), server.log
        for text in (CITIZEN, "张样例", "citizen-1", "weak-1", "code=", "state="):
            assert text not in server.log, text


def at_provider(page: Page, account: str, answer: str = "登录") -> None:
    page.fill("input[name=account]", account)
    page.click(f"button:has-text('{answer}')")


def test_a_holder_logs_in_and_out(chromium: Chromium, url: str) -> None:
    def act(page: Page) -> None:
        assert page.url.startswith("http://localhost:"), page.url
        at_provider(page, "citizen-1")
        page.wait_for_url(f"{url}/logout")
        assert barriers(page) == ()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies(url)}
        assert (cookies["elicence"]["httpOnly"], cookies["elicence"]["sameSite"]) == (True, "Lax")
        assert "document.cookie" not in page.content()
        assert page.evaluate("document.cookie") == ""
        page.click("main button")
        page.wait_for_url(f"{url}/logout/holder")
        assert barriers(page) == ()
        assert "elicence" not in {cookie["name"] for cookie in page.context.cookies(url)}

    view = chromium.view(f"{url}/login/holder?next=/logout", act=act)
    assert "您已退出本系统" in view.text
    assert "/session/end?client_id=licences-of-holders" in view.html
    assert (view.faults, view.content_width <= view.width) == ((), True)


def test_staff_log_in(chromium: Chromium, url: str) -> None:
    def act(page: Page) -> None:
        assert barriers(page) == ()
        follow(page, "text=我是工作人员")
        at_provider(page, "reviewer-1")
        page.wait_for_url(f"{url}/logout")

    view = chromium.view(f"{url}/login?next=/logout", act=act, width=1280)
    assert (view.status, view.faults) == (200, ())
    assert "退出登录" in view.text


def test_a_session_that_ends_at_the_desk(chromium: Chromium, url: str) -> None:
    asked: list[str] = []

    def check(page: Page) -> None:
        page.fill("#code", "2345 6789 ABCD")
        page.keyboard.press("Enter")

    def act(page: Page) -> None:
        at_provider(page, "reviewer-1")
        page.wait_for_url(f"{url}/desk")
        check(page)
        page.wait_for_selector("#done a")
        page.context.clear_cookies(name="elicence")
        check(page)
        page.wait_for_selector("#result a[href^='/login']")
        asked.append(page.inner_text("#announce"))
        assert barriers(page) == ()
        # What is on the list is opened again after the provider, who still knows the person, was asked.
        page.click("#done a")
        page.wait_for_url(f"{url}/desk/checks/*")
        assert page.locator("#verdict").is_visible()

    chromium.view(f"{url}/login/staff?next=/desk", act=act, width=1280)
    assert [said.startswith("请先登录") for said in asked] == [True]


def test_who_is_not_let_in_is_told_why(chromium: Chromium, url: str) -> None:
    def act(page: Page) -> None:
        at_provider(page, "weak-1")
        page.wait_for_url(f"{url}/login/callback*")
        assert barriers(page) == ()

    view = chromium.view(f"{url}/login/holder?next=/my", act=act)
    assert (view.status, "需要的等级：L3、L4" in view.text, "重新登录" in view.text) == (403, True, True)
    assert view.content_width <= view.width
