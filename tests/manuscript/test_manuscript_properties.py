"""A manuscript against a naive model: characters, who wrote each, and the number of its brush,
every state copied whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.manuscript import (
    Brush,
    Edit,
    Manuscript,
    Origin,
    OwnSampling,
    Passage,
    Take,
    TakeSet,
)
from studio.manuscript.brush import between
from tests.helpers.documents import described, document_of

Cells = tuple[tuple[str, int, int], ...]
Places = dict[TakeSet, object]
Owns = dict[int, float]
NONE = 0

texts = st.text("ab \n\r😀é\u00a0\u2028", max_size=6)
keys = st.text("ab \n😀", min_size=1, max_size=1)
anywhere = st.integers(0, 2**16)
temperatures = st.sampled_from([0.0, 0.3, 0.7, 1.2, 1.5])


class State(NamedTuple):
    cells: Cells
    places: Places | None  # None: never seen, for a take was still growing
    owns: Owns  # the T of each brush


def cells(text: str, origin: Origin, brush: int = NONE) -> Cells:
    return tuple((character, int(origin), brush) for character in text)


class ManuscriptMachine(RuleBasedStateMachine):
    is_bare = True  # nobody but this machine writes

    def __init__(self) -> None:
        super().__init__()
        self.take: Take | None = None
        self.left: Cells = ()  # of the growing take
        self.grown: Cells = ()
        self.right: Cells = ()
        self.brush = NONE
        self.old_road: Cells = ()  # what it was begun in the place of
        self.holding: list[TakeSet] = []  # whose takes it was begun in
        self.around: list[tuple[Cells, Cells, Owns]] = []
        # As they were when they left the text, or ended.
        self.takes: dict[TakeSet, list[Cells]] = {}
        self.numbers: dict[Brush | None, int] = {None: NONE}
        self.brushes = count(1)
        self.manuscript = self.made()
        self.manuscript.changed.connect(self.follow)
        self.begin_anew()

    def begin_anew(self) -> None:
        """There is a text that nothing was done to."""
        self.follower = list(self.manuscript.text)
        self.follower_origins = list(self.manuscript.origins())
        self.states = [State(self.real(), self.places(), self.real_owns())]
        self.first = self.real()
        self.undone: list[State] = []

    # How it is done

    def made(self) -> Manuscript:
        return Manuscript("Once 😀 upon")

    def put(self, start: int, length: int, text: str, origin: Origin) -> None:
        self.manuscript.edit(start, length, text, origin)

    def begin(self, position: int) -> None:
        self.manuscript.begin_take(position)

    def begin_again(self, takes: TakeSet, _caret: int) -> None:
        self.manuscript.retake(takes)

    def lead_on(self, start: int, end: int, begun: Passage) -> None:
        self.manuscript.branch(start, end, begun)

    def write(self, text: str) -> str:
        """Returns what comes into the text."""
        assert self.take is not None
        self.take.append(text)
        return text

    def end(self) -> str:
        """The same; `grown` is what the take has then."""
        self.manuscript.end_take()
        return ""

    def has_ended(self) -> None:
        """The growing take is none any more."""

    def step(self, takes: TakeSet, direction: int, _caret: int) -> int:
        return self.manuscript.step_take(takes, direction)

    def save(self) -> None:
        self.manuscript.mark_clean()

    def give_own(self, start: int, end: int, own: OwnSampling | None) -> None:
        self.manuscript.brush(start, end, own)

    def turn(self, _position: int, brush: Brush, temperature: float) -> None:
        self.manuscript.turn_brush(brush, OwnSampling(temperature))

    # What the model says of it

    def follow(self, position: int, removed: int, text: str, origins: bytes) -> None:
        self.follower[position : position + removed] = text
        self.follower_origins[position : position + removed] = origins

    def as_cells(self, passage: Passage) -> Cells:
        runs = between(passage.brushes, 0, len(passage))
        brushes = [self.numbers[brush] for length, brush in runs for _ in range(length)]
        return tuple(zip(passage.text, passage.origins, brushes, strict=True))

    def real(self) -> Cells:
        return self.as_cells(self.manuscript.passage(0, len(self.manuscript)))

    def real_owns(self) -> Owns:
        known = self.numbers.items()
        return {number: one.own.temperature for one, number in known if one is not None}

    def places(self) -> Places:
        return {known: known.place for known in self.manuscript.take_sets}

    @property
    def model(self) -> Cells:
        return self.left + self.grown + self.right if self.take else self.states[-1].cells

    @property
    def owns(self) -> Owns:
        return self.around[-1][2] if self.take else self.states[-1].owns

    def expect(self, expected: Cells, owns: Owns | None = None) -> None:
        assert self.real() == expected
        self.states.append(State(expected, self.places(), self.owns if owns is None else owns))
        self.undone.clear()

    def brush_at(self, start: int, end: int) -> int:
        """The brush that text gets which comes to a place."""
        if start < end:
            inside = self.model[start:end]
            return next((brush for sign, _, brush in inside if sign != "\n"), inside[0][2])
        before, behind = self.model[:start][-1:], self.model[start : start + 1]
        begins = not before or before[0][0] == "\n"
        near = behind if behind and begins and behind[0][0] != "\n" else before
        return near[0][2] if near else NONE

    def coming(self, take: Cells, start: int, end: int) -> Cells:
        """A take as it comes in place of what stands there: with its brush, if that has one."""
        if any(len({brush for *_, brush in part}) > 1 for part in (take, self.model[start:end])):
            return take
        here = self.brush_at(start, end)
        return tuple((sign, origin, here) for sign, origin, _ in take)

    def put_away(self, takes: TakeSet, text: Cells) -> None:
        """A take leaves that text as it stands there."""
        if takes.place.index is not None:
            self.takes[takes][takes.place.index] = text[takes.place.start : takes.place.end]

    def replace(self, position: int, length: int, text: str, origin: Origin = Origin.TYPED) -> None:
        start = position % (len(self.model) + 1)
        length = min(length, len(self.model) - start)
        new = cells(text, origin, self.brush_at(start, start + length))
        if self.take is None:
            self.put(start, length, text, origin)
            if length or text:
                self.expect(self.model[:start] + new + self.model[start + length :])
            return
        first, last = len(self.left), len(self.left) + len(self.grown)
        allowed = start + length <= first or start >= last
        assert self.manuscript.editable(start, length) == allowed
        if not allowed:
            return
        self.put(start, length, text, origin)
        if start >= last:
            start -= last
            self.right = self.right[:start] + new + self.right[start + length :]
        else:
            self.left = self.left[:start] + new + self.left[start + length :]
        if length or text:  # else nothing was edited, and what was undone can be redone still
            self.around.append((self.left, self.right, self.owns))

    @rule(
        position=anywhere,
        length=st.integers(0, 8),
        text=texts,
        origin=st.sampled_from([Origin.TYPED, Origin.PASTED]),
    )
    def edits(self, position: int, length: int, text: str, origin: Origin) -> None:
        self.replace(position, length, text, origin)

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
        self.save()
        assert self.manuscript.is_clean

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere)
    def begins_a_take(self, position: int) -> None:
        start = self.near_a_brush(position)
        self.grow_between(self.model[:start], self.model[start:])
        self.begin(start)
        self.take = self.manuscript.growing

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, parts=st.lists(texts, min_size=1, max_size=3))
    def writes_a_take(self, position: int, parts: list[str]) -> None:
        self.begins_a_take(position)
        for part in parts:
            self.appends(part)
        self.ends_the_take()

    def near_a_take(self, number: int) -> int:
        """A place that means a take, mostly."""
        ends = [known.place.end for known in self.manuscript.take_sets if not known.place.gone]
        return ends[number % len(ends)] if ends and number % 5 else number % (len(self.model) + 1)

    @precondition(lambda self: self.take is None and self.takes)
    @rule(caret=anywhere)
    def begins_a_retake(self, caret: int) -> None:
        position = self.near_a_take(caret)
        active = self.manuscript.take_set_at(position, position)
        if active is None:
            return
        place = active.place
        self.put_away(active, self.model)
        self.grow_between(self.model[: place.start], self.model[place.end :])
        self.begin_again(active, position)
        self.take = self.manuscript.growing

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
        indices = {known: known.index for known in self.manuscript.take_sets}
        self.lead_on(start, end, Passage.of(text, origin))
        self.take, takes = self.manuscript.growing, self.manuscript.growing_take_set
        assert takes is not None
        if takes not in indices and self.old_road:
            self.takes[takes] = [self.old_road]
        elif (index := indices.get(takes)) is not None:
            self.takes[takes][index] = self.old_road
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
        former, brush = self.model[start:end], self.brush_at(start, end)
        takes = [Take(passage=Passage.of(text, Origin.GENERATED)) for text in versions]
        self.manuscript.rewrite(start, end)
        self.manuscript.end_take(takes)
        (rewritten,) = [one for one in self.manuscript.take_sets if one.current is takes[0]]
        assert rewritten.takes[-len(takes) :] == takes
        ended = [self.as_cells(take.passage) for take in rewritten.takes]
        assert former in ended[: -len(takes)]
        assert len(ended) == len(self.takes.get(rewritten, [former])) + len(takes)
        self.takes[rewritten] = ended
        new = cells(versions[0], Origin.GENERATED, brush)
        self.expect(self.model[:start] + new + self.model[end:])

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
        self.brush = self.brush_at(len(left), len(self.model) - len(right))
        given = tuple((sign, origin, self.brush) for sign, origin, _ in given)
        self.left, self.grown, self.right = left, given, right
        self.old_road, self.holding = (), []
        self.around = [(left, right, self.states[-1].owns)]

    def grow(self, text: str) -> None:
        self.grown += cells(text, Origin.GENERATED, self.brush)

    @precondition(lambda self: self.take is not None)
    @rule(text=texts)
    def appends(self, text: str) -> None:
        self.grow(self.write(text))

    @precondition(lambda self: self.take is not None)
    @rule()
    def ends_the_take(self) -> None:
        self.finish()

    @precondition(lambda self: self.take is not None and self.is_bare)
    @rule(others=st.lists(texts.filter(bool), min_size=1, max_size=3), place=st.integers(0, 3))
    def ends_the_take_beside_others(self, others: list[str], place: int) -> None:
        passages = [Passage.of(text, Origin.GENERATED) for text in others]
        candidates = [Take(passage=passage) for passage in passages]
        assert self.take is not None
        if self.grown:
            candidates.insert(place % (len(candidates) + 1), self.take)
        if candidates[0] is not self.take:
            self.grown = cells(candidates[0].text, Origin.GENERATED, self.brush)
        takes = self.manuscript.growing_take_set
        assert takes is not None
        self.finish(candidates)
        assert takes.takes[-len(candidates) :] == candidates
        assert takes.current is candidates[0]

    def finish(self, candidates: Sequence[Take] = ()) -> None:
        takes = self.manuscript.growing_take_set
        assert takes is not None
        kept = self.what_is_kept()
        if candidates:
            self.manuscript.end_take(candidates)
            ended = [self.as_cells(take.passage) for take in candidates]
        else:
            self.grow(self.end())
            ended = [self.grown] if self.grown else []
        assert self.grown or self.what_is_kept() == kept
        middle = self.settled
        if ended:
            self.takes.setdefault(takes, []).extend(ended)
        elif takes not in self.manuscript.take_sets:
            self.takes.pop(takes, None)
        if self.grown and self.old_road:
            others = [take for take in takes.takes if take is not takes.current]
            assert self.old_road in [self.as_cells(take.passage) for take in others]
            if len(self.around) == 1:
                for known in self.holding:
                    assert known.place.start <= takes.place.start
                    assert known.place.end >= takes.place.end
        self.take = None
        if not self.grown:
            self.around.pop(0)
        if self.around:
            self.undone.clear()
            self.states += [
                State(left + middle + right, None, owns) for left, right, owns in self.around
            ]
            self.states[-1] = self.states[-1]._replace(places=self.places())
        self.has_ended()

    def what_is_kept(self) -> object:
        text, take_sets, _ = described(document_of(self.manuscript))
        return text, [(place, takes) for place, _, takes in take_sets]

    @property
    def settled(self) -> Cells:
        """What stands in the growing take's place once it has ended."""
        first_left, first_right, _ = self.around[0]
        before = self.states[-1].cells
        # What stood there comes back if the take got no text.
        return self.grown or before[len(first_left) : len(before) - len(first_right)]

    @precondition(lambda self: self.take is None and self.takes)
    @rule(caret=anywhere, direction=st.sampled_from([-1, 1]))
    def steps_to_another_take(self, caret: int, direction: int) -> None:
        position = self.near_a_take(caret)
        active = self.manuscript.take_set_at(position, position)
        if active is None or not self.manuscript.can_step_take(active, direction):
            return
        place = active.place
        left, right = self.model[: place.start], self.model[place.end :]
        self.put_away(active, self.model)
        index = active.neighbour(direction)
        assert index is not None
        take = self.coming(self.takes[active][index], place.start, place.end)
        end = self.step(active, direction, position)
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
        if is_shown:
            self.put_away(takes, self.model)
        self.manuscript.delete_take(takes, take)
        assert takes.kept == [one for one in kept if one is not take]
        if is_shown:
            assert takes.index is not None
            left, right = self.model[: place.start], self.model[place.end :]
            come = self.coming(self.takes[takes][takes.index], place.start, place.end)
            self.expect(left + come + right)
        else:
            self.expect(self.model)

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, length=st.integers(0, 9), temperature=st.none() | temperatures)
    def brushes_a_part(self, position: int, length: int, temperature: float | None) -> None:
        model, owns = self.model, dict(self.owns)
        start = self.near_a_brush(position)
        end = min(start + length, len(model))
        active = self.manuscript.take_set_at(start, start)
        if active is not None and length > 4:
            start, end = active.place.start, active.place.end
        elif not length:
            start, end = self.manuscript.paragraph_at(start)
        was_bare = all(brush == NONE for *_, brush in model[start:end])
        own = None if temperature is None else OwnSampling(temperature)
        self.give_own(start, end, own)
        if start == end or (own is None and was_bare):
            return
        number = NONE
        if temperature is not None:
            owns[number := self.learn(start)] = temperature
        painted = tuple((sign, origin, number) for sign, origin, _ in model[start:end])
        rest = list(model[end:])
        cut = model[start - 1][2] if start else NONE
        if rest and rest[0][2] == cut != NONE:
            # What is cut in two goes on as two.
            owns[other := self.learn(end)] = owns[cut]
            for index, (sign, origin, brush) in enumerate(rest):
                if brush != cut:
                    break
                rest[index] = sign, origin, other
        self.expect((*model[:start], *painted, *rest), owns)

    def learn(self, position: int) -> int:
        """The brush of a character is a new one."""
        [(_, brush)] = self.manuscript.brushes(position, position + 1)
        assert brush not in self.numbers
        self.numbers[brush] = next(self.brushes)
        return self.numbers[brush]

    def near_a_brush(self, number: int) -> int:
        """A place at the end of a character with a brush, mostly."""
        model = self.model
        ends = [at for at, (*_, brush) in enumerate(model, 1) if brush != NONE]
        return ends[number % len(ends)] if ends and number % 5 else number % (len(model) + 1)

    @rule(position=anywhere, temperature=temperatures)
    def turns_a_brush(self, position: int, temperature: float) -> None:
        position = self.near_a_brush(position)
        manuscript = self.manuscript
        at_caret = manuscript.brush_at(position, position)
        brush = manuscript.growing_brush if self.take else at_caret
        number = self.brush if self.take else self.brush_at(position, position)
        assert self.numbers[brush] == number
        if brush is None or self.owns[number] == temperature:
            return
        manuscript.close_step()
        self.turn(position, brush, temperature)
        owns = {**self.owns, number: temperature}
        if self.take:
            self.around.append((self.left, self.right, owns))
        else:
            self.expect(self.model, owns)

    @precondition(lambda self: self.take is None)
    @rule(source=anywhere, size=st.integers(1, 6), to=anywhere)
    def copies_a_part(self, source: int, size: int, to: int) -> None:
        """Where it comes among text with a brush it gets that, else it keeps one of its own."""
        model, owns = self.model, dict(self.owns)
        start = source % (len(model) + 1)
        part = model[start : start + size]
        passage = self.manuscript.passage(start, start + len(part))
        to %= len(model) + 1
        here = self.brush_at(to, to)
        self.manuscript.close_step()
        self.manuscript.edit_all([Edit(to, 0, passage.text, brushes=passage.brushes)])
        if not part:
            return
        fresh = {NONE: NONE}
        for place, (_, _, brush) in enumerate(part, to):
            if here == NONE and brush not in fresh:
                owns[new := self.learn(place)] = owns[brush]
                fresh[brush] = new
        come = tuple((sign, int(Origin.TYPED), here or fresh[brush]) for sign, _, brush in part)
        self.expect(model[:to] + come + model[to:], owns)

    def arrive(self, state: State) -> bool:
        """Whether the manuscript is in a state of the model."""
        owns = self.real_owns()
        if self.real() != state.cells or any(owns[one] != own for one, own in state.owns.items()):
            return False
        now = self.places()
        return all(now.get(known) == place for known, place in (state.places or {}).items())

    @precondition(lambda self: self.manuscript.can_undo)
    @rule()
    def undoes(self) -> None:
        caret = self.manuscript.undo()
        assert 0 <= caret <= len(self.manuscript)
        # Keystrokes share a step, so that one undo may pass several states of the model.
        self.undone.append(self.states.pop())
        while not self.arrive(self.states[-1]):
            self.undone.append(self.states.pop())
            assert self.states, "undo led to a state that never was"

    @precondition(lambda self: self.manuscript.can_redo)
    @rule()
    def redoes(self) -> None:
        self.manuscript.redo()
        self.states.append(self.undone.pop())
        while not self.arrive(self.states[-1]):
            assert self.undone, "redo led to a state that never was"
            self.states.append(self.undone.pop())

    @invariant()
    def text_and_provenance_are_the_models(self) -> None:
        assert self.real() == self.model
        assert {number: self.real_owns()[number] for number in self.owns} == self.owns
        assert "".join(self.follower) == self.manuscript.text
        assert bytes(self.follower_origins) == self.manuscript.origins()

    @invariant()
    def takes_are_the_models(self) -> None:
        growing = self.manuscript.growing_take_set
        for known in self.manuscript.take_sets:
            ended = known.takes[:-1] if known is growing else known.takes
            assert [self.as_cells(take.passage) for take in ended] == self.takes.get(known, [])

    @invariant()
    def what_was_deleted_stands_nowhere(self) -> None:
        for known in self.manuscript.take_sets:
            assert known.current is None or not known.current.is_deleted
        passages, copies = self.manuscript.content()
        text = self.left + self.settled + self.right if self.take else self.model
        assert "".join(passage.text for passage in passages) == "".join(sign for sign, *_ in text)
        for copy in copies:
            assert copy.takes
            assert not any(take.is_deleted for take in copy.takes)
            assert copy.index is None or copy.index < len(copy.takes)
            for take in copy.takes:
                for inner, place in take.nested.items():
                    assert inner in copies
                    assert place.index is None or place.index < len(inner.takes)
        if self.manuscript.waiting is not None:
            return
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
        assert self.real() == self.first
        while self.manuscript.can_redo:
            self.manuscript.redo()
        if not self.undone:
            assert (self.real(), self.places()) == (final, places)
            assert self.manuscript.is_clean == clean


ManuscriptMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40)
TestManuscript = ManuscriptMachine.TestCase
