"""A witness that dies the moment its first signature exists: `python -m tests.witnessing.dying FOLDER`.

The signature is written to FOLDER/escaped first, as if it had reached the network, and then the process is killed. It prints
its URL when it can be asked.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from cocreate.tlog.signatures import Cosigner
from tests.tlog.known import WITNESS
from tests.witnessing.hosting import KNOWN, hosted


class Dying(Cosigner):
    """Signs, and is no more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(WITNESS.key.name, WITNESS._private)
        self._escaped = folder / "escaped"

    def sign(self, text: str, time_s: int) -> NoReturn:
        self._escaped.write_text(str(super().sign(text, time_s)), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("expected the end of this process")


async def main(folder: Path) -> None:
    """Serve until killed."""
    async with hosted(folder, KNOWN, cosigner=Dying(folder)) as address:
        print(address.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
