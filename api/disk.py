"""Whether the disk that a home lies on takes more files."""

import os
import shutil
import tempfile
from pathlib import Path

MIN_FREE_BYTES = 256 * 1024**2  # with less, a licence that was begun may not be finished
PROBE_BYTES = 4096


def takes_files(folder: Path) -> bool:
    """Whether there is room and a file can be written now; OSError when it cannot."""
    if shutil.disk_usage(folder).free < MIN_FREE_BYTES:
        return False
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(PROBE_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return True
