"""Attacks with bytes: forms, numbers and headers that no browser sends are refused in words, and none is a fault of ours."""

import pytest

from tests.http.house import House, Person, Room, opened_room

OWN_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"
PART = b'--x\r\nContent-Disposition: form-data; name="name"'
MULTIPART = "multipart/form-data; boundary=x"
MANY_DIGITS = "9" * 5_000
"""More than Python turns into an integer."""


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


async def send(person: Person, path: str, body: bytes, kind: str) -> int:
    headers = {**OWN_PAGE, "Content-Type": kind}
    return (await person.ask("POST", path, data=body, headers=headers, allow_redirects=False)).status


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"name=Ada", f"{FORM}; charset=nonsense", 415),
        (b"name=Ada", f"{FORM}; charset=hex", 415),
        (b"name=Ada", f"{FORM}; charset=punycode", 415),
        (b"name=Ada", f"{FORM}; charset=utf-16", 415),
        (b"name=\xff", FORM, 400),
        (b"xx", "multipart/form-data", 415),
        (PART + b"\r\n\r\nAda", MULTIPART, 415),
        (PART + b"\r\nContent-Encoding: gzip\r\n\r\nAda\r\n--x--", MULTIPART, 415),
        (PART + b"\r\nContent-Type: text/plain; charset=foo\r\n\r\nAda\r\n--x--", MULTIPART, 415),
        (b"--x\r\n\r\nAda\r\n--x--", MULTIPART, 415),
        (b'{"name":"Ada"}', "application/json", 415),
    ],
)
async def test_only_forms_like_ours_are_read(room: Room, body: bytes, kind: str, status: int) -> None:
    """Ours are urlencoded UTF-8; everything else is refused before a parser for it runs, and changes nothing."""
    code = await room.house.service.doors.code_of(room.id)
    head = await room.head()
    for path in (f"/w/{room.id}/mine/name", f"/w/{room.id}/mine/leave", f"/w/{room.id}/ideas", f"/j/{code}"):
        assert await send(room.participant, path, body, kind) == status, path
    assert await room.head() == head


async def test_our_own_form_is_still_read(room: Room) -> None:
    """The same words as a browser sends them."""
    path = f"/w/{room.id}/mine/name"
    for kind in (FORM, f"{FORM}; charset=UTF-8"):
        assert await send(room.participant, path, b"name=Ada+L.", kind) == 303


@pytest.mark.parametrize("path", ["/console/ideas", "/console/people", "/ideas"])
async def test_a_page_number_of_thousands_of_digits_is_the_first_page(room: Room, path: str) -> None:
    """Python refuses to read it as an integer."""
    answer = await room.facilitator.get(f"/w/{room.id}{path}?page={MANY_DIGITS}")
    assert answer.status == 200


async def test_an_order_of_thousands_of_digits_keeps_the_row_where_it_stands(room: Room) -> None:
    """The agenda's first column is free text."""
    fields = {"kind": "collect", "id": room.names["activity"], "order": MANY_DIGITS}
    answer = await room.facilitator.ask(
        "POST", f"/w/{room.id}/console/agenda", data=fields, headers=OWN_PAGE, allow_redirects=False
    )
    assert answer.status == 303


@pytest.mark.parametrize("host", ["evil.example:99999", ""])
async def test_a_host_that_is_no_address_is_refused(room: Room, host: str) -> None:
    """Links and QR codes are made of it where no public address is set."""
    answer = await room.facilitator.get(f"/w/{room.id}/screen", headers={"Host": host})
    assert answer.status == 400
