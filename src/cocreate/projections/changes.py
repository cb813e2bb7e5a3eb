"""The order of change: which key of a collection changed last, and at which position."""

from collections.abc import Iterable, Iterator


class Changes:
    """Keys in order of their last change, so that what changed since a position is read from the end."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def touch(self, key: str, position: int) -> None:
        """The item changed with the entry at `position`, which is never below an earlier one."""
        # A dict keeps the place of a key it knows: taken out first, the key goes to the end.
        self._at.pop(key, None)
        self._at[key] = position

    def touch_all(self, keys: Iterable[str], position: int) -> None:
        at = self._at
        for key in keys:
            at.pop(key, None)
            at[key] = position

    def at(self, key: str) -> int:
        return self._at[key]

    def since(self, position: int) -> Iterator[str]:
        """Keys that changed after `position`, the latest first; costs as many steps as it yields."""
        for key, changed in reversed(self._at.items()):
            if changed <= position:
                return
            yield key
