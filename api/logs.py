"""Log lines as JSON objects, one a line, for whoever collects them. What people typed is in none of them."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO


class JsonLines(logging.Formatter):
    """Writes time, logger, level, message and the facts that came along as `extra={"facts": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line. Of an exception type and place: its text may hold what somebody typed."""
        members: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name,
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            members["exception"] = record.exc_info[0].__qualname__
            members["places"] = [f"{frame.filename}:{frame.lineno}" for frame in reversed(frames)]
        return json.dumps(members, ensure_ascii=False)


def log_to(stream: TextIO | None = None) -> None:
    """Send the log of this process to a stream: warnings of everybody, and what we tell ourselves."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("elicence").setLevel(logging.INFO)
