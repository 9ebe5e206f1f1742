"""Logging in with a real provider: what a browser does is done step by step, so that each step can go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from identity_provider import NO_TLS

from licences.access import SESSION_IDLE, SESSION_TERM
from licences.supervision import TrailKind, TrailQuestion

if TYPE_CHECKING:
    from conftest import Office
    from identity_provider import IdentityProvider

pytestmark = pytest.mark.usefixtures("patience")
PUBLIC = "https://licences.example"
CITIZEN, COMPANY = "990101199003071237", "91990101MA0TERT40P"
COOKIE = "__Host-elicence"
PERSONAL = (CITIZEN, COMPANY, "张样例", "样例公司")


def begin(browser: TestClient, audience: str, following: str = "/my/probe") -> str:
    answer = browser.get(f"/login/{audience}?next={following}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def at_provider(address: str, account: str, *, answer: str = "yes") -> str:
    """Do what a person does at the provider; returns where its last page leads, an address of ours."""
    with httpx2.Client(timeout=30, verify=NO_TLS) as client:
        page = client.get(address, follow_redirects=True)
        assert "统一身份认证" in page.text, page.text
        page = client.post(page.url, data={"account": account, "answer": answer})
        while page.is_redirect and not page.headers["location"].startswith(PUBLIC):
            page = client.get(httpx2.URL(str(page.url)).join(page.headers["location"]))
        assert page.is_redirect, page.text
        return str(page.headers["location"])


def path_of(address: str) -> str:
    return address.removeprefix(PUBLIC)


def log_in(
    browser: TestClient, account: str, audience: str = "holder", following: str = "/my/probe"
) -> httpx2.Response:
    return browser.get(path_of(at_provider(begin(browser, audience, following), account)))


def told(page: httpx2.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.text))


def entries(office: Office) -> list[dict[str, Any]]:
    found = office.services.trail.entries(TrailQuestion(kind=TrailKind.SESSION), limit=1000)
    return [
        {"client": one.entry.client, "done": one.entry.done, "code": one.entry.code, **one.entry.details}
        for one in found
    ]


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    with office.browser() as opened:
        yield opened


def test_a_citizen_logs_in_and_out(office: Office, browser: TestClient) -> None:
    asked = browser.get("/my/probe")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fmy%2Fprobe")
    asked = browser.get(asked.headers["location"])
    assert asked.headers["location"] == "/login/holder?next=%2Fmy%2Fprobe"

    done = log_in(browser, "citizen-1")
    assert (done.status_code, done.headers["location"]) == (303, "/my/probe")
    assert re.search(
        rf"{COOKIE}=[0-9a-f]{{64}}; HttpOnly; Path=/; SameSite=lax; Secure$",
        next(one for one in done.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")),
    )
    assert all("-login-" not in name for name in browser.cookies), "the attempt is over"

    seen = browser.get("/my/probe").json()
    assert seen["holder"] == ["111", CITIZEN, "张样例", "L3"]
    assert (seen["roles"], seen["operations"], seen["proof"]) == (["holder"], ["use_own", "verify"], "session")
    assert re.fullmatch(r"holder-[0-9a-f]{32}", seen["client"])

    page = browser.get("/logout")
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert csrf is not None
    kept = dict(browser.cookies)
    left = browser.post("/logout", data={"csrf": csrf[1]})
    assert (left.status_code, left.headers["location"]) == (303, "/logout/holder")
    assert COOKIE not in browser.cookies
    assert "公用电脑" in browser.get("/logout/holder").text
    # The cookie is of no use to whoever kept it.
    browser.cookies.update(kept)
    assert browser.get("/my/probe").status_code == 303

    told_of = entries(office)[-2:]
    assert [one["event"] for one in told_of] == ["login", "logout"]
    assert {one["client"] for one in told_of} == {seen["client"]}
    assert not any(text in str(told_of) for text in PERSONAL)


def test_a_company_and_a_second_login(browser: TestClient) -> None:
    log_in(browser, "company-1")
    first, before = browser.get("/my/probe").json(), dict(browser.cookies)
    assert first["holder"] == ["001", COMPANY, "样例公司", "L4"]
    log_in(browser, "company-1")
    again = browser.get("/my/probe").json()
    assert again["client"] == first["client"], "the pseudonym is of the account, not of the session"
    assert browser.cookies[COOKIE] != before[COOKIE]
    browser.cookies.clear()
    browser.cookies.update(before)
    assert browser.get("/my/probe").status_code == 303, "the first session ended with the second"


def test_staff(office: Office, browser: TestClient) -> None:
    done = log_in(browser, "reviewer-1", "staff", "/review/probe")
    assert (done.status_code, done.headers["location"]) == (303, "/review/probe")
    seen = browser.get("/review/probe").json()
    assert (seen["client"], seen["roles"], seen["holder"]) == ("reviewer-1", ["reviewer"], None)
    assert browser.get("/my/probe").status_code == 403, "a reviewer holds no licences here"

    clients = office.services.clients
    clients.change("reviewer-1", lambda client: replace(client, suspended=True))
    assert browser.get("/review/probe").status_code == 303, "suspended at once"
    clients.change("reviewer-1", lambda client: replace(client, suspended=False))
    assert browser.get("/review/probe").status_code == 200


def test_staff_whom_nobody_entered(office: Office, browser: TestClient) -> None:
    refused = log_in(browser, "stranger-1", "staff", "/review/probe")
    assert refused.status_code == 403
    assert "样例县行政审批局信息股" in told(refused)
    assert "stranger-1" in told(refused), "what the administrator needs to enter the account"
    assert COOKIE not in browser.cookies
    assert entries(office)[-1] == {
        "client": "", "done": False, "code": "STAFF_UNKNOWN", "event": "login", "audience": "staff"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("account", "code", "words"),
    [("weak-1", "ASSURANCE_TOO_LOW", "需要的等级：L3、L4"), ("odd-1", "LOGIN_REFUSED", "没有提供可用的姓名")],
)
def test_holders_who_are_not_let_in(office: Office, browser: TestClient, account: str, code: str, words: str) -> None:
    refused = log_in(browser, account)
    assert refused.status_code == 403
    assert words in told(refused)
    assert "重新登录" in told(refused)
    assert entries(office)[-1]["code"] == code
    assert COOKIE not in browser.cookies


def test_a_person_who_changes_his_mind(office: Office, browser: TestClient) -> None:
    before = len(entries(office))
    back = at_provider(begin(browser, "holder"), "citizen-1", answer="no")
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]
    refused = browser.get(path_of(back))
    assert refused.status_code == 403
    assert "您没有完成统一身份认证" in told(refused)
    assert len(entries(office)) == before, "nobody vouched for whoever it was"


def test_two_tabs(browser: TestClient) -> None:
    first, second = begin(browser, "holder", "/my/one"), begin(browser, "holder", "/my/two")
    assert browser.get(path_of(at_provider(second, "citizen-1"))).headers["location"] == "/my/two"
    assert browser.get(path_of(at_provider(first, "citizen-1"))).headers["location"] == "/my/one"


def stale(browser: TestClient, address: str) -> None:
    refused = browser.get(path_of(address))
    assert refused.status_code == 403
    assert "这次登录已失效" in told(refused)
    assert COOKIE not in browser.cookies


def test_what_the_provider_sent_is_good_once_and_here_only(office: Office, browser: TestClient) -> None:
    back = at_provider(begin(browser, "holder"), "citizen-1")
    with office.browser() as other:
        stale(other, back)  # somebody is made to log in as the attacker
        begin(other, "holder")
        stale(other, back)
    kept = dict(browser.cookies)
    stale(browser, back.replace("iss=", "iss=x"))
    browser.cookies.update(kept)
    stale(browser, re.sub(r"&?iss=[^&]*", "", back))
    browser.cookies.update(kept)
    stale(browser, re.sub(r"code=[^&]*", "code=", back))
    browser.cookies.update(kept)
    stale(browser, re.sub(r"state=(.{20})", r"state=\g<1>0", back))
    browser.cookies.update(kept)
    assert browser.get(path_of(back)).status_code == 303
    with office.browser() as thief:
        thief.cookies.update(kept)
        stale(thief, back)  # the code was redeemed


def test_attempts_that_take_too_long(office: Office, browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.oidc_login import ATTEMPT_TERM

    back = at_provider(begin(browser, "holder"), "citizen-1")
    monkeypatch.setattr("api.login_routes.datetime", moved(ATTEMPT_TERM))
    stale(browser, back)


def moved(by: timedelta) -> type[datetime]:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + by

    return Moved


@pytest.mark.parametrize(
    ("following", "leads_to"),
    [
        ("https://attacker.example", "/my"), ("//attacker.example", "/my"), ("/\\attacker.example", "/my"),
        ("/my/../../v", "/my/../../v"), ("/my?x=1", "/my"), ("/my/%0d%0aSet-Cookie:x", "/my"), ("/" + "a" * 300, "/my"),
        ("", "/my"), ("/my/probe", "/my/probe"),
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(office: Office, following: str, leads_to: str) -> None:
    from api.login_routes import HOME_PAGES
    from api.oidc_login import own_path

    path = own_path(following)
    assert (path if path != "/" else HOME_PAGES["holder"]) == leads_to


def test_sessions_end(office: Office, browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(browser, "citizen-1")
    monkeypatch.setattr("api.sessions.datetime", moved(SESSION_IDLE - timedelta(seconds=5)))
    assert browser.get("/my/probe").status_code == 200, "used in time, and noted"
    for step in range(2, 17):
        monkeypatch.setattr("api.sessions.datetime", moved((SESSION_IDLE - timedelta(seconds=5)) * step))
        left = SESSION_TERM - (SESSION_IDLE - timedelta(seconds=5)) * step
        assert browser.get("/my/probe").status_code == (200 if left > timedelta(minutes=1) else 303), step
        if left < timedelta(minutes=2):
            break
    monkeypatch.setattr("api.sessions.datetime", moved(SESSION_TERM))
    assert browser.get("/my/probe").status_code == 303


def test_a_session_that_nobody_used(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(browser, "citizen-1")
    monkeypatch.setattr("api.sessions.datetime", moved(SESSION_IDLE))
    ended = browser.get("/my/probe")
    assert ended.headers["location"].startswith("/login")
    sent = browser.post("/my/probe")
    assert (sent.status_code, "请先登录" in told(sent)) == (401, True)


def csrf_of(browser: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get("/logout").text)
    assert found is not None
    return found[1]


def test_forms_come_from_our_pages(office: Office, browser: TestClient) -> None:
    log_in(browser, "citizen-1")
    good = {"csrf": csrf_of(browser)}
    assert browser.post("/my/probe", data=good).status_code == 200
    for headers in (
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
    ):  # fmt: skip
        assert browser.post("/my/probe", data=good, headers=headers).status_code == 403, headers
    for wrong in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "令牌"}):
        assert browser.post("/my/probe", data=wrong).status_code == 403, wrong
    with office.browser() as other:
        log_in(other, "company-1")
        assert other.post("/my/probe", data=good).status_code == 403, "of another session"
    del browser.headers["Sec-Fetch-Site"]  # an old browser
    assert browser.post("/my/probe", data=good).status_code == 403
    assert browser.post("/my/probe", data=good, headers={"Origin": "https://attacker.example"}).status_code == 403
    assert browser.post("/my/probe", data=good, headers={"Origin": PUBLIC}).status_code == 200


def test_sessions_do_not_open_the_interface_for_other_sites(browser: TestClient) -> None:
    log_in(browser, "citizen-1")
    body = {"code": "nonsense"}
    assert browser.post("/api/v1/verifications", json=body).status_code == 200
    for site in ("cross-site", "same-site", "none"):
        answer = browser.post("/api/v1/verifications", json=body, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403, site


@pytest.mark.parametrize("cookie", ["", "x", "0" * 64, "0" * 5000, "令牌".encode().decode("latin-1")])
def test_cookies_that_are_none_of_ours(browser: TestClient, cookie: str) -> None:
    answer = browser.get("/my/probe", headers={"Cookie": f"{COOKIE}={cookie}".encode("latin-1")})
    assert answer.status_code == 303
    answer = browser.get("/api/v1/licences/1", headers={"Cookie": f"{COOKIE}={cookie}".encode("latin-1")})
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["", "0123456789abcdef"])
@pytest.mark.parametrize("cookie", ["", "x", "x.y", "W10=.00", ".", "令牌".encode().decode("latin-1"), "a" * 3000])
def test_attempts_that_are_none_of_ours(browser: TestClient, name: str, cookie: str) -> None:
    header = {"Cookie": f"{COOKIE}-login-{name}={cookie}".encode("latin-1")}
    answer = browser.get(f"/login/callback?state={name}&code=x", headers=header)
    assert (answer.status_code, "这次登录已失效" in told(answer)) == (403, True)


def test_the_provider_is_down(forgetful: Office, provider: IdentityProvider) -> None:
    with forgetful.browser() as browser:
        back = at_provider(begin(browser, "holder"), "citizen-1")
        provider.set_down(True)
        try:
            refused = browser.get(path_of(back))  # what it is, is still known; the code cannot be redeemed
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
            assert "统一身份认证暂时不可用" in told(refused)
            forgetful.services.__dict__.pop("identity")
            assert browser.get("/login/holder?next=/my").status_code == 503
            assert browser.get("/logout/holder").status_code == 200
        finally:
            provider.set_down(False)


def test_two_ways_in(browser: TestClient) -> None:
    page = browser.get("/login?next=/elsewhere")
    assert (page.status_code, "/login/holder?next=/elsewhere" in page.text) == (200, True)
    assert "/login/staff?next=/elsewhere" in page.text
    assert browser.get("/login/nobody").status_code == 404
    assert "Log in" in browser.get("/login?lang=en").text


def test_nothing_personal_is_kept_in_the_clear(office: Office, browser: TestClient) -> None:
    log_in(browser, "citizen-1")
    secret = browser.cookies[COOKIE].encode()
    content = b"".join(path.read_bytes() for path in office.services.home.path.rglob("*") if path.is_file())
    for text in (CITIZEN.encode(), "张样例".encode(), secret):
        assert text not in content, text
