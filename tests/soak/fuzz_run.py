"""The long run: resumable, target by target. `fuzz_run.py --status` tells how far it is.

What it knows lies in `.soak/` of the checkout: the corpus as it was made for the first run, one file of state for each
target, and the bytes of what broke a rule under `findings/`. Execution N of a target depends on nothing but the corpus
and the modules that do the damage; when what comes out of those changes, the target begins again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("soak", "pki", "witness")]

from fuzz_corpus import Corpus, make_corpus
from fuzz_targets import Target, World, execution, run, targets
from fuzz_worker import Worker

from esign.child import ask_child

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".soak"
MAX_SECONDS = 2.0
"""Of computing in this process for one reading; the process that reads PDFs has its own limit."""
MAX_MEMORY = 200 << 20
"""Bytes by which one execution may raise this process's peak."""
SAVE_EVERY = 10.0
"""Seconds between two savings of the state."""
REAL_EVERY = 50
"""Each such execution asks the real child process."""
MAX_FINDINGS = 40
"""Different ones of one target; the run goes on."""


def load_corpus() -> Corpus:
    """The corpus of the first run; made and kept when there is none, or our own form has changed since."""
    folder = STATE / "corpus"
    if (folder / "complete").exists():
        _add_new_kinds(folder)
        corpus = {
            kind.name: tuple(item.read_bytes() for item in sorted(kind.iterdir()))
            for kind in sorted(folder.iterdir())
            if kind.is_dir()
        }
        if are_genuine(corpus):
            return corpus
        shutil.rmtree(folder)
    corpus = make_corpus()
    for kind, items in corpus.items():
        _keep(folder / kind, items)
    (folder / "complete").touch()
    return corpus


def _add_new_kinds(folder: Path) -> None:
    """What readers that are new since begin with; the others go on with what they have."""
    lacking = {kind for target in targets().values() for kind in target.kinds if not (folder / kind).exists()}
    if lacking:
        made = make_corpus()
        for kind in lacking:
            _keep(folder / kind, made[kind])


def _keep(folder: Path, items: Sequence[bytes]) -> None:
    folder.mkdir(parents=True)
    for number, item in enumerate(items):
        (folder / f"{number:03}").write_bytes(item)


def are_genuine(corpus: Corpus) -> bool:
    """Whether our own files in it pass: damage to files that are refused anyway would show nothing."""
    world = World(corpus)
    pairs = ((structured, p7s) for p7s, structured in world.structured.items())
    return all(world.report(item) for kind in ("pdf", "ofd", "status-list", "code") for item in corpus[kind]) and all(
        world.report(structured, signature=p7s) for structured, p7s in pairs
    )


class Progress:
    """How far a target is, and what came of it."""

    def __init__(self, target: Target, corpus: Corpus) -> None:
        self.target = target
        self.path = STATE / f"{target.name}.json"
        self.next = 0
        self.seconds = 0.0
        self.slowest: tuple[float, int] = (0.0, 0)
        self.growth = 0
        self.outcomes: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()
        self.findings: dict[str, list[int]] = {}
        self._recipe = _recipe(target, corpus)
        if self.path.exists():
            self._load(json.loads(self.path.read_text("utf-8")))

    def _load(self, state: dict[str, Any]) -> None:
        if state["recipe"] != self._recipe:
            return
        self.next, self.seconds, self.growth = state["next"], state["seconds"], state["growth"]
        self.slowest = (state["slowest"][0], state["slowest"][1])
        self.outcomes, self.raised = Counter(state["outcomes"]), Counter(state["raised"])
        self.findings = state["findings"]

    def save(self) -> None:
        """Write it down, whole or not at all."""
        state = {
            "recipe": self._recipe,
            "next": self.next,
            "seconds": round(self.seconds, 1),
            "slowest": self.slowest,
            "growth": self.growth,
            "outcomes": dict(self.outcomes.most_common()),
            "raised": dict(self.raised.most_common()),
            "findings": self.findings,
        }
        staged = self.path.with_suffix(".new")
        staged.write_text(json.dumps(state, ensure_ascii=False, indent=1), "utf-8")
        staged.replace(self.path)

    def found(self, what: str, number: int, data: bytes) -> None:
        """Keep a finding: the first few numbers of each, the bytes of the first."""
        self.outcomes["FINDING"] += 1
        if what not in self.findings and len(self.findings) < MAX_FINDINGS:
            folder = STATE / "findings"
            folder.mkdir(exist_ok=True)
            (folder / f"{self.target.name}-{number}").write_bytes(data)
            self.findings[what] = []
        if len(self.findings.get(what, range(5))) < 5:
            self.findings[what].append(number)


def soak(target: Target, corpus: Corpus, world: World, *, until: int | None = None) -> Progress:
    """Go on with a target up to its number of executions."""
    progress = Progress(target, corpus)
    end = target.executions if until is None else until
    try_again(progress, corpus, world)
    saved, peak = time.monotonic(), None
    with Worker() as worker:
        worker.raised = progress.raised
        while progress.next < end:
            number = progress.next
            data = execution(target, corpus, number)
            outcome, seconds = measured(target, world, data, worker if number % REAL_EVERY else None)
            progress.seconds += seconds
            progress.slowest = max(progress.slowest, (round(seconds, 3), number))
            now = _peak()
            if peak is not None and now > peak:
                progress.growth = max(progress.growth, now - peak)
                if now - peak > MAX_MEMORY:
                    outcome = f"finding: {(now - peak) >> 20} MB more"
            peak = now
            if outcome.startswith("finding: "):
                progress.found(outcome.removeprefix("finding: "), number, data)
            else:
                progress.outcomes[outcome] += 1
            progress.next += 1
            if time.monotonic() - saved > SAVE_EVERY:
                progress.save()
                saved = time.monotonic()
    progress.save()
    return progress


def measured(target: Target, world: World, data: bytes, worker: Worker | None) -> tuple[str, float]:
    """What one execution came to (`finding: …` when a rule was broken), and its seconds of computing."""
    begun = time.process_time()
    try:
        with _asking(worker):
            outcome = run(target, world, data)
    except Exception as error:
        outcome = f"finding: {_described(error)}"
    seconds = time.process_time() - begun
    if seconds > MAX_SECONDS * target.readings and not outcome.startswith("finding"):
        outcome = f"finding: too slow ({outcome})"
    return outcome, seconds


def try_again(progress: Progress, corpus: Corpus, world: World) -> None:
    """Run what broke a rule before once more; what holds now is no finding any more."""
    for what, numbers in list(progress.findings.items()):
        again = [measured(progress.target, world, execution(progress.target, corpus, n), None) for n in numbers]
        if not any(outcome.startswith("finding") for outcome, _ in again) and not what.endswith("MB more"):
            del progress.findings[what]


@contextmanager
def _asking(worker: Worker | None) -> Iterator[None]:
    """Let the readers of PDFs ask one long-lived process; with None the real one."""
    # By name, because the package has a function of the name of one of them.
    modules = [sys.modules[f"esign.{name}"] for name in ("foreign_pdf", "preflight", "ofd_preview")]
    for module in modules:
        module.ask_child = worker.ask if worker is not None else ask_child  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.ask_child = ask_child  # type: ignore[attr-defined]


def _described(error: BaseException) -> str:
    at, place = error.__traceback__, ""
    while at is not None:
        file = Path(at.tb_frame.f_code.co_filename)
        if file.is_relative_to(ROOT) and ".venv" not in file.parts and "soak" not in file.parts:
            place = f" at {file.relative_to(ROOT)}:{at.tb_lineno}"
        at = at.tb_next
    # One place is one finding, whatever it says; a rule of the checks has no place.
    return f"{type(error).__name__}{place or f': {str(error)[:80]}'}"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _recipe(target: Target, corpus: Corpus) -> str:
    """Tells whether the executions are still those that were counted."""
    digest = hashlib.sha256()
    for number in range(100):
        digest.update(hashlib.sha256(execution(target, corpus, number)).digest())
    return digest.hexdigest()[:16]


def told(rows: Mapping[str, Target]) -> None:
    """Print how far each target is, and what came of it."""
    done = Counter[bool]()
    print(f"{'target':<20}{'done':>10}{'of':>10}{'read':>8}{'ms':>8}{'slowest s':>11}{'findings':>10}")
    for target in rows.values():
        path = STATE / f"{target.name}.json"
        state = json.loads(path.read_text("utf-8")) if path.exists() else None
        if state is None:
            print(f"{target.name:<20}{0:>10}{target.executions:>10}")
            continue
        done[target.own] += state["next"]
        print(
            f"{target.name:<20}{state['next']:>10}{target.executions:>10}{state['outcomes'].get('read', 0):>8}"
            f"{1000 * state['seconds'] / (state['next'] or 1):>8.1f}{state['slowest'][0]:>11}"
            f"{len(state['findings']):>10}"
        )
        for what, numbers in state["findings"].items():
            print(f"    {what}  {numbers}")
        for what, count in list(state["raised"].items())[:8]:
            print(f"    let through in the process of its own: {what}  {count}")
    print(f"own readers {done[True]}, readers built on qpdf {done[False]}")


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="names; all when there is none")
    parser.add_argument("--status", action="store_true", help="only tell how far it is")
    parser.add_argument("--one", type=int, metavar="N", help="run execution N of one target and show what happens")
    parser.add_argument("--share", type=float, default=1.0, help="of the executions, for a shorter run")
    given = parser.parse_args()
    if given.status:
        told(targets())
        return
    corpus = load_corpus()
    world = World(corpus)
    chosen = [targets()[name] for name in given.targets] or list(targets().values())
    if given.one is not None:
        print(run(chosen[0], world, execution(chosen[0], corpus, given.one)))
        return
    for target in chosen:
        progress = soak(target, corpus, world, until=int(target.executions * given.share))
        print(f"{target.name}: {progress.next}, findings {len(progress.findings)}", flush=True)


if __name__ == "__main__":
    main()
