"""`elicence store upgrade|status`, and the database that `init --store` names."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import SettingsError, UsageError
from .parsing import AddCommand, Group
from .settings import home_path
from .store_settings import StoreSetting, check_store_url

if TYPE_CHECKING:
    from licences import SchemaState

    from .answer import Answer
    from .home import Home


def add_database_parser(command: AddCommand, actions: Group) -> None:
    """Add `upgrade` and `status`."""
    upgrade = command("upgrade", _upgrade, "升级库结构 bring the database to what this program needs", actions)
    upgrade.add_argument(
        "--post", action="store_true", help="收尾步骤：确认没有旧版程序在运行 the last step, when no older program runs"
    )
    command("status", _status, "库结构状态 show which schema the database has", actions)


def store_setting(url: str | None, password_file: str | None) -> StoreSetting | None:
    """Read the options of `init`; UsageError when they name no database."""
    if url is None:
        if password_file is not None:
            raise UsageError(
                "--store-password-file 须与 --store 一起使用。", "--store-password-file goes together with --store"
            )
        return None
    try:
        checked = check_store_url(url)
    except SettingsError as error:
        raise UsageError(error.message.zh, error.message.en) from error
    return StoreSetting(url=checked, password_file=None if password_file is None else Path(password_file).absolute())


def _upgrade(arguments: argparse.Namespace) -> "Answer":
    from .home import bring_up, open_home

    home = open_home(home_path(arguments.home))
    bring_up(home, post=arguments.post)
    return _answer(home)


def _status(arguments: argparse.Namespace) -> "Answer":
    from .home import open_home

    return _answer(open_home(home_path(arguments.home)))


def _answer(home: "Home") -> "Answer":
    from licences import schema_state

    from .answer import Answer
    from .exit_codes import DONE, FAILED

    state = schema_state(home.database_url)
    shape = {
        "store": home.database_name,
        "kind": state.kind,
        "usable": state.fits,
        "revision": state.revision,
        "program": state.program,
        "oldest_program": state.oldest_program,
        "pending": list(state.pending),
        "pending_post": list(state.pending_post),
    }
    lines = [
        f"证照库  store: {home.database_name}",
        f"库结构  schema: {state.revision or '—'}；本程序 this program: {state.program}；"
        f"最旧可用程序 oldest program that works: {state.oldest_program}",
        _advice(state),
    ]
    return Answer(shape=shape, text="\n".join(lines), exit_code=DONE if state.fits else FAILED)


def _advice(state: "SchemaState") -> str:
    if state.pending:
        return f"须先升级，再启动本程序  run: elicence store upgrade ({', '.join(state.pending)})"
    if not state.fits:
        return "须使用更新版本的程序  a newer program is needed"
    if state.pending_post:
        steps = ", ".join(state.pending_post)
        return f"可用；旧版程序全部停用后  usable; when no older program runs: elicence store upgrade --post ({steps})"
    return "可用，无待办  usable, nothing is pending"
