"""The main job on real input: issue every paper sample once, and show what came out."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from esign import group_short_code, structured_from_bytes
from licences import Record, mask_name
from verify import Outcome

from .answer import Answer
from .columns import shorten, table
from .errors import InputNotFoundError
from .exit_codes import DONE
from .inputs import MAX_JSON_BYTES, parse_json, read_file
from .issuing import issue, read_request
from .issuing_into import issue_staged, places_in
from .messages import ALGORITHMS, DEVELOPMENT_NOTICE, VERDICTS
from .settings import FAMILIES
from .verifying import VERDICT_CODES
from .wiring import Services

DEFAULT_SAMPLES = "fixtures/paper"
_NAME_COLUMNS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sample and its licence."""

    sample: str
    record: Record
    name: str
    holder: str
    """Masked."""
    file: str
    verdict: Outcome
    replayed: bool

    def shape(self) -> dict[str, object]:
        """Return the row as JSON."""
        return {
            "sample": self.sample,
            "identifier": self.record.identifier,
            "number": self.record.number,
            "type": self.record.type_slug,
            "holder": self.holder,
            "algorithm": self.record.algorithm,
            "file": self.file,
            "verify_url": self.record.verify_url,
            "short_code": self.record.short_code,
            "verdict": self.verdict.value,
            "replayed": self.replayed,
        }


def demo(services: Services, samples: Path) -> Answer:
    """Issue the samples of a folder, SM2 and RSA in turn, and judge each; with SM2 as PDF and as OFD.

    A sample's digest is its idempotency key: a second run shows the same licences. The exit code is the worst verdict.
    """
    rows = [_row(services, path, FAMILIES[place % len(FAMILIES)]) for place, path in enumerate(_samples(samples))]
    header = (
        "证照 licence",
        "编号 number",
        "持证主体 holder",
        "算法 algorithm",
        "结论 verdict",
        "核验 verify",
        "文件 file",
    )
    address = services.home.settings.public_url
    body = [
        (
            row.name,
            row.record.number,
            shorten(row.holder, _NAME_COLUMNS),
            ALGORITHMS.get(row.record.algorithm, row.record.algorithm),
            f"{VERDICTS[row.verdict.value].zh} {row.verdict.value}",
            f"{address}/v/{group_short_code(row.record.short_code)}",
            row.file,
        )
        for row in rows
    ]
    text = f"{table(header, body)}\n\n{DEVELOPMENT_NOTICE.zh}  {DEVELOPMENT_NOTICE.en}"
    return Answer(
        shape={"home": str(services.home.path), "licences": [row.shape() for row in rows]},
        text=text,
        exit_code=max((VERDICT_CODES[row.verdict] for row in rows), default=DONE),
    )


def _samples(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputNotFoundError(
            f"没有样例：{folder}（用 --samples 指定目录）", f"no samples in {folder}: name the folder with --samples"
        )
    return paths


def _row(services: Services, path: Path, seal: str) -> Row:
    content = read_file(path, MAX_JSON_BYTES)
    request = read_request(parse_json(content), seal=seal)
    try:
        issuer, at = services.issuer_for(seal, ofd=True), datetime.now(UTC)
        key = hashlib.sha256(content).hexdigest()
        issued = issue_staged(
            services,
            services.home.issued,
            lambda stage: issue(request, issuer=issuer, key=key, at=at, before_keeping=stage),
            form="both",
        )
    except Exception as error:
        error.add_note(f"样例  sample: {path.name}")
        raise
    record = issued.record
    report = services.verifier.verify_file(services.store.file(record, "pdf"), at=datetime.now(UTC))
    holders = structured_from_bytes(services.store.file(record, "json")).holders
    file = Path(places_in(services.home.issued, record, "both")["pdf"])
    return Row(
        sample=path.name,
        record=record,
        name=services.catalogue.get(record.type_code).name,
        holder="、".join(mask_name(holder.name, holder.kind) for holder in holders),
        file=str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file),
        verdict=report.verdict,
        replayed=issued.replayed,
    )
