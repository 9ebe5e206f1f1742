"""Sealing OFDs: what is covered, further seals, timestamps, signed copies; hashlib, raw DER and openssl judge."""

import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from declared import declared_pki
from hypothesis import given
from hypothesis import strategies as st
from ofd_seals import SPACE, seal_facts

from esign import (
    ORGANISATION,
    AdditionRefusedError,
    Deviation,
    ExpectedSeal,
    FontChain,
    MalformedError,
    Page,
    Seal,
    SealAnswerError,
    SealLevel,
    SealObject,
    SealPlace,
    SesPicture,
    SesRefusedError,
    SignedValueKind,
    StructuredLicence,
    TextRun,
    TimestampError,
    add_signature,
    make_seal_object,
    read_foreign_cms,
    read_seal_object,
    read_ses_signature,
    seal_digest_ses,
    sign_detached,
    signed_value_kind,
    structured_to_bytes,
)
from esign.ofd_form import OfdContent, OfdDraft, OfdStamp
from esign.ofd_packing import OfdPart, write_package
from esign.ofd_reading import read_sealed_ofd
from esign.ofd_sealing import (
    SealedOfdFile,
    add_ofd_timestamp,
    is_ofd_with_more_seals,
    prepare_next_ofd_seal,
    prepare_ofd_seal,
    sign_ofd,
)
from esign.ofd_signing_xml import must_cover, read_signing_time
from esign.ofd_stamps import read_stamp_datum, stamp_datum
from esign.ofd_writing import OfdWriter
from esign.pdf_form import MAX_SEALS
from keys import UnsupportedAlgorithmError
from licences import AuthoritySeal, FileSealer, SealingKeys

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
UNTIL = AT + timedelta(days=900)
PICTURE = (Path(__file__).parents[2] / "fixtures/vectors/ses/picture.png").read_bytes()
SIZE = (42.0, 42.0)
SIGNS = "Doc_0/Signs"
SECOND = OfdStamp(page=1, x=60.0, y=220.0, size=SIZE)
NAMES = ("seal", "water-seal")
"""Two authorities of the declared PKI that issue together."""


def seal_of(name: str, family: str = "sm2", side: int = 42) -> SealObject:
    signer = declared_pki(family).signer(name)
    made = make_seal_object(
        identifier="99010000000001",
        vendor="ELIC",
        name="样例县行政审批局",
        kind=ORGANISATION,
        picture=SesPicture(type="PNG", data=PICTURE, width=side, height=side),
        permitted=[signer.certificate],
        valid_from=AT,
        valid_to=UNTIL,
        maker=signer,
        at=AT,
    )
    return read_seal_object(made)


@pytest.fixture(scope="module")
def seals() -> dict[str, SealObject]:
    return {name: seal_of(name) for name in NAMES}


@pytest.fixture(scope="module")
def content_of(licence: StructuredLicence, seals: dict[str, SealObject]) -> Callable[..., OfdContent]:
    """What goes into the OFD of a licence that expects the seals of so many of the authorities."""
    sign = cache(lambda data: sign_detached(data, declared_pki("sm2").signer("seal"), signing_time=AT))

    def give(count: int = 1, *, shown: bool = True) -> OfdContent:
        expected = tuple(
            ExpectedSeal(
                field=f"Seal{place}",
                order=place,
                algorithm="sm2",
                certificate_digest="sm3:" + declared_pki("sm2").certificate(name).fingerprint("sm3").hex(),
                seal_digest=seals[name].digest,
            )
            for place, name in enumerate(NAMES[:count], start=1)
        )
        structured = structured_to_bytes(replace(licence, seals=expected))
        places = (SealPlace(field="Seal1", x=150, y=220), SealPlace(field="Seal2", x=60, y=220, size=SIZE))
        page = Page(
            width=210,
            height=297,
            items=(TextRun(x=20, y=20, size=14, text="农药经营许可证"),),
            seals=places[: count if shown else 0],
        )
        return OfdContent(
            title="农药经营许可证",
            pages=[page],
            elements=[],
            structured=structured,
            signature=sign(structured),
            fields=[one.field for one in expected],
        )

    return give


@pytest.fixture(scope="module")
def draft_of(fonts: FontChain, content_of: Callable[..., OfdContent]) -> Callable[..., OfdDraft]:
    writer = OfdWriter(fonts)
    return lambda *count, **given: writer.write(content_of(*count, **given), at=AT)


def sealed_first(
    draft: OfdDraft, seals: dict[str, SealObject], stamper: object = None, *, last: bool = True
) -> SealedOfdFile:
    signer = declared_pki("sm2").signer("seal")
    waiting = prepare_ofd_seal(
        draft.files,
        place=0,
        seal=seals["seal"],
        certificate=signer.certificate,
        stamp=draft.stamps.get("Seal1"),
        last=last,
        at=AT,
    )
    return waiting.seal(signer, stamper)  # type: ignore[arg-type]


def sealed_next(data: bytes, seals: dict[str, SealObject], at: datetime = AT) -> SealedOfdFile:
    signer = declared_pki("sm2").signer("water-seal")
    ofd = read_sealed_ofd(data)
    p7s = ofd.signature
    if len(ofd.seals) == 1 and not ofd.changed:
        p7s = add_signature(p7s, ofd.structured, sign_detached(ofd.structured, signer, signing_time=at))
    waiting = prepare_next_ofd_seal(ofd, signature=p7s, seal=seals["water-seal"], certificate=signer.certificate, at=at)
    return waiting.finish(signer.sign(waiting.to_sign), None)


@pytest.fixture(scope="module")
def one(draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject]) -> bytes:
    return sealed_first(draft_of(), seals).data


@pytest.fixture(scope="module")
def waiting_for_second(draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject]) -> bytes:
    return sealed_first(draft_of(2), seals, last=False).data


@pytest.fixture(scope="module")
def both(waiting_for_second: bytes, seals: dict[str, SealObject]) -> bytes:
    return sealed_next(waiting_for_second, seals, AT + timedelta(hours=1)).data


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xml_of(data: bytes, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(files_of(data)[name])  # noqa: S314  # made here


def info_of(data: bytes, place: int) -> ElementTree.Element:
    found = xml_of(data, f"{SIGNS}/Sign_{place}/Signature.xml").find(f"{SPACE}SignedInfo")
    assert found is not None
    return found


def stamps_of(data: bytes, place: int) -> list[dict[str, str]]:
    return [dict(stamp.attrib) for stamp in info_of(data, place).findall(f"{SPACE}StampAnnot")]


def test_one_seal_covers_everything(one: bytes) -> None:
    (facts,) = seal_facts(one)
    assert facts.complaints == ()
    own = {f"{SIGNS}/Sign_0/Signature.xml", f"{SIGNS}/Sign_0/SignedValue.dat"}
    assert facts.covered == files_of(one).keys() - own
    assert f"{SIGNS}/Signatures.xml" in facts.covered
    assert info_of(one, 0).findtext(f"{SPACE}SignatureDateTime") == "20261121100000Z"
    value = read_ses_signature(files_of(one)[f"{SIGNS}/Sign_0/SignedValue.dat"])
    assert (value.signing_time, value.property_info) == (AT, f"/{SIGNS}/Sign_0/Signature.xml")
    # The centre (150, 220) of a picture of 42 mm.
    (stamp,) = stamps_of(one, 0)
    (page,) = xml_of(one, "Doc_0/Document.xml").findall(f"{SPACE}Pages/{SPACE}Page")
    assert stamp == {"ID": "s002", "PageRef": page.attrib["ID"], "Boundary": "129 199 42 42"}


def test_the_same_but_for_the_nonce(
    draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject], one: bytes
) -> None:
    again = files_of(sealed_first(draft_of(), seals).data)
    there = files_of(one)
    assert list(again) == list(there)
    assert {name for name in there if again[name] != there[name]} == {f"{SIGNS}/Sign_0/SignedValue.dat"}


def test_a_seal_without_a_place_is_not_shown(draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject]) -> None:
    data = sealed_first(draft_of(shown=False), seals).data
    assert stamps_of(data, 0) == []
    assert seal_facts(data)[0].complaints == ()


def test_the_next_seal_touches_nothing_that_is_covered(waiting_for_second: bytes, both: bytes) -> None:
    (alone,) = seal_facts(waiting_for_second)
    first, second = seal_facts(both)
    assert alone.complaints == first.complaints == second.complaints == ()
    assert first.covered == alone.covered
    assert f"{SIGNS}/Signatures.xml" not in first.covered
    own = {f"{SIGNS}/Sign_1/Signature.xml", f"{SIGNS}/Sign_1/SignedValue.dat"}
    assert second.covered == files_of(both).keys() - own
    assert first.covered < second.covered
    before, after = files_of(waiting_for_second), files_of(both)
    assert {name for name in before if before[name] != after[name]} == {f"{SIGNS}/Signatures.xml"}
    assert is_ofd_with_more_seals(both, waiting_for_second)
    assert not is_ofd_with_more_seals(waiting_for_second, both)
    # It lies where the first authority said.
    (stamp,) = stamps_of(both, 1)
    assert (stamp["ID"], stamp["Boundary"]) == ("s004", "39 199 42 42")
    assert info_of(both, 1).findtext(f"{SPACE}SignatureDateTime") == "20261121110000Z"


def test_only_the_seal_that_is_awaited(
    one: bytes, waiting_for_second: bytes, both: bytes, seals: dict[str, SealObject]
) -> None:
    for complete in (one, both):
        with pytest.raises(AdditionRefusedError, match="all seals"):
            sealed_next(complete, seals)
    other = {**seals, "water-seal": seal_of("water-seal", side=40)}
    with pytest.raises(AdditionRefusedError, match="size"):
        sealed_next(waiting_for_second, other)
    with pytest.raises(SesRefusedError, match="list"):
        sealed_next(waiting_for_second, {**seals, "water-seal": seals["seal"]})


@pytest.mark.parametrize("name", ["Doc_0/Document.xml", "Doc_0/Signs/Sign_0/Signature.xml"])
def test_nothing_is_added_to_a_changed_file(waiting_for_second: bytes, seals: dict[str, SealObject], name: str) -> None:
    files = files_of(waiting_for_second)
    files[name] += b"\n"
    with pytest.raises(AdditionRefusedError, match="as it was sealed"):
        sealed_next(zipped(files), seals)


def test_nothing_is_added_beside_a_wrong_value(waiting_for_second: bytes, seals: dict[str, SealObject]) -> None:
    files = files_of(waiting_for_second)
    place = f"{SIGNS}/Sign_0/SignedValue.dat"
    ofd = read_sealed_ofd(waiting_for_second)
    genuine = ofd.seals[0].ses
    assert genuine is not None
    other = b""
    while len(other) != len(genuine.signature):  # a value has 70 to 72 bytes
        other = declared_pki("sm2").signer("seal").sign(b"something else")
    files[place] = files[place].replace(genuine.signature, other)
    with pytest.raises(AdditionRefusedError, match="does not verify"):
        sealed_next(zipped(files), seals)


def zipped(files: dict[str, bytes]) -> bytes:
    return write_package({name: OfdPart(content) for name, content in files.items()})


def test_what_is_not_sealed_with(draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject]) -> None:
    draft = draft_of()

    def prepare(**given: object) -> None:
        good = {
            "place": 0,
            "seal": seals["seal"],
            "certificate": declared_pki("sm2").certificate("seal"),
            "stamp": None,
            "last": True,
            "at": AT,
        }
        prepare_ofd_seal(draft.files, **{**good, **given})  # type: ignore[arg-type]

    prepare()
    with pytest.raises(AdditionRefusedError, match="38540"):
        prepare(seal=seal_of("seal", "rsa"), certificate=declared_pki("rsa").certificate("seal"))
    with pytest.raises(AdditionRefusedError, match="size"):
        prepare(stamp=OfdStamp(page=1, x=1, y=1, size=(45.0, 42.0)))
    with pytest.raises(AdditionRefusedError, match="more than"):
        prepare(place=MAX_SEALS)
    with pytest.raises(SesRefusedError, match="in force"):
        prepare(at=UNTIL + timedelta(seconds=1))
    with pytest.raises(SesRefusedError, match="list"):
        prepare(certificate=declared_pki("sm2").certificate("water-seal"))


def test_a_value_of_another_key_is_not_taken(draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject]) -> None:
    signer = declared_pki("sm2").signer("seal")
    waiting = prepare_ofd_seal(
        draft_of().files, place=0, seal=seals["seal"], certificate=signer.certificate, stamp=None, last=True, at=AT
    )
    with pytest.raises(SesRefusedError, match="verify"):
        waiting.finish(declared_pki("sm2").signer("water-seal").sign(waiting.to_sign), None)


# Timestamps.


def test_a_seal_is_timestamped_at_once_or_later(
    draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject], one: bytes, stamper_of: type
) -> None:
    at_once = sealed_first(draft_of(), seals, stamper_of("sm2"))
    assert (at_once.level, at_once.shortfall) == (SealLevel.B_T, None)
    later = add_ofd_timestamp(one, stamper_of("sm2"))
    for data in (at_once.data, later):
        assert seal_facts(data)[0].complaints == ()
        assert token_of(data) is not None
        assert add_ofd_timestamp(data, stamper_of("sm2")) == data
    before, after = files_of(one), files_of(later)
    assert {name for name in before if before[name] != after[name]} == {f"{SIGNS}/Sign_0/SignedValue.dat"}


def token_of(data: bytes, place: int = 0) -> bytes | None:
    return read_ses_signature(files_of(data)[f"{SIGNS}/Sign_{place}/SignedValue.dat"]).time_stamp


@pytest.mark.parametrize("fault", ["down", "wrong", "garbage", "longer"])
def test_a_failing_authority_costs_the_level_only(
    draft_of: Callable[..., OfdDraft], seals: dict[str, SealObject], stamper_of: type, fault: str
) -> None:
    stamper = stamper_of("sm2")
    stamper.fault = fault
    sealed = sealed_first(draft_of(), seals, stamper)
    assert sealed.level is SealLevel.B_B
    assert isinstance(sealed.shortfall, TimestampError)
    assert token_of(sealed.data) is None
    assert seal_facts(sealed.data)[0].complaints == ()
    with pytest.raises(TimestampError):
        add_ofd_timestamp(sealed.data, stamper)


def test_the_last_seal_is_timestamped(waiting_for_second: bytes, both: bytes, stamper_of: type) -> None:
    with pytest.raises(AdditionRefusedError, match="missing"):
        add_ofd_timestamp(waiting_for_second, stamper_of("sm2"))
    stamped = add_ofd_timestamp(both, stamper_of("sm2"))
    assert [token_of(stamped, place) is None for place in (0, 1)] == [True, False]
    assert all(facts.complaints == () for facts in seal_facts(stamped))


# Several seals of one authority, and where its key is elsewhere.


def sealer_of(
    fonts: FontChain, declared_seals: dict[str, Seal], seals: dict[str, SealObject], **given: object
) -> FileSealer:
    picture = declared_seals["sm2"].picture
    ours = tuple(
        AuthoritySeal(
            seal=Seal(name=name, picture=picture, signer=declared_pki("sm2").signer(name)),
            seal_object=seals[name],
            **given,  # type: ignore[arg-type]
        )
        for name in NAMES
    )
    return FileSealer(fonts, SealingKeys(seals=ours, code_signer=declared_pki("sm2").signer("code")))


def test_two_seals_in_one_go(
    fonts: FontChain,
    declared_seals: dict[str, Seal],
    seals: dict[str, SealObject],
    content_of: Callable[..., OfdContent],
    stamper_of: type,
) -> None:
    stamper = stamper_of("sm2")
    sealed = sealer_of(fonts, declared_seals, seals, timestamper=stamper).seal_ofd(content_of(2), at=AT)
    assert (sealed.level, sealed.shortfall) == (SealLevel.B_T, None)
    first, second = seal_facts(sealed.data)
    assert first.complaints == second.complaints == ()
    assert (f"{SIGNS}/Signatures.xml" in first.covered, f"{SIGNS}/Signatures.xml" in second.covered) == (False, True)
    assert None not in [token_of(sealed.data, place) for place in (0, 1)]
    assert read_sealed_ofd(sealed.data).uncovered == ()
    # An authority that has just failed is not waited for a second time.
    stamper.fault = "down"
    asked: list[bytes] = []
    stamper.timestamp = lambda digest, name: (asked.append(digest), type(stamper).timestamp(stamper, digest, name))[1]
    sealed = sealer_of(fonts, declared_seals, seals, timestamper=stamper).seal_ofd(content_of(2), at=AT)
    assert (sealed.level, len(asked)) == (SealLevel.B_B, 1)
    assert isinstance(sealed.shortfall, TimestampError)


class Elsewhere:
    """A service that makes seal signatures with these seals, always at `at` when that is given."""

    def __init__(self, seals: dict[str, SealObject], at: datetime | None = None) -> None:
        self._seals = seals
        self._at = at

    def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
        name = "seal" if "Sign_0" in property_info else "water-seal"
        return seal_digest_ses(
            digest,
            declared_pki("sm2").signer(name),
            electronic_seal=self._seals[name].data,
            property_info=property_info,
            at=self._at or at,
        )


def test_a_service_seals(
    fonts: FontChain,
    declared_seals: dict[str, Seal],
    seals: dict[str, SealObject],
    content_of: Callable[..., OfdContent],
) -> None:
    for whole_file in (False, True):
        sealer = sealer_of(fonts, declared_seals, seals, service=Elsewhere(seals), whole_file=whole_file)
        facts = seal_facts(sealer.seal_ofd(content_of(2), at=AT + timedelta(microseconds=7)).data)
        assert [one.complaints for one in facts] == [(), ()]
    # Its answer is compared with what was asked for.
    swapped = Elsewhere({**seals, "seal": seal_of("seal", side=40)})
    late = Elsewhere(seals, AT + timedelta(seconds=1))
    for service, deviation in ((swapped, Deviation.SEAL), (late, Deviation.TIME)):
        with pytest.raises(SealAnswerError) as caught:
            sealer_of(fonts, declared_seals, seals, service=service).seal_ofd(content_of(2), at=AT)
        assert caught.value.deviation is deviation


def test_without_an_sm2_seal_there_is_no_ofd(
    fonts: FontChain, declared_seals: dict[str, Seal], content_of: Callable[..., OfdContent]
) -> None:
    code = declared_pki("sm2").signer("code")
    for family, told in (("rsa", "SM2 seals only"), ("sm2", "no electronic seal")):
        keys = SealingKeys(seals=(AuthoritySeal(seal=declared_seals[family]),), code_signer=code)
        with pytest.raises(AdditionRefusedError, match=told):
            FileSealer(fonts, keys).seal_ofd(content_of(), at=AT)


# Signed without a seal.


def test_a_copy_is_signed_without_a_seal(draft_of: Callable[..., OfdDraft]) -> None:
    signer = declared_pki("sm2").signer("seal")
    data = sign_ofd(draft_of().files, signer, at=AT)
    (facts,) = seal_facts(data)
    assert (facts.kind, facts.complaints) == ("Sign", ())
    files = files_of(data)
    own = {f"{SIGNS}/Sign_0/Signature.xml", f"{SIGNS}/Sign_0/SignedValue.dat"}
    assert facts.covered == files.keys() - own
    assert stamps_of(data, 0) == []
    value = files[f"{SIGNS}/Sign_0/SignedValue.dat"]
    assert signed_value_kind(value) is SignedValueKind.CMS
    xml = files[f"{SIGNS}/Sign_0/Signature.xml"]
    (signed,) = read_foreign_cms(value).signers
    signed.verify_signature(xml)
    assert (signed.digest_matches(xml), signed.digest_matches(xml + b" ")) == (True, False)
    assert signed.signing_time == AT


def test_a_copy_is_signed_with_sm2_only(draft_of: Callable[..., OfdDraft]) -> None:
    with pytest.raises(UnsupportedAlgorithmError):
        sign_ofd(draft_of().files, declared_pki("rsa").signer("seal"), at=AT)


# The small forms.

_NUMBERS = st.integers(-999_000, 999_000).map(lambda value: value / 1000)


@given(st.integers(1, 999_999_999), _NUMBERS, _NUMBERS, _NUMBERS.map(abs), _NUMBERS.map(abs))
def test_a_place_is_read_as_it_was_written(page: int, x: float, y: float, width: float, height: float) -> None:
    stamp = OfdStamp(page=page, x=x, y=y, size=(width, height))
    assert read_stamp_datum(stamp_datum(stamp)) == stamp


@pytest.mark.parametrize(
    "text",
    ["", "1 2 3 4", "0 1 2 3 4", "01 1 2 3 4", "1 1.0 2 3 4", "1  1 2 3 4", "1 1 2 3 4 5", "1 1e3 2 3 4", "1 -0 2 3 4"],
)
def test_a_place_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="NON_CANONICAL"):
        read_stamp_datum(text)


def test_a_seal_that_is_there_from_the_beginning_has_no_datum() -> None:
    with pytest.raises(ValueError, match="size"):
        stamp_datum(OfdStamp(page=1, x=1, y=1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260105013000Z", datetime(2026, 1, 5, 1, 30, tzinfo=UTC)),
        ("20260105013000z", None),
        ("20260105013000", None),
        ("2026010501300 Z", None),
        ("20260230013000Z", None),
        ("２0260105013000Z", None),
        ("", None),
    ],
)
def test_signing_times(text: str, expected: datetime | None) -> None:
    assert read_signing_time(text) == expected


def test_what_a_seal_must_cover() -> None:
    mine = [
        f"{SIGNS}/Sign_{place}/{name}"
        for place in (0, 1, 10)
        for name in ("Seal.esl", "Signature.xml", "SignedValue.dat")
    ]
    listed = f"{SIGNS}/Signatures.xml"
    files = ["OFD.xml", "stray", f"{SIGNS}/Sign_x/Seal.esl", listed, *mine]
    always = sorted(["OFD.xml", "stray", f"{SIGNS}/Sign_x/Seal.esl"])
    assert must_cover(files, 0, last=False) == sorted([*always, mine[0]])
    assert must_cover(files, 0, last=True) == sorted([*always, mine[0], listed])
    assert must_cover(files, 1, last=False) == sorted([*always, *mine[:3], mine[3]])
    assert must_cover(files, 10, last=True) == sorted([*always, *mine[:6], mine[6], listed])
