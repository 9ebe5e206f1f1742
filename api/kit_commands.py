"""`elicence kit`: a folder that checks licences at a counter without a network."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer


def add_kit_parser(add: AddCommand, to: Group) -> None:
    """Add the command `elicence kit`."""
    kit = add("kit", _kit, "离线查验包 a folder that checks licences offline at a counter", to)
    kit.add_argument("folder", metavar="DIR", help="查验包目录 folder of the kit")
    kit.add_argument("--update", action="store_true", help="更新信任根和状态列表 renew trust and status of a kit")
    kit.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates (default: the home's)")
    kit.add_argument(
        "--status",
        metavar="FILE|DIR|URL",
        action="append",
        help="状态列表 status lists, or an authority's public address (default: the home's lists)",
    )


def _kit(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .errors import InputNotFoundError
    from .kit import KitSources, make_kit, renew_kit
    from .settings import FAMILIES

    services = services_of(arguments)
    status = arguments.status
    if status is None:
        own = services.status_files.folder
        status = [str(own)] if own.is_dir() else []
    trust = services.home.trust if arguments.trust is None else Path(arguments.trust)
    for path in (trust, *(Path(one) for one in status if "://" not in one)):
        if not path.exists():
            raise InputNotFoundError(f"没有：{path}", f"there is no {path}")
    signers = (services.keys.signers(family) for family in FAMILIES)
    signer = next((roles["seal"] for roles in signers if roles), None)
    sources = KitSources(trust=trust, status=status, signer=signer)
    make = renew_kit if arguments.update else make_kit
    made = make(Path(arguments.folder), sources, at=datetime.now(UTC).replace(microsecond=0))
    word = "已更新  renewed" if arguments.update else "已制作  made"
    lines = [
        f"{word}: {made.folder}",
        f"信任根  trusted roots: {made.anchors}    状态列表  status lists: {made.lists}",
        f"文件  files: {made.files} ({made.size // 2**20} MB)    请于此前更新  renew by: {made.renew_by.date()}",
        "清单已签名  manifest signed" if made.signed else "没有密钥，清单未签名  no key: manifest not signed",
    ]
    if not made.lists:
        lines.append("没有状态列表：只能判断真伪  without status lists it tells only whether a licence is genuine")
    shape = {
        "kit": str(made.folder),
        "anchors": made.anchors,
        "status_lists": made.lists,
        "files": made.files,
        "bytes": made.size,
        "renew_by": made.renew_by.isoformat(),
        "signed": made.signed,
    }
    return Answer(shape=shape, text="\n".join(lines))
