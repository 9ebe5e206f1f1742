"""What the modules of commands have in common: the parser, how a command is added, how it opens its home."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from .errors import UsageError
from .parser_words import ARGUMENTS, HELP, OPTIONS, HelpWords, said_of
from .settings import home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer
    from .wiring import Services


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks both languages, and raises instead of leaving with an exit code of its own."""

    def __init__(self, *, prog: str | None = None, description: str | None = None) -> None:
        super().__init__(
            prog=prog, description=description, add_help=False, allow_abbrev=False, formatter_class=HelpWords
        )
        # argparse has no public way to call its two groups otherwise.
        self._positionals.title, self._optionals.title = ARGUMENTS, OPTIONS
        self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help=HELP)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        said = said_of(message)
        raise UsageError(f"{said.zh}。用法请看 {self.prog} --help 。", f"{said.en}: see {self.prog} --help")


LICENCE_HELP = "证照标识、证照编号或短码 identifier, printed number or short code"
"""Of every argument that `resolving.identifier_of` reads."""

Group: TypeAlias = "argparse._SubParsersAction[Parser]"
"""Where commands are added: below `elicence` or below a word such as `seal`."""
AddCommand: TypeAlias = "Callable[[str, Callable[[argparse.Namespace], Answer], str, Group], Parser]"
"""Adds a command that gives one answer: its word, what runs it, its text, where; it gets what every command has."""
AddServing: TypeAlias = "Callable[[str, Callable[[argparse.Namespace], int], str, Group], Parser]"
"""Adds, in the same way, a command that goes on until it is stopped: what runs it writes by itself, and gives the exit
code."""


def services_of(arguments: argparse.Namespace) -> "Services":
    """Open the home that a command line names; raises as `open_home`."""
    from .home import open_home
    from .wiring import Services

    return Services(open_home(home_path(arguments.home)))


def services_or_new(arguments: argparse.Namespace, *, port: int = 0) -> "Services":
    """Open the home, or make it when there is none yet.

    The codes of a new one lead to `port` of this machine, unless the environment says where to.
    """
    from .first_use import first_use
    from .wiring import Services

    path = home_path(arguments.home)
    public_url = f"http://127.0.0.1:{port}" if port and not os.environ.get("ELICENCE_PUBLIC_URL") else None
    home, made = first_use(path, public_url=public_url)
    if made:
        print(f"已建立主目录  home made: {path}", file=sys.stderr)
    return Services(home)
