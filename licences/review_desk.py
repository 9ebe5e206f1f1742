"""The desk at which licences are drafted, checked and then sealed: every step of a review, one call each."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .actors import Actor
from .acts import Act, check_act
from .catalogue import Catalogue
from .convert import licence_from_paper, type_on_issue
from .drafts import Approval, Draft, DraftContent, DraftStep, DraftStore, Remark, Replacement
from .errors import DraftRefusedError, InvalidFieldError, TransitionRefusedError
from .issue import Issued, Issuer
from .lifecycle import Action, after
from .making import MadeLicence
from .registrar import Registrar
from .review import DraftAct, DraftState

_ID_BYTES = 10
_SALT_BYTES = 16
# No program argument and no HTTP header can hold this character: nobody else can use a draft's key.
_KEY = "\0draft:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody drafts. Before it is submitted the metadata may be incomplete or wrong."""

    type_name: str
    """Slug or code of the licence type."""
    data: object
    """Paper metadata: a JSON object."""
    algorithm: str
    joint: tuple[str, ...] = ()
    replaces: Replacement | None = None


class ReviewDesk:
    """Drafts licences and has them sealed. What the store promises, such as two different people, is its promise."""

    def __init__(
        self, *, drafts: DraftStore, catalogue: Catalogue, registrar: Registrar, random: Callable[[int], bytes]
    ) -> None:
        self._drafts = drafts
        self._registrar = registrar
        self._catalogue = catalogue
        self._random = random

    def draft(self, wish: Wish, *, actor: Actor, at: datetime) -> Draft:
        """Begin a draft; UnknownTypeError, ExceptionGroup of InvalidFieldError."""
        draft_id = "D" + base64.b32encode(self._random(_ID_BYTES)).decode("ascii")
        return self._drafts.add(draft_id, self._content(wish), DraftStep(act=DraftAct.CREATE, actor=actor, at=at))

    def edit(self, draft_id: str, wish: Wish, *, actor: Actor, at: datetime, digest: str = "") -> Draft:
        """Save another version: the draft goes back to its beginning, whoever had approved it.

        With ``digest``, that of the version that was edited, nobody else's version is overwritten unseen.
        """
        step = DraftStep(act=DraftAct.EDIT, actor=actor, at=at, digest=digest)
        return self._drafts.save(draft_id, self._content(wish), step)

    def check(self, draft_id: str, *, actor: Actor, at: datetime) -> Draft:
        """Return it, when it may be handed to the checkers; raises every fault of the metadata at once.

        Where it takes the place of another licence, that one must be here, of the same type, and allow the act.
        """
        draft = self._drafts.get(draft_id)
        content = self._drafts.content(draft_id, draft.version)
        self._check_replacement(content, actor, at)
        licence_from_paper(type_on_issue(self._catalogue, content.type_slug, content.data), content.data)
        return draft

    def submit(self, draft_id: str, *, actor: Actor, at: datetime) -> Draft:
        """Hand it to the checkers; raises as `check` what is in the way."""
        draft = self.check(draft_id, actor=actor, at=at)
        return self._drafts.act(draft_id, DraftStep(act=DraftAct.SUBMIT, actor=actor, at=at, digest=draft.digest))

    def send_back(
        self, draft_id: str, remarks: Sequence[Remark], *, actor: Actor, at: datetime, digest: str = ""
    ) -> Draft:
        """Return it to its maker with what is to be mended."""
        step = DraftStep(act=DraftAct.RETURN, actor=actor, at=at, digest=digest, remarks=tuple(remarks))
        return self._drafts.act(draft_id, step)

    def approve(self, draft_id: str, digest: str, *, actor: Actor, at: datetime) -> Draft:
        """Approve the version with this digest; DraftChangedError when it is not the newest one."""
        if not digest:
            raise ExceptionGroup("the approval is refused", [InvalidFieldError("/digest", "REQUIRED")])
        return self._drafts.act(draft_id, DraftStep(act=DraftAct.APPROVE, actor=actor, at=at, digest=digest))

    def abandon(self, draft_id: str, *, actor: Actor, at: datetime) -> Draft:
        """Give it up for ever."""
        return self._drafts.act(draft_id, DraftStep(act=DraftAct.ABANDON, actor=actor, at=at))

    def seal(
        self,
        draft_id: str,
        *,
        actor: Actor,
        at: datetime,
        issuer_for: Callable[[str, tuple[str, ...]], Issuer],
        before_keeping: Callable[[MadeLicence], None] | None = None,
    ) -> Issued:
        """Issue the licence of an approved draft; again, the same licence.

        ``issuer_for`` gives what seals with an algorithm and for joint authorities. Licence and draft change in one
        transaction: after a crash there is either no licence, and the draft is still approved, or both are done.

        Raises DraftRefusedError, DraftChangedError, and as `Issuer.issue`.
        """
        draft = self._drafts.get(draft_id)
        if draft.state not in (DraftState.APPROVED, DraftState.SEALED):
            raise DraftRefusedError(draft.state, DraftAct.SEAL)
        content = self._drafts.content(draft_id, draft.version)
        issuer, key = issuer_for(content.algorithm, content.joint), f"{_KEY}{draft_id}"
        approval = Approval(draft_id=draft_id, content=content, actor=actor, at=at)
        act = _act(content.replaces, actor, at)
        if content.replaces is not None:
            return self._registrar.replace(
                content.replaces.identifier,
                act,
                content.data,
                issuer=issuer,
                algorithm=content.algorithm,
                idempotency_key=key,
                before_keeping=before_keeping,
                approval=approval,
            )
        return issuer.issue(
            content.type_slug,
            content.data,
            algorithm=content.algorithm,
            at=at,
            idempotency_key=key,
            before_keeping=before_keeping,
            issued_by=act,
            approval=approval,
        )

    def _check_replacement(self, content: DraftContent, actor: Actor, at: datetime) -> None:
        if content.replaces is None:
            return
        record = self._registrar.store.get(content.replaces.identifier)
        if record.type_slug != content.type_slug:
            raise ExceptionGroup("the draft is refused", [InvalidFieldError("/replaces/identifier", "OTHER_TYPE")])
        act = _act(content.replaces, actor, at)
        if not act.action.makes_successor:
            raise TransitionRefusedError(record.status, act.action)
        after(record.status, act.action)
        check_act(act, record.status)

    def _content(self, wish: Wish) -> DraftContent:
        slug = self._catalogue.get(wish.type_name).slug
        if not isinstance(wish.data, Mapping):
            raise ExceptionGroup("the draft is refused", [InvalidFieldError("/data", "NOT_AN_OBJECT")])
        return DraftContent(
            type_slug=slug,
            data=wish.data,
            algorithm=wish.algorithm,
            joint=wish.joint,
            replaces=wish.replaces,
            salt=self._random(_SALT_BYTES).hex(),
        )


def _act(replaces: Replacement | None, actor: Actor, at: datetime) -> Act:
    """Return the act of the issue, or that which ends the replaced licence; both take effect when it is sealed."""
    if replaces is None:
        return Act(action=Action.ISSUE, ground="", decision="", actor=actor, effective_at=at, recorded_at=at)
    return Act(
        action=replaces.action,
        ground=replaces.ground,
        decision=replaces.decision,
        legal_ground=replaces.legal_ground,
        actor=actor,
        effective_at=at,
        recorded_at=at,
    )
