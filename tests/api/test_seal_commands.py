"""`elicence seal`: made in a development home, taken in from a maker, shown, checked."""

from __future__ import annotations

import io
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from declared import declared_pki
from PIL import Image

from api import keys_commands, seal_commands
from esign import SealKind, SesPicture, make_seal_object, read_seal_object
from esign.seal import LEVELS
from keys import Certificate, RetirementReason, load_certificates, write_certificates

if TYPE_CHECKING:
    from types import ModuleType

    from running import Elicence

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "fixtures" / "vectors" / "ses"
PICTURE = SesPicture(type="PNG", data=(VECTORS / "picture.png").read_bytes(), width=42, height=42)
FILES = {"sm2": "sm2.esl", "rsa": "rsa.seal.json"}

each_family = pytest.mark.parametrize("family", ["sm2", "rsa"])


def certificate_of(elicence: Elicence, family: str) -> Certificate:
    return load_certificates((elicence.home / "keys" / f"{family}-seal.chain.pem").read_bytes())[0]


def from_maker(elicence: Elicence, family: str, trust: Path, **changes: object) -> bytes:
    """A seal of an approved maker for the home's key, and the folder that trusts the maker."""
    pki, now = declared_pki(family), datetime.now(UTC).replace(microsecond=0)
    trust.mkdir(exist_ok=True)
    for name in ("root", "issuing-ca"):
        write_certificates(trust / f"{family}-{name}.pem", [pki.certificate(name)])
        (trust / f"{family}-{name}.crl").write_bytes(pki.crl(name, now).der)
    good = {
        "identifier": "99010000000001",
        "vendor": "MAKER",
        "name": "样例县行政审批局",
        "kind": 1,
        "picture": PICTURE,
        "permitted": [certificate_of(elicence, family)],
        "valid_from": now - timedelta(days=1),
        "valid_to": now + timedelta(days=1000),
        "maker": pki.signer("seal-maker"),
        "at": now - timedelta(days=1),
    }
    return make_seal_object(**{**good, **changes})  # type: ignore[arg-type]


@each_family
def test_a_seal_is_made_shown_and_checked(fresh: Elicence, family: str, tmp_path: Path) -> None:
    done = fresh("seal", "make", "--family", family, "--json")
    assert done.code == 0, done.out
    path = fresh.home / "seals" / FILES[family]
    made = done.json()
    assert made["file"] == str(path)
    assert (made["name"], made["picture"]["width"], made["in_force"]) == ("样例县行政审批局", 42, True)
    seal = read_seal_object(path.read_bytes())
    seal.require_usable(datetime.now(UTC), certificate_of(fresh, family))
    assert made["digest"] == seal.digest

    shown = fresh("seal", "show", "--json").json()["seals"]
    assert made in [one | {"replaced": made["replaced"]} for one in shown]
    picture = tmp_path / "seal.png"
    assert fresh("seal", "show", family, "--picture", picture).code == 0
    assert Image.open(io.BytesIO(picture.read_bytes())).size == (992, 992)

    for words in (("seal", "verify", family), ("seal", "verify", path), ("verify", path)):
        checked = fresh(*words, "--json")
        report = checked.json()
        assert (checked.code, report["kind"], report["reason"]) == (0, "seal", "SEAL_GENUINE")
        assert report["sentence"]["zh"].endswith("样例/测试，不具法律效力 (test only)。")
    assert fresh("seal", "verify", family, "--at", "2099-01-01", "--json").json()["reason"] == "SEAL_NOT_IN_FORCE"


@pytest.mark.parametrize(
    ("words", "kind", "size"),
    [
        (("--kind", "name", "--name", "李样例印", "--white"), 2, (20, 20)),
        (("--kind", "oval", "--number", "91990101MA0TERT67F"), 1, (45, 30)),
        (("--kind", "oval", "--size", "40x30"), 1, (40, 30)),
        (("--body", "government", "--name", "样例县人民政府"), 1, (45, 45)),
        (("--body", "special", "--centre-line", "行政审批专用章", "--number", "9901020000017"), 1, (40, 40)),
        (("--level", "国家级"), 1, (50, 50)),
        (("--latin", "YANGLI COUNTY ADMINISTRATIVE APPROVAL BUREAU"), 1, (42, 42)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and isinstance(value[0], str) else None,
)
def test_kinds_and_sizes(fresh: Elicence, words: tuple[str, ...], kind: int, size: tuple[int, int]) -> None:
    made = fresh("seal", "make", "--json", *words).json()
    assert (made["kind"], made["picture"]["width"], made["picture"]["height"]) == (kind, *size)


def test_a_supplied_picture_is_kept_as_it_is(fresh: Elicence, tmp_path: Path) -> None:
    supplied, back = tmp_path / "own.png", tmp_path / "back.png"
    Image.new("RGBA", (200, 200), (220, 0, 0, 90)).save(supplied)
    assert fresh("seal", "make", "--picture", supplied, "--size", "40").code == 0
    assert fresh("seal", "show", "sm2", "--picture", back).code == 0
    assert back.read_bytes() == supplied.read_bytes()


def test_an_emblem_in_the_centre(fresh: Elicence, tmp_path: Path) -> None:
    emblem = tmp_path / "emblem.png"
    Image.new("RGBA", (100, 100), (10, 20, 30, 255)).save(emblem)
    assert fresh("seal", "make", "--body", "government", "--emblem", emblem).code == 0
    data = read_seal_object((fresh.home / "seals" / "sm2.esl").read_bytes()).picture.data
    picture = Image.open(io.BytesIO(data))
    assert picture.getpixel((picture.width // 2, picture.height // 2)) == (10, 20, 30, 255)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("make", "--kind", "square"), 64),
        (("make", "--size", "42mm"), 64),
        (("make", "--size", "1x2x3"), 64),
        (("make", "--kind", "name", "--name", "样例县行政审批局"), 65),
        (("make", "--name", "局" * 31), 65),
        (("make", "--name", "\U000313ac"), 65),
        (("make", "--picture", str(ROOT / "README.md")), 65),
        (("make", "--picture", "no such file"), 66),
        (("show", "no such file"), 66),
        (("show", "--picture", "x.png"), 64),
        (("show", str(ROOT / "README.md")), 65),
        (("verify", str(ROOT / "fixtures/vectors/ses/picture.png")), 65),
        (("verify", str(ROOT / "README.md")), 1),
        (("verify", str(VECTORS / "seal_v4.esl")), 2),
        (("verify", str(VECTORS / "sig_v4.dat")), 2),
        (("verify", "sm2", "--trust", "no such folder"), 66),
        (("import", str(VECTORS / "seal_v4.esl")), 65),
        (("import", str(VECTORS / "sig_v4.dat")), 65),
        (("import", str(ROOT / "README.md")), 65),
        (("import",), 64),
    ],
    ids=lambda value: " ".join(Path(word).name[:12] for word in value) if isinstance(value, tuple) else str(value),
)
def test_what_is_refused(fresh: Elicence, words: tuple[str, ...], code: int) -> None:
    if words[0] == "show" and words[1] == "--picture":
        for family in FILES:
            assert fresh("seal", "make", "--family", family).code == 0
    elif "--trust" in words:
        assert fresh("seal", "make").code == 0
    done = fresh("seal", *words, "--json")
    assert done.code == code, done.out
    done.json()


def test_a_home_that_is_not_for_development_makes_no_seal(fresh: Elicence) -> None:
    settings = fresh.home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8").replace("development = true", "development = false"), "utf-8")
    done = fresh("seal", "make", "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, "HOME_UNUSABLE")
    assert "elicence seal import" in done.json()["error"]["message"]["en"]


@each_family
def test_a_maker_s_seal_is_taken_in(fresh: Elicence, family: str, tmp_path: Path) -> None:
    trust, file = tmp_path / "trust", tmp_path / FILES[family]
    file.write_bytes(from_maker(fresh, family, trust))
    refused = fresh("seal", "import", file, "--json").json()["error"]
    assert refused["code"] == "SEAL_NOT_TAKEN"
    assert "CERTIFICATE_UNTRUSTED" in refused["message"]["en"]

    done = fresh("seal", "import", file, "--trust", trust, "--json")
    assert done.code == 0, done.out
    assert done.json()["maker"]["name"] == "样例制章单位 Seal Maker"
    assert (fresh.home / "seals" / FILES[family]).read_bytes() == file.read_bytes()


def test_an_ofd_shows_who_made_the_seal(fresh: Elicence, running: ModuleType, tmp_path: Path) -> None:
    trust, file = tmp_path / "trust", tmp_path / FILES["sm2"]
    file.write_bytes(from_maker(fresh, "sm2", trust))
    assert fresh("seal", "import", file, "--trust", trust).code == 0
    issue = ("issue", "--data", running.SAMPLES / "water-abstraction-2.json", "--format", "both", "--json")
    refused = fresh(*issue)
    assert (refused.code, refused.json()["error"]["code"]) == (78, "SELF_CHECK_FAILED")
    assert "ofd: CERTIFICATE_UNTRUSTED" in refused.json()["error"]["message"]["en"]
    for found in trust.iterdir():
        shutil.copy(found, fresh.home / "trust" / f"maker-{found.name}")
    done = fresh(*issue)
    assert done.code == 0, done.out
    report = fresh("verify", done.json()["files"]["ofd"]["path"], "--json").json()
    assert (report["verdict"], report["reason"]) == ("passed", "OK")
    assert "样例制章单位 Seal Maker" in json.dumps(report["signatures"], ensure_ascii=False)


@each_family
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("expired", "SEAL_NOT_IN_FORCE"),
        ("another signer", "does not list the signer's certificate"),
        ("drawing", "cannot be put on a page"),
        ("revoked maker", "CERTIFICATE_REVOKED"),
        ("forged", "SIGNATURE_INVALID"),
    ],
)
def test_what_is_wrong_with_a_maker_s_seal_is_named(
    fresh: Elicence, family: str, name: str, said: str, tmp_path: Path
) -> None:
    pki, trust, file = declared_pki(family), tmp_path / "trust", tmp_path / "seal"
    changes: dict[str, object] = {
        "expired": {"valid_to": datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)},
        "another signer": {"permitted": [pki.certificate("water-seal")]},
        "drawing": {"picture": SesPicture(type="SVG", data=b"<svg/>", width=42, height=42)},
        "revoked maker": {"maker": pki.signer("seal-compromised")},
    }.get(name, {})
    data = from_maker(fresh, family, trust, **changes)
    if name == "forged":
        data = data.replace("行政审批".encode(), "行政管理".encode(), 1)
    file.write_bytes(data)
    before = {path: path.read_bytes() for path in (fresh.home / "seals").glob("*")}
    done = fresh("seal", "import", file, "--trust", trust, "--json")
    assert (done.code, done.json()["error"]["code"]) == (65, "SEAL_NOT_TAKEN")
    assert said in done.json()["error"]["message"]["en"]
    assert {path: path.read_bytes() for path in (fresh.home / "seals").glob("*")} == before


def test_a_seal_for_testing_does_not_get_into_another_home(fresh: Elicence, tmp_path: Path) -> None:
    trust, file = tmp_path / "trust", tmp_path / "seal.esl"
    file.write_bytes(from_maker(fresh, "sm2", trust))
    settings = fresh.home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8").replace("development = true", "development = false"), "utf-8")
    done = fresh("seal", "import", file, "--trust", trust, "--json")
    assert (done.code, done.json()["error"]["code"]) == (65, "SEAL_NOT_TAKEN")
    assert "for testing" in done.json()["error"]["message"]["en"]


def test_a_damaged_seal_of_the_home_is_told(fresh: Elicence) -> None:
    assert fresh("seal", "make").code == 0
    (fresh.home / "seals" / "sm2.esl").write_bytes(b"damaged")
    done = fresh("seal", "show", "--json")
    assert (done.code, done.json()["error"]["code"]) == (78, "HOME_UNUSABLE")


def test_text_for_people(fresh: Elicence) -> None:
    shutil.rmtree(fresh.home / "seals", ignore_errors=True)
    assert fresh("seal", "show").out == "没有印章。  No seals.\n"
    done = fresh("seal", "make")
    assert "印章  seal: 样例县行政审批局" in done.out
    assert "42 × 42 mm" in done.out


def test_the_choices_are_all_that_there_are() -> None:
    """They are written again in `api`, so that `--help` need not load what they come from."""
    assert seal_commands.LEVELS == LEVELS
    assert tuple(SealKind) == seal_commands.BODIES
    assert tuple(RetirementReason) == keys_commands.RETIREMENT_REASONS
