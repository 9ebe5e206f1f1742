"""The public pages: what they say, to whom, and how they look on a phone and at a desk."""

from __future__ import annotations

import io
import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2
import pytest
import qrcode
from PIL import Image

from api.home import open_home
from api.messages import recorded_text
from api.wiring import Services
from licences import Status

if TYPE_CHECKING:
    from browser import Chromium
    from playwright.sync_api import Page
    from running import Elicence, Server


_PLACES = itertools.count(2)
OUTSIDE = r"""(?:src|href|action)=["'](?!/[^/]|data:,|#|\?lang=)"""
"""An attribute that leads to another place than this server."""


@pytest.fixture
def client(served: Server) -> Iterator[httpx2.Client]:
    """Give a client with a loopback address of its own for each test: the pages limit each address."""
    transport = httpx2.HTTPTransport(local_address=f"127.0.1.{next(_PLACES)}")
    with httpx2.Client(base_url=served.url, timeout=30, transport=transport) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(full_home: Path) -> dict[str, dict[str, str]]:
    """Give the stored rows by number, which is kept encrypted."""
    store = Services(open_home(full_home)).store
    connection = sqlite3.connect(full_home / "elicence.db")
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM licences")]
    connection.close()
    numbers = [store.get(row["identifier"]).number for row in rows]
    return {number: row | {"number": number} for number, row in zip(numbers, rows, strict=True)}


@pytest.fixture(scope="module")
def photographs(rows: dict[str, dict[str, str]]) -> dict[str, bytes]:
    """Pictures with a licence's code, with another symbol, and with none."""
    texts = {"right": next(iter(rows.values()))["verify_url"], "foreign": "https://shop.example/pay?user=1"}
    made = {name: qrcode.make(text, box_size=4).get_image().convert("L") for name, text in texts.items()}
    found = {}
    for name, picture in (made | {"empty": Image.new("L", (200, 200), 255)}).items():
        file = io.BytesIO()
        picture.save(file, "PNG")
        found[name] = file.getvalue()
    return found


def row_of(running: ModuleType, rows: dict[str, dict[str, str]], name: str) -> dict[str, str]:
    return rows[running.sample(name)["data"]["certificateNumber"]]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_state_that_can_be_recorded_has_words() -> None:
    """Of our own store, of status lists (`ended`), and of another authority, whose word may be new to us."""
    unknown = recorded_text("unknown")
    assert all(recorded_text(word) != unknown for word in (*Status, "ended"))
    assert recorded_text("something new") == unknown


def test_the_page_of_a_person(running: ModuleType, client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    row = row_of(running, rows, "water-abstraction-1")
    person = running.sample("water-abstraction-1")["data"]
    addresses = [f"/V/{row['code']}", f"/v/{row['code'].lower()}", f"/v/{row['short_code']}"]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        text = words(answer.text)
        assert "代码真实，未核对是否属于此人" in text
        assert "The code is genuine" in text
        assert "样例/测试" in text
        assert "取水许可证" in text
        assert "样例县行政审批局" in text
        assert f"{person['certificateEffectiveDate']} 至 {person['certificateExpiringDate']}" in text
        assert person["certificateHolderName"][0] + "*" in text
        assert "127.0.0.1:8000" in text
        for hidden in ("certificateHolderName", "certificateHolderCode", "certificateNumber", "abstractionPlace"):
            assert person[hidden] not in text, hidden


def test_no_script_no_style_no_address_of_others(client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    for row in rows.values():
        for address in (f"/v/{row['code']}", f"/v/{row['code']}/print", "/v/x", "/v/x/report", "/docs", "/nothing"):
            answer = client.get(address)
            html = answer.text
            assert "<script" not in html
            assert "style=" not in html
            assert not re.search(OUTSIDE, html), address
            assert "script-src" not in answer.headers["content-security-policy"]
            assert "camera=()" in answer.headers["permissions-policy"]


def test_only_the_scanning_page_has_a_script_and_the_camera(client: httpx2.Client) -> None:
    answer = client.get("/v")
    assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/static/scan.js" defer>']
    assert not re.search(OUTSIDE, answer.text)
    assert "style=" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "//" not in policy
    assert answer.headers["permissions-policy"] == "camera=(self), microphone=(), geolocation=()"
    script = client.get("/static/scan.js").text
    assert re.findall(r"fetch\(([^,]*)", script) == ['"/v/scan"']
    assert not re.search(r"https?:|import|eval|innerHTML|localStorage|cookie", script)


def test_the_holder_check(running: ModuleType, client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    row = row_of(running, rows, "water-abstraction-1")
    person = running.sample("water-abstraction-1")["data"]
    address = f"/v/{row['code']}"
    right = {"name": person["certificateHolderName"], "number": person["certificateHolderCode"].lower()}
    passed = client.post(address, data=right)
    assert passed.status_code == 200
    assert "证照真实有效" in passed.text
    for secret in right.values():
        assert secret not in passed.text
    failed = client.post(address, data=right | {"name": "王五"})
    assert "证照真实，但不属于此人" in failed.text
    assert "王五" not in failed.text
    for empty in ({}, {"name": "", "number": ""}, {"name": "王五", "number": " "}):
        assert "未核对是否属于此人" in client.post(address, data=empty).text
    assert client.post(address, data={"name": "x" * 300, "number": "1"}).status_code == 422
    company = row_of(running, rows, "pesticide-business-1")
    data = running.sample("pesticide-business-1")["data"]
    form = {"name": data["certificateHolderName"], "number": data["certificateHolderCode"]}
    assert "证照真实有效" in client.post(f"/V/{company['short_code']}", data=form).text


@pytest.mark.parametrize(
    "code",
    [
        "x", "ABCDEFGH", "A" * 5000, "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%E8%AF%81%E7%85%A7", "a/b/c", "%00", "",
        "BCDF-GHJK-MNPQ", "..%2F..%2Fetc", "{{7*7}}", "%ff%fe",
    ],
)  # fmt: skip
def test_every_code_gets_a_page(client: httpx2.Client, code: str) -> None:
    for prefix in ("/v/", "/V/"):
        answer = client.get(prefix + code)
        assert answer.status_code == 200, answer.text
        assert "这不是电子证照的二维码" in answer.text
        assert "<script>alert" not in answer.text
        assert "49" not in words(answer.text).replace(":49", "")
        assert "核对持证主体" not in answer.text
    assert client.get(f"/v/{code}/print").status_code == 200


def test_a_forged_code_shows_nothing_of_the_licence(client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    row = next(iter(rows.values()))
    middle = len(row["code"]) // 2
    forged = row["code"][:middle] + ("A" if row["code"][middle] != "A" else "B") + row["code"][middle + 1 :]
    answer = client.get(f"/v/{forged}")
    assert answer.status_code == 200
    assert 'class="card failed"' in answer.text
    assert "证照编号" not in answer.text
    assert row["number"] not in answer.text
    assert "<svg viewBox" not in client.get(f"/v/{forged}/print").text.split("</section>")[-1]


def test_typing_the_short_code(client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    row = next(iter(rows.values()))
    code = row["short_code"]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    typed = (code, code.lower(), f"{code[:4]}-{code[4:8]}-{code[8:]}", f" {code} ", wide, row["verify_url"])
    for text in typed:
        moved = client.post("/v", data={"code": text})
        assert moved.status_code == 303
        assert "未核对是否属于此人" in client.get(moved.headers["location"]).text, text
    assert client.get("/").headers["location"] == "/v"
    assert client.post("/v", data={}).status_code == 303


def test_a_revoked_licence(running: ModuleType, stocked: Elicence) -> None:
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        pdf = next((stocked.home / "issued").glob("*.pdf"))
        made = client.get(f"/api/v1/licences/{pdf.stem}").json()
        address = f"/v/{made['code']}"
        assert "已被吊销" not in client.get(address).text
        assert stocked("revoke", pdf.stem, "--ground", "x", "--decision", "y").code == 0
        page = client.get(address).text
        assert "证照真实，但已被吊销" in page
        assert 'class="card failed"' in page
        assert "核对持证主体" not in page
        assert made["number"][-4:] in page


def test_too_many_questions(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        statuses = [client.get("/v").status_code for _ in range(140)]
        assert statuses[:100] == [200] * 100
        limited = client.get("/v/x")
        assert limited.status_code == 429
        assert "查询过于频繁" in limited.text
        assert limited.headers["content-type"].startswith("text/html")
        assert int(limited.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert client.get("/api/v1/licences/x").status_code == 404


def _contrast(view: str) -> float:
    """Contrast (WCAG 2.2, 1.4.3) of white on the colour `view`."""
    channels = [int(view[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05)


def test_colours_can_be_told_from_the_paper(client: httpx2.Client) -> None:
    css = client.get("/static/page.css").text
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", css))
    for name in ("good", "bad", "unsure", "ink", "quiet", "link"):
        assert _contrast(colours[name]) >= 5, name
    # Quiet text also stands on the ground.
    ground = _contrast(colours["ground"])
    assert _contrast(colours["quiet"]) / ground >= 4.5
    assert "http" not in css
    assert "@import" not in css
    assert "url(" not in css


def test_on_a_phone_and_at_a_desk(
    running: ModuleType, served: Server, chromium: Chromium, rows: dict[str, dict[str, str]]
) -> None:
    longest = row_of(running, rows, "pesticide-business-1")["short_code"]
    at_a_desk: list[int] = []

    def widen(page: Page) -> None:
        page.set_viewport_size({"width": 1280, "height": 740})
        at_a_desk.append(page.evaluate("document.documentElement.scrollWidth"))
        page.set_viewport_size({"width": 360, "height": 740})

    for address in ("/v", f"/v/{longest}", f"/v/{longest}/print"):
        view = chromium.view(served.url + address, width=360, act=widen)
        assert view.status == 200
        assert view.content_width <= 360, address
        assert at_a_desk.pop() <= 1280, address
        assert view.faults == ()


def test_words_carry_the_verdict_not_colour_alone(
    served: Server, chromium: Chromium, rows: dict[str, dict[str, str]]
) -> None:
    view = chromium.view(f"{served.url}/v/{next(iter(rows.values()))['short_code']}")
    assert "无法确定" in view.text.splitlines()[3:8] or "无法确定" in view.text[:200]
    assert "<svg" in view.html
    assert 'lang="zh-CN"' in view.html
    assert 'lang="en"' in view.html
    assert json.dumps(view.title, ensure_ascii=False).startswith('"无法确定')


def test_the_sheet_is_one_page(
    running: ModuleType, served: Server, chromium: Chromium, rows: dict[str, dict[str, str]]
) -> None:
    for name in ("pesticide-business-1", "special-equipment-use-2"):
        row = row_of(running, rows, name)
        pages: list[bytes] = []

        def print_it(page: Page, pages: list[bytes] = pages) -> None:
            pages.append(page.pdf(prefer_css_page_size=True))

        chromium.view(f"{served.url}/v/{row['short_code']}/print", act=print_it)
        assert len(re.findall(rb"/Type\s*/Page\b", pages[0])) == 1, row["number"]


def test_english_is_a_switch(client: httpx2.Client, rows: dict[str, dict[str, str]]) -> None:
    row = next(iter(rows.values()))
    address = f"/v/{row['short_code']}"
    chinese = client.get(address)
    assert '<html lang="zh-CN">' in chinese.text
    assert 'href="?lang=en"' in chinese.text
    assert "set-cookie" not in chinese.headers

    english = client.get(f"{address}?lang=en")
    assert '<html lang="en">' in english.text
    assert 'href="?lang=zh"' in english.text
    cookie = english.headers["set-cookie"]
    assert cookie.startswith("lang=en; ")
    assert "SameSite=lax" in cookie
    assert "HttpOnly" in cookie
    # What is Chinese on an English page says so: names, and nothing else.
    bare = re.sub(r'<(\w+)[^>]* lang="zh-CN"[^>]*>.*?</\1>', "", english.text.partition("<details>")[0])
    assert not re.search(r"[\u4e00-\u9fff]", re.sub("样例县行政审批局", "", bare)), bare

    # Remembered, also where a form is sent; switched back by the other link.
    assert '<html lang="en">' in client.post(address, data={}).text
    assert '<html lang="en">' in client.get("/v").text
    assert '<html lang="en">' in client.get("/v/a/b/c").text
    assert '<html lang="zh-CN">' in client.get("/v?lang=zh").text
    assert '<html lang="zh-CN">' in client.get("/v").text
    for strange in ("de", "", "zh-CN", "<script>", "en;x"):
        answer = client.get("/v", params={"lang": strange})
        assert '<html lang="zh-CN">' in answer.text
        assert "set-cookie" not in answer.headers


def test_a_picture_leads_to_the_verdict(
    client: httpx2.Client, rows: dict[str, dict[str, str]], photographs: dict[str, bytes]
) -> None:
    row = next(iter(rows.values()))
    right = {"picture": ("photo.png", photographs["right"], "image/png")}
    moved = client.post("/v/scan", files=right)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/v/{row['code']}")
    asked = client.post("/v/scan", files=right, headers={"Accept": "application/json"})
    assert asked.json() == {"address": f"/v/{row['code']}", "foreign": False}
    foreign = {"picture": ("photo.png", photographs["foreign"], "image/png")}
    assert client.post("/v/scan", files=foreign, headers={"Accept": "application/json"}).json() == {
        "address": None,
        "foreign": True,
    }
    said = client.post("/v/scan", files=foreign)
    assert "不是电子证照的二维码" in said.text
    assert "example" not in said.text
    for nothing in (photographs["empty"], b"GIF89a"):
        said = client.post("/v/scan", files={"picture": ("photo.png", nothing, "image/png")})
        assert said.status_code == 200
        assert "没有读到二维码" in said.text
    pdf = client.post("/v/scan", files={"picture": ("licence.pdf", b"%PDF-1.7\n", "application/pdf")})
    assert "这些文件请在窗口核验" in pdf.text
    assert "没有读到二维码" not in pdf.text
    word = b"PK\x03\x04[Content_Types].xml word/document.xml PK\x05\x06"
    for sent, words in (
        (word, "这是 Word 文档（.docx），不是电子证照。这里只读照片"),
        (b"\x89PNG", "这个文件不是照片，也不是电子证照，或者已经损坏。"),
        (b"\0\0\0\x18ftypheic", "不能读取 HEIC"),
        (b"", "没有选择照片"),
    ):
        assert words in client.post("/v/scan", files={"picture": ("photo.png", sent, "image/png")}).text
    assert client.post("/v/scan", data={"picture": "x"}).status_code == 200
    assert client.get("/v/scan").headers["location"] == "/v"


def test_what_is_no_code_does_not_get_into_an_address(client: httpx2.Client) -> None:
    for text in ("张样例 990101199003071237", "https://elsewhere.example/?id=1", "姓名", "a b c d"):
        answer = client.post("/v", data={"code": text})
        assert answer.status_code in (200, 303)
        assert "样" not in answer.headers.get("location", "")
        assert "?" not in answer.headers.get("location", "")


def test_reporting_a_forgery(running: ModuleType, stocked: Elicence) -> None:
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        pdf = next((stocked.home / "issued").glob("*.pdf"))
        made = client.get(f"/api/v1/licences/{pdf.stem}").json()
        page = client.get(f"/v/{made['code']}").text
        (form,) = re.findall(r'href="([^"]+/report)"', page)
        told = {"what": "照片不是本人<b>\r\n第二行", "where": "样例县某店", "contact": "13900000000"}
        refused = client.post(form, data={"what": " ", "where": "x" * 201, "contact": told["contact"]})
        assert refused.status_code == 422
        assert refused.text.count('aria-invalid="true"') == 2
        assert "此项必填" in refused.text
        taken = client.post(form, data=told)
        assert taken.status_code == 200
        (number,) = re.findall(r"JB-\w{4}-\w{4}-\w{4}(?=</p>)", taken.text)
        about_nothing = client.post("/v/report", data={"what": "网上出售假证"})
        assert "举报已收到" in about_nothing.text
        assert "<b>" not in client.post("/v/report", data={"what": "", "where": "<b>"}).text
        for _ in range(3):
            assert client.post("/v/x/report", data={"what": "又一次"}).status_code == 200
        many = client.post("/v/report", data={"what": "又一次"})
        assert many.status_code == 429
        assert int(many.headers["retry-after"]) > 60
        assert "举报过于频繁" in many.text
    for secret in (*told.values(), number, made["code"]):
        assert secret not in server.log

    listed = stocked("forgery", "list", "--json").json()["reports"]
    assert len(listed) == 5
    assert listed[0]["identifier"] == pdf.stem
    assert listed[0]["reason"] == "HOLDER_NOT_CHECKED"
    assert [one["identifier"] for one in listed[1:]] == [None] * 4
    shown = stocked("forgery", "show", number)
    assert "照片不是本人<b>" in shown.out
    assert told["contact"] not in shown.out + stocked("forgery", "list").out + stocked("forgery", "list", "--json").out
    assert told["contact"] in stocked("forgery", "show", number, "--full").out
    words = ("--finding", "forged", "--remark", "现场核实", "--actor", "clerk07")
    closed = stocked("forgery", "close", number.lower(), *words, "--json")
    assert closed.code == 0
    assert closed.json()["closing"]["finding"] == "forged"
    assert stocked("forgery", "close", number, *words).code == 65
    assert stocked("forgery", "close", number, "--finding", "forged", "--remark", " ").code == 65
    assert len(stocked("forgery", "list", "--json").json()["reports"]) == 4
    assert number in stocked("forgery", "list", "--closed").out
    assert stocked("forgery", "show", "JB-2345").code == 66
