"""The pages behind the code in a real browser, at phone and desk width, from a real server."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from browser import barriers, follow
from elicence_process import Server, run
from PIL import Image, ImageFilter
from playwright.sync_api import Page, Route
from qr_codes import read_qr_code

from esign import structured_from_bytes

PHONE, DESK = 360, 1280
NARROW = 320  # a desk's window at 400 % zoom (WCAG 2.2, 1.4.10)
POLL_MS = 20
SCAN_PAUSE_MS = 700  # a little more than the page takes between two pictures that it sends
FOREIGN = {"address": None, "foreign": True}


@pytest.fixture(scope="module")
def person(issued: Any) -> Any:
    """A sample whose holder is a natural person."""
    return next(sample for sample in issued if sample.record.holder_kind == "111" and sample.algorithm == "sm2")


@pytest.fixture(scope="module")
def server(person: Any) -> Iterator[str]:
    with Server("--home", person.services.home.path, "serve") as running:
        yield running.url
        running.stop(signal.SIGTERM)
    # Codes, names and numbers never reach the log.
    assert person.record.code not in running.log
    assert person.record.short_code not in running.log
    assert "990101199003071237" not in running.log


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_genuine_code(width: int, server: str, person: Any, chromium: Any) -> None:
    view = chromium.view(f"{server}/v/{person.record.code}", width=width, height=800)
    assert view.status == 200
    assert view.faults == ()
    assert view.content_width <= width
    for expected in (
        "代码真实，未核对是否属于此人",
        "取水许可证",
        "样例县行政审批局",
        "2026-04-10 至 2031-04-09",
        "样例/测试",
        "张*",
        "请核对浏览器地址栏",
    ):
        assert expected in view.text, expected
    holder = structured_from_bytes(person.json).holders[0]
    assert holder.name not in view.html
    assert holder.code not in view.html
    assert person.record.number not in view.html


@pytest.mark.parametrize(("number", "expected"), [("", "证照真实有效"), ("x", "但不属于此人")])
def test_the_holder_is_checked_on_the_page(number: str, expected: str, server: str, person: Any, chromium: Any) -> None:
    holder = structured_from_bytes(person.json).holders[0]

    def fill(page: Page) -> None:
        page.get_by_label("姓名").fill(holder.name)
        page.get_by_label("证件号码").fill(holder.code if not number else "990101199003071229")
        follow(page, "button:has-text('核对')")

    view = chromium.view(f"{server}/v/{person.record.code}", width=PHONE, height=800, act=fill)
    assert expected in view.text
    assert ("证照真实有效" in view.text) == (number == "")
    assert holder.code not in view.url


def test_upper_case_and_short_code_lead_to_the_same_licence(server: str, person: Any, chromium: Any) -> None:
    for path in (f"/V/{person.record.code}", f"/v/{person.record.code.lower()}", f"/v/{person.record.short_code}"):
        view = chromium.view(server + path, width=DESK, height=800)
        assert "代码真实" in view.text, path


@pytest.mark.parametrize("code", ["AAAA", "23456789ABCD", "%3Cscript%3Ealert(1)%3C/script%3E", "编号"])
def test_something_else_gets_a_page_too(code: str, server: str, chromium: Any) -> None:
    view = chromium.view(f"{server}/v/{code}", width=PHONE, height=800)
    assert view.status == 200
    assert view.faults == ()
    assert view.content_width <= PHONE
    assert "代码真实" not in view.text
    assert "<script" not in view.html


def test_a_changed_code(server: str, person: Any, chromium: Any) -> None:
    code = person.record.code
    changed = code[:-8] + ("A" if code[-8] != "A" else "B") + code[-7:]
    view = chromium.view(f"{server}/v/{changed}", width=PHONE, height=800)
    assert "代码真实" not in view.text
    assert "不通过" in view.text


def test_the_printable_page_carries_the_code(server: str, person: Any, chromium: Any) -> None:
    pictures: list[bytes] = []

    def take(page: Page) -> None:
        pictures.append(page.screenshot(full_page=True))

    view = chromium.view(f"{server}/v/{person.record.code}/print", width=794, height=1123, act=take)  # A4 at 96 dpi
    assert view.status == 200
    assert view.faults == ()
    assert read_qr_code(pictures[0]).text == person.record.verify_url
    assert "张*" in view.text


def test_revoking_changes_the_page(server: str, issued: Any, person: Any, chromium: Any) -> None:
    other = next(s for s in issued if s.services is person.services and s.record.identifier != person.record.identifier)
    before = chromium.view(f"{server}/v/{other.record.code}", width=PHONE, height=800)
    assert "吊销，不得使用" not in before.text
    act = ("revoke", other.record.identifier, "--ground", "测试", "--decision", "样罚〔2026〕1号")
    run("--home", other.services.home.path, *act, check=True)
    after = chromium.view(f"{server}/v/{other.record.code}", width=PHONE, height=800)
    assert "真实，但已被吊销，不得使用" in after.text
    assert "不通过" in after.text


@pytest.fixture(scope="module")
def photograph(person: Any) -> Image.Image:
    """A licence's code as a phone's camera sees it: turned, not quite sharp, with things around it."""
    modules = zxingcpp.create_barcode(person.record.verify_url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    symbol = Image.fromarray(zxingcpp.write_barcode_to_image(modules, scale=5)).convert("L")
    turned = symbol.rotate(7, expand=True, fillcolor=255)
    table = Image.new("L", (640, 480), 200)
    table.paste(turned.resize((440, 440)), (100, 20))
    return table.filter(ImageFilter.GaussianBlur(0.8))


PAGES = {
    "entry": "/v", "code": "/v/{code}", "not a code": "/v/x", "sheet": "/v/{code}/print", "report": "/v/{code}/report",
    "plain report": "/v/report", "problem": "/v/%00/scan/report", "interface": "/docs",
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES.values(), ids=list(PAGES))
def test_nobody_is_kept_out(path: str, server: str, person: Any, chromium: Any) -> None:
    address = server + path.format(code=person.record.short_code)
    found: list[str] = []
    cut: list[int] = []
    titles: list[str] = []

    def look(page: Page) -> None:
        titles.append(page.title())
        for closed in page.query_selector_all("summary"):
            closed.click()
        found.extend(barriers(page))
        wider = "[...document.querySelectorAll('.card *:not(svg *)')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        cut.append(page.evaluate(f"{wider}.filter(e => getComputedStyle(e).display !== 'inline').length"))
        cut.append(max(0, page.evaluate("document.documentElement.scrollWidth") - NARROW))
        page.goto(f"{address}?lang=en")
        if "/report" in address or "/v/x" in address:
            found.extend(barriers(page))

    english = chromium.view(address, width=NARROW, act=look)
    assert found == []
    assert cut == [0, 0]
    assert english.content_width <= NARROW
    assert english.faults == ()
    assert re.search(r"[\u4e00-\u9fff]", titles[0])
    assert not re.search(r"[\u4e00-\u9fff]", english.title)


def test_from_the_code_to_passed_by_keyboard_alone(server: str, person: Any, chromium: Any) -> None:
    holder = structured_from_bytes(person.json).holders[0]
    found: list[str] = []

    def go(page: Page) -> None:
        # Whoever has a keyboard, or a scanner that types, begins at once.
        page.wait_for_function("document.activeElement.id === 'code'")
        page.keyboard.type(person.record.short_code.lower())
        page.keyboard.press("Enter")
        page.wait_for_url("**/v/*")
        for _ in range(20):
            page.keyboard.press("Tab")
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            if page.evaluate("document.activeElement.id") == "name":
                break
        page.keyboard.type(holder.name)
        page.keyboard.press("Tab")
        page.keyboard.type(holder.code)
        page.keyboard.press("Enter")
        page.wait_for_selector(".card.passed")
        found.extend(barriers(page))

    view = chromium.view(f"{server}/v", width=PHONE, act=go)
    assert "证照真实有效" in view.text
    assert view.title.startswith("通过")
    assert found == []
    assert view.faults == ()


def test_the_camera_finds_the_code(server: str, person: Any, photograph: Image.Image, chromium: Any) -> None:
    chromium.film(photograph)
    seen: list[str] = []

    def scan(page: Page) -> None:
        # Looked at before the server can have found the code.
        asked: list[Route] = []
        page.route("**/v/scan", lambda route: asked.append(route))
        page.get_by_role("button", name="打开相机扫码").click()
        page.wait_for_selector("video", state="visible")
        while not asked:
            page.wait_for_timeout(POLL_MS)
        seen.append(page.inner_text("#state"))
        asked.pop().continue_()
        page.unroute("**/v/scan")
        page.wait_for_url(f"**/v/{person.record.code}")

    def stop(page: Page) -> None:
        # The server sees symbols of others: the camera goes on until somebody stops it.
        asked: list[Route] = []
        page.route("**/v/scan", lambda route: asked.append(route))
        page.get_by_role("button", name="打开相机扫码").press("Enter")
        while not asked:
            page.wait_for_timeout(POLL_MS)
        asked.pop().fulfill(json=FOREIGN)
        page.get_by_text("这不是电子证照的二维码").wait_for()
        seen.extend(barriers(page))
        while not asked:
            page.wait_for_timeout(POLL_MS)
        page.keyboard.press("Enter")
        page.get_by_text("已停止").wait_for()
        assert page.evaluate("document.activeElement.id") == "start"
        # Who stops has the last word, whatever an answer says that comes later.
        with page.expect_response("**/v/scan"):
            asked.pop().fulfill(json=FOREIGN)
        page.wait_for_timeout(SCAN_PAUSE_MS)
        assert page.inner_text("#state").startswith("已停止")
        assert page.locator("#finder").is_hidden()
        page.unroute("**/v/scan")

    def own(page: Page) -> None:
        # A browser that finds codes itself.
        page.add_init_script(
            "window.BarcodeDetector = class { static getSupportedFormats() { return ['qr_code']; }"
            f" detect() {{ return [{{ rawValue: 'https://x.example/V/{person.record.short_code}' }}]; }} }}"
        )
        page.route("**/v/scan", lambda route: route.abort())
        page.reload()
        page.get_by_role("button", name="打开相机扫码").click()
        page.wait_for_url(f"**/v/{person.record.short_code}")

    view = chromium.view(f"{server}/v", width=PHONE, act=scan)
    assert "代码真实，未核对是否属于此人" in view.text
    assert view.faults == ()
    chromium.view(f"{server}/v", width=PHONE, act=stop)
    assert seen == ["请将二维码对准画面中央。"]
    assert "代码真实" in chromium.view(f"{server}/v", width=DESK, alone=True, act=own).text


def test_without_script(server: str, person: Any, photograph: Image.Image, tmp_path: Path, chromium: Any) -> None:
    photograph.save(tmp_path / "photo.jpg")

    def choose(page: Page) -> None:
        assert not page.get_by_role("button", name="打开相机扫码").is_visible()
        page.get_by_label("拍照或选择照片").set_input_files(tmp_path / "photo.jpg")
        page.get_by_role("button", name="读取照片中的二维码").click()
        page.wait_for_url(f"**/v/{person.record.code}")
        follow(page, "a:has-text('English')")
        follow(page, "a:has-text('Report a forgery')")
        page.get_by_label("What have you seen").fill("The name on the paper is another one.")
        follow(page, "button:has-text('Send the report')")

    view = chromium.view(f"{server}/v", width=PHONE, javascript=False, act=choose)
    assert "Your report was received" in view.text
    assert re.search(r"JB-\w{4}-\w{4}-\w{4}", view.text)
    assert view.faults == ()
