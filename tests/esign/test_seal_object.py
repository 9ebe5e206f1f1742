"""Seal objects of both forms: made, read, used, and everything that must not be used."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from esign import (
    ORGANISATION,
    EsignError,
    Fault,
    FontChain,
    MalformedError,
    SealFault,
    SealObject,
    SealPictureError,
    SealRefusedError,
    SesExtension,
    SesPicture,
    SesRefusedError,
    TooLargeError,
    draw_round_seal,
    make_seal_object,
    make_ses_seal,
    read_seal_object,
    seal_png,
    sign_detached,
)
from esign.seal_object import MAX_MANIFEST_BYTES
from keys import DevelopmentPki, Signer, hash_bytes

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "ses"
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
UNTIL = AT + timedelta(days=1000)
NAME = "样例县行政审批局"
PICTURE = SesPicture(type="PNG", data=(VECTORS / "picture.png").read_bytes(), width=42, height=42)


@dataclass(frozen=True)
class Made:
    maker: Signer
    user: Signer
    make: Callable[..., bytes]


@pytest.fixture(scope="module", params=["sm2", "rsa"])
def made(request: pytest.FixtureRequest, pkis: dict[str, DevelopmentPki]) -> Made:
    pki = pkis[request.param]
    # The code key's certificate stands for a maker's: another key of the same family.
    maker = pki.code if request.param == "sm2" else pki.seal
    good = {
        "identifier": "99010000000001",
        "vendor": "ELIC",
        "name": NAME,
        "kind": ORGANISATION,
        "picture": PICTURE,
        "permitted": [pki.seal.certificate],
        "valid_from": AT,
        "valid_to": UNTIL,
        "maker": maker,
        "at": AT,
    }
    return Made(maker=maker, user=pki.seal, make=lambda **given: make_seal_object(**{**good, **given}))


def manifest_with(data: bytes, maker: Signer | None = None, **changes: object) -> bytes:
    """The manifest with other values, in canonical form; signed again by `maker` if there is one."""
    document = json.loads(data)
    document["manifest"].update(changes)
    if maker is not None:
        signature = sign_detached(canonical(document["manifest"]), maker, signing_time=AT)
        document["signature"] = base64.b64encode(signature).decode()
    return canonical(document)


def canonical(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def manifest(pkis: dict[str, DevelopmentPki]) -> bytes:
    pki = pkis["rsa"]
    return make_seal_object(
        identifier="99010000000001",
        vendor="ELIC",
        name=NAME,
        kind=ORGANISATION,
        picture=PICTURE,
        permitted=[pki.seal.certificate],
        valid_from=AT,
        valid_to=UNTIL,
        maker=pki.seal,
        at=AT,
    )


def refused(seal: SealObject, at: datetime, user: Signer) -> SealFault:
    with pytest.raises(SealRefusedError) as caught:
        seal.require_usable(at, user.certificate)
    return caught.value.fault


def test_both_forms_say_the_same(made: Made) -> None:
    data = made.make()
    seal = read_seal_object(data)
    assert (seal.identifier, seal.name, seal.kind) == ("99010000000001", NAME, ORGANISATION)
    assert (seal.created_at, seal.valid_from, seal.valid_to) == (AT, AT, UNTIL)
    assert seal.picture == PICTURE
    assert seal.maker_certificate() == made.maker.certificate
    name = "sm3" if seal.ses else "sha256"
    assert seal.digest == f"{name}:{hash_bytes(name, data).hex()}"
    assert (seal.ses is not None) == (made.maker.algorithm.name == "sm2")


def test_a_good_seal_is_usable_to_its_very_ends(made: Made) -> None:
    seal = read_seal_object(made.make())
    for at in (AT, AT + timedelta(days=1), UNTIL):
        seal.require_usable(at, made.user.certificate)


def test_a_seal_is_refused_with_the_reason(made: Made, pkis: dict[str, DevelopmentPki]) -> None:
    seal, second = read_seal_object(made.make()), timedelta(seconds=1)
    assert refused(seal, AT - second, made.user) is SealFault.NOT_YET_VALID
    assert refused(seal, UNTIL + second, made.user) is SealFault.EXPIRED
    for stranger in (pkis["sm2"].code, pkis["rsa"].code):
        assert refused(seal, AT, stranger) is SealFault.SIGNER_NOT_LISTED


def test_a_forged_seal_is_refused_before_everything_else(made: Made) -> None:
    seal = read_seal_object(made.make())
    if seal.ses:
        forged = seal.ses.der.replace("行政审批".encode(), "行政管理".encode(), 1)
        assert forged != seal.ses.der
    else:
        forged = manifest_with(seal.data, name="样例县行政管理局")
    assert refused(read_seal_object(forged), UNTIL + timedelta(days=1), made.user) is SealFault.SIGNATURE


def test_a_renewed_certificate_needs_a_new_seal(made: Made, pkis: dict[str, DevelopmentPki]) -> None:
    both = read_seal_object(made.make(permitted=[pkis["sm2"].seal.certificate, pkis["rsa"].seal.certificate]))
    for family in ("sm2", "rsa"):
        both.require_usable(AT, pkis[family].seal.certificate)


def test_a_critical_extension_is_refused(pkis: dict[str, DevelopmentPki]) -> None:
    pki = pkis["sm2"]
    data = make_ses_seal(
        identifier="1",
        vendor="ELIC",
        name=NAME,
        kind=1,
        picture=PICTURE,
        permitted=[pki.seal.certificate],
        created_at=AT,
        valid_from=AT,
        valid_to=UNTIL,
        maker=pki.code,
        extensions=[SesExtension(oid="1.2.3.4", critical=True, value=b"x")],
    )
    assert refused(read_seal_object(data), AT, pki.seal) is SealFault.CRITICAL_EXTENSION


@pytest.mark.parametrize("name", ["seal_v1.esl", "seal_v4.esl", "seal_v4_certdigest.esl"])
def test_the_published_seals(name: str) -> None:
    seal = read_seal_object((VECTORS / name).read_bytes())
    certificate = seal.maker_certificate()
    seal.verify_signature()
    assert seal.permits(certificate)
    seal.require_usable(seal.valid_from, certificate)
    assert (seal.picture.width, seal.picture.height) == (40, 40)


def test_the_picture_is_the_appearance(made: Made, fonts: FontChain) -> None:
    drawn = SesPicture(type="PNG", data=seal_png(draw_round_seal(fonts, NAME), dpi=150), width=42, height=42)
    picture = read_seal_object(made.make(picture=drawn)).appearance()
    assert (picture.width, picture.height, picture.shapes) == (42, 42, ())
    assert picture.image is not None
    assert (picture.image.columns, picture.image.rows) == (248, 248)


def test_a_picture_that_is_no_raster_cannot_be_put_on_a_page(made: Made) -> None:
    svg = SesPicture(type="SVG", data=b"<svg xmlns='http://www.w3.org/2000/svg'/>", width=42, height=42)
    with pytest.raises(SealPictureError):
        read_seal_object(made.make(picture=svg)).appearance()


@pytest.mark.parametrize(
    "given",
    [
        {"name": " "},
        {"permitted": []},
        {"valid_to": AT - timedelta(days=1)},
        {"at": AT.replace(tzinfo=None)},
        {"valid_from": AT.replace(microsecond=1)},
        {"identifier": "编号"},
        {"picture": replace(PICTURE, width=0)},
        {"picture": replace(PICTURE, type="GIF")},
        {"kind": -1},
    ],
    ids=["name", "signers", "end", "naive", "microsecond", "number", "size", "type", "kind"],
)
def test_a_seal_that_would_not_be_good_is_not_made(made: Made, given: dict[str, object]) -> None:
    with pytest.raises(SesRefusedError):
        made.make(**given)


# Manifests from outside.


def test_a_changed_byte_never_leaves_a_good_manifest(manifest: bytes, pkis: dict[str, DevelopmentPki]) -> None:
    certificate = pkis["rsa"].seal.certificate
    for place in range(0, len(manifest), 7):
        changed = manifest[:place] + bytes([manifest[place] ^ 1]) + manifest[place + 1 :]
        with pytest.raises(EsignError):
            read_seal_object(changed).require_usable(AT, certificate)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "elicence-seal/2"},
        {"kind": True},
        {"kind": -1},
        {"kind": 1.5},
        {"kind": 10**30},
        {"name": ""},
        {"name": "甲\n乙"},
        {"name": 7},
        {"identifier": "编号"},
        {"permitted": []},
        {"permitted": ["sha256:00"]},
        {"permitted": ["sha256:" + "zz" * 32]},
        {"permitted": ["sha256:" + "AA" * 32]},
        {"permitted": ["sm3:" + "00" * 32]},
        {"permitted": ["sha256:" + "00" * 32] * 201},
        {"permitted": {"sha256": "00"}},
        {"validFrom": "2026-11-21"},
        {"validFrom": "2026-11-21T10:00:00"},
        {"validFrom": "2026-11-21T10:00:00Z"},
        {"validTo": "9999-12-31T23:59:59+00:00"},
        {"validTo": "0001-01-01T00:00:00+08:00"},
        {"validTo": "2001-01-01T00:00:00+08:00"},
        {"createdAt": None},
        {"picture": None},
        {"picture": {"data": "", "height": 42, "type": "PNG", "width": 42}},
        {"picture": {"data": "AA", "height": 42, "type": "PNG", "width": 42}},
        {"picture": {"data": "AAAA", "height": 42, "type": "PNG", "width": 42}},
        {"picture": {"data": "R0lGODlh", "height": 0, "type": "GIF", "width": 42}},
        {"more": 1},
    ],
    ids=str,
)
def test_a_signed_manifest_that_is_wrong_is_malformed(
    manifest: bytes, pkis: dict[str, DevelopmentPki], change: dict[str, object]
) -> None:
    with pytest.raises(MalformedError) as caught:
        read_seal_object(manifest_with(manifest, pkis["rsa"].seal, **change))
    assert caught.value.fault is Fault.FORMAT_SES


def test_another_encoding_is_not_canonical(manifest: bytes) -> None:
    document = json.loads(manifest)
    twice = manifest.replace(b'"format":', b'"format":"elicence-seal/1","format":', 1)
    ordered = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    backwards = json.dumps(dict(reversed(document.items())), ensure_ascii=False, separators=(",", ":")).encode()
    for other in (
        json.dumps(document).encode(),
        ordered.replace(NAME, NAME.encode("unicode_escape").decode()).encode(),
        manifest + b"\n",
        twice,
        backwards,
    ):
        with pytest.raises(MalformedError) as caught:
            read_seal_object(other)
        assert caught.value.fault is Fault.NON_CANONICAL


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"[]", b"{" * 100_000, b'{"manifest":1,"signature":2}', b"\x30\x00", b"\x30\x84\xff", b"\xff"],
)
def test_what_is_no_seal(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        read_seal_object(data)
    assert caught.value.fault is Fault.FORMAT_SES


def test_limits() -> None:
    for data in (b"{" + bytes(MAX_MANIFEST_BYTES), b"\x30" + bytes(9 * 1024 * 1024)):
        with pytest.raises(TooLargeError):
            read_seal_object(data)
