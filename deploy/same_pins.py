"""Refuse a list of requirements that pins anything otherwise than the lock does: `same_pins.py LIST LOCK`."""

import re
import sys
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(path: str) -> set[tuple[str, str]]:
    """Return names and versions."""
    return set(_PIN.findall(Path(path).read_text("utf-8")))


if __name__ == "__main__":
    others = sorted(pins(sys.argv[1]) - pins(sys.argv[2]))
    sys.exit(f"not as in the lock: {others}" if others else 0)
