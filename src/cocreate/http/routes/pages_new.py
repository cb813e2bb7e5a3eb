"""A host's new workshop."""

from typing import Any

from aiohttp import web

from cocreate.application import ChangeAgenda, CreateWorkshop, NotAHost
from cocreate.http.agendas import TEMPLATES
from cocreate.http.keys import SERVICE
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, action, attempt, facts, first, idempotency_key
from cocreate.http.pages_times import ZONES, local_of, millis_of
from cocreate.http.sessions import caller

HOUR_MS = 3_600_000
LANGUAGES = {
    "en": "English", "bg": "Български", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "es": "Español",
    "et": "Eesti", "fi": "Suomi", "fr": "Français", "ga": "Gaeilge", "hr": "Hrvatski", "hu": "Magyar", "it": "Italiano",
    "lt": "Lietuvių", "lv": "Latviešu", "mt": "Malti", "nl": "Nederlands", "pl": "Polski", "pt": "Português",
    "ro": "Română", "sk": "Slovenčina", "sl": "Slovenščina", "sv": "Svenska", "uk": "Українська", "zh": "中文",
}  # fmt: skip
"""Languages offered, each by its own name."""


async def new_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    if not (await caller(request)).host:
        raise NotAHost()
    now = request.app[SERVICE].clock.now()
    starts = (now // HOUR_MS + 24) * HOUR_MS
    return render(
        request,
        "new.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        templates=TEMPLATES,
        zones=ZONES,
        languages=LANGUAGES,
        starts=local_of(starts),
        ends=local_of(starts + 3 * HOUR_MS),
    )


async def create(request: web.Request) -> web.StreamResponse:
    service = request.app[SERVICE]
    asks = await caller(request)

    async def work(fields: Fields) -> str:
        key = idempotency_key(fields)
        receipt = await service.create(asks, action(CreateWorkshop, _said(fields)), key)
        template = TEMPLATES.get(first(fields, "template"))
        if template is not None and template.activities:
            agenda = ChangeAgenda(activities=template.activities)
            await service.execute(asks, receipt.workshop, agenda, f"{key}.agenda" if key else None)
        return f"/w/{receipt.workshop}/console?done=created"

    return await attempt(request, work, new_page)


def _said(fields: Fields) -> dict[str, Any]:
    zone = first(fields, "zone")
    times = {
        name: millis
        for name in ("starts_at", "ends_at")
        if (millis := millis_of(first(fields, name), zone)) is not None
    }
    said = facts(fields, "title", "host", "city", "place", "purpose")
    country = first(fields, "country").strip().upper()
    main = first(fields, "language") or "en"
    others = [tag for tag in fields.get("languages", []) if tag != main]
    return {
        **said,
        **times,
        **({"country": country} if country else {}),
        "languages": [main, *others],
        "settings": settings_said(fields),
    }


def settings_said(fields: Fields) -> dict[str, Any]:
    """The settings as a form says them: a box that is not ticked is a no."""
    tags = [tag.strip().lower().replace(" ", "-") for tag in first(fields, "tags").split(",")]
    return {
        "approval_first": "approval_first" in fields,
        "facilitator_sees_names": "facilitator_sees_names" in fields,
        "participants_see_names": "participants_see_names" in fields,
        "join": "closed" if "join_closed" in fields else "open_code",
        "paused": "paused" in fields,
        "tags": list(dict.fromkeys(tag for tag in tags if tag)),
    }


def add_new_routes(app: web.Application) -> None:
    app.router.add_get("/new", new_page)
    app.router.add_post("/new", create)
