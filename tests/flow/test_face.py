"""The face, the data and the code of a licence: an issuer whose system prints something else is found out.

Every file here is sealed by the right authority with the real writer; only what is drawn was tampered with before that.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

import esign.pdf_fonts
import licences.making
from api.seals import development_seal
from esign import (
    CHINA,
    FontChain,
    Page,
    Photo,
    Seal,
    Shape,
    StructuredLicence,
    Symbol,
    TextRun,
    code_modules,
    draw_round_seal,
    read_seal_object,
    rectangle,
)
from esign.face_operators import is_quiet
from esign.fonts import Font
from esign.ofd_fonts import OfdFonts
from keys import DevelopmentPki, make_development_pki
from licences import AuthoritySeal, Catalogue, MemoryStore, SealingKeys, load_catalogue, shipped_font
from licences.electronic import structure
from licences.making import LicenceMaker, MadeLicence
from licences.render import FaceRenderer
from verify import Outcome, Report, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
FONTS = FontChain([shipped_font()])
CATALOGUE = load_catalogue()
PAPERS = sorted({*(ROOT / "fixtures/types").glob("*.json"), *(ROOT / "fixtures/paper").glob("*.json")})
# Those that need a body go through the same check when tests/api/test_documents.py issues them.
TYPES = [path for path in PAPERS if not CATALOGUE.get(json.loads(path.read_text("utf-8"))["type"]).body]

Change = Callable[[tuple[Page, ...]], tuple[Page, ...]]


@dataclass(frozen=True, kw_only=True)
class Office:
    """An authority with its seal; what it seals is not checked."""

    pki: DevelopmentPki
    family: str
    verifier: Verifier

    def make(
        self, sample: dict[str, Any], change: Change = lambda pages: pages, catalogue: Catalogue = CATALOGUE
    ) -> MadeLicence:
        maker = LicenceMaker(
            catalogue=catalogue,
            sealing={self.family: SealingKeys(seals=(self.authority_seal,), code_signer=self.pki.code)},
            fonts=FONTS,
            store=MemoryStore(),
            check=lambda *_: None,
            public_url="http://127.0.0.1:8000",
            random=os.urandom,
        )
        maker._renderer = Changed(maker._renderer, change)  # type: ignore[assignment]
        return maker.make(sample["type"], sample["data"], algorithm=self.family, ofd=self.family == "sm2", at=AT)

    @cached_property
    def authority_seal(self) -> AuthoritySeal:
        drawn = Seal(name=AUTHORITY, picture=draw_round_seal(FONTS, AUTHORITY), signer=self.pki.seal)
        if self.family != "sm2":
            return AuthoritySeal(seal=drawn)
        made = development_seal(self.pki.seal, AUTHORITY, at=AT, random=os.urandom)
        return AuthoritySeal(seal=drawn, seal_object=read_seal_object(made))

    def judge(self, made: MadeLicence, kind: str = "pdf") -> Report:
        """The report about a file; about the OFD of the same pages the same must be said."""
        report = self.verifier.verify_file(made.files[kind], at=AT)
        beside = made.files.get(kind.replace("pdf", "ofd"))
        if beside is not None:
            assert face_checks(self.verifier.verify_file(beside, at=AT)) == face_checks(report)
        return report


@dataclass(frozen=True, slots=True)
class Changed:
    """A renderer whose pages are changed before they are sealed."""

    renderer: FaceRenderer
    change: Change

    def render(self, *args: Any, **kwargs: Any) -> tuple[Page, ...]:
        return self.change(self.renderer.render(*args, **kwargs))


@cache
def office(family: str) -> Office:
    pki = make_development_pki(
        family, authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom
    )
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    return Office(pki=pki, family=family, verifier=Verifier(trust))


def sample(name: str) -> dict[str, Any]:
    (path,) = (one for one in TYPES if one.stem == name)
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def face_checks(report: Report) -> dict[str, tuple[str, str]]:
    return {check.name: (check.code, check.detail) for check in report.checks if check.name.startswith("face")}


def texts_changed(change: Callable[[str], str]) -> Change:
    """Every line of text is changed, as a bug in setting or an insider would."""

    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        return tuple(
            replace(
                page,
                items=tuple(
                    replace(item, text=change(item.text)) if isinstance(item, TextRun) else item for item in page.items
                ),
            )
            for page in pages
        )

    return changed


def replaced(old: str, new: str) -> Change:
    return texts_changed(lambda text: text.replace(old, new))


def dropped(*texts: str) -> Change:
    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        return tuple(
            replace(page, items=tuple(one for one in page.items if getattr(one, "text", None) not in texts))
            for page in pages
        )

    return changed


def followed(text: str, make: Callable[[TextRun], tuple[TextRun | Shape, ...]]) -> Change:
    """The line with this text becomes other items."""

    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        return tuple(
            replace(
                page,
                items=tuple(
                    new
                    for item in page.items
                    for new in (make(item) if isinstance(item, TextRun) and item.text == text else (item,))
                ),
            )
            for page in pages
        )

    return changed


def swapped(first: str, second: str) -> Change:
    return texts_changed(lambda text: {first: second, second: first}.get(text, text))


def added(item: TextRun | Shape) -> Change:
    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        return (replace(pages[0], items=(*pages[0].items, item)), *pages[1:])

    return changed


def before_the_symbol(shape: Shape) -> Change:
    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        place = next(at for at, item in enumerate(pages[0].items) if isinstance(item, Symbol))
        items = pages[0].items
        return (replace(pages[0], items=(*items[:place], shape, *items[place:])), *pages[1:])

    return changed


def symbol_changed(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Change:
    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        return tuple(
            replace(
                page,
                items=tuple(
                    replace(item, modules=change(item.modules)) if isinstance(item, Symbol) else item
                    for item in page.items
                ),
            )
            for page in pages
        )

    return changed


# Genuine ones.


@pytest.mark.parametrize(
    ("path", "family"),
    [
        pytest.param(path, family, id=f"{path.stem}-{family}", marks=[] if place % 2 == other else pytest.mark.soak)
        for place, path in enumerate(TYPES)
        for other, family in enumerate(("sm2", "rsa"))
    ],
)
def test_every_document_of_every_type_agrees(path: Path, family: str) -> None:
    of = office(family)
    made = of.make(sample(path.stem))
    for kind in (kind for kind in made.files if kind.startswith("pdf")):
        checks = face_checks(of.judge(made, kind))
        assert checks == {"face": ("OK", ""), "face_code": ("OK", "")}, kind


@pytest.mark.parametrize(
    "name",
    [
        "𬱖㛃䶮样例",
        "Office of Official Affairs & Filing (AVA) fi ffi",
        "样例　有  空格 的 名称",
        "样例" * 60,
        "O'Brien-Müller·阿卜杜拉",
    ],
)
def test_names_that_are_rare_long_or_latin(name: str) -> None:
    given = sample("water-abstraction-1")
    given["data"]["certificateHolderName"] = name
    of = office("sm2")
    report = of.judge(of.make(given))
    assert face_checks(report)["face"][0] == "OK"


def structured_changed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[StructuredLicence], StructuredLicence]
) -> None:
    def changed(*args: Any, **kwargs: Any) -> StructuredLicence:
        return change(structure(*args, **kwargs))

    monkeypatch.setattr(licences.making, "structure", changed)


def test_a_face_of_a_later_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not invalid: this program is too old to compare it. The code is compared all the same."""

    def later(licence: StructuredLicence) -> StructuredLicence:
        (document,) = licence.documents
        assert document.face is not None
        return replace(licence, documents=(replace(document, face=replace(document.face, form=2)),))

    structured_changed(monkeypatch, later)
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2"), replaced(NAME, "甲")))
    assert report.reason.code == "FACE_FORM_UNKNOWN"
    assert report.verdict is Outcome.INDETERMINATE
    assert face_checks(report)["face_code"] == ("OK", "")


def without_face(licence: StructuredLicence) -> StructuredLicence:
    return replace(licence, documents=tuple(replace(one, face=None) for one in licence.documents))


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda pages: pages, ""),
        (replaced("瓶20赣A990002(26)", "瓶20赣A990003(26)"), "certificateNumber"),
        (replaced("样例县鑫源工业气体充装有限公司", "甲"), "certificateHolderName"),
        (replaced("2026年7月6日", "2026年7月5日"), "certificateIssuedDate"),
    ],
    ids=["as-issued", "number", "holder", "date"],
)
def test_a_file_that_does_not_say_what_its_face_shows(
    monkeypatch: pytest.MonkeyPatch, change: Change, missing: str
) -> None:
    structured_changed(monkeypatch, without_face)
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2"), change))
    code, detail = face_checks(report)["face"]
    assert code == ("FACE_DIFFERS" if missing else "OK")
    assert missing in detail
    assert detail, "what was not compared is said"


def with_longer_table(*, rows: int, cell: int) -> Catalogue:
    """A catalogue in which the table of a type may be longer than in the one that ships."""
    licence_type = CATALOGUE.get("special-equipment-use")
    fields = tuple(
        replace(one, max_rows=rows, columns=tuple(replace(column, max_length=cell) for column in one.columns))
        if one.key == "items"
        else one
        for one in licence_type.fields
    )
    return Catalogue([replace(licence_type, fields=fields)])


def test_a_long_annex() -> None:
    """Rows on several pages, among them one that is higher than a page."""
    given = sample("special-equipment-use-2")
    (row, *_) = given["data"]["items"]
    high = row | {"specification": "40 L / 15 MPa；公称工作压力与水压试验见档案。" * 60, "medium": "氧" * 400}
    given["data"]["items"] = [row | {"productNumber": f"24P{place:05d}"} for place in range(60)]
    given["data"]["items"][30:30] = [high]
    of = office("sm2")
    made = of.make(given, catalogue=with_longer_table(rows=200, cell=5000))
    assert face_checks(of.judge(made))["face"] == ("OK", "")


@pytest.mark.soak
def test_the_time_for_ten_thousand_rows() -> None:
    given = sample("special-equipment-use-2")
    (row, *_) = given["data"]["items"]
    given["data"]["items"] = [row | {"productNumber": f"24P{place:05d}"} for place in range(10_000)]
    of = office("sm2")
    made = of.make(given, catalogue=with_longer_table(rows=10_000, cell=100))
    begin = time.process_time()
    report = of.judge(made)
    assert face_checks(report)["face"] == ("OK", "")
    assert time.process_time() - begin < 20


# Others.


NAME = "样例县鑫源工业气体充装有限公司"
NUMBER = "瓶20赣A990002(26)"
VALUE = "样例县城关镇工业园区创业路 27 号充装站"
LINE = {"size": 11.0, "colour": (0.1, 0.1, 0.1)}


def beside(run: TextRun) -> TextRun:
    """A wrong name at the place of the right one."""
    return replace(run, text="样例县冒名工业气体充装有限公司")


def cover(run: TextRun) -> Shape:
    return Shape(commands=rectangle(run.x - 1, run.y - 6, 90, 8), fill=(1, 1, 1))


ATTACKS: dict[str, tuple[Change, str]] = {
    "another name": (replaced(NAME, "样例县冒名工业气体充装有限公司"), "certificateHolderName"),
    "a name with one more character": (replaced(NAME, NAME + "分"), "certificateHolderName"),
    "no name at all": (dropped(NAME), "certificateHolderName"),
    "label and value are missing": (dropped("设备使用地点", VALUE), "usePlace"),
    "one digit of the number": (replaced(NUMBER, "瓶20赣A990003(26)"), "certificateNumber"),
    "one digit of a code": (replaced("91990101MA0TERT835", "91990101MA0TERT836"), "certificateHolderCode"),
    "one digit of an address": (replaced("创业路 27 号充装站", "创业路 28 号充装站"), "usePlace"),
    "the day of issue": (replaced("2026年7月6日", "2026年7月5日"), "certificateIssuedDate"),
    "the issuer": (replaced(AUTHORITY, "样例县水利局"), "certificateIssuingAuthorityName"),
    "the title": (replaced("特种设备使用登记证", "特种设备生产许可证"), "title"),
    "the foot": (replaced("2026-07-06", "2026-07-07"), "foot"),
    "the notice of a sample is missing": (dropped("样例/测试 SAMPLE：不具法律效力"), "notice"),
    "another address under the code": (
        replaced("http://127.0.0.1:8000/v/短码", "http://127.0.0.1:8001/v/短码"),
        "code",
    ),
    "labels of two values": (swapped("设备使用地点", "登记方式"), "usePlace"),
    "the right name pale, a wrong one on it": (
        followed(NAME, lambda run: (replace(run, colour=(1, 1, 1)), beside(run))),
        "certificateHolderName",
    ),
    "the right name tiny, a wrong one on it": (
        followed(NAME, lambda run: (replace(run, size=1.0), beside(run))),
        "certificateHolderName",
    ),
    "the right name off the page": (
        followed(NAME, lambda run: (replace(run, x=400.0), beside(run))),
        "certificateHolderName",
    ),
    "the right name under white, a wrong one on that": (
        followed(NAME, lambda run: (run, cover(run), beside(run))),
        "certificateHolderName",
    ),
    "the right name under white": (followed(NAME, lambda run: (run, cover(run))), "certificateHolderName"),
    "a wrong name over the right one": (followed(NAME, lambda run: (run, beside(run))), "certificateHolderName"),
    "a wrong name far from the right one": (
        added(TextRun(x=30, y=250, text="样例县冒名工业气体充装有限公司", **LINE)),  # type: ignore[arg-type]
        "text",
    ),
    "the right name at another row": (
        followed(NAME, lambda run: (replace(run, y=run.y + 20),)),
        "certificateHolderName",
    ),
    "struck through": (
        followed(NAME, lambda run: (run, Shape(commands=rectangle(run.x, run.y - 1.5, 60, 0.1), stroke=(0, 0, 0)))),
        "certificateHolderName",
    ),
    "the end of a name far from it": (
        followed(NAME, lambda run: (replace(run, text=NAME[:-2]), replace(run, text=NAME[-2:], x=180.0))),
        "certificateHolderName",
    ),
    "letters of boxes": (
        added(Shape(commands=rectangle(30, 240, 3, 3), stroke=(0, 0, 0), line_width=1)),
        "drawings on page 1",
    ),
    "letters of larger boxes": (before_the_symbol(Shape(commands=rectangle(30, 240, 8, 8), stroke=(0, 0, 0))), "text"),
    "letters of lines": (
        added(Shape(commands=rectangle(30, 240, 3, 0)[:2], stroke=(0, 0, 0), line_width=1)),
        "drawings on page 1",
    ),
    "letters of white on lines": (
        added(Shape(commands=rectangle(30, 240, 3, 3), fill=(1, 1, 1))),
        "drawings on page 1",
    ),
    "a drawing": (added(Shape(commands=rectangle(30, 100, 40, 10), fill=(0, 0, 0))), "drawings on page 1"),
    "a row of modules of the code": (
        symbol_changed(
            lambda rows: (*rows[:20], bytes([*rows[20][:20], 1 - rows[20][20], *rows[20][21:]]), *rows[21:])
        ),
        "code",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_face_that_differs_is_named_field_by_field(attack: str) -> None:
    change, key = ATTACKS[attack]
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2"), change))
    checks = face_checks(report)
    assert report.reason.code == "FACE_DIFFERS"
    assert report.verdict is Outcome.FAILED
    assert key in checks["face"][1]
    assert checks["face"][0] == "FACE_DIFFERS"
    assert NAME not in str(report.checks), "names of fields, never what they say"


def cells_changed(change: Callable[[list[str]], list[str]]) -> Change:
    """The texts of the annex page between the heads of its columns and its foot are others."""

    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        front, annex = pages
        texts = [item.text for item in annex.items if isinstance(item, TextRun)]
        begin = texts.index("24P00001")
        end = next(place for place, text in enumerate(texts) if text.startswith("证照标识"))
        new = iter([*texts[:begin], *change(texts[begin:end]), *texts[end:]])
        items = [replace(item, text=next(new)) if isinstance(item, TextRun) else item for item in annex.items]
        return front, replace(annex, items=tuple(items))

    return changed


@pytest.mark.parametrize(
    "change",
    {
        "a cell": cells_changed(lambda cells: ["24P00009", *cells[1:]]),
        "two columns": cells_changed(lambda cells: [cells[1], cells[0], *cells[2:]]),
        "two rows": cells_changed(lambda cells: [*cells[5:10], *cells[:5], *cells[10:]]),
    }.items(),
    ids=lambda item: item[0],
)
def test_a_table_that_differs(change: tuple[str, Change]) -> None:
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2"), change[1]))
    assert report.reason.code == "FACE_DIFFERS"
    assert "items" in face_checks(report)["face"][1]


def test_a_table_without_its_last_row() -> None:
    def shortened(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        front, annex = pages
        boxes = [place for place, item in enumerate(annex.items) if isinstance(item, Shape)]
        foot = next(p for p, one in enumerate(annex.items) if isinstance(one, TextRun) and "证照标识" in one.text)
        last = boxes[-CATALOGUE_COLUMNS]
        return front, replace(annex, items=(*annex.items[:last], *annex.items[foot:]))

    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2"), shortened))
    assert report.reason.code == "FACE_DIFFERS"
    assert "items" in face_checks(report)["face"][1]


CATALOGUE_COLUMNS = len(
    next(one for one in CATALOGUE.get("special-equipment-use").fields if one.key == "items").columns
)


def test_glyphs_that_are_not_their_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied text says the right name; what the eye sees is another one."""
    right = esign.pdf_fonts.FontUse._allot
    shown = {"鑫": "冒", "源": "名"}

    def wrong(self: Any, character: str) -> tuple[int, str]:
        if character not in shown:
            return right(self, character)
        glyph = self._chain.glyph(shown[character])
        self._glyphs[0].append(glyph)
        self._characters[0].append(character)
        self._codes[character] = (0, f"{len(self._characters[0]):04x}")
        return self._codes[character]

    right_in_ofd = Font.subset_with_characters

    def wrong_in_ofd(self: Font, glyphs: Mapping[str, int]) -> tuple[bytes, dict[int, int]]:
        """By number, and for readers that ask the font for the characters."""
        others = {one: self.gid(other) or 0 for one, other in shown.items() if one in glyphs}
        data, numbers = right_in_ofd(self, {**glyphs, **others})
        return data, numbers | {glyphs[one]: numbers[gid] for one, gid in others.items()}

    monkeypatch.setattr(esign.pdf_fonts.FontUse, "_allot", wrong)
    monkeypatch.setattr(Font, "subset_with_characters", wrong_in_ofd)
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2")))
    assert report.reason.code == "FACE_DIFFERS"
    assert face_checks(report)["face"][1] == "differs from the data: certificateHolderName"


def test_text_that_copies_as_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the eye sees is right; programs that read the page get another name."""
    right = esign.pdf_fonts.unicode_map

    def wrong(characters: list[bytes]) -> bytes:
        other = {"鑫".encode("utf-16-be").hex().encode(): "冒".encode("utf-16-be").hex().encode()}
        return right([other.get(character, character) for character in characters])

    monkeypatch.setattr(esign.pdf_fonts, "unicode_map", wrong)
    monkeypatch.setattr(OfdFonts, "written", lambda _, text: text.replace("鑫", "冒"))
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2")))
    assert report.reason.code == "FACE_DIFFERS"
    assert "certificateHolderName" in face_checks(report)["face"][1]


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_a_code_of_another_licence(family: str) -> None:
    of = office(family)
    other = of.make(sample("water-abstraction-1")).record.verify_url
    made = of.make(sample("special-equipment-use-2"), symbol_changed(lambda _: code_modules(other)))
    report = of.judge(made)
    assert report.reason.code == "CODE_TRANSPLANTED"
    assert face_checks(report)["face_code"][0] == "CODE_TRANSPLANTED"


def test_a_code_that_a_stranger_has_signed() -> None:
    """Right in every word, but the key is not the authority's."""
    of, other = office("sm2"), office("rsa")
    made = replace(of, pki=replace(of.pki, code=other.pki.code)).make(sample("special-equipment-use-2"))
    trust = TrustStore.from_certificates(
        (of.pki.root, of.pki.issuing_ca, of.pki.code.certificate, other.pki.code.certificate)
    )
    assert face_checks(Verifier(trust).verify_file(made.files["pdf"], at=AT))["face_code"] == ("OK", "")
    report = of.judge(made)
    assert face_checks(report)["face_code"] == ("OK", "its signature was not checked: the key is not known here")


def test_the_dates_of_the_code_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    right = LicenceMaker._claims

    def wrong(*args: Any) -> Any:
        claims = right(*args)
        return replace(claims, valid_to=claims.valid_from, holder_check=claims.holder_check ^ 1)

    monkeypatch.setattr(LicenceMaker, "_claims", wrong)
    of = office("sm2")
    report = of.judge(of.make(sample("special-equipment-use-2")))
    assert report.reason.code == "FACE_DIFFERS"
    assert face_checks(report)["face_code"][1] == "code: differs from the data: validity, holder"


def test_a_photograph_of_somebody_else() -> None:
    of = office("sm2")

    def changed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
        items = tuple(
            replace(item, photograph=replace(item.photograph, data=item.photograph.data[:-2] + b"\0\xff\xd9"))
            if isinstance(item, Photo)
            else item
            for item in pages[0].items
        )
        return (replace(pages[0], items=items), *pages[1:])

    report = of.judge(of.make(sample("special-equipment-operator"), changed))
    assert report.reason.code == "FACE_DIFFERS"
    assert "photo" in face_checks(report)["face"][1].lower()


@pytest.mark.parametrize(
    ("colour", "quiet"),
    [(b"0.95 0.95 0.95 rg\n", True), (b"0.2 0.2 0.2 rg\n", False), (b"9 0 0 rg\n", False), (b"", False)],
    ids=["pale", "dark", "beyond-the-range", "black-since-nothing-is-said"],
)
def test_a_background_is_as_dark_as_readers_show_it(colour: bytes, quiet: bool) -> None:
    drawn = b"q\n%s100 100 m\n200 100 l\n200 200 l\nh\nf Q" % colour
    assert is_quiet(drawn, 595.28, 841.89) is quiet
