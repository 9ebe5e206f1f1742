"""`verify` as a library of its own (architecture: no database, no web framework, no private key needed)."""

from __future__ import annotations

import subprocess
import sys

import verify


def test_names_of_the_package_exist() -> None:
    assert [name for name in verify.__all__ if not hasattr(verify, name)] == []


def test_import_loads_neither_store_nor_server() -> None:
    script = (
        "import sys, verify; "
        "print(*sorted({'sqlalchemy', 'alembic', 'fastapi', 'starlette', 'pydantic', 'jinja2', 'licences', 'api'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
