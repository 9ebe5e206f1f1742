"""What `cli` and the modules of its groups of commands have in common: the parser, and how a command is added."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from .errors import UsageError

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .commands import Answer


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving with an exit code of its own."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        # argparse quotes what was typed, which may be somebody's number: only its own words are passed on.
        said = message.partition(":")[0] if "invalid choice" in message or "unrecognized" in message else message
        raise UsageError(f"命令用法不对，请看 {self.prog} --help 。", f"{self.prog}: {said}")


LICENCE_HELP = "证照标识、证照编号或短码 identifier, printed number or short code"
"""Of every argument that `resolving.identifier_of` reads."""

Group: TypeAlias = "argparse._SubParsersAction[Parser]"
"""Where commands are added: below `elicence` or below a word such as `seal`."""
AddCommand: TypeAlias = "Callable[[str, Callable[[argparse.Namespace], Answer], str, Group], Parser]"
"""Adds a command that gives one answer: its word, what runs it, its text, where; it gets what every command has."""
