"""Reasons to refuse what is genuine; in order of precedence."""

from __future__ import annotations

from typing import Final

from verify.reason import Outcome, Reason, Text

NOT_IN_FORCE: Final = (
    Reason(
        code="SEALS_INCOMPLETE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照尚未生效：应当加盖的电子印章还没有盖齐。",
            en="The licence is not in force yet: not all of its seals have been set.",
        ),
        action=Text(
            zh="请不要采信；请待各颁发机构全部盖章后再使用。",
            en="Do not rely on it; wait until every issuing authority has sealed it.",
        ),
    ),
    Reason(
        code="STATUS_REVOKED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被吊销，不得使用。", en="The licence is genuine but revoked: it must not be used."
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_ANNULLED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被撤销，不得使用。",
            en="The licence is genuine but was annulled: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_WITHDRAWN",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被撤回，不得使用。",
            en="The licence is genuine but was withdrawn: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_CANCELLED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已注销，不得使用。",
            en="The licence is genuine but was cancelled: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_TRANSFERRED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已转出，由转入地的新证照代替。",
            en="The licence is genuine but was transferred: a licence of another authority took its place.",
        ),
        action=Text(
            zh="请拒绝接受，请持证人出示转入地颁发的证照。",
            en="Refuse it; ask the holder for the licence of the authority that it was transferred to.",
        ),
    ),
    Reason(
        code="STATUS_ENDED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已失效（吊销、撤销、撤回、注销或转出），不得使用。",
            en="The licence is genuine but has ended (revoked, annulled, withdrawn, cancelled, transferred).",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_SUPERSEDED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已换发新证照，本证照不再使用。",
            en="The licence is genuine, but a newer one took its place: this one is no longer used.",
        ),
        action=Text(
            zh="请持证人出示最新的证照。",
            en="Ask the holder for the newest licence.",
        ),
    ),
    Reason(
        code="STATUS_SUSPENDED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但处于暂扣期间，不得使用。",
            en="The licence is genuine but suspended: it must not be used now.",
        ),
        action=Text(
            zh="请暂不接受；待颁发机构发还后再使用。",
            en="Do not accept it now; it can be used again when the authority gives it back.",
        ),
    ),
    Reason(
        code="STATUS_REPORTED_LOST",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但持证人已挂失，不得使用。",
            en="The licence is genuine but was reported lost: it must not be used.",
        ),
        action=Text(
            zh="请核对出示人的身份；并非持证人的，请告知颁发机构。",
            en="Check who presents it; if it is not the holder, tell the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_NOT_ACTIVATED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但尚未激活。",
            en="The licence is genuine but has not been activated yet.",
        ),
        action=Text(
            zh="请待颁发机构激活后再使用。",
            en="It can be used when the issuing authority has activated it.",
        ),
    ),
    Reason(
        code="STATUS_EXPIRED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(zh="证照真实，但有效期已过。", en="The licence is genuine but its term is over."),
        action=Text(
            zh="请拒绝接受；持证人称已延续或换证的，请其出示新证照。",
            en="Refuse it; a holder who says it was renewed should show the new licence.",
        ),
    ),
    Reason(
        code="STATUS_NOT_YET_IN_FORCE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(zh="证照真实，但尚未生效。", en="The licence is genuine but not yet in force."),
        action=Text(zh="请在生效日期之后再使用。", en="It can be used from its first day of validity."),
    ),
    Reason(
        code="OBLIGATION_OVERDUE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="登记有效，但已超检验（复核、年报）期，不得使用。",
            en="The registration is valid, but an inspection, re-check or report is overdue: it must not be used.",
        ),
        action=Text(
            zh="请不要使用；检验（复核、年报）合格后再用，详见检查明细。",
            en="Do not use it until the inspection, re-check or report is done; the checks name it.",
        ),
    ),
)
