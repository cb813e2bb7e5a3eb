"""What comes in: JSON bodies, queries and idempotency keys, read strictly, once, here.

What is refused is told by its place (RFC 6901 pointer) and what was expected there, never by what was sent.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

from aiohttp import web
from aiohttp.hdrs import CONTENT_TYPE
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from cocreate.http.problems import refused

BODY_BYTES_MAX = 64 * 1024
"""The longest text in all its languages is less than that."""
DEPTH_MAX = 8
"""No body of ours nests deeper than five."""
KEY_LENGTH_MAX = 200
ERRORS_TOLD_MAX = 20
_SHOWABLE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PRINTABLE = re.compile(rf"[\x20-\x7e]{{1,{KEY_LENGTH_MAX}}}")

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body's one JSON object; an empty body is an object without members."""
    body = await _read(request)
    return _parsed(body) if body else {}


async def read_model(request: web.Request, model: type[M], path: Mapping[str, str]) -> M:
    """The model of the body and of the fields that the address names; strict, as JSON: no number is taken from a string."""
    body = await _read(request)
    found = _read_at_once(model, body, path)
    return validated(model, _parsed(body) if body else {}, path) if found is None else found


def _read_at_once(model: type[M], body: bytes, path: Mapping[str, str]) -> M | None:
    """The model of a plain body, which needs no second look; None where it takes one to accept it or to say what is wrong.

    Plain is a flat object without escapes and without a colon but behind its names. pydantic's own parser takes the last of two
    equal names, and of the address's too: then there are more colons than fields.
    """
    if body[:1] != b"{" or body.count(b"{") > 1 or b"\\" in body:
        return None
    # Fields of the path have no character that JSON would escape. An empty body leaves a comma too many: the long way.
    named = b"".join([b'"%s":"%s",' % (name.encode(), value.encode()) for name, value in path.items()])
    try:
        found: M = model.__pydantic_validator__.validate_json(b"{%s%s" % (named, body[1:]), strict=True)
    except ValidationError:
        return None
    return found if body.count(b":") == len(found.__pydantic_fields_set__) - len(path) else None


async def _read(request: web.Request) -> bytes:
    """The body, which must be JSON if there is one; a short one has come with its headers as a rule, so nothing is waited for."""
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise refused("BodyTooLarge")
    content = request.content
    if content.is_eof() and content.total_bytes <= BODY_BYTES_MAX and content.exception() is None:
        body = content.read_nowait(-1)
    else:
        body = await request.read()
    if body and request.headers.get(CONTENT_TYPE) != "application/json" and not _is_json(request):
        raise refused("ContentTypeUnsupported")
    return body


def _is_json(request: web.Request) -> bool:
    """Whether the body is said to be JSON in UTF-8, with whatever parameters."""
    charset = (request.charset or "utf-8").lower()
    return request.content_type == "application/json" and charset in ("utf-8", "utf8")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise refused("JsonMalformed", "The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise refused("JsonMalformed", f"The body is not JSON: {error.msg} at byte {error.pos}.") from None
    except (ValueError, OverflowError, RecursionError):
        # A name twice, NaN, an integer of thousands of digits, or a nesting that the parser gives up on.
        raise refused("JsonMalformed") from None
    if not isinstance(found, dict):
        raise refused("JsonMalformed", "The body is not a JSON object.")
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _too_deep(found):
        raise refused("JsonMalformed", f"The body nests deeper than {DEPTH_MAX}.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _number(digits: str) -> int | float:
    """An integer however it is written: 7.0 is 7 (JSON Schema knows no other difference)."""
    found = float(digits)
    return int(found) if found.is_integer() else found


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_number)


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def validated(model: type[M], body: dict[str, Any], path: Mapping[str, str]) -> M:
    """The model of a body and the fields that the address names; strict, as JSON: no number is taken from a string."""
    if doubled := path.keys() & body.keys():
        errors = [{"pointer": f"#/{name}", "detail": "The address says this already."} for name in doubled]
        raise refused("BodyInvalid", errors=errors)
    whole = {**body, **path}
    try:
        return model.__pydantic_validator__.validate_json(_as_json(whole), strict=True)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise refused("BodyInvalid", errors=_told(error, whole)) from None


def _as_json(whole: dict[str, Any]) -> bytes | str:
    try:
        return to_json(whole)
    except PydanticSerializationError:
        # Half a surrogate pair, which is no text: said as an escape, it is refused in its place.
        return json.dumps(whole)


def _told(error: ValidationError, body: Any) -> list[dict[str, str]]:
    """Each place once, with the expectations that it does not meet."""
    places: dict[str, list[str]] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        pointer = _pointer(found["loc"], body, missing=found["type"] == "missing")
        said = found["msg"] if found["type"] != "json_invalid" else "Expected Unicode text."
        expected = places.setdefault(pointer, [])
        if said not in expected:
            expected.append(said)
    told = [{"pointer": place, "detail": "; or: ".join(said)} for place, said in places.items()]
    return told[:ERRORS_TOLD_MAX]


def _pointer(loc: tuple[int | str, ...], body: Any, *, missing: bool) -> str:
    """A JSON pointer of pydantic's location, without its names for the members of a union."""
    parts, here = [], body
    for index, step in enumerate(loc):
        in_list = isinstance(here, list) and isinstance(step, int) and step < len(here)
        if in_list or (isinstance(here, dict) and step in here):
            here = here[step]
        elif not (missing and index == len(loc) - 1):
            continue
        parts.append(str(step) if _SHOWABLE.fullmatch(str(step)) else "?")
    return "#" + "".join(f"/{part}" for part in parts)


def idempotency_key(request: web.Request) -> str | None:
    """The key under which a repeat gets its first result; None where the client sends none."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    if len(keys) > 1 or not _PRINTABLE.fullmatch(keys[0]):
        raise refused("KeyInvalid")
    return keys[0]


class Query(NamedTuple):
    """A query parameter: its JSON schema, and how its text is read; `read` raises ValueError on any other."""

    name: str
    says: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    required: bool = False


def query(request: web.Request, known: Iterable[Query]) -> dict[str, Any]:
    """The parameters sent, read; unknown, doubled, malformed and missing ones are refused, all at once."""
    readers = {parameter.name: parameter for parameter in known}
    found: dict[str, Any] = {}
    errors = []
    for name, text in request.query.items():
        problem = None
        if name not in readers:
            problem = "There is no such parameter here."
        elif name in found:
            problem = "This parameter stands once at most."
        else:
            try:
                found[name] = readers[name].read(text)
            except ValueError:
                problem = f"Expected: {readers[name].says}"
        if problem:
            shown = name if _SHOWABLE.fullmatch(name) else "?"
            errors.append({"parameter": shown, "detail": problem})
    for name, parameter in readers.items():
        if parameter.required and name not in request.query:
            errors.append({"parameter": name, "detail": f"Expected: {parameter.says}"})
    if errors:
        raise refused("QueryInvalid", errors=errors[:ERRORS_TOLD_MAX])
    return found
