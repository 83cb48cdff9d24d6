"""Where a set of takes stands in the text, and how that place moves when the text changes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from studio.manuscript.change import Change


class Place(msgspec.Struct, array_like=True, frozen=True):
    """A half-open range of code points that holds one take, or an empty place that holds none.

    A document's file keeps it so; no member may change its place among them.

    Attributes:
        start: First code point of the take.
        end: One past its last; equal to `start` where no take is in the text.
        index: Which take of the set is in the text; None for none.
        gone: The text around the place was deleted. Only undo brings such a place back.
    """

    start: int
    end: int
    index: int | None = None
    gone: bool = False

    def is_meant_by(self, start: int, end: int) -> bool:
        """Whether what is selected, or a caret, means this place.

        A caret does that stands at its end or in it; a selection, too, that has some of it. Before
        its first character stands what is not its own.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        if self.gone:
            return False
        if self.start == self.end:
            return self.start == end
        return self.start < end and (start < self.end or start == end == self.end)

    def encloses(self, other: Place) -> bool:
        """Whether the other place would vanish with the text of this one."""
        if other.gone:
            return False
        if other.start == other.end:
            return self.start < other.start < self.end
        return self.start <= other.start and other.end <= self.end

    def moved(self, by: int) -> Place:
        """The same place, `by` code points later."""
        return replace(self, start=self.start + by, end=self.end + by)

    def after(self, change: Change) -> Place:
        """Where this place is once the text has changed.

        Text inserted at either edge stays outside, and an empty place stays before it. A change
        inside belongs to the take. When all of the take is deleted, the set keeps an empty place
        there; when text on either side went with it, the place is gone.
        """
        position, removed_end = change.position, change.position + len(change.removed)
        growth = len(change.inserted) - len(change.removed)
        empty = self.start == self.end
        if empty and position == removed_end == self.start:
            return self
        if removed_end <= self.start:
            return self.moved(growth)
        if position >= self.end:
            return self
        if position <= self.start and removed_end >= self.end:
            exactly = position == self.start and removed_end == self.end
            return Place(position, position, None, self.gone or not exactly)
        if position < self.start:
            return replace(self, start=change.end, end=self.end + growth)
        if removed_end > self.end:
            return replace(self, end=position)
        return replace(self, end=self.end + growth)


def carried(place: Place, changes: Iterable[Change]) -> Place:
    """The place after several changes, one upon the other.

    Args:
        place: Where it was.
        changes: In the order in which they happened.
    """
    for change in changes:
        place = place.after(change)
    return place
