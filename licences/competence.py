"""Whether an office may do an act to a licence."""

from .acts import Act
from .errors import NotCompetentError
from .store import Record


def require_issuer(record: Record, act: Act) -> None:
    """Refuse an act of an office that says that it is another one than the issuer; NotCompetentError."""
    if act.actor.office_code not in ("", record.issuer_code):
        raise NotCompetentError
