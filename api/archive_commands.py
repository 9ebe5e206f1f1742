"""`elicence archive`: packing a licence with its whole life, and checking such a package without anything else."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .errors import UsageError
from .parsing import LICENCE_HELP, AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer

_VERIFY = "verify"
FAMILIES = ("sm2", "rsa")


def add_archive_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence`."""
    archive = add("archive", _archive, "电子档案：封存证照、核验档案包 archive a licence; archive verify PACKAGE", to)
    archive.add_argument("what", metavar="LICENCE|verify", help=f"{LICENCE_HELP}, or verify")
    archive.add_argument("package", metavar="PACKAGE", nargs="?", help="verify: 档案包 archive package")
    archive.add_argument("--out", metavar="FILE.zip", help="档案包 file (default <home>/archives/IDENTIFIER.zip)")
    archive.add_argument("--seal", choices=FAMILIES, help="封存用的印章 seal of the package (default sm2)")
    archive.add_argument("--trust", metavar="DIR", help="verify: 信任根目录 folder of trusted certificates")
    archive.add_argument("--at", metavar="WHEN", help="verify: 核验时点 date or RFC 3339 instant (default now)")
    add_actor(archive)


def _archive(arguments: argparse.Namespace) -> "Answer":
    making = (arguments.out, arguments.seal, arguments.actor, arguments.office)
    if arguments.what == _VERIFY:
        if arguments.package is None or any(making):
            raise UsageError(
                "用法：elicence archive verify 档案包 [--trust 目录] [--at 时点]",
                "usage: elicence archive verify PACKAGE [--trust DIR] [--at WHEN]",
            )
        return _verify(arguments)
    if arguments.package is not None or arguments.trust is not None or arguments.at is not None:
        raise UsageError(
            "用法：elicence archive 证照标识 [--out 文件] [--seal 印章]",
            "usage: elicence archive IDENTIFIER [--out FILE.zip] [--seal SEAL]",
        )
    return _make(arguments)


def _make(arguments: argparse.Namespace) -> "Answer":
    from licences import digests_of

    from .answer import Answer
    from .output import StagedFiles
    from .resolving import identifier_of
    from .self_check import require_sound_archive

    services = services_of(arguments)
    identifier = identifier_of(arguments.what, services.store)
    at = datetime.now(UTC)
    maker = services.archive_maker(arguments.seal or FAMILIES[0])
    made = maker.make(identifier, made_by=actor_of(arguments, services.home).name, at=at)
    report = services.verifier.verify_archive(made.data, at=at)
    require_sound_archive(report)
    path = services.home.path / "archives" / f"{identifier}.zip" if arguments.out is None else Path(arguments.out)
    with StagedFiles(path.parent) as staged:
        staged.stage({path.name: made.data})
        staged.put()
    digests = digests_of(made.data)
    versions = [one.identifier for one in made.manifest.versions]
    shape = {
        "identifier": identifier,
        "path": str(path),
        "sha256": digests.sha256,
        "sm3": digests.sm3,
        "versions": versions,
        "files": len(made.manifest.files),
        "retention": made.manifest.retention,
        "reason": report.reason.code,
        "missed": list(made.missed),
    }
    lines = [
        f"已封存  archived: {path}",
        f"版本  versions: {len(versions)}    文件  files: {len(made.manifest.files)}",
        f"SHA-256: {digests.sha256}",
        f"自检  self-check [{report.reason.code}]: {report.sentence.zh}  {report.sentence.en}",
        *(f"缺少的验证材料  missing: {one}" for one in made.missed),
    ]
    return Answer(shape=shape, text="\n".join(lines))


def _verify(arguments: argparse.Namespace) -> "Answer":
    from esign import MAX_ARCHIVE_BYTES
    from licences import archive_problems
    from verify import Verifier

    from .answer import Answer
    from .clock import clock
    from .home import home_if_any
    from .inputs import parse_at, read_file
    from .opening import trust_of
    from .own_types import catalogue_of
    from .report_shapes import report_shape
    from .verifying import VERDICT_CODES, report_text

    home = None if arguments.trust is not None else home_if_any(arguments.home)
    # Neither the store nor any CA is asked: the package has to stand for itself.
    verifier = Verifier(trust_of(home, arguments.trust), history=archive_problems, clock=clock)
    at = datetime.now(UTC) if arguments.at is None else parse_at(arguments.at)
    report = verifier.verify_archive(read_file(Path(arguments.package), MAX_ARCHIVE_BYTES), at=at)
    catalogue = catalogue_of(home)
    return Answer(
        shape=report_shape(report, catalogue, full=False),
        text=report_text(report, catalogue, full=False),
        exit_code=VERDICT_CODES[report.verdict],
    )
