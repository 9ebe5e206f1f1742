"""The register of blank forms: received, used once, spoiled, never used again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import (
    Actor,
    FileStore,
    FormEntry,
    FormError,
    FormRegister,
    FormState,
    LicenceNotFoundError,
    MemoryForms,
    SqlForms,
    SqlStore,
    new_batch,
)
from licences.forms import MAX_BATCH, MAX_REASON, Serial

if TYPE_CHECKING:
    from conftest import Made

TYPE = "11990000000001011Q001"
OTHER = "11990000000001011Q002"
AT = datetime(2026, 11, 21, 2, 3, 4, tzinfo=UTC)
CLERK = Actor(name="zhang.san", office="样例县行政审批局")


@pytest.fixture
def register(adapter_url: str | None) -> Iterator[FormRegister]:
    if adapter_url is None:
        yield MemoryForms()
        return
    forms = SqlForms(adapter_url)
    yield forms
    forms.close()


def entry(serial: str, state: FormState = FormState.SPOILED, *, minute: int = 0, kind: str = TYPE) -> FormEntry:
    return FormEntry(
        type_code=kind,
        serial=serial,
        state=state,
        identifier=None,
        reason="卡纸",
        recorded_at=AT + timedelta(minutes=minute),
        actor=CLERK,
    )


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(FormError) as caught:
        act()
    assert caught.value.code == code


def test_forms_are_received_and_used_once(register: FormRegister) -> None:
    batch = new_batch(TYPE, "A000101", "A000200", at=AT, actor=CLERK)
    register.receive(batch)
    register.receive(new_batch(TYPE, "A0000101", "A0000101", at=AT, actor=CLERK))  # another width: other forms
    assert register.batches(TYPE)[0] == batch
    assert register.batches(OTHER) == ()
    used, spoiled = entry("A000101", FormState.USED), entry("A000101", minute=1)
    register.record(used)
    refused("FORM_TAKEN", lambda: register.record(entry("A000101", FormState.USED, minute=1)))
    register.record(spoiled)
    refused("FORM_TAKEN", lambda: register.record(entry("A000101", FormState.USED, minute=2)))
    refused("FORM_TAKEN", lambda: register.record(entry("A000101", minute=2)))
    assert register.entries(TYPE) == (used, spoiled)
    refused("FORM_UNKNOWN", lambda: register.record(entry("A000201")))
    refused("FORM_UNKNOWN", lambda: register.record(entry("A000102", kind=OTHER)))
    refused("FORM_SERIAL_MALFORMED", lambda: register.record(entry("a-1")))
    long = replace(entry("A000102"), reason="纸" * (MAX_REASON + 1))
    refused("FORM_REASON_TOO_LONG", lambda: register.record(long))
    register.record(replace(long, reason=long.reason[1:]))


@pytest.mark.parametrize(("first", "last"), [("A05", "A15"), ("A15", "A25"), ("A01", "A99"), ("A12", "A12")])
def test_no_form_is_received_twice(first: str, last: str) -> None:
    register = MemoryForms()
    register.receive(new_batch(TYPE, "A10", "A20", at=AT, actor=CLERK))
    refused("FORM_RANGE_TAKEN", lambda: register.receive(new_batch(TYPE, first, last, at=AT, actor=CLERK)))
    register.receive(new_batch(OTHER, first, last, at=AT, actor=CLERK))
    register.receive(new_batch(TYPE, first.replace("A", "B"), last.replace("A", "B"), at=AT, actor=CLERK))


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("A10", "A09", "FORM_RANGE_MALFORMED"),
        ("A10", "B11", "FORM_RANGE_MALFORMED"),
        ("A10", "A100", "FORM_RANGE_MALFORMED"),
        ("0000001", f"{MAX_BATCH + 1:07d}", "FORM_RANGE_MALFORMED"),
        ("", "A1", "FORM_SERIAL_MALFORMED"),
        ("ABCDEFGHI1", "ABCDEFGHI1", "FORM_SERIAL_MALFORMED"),
        ("A1234567890123", "A1234567890123", "FORM_SERIAL_MALFORMED"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(first: str, last: str, code: str) -> None:
    refused(code, lambda: new_batch(TYPE, first, last, at=AT, actor=CLERK))


@given(st.text("ABCZ", max_size=8), st.text("0123456789", min_size=1, max_size=12))
def test_a_number_is_written_as_it_was_read(letters: str, digits: str) -> None:
    assert str(Serial.from_text(letters + digits)) == letters + digits


def test_a_form_belongs_to_a_licence_of_the_store(
    database_url: str, tmp_path: Path, made: "Callable[..., Made]"
) -> None:
    register = SqlForms(database_url)
    register.receive(new_batch(TYPE, "A1", "A9", at=AT, actor=CLERK))
    licence = made()
    identifier = licence.record.identifier
    used = FormEntry(
        type_code=TYPE,
        serial="A1",
        state=FormState.USED,
        identifier=identifier,
        reason="",
        recorded_at=AT,
        actor=CLERK,
    )
    with pytest.raises(LicenceNotFoundError):
        register.record(used)
    assert register.entries(TYPE) == ()
    (tmp_path / "files").mkdir(exist_ok=True)
    store = SqlStore(database_url, FileStore(tmp_path / "files"), bytes(32))
    store.add(licence.record, (("111", "990101199003071237"),), licence.files)
    register.record(used)
    assert register.entries(TYPE) == (used,)
    store.close()
    register.close()


def test_of_many_who_want_one_form_one_gets_it(database_url: str) -> None:
    register = SqlForms(database_url)
    register.receive(new_batch(TYPE, "A1", "A1", at=AT, actor=CLERK))

    def take(minute: int) -> str:
        own = SqlForms(database_url)
        try:
            own.record(entry("A1", FormState.USED, minute=minute))
        except FormError as error:
            return error.code
        finally:
            own.close()
        return "used"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(take, range(6)))
    assert outcomes == ["FORM_TAKEN"] * 5 + ["used"]
    register.close()
