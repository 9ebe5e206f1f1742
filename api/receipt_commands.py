"""Receipts on the command line: what `elicence verify --receipt` and `--report` write beside its answer."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .errors import HomeError, UsageError

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from verify import Report

    from .presented import Presented
    from .receipts import SealedReport
    from .wiring import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWish:
    """Where the receipt goes, and for which case it is."""

    pdf: str | None
    """The sealed page."""
    data: str | None
    """The signed JSON; its signature goes to the same name with `.p7s`."""
    officer: str
    case_number: str
    item_code: str

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "ReceiptWish | None":
        """Read what `add_receipt_arguments` added; None when no receipt is wanted."""
        if arguments.receipt is None and arguments.report is None:
            if arguments.officer:
                raise UsageError(
                    "--officer 须与 --receipt 或 --report 同用。", "--officer goes with --receipt or --report"
                )
            return None
        return cls(
            pdf=arguments.receipt,
            data=arguments.report,
            officer=arguments.officer,
            case_number=arguments.case,
            item_code=arguments.item,
        )


def add_receipt_arguments(verify: argparse.ArgumentParser) -> None:
    """Add what makes `elicence verify` write a receipt."""
    verify.add_argument("--receipt", metavar="OUT.pdf", help="出具核验回执 write a sealed receipt for the case file")
    verify.add_argument("--report", metavar="OUT.json", help="出具核验报告 write the signed report (and OUT.json.p7s)")
    verify.add_argument("--officer", metavar="NAME", default="", help="经办人，写入回执 officer, for the receipt")


def write_receipt(
    services: "Services | None", presented: "Presented", report: "Report", wish: ReceiptWish, *, at: datetime
) -> Mapping[str, str]:
    """Make the receipt and put it where it is wanted; the answer says where."""
    from .receipts import CaseReference, checked_code, checked_file, receipt

    if services is None:
        raise HomeError("出具回执需要主目录中的印章。", "a receipt needs the seal of a home")
    if presented.data is None:
        checked = checked_code(presented.code)
    else:
        checked = checked_file(presented.data, signature=presented.signature)
    case = CaseReference(officer=wish.officer, case_number=wish.case_number, item_code=wish.item_code)
    made = receipt(services, report, checked=checked, case=case, at=at)
    places = {"serial": made.serial}
    if wish.pdf is not None:
        places["pdf"] = wish.pdf
        _write(Path(wish.pdf), made, ("pdf",))
    if wish.data is not None:
        places |= {"report": wish.data, "signature": f"{wish.data}.p7s"}
        _write(Path(wish.data), made, ("json", "p7s"))
    return places


def _write(path: Path, made: "SealedReport", kinds: Sequence[Literal["pdf", "json", "p7s"]]) -> None:
    from .output import StagedFiles

    contents = {"pdf": made.pdf, "json": made.data, "p7s": made.signature}
    with StagedFiles(path.parent) as staged:
        staged.stage({f"{path.name}.p7s" if kind == "p7s" else path.name: contents[kind] for kind in kinds})
        staged.put()
