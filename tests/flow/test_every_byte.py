"""One changed byte makes the verdict not *passed*: every position of a PDF, a structured licence and a code."""

import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from esign import structured_from_bytes
from verify import HolderEntry, Outcome, Verifier

AT = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))
EVERY = 64
"""Inside compressed streams, where only the digest can tell, `make test` takes every so many bytes, `make soak` all."""
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.fixture(params=["sm2", "rsa"])
def sample(request: pytest.FixtureRequest, issued: Any) -> Any:
    return min((s for s in issued if s.algorithm == request.param), key=lambda s: len(s.pdf))


def judge(sample: Any) -> Verifier:
    return Verifier(sample.services.trust, sample.services.store)


def holder(sample: Any) -> HolderEntry:
    entered = structured_from_bytes(sample.json).holders[0]
    return HolderEntry(name=entered.name, code=entered.code)


@dataclass(frozen=True)
class Trial:
    """What a worker tries on its share of the positions; it answers with those that wrongly passed."""

    verdict: Callable[[bytes], Outcome]
    original: bytes
    changes: Callable[[int, int], Iterable[int]]

    def __call__(self, positions: range) -> list[tuple[int, int]]:
        passed = []
        changed = bytearray(self.original)
        for position in positions:
            before = changed[position]
            for other in self.changes(position, before):
                changed[position] = other
                if self.verdict(bytes(changed)) is Outcome.PASSED:
                    passed.append((position, other))
            changed[position] = before
        return passed


def run(trial: Trial) -> list[tuple[int, int]]:
    """Share the positions among processes; each of them was forked with the trial in its memory."""
    global _trial
    _trial = trial
    step, size = 2000, len(trial.original)
    shares = [range(at, min(at + step, size)) for at in range(0, size, step)]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        return [wrong for share in pool.imap_unordered(_work, shares) for wrong in share]


_trial: Trial


def _work(positions: range) -> list[tuple[int, int]]:
    return _trial(positions)


def hexadecimal(pdf: bytes) -> range:
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    return range(start, pdf.index(b">", start))


def test_the_originals_pass(sample: Any) -> None:
    verifier = judge(sample)
    assert verifier.verify_file(sample.pdf, at=AT).verdict is Outcome.PASSED
    assert verifier.verify_file(sample.json, signature=sample.p7s, at=AT).verdict is Outcome.PASSED
    assert verifier.verify_code(sample.record.code, holder=holder(sample), at=AT).verdict is Outcome.PASSED


def compressed(pdf: bytes) -> list[range]:
    """Give the insides of streams, without their first and last bytes."""
    return [
        range(found.start(1) + 16, found.end(1) - 16) for found in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.S)
    ]


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.soak)])
def test_every_byte_of_a_pdf(sample: Any, every: int) -> None:
    verifier, digits = judge(sample), hexadecimal(sample.pdf)
    left_out = {at for inside in compressed(sample.pdf) for at in inside if at % every}
    if every > 1:
        left_out |= {at for at in range(len(sample.pdf)) if at % 8 and at not in left_out}
    assert len(left_out) < len(sample.pdf)

    def changes(position: int, before: int) -> Iterator[int]:
        if position in left_out:
            return
        yield before ^ 0x01
        if position in digits and chr(before).isalpha():
            yield before ^ 0x20  # the case of a hexadecimal letter

    trial = Trial(verdict=lambda pdf: verifier.verify_file(pdf, at=AT).verdict, original=sample.pdf, changes=changes)
    assert run(trial) == []


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_every_byte_of_a_structured_licence_and_its_signature(sample: Any, every: int) -> None:
    verifier = judge(sample)

    def changes(position: int, before: int) -> Iterator[int]:
        return iter([before ^ bit for bit in (0x01, 0x20, 0x80)][position % every :: every])

    for original, verdict in (
        (sample.json, lambda data: verifier.verify_file(data, signature=sample.p7s, at=AT).verdict),
        (sample.p7s, lambda data: verifier.verify_file(sample.json, signature=data, at=AT).verdict),
    ):
        assert run(Trial(verdict=verdict, original=original, changes=changes)) == []


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.soak)])
def test_every_character_of_a_code(sample: Any, every: int) -> None:
    """Other letters at each place: all 31 of them, or every so many. The case does not count (contract section 7)."""
    verifier, entry = judge(sample), holder(sample)
    original = sample.record.code.encode("ascii")

    def changes(position: int, before: int) -> Iterator[int]:
        others = [ord(letter) for letter in BASE32 if ord(letter) != before]
        return iter(others[position % every :: every])

    def verdict(code: bytes) -> Outcome:
        report = verifier.verify_code(code.decode("ascii"), holder=entry, at=AT)
        assert report.authenticity is not Outcome.PASSED
        return report.verdict

    assert run(Trial(verdict=verdict, original=original, changes=changes)) == []


@pytest.mark.soak
def test_every_other_value_of_the_seal(sample: Any) -> None:
    """All 255 other values at every position of the seal's digits and around them."""
    verifier, digits = judge(sample), hexadecimal(sample.pdf)
    around = range(digits.start - 200, digits.stop + 200)

    def changes(position: int, before: int) -> Iterator[int]:
        return (other for other in range(256) if other != before) if position in around else iter(())

    trial = Trial(verdict=lambda pdf: verifier.verify_file(pdf, at=AT).verdict, original=sample.pdf, changes=changes)
    assert run(trial) == []
