"""The table of faults and the errors that use it."""

import ast
import inspect
import re
import string
from pathlib import Path

import pytest

import licences
from licences import FAULTS, InvalidFieldError, LicencesError, StoreUnavailableError, UnprintableFieldError, errors

SOURCES = [path for path in Path(licences.__file__).parent.rglob("*.py") if path.name != "faults.py"]


def codes_in_sources() -> set[str]:
    return {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FAULTS
    }


def test_every_code_is_used() -> None:
    assert set(FAULTS) == codes_in_sources()


@pytest.mark.parametrize("code", FAULTS)
def test_both_texts_have_the_same_places(code: str) -> None:
    fault = FAULTS[code]
    assert re.fullmatch(r"[A-Z][A-Z_]+[A-Z0-9]", code)
    assert re.search(r"[\u4e00-\u9fff]", fault.zh)
    assert fault.en.isascii()

    def places(text: str) -> set[str]:
        return {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(text) if name}

    assert places(fault.zh) == places(fault.en)


def test_errors_have_one_base_and_names_that_say_so() -> None:
    classes = [
        member for _, member in inspect.getmembers(errors, inspect.isclass) if member.__module__ == errors.__name__
    ]
    assert len(classes) > 10
    for error in classes:
        assert issubclass(error, LicencesError)
        assert error.__name__.endswith("Error")
        assert getattr(licences, error.__name__) is error


def test_an_error_speaks_both_languages() -> None:
    error = InvalidFieldError("/data/domicile", "TOO_LONG", limit=200)
    assert (error.pointer, error.code) == ("/data/domicile", "TOO_LONG")
    assert (error.zh, error.en) == ("过长：最多 200 个字符", "too long: at most 200 characters")
    assert str(error) == "/data/domicile: TOO_LONG: too long: at most 200 characters"


def test_an_unprintable_character_is_named() -> None:
    error = UnprintableFieldError("/data/certificateHolderName", "U+2CC56")
    assert error.code == "UNPRINTABLE_CHARACTER"
    assert "U+2CC56" in error.zh
    assert "U+2CC56" in error.en


@pytest.mark.parametrize(
    ("code", "busy", "unwritable"),
    [("STORE_BUSY", True, False), ("STORE_UNWRITABLE", False, True), ("FILE_DAMAGED", False, False)],
)
def test_a_store_says_whether_trying_again_helps(code: str, busy: bool, unwritable: bool) -> None:
    error = StoreUnavailableError(code)
    assert (error.busy, error.unwritable) == (busy, unwritable)


def test_the_package_exports_what_it_says() -> None:
    assert all(hasattr(licences, name) for name in licences.__all__)
    assert len(set(licences.__all__)) == len(licences.__all__)
