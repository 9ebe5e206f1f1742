"""`elicence doctor`: looks at an installation and names what is unsafe about it. It changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from esign import EsignError
from keys import KeysError
from licences import LicencesError
from verify import VerifyError

from .doctor_advice import ADVICE, Advice, Severity
from .errors import ApiError
from .exit_codes import DONE, FAILED, INDETERMINATE
from .home import Home
from .problems import problem_of
from .wiring import Services

_FORESEEN = (ApiError, LicencesError, EsignError, KeysError, VerifyError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is looked at, and when."""

    services: Services
    now: datetime

    @property
    def home(self) -> Home:
        """The installation's folder and settings."""
        return self.services.home


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    code: str
    """Of `ADVICE`."""
    subject: str = ""
    """Which file, key, address or client; nothing personal."""

    @property
    def advice(self) -> Advice:
        """The words for it."""
        return ADVICE[self.code]

    def shape(self) -> dict[str, object]:
        """Return the form in which JSON carries it."""
        return {
            "code": self.code,
            "severity": self.advice.severity,
            "subject": self.subject,
            "message": self.advice.what.shape(),
            "action": self.advice.action.shape(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing that is looked at, and everything that it may find."""

    name: str
    codes: frozenset[str]
    find: Callable[[Patient], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """One look that could not be had."""

    look: Look
    code: str
    """Of the problem that was in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What came out."""

    findings: tuple[Finding, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing is unsafe, 1 when something is, 2 when that cannot be told."""
        if any(finding.advice.severity is Severity.UNSAFE for finding in self.findings):
            return FAILED
        return INDETERMINATE if self.unjudged else DONE

    @property
    def open_codes(self) -> frozenset[str]:
        """Codes of what was found."""
        return frozenset(finding.code for finding in self.findings)

    @property
    def unknown_codes(self) -> frozenset[str]:
        """Codes of what might have been found if it had been possible to look."""
        return frozenset().union(*(one.look.codes for one in self.unjudged))


def diagnose(patient: Patient, looks: tuple[Look, ...]) -> Diagnosis:
    """Have every look; one that cannot be had hides no other."""
    findings: list[Finding] = []
    unjudged = []
    for look in looks:
        try:
            findings += look.find(patient)
        except _FORESEEN as error:
            unjudged.append(Unjudged(look=look, code=problem_of(error).code))
    ranked = sorted(findings, key=lambda finding: finding.advice.severity is Severity.ADVICE)
    return Diagnosis(findings=tuple(ranked), unjudged=tuple(unjudged))
