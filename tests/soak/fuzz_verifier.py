"""The long run through the verifier's one call: 100,000 damaged files of every kind, no exception, no wrong "passed".

`fuzz_verifier.py` goes on where it stopped and `--status` tells how far it is; state, corpus and findings lie beside
those of `fuzz_run.py`. What others made may pass although it was changed, where the change is in what nobody signed:
the padding of a signature, its unsigned attributes, the pixels around a code. Then what was signed must be the same.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("soak", "pki", "witness")]

import fuzz_run
from declared import FAMILIES, declared_pki
from fuzz_corpus import AT, ORIGINAL, Corpus, make_corpus, office
from fuzz_der import byte_damage, mutated
from fuzz_json import canonical, mutated_code, mutated_json
from fuzz_pdf import mutated_pdf
from fuzz_run import Progress, soak, told
from fuzz_targets import Mutate, Target, UnexpectedError
from PIL import Image

import esign
from esign import EsignError
from esign.barcode import code_modules
from keys import Certificate, KeysError, load_certificates
from verify import REASONS, HolderEntry, Report, TrustStore, Verifier

FOLDER = fuzz_run.STATE / "verifier"
SAMPLES = Path(__file__).parents[2] / "fixtures" / "paper"
PURPOSE = (
    "--cause", "样例事由", "--requester-office", "样例局", "--officer", "a-1", "--item-name", "样例事项",
    "--item-code", "1", "--case", "1",
)  # fmt: skip


class World:
    """A verifier that trusts all who made the corpus, and knows what of it is good."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.at = datetime.fromisoformat(corpus["at"][0].decode())
        certificates: list[Certificate] = []
        lists = []
        for family in FAMILIES:
            pki = declared_pki(family)
            certificates += [pki.certificate(name) for name in ("root", "issuing-ca", "issuing-ca-renewed", "code")]
            lists += [pki.crl("root", AT), pki.crl("issuing-ca", AT)]
        for item in corpus["trust"]:
            certificates += load_certificates(item)
        self.verifier = Verifier(TrustStore.from_certificates(certificates, lists=lists), _Issued())
        self.holder: HolderEntry = office().HOLDER
        self.genuine = frozenset(hashlib.sha256(item).digest() for items in corpus.values() for item in items)
        self.signatures = dict(zip(corpus["structured"], corpus["p7s"], strict=True))
        self.structured = dict(zip(corpus["p7s"], corpus["structured"], strict=True))
        self.codes = frozenset(esign.extract_code(item.decode()) for item in corpus["code"])
        self.covered = frozenset(digest for item in corpus["foreign-pdf"] for digest in covered(item))

    def report(self, data: bytes, **more: Any) -> Report:
        try:
            report = self.verifier.verify_file(data, at=self.at, **more)
        except (EsignError, KeysError) as error:
            raise UnexpectedError(f"an error of our own came out: {type(error).__name__}") from error
        if report.reason.code not in REASONS:
            raise UnexpectedError(f"a reason that nobody knows: {report.reason.code}")
        # What people and programs are told must come, too.
        str(report.sentence), str(report.action), repr(report)
        return report

    def is_genuine(self, data: bytes) -> bool:
        return hashlib.sha256(data).digest() in self.genuine


class _Issued:
    """A source that knows every licence, as issued."""

    def status(self, identifier: str, at: datetime, **_: Any) -> Any:
        return office().Answer(value="issued", as_of=at, source="store")


def covered(pdf: bytes) -> list[bytes]:
    """Digests of what the signatures of a PDF cover."""
    try:
        found = esign.read_foreign_pdf(pdf).signatures
    except esign.EsignError:
        return []
    return [hashlib.sha256(b"".join(one.covered(pdf))).digest() for one in found if not one.faults]


def _told(report: Report, world: World, *files: bytes) -> str:
    """The reason; a changed file of ours must not pass."""
    if report and not all(map(world.is_genuine, files)):
        raise UnexpectedError(f"a changed file passed ({report.reason.code})")
    return report.reason.code


def _ours(data: bytes, world: World) -> str:
    return _told(world.report(data), world, data)


def _structured(data: bytes, world: World) -> str:
    """With the signature that belongs to it, if any part of it is still to be recognised."""
    signature = world.signatures.get(data) or next(iter(world.signatures.values()))
    for known, own in world.signatures.items():
        if known[:200] == data[:200]:
            signature = own
    return _told(world.report(data, signature=signature), world, data)


def _p7s(data: bytes, world: World) -> str:
    """What is unsigned may be taken away: then it is another good signature, of a lower level."""
    codes = []
    for structured in world.corpus["structured"]:
        codes.append(_told(world.report(structured, signature=data), world, data))
    return min(codes)


def _foreign_pdf(data: bytes, world: World) -> str:
    report = world.report(data)
    if report and not set(covered(data)) <= world.covered:
        raise UnexpectedError(f"a changed document passed ({report.reason.code})")
    return report.reason.code


def _foreign_cms(data: bytes, world: World) -> str:
    """One that passes is over the content that was signed, by the signers of the corpus."""
    report = world.report(data, original=ORIGINAL)
    if (
        report
        and report.kind == "cms"
        and not all(one.intact and one.valid and one.trusted for one in report.signatures)
    ):
        raise UnexpectedError("a message passed whose signature is not good")
    return report.reason.code


def _seal(data: bytes, world: World) -> str:
    report = world.report(data, original=ORIGINAL)
    if report and not all(one.intact and one.valid and one.trusted for one in report.signatures):
        raise UnexpectedError("a seal passed whose signature is not good")
    return report.reason.code


def _code(data: bytes, world: World) -> str:
    report = world.report(data, holder=world.holder)
    if report and esign.extract_code(data.decode("utf-8", "replace")) not in world.codes:
        raise UnexpectedError("a changed code passed")
    return report.reason.code


def _picture(data: bytes, world: World) -> str:
    """A picture passes for the code in it, whatever is around that."""
    report = world.report(data, holder=world.holder)
    if report and not any(esign.extract_code(text) in world.codes for text in esign.read_picture(data)):
        raise UnexpectedError("a picture without a good code passed")
    return report.reason.code


def _mixed(chance: Random, data: bytes, corpus: Any) -> bytes:
    """Damage in the terms of any kind, for what is several kinds in one."""
    match chance.randrange(4):
        case 0:
            return mutated_pdf(chance, data, corpus)
        case 1:
            other = chance.choice(corpus)
            return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]
        case _:
            return byte_damage(chance, data)


def _json(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    try:
        return mutated_json(chance, data, corpus, canonical)
    except RecursionError:
        # Deeper than this program can write it; the reader's own depth is tried by what is less deep.
        return byte_damage(chance, data)


def _target(name: str, executions: int, check: Callable[[bytes, Any], str], *kinds: str, mutate: Mutate) -> Target:
    return Target(name=f"verifier-{name}", kinds=kinds, mutate=mutate, check=check, executions=executions, readings=3)


@cache
def targets() -> dict[str, Target]:
    """All of them by name: more than a hundred thousand files."""
    rows = (
        _target("pdf", 30_000, _ours, "pdf", "copy", mutate=mutated_pdf),
        _target("structured", 12_000, _structured, "structured", mutate=_json),
        _target("p7s", 8_000, _p7s, "p7s", "foreign-cms", mutate=mutated),
        _target("copy", 8_000, _ours, "copy", "pdf", mutate=mutated_pdf),
        _target("archive", 6_000, _ours, "archive", "pdf", mutate=_mixed),
        _target("cms", 15_000, _foreign_cms, "foreign-cms", "p7s", mutate=mutated),
        _target("seal", 5_000, _seal, "seal", "seal-signature", mutate=mutated),
        _target("seal-signature", 5_000, _seal, "seal-signature", "seal", mutate=mutated),
        _target("code", 9_500, _code, "code", mutate=mutated_code),
        _target("picture", 500, _picture, "picture", mutate=lambda chance, data, _: byte_damage(chance, data)),
        _target("foreign-pdf", 3_000, _foreign_pdf, "foreign-pdf", "pdf", mutate=mutated_pdf),
    )
    return {row.name: row for row in rows}


def load_corpus() -> Corpus:
    """The corpus of the first run, made and kept when there is none."""
    folder = FOLDER / "corpus"
    if (folder / "complete").exists():
        return {
            kind.name: tuple(item.read_bytes() for item in sorted(kind.iterdir()))
            for kind in sorted(folder.iterdir())
            if kind.is_dir()
        }
    shutil.rmtree(folder, ignore_errors=True)
    corpus = _made()
    for kind, items in corpus.items():
        (folder / kind).mkdir(parents=True)
        for number, item in enumerate(items):
            (folder / kind / f"{number:03}").write_bytes(item)
    (folder / "complete").touch()
    return corpus


def _made() -> Corpus:
    """Files as the program writes them, beside those of the readers' soak."""
    known = make_corpus()
    home = FOLDER / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    _elicence(home, "init")
    made: dict[str, list[bytes]] = {kind: [] for kind in ("pdf", "structured", "p7s", "copy", "archive", "code")}
    for number, sample in enumerate(("pesticide-business-1", "special-equipment-use-1", "water-abstraction-1")):
        family = FAMILIES[number % 2]
        issued = json.loads(_elicence(home, "issue", "--data", SAMPLES / f"{sample}.json", "--seal", family, "--json"))
        made["pdf"].append(Path(issued["files"]["pdf"]["path"]).read_bytes())
        made["structured"].append(Path(issued["files"]["json"]["path"]).read_bytes())
        made["p7s"].append(Path(issued["files"]["p7s"]["path"]).read_bytes())
        copy, package = home / f"copy-{number}.pdf", home / f"{number}.zip"
        _elicence(home, "copy", "make", issued["identifier"], *PURPOSE, "--out", copy)
        _elicence(home, "archive", issued["identifier"], "--out", package)
        made["copy"].append(copy.read_bytes())
        made["archive"].append(package.read_bytes())
    chosen = {kind: known[kind] for kind in ("seal", "seal-signature", "foreign-cms", "code", "foreign-pdf")}
    sealed = {"pdf": known["pdf"], "structured": known["structured"], "p7s": known["cms"][::2]}
    corpus = {kind: (*made.get(kind, ()), *sealed.get(kind, ())) for kind in (*made, *sealed)}
    corpus |= chosen
    corpus["picture"] = tuple(map(_picture_of, known["code"]))
    corpus["trust"] = tuple(item.read_bytes() for item in sorted((home / "trust").rglob("*.pem")))
    corpus["at"] = ((datetime.now(UTC) + timedelta(minutes=1)).isoformat().encode(),)
    return corpus


def _elicence(home: Path, *words: object) -> str:
    program = Path(sys.executable).with_name("elicence")
    done = subprocess.run([program, "--home", home, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def _picture_of(code: bytes) -> bytes:
    modules = code_modules(code.decode())
    size = len(modules)
    picture = Image.new("L", (size + 8, size + 8), 255)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                picture.putpixel((x + 4, y + 4), 0)
    out = io.BytesIO()
    picture.resize((3 * (size + 8), 3 * (size + 8)), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def are_good(world: World) -> list[str]:
    """What of the corpus does not pass: damage to it would show nothing. Status and holder are not in question."""
    wrong = []
    for kind in ("pdf", "copy", "archive"):
        wrong += [
            f"{kind} {number}: {report.reason.code}"
            for number, item in enumerate(world.corpus[kind])
            if not (report := world.report(item))
        ]
    for structured, p7s in world.signatures.items():
        if not (report := world.report(structured, signature=p7s)):
            wrong.append(f"structured: {report.reason.code}")
    return wrong


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="names; all when there is none")
    parser.add_argument("--status", action="store_true", help="only tell how far it is")
    parser.add_argument("--share", type=float, default=1.0, help="of the executions, for a shorter run")
    given = parser.parse_args()
    if given.status:
        told(targets())
        return
    corpus = load_corpus()
    world = World(corpus)
    print("not good in the corpus:", are_good(world), flush=True)
    for target in [targets()[name] for name in given.targets] or targets().values():
        progress: Progress = soak(target, corpus, world, until=int(target.executions * given.share))  # type: ignore[arg-type]
        print(f"{target.name}: {progress.next}, findings {len(progress.findings)}", flush=True)


if __name__ == "__main__":
    main()
