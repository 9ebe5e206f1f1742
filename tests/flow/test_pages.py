"""The pages behind the code in a real browser, at phone and desk width, from a real server."""

import io
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page

from esign import structured_from_bytes

BIN = Path(sys.executable).parent
PHONE, DESK = 360, 1280


@pytest.fixture(scope="module")
def person(issued: Any) -> Any:
    """A sample whose holder is a natural person."""
    return next(sample for sample in issued if sample.record.holder_kind == "111" and sample.algorithm == "sm2")


@pytest.fixture(scope="module")
def server(person: Any) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = person.services.home.path
    process = subprocess.Popen(
        [BIN / "elicence", "--home", home, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()  # noqa: S310 — our own address
            break
        except OSError:
            time.sleep(0.1)
    yield address
    process.terminate()
    _, log = process.communicate(timeout=20)
    # Codes, names and numbers never reach the log.
    assert person.record.code not in log
    assert person.record.short_code not in log
    assert "990101199003071237" not in log


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
        page.get_by_role("button", name="核对").click()
        page.wait_for_load_state()

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
    view = chromium.view(f"{server}/v/{person.record.code}/print", width=794, height=1123)  # A4 at 96 dpi
    assert view.status == 200
    assert view.faults == ()
    (symbol,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(view.screenshot)))
    assert symbol.text == person.record.verify_url
    assert "张*" in view.text


def test_revoking_changes_the_page(server: str, issued: Any, person: Any, chromium: Any) -> None:
    other = next(s for s in issued if s.services is person.services and s.record.identifier != person.record.identifier)
    before = chromium.view(f"{server}/v/{other.record.code}", width=PHONE, height=800)
    assert "吊销，不得使用" not in before.text
    command = [
        BIN / "elicence", "--home", other.services.home.path, "revoke", other.record.identifier,
        "--ground", "测试", "--decision", "样罚〔2026〕1号",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    after = chromium.view(f"{server}/v/{other.record.code}", width=PHONE, height=800)
    assert "真实，但已被吊销，不得使用" in after.text
    assert "不通过" in after.text
