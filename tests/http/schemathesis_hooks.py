"""Loaded by Schemathesis: who asks, which ids exist, and one check of our own."""

import json
import os
import random
from typing import Any

import schemathesis

NAMES: dict[str, str] = json.loads(os.environ["COCREATE_TEST_NAMES"])
COOKIES: list[str] = json.loads(os.environ["COCREATE_TEST_COOKIES"])
ENDS = {
    "close_workshop",
    "seal_record",
    "cancel_workshop",
    "erase_subject",
    "leave",
    "remove_facilitator",
    "void_round",
}
"""These would end what the others need; they run on ids that do not exist, and test_roles.py runs them for real."""


@schemathesis.hook
def before_call(context: Any, case: Any, **kwargs: Any) -> None:
    """Half of the requests name what exists, and each is somebody's: a facilitator's, a participant's or nobody's."""
    operation = case.operation.definition.raw.get("operationId")
    # Drawn from the request itself: the fixed seed makes the same requests, and the same people ask.
    said = [operation, case.path_parameters, case.query, case.body]
    chance = random.Random(json.dumps(said, sort_keys=True, default=lambda _: None))
    known = operation not in ENDS and chance.random() < 0.7
    for name, value in (case.path_parameters or {}).items():
        if known and name in NAMES and len(str(value)) == len(NAMES[name]):
            case.path_parameters[name] = NAMES[name]
    # Nobody signs the others out.
    cookie = None if operation == "delete_session" else chance.choice([COOKIES[0], *COOKIES, None])
    if cookie is not None:
        case.headers = {**(case.headers or {}), "Cookie": f"cocreate={cookie}"}


@schemathesis.check
def fitting_bodies_are_read(ctx: Any, response: Any, case: Any) -> None:
    """What the document calls valid is refused by rules alone, never for its form."""
    if case.meta is not None and case.meta.generation.mode.is_positive and response.status_code == 422:
        assert response.json()["type"] != "/problems/body-invalid", response.json()["errors"]


@schemathesis.check
def problems_are_documents(ctx: Any, response: Any, case: Any) -> None:
    """Every refusal, whatever was sent, is a problem document (HEAD has no body; 400 of a broken request line is the parser's)."""
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert response.headers["content-type"] == ["application/problem+json"], response.headers
        assert response.json()["status"] == response.status_code
