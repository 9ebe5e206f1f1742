"""The process that issues the items of batches: it has keys, fonts and a store of its own, and is asked item by item.

It ends when nobody asks any more, so it outlives the process that started it by one item at most.
"""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from esign import EsignError
from keys import KeysError
from licences import (
    MAX_PROBLEM_FIELDS,
    ItemOutcome,
    ItemState,
    LicencesError,
    ProtectedDataError,
    StoreUnavailableError,
)
from licences.access import NotAllowedError, Operation
from verify import VerifyError

from .callers import client_now
from .enforcing import keeping_gate
from .errors import ApiError
from .home import open_home
from .issuing import IssueRequest, issue
from .problems import Problem, problem_of
from .wiring import Services

NICENESS = 5
"""Requests that somebody waits for go before batches."""
_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, VerifyError, OSError, ExceptionGroup)


def work(services: Services, batch_id: str, position: int) -> str:
    """Issue one item and keep what became of it; return the code of what is in the way when that is not its fault."""
    batches = services.issue_batches
    try:
        wish = batches.begin(batch_id, position)
    except ProtectedDataError as error:
        if error.code != "PROTECTED_DATA_DAMAGED":
            raise  # the key that is missing may come back
        batches.settle(batch_id, position, refused(problem_of(error)))
        return ""
    if wish is None:
        return ""
    batch = batches.get(batch_id)
    try:
        caller = client_now(services, batch.client)
        if caller is None:
            raise NotAllowedError
        issued = issue(
            IssueRequest(type=wish.type, data=wish.data, seal=wish.seal, format=wish.format),
            issuer=services.issuer_for(wish.seal, ()),
            key=wish.key or batch.key_of(position),
            actor=wish.actor,
            at=datetime.now(UTC),
            before_keeping=keeping_gate(caller, Operation.ISSUE),
        )
    except StoreUnavailableError:
        raise  # nobody knows whether it was kept: begun it stays
    except _FORESEEN as error:
        problem = problem_of(error)
        if problem.row.http_status == 503:
            batches.put_back(batch_id, position)
            return problem.code
        outcome = refused(problem)
    else:
        replayed = issued.replayed and bool(wish.key)
        outcome = ItemOutcome(state=ItemState.ISSUED, identifier=issued.record.identifier, replayed=replayed)
    batches.settle(batch_id, position, outcome)
    return ""


def refused(problem: Problem) -> ItemOutcome:
    """Return the outcome of an item that is not issued, with the first faults of its data."""
    told = problem.http_shape()
    faults = problem.field_shapes()[:MAX_PROBLEM_FIELDS]
    return ItemOutcome(state=ItemState.REFUSED, problem={**told, "errors": faults} if faults else told)


def main(home: str) -> None:
    """Say that there is somebody, then answer each question, a line of JSON, with a line."""
    os.nice(NICENESS)
    services = Services(open_home(Path(home)))
    with contextlib.suppress(BrokenPipeError):  # whoever asked was killed; what was done is in the store
        _say({"ready": services.home.path.name})
        for line in sys.stdin:
            question = json.loads(line)
            _say(_answer(services, question["batch"], question["position"]))


def _say(answer: Mapping[str, str]) -> None:
    # Past Python's buffer, which would try once more, and complain, when the process ends.
    os.write(sys.stdout.fileno(), (json.dumps(answer) + "\n").encode())


def _answer(services: Services, batch_id: str, position: int) -> dict[str, str]:
    try:
        return {"waits": work(services, batch_id, position)}
    except StoreUnavailableError as error:
        return {"waits": error.code}
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        # Its text may hold what somebody typed: type and place are enough to find it.
        print(f"unforeseen {type(error).__qualname__} at {frames[-1].filename}:{frames[-1].lineno}", file=sys.stderr)
        try:
            services.issue_batches.settle(batch_id, position, refused(problem_of(error)))
        except StoreUnavailableError as unavailable:
            return {"waits": unavailable.code}
        return {"waits": ""}


if __name__ == "__main__":
    main(sys.argv[1])
