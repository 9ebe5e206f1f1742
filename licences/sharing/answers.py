"""What an officer is told about a material: state, code, and a sentence with what to do, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .conditions import Candidate, Finding
from .items import Material


class MaterialState(StrEnum):
    """What has to be done about a material."""

    SATISFIED = "satisfied"
    TO_SUBMIT = "to_submit"
    UNKNOWN = "unknown"
    """It is not known whether a licence stands in for it. That is no reason to ask the applicant for it."""
    NOT_NEEDED = "not_needed"
    """Another material stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, and what to do."""

    code: str
    state: MaterialState
    zh: str
    en: str
    action_zh: str
    action_en: str


_SUBMIT_ZH, _SUBMIT_EN = "请申请人提交该材料。", "have the applicant submit it"
_NOT_AGAIN_ZH = "不得要求申请人重复提交：可容缺受理，或由申请人书面告知承诺，事后核对。"
_NOT_AGAIN_EN = "do not ask the applicant for it: accept without it, or on a written commitment, and check later"
_SUBMIT, _UNKNOWN = MaterialState.TO_SUBMIT, MaterialState.UNKNOWN

_ROWS = (
    ("HELD", MaterialState.SATISFIED, "已有有效证照，免提交。", "a licence in force stands in for it",
     "无需提交；需要留存的，制作加注件。", "nothing to submit; make an annotated copy for the file"),
    ("OTHER_MATERIAL", MaterialState.NOT_NEEDED, "已由另一项材料满足。", "another material stands for it",
     "无需提交。", "nothing to submit"),
    ("NOT_SHAREABLE", _SUBMIT, "该材料不能由证照代替。", "no licence can stand in for it", _SUBMIT_ZH, _SUBMIT_EN),
    ("NONE", _SUBMIT, "没有这种证照。", "there is no such licence", _SUBMIT_ZH, _SUBMIT_EN),
    ("NONE_IN_SCOPE", _SUBMIT, "授权查询的地区内没有这种证照。", "none in the regions that you may ask about",
     "请申请人提交该材料，或出示电子证照。", "have the applicant submit it, or show the e-licence"),
    ("EXPIRES_TOO_SOON", _SUBMIT, "有这种证照，但剩余有效期不足。", "there is one, but it expires too soon",
     "请申请人提交延续后的证照，或先办理延续。", "have it renewed first"),
    ("CONDITION_NOT_MET", _SUBMIT, "有这种证照，但不符合本事项的条件。", "there is one, but not as the item demands",
     "请申请人提交符合条件的证照，或先办理变更。", "have the applicant submit one that does, or have it changed"),
    ("OBLIGATION_OVERDUE", _SUBMIT, "有这种证照，但检验等义务已逾期，不得使用。", "there is one, but a duty is overdue",
     "请申请人先完成逾期的义务。", "have the overdue duty met first"),
    ("SUSPENDED", _SUBMIT, "有这种证照，但已暂停使用。", "there is one, but it may not be used at present",
     "请申请人先恢复该证照。", "have it restored first"),
    ("NOT_YET_IN_FORCE", _SUBMIT, "有这种证照，但尚未生效。", "there is one, but it is not in force yet",
     "请在生效后再查，或由申请人提交。", "ask again when it is, or have the applicant submit another"),
    ("EXPIRED", _SUBMIT, "有这种证照，但已过有效期。", "there is one, but it has expired", _SUBMIT_ZH, _SUBMIT_EN),
    ("ENDED", _SUBMIT, "有过这种证照，但已失效。", "there was one, but it has ended", _SUBMIT_ZH, _SUBMIT_EN),
    ("SOURCE_DOWN", _UNKNOWN, "上级库不可用，无法查明。", "a licence source elsewhere does not answer",
     _NOT_AGAIN_ZH, _NOT_AGAIN_EN),
    ("UNDECIDED", _UNKNOWN, "有这种证照，但无法自动判断是否符合条件。", "there is one, but it cannot be judged here",
     "请人工核对该证照。" + _NOT_AGAIN_ZH, "look at the licence yourself; " + _NOT_AGAIN_EN),
    ("NOT_GRANTED", _UNKNOWN, "本系统未获授权查询这种证照。", "this client may not ask about such licences",
     "请申请授权，或请申请人出示电子证照。" + _NOT_AGAIN_ZH,
     "apply for the grant, or have the e-licence shown; " + _NOT_AGAIN_EN),
)  # fmt: skip

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        code: Reason(code=code, state=state, zh=zh, en=en, action_zh=action_zh, action_en=action_en)
        for code, state, zh, en, action_zh, action_en in _ROWS
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialAnswer:
    """What is found for one material."""

    material: Material
    reason: Reason
    licence: Candidate | None = None
    """The one that satisfies it, or that somebody has to look at; else None."""
    sources_down: tuple[str, ...] = ()

    @property
    def state(self) -> MaterialState:
        """What has to be done."""
        return self.reason.state


class Outcome(StrEnum):
    """What is found for the whole item."""

    COMPLETE = "complete"
    """Nothing that is required has to be submitted."""
    INCOMPLETE = "incomplete"
    UNDECIDED = "undecided"
    """Of something that is required it is not known; nothing has to be submitted."""


def reason_of(finding: Finding) -> Reason:
    """Return what is told about a finding."""
    return REASONS[finding.name]


def outcome_of(answers: tuple[MaterialAnswer, ...]) -> Outcome:
    """Say what the answers come to."""
    states = {one.state for one in answers if one.material.required}
    if MaterialState.TO_SUBMIT in states:
        return Outcome.INCOMPLETE
    return Outcome.UNDECIDED if MaterialState.UNKNOWN in states else Outcome.COMPLETE
