"""The commands of the command line in groups, as `elicence --help` lists them."""

import argparse
from collections.abc import Mapping
from typing import Any

GROUPS: Mapping[str, tuple[str, ...]] = {
    "签发与行为 issuing and acts": (
        "issue", "review", "act", "revoke", "expire", "convert", "forms", "print", "copy", "collect",
    ),
    "核验与查询 checking and looking up": (
        "verify", "digest", "preview", "holder", "history", "status-list", "kit", "export", "archive", "holder-links",
    ),
    "用证与共享 use and sharing": ("items", "mandates", "reliance", "recall"),
    "监察 supervision": ("audit", "supervise", "cases", "forgery", "impact"),
    "设置 setting up": ("init", "catalogue", "authorities", "keys", "seal", "clients", "webhooks"),
    "运行 operation": ("serve", "seal-server", "doctor", "backup", "restore", "store", "demo"),
}  # fmt: skip


def group_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """List the commands under headings; what is in no group comes last."""
    # argparse groups options, but has no public way to group commands: this is the list that its help is made from.
    listed = {action.dest: action for action in commands._choices_actions}
    grouped: list[argparse.Action] = []
    for heading, names in GROUPS.items():
        grouped.append(argparse.Action(option_strings=[], dest=heading, metavar=f"\n  {heading}"))
        grouped += [listed.pop(name) for name in names]
    commands._choices_actions[:] = [*grouped, *listed.values()]
