"""Links between holder codes: the same promises by every adapter, and who sees whose licences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import (
    RELATIONS,
    Actor,
    DuplicateLinkError,
    HolderLink,
    HolderLinks,
    KeyRing,
    LinkNotFoundError,
    MemoryHolderLinks,
    Protection,
    Reach,
    SqlHolderLinks,
    Withdrawal,
    check_link,
    check_withdrawal,
    linked_codes,
)
from licences.holder_links import MAX_LINKED_CODES

AT = datetime(2026, 11, 22, 2, 3, 4, tzinfo=UTC)
ACTOR = Actor(name="zhang", office="样例县行政审批局", office_code="1199010000000102XM")
CITIZEN = ("111", "990101199003071237")
WITHDRAWAL = Withdrawal(reason="录错", actor=ACTOR, recorded_at=AT)
_RING = KeyRing.of([bytes(16)])


def nonces() -> Iterator[int]:
    yield from range(1 << 30)


def link(number: int, relation: str, earlier: tuple[str, str], later: tuple[str, str]) -> HolderLink:
    return HolderLink(
        id=f"{number:016x}",
        relation=relation,
        earlier=earlier,
        later=later,
        since=date(2026, 1, 2),
        evidence="出入境证明 样字第1号",
        evidence_digest="ab" * 32,
        actor=ACTOR,
        recorded_at=AT,
    )


def passport(number: int) -> tuple[str, str]:
    return "414", f"E{number:08d}"


@pytest.fixture
def links(adapter_url: str | None) -> Iterator[HolderLinks]:
    if adapter_url is None:
        yield MemoryHolderLinks()
        return
    count = nonces()
    protection = Protection(lambda: _RING, lambda size: next(count).to_bytes(size, "big"))
    store = SqlHolderLinks(adapter_url, bytes(range(32)), protection)
    yield store
    store.close()


def test_a_link_is_found_from_both_sides_as_it_was_recorded(links: HolderLinks) -> None:
    one, other = (
        link(1, "passport-renewed", passport(1), passport(2)),
        link(2, "document-replaced", passport(2), CITIZEN),
    )
    links.add(one)
    links.add(other)
    assert [entry.link for entry in links.entries(*passport(1))] == [one]
    assert [entry.link for entry in links.entries(*passport(2))] == [one, other]
    assert [entry.link for entry in links.entries(*CITIZEN)] == [other]
    assert links.entries("111", "990101198512124566") == ()
    assert links.entries("413", passport(1)[1]) == ()


def test_the_same_link_is_recorded_once_until_it_is_withdrawn(links: HolderLinks) -> None:
    one = link(1, "passport-renewed", passport(1), passport(2))
    links.add(one)
    with pytest.raises(DuplicateLinkError):
        links.add(replace(one, id="f" * 16, evidence="另一份证明"))
    links.add(replace(one, id="e" * 16, relation="document-replaced"))
    assert links.withdraw(one.id, WITHDRAWAL).withdrawal == WITHDRAWAL
    links.add(replace(one, id="f" * 16))
    assert len(links.entries(*passport(1))) == 3


def test_a_withdrawal_is_an_entry_of_its_own(links: HolderLinks) -> None:
    one = link(1, "passport-renewed", passport(1), passport(2))
    links.add(one)
    links.withdraw(one.id, WITHDRAWAL)
    (entry,) = links.entries(*passport(2))
    assert (entry.link, entry.withdrawal) == (one, WITHDRAWAL)
    assert linked_codes(links, *passport(2)) == ()
    for unknown in (one.id, "0" * 16, "", "ü", "a\0b"):
        with pytest.raises(LinkNotFoundError):
            links.withdraw(unknown, WITHDRAWAL)


A, B, C, D = (("001", f"9{n}990100MA0TERT08X") for n in range(4))
WARD, WARD_PASSPORT, GUARDIAN, GUARDIAN_PASSPORT = ("999", "样A001"), passport(10), CITIZEN, passport(11)


@pytest.mark.parametrize(
    ("recorded", "asked", "seen"),
    [
        ([("passport-renewed", passport(1), passport(2))], passport(1), [passport(2)]),
        ([("passport-renewed", passport(1), passport(2))], passport(2), [passport(1)]),
        ([("merged", A, B)], B, [A]),
        ([("merged", A, B)], A, []),
        ([("merged", A, B), ("merged", B, C)], C, [B, A]),
        ([("split", A, B), ("split", A, C)], B, [A]),
        ([("merged", A, B), ("split", B, C)], C, [B]),
        ([("split", A, B), ("merged", B, C)], C, [B, A]),
        ([("credit-code-given", ("099", "990101000000017"), A), ("merged", A, B)], B, [A, ("099", "990101000000017")]),
        ([("guardian", WARD, GUARDIAN)], GUARDIAN, [WARD]),
        ([("guardian", WARD, GUARDIAN)], WARD, []),
        ([("guardian", WARD, GUARDIAN), ("guardian", GUARDIAN, passport(3))], passport(3), [GUARDIAN]),
        ([("guardian", WARD, GUARDIAN), ("document-replaced", WARD, WARD_PASSPORT)], GUARDIAN, [WARD, WARD_PASSPORT]),
        (
            [("guardian", WARD, GUARDIAN), ("document-replaced", GUARDIAN_PASSPORT, GUARDIAN)],
            GUARDIAN_PASSPORT,
            [GUARDIAN, WARD],
        ),
        ([("guardian", WARD, GUARDIAN), ("guardian", passport(4), WARD)], GUARDIAN, [WARD]),
    ],
    ids=[
        "renewed", "renewed-back", "successor", "not-the-predecessor", "chain-of-mergers", "not-the-sister",
        "no-further-than-the-split", "taken-over-before-the-split", "older-code-of-the-predecessor", "guardian",
        "not-the-ward", "not-the-ward-of-a-ward", "all-codes-of-the-ward", "all-codes-of-the-guardian",
        "not-the-wards-of-a-ward",
    ],
)  # fmt: skip
def test_who_sees_what(
    recorded: Sequence[tuple[str, tuple[str, str], tuple[str, str]]],
    asked: tuple[str, str],
    seen: Sequence[tuple[str, str]],
) -> None:
    links = MemoryHolderLinks()
    for number, (relation, earlier, later) in enumerate(recorded):
        links.add(link(number, relation, earlier, later))
    assert [(one.kind, one.code) for one in linked_codes(links, *asked)] == seen


pairs = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1])


@given(st.sets(pairs, max_size=14), st.sampled_from(sorted(RELATIONS)))
def test_links_end_reach_everything_once_and_stay_symmetric_for_one_holder(
    recorded: set[tuple[int, int]], relation: str
) -> None:
    links = MemoryHolderLinks()
    for number, (earlier, later) in enumerate(sorted(recorded)):
        links.add(link(number, relation, passport(earlier), passport(later)))
    seen = {n: {one.code for one in linked_codes(links, *passport(n))} for n in range(8)}
    for n, codes in seen.items():
        assert passport(n)[1] not in codes
        path_ends = [one.path[-1] for one in linked_codes(links, *passport(n))]
        assert len(path_ends) == len(codes)
    if RELATIONS[relation].reach is Reach.SAME_HOLDER:
        assert all((passport(m)[1] in seen[n]) == (passport(n)[1] in seen[m]) for n in seen for m in seen)


def test_a_look_up_follows_a_bounded_number_of_links() -> None:
    links = MemoryHolderLinks()
    for number in range(MAX_LINKED_CODES * 2):
        links.add(link(number, "passport-renewed", passport(number), passport(number + 1)))
    assert len(linked_codes(links, *passport(0))) == MAX_LINKED_CODES


def test_codes_come_into_normal_form_and_old_wrong_ones_are_let_pass() -> None:
    checked = check_link(link(1, "number-changed", ("111", "990101 900307 123"), ("111", "９９0101198512124566")))
    assert (checked.earlier, checked.later) == (CITIZEN, ("111", "990101198512124566"))
    wrong = check_link(link(1, "number-changed", ("111", "990101199003071238"), CITIZEN))
    assert wrong.earlier == ("111", "990101199003071238")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"relation": "friends"}, ("/relation", "NOT_IN_LIST")),
        ({"earlier": ("000", "x")}, ("/earlier/kind", "HOLDER_KIND_UNKNOWN")),
        ({"earlier": ("414", "")}, ("/earlier/code", "DOCUMENT_NUMBER_MALFORMED")),
        ({"later": ("001", "91990100MA0TERT08X")}, ("/later/kind", "LINK_KIND_NOT_ALLOWED")),
        ({"later": passport(1)}, ("/later", "LINK_TO_ITSELF")),
        ({"evidence": ""}, ("/evidence", "REQUIRED")),
        ({"evidence": "证" * 501}, ("/evidence", "TOO_LONG")),
        ({"evidence": "证\x07"}, ("/evidence", "CONTROL_CHARACTER")),
        ({"evidence_digest": "AB" * 32}, ("/evidence_digest", "DIGEST_MALFORMED")),
        ({"since": date(2026, 11, 23)}, ("/since", "DATE_IN_FUTURE")),
        ({"actor": Actor(name="", office="局")}, ("/actor/name", "REQUIRED")),
        ({"actor": Actor(name="zhang", office="")}, ("/actor/office", "REQUIRED")),
    ],
    ids=lambda value: value[0] + value[1] if isinstance(value, tuple) else None,
)
def test_what_a_link_must_have(change: dict[str, object], fault: tuple[str, str]) -> None:
    good = link(1, "passport-renewed", passport(1), passport(2))
    assert check_link(good) == good
    with pytest.raises(ExceptionGroup) as caught:
        check_link(replace(good, **change))  # type: ignore[arg-type]
    assert [(one.pointer, one.code) for one in caught.value.exceptions] == [fault]  # type: ignore[attr-defined]


def test_all_faults_of_a_link_come_at_once() -> None:
    bad = replace(
        link(1, "x", ("", ""), ("", "")), evidence="", since=date(2999, 1, 1), actor=Actor(name="", office="")
    )
    with pytest.raises(ExceptionGroup) as caught:
        check_link(bad)
    assert len(caught.value.exceptions) == 8


def test_a_withdrawal_has_a_reason_and_an_actor() -> None:
    check_withdrawal(WITHDRAWAL)
    with pytest.raises(ExceptionGroup) as caught:
        check_withdrawal(Withdrawal(reason="", actor=Actor(name="", office=""), recorded_at=AT))
    assert len(caught.value.exceptions) == 3
