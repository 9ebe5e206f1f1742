"""Licence days (contract section 2)."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""UTC+08:00 as a fixed offset: licence days need no time zone database."""

YEARS = range(1900, 9999)
"""Years in which an instant of sealing or asking may lie: far from the ends of the calendar every zone can be shown."""
