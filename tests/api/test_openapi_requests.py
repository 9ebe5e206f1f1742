"""Requests made from the description of the interface: no answer is a fault of ours, and each is as described."""

from __future__ import annotations

import copy
import json
import os
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from api.app import create_app
from api.client_keeping import ClientKeeping
from api.home import open_home
from api.issuing import IssueRequest, issue
from api.openapi_examples import EXAMPLES
from api.protection_keys import protection_of
from api.wiring import Services
from licences import SqlSessions
from licences.access import (
    Grant,
    HolderIdentity,
    Role,
    Session,
    new_session_secret,
    session_digest,
)

if TYPE_CHECKING:
    from types import ModuleType

HERE = "http://127.0.0.1:8000"
LOGIN = """
[login.holders]
issuer = "https://login.example"
client_id = "elicence"
code_claim = "id_number"
assurance = ["L3"]
"""
OFFICE, OFFICE_CODE = "样例县行政审批局", "1199010000000102XM"
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ODD = [
    None, True, -1, 0, 10**30, 1.5, "", " ", "\u202e", "\ud800", "\x00", "x" * 300, "证" * 5000, "null", "2026-02-30",
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "990101", "../../etc",
    "001", "111", [], {}, [[]], {"": None}, [None], ["x"] * 101,
]  # fmt: skip


@dataclass
class Served:
    """The application, who calls it, and what there is in it."""

    services: Services
    client: TestClient
    callers: Mapping[str, Mapping[str, str]]
    known: dict[str, Any]
    examples: dict[str, Any]
    schema: Any
    statuses: Counter[int] = field(default_factory=Counter)
    answered: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    faults: dict[tuple[str, str, int], str] = field(default_factory=dict)

    def send(self, case: Any, who: str) -> None:
        """Send one request and look at the answer; each kind of fault is kept once."""
        label = case.operation.label
        made = case.as_transport_kwargs(base_url=HERE, headers=dict(self.callers[who]))
        known = ("method", "url", "params", "data", "json", "headers", "files")
        request = requests.Request(**{name: made[name] for name in known if name in made}).prepare()
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        answer = self.client.request(
            str(request.method), str(request.url), headers=headers, content=request.body or b""
        )
        self.statuses[answer.status_code] += 1
        self.answered[label].add(answer.status_code)
        told = f"{request.url} {str(request.body)[:500]} -> {answer.text[:500]}"
        if answer.status_code >= 500 and label != "GET /readyz":
            self.faults.setdefault((label, "server", answer.status_code), told)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (FailureGroup, Failure) as failure:
            for one in getattr(failure, "exceptions", (failure,)):
                self.faults.setdefault((label, type(one).__name__, answer.status_code), f"{one} {told}")


def nodes(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner: Any = ()
    if isinstance(document, dict):
        inner = document.items()
    elif isinstance(document, list):
        inner = enumerate(document)
    for key, value in inner:
        yield (*path, key)
        yield from nodes(value, (*path, key))


@st.composite
def damaged(draw: st.DrawFn, example: Any) -> Any:
    """Give a good body, or one with some of its values left out or replaced."""
    document = copy.deepcopy(example)
    for _ in range(draw(st.integers(0, 2))):
        places = list(nodes(document))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent = document
        for part in way:
            parent = parent[part]
        if draw(st.booleans()):
            # A copy, because what is put in here may be damaged next.
            parent[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
        else:
            del parent[last]
    return document


def cases(served: Served, operation: Any) -> st.SearchStrategy[Any]:
    """Give requests to one operation: of any form, with what there is, and with good bodies a little damaged."""
    raw = operation.definition.raw
    known = {name: served.known[name] for name in re.findall(r"\{(\w+)\}", operation.path) if name in served.known}
    makers = [operation.as_strategy(GenerationMode.POSITIVE, path_parameters=known or None)]
    if raw.get("parameters") or raw.get("requestBody"):
        makers += [operation.as_strategy(GenerationMode.NEGATIVE), operation.as_strategy(GenerationMode.POSITIVE)]
    for model in re.findall(r"schemas/(\w+Body|StatusQuestion)'", str(raw.get("requestBody", {}))):
        if model in served.examples:
            headers = st.sampled_from([{}, {"Idempotency-Key": "again"}])
            good = st.builds(
                operation.Case, path_parameters=st.just(dict(known)), body=damaged(served.examples[model]),
                media_type=st.just("application/json"), headers=headers,
            )  # fmt: skip
            makers += [good, good]
    return st.one_of(makers)


@pytest.fixture
def served(running: ModuleType, empty_home: Path, tmp_path: Path) -> Iterator[Served]:
    home = running.copy_home(empty_home, tmp_path / "home").home
    with (home / "elicence.toml").open("a", encoding="utf-8") as settings_file:
        settings_file.write(LOGIN)
    services, now = Services(open_home(home)), datetime.now(UTC)
    app = create_app(services, public_only=False)
    client = TestClient(app, base_url=HERE, client=("127.0.0.1", 5000), follow_redirects=False)
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=now)
    keeping.add(name="every", title="every", office=OFFICE, office_code=OFFICE_CODE, roles=["clerk"], grants=())
    keeping.add(name="other", title="other", office=OFFICE, office_code=OFFICE_CODE, roles=["clerk"], grants=())
    # More than any real client may have, so that one caller gets everywhere.
    services.clients.change("every", lambda one: replace(one, roles=frozenset(Role), grants=(Grant(),)))
    everybody = {"Authorization": f"Bearer {keeping.key('every', label='', days=1).text}"}

    paper = json.loads((running.SAMPLES / "water-abstraction-1.json").read_text("utf-8"))
    record = issue(
        IssueRequest(type=paper["type"], data=paper["data"], seal="rsa"),
        issuer=services.issuer_for("rsa"), key=None, at=now,
    ).record  # fmt: skip
    secret = new_session_secret(os.urandom)
    store = SqlSessions(services.home.database_url, protection_of(services.home))
    holder = HolderIdentity(
        kind=paper["data"]["certificateHolderTypeCode"], code=paper["data"]["certificateHolderCode"],
        name=paper["data"]["certificateHolderName"], assurance="L3",
    )  # fmt: skip
    digest = session_digest(secret)
    store.open(Session(digest=digest, client="holder-1", holder=holder, opened_at=now, used_at=now), instead_of="")
    store.close()
    callers = {
        "every": everybody,
        "holder": {"Cookie": f"elicence={secret}", "Sec-Fetch-Site": "same-origin"},
        "nobody": {"Authorization": "Bearer x"},
    }
    actor = {"name": "every", "office": OFFICE, "office_code": OFFICE_CODE}
    wish = {"type": paper["type"], "data": paper["data"], "seal": "rsa"}
    item = (Path(__file__).parents[2] / "fixtures/items").glob("*.toml")
    examples = _filled(
        dict(EXAMPLES) | {"IssueBody": wish, "DraftBody": {**wish, "actor": actor}, "BatchBody": {"items": [wish]}},
        {"identifier": record.identifier, "actor": actor, "code": None, "requester": None},
    )
    for model in ("CodeBody", "ReceiptBody", "RefusalBody"):
        examples[model] = {**EXAMPLES[model], "code": record.code}
    for model in ("AuthorisationBody", "DutyBody"):
        examples[model] = {**examples[model], "requester": "every"}
    examples["MandateBody"] = {**examples["MandateBody"], "until": f"{now + timedelta(days=30):%Y-%m-%d}"}
    examples["ItemFileBody"] = {"toml": next(item).read_text("utf-8")}
    share = {"accessId": "every", "accessToken": everybody["Authorization"].partition(" ")[2]}
    for model in ("ByHolderBody", "FileBody", "VerifyBody"):
        examples[model] = {**examples[model], "head": share}

    def made(path: str, body: Mapping[str, Any], who: str = "every") -> dict[str, Any]:
        answer = client.post(f"/api/v1{path}", json=body, headers={**callers[who], "Idempotency-Key": "first"})
        assert answer.status_code in (201, 202), answer.text
        return dict(answer.json())

    known = {
        "identifier": record.identifier,
        "name": "other",
        "type": paper["type"],
        "draft_id": made("/drafts", examples["DraftBody"])["draft"],
        "webhook_id": made("/webhooks", EXAMPLES["WebhookBody"])["webhook"],
        "number": made("/cases", {"kind": "complaint", "statement": "x"})["number"],
        "batch_id": made("/licence-batches", {"items": [{**wish, "data": {}}]})["batch"],
        "code": made("/items", examples["ItemFileBody"])["code"],
        "serial": made(f"/licences/{record.identifier}/copies", EXAMPLES["CopyBody"])["serial"],
        "mandate": made("/my/mandates", examples["MandateBody"], "holder")["mandate"],
    }
    with client:  # one thread and one loop for all requests
        yield Served(services, client, callers, known, examples, schemathesis.openapi.from_dict(app.openapi()))


def _filled(examples: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """Put what there is into the examples."""
    return {
        model: {name: members.get(name) or value for name, value in example.items()}
        for model, example in examples.items()
    }


def ask(served: Served, each: int, *, derandomize: bool) -> None:
    """Make up to so many requests to each operation."""
    found = [one.ok() for one in served.schema.get_all_operations()]
    for operation in sorted(found, key=lambda one: one.method == "delete"):  # what is gone answers 404 only
        own = "/my/" in operation.path
        callers = ["holder"] * 7 + ["every", "nobody"] if own else ["every"] * 9 + ["nobody"]

        @settings(
            max_examples=each, deadline=None, database=None, derandomize=derandomize, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=cases(served, operation), who=st.sampled_from(callers))
        def requests_to_one(case: Any, who: str) -> None:
            # Wrong proofs are counted, and this address would soon be out of favour.
            served.services.__dict__.pop("authentication", None)
            served.send(case, who)

        try:
            requests_to_one()
        except Unsatisfiable:
            served.faults[(operation.label, "unsatisfiable", 0)] = "no request can be made"


def judge(served: Served, count: int) -> None:
    assert served.faults == {}
    assert served.statuses.total() >= count, served.statuses
    done = [label for label, statuses in served.answered.items() if min(statuses) < 300]
    assert len(done) > len(served.answered) * 0.5, sorted(set(served.answered) - set(done))
    assert served.answered.keys() == {found.ok().label for found in served.schema.get_all_operations()}


def test_what_was_put_in_is_as_it_was_for_the_next_body() -> None:
    before = copy.deepcopy(ODD)

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(damaged({"a": [1, 2]}))
    def damage_one(_: Any) -> None:
        assert before == ODD

    damage_one()


def test_some_requests_to_each_operation(served: Served) -> None:
    ask(served, 6, derandomize=True)
    judge(served, 450)


@pytest.mark.soak
def test_fifty_thousand_requests(served: Served) -> None:
    ask(served, 720, derandomize=False)
    judge(served, 50_000)
