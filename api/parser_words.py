"""What `argparse` says in English only, in both languages: headings of the help, and what is wrong with a command line.

Its messages quote what was typed, which may be somebody's number: of them only the program's own words are passed on.
"""

import argparse
import re
from collections.abc import Iterable
from typing import Final

from .messages import Message

USAGE: Final = "用法 usage: "
ARGUMENTS: Final = "参数 arguments"
OPTIONS: Final = "选项 options"
HELP: Final = "显示本帮助 show this help"

_NAME = r"argument (?P<name>[^:\n]+): "
# What is typed stands between quotes in the middle: `.*` takes it, and only named parts are told.
_SAID: Final = (
    (r"the following arguments are required: (?P<name>.+)", "缺少 {name}", "missing: {name}"),
    (rf"{_NAME}expected .*", "{name} 之后缺少内容", "{name} is to be followed by a value"),
    (r"argument COMMAND: invalid choice: .*", "没有这个命令", "there is no such command"),
    (
        rf"{_NAME}invalid choice: .* \(choose from (?P<words>[^()]+)\)",
        "{name} 应为下列之一：{words}",
        "{name} is one of {words}",
    ),
    (rf"{_NAME}invalid int value: .*", "{name} 应为整数", "{name} is a whole number"),
    (rf"{_NAME}invalid float value: .*", "{name} 应为数字", "{name} is a number"),
    (rf"{_NAME}invalid \w+ value: .*", "{name} 的内容不对", "the value of {name} cannot be used"),
    (rf"{_NAME}ignored explicit argument .*", "{name} 不带内容", "{name} takes no value"),
    (
        rf"{_NAME}not allowed with argument (?P<words>.+)",
        "{name} 与 {words} 不能同用",
        "{name} and {words} exclude each other",
    ),
)


def said_of(message: str) -> Message:
    """Say in both languages what `argparse` says; of what is not known here only that something is wrong."""
    for pattern, zh, en in _SAID:
        if (found := re.fullmatch(pattern, message, re.DOTALL)) is not None:
            parts = {name: part.replace("'", "") for name, part in found.groupdict().items()}
            return Message(zh=zh.format(**parts), en=en.format(**parts))
    return Message(zh="命令用法不对", en="wrong use")


class HelpWords(argparse.HelpFormatter):
    """Begins the usage in both languages."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: "Iterable[argparse._MutuallyExclusiveGroup]",
        prefix: str | None = None,
    ) -> None:
        """Write the usage; a prefix is given where it is no heading."""
        super().add_usage(usage, actions, groups, USAGE if prefix is None else prefix)
