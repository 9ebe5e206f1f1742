"""Whether the trail is as it was written: every entry, batch and checkpoint, and the histories that it tells of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from .chain import (
    DRAFT_SOURCE,
    EVENT_SOURCE,
    FOREIGN_ENTRY,
    NO_DIGEST,
    Batch,
    Checkpoint,
    StoredEntry,
    batch_digest,
    batch_mark,
    entry_mark,
    gaps,
    header_of,
)
from .chain_findings import (
    MIN_RETENTION,
    HistoryRow,
    SignedEnd,
    TrailFault,
    TrailFaultKind,
    TrailReport,
    TrailRows,
)
from .entry_texts import entry_from, repeats
from .trail import TrailKind

_BATCHES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """Where the chain begins that is looked at: after this batch."""

    batch: int
    last: int
    events_to: int
    digest: str
    chained_at: datetime | None


def check_trail(
    rows: TrailRows,
    key: bytes,
    signed: Sequence[SignedEnd],
    *,
    reached: Batch | None,
    since: datetime | None = None,
    progress: Callable[[int], None] = lambda _entries: None,
) -> TrailReport:
    """Look at the whole trail, or from the last signed checkpoint before `since` on.

    `key` is that of the index; `signed` are all checkpoints that were found; `reached` is a batch that the chain is
    known to have reached.
    """
    return _Check(rows, key, signed, reached, progress).run(since)


class _Check:
    def __init__(
        self,
        rows: TrailRows,
        key: bytes,
        signed: Sequence[SignedEnd],
        reached: Batch | None,
        progress: Callable[[int], None],
    ) -> None:
        self._rows, self._key, self._reached, self._progress = rows, key, reached, progress
        self._report = TrailReport()
        self._ends: dict[int, Checkpoint] = {}
        for end in signed:
            if end.statement is None:
                self._report.tell(TrailFaultKind.CHECKPOINT_UNTRUSTED, 0, 0, f"{end.place}: {end.fault}")
            elif end.batch != end.statement.batch:
                detail = f"{end.place}: it is about batch {end.statement.batch}"
                self._report.tell(TrailFaultKind.CHECKPOINT_UNTRUSTED, 0, 0, detail)
            else:
                self._ends[end.batch] = end.statement

    def run(self, since: datetime | None) -> TrailReport:
        report = self._report
        first, last = self._rows.span()
        newest = 0 if last is None else last.number
        self._check_reached(newest, last)
        if first is None or last is None:
            self._check_tail(0)
            return report
        start = self._start(first, since)
        report.first, report.last, report.newest_at = start.last + 1, last.last, last.chained_at
        if since is None:
            for sequence in self._rows.outside(start.last + 1):
                report.tell(TrailFaultKind.ENTRY_ADDED, sequence, sequence, "before the first entry")
        events = _Events(self._rows, start.events_to + 1, last.events_to, report)
        previous = start
        for number in self._stations(start.batch, newest):
            previous = self._segment(previous, number, events)
        events.end()
        for source in self._rows.untraced_steps(start.chained_at):
            report.tell(TrailFaultKind.EVENT_UNTRACED, 0, 0, source)
        self._check_tail(last.last)
        return report

    def _stations(self, start: int, newest: int) -> list[int]:
        """The batches up to which is looked at once: those with a checkpoint, and some between them if need be."""
        signed = {end for end in self._ends if start < end <= newest}
        return sorted(signed | {*range(start + _BATCHES_AT_ONCE, newest, _BATCHES_AT_ONCE), newest} - {start})

    def _check_reached(self, newest: int, last: Batch | None) -> None:
        """The end of the chain, against every place that it is known to have reached."""
        known = [(end.batch, end.last, end.digest, "a signed checkpoint") for end in self._ends.values()]
        if self._reached is not None:
            batch = self._reached
            if batch_mark(self._key, header_of(batch), batch.digest) != batch.mark:
                self._report.tell(TrailFaultKind.END_MISSING, 0, 0, "the file about the end of the chain was changed")
            else:
                known.append((batch.number, batch.last, batch.digest, "the file about its end"))
                if batch.number <= newest:
                    there = next(self._rows.batches(batch.number, batch.number), None)
                    if there is not None and there.digest != batch.digest:
                        detail = f"batch {batch.number} is not the one that {known[-1][3]} tells of"
                        self._report.tell(TrailFaultKind.BATCH_CHANGED, there.first, there.last, detail)
        beyond = [one for one in known if one[0] > newest]
        if beyond:
            number, sequence, _, word = max(beyond)
            after = 0 if last is None else last.last
            detail = f"the chain ends with batch {newest}; {word} tells of batch {number}"
            self._report.tell(TrailFaultKind.END_MISSING, after + 1, sequence, detail)

    def _start(self, first: Batch, since: datetime | None) -> _Start:
        signed = [end for end in self._ends.values() if since is not None and end.at <= since]
        for end in sorted(signed, key=lambda one: one.batch, reverse=True):
            batch = next(self._rows.batches(end.batch, end.batch), None)
            if batch is not None and batch.digest == end.digest:
                self._vouch(end)
                return _after(batch)
        pruned = [
            pruning
            for entry, pruning in self._rows.prunings()
            if entry_mark(self._key, entry.sequence, entry.content) == entry.mark
        ]
        if pruned:
            newest = max(pruned, key=lambda one: one.through)
            self._report.pruned = newest.through
            if newest.at - newest.chained_at < MIN_RETENTION:
                detail = f"deleted {newest.at.isoformat()}, chained {newest.chained_at.isoformat()}"
                self._report.tell(TrailFaultKind.PRUNED_TOO_EARLY, 1, newest.through, detail)
            if (first.number, first.digest) == (newest.batch, newest.digest):
                return _after(first)
            # The rest hangs on what the entry says, whatever became of the batch.
            detail = f"batch {newest.batch}, the last one before the entries that are kept"
            self._report.tell(TrailFaultKind.BATCH_CHANGED, 0, 0, detail)
            return _Start(
                batch=newest.batch, last=newest.through, events_to=first.events_to, digest=newest.digest,
                chained_at=newest.chained_at,
            )  # fmt: skip
        return _Start(batch=0, last=0, events_to=0, digest=NO_DIGEST, chained_at=None)

    def _segment(self, start: _Start, number: int, events: "_Events") -> _Start:
        """Look at the batches up to this one, which a checkpoint tells of or which is the last."""
        end = self._ends.get(number)
        found = _Segment(self._rows, self._key, start, number, end, with_marks=end is None)
        found.read(events, self._progress)
        differs = end is not None and found.end.digest != end.digest
        if end is not None and (found.faults or differs):
            # Somebody was here: what this program made is told from what it did not make.
            found = _Segment(self._rows, self._key, start, number, end, with_marks=True)
            found.read(None, lambda _entries: None)
        for fault in found.faults:
            self._report.tell(fault.kind, fault.first, fault.last, fault.detail)
        if end is not None and differs and not found.faults:
            detail = f"batches {start.batch + 1} to {number}"
            self._report.tell(TrailFaultKind.CHECKPOINT_DIFFERS, start.last + 1, found.end.last, detail)
        elif end is not None and not found.faults:
            self._vouch(end)
        self._report.entries += found.entries
        self._report.batches += found.batches
        return found.end

    def _vouch(self, end: Checkpoint) -> None:
        if end.last >= self._report.signed:
            self._report.signed, self._report.signed_at = end.last, end.at

    def _check_tail(self, last: int) -> None:
        """What is not chained yet."""
        numbers = []
        for entry in self._rows.entries(last + 1, None):
            numbers.append(entry.sequence)
            self._report.unchained += 1
            if entry_mark(self._key, entry.sequence, entry.content) != entry.mark:
                self._report.tell(TrailFaultKind.ENTRY_ADDED, entry.sequence, entry.sequence, "not chained yet")
            elif not repeats(entry.content, entry.columns):
                self._report.tell(TrailFaultKind.COLUMNS_DIFFER, entry.sequence, entry.sequence)
        if numbers:
            for first, to in gaps(numbers, last + 1, numbers[-1]):
                self._report.tell(TrailFaultKind.ENTRY_MISSING, first, to, "not chained yet")


class _Segment:
    """One pass over the batches between two checkpoints."""

    def __init__(
        self, rows: TrailRows, key: bytes, start: _Start, number: int, end: Checkpoint | None, *, with_marks: bool
    ) -> None:
        self._rows, self._key, self._number, self._with_marks = rows, key, number, with_marks
        self._signed = end
        self.faults: list[TrailFault] = []
        self.entries = self.batches = 0
        self.end = start

    def read(self, events: "_Events | None", progress: Callable[[int], None]) -> None:
        """Read the rows; `events` compares what the entries tell of the histories."""
        batches = list(self._rows.batches(self.end.batch + 1, self._number))
        bounds = [
            *(min(one.last, after.first - 1) for one, after in pairwise(batches)),
            *(one.last for one in batches[-1:]),
        ]
        entries = self._rows.entries(self.end.last + 1, bounds[-1] if bounds else self.end.last)
        waiting = next(entries, None)
        for batch, bound in zip(batches, bounds, strict=True):
            own = []
            while waiting is not None and waiting.sequence <= bound:
                own.append(waiting)
                waiting = next(entries, None)
            self._look(batch, own)
            if events is not None:
                events.compare(own)
                progress(len(own))
            self.batches += 1
            self.entries += len(own)
            self.end = _after(batch)
        if self._signed is not None and self.end.batch != self._number:
            end = self._signed
            detail = f"batches {self.end.batch + 1} to {self._number}"
            self._tell(TrailFaultKind.BATCH_MISSING, self.end.last + 1, end.last, detail)
            self.end = replace(self.end, batch=self._number, last=end.last, digest=end.digest)

    def _look(self, batch: Batch, found: Sequence[StoredEntry]) -> None:
        own = [one for one in found if one.sequence >= batch.first]
        if batch.number != self.end.batch + 1:
            detail = f"batches {self.end.batch + 1} to {batch.number - 1}"
            self._tell(TrailFaultKind.BATCH_MISSING, self.end.last + 1, batch.first - 1, detail)
        elif batch.first != self.end.last + 1:
            detail = f"batch {batch.number} begins elsewhere"
            self._tell(TrailFaultKind.BATCH_CHANGED, batch.first, batch.last, detail)
        whole = len(own) == batch.last - batch.first + 1
        if not whole:
            for first, last in gaps((one.sequence for one in own), batch.first, batch.last):
                self._tell(TrailFaultKind.ENTRY_MISSING, first, last, f"batch {batch.number}")
        self._look_at_digest(batch, own, whole=whole)
        for entry in own:
            if not repeats(entry.content, entry.columns):
                self._tell(TrailFaultKind.COLUMNS_DIFFER, entry.sequence, entry.sequence)
            elif FOREIGN_ENTRY in entry.content:
                self._tell_foreign(entry)

    def _look_at_digest(self, batch: Batch, own: Sequence[StoredEntry], *, whole: bool) -> None:
        header = header_of(batch)
        digest = batch_digest(self.end.digest, header, ((one.sequence, one.content) for one in own))
        marked = not self._with_marks or batch_mark(self._key, header, batch.digest) == batch.mark
        if digest == batch.digest and marked:
            return
        changed = [one for one in own if entry_mark(self._key, one.sequence, one.content) != one.mark]
        for entry in changed:
            self._tell(TrailFaultKind.ENTRY_CHANGED, entry.sequence, entry.sequence)
        # What is missing or changed explains another digest, but not a mark that this program did not make.
        if not marked or (whole and not changed):
            self._tell(TrailFaultKind.BATCH_CHANGED, batch.first, batch.last, f"batch {batch.number}")

    def _tell_foreign(self, entry: StoredEntry) -> None:
        try:
            told = entry_from(entry.content)
            first, last, count = (int(told.details[name]) for name in ("first", "last", "count"))
        except (ValueError, KeyError):
            return  # it only has the word in it
        if (told.kind, told.code) == (TrailKind.OPERATION, FOREIGN_ENTRY):
            detail = f"{count} found when they were chained, as entry {entry.sequence} says"
            self._tell(TrailFaultKind.ENTRY_ADDED, first, last, detail)

    def _tell(self, kind: TrailFaultKind, first: int, last: int, detail: str = "") -> None:
        self.faults.append(TrailFault(kind=kind, first=first, last=last, detail=detail))


class _Events:
    """Compares the entries about acts and steps with the histories, the acts in their order."""

    def __init__(self, rows: TrailRows, first: int, last: int, report: TrailReport) -> None:
        self._rows = rows
        self._events = rows.events(first, last)
        self._report = report
        self._next = next(self._events, None)

    def compare(self, own: Iterable[StoredEntry]) -> None:
        """Compare the entries of one batch."""
        steps: dict[str, StoredEntry] = {}
        for entry in own:
            if not entry.columns[-1]:
                continue
            kind, _, name = entry.source.partition(":")
            if f"{kind}:" == EVENT_SOURCE and name.isdecimal():
                self._compare_event(entry, int(name))
            elif f"{kind}:" == DRAFT_SOURCE:
                steps[entry.source] = entry
        there = self._rows.steps(list(steps)) if steps else {}
        for source, entry in steps.items():
            self._compare_with(entry, there.get(source))

    def _compare_event(self, entry: StoredEntry, number: int) -> None:
        while self._next is not None and self._next.number < number:
            self._untraced(self._next)
        found = self._next
        if found is not None and found.number == number:
            self._next = next(self._events, None)
            self._compare_with(entry, found.digest)
        else:
            self._compare_with(entry, None)

    def _compare_with(self, entry: StoredEntry, digest: str | None) -> None:
        if digest is None:
            self._report.tell(TrailFaultKind.EVENT_MISSING, entry.sequence, entry.sequence, entry.source)
        elif f'"row":"{digest}"' not in entry.content:
            self._report.tell(TrailFaultKind.EVENT_CHANGED, entry.sequence, entry.sequence, entry.source)

    def end(self) -> None:
        """Tell of the acts that should have entries after the last one."""
        while self._next is not None:
            self._untraced(self._next)

    def _untraced(self, event: HistoryRow) -> None:
        self._report.tell(TrailFaultKind.EVENT_UNTRACED, 0, 0, event.source)
        self._next = next(self._events, None)


def _after(batch: Batch) -> _Start:
    return _Start(
        batch=batch.number,
        last=batch.last,
        events_to=batch.events_to,
        digest=batch.digest,
        chained_at=batch.chained_at,
    )
