"""Codes for one use: what is taken, once, by whom; that refusals cost the same; races; what the database holds."""

from __future__ import annotations

import json
import secrets
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from elicence_process import Running
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from esign import CHINA
from licences import FileStore, KeyRing, Protection, SqlMandates, SqlStore, SqlUseCodes, StoreUnavailableError
from licences.access import (
    CODE_KEPT,
    LIFETIMES,
    MAX_LIVE_CODES,
    REFUSALS,
    SHOW_STEP,
    UNBOUND,
    Attempt,
    Binding,
    CodeKind,
    CodeRefusedError,
    Form,
    Ground,
    Mandate,
    MandateNotFoundError,
    Refusal,
    TooManyCodesError,
    UseCode,
    UseMode,
    fold_token,
    make_token,
    token_digest,
)
from licences.holder_indexes import holder_index

KEY = bytes(range(32))
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
HOLDER = ("111", "990101199003071237")
AGENT = ("111", "990101199001010019")
BINDING = Binding(client="hall-1", item_code="11990000000001011Q300", case_number="990101-2026-0042")
INDEX = holder_index(KEY, *HOLDER)


def protection() -> Protection:
    return Protection(lambda: KeyRing.of([bytes(range(16))]), secrets.token_bytes)


@dataclass(frozen=True)
class Kept:
    """The adapters over one database, and a licence in it."""

    url: str
    codes: SqlUseCodes
    mandates: SqlMandates
    identifier: str

    def code(self, kind: CodeKind = CodeKind.AUTHORISATION, **changes: Any) -> UseCode:
        bound = kind is CodeKind.AUTHORISATION
        code = UseCode(
            kind=kind, identifier=self.identifier, type_slug="pesticide-business", region="990101",
            holder_index=INDEX, ground=Ground(mode=UseMode.HOLDER), made_by="holder-1", made_at=AT,
            binding=BINDING if bound else UNBOUND, item_name="取水许可延续" if bound else "",
            forms=frozenset({Form.DATA, Form.FILE}) if bound else frozenset(),
            file_kind="pdf" if kind is CodeKind.DOWNLOAD else "",
        )  # fmt: skip
        return replace(code, **changes)

    def made(self, kind: CodeKind = CodeKind.AUTHORISATION, **changes: Any) -> str:
        token = make_token(secrets.token_bytes)
        self.codes.add(self.code(kind, **changes), token, most=None)
        return token

    def refusal(self, token: str, kind: CodeKind = CodeKind.AUTHORISATION, **changes: Any) -> Refusal | None:
        try:
            self.codes.take(attempt(token, kind, **changes))
        except REFUSALS[kind] as error:
            return error.refusal
        return None


def attempt(token: str, kind: CodeKind = CodeKind.AUTHORISATION, **changes: Any) -> Attempt:
    bound = kind is CodeKind.AUTHORISATION
    wish = Attempt(
        kind=kind, token=token, at=AT, binding=BINDING if bound else UNBOUND, form=Form.DATA if bound else None,
        verifier="" if kind is not CodeKind.SHOW else "client:hall-1",
    )  # fmt: skip
    return replace(wish, **changes)


def mandate(number: str, **changes: Any) -> Mandate:
    made = Mandate(
        id=number, principal=HOLDER, principal_name="张𬱖", agent=AGENT, agent_name="李四",
        types=frozenset({"pesticide-business"}), matter="代办延续", since=AT.date(),
        until=AT.date() + timedelta(days=30), granted_at=AT,
    )  # fmt: skip
    return replace(made, **changes)


def keep(url: str, folder: Path, made: Callable[..., Any]) -> Kept:
    (folder / "files").mkdir(exist_ok=True)
    licence = made()
    store = SqlStore(url, FileStore(folder / "files"), KEY)
    store.add(licence.record, [HOLDER], licence.files)
    store.close()
    return Kept(
        url=url,
        codes=SqlUseCodes(url, KEY, protection()),
        mandates=SqlMandates(url, KEY, protection()),
        identifier=licence.record.identifier,
    )


@pytest.fixture
def kept(database_url: str, tmp_path: Path, made: Callable[..., Any]) -> Iterator[Kept]:
    one = keep(database_url, tmp_path, made)
    yield one
    one.codes.close()
    one.mandates.close()


@pytest.fixture
def on_file(home: Path, made: Callable[..., Any]) -> Iterator[Kept]:
    """The same on SQLite only."""
    one = keep(f"sqlite:///{home}/licences.db", home, made)
    yield one
    one.codes.close()
    one.mandates.close()


def test_a_code_comes_back_whole_and_once(kept: Kept) -> None:
    for kind in CodeKind:
        ground = Ground(mode=UseMode.REPRESENTATIVE, relation="guardian", legal_basis="民法典第三十四条")
        code = kept.code(kind, ground=ground, copy_serial="JZ" if kind is CodeKind.DOWNLOAD else "")
        token = make_token(secrets.token_bytes)
        kept.codes.add(code, token)
        assert kept.codes.take(attempt(token, kind)) == code
        assert kept.refusal(token, kind) is Refusal.USED


@pytest.mark.parametrize("kind", CodeKind)
def test_a_code_ends_with_its_time(on_file: Kept, kind: CodeKind) -> None:
    last = AT + LIFETIMES[kind]
    token = on_file.made(kind)
    assert on_file.refusal(token, kind, at=last) is Refusal.OVER
    assert on_file.refusal(token, kind, at=last - timedelta(microseconds=1)) is None


def test_how_long_codes_count() -> None:
    seconds = {kind.value: lifetime.total_seconds() for kind, lifetime in LIFETIMES.items()}
    assert seconds == {"authorisation": 600, "show": 60, "download": 600}


def test_a_clock_that_runs_behind_is_tolerated_by_one_step(on_file: Kept) -> None:
    token = on_file.made(CodeKind.SHOW)
    early = AT - SHOW_STEP - timedelta(microseconds=1)
    assert on_file.refusal(token, CodeKind.SHOW, at=early) is Refusal.EARLY
    assert on_file.refusal(token, CodeKind.SHOW, at=AT - SHOW_STEP) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"binding": replace(BINDING, client="hall-2")}, Refusal.NOT_BOUND),
        ({"binding": replace(BINDING, item_code="x")}, Refusal.NOT_BOUND),
        ({"binding": replace(BINDING, case_number="x")}, Refusal.NOT_BOUND),
        ({"binding": Binding(client="hall-1|", item_code="", case_number="")}, Refusal.NOT_BOUND),
        ({"may": lambda slug, region: slug != "pesticide-business"}, Refusal.NOT_ALLOWED),
        ({"may": lambda slug, region: region != "990101"}, Refusal.NOT_ALLOWED),
        ({"form": Form.COPY}, Refusal.NOT_THIS_FORM),
        ({"kind": CodeKind.SHOW}, Refusal.UNKNOWN),
    ],
    ids=["client", "item", "case", "glued", "type", "region", "form", "kind"],
)
def test_a_code_counts_for_what_it_was_made_for(on_file: Kept, changes: dict[str, Any], why: Refusal) -> None:
    token = on_file.made()
    assert on_file.refusal(token, **{"kind": CodeKind.AUTHORISATION, **changes}) is why
    assert on_file.refusal(token) is None  # it was not used up


def test_each_verifier_looks_once(kept: Kept) -> None:
    token = kept.made(CodeKind.SHOW)
    looks = ["client:hall-1", "client:hall-2", "client:hall-1", "visit:10.0.0.1 x", "client:hall-2"]
    refusals = [kept.refusal(token, CodeKind.SHOW, verifier=one) for one in looks]
    assert refusals == [None, None, Refusal.USED, None, Refusal.USED]


@pytest.mark.parametrize(
    "handed_in",
    ["{}", " {} ", "http://127.0.0.1:8000/V/S/{}", "http://x/v/s/{}/", "{:.13} {:.0}"],
    ids=["bare", "spaces", "address", "slash", "damaged"],
)
def test_a_code_is_found_however_it_is_handed_in(on_file: Kept, handed_in: str) -> None:
    token = on_file.made(CodeKind.SHOW)
    expected = Refusal.UNKNOWN if handed_in.startswith("{:") else None
    text = handed_in.format(token, "") if expected else handed_in.format(token.lower())
    assert on_file.refusal(text, CodeKind.SHOW) is expected


@given(st.text(max_size=400))
def test_any_text_can_be_handed_in(text: str) -> None:
    assert len(token_digest(CodeKind.SHOW, text)) == 64
    assert len(fold_token(text)) <= 600  # a letter may have three capitals


def test_codes_are_random_and_the_database_holds_their_digest_only(on_file: Kept) -> None:
    tokens = [make_token(secrets.token_bytes) for _ in range(100)]
    assert {len(token) for token in tokens} == {26}
    assert len(set(tokens)) == 100
    token = on_file.made()
    content = b"".join(path.read_bytes() for path in Path(sa.make_url(on_file.url).database or "").parent.glob("*.db*"))
    assert token_digest(CodeKind.AUTHORISATION, token).encode() in content
    for secret in (token, BINDING.case_number, "取水许可延续", HOLDER[1]):
        assert secret.encode() not in content


def test_one_holder_has_a_limited_number_of_codes(on_file: Kept) -> None:
    for _ in range(MAX_LIVE_CODES):
        on_file.codes.add(on_file.code(CodeKind.SHOW), make_token(secrets.token_bytes))
    with pytest.raises(TooManyCodesError):
        on_file.codes.add(on_file.code(CodeKind.SHOW), make_token(secrets.token_bytes))
    on_file.codes.add(on_file.code(CodeKind.DOWNLOAD), make_token(secrets.token_bytes))
    on_file.codes.add(on_file.code(CodeKind.SHOW, made_by="holder-2"), make_token(secrets.token_bytes))
    later = on_file.code(CodeKind.SHOW, made_at=AT + LIFETIMES[CodeKind.SHOW])
    on_file.codes.add(later, make_token(secrets.token_bytes))


def test_of_many_at_once_one_succeeds(kept: Kept) -> None:
    token = kept.made()
    adapters = [SqlUseCodes(kept.url, KEY, protection(), busy_timeout=30) for _ in range(6)]

    def take(codes: SqlUseCodes) -> str:
        try:
            codes.take(attempt(token))
        except CodeRefusedError as error:
            return error.refusal.value
        return "taken"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(take, adapters))
    for one in adapters:
        one.close()
    assert outcomes == ["taken"] + ["used"] * 5


# A process of its own: it waits for the word, and says how that went.
TAKE = """
import sys
from datetime import datetime
from licences import KeyRing, Protection, SqlUseCodes
from licences.access import Attempt, Binding, CodeKind, CodeRefusedError, Form
url, token, at, client, item, case = sys.argv[1:]
codes = SqlUseCodes(url, bytes(range(32)), Protection(lambda: KeyRing.of([bytes(range(16))]), bytes), busy_timeout=30)
wish = Attempt(
    kind=CodeKind.AUTHORISATION, token=token, at=datetime.fromisoformat(at), form=Form.DATA,
    binding=Binding(client=client, item_code=item, case_number=case),
)
print("ready", flush=True)
sys.stdin.readline()
try:
    codes.take(wish)
    print("taken")
except CodeRefusedError as error:
    print(error.refusal.value)
codes.close()
"""


def test_of_two_processes_one_succeeds(kept: Kept) -> None:
    token = kept.made()
    words = (kept.url, token, AT.isoformat(), BINDING.client, BINDING.item_code, BINDING.case_number)
    runs = [Running(*words, code=TAKE, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    assert sorted(run.communicate(timeout=60)[0].strip() for run in runs) == ["taken", "used"]


def refused_attempts(kept: Kept) -> dict[Refusal, Attempt]:
    """An attempt for each reason to refuse an authorisation code."""
    kept.mandates.add(mandate("m1"))
    under = Ground(mode=UseMode.AGENT, mandate="m1")
    used, ended = kept.made(), kept.made(ground=under)
    assert kept.refusal(used) is None
    kept.mandates.withdraw("m1", AT)
    return {
        Refusal.UNKNOWN: attempt(make_token(secrets.token_bytes)),
        Refusal.OVER: attempt(kept.made(), at=AT + LIFETIMES[CodeKind.AUTHORISATION]),
        Refusal.EARLY: attempt(kept.made(), at=AT - timedelta(days=1)),
        Refusal.USED: attempt(used),
        Refusal.NOT_BOUND: attempt(kept.made(), binding=replace(BINDING, client="hall-2")),
        Refusal.NOT_ALLOWED: attempt(kept.made(), may=lambda slug, region: False),
        Refusal.NOT_THIS_FORM: attempt(kept.made(), form=Form.COPY),
        Refusal.MANDATE_OVER: attempt(ended),
    }


def test_every_refusal_says_the_same_and_costs_the_same_work(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = refused_attempts(kept)
    assert attempts.keys() == set(Refusal)
    from licences.sql import code_store

    work: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            work.append(name)
            return function(*given, **named)

        return call

    for name in ("token_digest", "hmac_bytes"):
        monkeypatch.setattr(code_store, name, counted(name, getattr(code_store, name)))
    monkeypatch.setattr(code_store.hmac, "compare_digest", counted("compare", code_store.hmac.compare_digest))
    monkeypatch.setattr(Protection, "reveal", counted("reveal", Protection.reveal))

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        work.append(statement)

    sa.event.listen(kept.codes._engine, "before_cursor_execute", executed)
    done, told = {}, set()
    for why, wish in attempts.items():
        work.clear()
        asked = []

        def may(slug: str, region: str, wish: Attempt = wish, asked: list[int] = asked) -> bool:
            asked.append(1)
            return wish.may(slug, region)

        with pytest.raises(CodeRefusedError) as caught:
            kept.codes.take(replace(wish, may=may))
        assert caught.value.refusal is why
        told.add((type(caught.value), caught.value.code, caught.value.zh, str(caught.value)))
        done[why] = (*work, len(asked))
    sa.event.remove(kept.codes._engine, "before_cursor_execute", executed)
    assert len(told) == 1
    assert len(set(done.values())) == 1, done
    counts = done[Refusal.UNKNOWN]
    assert len([one for one in counts if str(one).startswith("SELECT")]) == 1
    assert [one for one in counts if not str(one).startswith("SELECT")] == [
        "token_digest", "hmac_bytes", "hmac_bytes", "compare", 1
    ]  # fmt: skip


@pytest.mark.soak
def test_every_refusal_takes_the_same_time(on_file: Kept) -> None:
    attempts = refused_attempts(on_file)
    seconds: dict[Refusal, list[float]] = {why: [] for why in attempts}
    for _ in range(1500):
        for why, wish in attempts.items():
            begun = time.perf_counter()
            with pytest.raises(CodeRefusedError):
                on_file.codes.take(wish)
            seconds[why].append(time.perf_counter() - begun)
    medians = {why.value: statistics.median(times) for why, times in seconds.items()}
    print(json.dumps({why: round(value * 1e6, 1) for why, value in medians.items()}))
    # A median that differs by a tenth is far below what a network lets anybody see.
    assert max(medians.values()) < 1.1 * min(medians.values()) + 20e-6, medians


def test_a_code_that_was_changed_in_the_database_is_not_taken(on_file: Kept) -> None:
    changes = {
        "expires_at": AT + timedelta(days=9),
        "binding": on_file.codes._binding(replace(BINDING, client="hall-2")),
        "mandate_id": None,
        "type_slug": "another",
        "region": "990200",
        "forms": "copy,data,file",
        "kind": "show",
        "made_by": "another",
        "made_at": AT - timedelta(seconds=1),
    }
    on_file.mandates.add(mandate("m1"))
    for column, value in changes.items():
        token = on_file.made(ground=Ground(mode=UseMode.AGENT, mandate="m1"))
        with sqlite3.connect(sa.make_url(on_file.url).database or "") as database:
            text = value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
            statement = f"UPDATE use_codes SET {column} = ? WHERE digest = ?"  # noqa: S608
            database.execute(statement, (text, token_digest(CodeKind.AUTHORISATION, token)))
        database.close()
        binding = replace(BINDING, client="hall-2") if column == "binding" else BINDING
        with pytest.raises(StoreUnavailableError):
            on_file.codes.take(attempt(token, binding=binding))


def test_a_mandate_that_was_withdrawn_or_ended_is_not_revived_in_the_database(on_file: Kept) -> None:
    day = AT.date()
    on_file.mandates.add(mandate("taken-back", until=day))
    on_file.mandates.add(mandate("over", until=day))
    under = {one: Ground(mode=UseMode.AGENT, mandate=one) for one in ("taken-back", "over")}
    tokens = {one: on_file.made(ground=ground, made_at=AT) for one, ground in under.items()}
    late = AT + timedelta(days=1)
    late_token = on_file.made(ground=under["over"], made_at=late)
    assert on_file.mandates.withdraw("taken-back", AT) == mandate("taken-back", until=day, withdrawn_at=AT)
    assert on_file.refusal(tokens["taken-back"]) is Refusal.MANDATE_OVER
    with sqlite3.connect(sa.make_url(on_file.url).database or "") as database:
        database.execute("UPDATE mandates SET withdrawn_at = NULL, until = '2099-12-31'")
    database.close()
    assert [one.withdrawn_at for one in on_file.mandates.of_agent(AGENT) if one.id == "taken-back"] == [AT]
    assert {one.until for one in on_file.mandates.of_agent(AGENT)} == {day}
    for token, at in ((tokens["taken-back"], AT), (late_token, late)):
        with pytest.raises(StoreUnavailableError):
            on_file.codes.take(attempt(token, at=at))
    with pytest.raises(MandateNotFoundError):
        on_file.mandates.withdraw("taken-back", AT)
    assert on_file.refusal(tokens["over"]) is None


def test_what_is_over_is_swept_with_its_uses(kept: Kept) -> None:
    old, new = kept.made(CodeKind.SHOW), kept.made(CodeKind.SHOW, made_at=AT + timedelta(hours=12))
    assert kept.refusal(old, CodeKind.SHOW) is None
    assert kept.codes.sweep(AT) == 0
    assert kept.codes.sweep(AT + timedelta(hours=1)) == 1
    assert kept.refusal(old, CodeKind.SHOW) is Refusal.UNKNOWN
    assert kept.refusal(new, CodeKind.SHOW, at=AT + timedelta(hours=12)) is None


def test_whoever_makes_a_code_sweeps_what_was_over_for_a_day(kept: Kept) -> None:
    last = LIFETIMES[CodeKind.SHOW] + CODE_KEPT
    old, edge = kept.made(CodeKind.SHOW), kept.made(CodeKind.SHOW, made_at=AT + timedelta(microseconds=1))
    kept.made(CodeKind.SHOW, made_at=AT + last + timedelta(microseconds=1))
    found = [kept.refusal(token, CodeKind.SHOW, at=AT + last) for token in (old, edge)]
    assert found == [Refusal.UNKNOWN, Refusal.OVER]


class Uses(RuleBasedStateMachine):
    """Codes and mandates against a model of them in a few lines."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept
        self.now = AT
        self.tokens: dict[str, UseCode] = {}
        self.uses: set[tuple[str, str]] = set()
        self.principal = "099", secrets.token_hex(8)
        self.ends: dict[str, datetime] = {}
        """When each mandate ended, or will."""

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61, 300, 599, 600, 86400]))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(days=st.integers(0, 2))
    def entrust(self, days: int) -> None:
        number = secrets.token_hex(16)
        day = self.now.astimezone(CHINA).date()
        until = day + timedelta(days=days)
        entrusted = mandate(number, principal=self.principal, since=day, until=until, granted_at=self.now)
        self.kept.mandates.add(entrusted)
        self.ends[number] = datetime(until.year, until.month, until.day, tzinfo=CHINA) + timedelta(days=1)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([*self.ends, "none"]))
        before = None if number == "none" else self.kept.mandates.get(number).withdrawn_at
        if number == "none" or before is not None:
            with pytest.raises(MandateNotFoundError):
                self.kept.mandates.withdraw(number, self.now)
            return
        assert self.kept.mandates.withdraw(number, self.now).withdrawn_at == self.now
        self.ends[number] = min(self.ends[number], self.now)

    @rule(data=st.data(), kind=st.sampled_from(CodeKind))
    def make(self, data: st.DataObject, kind: CodeKind) -> None:
        number = data.draw(st.sampled_from(["", *self.ends]))
        ground = Ground(mode=UseMode.AGENT, mandate=number) if number else Ground(mode=UseMode.HOLDER)
        token = make_token(secrets.token_bytes)
        self.tokens[token] = self.kept.code(kind, ground=ground, made_at=self.now)
        self.kept.codes.add(self.tokens[token], token, most=None)

    @rule(
        data=st.data(),
        kind=st.sampled_from(CodeKind),
        verifier=st.sampled_from(["", "one", "two"]),
        client=st.sampled_from(["hall-1", "hall-1", "hall-2"]),
    )
    def take(self, data: st.DataObject, kind: CodeKind, verifier: str, client: str) -> None:
        token = data.draw(st.sampled_from([*self.tokens, "A" * 26]))
        code = self.tokens.get(token)
        wish = attempt(token, kind, at=self.now, verifier=verifier)
        if kind is CodeKind.AUTHORISATION:
            wish = replace(wish, binding=replace(BINDING, client=client))
        good = (
            code is not None
            and code.kind is kind
            and self.now < code.made_at + LIFETIMES[kind]
            and (token, verifier) not in self.uses
            and (kind is not CodeKind.AUTHORISATION or client == "hall-1")
            and (not code.ground.mandate or self.now < self.ends[code.ground.mandate])
        )
        if good:
            assert self.kept.codes.take(wish) == code
            self.uses.add((token, verifier))
        else:
            with pytest.raises(REFUSALS[kind]):
                self.kept.codes.take(wish)

    @rule()
    def sweep(self) -> None:
        over = [token for token, code in self.tokens.items() if code.expires_at < self.now]
        self.kept.codes.sweep(self.now)
        for token in over:
            del self.tokens[token]


def test_codes_and_mandates_keep_their_rules(on_file: Kept) -> None:
    run_state_machine_as_test(
        lambda: Uses(on_file), settings=settings(max_examples=10, stateful_step_count=20, deadline=None)
    )  # type: ignore[no-untyped-call]


@pytest.mark.soak
def test_codes_and_mandates_keep_their_rules_for_long(kept: Kept) -> None:
    counts = settings(max_examples=400, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(lambda: Uses(kept), settings=counts)  # type: ignore[no-untyped-call]
