"""How often something may be asked about one holder or licence in 24 hours, counted in the trail.

Another process, or the same one after a restart, counts the same entries. Whoever answers records first and looks at
the limit then: of many at once no more get an answer than one after the other.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from licences.supervision import Trail, TrailEntry, TrailQuestion

from .errors import RateLimitedError
from .limiting import HOUR, Buckets
from .messages import Message

WINDOW: Final = timedelta(hours=24)
_PAGE = 1000
_AGAIN_SECONDS = 3600

Counts = Callable[[TrailEntry], bool]


class QuestionLimit:
    """One kind of question, and how many of it are answered to one office."""

    def __init__(self, most: int, message: Message) -> None:
        self._most = most
        self._message = message
        # Refusals without end would fill the trail: one of each kind in an hour tells an auditor enough.
        self._told = Buckets(1, HOUR)

    def require(
        self, trail: Trail, question: TrailQuestion, counts: Counts, *, answered: bool, refuse: Callable[[], None]
    ) -> None:
        """Raise RateLimitedError when there is no answer left, after `refuse` has put that into the trail.

        `answered` says that the answer which is about to be given is recorded already.
        """
        if self._count(trail, question, counts) < self._most + answered:
            return
        if self._told.take((question.office_code, question.holder_index, question.identifier)):
            refuse()
        raise RateLimitedError(self._message.zh, self._message.en, seconds=_AGAIN_SECONDS)

    def _count(self, trail: Trail, question: TrailQuestion, counts: Counts) -> int:
        """Count entries of the last 24 hours, no further than is needed."""
        found = 0
        while True:
            page = trail.entries(question, limit=_PAGE)
            found += sum(counts(one.entry) for one in page)
            if len(page) < _PAGE or found > self._most:
                return found
            question = _after(question, page[-1].sequence)


def _after(question: TrailQuestion, sequence: int) -> TrailQuestion:
    return TrailQuestion(
        kind=question.kind,
        office_code=question.office_code,
        identifier=question.identifier,
        holder_index=question.holder_index,
        since=question.since,
        after=sequence,
    )
