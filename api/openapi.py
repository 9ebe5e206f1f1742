"""What the framework leaves out of the description of the interface: who may ask, every problem, examples."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from .openapi_examples import EXAMPLES
from .problem_rows import ROWS
from .wiring import Services

PROBLEM = "application/problem+json"
_METHODS = ("get", "put", "post", "patch", "delete")
_OPEN = frozenset({409, 422, 500, 503})
"""Statuses whose codes are many: those that fields, devices and services elsewhere bring are not all listed."""
_FINER: Mapping[int, tuple[str, ...]] = {
    404: ("IDENTIFIER_CHECK", "IDENTIFIER_MALFORMED", "IDENTIFIER_VERSIONS_USED_UP", "HTTP_404"),
    410: ("DOWNLOAD_OVER", "SHOW_CODE_OVER"),
}
"""Codes of errors that share the row of their base."""
_TEXTS: Mapping[int, str] = {
    400: "the request cannot be read",
    401: "no valid proof of who asks",
    403: "not granted to the caller, or not on this way (TLS, another site's page)",
    404: "none of this name, or none for the caller",
    408: "the request stopped in the middle",
    409: "contradicts what is there",
    410: "over, or used before",
    413: "larger than the limit",
    415: "another media type",
    422: "data refused; `errors` names every field",
    429: "too much at once; see Retry-After",
    431: "too many header fields",
    500: "a fault of this service, which says nothing of its particulars",
    503: "not now; see Retry-After",
}
_EVERYWHERE = (403, 429, 431, 500, 503)
_WITH_BODY = (408, 413)
_PROBES = frozenset({"/healthz", "/readyz"})
"""Answered however busy the service is."""
_SECONDS = {"schema": {"type": "integer", "minimum": 0}, "description": "seconds to wait"}
_HEADERS: Mapping[int, dict[str, object]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}


def complete(app: FastAPI, services: Services) -> None:
    """Complete the application's OpenAPI document when it is first asked for."""
    made = app.openapi
    known: list[dict[str, Any]] = []

    def completed() -> dict[str, Any]:
        if not known:
            known.append(_completed(made(), services))
        return known[0]

    # FastAPI's documented way of extending the document is to replace this method.
    app.openapi = completed  # type: ignore[method-assign]


def codes_of(status: int) -> tuple[str, ...]:
    """Return the codes of the table of problems that come with a status, without repetition."""
    codes = {row.code for row in ROWS if row.http_status == status}
    return tuple(sorted(codes | set(_FINER.get(status, ()))))


def _completed(document: dict[str, Any], services: Services) -> dict[str, Any]:
    components = document["components"]
    schemas = components["schemas"]
    schemes = components["securitySchemes"] = _schemes(services)
    components["responses"] = {_name(status): _response(status) for status in _TEXTS}
    for status in _TEXTS:
        schemas[_name(status)] = _problem(status)
    for path, item in document["paths"].items():
        for operation in (item[method] for method in _METHODS if method in item):
            _complete_operation(path, operation, schemes)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, example in EXAMPLES.items():
        if name in schemas:
            schemas[name]["examples"] = [example]
    return document


def _complete_operation(path: str, operation: dict[str, Any], schemes: Mapping[str, object]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")) and not _is_checked(operation):
        del responses["422"]
    wanted = {int(status) for status in responses if int(status) in _TEXTS}
    if path in _PROBES:
        wanted = set()  # their 503 is an answer like the others
    else:
        wanted |= {*_EVERYWHERE, *(_WITH_BODY if "requestBody" in operation else ())}
    for status in wanted:
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    operation["responses"] = dict(sorted(responses.items()))
    # Where nobody is turned away for lack of a proof, none is asked for.
    operation["security"] = [{name: []} for name in schemes] if "401" in responses else []


def _is_checked(operation: Mapping[str, Any]) -> bool:
    """Whether a parameter can be refused for its form: any text will do for the others."""
    return any(
        parameter.get("schema", {}).keys() - {"title", "default", "description"} != {"type"}
        or parameter["schema"]["type"] != "string"
        for parameter in operation.get("parameters", ())
    )


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> dict[str, object]:
    content = {PROBLEM: {"schema": {"$ref": f"#/components/schemas/{_name(status)}"}}}
    described: dict[str, object] = {"description": _TEXTS[status], "content": content}
    if status in _HEADERS:
        described["headers"] = _HEADERS[status]
    return described


def _problem(status: int) -> dict[str, object]:
    codes = list(codes_of(status))
    code = {"type": "string", "examples": codes} if status in _OPEN else {"enum": codes}
    return {
        "allOf": [{"$ref": "#/components/schemas/ProblemOut"}],
        "properties": {"status": {"const": status}, "code": code},
        "examples": [next(_examples(status))],
    }


def _examples(status: int) -> Iterator[dict[str, object]]:
    for row in ROWS:
        if row.http_status == status:
            yield {
                "type": f"urn:elicence:problem:{row.code}",
                "title": row.title.en,
                "status": status,
                "detail": row.title.en,
                "code": row.code,
                "message": row.title.shape(),
            }


def _schemes(services: Services) -> dict[str, dict[str, str]]:
    """Describe the proofs that this service takes, in the order in which it looks for them."""
    schemes = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "API key of a client: `elicence clients key`",
        },
        "certificate": {"type": "mutualTLS", "description": "certificate registered for a client"},
    }
    tokens = services.home.settings.identity.tokens
    if tokens is not None:
        schemes["token"] = {
            "type": "openIdConnect",
            "openIdConnectUrl": f"{tokens.issuer.rstrip('/')}/.well-known/openid-configuration",
            "description": "access token (OAuth 2.0 client credentials) of the provider, as a bearer token",
        }
    identity = services.home.settings.identity
    if identity.holders is not None or identity.staff is not None:
        schemes["session"] = {
            "type": "apiKey",
            "in": "cookie",
            "name": services.identity.sessions.cookie,
            "description": "session of a person who has logged in; other sites' pages cannot use it",
        }
    return schemes
