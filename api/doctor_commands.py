"""`elicence doctor`: naming what is unsafe about an installation."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from collections.abc import Iterator

    from .answer import Answer
    from .doctor import Diagnosis, Finding


def add_doctor_parser(add: AddCommand, to: Group) -> None:
    """Add `elicence doctor`."""
    add("doctor", _doctor, "检查设置是否安全 name every unsafe setting", to)


def _doctor(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .doctor import Patient, diagnose
    from .doctor_looks import LOOKS
    from .protection_profile import ITEMS

    services = services_of(arguments)
    diagnosis = diagnose(Patient(services=services, now=datetime.now(UTC)), LOOKS)
    shape = {
        "home": str(services.home.path),
        "findings": [finding.shape() for finding in diagnosis.findings],
        "unjudged": [{"look": one.look.name, "code": one.code} for one in diagnosis.unjudged],
        "profile": [item.shape(diagnosis) for item in ITEMS],
    }
    return Answer(shape=shape, text="\n".join(_lines(diagnosis)), exit_code=diagnosis.exit_code)


def _lines(diagnosis: "Diagnosis") -> "Iterator[str]":
    from .columns import table
    from .protection_profile import ITEMS, STATE_WORDS

    for finding in diagnosis.findings:
        yield from _finding_lines(finding)
    for one in diagnosis.unjudged:
        yield f"未能检查  could not be looked at: {one.look.name} [{one.code}]"
    if not diagnosis.findings and not diagnosis.unjudged:
        yield "未发现不安全的设置。  Nothing unsafe was found."
    yield ""
    yield "密码应用与等级保护对照（仿标准条款）  protection profile, modelled on the standards"
    rows = []
    for item in ITEMS:
        word = STATE_WORDS[item.state(diagnosis)]
        codes = ", ".join(sorted(item.findings & diagnosis.open_codes))
        rows.append((f"{word.zh} {word.en}", item.clause, item.title.zh, codes))
    yield table(("状态 state", "条款 clause", "事项 item", "见 see"), rows)


def _finding_lines(finding: "Finding") -> "Iterator[str]":
    from .doctor_advice import Severity

    unsafe = finding.advice.severity is Severity.UNSAFE
    word = "不安全  UNSAFE" if unsafe else "建议  advice"
    subject = f": {finding.subject}" if finding.subject else ""
    yield f"{word}  [{finding.code}]{subject}"
    yield f"    {finding.advice.what.zh}。 {finding.advice.what.en}."
    yield f"    → {finding.advice.action.zh} {finding.advice.action.en}"
