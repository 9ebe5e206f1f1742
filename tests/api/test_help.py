"""What `elicence --help` lists, and what every command takes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from elicence_process import run

from api.command_line import command_line
from api.help_groups import GROUPS


def choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0]) if found else {}


def leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    inner = choices(parser)
    if not inner:
        yield name, parser
    for word, command in inner.items():
        yield from leaves(command, f"{name} {word}".strip())


def test_every_command_is_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(choices(command_line()))
    listed = run("--help", env={"COLUMNS": "100", "LANG": "C.UTF-8"}, text=True).stdout
    places = [listed.index(f"\n    {name} ") for name in grouped]
    assert places == sorted(places)
    assert all(f"\n  {heading}\n" in listed for heading in GROUPS)


def test_every_command_takes_json() -> None:
    commands = dict(leaves(command_line()))
    assert len(commands) > 80
    without = {name for name, command in commands.items() if "--json" not in command.format_usage()}
    assert without == set()
