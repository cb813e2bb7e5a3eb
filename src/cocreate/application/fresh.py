"""Random bytes of the system's source, asked for many at a time: one system call each would be a twentieth of a vote."""

import os

_POOL_BYTES = 8_192


class Fresh:
    """Hands out each byte once. Owner: one thread; a process that was forked must make its own."""

    def __init__(self) -> None:
        self._pool, self._used = b"", 0

    def hex(self, count: int = 16) -> str:
        """So many bytes, at most a pool of them, as lowercase hex digits."""
        if self._used + count > len(self._pool):
            self._pool, self._used = os.urandom(_POOL_BYTES), 0
        start = self._used
        self._used += count
        return self._pool[start : self._used].hex()


FRESH = Fresh()
"""The event loop's."""
