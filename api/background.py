"""What a server does beside answering, in a thread of its own."""

import contextlib
import threading
from collections.abc import Callable, Iterator

SHUTDOWN_SECONDS = 10
"""For what is under way when the server stops."""


@contextlib.contextmanager
def in_background(name: str, work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Have work done until the end of the block, when the event is set that it is given.

    What it may leave behind must be whole: it is not waited for without end.
    """
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=SHUTDOWN_SECONDS)
