"""A record's log over HTTP: what a stranger's tools read, what caches may keep, and what is not there."""

import pytest

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.fsck import check_log
from cocreate.tlog.receipts import verify_receipt
from cocreate.tlog.tiles import tiles_of
from cocreate.tlog.vkey import VerifierKey, parse_vkey
from cocreate.tlog.words import check_words
from tests.http.house import House, Room, opened_room

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


def log_of(room: Room) -> str:
    return f"/w/{room.id}/log"


async def key_of(room: Room) -> VerifierKey:
    return parse_vkey((await room.anonymous.get(f"{log_of(room)}/vkey")).body.decode().removesuffix("\n"))


async def release(room: Room) -> None:
    """End the rounds whose ballots are withheld."""
    for name in ("round", "opinion"):
        await room.facilitator.do(f"{room.path}/rounds/{room.names[name]}/void", {"reason": "mistake"})


async def test_every_file_of_the_log_makes_the_signed_root(room: Room) -> None:
    """A client of tlog-tiles hashes all of it again."""
    await release(room)
    key = await key_of(room)
    note = (await room.anonymous.get(f"{log_of(room)}/checkpoint")).body
    size = open_checkpoint(note, key).checkpoint.size
    assert size == await room.head()
    files = {"checkpoint": note}
    for tile in tiles_of(size):
        answer = await room.anonymous.get(f"{log_of(room)}/{tile.path}")
        assert (answer.status, answer.headers["Cache-Control"]) == (200, FOR_EVER)
        files[tile.path] = answer.body
    assert check_log(files.__getitem__, key).checkpoint.size == size


async def test_a_receipt_proves_every_entry(room: Room) -> None:
    """Also that of a ballot whose entry nobody may read yet."""
    key, size = await key_of(room), await room.head()
    entries = [row.entry for row in await room.house.service.store.read(room.id)]
    for position in range(size):
        answer = await room.anonymous.get(f"{log_of(room)}/receipts/{position}")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert verify_receipt(answer.body, entries[position], key).index == position
        with pytest.raises(VerificationError):
            verify_receipt(answer.body, entries[position - 1], key)
    assert (await room.anonymous.get(f"{log_of(room)}/receipts/{size}")).status == 404


async def test_a_bundle_with_a_withheld_ballot_is_refused_whole(room: Room) -> None:
    """It says of which round; hashes of the same entries, and bundles that end before them, are served."""
    size = await room.head()
    bundle = f"{log_of(room)}/tile/entries/000.p/{size}"
    refused = await room.facilitator.get(bundle)
    assert (refused.status, refused.problem) == (403, "entries-withheld")
    assert refused.json["facts"]["round"] == room.names["round"]
    assert (await room.anonymous.get(f"{log_of(room)}/tile/0/000.p/{size}")).status == 200
    assert (await room.anonymous.get(f"{log_of(room)}/tile/entries/000.p/3")).status == 200
    await release(room)
    assert (await room.anonymous.get(bundle)).status == 200


async def test_what_the_log_has_not_is_not_found(room: Room) -> None:
    """Tiles beyond the head, other spellings, levels and widths that do not exist."""
    size = await room.head()
    for path in (
        f"0/000.p/{size + 1}",
        "0/000",
        "1/000.p/1",
        "0/001.p/1",
        "00/000.p/1",
        "0/000.p/0",
        "0/0",
        "entries/000.p/01",
    ):
        assert (await room.anonymous.get(f"{log_of(room)}/tile/{path}")).status == 404, path
    assert (await room.anonymous.get(f"{log_of(room)}/receipts/01")).status == 404


async def test_the_checkpoint_moves_with_every_commit(room: Room) -> None:
    """No cache may answer for it, and it holds what was just acknowledged."""
    key = await key_of(room)
    for _ in range(3):
        await room.participant.do(f"{room.path}/ideas", {"text": "One more"})
        answer = await room.anonymous.get(f"{log_of(room)}/checkpoint")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert open_checkpoint(answer.body, key).checkpoint.size == await room.head()


async def test_projector_and_record_page_say_the_signed_root_in_words(room: Room) -> None:
    """The same words as whoever has the checkpoint makes of it; with the next entry they are others."""
    key, said = await key_of(room), set()
    for _ in range(2):
        found = open_checkpoint((await room.anonymous.get(f"{log_of(room)}/checkpoint")).body, key).checkpoint
        for page in ("record", "screen"):
            text = (await room.anonymous.get(f"/w/{room.id}/{page}")).body.decode()
            assert f"<strong>{found.size}</strong> entries" in text
            assert check_words(found.root) in text
        said.add(check_words(found.root))
        await room.participant.do(f"{room.path}/ideas", {"text": "One more"})
    assert len(said) == 2


async def test_a_record_that_was_put_back_says_so_on_its_page(room: Room) -> None:
    """In place of words that nobody should compare, on the projector too."""
    held = await room.house.service.reading.live(room.id)
    held.rewound = True
    text = (await room.anonymous.get(f"/w/{room.id}/record")).body.decode()
    assert "does not go on from what was signed" in text
    assert held.check_words not in text
    assert held.check_words not in (await room.anonymous.get(f"/w/{room.id}/screen")).body.decode()
