"""OFDs per second per core: created and sealed from pages that are laid out already, and verified in full; PDF beside.

make bench            five interleaved runs of each, CPU time, medians
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from api.seals import development_seal
from esign import CHINA, FontChain, OfdContent, PdfContent, Seal, draw_round_seal, read_seal_object
from keys import make_development_pki
from licences import AuthoritySeal, MemoryStore, SealingKeys, load_catalogue, shipped_font
from licences.making import LicenceMaker
from licences.sealing import FileSealer
from verify import Outcome, TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
RUNS, ROUNDS, SAMPLES = 5, 4, 6
PEER = "ofdrw (Java), figures of another day: create and seal 116-148/s, verify 106-126/s, its checks being fewer"

Contents = list[tuple[PdfContent, OfdContent]]


@contextmanager
def caught(found: Contents) -> Iterator[None]:
    """What the maker gives to be sealed."""
    seal, seal_ofd = FileSealer.seal, FileSealer.seal_ofd
    pdfs: list[PdfContent] = []

    def first(sealer: FileSealer, content: PdfContent, *, at: datetime) -> object:
        pdfs.append(content)
        return seal(sealer, content, at=at)

    def second(sealer: FileSealer, content: OfdContent, *, at: datetime) -> object:
        if not content.document or content.document == "original":
            found.append((pdfs[-1], content))
        return seal_ofd(sealer, content, at=at)

    with patch.object(FileSealer, "seal", first), patch.object(FileSealer, "seal_ofd", second):
        yield


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the samples in each run")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    asked = parser.parse_args(arguments)
    fonts = FontChain([shipped_font()])
    pki = make_development_pki("sm2", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal = read_seal_object(development_seal(pki.seal, AUTHORITY, at=AT, random=os.urandom))
    drawn = Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY, centre_line="样例 测试"), signer=pki.seal)
    keys = SealingKeys(seals=(AuthoritySeal(seal=drawn, seal_object=seal),), code_signer=pki.code)
    maker = LicenceMaker(
        catalogue=load_catalogue(),
        sealing={"sm2": keys},
        fonts=fonts,
        store=MemoryStore(),
        check=lambda *_: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )
    contents: Contents = []
    with caught(contents):
        for path in sorted((ROOT / "fixtures/paper").glob("*.json"))[: asked.samples]:
            paper = json.loads(path.read_text("utf-8"))
            maker.make(paper["type"], paper["data"], algorithm="sm2", ofd=True, at=AT)
    assert len(contents) == asked.samples
    sealer = FileSealer(fonts, keys)
    ofds = [sealer.seal_ofd(content, at=AT).data for _, content in contents]
    pdfs = [sealer.seal(content, at=AT).pdf for content, _ in contents]
    verifier = Verifier(TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate)))
    # Nobody is asked for the status here, as with others' programs; everything else is looked at.
    assert all(verifier.verify_file(file, at=AT).authenticity is Outcome.PASSED for file in (*ofds, *pdfs))

    works: dict[str, Callable[[], object]] = {
        "OFD: create and seal": lambda: [sealer.seal_ofd(content, at=AT).data for _, content in contents],
        "PDF: create and seal, sign the data": lambda: [sealer.seal(content, at=AT).pdf for content, _ in contents],
        "OFD: verify": lambda: [verifier.verify_file(file, at=AT) for file in ofds],
        "PDF: verify": lambda: [verifier.verify_file(file, at=AT) for file in pdfs],
    }
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in range(asked.runs):
        for name, work in works.items():
            start = time.process_time()
            for _ in range(asked.rounds):
                work()
            seconds[name].append((time.process_time() - start) / asked.rounds / len(contents))
        print(f"run {run + 1} of {asked.runs}", file=sys.stderr)
    print(f"\n{f'SM2, {asked.samples} samples':<40}{'ms':>8}{'min':>8}{'max':>8}{'a second and core':>20}")
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name:<40}{middle * 1e3:>8.2f}{min(values) * 1e3:>8.2f}{max(values) * 1e3:>8.2f}{1 / middle:>20.0f}")
    print(PEER)


if __name__ == "__main__":
    main()
