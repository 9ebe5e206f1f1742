"""`elicence review`: drafting, checking and sealing by different people (元数据审核)."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, Parser
from .settings import SUITES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import Actor, Draft, DraftContent, LicenceType, Remark, ReviewEvent, Wish

    from .commands import Answer
    from .wiring import Services

MAX_LISTED = 200
STATES = ("draft", "in-review", "returned", "approved", "sealed", "abandoned")


def add_review_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence review`."""
    new = _step(add, "new", _new, "起草 begin a draft", to)
    _add_wish(new)
    edit = _step(add, "edit", _edit, "修改，退回到草稿 save another version", to, drafted=True)
    _add_wish(edit)
    edit.add_argument("--digest", metavar="DIGEST", default="", help="所改版本的摘要 digest of the version edited")
    _step(add, "submit", _submit, "送审 hand it to the checkers", to, drafted=True)
    back = _step(add, "return", _return, "退回，附审核意见 send it back with remarks", to, drafted=True)
    back.add_argument(
        "--remark", metavar="[POINTER=]TEXT", action="append", default=[], help="审核意见 such as /data/KEY=TEXT"
    )
    back.add_argument("--remarks", metavar="FILE.json", help='[{"pointer", "text"}, …] (- = stdin)')
    approve = _step(add, "approve", _approve, "审核通过 approve one version", to, drafted=True)
    approve.add_argument("--digest", metavar="DIGEST", required=True, help="所审版本的摘要 digest that `show` prints")
    seal = _step(add, "seal", _seal, "签发已审核的草稿 issue what was approved", to, drafted=True)
    seal.add_argument("--out", metavar="DIR", help="输出目录 folder for the files")
    _step(add, "abandon", _abandon, "放弃 give it up for ever", to, drafted=True)
    listed = add("list", _list, "列出草稿 list drafts", to)
    listed.add_argument("--state", choices=STATES, help="状态 only those in this state")
    show = add("show", _show, "查看草稿和办理记录 show a draft and who did what", to)
    show.add_argument("draft", metavar="DRAFT", help="草稿编号 number of the draft")
    show.add_argument("--version", metavar="N", type=int, help="版本 another version than the newest")


def _step(
    add: AddCommand, name: str, run: "object", text: str, to: Group, *, drafted: bool = False
) -> Parser:
    added = add(name, run, text, to)  # type: ignore[arg-type]
    return added
