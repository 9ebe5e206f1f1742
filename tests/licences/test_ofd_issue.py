"""Licences that are made as OFD, too: when, of what, and what is left when that fails."""

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from esign import (
    CHINA,
    ORGANISATION,
    FontChain,
    Seal,
    SesPicture,
    draw_round_seal,
    make_seal_object,
    read_seal_object,
    read_sealed_ofd,
    seal_png,
)
from keys import Signer, make_development_pki
from licences import (
    Act,
    Action,
    Actor,
    AuthoritySeal,
    AwaitedSeal,
    Competence,
    FileKind,
    IdempotencyMismatchError,
    InvalidFieldError,
    Issuer,
    MemoryStore,
    Registrar,
    SealingKeys,
    document_kind,
    form_and_key,
    load_catalogue,
    shipped_font,
)
from licences.filling import sample_data
from licences.ofd_files import ofd_signer_paths

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "fixtures/paper/water-abstraction-1.json").read_text("utf-8"))
NAME, DATA = DOCUMENT["type"], DOCUMENT["data"]
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
ISSUER = {"certificateIssuingAuthorityName": AUTHORITY, "certificateIssuingAuthorityCode": AUTHORITY_CODE}
FONTS = FontChain([shipped_font()])
CATALOGUE = load_catalogue()
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)


def keys_of(family: str, maker: Signer | None = None, *, opaque: bool = False) -> SealingKeys:
    """Give the keys of an authority, with a seal of its own making unless somebody made it."""
    pki = make_development_pki(
        family, authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom
    )
    drawn = draw_round_seal(FONTS, AUTHORITY)
    data = seal_png(drawn, dpi=150)
    if opaque:
        white = io.BytesIO()
        Image.open(io.BytesIO(data)).convert("RGB").save(white, "PNG")
        data = white.getvalue()
    picture = SesPicture(type="PNG", data=data, width=42, height=42)
    made = make_seal_object(
        identifier="DEV0000000000001", name=AUTHORITY, kind=ORGANISATION, picture=picture,
        permitted=(pki.seal.certificate,), valid_from=AT, valid_to=pki.seal.certificate.not_after,
        maker=maker or pki.seal, vendor="elicence", at=AT,
    )  # fmt: skip
    seal = AuthoritySeal(seal=Seal(name=AUTHORITY, picture=drawn, signer=pki.seal), seal_object=read_seal_object(made))
    return SealingKeys(seals=(seal,), code_signer=pki.code)


@pytest.fixture(scope="module")
def sealing() -> dict[str, SealingKeys]:
    sm2, rsa = keys_of("sm2"), keys_of("rsa")
    both = SealingKeys(seals=(*sm2.seals, *rsa.seals), code_signer=sm2.code_signer)
    return {"sm2": sm2, "rsa": rsa, "sm2+rsa": both}


class Office:
    """What issues, with its store, and what its self-check was shown."""

    def __init__(self, sealing: Mapping[str, SealingKeys], **options: Any) -> None:
        self.store = MemoryStore()
        self.seen: list[Mapping[FileKind, bytes]] = []
        given = {"check": lambda files, code, at: self.seen.append(files)} | options
        self.issuer = Issuer(
            catalogue=CATALOGUE, sealing=sealing, fonts=FONTS, store=self.store, public_url="http://127.0.0.1:8000",
            random=os.urandom, **given,
        )  # fmt: skip

    def issue(self, number: int = 1, *, algorithm: str = "sm2", **options: Any) -> Mapping[str, Any]:
        data = DATA | {"certificateNumber": f"D990101G2026-{number:04}"}
        return self.issuer.issue(NAME, data, algorithm=algorithm, at=AT, **options).record.files


def fault_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ExceptionGroup) as caught:
        call()
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    return fault.pointer, fault.code


def test_kinds_of_files_say_form_and_document() -> None:
    assert [document_kind("ofd", key) for key in ("", "copy")] == ["ofd", "ofd.copy"]
    assert [form_and_key(kind) for kind in ("ofd", "ofd.copy", "p7s")] == [("ofd", ""), ("ofd", "copy"), ("p7s", "")]


def test_an_ofd_is_made_when_asked_for_and_checked_with_the_other_files(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing)
    assert list(office.issue(1)) == list(office.issue(2, ofd=False)) == ["pdf", "json", "p7s"]
    assert list(office.issue(3, ofd=True)) == ["pdf", "json", "p7s", "ofd"]
    assert [list(files) for files in office.seen[1:]] == [["pdf", "json", "p7s"], ["pdf", "json", "p7s", "ofd"]]
    files = office.seen[2]
    ofd = read_sealed_ofd(files["ofd"])
    assert (ofd.structured, ofd.signature) == (files["json"], files["p7s"])
    assert ofd.title == "取水许可证 D990101G2026-0003"


def test_a_setting_makes_them_of_what_sm2_alone_can_seal(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing, ofd=True)
    assert "ofd" in office.issue(1)
    assert "ofd" in office.issue(2, algorithm="sm2+rsa")
    assert "ofd" not in office.issue(3, algorithm="rsa")
    assert "ofd" not in office.issue(4, ofd=False)


def test_two_suites_give_an_ofd_with_the_sm2_seal(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing)
    office.issue(algorithm="sm2+rsa", ofd=True)
    (seal,) = read_sealed_ofd(office.seen[0]["ofd"]).seals
    assert seal.ses is not None
    assert seal.ses.signer_der == sealing["sm2"].seals[0].seal.signer.certificate.der


def test_whoever_is_behind_a_seal_is_asked_for_evidence(sealing: dict[str, SealingKeys]) -> None:
    maker = sealing["sm2"].seals[0].seal.signer
    keys = keys_of("sm2", maker)
    office = Office({"sm2": keys})
    office.issue(ofd=True)
    found = [path[0] for path in ofd_signer_paths(office.seen[0]["ofd"])]
    assert found == [keys.seals[0].seal.signer.certificate, maker.certificate]


def test_seals_that_an_ofd_cannot_bear_are_refused_before_anything_is_sealed(sealing: dict[str, SealingKeys]) -> None:
    sm2, rsa = sealing["sm2"], sealing["rsa"]

    def awaiting(seal: AuthoritySeal, digest: str | None) -> SealingKeys:
        certificate = seal.seal.signer.certificate
        return replace(sm2, awaited=(AwaitedSeal(certificate=certificate, width=42, height=42, seal_digest=digest),))

    unsealed = replace(sm2, seals=(replace(sm2.seals[0], seal_object=None),))
    refused = {
        "OFD_NEEDS_SM2": (rsa, awaiting(rsa.seals[0], "sha256:00")),
        "OFD_NEEDS_SEAL": (unsealed, awaiting(sm2.seals[0], None)),
        "OFD_SEAL_OPAQUE": (keys_of("sm2", opaque=True),),
    }
    for code, all_keys in refused.items():
        for keys in all_keys:
            office = Office({"sm2": keys})
            assert fault_of(lambda office=office: office.issue(ofd=True)) == ("/format", code)  # type: ignore[misc]
            assert (office.seen, office.store.with_number("D990101G2026-0001", 1)) == ([], ())
    # What the settings say is meant where it can be had; that a seal is missing is a fault of the installation.
    assert list(Office({"sm2": awaiting(rsa.seals[0], "sha256:00")}, ofd=True).issue()) == ["pdf", "json", "p7s"]
    assert fault_of(lambda: Office({"sm2": unsealed}, ofd=True).issue()) == ("/format", "OFD_NEEDS_SEAL")


def test_an_ofd_that_is_not_good_leaves_nothing(sealing: dict[str, SealingKeys]) -> None:
    def refuse(files: Mapping[FileKind, bytes], code: str, at: datetime) -> None:
        if "ofd" in files:
            raise ValueError("not good")

    office = Office(sealing, check=refuse)
    with pytest.raises(ValueError, match="not good"):
        office.issue(ofd=True, idempotency_key="one")
    assert office.store.with_number("D990101G2026-0001", 1) == ()
    assert "ofd" not in office.issue(idempotency_key="one")


def test_every_document_is_one(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing)
    kind = CATALOGUE.get("forest-seed")
    office.issuer.issue("forest-seed", sample_data(kind) | ISSUER, algorithm="sm2", at=AT, ofd=True)
    (files,) = office.seen
    keys = [document.key for document in kind.documents]
    assert len(keys) > 1
    found = {kind: read_sealed_ofd(files[kind]).document for kind in files if form_and_key(kind)[0] == "ofd"}
    assert found == {"ofd": keys[0], **{f"ofd.{key}": key for key in keys[1:]}}
    assert len({read_sealed_ofd(content).structured for name, content in files.items() if name in found}) == 1


def test_the_same_request_is_the_same_one_with_its_format(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing)
    first = office.issue(idempotency_key="plain")
    for same in (None, False):
        assert office.issue(idempotency_key="plain", ofd=same) == first
    with pytest.raises(IdempotencyMismatchError):
        office.issue(idempotency_key="plain", ofd=True)
    both = office.issue(2, idempotency_key="both", ofd=True)
    assert office.issue(2, idempotency_key="both", ofd=True) == both


def test_what_takes_its_place_is_an_ofd_again(sealing: dict[str, SealingKeys]) -> None:
    office = Office(sealing)
    registrar = Registrar(store=office.store, catalogue=CATALOGUE, competence=Competence(register=None))
    clerk = Actor(name="clerk-07", office=AUTHORITY, office_code=AUTHORITY_CODE)
    act = Act(
        action=Action.EXCHANGE,
        ground="样例事由",
        decision="样决〔2026〕1号",
        actor=clerk,
        effective_at=AT,
        recorded_at=AT,
    )
    for number, made in ((1, False), (2, True)):
        data = DATA | {"certificateNumber": f"D990101G2026-{number:04}"}
        old = office.issuer.issue(NAME, data, algorithm="sm2", at=AT, ofd=made).record
        new = registrar.replace(old.identifier, act, None, issuer=office.issuer, algorithm="sm2").record
        assert ("ofd" in old.files, "ofd" in new.files) == (made, made)
