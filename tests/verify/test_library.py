"""`verify` as a library of its own (architecture: no database, no web framework, no private key needed)."""

from __future__ import annotations

import subprocess
import sys

import verify


def test_names_of_the_package_exist() -> None:
    assert [name for name in verify.__all__ if not hasattr(verify, name)] == []


def test_import_loads_neither_store_nor_server() -> None:
    """It runs without them, too: tests/api/test_kit.py."""
    script = (
        "import sys, verify, verify.counter; "
        "print(*sorted({'sqlalchemy', 'alembic', 'psycopg', 'fastapi', 'starlette', 'pydantic', 'jinja2', 'uvicorn',"
        " 'httpx2', 'licences', 'api'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
