"""Keeping the trail: chaining what is new every second, and signing where the chain ends every hour.

What is signed lies in the database and in `audit/` of the home, and so does where the chain ended last: somebody who
has only the database cannot cut off its end.
"""

import base64
import json
import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from esign import EsignError, sign_detached
from keys import KeysError, Signer
from licences import LicencesError
from licences.supervision import (
    CHECKPOINT_PERIOD,
    Batch,
    TrailChain,
    TrailState,
    checkpoint_text,
    instant_text,
)

from .background import in_background
from .errors import ApiError, CannotWriteError, InputNotFoundError
from .inputs import read_file
from .output import StagedFiles
from .problems import problem_of
from .system_words import why_unwritten

POLL_SECONDS = 1.0
RETRY = timedelta(seconds=10)
REST = 4
"""How many times as long as the last batch took nobody makes the next one: at most a fifth of one processor."""
MAX_CHECKPOINT_BYTES = 128 * 1024
HEAD = "head.json"
_FOLDER = "checkpoints"
_SUFFIX = ".checkpoint"
_NEVER = Batch(number=0, first=0, last=0, events_to=0, chained_at=datetime(1970, 1, 1, tzinfo=UTC), digest="", mark="")
_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, OSError)

log = logging.getLogger("elicence.trail")


def signed_text(text: bytes, signature: bytes) -> bytes:
    """Write a checkpoint: its text on one line, and on the next one the signature over that line."""
    return text + b"\n" + base64.b64encode(signature) + b"\n"


class AuditFolder:
    """`audit/` of the home: where the chain ended, and the signed checkpoints."""

    def __init__(self, path: Path) -> None:
        """A folder that is missing is empty; it is made when the first file is put there."""
        self.path = path

    def reached(self) -> Batch | None:
        """Return the batch that the chain ended with when it was last written; None when there is no such file.

        What was changed there is a batch that no chain has ever had.
        """
        try:
            members = json.loads(read_file(self.path / HEAD, MAX_CHECKPOINT_BYTES))
            numbers = {name: int(members[name]) for name in ("number", "first", "last", "events_to")}
            at = datetime.fromisoformat(members["chained_at"]).astimezone(UTC)
            return Batch(**numbers, chained_at=at, digest=str(members["digest"]), mark=str(members["mark"]))
        except InputNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return _NEVER

    def put_head(self, batch: Batch) -> None:
        """Write where the chain ends; CannotWriteError."""
        members = {name: getattr(batch, name) for name in Batch.__slots__}
        content = json.dumps({**members, "chained_at": instant_text(batch.chained_at)}).encode()
        # Another process may write it, too: each has a name of its own for what is not whole yet.
        hidden = self.path / f".{HEAD}.{secrets.token_hex(6)}.part"
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            # A power cut may lose the last second of it, and the chain may be further than it says.
            hidden.write_bytes(content)
            hidden.replace(self.path / HEAD)
        except OSError as error:
            with suppress(OSError):  # why it was not written is told, not why it is not taken away
                hidden.unlink()
            raise _unwritable(self.path, error) from error

    def put(self, batch: int, content: bytes) -> Path:
        """Keep a signed checkpoint; CannotWriteError."""
        folder, name = self.path / _FOLDER, f"{batch}{_SUFFIX}"
        with StagedFiles(folder, mode=0o644) as staged:
            staged.stage({name: content})
            staged.put()
        return folder / name

    def checkpoints(self) -> Mapping[int, bytes]:
        """Return the signed checkpoints by the number of their batch."""
        folder = self.path / _FOLDER
        found = sorted(
            int(one.stem) for one in folder.glob(f"*{_SUFFIX}") if one.stem.isdecimal() and one.stem.isascii()
        )
        return {number: read_file(folder / f"{number}{_SUFFIX}", MAX_CHECKPOINT_BYTES) for number in found}


class TrailKeeper:
    """Chains and signs; several processes may try at once."""

    def __init__(self, chain: TrailChain, folder: AuditFolder, signer: Callable[[], Signer]) -> None:
        """`signer` opens the key that signs checkpoints now."""
        self._chain = chain
        self._folder = folder
        self._signer = signer

    def chain(self, now: datetime) -> int:
        """Chain everything that is new; returns how many batches that took."""
        count, more = 0, True
        while more:
            done = self._chain.chain(now)
            more = done.more
            if done.batch is not None:
                count += 1
                self._folder.put_head(done.batch)
        return count

    def sign(self, now: datetime) -> tuple[Batch, Path] | None:
        """Sign where the chain ends, when nobody has; None when it is signed already, or empty."""
        state = self._chain.state()
        newest = state.newest
        if newest is None or state.checkpoint >= newest.number:
            return None
        text = checkpoint_text(newest, now)
        at = now.replace(microsecond=0)
        content = signed_text(text, sign_detached(text, self._signer(), signing_time=at))
        # The file first: what is in the database only is lost with it.
        path = self._folder.put(newest.number, content)
        self._chain.keep_checkpoint(newest.number, content)
        return newest, path

    def state(self) -> TrailState:
        """Say how far the chain is."""
        return self._chain.state()


class TrailKeeping:
    """Keeps the trail in a thread of a server for as long as it runs, and signs where it ends."""

    def __init__(self, keeper: Callable[[], TrailKeeper], clock: Callable[[], datetime]) -> None:
        """The keeper is opened when it is needed: a server starts also while its database is gone."""
        self._keeper = keeper
        self._clock = clock
        self._sign_at: datetime | None = None
        self._states = {"chained": "ok", "signed": "ok"}

    @property
    def state(self) -> str:
        """`ok`, or the code of what is wrong since the last attempt."""
        return next((state for state in self._states.values() if state != "ok"), "ok")

    def running(self) -> AbstractContextManager[None]:
        """Keep it until the end of the block."""
        return in_background("trail", self._run)

    def _run(self, stop: threading.Event) -> None:
        rest = 0.0
        while not stop.wait(rest):
            began = time.monotonic()
            self.look()
            rest = max(POLL_SECONDS, REST * (time.monotonic() - began))
        self._sign_at = None
        self.look()

    def look(self) -> None:
        """Chain what is new, and sign when it is time; a key that cannot sign keeps nothing from being chained."""
        now = self._clock()
        self._try("chained", lambda: self._keeper().chain(now))
        # It is time also when the next time is far off: then the clock was set back since.
        if self._sign_at is None or not now < self._sign_at <= now + 2 * CHECKPOINT_PERIOD:
            done = self._try("signed", lambda: self._keeper().sign(now))
            self._sign_at = now + (CHECKPOINT_PERIOD if done else RETRY)

    def _try(self, part: str, work: Callable[[], object]) -> bool:
        try:
            work()
        except _FORESEEN as error:
            self._tell(part, problem_of(error).code, str(error))
        except Exception as error:
            # Its text may hold what somebody typed: type and place are enough to find it.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._tell(part, "INTERNAL", f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}")
        else:
            self._tell(part, "ok", "")
        return self._states[part] == "ok"

    def _tell(self, part: str, state: str, detail: str) -> None:
        before = self._states[part]
        if state != before and state != "ok":
            log.error("the trail is not %s [%s]: %s", part, state, detail)
        elif state != before:
            log.warning("the trail is %s again", part)
        self._states[part] = state


def _unwritable(path: Path, error: OSError) -> CannotWriteError:
    why = why_unwritten(error)
    return CannotWriteError(f"无法写入目录：{path}（{why.zh}）", f"cannot write to the folder {path}: {why.en}")
