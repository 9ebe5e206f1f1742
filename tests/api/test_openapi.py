"""The description of the interface: everything is in it, it is exact, and its examples are what it describes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from api.app import create_app
from api.home import open_home
from api.openapi import PROBLEM, codes_of
from api.openapi_examples import EXAMPLES
from api.problem_rows import ROWS
from api.wiring import Services

if TYPE_CHECKING:
    from types import ModuleType

_PAGES = {"", "docs", "openapi.json", "static", "v", "V", "download", "login", "logout", "desk", "my", "review"}
"""First parts of the addresses of pages, which are no part of the interface for programs."""


@pytest.fixture(scope="module")
def described(running: ModuleType, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    elicence = running.copy_home(empty_home, tmp_path_factory.mktemp("openapi") / "home")
    app = create_app(Services(open_home(elicence.home)), public_only=False)
    return app, app.openapi()


def routes_of(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from routes_of(router.routes, prefix + route.include_context.prefix)
        elif methods := getattr(route, "methods", None):
            yield from (f"{method} {prefix}{route.path}" for method in methods - {"HEAD"})


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_route_for_programs_is_described(described: Any) -> None:
    app, document = described
    routes = {route for route in routes_of(app.routes) if route.split("/")[1] not in _PAGES}
    assert {name for name, _ in operations(document)} == routes
    assert app.openapi() is document


def test_an_objection_too_many_is_described(described: Any) -> None:
    """`CASES_FULL`, which takes more open cases than the daily requests raise."""
    assert "409" in described[1]["paths"]["/api/v1/my/objections"]["post"]["responses"]


def test_references_lead_somewhere_and_schemas_are_schemas(described: Any) -> None:
    document = described[1]
    for reference in set(references(document)):
        there: Any = document
        for part in reference.removeprefix("#/").split("/"):
            there = there[part]
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", ()):
            whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            assert not list(Draft202012Validator(whole).iter_errors(example)), name
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_body_has_an_example(described: Any) -> None:
    document = described[1]
    bodies = {
        reference.rpartition("/")[2]
        for _, operation in operations(document)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        if media_type == "application/json"
        for reference in references(content)
    }
    assert bodies == EXAMPLES.keys()
    assert all(document["components"]["schemas"][name]["examples"] for name in bodies)


def test_every_operation_says_what_it_answers_and_who_may_ask(described: Any) -> None:
    document = described[1]
    schemes = set(document["components"]["securitySchemes"])
    assert schemes == {"key", "certificate"}
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        answers = {status: answer for status, answer in operation["responses"].items() if status < "4"}
        assert answers, name
        told = name.split()[1] in ("/healthz", "/readyz")
        for status, answer in operation["responses"].items():
            if status >= "4" and not told:
                assert answer == {"$ref": f"#/components/responses/Problem{status}"}, name
        if not told:
            assert {"403", "429", "500", "503"} <= operation["responses"].keys(), name
        if "requestBody" in operation and not name.startswith("POST /share"):
            assert {"400", "408", "413", "415", "422"} <= operation["responses"].keys(), name
        asked = {next(iter(one)) for one in operation["security"]}
        assert asked == (schemes if "401" in operation["responses"] else set()), name
        if re.search(r" /api/", name):
            assert asked, name


def test_problems_have_the_codes_of_the_table(described: Any) -> None:
    components = described[1]["components"]
    for row in ROWS:
        schema = components["schemas"][f"Problem{row.http_status}"]
        code = schema["properties"]["code"]
        assert row.code in code.get("enum", code.get("examples")), row.code
        assert PROBLEM in components["responses"][f"Problem{row.http_status}"]["content"]
    assert codes_of(401) == ("LOGIN_NEEDED", "TOKEN_REFUSED", "UNAUTHENTICATED")
