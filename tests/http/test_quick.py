"""The short way of a command through the border: it reads and answers exactly as the long way does."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cocreate.application import CastBallot, ChangeSettings, SubmitIdea
from cocreate.http.bodies import _parsed, _read_at_once, validated
from cocreate.http.problems import Refused
from tests.http.house import House, opened_room

ROUND = "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c"
IDEA = "11111111-2222-4333-8444-555555555555"
MODELS: dict[Any, dict[str, str]] = {CastBallot: {"round": ROUND}, SubmitIdea: {}, ChangeSettings: {}}

values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            1,
            0,
            -1,
            2,
            7.0,
            1.5,
            True,
            None,
            "",
            "Water",
            "choice",
            "a \\u00e9",
            IDEA,
            [IDEA],
            [IDEA, 1],
            [[]],
            {},
        ]
    ),
    st.lists(st.sampled_from([IDEA, ROUND, "round"]), max_size=3),
    st.text(max_size=5),
)
names = st.sampled_from(
    ["choice", "counter", "option", "round", "text", "title", "tags", "paused", "unknown", "ch\\u006fice"]
)
members = st.lists(st.tuples(names, values), max_size=4)
spaces = st.sampled_from(["", " ", "\n", "\t "])


def body_of(parts: list[tuple[str, Any]], space: str, tail: str) -> bytes:
    told = [f'"{name}"{space}:{space}{json.dumps(value, ensure_ascii=False)}' for name, value in parts]
    return f"{{{space}{f'{space},'.join(told)}{space}}}{tail}".encode("utf-8", "surrogatepass")


@given(st.sampled_from(list(MODELS)), members, spaces, st.sampled_from(["", " ", "}", ",", "{}", "x"]))
@example(CastBallot, [("choice", 1), ("choice", 0)], "", "")
@example(CastBallot, [("choice", 1), ("round", ROUND)], "", "")
@example(CastBallot, [], "", "")
@example(SubmitIdea, [("text", "\ud800")], "", "")
def test_what_is_read_at_once_is_what_a_second_look_would_read(
    model: Any, parts: list[tuple[str, Any]], space: str, tail: str
) -> None:
    """Nothing is accepted at once that the long way refuses, and nothing is understood otherwise."""
    body, path = body_of(parts, space, tail), MODELS[model]
    at_once = _read_at_once(model, body, path)
    try:
        found = validated(model, _parsed(body), path)
    except Refused:
        assert at_once is None
        return
    assert at_once in (None, found)


def test_a_plain_ballot_is_read_at_once() -> None:
    """The short way is taken by what it is for."""
    for said in (
        b'{"choice": ["%s"], "counter": 3}' % IDEA.encode(),
        b'{ "choice" : 1, "option": "%s"}' % IDEA.encode(),
    ):
        assert _read_at_once(CastBallot, said, MODELS[CastBallot]) is not None


@pytest.mark.parametrize(
    "said",
    [
        b'{"choice":0,"choice":1}',
        b'{"choice" :0,"choice":1}',
        b'{"choice":0,"choice" :1}',
        b'{"choice" :0,"choice" :1}',
        b'{"round" :"%s","choice":1}' % IDEA.encode(),
        b'{"choice":1,"round":"%s"}' % IDEA.encode(),
    ],
    ids=bytes.decode,
)
def test_what_is_said_twice_is_never_read_at_once(said: bytes) -> None:
    """The address says the round already."""
    assert _read_at_once(CastBallot, said, MODELS[CastBallot]) is None


async def test_a_quick_answer_says_what_others_say_and_keeps_the_connection_as_asked(house: House) -> None:
    """The headers of every answer, its length, and the end of the connection for whoever wants that or speaks HTTP/1.0."""
    room = await opened_room(house)
    cookie = "; ".join(f"{one.key}={one.value}" for one in room.participant.client.cookie_jar)
    host, port = house.url.removeprefix("http://").split(":")
    usual = await room.participant.post(f"{room.path}/ideas", {"text": 1})
    for version, asked, stays in (
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.0", "", False),
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b'{"text": "Water"}'
        head = (
            f"POST {room.path}/ideas HTTP/{version}\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n{asked}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        receipt = json.loads(await reader.readexactly(int(headers["Content-Length"])))
        assert (status, receipt["repeated"], headers["Cache-Control"]) == (
            "HTTP/1.1 201 Created",
            False,
            "no-store",
        )
        changing = {"Content-Type", "Content-Length", "Date", "Cache-Control", "Connection"}
        same = {name: value for name, value in headers.items() if name not in changing}
        assert same == {name: value for name, value in usual.headers.items() if name not in changing}
        assert headers.get("Connection") == (None if stays else "close")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.read(8) == b"HTTP/1.1") == stays
        writer.close()
