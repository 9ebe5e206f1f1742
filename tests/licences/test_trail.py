"""The trail: what is recorded is there, in its order, found by whoever may ask, and whatever texts came along."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import FileStore, SqlStore, SqlTrail
from licences.access import Proof, Purpose
from licences.holder_indexes import holder_index
from licences.supervision import TrailEntry, TrailKind, TrailQuestion, entry_from, text_of

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
HOLDER = ("111", "990101199003071237")
PURPOSE = Purpose(
    office="样例县农业农村局", officer="clerk07", item_name="农药经营许可", item_code="000120103000",
    case_number="2026-1122-001", reason="核对申请材料",
)  # fmt: skip
READ = TrailEntry(
    kind=TrailKind.READ, at=AT, done=True, client="hall-1", office="样例县农业农村局",
    office_code="1199010000000102XM", proof=Proof.KEY, identifier="1.2.156.3005.2.X", type_slug="pesticide-business",
    region="990101", purpose=PURPOSE, details={"format": "pdf"},
)  # fmt: skip


@pytest.fixture
def trail(database_url: str) -> Iterator[SqlTrail]:
    one = SqlTrail(database_url, KEY)
    yield one
    one.close()


def test_every_member_comes_back(trail: SqlTrail) -> None:
    full = replace(READ, code="STATUS_REVOKED", holder_index="ab" * 32)
    assert all(getattr(full, field.name) for field in fields(full))
    trail.record(full)
    trail.record(TrailEntry(kind=TrailKind.VERIFY, at=AT, done=False))
    first, second = trail.entries(TrailQuestion(), limit=10)
    assert (first.sequence, first.entry) == (1, full)
    assert (second.sequence, second.entry) == (2, TrailEntry(kind=TrailKind.VERIFY, at=AT, done=False))


QUESTIONS = [
    (TrailQuestion(kind=TrailKind.READ), [1, 4]),
    (TrailQuestion(client="hall-2"), [2]),
    (TrailQuestion(office_code="1199010000000103XM"), [3]),
    (TrailQuestion(identifier="1.2.156.3005.2.X"), [1, 2, 3, 4]),
    (TrailQuestion(since=AT + timedelta(hours=1), until=AT + timedelta(hours=2)), [2]),
    (TrailQuestion(after=2), [3, 4]),
    (TrailQuestion(kind=TrailKind.READ, after=1, client="hall-1"), [4]),
    (TrailQuestion(client="hall\ud800"), []),
    (TrailQuestion(identifier="\0"), []),
]


def test_questions(trail: SqlTrail) -> None:
    trail.record(READ)
    trail.record(replace(READ, kind=TrailKind.VERIFY, client="hall-2", at=AT + timedelta(hours=1)))
    trail.record(replace(READ, kind=TrailKind.COPY, office_code="1199010000000103XM", at=AT + timedelta(hours=2)))
    trail.record(READ)
    for question, expected in QUESTIONS:
        assert [one.sequence for one in trail.entries(question, limit=10)] == expected, question
        assert [one.sequence for one in trail.entries(question, limit=1)] == expected[:1], question


def test_a_holder_is_found_by_name_and_by_licence(
    database_url: str, tmp_path: Path, trail: SqlTrail, made: Callable[..., Any]
) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), KEY)
    own, other = made(), made()
    store.add(own.record, [HOLDER], own.files)
    store.add(other.record, [("111", "990101199001019999")], other.files)
    trail.record(replace(READ, identifier=own.record.identifier))
    trail.record(replace(READ, identifier=other.record.identifier))
    trail.record(replace(READ, kind=TrailKind.LOOK_UP, identifier="", holder_index=holder_index(KEY, *HOLDER)))
    question = TrailQuestion(holder_index=holder_index(KEY, *HOLDER))
    assert [one.sequence for one in trail.entries(question, limit=10)] == [1, 3]
    store.close()


def test_many_at_once_have_numbers_without_gaps(trail: SqlTrail) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(trail.record, [READ] * 40))
    assert [one.sequence for one in trail.entries(TrailQuestion(), limit=100)] == list(range(1, 41))


def test_whatever_is_asked_for_can_be_recorded(trail: SqlTrail) -> None:
    for number, text in enumerate(["\0", "\ud800", "名" * 5000, "x" * 100_000, "' OR 1=1 --"]):
        trail.record(replace(READ, done=False, code="LICENCE_NOT_FOUND", identifier=text, client=text))
        (one,) = trail.entries(TrailQuestion(kind=TrailKind.READ, after=number), limit=2)
        assert one.entry.identifier == text[:300]


texts = st.text(max_size=20)


@given(
    st.builds(
        TrailEntry, kind=st.sampled_from(TrailKind), done=st.booleans(), code=texts, client=texts, office=texts,
        at=st.datetimes(timezones=st.just(UTC)), office_code=texts, proof=st.none() | st.sampled_from(Proof),
        identifier=texts, type_slug=texts, region=texts, holder_index=texts, details=st.dictionaries(texts, texts),
        purpose=st.none() | st.builds(Purpose, **{field.name: texts for field in fields(Purpose)}),
    )
)  # fmt: skip
def test_texts_are_canonical(entry: TrailEntry) -> None:
    text = text_of(entry)
    assert text.isascii()
    assert "\n" not in text
    assert entry_from(text) == entry
    assert text_of(entry_from(text)) == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at":1,"kind":"read","done":true}', "[" * 100_000])
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — the reader of JSON has texts of its own
        entry_from(text)
