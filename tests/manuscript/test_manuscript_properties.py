"""A manuscript against a naive model: lists of (character, origin), every state copied whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.manuscript import Manuscript, Origin, Passage, Take, TakeSet

Cells = tuple[tuple[str, int], ...]
Places = dict[TakeSet, object]

texts = st.text("ab \n\r😀é\u00a0\u2028", max_size=6)
keys = st.text("ab \n😀", min_size=1, max_size=1)
anywhere = st.integers(0, 2**16)


class State(NamedTuple):
    cells: Cells
    places: Places | None  # None: never seen, for a take was still growing


def cells(text: str, origin: Origin) -> Cells:
    return tuple((character, int(origin)) for character in text)


def as_cells(passage: Passage) -> Cells:
    return tuple(zip(passage.text, passage.origins, strict=True))


class ManuscriptMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.manuscript = Manuscript("Once 😀 upon")
        self.follower = list(self.manuscript.text)
        self.follower_origins = list(self.manuscript.origins())
        self.manuscript.changed.connect(self.follow)
        self.states = [State(self.real(), {})]
        self.undone: list[State] = []
        self.take: Take | None = None
        self.left: Cells = ()  # of the growing take
        self.grown: Cells = ()
        self.right: Cells = ()
        self.given: Cells = ()  # what it was begun with
        self.old_road: Cells = ()  # what it was begun in the place of
        self.holding: list[TakeSet] = []  # whose takes it was begun in
        self.around: list[tuple[Cells, Cells]] = []

    def follow(self, position: int, removed: int, text: str, origins: bytes) -> None:
        self.follower[position : position + removed] = text
        self.follower_origins[position : position + removed] = origins

    def real(self) -> Cells:
        return tuple(zip(self.manuscript.text, self.manuscript.origins(), strict=True))

    def places(self) -> Places:
        return {known: known.place for known in self.manuscript.take_sets}

    @property
    def model(self) -> Cells:
        return self.left + self.grown + self.right if self.take else self.states[-1].cells

    def expect(self, expected: Cells) -> None:
        assert self.real() == expected
        self.states.append(State(expected, self.places()))
        self.undone.clear()

    def replace(self, position: int, length: int, text: str) -> None:
        start = position % (len(self.model) + 1)
        length = min(length, len(self.model) - start)
        new = cells(text, Origin.TYPED)
        if self.take is None:
            self.manuscript.edit(start, length, text)
            if length or text:
                self.expect(self.model[:start] + new + self.model[start + length :])
            return
        first, last = len(self.left), len(self.left) + len(self.grown)
        allowed = start + length <= first or start >= last
        assert self.manuscript.editable(start, length) == allowed
        if not allowed:
            return
        self.manuscript.edit(start, length, text)
        if start >= last:
            start -= last
            self.right = self.right[:start] + new + self.right[start + length :]
        else:
            self.left = self.left[:start] + new + self.left[start + length :]
        if length or text:  # else nothing was edited, and what was undone can be redone still
            self.around.append((self.left, self.right))

    @rule(position=anywhere, length=st.integers(0, 8), text=texts)
    def edits(self, position: int, length: int, text: str) -> None:
        self.replace(position, length, text)

    @rule(position=anywhere, typed=st.lists(keys, max_size=6))
    def types(self, position: int, typed: list[str]) -> None:
        position %= len(self.model) + 1
        for offset, key in enumerate(typed):
            self.replace(position + offset, 0, key)

    @rule(position=anywhere, times=st.integers(1, 6))
    def deletes_backwards(self, position: int, times: int) -> None:
        position %= len(self.model) + 1
        for offset in range(1, min(times, position) + 1):
            self.replace(position - offset, 1, "")

    @precondition(lambda self: self.take is None)
    @rule()
    def saves(self) -> None:
        self.manuscript.mark_clean()
        assert self.manuscript.is_clean

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere)
    def begins_a_take(self, position: int) -> None:
        start = position % (len(self.model) + 1)
        self.grow_between(self.model[:start], self.model[start:])
        self.take = self.manuscript.begin_take(start)

    @precondition(lambda self: self.take is None)
    @rule(caret=anywhere)
    def begins_a_retake(self, caret: int) -> None:
        position = caret % (len(self.model) + 1)
        active = self.manuscript.take_set_at(position, position)
        if active is None:
            return
        place = active.place
        self.grow_between(self.model[: place.start], self.model[place.end :])
        self.take = self.manuscript.retake(active)

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, length=st.integers(0, 4), text=texts, origin=st.sampled_from(Origin))
    def leads_on_another_way(self, position: int, length: int, text: str, origin: Origin) -> None:
        start = position % (len(self.model) + 1)
        end = min(start + length, len(self.model))
        reached = self.manuscript.road_end(start, end)
        assert end <= reached <= len(self.model)
        before = {known for known in self.manuscript.take_sets if known.place.start < start}
        holding = [known for known in before if start < known.place.end]
        self.grow_between(self.model[:start], self.model[reached:], cells(text, origin))
        self.old_road = self.states[-1].cells[start:reached]
        self.take = self.manuscript.branch(start, end, Passage.of(text, origin))
        self.holding = holding if reached > start else []

    @precondition(lambda self: self.take is None)
    @rule(
        position=anywhere,
        length=st.integers(1, 6),
        versions=st.lists(texts.filter(bool), min_size=1, max_size=3),
    )
    def rewrites_a_part(self, position: int, length: int, versions: list[str]) -> None:
        start = position % len(self.model) if self.model else 0
        end = min(start + length, len(self.model))
        if start == end:
            return
        former = self.model[start:end]
        takes = [Take(passage=Passage.of(text, Origin.GENERATED)) for text in versions]
        self.manuscript.rewrite(start, end)
        self.manuscript.end_take(takes)
        (rewritten,) = [one for one in self.manuscript.take_sets if one.current is takes[0]]
        assert rewritten.takes[-len(takes) :] == takes
        assert former in [as_cells(take.passage) for take in rewritten.takes[: -len(takes)]]
        self.expect(self.model[:start] + cells(versions[0], Origin.GENERATED) + self.model[end:])

    @precondition(lambda self: self.take is None)
    @rule(cuts=st.lists(anywhere, min_size=4, max_size=4))
    def swaps_two_parts(self, cuts: list[int]) -> None:
        model = self.model
        a, b, c, d = sorted(cut % (len(model) + 1) for cut in cuts)
        if not a < b <= c < d:
            return
        standing = {
            known: model[known.place.start : known.place.end]
            for known in self.manuscript.take_sets
            if known.index is not None
            and any(
                low <= known.place.start and known.place.end <= high
                for low, high in ((0, a), (a, b), (b, c), (c, d), (d, len(model)))
            )
        }
        self.manuscript.swap((a, b), (c, d))
        self.expect(model[:a] + model[c:d] + model[b:c] + model[a:b] + model[d:])
        for known, cells_of_take in standing.items():
            assert self.real()[known.place.start : known.place.end] == cells_of_take

    def grow_between(self, left: Cells, right: Cells, given: Cells = ()) -> None:
        self.left, self.grown, self.right = left, given, right
        self.old_road, self.holding = (), []
        self.around = [(left, right)]

    @precondition(lambda self: self.take is not None)
    @rule(text=texts)
    def appends(self, text: str) -> None:
        assert self.take is not None
        self.take.append(text)
        self.grown += cells(text, Origin.GENERATED)

    @precondition(lambda self: self.take is not None)
    @rule()
    def ends_the_take(self) -> None:
        self.end()

    @precondition(lambda self: self.take is not None)
    @rule(others=st.lists(texts.filter(bool), min_size=1, max_size=3), place=st.integers(0, 3))
    def ends_the_take_beside_others(self, others: list[str], place: int) -> None:
        passages = [Passage.of(text, Origin.GENERATED) for text in others]
        candidates = [Take(passage=passage) for passage in passages]
        assert self.take is not None
        if self.grown:
            candidates.insert(place % (len(candidates) + 1), self.take)
        if candidates[0] is not self.take:
            self.grown = as_cells(candidates[0].passage)
        takes = self.manuscript.growing_take_set
        assert takes is not None
        self.end(candidates)
        assert takes.takes[-len(candidates) :] == candidates
        assert takes.current is candidates[0]

    def end(self, candidates: Sequence[Take] = ()) -> None:
        first_left, first_right = self.around[0]
        before = self.states[-1].cells
        # What stood in the take's place comes back if the take got no text.
        middle = self.grown or before[len(first_left) : len(before) - len(first_right)]
        takes = self.manuscript.growing_take_set
        assert takes is not None
        self.manuscript.end_take(candidates)
        if self.grown and self.old_road:
            others = [take for take in takes.takes if take is not takes.current]
            assert self.old_road in [as_cells(take.passage) for take in others]
            if len(self.around) == 1:
                for known in self.holding:
                    assert known.place.start <= takes.place.start
                    assert known.place.end >= takes.place.end
        self.take = None
        if not self.grown:
            self.around.pop(0)
        if self.around:
            self.undone.clear()
            self.states += [State(left + middle + right, None) for left, right in self.around]
            self.states[-1] = State(self.states[-1].cells, self.places())

    @precondition(lambda self: self.take is None)
    @rule(caret=anywhere, direction=st.sampled_from([-1, 1]))
    def steps_to_another_take(self, caret: int, direction: int) -> None:
        position = caret % (len(self.model) + 1)
        active = self.manuscript.take_set_at(position, position)
        if active is None or not self.manuscript.can_step_take(active, direction):
            return
        place = active.place
        left, right = self.model[: place.start], self.model[place.end :]
        end = self.manuscript.step_take(active, direction)
        assert active.current is not None
        take = as_cells(active.current.passage)
        assert end == len(left) + len(take)
        self.expect(left + take + right)

    @precondition(lambda self: self.take is None)
    @rule(which=anywhere, number=anywhere)
    def deletes_a_take(self, which: int, number: int) -> None:
        sets = self.manuscript.take_sets
        if not sets:
            return
        takes = sets[which % len(sets)]
        take = takes.takes[number % len(takes.takes)]
        if not self.manuscript.can_delete_take(takes, take):
            return
        place, is_shown, kept = takes.place, takes.current is take, takes.kept
        self.manuscript.delete_take(takes, take)
        assert takes.kept == [one for one in kept if one is not take]
        if is_shown:
            assert takes.current is not None
            left, right = self.model[: place.start], self.model[place.end :]
            self.expect(left + as_cells(takes.current.passage) + right)
        else:
            self.expect(self.model)

    def arrive(self, state: State) -> bool:
        """Whether the manuscript is in a state of the model."""
        if self.real() != state.cells:
            return False
        now = self.places()
        return all(now.get(known) == place for known, place in (state.places or {}).items())

    @precondition(lambda self: self.take is None)
    @rule()
    def undoes(self) -> None:
        if not self.manuscript.can_undo:
            return
        caret = self.manuscript.undo()
        assert 0 <= caret <= len(self.manuscript)
        # Keystrokes share a step, so that one undo may pass several states of the model.
        self.undone.append(self.states.pop())
        while not self.arrive(self.states[-1]):
            self.undone.append(self.states.pop())
            assert self.states, "undo led to a state that never was"

    @precondition(lambda self: self.take is None)
    @rule()
    def redoes(self) -> None:
        if not self.manuscript.can_redo:
            return
        self.manuscript.redo()
        self.states.append(self.undone.pop())
        while not self.arrive(self.states[-1]):
            assert self.undone, "redo led to a state that never was"
            self.states.append(self.undone.pop())

    @invariant()
    def text_and_provenance_are_the_models(self) -> None:
        assert self.real() == self.model
        assert "".join(self.follower) == self.manuscript.text
        assert bytes(self.follower_origins) == self.manuscript.origins()

    @invariant()
    def what_was_deleted_stands_nowhere(self) -> None:
        for known in self.manuscript.take_sets:
            assert known.current is None or not known.current.is_deleted
        passages, copies = self.manuscript.content()
        assert "".join(passage.text for passage in passages) == self.manuscript.text
        for copy in copies:
            assert copy.takes
            assert not any(take.is_deleted for take in copy.takes)
            assert copy.index is None or copy.index < len(copy.takes)
            for take in copy.takes:
                for inner, place in take.nested.items():
                    assert inner in copies
                    assert place.index is None or place.index < len(inner.takes)
        standing = [one for one in self.manuscript.take_sets if not one.place.gone and one.kept]
        assert [one.place.start for one in standing] == [
            one.place.start for one in copies if not one.place.gone
        ]

    @invariant()
    def places_are_in_the_text(self) -> None:
        for known in self.manuscript.take_sets:
            place = known.place
            assert 0 <= place.start <= place.end <= len(self.manuscript)
            empty = place.start == place.end
            may_be_empty = self.take is not None and place.start == len(self.left)
            assert empty == (place.index is None) or may_be_empty

    def teardown(self) -> None:
        if self.take is not None:
            self.ends_the_take()
        final, places = self.real(), self.places()
        clean = self.manuscript.is_clean
        while self.manuscript.can_undo:
            self.manuscript.undo()
        assert self.real() == cells("Once 😀 upon", Origin.TYPED)
        while self.manuscript.can_redo:
            self.manuscript.redo()
        if not self.undone:
            assert (self.real(), self.places()) == (final, places)
            assert self.manuscript.is_clean == clean


ManuscriptMachine.TestCase.settings = settings(max_examples=90, stateful_step_count=30)
TestManuscript = ManuscriptMachine.TestCase
