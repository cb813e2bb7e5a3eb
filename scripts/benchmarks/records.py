"""Long records, made quickly: valid entries of one busy round, appended past the sequencer in large batches."""

import random
import secrets
from pathlib import Path

from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.ballot import BallotCast, BallotReplaced
from cocreate.domain.messages import Recorded
from cocreate.persistence.batch import Batch, Row
from cocreate.record.codec import encode
from scripts.benchmarks.surroundings import Room

CHOICES = 300
REPLACED = 0.1
BATCH_ROWS = 5_000


async def lengthen(database: str, key_file: Path, room: Room, size: int) -> None:
    """Add ballots of new voters, some of them replaced, until the record has so many entries."""
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        rng = random.Random(size)
        choices = [tuple(sorted(rng.sample(room.options, rng.randint(1, 3)))) for _ in range(CHOICES)]
        counters: list[int] = []
        voters: list[str] = []
        position, now = await service.store.head(room.workshop), service.clock.now()
        while position < size:
            rows = []
            for place in range(position, min(position + BATCH_ROWS, size)):
                kind: type[BallotCast | BallotReplaced] = BallotCast
                if voters and rng.random() < REPLACED:
                    kind, which = BallotReplaced, rng.randrange(len(voters))
                    counters[which] += 1
                else:
                    which = len(voters)
                    voters.append(secrets.token_hex(16))
                    counters.append(1)
                event = kind(
                    choice=rng.choice(choices), counter=counters[which], random=secrets.token_hex(16)
                )
                voter = voters[which]
                recorded = Recorded(place, now, voter, f"{room.round}/{voter}", secrets.token_hex(16), event)
                rows.append(Row(room.workshop, place, event.NAME, encode(recorded)))
            await service.store.append(Batch({room.workshop: position}, rows))
            position += len(rows)
