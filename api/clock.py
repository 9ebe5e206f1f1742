"""The clock of this machine, for what is told the time by its caller."""

from datetime import UTC, datetime


def clock() -> datetime:
    """Tell the time by this machine's clock."""
    return datetime.now(UTC)
