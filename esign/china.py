"""Licence days (contract section 2)."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""UTC+08:00 as a fixed offset: licence days need no time zone database."""
