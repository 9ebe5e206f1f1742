"""Issuing with a CA and a timestamp authority on the other side: levels, what their failure costs, years later."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import AuthorityServer
from witnesses import bouncy_castle, pdfsig, qpdf_check, signed_parts, verapdf

from api.cli import main
from api.errors import SelfCheckError
from api.home import open_home
from api.seals import development_seal, seal_path
from api.self_check import require_sound_archive
from api.wiring import Services
from esign import SealLevel, archive_from_bytes, read_detached, read_sealed_ofd, read_sealed_pdf
from keys import read_ocsp_response, write_certificates, write_private_key
from licences import Issued, archive_problems
from verify import HolderEntry, Outcome, RevocationFetcher, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
SAMPLE = json.loads((ROOT / "fixtures/paper/special-equipment-use-1.json").read_text("utf-8"))
# Six years later nothing but the seals and the status is to be judged, hence no inspection is due.
del SAMPLE["data"]["nextInspectionDate"]
FAMILIES = ("sm2", "rsa")
SIX_YEARS = timedelta(days=6 * 365 + 2)


@dataclass
class Office:
    """A home whose certificates have a CA that answers, and the servers of the other side."""

    path: Path
    servers: dict[str, AuthorityServer]

    def services(self) -> Services:
        return Services(open_home(self.path))

    def issue(self, suite: str, *, ofd: bool = False) -> Issued:
        return (
            self.services()
            .issuer_for(suite)
            .issue(SAMPLE["type"], SAMPLE["data"], algorithm=suite, at=datetime.now(UTC), ofd=ofd)
        )

    def files(self, issued: Issued) -> tuple[bytes, bytes, bytes]:
        store = self.services().store
        record = store.get(issued.record.identifier)
        return store.file(record, "pdf"), store.file(record, "json"), store.file(record, "p7s")

    def ofd(self, issued: Issued) -> bytes:
        store = self.services().store
        return store.file(store.get(issued.record.identifier), "ofd")


@pytest.fixture
def office(tmp_path: Path, put_home: Callable[[Path, str], None]) -> Iterator[Office]:
    """Give a home with the declared certificates of both families, each CA's servers, and timestamps as set."""
    path = tmp_path / "home"
    now = datetime.now(UTC)
    put_home(path, "office")
    servers = {family: AuthorityServer(family, clock=now) for family in FAMILIES}
    lines = ['public_url = "http://127.0.0.1:8000"', "development = true", "[timestamp]", "timeout = 20.0"]
    lines += [f'{family} = "{server.tsa_url}"' for family, server in servers.items()]
    for family, server in servers.items():
        for role in ("seal", "code"):
            key, chain = path / "keys" / f"{family}-{role}-2.pem", path / "keys" / f"{family}-{role}-2.chain.pem"
            write_private_key(key, server.pki.key(role))
            write_certificates(chain, server.pki.chain(role))
            lines += [f"[keys.{family}.{role}]", f'uri = "file:{key}"', f'chain = "{chain}"']
        write_certificates(path / "trust" / f"{family}-declared.pem", server.pki.trusted())
        write_certificates(path / "trust" / f"{family}-code-2.pem", server.pki.chain("code"))
        seal = development_seal(server.pki.signer("seal"), "样例县行政审批局", at=now, random=os.urandom)
        seal_path(path, family).write_bytes(seal)
    (path / "elicence.toml").write_text("\n".join(lines), "utf-8")
    for server in servers.values():
        server.__enter__()
    yield Office(path, servers)
    for server in servers.values():
        server.close()


def judge(office: Office, data: bytes, signature: bytes | None = None, *, after: timedelta, stored: bool) -> str:
    """Say what a verifier without network finds later; with or without the store's own record."""
    trust = TrustStore.from_directory(office.path / "trust")
    existence = office.services().store if stored else None
    report = Verifier(trust, existence=existence).verify_file(data, signature=signature, at=datetime.now(UTC) + after)
    return report.reason.code


@pytest.mark.parametrize("suite", [*FAMILIES, "sm2+rsa"])
def test_with_all_services_the_level_is_lt_and_outlives_the_certificate(office: Office, suite: str) -> None:
    issued = office.issue(suite, ofd=suite != "rsa")
    assert (issued.level, issued.shortfall) == (SealLevel.B_LT, "")
    pdf, structured, p7s = office.files(issued)
    sealed = [pdf] if suite == "rsa" else [pdf, office.ofd(issued)]
    for server in office.servers.values():
        server.close()
    # Only the licence's own term and its status are open: no network, no store, six years later.
    end = read_sealed_pdf(pdf).seals[0].signed_data.signer_certificate.not_after
    assert datetime.now(UTC) + SIX_YEARS > end
    for after in (timedelta(), SIX_YEARS):
        assert {judge(office, data, after=after, stored=False) for data in sealed} == {"STATUS_UNKNOWN"}
        assert judge(office, structured, p7s, after=after, stored=False) == "STATUS_UNKNOWN"


def test_without_any_service_the_stores_record_outlives_the_certificate(office: Office) -> None:
    for server in office.servers.values():
        server.close()
    began = time.monotonic()
    issued = office.issue("sm2")
    assert time.monotonic() - began < 15
    assert issued.level is SealLevel.B_B
    assert "127.0.0.1" in issued.shortfall
    pdf, structured, p7s = office.files(issued)
    for data, signature in ((pdf, None), (structured, p7s)):
        assert judge(office, data, signature, after=SIX_YEARS, stored=False) == "CERTIFICATE_EXPIRED"
    code = issued.record.code
    holder = HolderEntry(name=SAMPLE["data"]["certificateHolderName"], code=SAMPLE["data"]["certificateHolderCode"])
    services = office.services()
    for existence, expected in ((None, "CERTIFICATE_EXPIRED"), (services.store, "REVOCATION_UNKNOWN")):
        verifier = Verifier(services.trust, services.store, existence=existence)
        report = verifier.verify_code(code, holder=holder, at=datetime.now(UTC) + SIX_YEARS)
        assert report.reason.code == expected


class Breaking(list[bytes]):
    """The requests to a timestamp authority that goes down with the second one."""

    def __init__(self, server: AuthorityServer) -> None:
        super().__init__()
        self._server = server

    def append(self, request: bytes) -> None:
        super().append(request)
        if len(self) == 2:
            self._server.tsa.status = 503


def test_a_timestamp_that_only_the_signature_file_lacks_is_told_too(office: Office) -> None:
    server = office.servers["rsa"]
    server.tsa.requests = Breaking(server)
    issued = office.issue("rsa")
    assert len(server.tsa.requests) == 2
    pdf, _, p7s = office.files(issued)
    assert read_sealed_pdf(pdf).seals[0].signed_data.timestamp is not None
    assert read_detached(p7s).signers[0].timestamp is None
    assert issued.level is SealLevel.B_B
    assert "503" in issued.shortfall


def silence(office: Office, server: AuthorityServer) -> None:
    server.tsa.delay = 60
    settings = office.path / "elicence.toml"
    settings.write_text(settings.read_text("utf-8").replace("timeout = 20.0", "timeout = 0.5"), "utf-8")


@pytest.mark.parametrize(
    "fail",
    [
        lambda _, server: setattr(server.tsa, "status", 503),
        silence,
        lambda _, server: setattr(server.tsa, "body", b"no response"),
        lambda _, server: setattr(server.tsa, "wrong_nonce", True),
    ],
    ids=["down", "slow", "garbage", "nonce"],
)
def test_a_failing_timestamp_costs_the_level_and_not_the_seal(
    office: Office, fail: Callable[[Office, AuthorityServer], None], capsys: pytest.CaptureFixture[str]
) -> None:
    server = office.servers["rsa"]
    patient = (office.path / "elicence.toml").read_text("utf-8")
    fail(office, server)
    issued = office.issue("rsa")
    assert issued.level is SealLevel.B_B
    assert issued.shortfall
    pdf = office.files(issued)[0]

    # Later it is back, and the missing level is made up for.
    server.tsa = type(server.tsa)()
    (office.path / "elicence.toml").write_text(patient, "utf-8")
    assert main(["--home", str(office.path), "seal", "upgrade", issued.record.identifier, "--json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["level"] == "B-LTA"
    better, structured, p7s = office.files(issued)
    assert better.startswith(pdf)
    assert len(better) > len(pdf)
    for one in office.servers.values():
        one.close()
    assert judge(office, better, after=SIX_YEARS, stored=False) == "STATUS_UNKNOWN"
    assert judge(office, structured, p7s, after=SIX_YEARS, stored=False) == "STATUS_UNKNOWN"
    # The replaced file is still a good one, and its record is too.
    assert judge(office, pdf, after=timedelta(), stored=True) in ("STATUS_UNKNOWN", "REVOCATION_UNKNOWN")


def test_an_ofd_gets_the_timestamp_later_that_it_missed(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    server = office.servers["sm2"]
    server.tsa.status = 503
    issued = office.issue("sm2", ofd=True)
    assert "503" in issued.shortfall
    before = office.ofd(issued)
    server.tsa = type(server.tsa)()
    assert main(["--home", str(office.path), "seal", "upgrade", issued.record.identifier, "--json"]) == 0
    capsys.readouterr()
    after = office.ofd(issued)
    tokens = [(seal.ses.time_stamp if (seal := read_sealed_ofd(one).seals[0]).ses else None) for one in (before, after)]
    assert [token is None for token in tokens] == [True, False]
    # Evidence has no place in an OFD but in the signature file that was attached when it was sealed.
    assert judge(office, after, after=timedelta(), stored=False) == "REVOCATION_UNKNOWN"


def test_an_upgrade_that_cannot_be_done_changes_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.servers["sm2"].tsa.status = 503
    issued = office.issue("sm2")
    before = office.files(issued)
    assert main(["--home", str(office.path), "seal", "upgrade", issued.record.identifier, "--json"]) == 69
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "TIMESTAMP_UNAVAILABLE"
    assert office.files(issued) == before


def test_a_ca_that_does_not_answer_costs_the_evidence(office: Office) -> None:
    office.servers["rsa"].crl.status = office.servers["rsa"].ocsp.status = 503
    issued = office.issue("rsa")
    assert issued.level is SealLevel.B_T
    assert "unknown" in issued.shortfall


def test_a_revoked_certificate_issues_nothing(office: Office) -> None:
    server = office.servers["sm2"]
    server.revoke("seal", at=datetime.now(UTC) - timedelta(days=1), reason="keyCompromise")
    with pytest.raises(SelfCheckError, match="CERTIFICATE_REVOKED"):
        office.issue("sm2")


def test_a_certificate_revoked_later_is_good_for_what_it_had_sealed(office: Office) -> None:
    issued = office.issue("rsa")
    pdf = office.files(issued)[0]
    later = datetime.now(UTC) + timedelta(days=30)
    server = office.servers["rsa"]
    server.revoke("seal", at=later, reason="keyCompromise")
    server.clock = later + timedelta(hours=1)
    trust = TrustStore.from_directory(office.path / "trust")
    report = Verifier(trust, revocation=RevocationFetcher()).verify_file(pdf, at=later + timedelta(hours=1))
    assert report.authenticity is Outcome.PASSED


def test_witnesses_accept_the_double_seal(office: Office, tmp_path: Path) -> None:
    issued = office.issue("sm2+rsa")
    pdf, structured, _ = office.files(issued)
    path = tmp_path / "double.pdf"
    path.write_bytes(pdf)
    qpdf_check(path)
    assert verapdf([path])[path].compliant
    sm2, rsa = pdfsig(path)
    assert (sm2.field, rsa.field) == ("Seal1", "Seal2")
    assert rsa.valid
    parts = signed_parts(pdf)
    facts = bouncy_castle(parts[0].cms, parts[0].content, [office.servers["sm2"].pki.root.der])
    assert facts.accepted
    assert read_sealed_pdf(pdf).structured == structured


def test_a_licence_of_tomorrow_is_issued_while_the_ca_is_silent(office: Office) -> None:
    for server in office.servers.values():
        server.close()
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    data = SAMPLE["data"] | {"certificateEffectiveDate": tomorrow}
    issued = office.services().issuer_for("rsa").issue(SAMPLE["type"], data, algorithm="rsa", at=datetime.now(UTC))
    assert issued.level is SealLevel.B_B


def test_an_archive_package_outlives_the_certificates_without_network(office: Office) -> None:
    """Its timestamp proves when the manifest was sealed, and the manifest since when the store has had each file."""
    services = office.services()
    issued = office.issue("sm2")
    now = datetime.now(UTC)
    made = services.archive_maker("sm2").make(issued.record.identifier, made_by="archivist-1", at=now)
    assert made.missed == ()
    assert {path.rpartition(".")[2] for path in archive_from_bytes(made.data) if path.startswith("evidence/")} >= {
        "cer", "ocsp",
    }  # fmt: skip
    verifier = Verifier(TrustStore.from_directory(office.path / "trust"), history=archive_problems)
    for after in (timedelta(), SIX_YEARS):
        report = verifier.verify_archive(made.data, at=now + after)
        assert (report.reason.code, report.signatures[0].proof) == ("ARCHIVE_GENUINE", "timestamp")


def test_an_archive_keeps_the_revocation_of_a_seal(office: Office) -> None:
    """What was sealed before counts, since the store has had it since then; what is sealed after does not."""
    issued = office.issue("sm2")
    services = office.services()
    revoked_at = issued.record.sealed_at + timedelta(seconds=1)  # the CA's answers know whole seconds
    office.servers["sm2"].revoke("seal", at=revoked_at, reason="superseded")
    now = max(datetime.now(UTC), revoked_at + timedelta(seconds=1))
    office.servers["sm2"].clock = now
    made = services.archive_maker("rsa").make(issued.record.identifier, made_by="archivist-1", at=now)
    verifier = Verifier(TrustStore.from_directory(office.path / "trust"), history=archive_problems)
    report = verifier.verify_archive(made.data, at=now)
    assert report.reason.code == "ARCHIVE_GENUINE"
    answers = [content for name, content in archive_from_bytes(made.data).items() if name.endswith(".ocsp")]
    said = [answer.status for raw in answers for answer in read_ocsp_response(bytes(raw)).answers]
    assert "revoked" in said
    assert any(name.endswith(".crl") for name in archive_from_bytes(made.data))
    late = services.archive_maker("sm2").make(issued.record.identifier, made_by="archivist-1", at=now)
    report = verifier.verify_archive(late.data, at=now)
    assert report.reason.code == "CERTIFICATE_REVOKED"
    with pytest.raises(SelfCheckError):
        require_sound_archive(report)
