"""A node in a process of its own: reads what people do from standard input, does all of it at once, tells what came of it.

In: one line of JSON, {"database", "workshop", "rounds", "options", "people", "seed"}. Out: first "ready"; after the next line
of input one line of JSON, {"receipts": [[position, command id], …], "refusals": {class name: count}, "tallies": …}.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any

import structlog

from cocreate.application import Action, Receipt, Service, WithdrawBallot
from cocreate.persistence.postgres import PostgresRecordStore
from tests.application.nodes import VAULT, cast_ballot, person


async def crowd(service: Service, told: dict[str, Any]) -> list[Any]:
    """Everybody casts, withdraws and casts again in every round, all at once."""
    rng = random.Random(told["seed"])
    answers: list[Any] = []
    for round_id in told["rounds"]:
        for wave in ("cast", "withdraw", "cast"):
            deeds: list[tuple[str, Action]] = []
            for name in told["people"]:
                if wave == "withdraw":
                    deeds.append((name, WithdrawBallot(round=round_id)))
                else:
                    deeds.append(
                        (name, cast_ballot(round_id, *rng.sample(told["options"], rng.randint(0, 3))))
                    )
            asked = [service.execute(person(name), told["workshop"], action) for name, action in deeds]
            answers += await asyncio.gather(*asked, return_exceptions=True)
    return answers


async def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    told = json.loads(await asyncio.to_thread(sys.stdin.readline))
    store = PostgresRecordStore(told["database"])
    await store.open()
    service = Service(store, VAULT)
    await service.start()
    held = await service.reading.live(told["workshop"])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    answers = await crowd(service, told)
    refusals = Counter(type(one).__name__ for one in answers if not isinstance(one, Receipt))
    receipts = [(one.position, one.command) for one in answers if isinstance(one, Receipt)]
    print(json.dumps({"receipts": receipts, "refusals": refusals}), flush=True)
    size = int(await asyncio.to_thread(sys.stdin.readline))
    async with asyncio.timeout(30):
        while held.size < size:
            await held.moved()
    view = (await service.reading.view(held, "public")).facts["items"]
    print(json.dumps({item["key"]: item["marks"] for item in view["tallies"]}), flush=True)
    await service.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
