"""The clerk desk without a script: what forms bring, what the page answers, what it keeps and for how long."""

from __future__ import annotations

import base64
import html
import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import zxingcpp
from PIL import Image

from api.desk_checks import HELD_SECONDS, MAX_HELD, MAX_HELD_BYTES, HeldCheck, RecentChecks
from api.desk_view import MAX_SHOWN_CHARACTERS, MAX_SHOWN_ROWS, shown
from api.home import open_home
from api.presented import Presented
from api.receipts import checked_file
from api.resolving import as_keyed
from api.wiring import Services
from esign import Rows, StructuredField, structured_from_bytes, structured_to_bytes
from verify import TrustStore, Verifier

if TYPE_CHECKING:
    from running import Server

PERSON = "water-abstraction-1"
ELEMENTS = {
    "office": "样例县税务局", "officer": "clerk07", "item_name": "取水许可延续", "item_code": "A1",
    "case_number": "C-2026-1", "reason": "核对取水权人",
}  # fmt: skip
_PLACES = itertools.count(2)


@pytest.fixture
def client(served: Server) -> Iterator[httpx2.Client]:
    """Give a client with a loopback address of its own for each test: wrong holders are counted by address."""
    transport = httpx2.HTTPTransport(local_address=f"127.0.2.{next(_PLACES)}")
    with httpx2.Client(base_url=served.url, timeout=30, transport=transport) as opened:
        yield opened


@pytest.fixture(scope="module")
def services(full_home: Path) -> Services:
    return Services(open_home(full_home))


@pytest.fixture(scope="module")
def person(running: ModuleType, services: Services) -> dict[str, Any]:
    """Give a licence of a natural person: its data, its files, its codes."""
    data = running.sample(PERSON)["data"]
    (record,) = services.store.of_holder("111", data["certificateHolderCode"])
    files = {kind: services.store.file(record, kind) for kind in ("pdf", "json", "p7s")}
    return {"data": data, "record": record, **files}


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def verdict(page: str) -> str:
    found = re.search(r'data-verdict="(\w+)"', page)
    return found.group(1) if found else ""


def post(client: httpx2.Client, path: str, **form: Any) -> httpx2.Response:
    """Send a form and go where the answer points, as browsers do (the library would send the form's type along)."""
    answer = client.post(path, **form)
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def upload(client: httpx2.Client, *files: bytes, **data: str) -> httpx2.Response:
    # An empty part without a name is what a browser sends for a field without a file.
    parts = [("file", (f"f{place}", content)) for place, content in enumerate(files)] or [("file", ("", b""))]
    return post(client, "/desk", files=parts, data=data)


def test_a_file_a_clerk_holds_is_shown_in_full(client: httpx2.Client, person: dict[str, Any]) -> None:
    answer = upload(client, person["pdf"])
    assert answer.status_code == 200
    assert re.fullmatch(r"/desk/checks/[\w-]{22}", answer.url.path)
    assert verdict(answer.text) == "passed"
    text = words(answer.text)
    # The keys are development ones: what a clerk reads in earnest stands below, and in nothing that did not pass.
    assert "仅供测试，请不要用于办理业务。" in text
    assert "不是样例的，此处显示：可以采信。" in text
    assert "不是样例的" not in words(upload(client, person["pdf"], day="2055-01-01").text)
    for said in ("证照真实有效", "取水许可证", "样例县行政审批局", "签发", "信任根：", "颁发机构证照库", "拒收回执"):
        assert said in text, said
    for key in ("certificateHolderName", "certificateHolderCode", "certificateNumber", "abstractionPlace"):
        assert person["data"][key] in text, key
    assert f"{person['data']['annualVolume']} 万立方米/年" in text, "as on its face"
    # The list of this session has the masked number.
    assert f'data-number="{person["data"]["certificateNumber"]}"' not in answer.text


def test_every_kind_is_taken(client: httpx2.Client, person: dict[str, Any]) -> None:
    symbol = zxingcpp.create_barcode(person["record"].verify_url, zxingcpp.BarcodeFormat.QRCode)
    picture = io.BytesIO()
    Image.fromarray(symbol.to_image(scale=4)).save(picture, "PNG")
    code = "代码真实，未核对是否属于此人"
    for answer, said in (
        (upload(client, person["json"], person["p7s"]), "证照真实有效"),
        (upload(client, person["p7s"], person["json"]), "证照真实有效"),
        (upload(client, picture.getvalue()), code),
        (upload(client, text=person["record"].verify_url), code),
        (upload(client, text=person["record"].short_code), code),
        (upload(client, text=person["json"].decode()), "结构化"),
        (upload(client, b"nothing known"), "无法识别的文件"),
        (upload(client, b""), "不通过"),
    ):
        assert answer.status_code == 200
        assert said in words(answer.text), said
    assert person["data"]["certificateHolderName"] not in upload(client, text=person["record"].verify_url).text


@pytest.mark.parametrize(
    "keyed",
    [
        lambda url: url.lower(),
        lambda url: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in url),
        lambda url: url.replace("/", "、").replace(".", "。").replace(":", "："),
        lambda url: f"  {url[:40]} {url[40:]}\r\n",
    ],
    ids=["lower", "full-width", "punctuation", "blanks"],
)
def test_a_scanner_through_an_input_method(keyed: Any, client: httpx2.Client, person: dict[str, Any]) -> None:
    answer = upload(client, text=keyed(person["record"].verify_url))
    assert "代码真实，未核对是否属于此人" in words(answer.text)


def test_what_was_keyed_is_read_as_it_was_meant() -> None:
    assert as_keyed("ｈｔｔｐ：、、ａ。ｂ、Ｖ、ＡＢ２３") == "http://a.b/V/AB23"
    assert as_keyed("ＡＢ２３－ＣＤ４５—ＥＦ６７") == "AB23-CD45-EF67"


def test_nothing_and_too_much(client: httpx2.Client, person: dict[str, Any]) -> None:
    for answer in (upload(client), upload(client, text="  ")):
        assert "请扫描、粘贴、输入短码，或选择文件" in words(answer.text)
        assert verdict(answer.text) == ""
    for files in (
        (person["pdf"], person["json"]),
        (person["json"], person["p7s"], person["p7s"]),
        (person["pdf"],) * 3,
    ):
        assert "一次只核验一份" in words(upload(client, *files).text)
    assert "没有这样的日期" in words(upload(client, text="X", day="2026-02-30").text)
    for answer in (
        upload(client, *[b"a"] * 9),
        client.post("/desk", files=[("file", ("f", b"%PDF-" + bytes(21 * 1024 * 1024)))]),
        client.post("/desk", content=b"x", headers={"Content-Type": "multipart/form-data"}),
    ):
        assert answer.status_code in (400, 413)
        assert "Traceback" not in answer.text


def test_the_holder_is_compared_and_not_kept(client: httpx2.Client, person: dict[str, Any]) -> None:
    data = person["data"]
    page = upload(client, text=person["record"].short_code)
    wrong = post(client, page.url.path, data={"holder": data["certificateHolderName"], "number": "990101199003071229"})
    assert verdict(wrong.text) == "failed"
    assert "姓名或号码与证照不一致" in words(wrong.text)
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in data["certificateHolderCode"])
    right = post(client, page.url.path, data={"holder": f" {data['certificateHolderName']} ", "number": full_width})
    assert verdict(right.text) == "passed"
    assert "姓名和号码与证照一致" in words(right.text)
    for answer in (wrong, right):
        for typed in (data["certificateHolderName"], data["certificateHolderCode"], full_width, "990101199003071229"):
            assert typed not in answer.text
            assert typed not in str(answer.url)
    assert right.text.count('autocomplete="off"') >= 3


def test_wrong_holders_are_limited(client: httpx2.Client, person: dict[str, Any]) -> None:
    page = upload(client, text=person["record"].verify_url)
    said = [
        words(post(client, page.url.path, data={"holder": "甲", "number": f"99010119900307{place:04}"}).text)
        for place in range(6)
    ]
    assert all("证照真实，但不属于此人" in text for text in said[:5])
    assert "错误次数过多" in said[5]
    assert "没有核对" in words(post(client, page.url.path, data={"holder": "甲" * 257, "number": "1"}).text)


def test_another_day(client: httpx2.Client, person: dict[str, Any]) -> None:
    before = upload(client, person["pdf"], day="2020-01-01")
    assert verdict(before.text) != "passed"
    assert "2020-01-01" in before.text
    late = post(client, before.url.path, data={"day": "2055-01-01"})
    assert verdict(late.text) == "failed"
    now = post(client, late.url.path, data={"day": ""})
    assert verdict(now.text) == "passed"
    # The page of the first question still answers the first question.
    assert verdict(client.get(before.url.path).text) == verdict(before.text)


def test_a_receipt_and_a_slip(client: httpx2.Client, services: Services, person: dict[str, Any]) -> None:
    page = upload(client, person["pdf"])
    case = {key: ELEMENTS[key] for key in ("officer", "case_number", "item_name", "item_code")}
    receipt = client.post(f"{page.url.path}/receipt", data=case)
    slip = client.post(f"{page.url.path}/refusal", data=case | {"reason": "original-for-archive", "remark": ""})
    for answer in (receipt, slip):
        assert answer.headers["content-type"] == "application/pdf"
        assert re.fullmatch(r'attachment; filename="HY\w+\.pdf"', answer.headers["content-disposition"])
        assert answer.headers["cache-control"] == "no-store"
        report = services.verifier.verify_file(answer.content, at=datetime.now(UTC))
        assert report, report.reason
        assert report.recorded is not None
        assert report.recorded.case.officer == "clerk07"
        looked_at = upload(client, answer.content)
        assert verdict(looked_at.text) == "passed"
        assert "/refusal" not in looked_at.text
    for data, said in (({"reason": "other"}, "这个理由须在备注中写明"), ({"reason": "x"}, "没有这个拒收理由")):
        assert said in words(client.post(f"{page.url.path}/refusal", data=data).text)
    # The form comes back open, with what was typed and what is wrong with it.
    again = client.post(
        f"{page.url.path}/refusal", data=case | {"reason": "other", "remark": "", "item_code": "A" * 101}
    )
    slip_form = again.text[again.text.index('<details id="slip" open>') :]
    assert '<option value="other" data-remark selected>' in slip_form
    assert 'id="refusal-fault">这个理由须在备注中写明。' in slip_form
    assert 'value="clerk07"' in slip_form
    assert 'id="problem"' not in again.text
    long = client.post(f"{page.url.path}/receipt", data=case | {"officer": "甲" * 101})
    assert 'id="receipt-fault" tabindex="-1" autofocus>经办人超过 100 字。' in long.text
    # What did not pass needs no slip.
    failed = upload(client, person["pdf"], day="2055-01-01")
    assert "拒收回执" not in words(failed.text)
    assert "不需要拒收回执" in words(
        client.post(f"{failed.url.path}/refusal", data={"reason": "original-for-archive"}).text
    )


def test_what_a_holder_has(client: httpx2.Client, person: dict[str, Any]) -> None:
    code = person["data"]["certificateHolderCode"]
    wanted = ELEMENTS | {"kind": "111", "code": code}
    for key in wanted:
        without = client.post("/desk/holders", data=wanted | {key: " "})
        assert without.status_code == 422
        assert re.findall(r'id="(\w+)-fault"', without.text) == [key]
        assert person["record"].identifier not in without.text
    found = client.post("/desk/holders", data=wanted)
    assert "查到 1 张证照" in words(found.text)
    assert code not in found.text
    opened = post(client, "/desk/open", data=ELEMENTS | {"identifier": person["record"].identifier})
    assert verdict(opened.text) == "passed"
    assert client.post("/desk/open", data={"identifier": person["record"].identifier}).status_code == 422
    assert "查到 0 张" in words(client.post("/desk/holders", data=wanted | {"code": "990101199003074112"}).text)
    assert client.post("/desk/holders", data=wanted | {"code": "990101199003071230"}).status_code == 422


def test_hostile_words_are_shown_harmlessly(client: httpx2.Client, person: dict[str, Any]) -> None:
    text = "<script>alert(1)</script>\u202e\x07" + "长" * 2000
    name = person["data"]["certificateHolderName"]
    changed = person["json"].decode().replace(name, json.dumps(text, ensure_ascii=False)[1:-1])
    assert changed != person["json"].decode()
    answer = upload(client, changed.encode(), person["p7s"])
    assert verdict(answer.text) != "passed"
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
    assert "\x07" not in answer.text
    for typed in (text, "'\"><img src=x>", "/V/" + "A" * 5000):
        answer = upload(client, text=typed)
        assert answer.status_code == 200
        assert "<img" not in answer.text
        assert verdict(answer.text) in ("failed", "indeterminate")


def test_photographs_and_long_tables(client: httpx2.Client, person: dict[str, Any]) -> None:
    photo = io.BytesIO()
    Image.new("RGB", (30, 40), "navy").save(photo, "PNG")
    rows = Rows(columns=("设备",), rows=tuple((f"第{place}台",) for place in range(2000)))
    licence = replace(
        structured_from_bytes(person["json"]),
        fields=(
            StructuredField(key="photo", label="照片", value=base64.b64encode(photo.getvalue()).decode()),
            StructuredField(key="broken", label="坏照片", value="iVBORw0KGgo" + "A" * 50),
            StructuredField(key="devices", label="设备明细", value=rows),
        ),
    )
    answer = upload(client, structured_to_bytes(licence), person["p7s"])
    assert verdict(answer.text) == "failed"
    assert "文件自称的内容，未经证实" in words(answer.text)
    (shown_photo,) = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="证照上的照片"', answer.text)
    assert Image.open(io.BytesIO(base64.b64decode(shown_photo))).size == (30, 40)
    assert "坏照片" in words(answer.text)
    assert answer.text.count("<td>第") == MAX_SHOWN_ROWS
    assert f"还有 {2000 - MAX_SHOWN_ROWS} 行" in words(answer.text)


def test_long_and_invisible_text() -> None:
    assert shown("a\u202eb\x00c\u2028") == "a\ufffdb\ufffdc\ufffd"
    assert shown("甲\n乙") == "甲 乙"
    assert shown("𬱖" * (MAX_SHOWN_CHARACTERS + 1)) == "𬱖" * MAX_SHOWN_CHARACTERS + "…"


def test_only_this_machine_and_only_our_own_pages(
    client: httpx2.Client, served: Server, person: dict[str, Any]
) -> None:
    assert client.get("/desk", headers={"Host": "example.org"}).status_code == 403
    crossed = client.post(
        "/desk", data={"text": "X"}, files={"file": ("", b"")}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    assert "请从本机的页面或程序操作" in words(crossed.text)
    policy = client.get("/desk").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    for path in ("/desk/checks/unknown", "/desk/checks/unknown/receipt", "/desk/open", "/desk/holders?lang=en"):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200
        assert verdict(answer.text) == ""
    assert "Clerk desk" in client.get("/desk?lang=en").text


def test_the_other_language_shows_the_same_check(
    client: httpx2.Client, services: Services, person: dict[str, Any]
) -> None:
    page = upload(client, person["pdf"])
    english = client.get(f"{page.url.path}?lang=en")
    assert "The licence is genuine and in force" in english.text
    assert '<html lang="en">' in english.text
    assert verdict(english.text) == "passed"
    catalogue = {field.key: field for field in services.catalogue.get("water-abstraction").fields}
    labels = re.findall(r"<dt>(.*?)</dt>", english.text)
    assert catalogue["abstractionPlace"].label_en in labels
    assert all(labels)
    # What the catalogue does not call so keeps its own word.
    label = catalogue["abstractionPlace"].label
    renamed = upload(client, person["json"].replace(label.encode(), "自拟".encode()), person["p7s"])
    assert '<dt><span lang="zh-CN">自拟</span></dt>' in client.get(f"{renamed.url.path}?lang=en").text


def test_checks_are_forgotten() -> None:
    now = [0.0]
    checks = RecentChecks(lambda: now[0])
    report = Verifier(TrustStore([])).verify_file(b"x", at=datetime(2026, 11, 22, tzinfo=UTC))

    def check(size: int) -> HeldCheck:
        data = bytes(size)
        return HeldCheck(presented=Presented(data=data), checked=checked_file(data[:1]), report=report)

    first = checks.keep(check(1))
    assert checks.find(first) is not None
    assert checks.find("x" * 22) is None
    now[0] = HELD_SECONDS + 1
    assert checks.find(first) is None
    names = [checks.keep(check(1)) for _ in range(MAX_HELD + 1)]
    assert [checks.find(name) is not None for name in names] == [False] + [True] * MAX_HELD
    large = [checks.keep(check(MAX_HELD_BYTES // 2 + 1)) for _ in range(2)]
    assert [checks.find(name) is not None for name in (*names, *large)] == [False] * (MAX_HELD + 2) + [True]
