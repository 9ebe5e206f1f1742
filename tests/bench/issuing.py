"""Licences per second per core, from parsed JSON to checked files and a committed row, stage by stage.

make bench            five interleaved runs of each chain, CPU time, medians
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stock_chain import DIFFERENCES, StockChain

from api.self_check import SelfCheck
from esign import CHINA, FontChain, PdfContent, Seal, SealLevel, draw_round_seal
from keys import DevelopmentPki, hash_bytes, make_development_pki
from licences import (
    AuthoritySeal,
    FileKind,
    FileStore,
    Issuer,
    SealingKeys,
    SqlStore,
    face_parts,
    load_catalogue,
    making,
    shipped_font,
    upgrade,
)
from licences.render import FaceRenderer
from licences.sealing import FileSealer, SealedFiles
from verify import TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
NO_MODULES = (bytes(77),) * 77  # the stock chain makes its own symbol: ours is not paid for as well
RUNS, LICENCES = 5, 60
STOCK_SHARE = 5
"""It takes a fifth of the licences, being so much slower."""
STAGES: tuple[tuple[str, object, str], ...] = (
    ("convert", making, "licence_from_paper"),
    ("structured licence", making, "structured_to_bytes"),
    ("code", making, "sign_code"),
    ("digests", making, "digests_of"),
    ("face", FaceRenderer, "render"),
    ("PDF and seal", FileSealer, "seal"),
    ("signature of the structured licence", AuthoritySeal, "sign_detached"),
    ("status place", SqlStore, "free_status_place"),
    ("store", SqlStore, "add"),
    ("check", SelfCheck, "__call__"),
)
"""What is timed, by the name under which it is called."""


class Stages:
    """CPU seconds by stage; a stage inside another one is taken off the outer."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what is called in the meantime. A name that is gone is an AttributeError."""
        with ExitStack() as stack:
            for stage, owner, name in STAGES:
                stack.enter_context(patch.object(owner, name, self._measuring(stage, getattr(owner, name))))
            yield

    def _measuring(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: object, **kwargs: object) -> Any:
            self._inner.append(0.0)
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.process_time() - start
                self.spent[stage] += spent - self._inner.pop()
                if self._inner:
                    self._inner[-1] += spent

        return measured


def samples() -> Iterator[tuple[str, dict[str, object]]]:
    """The paper samples in turn, each time under a number of its own."""
    documents = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "fixtures/paper").glob("*.json"))]
    numbers = {
        "pesticide-business": lambda n: f"农药经许(赣)9901{n:07d}",
        "water-abstraction": lambda n: f"D99{n // 10_000:04d}S2026-{n % 10_000:04d}",
        "special-equipment-use": lambda n: f"瓶{n // 1_000_000 + 10}赣A{n % 1_000_000:06d}(26)",
    }
    for number in count():
        document = documents[number % len(documents)]
        name = document["type"]
        yield name, document["data"] | {"certificateNumber": numbers[name](number)}


def measure(issuer: Issuer, algorithm: str, requests: Iterator[tuple[str, dict[str, object]]], amount: int) -> float:
    start = time.process_time()
    for _ in range(amount):
        name, data = next(requests)
        issuer.issue(name, data, algorithm=algorithm, at=AT)
    return time.process_time() - start


class Stock:
    """The stock chain with our conversion, setting of the page, code and store around it.

    The issuer's check must be `check_code`.
    """

    def __init__(self, chain: StockChain, verifier: Verifier) -> None:
        self._chain, self._verifier = chain, verifier
        self._made = 0

    def check_code(self, _files: Mapping[FileKind, bytes], code: str, at: datetime) -> None:
        # The chain has checked its files.
        assert self._verifier.verify_code(code, at=at).reason.code == "HOLDER_NOT_CHECKED"

    def measure(self, issuer: Issuer, requests: Iterator[tuple[str, dict[str, object]]], amount: int) -> float:
        address = ""
        before = self._made

        def note_address(text: str) -> tuple[bytes, ...]:
            nonlocal address
            address = text
            return NO_MODULES

        def seal(_sealer: FileSealer, content: PdfContent, *, at: datetime) -> SealedFiles:
            self._made += 1
            pdf, p7s = self._chain.make(tuple(content.pages), address, content.structured, content.title, at)
            return SealedFiles(pdf=pdf, p7s=p7s, level=SealLevel.B_B)

        with patch.object(face_parts, "code_modules", note_address), patch.object(FileSealer, "seal", seal):
            seconds = measure(issuer, "rsa", requests, amount)
        assert address or not amount, "the symbol is drawn by another name now"
        assert self._made - before == amount, "the files are sealed by another name now"
        return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--licences", type=int, default=LICENCES, help="of each chain in each run")
    asked = parser.parse_args(arguments)
    runs, licences = asked.runs, asked.licences
    of_stock = -(-licences // STOCK_SHARE)
    fonts = FontChain([shipped_font()])
    pkis: dict[str, DevelopmentPki] = {
        family: make_development_pki(
            family, authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom
        )
        for family in ("sm2", "rsa")
    }
    picture = draw_round_seal(fonts, AUTHORITY, centre_line="样例 测试")
    sealing = {
        family: SealingKeys(
            seals=(AuthoritySeal(seal=Seal(name=AUTHORITY, picture=picture, signer=pki.seal)),), code_signer=pki.code
        )
        for family, pki in pkis.items()
    }
    trust = TrustStore(
        anchors=tuple(pki.root for pki in pkis.values()),
        others=tuple(c for pki in pkis.values() for c in (pki.issuing_ca, pki.code.certificate)),
    )
    stages = {family: Stages() for family in pkis}

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        (Path(folder) / "files").mkdir()
        store = SqlStore(url, FileStore(Path(folder) / "files"), hash_bytes("sha256", b"bench"))
        verifier = Verifier(trust)
        make_issuer = partial(
            Issuer,
            catalogue=load_catalogue(),
            sealing=sealing,
            fonts=fonts,
            store=store,
            public_url="http://127.0.0.1:8000",
            random=os.urandom,
        )
        issuer = make_issuer(check=SelfCheck(verifier=verifier))
        requests = samples()
        stock = Stock(StockChain(shipped_font(), pkis["rsa"], picture), verifier)
        stock_issuer = make_issuer(check=stock.check_code)
        seconds: dict[str, list[float]] = defaultdict(list)
        for family in pkis:
            measure(issuer, family, requests, min(10, licences - 1))
        stock.measure(stock_issuer, requests, min(3, of_stock - 1))
        for run in range(runs):
            for family in pkis:
                with stages[family].timed():
                    seconds[family].append(measure(issuer, family, requests, licences) / licences)
            seconds["stock rsa"].append(stock.measure(stock_issuer, requests, of_stock) / of_stock)
            print(f"run {run + 1} of {runs}", file=sys.stderr)
    report(seconds, stages, runs * licences)


def report(seconds: dict[str, list[float]], stages: dict[str, Stages], amount: int) -> None:
    print(f"{'chain':<12}{'ms/licence':>12}{'min':>8}{'max':>8}{'licences/s/core':>18}")
    for chain, values in seconds.items():
        middle = statistics.median(values)
        print(f"{chain:<12}{middle * 1e3:>12.2f}{min(values) * 1e3:>8.2f}{max(values) * 1e3:>8.2f}{1 / middle:>18.1f}")
    print(DIFFERENCES)
    print(f"\n{'stage (mean ms)':<38}" + "".join(f"{family:>8}" for family in stages))
    for name in sorted((stage for stage, _, _ in STAGES), key=lambda n: -stages["sm2"].spent[n]):
        for family in stages.values():
            assert family.spent[name] > 0, f"{name} is done by another name now"
        print(f"{name:<38}" + "".join(f"{s.spent[name] / amount * 1e3:>8.2f}" for s in stages.values()))


if __name__ == "__main__":
    main()
