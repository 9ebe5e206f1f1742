"""Several seals on one file, SM2 and RSA of one authority or joint issue: their order, their places, their pictures."""

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from declared import declared_pki
from PIL import Image
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from esign import (
    AdditionRefusedError,
    EsignError,
    MalformedError,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    SealImage,
    SealLevel,
    SealPicture,
    SealPlace,
    TextRun,
    TimestampError,
    TooLargeError,
    add_document_timestamp,
    add_evidence,
    add_seal,
    draw_round_seal,
    prepare_seal,
    read_sealed_pdf,
)
from esign.pdf_form import MAX_SEALS
from keys import KeysError

SECOND = SealPlace(field="Seal2", x=60, y=220, size=(42.0, 42.0))


def page(*more: SealPlace, first: bool = True) -> Page:
    places = (SealPlace(field="Seal1", x=150, y=220),) if first else ()
    return Page(
        width=210, height=297, items=(TextRun(x=20, y=20, size=14, text="农药经营许可证"),), seals=(*places, *more)
    )


def content(*pages: Page, fields: tuple[str, ...] = ("Seal1", "Seal2")) -> PdfContent:
    return PdfContent(title="农药经营许可证", pages=pages, elements=[], structured=b"{}", fields=fields)


@pytest.fixture(scope="module")
def begun(fonts: Any, declared_seals: dict[str, Seal], stamper_of: Any) -> Callable[..., bytes]:
    """A file with the SM2 seal that waits for others."""

    def make(*pages: Page, fields: tuple[str, ...] = ("Seal1", "Seal2")) -> bytes:
        stamper = stamper_of("sm2")
        sealer = PdfSealer(fonts, declared_seals["sm2"], timestamper=stamper)
        return sealer.seal(content(*pages, fields=fields), at=stamper.at).data

    return make


@pytest.fixture(scope="module", params=["both visible", "second invisible", "first invisible", "on two pages"])
def pages(request: pytest.FixtureRequest) -> tuple[Page, ...]:
    return {
        "both visible": (page(SECOND),),
        "second invisible": (page(), page(first=False)),
        "first invisible": (page(SECOND, first=False),),
        "on two pages": (page(), page(SECOND, first=False)),
    }[request.param]


@pytest.fixture(scope="module")
def double(
    begun: Callable[..., bytes], pages: tuple[Page, ...], declared_seals: dict[str, Seal], stamper_of: Any
) -> bytes:
    stamper = stamper_of("rsa")
    added = add_seal(begun(*pages), declared_seals["rsa"], field="Seal2", at=stamper.at, timestamper=stamper)
    assert (added.level, added.shortfall) == (SealLevel.B_T, None)
    return added.data


def test_facts(double: bytes) -> None:
    facts = read_sealed_pdf(double)
    assert facts.fields == ("Seal1", "Seal2")
    assert [(seal.field, seal.signed_data.algorithm.name) for seal in facts.seals] == [
        ("Seal1", "sm2"),
        ("Seal2", "rsa"),
    ]
    for seal in facts.seals:
        seal.signed_data.verify_signature()
        assert seal.digest_matches()
        assert seal.signed_data.timestamp is not None
    before, after = facts.seals[1].covered.chunks()
    assert len(before) + len(after) + (facts.seals[1].covered.stop - facts.seals[1].covered.start) == len(double)


def test_outside_judges(double: bytes, witnesses: ModuleType, stamper_of: Any, tmp_path: Path) -> None:
    """pdfsig for the RSA seal, Bouncy Castle for the SM2 seal, pyHanko about what came after either."""
    root = declared_pki("rsa").root
    stamper = stamper_of("rsa")
    evidence = add_evidence(double, stamper_of.evidence("rsa", stamper.at))
    files = {"double": double, "b-lta": add_document_timestamp(evidence, stamper)}
    paths = {name: tmp_path / f"{name}.pdf" for name in files}
    for name, path in paths.items():
        path.write_bytes(files[name])
    conformance = witnesses.verapdf(list(paths.values()))
    pem = load_der_x509_certificate(root.der).public_bytes(Encoding.PEM)
    for name, path in paths.items():
        assert conformance[path].compliant, (name, conformance[path].failures)
        assert witnesses.qpdf_check(path) == ""
        first, second, *_ = witnesses.pdfsig(path)
        assert (first.field, first.valid) == ("Seal1", False)  # it does not know SM3
        assert (second.field, second.valid, second.whole_document) == ("Seal2", True, name == "double")
        sm2, rsa, *_ = witnesses.signed_parts(files[name])
        assert witnesses.bouncy_castle(sm2.cms, sm2.content, [declared_pki("sm2").root.der]).accepted
        assert witnesses.openssl_cms_verify(rsa.cms, rsa.content, pem) == ""
        reader = PdfFileReader(BytesIO(files[name]))
        by_sm2, by_rsa = reader.embedded_regular_signatures
        review = DEFAULT_DIFF_POLICY.review_file(
            reader, by_sm2.signed_revision, field_mdp_spec=by_sm2.fieldmdp, doc_mdp=by_sm2.docmdp_level
        )
        assert review.modification_level is ModificationLevel.FORM_FILLING  # type: ignore[union-attr]
        context = ValidationContext(
            trust_roots=list(load_certs_from_pemder_data(pem)), allow_fetching=False, moment=stamper.at
        )
        status = validate_pdf_signature(by_rsa, context)
        assert status.bottom_line, status.summary()
        assert (by_sm2.docmdp_level.value, by_rsa.docmdp_level.value) == (2, 1)


def test_no_seal_shows_before_it_is_made(
    begun: Callable[..., bytes], declared_seals: dict[str, Seal], witnesses: ModuleType, tmp_path: Path, stamper_of: Any
) -> None:
    waiting = begun(page(SECOND))
    done = add_seal(waiting, declared_seals["rsa"], field="Seal2", at=stamper_of("rsa").at).data
    red = []
    for name, pdf in (("waiting", waiting), ("done", done)):
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        (picture,) = witnesses.pdftoppm(tmp_path / f"{name}.pdf", 50)
        image = Image.open(BytesIO(picture)).convert("RGB")
        half = image.crop((0, 0, image.width // 2, image.height))
        dots = half.tobytes()
        red.append(sum(r > g + 60 for r, g in zip(dots[::3], dots[1::3], strict=True)))
    assert red[0] == 0
    assert red[1] > 100


def test_a_picture_of_dots_is_added(
    begun: Callable[..., bytes], declared_seals: Any, witnesses: ModuleType, tmp_path: Path, stamper_of: Any
) -> None:
    at = stamper_of("rsa").at
    for opacity in (zlib.compress(bytes([255, 0] * 2)), None):
        image = SealImage(
            columns=2, rows=2, colours=zlib.compress(b"\xff\x00\x00" * 4), opacity=opacity, width=42.0, height=42.0
        )
        seal = Seal(
            name="样例", picture=SealPicture(width=42.0, height=42.0, image=image), signer=declared_seals["rsa"].signer
        )
        double = add_seal(begun(page(SECOND)), seal, field="Seal2", at=at).data
        assert [one.digest_matches() for one in read_sealed_pdf(double).seals] == [True, True]
        (tmp_path / "dots.pdf").write_bytes(double)
        assert witnesses.qpdf_check(tmp_path / "dots.pdf") == ""
        found = witnesses.verapdf([tmp_path / "dots.pdf"])[tmp_path / "dots.pdf"]
        assert found.compliant, found.failures
        with pytest.raises(MalformedError):
            read_sealed_pdf(double.replace(b"/BitsPerComponent 8", b"/BitsPerComponent 4", 1))


def test_only_the_next_field_is_sealed(begun: Callable[..., bytes], declared_seals: Any, stamper_of: Any) -> None:
    fields = ("Seal1", "Seal2", "Seal3")
    waiting, rsa, at = begun(page(), fields=fields), declared_seals["rsa"], stamper_of("rsa").at
    for field in ("Seal3", "Seal1", "Seal4", ""):
        with pytest.raises(AdditionRefusedError, match="Seal2 is next"):
            add_seal(waiting, rsa, field=field, at=at)
    two = add_seal(waiting, rsa, field="Seal2", at=at).data
    for pdf in (waiting, two):
        for add in (
            lambda pdf=pdf: add_evidence(pdf, stamper_of.evidence("rsa", at)),
            lambda pdf=pdf: add_document_timestamp(pdf, stamper_of("rsa")),
        ):
            with pytest.raises(AdditionRefusedError, match="is missing"):
                add()
    three = add_seal(two, rsa, field="Seal3", at=at).data
    assert len(read_sealed_pdf(three).seals) == 3
    with pytest.raises(AdditionRefusedError, match="all are sealed"):
        add_seal(three, rsa, field="Seal4", at=at)


def test_no_seal_is_added_to_a_file_that_does_not_check(
    begun: Callable[..., bytes], declared_seals: Any, stamper_of: Any
) -> None:
    waiting, at = begun(page()), stamper_of("rsa").at
    place = waiting.index(b"/ModDate (D:2026") + len(b"/ModDate (D:202")
    changed = waiting[:place] + b"7" + waiting[place + 1 :]
    with pytest.raises(AdditionRefusedError, match="Seal1: the signed bytes were changed"):
        add_seal(changed, declared_seals["rsa"], field="Seal2", at=at)
    with pytest.raises(MalformedError, match="FORMAT_PDF"):
        add_seal(b"text", declared_seals["rsa"], field="Seal2", at=at)


def test_a_picture_has_the_size_of_its_place(
    begun: Callable[..., bytes], declared_seals: Any, fonts: Any, stamper_of: Any
) -> None:
    seal = declared_seals["rsa"]
    larger = Seal(name=seal.name, picture=draw_round_seal(fonts, "样例县", diameter=45.0), signer=seal.signer)
    with pytest.raises(AdditionRefusedError, match="another size"):
        add_seal(begun(page(SECOND)), larger, field="Seal2", at=stamper_of("rsa").at)


def test_prepare_sign_and_finish_the_second(begun: Callable[..., bytes], declared_seals: Any, stamper_of: Any) -> None:
    rsa, stamper = declared_seals["rsa"], stamper_of("rsa")
    waiting = prepare_seal(begun(page()), rsa, field="Seal2", at=stamper.at, timestamped=False)
    signature = rsa.signer.sign(waiting.attributes)
    assert len(waiting.data) == len(waiting.finish(signature))
    assert len(read_sealed_pdf(waiting.finish(signature)).seals) == 2
    with pytest.raises(TooLargeError):  # no room was kept
        waiting.finish_timestamped(signature, stamper)
    stamper.fault = "down"
    again = add_seal(begun(page()), rsa, field="Seal2", at=stamper.at, timestamper=stamper)
    assert again.level is SealLevel.B_B
    assert isinstance(again.shortfall, TimestampError)
    assert len(read_sealed_pdf(again.data).seals) == 2


def test_fields_and_places_must_fit_together(fonts: Any, declared_seals: Any, stamper_of: Any) -> None:
    sealer = PdfSealer(fonts, declared_seals["sm2"])
    for wrong in (
        content(page(), fields=()),
        content(page(), fields=("Seal1", "Seal1")),
        content(page(), fields=("Seal2",)),
        content(page(), page(), fields=("Seal1",)),
        content(page(), fields=("Seal1", "Timestamp1")),
        content(page(), fields=("Seal1", "Sel(2")),
        content(page(SealPlace(field="Seal2", x=60, y=220))),
        content(page(), fields=tuple(f"Seal{number}" for number in range(1, MAX_SEALS + 2))),
    ):
        with pytest.raises(ValueError, match="seal"):
            sealer.prepare(wrong, at=stamper_of("sm2").at)


def test_a_missing_seal_shows(double: bytes, begun: Callable[..., bytes], pages: tuple[Page, ...]) -> None:
    facts = read_sealed_pdf(double)
    cut = double[: facts.seals[0].covered.end]
    assert cut == double[: len(begun(*pages))]
    assert (len(read_sealed_pdf(cut).fields), len(read_sealed_pdf(cut).seals)) == (2, 1)


def test_a_second_revision_that_is_not_the_next_seal(
    begun: Callable[..., bytes], declared_seals: Any, fonts: Any, stamper_of: Any
) -> None:
    """A right increment of another file, and one for another field."""
    at, rsa = stamper_of("rsa").at, declared_seals["rsa"]
    one, other = begun(page()), begun(page(), fields=("Seal1", "Other"))
    increment = add_seal(one, rsa, field="Seal2", at=at).data[len(one) :]
    with pytest.raises(EsignError):
        read_sealed_pdf(other + increment)
    moved = begun(page())  # the same form with another signature value
    assert moved != one
    facts = read_sealed_pdf(moved + increment)
    assert not facts.seals[1].digest_matches()


def test_a_changed_byte_of_the_double_sealed_file(
    begun: Callable[..., bytes], declared_seals: Any, stamper_of: Any
) -> None:
    """Samples everywhere, more of them in the second revision."""
    stamper = stamper_of("rsa")
    double = add_seal(begun(page()), declared_seals["rsa"], field="Seal2", at=stamper.at, timestamper=stamper).data

    def good(pdf: bytes) -> bool:
        try:
            facts = read_sealed_pdf(pdf)
            for seal in facts.seals:
                seal.signed_data.verify_signature()
        except (EsignError, KeysError):
            return False
        tokens = [seal.signed_data.timestamp for seal in facts.seals]
        return all(seal.digest_matches() for seal in facts.seals) and tokens == known

    known = [seal.signed_data.timestamp for seal in read_sealed_pdf(double).seals]
    start = read_sealed_pdf(double).seals[0].covered.end
    positions = {*range(0, start, 307), *range(start, len(double), 37), *range(len(double) - 300, len(double))}
    assert good(double)
    for position in positions:
        changed = bytearray(double)
        changed[position] ^= 0x01
        assert not good(bytes(changed)), position
