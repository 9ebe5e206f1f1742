"""The codes of the share service (证照共享服务) as public practice has them: modelled on GB/T 36906, not its text."""

from enum import IntEnum
from typing import Self


class _Worded(IntEnum):
    """A number with the words that go with it."""

    zh: str

    def __new__(cls, number: int, zh: str) -> Self:
        """Make one."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.zh = zh
        return member


class ShareStatus(_Worded):
    """`head.status` of an answer."""

    DONE = 0, "接口调用成功"
    NOT_OFFERED = 2, "证照源未提供此服务接口"
    NONE_FOUND = 10, "未找到匹配的证照信息"
    NOT_AUTHENTICATED = 11, "身份验证不通过"
    REQUIRED_EMPTY = 12, "要求必填的输入参数值不为空"
    TYPE_UNKNOWN = 13, "证照类型不存在或未发布"
    ENDED = 21, "该电子证照已废止或已注销"
    EXPIRED = 22, "该电子证照已过期"
    RESTRICTED = 23, "该电子证照已受限使用"
    OTHER = 99, "其他异常"
    NOT_GRANTED = 100, "该用户无访问该证的权限"
    VALUE_WRONG = 102, "参数值错误"
    HOLDER_KIND_WRONG = 103, "持证主体代码类型代码不符合规范"


class DataVerdict(_Worded):
    """`data.result` of a verification of data. No answer says which value is wrong, or what the right one is."""

    RIGHT = 0, "信息正确且有效"
    RIGHT_NOT_ACTIVE = 1, "信息正确且未激活"
    RIGHT_SUSPENDED = 2, "信息正确且证照暂时失效"
    RIGHT_ENDED = 3, "信息正确且证照已失效"
    INCOMPLETE = 4, "信息不全无法验证"
    NONE_FOUND = 5, "查无此信息"
    NO_DATA = 6, "请填写 certData 参数"
    WRONG = 7, "部分信息有误或不完整"
