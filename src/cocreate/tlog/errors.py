"""The one error of everything that is checked here: nothing that was read is to be believed."""

from typing import Final, Literal

Reason = Literal[
    "malformed", "unsigned", "signature", "origin", "inclusion", "consistency", "tree", "unavailable"
]

EXPLANATIONS: Final[dict[Reason, str]] = {
    "malformed": "This is not in the form that was agreed for it. Fetch it again; if it stays so, keep it as evidence.",
    "unsigned": "Nobody whose key you gave has signed this. Check the key against one you had from another source.",
    "signature": "A signature does not fit what it stands under: the text was changed, or another key signed it."
    " Keep the file as evidence.",
    "origin": "This was signed, but for another record. Ask for the record whose name is in your key.",
    "inclusion": "The entry is not where the signed record has it, or the proof was made for another. Keep both.",
    "consistency": "The later record does not hold the earlier one as its beginning: history was changed, or the proof"
    " was made for others. Keep both signed states as evidence.",
    "tree": "The entries are not those that were signed for, or a tile is not made of them. Keep both as evidence.",
    "unavailable": "A part of the record that the proof needs is missing. Fetch it again.",
}


class VerificationError(Exception):
    """What was read is not what it claims to be. `reason` is the kind, `explanation` the text for people."""

    def __init__(self, reason: Reason, *, expected: str, found: object) -> None:
        self.reason: Reason = reason
        self.expected = expected
        # Cut, because what was found may be anything of any length.
        self.found = found if isinstance(found, str) else repr(found)
        self.found = self.found if len(self.found) <= 120 else self.found[:119] + "…"
        super().__init__(f"expected {self.expected}, found {self.found}")

    @property
    def explanation(self) -> str:
        """What it means and what to do, for people."""
        return EXPLANATIONS[self.reason]
