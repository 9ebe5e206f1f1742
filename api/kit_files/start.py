"""The first thing that runs in a counter kit, as `lib/__main__.py`."""

import json
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
PROGRAM_UNAVAILABLE = 69


def fault() -> str:
    """Say why this machine cannot run the kit; nothing when it can."""
    try:
        made_for = json.loads((KIT / "kit.json").read_bytes())["platform"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "kit.json 已损坏或缺失。  kit.json is damaged or missing."
    here = sysconfig.get_platform()
    return "" if made_for == here else f"查验包为 {made_for} 制作，本机是 {here}。  The kit was made for {made_for}."


if __name__ == "__main__":
    if said := fault():
        print(said, file=sys.stderr)
        sys.exit(PROGRAM_UNAVAILABLE)
    # Only now: its libraries are compiled for one platform.
    from verify import check_at_counter

    sys.exit(check_at_counter(sys.argv[1:], clock=lambda: datetime.now(UTC), kit=KIT))
