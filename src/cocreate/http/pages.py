"""Rendering: templates that escape everything, texts in the reader's language, pages that a browser may ask for again.

A page is the same bytes for the same reader and the same record, but for the idempotency keys of its forms: those are put in
last, so that an unchanged page is answered with 304.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from cocreate.http import figures, money, pages_words, words_steps
from cocreate.http.assets import asset_path
from cocreate.http.pages_outcome import Fate
from cocreate.http.pages_room import Room
from cocreate.http.qr import qr_svg, room_qr_svg

KEY_MARK: Final = f"@{secrets.token_hex(12)}@"
"""Stands for the page's fresh key until the page has been compared with what the browser has."""
COMPRESSED_BYTES_MIN: Final = 1_000
LANGUAGES_READ_MAX: Final = 10
DRAWN_MAX: Final = 16
"""Tables kept with a view, by round and languages: 0.65 MB each where a thousand ideas are voted on. Others are drawn each time."""

NAMED_LENGTH_MAX: Final = 80
"""Of an option's words in a sentence of ours."""

WEB_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]{1,1000}")
GONE: Final = {"erased": "text erased", "hidden": "hidden by a facilitator"}


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cocreate.http"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {
        "asset": asset_path,
        "bar": figures.bar,
        "fate_of": Fate,
        "for_all": for_all,
        "qr": qr_svg,
        "room_qr": room_qr_svg,
        "key_mark": KEY_MARK,
        "result_table": figures.table,
        "spent": figures.spent,
        "stages_of": words_steps.stages,
        "pairs_of": words_steps.pairs,
        "listed_max": words_steps.LISTED_MAX,
        "step_words": step_words,
        "topics": pages_words.TOPICS,
    }
    made.filters |= {
        "say": say,
        "plain": plain,
        "brief": brief,
        "when": when,
        "day": day,
        "reference": reference,
        "name_of": lambda code: pages_words.NAMES.get(code, code),
        "count_name": lambda code: pages_words.COUNTS.get(code, pages_words.NAMES.get(code, code)),
        "reading_name": pages_words.READINGS.__getitem__,
        "event_name": lambda event: pages_words.EVENTS.get(pages_words.event_name(event), event),
        "short": lambda pseudonym: pseudonym[:6],
        "number": money.grouped,
        "money": money.said,
        "typed_money": money.field_of,
    }
    return made


def languages_read(request: web.Request) -> tuple[str, ...]:
    """The reader's languages, most wanted first; weights beyond their order are ignored."""
    asked = request.headers.get("Accept-Language", "").split(",")[:LANGUAGES_READ_MAX]
    return tuple(tag for one in asked if (tag := one.partition(";")[0].strip().lower()))


def pick(text: Mapping[str, Any], languages: tuple[str, ...]) -> tuple[str, str]:
    """(language, words) of a text in the first language that the reader has in common with it, else the original."""
    texts: Mapping[str, str] = text["texts"]
    if len(texts) == 1:
        return text["language"], texts[text["language"]]
    for wanted in languages:
        for language, words in texts.items():
            if language.lower() == wanted or language.partition("-")[0] == wanted.partition("-")[0]:
                return language, words
    return text["language"], texts[text["language"]]


@pass_context
def say(context: Context, text: Mapping[str, Any]) -> Markup:
    """A contribution as its own island of language and direction; paragraphs and lines stay as they were typed."""
    if "gone" in text:
        return Markup('<em class="gone">{}</em>').format(GONE[text["gone"]])
    language, words = pick(text, context["languages_read"])
    return _island(language, "<br>".join(escape(line) for line in words.splitlines()))


@pass_context
def plain(context: Context, text: Mapping[str, Any]) -> str:
    """A text where no markup can stand: the title of the window, a field, a label."""
    return GONE[text["gone"]] if "gone" in text else pick(text, context["languages_read"])[1]


@pass_context
def brief(context: Context, text: Mapping[str, Any], length: int) -> Markup:
    """The beginning of a contribution, at most so many characters, as its own island of language and direction."""
    if "gone" in text:
        return say(context, text)
    language, words = pick(text, context["languages_read"])
    shown = words if len(words) <= length else words[: length - 1].rstrip() + "…"
    return _island(language, escape(shown))


def _island(language: str, escaped: str) -> Markup:
    return Markup(f'<span lang="{escape(language)}" dir="auto">{escaped}</span>')  # noqa: S704  escaped by the caller


def day(millis: int) -> Markup:
    """The day of a moment."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.strftime("%Y-%m-%d"), moment.strftime("%-d %B %Y")
    )


@pass_context
def reference(context: Context, text: Mapping[str, Any]) -> Markup:
    """A text that is the address of a page as a link to it, which vouches for nothing; any other text as it is."""
    words = plain(context, text)
    if "gone" in text or not WEB_ADDRESS.fullmatch(words):
        return say(context, text)
    return Markup('<a class="wrap" rel="nofollow ugc noopener" href="{}">{}</a>').format(words, words)


def when(millis: int) -> Markup:
    """A moment; the page's script says it in the reader's own time zone."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    return Markup('<time datetime="{}" data-when>{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%-d %B %Y, %H:%M UTC")
    )


@pass_context
def for_all(context: Context, room: Room, shown: Mapping[str, Any], caller: Callable[[], Markup]) -> Markup:
    """What the block draws of a round. Where everybody sees its results it is the same for all readers of a view, and drawn once.

    A room looks at a long result at the same moment; what is particular to a reader must stand outside the block.
    """
    if not shown["results_shown"]:
        return caller()
    drawn, place = room.view.drawn, (shown["key"], context["languages_read"])
    if place not in drawn and len(drawn) < DRAWN_MAX:
        drawn[place] = caller()
    return Markup(drawn[place]) if place in drawn else caller()  # noqa: S704  what the block drew


@pass_context
def step_words(
    context: Context, steps: Sequence[Mapping[str, Any]], shown: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterator[str]:
    """The steps of a round's count in words, one after another; `options` are its options by idea."""

    def name(idea: str) -> str:
        option = options[idea]
        words = plain(context, option["title"] if "title" in option else option["text"])
        return (
            f"“{words if len(words) <= NAMED_LENGTH_MAX else f'{words[: NAMED_LENGTH_MAX - 1].rstrip()}…'}”"
        )

    scale = words_steps.scale_of(steps)
    for step in steps:
        yield words_steps.told(step, shown["rules"], name, scale) or _facts(step, name, options)


def _facts(step: Mapping[str, Any], name: Callable[[str], str], options: Mapping[str, Any]) -> str:
    """A step that has no sentence, by the names of its facts."""

    def fact(value: Any) -> str:
        if isinstance(value, str):
            return name(value) if value in options else pages_words.NAMES.get(value, value)
        return " ".join(map(fact, value)) if isinstance(value, Sequence) else str(value)

    facts = "; ".join(f"{fact(key)} {fact(value)}" for key, value in step.items() if key != "step")
    return f"{fact(step['step'])}: {facts}."


ENVIRONMENT: Final = _environment()


def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page for this reader. `trouble` in the context is what went wrong with what they sent."""
    html = ENVIRONMENT.get_template(template).render(
        languages_read=languages_read(request),
        path=request.path,
        **{
            "trouble": None,
            "done": pages_words.DONE.get(request.query.get("done", "")),
            **context,
        },
    )
    headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}
    if status == 200 and request.method == "GET":
        headers["ETag"] = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
    html = html.replace(KEY_MARK, secrets.token_hex(16))
    response = web.Response(text=html, content_type="text/html", status=status, headers=headers)
    if len(html) > COMPRESSED_BYTES_MIN:
        response.enable_compression()
    return response
