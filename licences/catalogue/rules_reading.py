"""Reads what a catalogue file lays down besides fields and faces."""

import re
from collections.abc import Iterable
from itertools import combinations
from types import MappingProxyType
from typing import Final

from .model import Field, FieldType
from .pattern_cost import check_pattern
from .rules import (
    SUCCESSION_ACTS,
    Effect,
    Item,
    LifecycleRule,
    NumberPattern,
    Obligation,
    ObligationKind,
    Period,
    Review,
    Succession,
    Term,
    TermUnit,
    ValidityRule,
)
from .toml_table import Table

MAX_OBLIGATIONS: Final = 8
MAX_ITEMS: Final = 50
MAX_PATTERNS: Final = 20
MAX_PATTERN_LENGTH: Final = 1000
_KEY = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
_TERM = re.compile(r"([1-9][0-9]?)/([YMD])")
_RENEWAL_WINDOW = "30/D"
"""行政许可法 art. 50 (2019 text), unless another law says otherwise."""
_NO_TERM = Term(count=1, unit=TermUnit.YEARS)


def read_validity(table: Table) -> ValidityRule:
    """Read `[validity]`."""
    terms = table.texts("terms")
    if terms == ("0/L",) and not table.has("at_most"):
        return ValidityRule()
    if table.has("at_most") == bool(terms):
        table.refuse(None, "VALIDITY")
    at_most = read_term(table, "at_most") if table.has("at_most") else None
    return ValidityRule(terms=tuple(_term(table, "terms", text) for text in terms), at_most=at_most)


def read_term(table: Table, key: str, default: str | None = None) -> Term:
    """Read a term such as `5/Y`."""
    text = table.text(key, default)
    return _term(table, key, text) if text else _NO_TERM


def _term(table: Table, key: str, text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        table.refuse(key, "TERM", value=text)
        return _NO_TERM
    return Term(count=int(match[1]), unit=TermUnit(match[2]))


def read_patterns(top: Table) -> tuple[NumberPattern, ...]:
    """Read `number_pattern`, or the `[[number_patterns]]` of several periods."""
    if not top.has("number_patterns"):
        return (NumberPattern(pattern=read_pattern(top, "number_pattern"), period=Period()),)
    if top.has("number_pattern"):
        top.refuse("number_pattern", "PATTERN_TWICE")
        top.text("number_pattern")
    patterns = []
    for table in top.tables("number_patterns", limit=MAX_PATTERNS):
        start, end = table.period()
        patterns.append(NumberPattern(pattern=read_pattern(table, "pattern"), period=Period(start=start, end=end)))
        table.finish()
    if any(one.period.meets(other.period) for one, other in combinations(patterns, 2)):
        top.refuse("number_patterns", "PERIODS_MEET")
    return tuple(patterns)


def read_pattern(table: Table, key: str) -> re.Pattern[str]:
    """Read a regular expression; one that matches the empty text only stands for a broken one."""
    text = table.text(key)
    if len(text) > MAX_PATTERN_LENGTH:
        table.refuse(key, "PATTERN", detail=f"> {MAX_PATTERN_LENGTH}")
        return re.compile("")
    try:
        compiled = re.compile(text)
        check_pattern(text)
        return compiled
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        table.refuse(key, "PATTERN", detail=str(error))
        return re.compile("")


def read_items(top: Table) -> tuple[Item, ...]:
    """Read `[[items]]`."""
    items = []
    for table in top.tables("items", limit=MAX_ITEMS):
        items.append(Item(name=table.text("name"), code=table.text("code")))
        table.finish()
    return tuple(items)


def read_obligations(top: Table, fields: Iterable[Field]) -> tuple[Obligation, ...]:
    """Read `[[obligations]]`."""
    dates = {field.key for field in fields if field.type is FieldType.DATE}
    obligations: list[Obligation] = []
    for table in top.tables("obligations", limit=MAX_OBLIGATIONS):
        key = table.text("key")
        if key and not _KEY.fullmatch(key):
            table.refuse("key", "KEY_FORM")
        if any(key == earlier.key for earlier in obligations):
            table.refuse("key", "SAME_KEY", key=key)
        if table.has("due_field") == table.has("every"):
            table.refuse(None, "DUE")
        due_field = table.text("due_field", "")
        if due_field and due_field not in dates:
            table.refuse("due_field", "DUE_FIELD")
        obligations.append(
            Obligation(
                key=key,
                label=table.text("label"),
                label_en=table.text("label_en"),
                kind=table.word("kind", ObligationKind),
                due_field=due_field,
                every=read_term(table, "every") if table.has("every") else None,
                effect=table.word("effect", Effect),
            )
        )
        table.finish()
    return tuple(obligations)


def read_renewal(table: Table) -> Term:
    """Read `[renewal]`."""
    return read_term(table, "window", _RENEWAL_WINDOW)


def read_lifecycle(table: Table) -> LifecycleRule:
    """Read `[lifecycle]`."""
    successions = {key.replace("_", "-"): table.word(key, Succession, Succession.VERSION) for key in SUCCESSION_ACTS}
    return LifecycleRule(successions=MappingProxyType(successions), activation=table.flag("activation"))


def read_review(table: Table) -> Review:
    """Read `[review]`."""
    return table.word("metadata", Review, Review.WAIVED)
