"""Renamed, merged and split authorities: what verdicts say with the register, and which registers are believed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from esign import AuthorityRegister, authorities_from_document, authorities_to_bytes, sign_detached
from verify import REGISTER_FILE, REGISTER_SIGNATURE_FILE, REGISTRARS_FOLDER, TrustStore, TrustStoreError, Verifier

SUCCESSOR_NAME, SUCCESSOR = "样例县行政审批服务局", "11990100000001046G"


def entry(code: str, name: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "names": [{"name": name}], "level": "区县级", "region": "990101", **more}


def register(*entries: dict[str, Any]) -> AuthorityRegister:
    return authorities_from_document(
        {
            "format": "elicence-authorities/1",
            "number": 1,
            "issuedAt": "2026-11-21T08:00:00+08:00",
            "authorities": list(entries),
        }
    )


class Desk:
    """Judges licences that name the sample authority, sealed by one of several offices, with a register."""

    def __init__(self, office: Any, ca: Any) -> None:
        self.office, self.ca = office, ca

    def code(self, authorities: AuthorityRegister | None, *, name: str, code: str, at: datetime | None = None) -> str:
        signer = self.ca.issue(name=name, code=code)
        data, signature = self.office.seal_structured(signer)
        trust = TrustStore.from_certificates(self.ca.public, register=authorities)
        verifier = Verifier(trust, self.office.Store(self.office.ISSUED))
        report = verifier.verify_file(data, signature=signature, at=at or self.office.AT)
        assert bool(report) is (report.reason.code == "OK")
        return report.reason.code


@pytest.fixture(scope="module")
def desk(office: Any, ca: Any) -> Desk:
    return Desk(office, ca)


def successors(since: str, *types: str) -> list[dict[str, Any]]:
    return [{"code": SUCCESSOR, "types": list(types) or ["*"], "since": since}]


def test_without_a_register_only_the_issuer_seals(desk: Desk) -> None:
    office = desk.office
    assert desk.code(None, name=office.NAME, code=office.CODE) == "OK"
    assert desk.code(None, name=SUCCESSOR_NAME, code=SUCCESSOR) == "SEAL_NOT_OF_ISSUER"
    assert desk.code(None, name=SUCCESSOR_NAME, code=office.CODE) == "SEAL_NOT_OF_ISSUER"


def test_a_renamed_authority_keeps_its_code(desk: Desk) -> None:
    office = desk.office
    renamed = register(
        {
            **entry(office.CODE, office.NAME),
            "names": [{"name": office.NAME, "until": "2026-06-30"}, {"name": SUCCESSOR_NAME, "since": "2026-07-01"}],
        }
    )
    assert desk.code(renamed, name=office.NAME, code=office.CODE) == "OK"
    assert desk.code(renamed, name=SUCCESSOR_NAME, code=office.CODE) == "OK"
    assert desk.code(renamed, name="样例县假冒局", code=office.CODE) == "SEAL_NOT_OF_ISSUER"


@pytest.mark.parametrize(
    ("since", "types", "code"),
    [
        ("2026-01-01", (), "OK"),
        ("2026-11-22", (), "SEAL_NOT_OF_ISSUER"),
        ("2026-01-01", ("11990000000001011Q001",), "OK"),
        ("2026-01-01", ("11990000000001011Q002",), "SEAL_NOT_OF_ISSUER"),
    ],
    ids=["merged", "merged later", "split, this type", "split, another type"],
)
def test_a_successor_seals_for_an_authority_that_is_gone(
    desk: Desk, since: str, types: tuple[str, ...], code: str
) -> None:
    office = desk.office
    merged = register(
        entry(office.CODE, office.NAME, until="2025-12-31", successors=successors(since, *types)),
        entry(SUCCESSOR, SUCCESSOR_NAME),
    )
    assert desk.code(merged, name=SUCCESSOR_NAME, code=SUCCESSOR) == code
    # The name in the certificate must be one of the successor's.
    assert desk.code(merged, name=office.NAME, code=SUCCESSOR) == "SEAL_NOT_OF_ISSUER"


def test_what_was_sealed_before_the_end_stays_good_and_nothing_after_it(desk: Desk) -> None:
    office = desk.office
    for until, code in (("2026-11-21", "OK"), ("2026-11-20", "SEAL_NOT_OF_ISSUER")):
        ended = register(entry(office.CODE, office.NAME, until=until))
        assert desk.code(ended, name=office.NAME, code=office.CODE, at=office.AT + timedelta(days=200)) == code


def test_a_code_of_a_successor(desk: Desk) -> None:
    office, ca = desk.office, desk.ca
    signer = ca.issue_code(name=SUCCESSOR_NAME, code=SUCCESSOR)
    merged = register(
        entry(office.CODE, office.NAME, until="2025-12-31", successors=successors("2026-01-01")),
        entry(SUCCESSOR, SUCCESSOR_NAME),
    )
    for authorities, code in ((merged, "OK"), (None, "SEAL_NOT_OF_ISSUER")):
        trust = TrustStore.from_certificates((*ca.public, signer.certificate), register=authorities)
        verifier = Verifier(trust, office.Store(office.ISSUED))
        report = verifier.verify_code(office.write_code(signer), holder=office.HOLDER, at=office.AT)
        assert report.reason.code == code


@pytest.fixture
def folder(desk: Desk, tmp_path: Path) -> Path:
    """A folder of trust with a register that its registrar has signed."""
    office = desk.office
    registrar = desk.ca.issue(name="样例省政务服务管理局", code="11990000000001011Q")
    data = authorities_to_bytes(register(entry(office.CODE, office.NAME)))
    (tmp_path / "ca.cer").write_bytes(desk.ca.public[0].der)
    (tmp_path / REGISTRARS_FOLDER).mkdir()
    (tmp_path / REGISTRARS_FOLDER / "registrar.cer").write_bytes(registrar.certificate.der)
    (tmp_path / REGISTER_FILE).write_bytes(data)
    (tmp_path / REGISTER_SIGNATURE_FILE).write_bytes(sign_detached(data, registrar))
    return tmp_path


def test_a_signed_register_is_read(folder: Path) -> None:
    found = TrustStore.from_directory(folder).register
    assert found is not None
    assert found.number == 1
    (folder / REGISTER_FILE).unlink()
    assert TrustStore.from_directory(folder).register is None


def test_a_register_that_nobody_vouches_for_stops_everything(desk: Desk, folder: Path) -> None:
    good = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    data = good[folder / REGISTER_FILE]
    stranger = desk.ca.issue(name="样例县假冒局", code="11990100000001054B")
    registrar = folder / REGISTRARS_FOLDER / "registrar.cer"
    for path, content in (
        (folder / REGISTER_FILE, data.replace(b'"number":1', b'"number":2')),
        (folder / REGISTER_FILE, data + b"\n"),
        (folder / REGISTER_FILE, b""),
        (folder / REGISTER_SIGNATURE_FILE, sign_detached(data, stranger)),
        (folder / REGISTER_SIGNATURE_FILE, b"\x30\x00"),
        (folder / REGISTER_SIGNATURE_FILE, None),
        (registrar, None),
        (registrar, stranger.certificate.der),
    ):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        with pytest.raises(TrustStoreError):
            TrustStore.from_directory(folder)
        path.write_bytes(good[path])
    assert TrustStore.from_directory(folder).register is not None
