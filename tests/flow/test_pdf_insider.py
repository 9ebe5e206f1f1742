"""PDFs that somebody who holds the authority's key seals, with metadata that say otherwise than the licence.

Search engines and archives index what nobody sees on the face.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign import CHINA, FontChain, Seal, ShortElement, draw_round_seal, pdf_writing
from keys import DevelopmentPki, make_development_pki
from licences import AuthoritySeal, MemoryStore, SealingKeys, load_catalogue, shipped_font
from licences.making import LicenceMaker
from verify import Report, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"

Write = Callable[..., Any]


@cache
def office() -> tuple[DevelopmentPki, LicenceMaker, dict[str, Any]]:
    pki = make_development_pki("rsa", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    fonts = FontChain([shipped_font()])
    drawn = Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pki.seal)
    maker = LicenceMaker(
        catalogue=load_catalogue(),
        sealing={"rsa": SealingKeys(seals=(AuthoritySeal(seal=drawn),), code_signer=pki.code)},
        fonts=fonts,
        store=MemoryStore(),
        check=lambda *_: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )
    return pki, maker, json.loads((ROOT / "fixtures/paper/water-abstraction-1.json").read_text("utf-8"))


def judged() -> Report:
    """What is said of a PDF that is made and sealed now."""
    pki, maker, sample = office()
    made = maker.make(sample["type"], sample["data"], algorithm="rsa", at=AT)
    trust = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate))
    return Verifier(trust).verify_file(made.files["pdf"], at=AT)


def element(name: str, value: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def changed(said: dict[str, Any]) -> dict[str, Any]:
        assert any(one.short_name == name and one.value != value for one in said["elements"])
        return {"elements": [replace(one, value=value) if one.short_name == name else one for one in said["elements"]]}

    return changed


def packet(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def changed(written: bytes) -> bytes:
        assert old in written
        return written.replace(old, new, 1)

    return changed


SAID: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "title of another licence": (lambda _: {"title": "取水许可证 D990101G2026-9999"}, "title"),
    "another day": (lambda said: {"created": said["created"] - timedelta(days=1)}, "date"),
    "the same moment in another zone": (lambda said: {"created": said["created"].astimezone(UTC)}, "date"),
    "another number": (element("ZZBH", "D990101G2026-9999"), "ZZBH"),
    "another holder": (element("CZZT", "样例乙"), "CZZT"),
}
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "an author": packet(b"</dc:title>", b"</dc:title><dc:creator>x</dc:creator>"),
    "an element twice": lambda said: re.sub(rb"(<zz:ZZBH>.*?</zz:ZZBH>\n)", rb"\1\1", said),
    "a remark": packet(b"<pdf:Producer>", b"<!-- x --><pdf:Producer>"),
    "a number by its characters": packet(b"<zz:ZZMC>", b"<zz:ZZMC>&#65;"),
}


def test_what_nobody_changed_is_good() -> None:
    assert judged().reason.code == "STATUS_UNKNOWN"


@pytest.mark.parametrize("name", sorted(SAID))
def test_metadata_that_say_something_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, found = SAID[name]
    original: Write = pdf_writing.xmp_packet
    monkeypatch.setattr(pdf_writing, "xmp_packet", lambda **said: original(**(said | change(said))))
    report = judged()
    assert (report.reason.code, report.checks[-1].name) == ("FACE_DIFFERS", "metadata")
    assert report.checks[-1].detail == f"metadata that differ from the data: {found}"


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_metadata_of_another_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original: Write = pdf_writing.xmp_packet
    monkeypatch.setattr(pdf_writing, "xmp_packet", lambda **said: WRITTEN[name](original(**said)))
    assert judged().reason.code == "NON_CANONICAL"


def test_the_identity_of_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_writing, "file_identity", lambda _: "0" * 32)
    report = judged()
    assert (report.reason.code, report.checks[-1].detail[-8:]) == ("FACE_DIFFERS", "identity")


def test_an_element_of_a_later_version_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    original: Write = pdf_writing.xmp_packet
    later = ShortElement(short_name="ZZYSRQ", title="证照延伸", value="x")
    monkeypatch.setattr(
        pdf_writing, "xmp_packet", lambda **said: original(**(said | {"elements": [*said["elements"], later]}))
    )
    assert judged().reason.code == "STATUS_UNKNOWN"
