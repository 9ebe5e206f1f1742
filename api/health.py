"""What readiness and `elicence doctor` both ask: whether the disk takes files, and whether the trail keeps up."""

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from licences.supervision import TrailChain

MIN_FREE_BYTES = 256 * 1024**2  # with less, a licence that was begun may not be finished
PROBE_BYTES = 4096
TRAIL_PATIENCE = timedelta(minutes=10)


def takes_files(folder: Path) -> bool:
    """Whether there is room and a file can be written now; OSError when it cannot."""
    if shutil.disk_usage(folder).free < MIN_FREE_BYTES:
        return False
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(PROBE_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return True


def waiting_too_long(chain: TrailChain, now: datetime) -> datetime | None:
    """Say since when something has waited to be chained, if that is too long ago; StoreUnavailableError."""
    oldest = chain.state().oldest_waiting
    return oldest if oldest is not None and now - oldest > TRAIL_PATIENCE else None
