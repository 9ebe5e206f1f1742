"""The register of blank pre-printed forms (空白证照): received, used for a licence once, spoiled, never used again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from esign import CHINA

from .actors import Actor
from .errors import FormError
from .lifecycle import Status
from .store import Record

MAX_BATCH: Final = 1_000_000
"""Forms in one delivery."""
MAX_DIGITS: Final = 12
MAX_REASON: Final = 200
"""Characters that say why a form was spoiled."""
_SERIAL = re.compile(rf"([A-Z]{{0,8}})([0-9]{{1,{MAX_DIGITS}}})")


class FormState(StrEnum):
    """What became of a form."""

    BLANK = "blank"
    USED = "used"
    SPOILED = "spoiled"

    @property
    def zh(self) -> str:
        """Chinese name."""
        return {FormState.BLANK: "空白", FormState.USED: "已用", FormState.SPOILED: "作废"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial:
    """A form's printed number: letters, then digits of a fixed width."""

    prefix: str
    number: int
    width: int

    @classmethod
    def from_text(cls, text: str) -> "Serial":
        """Read a number as it is printed; FormError `FORM_SERIAL_MALFORMED`."""
        match = _SERIAL.fullmatch(text)
        if match is None:
            raise FormError("FORM_SERIAL_MALFORMED")
        return cls(prefix=match[1], number=int(match[2]), width=len(match[2]))

    def __str__(self) -> str:
        return f"{self.prefix}{self.number:0{self.width}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBatch:
    """A delivery of forms of one type, with consecutive numbers."""

    type_code: str
    first: Serial
    last: Serial
    received_at: datetime
    actor: Actor

    def holds(self, serial: Serial) -> bool:
        """Whether the form came with this delivery."""
        alike = (serial.prefix, serial.width) == (self.first.prefix, self.first.width)
        return alike and self.first.number <= serial.number <= self.last.number

    def meets(self, other: "FormBatch") -> bool:
        """Whether both have a form in common."""
        return self.type_code == other.type_code and (self.holds(other.first) or other.holds(self.first))

    @property
    def count(self) -> int:
        """Forms in it."""
        return self.last.number - self.first.number + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormEntry:
    """What became of one form."""

    type_code: str
    serial: str
    state: FormState
    identifier: str | None
    """Of the licence that it was used for."""
    reason: str
    """Why it was spoiled."""
    recorded_at: datetime
    actor: Actor


class FormRegister(Protocol):
    """Keeps account of every form. Entries are only ever added: a used form that is spoiled later has two."""

    def receive(self, batch: FormBatch) -> None:
        """Take in a delivery; FormError `FORM_RANGE_TAKEN` when one of its forms is known."""

    def record(self, entry: FormEntry) -> None:
        """Write down what became of a form.

        A blank one is used or spoiled, a used one may be spoiled, a spoiled one is never used.

        Raises:
            FormError: `FORM_UNKNOWN` when it was never received, `FORM_TAKEN` when it is used or spoiled already,
            `FORM_REASON_TOO_LONG`.
            LicenceNotFoundError: the store has no such licence.
        """

    def entries(self, type_code: str) -> tuple[FormEntry, ...]:
        """What became of the forms of a type, in the order in which it was recorded."""

    def batches(self, type_code: str) -> tuple[FormBatch, ...]:
        """The deliveries of a type, in the order of their numbers."""


def new_batch(type_code: str, first: str, last: str, *, at: datetime, actor: Actor) -> FormBatch:
    """Describe a delivery; FormError `FORM_SERIAL_MALFORMED` or `FORM_RANGE_MALFORMED`."""
    begin, end = Serial.from_text(first), Serial.from_text(last)
    alike = (begin.prefix, begin.width) == (end.prefix, end.width)
    if not alike or not 0 <= end.number - begin.number < MAX_BATCH:
        raise FormError("FORM_RANGE_MALFORMED", limit=MAX_BATCH)
    return FormBatch(type_code=type_code, first=begin, last=end, received_at=at, actor=actor)


def check_entry(entry: FormEntry, batches: Sequence[FormBatch], earlier: Sequence[FormEntry]) -> None:
    """Raise FormError unless the form was received, its state allows the entry, and the reason is short enough."""
    serial = Serial.from_text(entry.serial)
    if len(entry.reason) > MAX_REASON:
        raise FormError("FORM_REASON_TOO_LONG", limit=MAX_REASON)
    if not any(batch.holds(serial) for batch in batches):
        raise FormError("FORM_UNKNOWN")
    state = earlier[-1].state if earlier else FormState.BLANK
    if state is FormState.SPOILED or (state is FormState.USED and entry.state is FormState.USED):
        raise FormError("FORM_TAKEN", state=state.zh, state_en=state.value)


def require_in_force(record: Record, at: datetime) -> None:
    """Raise FormError `FORM_LICENCE_OVER` unless the licence may be printed for its holder."""
    day = at.astimezone(CHINA).date()
    if record.status is not Status.ISSUED or (record.valid_to is not None and record.valid_to < day):
        raise FormError("FORM_LICENCE_OVER")
