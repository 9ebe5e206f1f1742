"""Item files: those of the fixtures are read whole, and everything that is wrong with one is said with its line."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licences import Catalogue, CatalogueFileError, load_catalogue
from licences.catalogue.problems import _ROWS
from licences.sharing import (
    FieldTest,
    ItemCatalogue,
    ItemUnknownError,
    ItemVersionTakenError,
    Party,
    PredicateUnknownError,
    ServiceItem,
    load_items,
    service_item_from_toml,
)

FOLDER = Path(__file__).parents[2] / "fixtures" / "items"
FILES = sorted(FOLDER.glob("*.toml"))
GOOD = (FOLDER / "equipment-change.toml").read_text("utf-8")
TYPES = load_catalogue()


def faults(text: str | bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(CatalogueFileError) as raised:
        service_item_from_toml(text if isinstance(text, bytes) else text.encode(), TYPES)
    return [(one.line, one.place, one.code) for one in raised.value.faults]


def test_there_are_enough_items_and_every_one_is_good() -> None:
    items = load_items({path.name: path.read_bytes() for path in FILES}, TYPES)
    assert len(list(items)) == len(FILES) >= 8
    for item in items:
        assert item.region.startswith("9900") or item.region.startswith("9901")
        assert item.code.startswith("9990")
        assert any(one.accepts for one in item.materials)


def test_what_a_file_says() -> None:
    item = service_item_from_toml(GOOD.encode(), TYPES)
    registration, operator = item.materials[1:]
    assert registration.accepts[0].parties == {Party.APPLICANT, Party.LINKED}
    assert operator.accepts[0].parties == {Party.AGENT}
    assert (operator.required, operator.accepts[0].days_left) == (False, 30)
    (condition,) = item.predicate("runs-lifts").accepts.conditions
    assert (condition.key, condition.test, condition.values) == ("equipmentKind", FieldTest.EQUALS, ("电梯",))
    with pytest.raises(PredicateUnknownError):
        item.predicate("anything")


CHANGES = {
    "type": ('type = "special-equipment-use"', 'type = "magic"', "NOT_AMONG"),
    "party": ('holders = ["agent"]', 'holders = ["neighbour"]', "NOT_AMONG"),
    "days": ("days_left = 30", "days_left = -1", "OUT_OF_RANGE"),
    "days of text": ("days_left = 30", 'days_left = "30"', "WRONG_KIND"),
    "unknown key": ("optional = true", "optinal = true", "UNKNOWN_KEY"),
    "field": ('key = "equipmentKind"', 'key = "colour"', "NOT_AMONG"),
    "sensitive field": (
        'type = "special-equipment-use"\n\n[[predicates.accepts.fields]]\nkey = "equipmentKind"',
        'type = "food-business"\n\n[[predicates.accepts.fields]]\nkey = "responsiblePerson"',
        "FIELD_SENSITIVE",
    ),
    "test": ('test = "equals"', 'test = "like"', "NOT_AMONG"),
    "test of another type": ('test = "equals"', 'test = "at_least"', "TEST_TYPE"),
    "value": ('values = ["电梯"]', 'values = ["马车"]', "TEST_VALUE_NOT_AMONG"),
    "two values": ('values = ["电梯"]', 'values = ["电梯", "锅炉"]', "TEST_VALUES"),
    "no date": (
        'key = "equipmentKind"\ntest = "equals"\nvalues = ["电梯"]',
        'key = "nextInspectionDate"\ntest = "at_least"\nvalues = ["soon"]',
        "TEST_VALUE_KIND",
    ),
    "code": ('code = "99900131012001"', 'code = "abc"', "ITEM_CODE_FORM"),
    "region": ('region = "990101"', 'region = "99010"', "REGION_FORM"),
    "issuer region": ("days_left = 30", 'issuer_regions = ["9"]', "REGION_START_FORM"),
    "office": ('office_code = "1199010000000102XM"', 'office_code = "1199010000000102XX"', "ORGANISATION_CODE"),
    "key": ('key = "operator"', 'key = "Operator"', "MATERIAL_KEY_FORM"),
    "same key": ('key = "operator"', 'key = "registration"', "SAME_KEY"),
    "alternative": ("optional = true", 'alternative = "one"', "ALTERNATIVE_ALONE"),
    "basis": ('legal_basis = ["《中华人民共和国特种设备安全法》"]', "legal_basis = []", "EMPTY"),
    "long name": ('name = "特种设备使用登记变更"', f'name = "{"长" * 300}"', "TEXT_TOO_LONG"),
    "edition": ("days_left = 30", "edition_from = 99", "OUT_OF_RANGE"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_fault_is_named_with_its_line(name: str) -> None:
    before, after, code = CHANGES[name]
    assert GOOD.count(before) >= 1
    text = GOOD.replace(before, after, 1)
    found = faults(text)
    assert code in [one[2] for one in found]
    changed = GOOD[: GOOD.index(before)].count("\n") + after.count("\n") + 1
    if code != "ALTERNATIVE_ALONE":
        assert any(abs(line - changed) <= 2 for line, _, _ in found)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = GOOD.replace('test = "equals"', 'test = "like"').replace("days_left = 30", "days_left = -1")
    text = text.replace('region = "990101"', 'region = ""')
    assert {one[2] for one in faults(text)} >= {"NOT_AMONG", "OUT_OF_RANGE"}


@pytest.mark.parametrize(
    "data", [b"\xff", b"a = ", b"", b"materials = 1", b"[" * 5000], ids=lambda data: data[:12].hex()
)
def test_what_is_no_item_file_is_refused(data: bytes) -> None:
    assert faults(data)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_file_ends_in_another_error(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place] = data.draw(st.sampled_from(["", lines[place] + "x", lines[place][:-1], lines[-1 - place], "[x]"]))
    text = "\n".join(lines)
    try:
        service_item_from_toml(text.encode(), TYPES)
    except CatalogueFileError as error:
        found = [one.line for one in error.faults]
    else:
        found = [1]
    assert all(1 <= line <= text.count("\n") + 1 for line in found)


def version(number: int, *, start: str = "2026-01-01", end: str = "") -> ServiceItem:
    text = GOOD.replace("version = 1", f"version = {number}")
    text = text.replace(
        "effective_from = 2026-01-01", f"effective_from = {start}" + (f"\neffective_to = {end}" if end else "")
    )
    return service_item_from_toml(text.encode(), TYPES)


def test_the_newest_version_that_holds_on_the_day_counts() -> None:
    items = ItemCatalogue(
        [version(1), version(2, start="2027-01-01"), version(3, start="2027-06-01", end="2027-06-30")]
    )
    code = version(1).code
    days = {
        date(2026, 12, 31): 1,
        date(2027, 1, 1): 2,
        date(2027, 6, 15): 3,
        date(2027, 7, 1): 2,
    }
    assert {day: items.on(code, day).version for day in days} == days
    assert [one.version for one in items] == [3]
    for asked, day in ((code, date(2025, 12, 31)), ("1", date(2026, 6, 1))):
        with pytest.raises(ItemUnknownError):
            items.on(asked, day)


def test_a_version_is_there_once() -> None:
    with pytest.raises(ItemVersionTakenError) as raised:
        ItemCatalogue([version(1), version(1, start="2030-01-01")])
    assert raised.value.__notes__ == [version(1).code]


def test_a_type_of_a_home_can_be_named() -> None:
    with pytest.raises(CatalogueFileError):
        service_item_from_toml(GOOD.encode(), Catalogue([TYPES.get("food-business")]))


def test_every_code_of_a_file_is_explained() -> None:
    codes = {code for code, _, _ in _ROWS}
    assert {code for _, _, code in CHANGES.values()} <= codes
