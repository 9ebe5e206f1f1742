"""Which materials of an item need not be submitted (免提交), and yes or no to an item's questions.

Nothing is looked at that the caller has no grant for, so that no answer can depend on it. Sources elsewhere are asked
only where our own store does not suffice.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from esign import CHINA, Rows, structured_from_bytes
from licences.access import Caller, Operation, Purpose, region_of
from licences.catalogue import Catalogue
from licences.errors import InvalidFieldError, InvalidHolderError, LicenceNotFoundError, StoreUnavailableError
from licences.holder_links import HolderLinks, linked_codes
from licences.holders import check_holder, look_at_holder
from licences.lifecycle import Status
from licences.store import HolderKey, LicenceStore, Record, word_of

from .answers import REASONS, MaterialAnswer, MaterialState, reason_of
from .conditions import Candidate, Fields, Finding, judge
from .errors import SourceUnavailableError
from .items import Acceptance, Material, Party, Predicate, ServiceItem
from .sources import FoundElsewhere, LicenceSource

MAX_WAITING_SECONDS: Final = 6.0
"""For sources in one question: who has not been asked by then counts as down. Somebody stands at the counter."""
_UNKNOWN = (Finding.SOURCE_DOWN, Finding.UNDECIDED, Finding.NOT_GRANTED)
_NEARNESS = list(Finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who applies, and who does so for them."""

    applicant: HolderKey
    agent: HolderKey | None = None


def parties_from(store: LicenceStore, applicant: HolderKey, agent: HolderKey | None) -> Parties:
    """Put codes into their normal form; InvalidFieldError for one that fails its checks and has no licence."""
    return Parties(
        applicant=_normal(store, applicant, "/applicant"),
        agent=None if agent is None else _normal(store, agent, "/agent"),
    )


def _normal(store: LicenceStore, key: HolderKey, pointer: str) -> HolderKey:
    try:
        kind, code = key[0], look_at_holder(*key).code
        # Old licences bear codes that fail their checks; without any, it is a slip of the hand.
        return (kind, code) if store.of_holder(kind, code) else (kind, check_holder(*key))
    except InvalidHolderError as error:
        member = "kind" if error.code == "HOLDER_KIND_UNKNOWN" else "code"
        raise InvalidFieldError(f"{pointer}/{member}", error.code) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateAnswer:
    """Yes, no or not known."""

    holds: bool | None
    finding: Finding
    """For the trail; callers are told why only when it is not known."""
    licence: Candidate | None = None
    """The one by which it was decided, for the trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChecker:
    """Answers for items. It keeps nothing between two questions, also of what others answered."""

    store: LicenceStore
    links: HolderLinks
    catalogue: Catalogue
    clock: Callable[[], float]
    """Gives seconds that only ever grow."""
    sources: tuple[LicenceSource, ...] = ()

    def check(
        self, item: ServiceItem, parties: Parties, caller: Caller, purpose: Purpose, *, at: datetime
    ) -> tuple[MaterialAnswer, ...]:
        """Answer for every material, in the order of the item; StoreUnavailableError."""
        asking = _Asking(checker=self, parties=parties, caller=caller, purpose=purpose, at=at)
        return _with_alternatives([_answer(material, asking) for material in item.materials])

    def ask(
        self, predicate: Predicate, parties: Parties, caller: Caller, purpose: Purpose, *, at: datetime
    ) -> PredicateAnswer:
        """Answer one question; StoreUnavailableError."""
        asking = _Asking(checker=self, parties=parties, caller=caller, purpose=purpose, at=at)
        finding, licence = asking.best([predicate.accepts])
        holds = None if finding in _UNKNOWN else finding is Finding.HELD
        return PredicateAnswer(holds=holds, finding=finding, licence=licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One question, with what was learnt on the way."""

    checker: RequirementChecker
    parties: Parties
    caller: Caller
    purpose: Purpose
    at: datetime
    down: dict[str, None] = field(default_factory=dict)
    """Names of sources that did not answer: they are not asked again in this question."""
    waited: list[float] = field(default_factory=list)
    """Seconds for each question to a source."""
    _own: dict[HolderKey, tuple[Record, ...]] = field(default_factory=dict)
    _told: dict[tuple[str, HolderKey, str], tuple[FoundElsewhere, ...]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return self.at.astimezone(CHINA).date()

    def best(self, accepts: Iterable[Acceptance]) -> tuple[Finding, Candidate | None]:
        """Return what is nearest to enough. Nothing but what holds, or has to be looked at, is named."""
        wanted = list(accepts)
        granted = [one for one in wanted if self._may(one.type_slug, None)]
        found = [pair for one in granted for pair in self._judged(one, self._local(one))]
        if not any(finding is Finding.HELD for finding, _ in found):
            for one in granted:
                found += self._judged(one, self._elsewhere(one))
                if any(source.name in self.down for source in self._sources(one)):
                    found.append((Finding.SOURCE_DOWN, None))
        found += [(Finding.NOT_GRANTED, None)] * (len(granted) < len(wanted))
        if not found:
            everywhere = all(self._everywhere(one.type_slug) for one in granted)
            return (Finding.NONE if everywhere else Finding.NONE_IN_SCOPE), None
        finding, licence = min(found, key=_rank)
        return finding, licence if finding in (Finding.HELD, Finding.UNDECIDED) else None

    def _judged(self, wanted: Acceptance, licences: Iterator[Candidate]) -> list[tuple[Finding, Candidate | None]]:
        return [(judge(wanted, one, self.day), one) for one in licences]

    def _local(self, wanted: Acceptance) -> Iterator[Candidate]:
        for party, key in self._keys(wanted, linked=True):
            for record in self._records(key):
                if record.type_slug != wanted.type_slug or not self._may(record.type_slug, record.issuer_code):
                    continue
                status = self.checker.store.status(record.identifier, self.at)
                if status is None or status.value is Status.REPLACED:
                    continue
                yield Candidate(
                    identifier=record.identifier,
                    type_slug=record.type_slug,
                    edition=record.type_version,
                    issuer_code=record.issuer_code,
                    party=party,
                    state=word_of(record, status),
                    valid_to=_last_day(record, status.extended_to),
                    fields=partial(own_fields, self.checker.store, self.checker.catalogue, record),
                )

    def _elsewhere(self, wanted: Acceptance) -> Iterator[Candidate]:
        for source in self._sources(wanted):
            for party, key in self._keys(wanted, linked=False):
                for one in self._tell(source, key, wanted.type_slug):
                    # Of what is ours we know more than whoever it was handed to.
                    if self._may(one.type_slug, one.issuer_code) and not self._is_ours(one.identifier):
                        yield _candidate(source.name, party, one)

    def _is_ours(self, identifier: str) -> bool:
        try:
            self.checker.store.get(identifier)
        except LicenceNotFoundError:
            return False
        return True

    def _tell(self, source: LicenceSource, key: HolderKey, slug: str) -> tuple[FoundElsewhere, ...]:
        question = (source.name, key, slug)
        if source.name in self.down:
            return ()
        if question not in self._told:
            if sum(self.waited) >= MAX_WAITING_SECONDS:
                self.down[source.name] = None
                return ()
            begun = self.checker.clock()
            try:
                self._told[question] = source.licences_of(key, slug, self.purpose, at=self.at)
            except SourceUnavailableError:
                self.down[source.name] = None
                return ()
            finally:
                self.waited.append(self.checker.clock() - begun)
        return self._told[question]

    def _sources(self, wanted: Acceptance) -> list[LicenceSource]:
        return [source for source in self.checker.sources if source.gives(wanted.type_slug)]

    def _keys(self, wanted: Acceptance, *, linked: bool) -> Iterator[tuple[Party, HolderKey]]:
        if Party.APPLICANT in wanted.parties:
            yield Party.APPLICANT, self.parties.applicant
        if linked and Party.LINKED in wanted.parties:
            for one in linked_codes(self.checker.links, *self.parties.applicant):
                yield Party.LINKED, (one.kind, one.code)
        if Party.AGENT in wanted.parties and self.parties.agent is not None:
            yield Party.AGENT, self.parties.agent

    def _records(self, key: HolderKey) -> tuple[Record, ...]:
        if key not in self._own:
            self._own[key] = self.checker.store.of_holder(*key)
        return self._own[key]

    def _may(self, slug: str, issuer_code: str | None) -> bool:
        region = None if issuer_code is None else region_of(issuer_code)
        return self.caller.may(Operation.CHECK_REQUIREMENTS, type_slug=slug, region=region)

    def _everywhere(self, slug: str) -> bool:
        return any(
            grant.regions is None and grant.covers(Operation.CHECK_REQUIREMENTS, slug, None)
            for grant in self.caller.grants
        )


def own_fields(store: LicenceStore, catalogue: Catalogue, record: Record) -> Fields | None:
    """Read the fields of a licence of ours; None when its file or its type's version is not to be had."""
    versions = {one.version: one for one in catalogue.versions(record.type_slug)}
    if record.type_version not in versions:
        return None
    try:
        licence = structured_from_bytes(store.file(record, "json"))
    except StoreUnavailableError as error:
        if error.code not in ("FILE_DAMAGED", "PROTECTED_DATA_DAMAGED"):
            raise
        return None
    return Fields(
        known=frozenset(one.key for one in versions[record.type_version].fields),
        values={one.key: _texts(one.value) for one in licence.fields},
    )


def _texts(value: str | Rows) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(cell for row in value.rows for cell in row)


def _candidate(source: str, party: Party, one: FoundElsewhere) -> Candidate:
    told = Fields(known=frozenset(one.values), values={key: (value,) for key, value in one.values.items()})

    def read() -> Fields:
        return told

    return Candidate(
        identifier=one.identifier,
        type_slug=one.type_slug,
        edition=None,
        issuer_code=one.issuer_code,
        party=party,
        state=one.state,
        valid_to=one.valid_to,
        end_known=one.end_known,
        source=source,
        fields=read,
    )


def _last_day(record: Record, extended_to: date | None) -> date | None:
    return None if record.valid_to is None else max(record.valid_to, extended_to or record.valid_to)


def _rank(pair: tuple[Finding, Candidate | None]) -> tuple[int, bool, int, str]:
    """What is nearest first; among equals our own, and of those the one that lasts longest."""
    finding, licence = pair
    if licence is None:
        return _NEARNESS.index(finding), False, 0, ""
    lasts = date.max if licence.valid_to is None else licence.valid_to
    return _NEARNESS.index(finding), bool(licence.source), -lasts.toordinal(), licence.identifier


def _answer(material: Material, asking: _Asking) -> MaterialAnswer:
    if not material.accepts:
        return MaterialAnswer(material=material, reason=REASONS["NOT_SHAREABLE"])
    finding, licence = asking.best(material.accepts)
    down = tuple(asking.down) if finding is Finding.SOURCE_DOWN else ()
    return MaterialAnswer(material=material, reason=reason_of(finding), licence=licence, sources_down=down)


def _with_alternatives(answers: list[MaterialAnswer]) -> tuple[MaterialAnswer, ...]:
    """Of materials that stand for each other one is enough; while one is not known, no other has to be submitted."""
    for word in {one.material.alternative for one in answers if one.material.alternative}:
        group = [place for place, one in enumerate(answers) if one.material.alternative == word]
        states = {answers[place].state for place in group}
        unknown = next((answers[place] for place in group if answers[place].state is MaterialState.UNKNOWN), None)
        for place in group:
            one = answers[place]
            if MaterialState.SATISFIED in states and one.state is not MaterialState.SATISFIED:
                answers[place] = MaterialAnswer(material=one.material, reason=REASONS["OTHER_MATERIAL"])
            elif one.state is MaterialState.TO_SUBMIT and unknown is not None:
                answers[place] = replace(one, reason=unknown.reason, sources_down=unknown.sources_down)
    return tuple(answers)
