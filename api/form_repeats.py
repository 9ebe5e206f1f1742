"""Forms that are sent twice: somebody who clicks twice, or whose browser asks again, has one wish."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi.responses import RedirectResponse, Response

from keys import hash_bytes

REPEAT_SECONDS = 5.0
"""After the first one was answered; until then the second one waits."""
MAX_FORMS = 1000
"""That are remembered; the oldest are forgotten first."""


class _Sent:
    """A form that was sent."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.led_to = ""
        self.until = 0.0


class FormRepeats:
    """Where forms of this process led to a moment ago, by digests of who sent them and what was in them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._forms: OrderedDict[bytes, _Sent] = OrderedDict()

    def once(self, content: object, act: Callable[[], Response]) -> Response:
        """Do what a form asks for; the same `content` again leads to the same page, and nothing is done.

        Only what was done is remembered, and that answers with a redirection: what was refused is tried again.
        """
        sent = self._find(hash_bytes("sm3", repr(content).encode("utf-8", "surrogatepass")))
        with sent.lock:
            if self._clock() < sent.until:
                return RedirectResponse(sent.led_to, status_code=303)
            response = act()
            if response.status_code == 303:
                sent.led_to, sent.until = response.headers["location"], self._clock() + REPEAT_SECONDS
            return response

    def _find(self, digest: bytes) -> _Sent:
        with self._guard:
            sent = self._forms.pop(digest, None) or _Sent()
            self._forms[digest] = sent
            if len(self._forms) > MAX_FORMS:
                self._forms.popitem(last=False)
            return sent
