"""Damaged files of every kind against every reader: a fixed number in each test run, a million in the long one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fuzz_run
import pytest
from fuzz_corpus import Corpus, make_corpus
from fuzz_run import Progress, are_genuine, load_corpus, measured, soak
from fuzz_targets import Target, World, execution, targets
from fuzz_worker import Worker
from readers import cold

import esign.foreign_pdf
from esign import Fault, MalformedError
from esign.foreign_pdf import PDF_LIMITS
from keys import MalformedDerError

QUICK = {target.name: 120 if target.own else 40 for target in targets().values()}
QUICK |= {"ofd": 60, "foreign-ofd": 60, "ofd-preview": 10}  # each is many files
"""Executions of each target in every test run."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus()


@pytest.fixture(scope="module")
def world(corpus: Corpus) -> World:
    return World(corpus)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as asked:
        yield asked


@pytest.mark.parametrize("name", list(targets()))
def test_damaged_files_are_our_errors_or_failed_checks(corpus: Corpus, world: World, worker: Worker, name: str) -> None:
    target, outcomes = targets()[name], set()
    for number in range(QUICK[name]):
        data = execution(target, corpus, number)
        outcome, _ = measured(target, world, data, worker)
        assert not outcome.startswith("finding"), (number, outcome)
        outcomes.add(outcome)
    assert len(outcomes) > 1, "the damage is always the same, or none"


def test_what_it_begins_with_is_good(corpus: Corpus, world: World, worker: Worker) -> None:
    assert are_genuine(corpus)
    for name, target in targets().items():
        outcomes = {measured(target, world, item, worker)[0] for item in corpus[target.kinds[0]]}
        assert outcomes & {"read", "OK", "SEAL_GENUINE", "SIGNED_DOCUMENT", "STATUS_LIST_GENUINE"}, name


def test_an_execution_depends_on_its_number_alone(corpus: Corpus) -> None:
    for target in targets().values():
        one, other = (execution(target, corpus, 17) for _ in "12")
        assert one == other
        assert any(execution(target, corpus, number) != one for number in range(18, 22))


def test_the_long_run_is_more_than_a_million_and_fifty_thousand() -> None:
    assert sum(target.executions for target in targets().values() if target.own) == 1_060_000
    assert targets()["foreign-pdf"].executions == 50_000


def broken(data: bytes, world: World) -> str:
    if len(data) % 5 == 0:
        raise KeyError("broken")
    if len(data) % 5 == 1:
        raise MalformedDerError
    return "read"


def test_a_broken_rule_is_kept_and_a_run_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Corpus, world: World
) -> None:
    monkeypatch.setattr(fuzz_run, "STATE", tmp_path)
    target = replace(targets()["crl"], check=broken)
    first = soak(target, corpus, world, until=300)
    assert (first.next, Progress(target, corpus).next) == (300, 300)
    ((what, numbers),) = first.findings.items()
    assert what.startswith("KeyError")
    assert (tmp_path / "findings" / f"crl-{numbers[0]}").read_bytes() == execution(target, corpus, numbers[0])
    later = soak(target, corpus, world, until=400)
    assert later.outcomes.total() == 400
    assert later.outcomes["MalformedDerError"] > first.outcomes["MalformedDerError"]
    assert soak(replace(target, check=lambda *_: "read"), corpus, world, until=400).findings == {}


def test_the_long_lived_process_answers_as_the_real_one(corpus: Corpus, worker: Worker) -> None:
    with cold():
        for item in corpus["foreign-pdf"]:
            assert worker.ask("foreign_pdf_reader", item, limits=PDF_LIMITS, fault=Fault.FORMAT_PDF) == (
                esign.foreign_pdf.ask_child("foreign_pdf_reader", item, limits=PDF_LIMITS, fault=Fault.FORMAT_PDF)
            )
    with pytest.raises(MalformedError):
        worker.ask("foreign_pdf_reader", b"no PDF", limits=PDF_LIMITS, fault=Fault.FORMAT_PDF)
    with pytest.raises(MalformedError):
        worker.ask("no_such_reader", b"", limits=PDF_LIMITS, fault=Fault.FORMAT_PDF)
    assert any(what.startswith("ModuleNotFoundError") for what in worker.raised)


@pytest.mark.soak
@pytest.mark.parametrize("name", list(targets()))
def test_soak(name: str) -> None:
    """Resumable: `.soak/` knows how far each target is, and `fuzz_run.py --status` tells it."""
    corpus = load_corpus()
    target: Target = targets()[name]
    progress = soak(target, corpus, World(corpus))
    assert progress.next >= target.executions
    assert not progress.findings
