"""Whoever asks a fresh status list is told what whoever asks the store is told, whatever was done to the licence."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import StructuredObligation, StructuredStatusPlace, signed_status_list
from keys import DevelopmentPki, make_development_pki
from licences import (
    LEGAL_GROUNDS,
    Act,
    Action,
    MemoryListedLives,
    MemoryStore,
    Particulars,
    Record,
    Status,
    TransitionRefusedError,
    digests_of,
    made_status_lists,
)
from verify import SignedStatusLists, StatusListsAtHand, TrustStore
from verify.judgement import judge
from verify.standing import StatusSources, standing_checks

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
ISSUER = "1199010000000102XM"
TERM = timedelta(hours=26)
ENDS = {f"STATUS_{end}" for end in ("REVOKED", "ANNULLED", "WITHDRAWN", "CANCELLED", "TRANSFERRED")}
OBLIGATIONS = (
    StructuredObligation(key="nextInspection", label="下次检验", due=date(2026, 11, 22), effect="not_usable"),
    StructuredObligation(key="annualReport", label="年度报告", due=date(2026, 11, 21), effect="note"),
)
FILES = {"pdf": b"pdf", "json": b"json", "p7s": b"p7s"}
RECORD = Record(
    identifier=f"1.2.156.3005.2.11990000000001011Q001.{ISSUER}.20260000001.001.4",
    number="农药经许(赣)1",
    type_code="11990000000001011Q001",
    type_slug="pesticide-business",
    version="001",
    algorithm="sm2",
    issuer_code=ISSUER,
    holder_kind="111",
    valid_from=date(2026, 1, 1),
    valid_to=None,
    sealed_at=NOW - timedelta(days=300),
    status=Status.ISSUED,
    code="A",
    short_code="S",
    verify_url="http://127.0.0.1:8000/V/A",
    files={kind: digests_of(content) for kind, content in FILES.items()},
    status_list=3,
    status_index=777,
)
DAYS = st.sampled_from([date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23), date(2027, 6, 1)])
STEPS = st.tuples(
    st.sampled_from([action for action in Action if not action.makes_successor]),
    st.integers(-90, 20),
    DAYS,
    st.booleans(),
)


@pytest.fixture(scope="module")
def pki() -> DevelopmentPki:
    return make_development_pki(
        "sm2", authority_name="样例县行政审批局", authority_code=ISSUER, at=NOW - timedelta(days=400), random=os.urandom
    )


def act(action: Action, hours: int, day: date, choice: bool) -> Act:
    at = NOW + timedelta(hours=hours)
    return Act(
        action=action,
        ground="事由",
        decision="样〔2026〕1号",
        effective_at=at,
        recorded_at=at,
        legal_ground=LEGAL_GROUNDS[action][0].code if action in LEGAL_GROUNDS else "",
        particulars=Particulars(
            until=day,
            obligation=OBLIGATIONS[choice].key,
            next_due=day,
            applied_on=day,
            keeps_valid=choice,
            related="x",
        ),
    )


@settings(max_examples=15)
@given(
    begins=st.sampled_from([Status.ISSUED, Status.ISSUED, Status.INACTIVE, Status.PENDING]),
    valid_to=st.none() | DAYS,
    steps=st.lists(STEPS, max_size=6),
    later=st.integers(0, 25),
)
def test_the_list_and_the_store_say_the_same(
    pki: DevelopmentPki,
    begins: Status,
    valid_to: date | None,
    steps: list[tuple[Action, int, date, bool]],
    later: int,
) -> None:
    store = MemoryStore()
    record = store.add(
        replace(RECORD, status=begins, valid_to=valid_to, obligations=OBLIGATIONS),
        [("111", "990101199003071237")],
        FILES,
    )
    for step in steps:
        try:
            store.apply(record.identifier, act(*step))
        except (TransitionRefusedError, ExceptionGroup):
            continue
    (made,) = made_status_lists(MemoryListedLives(store), at=NOW, time_to_live=TERM)
    # As long as the list lives and nothing takes effect, it is right.
    at = NOW + timedelta(hours=later)
    if made.changes_at is not None and made.changes_at <= at:
        at = NOW
    lists = SignedStatusLists(
        StatusListsAtHand([signed_status_list(made.listed, pki.code)]), TrustStore(anchors=(pki.root,))
    )
    said = []
    for sources in (StatusSources(source=store), StatusSources(elsewhere=(lists,))):
        _, checks = standing_checks(
            sources,
            record.identifier,
            place=StructuredStatusPlace(number=3, index=777),
            valid_from=record.valid_from,
            valid_to=record.valid_to,
            obligations=record.obligations,
            at=at,
        )
        said.append(judge(checks).code)
    by_store, by_list = said
    if by_list == "STATUS_ENDED":
        # Which end it was is not in a list; what was written down as expired too early has ended, too.
        assert by_store in {*ENDS, "STATUS_EXPIRED"}
    else:
        assert by_list == by_store
