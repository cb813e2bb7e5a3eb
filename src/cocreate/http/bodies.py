"""What comes in: JSON bodies, queries and idempotency keys, read strictly, once, here.

What is refused is told by its place (RFC 6901 pointer) and what was expected there, never by what was sent.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

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
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise refused("BodyTooLarge")
    body = await request.read()
    if not body:
        return {}
    charset = request.charset
    if request.content_type != "application/json" or (charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise refused("ContentTypeUnsupported")
    return _parsed(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_number,
        )
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
        return model.model_validate_json(json.dumps(whole), strict=True)
    except ValidationError as error:
        raise refused("BodyInvalid", errors=_told(error, whole)) from None


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


def query(request: web.Request, known: Iterable[Query]) -> dict[str, Any]:
    """The parameters sent, read; unknown, doubled and malformed ones are refused, all at once."""
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
    if errors:
        raise refused("QueryInvalid", errors=errors[:ERRORS_TOLD_MAX])
    return found
