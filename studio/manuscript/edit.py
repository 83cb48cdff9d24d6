"""An edit that somebody asks for, with what is known of the text that comes in.

What it becomes in the manuscript is a `Change`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

from studio.manuscript.brush import Brushes
from studio.manuscript.passage import Marks, Origin, Passage


class Edit(NamedTuple):
    """Text to replace: `removed_length` code points at `position` give way to `inserted`."""

    position: int
    removed_length: int
    inserted: str
    origins: bytes | None = None
    """Who wrote each inserted code point, as an `Origin`; None where one wrote all."""
    marks: Marks | None = None
    """The mark of each inserted code point; None where there is none at all."""
    brushes: Brushes = ()
    """The brushes that come with it, for a place that has none; see `Passage.brushes`."""

    def passage(self, origin: Origin) -> Passage:
        """What comes in; written by `origin` where nothing else is said.

        Raises:
            ValueError: The text holds a lone surrogate, or has other origins or marks than
                characters.
        """
        passage = Passage.of(self.inserted, origin)
        origins = passage.origins if self.origins is None else self.origins
        if len(origins) != len(passage) or not set(origins) <= set(Origin):
            raise ValueError(
                f"origins: {len(origins)} for {len(passage)} characters; "
                "one known origin for each is allowed"
            )
        if self.marks is not None and len(self.marks) != len(passage):
            raise ValueError(
                f"marks: {len(self.marks)} for {len(passage)} characters; one for each is allowed"
            )
        if self.brushes and sum(length for length, _ in self.brushes) != len(passage):
            raise ValueError(f"brushes: for others than the {len(passage)} characters")
        return Passage(self.inserted, origins, self.marks, self.brushes)


def replacement(old: str, new: str) -> Edit:
    """The edit that makes one text of another and leaves alone how both begin and how both end.

    Args:
        old: The text as it was.
        new: The text as it is to be.
    """
    room = min(len(old), len(new))
    # Whole slices are compared: character by character a long text would take seconds.
    head = _most(room, lambda n: old[:n] == new[:n])
    tail = _most(room - head, lambda n: n == 0 or old[-n:] == new[-n:])
    return Edit(head, len(old) - head - tail, new[head : len(new) - tail])


def _most(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to `limit` for which what holds for a number holds for all below."""
    return bisect_left(range(1, limit + 1), True, key=lambda n: not holds(n))
