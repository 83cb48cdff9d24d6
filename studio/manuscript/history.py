"""Undo steps, and which state of the text is the saved one.

It keeps what happened, and `Manuscript` carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import msgspec

from studio.manuscript.brush import Brush, Brushes, OwnSampling
from studio.manuscript.change import Change
from studio.manuscript.passage import RUN_SIZE, Marks
from studio.manuscript.register import Places
from studio.manuscript.takes import Take, TakeSet

_NO_REVISION = -1
"""No state has this number."""


class HistoryError(RuntimeError):
    """There is nothing to undo or redo."""


class Step(msgspec.Struct, eq=False):
    """What one undo takes back.

    Attributes:
        changes: In the order they happened.
        before: Places of take sets before the step, of those alone that the inverse changes would
            not bring back by themselves.
        after: The same for redo; known once the step has been undone.
        marks: Those of a part of the text behind the changes that undo brings back, or redo once
            the step has been undone; and where that part begins now. None for none.
        deleted: The take that the step has deleted, and its set; None for none.
        brushes: Those of a part of the text that undo brings back, or redo; and where that part
            begins and ends. None for none; else there are no changes.
        own: What a brush said before, or says once more after redo; None for none, as `brushes`.
        open: Further keystrokes may join, or further turns of the same brush.
        revision: Names the state of the text after the step.
    """

    changes: list[Change]
    before: Places = msgspec.field(default_factory=dict)
    after: Places = msgspec.field(default_factory=dict)
    marks: tuple[int, Marks] | None = None
    deleted: tuple[TakeSet, Take] | None = None
    brushes: tuple[int, int, Brushes] | None = None
    own: tuple[Brush, OwnSampling] | None = None
    open: bool = False
    revision: int = 0

    @property
    def inverse_changes(self) -> list[Change]:
        """The changes that take the step back, in the order to apply them."""
        return [change.inverse for change in reversed(self.changes)]

    @property
    def size(self) -> int:
        """Bytes of text that it holds, marks and brushes included."""
        text = sum(change.removed.size + change.inserted.size for change in self.changes)
        return text + (RUN_SIZE * len(self.brushes[2]) if self.brushes else 0)


class History:
    """Steps done and steps undone, and the save point among the states between them.

    Every state has a revision number, never used twice; the text is clean when the present
    revision is the saved one, by whatever way it was reached.
    """

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self._numbers = count()
        self._first = self._saved = next(self._numbers)
        self._size = 0
        """Of all steps; rather too much."""

    @property
    def revision(self) -> int:
        """The number of the present state."""
        return self.revision_after(len(self.done))

    def revision_after(self, steps: int) -> int:
        """The number of the state after so many of the steps done."""
        return self.done[steps - 1].revision if steps else self._first

    @property
    def is_clean(self) -> bool:
        """Whether the present state is the one marked clean last."""
        return self.revision == self._saved

    @property
    def size(self) -> int:
        """Bytes of text that all steps hold; rather too many."""
        return self._size

    def mark_clean(self, revision: int) -> None:
        """Makes the state of that number the save point. Typing that follows is a new step."""
        self._saved = revision
        self.close()

    def mark_unsaved(self) -> None:
        """Makes no state the save point: what was saved is not what the text was loaded as."""
        self._saved = _NO_REVISION

    def close(self) -> None:
        """Ends the step that keystrokes would join."""
        if self.done:
            self.done[-1].open = False

    def push(self, step: Step) -> None:
        """Adds a step that changed the text. What was undone can no longer be redone."""
        step.revision = next(self._numbers)
        self.done.append(step)
        self.undone.clear()
        self._size += step.size

    def push_unchanged(self, step: Step) -> None:
        """Adds a step that has not changed the text so far, and keeps the save point's truth."""
        step.revision = self.revision
        self.done.append(step)

    def weigh(self, steps: Iterable[Step]) -> None:
        """Note that these steps hold other text than when they were pushed."""
        self._size += sum(step.size for step in steps)

    def bound(self, most: int) -> None:
        """Forget the steps furthest from the present where all hold more than `most` bytes.

        The nearest one stays, whatever it holds.
        """
        if self._size <= most:
            return
        self._size = sum(step.size for step in (*self.done, *self.undone))
        for steps, stay in ((self.done, 1), (self.undone, not self.done)):
            count = 0
            while self._size > most and count < len(steps) - stay:
                self._size -= steps[count].size
                count += 1
            if count and steps is self.done:
                self._first = steps[count - 1].revision
            del steps[:count]

    def renew(self, steps: Iterable[Step]) -> None:
        """Gives the states after these steps new numbers, for their text has changed."""
        for step in steps:
            step.revision = next(self._numbers)
