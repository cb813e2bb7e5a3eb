"""Forms: read strictly, send as the action that they stand for, go on to the next page or show the same one with what is wrong.

A form carries a fresh key; the idempotency key is made of it and of everything the form says. So a double click or a repeat
after a lost answer counts once, and a form changed after going back is a new request.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from aiohttp import web
from multidict import MultiDictProxy
from pydantic import ValidationError

from cocreate.application import Action, NotAHost, Receipt, Refusal, Unavailable, canonical_json
from cocreate.http import pages_words
from cocreate.http.keys import SERVICE
from cocreate.http.problems import problem_of, refused
from cocreate.http.sessions import caller

Fields = Mapping[str, list[str]]
Wanted = TypeVar("Wanted", bound=Action)
NOTHING: Final[Fields] = {}
FORM_TYPE: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Trouble:
    """What a form said and why it was not taken; the page shows both, so nothing typed is lost."""

    status: int
    problems: list[tuple[str, str]]
    """(field or "", what is wrong) in the order of the form."""
    kind: str = ""
    fields: Fields = field(default_factory=dict)

    @property
    def form(self) -> str:
        """Which of the page's forms it was."""
        return first(self.fields, "form")

    def typed(self, form: str, name: str) -> str:
        """What a field of that form held."""
        return first(self.fields, name) if self.form == form else ""

    def chosen(self, form: str, name: str) -> list[str]:
        return self.fields.get(name, []) if self.form == form else []


class FormWrong(Exception):
    """What a form says makes no request; `problems` are (field or "", what is wrong and how to mend it)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(f"{len(problems)} fields of a form")
        self.problems = problems


async def read_form(request: web.Request) -> Fields:
    """The form's fields, each with all its values; of the kind that our pages send, in UTF-8, and no other."""
    if not request.body_exists:
        return NOTHING
    charset = (request.charset or "utf-8").lower()
    if request.content_type != FORM_TYPE or charset not in ("utf-8", "utf8"):
        raise refused("ContentTypeUnsupported")
    try:
        posted: MultiDictProxy[Any] = await request.post()
    except UnicodeDecodeError:
        raise web.HTTPBadRequest(text="The form is not UTF-8.") from None
    fields: dict[str, list[str]] = {}
    for name, value in posted.items():
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return fields


def first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def facts(fields: Fields, *names: str) -> dict[str, str]:
    """The fields that say something, stripped."""
    return {name: said for name in names if (said := first(fields, name).strip())}


def worded(fields: Fields, name: str) -> dict[str, Any]:
    """A text, in the language that the form names for it, if it names one."""
    text, language = first(fields, name).strip(), first(fields, "language")
    if not text:
        return {}
    return {name: {language: text} if language else text}


def action(kind: type[Wanted], said: Mapping[str, Any]) -> Wanted:
    """The action that says this; raises ValidationError, as it does at the border of the API."""
    return kind.model_validate_json(canonical_json(dict(said)))


def idempotency_key(fields: Fields) -> str | None:
    """None where the form has no key: then each sending counts."""
    key = first(fields, "key")
    if not key:
        return None
    digest = hashlib.sha256(
        canonical_json({name: values for name, values in fields.items() if name != "key"})
    )
    return f"{key[:64]}.{digest.hexdigest()[:32]}"


async def perform(request: web.Request, fields: Fields, act: Action, part: str = "") -> Receipt:
    """Send one action of a form; `part` tells several of one form apart."""
    key = idempotency_key(fields)
    workshop = request.match_info["workshop"]
    service = request.app[SERVICE]
    return await service.execute(await caller(request), workshop, act, f"{key}{part}" if key else None)


async def attempt(
    request: web.Request,
    work: Callable[[Fields], Awaitable[str]],
    again: Callable[[web.Request, Trouble], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Do what a form asks: `work` says where to go then; on a refusal `again` shows the page with what was typed."""
    fields = await read_form(request)
    try:
        then = await work(fields)
    except ValidationError as error:
        trouble = Trouble(422, pages_words.mistakes(error), "Malformed", fields)
    except FormWrong as error:
        trouble = Trouble(422, error.problems, "Malformed", fields)
    except (Refusal, Unavailable, NotAHost) as error:
        problems = [("", pages_words.refused(error))]
        trouble = Trouble(problem_of(error).status, problems, type(error).__name__, fields)
    else:
        raise web.HTTPSeeOther(then)
    return await again(request, trouble)
