"""On which article of law an act on a licence may rest: one table for checks, documents and forms.

行政许可法 is cited in its text of 2019, 行政处罚法 in that of 2021.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .lifecycle import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalGround:
    """One ground that the law gives for an act."""

    code: str
    zh: str
    en: str


def _grounds(*rows: tuple[str, str, str]) -> tuple[LegalGround, ...]:
    return tuple(LegalGround(code=code, zh=zh, en=en) for code, zh, en in rows)


_PENALTY = _grounds(
    ("penalty-9-3", "行政处罚法第九条第三项", "Administrative Penalty Law, art. 9(3)"),
)
_DECISION_ON_REVIEW = _grounds(
    ("review", "行政复议决定", "decision on administrative review"),
    ("judgment", "行政诉讼判决", "judgment in administrative litigation"),
    ("self-correction", "行政机关自行纠正", "corrected by the authority itself"),
)

LEGAL_GROUNDS: Mapping[Action, tuple[LegalGround, ...]] = MappingProxyType(
    {
        Action.SUSPEND: _PENALTY,
        Action.REVOKE: _PENALTY,
        Action.ANNUL: _grounds(
            (
                "licensing-69-1-1",
                "行政许可法第六十九条第一款第一项：滥用职权、玩忽职守",
                "Licensing Law, art. 69(1)1: abuse of power or neglect of duty",
            ),
            (
                "licensing-69-1-2",
                "行政许可法第六十九条第一款第二项：超越法定职权",
                "Licensing Law, art. 69(1)2: beyond the authority's powers",
            ),
            (
                "licensing-69-1-3",
                "行政许可法第六十九条第一款第三项：违反法定程序",
                "Licensing Law, art. 69(1)3: breach of procedure",
            ),
            (
                "licensing-69-1-4",
                "行政许可法第六十九条第一款第四项：申请人不具备资格或者不符合条件",
                "Licensing Law, art. 69(1)4: the applicant was not qualified",
            ),
            (
                "licensing-69-1-5",
                "行政许可法第六十九条第一款第五项：依法可以撤销的其他情形",
                "Licensing Law, art. 69(1)5: other cases given by law",
            ),
            (
                "licensing-69-2",
                "行政许可法第六十九条第二款：以欺骗、贿赂等不正当手段取得",
                "Licensing Law, art. 69(2): obtained by fraud or bribery",
            ),
        ),
        Action.WITHDRAW: _grounds(
            (
                "licensing-8-law",
                "行政许可法第八条：所依据的法律、法规、规章修改或者废止",
                "Licensing Law, art. 8: the law has been changed or repealed",
            ),
            (
                "licensing-8-facts",
                "行政许可法第八条：所依据的客观情况发生重大变化",
                "Licensing Law, art. 8: the facts have changed greatly",
            ),
        ),
        Action.CANCEL: _grounds(
            (
                "licensing-70-1",
                "行政许可法第七十条第一项：有效期届满未延续",
                "Licensing Law, art. 70(1): expired and not renewed",
            ),
            (
                "licensing-70-2",
                "行政许可法第七十条第二项：公民死亡或者丧失行为能力",
                "Licensing Law, art. 70(2): the person died or lost legal capacity",
            ),
            (
                "licensing-70-3",
                "行政许可法第七十条第三项：法人或者其他组织依法终止",
                "Licensing Law, art. 70(3): the organisation was terminated",
            ),
            (
                "licensing-70-4",
                "行政许可法第七十条第四项：许可依法被撤销、撤回，或者证件依法被吊销",
                "Licensing Law, art. 70(4): annulled, withdrawn or revoked",
            ),
            (
                "licensing-70-5",
                "行政许可法第七十条第五项：因不可抗力导致许可事项无法实施",
                "Licensing Law, art. 70(5): force majeure",
            ),
            (
                "licensing-70-6",
                "行政许可法第七十条第六项：法律、法规规定的其他情形",
                "Licensing Law, art. 70(6): other cases given by law",
            ),
        ),
        Action.RESTORE: _DECISION_ON_REVIEW,
    }
)
"""Acts that are not here need no ground beyond the words of the act itself."""

AFTER_AN_END = "licensing-70-4"
"""The ground for cancelling what was annulled, withdrawn or revoked, and for nothing else."""
AFTER_EXPIRY = "licensing-70-1"
