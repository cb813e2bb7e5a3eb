"""A problem as a page: what happened, and the way on."""

from aiohttp import web

from cocreate.http.pages import render
from cocreate.http.pages_words import REFUSED
from cocreate.http.problems import Problem


async def render_problem(request: web.Request, problem: Problem) -> web.Response:
    """The same words as on a form, where the pages have their own for this problem."""
    detail = REFUSED.get(problem.name, problem.detail)
    return render(request, "problem.html", status=problem.status, problem=problem, detail=detail, done=None)
