"""What `elicence --help` lists, and what every command takes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest
from elicence_process import run

from api.command_line import command_line
from api.errors import UsageError
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


def test_every_help_is_in_both_languages() -> None:
    everything = [("", command_line()), *leaves(command_line())]
    for name, command in everything:
        said = command.format_help()
        assert said.startswith("用法 usage: elicence"), name
        headings = re.findall(r"^(\S.*):$", said, re.MULTILINE)
        assert headings, name
        assert all(re.match(r"[\u4e00-\u9fff]+ [a-z]+", heading) for heading in headings), (name, headings)
        assert "显示本帮助 show this help\n" in said, name
        # One list of options, not one for each place that adds some.
        assert headings.count("选项 options") == 1, name


TYPED = "990101199001010010"
"""Stands for what somebody has typed: it is not repeated."""


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (["issue"], "缺少 --data", "missing: --data"),
        (["seal"], "缺少 ACTION", "missing: ACTION"),
        (["issue", "--data"], "--data 之后缺少内容", "--data is to be followed by a value"),
        ([TYPED], "没有这个命令", "no such command"),
        (["seal", TYPED], "ACTION 应为下列之一：make, import", "ACTION is one of make"),
        (
            ["issue", "--data", "x", "--seal", f"{TYPED} (choose from x)"],
            "--seal 应为下列之一：sm2, rsa",
            "--seal is one of sm2",
        ),
        (["audit", "list", "--limit", TYPED + "x"], "--limit 应为整数", "--limit is a whole number"),
        (["seal", "apply", "--x", TYPED + "x"], "--x 应为数字", "--x is a number"),
        (["serve", "--port", TYPED], "--port 的内容不对", "the value of --port"),
        (["issue", f"--json={TYPED}"], "--json 不带内容", "--json takes no value"),
        (["catalogue", "schema", TYPED, "--paper", "--xsd"], "--xsd 与 --paper 不能同用", "exclude each other"),
    ],
    ids=["required", "action", "value", "command", "word", "choice", "integer", "number", "port", "flag", "exclusive"],
)
def test_what_is_wrong_is_said_in_both_languages(words: list[str], zh: str, en: str) -> None:
    with pytest.raises(UsageError) as refused:
        command_line(words).parse_known_args(words)
    said = refused.value.message
    assert said.zh.startswith(zh)
    assert en in said.en
    assert "--help" in said.zh
    assert TYPED not in said.zh + said.en
