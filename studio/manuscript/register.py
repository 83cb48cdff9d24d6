"""All sets of takes of a manuscript, and their places as the text changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.manuscript.change import Change
from studio.manuscript.place import Place, carried
from studio.manuscript.takes import TakeSet

Places = dict[TakeSet, Place]


class TakeRegister:
    """Keeps the sets, moves their places, and finds the one that is meant.

    Attributes:
        sets: In the order they were made.
    """

    def __init__(self) -> None:
        self.sets: list[TakeSet] = []
        self._uses = 0

    def places(self) -> Places:
        """Every set's place now."""
        return {take_set: take_set.place for take_set in self.sets}

    def holds(self, take_set: TakeSet) -> bool:
        """Whether the set is one of these and its place is in the text."""
        return take_set in self.sets and not take_set.place.gone

    def meant(self, start: int, end: int) -> TakeSet | None:
        """The set that a selection or a caret means; of several the one used last.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        meant = [take_set for take_set in self.sets if take_set.place.is_meant_by(start, end)]
        return max(meant, key=lambda take_set: take_set.used, default=None)

    def at(self, position: int) -> TakeSet:
        """The set last used whose takes were all undone at a position, or a new one there."""
        place = Place(position, position)
        waiting = [take_set for take_set in self.sets if take_set.place == place]
        if waiting:
            return max(waiting, key=lambda take_set: take_set.used)
        self.sets.append(TakeSet(place))
        return self.sets[-1]

    def nested_in(self, outer: TakeSet) -> Places:
        """The sets whose places lie inside another's, counted from where that begins."""
        return {
            inner: inner.place.moved(-outer.place.start)
            for inner in self.sets
            if inner is not outer and outer.place.encloses(inner.place)
        }

    def move(self, changes: Sequence[Change], targets: Mapping[TakeSet, Place]) -> Places:
        """Carries all places through changes of the text.

        Args:
            changes: In the order they happened, with positions true in the present text.
            targets: Places known better than the changes say.

        Returns:
            The former places of those sets that the inverse changes would not bring back.
        """
        former = self.places()
        for take_set, old in former.items():
            new = targets.get(take_set) or carried(old, changes)
            if new.index != old.index:
                self._uses += 1
                take_set.used = self._uses
            take_set.place = new
        return self.unrecoverable(former, [change.inverse for change in reversed(changes)])

    def unrecoverable(self, former: Places, inverse: Sequence[Change]) -> Places:
        """Those former places that the inverse changes would not bring back from the present.

        Args:
            former: The places before the changes.
            inverse: What would undo the changes.
        """
        return {
            take_set: place
            for take_set, place in former.items()
            if carried(take_set.place, inverse) != place
        }
