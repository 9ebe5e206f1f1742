"""`elicence convert` and the same over HTTP: real processes over real registers, killed while they work."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from PIL import Image
from stock_register import MAPPING, Register, make_register

from api.home import open_home
from api.wiring import Services
from esign import StructuredAuthority, structured_from_bytes
from licences import ConvertingOffice, ReviewRequiredError, RowConverter, load_catalogue, normal_number

if TYPE_CHECKING:
    from elicence_process import Running
    from running import Elicence, Server

TYPE = ("--type", "pesticide-business", "--workers", "1")
KILLED = [pytest.param(2, 1, 18, id="a few times"), pytest.param(6, 4, 60, id="often", marks=pytest.mark.soak)]
"""How often the program is killed, how often its worker, and the rows that there are."""


def pdf(pages: int) -> bytes:
    content, document = io.BytesIO(), pikepdf.Pdf.new()
    for _ in range(pages):
        document.add_blank_page()
    document.save(content)
    return content.getvalue()


def picture(shade: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (20, 30), shade).save(content, "PNG")
    return content.getvalue()


def lay_out(folder: Path, register: Register, name: str = "register.csv") -> tuple[str, str, str]:
    """Write a register and its mapping; the words that name them."""
    (folder / name).write_bytes(register.xlsx() if name.endswith("xlsx") else register.csv())
    (folder / "map.toml").write_text(MAPPING, "utf-8")
    return str(folder / name), "--map", str(folder / "map.toml")


def issued(home: Path, batch: str) -> Mapping[int, str]:
    """The licence number that each row has become."""
    services = Services(open_home(home))
    numbers = {}
    for outcome in services.conversions.outcomes(batch):
        if outcome.identifier:
            record = services.store.get(outcome.identifier)
            numbers[outcome.line] = structured_from_bytes(services.store.file(record, "json")).number
    return numbers


def check(home: Path, batch: str, register: Register) -> None:
    """Every row without a fault is one licence, and nothing else is."""
    found = issued(home, batch)
    wanted = {line: normal_number(number.strip()) for line, number in register.numbers.items()}
    assert {line: normal_number(number) for line, number in found.items()} == wanted
    recorded = [event for event in Services(open_home(home)).store.changes_after(0, 10_000) if event.before is None]
    assert len(recorded) == len(wanted)
    assert {event.act.ground for event in recorded} == {"由纸质证照转换为电子证照（存量转换）"}


class Converted:
    """A register that was converted once, with scans and a second person, and what came of it."""

    def __init__(self, elicence: Elicence, folder: Path) -> None:
        self.elicence, self.folder = elicence, folder
        self.register = make_register(14, faults=3, seed=5)
        self.register.rows.append(list(self.register.rows[0]))
        self.register.twins.add(16)
        self.register.rows[0][3] = "91990100MA0TERT08Y"  # what the paper says, with a wrong check character
        self.register.rows[14][3] = "91990100MA0TERT08Y"
        self.words = lay_out(folder, self.register, "register.xlsx")
        (folder / "scans").mkdir()
        for line, number in self.register.numbers.items():
            if line != 3:
                # Each PDF is looked at in a process of its own, which takes its time.
                suffix, content = (".pdf", pdf(line)) if line == 2 else (".png", picture(line))
                (folder / "scans" / f"{number.strip()}{suffix}").write_bytes(content)
        self.done = elicence(
            "convert", *TYPE, *self.words, "--json", "--out", folder / "out", "--scans", folder / "scans",
            "--operator", "zhang", "--checked-by", "li",
        )  # fmt: skip

    @property
    def shape(self) -> dict[str, Any]:
        return self.done.json()

    def report(self) -> list[dict[str, str]]:
        text = Path(self.shape["report"]["csv"]).read_text("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def converted(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    folder = tmp_path_factory.mktemp("converted")
    return Converted(running.copy_home(empty_home, folder / "home"), folder)


def test_good_rows_go_on_while_bad_rows_wait(converted: Converted) -> None:
    register, shape = converted.register, converted.shape
    assert converted.done.code == 65
    assert shape["total"] == 15
    assert shape["states"] == {
        "converted": len(register.numbers), "already": 0, "twin": 1, "refused": len(register.faults),
        "waiting": 0, "good": 0,
    }  # fmt: skip
    check(converted.elicence.home, shape["id"], register)
    assert "15/15 100%" in converted.done.err
    assert sum(path.suffix == ".pdf" for path in (converted.folder / "out").iterdir()) == len(register.numbers)


def test_the_report_names_row_field_code_and_what_to_do(converted: Converted) -> None:
    rows = converted.report()
    found = {int(row["行号 row"]): row["代码 code"] for row in rows if row["性质 kind"] == "错误 error"}
    assert found == converted.register.faults
    assert {int(row["行号 row"]) for row in rows} == set(range(2, 17))
    for row in rows:
        assert bool(row["代码 code"]) == bool(row["建议"]) == bool(row["suggestion"])
        assert (row["来源 origin"] != "") == (row["证照标识 identifier"] != "")
    summary = Path(converted.shape["report"]["summary"]).read_text("utf-8")
    assert "可信等级" in summary
    assert "zhang" in summary
    said = json.dumps(rows, ensure_ascii=False) + summary + converted.done.out + converted.done.err
    for row in converted.register.rows:
        for value in (row[1], row[3], row[9]):
            assert str(value).strip() not in said


def test_levels_of_trust_scans_and_the_historic_issuer(converted: Converted) -> None:
    services = Services(open_home(converted.elicence.home))
    levels = {}
    for outcome in services.conversions.outcomes(converted.shape["id"]):
        if not outcome.identifier:
            continue
        record = services.store.get(outcome.identifier)
        structured = structured_from_bytes(services.store.file(record, "json"))
        levels[outcome.line] = outcome.trust_level
        assert (structured.origin.kind, structured.origin.trust_level) == ("digitised", outcome.trust_level)
        assert structured.origin.converted_on is not None
        assert structured.issuer_name == "样例县行政审批局"
        old = converted.register.rows[outcome.line - 2][4] == "样例县农业局"
        assert (structured.origin.historic_issuer is not None) is old
        for scan in structured.attachments:
            assert (scan.pages, scan.operator) == (2 if outcome.line == 2 else 1, "zhang")
            assert services.store.attachment(record.identifier, scan.sha256) == scan_of(converted, record.number)
        event = services.store.events(record.identifier)[0]
        assert (event.act.actor.name, event.act.actor.office) == ("zhang", "样例县行政审批局")
    doubtful = {outcome.line for outcome in services.conversions.outcomes(converted.shape["id"]) if doubts(outcome)}
    assert doubtful == {2}
    assert levels[3] == "C"  # without a scan
    assert {line for line, level in levels.items() if level == "B"} == levels.keys() - doubtful - {3}
    assert list(levels.values()).count("B") > 5
    assert converted.shape["trust_levels"]["A"] == converted.shape["trust_levels"]["D"] == 0


def doubts(outcome: Any) -> bool:
    return any(one.doubtful for one in outcome.findings)


def scan_of(converted: Converted, number: str) -> bytes:
    wanted = normal_number(number)
    (found,) = [path for path in (converted.folder / "scans").iterdir() if normal_number(path.stem) == wanted]
    return found.read_bytes()


def test_again_issues_nothing_and_a_corrected_register_issues_the_rest(converted: Converted, tmp_path: Path) -> None:
    register, first = converted.register, converted.shape
    repaired = Register(rows=[list(row) for row in register.rows], faults=dict(register.faults), twins=register.twins)
    line = min(one for one, code in register.faults.items() if code != "ROWS_CONTRADICT")
    good = make_register(14, seed=99, first=500).rows[3]
    repaired.rows[line - 2] = [
        register.rows[line - 2][0] if len(str(register.rows[line - 2][0])) > 19 else good[0],
        *good[1:],
    ]
    del repaired.faults[line]
    changed = 4
    assert changed in register.numbers
    repaired.rows[changed - 2][9] = "另一处住所"
    again = converted.elicence(
        "convert", *TYPE, *lay_out(tmp_path, repaired), "--json", "--scans", converted.folder / "scans",
        "--operator", "zhang", "--checked-by", "li",
    )  # fmt: skip
    shape = again.json()
    assert shape["states"]["converted"] == 1
    assert shape["states"]["already"] == first["states"]["converted"] - 1
    codes = {one["code"] for one in shape["problems"] if one["kind"] == "error"}
    assert "ISSUED_WITH_OTHER_DATA" in codes
    total = [event for event in Services(open_home(converted.elicence.home)).store.changes_after(0, 10_000)]
    assert len(total) == first["states"]["converted"] + 1


def test_a_dry_run_finds_what_a_conversion_would_and_keeps_nothing(fresh: Elicence, tmp_path: Path) -> None:
    register = make_register(8, faults=2, seed=11)
    register.rows[0][10] = "\U000323b0"  # CJK extension H: no shipped font prints it
    before = fresh.files()
    done = fresh("convert", *TYPE, *lay_out(tmp_path, register), "--dry-run", "--json", "--report", tmp_path / "report")
    assert done.code == 65
    shape = done.json()
    assert shape["states"]["good"] == len(register.numbers) - 1
    assert "UNPRINTABLE_CHARACTER" in {one["code"] for one in shape["problems"]}
    assert fresh.files() == before
    assert (tmp_path / "report" / "report.csv").exists()


def test_a_survey_says_what_a_register_is_like(fresh: Elicence, tmp_path: Path) -> None:
    register = make_register(30, faults=6, seed=3)
    words = lay_out(tmp_path, register)
    done = fresh("convert", *TYPE, *words, "--survey", "--json")
    assert done.code == 0
    shape = done.json()
    assert (shape["rows"], shape["good"], shape["missing"]) == (30, len(register.numbers), [])
    assert shape["ignored"] == ["备注"]
    assert set(shape["historic_issuers"]) == {"样例县农业局"}
    told = fresh("convert", *TYPE, *words, "--survey")
    assert "存量质量调查" in told.out
    assert "样例县第" not in told.out + done.out


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["none.csv"], 66, "INPUT_NOT_FOUND"),
        (["good.csv", "--type", "no-such"], 65, "UNKNOWN_TYPE"),
        (["part.csv"], 65, "STOCK_COLUMNS_MISSING"),
        (["good.csv", "--workers", "0"], 64, "WRONG_USE"),
        (["good.csv", "--operator", "Li", "--checked-by", "LI"], 64, "WRONG_USE"),
        (["good.csv", "--operator", "Li", "--checked-by", "ｌ i"], 64, "WRONG_USE"),
        (["good.csv", "--operator", "", "--checked-by", "li"], 64, "WRONG_USE"),
        (["good.csv", "--operator", " ", "--checked-by", "li"], 64, "WRONG_USE"),
        (["good.csv", "--survey", "--resume"], 64, "WRONG_USE"),
        (["good.csv", "--scans", "nowhere"], 66, "INPUT_NOT_FOUND"),
        (["good.csv", "--rows", "branches"], 64, "WRONG_USE"),
        (["good.csv", "--map", "broken.toml"], 65, "INPUT_MALFORMED"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_at_once(fresh: Elicence, tmp_path: Path, words: list[str], code: int, problem: str) -> None:
    (tmp_path / "good.csv").write_bytes(make_register(2).csv())
    (tmp_path / "part.csv").write_text("许可证编号,经营者名称\n1,2\n", "utf-8")
    (tmp_path / "broken.toml").write_text("[[", "utf-8")
    done = fresh("convert", *TYPE, *words, "--json", folder=tmp_path)
    assert (done.code, done.json()["error"]["code"]) == (code, problem)


def under_review(home: Path) -> str:
    """A type of the home's own that is issued from approved drafts only; its slug."""
    shipped = load_catalogue().get("pesticide-business")
    text = (Path(__file__).parents[2] / "licences/catalogue/pesticide-business.toml").read_text("utf-8")
    text = text.replace('"pesticide-business"', '"reviewed"').replace(shipped.code, f"{shipped.code[:18]}990")
    (home / "catalogue").mkdir()
    (home / "catalogue" / "own.toml").write_text(f'{text}\n[review]\nmetadata = "required"\n', "utf-8")
    return "reviewed"


def test_a_type_under_review_is_converted_by_two_persons_only(fresh: Elicence, tmp_path: Path) -> None:
    slug, words = under_review(fresh.home), lay_out(tmp_path, make_register(1))
    convert = ("convert", "--type", slug, "--workers", "1", *words, "--json")
    for alone in ((), ("--self-declared",), ("--dry-run", "--resume")):
        refused = fresh(*convert, *alone)
        assert (refused.code, refused.json()["error"]["code"]) == (65, "REVIEW_REQUIRED"), alone
    assert not Services(open_home(fresh.home)).store.changes_after(0, 10)
    assert fresh(*convert, "--survey").code == 0
    done = fresh(*convert, "--operator", "zhang", "--checked-by", "li").json()
    assert done["states"]["converted"] == 1


def test_nobody_converts_around_the_review(fresh: Elicence, tmp_path: Path) -> None:
    from api.conversion_jobs import HandedIn, start

    services, slug = Services(open_home(fresh.home)), under_review(fresh.home)
    handed = HandedIn(type=slug, register=make_register(1).csv(), mapping=tomllib.loads(MAPPING), operator="zhang")
    with pytest.raises(ReviewRequiredError):
        start(services, handed, "0123456789abcdef")
    assert not (services.home.conversions / "0123456789abcdef").exists()
    # A batch that was begun before the type came under review stops as well.
    office = ConvertingOffice(
        authority=StructuredAuthority(name="样例县行政审批局", code="1199010000000102XM"),
        operator="zhang", checked_by="Zhang ", self_declared=False,
    )  # fmt: skip
    with pytest.raises(ReviewRequiredError):
        RowConverter(
            issuer=services.issuer_for("sm2"), store=services.store, catalogue=services.catalogue, type_name=slug,
            seal="sm2", office=office,
        )  # fmt: skip


def test_what_is_not_the_fault_of_a_row_stops_it(fresh: Elicence, tmp_path: Path) -> None:
    words = lay_out(tmp_path, make_register(3))
    shutil.rmtree(fresh.home / "trust")
    done = fresh("convert", *TYPE, *words, "--json")
    assert done.code == 78
    shape = done.json()
    assert shape["stopped"]["code"] == shape["failure"] == "TRUST_UNUSABLE"
    assert shape["done"] == 0


@pytest.mark.parametrize(("programs", "workers", "rows"), KILLED)
def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    fresh: Elicence, tmp_path: Path, programs: int, workers: int, rows: int
) -> None:
    chance = random.Random(20261122)  # noqa: S311 — moments to kill at, no secrets
    register = make_register(rows, faults=3, seed=8)
    words = ("convert", *TYPE, *lay_out(tmp_path, register), "--resume", "--json")
    store = Services(open_home(fresh.home)).store

    struck = 0

    def wait_for(licences: int, program: Running) -> None:
        while len(store.changes_after(0, 10_000)) < licences:
            if program.poll() is not None:
                raise ProcessLookupError
            time.sleep(0.005)
        time.sleep(chance.random() * 0.02)  # somewhere in a row

    for kill in range(programs):
        before = len(store.changes_after(0, 10_000))
        with fresh.start(*words) as program, contextlib.suppress(ProcessLookupError):  # it was quicker
            for number in range(workers if kill == 0 else 0):
                wait_for(before + number + 1, program)
                os.kill(child_of(program), signal.SIGKILL)
            wait_for(before + 3, program)
            worker = child_of(program)
            program.kill()
            if kill % 2:  # else it finishes the row that it has begun
                os.kill(worker, signal.SIGKILL)
        assert program.returncode in (-signal.SIGKILL, 65)
        struck += program.returncode == -signal.SIGKILL
    assert struck
    last = fresh(*words)
    assert last.code == 65, last.err
    shape = last.json()
    assert shape["done"] == shape["total"] == rows
    assert shape["states"]["waiting"] == 0
    check(fresh.home, shape["id"], register)
    nothing = fresh(*words).json()
    assert nothing["id"] == shape["id"]
    assert nothing["states"] == shape["states"]


def child_of(parent: Running) -> int:
    """Wait for its worker; ProcessLookupError when it has ended."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            for task in Path(f"/proc/{parent.pid}/task").iterdir():
                for child in (task / "children").read_text().split():
                    return int(child)
        if parent.poll() is not None:
            raise ProcessLookupError
        time.sleep(0.005)


# HTTP


def post(url: str, files: Mapping[str, tuple[str, bytes]], **fields: str) -> tuple[int, dict[str, Any]]:
    boundary = "elicence"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for key, (name, content) in files.items()
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    request = urllib.request.Request(  # noqa: S310 — our own server
        url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    return ask(request)


def ask(request: urllib.request.Request | str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 — our own server
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_register_over_http(served: Server) -> None:
    register = make_register(5, faults=1, seed=21, first=9000)
    address = f"{served.url}/api/v1/conversions"
    scan = f"{register.numbers[2].strip()}.pdf"
    files = {
        "file": ("台账.xlsx", register.xlsx()), "mapping": ("map.toml", MAPPING.encode()), "scans": (scan, pdf(2)),
    }  # fmt: skip
    status, begun = post(address, files, type="pesticide-business", operator="zhang", checked_by="li")
    assert status == 202, begun
    assert begun["state"] == "running"
    with urllib.request.urlopen(f"{address}/{begun['id']}/events") as stream:  # noqa: S310 — our own server
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert [stream.readline() for _ in range(3)][2] == b"event: progress\n"
    # The connection was dropped: the work goes on.
    deadline = time.monotonic() + 120
    while (told := ask(f"{address}/{begun['id']}")[1])["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (told["state"], told["failure"]) == ("finished", None)
    assert told["states"]["converted"] == len(register.numbers)
    assert told["states"]["refused"] == len(register.faults)
    with urllib.request.urlopen(f"{address}/{begun['id']}/events") as stream:  # noqa: S310 — our own server
        events = stream.read().decode().strip().split("\n\n")
    assert [one.partition("\n")[0] for one in events] == ["retry: 500", "event: end"]
    assert json.loads(events[1].partition("data: ")[2]) == told
    summary = ask(f"{address}/{begun['id']}/report?format=json")[1]
    assert (summary["trust_levels"]["B"], summary["trust_levels"]["C"]) == (1, len(register.numbers) - 1)  # one scan
    with urllib.request.urlopen(f"{address}/{begun['id']}/report") as answer:  # noqa: S310 — our own server
        rows = list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"))))
    assert {int(row["行号 row"]) for row in rows} == set(range(2, 7))
    resumed = urllib.request.Request(f"{address}/{begun['id']}/resume", b"", method="POST")  # noqa: S310
    assert ask(resumed)[1]["state"] == "finished"  # nothing is left of what was handed in


@pytest.mark.parametrize(
    ("files", "fields", "status", "code"),
    [
        ({}, {"type": "pesticide-business"}, 400, "INPUT_MALFORMED"),
        ({"file": ("a.csv", b"a")}, {}, 400, "INPUT_MALFORMED"),
        ({"file": ("a.csv", b"a")}, {"type": "x", "colour": "y"}, 400, None),
        ({"file": ("a.csv", b"a")}, {"type": "no-such"}, 422, "UNKNOWN_TYPE"),
        ({"file": ("a.csv", b"a")}, {"type": "pesticide-business"}, 422, "STOCK_HEADER_NOT_FOUND"),
        ({"file": ("a.xlsx", b"PK\x03\x04")}, {"type": "pesticide-business"}, 422, "STOCK_FILE_DAMAGED"),
        ({"file": ("a.csv", b"a")}, {"type": "x", "seal": "wax"}, 400, "INPUT_MALFORMED"),
        ({"file": ("a.csv", b"a")}, {"type": "x", "dry_run": "yes"}, 400, "INPUT_MALFORMED"),
        ({"file": ("a.csv", b"a"), "scans": ("../x.pdf", b"a")}, {"type": "x"}, 400, "INPUT_MALFORMED"),
        ({"file": ("a.csv", b"a"), "mapping": ("m.json", b"[]")}, {"type": "x"}, 400, "INPUT_MALFORMED"),
    ],
    ids=["no-file", "no-type", "field", "type", "header", "damaged", "seal", "truth", "scan-name", "mapping"],
)
def test_requests_that_are_refused(
    served: Server, files: Mapping[str, tuple[str, bytes]], fields: dict[str, str], status: int, code: str | None
) -> None:
    answered, problem = post(f"{served.url}/api/v1/conversions", files, **fields)
    assert answered == status
    assert code is None or problem["code"] == code


def test_conversions_that_are_not_there(served: Server) -> None:
    for path in ("0123456789abcdef", "..%2f..", "0123456789abcdef/report"):
        assert ask(f"{served.url}/api/v1/conversions/{path}")[0] == 404


def test_what_was_handed_in_is_encrypted_until_it_is_done(fresh: Elicence) -> None:
    from api.conversion_jobs import HandedIn, _keep, _kept

    home = open_home(fresh.home)
    register = make_register(2).csv("utf-8")
    folder = home.conversions / "0123456789abcdef"
    _keep(home, folder, HandedIn(type="pesticide-business", register=register, scans={"a.pdf": pdf(1)}))
    assert all("农资店".encode() not in path.read_bytes() for path in folder.iterdir())
    before = {path.name for path in folder.iterdir()}
    request = _kept(home, folder)
    assert request.register == register
    assert list(request.closed_scans) == ["a.pdf"]
    assert pdf(1) not in request.closed_scans["a.pdf"].read_bytes()
    # Nobody has to put the scans in the clear for a worker: a job that is killed leaves nothing readable behind.
    assert {path.name for path in folder.iterdir()} == before
    assert "a.pdf" not in str(before)
