"""Texts for people: Chinese first, English beside it; and the words for verdicts, states and kinds."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""UTC+08:00, the offset in which licence dates are days (contract section 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One statement in both languages."""

    zh: str
    en: str

    def shape(self) -> dict[str, str]:
        """Return the form in which JSON carries it."""
        return {"zh": self.zh, "en": self.en}


VERDICTS = {
    "passed": Message(zh="通过", en="Passed"),
    "failed": Message(zh="不通过", en="Failed"),
    "indeterminate": Message(zh="无法确定", en="Undetermined"),
}

STATUSES = {
    "issued": Message(zh="有效", en="in force"),
    "revoked": Message(zh="吊销", en="revoked"),
    "unknown": Message(zh="未知", en="unknown"),
    "expired": Message(zh="已过有效期", en="expired"),
    "not_yet_in_force": Message(zh="尚未生效", en="not yet in force"),
}

ALGORITHMS = {
    "sm2": Message(zh="国密 SM2", en="SM2"),
    "rsa": Message(zh="RSA", en="RSA"),
}

LONG_TERM = Message(zh="长期", en="no expiry")

DEVELOPMENT_NOTICE = Message(
    zh="样例/测试：由开发用密钥签发，不具法律效力。",
    en="Sample / test only: made with development keys, without legal effect.",
)


def instant_text(at: datetime) -> str:
    """Write an instant after RFC 3339 with the offset of China, to the second."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


def day_text(day: date | None) -> str | None:
    """Write a date after ISO 8601; None stays None (no expiry)."""
    return None if day is None else day.isoformat()
