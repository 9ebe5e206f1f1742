"""The strict readers, the columns, the rate limiter, and the table of errors."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

import esign
import keys
import licences
import verify
from api import errors
from api.columns import shorten, table, width
from api.errors import CannotWriteError, InputNotFoundError, InputTooLargeError, MalformedInputError, UsageError
from api.inputs import MAX_JSON_BYTES, parse_at, parse_json, read_file
from api.issuing import IssueRequest, read_request
from api.messages import CHECKS, check_name
from api.output import StagedFiles
from api.problem_rows import INTERNAL, ROWS
from api.problems import problem_of, row_of


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe{}", b"{'type': 1}", b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "b": 2}}', b'{"a": NaN}',
        b'{"a": -Infinity}', b'"\\ud800"', b'{"\\udfff": 1}', b'{"a": ' * 60_000, b"[" * 200_000,
        b"[" * 17 + b"]" * 17, b'{"a": ' + b"1" * 5000 + b"}", b"{} {}", b"\xef\xbb\xbf\xef\xbb\xbf{}",
    ],
)  # fmt: skip
def test_json_that_means_nothing_or_two_things(content: bytes) -> None:
    with pytest.raises(MalformedInputError):
        parse_json(content)


def test_json_that_is_taken() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": [1, 2.5, null, true, "\xf0\xac\xb1\x96"]}') == {
        "a": [1, 2.5, None, True, "𬱖"]
    }
    assert parse_json(b"[" * 15 + b"]" * 15)
    with pytest.raises(InputTooLargeError):
        parse_json(b" " * (MAX_JSON_BYTES + 1))


@pytest.mark.parametrize(
    "document",
    [
        [], None, 42, "text", {}, {"type": "t"}, {"type": "t", "data": []}, {"type": 7, "data": {}},
        {"type": "t", "data": {}, "seal": "dsa"}, {"type": "t", "data": {}, "x": 1},
        {"type": "t", "data": {}, "seal": 1},
    ],
)  # fmt: skip
def test_a_request_of_another_form(document: object) -> None:
    with pytest.raises(MalformedInputError):
        read_request(document)


def test_a_request_says_nothing_twice_and_differently() -> None:
    document = {"type": "t", "data": {"a": "b"}, "seal": "rsa"}
    assert read_request(document) == IssueRequest(type="t", data={"a": "b"}, seal="rsa")
    assert read_request(document, type_name="t", seal="rsa") == read_request(document)
    assert read_request({"a": "b"}, type_name="t") == IssueRequest(type="t", data={"a": "b"}, seal="sm2")
    for beside in ({"type_name": "u"}, {"seal": "sm2"}):
        with pytest.raises(UsageError):
            read_request(document, **beside)
    with pytest.raises(UsageError):
        read_request({"data": {}})


def test_reading_stops_one_byte_after_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert len(read_file(path, 10)) == 11
    assert len(read_file(path, 100)) == 100
    for wrong in (tmp_path, tmp_path / "none", Path("/dev/zero"), tmp_path / "file" / "below"):
        with pytest.raises(InputNotFoundError):
            read_file(wrong, 10)


def test_a_pipe_is_read_until_there_is_enough(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"ab")
    os.write(writing, b"cd")
    os.close(writing)
    assert read_file(Path(f"/dev/fd/{reading}"), 10) == b"abcd"
    os.close(reading)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21", "2026-11-21T23:59:59.999999+08:00"),
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21t10:00:00.5-05:30", "2026-11-21T10:00:00.500000-05:30"),
    ],
)
def test_times_that_are_taken(text: str, instant: str) -> None:
    at = parse_at(text)
    assert at == datetime.fromisoformat(instant)
    assert at.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T10:00:00", "2026-11-21 10:00:00", "2026-02-30", "today", "", "20261121", "2026-11-21T25:00:00Z",
        "2026-11-21T10:00:00+25:00", "２０２６-11-21", "0000-01-01", "2026-11-21T10:00Z", "2026-W01-1",
    ],
)  # fmt: skip
def test_times_that_are_not(text: str) -> None:
    with pytest.raises(UsageError):
        parse_at(text)


def test_columns_align_whatever_the_script() -> None:
    assert (width("取水A"), width("é"), width("e\u0301"), width("𬱖")) == (5, 1, 1, 2)
    assert shorten("取水许可证", 7) == "取水许…"
    assert shorten("取水", 4) == "取水"
    lines = table(("名", "b"), [("取水许可证", "1"), ("x", "22")]).splitlines()
    assert [width(line.rsplit(" ", 1)[0]) for line in lines] == [11, 11, 11, 11]


def below(error: type[BaseException]) -> set[type[BaseException]]:
    return {error}.union(*(below(cls) for cls in error.__subclasses__()))


for name in licences.__all__:
    getattr(licences, name)  # what was not loaded would not be counted
OURS = sorted(
    set().union(*map(below, (keys.KeysError, esign.EsignError, licences.LicencesError, verify.VerifyError)))
    | below(errors.ApiError),
    key=lambda cls: (cls.__module__, cls.__name__),
)  # fmt: skip


@pytest.mark.parametrize("error", OURS, ids=lambda cls: cls.__name__)
def test_every_error_has_an_exit_code_and_a_status(error: type[BaseException]) -> None:
    row = next((row for cls in error.__mro__ for row in ROWS if row.error is cls), None)
    assert row is not None
    assert row.exit_code in {1, 64, 65, 66, 69, 73, 75, 78}
    assert 400 <= row.http_status < 600
    # The two columns agree about whose fault it is: 69 and above is ours or the machine's, and so is 5xx.
    ours = row.exit_code >= 69 and row.http_status not in (408, 409, 429)
    assert ours == (row.http_status >= 500)


def test_the_bases_of_all_packages_have_rows_of_their_own() -> None:
    bases = {keys.KeysError, esign.EsignError, licences.LicencesError, verify.VerifyError, errors.ApiError, OSError}
    assert bases <= {row.error for row in ROWS}
    assert len({row.error for row in ROWS}) == len(ROWS)


def test_the_store_says_what_is_the_matter() -> None:
    told = {
        code: problem_of(licences.StoreUnavailableError(code))
        for code in ("STORE_BUSY", "STORE_UNWRITABLE", "STORE_UNAVAILABLE", "FILE_DAMAGED")
    }
    assert {code: problem.row.exit_code for code, problem in told.items()} == {
        "STORE_BUSY": 75, "STORE_UNWRITABLE": 73, "STORE_UNAVAILABLE": 69, "FILE_DAMAGED": 69,
    }  # fmt: skip
    assert {problem.row.http_status for problem in told.values()} == {503}


def test_an_unforeseen_error_says_nothing_about_itself() -> None:
    for error in (ValueError("990101199001010010"), ExceptionGroup("x", [ValueError("990101199001010010")])):
        problem = problem_of(error)
        assert problem.row is INTERNAL
        assert "990101" not in str(problem.shape()) + str(problem.http_shape())
    mixed = ExceptionGroup("x", [licences.InvalidFieldError("/data/a", "REQUIRED"), ValueError()])
    assert row_of(mixed) is None


def test_our_own_faults_are_told_without_particulars_over_http() -> None:
    problem = problem_of(PermissionError(13, "Permission denied", "secret-place"))
    assert (problem.row.exit_code, problem.row.http_status) == (73, 503)
    assert "secret-place" in str(problem.shape())
    assert "secret-place" not in str(problem.http_shape())


def test_every_check_has_words() -> None:
    folder = Path(verify.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    names = {part.partition('"')[0] for part in source.split('Check(name="')[1:]}
    assert len(names) > 10
    assert names <= CHECKS.keys()
    assert check_name("newer").zh == "newer"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for name, words in (
        ("none", "没有这个文件"), (".", "这是文件夹"), ("file/below", "没有这个文件"), ("x" * 300, "文件名太长"),
        ("a\0b", "无法读取这个文件"),
    ):  # fmt: skip
        with pytest.raises(InputNotFoundError) as caught:
            read_file(tmp_path / name, 10)
        assert words in caught.value.message.zh


def put(folder: Path, name: str) -> None:
    with StagedFiles(folder) as staged:
        staged.stage({name: b"x"})
        staged.put()


def test_a_file_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for folder, name, words in (
        (tmp_path, "folder", "已有同名的文件夹"), (tmp_path / "file", "a", "却有同名的文件"),
        (Path("/proc/none"), "a", "没有这个文件夹"), (tmp_path, "x" * 300, "文件名太长"),
    ):  # fmt: skip
        with pytest.raises(CannotWriteError) as caught:
            put(folder, name)
        assert words in caught.value.message.zh
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
