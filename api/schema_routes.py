"""Licence types and their schemas over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from licences import paper_schema, structured_schema, xml_schema

from .authentication import known
from .http_requests import PREFIX, problems
from .type_shapes import types_shape
from .wiring import Services

_SCHEMA = "application/schema+json"


def schema_routes(services: Services) -> APIRouter:
    """Return the interface for licence types."""
    router = APIRouter(prefix=f"{PREFIX}/types", dependencies=[Depends(known(services))])

    @router.get(
        "",
        summary="证照类型",
        description="The licence types, each in its newest version.",
        responses=problems(401),
    )
    def show_types() -> Response:
        return JSONResponse(types_shape(services.catalogue))

    @router.get(
        "/{type}/schema",
        summary="证照类型的数据结构",
        description=(
            "The JSON Schema (draft 2020-12) of the structured e-licence of a type, or of the metadata that one enters "
            "(`paper`); or the XML Schema of its XML."
        ),
        response_class=Response,
        responses={200: {"content": {_SCHEMA: {}, "application/xml": {}}}, **problems(401, 422)},
    )
    def show_schema(
        type: str, form: Annotated[Literal["structured", "paper", "xsd"], Query()] = "structured"
    ) -> Response:
        licence_type = services.catalogue.get(type)
        if form == "xsd":
            return Response(xml_schema(licence_type), media_type="application/xml")
        schema = paper_schema(licence_type) if form == "paper" else structured_schema(licence_type)
        return JSONResponse(schema, media_type=_SCHEMA)

    return router
