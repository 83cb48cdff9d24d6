"""How a growing take remains one undo step that comes before all that is written meanwhile.

Steps pushed while a take grows are recorded as though the take had no text yet: positions behind it
leave its text out (`Change.awaits_take`). When it ends, they are settled as though all of it had
been there first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from studio.manuscript.brush import Brush
from studio.manuscript.change import Change
from studio.manuscript.history import History, Step
from studio.manuscript.passage import Passage
from studio.manuscript.place import Place, carried
from studio.manuscript.register import Places, TakeRegister
from studio.manuscript.takes import Take, TakeSet


class Waiting(NamedTuple):
    """A take that has begun to grow and would leave no trace if it ended now.

    Attributes:
        start: Where it stands in the text.
        end: Where it ends there.
        replaced: What stood there, and would come back.
        revision: The number of the text of before.
        changes: What was done since, at the positions that it has with what would come back.
        places: Of every set, with that.
    """

    start: int
    end: int
    replaced: Passage
    revision: int
    changes: Sequence[Change]
    places: Places

    def carried(self, position: int) -> int:
        """Where a place of the text is with what would come back; the end of that, if in it."""
        if position < self.start or position == self.start < self.end:
            return position
        return max(position, self.end) - (self.end - self.start) + len(self.replaced)


class Growth(msgspec.Struct):
    """A take while it grows.

    Attributes:
        take_set: The takes at its place, itself included.
        take: The take that grows.
        step: Its undo step.
        replaced: The text that stood in its place.
        places: Of every set, before the step.
        around: Of the sets whose take holds this one: where each stood, with all of what this one
            replaced.
        undone: Steps that can be redone again if the take ends without text.
        is_branch: Whether the set was made for this take: it goes with it.
        brush: What all of the take has; None for none.
        least: Code points of it that count for nothing while no more have come.
    """

    take_set: TakeSet
    take: Take
    step: Step
    replaced: Passage
    places: Places
    around: Places
    undone: list[Step]
    is_branch: bool
    brush: Brush | None
    least: int = 0

    def targets(self) -> Places:
        """The places as the take begins: its own, and of the sets whose take holds it."""
        start = self.take_set.place.start
        length = len(self.take.passage)
        own = Place(start, start + length, self.take_set.takes.index(self.take))
        longer = length - len(self.replaced)
        return {
            **{
                outer: replace(place, end=place.end + longer)
                for outer, place in self.around.items()
            },
            self.take_set: own,
        }

    def targets_after(self, length: int) -> Places:
        """The same as it grows.

        Args:
            length: How many code points longer it is than the present places have it.
        """
        grown = [
            self.take_set,
            *(outer for outer in self.around if outer.index is not None and not outer.place.gone),
        ]
        return {known: replace(known.place, end=known.place.end + length) for known in grown}

    def allows(self, position: int, removed_length: int) -> bool:
        """Whether a range lies outside the take; both of its edges are outside.

        Args:
            position: In code points.
            removed_length: How many code points go there.
        """
        place = self.take_set.place
        return position + removed_length <= place.start or position >= place.end

    def recorded(self, change: Change) -> Change:
        """A change of the present text as the history keeps it."""
        if change.position < self.take_set.place.end:
            return change
        position = change.position - len(self.take.passage)
        return Change(position, change.removed, change.inserted, awaits_take=True)

    def live(self, recorded: Iterable[Change]) -> list[Change]:
        """Recorded changes with the positions they have in the present text."""
        return [change.settled(len(self.take.passage)) for change in recorded]

    def waiting(self, history: History) -> Waiting | None:
        """What there would be if the take ended now; None where it has text.

        Args:
            history: Where the take is an undo step.
        """
        if len(self.take.passage) > self.least:
            return None
        first = history.done.index(self.step)
        length = len(self.replaced)
        changes = [
            change.settled(length) for step in history.done[first + 1 :] for change in step.changes
        ]
        here = self.take_set.place
        return Waiting(
            here.start,
            here.end,
            self.replaced,
            history.revision_after(first),
            changes,
            {one: carried(place, changes) for one, place in self.places.items()},
        )

    def settle(self, history: History, register: TakeRegister) -> None:
        """Ends the growth in the history. The take without text goes, from its set too.

        Args:
            history: Where the take is an undo step.
            register: Where its set is.
        """
        first = history.done.index(self.step)
        later = history.done[first + 1 :]
        for take_set, place in self.places.items():
            take_set.place = place
        if self.take.passage:
            begun = self.step.changes[0]
            change = Change(begun.position, begun.removed, self.take.passage)
            self.step.changes = [change]
            self.step.before = register.move([change], self.targets())
        else:
            history.done.remove(self.step)
            self.take_set.takes.remove(self.take)
            if self.is_branch or not self.take_set.takes:
                register.sets.remove(self.take_set)
            if not later:
                history.undone.extend(self.undone)
        length = len(self.take.passage or self.replaced)
        for step in later:
            step.changes = [change.settled(length) for change in step.changes]
            step.before = register.move(step.changes, {})
        # The last state is the one on the screen; those before it were never seen as they are now.
        history.renew(history.done[first:-1])
        history.weigh([self.step, *later])
