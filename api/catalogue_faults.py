"""What is wrong with a file of a licence type or of a service item: for programs, and for people."""

from collections.abc import Sequence
from pathlib import Path

from licences import CatalogueFault


def fault_shapes(faults: Sequence[CatalogueFault]) -> list[dict[str, object]]:
    """Return each fault with its line and its place in the file."""
    return [
        {"line": one.line, "place": one.place, "code": one.code, "message": {"zh": one.zh, "en": one.en}}
        for one in faults
    ]


def faults_text(path: Path, faults: Sequence[CatalogueFault]) -> str:
    """Write a line for each fault, as editors jump to it, and how many there are."""
    lines = [f"{path}:{one.line}: {one.place and one.place + '：'}{one.zh}  {one.en} [{one.code}]" for one in faults]
    return "\n".join([*lines, f"共 {len(faults)} 处问题  problems"])
