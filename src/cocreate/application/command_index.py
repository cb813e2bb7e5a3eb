"""Where each command of a record first wrote, by its id: how a repeat is known without an index of random ids in the store."""

from collections.abc import Iterable

_KEY_BYTES = 6
_SLOT_BYTES = 12


class CommandIndex:
    """About 13 bytes a command: buckets by the first 12 bits of the id, in each the next 48 bits and the position.

    The fifteen digits that decide are a fingerprint: `places` says where to look, the entry there says whose it is.
    Owner: the live workshop, which adds every entry's command in order.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, bytearray] = {}
        self._last = ""

    def add(self, command: str, position: int) -> None:
        """Note the command of the entry at the position; a command's entries follow one another, and the first counts."""
        self.add_all((command,), position)

    def add_all(self, commands: Iterable[str], position: int) -> None:
        """Note the commands of consecutive entries from the position on."""
        buckets, last = self._buckets, self._last
        for place, command in enumerate(commands, position):
            if command != last:
                last = command
                slot = bytes.fromhex(command[3:15]) + place.to_bytes(_KEY_BYTES)
                bucket = buckets.get(command[:3])
                if bucket is None:
                    buckets[command[:3]] = bytearray(slot)
                else:
                    bucket += slot
        self._last = last

    def places(self, command: str) -> list[int]:
        """Where the command may have its first entry: nowhere as a rule, and hardly ever in two places."""
        bucket = self._buckets.get(command[:3])
        if bucket is None:
            return []
        key, found = bytes.fromhex(command[3:15]), []
        at = bucket.find(key)
        while at >= 0:
            if at % _SLOT_BYTES == 0:
                found.append(int.from_bytes(bucket[at + _KEY_BYTES : at + _SLOT_BYTES]))
            at = bucket.find(key, at + 1)
        return found
