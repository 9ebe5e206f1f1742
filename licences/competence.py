"""Whether an office may do an act to a licence."""

from dataclasses import dataclass

from esign import CHINA, AuthorityRegister

from .acts import Act
from .errors import NotCompetentError
from .store import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """Asks the authority register; without one each authority acts on its own licences alone.

    By the register an authority's superior, its delegate and its successor may act too, as far as the competences of
    the office that acts go on the day on which the act is recorded.
    """

    register: AuthorityRegister | None

    def __call__(self, record: Record, act: Act) -> None:
        """Raise NotCompetentError unless the actor's office may do the act; no office means the issuer's."""
        office = act.actor.office_code or record.issuer_code
        if self.register is None:
            if office != record.issuer_code:
                raise NotCompetentError
            return
        day = act.recorded_at.astimezone(CHINA).date()
        if self.register.acting_for(record.issuer_code, office, act.action.value, record.type_code, day) is None:
            raise NotCompetentError
