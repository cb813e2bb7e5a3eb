"""The OpenAPI 3.1 document, made from the route declarations and the pydantic models of what comes in."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cocreate.http.openapi_answers import SCHEMAS
from cocreate.http.problems import CONTENT_TYPE, ROWS, kebab
from cocreate.http.route import PATH_PATTERNS, Route

REF = "#/components/schemas/{model}"
WRITTEN = r"^[^\x00]*[^\x00\s][^\x00]*$"
"""White space at the ends is cut off, and something must be left; U+0000 has no place in a text."""
EVERYWHERE = ("TooManyRequests", "Stopping")
ON_BODIES = ("JsonMalformed", "BodyInvalid", "BodyTooLarge", "ContentTypeUnsupported", "CrossSite")
ON_COMMANDS = (
    "WorkshopNotFound",
    "NotAFacilitator",
    "NotAParticipant",
    "KeyInvalid",
    "LimitReached",
    "IdempotencyKeyReused",
    "RecordIsSealed",
    "ImportIncomplete",
    "QueueFull",
    "StoreDown",
    "AnswerLost",
    "TooManyWriters",
    "ClockJumped",
    "RecordDamaged",
)
"""What any command may meet; what is particular to one stands at its route."""
DESCRIPTION = """\
Co-creation workshops whose every idea, comment, vote and decision is an entry of a provable record.

Whoever has no session is the public; a session (a cookie) is anonymous until it joins a workshop. There is no 401: a missing
role is 403, and the problem says how to get it. Every command takes an `Idempotency-Key`; a repeat under the same key gets
the first result. Every read carries an `ETag` of its position; `?at=` shows any past moment, judged by what may be seen today.
Problems are RFC 9457 documents; their types are explained at `/problems/`.
"""


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document; a pure function of the declarations."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cocreate", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **_body_schemas(routes)},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "cocreate"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "description": f"For: {', '.join(route.roles)}.",
        "tags": [route.tag],
        "security": [{}, {"session": []}],
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.body is not None:
        schema = {"$ref": REF.format(model=route.body.__name__)}
        required = bool(_members(route.body, route)[1])
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return operation


def operation_id(route: Route) -> str:
    if route.command is not None:
        return route.command.NAME
    parts = route.path.removeprefix("/api").replace("{", "").replace("}", "").replace("-", "_").strip("/")
    return f"{route.method.lower()}_{parts.replace('/', '_').replace('.', '_') or 'reference'}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{PATH_PATTERNS[name]}$"},
        }
        for name in route.path_fields
    ]
    found += [
        {
            "name": one.name,
            "in": "query",
            "description": one.says,
            "schema": dict(one.schema),
            **({"required": True} if one.required else {}),
        }
        for one in route.query
    ]
    if route.command is not None:
        key = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x20-\x7e]{1,200}$"}
        found.append(_header("Idempotency-Key", "Random, a new one for each new request.", key))
    if route.conditional:
        found.append(
            _header("If-None-Match", "The ETag one has; 304 where it still holds.", {"type": "string"})
        )
    if route.media_type == "text/event-stream":
        last = {"type": "integer", "minimum": -1, "maximum": 2**53 - 1}
        found.append(_header("Last-Event-ID", "The position from which to resume.", last))
    return found


def _header(name: str, says: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": says, "schema": dict(schema)}


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(status): _success(route, status) for status in _successes(route)}
    if route.conditional:
        responses["304"] = {"description": "What one has still holds."}
    by_status: dict[int, list[str]] = {}
    for name in problems_of(route):
        by_status.setdefault(ROWS[name].status, []).append(name)
    for status, names in sorted(by_status.items()):
        kinds = ", ".join(f"`{kebab(name)}`" for name in names)
        schema = {"$ref": REF.format(model="Problem")}
        responses[str(status)] = {"description": kinds, "content": {CONTENT_TYPE: {"schema": schema}}}
    return responses


def _successes(route: Route) -> tuple[int, ...]:
    if route.command is not None and route.status == 201:
        return (200, 201)
    return (200, 201) if route.path == "/api/session" and route.method == "POST" else (route.status,)


def _success(route: Route, status: int) -> dict[str, Any]:
    said = (
        "Nothing had to be written."
        if route.command is not None and status == 200
        else HTTPStatus(status).phrase
    )
    if status == 204:
        return {"description": said}
    schema: dict[str, Any] = {} if route.returns is None else {"$ref": REF.format(model=route.returns)}
    if route.media_type.startswith("text/"):
        schema = {"type": "string"}
    return {"description": said, "content": {route.media_type: {"schema": schema}}}


def problems_of(route: Route) -> list[str]:
    """Rows of the problem table that the route may answer with."""
    names = [*route.refusals, *EVERYWHERE]
    if route.path_fields:
        names.append("NotFound")
    if route.query or route.method in ("GET", "DELETE"):
        names.append("QueryInvalid")
    if route.method != "GET":
        names.append("CrossSite")
    if route.body is not None:
        names += ON_BODIES
    if route.command is not None:
        names += ON_COMMANDS
    return list(dict.fromkeys(names))


def _body_schemas(routes: Iterable[Route]) -> dict[str, Any]:
    """The models' schemas, each without the members that the path names."""
    bodies = {route.body: route for route in routes if route.body is not None}
    _, found = models_json_schema([(body, "validation") for body in bodies], ref_template=REF)
    schemas: dict[str, Any] = dict(found["$defs"])
    for body, route in bodies.items():
        properties, required = _members(body, route)
        schema = schemas[body.__name__]
        schema["properties"] = {name: schema["properties"][name] for name in properties}
        schema["required"] = required
    return {name: _as_read(schema) for name, schema in schemas.items()}


def _as_read(schema: Any) -> Any:
    """Say what the models check in code: maps take no other names, and texts are more than blanks."""
    if isinstance(schema, list):
        return [_as_read(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    read = {name: _as_read(one) for name, one in schema.items()}
    if "patternProperties" in read:
        read["additionalProperties"] = False
    if read.get("type") == "string" and "minLength" in read and "pattern" not in read:
        read["pattern"] = WRITTEN
    return read


def _members(body: type[BaseModel], route: Route) -> tuple[list[str], list[str]]:
    """(names of the body's members, those of them that are required)."""
    fields = {name: one for name, one in body.model_fields.items() if name not in route.path_fields}
    return list(fields), [name for name, one in fields.items() if one.is_required()]
