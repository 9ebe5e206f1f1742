"""Which materials need not be submitted, and what is shared: conditions, sources elsewhere, grants, verified data."""

import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import structured_to_bytes
from licences import (
    Act,
    Action,
    Actor,
    HolderKey,
    HolderLink,
    InvalidFieldError,
    LicenceType,
    MemoryHolderLinks,
    MemoryStore,
    Record,
    Status,
    Succession,
    check_character,
    digests_of,
    licence_from_paper,
    load_catalogue,
)
from licences.access import EVERYTHING, Caller, Grant, Operation, Proof, Purpose, Role, region_of
from licences.electronic import structure
from licences.sharing import (
    REASONS,
    Breaker,
    DataVerdict,
    Finding,
    FoundElsewhere,
    MaterialAnswer,
    MaterialState,
    Outcome,
    Parties,
    RequirementChecker,
    ServiceItem,
    ShareService,
    ShareStatus,
    SourceUnavailableError,
    load_items,
    outcome_of,
    parties_from,
    service_item_from_toml,
)

ROOT = Path(__file__).parents[2] / "fixtures"
TYPES = load_catalogue()
ITEMS = load_items({path.name: path.read_bytes() for path in sorted((ROOT / "items").glob("*.toml"))}, TYPES)
AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
PERSON: HolderKey = ("111", "990101199003071237")
AGENT: HolderKey = ("111", "990101198512124566")
COMPANY: HolderKey = ("001", "91990100MA0TERT08X")
OTHER: HolderKey = ("001", "93990100MA0TERT16J")
HERE_CODE, ELSEWHERE_CODE = "1199010000000102XM", "11990200000001037U"
PURPOSE = Purpose(
    office="样例县行政审批局",
    officer="clerk01",
    item_name="取水许可延续",
    item_code="1",
    case_number="7",
    reason="受理",
)
_serials = itertools.count(1)
_seconds = itertools.count()
"""Whatever is done takes a second."""


def caller(*grants: Grant) -> Caller:
    return Caller(
        client="hall",
        office="样例县行政审批局",
        office_code=HERE_CODE,
        roles=frozenset({Role.CLERK}),
        grants=grants or (EVERYTHING,),
        proof=Proof.KEY,
    )


def paper(slug: str) -> dict[str, Any]:
    for path in (ROOT / "types" / f"{slug}.json", ROOT / "paper" / f"{slug}-1.json"):
        if path.exists():
            data: dict[str, Any] = json.loads(path.read_text("utf-8"))["data"]
            return data
    raise LookupError(slug)


def keep(
    store: MemoryStore, slug: str, *holders: HolderKey, issuer: str = HERE_CODE,
    data: Mapping[str, object] | None = None, **changes: object,
) -> str:  # fmt: skip
    """Put a licence with a real structured e-licence into a store."""
    licence_type: LicenceType = TYPES.get(slug)
    kind, code = holders[0]
    holder = {"certificateHolderName": "样例", "certificateHolderTypeCode": kind, "certificateHolderCode": code}
    given = paper(slug) | holder | dict(data or {})
    licence = licence_from_paper(licence_type, given)
    serial = f"{next(_serials):011d}"
    body = f"{licence_type.code}{issuer}{serial}001"
    identifier = f"1.2.156.3005.2.{licence_type.code}.{issuer}.{serial}.001.{check_character(body)}"
    electronic = structure(licence, identifier=identifier, seals=(), sealed_at=AT, development=True)
    files = {"pdf": secrets.token_bytes(8), "json": structured_to_bytes(electronic), "p7s": secrets.token_bytes(8)}
    record = Record(
        identifier=identifier,
        number=licence.number,
        type_code=licence_type.code,
        type_slug=slug,
        type_version=licence_type.version,
        version="001",
        algorithm="sm2",
        issuer_code=issuer,
        holder_kind=kind,
        valid_from=licence.validity.start,
        valid_to=licence.validity.end,
        sealed_at=AT - timedelta(days=30),
        status=Status.ISSUED,
        code=f"C{serial}",
        short_code=f"S{serial}",
        verify_url="",
        files={name: digests_of(content) for name, content in files.items()},
        status_list=1,
        status_index=int(serial),
    )
    record = replace(record, number=f"N{serial}", **changes)  # type: ignore[arg-type]
    store.add(record, holders, files)
    return identifier


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def checker(store: MemoryStore, *sources: Any, links: MemoryHolderLinks | None = None) -> RequirementChecker:
    return RequirementChecker(
        store=store, links=links or MemoryHolderLinks(), catalogue=TYPES, clock=lambda: next(_seconds), sources=sources
    )


def item(materials: str) -> ServiceItem:
    head = (ROOT / "items" / "water-renewal.toml").read_text("utf-8").partition("[[materials]]")[0]
    return service_item_from_toml((head + materials).encode(), TYPES)


def accepting(*acceptances: str, alternative: str = "", key: str = "m", more: str = "") -> str:
    text = f'[[materials]]\nkey = "{key}"\nname = "材料"\nname_en = "material"\n{more}\n'
    text += f'alternative = "{alternative}"\n' if alternative else ""
    return text + "".join(f"[[materials.accepts]]\n{one}\n" for one in acceptances)


WATER = 'type = "water-abstraction"'


def one(
    store: MemoryStore, materials: str, *sources: Any, applicant: HolderKey = PERSON, agent: HolderKey | None = None,
    by: Caller | None = None, links: MemoryHolderLinks | None = None,
) -> MaterialAnswer:  # fmt: skip
    parties = Parties(applicant=applicant, agent=agent)
    (answer,) = checker(store, *sources, links=links).check(item(materials), parties, by or caller(), PURPOSE, at=AT)
    return answer


def field(key: str, test: str, *values: str) -> str:
    listed = ", ".join(f'"{value}"' for value in values)
    return f'{WATER}\n[[materials.accepts.fields]]\nkey = "{key}"\ntest = "{test}"\nvalues = [{listed}]'


def test_a_licence_in_force_is_named_with_its_end(store: MemoryStore) -> None:
    identifier = keep(store, "water-abstraction", PERSON)
    answer = one(store, accepting(WATER))
    assert (answer.state, answer.reason.code) == (MaterialState.SATISFIED, "HELD")
    assert answer.licence is not None
    assert (answer.licence.identifier, answer.licence.valid_to) == (identifier, date(2031, 4, 9))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_to": date(2026, 11, 21)}, "EXPIRED"),
        ({"valid_to": date(2026, 11, 22)}, "HELD"),
        ({"valid_from": date(2026, 11, 23)}, "NOT_YET_IN_FORCE"),
        ({"status": Status.INACTIVE}, "NOT_YET_IN_FORCE"),
        ({"status": Status.PENDING}, "NOT_YET_IN_FORCE"),
        ({"type_slug": "fishing"}, "NONE"),
    ],
    ids=["expired", "last day", "begins tomorrow", "not activated", "half sealed", "another type"],
)
def test_the_state_decides_first(store: MemoryStore, changes: dict[str, object], code: str) -> None:
    keep(store, "water-abstraction", PERSON, **changes)
    answer = one(store, accepting(WATER))
    assert answer.reason.code == code
    assert (answer.licence is None) == (code != "HELD")


@pytest.mark.parametrize(
    ("action", "code"), [(Action.SUSPEND, "SUSPENDED"), (Action.REVOKE, "ENDED"), (Action.REPORT_LOST, "SUSPENDED")]
)
def test_acts_count(store: MemoryStore, action: Action, code: str) -> None:
    identifier = keep(store, "water-abstraction", PERSON)
    act = Act(
        action=action,
        ground="事由",
        decision="样字〔2026〕1号",
        legal_ground="penalty-9-3" if action is Action.REVOKE else "",
        actor=Actor(name="zhang", office="样例县行政审批局"),
        effective_at=AT - timedelta(days=1),
        recorded_at=AT - timedelta(days=1),
    )
    store.apply(identifier, act)
    assert one(store, accepting(WATER)).reason.code == code


@pytest.mark.parametrize(("days", "code"), [(9, "HELD"), (10, "HELD"), (11, "EXPIRES_TOO_SOON")])
def test_it_must_last_long_enough(store: MemoryStore, days: int, code: str) -> None:
    keep(store, "water-abstraction", PERSON, valid_to=date(2026, 12, 2))
    assert one(store, accepting(f"{WATER}\ndays_left = {days}")).reason.code == code


FIELD_CASES = [
    ("annualVolume", "at_most", ["1.85"], "HELD"),
    ("annualVolume", "at_most", ["1.849"], "CONDITION_NOT_MET"),
    ("annualVolume", "at_least", ["1.850"], "HELD"),
    ("annualVolume", "equals", ["1.850"], "HELD"),
    ("annualVolume", "one_of", ["1", "2"], "CONDITION_NOT_MET"),
    ("sourceType", "equals", ["地下水"], "HELD"),
    ("sourceType", "one_of", ["地表水"], "CONDITION_NOT_MET"),
    ("abstractionPlace", "contains", ["柳林镇"], "HELD"),
    ("abstractionPlace", "contains", ["河东乡"], "CONDITION_NOT_MET"),
    ("dischargePlace", "present", [], "HELD"),
]


@pytest.mark.parametrize(("key", "test", "values", "code"), FIELD_CASES)
def test_fields_are_looked_at_and_not_told(
    store: MemoryStore, key: str, test: str, values: list[str], code: str
) -> None:
    keep(store, "water-abstraction", PERSON)
    answer = one(store, accepting(field(key, test, *values)))
    assert answer.reason.code == code
    told = answer.reason.zh + answer.reason.en + answer.reason.action_zh + answer.reason.action_en
    assert key not in told
    assert "1.85" not in told


def test_a_field_that_was_left_out_is_not_there_and_one_that_nobody_knew_is_undecided(store: MemoryStore) -> None:
    keep(store, "business-licence", COMPANY)
    text = 'type = "business-licence"\n[[materials.accepts.fields]]\nkey = "termEndDate"\ntest = "present"'
    assert one(store, accepting(text), applicant=COMPANY).reason.code in ("HELD", "CONDITION_NOT_MET")
    keep(store, "water-abstraction", PERSON, type_version=7)
    answer = one(store, accepting(field("sourceType", "equals", "地下水")))
    assert (answer.state, answer.reason.code) == (MaterialState.UNKNOWN, "UNDECIDED")
    assert answer.licence is not None


def test_a_damaged_file_makes_nothing_invalid(store: MemoryStore) -> None:
    identifier = keep(store, "water-abstraction", PERSON)
    entry = store._entries[identifier]
    store._entries[identifier] = replace(entry, files={**entry.files, "json": b"broken"})
    assert one(store, accepting(field("sourceType", "equals", "地下水"))).reason.code == "UNDECIDED"
    assert one(store, accepting(WATER)).reason.code == "HELD"


def test_issuer_region_and_edition(store: MemoryStore) -> None:
    keep(store, "water-abstraction", PERSON, issuer=ELSEWHERE_CODE)
    assert one(store, accepting(f'{WATER}\nissuer_regions = ["9901"]')).reason.code == "CONDITION_NOT_MET"
    assert one(store, accepting(f'{WATER}\nissuer_regions = ["9901", "9902"]')).reason.code == "HELD"


def test_whose_licence_counts(store: MemoryStore) -> None:
    keep(store, "water-abstraction", AGENT)
    both = f'{WATER}\nholders = ["applicant", "agent"]'
    assert one(store, accepting(both)).reason.code == "NONE"
    assert one(store, accepting(WATER), agent=AGENT).reason.code == "NONE"
    answer = one(store, accepting(both), agent=AGENT)
    assert answer.licence is not None
    assert answer.licence.party == "agent"


def test_linked_codes_count_where_the_item_says_so(store: MemoryStore) -> None:
    keep(store, "water-abstraction", OTHER)
    links = MemoryHolderLinks()
    link = HolderLink(
        id="1", relation="merged", earlier=OTHER, later=COMPANY, since=date(2026, 1, 1), evidence="合并公告",
        evidence_digest="", actor=Actor(name="zhang", office="样例县行政审批局"), recorded_at=AT,
    )  # fmt: skip
    links.add(link)
    linked = f'{WATER}\nholders = ["applicant", "linked"]'
    assert one(store, accepting(WATER), applicant=COMPANY, links=links).reason.code == "NONE"
    answer = one(store, accepting(linked), applicant=COMPANY, links=links)
    assert answer.licence is not None
    assert answer.licence.party == "linked"


def test_of_several_the_one_that_lasts_longest_is_named(store: MemoryStore) -> None:
    keep(store, "water-abstraction", PERSON, valid_to=date(2028, 1, 1))
    longest = keep(store, "water-abstraction", PERSON, valid_to=None)
    keep(store, "water-abstraction", PERSON, valid_to=date(2030, 1, 1))
    answer = one(store, accepting(WATER))
    assert answer.licence is not None
    assert answer.licence.identifier == longest


def test_a_code_that_cannot_be_one_is_refused_unless_it_has_licences(store: MemoryStore) -> None:
    wrong = ("111", "990101199003071238")
    for applicant, agent, pointer in ((wrong, None, "/applicant/code"), (PERSON, ("777", "1"), "/agent/kind")):
        with pytest.raises(InvalidFieldError) as raised:
            parties_from(store, applicant, agent)
        assert raised.value.pointer == pointer
    keep(store, "water-abstraction", PERSON)
    record = next(iter(store.of_holder(*PERSON)))
    store.add(
        replace(
            record, identifier=record.identifier[:-7] + "002.0", short_code="X", code="X", status_index=999, number="X"
        ),
        [wrong],
        {name: store.file(record, name) for name in record.files},
    )
    assert parties_from(store, wrong, None).applicant == wrong
    assert parties_from(store, ("111", " 990101 19900307123７"), None).applicant == PERSON


def test_one_of_the_alternatives_is_enough(store: MemoryStore) -> None:
    keep(store, "water-abstraction", PERSON)
    text = accepting(WATER, key="a", alternative="x") + accepting(key="b", alternative="x")
    answers = checker(store).check(item(text), Parties(applicant=PERSON), caller(), PURPOSE, at=AT)
    assert [answer.state for answer in answers] == [MaterialState.SATISFIED, MaterialState.NOT_NEEDED]
    assert outcome_of(answers) is Outcome.COMPLETE
    nothing = checker(MemoryStore()).check(item(text), Parties(applicant=PERSON), caller(), PURPOSE, at=AT)
    assert [answer.state for answer in nothing] == [MaterialState.TO_SUBMIT] * 2
    assert outcome_of(nothing) is Outcome.INCOMPLETE


def test_what_is_optional_makes_nothing_incomplete(store: MemoryStore) -> None:
    answer = one(store, accepting(WATER, more="optional = true"))
    assert answer.state is MaterialState.TO_SUBMIT
    assert outcome_of((answer,)) is Outcome.COMPLETE


class Told:
    """A source that answers from a list, or not at all; the adapter is tested over a real connection elsewhere."""

    def __init__(self, *found: FoundElsewhere, down: bool = False, name: str = "样例省电子证照库") -> None:
        self.found, self.down, self.name = found, down, name
        self.asked: list[tuple[HolderKey, str, Purpose]] = []

    def gives(self, type_slug: str) -> bool:
        return type_slug == "water-abstraction"

    def licences_of(
        self, holder: HolderKey, type_slug: str, purpose: Purpose, *, at: datetime
    ) -> tuple[FoundElsewhere, ...]:
        self.asked.append((holder, type_slug, purpose))
        if self.down:
            raise SourceUnavailableError(self.name)
        return self.found


def told(state: str = "issued", **changes: object) -> FoundElsewhere:
    found = FoundElsewhere(
        identifier="1.2.156.3005.2.X",
        type_slug="water-abstraction",
        issuer_code=ELSEWHERE_CODE,
        state=state,
        valid_to=date(2030, 1, 1),
        end_known=True,
        values={"sourceType": "地下水"},
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_source_is_asked_only_for_what_is_not_here_and_with_the_purpose(store: MemoryStore) -> None:
    source = Told(told())
    answer = one(store, accepting(WATER), source)
    assert answer.licence is not None
    assert (answer.licence.source, answer.licence.identifier) == (source.name, "1.2.156.3005.2.X")
    assert source.asked == [(PERSON, "water-abstraction", PURPOSE)]
    keep(store, "water-abstraction", PERSON)
    assert one(store, accepting(WATER), source).licence.source == ""  # type: ignore[union-attr]
    assert len(source.asked) == 1
    assert one(MemoryStore(), accepting('type = "fishing"'), source).reason.code == "NONE"
    assert len(source.asked) == 1


def test_a_source_that_is_down_never_makes_anybody_submit_again(store: MemoryStore) -> None:
    keep(store, "water-abstraction", PERSON, valid_to=date(2020, 1, 1))
    source = Told(down=True)
    text = accepting(WATER, key="a", alternative="x") + accepting(key="b", alternative="x") + accepting(WATER, key="c")
    answers = checker(store, source).check(item(text), Parties(applicant=PERSON), caller(), PURPOSE, at=AT)
    assert [answer.reason.code for answer in answers] == ["SOURCE_DOWN"] * 3
    assert all(answer.sources_down == (source.name,) for answer in answers)
    assert outcome_of(answers) is Outcome.UNDECIDED
    assert len(source.asked) == 1, "a source that is down is waited for once"
    assert "不得要求申请人重复提交" in answers[0].reason.action_zh
    other = one(store, accepting(WATER), source, Told(told(), name="国家平台"))
    assert other.reason.code == "HELD"


@pytest.mark.parametrize(
    ("found", "wanted", "code"),
    [
        (told("expired"), WATER, "EXPIRED"),
        (told("cancelled", identifier=""), WATER, "ENDED"),
        (told("suspended"), WATER, "SUSPENDED"),
        (told(), f"{WATER}\nedition_from = 1", "HELD"),
        (told(valid_to=date(2026, 11, 30)), f"{WATER}\ndays_left = 30", "EXPIRES_TOO_SOON"),
        (told(valid_to=None), f"{WATER}\ndays_left = 30", "HELD"),
        (told(valid_to=None, end_known=False), f"{WATER}\ndays_left = 30", "UNDECIDED"),
        (told(), f'{WATER}\nissuer_regions = ["9901"]', "CONDITION_NOT_MET"),
        (told(issuer_code=""), f'{WATER}\nissuer_regions = ["9901"]', "UNDECIDED"),
        (told(), field("sourceType", "equals", "地下水"), "HELD"),
        (told(), field("sourceType", "equals", "地表水"), "CONDITION_NOT_MET"),
        (told(values={}), field("sourceType", "equals", "地下水"), "UNDECIDED"),
    ],
    ids=range(12),
)
def test_what_a_source_does_not_say_is_not_known(found: FoundElsewhere, wanted: str, code: str) -> None:
    assert one(MemoryStore(), accepting(wanted), Told(found)).reason.code == code


def test_nobody_waits_long_for_sources_that_answer_slowly() -> None:
    text = "".join(
        accepting(f'{WATER}\nholders = ["applicant", "agent"]\ndays_left = {place}', key=f"m{place}")
        for place in range(9)
    )
    source, parties = Told(), Parties(applicant=COMPANY, agent=AGENT)
    answers = checker(MemoryStore(), source).check(item(text), parties, caller(), PURPOSE, at=AT)
    assert {answer.reason.code for answer in answers} == {"NONE"}
    assert len(source.asked) == 2, "what was told once is not asked for again"
    sources = [Told(name=f"库{number}") for number in range(4)]
    answers = checker(MemoryStore(), *sources).check(item(text), parties, caller(), PURPOSE, at=AT)
    assert [len(one.asked) for one in sources] == [2, 2, 2, 0]
    assert {answer.reason.code for answer in answers} == {"SOURCE_DOWN"}
    assert answers[0].sources_down == ("库3",)


def test_of_our_own_licence_we_know_more_than_those_it_was_handed_to(store: MemoryStore) -> None:
    identifier = keep(store, "water-abstraction", PERSON, valid_to=date(2026, 1, 1))
    assert one(store, accepting(WATER), Told(told(identifier=identifier))).reason.code == "EXPIRED"


def test_nothing_is_looked_at_without_a_grant(store: MemoryStore) -> None:
    keep(store, "water-abstraction", PERSON)
    source = Told(told())
    by = caller(Grant(types=frozenset({"fishing"})))
    answer = one(store, accepting(WATER), source, by=by)
    assert (answer.state, answer.reason.code, answer.licence) == (MaterialState.UNKNOWN, "NOT_GRANTED", None)
    assert source.asked == []


def test_regions_that_are_not_granted_are_not_spoken_of(store: MemoryStore) -> None:
    by = caller(Grant(regions=frozenset({"9901"})))
    empty = one(store, accepting(WATER), by=by)
    keep(store, "water-abstraction", PERSON, issuer=ELSEWHERE_CODE)
    assert one(store, accepting(WATER), by=by) == empty
    assert empty.reason.code == "NONE_IN_SCOPE"
    assert one(store, accepting(WATER), Told(told()), by=by).reason.code == "NONE_IN_SCOPE"


def test_predicates_say_yes_no_or_unknown(store: MemoryStore) -> None:
    renewal = ITEMS.versions("99900119005002")[-1]
    question = renewal.predicate("small-abstraction")

    def ask(*sources: Any, by: Caller | None = None) -> tuple[bool | None, Finding]:
        answer = checker(store, *sources).ask(question, Parties(applicant=PERSON), by or caller(), PURPOSE, at=AT)
        return answer.holds, answer.finding

    assert ask() == (False, Finding.NONE)
    assert ask(Told(down=True)) == (None, Finding.SOURCE_DOWN)
    assert ask(by=caller(Grant(types=frozenset()))) == (None, Finding.NOT_GRANTED)
    keep(store, "water-abstraction", PERSON, data={"annualVolume": "5.01"})
    assert ask() == (False, Finding.CONDITION_NOT_MET)
    keep(store, "water-abstraction", PERSON, data={"annualVolume": "5"})
    assert ask() == (True, Finding.HELD)


def test_every_finding_has_words_in_both_languages() -> None:
    assert {finding.name for finding in Finding} <= REASONS.keys()
    for reason in REASONS.values():
        assert reason.en.isascii()
        assert reason.action_en.isascii()
        assert "\u4e00" <= reason.zh[0] <= "\u9fff"
        if reason.state is MaterialState.UNKNOWN:
            assert "不得要求申请人重复提交" in reason.action_zh


def test_a_breaker_opens_rests_and_lets_one_through() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(3):
        assert breaker.lets_through()
        breaker.note(answered=False)
    assert not breaker.lets_through()
    now = 59.0
    assert not breaker.lets_through()
    now = 60.0
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.note(answered=False)
    now = 121.0
    assert breaker.lets_through()
    breaker.note(answered=True)
    assert [breaker.lets_through() for _ in range(3)] == [True] * 3


SLUGS = ("water-abstraction", "business-licence", "real-estate", "special-equipment-use", "special-equipment-operator")
REGIONS = ("9901", "9902", "990101", "990201")


def filled() -> MemoryStore:
    store = MemoryStore()
    for slug in SLUGS:
        for issuer in (HERE_CODE, ELSEWHERE_CODE):
            holder = AGENT if slug == "special-equipment-operator" else COMPANY
            keep(store, slug, holder, issuer=issuer)
    return store


FULL = filled()
GRANTS = st.lists(
    st.builds(
        Grant,
        operations=st.none() | st.frozensets(st.sampled_from([Operation.CHECK_REQUIREMENTS, Operation.READ])),
        types=st.none() | st.frozensets(st.sampled_from(SLUGS)),
        regions=st.none() | st.frozensets(st.sampled_from(REGIONS)),
    ),
    max_size=3,
)


def without(store: MemoryStore, hidden: Callable[[Record], bool]) -> MemoryStore:
    """Give a store that lacks what a caller may not ask about."""
    copy = MemoryStore()
    for key in (COMPANY, AGENT):
        for record in store.of_holder(*key):
            if not hidden(record):
                copy.add(record, [key], {name: store.file(record, name) for name in record.files})
    return copy


@settings(max_examples=80, deadline=None)
@given(grants=GRANTS, code=st.sampled_from([one.code for one in ITEMS]))
def test_no_answer_depends_on_what_is_not_granted(grants: list[Grant], code: str) -> None:
    """Nothing outside the grants is named, and without it in the store every answer is the same."""
    by = replace(caller(), grants=tuple(grants))
    asked = ITEMS.versions(code)[-1]
    parties = Parties(applicant=COMPANY, agent=AGENT)

    def may(record: Record) -> bool:
        region = region_of(record.issuer_code)
        return by.may(Operation.CHECK_REQUIREMENTS, type_slug=record.type_slug, region=region)

    answers = checker(FULL).check(asked, parties, by, PURPOSE, at=AT)
    for answer in answers:
        if answer.licence is not None:
            assert may(FULL.get(answer.licence.identifier))
    seen = [(one.state, one.reason.code, one.licence and one.licence.identifier) for one in answers]
    fewer = checker(without(FULL, lambda record: not may(record))).check(asked, parties, by, PURPOSE, at=AT)
    assert [(one.state, one.reason.code, one.licence and one.licence.identifier) for one in fewer] == seen


def partner(*grants: Grant) -> Caller:
    return replace(caller(*grants), roles=frozenset({Role.SHARE_PARTNER}))


def sharing(store: MemoryStore) -> ShareService:
    return ShareService(store=store, catalogue=TYPES)


@settings(max_examples=60, deadline=None)
@given(grants=GRANTS, slug=st.sampled_from(SLUGS))
def test_no_shared_answer_depends_on_what_is_not_granted(grants: list[Grant], slug: str) -> None:
    by = replace(partner(), grants=tuple(replace(one, operations=None) for one in grants))
    if not by.may(Operation.SHARE, type_slug=slug):
        return

    def hidden(record: Record) -> bool:
        return not by.may(Operation.SHARE, type_slug=record.type_slug, region=region_of(record.issuer_code))

    holder = AGENT if slug == "special-equipment-operator" else COMPANY
    number = FULL.of_holder(*holder)[0].number
    data = {"holder": "样例", "holderCode": holder[1], "certNo": number}
    for asked in ("", number):
        answers = [
            sharing(store).of_holder(TYPES.get(slug), holder, asked, by, at=AT)
            for store in (FULL, without(FULL, hidden))
        ]
        assert answers[0] == answers[1]
        assert not any(hidden(record) for record in answers[0].about)
    verdicts = [
        sharing(store).verify(TYPES.get(slug), data, by, at=AT).verdict for store in (FULL, without(FULL, hidden))
    ]
    assert verdicts[0] == verdicts[1]


def test_several_licences_are_given_with_the_newest_first(store: MemoryStore) -> None:
    old = keep(store, "water-abstraction", PERSON, sealed_at=AT - timedelta(days=400))
    new = keep(store, "water-abstraction", PERSON)
    keep(store, "water-abstraction", PERSON, valid_to=date(2026, 1, 1))
    found = sharing(store).of_holder(TYPES.get("water-abstraction"), PERSON, "", partner(), at=AT)
    assert [record.identifier for record in found.records] == [new, old]


@pytest.mark.parametrize(
    ("changes", "status", "verdict"),
    [
        ({}, ShareStatus.DONE, DataVerdict.RIGHT),
        ({"status": Status.INACTIVE}, ShareStatus.RESTRICTED, DataVerdict.RIGHT_NOT_ACTIVE),
        ({"valid_from": date(2027, 1, 1)}, ShareStatus.RESTRICTED, DataVerdict.RIGHT_NOT_ACTIVE),
        ({"valid_to": date(2026, 11, 21)}, ShareStatus.EXPIRED, DataVerdict.RIGHT_ENDED),
    ],
    ids=["in force", "not activated", "begins later", "expired"],
)
def test_states_have_their_codes(
    store: MemoryStore, changes: dict[str, object], status: ShareStatus, verdict: DataVerdict
) -> None:
    identifier = keep(store, "water-abstraction", PERSON, **changes)
    data = {"holder": "样例", "holderCode": PERSON[1], "certNo": store.get(identifier).number}
    share, water = sharing(store), TYPES.get("water-abstraction")
    assert share.of_holder(water, PERSON, "", partner(), at=AT).status is status
    assert share.by_identifier(identifier, partner(), at=AT).status is status
    assert share.verify(water, data, partner(), at=AT).verdict is verdict
    keep(store, "water-abstraction", PERSON)
    assert share.of_holder(water, PERSON, "", partner(), at=AT).status is ShareStatus.DONE


def test_data_of_a_replaced_version_is_right_and_has_ended(store: MemoryStore) -> None:
    first = keep(store, "water-abstraction", PERSON)
    record = store.get(first)
    act = Act(
        action=Action.CHANGE,
        ground="变更",
        decision="样字〔2026〕2号",
        actor=Actor(name="zhang", office="样例县行政审批局"),
        effective_at=AT - timedelta(days=1),
        recorded_at=AT - timedelta(days=1),
    )
    body = f"{record.type_code}{HERE_CODE}{first.split('.')[-3]}002"
    second = f"{first.rsplit('.', 2)[0]}.002.{check_character(body)}"
    newer = MemoryStore()
    changed = keep(newer, "water-abstraction", PERSON, data={"annualVolume": "2.5"})
    made = newer.get(changed)
    store.add(
        replace(
            made, identifier=second, version="002", lineage=first, number=record.number, short_code="second",
            code="second", status_index=77, edition=1,
        ),
        [PERSON],
        {name: newer.file(made, name) for name in made.files},
        succession=Succession(previous=first, act=act),
    )  # fmt: skip
    share, water = sharing(store), TYPES.get("water-abstraction")
    data = {"holder": "样例", "holderCode": PERSON[1], "certNo": record.number}
    verdicts = {
        volume: share.verify(water, data | {"annualVolume": volume}, partner(), at=AT).verdict
        for volume in ("1.85", "2.5", "3")
    }
    assert verdicts == {"1.85": DataVerdict.RIGHT_ENDED, "2.5": DataVerdict.RIGHT, "3": DataVerdict.WRONG}
    assert [one.identifier for one in share.of_holder(water, PERSON, "", partner(), at=AT).records] == [second]
    assert share.by_identifier(first, partner(), at=AT).status is ShareStatus.ENDED


def test_tables_are_lists_of_rows_and_pictures_stay_here(store: MemoryStore) -> None:
    share = sharing(FULL)
    for holder, slug in ((COMPANY, "real-estate"), (AGENT, "special-equipment-operator")):
        record = next(one for one in FULL.of_holder(*holder) if one.type_slug == slug)
        data = share.cert_data(record)
        pictures = {field.key for field in TYPES.get(slug).fields if field.type.value == "image"}
        assert pictures
        assert not pictures & data.keys()
    rows = data["items"]
    assert isinstance(rows, list)
    assert all(isinstance(row, dict) for row in rows)
