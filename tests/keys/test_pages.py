"""The examples of docs/how-to/keys-*.md are run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("keys-*.md"))
PRINTED = {
    "keys-in-a-device.md": "in production a seal key must be in a device, not in a file: key\n",
    "keys-in-files.md": "True\n",
    "keys-real-certificate.md": "-----BEGIN CERTIFICATE REQUEST-----\n",
}


def test_every_page_is_known() -> None:
    assert {page.name for page in PAGES} == set(PRINTED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_example(page: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-P", "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == PRINTED[page.name]
