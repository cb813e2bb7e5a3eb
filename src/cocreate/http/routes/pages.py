"""The routes of the pages for people."""

from aiohttp import web

from cocreate.http.assets import serve_asset
from cocreate.http.keys import PROBLEM_PAGE
from cocreate.http.pages_problem import render_problem
from cocreate.http.routes.pages_console import add_console_routes
from cocreate.http.routes.pages_doors import add_door_routes
from cocreate.http.routes.pages_front import add_front_routes
from cocreate.http.routes.pages_new import add_new_routes
from cocreate.http.routes.pages_outcome import add_outcome_routes
from cocreate.http.routes.pages_participant import add_participant_routes
from cocreate.http.routes.pages_record import add_record_routes
from cocreate.http.routes.pages_screen import add_screen_routes


def add_page_routes(app: web.Application) -> None:
    app[PROBLEM_PAGE] = render_problem
    app.router.add_get("/static/{version}/{name}", serve_asset)
    add_front_routes(app)
    add_door_routes(app)
    add_new_routes(app)
    add_console_routes(app)
    add_screen_routes(app)
    add_record_routes(app)
    add_outcome_routes(app)
    add_participant_routes(app)
