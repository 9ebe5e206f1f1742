"""What an OFD looks like: on the command line, and at the desk beside the verdict on it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from PIL import Image

from api.cli import main
from esign import PREVIEW_ZH

if TYPE_CHECKING:
    from running import Server

OFD = Path(__file__).parents[2] / "fixtures/vectors/ses/example_signed.ofd"
RED = (255, 0, 0)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the command; its JSON answer, or only its exit code where it fails."""

    def run(*words: object) -> Any:
        code = main(["preview", *map(str, words), "--json"])
        said = json.loads(capsys.readouterr().out)
        return said if code == 0 else code

    return run


def test_every_page_as_a_picture(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command(OFD, "--out", tmp_path / "shown.png")
    assert answer == {"files": [str(tmp_path / f"shown-{n}.png") for n in (1, 2)], "pages": 2, "shown": 2, "notes": []}
    first, second = (Image.open(io.BytesIO(Path(file).read_bytes())) for file in answer["files"])
    assert first.getpixel((551, 945)) == RED  # the seal
    assert first.size == second.size
    assert first.height > 1170  # the words below the page


def test_one_pdf(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command(OFD, "--out", tmp_path / "shown.PDF")
    (file,) = answer["files"]
    assert Path(file).read_bytes().startswith(b"%PDF-1.7")
    assert Path(file).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("file", "out", "code"),
    [
        (OFD, "shown.txt", 64),
        (OFD, "shown", 64),
        (Path(__file__), "shown.pdf", 65),
        (Path("none.ofd"), "shown.pdf", 66),
    ],
    ids=["suffix", "no-suffix", "no-ofd", "not-there"],
)
def test_what_cannot_be_shown(command: Callable[..., Any], tmp_path: Path, file: Path, out: str, code: int) -> None:
    assert command(file, "--out", tmp_path / out) == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (OFD.read_bytes()[:4000], "这个OFD文件已损坏"),
        (b"%PDF-1.7\n", "这是PDF文件，可直接用阅读器打开"),
        (b"", "文件是空的"),
        (b"{\\rtf1}", "这是 RTF 文档"),
        (bytes(9), "这个文件无法识别"),
    ],
    ids=["cut", "pdf", "empty", "rtf", "zeros"],
)
def test_what_cannot_be_shown_is_called_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, words: str
) -> None:
    (tmp_path / "file").write_bytes(data)
    assert main(["preview", str(tmp_path / "file"), "--out", str(tmp_path / "shown.pdf")]) == 65
    assert words in capsys.readouterr().err


def test_the_desk_shows_the_pages_beside_the_verdict(served: Server) -> None:
    with httpx2.Client(base_url=served.url, timeout=30) as client:
        answer = client.post("/desk", files={"file": ("x.ofd", OFD.read_bytes())})
        address = answer.headers["location"]
        page = client.get(address)
        assert 'data-verdict="passed"' not in page.text  # nobody here trusts who sealed it
        assert PREVIEW_ZH in page.text
        pictures = re.findall(r'<img src="([^"]+)"', page.text)
        assert pictures == [f"{address}/pages/{number}" for number in (1, 2)]
        picture = client.get(pictures[0])
        assert picture.headers["content-type"] == "image/png"
        assert picture.headers["cache-control"] == "no-store"
        assert Image.open(io.BytesIO(picture.content)).getpixel((551, 945)) == RED
        for other in (f"{address}/pages/0", f"{address}/pages/3", "/desk/checks/none/pages/1"):
            assert client.get(other).status_code == 404, other


@pytest.mark.parametrize(
    "data", [OFD.read_bytes()[:9000], b"%PDF-1.7\n", b"PK\x03\x04OFD.xml"], ids=["cut", "pdf", "zip"]
)
def test_the_desk_shows_no_pages_of_what_is_no_ofd(served: Server, data: bytes) -> None:
    with httpx2.Client(base_url=served.url, timeout=30) as client:
        answer = client.post("/desk", files={"file": ("x.ofd", data)})
        assert PREVIEW_ZH not in client.get(answer.headers["location"]).text
        assert client.get(f"{answer.headers['location']}/pages/1").status_code == 404
