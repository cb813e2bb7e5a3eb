"""The API as plain pages: what can be asked, of whom, and what each type of problem means. Works offline, without scripts."""

from collections.abc import Sequence
from html import escape

from cocreate.http.openapi import DESCRIPTION, operation_id, problems_of
from cocreate.http.problems import ROWS, explanation, kebab
from cocreate.http.route import Route


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def reference(routes: Sequence[Route]) -> str:
    """Every route with its summary, parameters, members and problems, by tag."""
    words = "".join(f"<p>{escape(part)}</p>" for part in DESCRIPTION.split("\n\n"))
    whole = '<p>For programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>'
    tags = dict.fromkeys(route.tag for route in routes)
    sections = "".join(_section(tag, [route for route in routes if route.tag == tag]) for tag in tags)
    return _page("Cocreate: the interface for programs", words + whole + sections)


def _section(tag: str, routes: Sequence[Route]) -> str:
    return f"<h2>{escape(tag)}</h2>" + "".join(_route(route) for route in routes)


def _route(route: Route) -> str:
    lines = [f"<dt>For</dt><dd>{escape(', '.join(route.roles))}</dd>"]
    if route.query:
        asked = "; ".join(f"<code>{escape(one.name)}</code>: {escape(one.says)}" for one in route.query)
        lines.append(f"<dt>Query</dt><dd>{asked}</dd>")
    if route.body is not None:
        lines.append(f"<dt>Body</dt><dd>{_members(route)}</dd>")
    told = ", ".join(
        f'<a href="/problems/{kebab(name)}">{ROWS[name].status} {kebab(name)}</a>'
        for name in problems_of(route)
    )
    lines.append(f"<dt>Problems</dt><dd>{told}</dd>")
    return (
        f'<h3 id="{escape(operation_id(route))}"><code>{route.method} {escape(route.path)}</code></h3>'
        f"<p>{escape(route.summary)}</p><dl>{''.join(lines)}</dl>"
    )


def _members(route: Route) -> str:
    fields = route.body.model_fields if route.body is not None else {}
    names = [
        f"<code>{escape(name)}</code>" + ("" if one.is_required() else " (optional)")
        for name, one in fields.items()
        if name not in route.path_fields
    ]
    return ", ".join(names) or "none"


def problem_reference(name: str) -> str:
    """One type of problem; facts of its text stand in braces."""
    row = ROWS[name]
    return _page(
        row.title,
        f"<p>Status {row.status}, type <code>/problems/{kebab(name)}</code>.</p><p>{escape(explanation(name))}</p>",
    )
