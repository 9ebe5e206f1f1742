"""Where `licences` finds its public names is what its imports say. As a program this writes `licences/places.py`."""

import ast
from pathlib import Path

import licences

PACKAGE = Path(licences.__file__).parent
HEAD = '''"""Where `licences` finds its public names. Made of its imports by `python tests/packaging/test_places.py`."""

PLACES = {
'''


def written_places() -> str:
    """Write the module: for each name that is imported for the type checker only, the module that holds it."""
    (block,) = [node for node in ast.parse(_source("__init__")).body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert all(node.level == 1 and alias.asname is None for node in imports for alias in node.names)
    places = sorted((alias.name, str(node.module)) for node in imports for alias in node.names)
    return HEAD + "".join(f'    "{name}": "{module}",\n' for name, module in places) + "}\n"


def _source(module: str) -> str:
    return (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def test_places_are_those_of_the_imports() -> None:
    assert _source("places") == written_places(), f"run {Path(__file__).name} as a program"


def test_no_public_name_is_that_of_a_module() -> None:
    """The module would stand in the name's place as soon as anything imports it."""
    modules = {path.stem for path in PACKAGE.iterdir()}
    assert modules & set(licences.__all__) == set()


if __name__ == "__main__":
    (PACKAGE / "places.py").write_text(written_places(), encoding="utf-8")
