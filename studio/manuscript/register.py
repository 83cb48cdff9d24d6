"""All sets of takes of a manuscript, and their places as the text changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from studio.manuscript.change import Change
from studio.manuscript.place import Place, carried
from studio.manuscript.takes import Take, TakeSet

Places = dict[TakeSet, Place]


class TakeRegister:
    """Keeps the sets, moves their places, and finds the one that is meant.

    Attributes:
        sets: In the order they were made.

    Args:
        sets: Those that there are already.
    """

    def __init__(self, sets: Iterable[TakeSet] = ()) -> None:
        self.sets = list(sets)
        self._uses = max((one.used for one in self.sets), default=0)

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
        meant = [one for one in self.sets if one.place.is_meant_by(start, end) and one.kept]
        return max(meant, key=lambda take_set: take_set.used, default=None)

    def at(self, position: int) -> TakeSet:
        """The set last used whose takes were all undone at a position, or a new one there."""
        place = Place(position, position)
        waiting = [take_set for take_set in self.sets if take_set.place == place]
        if waiting:
            return max(waiting, key=lambda take_set: take_set.used)
        self.sets.append(TakeSet(place))
        return self.sets[-1]

    def road_end(self, start: int, end: int, line_end: Callable[[int], int]) -> int:
        """How far the text reaches that was written on from a place.

        To the end of the innermost take that the place lies in, or else of its line; and of the
        takes that were written on from there, one behind the other. Takes that hold that one do
        not count: what they say behind it was there before.

        Args:
            start: Where the part of the text begins that was written on from.
            end: Where it ends; no less is reached.
            line_end: Gives where the line ends that a place is in.
        """
        standing = [take_set.place for take_set in self.sets if take_set.index is not None]
        ends = [place.end for place in standing if place.start <= start < place.end]
        reach = max(end, min(ends)) if ends else line_end(end)
        behind = [place for place in standing if place.start > start]
        for place in sorted(behind, key=lambda place: place.start):
            if place.start > reach:
                break
            reach = max(reach, place.end)
        return reach

    def branch(self, start: int, end: int) -> tuple[TakeSet, bool]:
        """The set of the roads that part at a place, the present one of them in the text.

        Args:
            start: Where the present road begins.
            end: Where it ends, behind that.

        Returns:
            The set, and whether it was made for this.
        """
        standing = [take_set for take_set in self.sets if take_set.index is not None]
        here = [
            take_set
            for take_set in standing
            if (take_set.place.start, take_set.place.end) == (start, end)
        ]
        if here:
            return here[-1], False
        present = Take()
        holding = [known for known in standing if known.place.start <= start < known.place.end]
        if holding:
            whole = min(holding, key=lambda known: known.place.end - known.place.start).current
            assert whole is not None, "it stands in the text"
            present = Take(
                whole.seed,
                whole.temperatures[:],
                whole.preset,
                ending=whole.ending,
                model=whole.model,
            )
        self.sets.append(TakeSet(Place(start, end, 0), [present]))
        return self.sets[-1], True

    def around(self, inner: TakeSet) -> Places:
        """The sets whose take in the text holds the place of another, and theirs.

        A place that reaches into the other's is given with all of that: what was written on from
        its take belongs to it, once another road leads out of it.
        """
        here = inner.place
        return {
            outer: replace(outer.place, end=max(outer.place.end, here.end))
            for outer in self.sets
            if outer is not inner and outer.index is not None and self._holds(outer, inner)
        }

    def _holds(self, outer: TakeSet, inner: TakeSet) -> bool:
        whole, part = outer.place, inner.place
        if whole.start < part.start < whole.end:
            return True
        if whole.start != part.start or part.start == part.end or whole.end < part.end:
            return False
        # Of two that hold the same, the later one was made inside the other.
        return whole.end > part.end or self.sets.index(outer) < self.sets.index(inner)

    def nested_in(self, outer: TakeSet) -> Places:
        """The sets whose places lie inside another's, counted from where that begins."""
        return {
            inner: inner.place.moved(-outer.place.start)
            for inner in self.sets
            if inner is not outer
            and outer.place.encloses(inner.place)
            and (inner.index is None or not self._holds(inner, outer))
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
