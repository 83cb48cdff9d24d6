"""How a growing take remains one undo step that comes before all that is written meanwhile.

Steps pushed while a take grows are recorded as though the take had no text yet: positions behind it
leave its text out (`Change.awaits_take`). When it ends, they are settled as though all of it had
been there first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from studio.manuscript.brush import Brush
from studio.manuscript.change import Change
from studio.manuscript.history import History, Step
from studio.manuscript.passage import Passage
from studio.manuscript.place import Place
from studio.manuscript.register import Places, TakeRegister
from studio.manuscript.takes import Take, TakeSet


@dataclass(slots=True)
class Growth:
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
