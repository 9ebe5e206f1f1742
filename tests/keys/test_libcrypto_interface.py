"""What was made of libcrypto's declarations is what they say now."""

from pathlib import Path

import keys
from keys.libcrypto_declarations import interface_source


def test_it_is_as_declared() -> None:
    made = Path(keys.__file__).with_name("libcrypto_interface.py")
    assert made.read_text(encoding="utf-8") == interface_source(), "run python -m keys.libcrypto_declarations"
