"""Two authorities issue one licence together: each seals at home, and until both have it is not in force."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from declared import declared_pki
from witnesses import pdfsig, pyhanko, qpdf_check, verapdf

from api.cli import main
from api.home import open_home
from api.seals import development_seal, seal_path
from api.wiring import Services
from keys import Certificate, write_certificates, write_private_key
from keys.pem import wrapped
from verify import HolderEntry

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "fixtures/paper/special-equipment-use-1.json"

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
        code = main(["--home", str(home), *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run_command


@pytest.fixture
def first(tmp_path: Path, put_home: Callable[[Path, str], None]) -> Path:
    path = tmp_path / "first"
    put_home(path, "first")
    return path


@pytest.fixture
def second(tmp_path: Path, first: Path, put_home: Callable[[Path, str], None]) -> Path:
    """Give a home of 样例县水利局, which trusts the first one and is trusted and named by it."""
    path = tmp_path / "second"
    now = datetime.now(UTC)
    put_home(path, "second")
    lines = ['public_url = "http://127.0.0.1:8000"', "development = true"]
    (first / "partners").mkdir()
    for family in ("sm2", "rsa"):
        pki = declared_pki(family)
        key, chain = path / "keys" / f"{family}-water.pem", path / "keys" / f"{family}-water.chain.pem"
        write_private_key(key, pki.key("water-seal"))
        write_certificates(chain, pki.chain("water-seal"))
        lines += [f"[keys.{family}.seal]", f'uri = "file:{key}"', f'chain = "{chain}"']
        write_certificates(first / "trust" / f"{family}-water-root.pem", pki.trusted())
        seal = development_seal(pki.signer("water-seal"), "样例县水利局", at=now, random=os.urandom)
        seal_path(path, family).write_bytes(seal)
        kept = seal_path(path, family)
        shutil.copy(kept, first / "partners" / kept.name.replace(family, f"water-{family}", 1))
        write_certificates(first / "partners" / f"water-{family}.pem", pki.chain("water-seal"))
        # The declared CA says where it publishes revocations; nobody answers there, so its list lies in the folder.
        for issuer in ("root", "issuing-ca"):
            crl = pki.crl(issuer, at=now)
            for home in (first, path):
                (home / "trust" / f"{family}-{issuer}.crl").write_bytes(crl.der)
    (path / "elicence.toml").write_text("\n".join(lines), "utf-8")
    for name in ("sm2-root.pem", "rsa-root.pem"):
        shutil.copy(first / "trust" / name, path / "trust" / f"first-{name}")
    return path


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_two_authorities_seal_one_licence(run: Run, first: Path, second: Path, tmp_path: Path, family: str) -> None:
    forms = ("pdf", "json", "ofd") if family == "sm2" else ("pdf", "json")
    # What waits for seals is handed out whole.
    joint = ("--joint", f"water-{family}", "--format", "ofd" if "ofd" in forms else "pdf")
    code, made = run(first, "issue", "--data", str(SAMPLE), "--seal", family, *joint)
    assert code == 0, made
    identifier, pdf = made["identifier"], made["files"]["pdf"]["path"]
    files = [made["files"][form]["path"] for form in forms]

    # Sealed by one of two: genuine, and not in force, whichever way it is asked.
    for argument in files:
        code, report = run(first, "verify", argument)
        assert (code, report["reason"], report["authenticity"]) == (1, "SEALS_INCOMPLETE", "passed")
    services = Services(open_home(first))
    data = json.loads(SAMPLE.read_text("utf-8"))["data"]
    holder = HolderEntry(name=data["certificateHolderName"], code=data["certificateHolderCode"])
    asked = services.verifier.verify_code(made["code"], holder=holder, at=datetime.now(UTC))
    assert asked.reason.code == "SEALS_INCOMPLETE"
    code, refused = run(first, "seal", "complete", identifier, "--from", str(first / "issued"))
    assert code == 65, refused

    # The other authority looks at it, seals, and gives it back.
    out = tmp_path / "out"
    code, added = run(second, "seal", "add", pdf, "--seal", family, "--out", str(out))
    assert code == 0, added
    if "ofd" in forms:
        # Nothing is taken back but everything, and as far as it got.
        sealed = (out / f"{identifier}.ofd").read_bytes()
        (out / f"{identifier}.ofd").unlink()
        assert run(first, "seal", "complete", identifier, "--from", str(out))[0] == 66
        shutil.copy(made["files"]["ofd"]["path"], out)
        assert run(first, "seal", "complete", identifier, "--from", str(out))[0] == 65
        (out / f"{identifier}.ofd").write_bytes(sealed)
    code, done = run(first, "seal", "complete", identifier, "--from", str(out))
    assert (code, done.get("status")) == (0, "issued")
    for argument in files:
        code, report = run(first, "verify", argument)
        assert (code, report["reason"]) == (0, "OK"), report
        assert {one["signer"]["organization"] for one in report["signatures"]} == {"样例县行政审批局", "样例县水利局"}
    asked = services.verifier.verify_code(made["code"], holder=holder, at=datetime.now(UTC))
    assert asked.reason.code == "OK"
    assert run(second, "seal", "add", pdf, "--seal", family, "--out", str(out))[0] == 65

    path = Path(pdf)
    qpdf_check(path)
    assert verapdf([path])[path].compliant
    if family == "rsa":
        assert [signature.valid for signature in pdfsig(path)] == [True, True]
        anchors = [one for one in services.trust.anchors if one.public_key.algorithm.name == "rsa"]
        statuses = pyhanko(path.read_bytes(), b"".join(_pem(anchor) for anchor in anchors))
        assert [status.accepted for status in statuses] == [True, True], statuses


def _pem(certificate: Certificate) -> bytes:
    return wrapped(certificate.der, "CERTIFICATE")


def test_who_is_no_partner_is_not_awaited(run: Run, first: Path) -> None:
    code, answer = run(first, "issue", "--data", str(SAMPLE), "--joint", "../keys/sm2-seal.chain")
    assert (code, answer["error"]["code"]) == (65, "INPUT_MALFORMED")


def test_only_what_waits_for_a_seal_is_sealed(run: Run, first: Path, second: Path, tmp_path: Path) -> None:
    code, made = run(first, "issue", "--data", str(SAMPLE))
    assert code == 0
    pdf = made["files"]["pdf"]["path"]
    code, answer = run(second, "seal", "add", pdf, "--out", str(tmp_path / "out"))
    assert (code, answer["error"]["code"]) == (65, "INPUT_MALFORMED")
    assert not (tmp_path / "out").exists()


def test_nobody_seals_beside_a_stranger(run: Run, first: Path, second: Path, tmp_path: Path) -> None:
    code, made = run(first, "issue", "--data", str(SAMPLE), "--joint", "water-sm2")
    assert code == 0
    for name in ("sm2-root.pem", "rsa-root.pem"):
        (second / "trust" / f"first-{name}").unlink()
    code, answer = run(second, "seal", "add", made["files"]["pdf"]["path"], "--out", str(tmp_path / "out"))
    assert (code, answer["error"]["code"]) == (65, "INPUT_MALFORMED")
    assert "CERTIFICATE_UNTRUSTED" in answer["error"]["message"]["en"]
    assert not (tmp_path / "out").exists()
