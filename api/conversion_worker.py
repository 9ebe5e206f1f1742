"""The process that converts rows: each has keys, fonts and a store of its own, and is asked line by line.

It ends when nobody asks any more, so it outlives the process that started it by one row at most.
"""

import json
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from esign import StructuredAuthority
from licences import MAX_SCAN_BYTES, ConvertingOffice, MadeLicence, PlannedRow, RowConverter, RowOutcome, RowState

from .conversion_wire import WorkerSettings, answer, asked, handed_in_context
from .home import open_home
from .inputs import read_file
from .output import StagedFiles, file_name, handed_out
from .problem_rows import INTERNAL
from .problems import problem_of
from .protection_keys import protection_of
from .wiring import Services


class Worker:
    """Converts rows with one set of settings."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._services = Services(open_home(Path(settings.home)))
        self._converter = RowConverter(
            issuer=self._services.issuer_for(settings.seal),
            store=self._services.store,
            catalogue=self._services.catalogue,
            type_name=settings.type_name,
            seal=settings.seal,
            office=ConvertingOffice(
                authority=StructuredAuthority(name=settings.authority_name, code=settings.authority_code),
                operator=settings.operator,
                checked_by=settings.checked_by,
                self_declared=settings.self_declared,
            ),
        )

    def work(self, row: PlannedRow, scans: tuple[str, ...]) -> RowOutcome:
        """Convert one row, or try it out."""
        contents = [self._scan(Path(path)) for path in scans]
        settings = self._settings
        if settings.dry_run:
            address = self._services.home.settings.public_url
            return self._converter.try_out(row, contents, settings.labels, self._services.fonts, address)
        at = datetime.now(UTC)
        if not settings.out:
            return self._converter.convert(row, contents, settings.labels, at=at)[0]
        form = self._services.home.settings.format
        with StagedFiles(Path(settings.out)) as staged:

            def stage(made: MadeLicence) -> None:
                kinds = handed_out(made.record.files, form)
                staged.stage({file_name(made.record.identifier, kind): made.files[kind] for kind in kinds})

            outcome, record = self._converter.convert(row, contents, settings.labels, at=at, before_keeping=stage)
            if record is None:
                return outcome
            if outcome.state is RowState.ALREADY:
                names = {kind: file_name(record.identifier, kind) for kind in handed_out(record.files, form)}
                staged.stage({name: self._services.store.file(record, kind) for kind, name in names.items()})
            staged.put()
        return outcome

    def _scan(self, path: Path) -> bytes:
        if not self._settings.scans_closed:
            return read_file(path, MAX_SCAN_BYTES)
        return protection_of(self._services.home).reveal(path.read_bytes(), context=handed_in_context(path))


def main() -> None:
    """Answer questions until there are no more."""
    # Ctrl-C is for the process that started it, which lets each row be finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        worker = Worker(WorkerSettings(**json.loads(sys.stdin.readline())))
        _say({"ready": True})
        for line in sys.stdin:
            row, scans = asked(json.loads(line))
            _say(answer(worker.work(row, scans)))
    except BrokenPipeError:
        return
    except Exception as error:
        problem = problem_of(error)
        if problem.row is INTERNAL:
            # Its text may hold what somebody typed.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}", file=sys.stderr)
        told = {"code": problem.code, "message": problem.message.shape(), "exit_code": problem.row.exit_code}
        _say({"problem": told})


def _say(value: dict[str, object]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
