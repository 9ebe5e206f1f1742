"""What seal services give back, and how each deviation from what was asked for is refused by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from esign import (
    Deviation,
    FinishedSeal,
    FontChain,
    MalformedError,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    SealAnswerError,
    SealPlace,
    SealRequestError,
    SesPicture,
    SesRefusedError,
    TooLargeError,
    WholeFileSeal,
    add_time_stamp,
    cms_for_prepared_pdf,
    draw_round_seal,
    finished_cades,
    finished_file,
    finished_pades,
    finished_ses,
    make_ses_seal,
    prepare_seal,
    prepare_ses_signature,
    read_prepared_pdf,
    read_sealed_pdf,
    read_ses_signature,
    read_signed_data,
    seal_digest,
    seal_digest_ses,
)
from esign.cms import assemble
from keys import DevelopmentPki, Signer, der, hash_bytes, raw_signature

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
DATA = "被盖章的内容".encode()
PROPERTY = "/Doc_0/Signs/Sign_0/Signature.xml"
PICTURE = (Path(__file__).parents[2] / "fixtures" / "vectors" / "ses" / "picture.png").read_bytes()


@dataclass(frozen=True)
class Says:
    """A service that gives one answer, whatever it is asked."""

    answer: bytes

    def pades(self, digest: bytes, digest_name: str) -> bytes:
        return self.answer

    def cades(self, digest: bytes, digest_name: str, *, at: datetime) -> bytes:
        return self.answer

    def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
        return self.answer

    def file(self, prepared: bytes) -> bytes:
        return self.answer


@dataclass(frozen=True)
class Honest:
    """A service that does what it is asked, with one key."""

    signer: Signer
    electronic_seal: bytes = b""

    def pades(self, digest: bytes, digest_name: str) -> bytes:
        assert digest_name == self.signer.algorithm.digest
        return seal_digest(digest, self.signer)

    def cades(self, digest: bytes, digest_name: str, *, at: datetime) -> bytes:
        assert digest_name == self.signer.algorithm.digest
        return seal_digest(digest, self.signer, at=at)

    def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
        assert digest_name == self.signer.algorithm.digest
        return seal_digest_ses(
            digest, self.signer, electronic_seal=self.electronic_seal, property_info=property_info, at=at
        )

    def file(self, prepared: bytes) -> bytes:
        return read_prepared_pdf(prepared).filled(cms_for_prepared_pdf(prepared, self.signer))


def _is_port(service: FinishedSeal, whole: WholeFileSeal) -> None:
    """For mypy: both classes are the port."""


@pytest.fixture(params=["sm2", "rsa", "ecdsa"])
def signer(request: pytest.FixtureRequest, pkis: dict[str, DevelopmentPki]) -> Signer:
    return pkis["rsa"].code if request.param == "ecdsa" else pkis[request.param].seal


@pytest.fixture
def other(signer: Signer, pkis: dict[str, DevelopmentPki]) -> Signer:
    return pkis["sm2"].code if signer.algorithm.name == "sm2" else pkis["rsa"].seal


def digest_of(signer: Signer, data: bytes = DATA) -> bytes:
    return hash_bytes(signer.algorithm.digest, data)


def refused(deviation: Deviation, ask: Callable[[], bytes]) -> str:
    with pytest.raises(SealAnswerError) as caught:
        ask()
    assert caught.value.deviation is deviation, str(caught.value)
    return str(caught.value)


def test_an_honest_service(signer: Signer) -> None:
    service = Honest(signer)
    _is_port(service, service)
    facts = read_signed_data(finished_cades(service, digest_of(signer), chain=signer.chain, at=AT))
    facts.verify_signature()
    assert facts.digest_matches(DATA)
    assert facts.signing_time == AT
    bare = read_signed_data(finished_pades(service, digest_of(signer), chain=signer.chain))
    assert bare.signing_time is None


def test_deviations_of_a_cms(signer: Signer, forger: Signer) -> None:
    digest = digest_of(signer)
    good = seal_digest(digest, signer, at=AT)
    short = Signer(private_key=signer.private_key, chain=signer.chain[:1])
    value = read_signed_data(good).signature
    foreign = seal_digest(digest, signer, at=LATER)
    for deviation, answer in (
        (Deviation.FORM, b""),
        (Deviation.FORM, b"\x30\x80\x00\x00"),
        (Deviation.FORM, good + b"\0"),
        (Deviation.FORM, bytes(100_000)),
        (Deviation.DIGEST, seal_digest(digest_of(signer, b"something else"), signer, at=AT)),
        (Deviation.TIME, foreign),
        (Deviation.TIME, seal_digest(digest, signer)),
        (Deviation.CERTIFICATE, seal_digest(digest, forger, at=AT)),
        (Deviation.CERTIFICATE, seal_digest(digest, short, at=AT)),
        (Deviation.SIGNATURE, good.replace(value, read_signed_data(foreign).signature)),
    ):
        if len(value) != len(read_signed_data(foreign).signature) and deviation is Deviation.SIGNATURE:
            continue  # of SM2 and ECDSA: numbers of other sizes move the lengths
        said = refused(deviation, lambda answer=answer: finished_cades(Says(answer), digest, chain=signer.chain, at=AT))
        assert deviation.value in said
    refused(Deviation.TIME, lambda: finished_pades(Says(good), digest, chain=signer.chain))


@pytest.fixture
def forger(signer: Signer, pkis: dict[str, DevelopmentPki]) -> Signer:
    """Somebody else with a certificate of the same CA."""
    if signer.algorithm.name == "sm2":
        return pkis["sm2"].code
    return pkis["rsa"].seal if signer is pkis["rsa"].code else pkis["rsa"].code


def test_a_signature_that_does_not_verify(pkis: dict[str, DevelopmentPki]) -> None:
    signer = pkis["rsa"].seal
    digest = digest_of(signer)
    good = seal_digest(digest, signer, at=AT)
    value = read_signed_data(good).signature
    changed = good.replace(value, bytes([value[0] ^ 1]) + value[1:])
    refused(Deviation.SIGNATURE, lambda: finished_cades(Says(changed), digest, chain=signer.chain, at=AT))


def test_a_digest_of_the_wrong_size_is_not_sealed(signer: Signer) -> None:
    with pytest.raises(SealRequestError, match=signer.algorithm.digest):
        seal_digest(bytes(31), signer)


def test_a_timestamp_that_nobody_asked_for(signer: Signer) -> None:
    digest = digest_of(signer)
    facts = read_signed_data(seal_digest(digest, signer))
    stamped = assemble(
        chain=signer.chain,
        algorithm=signer.algorithm,
        signed_attributes=facts.signed_attributes,
        signature=facts.signature,
        timestamp=der.sequence(der.integer(1)),
    )
    assert read_signed_data(stamped).timestamp is not None
    refused(Deviation.FORM, lambda: finished_pades(Says(stamped), digest, chain=signer.chain))


# SES_Signature.


@pytest.fixture(scope="module")
def seal_of(pkis: dict[str, DevelopmentPki]) -> Callable[..., bytes]:
    good: dict[str, Any] = {
        "identifier": "99010000000001",
        "vendor": "TEST",
        "name": "样例县行政审批局",
        "kind": 1,
        "picture": SesPicture(type="PNG", data=PICTURE, width=40, height=40),
        "permitted": [pkis["sm2"].seal.certificate],
        "created_at": AT,
        "valid_from": AT,
        "valid_to": AT + timedelta(days=365),
        "maker": pkis["sm2"].seal,
    }
    return lambda **given: make_ses_seal(**{**good, **given})


def test_an_honest_ses_service(pkis: dict[str, DevelopmentPki], seal_of: Callable[..., bytes]) -> None:
    signer, seal = pkis["sm2"].seal, seal_of()
    made = finished_ses(
        Honest(signer, seal),
        digest_of(signer),
        property_info=PROPERTY,
        electronic_seal=seal,
        certificate=signer.certificate,
        at=AT,
    )
    facts = read_ses_signature(made)
    facts.verify_signature()
    assert facts.digest_matches(DATA)
    assert (facts.property_info, facts.signing_time, facts.seal.der) == (PROPERTY, AT, seal)


def test_deviations_of_an_ses_signature(pkis: dict[str, DevelopmentPki], seal_of: Callable[..., bytes]) -> None:
    signer, seal = pkis["sm2"].seal, seal_of()
    digest = digest_of(signer)

    def made(**given: Any) -> bytes:
        wish = {"electronic_seal": seal, "property_info": PROPERTY, "at": AT, **given}
        return seal_digest_ses(wish.pop("digest", digest), wish.pop("signer", signer), **wish)

    def ask(answer: bytes) -> bytes:
        return finished_ses(
            Says(answer),
            digest,
            property_info=PROPERTY,
            electronic_seal=seal,
            certificate=signer.certificate,
            at=AT,
        )

    good = made()
    assert ask(good) == good
    forger = pkis["sm2"].code
    both = seal_of(permitted=[signer.certificate, forger.certificate])
    facts = read_ses_signature(good)
    prepared = prepare_ses_signature(
        seal, certificate=signer.certificate, data_hash=digest, property_info=PROPERTY, at=AT
    )
    raw = raw_signature(facts.signature)
    for deviation, answer in (
        (Deviation.FORM, b""),
        (Deviation.FORM, seal),
        (Deviation.FORM, good + b"\0"),
        (Deviation.FORM, add_time_stamp(good, b"\x30\x00")),
        (Deviation.SEAL, made(electronic_seal=both)),
        (Deviation.SEAL, made(electronic_seal=seal_of(identifier="99010000000002"))),
        (Deviation.CERTIFICATE, made(electronic_seal=both, signer=forger)),
        (Deviation.DIGEST, made(digest=bytes(32))),
        (Deviation.PROPERTY, made(property_info=PROPERTY + "2")),
        (Deviation.TIME, made(at=LATER)),
        (Deviation.SIGNATURE, good.replace(facts.signature[-8:], bytes(8))),
    ):
        refused(deviation, lambda answer=answer: ask(answer))
    # The same signature as r‖s verifies for us, but is not what we write.
    assert raw not in good
    assert prepared.finish(facts.signature) == good


def test_nothing_is_asked_for_when_the_seal_does_not_allow_it(
    pkis: dict[str, DevelopmentPki], seal_of: Callable[..., bytes]
) -> None:
    signer = pkis["sm2"].seal

    class Silent(Says):
        def ses(self, digest: bytes, digest_name: str, *, property_info: str, at: datetime) -> bytes:
            raise AssertionError("asked")

    with pytest.raises(SesRefusedError, match="not in force"):
        finished_ses(
            Silent(b""),
            digest_of(signer),
            property_info=PROPERTY,
            electronic_seal=seal_of(),
            certificate=signer.certificate,
            at=AT - timedelta(days=1),
        )


# Whole files.


def test_an_honest_service_for_files(sealed: Any) -> None:
    prepared = sealed.prepare("证照").data
    made = finished_file(Honest(sealed.pki.seal), prepared, chain=sealed.pki.seal.chain)
    (seal,) = read_sealed_pdf(made).seals
    assert seal.digest_matches()
    assert [one for one, other in zip(prepared, made, strict=True) if one != other].count(ord("0")) > 1000
    place = read_prepared_pdf(prepared)
    assert prepared == place.before + b"<" + b"00" * place.reserved + b">" + place.after


def test_the_next_seal_of_a_file(sealed: Any, fonts: FontChain) -> None:
    """The first seal is made here, the second elsewhere."""
    signer = sealed.pki.seal
    seal = Seal(name="样例县行政审批局", picture=draw_round_seal(fonts, "样例县行政审批局"), signer=signer)
    fields = ("Seal1", "Seal2")
    page = Page(width=210, height=297, items=(), seals=(SealPlace(field="Seal1", x=99, y=99),))
    content = PdfContent(title="证照", pages=[page], elements=[], structured=sealed.structured, fields=fields)
    first = PdfSealer(fonts, seal).seal(content, at=AT).data
    waiting = prepare_seal(first, seal, field="Seal2", at=AT, timestamped=False)
    both = finished_file(Honest(signer), waiting.data, chain=signer.chain)
    assert both.startswith(first)
    assert [one.field for one in read_sealed_pdf(both).seals] == list(fields)
    assert waiting.finish_with_cms(finished_pades(Honest(signer), waiting.digest, chain=signer.chain))


def test_the_example_of_the_how_to(sealed: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "seal-server.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)  # noqa: S102 - our own page
    waiting, signer = sealed.prepare("证照"), sealed.pki.seal
    made = names["seal_by_digest"](waiting, Honest(signer), signer.chain)
    assert read_sealed_pdf(made).seals[0].digest_matches()


def test_deviations_of_a_file(sealed: Any) -> None:
    signer = sealed.pki.seal
    prepared = sealed.prepare("证照").data
    good = Honest(signer).file(prepared)
    place = read_prepared_pdf(prepared)
    start, end = len(place.before), len(prepared) - len(place.after)
    cms = place.cms_in(good)
    other_file = Honest(signer).file(sealed.prepare("另一证照").data)
    digest = digest_of(signer, b"other bytes")
    # Without the CA's certificate their CMS have room in the file.
    short_forger, short = (Signer(private_key=one.private_key, chain=one.chain[:1]) for one in (sealed.forger, signer))
    padded = place.filled(seal_digest(digest, short))
    for deviation, answer in (
        (Deviation.BYTES, b""),
        (Deviation.BYTES, good + b"\n"),
        (Deviation.BYTES, good[:-1]),
        (Deviation.BYTES, other_file),
        (Deviation.BYTES, good[:9] + b"X" + good[10:]),
        (Deviation.BYTES, good[: start - 1] + b"X" + good[start:]),
        (Deviation.BYTES, good[:end] + b"X" + good[end + 1 :]),
        (Deviation.BYTES, good[:-1] + b"X"),
        (Deviation.FORM, prepared),
        (Deviation.FORM, good[:start] + b"(" + good[start + 1 :]),
        (Deviation.FORM, good[: end - 1] + b")" + good[end:]),
        (Deviation.FORM, place.before + good[start:end].upper() + place.after),
        (Deviation.FORM, padded[: end - 3] + b"01>" + padded[end:]),
        (Deviation.DIGEST, place.filled(seal_digest(digest, signer))),
        (Deviation.CERTIFICATE, place.filled(seal_digest(digest, short_forger))),
        (Deviation.CERTIFICATE, place.filled(seal_digest(digest_of(signer), short))),
    ):
        refused(deviation, lambda answer=answer: finished_file(Says(answer), prepared, chain=signer.chain))
    assert finished_file(Says(good), prepared, chain=signer.chain) == good
    assert place.filled(cms) == good


def test_every_byte_outside_the_digits_is_compared(sealed: Any) -> None:
    prepared = sealed.prepare("证照").data
    good = Honest(sealed.pki.seal).file(prepared)
    place = read_prepared_pdf(prepared)
    for at in [*range(0, len(place.before), 997), *range(len(good) - len(place.after), len(good), 97)]:
        changed = bytearray(good)
        changed[at] ^= 1
        refused(
            Deviation.BYTES,
            lambda changed=changed: finished_file(Says(bytes(changed)), prepared, chain=sealed.pki.seal.chain),
        )


def test_files_without_an_empty_place(sealed: Any) -> None:
    prepared = sealed.prepare("证照").data
    place = read_prepared_pdf(prepared)
    for wrong in (
        b"",
        b"%PDF-1.7",
        sealed.pdf,
        prepared + b"\n",
        prepared[1:],
        prepared.replace(b"/ByteRange [0", b"/ByteRange [1"),
        place.before + b"<" + b"00" * (place.reserved - 1) + b"0 >" + place.after,
    ):
        with pytest.raises(MalformedError):
            read_prepared_pdf(wrong)
    with pytest.raises(TooLargeError):
        read_prepared_pdf(b"%PDF-" + bytes(20 * 1024 * 1024))
    with pytest.raises(TooLargeError, match="room for"):
        place.filled(bytes(place.reserved + 1))
