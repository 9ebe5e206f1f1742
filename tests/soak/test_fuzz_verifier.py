"""The verifier's one call over 100,000 damaged files; `fuzz_verifier.py --status` tells how far it is."""

from __future__ import annotations

import pytest
from fuzz_run import soak
from fuzz_verifier import World, load_corpus, targets


@pytest.mark.soak
@pytest.mark.parametrize("name", list(targets()))
def test_soak(name: str) -> None:
    corpus, target = load_corpus(), targets()[name]
    progress = soak(target, corpus, World(corpus))  # type: ignore[arg-type]
    assert progress.next >= target.executions
    assert not progress.findings
