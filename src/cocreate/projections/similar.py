"""Ideas that say nearly the same as a draft, in any language: found by the letters they share, accents and case aside.

Source: trigrams of words as pg_trgm has them, weighted by how few ideas have each (K. Spärck Jones, 1972), compared by A. Tversky's
ratio (1977), in which what the idea says besides counts little: a draft is short, and says only part of it. Chinese, Japanese and
Korean have no words to part, so two neighbouring signs stand for a trigram. Integers only. A suggestion, never a judgement.
"""

import re
import unicodedata
from collections.abc import Iterable
from heapq import nlargest
from typing import Final, NamedTuple

LETTERS_MAX: Final = 800
"""Letters of a text that are compared: what it is about stands at its beginning."""
GRAMS_MIN: Final = 10
"""Fewer say too little to be like anything: two words or three."""
LOOKED_AT_MAX: Final = 6_000
"""Entries of the index one search reads, the rarest trigrams first: some two milliseconds."""
COMPARED_MAX: Final = 40
"""Ideas that are then compared in full."""
ALIKE: Final = 350
"""Of 1,000: from here on an idea is worth a look."""
NEARLY_SAME: Final = 600
"""From here on whoever sends the draft is asked once,"""
NEARLY_SAME_GRAMS_MIN: Final = 24
"""if it is long enough: "trees for all" and "trams for all" share most of their letters and little else."""
_DRAFT_ALONE: Final = 8
_IDEA_ALONE: Final = 2
"""Tenths that what only one of the two says counts."""
_WORD = re.compile(r"[^\W_]+")


class Alike(NamedTuple):
    """`likeness` of 1,000: 1,000 is the same, 0 nothing in common."""

    likeness: int
    idea: str


def grams(text: str) -> frozenset[str]:
    """What of a text is compared: trigrams of its words, pairs of its wide signs."""
    found: set[str] = set()
    for word in _WORD.findall(plain_letters(text)):
        if unicodedata.east_asian_width(word[0]) in "WF":
            found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            padded = f" {word} "
            found.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return frozenset(found)


def plain_letters(text: str) -> str:
    """The text's first letters without case, accents and forms: ÉCOLE, école and e\u0301cole are one."""
    if (start := text[:LETTERS_MAX]).isascii():
        return start.lower()
    parted = unicodedata.normalize("NFKD", start.casefold())
    return "".join(sign for sign in parted if unicodedata.category(sign) != "Mn")


class SimilarIdeas:
    """An index of ideas by what they share. Owner: whoever puts; an idea that is dropped leaves nothing behind."""

    def __init__(self) -> None:
        self.at = -1
        """The position up to which ideas have been put and dropped."""
        self._grams: dict[str, frozenset[str]] = {}
        self._ideas: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._grams)

    def put(self, idea: str, texts: Iterable[str]) -> None:
        """The idea with its texts, all languages together, in place of what was there."""
        self.drop(idea)
        self._grams[idea] = said = grams(" ".join(texts))
        for gram in said:
            self._ideas.setdefault(gram, []).append(idea)

    def drop(self, idea: str) -> None:
        for gram in self._grams.pop(idea, ()):
            self._ideas[gram].remove(idea)
            if not self._ideas[gram]:
                del self._ideas[gram]

    def nearly_same(self, text: str, most: int) -> list[Alike]:
        """Up to so many ideas that say nearly what the text says, if that is no mere exclamation."""
        return self.like(text, most, least=NEARLY_SAME) if len(grams(text)) >= NEARLY_SAME_GRAMS_MIN else []

    def like(self, text: str, most: int, *, least: int = ALIKE) -> list[Alike]:
        """Up to so many ideas that are at least so like the text, the likest first, then by id."""
        draft = grams(text)
        if len(draft) < GRAMS_MIN or not self._grams:
            return []
        weights = {gram: self._weight(gram) for gram in draft}
        points: dict[str, int] = {}
        read = 0
        for gram in sorted(draft & self._ideas.keys(), key=lambda one: (len(self._ideas[one]), one)):
            read += len(self._ideas[gram])
            if read > LOOKED_AT_MAX:
                break
            for idea in self._ideas[gram]:
                points[idea] = points.get(idea, 0) + weights[gram]
        near = nlargest(COMPARED_MAX, points, key=lambda one: (points[one], one))
        whole = sum(weights.values())
        alike = [Alike(self._likeness(weights, whole, idea), idea) for idea in near]
        return sorted((one for one in alike if one.likeness >= least), key=lambda one: (-one[0], one[1]))[
            :most
        ]

    def _weight(self, gram: str) -> int:
        """The rarer the more: twice as rare is one more."""
        return (1 + len(self._grams) // max(1, len(self._ideas.get(gram, ())))).bit_length()

    def _likeness(self, weights: dict[str, int], whole: int, idea: str) -> int:
        said = self._grams[idea]
        common = [weights[gram] for gram in weights.keys() & said]
        shared = sum(common)
        # What only the idea says weighs what the draft's trigrams weigh on average.
        besides = (len(said) - len(common)) * whole // len(weights)
        return 10_000 * shared // (10 * shared + _DRAFT_ALONE * (whole - shared) + _IDEA_ALONE * besides)
