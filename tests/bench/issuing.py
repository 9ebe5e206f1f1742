"""Licences per second per core, from parsed JSON to checked files and a committed row, stage by stage.

make bench            five interleaved runs of each chain, CPU time, medians
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stock_chain import DIFFERENCES, StockChain

import licences.issue as issue_module
import licences.render as render_module
from api.self_check import SelfCheck
from esign import CHINA, FontChain, PdfContent, Seal, SealLevel, draw_round_seal
from keys import DevelopmentPki, hash_bytes, make_development_pki
from licences import AuthoritySeal, FileStore, Issuer, SealingKeys, SqlStore, load_catalogue, upgrade
from licences.fonts import shipped_font
from licences.render import FaceRenderer
from licences.sealing import FileSealer, SealedFiles
from verify import TrustStore, Verifier

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
NO_MODULES = (bytes(77),) * 77  # the stock chain makes its own symbol: ours is not paid for as well
RUNS, LICENCES = 5, 60
STOCK_LICENCES = 12


class Stages:
    """CPU seconds by stage; a stage inside another one is taken off the outer."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
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
    """The stock chain with our conversion, setting of the page, code and store around it."""

    def __init__(self, chain: StockChain, issuer: Issuer, verifier: Verifier) -> None:
        self.chain, self.issuer, self.verifier = chain, issuer, verifier

    def measure(self, requests: Iterator[tuple[str, dict[str, object]]], amount: int) -> float:
        address = ""

        def note_address(text: str) -> tuple[bytes, ...]:
            nonlocal address
            address = text
            return NO_MODULES

        def seal(_sealer: FileSealer, content: PdfContent, *, at: datetime) -> SealedFiles:
            pdf, p7s = self.chain.make(tuple(content.pages), address, content.structured, content.title, at)
            return SealedFiles(pdf=pdf, p7s=p7s, level=SealLevel.B_B)

        def check_code(_pdf: bytes, _structured: bytes, _p7s: bytes, code: str, at: datetime) -> None:
            # The chain has checked its files.
            assert self.verifier.verify_code(code, at=at).reason.code == "HOLDER_NOT_CHECKED"

        with (
            patch.object(render_module, "code_modules", note_address),
            patch.object(FileSealer, "seal", seal),
            patch.object(self.issuer, "_check", check_code),
        ):
            return measure(self.issuer, "rsa", requests, amount)


def main() -> None:
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
    current = Stages()

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: current.timed(stage, function)(*args, **kwargs)

    for stage, name in (
        ("convert", "licence_from_paper"),
        ("structured licence", "structured_to_bytes"),
        ("code", "sign_code"),
        ("digests", "digests_of"),
    ):
        setattr(issue_module, name, timed(stage, getattr(issue_module, name)))
    FaceRenderer.render = timed("face", FaceRenderer.render)  # type: ignore[method-assign]
    FileSealer._seal_pdf = timed("PDF and seal", FileSealer._seal_pdf)  # type: ignore[method-assign]
    FileSealer._sign = timed("signature of the structured licence", FileSealer._sign)  # type: ignore[method-assign]

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        (Path(folder) / "files").mkdir()
        store = SqlStore(url, FileStore(Path(folder) / "files"), hash_bytes("sha256", b"bench"))
        store.free_status_place = timed("status place", store.free_status_place)  # type: ignore[method-assign]
        store.add = timed("store", store.add)  # type: ignore[method-assign]
        verifier = Verifier(trust)
        issuer = Issuer(
            catalogue=load_catalogue(),
            sealing=sealing,
            fonts=fonts,
            store=store,
            check=timed("check", SelfCheck(verifier=verifier)),
            public_url="http://127.0.0.1:8000",
            random=os.urandom,
        )
        requests = samples()
        stock = Stock(StockChain(shipped_font(), pkis["rsa"], picture), issuer, verifier)
        seconds: dict[str, list[float]] = defaultdict(list)
        for family in pkis:
            measure(issuer, family, requests, 10)
        stock.measure(requests, 3)
        for run in range(RUNS):
            for family in pkis:
                current = stages[family]
                seconds[family].append(measure(issuer, family, requests, LICENCES) / LICENCES)
            current = Stages()
            seconds["stock rsa"].append(stock.measure(requests, STOCK_LICENCES) / STOCK_LICENCES)
            print(f"run {run + 1} of {RUNS}", file=sys.stderr)
    report(seconds, stages)


def report(seconds: dict[str, list[float]], stages: dict[str, Stages]) -> None:
    print(f"{'chain':<12}{'ms/licence':>12}{'min':>8}{'max':>8}{'licences/s/core':>18}")
    for chain, values in seconds.items():
        middle = statistics.median(values)
        print(f"{chain:<12}{middle * 1e3:>12.2f}{min(values) * 1e3:>8.2f}{max(values) * 1e3:>8.2f}{1 / middle:>18.1f}")
    print(DIFFERENCES)
    print(f"\n{'stage (mean ms)':<38}" + "".join(f"{family:>8}" for family in stages))
    amount = RUNS * LICENCES
    names = sorted({name for s in stages.values() for name in s.spent}, key=lambda n: -stages["sm2"].spent[n])
    for name in names:
        print(f"{name:<38}" + "".join(f"{s.spent[name] / amount * 1e3:>8.2f}" for s in stages.values()))


if __name__ == "__main__":
    main()
