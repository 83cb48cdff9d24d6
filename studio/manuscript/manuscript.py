"""The manuscript: its text, who wrote which character, its undo steps and its takes.

A view follows `Manuscript.changed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from studio.collector import collector_paused
from studio.manuscript.brush import Brush, Brushes, OwnSampling, merged
from studio.manuscript.buffer import Buffer, Words
from studio.manuscript.change import Change
from studio.manuscript.edit import Edit
from studio.manuscript.event_emitter import EventEmitter
from studio.manuscript.growth import Growth, Waiting
from studio.manuscript.history import History, HistoryError, Step
from studio.manuscript.manuscript_content import ManuscriptContent
from studio.manuscript.passage import (
    NOTHING,
    Marks,
    Origin,
    Passage,
    brushed,
    with_own_brushes,
    with_runs,
    with_still_brushes,
)
from studio.manuscript.place import Place, carried
from studio.manuscript.register import Places, TakeRegister
from studio.manuscript.takes import GrowingTakeError, Take, TakeSet, copies_of
from studio.memory_budgets import UNDO
from studio.model_record import ModelRecord

_NEAR = 1024
"""Code points that are looked at at a time, in search of the end of a line."""

_SEVERAL = 2
"""Runs of brushes of a passage that has not the same throughout."""


class Manuscript:
    """A text with provenance, its own undo history, and takes.

    All positions and lengths are in code points.

    A take grows while the writer goes on writing elsewhere, and is still one undo step: it counts
    as having happened before everything written meanwhile (see `Growth`).

    Attributes:
        changed: Announces each change of the text: see `Buffer.changed`.
        brushed: Announces that a passage has other sampling of its own, while the text stayed.
        remarked: Announces start and end of a part of the text that has other marks since a step
            was undone or redone.
        state_changed: Announces that something else than text may have changed too: what can be
            undone, the save point, the takes. It comes after the last `changed` of an operation;
            only then are the places of the takes up to date.
        take_changes: How often a take was written or named, those that were undone among them.
        undo_budget: Bytes of text that undo and redo may hold.
        brought_back: Announces that a take has ended without text, and that what it had replaced is
            back: what there was while it waited, for the last time. `state_changed` comes next.
        putting_aside: Announces that all of it is put aside, in what is given: see
            `ManuscriptContent.known`.
        taking_up: Announces that what is given is taken up; `changed` comes next.
        loaded: Announces that another text was opened: what was known of the one before it holds no
            more. It comes after `state_changed`.
    """

    def __init__(self, text: str = "") -> None:
        self._buffer = Buffer()
        self.changed = self._buffer.changed
        self.brushed: EventEmitter[[]] = EventEmitter()
        self.remarked: EventEmitter[[int, int]] = EventEmitter()
        self.state_changed: EventEmitter[[]] = EventEmitter()
        self.brought_back: EventEmitter[[Waiting]] = EventEmitter()
        self.putting_aside: EventEmitter[[ManuscriptContent]] = EventEmitter()
        self.taking_up: EventEmitter[[ManuscriptContent]] = EventEmitter()
        self.loaded: EventEmitter[[]] = EventEmitter()
        self._history = History()
        self._register = TakeRegister()
        self._growth: Growth | None = None
        self.take_changes = 0
        self.undo_budget = UNDO
        if text:
            self.load(text)

    def __len__(self) -> int:
        return len(self._buffer)

    @property
    def text(self) -> str:
        """All characters, put together anew after each change; `part` is for what keys ask."""
        return self._buffer.text

    def part(self, start: int, end: int) -> str:
        """The characters of a range; what of it lies outside the text is left out.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return self._buffer.part(start, end)

    def line_start(self, position: int) -> int:
        """Where the line begins that a place is in.

        Args:
            position: The place, in code points.
        """
        while near := self.part(position - _NEAR, position):
            found = near.rfind("\n")
            if found >= 0:
                return position - len(near) + found + 1
            position -= len(near)
        return position

    def line_end(self, position: int) -> int:
        """Where the line ends that a place is in; the end of the text in the last one.

        Args:
            position: The place, in code points.
        """
        while near := self.part(position, position + _NEAR):
            found = near.find("\n")
            if found >= 0:
                return position + found
            position += len(near)
        return position

    def words(self, most: int, start: int = 0, end: int | None = None) -> Words | None:
        """How many words a range has: see `Buffer.words`.

        Args:
            most: Code points that are looked at, about.
            start: The first code point.
            end: The one behind the last; None for the end of the text.
        """
        return self._buffer.words(most, start, end)

    @property
    def copied(self) -> int:
        """How many code points changes have copied so far: see `Buffer.copied`."""
        return self._buffer.copied

    def origins(self, start: int = 0, end: int | None = None) -> bytes:
        """The `Origin` of each code point of a range, one byte each.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return self._buffer.origins(start, len(self) if end is None else end)

    def marks(self, start: int = 0, end: int | None = None) -> Marks:
        """The mark of each code point of a range, None where there is none.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return self._buffer.marks(start, len(self) if end is None else end)

    def marked(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches of a range outside of which there is no mark, as half-open ranges.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return self._buffer.marked(start, end)

    def passage(self, start: int, end: int) -> Passage:
        """A range of the text with its origins and marks.

        Args:
            start: The first code point.
            end: The one behind the last.

        Raises:
            ValueError: The range is outside the text.
        """
        self._buffer.check_range(start, end - start)
        return self._buffer.passage(start, end)

    def mark(self, start: int, end: int, mark: object) -> None:
        """Marks a range of code points: nothing is announced, and nothing looks inside a mark.

        It goes wherever its characters go: out of the text and back, with undo and with takes.

        Args:
            start: The first code point.
            end: The one behind the last.
            mark: Anything; None for no mark.
        """
        self._buffer.check_range(start, end - start)
        self._buffer.mark(start, end, mark)

    def mark_each(self, start: int, marks: Sequence[object]) -> None:
        """Marks each of the code points from `start` on with its own: see `mark`.

        Args:
            start: The first code point.
            marks: One a character.
        """
        self._buffer.check_range(start, len(marks))
        self._buffer.mark_each(start, marks)

    def keep_marks(self, start: int, end: int) -> None:
        """Lets undo of the step done last bring the marks of a part of the text back, too.

        For marks that this step makes untrue and that are to be others: redo brings those back
        that undo found. While a take grows nothing is kept.

        Args:
            start: The first code point; all that the step has changed lies before it.
            end: The one behind the last.
        """
        self._buffer.check_range(start, end - start)
        if self._growth is None and self._history.done:
            step = self._history.done[-1]
            step.open = False
            step.marks = start, self._buffer.marks(start, end)

    def load(
        self,
        text: str,
        generated: Iterable[tuple[int, int]] = (),
        origin: Origin = Origin.TYPED,
    ) -> None:
        """Replaces everything by an opened text: clean, without history or takes.

        Args:
            text: The text.
            generated: The ranges of it that a model wrote.
            origin: Where the rest comes from.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: The text holds a lone surrogate.
        """
        others = Passage.of(text, origin)
        self.restore(Passage(text, with_runs(others.origins, generated, Origin.GENERATED)), ())

    def restore(self, passage: Passage, take_sets: Iterable[TakeSet]) -> None:
        """Replaces everything: clean, without history.

        Args:
            passage: The text with its provenance and marks.
            take_sets: Its takes, which are the manuscript's from now on.

        Raises:
            GrowingTakeError: A take grows.
        """
        self._refuse_while_growing()
        self._history = History()
        self._register = TakeRegister(take_sets)
        self._buffer.load(passage)
        self.state_changed()
        self.loaded()

    def put_aside(self) -> ManuscriptContent:
        """All that it holds, to be taken up again: this one's until another is taken up.

        Raises:
            GrowingTakeError: A take grows.
        """
        self._refuse_while_growing()
        self.close_step()
        content = ManuscriptContent(
            self._buffer.content, self._history, self._register, self.take_changes
        )
        self.putting_aside(content)
        return content

    def take_up(self, content: ManuscriptContent) -> None:
        """Has all that was put aside in place of what it holds, with history and takes.

        Args:
            content: What was put aside; it is the manuscript's from now on.

        Raises:
            GrowingTakeError: A take grows.
        """
        self._refuse_while_growing()
        self._history, self._register = content.history, content.register
        self.take_changes = content.take_changes
        self.taking_up(content)
        self._buffer.take_up(content.buffer)
        self.state_changed()
        self.loaded()

    def content(self) -> tuple[tuple[Passage, ...], tuple[TakeSet, ...]]:
        """The text with all that is known of it, in pieces, and copies of its takes.

        They are as they are now, whatever happens; a take that grows has ended there. What one that
        waits for its text has replaced is back, as when it ends: see `waiting`.
        """
        # Made anew each second that something changes: no key is to wait for a collection, too.
        with collector_paused():
            return self._content()

    def _content(self) -> tuple[tuple[Passage, ...], tuple[TakeSet, ...]]:
        growth, waiting = self._growth, self.waiting
        pieces = self._buffer.passages(0, len(self))
        if growth is None:
            copies = copies_of(self._register.places())
        elif waiting is None:
            copies = copies_of(self._register.places())
            place = growth.take_set.place
            copies[growth.take_set].takes[-1].passage = self._buffer.passage(place.start, place.end)
        else:
            before = self._buffer.passages(0, waiting.start)
            replaced = with_still_brushes(waiting.replaced)
            pieces = (*before, replaced, *self._buffer.passages(waiting.end, len(self)))
            places = waiting.places
            if growth.is_branch:
                places = {one: place for one, place in places.items() if one is not growth.take_set}
            copies = copies_of(places, growth.take)
        for one in copies.values():
            for take in one.takes:
                take.passage = with_still_brushes(take.passage)
        return pieces, tuple(copies.values())

    @property
    def waiting(self) -> Waiting | None:
        """The take that grows, while it would leave no trace if it ended; None where there is none.

        It may take long until it has its first token: what is kept meanwhile is the text of before.
        """
        return self._growth.waiting(self._history) if self._growth else None

    @property
    def is_blank(self) -> bool:
        """Whether there is no character in what `content` gives."""
        waiting = None if len(self) else self.waiting
        return not (len(self) or (waiting and waiting.replaced))

    @property
    def content_revision(self) -> int:
        """The number of the text that `content` gives."""
        growth, waiting = self._growth, self.waiting
        if growth is None or waiting is None or self._history.done[-1] is not growth.step:
            return self.revision
        return waiting.revision

    # Editing

    def editable(self, position: int, removed_length: int) -> bool:
        """Whether text there may be replaced now: anything outside a growing take.

        Its edges are outside: text at the first stays before the take, at the last behind it.

        Args:
            position: In code points.
            removed_length: How many code points go there.
        """
        return self._growth is None or self._growth.allows(position, removed_length)

    def edit(
        self,
        position: int,
        removed_length: int,
        inserted: str,
        origin: Origin = Origin.TYPED,
    ) -> None:
        """Replaces text. Keystrokes that follow one another share an undo step, word by word.

        Args:
            position: In code points.
            removed_length: How many code points go there.
            inserted: The new text.
            origin: Who wrote the text.

        Raises:
            GrowingTakeError: The range lies in the growing take.
            ValueError: The range is outside the text, or the text holds a lone surrogate.
        """
        self.edit_all([Edit(position, removed_length, inserted)], origin)

    def edit_all(self, edits: Iterable[Edit], origin: Origin = Origin.TYPED) -> None:
        """Replaces several pieces of text in one undo step, all of them or none.

        The positions are those of the text before any of the edits; no two edits may overlap.

        Args:
            edits: What is replaced by what.
            origin: Who wrote the text.

        Raises:
            GrowingTakeError: One of the ranges lies in the growing take.
            ValueError: A range is outside the text or overlaps another, a text holds a lone
                surrogate, or origins or marks do not fit their text.
        """
        given = (edit for edit in edits if edit.removed_length or edit.inserted)
        ordered = sorted(given, key=lambda edit: (edit.position, edit.removed_length))
        self._check(ordered)
        inserted = [edit.passage(origin) for edit in ordered]
        changes = []
        for edit, passage in zip(reversed(ordered), reversed(inserted), strict=True):
            # From the last to the first, so that the positions of those to come stay true.
            end = edit.position + edit.removed_length
            coming = self._coming(passage, edit.position, end)
            change = Change(edit.position, self._buffer.passage(edit.position, end), coming)
            self._buffer.apply(change)
            changes.append(self._growth.recorded(change) if self._growth else change)
        if not changes:
            return
        if len(changes) > 1 or not self._joined(changes[0]):
            self._history.close()
            step = Step(changes, open=len(changes) == 1 and changes[0].is_keystroke)
            step.before = self._register.move(self._live(changes), {})
            self._history.push(step)
            self._bound_history()
        self.state_changed()

    def replace_all(self, passage: Passage, take_sets: Iterable[TakeSet]) -> None:
        """Replaces the whole text by another with its takes, in one undo step.

        Args:
            passage: The text with its provenance and marks.
            take_sets: Its takes, which are the manuscript's from now on.

        Raises:
            GrowingTakeError: A take grows.
        """
        self._refuse_while_growing()
        self._history.close()
        change = Change(0, self._buffer.passage(0, len(self)), passage)
        self._history.push(Step(*self._carry_out([change], {})))
        self._register.sets += take_sets
        self._bound_history()
        self.state_changed()

    def swap(self, first: tuple[int, int], second: tuple[int, int]) -> None:
        """Lets two stretches of the text change places, in one undo step.

        What is between them stays there. Characters take along who wrote them, their marks, and the
        takes that stand among them whole.

        Args:
            first: A half-open range.
            second: One behind it.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: A range is empty or outside the text, or the second not behind the first.
        """
        self._refuse_while_growing()
        (a, b), (c, d) = first, second
        if not 0 <= a < b <= c < d <= len(self):
            raise ValueError(
                f"ranges {a} to {b} and {c} to {d}: allowed are two that are not empty, the second "
                f"behind the first, within 0 to {len(self)}"
            )
        between = self._buffer.passage(b, c)
        # The smaller one is carried past what it changes places with, and what was between them
        # past the larger one.
        if d - c <= b - a:
            moves = [(c, a, self._buffer.passage(c, d)), (d - (c - b), a + d - c, between)]
        else:
            moves = [
                (a, d - (b - a), self._buffer.passage(a, b)),
                (a, a + d - c, between),
            ]
        self._history.close()
        self._history.push(Step(*self._carry_out(*self._moved(moves, Place(a, d)))))
        self._bound_history()
        self.state_changed()

    def _moved(
        self, moves: Sequence[tuple[int, int, Passage]], whole: Place
    ) -> tuple[list[Change], Places]:
        """The changes that move passages, and where the takes are then that go along.

        Args:
            moves: Where each begins, where it begins then, and what it is; one after the other.
            whole: What all of this happens in.
        """
        places = self._register.places()
        around = {one: place for one, place in places.items() if place.encloses(whole)}
        changes: list[Change] = []
        targets: Places = {}
        for start, target, passage in moves:
            if not passage:
                continue
            here = Place(start, start + len(passage))
            pair = [Change(start, passage, NOTHING), Change(target, NOTHING, passage)]
            for one, place in places.items():
                if here.encloses(place):
                    targets[one] = place.moved(target - start)
                elif one in targets:
                    targets[one] = carried(place, pair)
                places[one] = targets.get(one) or carried(place, pair)
            changes += pair
        return changes, targets | around

    def close_step(self) -> None:
        """Makes the next keystroke begin a new undo step, as before a paste."""
        self._history.close()

    def _check(self, ordered: Sequence[Edit]) -> None:
        reached = 0
        for edit in ordered:
            self._buffer.check_range(edit.position, edit.removed_length)
            if edit.position < reached:
                raise ValueError(
                    f"edits: one begins at {edit.position}, before the end of another at {reached};"
                    " edits of one step must not overlap"
                )
            reached = edit.position + edit.removed_length
            if not self.editable(edit.position, edit.removed_length):
                raise GrowingTakeError(
                    f"position {edit.position}, length {edit.removed_length}: inside the take that "
                    "is being written; edit before or behind it, or end it first"
                )

    def _live(self, recorded: Sequence[Change]) -> Sequence[Change]:
        return self._growth.live(recorded) if self._growth else recorded

    def _joined(self, change: Change) -> bool:
        """Adds a keystroke to the last step, if it belongs there."""
        step = self._history.done[-1] if self._history.done else None
        if step is None or not step.open or not step.changes or self._history.undone:
            return False
        joined = step.changes[-1].joined(change)
        if joined is None:
            return False
        inverse = self._live(step.inverse_changes)
        former = {
            take_set: step.before.get(take_set) or carried(place, inverse)
            for take_set, place in self._register.places().items()
        }
        self._register.move(self._live([change]), {})
        step.changes[-1] = joined
        step.before = self._register.unrecoverable(former, self._live(step.inverse_changes))
        self._history.renew([step])
        return True

    # Undo, and the save point

    @property
    def can_undo(self) -> bool:
        """Whether `undo` has something to take back; never while a take grows."""
        return self._growth is None and bool(self._history.done)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` has something to bring back; never while a take grows."""
        return self._growth is None and bool(self._history.undone)

    @property
    def changes_to_undo(self) -> int:
        """How many changes of the text `undo` would make."""
        return len(self._history.done[-1].changes) if self._history.done else 0

    @property
    def changes_to_redo(self) -> int:
        """How many changes of the text `redo` would make."""
        return len(self._history.undone[-1].changes) if self._history.undone else 0

    @property
    def is_clean(self) -> bool:
        """Whether the text is as it was when last marked clean, loaded or made."""
        return self._history.is_clean

    @property
    def revision(self) -> int:
        """The number of the present text, which no other has until another one is loaded."""
        return self._history.revision

    def mark_clean(self, revision: int | None = None) -> None:
        """Makes a text the saved one.

        Args:
            revision: Its number, after `close_step`; None for the present one.
        """
        self._history.mark_clean(self.revision if revision is None else revision)
        self.state_changed()

    def mark_unsaved(self) -> None:
        """Makes no text the saved one, until `mark_clean`: what was saved is gone, or another."""
        self._history.mark_unsaved()
        self.state_changed()

    def undo(self) -> int:
        """Takes the last step back, and returns where the caret should go.

        Raises:
            GrowingTakeError: A take grows.
            HistoryError: There is nothing to undo.
        """
        self._refuse_while_growing()
        if not self._history.done:
            raise HistoryError("nothing to undo")
        step = self._history.done.pop()
        step.open = False
        self._history.close()
        undone, step.after = self._carry_out(step.inverse_changes, step.before)
        step.changes = [change.inverse for change in reversed(undone)]
        self._bring_marks_back(step, undone)
        caret = self._bring_rest_back(step, step.inverse_changes)
        self._history.undone.append(step)
        self.state_changed()
        return caret

    def redo(self) -> int:
        """Brings the step undone last back, and returns where the caret should go.

        Raises:
            GrowingTakeError: A take grows.
            HistoryError: There is nothing to redo.
        """
        self._refuse_while_growing()
        if not self._history.undone:
            raise HistoryError("nothing to redo")
        step = self._history.undone.pop()
        step.changes, step.before = self._carry_out(step.changes, step.after)
        self._bring_marks_back(step, step.changes)
        caret = self._bring_rest_back(step, step.changes)
        self._history.done.append(step)
        self.state_changed()
        return caret

    # Passages with sampling of their own

    @property
    def is_brushed(self) -> bool:
        """Whether a character has a brush."""
        return self._buffer.is_brushed

    def brushes(self, start: int, end: int) -> Brushes:
        """The runs of a range, side by side; empty where no character has a brush.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return self._buffer.brushes(start, end)

    @property
    def growing_brush(self) -> Brush | None:
        """The brush of the take that grows; None where there is none."""
        return self._growth.brush if self._growth else None

    def brush_at(self, start: int, end: int) -> Brush | None:
        """The brush that text gets which comes to a place; None for none.

        In place of other text, that of the first of its characters that is no line end. Between
        characters that of the one before, and at the beginning of a paragraph that of the one
        behind; in an empty paragraph that of the line end which begins it.

        Args:
            start: The first code point that gives way.
            end: The one behind the last.
        """
        if not self._buffer.is_brushed:
            return None
        if start < end:
            near = self.part(start, min(end, start + _NEAR))
            bare = near.lstrip("\n")
            return self._buffer.brush_of(start + (len(near) - len(bare) if bare else 0))
        around = self.part(max(start - 1, 0), start + 1)
        before, behind = around[: min(start, 1)], around[min(start, 1) :]
        begins = before in ("", "\n") and behind not in ("", "\n")
        return self._buffer.brush_of(start if begins else start - 1)

    def brush_extent(self, brush: Brush, position: int | None = None) -> tuple[int, int]:
        """Where a brush is, from its first character to behind its last, without a gap.

        Args:
            brush: One that is in the text; an empty range at the beginning where it is not.
            position: A place in it or at its edge; None for the first part of the text that has it.
        """
        at = 0
        for length, found in self._buffer.brushes(0, len(self)):
            end = at + length
            if found is brush and (position is None or at <= position <= end):
                return at, end
            at = end
        return 0, 0

    def paragraph_at(self, position: int) -> tuple[int, int]:
        """What a brush for the paragraph is put on: its characters, without the line end.

        Those of an empty one are the line end that begins it, which what is written there follows.

        Args:
            position: A place in it.
        """
        start, end = self.line_start(position), self.line_end(position)
        return (max(start - 1, 0), end) if start == end else (start, end)

    def brush(self, start: int, end: int, own: OwnSampling | None) -> None:
        """Gives a range sampling of its own, in one undo step.

        Args:
            start: The first code point.
            end: The one behind the last.
            own: What it is written with; None for what holds for the rest of the text.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: The range is outside the text.
        """
        self._refuse_while_growing()
        self._buffer.check_range(start, end - start)
        if start == end or (own is None and not self._buffer.brushes(start, end)):
            return
        runs = [(end - start, None if own is None else Brush(own))]
        # What is cut in two goes on as two: to turn the one is not to turn the other.
        behind = self._buffer.brush_of(end)
        if behind is not None and start and self._buffer.brush_of(start - 1) is behind:
            reach = self.brush_extent(behind, end)[1]
            runs.append((reach - end, Brush(behind.own)))
            end = reach
        self._history.close()
        self._history.push(Step([], brushes=(start, end, self._buffer.brushes(start, end))))
        self._buffer.brush(start, end, merged(runs))
        self._bound_history()
        self.brushed()
        self.state_changed()

    def turn_brush(self, brush: Brush, own: OwnSampling) -> None:
        """Has a passage be written with something else; turns that follow share an undo step.

        It may be that of a growing take.

        Args:
            brush: The passage's.
            own: What it is written with.
        """
        former = brush.own
        if own == former:
            return
        brush.own = own
        step = self._history.done[-1] if self._history.done else None
        if step and step.open and step.own and step.own[0] is brush and not self._history.undone:
            if step.own[1] == own:
                self._history.done.pop()  # turned back: nothing has happened
            else:
                self._history.renew([step])
        else:
            self._history.close()
            self._history.push(Step([], own=(brush, former), open=True))
        self.brushed()
        self.state_changed()

    # Takes

    @property
    def take_sets(self) -> tuple[TakeSet, ...]:
        """All sets of takes, in the order they were made."""
        return tuple(self._register.sets)

    @property
    def growing(self) -> Take | None:
        """The take that grows now."""
        return self._growth.take if self._growth else None

    @property
    def growing_take_set(self) -> TakeSet | None:
        """The set of the take that grows now."""
        return self._growth.take_set if self._growth else None

    def take_set_at(self, start: int, end: int) -> TakeSet | None:
        """The set that Retake and stepping are about, for what is selected.

        The one whose take ends at the caret, or has it or some of the selection inside; of several
        the one used last. A take behind which the writer has gone on is history: no caret at the
        end of that means it.

        Args:
            start: Where the selection begins; with nothing selected, the caret.
            end: Where it ends.
        """
        return self._register.meant(start, end)

    def innermost_around(self, take_set: TakeSet) -> TakeSet | None:
        """The set whose take in the text holds another's place; of several the innermost."""
        around = self._register.around(take_set)
        # Of two that hold the same, the later one was made inside the other.
        return min(reversed(around), key=lambda one: one.place.end - one.place.start, default=None)

    def begin_take(self, position: int, seed: int | None = None) -> Take:
        """Opens a take that grows at a place. It joins the takes that were undone there, if any.

        Args:
            position: Where it grows, in code points.
            seed: That of the generation; None where it is not known yet.

        Raises:
            GrowingTakeError: Another take grows.
            ValueError: The position is outside the text.
        """
        self._refuse_while_growing()
        self._buffer.check_range(position, 0)
        return self._begin(self._register.at(position), seed)

    def road_end(self, start: int, end: int) -> int:
        """Where the text ends that was written on from a place: what `branch` puts away.

        The rest of the take that the place lies in, and the takes that were written on from the end
        of that. In text that no take holds, the rest of the paragraph.

        Args:
            start: Where the part of the text begins that is to be another.
            end: Where it ends; no less is put away.

        Raises:
            ValueError: The range is outside the text.
        """
        self._buffer.check_range(start, end - start)
        return self._register.road_end(start, end, self.line_end)

    def branch(
        self, start: int, end: int, begun: Passage = NOTHING, seed: int | None = None
    ) -> Take:
        """Opens a take that leads on from a place in the text another way, in one undo step.

        What was written on from there leaves the text, and is kept as a take of the same place. In
        the middle of a take that makes a set nested in it: the beginning is shared.

        Args:
            start: Where the part of the text begins that is another in the new take.
            end: Where it ends. What else goes with it says `road_end`.
            begun: What the take begins with.
            seed: That of the generation; None where it is not known yet.

        Raises:
            GrowingTakeError: Another take grows.
            ValueError: The range is outside the text.
        """
        self._refuse_while_growing()
        reached = self.road_end(start, end)
        if start == reached:
            return self._begin(self._register.at(start), seed, begun)
        take_set, is_new = self._register.branch(start, reached)
        return self._begin(take_set, seed, begun, is_branch=is_new)

    def rewrite(self, start: int, end: int) -> Take:
        """Opens a take in the place of a part of the text, in one undo step.

        What stands there leaves the text, and is kept as a take of the same place; all around it
        stays.

        Args:
            start: Where the part begins.
            end: Where it ends, behind that.

        Raises:
            GrowingTakeError: Another take grows.
            ValueError: The range is outside the text, or empty.
        """
        self._refuse_while_growing()
        self._buffer.check_range(start, end - start)
        if start == end:
            raise ValueError(f"start: found an empty part at {start}; allowed is one with text")
        take_set, is_new = self._register.branch(start, end)
        return self._begin(take_set, None, is_branch=is_new)

    def retake(self, take_set: TakeSet, seed: int | None = None, begun: Passage = NOTHING) -> Take:
        """Replaces the take in the text by a new one that grows in its place, in one undo step.

        Args:
            take_set: The takes of one place.
            seed: That of the generation; None where it is not known yet.
            begun: What the take begins with.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: The place of the set was deleted, or the set is of another manuscript.
        """
        self._refuse_while_growing()
        self._refuse_absent(take_set)
        return self._begin(take_set, seed, begun)

    def wait_for_more(self) -> None:
        """Has what the growing take has by now count for nothing, until more comes: see `waiting`.

        Raises:
            GrowingTakeError: No take grows.
        """
        if self._growth is None:
            raise GrowingTakeError("no take grows")
        self._growth.least = len(self._growth.take.passage)

    def end_take(self, candidates: Sequence[Take] = ()) -> None:
        """Ends the growing take. One without text leaves no trace: what it replaced comes back.

        Args:
            candidates: Takes that were written beside it, in the order in which they are to stand
                in its set; it is one of them, or goes. The first comes into the text, in the same
                undo step. Each has text. Empty where the take was written alone.

        Raises:
            GrowingTakeError: No take grows.
        """
        growth = self._growth
        if growth is None:
            raise GrowingTakeError("no take grows")
        growth.take.bind(None)
        start = growth.take_set.place.start
        growth.take.passage = self._buffer.passage(start, start + len(growth.take.passage))
        for candidate in candidates:
            candidate.passage = brushed(candidate.passage, growth.brush)
        if candidates:
            self._put_first(growth, candidates)
        self.take_changes += bool(growth.take.passage)
        waiting = None if growth.take.passage else self.waiting
        if growth.replaced and waiting is not None:
            self._buffer.apply(Change(start, NOTHING, growth.replaced))
        self._growth = None
        growth.settle(self._history, self._register)
        self._bound_history()
        if waiting is not None:
            self.brought_back(waiting)
        self.state_changed()

    def drop_take(self) -> None:
        """Ends the growing take without a trace: what it replaced comes back.

        Raises:
            GrowingTakeError: No take grows.
        """
        growth = self._growth
        if growth is None:
            raise GrowingTakeError("no take grows")
        start, written = growth.take_set.place.start, growth.take.passage
        if written:
            change = Change(start, written, NOTHING)
            self._buffer.apply(change)
            growth.take.passage = NOTHING
            self._register.move([change], growth.targets_after(-len(written)))
        self.end_take()

    def can_step_take(self, take_set: TakeSet, direction: int) -> bool:
        """Whether `step_take` has a take to go to; never while a take grows.

        Args:
            take_set: The takes of one place.
            direction: +1 or -1.
        """
        present = self._growth is None and self._register.holds(take_set)
        return present and take_set.neighbour(direction) is not None

    def step_take(self, take_set: TakeSet, direction: int) -> int:
        """Puts the next take (+1) or the one before (-1) into the text, in one undo step.

        The take that leaves keeps what the writer made of it.

        Args:
            take_set: The takes of one place.
            direction: +1 or -1.

        Returns:
            Where the caret should go: the end of the take.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: There is no take on that side, the place of the set was deleted, or the set
                is of another manuscript.
        """
        self._refuse_while_growing()
        self._refuse_absent(take_set)
        index = take_set.neighbour(direction)
        if index is None:
            raise ValueError(f"direction: no take on the side {direction:+d}")
        return self.choose_take(take_set, index)

    def choose_take(self, take_set: TakeSet, index: int) -> int:
        """Puts a take into the text, in one undo step.

        The take that leaves keeps what the writer made of it.

        Args:
            take_set: The takes of one place.
            index: Which of them.

        Returns:
            Where the caret should go: the end of the take.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: There is no such take, the place of the set was deleted, or the set is of
                another manuscript.
        """
        self._refuse_while_growing()
        self._refuse_absent(take_set)
        if not 0 <= index < len(take_set.takes) or take_set.takes[index].is_deleted:
            raise ValueError(f"index: no take {index} of {len(take_set.takes)}")
        step = self._exchange(take_set, index)
        self._history.close()
        self._history.push(step)
        self._bound_history()
        self.state_changed()
        return step.changes[-1].end

    def can_delete_take(self, take_set: TakeSet, take: Take) -> bool:
        """Whether `delete_take` does something: no take grows, and no text would go with it.

        The only take of a place, where it stands in the text, is text: it is deleted there. So is
        one that stands in the text of a take that is put away.

        Args:
            take_set: Its set.
            take: The take.
        """
        if self._growth is not None or take.is_deleted or take not in take_set.takes:
            return False
        if take_set.current is take:
            return len(take_set.kept) > 1
        # Inside a take that is put away it may stand in that one's text.
        index = take_set.takes.index(take)
        return not any(
            outer is not one.current
            and take_set in outer.nested
            and outer.nested[take_set].index == index
            for one in self._register.sets
            for outer in one.takes
        )

    def delete_take(self, take_set: TakeSet, take: Take) -> int | None:
        """Deletes a take, in one undo step; where it stands in the text, its neighbour comes.

        Args:
            take_set: Its set.
            take: The take.

        Returns:
            Where the caret should go: the end of the take that came; None where none did.

        Raises:
            GrowingTakeError: A take grows.
            ValueError: It cannot be: see `can_delete_take`.
        """
        self._refuse_while_growing()
        if not self.can_delete_take(take_set, take):
            raise ValueError("take: it was deleted, is of another set, or is the only one there")
        self._history.close()
        if take_set.current is take:
            after = take_set.neighbour(+1)
            index = take_set.neighbour(-1) if after is None else after
            assert index is not None, "there is another one"
            step = self._exchange(take_set, index)
            self._history.push(step)
        else:
            step = Step([])
            self._history.undone.clear()
            self._history.push_unchanged(step)
        step.deleted = take_set, take
        take.is_deleted = True
        self.take_changes += 1
        self._bound_history()
        self.state_changed()
        return step.changes[-1].end if step.changes else None

    def _exchange(self, take_set: TakeSet, index: int) -> Step:
        """Puts a take into the text in place of the one there; the step that takes it back."""
        place = take_set.place
        self._put_away(take_set)
        take = take_set.takes[index]
        leaving, coming = self._buffer.passage(place.start, place.end), take.passage
        if len(leaving.brushes) < _SEVERAL and len(coming.brushes) < _SEVERAL:
            # The place may have been given one, or lost it, while the take was away.
            coming = brushed(coming, self.brush_at(place.start, place.end))
        change = Change(place.start, leaving, coming)
        targets = {inner: there.moved(place.start) for inner, there in take.nested.items()}
        longer = change.end - place.end
        for outer, there in self._register.around(take_set).items():
            targets[outer] = replace(there, end=there.end + longer)
        targets[take_set] = Place(place.start, change.end, index)
        return Step(*self._carry_out([change], targets))

    def name_take(self, take: Take, name: str) -> None:
        """Calls a take something.

        Args:
            take: Which.
            name: What it is called from now on; "" for nothing.
        """
        if name != take.name:
            take.name = name
            self.take_changes += 1
            self.state_changed()

    def name_model(self, unnamed: ModelRecord, named: ModelRecord) -> None:
        """Say more of the model that wrote takes: nothing that a save would have to be asked for.

        Args:
            unnamed: What they say of it: that very object.
            named: What they say from now on.
        """
        takes = (take for one in self._register.sets for take in one.takes)
        if found := [take for take in takes if take.model is unnamed]:
            for take in found:
                take.model = named
            self.state_changed()

    def _begin(
        self,
        take_set: TakeSet,
        seed: int | None,
        begun: Passage = NOTHING,
        *,
        is_branch: bool = False,
    ) -> Take:
        place = take_set.place
        brush = self.brush_at(place.start, place.end)
        begun = brushed(begun, brush)
        self._put_away(take_set)
        take = Take(seed, passage=begun, given=len(begun))
        take.bind(self._append)
        take_set.takes.append(take)
        replaced = self._buffer.passage(place.start, place.end)
        step = Step([Change(place.start, replaced, begun)])
        history, register = self._history, self._register
        history.close()
        self._growth = growth = Growth(
            take_set,
            take,
            step,
            replaced,
            places=register.places(),
            around=register.around(take_set),
            undone=history.undone[:],
            is_branch=is_branch,
            brush=brush,
        )
        history.undone.clear()
        history.push_unchanged(step)
        if replaced or begun:
            self._buffer.apply(step.changes[0])
            history.renew([step])
        register.move(step.changes, growth.targets())
        self.state_changed()
        return take

    def _append(self, text: str) -> None:
        growth = self._growth
        assert growth is not None, "a take is bound only while it grows"
        if not text:
            return
        added = brushed(Passage.of(text, Origin.GENERATED), growth.brush)
        change = Change(growth.take_set.place.end, NOTHING, added)
        self._buffer.apply(change)
        growth.take.passage += added
        self._register.move([change], growth.targets_after(len(added)))
        self._history.renew(self._history.done[-1:])
        self.state_changed()

    def _put_first(self, growth: Growth, candidates: Sequence[Take]) -> None:
        """Puts the first candidate into the text where the growing take stands, and all in its set.

        Args:
            growth: That of the take, which has its text.
            candidates: The first, and those behind it.
        """
        written, first = growth.take, candidates[0]
        index = growth.take_set.takes.index(written)
        if first is not written:
            change = Change(growth.take_set.place.start, written.passage, first.passage)
            self._buffer.apply(change)
            longer = len(first.passage) - len(written.passage)
            self._register.move([change], growth.targets_after(longer))
            self._history.renew(self._history.done[-1:])
        growth.take_set.takes[index:] = candidates
        growth.take = first

    # What the sections above share

    def _put_away(self, take_set: TakeSet) -> None:
        """Lets the take in the text remember what the writer made of it."""
        if (take := take_set.current) is None:
            return
        place = take_set.place
        take.passage = self._buffer.passage(place.start, place.end)
        take.given = min(take.given, len(take.passage))
        take.nested = self._register.nested_in(take_set)

    def _carry_out(
        self, changes: Sequence[Change], targets: Mapping[TakeSet, Place]
    ) -> tuple[list[Change], Places]:
        happened = [self._buffer.apply(change) for change in changes]
        return happened, self._register.move(changes, targets)

    def _coming(self, passage: Passage, start: int, end: int) -> Passage:
        """A passage as it comes to a place: with the brush of that, or with its own."""
        brush = self.brush_at(start, end)
        return with_own_brushes(passage) if brush is None else brushed(passage, brush)

    def _bring_brushes_back(self, step: Step) -> int:
        """Exchange the brushes of a step with those in the text; returns where they are."""
        caret = 0
        if step.brushes is not None:
            start, caret, brushes = step.brushes
            step.brushes = start, caret, self._buffer.brushes(start, caret)
            self._buffer.brush(start, caret, brushes)
        elif step.own is not None:
            brush, own = step.own
            step.own = brush, brush.own
            brush.own = own
            caret = self.brush_extent(brush)[1]
        self.brushed()
        return caret

    def _bring_rest_back(self, step: Step, changes: Sequence[Change]) -> int:
        """Takes back what else than text a step has changed; returns where the caret should go."""
        if step.deleted is not None:
            take_set, take = step.deleted
            take.is_deleted = not take.is_deleted
            self.take_changes += 1
            if not changes:
                return min(take_set.place.end, len(self))
        return changes[-1].end if changes else self._bring_brushes_back(step)

    def _bring_marks_back(self, step: Step, changes: Iterable[Change]) -> None:
        if step.marks is None:
            return
        start, marks = step.marks
        start += sum(len(change.inserted) - len(change.removed) for change in changes)
        end = start + len(marks)
        step.marks = start, self._buffer.marks(start, end)
        self._buffer.mark_each(start, marks)
        self.remarked(start, end)

    def _bound_history(self) -> None:
        # The step of a take that grows must be found again when it ends.
        if self._growth is None:
            self._history.bound(self.undo_budget)

    def _refuse_while_growing(self) -> None:
        if self._growth:
            raise GrowingTakeError("a take is being written; end it first")

    def _refuse_absent(self, take_set: TakeSet) -> None:
        if not self._register.holds(take_set):
            raise ValueError("take_set: its place is no longer in the text; undo brings it back")
