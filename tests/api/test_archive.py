"""Archiving a licence with its whole life, and checking the package with nothing but the anchors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api.home import open_home
from api.wiring import Services
from esign import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    ArchivedFile,
    ArchiveManifest,
    archive_from_bytes,
    archive_to_bytes,
    manifest_from_bytes,
    manifest_to_bytes,
    sign_detached,
)
from keys import make_development_pki
from licences import archive_problems, digests_of
from verify import Outcome, Report, TrustStore, Verifier

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from running import Elicence

DECISION = ("--ground", "样例事由", "--decision", "样特决〔2026〕1号", "--actor", "clerk-07", "--office", "样例局")


@dataclass(frozen=True)
class Archived:
    """A home, and the package of a licence in it that was suspended, resumed and replaced."""

    elicence: Elicence
    first: str
    second: str
    answer: dict[str, Any]
    path: Path
    data: bytes

    @property
    def trust(self) -> TrustStore:
        return TrustStore.from_directory(self.elicence.home / "trust")

    def verify(self, data: bytes, *, after: timedelta = timedelta()) -> Report:
        verifier = Verifier(self.trust, history=archive_problems)
        return verifier.verify_archive(data, at=datetime.now(UTC) + after)

    def files(self) -> dict[str, bytes]:
        return {name: bytes(content) for name, content in archive_from_bytes(self.data).items()}

    def manifest(self) -> ArchiveManifest:
        return manifest_from_bytes(self.files()[MANIFEST_FILE])

    def sealed_again(self, manifest: ArchiveManifest, files: Mapping[str, bytes], *, listed: bool = True) -> bytes:
        """Pack files under a manifest that the authority itself seals once more."""
        kept = {name: content for name, content in files.items() if name not in (MANIFEST_FILE, SIGNATURE_FILE)}
        if listed:
            manifest = replace(manifest, files=tuple(described(name, kept[name]) for name in sorted(kept)))
        data = manifest_to_bytes(manifest)
        seal = Services(open_home(self.elicence.home)).seals.of("sm2")
        signature = seal.sign_detached(data, at=manifest.created_at.replace(microsecond=0))
        return archive_to_bytes({**kept, MANIFEST_FILE: data, SIGNATURE_FILE: signature})


def described(path: str, content: bytes) -> ArchivedFile:
    found = digests_of(content)
    return ArchivedFile(path=path, sha256=found.sha256, sm3=found.sm3, size=found.size)


@pytest.fixture(scope="module")
def archived(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Archived:
    folder = tmp_path_factory.mktemp("archived")
    elicence = running.copy_home(empty_home, folder / "home")
    with (elicence.home / "elicence.toml").open("a", encoding="utf-8") as settings:
        settings.write('format = "both"\n')
    issued = elicence.issue(running.sample("special-equipment-use-1"))
    first = issued["identifier"]
    for action in ("suspend", "resume"):
        assert elicence("act", first, action, *DECISION).code == 0
    done = elicence("act", first, "replace-lost", "--ground", "遗失", "--json")
    assert done.code == 0, done.out
    path = folder / "package.zip"
    made = elicence("archive", first, "--out", path, "--json", "--actor", "archivist-1")
    assert made.code == 0, made.out + made.err
    return Archived(
        elicence=elicence, first=first, second=done.json()["identifier"], answer=made.json(), path=path,
        data=path.read_bytes(),
    )  # fmt: skip


def test_a_package_holds_everything(archived: Archived, tmp_path: Path) -> None:
    answer = archived.answer
    assert answer["versions"] == [archived.first, archived.second]
    assert (answer["reason"], answer["retention"]) == ("ARCHIVE_GENUINE", "permanent")
    assert answer["sha256"] == digests_of(archived.data).sha256
    assert archived.path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(archived.path) as package:
        package.extractall(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert manifest["maker"]["madeBy"] == "archivist-1"
    acts = manifest["versions"][0]["acts"]
    assert [act["action"] for act in acts] == ["issue", "suspend", "resume", "replace-lost"]
    assert acts[1]["decision"] == "样特决〔2026〕1号"
    assert acts[1]["actor"] == {"name": "clerk-07", "office": "样例局", "officeCode": ""}
    assert manifest["versions"][0]["standing"]["status"] == "replaced"
    for identifier in (archived.first, archived.second):
        for name in ("licence.pdf", "licence.ofd", "licence.json", "licence.json.p7s"):
            kept = archived.elicence.home / "issued" / f"{identifier}.{name.removeprefix('licence.')}"
            assert (tmp_path / "licences" / identifier / name).read_bytes() == kept.read_bytes()
    assert (tmp_path / "catalogue/special-equipment-use-v1.toml").exists()
    assert list((tmp_path / "evidence").glob("*.cer"))
    readme = (tmp_path / "README.txt").read_text("utf-8-sig")
    assert "电子证照档案包" in readme
    assert "To check it" in readme


def test_it_is_checked_offline_with_anchors_alone(archived: Archived, tmp_path: Path) -> None:
    """In a process without network, without the home, with nothing but the package and a folder of roots."""
    trust = tmp_path / "trust"
    shutil.copytree(archived.elicence.home / "trust", trust)
    shutil.copy(archived.path, tmp_path / "package.zip")
    closed = ["unshare", "--user", "--map-root-user", "--net"]
    usable = shutil.which("unshare") and subprocess.run([*closed, "true"], capture_output=True).returncode == 0
    if not usable:
        pytest.skip("no network namespaces here")
    done = archived.elicence(
        "archive", "verify", tmp_path / "package.zip", "--trust", trust, "--home", tmp_path / "none", "--json",
        before=closed,
    )  # fmt: skip
    assert done.code == 0, done.out + done.err
    report = done.json()
    assert (report["verdict"], report["kind"], report["reason"]) == ("passed", "archive", "ARCHIVE_GENUINE")
    assert report["archive"]["versions"] == [
        {"identifier": archived.first, "genuine": "passed", "status": "replaced", "standing": "STATUS_SUPERSEDED",
         "acts": 4},
        {"identifier": archived.second, "genuine": "passed", "status": "issued", "standing": "OK", "acts": 1},
    ]  # fmt: skip
    assert (report["status"]["value"], report["status"]["source"]) == ("issued", "archive")
    assert not (tmp_path / "none").exists()


def test_verify_knows_a_package_too(archived: Archived) -> None:
    done = archived.elicence("verify", archived.path, "--json")
    assert (done.code, done.json()["kind"], done.json()["reason"]) == (0, "archive", "ARCHIVE_GENUINE")
    told = archived.elicence("archive", "verify", archived.path)
    assert "封存时  then: 已换发新证照" in told.out


def test_trust_never_comes_from_the_package(archived: Archived, tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    done = archived.elicence("archive", "verify", archived.path, "--trust", tmp_path / "trust", "--json")
    assert (done.code, done.json()["reason"]) == (2, "NO_TRUST_ANCHORS")
    assert done.json()["status"]["source"] == "none"
    assert {one["standing"] for one in done.json()["archive"]["versions"]} == {"STATUS_UNKNOWN"}


def test_later_the_seals_have_expired_and_nothing_else_proves_them(archived: Archived) -> None:
    assert archived.verify(archived.data, after=timedelta(days=30 * 365)).reason.code == "CERTIFICATE_EXPIRED"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",), 66, "LICENCE_NOT_FOUND"),
        (("1.2.3",), 66, "IDENTIFIER_MALFORMED"),
        (("verify",), 64, "WRONG_USE"),
        (("verify", "no.zip"), 66, "INPUT_NOT_FOUND"),
        (("verify", "no.zip", "--out", "x"), 64, "WRONG_USE"),
        (("1.2.3", "more"), 64, "WRONG_USE"),
        (("1.2.3", "--trust", "x"), 64, "WRONG_USE"),
    ],
    ids=["unknown", "no-identifier", "no-package", "missing", "out-with-verify", "two", "trust-without-verify"],
)
def test_wrong_use(archived: Archived, words: tuple[str, ...], code: int, error: str) -> None:
    done = archived.elicence("archive", *words, "--json")
    assert (done.code, done.json()["error"]["code"]) == (code, error)


def test_what_is_no_package_is_not_called_altered(archived: Archived, tmp_path: Path) -> None:
    package = tmp_path / "other.zip"
    with zipfile.ZipFile(package, "w") as other:
        other.writestr("readme.txt", "x")
    assert archived.elicence("archive", "verify", package, "--json").json()["reason"] == "FORMAT_ARCHIVE"


def without(path: str) -> Callable[[Archived], bytes]:
    """Leave one file out."""

    def change(archived: Archived) -> bytes:
        (name,) = (name for name in archived.files() if name.endswith(path) and archived.second not in name)
        return archive_to_bytes({one: content for one, content in archived.files().items() if one != name})

    return change


def with_changed(path: str) -> Callable[[Archived], bytes]:
    """Change one byte of one file."""

    def change(archived: Archived) -> bytes:
        files = archived.files()
        (name,) = (name for name in files if name.endswith(path) and archived.second not in name)
        changed = bytearray(files[name])
        changed[-20] ^= 1
        return archive_to_bytes(files | {name: bytes(changed)})

    return change


def with_manifest(change: Callable[[ArchiveManifest], ArchiveManifest]) -> Callable[[Archived], bytes]:
    """Change the manifest and leave its old seal."""

    def changed(archived: Archived) -> bytes:
        manifest = change(archived.manifest())
        return archive_to_bytes(archived.files() | {MANIFEST_FILE: manifest_to_bytes(manifest)})

    return changed


def _not_suspended(manifest: ArchiveManifest) -> ArchiveManifest:
    first = manifest.versions[0]
    return replace(manifest, versions=(replace(first, acts=(first.acts[0], first.acts[3])), *manifest.versions[1:]))


def _by_a_stranger(archived: Archived) -> bytes:
    """Everything is right, but the seal is that of another PKI with the same names."""
    manifest = archived.manifest()
    pki = make_development_pki(
        "sm2", authority_name=manifest.maker_name, authority_code=manifest.maker_code, at=datetime.now(UTC),
        random=os.urandom,
    )  # fmt: skip
    files = archived.files()
    signed = sign_detached(files[MANIFEST_FILE], pki.seal, signing_time=manifest.created_at.replace(microsecond=0))
    return archive_to_bytes(files | {SIGNATURE_FILE: signed})


@pytest.mark.parametrize(
    ("attack", "outcome", "reason"),
    [
        (without("licence.pdf"), Outcome.FAILED, "ARCHIVE_INCOMPLETE"),
        (without("README.txt"), Outcome.FAILED, "ARCHIVE_INCOMPLETE"),
        (without(SIGNATURE_FILE), Outcome.FAILED, "ARCHIVE_INCOMPLETE"),
        (without(MANIFEST_FILE), Outcome.FAILED, "FORMAT_ARCHIVE"),
        (lambda a: archive_to_bytes(a.files() | {"more.txt": b"x"}), Outcome.FAILED, "NON_CANONICAL"),
        (with_changed("licence.pdf"), Outcome.FAILED, "DIGEST_MISMATCH"),
        (with_changed("licence.ofd"), Outcome.FAILED, "DIGEST_MISMATCH"),
        (with_changed("README.txt"), Outcome.FAILED, "DIGEST_MISMATCH"),
        (with_changed("licence.json.p7s"), Outcome.FAILED, "DIGEST_MISMATCH"),
        (with_manifest(_not_suspended), Outcome.FAILED, "DIGEST_MISMATCH"),
        (with_manifest(lambda m: replace(m, made_by="somebody")), Outcome.FAILED, "DIGEST_MISMATCH"),
        (_by_a_stranger, Outcome.INDETERMINATE, "CERTIFICATE_UNTRUSTED"),
        (lambda a: b"PK\x03\x04" + b"x" * 500, Outcome.FAILED, "FORMAT_ARCHIVE"),
    ],
    ids=[
        "no-pdf", "no-readme", "no-signature", "no-manifest", "extra", "pdf", "ofd",
        "readme", "signature", "acts", "maker",
        "stranger", "garbage",
    ],
)  # fmt: skip
def test_attacks(archived: Archived, attack: Callable[[Archived], bytes], outcome: Outcome, reason: str) -> None:
    report = archived.verify(attack(archived))
    assert (report.verdict, report.reason.code) == (outcome, reason)
    assert report.status.source == "none"


def _other(name: str, manifest: ArchiveManifest, files: dict[str, bytes]) -> ArchiveManifest:
    one, other = (next(path for path in version.documents if path.endswith(name)) for version in manifest.versions)
    files[one] = files[other]
    return manifest


def _only(name: str, manifest: ArchiveManifest, files: dict[str, bytes]) -> ArchiveManifest:
    left = [path for path in manifest.versions[0].documents if not path.endswith(name)]
    for path in left:
        del files[path]
    return _first(manifest, documents=tuple(set(manifest.versions[0].documents) - set(left)))


def _version_missing(manifest: ArchiveManifest, files: dict[str, bytes]) -> ArchiveManifest:
    for path in (*manifest.versions[1].documents, manifest.versions[1].structured, manifest.versions[1].signature):
        del files[path]
    return replace(manifest, versions=manifest.versions[:1])


def _first(manifest: ArchiveManifest, **changes: Any) -> ArchiveManifest:
    return replace(manifest, versions=(replace(manifest.versions[0], **changes), *manifest.versions[1:]))


def _acts(manifest: ArchiveManifest, place: int, **changes: Any) -> ArchiveManifest:
    acts = list(manifest.versions[0].acts)
    acts[place] = replace(acts[place], **changes)
    return _first(manifest, acts=tuple(acts))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (partial(_other, ".pdf"), "file of another licence"),
        (partial(_other, ".ofd"), "file of another licence"),
        (partial(_only, ".ofd"), "not those that the structured licence lists"),
        (partial(_only, ".pdf"), None),
        (_version_missing, "version that is missing"),
        (lambda m, f: _not_suspended(m), None),
        (lambda m, f: _first(m, acts=m.versions[0].acts[:3]), "another state"),
        (lambda m, f: _first(m, acts=m.versions[0].acts[1:]), "do not begin"),
        (lambda m, f: _first(m, acts=()), "do not begin"),
        (lambda m, f: _acts(m, 2, action="revoke"), "does not lead from"),
        (lambda m, f: _acts(m, 2, action="bless"), "lifecycle does not have"),
        (lambda m, f: _acts(m, 2, sequence=1), "does not follow"),
        (lambda m, f: _acts(m, 1, recorded_at=m.created_at + timedelta(days=1)), "recorded after"),
        (lambda m, f: _first(m, standing=replace(m.versions[0].standing, value="issued")), "another state"),
    ],
    ids=[
        "other-pdf", "other-ofd", "no-pdf", "no-ofd",
        "version", "two-acts-left-out", "act-left-out", "no-issue", "no-acts", "action", "word",
        "sequence", "future", "state",
    ],
)  # fmt: skip
def test_even_under_the_authority_s_seal_a_package_must_not_contradict_itself(
    archived: Archived, change: Callable[[ArchiveManifest, dict[str, bytes]], ArchiveManifest], said: str | None
) -> None:
    files = archived.files()
    report = archived.verify(archived.sealed_again(change(archived.manifest(), files), files))
    if said is None:
        # What was never there leaves no trace, neither acts nor an OFD: for that stands the seal of the maker.
        assert report.reason.code == "ARCHIVE_GENUINE"
        return
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "ARCHIVE_CONTRADICTORY")
    assert any(said in check.detail for check in report.checks if check.code == "ARCHIVE_CONTRADICTORY")


def test_an_ofd_that_is_broken_speaks_against_the_package(archived: Archived) -> None:
    files = archived.files()
    path = next(path for path in files if path.endswith(".ofd"))
    files[path] = files[path][:-1]
    report = archived.verify(archived.sealed_again(archived.manifest(), files))
    assert (report.verdict, report.reason.code) == (Outcome.FAILED, "FORMAT_OFD")
    assert any(check.detail.startswith(path) for check in report.checks if check.code == "FORMAT_OFD")


def test_a_package_of_licences_of_somebody_else_is_refused(archived: Archived) -> None:
    """A seal that is trusted, but not that of the issuing authority: it could say that a revoked licence is good."""
    manifest = replace(archived.manifest(), maker_name="样例县水利局", maker_code="11990100000001038M")
    report = archived.verify(archived.sealed_again(manifest, archived.files()))
    assert report.reason.code == "SEAL_NOT_OF_ISSUER"
    assert {one.standing for one in report.archive.licences} == {"STATUS_UNKNOWN"} if report.archive else False


def test_a_manifest_that_lists_its_files_twice(archived: Archived) -> None:
    manifest = archived.manifest()
    doubled = replace(manifest, files=(*manifest.files, manifest.files[0]))
    report = archived.verify(archived.sealed_again(doubled, archived.files(), listed=False))
    assert report.reason.code == "NON_CANONICAL"


def test_types_and_xml_over_http(running: ModuleType, archived: Archived) -> None:
    with (
        running.Server(archived.elicence) as server,
        httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        types = client.get("/api/v1/types").json()["types"]
        assert {"special-equipment-use", "water-abstraction"} <= {one["type"] for one in types}
        for form in ("structured", "paper"):
            answer = client.get("/api/v1/types/water-abstraction/schema", params={"form": form})
            assert answer.headers["content-type"].startswith("application/schema+json")
            words = ["catalogue", "schema", "water-abstraction", *(["--paper"] if form == "paper" else [])]
            assert (
                archived.elicence(*words, "--json").json() == answer.json() == json.loads(archived.elicence(*words).out)
            )
        xsd = client.get("/api/v1/types/water-abstraction/schema", params={"form": "xsd"})
        assert (
            xsd.text == archived.elicence("catalogue", "schema", "water-abstraction", "--xsd", "--json").json()["xsd"]
        )
        assert client.get("/api/v1/types/none/schema").json()["code"] == "UNKNOWN_TYPE"
        xml = client.get(f"/api/v1/licences/{archived.second}/file", params={"format": "xml"})
        assert xml.headers["content-type"].startswith("application/xml")
        done = archived.elicence("export", archived.second, "--format", "xml", "--json").json()
        assert xml.content == (archived.elicence.home / "issued" / f"{archived.second}.xml").read_bytes()
        assert digests_of(xml.content).sha256 == done["sha256"]
        assert b"<GLLX>replace-lost</GLLX>" in xml.content
