"""A process that is killed at any moment leaves licences that are whole, or nothing that counts."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from api.home import Home, ensure_home
from api.wiring import Services
from verify import Outcome

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
LICENCES = 12

# Issues the licences one after the other under keys of their own, as an approval system that retries would.
PROGRAM = """
import json, sys
from datetime import datetime
from pathlib import Path
from api.home import open_home
from api.wiring import Services
office = Services(open_home(Path(sys.argv[1])))
for number, request in enumerate(json.loads(sys.stdin.read())):
    office.issuer.issue(
        request["type"], request["data"], algorithm=("sm2", "rsa")[number % 2],
        at=datetime.fromisoformat(sys.argv[2]), idempotency_key=f"case {number}",
    )
print("done")
"""


def requests() -> list[dict[str, object]]:
    document = json.loads((ROOT / "fixtures/paper/pesticide-business-2.json").read_text("utf-8"))
    return [
        {
            "type": document["type"],
            "data": document["data"] | {"certificateNumber": f"农药经许(赣)9901018{number:04d}"},
        }
        for number in range(LICENCES)
    ]


def start(home: Home) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, str(home.path), AT.isoformat()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(requests()))
    process.stdin.close()
    process.stdin = None
    return process


def test_killed_at_random_moments(tmp_path: Path) -> None:
    home, _ = ensure_home(tmp_path / "home", public_url="http://127.0.0.1:8000", at=AT, random=os.urandom)
    chance = random.Random(20261121)  # noqa: S311 — moments to kill at, no secrets
    kills = 0
    for _ in range(25):
        process = start(home)
        time.sleep(0.5 + chance.random() * 0.8)
        kills += process.poll() is None
        process.kill()
        process.communicate(timeout=30)
    assert kills >= 5, "the machine is so fast that hardly any run was interrupted"
    answer, complaint = start(home).communicate(timeout=120)
    assert answer.strip() == "done", complaint

    office = Services(home)
    records = office.store.of_holder("001", "92990101MA0TERT59H")
    assert sorted(record.number for record in records) == sorted(
        str(request["data"]["certificateNumber"])  # type: ignore[index]
        for request in requests()
    )
    for record in records:
        pdf, data, signature = (office.store.file(record, kind) for kind in ("pdf", "json", "p7s"))
        assert office.verifier.verify_file(pdf, at=AT).verdict is Outcome.PASSED
        assert office.verifier.verify_file(data, signature=signature, at=AT).verdict is Outcome.PASSED
        assert len(office.store.events(record.identifier)) == 1
