import subprocess
import sys

import keys


def test_all_is_sorted_and_complete() -> None:
    def order(name: str) -> tuple[int, str]:
        # Constants, then classes, then functions: ruff's order for __all__.
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert keys.__all__ == sorted(keys.__all__, key=order)
    public = {
        name
        for name, value in vars(keys).items()
        if not name.startswith("_") and getattr(value, "__module__", "keys.").startswith("keys.")
    }
    modules = {name for name in public if type(getattr(keys, name)).__name__ == "module"} - {"der"}
    assert public - modules <= set(keys.__all__)
    assert all(hasattr(keys, name) for name in keys.__all__)


def test_nothing_happens_at_import() -> None:
    program = "import keys, keys.providers as p; print(len(p._opened + p._fallback))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "0"


def test_errors_have_one_base() -> None:
    errors = [value for value in vars(keys.errors).values() if isinstance(value, type)]
    assert len(errors) > 10
    assert {error.__name__ for error in errors} == {name for name in keys.__all__ if name.endswith("Error")}
    assert all(issubclass(error, keys.KeysError) and error.__name__.endswith("Error") for error in errors)
