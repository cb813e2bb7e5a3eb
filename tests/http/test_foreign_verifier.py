"""Go's own verifier reads a long record over HTTP from our server and finds it whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.encoding import encoded_base64
from cocreate.tlog.merkle import Frontier
from cocreate.tlog.tiles import TILE_WIDTH
from scripts.benchmarks.records import lengthen
from scripts.benchmarks.surroundings import furnish
from tests.http.house import opened_house
from tests.tlog.go_program import build
from tests.tlog.test_foreign import SOURCE

pytestmark = pytest.mark.slow

ENTRIES, EARLIER = 70_000, 65_537
"""Three levels of tiles; the earlier state ends one entry behind a full tile of the second."""
LIMIT_S = 600


async def test_a_long_record_is_read_by_others_and_found_whole(tmp_path: Path) -> None:
    """Signature, every entry and tile, consistency with an earlier checkpoint, receipts; and one wrong root is refused."""
    async with asyncio.timeout(LIMIT_S):
        (tmp_path / "go").mkdir()
        verifier = build(SOURCE, tmp_path / "go")
        database, key_file = f"sqlite:///{tmp_path}/house.sqlite", tmp_path / "instance.key"
        room = await furnish(database, key_file, 1, results="always")
        await lengthen(database, key_file, room, ENTRIES)
        async with opened_house(tmp_path) as house:
            live = await house.service.reading.live(room.workshop)
            log, reader = f"/w/{room.workshop}/log", house.person()
            signer = live.keyring.log_signer(live.state.workshop.origin)
            tree = Frontier()
            while tree.size < EARLIER:
                rows = await house.service.store.read(room.workshop, after=tree.size - 1, upto=EARLIER - 1)
                tree.append_entries(row.entry for row in rows)
            receipts = []
            for position in (0, TILE_WIDTH, EARLIER, ENTRIES - 1):
                file = tmp_path / f"receipt-{position}"
                file.write_bytes((await reader.get(f"{log}/receipts/{position}")).body)
                receipts.append(file)
            proof = await house.service.log.consistency(live, EARLIER, ENTRIES)
            (tmp_path / "consistency").write_text("".join(f"{encoded_base64(one)}\n" for one in proof))

            async def checked(earlier: bytes) -> tuple[int, str]:
                note = sign_checkpoint(Checkpoint(signer.key.name, EARLIER, earlier), signer)
                (tmp_path / "old").write_bytes(note.encode())
                process = await asyncio.create_subprocess_exec(
                    verifier, f"-log={house.url}{log}", f"-vkey={live.vkey}", f"-old={tmp_path / 'old'}",
                    f"-consistency={tmp_path / 'consistency'}", *receipts,
                    stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                )  # fmt: skip
                said, complained = await process.communicate()
                return process.returncode or 0, (said + complained).decode()

            code, said = await checked(tree.root())
            assert (code, said.startswith(f"size {ENTRIES}, root {encoded_base64(live.tree.root())}, ")) == (
                0,
                True,
            ), said
            assert said.endswith(f", {len(receipts)} receipts\n")
            code, said = await checked(bytes(32))
            assert (code, said.startswith("consistency: ")) == (1, True), said
