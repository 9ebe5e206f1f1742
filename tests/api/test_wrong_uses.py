"""What clerks do wrong: the wrong file, the wrong word. Each gets one clear sentence in both languages, no more."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.cli import main

if TYPE_CHECKING:
    from running import Elicence

_DATA = '{"type": "water-abstraction", "data": {}}'


@pytest.fixture
def desk(fresh: Elicence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a home and everything that is not what was asked for."""
    folder = tmp_path / "desk"
    (folder / "folder").mkdir(parents=True)
    files = {
        "empty": b"",
        "mark": b"\xef\xbb\xbf",
        "half.json": b'{"type":',
        "gbk.json": _DATA.replace("{}", '{"name": "证照"}').encode("gb18030"),
        "utf16.json": _DATA.encode("utf-16"),
        "list.json": b"[]",
        "huge": bytes(8 * 1024 * 1024 + 1),
        "file.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "good.json": _DATA.encode(),
        "pass": b"words\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "text.docx", "w") as docx:
        docx.writestr("word/document.xml", "text")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ELICENCE_HOME", str(fresh.home))
    return folder


@pytest.mark.parametrize(
    ("line", "code", "zh"),
    [
        ("issue --data none.json", 66, "没有这个文件"),
        ("issue --data folder", 66, "这是文件夹"),
        ("issue --data empty", 65, "文件是空的"),
        ("issue --data mark", 65, "文件是空的"),
        ("issue --data half.json", 65, "不是有效的 JSON（第 1 行第 9 列）"),
        ("issue --data gbk.json", 65, "另存为 UTF-8 编码"),
        ("issue --data utf16.json", 65, "另存为 UTF-8 编码"),
        ("issue --data file.pdf", 65, "请改用 JSON 文件"),
        ("issue --data text.docx", 65, "JSON"),
        ("issue --data list.json", 65, "应为 JSON 对象"),
        ("issue --data huge", 65, "JSON 超过 4 MB"),
        ("issue --data good.json --type nix", 64, "命令行的 --type 与文件中写明的 type 不同"),
        ("issue --data good.json --out file.pdf", 65, "项填写有误"),
        ("verify none.pdf", 66, "没有这个文件"),
        ("verify folder", 66, "这是文件夹"),
        ("verify file.pdf --trust none", 66, "没有信任根目录"),
        ("verify file.pdf --status none", 66, "没有状态列表"),
        ("audit verify --trust none", 66, "没有信任根目录"),
        ("verify file.pdf --holder file.pdf", 65, "请改用 JSON 文件"),
        ("verify file.pdf --at yesterday", 64, "时间应为日期"),
        ("--home none verify file.pdf", 78, "没有主目录"),
        ("--home folder verify file.pdf", 78, "不是 elicence 的主目录"),
        ("--home none catalogue list", 78, "没有主目录"),
        ("--home none archive verify file.pdf", 78, "没有主目录"),
        ("--home none seal verify file.pdf", 78, "没有主目录"),
        ("--home none items check empty", 78, "没有主目录"),
        ("status-list show file.pdf", 65, "这不是签名的状态列表"),
        ("status-list show empty", 65, "这不是签名的状态列表"),
        ("status-list show folder", 66, "这是文件夹"),
        ("seal show file.pdf", 65, "这不是电子印章文件"),
        ("seal import text.docx", 65, "印章未导入：这不是电子印章文件"),
        ("seal verify huge", 65, "电子印章不超过"),
        ("seal apply text.docx --x 10 --y 10 --out o.pdf", 65, "只在 PDF 上盖章"),
        ("revoke nix --ground x --decision y", 66, "没有这张证照"),
        ("history file.pdf", 66, "没有这张证照"),
        ("catalogue show nix", 65, "没有这种证照类型，请用证照目录中的类型名或代码"),
        ("convert file.pdf --type water-abstraction", 65, "找不到表头"),
        ("backup", 64, "请用 --out"),
        ("restore none --keys none --passphrase words", 64, "口令来源应为 env:变量名 或 file:文件"),
        ("kit file.pdf", 73, "这里应为新的或空的文件夹"),
        ("init --public-url nonsense", 64, "公开地址"),
    ],
)
def test_one_clear_sentence(desk: Path, capsys: pytest.CaptureFixture[str], line: str, code: int, zh: str) -> None:
    before = sorted(desk.rglob("*"))
    assert main(line.split()) == code
    out, err = capsys.readouterr()
    assert out == ""
    said, *fields = err.splitlines()
    assert zh in said
    assert re.fullmatch(r"错误  error \[[A-Z_]+\]: .*[\u4e00-\u9fff].*  [ -~…]*[a-z]{3}[ -~…]*", said)
    assert all(re.match(r"  /[a-zA-Z/0-9]+ \[[A-Z_]+\]: ", one) for one in fields)
    assert not re.search(r"Error\b|\(\w+Exception", err)
    assert sorted(desk.rglob("*")) == before


def test_a_seal_is_not_called_an_e_licence(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", "verify", "text.docx"]) == 1
    said = capsys.readouterr().out
    assert "这不是电子印章文件" in said
    assert "证照" not in said


def test_without_any_home_it_is_said_what_that_means(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ELICENCE_HOME")
    assert main(["verify", "file.pdf"]) in (1, 2)
    assert "未使用主目录" in capsys.readouterr().out
    assert main(["verify", "file.pdf", "--offline"]) in (1, 2)
    assert "未使用主目录" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["none", "bare"])
def test_a_home_that_is_yet_to_be_made(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (desk / "bare").mkdir()
    monkeypatch.setenv("ELICENCE_HOME", name)
    assert main(["verify", "empty", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["reason"].startswith("FORMAT_")
    assert "没有主目录" in said.err
    assert str(desk / name) in said.err
    assert not list(desk.glob(f"{name}/*"))
