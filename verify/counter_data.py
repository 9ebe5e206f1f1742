"""How old the data are that a verdict at a counter rests on: the kit, the anchors, the status lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from verify.basis import age_text
from verify.counter_lines import read_input
from verify.counter_screen import ALARM, Screen
from verify.reason import Text
from verify.trust import TrustStore
from verify.verifier import Verifier

KIT_FILE: Final = "kit.json"
"""In a counter kit: when it was made, and until when it should be renewed."""
MAX_KIT_BYTES: Final = 4 * 1024 * 1024
"""Of `KIT_FILE`, which names every file of the kit."""


def tell_data(
    screen: Screen, trust: TrustStore, status: Sequence[Path], verifier: Verifier, now: datetime, kit: Path | None
) -> None:
    """Say how old the data are that every verdict will rest on; loudly, when they are too old."""
    screen.say("电子证照离线查验  Offline check of e-licences", "1")
    if not trust.anchors:
        screen.both(Text(zh="没有信任根，不能判断！", en="No trusted root: nothing can be judged!"), "!! ", ALARM)
    if kit is not None:
        _tell_kit(screen, kit, now)
    newest = [file for path in status for file in _newest_lists(path)]
    if not newest:
        screen.both(
            Text(
                zh="没有状态列表：只能判断真伪，不知道是否已被吊销。",
                en="No status list: only whether it is genuine can be judged, not whether it was revoked.",
            ),
            "!! ",
            ALARM,
        )
    for file in newest:
        report = verifier.verify_file(read_input(file), at=now)
        as_of, due = report.status.as_of, report.status.next_update
        title = "/".join(file.parts[-3:-1])
        if as_of is None or due is None:
            screen.both(report.sentence, f"!! {title}: ", ALARM)
            continue
        age = age_text(now - as_of)
        late = now > due
        text = Text(
            zh=f"状态列表 {title}：{age.zh}签发{'，早该更新了！' if late else ''}",
            en=f"Status list: issued {age.en}{'; there should be a newer one!' if late else ''}",
        )
        screen.both(text, "!! " if late else "  ", ALARM if late else "")


def _newest_lists(path: Path) -> list[Path]:
    """The newest list of each folder; a file is itself."""
    if path.is_file():
        return [path]
    newest: dict[Path, Path] = {}
    for file in sorted(path.rglob("*.status")):
        newest[file.parent] = file
    return [file for file in newest.values() if file.is_file()]


def _tell_kit(screen: Screen, kit: Path, now: datetime) -> None:
    try:
        with (kit / KIT_FILE).open("rb") as stream:
            document = json.loads(stream.read(MAX_KIT_BYTES))
        made, renew = (datetime.fromisoformat(document[name]) for name in ("madeAt", "renewBy"))
        age, ahead = age_text(now - made), made - now > timedelta(minutes=5)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        screen.both(Text(zh="查验包的清单已损坏！", en="The manifest of this kit is damaged!"), "!! ", ALARM)
        return
    if now > renew or ahead:
        text = Text(
            zh=f"查验包{age.zh}制作，早该更新了，或本机时钟不准！",
            en=f"This kit was made {age.en}: renew it, or set the clock right!",
        )
        screen.both(text, "!! ", ALARM)
    else:
        screen.say(f"  查验包：{age.zh}制作  This kit was made {age.en}")
