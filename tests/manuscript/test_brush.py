"""Passages with sampling of their own: they go where their characters go, and undo knows them."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.manuscript import (
    Edit,
    GrowingTakeError,
    Manuscript,
    ManuscriptContent,
    Origin,
    OwnSampling,
    Passage,
    Take,
    TakeSet,
)
from studio.manuscript.document_file import (
    DocumentError,
    document_of_bytes,
    document_to_bytes,
)
from studio.sampling import SamplingParams
from tests.helpers.documents import document_of

TEXT = "One two.\nThree four.\n\nFive."
WHOLE = SamplingParams(temperature=1.0, min_p=0.1)


def shown(manuscript: Manuscript) -> list[tuple[str, float | None]]:
    """The runs of a text: what each says, and its own T."""
    found: list[tuple[str, float | None]] = []
    at = 0
    for length, brush in manuscript.brushes(0, len(manuscript)):
        found.append((manuscript.part(at, at + length), brush.own.temperature if brush else None))
        at += length
    return found


def heated(temperature: float = 0.4) -> Manuscript:
    """A text whose second paragraph has its own T."""
    manuscript = Manuscript(TEXT)
    manuscript.brush(*manuscript.paragraph_at(12), OwnSampling(temperature))
    return manuscript


def own_at(manuscript: Manuscript, position: int, end: int | None = None) -> float | None:
    brush = manuscript.brush_at(position, position if end is None else end)
    return brush.own.temperature if brush else None


def test_what_is_in_force_is_the_own_over_the_rest() -> None:
    assert OwnSampling(0.4).over(WHOLE) == SamplingParams(temperature=0.4, min_p=0.1)
    preset = SamplingParams(temperature=0.7, top_k=9)
    own = OwnSampling(0.7, "Calm", preset)
    assert own.over(WHOLE) == preset
    hotter = own.turned(SamplingParams(temperature=0.9, top_k=3))
    assert hotter == OwnSampling(0.9, "Calm", SamplingParams(temperature=0.9, top_k=3))
    # Of a passage with T alone, what else is turned is not its own.
    assert OwnSampling(0.4).turned(hotter.over(WHOLE)) == OwnSampling(0.9)
    with pytest.raises(ValueError, match="temperature"):
        OwnSampling(-1.0)


def test_a_paragraph_has_it_and_its_neighbours_have_not() -> None:
    manuscript = heated()
    assert shown(manuscript) == [("One two.\n", None), ("Three four.", 0.4), ("\n\nFive.", None)]
    assert own_at(manuscript, 8) is None, "at the end of the paragraph before"
    assert own_at(manuscript, 9) == 0.4
    assert own_at(manuscript, 20) == 0.4, "what is written on at its end belongs to it"
    assert own_at(manuscript, 21) is None
    manuscript.undo()
    assert not manuscript.is_brushed
    assert not manuscript.can_undo
    manuscript.redo()
    assert own_at(manuscript, 12) == 0.4


def test_text_that_comes_inside_or_at_its_end_has_it_too() -> None:
    manuscript = heated()
    manuscript.edit(20, 0, " Five.\nSix.")
    manuscript.edit(9, 0, "And ")
    manuscript.edit(13, 5, "3")
    assert shown(manuscript)[1] == ("And 3 four. Five.\nSix.", 0.4)
    manuscript.edit(8, 0, " Two.")
    assert shown(manuscript)[0] == ("One two. Two.\n", None)


def test_a_paragraph_that_is_split_keeps_it_on_both_halves_and_deleting_removes_it() -> None:
    manuscript = heated()
    manuscript.edit(14, 1, "\n")
    assert own_at(manuscript, 12) == own_at(manuscript, 16) == 0.4
    assert len({manuscript.brush_at(at, at) for at in (12, 16)}) == 1, "they are turned as one"
    manuscript.edit(9, 11, "")
    assert not manuscript.is_brushed
    assert own_at(manuscript, 9) is None
    manuscript.undo()
    assert shown(manuscript)[1] == ("Three\nfour.", 0.4)


def test_an_empty_paragraph_has_it_with_the_line_end_that_begins_it() -> None:
    manuscript = Manuscript(TEXT)
    manuscript.brush(*manuscript.paragraph_at(21), OwnSampling(0.3))
    assert own_at(manuscript, 21) == 0.3
    assert own_at(manuscript, 20) is None
    assert own_at(manuscript, 22) is None
    manuscript.edit(21, 0, "New")
    assert shown(manuscript) == [("One two.\nThree four.", None), ("\nNew", 0.3), ("\nFive.", None)]
    empty = Manuscript()
    empty.brush(*empty.paragraph_at(0), OwnSampling(0.3))
    assert not empty.can_undo


def test_turns_of_one_passage_share_a_step_until_something_else_happens() -> None:
    manuscript = heated()
    brush = manuscript.brush_at(12, 12)
    assert brush is not None
    revision = manuscript.revision
    manuscript.turn_brush(brush, OwnSampling(0.5))
    manuscript.turn_brush(brush, OwnSampling(0.6))
    assert manuscript.revision != revision
    assert manuscript.undo() == 20, "the caret goes where it is seen"
    assert own_at(manuscript, 12) == 0.4
    manuscript.redo()
    assert own_at(manuscript, 12) == 0.6
    manuscript.close_step()
    manuscript.turn_brush(brush, OwnSampling(0.7))
    manuscript.undo()
    assert own_at(manuscript, 12) == 0.6
    # Turned back to where it was, nothing has happened.
    manuscript.undo()
    manuscript.turn_brush(brush, OwnSampling(0.9))
    manuscript.turn_brush(brush, OwnSampling(0.4))
    assert manuscript.revision == revision
    manuscript.edit(0, 0, "x")
    manuscript.edit(1, 0, "y")
    manuscript.undo()
    assert manuscript.text == TEXT


def test_what_is_cut_in_two_is_turned_apart() -> None:
    manuscript = Manuscript("aaaa bbbb cccc")
    manuscript.brush(0, 14, OwnSampling(0.4))
    manuscript.brush(5, 9, None)
    left, right = manuscript.brush_at(2, 2), manuscript.brush_at(12, 12)
    assert left is not None
    assert right is not None
    manuscript.turn_brush(left, OwnSampling(0.9))
    assert shown(manuscript) == [("aaaa ", 0.9), ("bbbb", None), (" cccc", 0.4)]
    manuscript.undo()
    manuscript.undo()
    assert shown(manuscript) == [("aaaa bbbb cccc", 0.4)]
    manuscript.brush(5, 9, OwnSampling(0.4))
    assert [text for text, _ in shown(manuscript)] == ["aaaa ", "bbbb", " cccc"]


def test_a_take_grows_with_what_its_place_has_and_can_be_turned_meanwhile() -> None:
    manuscript = heated()
    take = manuscript.begin_take(20)
    take.append(" It\n\nrained")
    brush = manuscript.growing_brush
    assert brush is not None
    manuscript.edit(0, 0, "Well, ")
    manuscript.turn_brush(brush, OwnSampling(0.8))
    take.append(" on.\n")
    with pytest.raises(GrowingTakeError):
        manuscript.brush(0, 3, OwnSampling(1.5))
    manuscript.end_take()
    assert manuscript.growing_brush is None
    assert shown(manuscript)[1] == ("Three four. It\n\nrained on.\n", 0.8)
    assert take.passage.brushes == ((len(take.text), brush),)
    manuscript.undo()
    assert shown(manuscript)[1] == ("Three four. It\n\nrained on.\n", 0.4)
    manuscript.undo()
    manuscript.undo()
    assert shown(manuscript)[1] == ("Three four.", 0.4)
    for _ in range(3):
        manuscript.redo()
    assert shown(manuscript)[1] == ("Three four. It\n\nrained on.\n", 0.8)


def test_another_take_has_what_the_place_has_by_now() -> None:
    manuscript = Manuscript("Once.")
    manuscript.begin_take(5).append("\n\nThe sea.")
    manuscript.end_take()
    takes = manuscript.take_sets[0]
    manuscript.retake(takes).append(" A storm.")
    manuscript.end_take()
    manuscript.brush(0, len(manuscript), OwnSampling(0.3))
    manuscript.step_take(takes, -1)
    assert shown(manuscript) == [("Once.\n\nThe sea.", 0.3)]
    manuscript.brush(0, len(manuscript), None)
    manuscript.step_take(takes, +1)
    assert not manuscript.is_brushed
    # One in which a part alone has its own keeps it for when it comes back.
    manuscript.brush(6, 13, OwnSampling(0.5))
    manuscript.step_take(takes, -1)
    assert not manuscript.is_brushed
    manuscript.brush(7, 15, OwnSampling(0.9))
    manuscript.step_take(takes, +1)
    assert shown(manuscript)[1] == ("A storm", 0.5)
    # A take that begins with line ends is asked by its words.
    manuscript.step_take(takes, -1)
    assert own_at(manuscript, 5, 15) == 0.9
    manuscript.retake(takes).append(" Fog.")
    assert manuscript.growing_brush is not None
    manuscript.end_take()


def test_takes_that_were_written_beside_one_another_have_what_their_place_has() -> None:
    manuscript = heated()
    manuscript.begin_take(20).append(" It rained.")
    shown_first = manuscript.growing
    assert shown_first is not None
    best = Take(2, passage=Passage.of(" It snowed.", Origin.GENERATED))
    manuscript.end_take([best, shown_first])
    assert shown(manuscript)[1] == ("Three four. It snowed.", 0.4)
    manuscript.step_take(manuscript.take_sets[0], +1)
    assert shown(manuscript)[1] == ("Three four. It rained.", 0.4)


def test_a_passage_that_is_moved_takes_it_along_to_where_there_is_none() -> None:
    manuscript = heated()
    moved = manuscript.passage(9, 20)
    arrival = Edit(0, 0, moved.text, moved.origins, None, moved.brushes)
    manuscript.edit_all([Edit(9, 11, ""), arrival])
    assert shown(manuscript)[0] == ("Three four.", 0.4)
    copy = Edit(11, 0, moved.text, brushes=moved.brushes)
    manuscript.edit_all([copy])
    assert shown(manuscript)[0] == ("Three four.Three four.", 0.4), "it has that of the place"
    manuscript.edit_all([copy._replace(position=len(manuscript))])
    first, last = manuscript.brush_at(3, 3), manuscript.brush_at(len(manuscript), len(manuscript))
    assert first is not last, "they are turned apart"
    with pytest.raises(ValueError, match="brushes"):
        manuscript.edit_all([copy._replace(inserted="Short")])


def test_a_document_keeps_it_as_it_was_when_it_was_asked_for() -> None:
    manuscript = heated()
    preset = SamplingParams(temperature=0.7, top_k=9)
    manuscript.brush(0, 3, OwnSampling(0.7, "Calm", preset))
    manuscript.begin_take(20).append(" Yes.")
    manuscript.end_take()
    manuscript.retake(manuscript.take_sets[0]).append(" No.")
    manuscript.end_take()
    document = document_of(manuscript)
    brush = manuscript.brush_at(12, 12)
    assert brush is not None
    manuscript.turn_brush(brush, OwnSampling(1.9))
    assert document.says_more
    again = document_of_bytes(document_to_bytes(document))
    reopened = Manuscript()
    reopened.restore(again.passage, again.take_sets)
    assert shown(reopened)[2] == ("Three four. No.", 0.4)
    kept = reopened.brush_at(2, 2)
    assert kept is not None
    assert kept.own == OwnSampling(0.7, "Calm", preset)
    # The take that is not in the text is turned with the others.
    brush = reopened.brush_at(12, 12)
    assert brush is not None
    reopened.turn_brush(brush, OwnSampling(0.6))
    assert reopened.take_sets[0].takes[0].passage.brushes == ((5, brush),)
    plain = document_of(Manuscript(TEXT))
    assert not plain.says_more
    assert not document_of_bytes(document_to_bytes(plain)).passage.brushes


def test_a_document_stays_as_it_was_though_the_next_one_shares_what_did_not_change() -> None:
    manuscript = heated()
    mark = object()
    manuscript.begin_take(20).append(" Yes.")
    manuscript.end_take()
    brush = manuscript.brush_at(12, 12)
    assert brush is not None
    kept = []
    for turned in (OwnSampling(0.5), OwnSampling(0.6), OwnSampling(0.5)):
        manuscript.turn_brush(brush, turned)
        kept.append(document_of(manuscript))
        # In place, and the text stays.
        manuscript.mark(9, 9 + len(kept), mark)
    for number, (document, temperature) in enumerate(zip(kept, (0.5, 0.6, 0.5), strict=True)):
        passage = document.passage
        assert [one and one.own.temperature for _, one in passage.brushes][1] == temperature
        assert (passage.marks or ()).count(mark) == number
        # All of a passage is turned as one, in the takes too.
        taken = document.take_sets[0].takes[0].passage
        assert taken.brushes[0][1] is passage.brushes[1][1]


def test_what_is_put_aside_takes_it_along() -> None:
    manuscript = heated()
    aside = manuscript.put_aside()
    manuscript.take_up(ManuscriptContent())
    assert not manuscript.is_brushed
    manuscript.edit(0, 0, "New.")
    assert own_at(manuscript, 2) is None
    manuscript.take_up(aside)
    assert shown(manuscript)[1] == ("Three four.", 0.4)
    manuscript.undo()
    assert not manuscript.is_brushed


@pytest.mark.parametrize(
    ("own", "runs"),
    [
        (b"\x00", b"\x91\x92\x1b\x01"),  # no sampling
        (msgspec.msgpack.encode({"temperature": -1.0}), b"\x91\x92\x1b\x01"),
        (msgspec.msgpack.encode({"temperature": 1.0, "preset": "x" * 9999}), b"\x91\x92\x1b\x01"),
        (msgspec.msgpack.encode({"temperature": 1.0}), b"\x91\x92\x1a\x01"),  # too short
        (msgspec.msgpack.encode({"temperature": 1.0}), b"\x91\x92\x1b\x02"),  # of no brush
        (msgspec.msgpack.encode({"temperature": 1.0}), b"\x92\x92\x1c\x01\x92\xff\x01"),
        (msgspec.msgpack.encode({"temperature": 1.0}), b"\x92\x92\x1b\x01\x92\x00\x01"),
        (msgspec.msgpack.encode({"temperature": 1.0}), b"\x91"),
    ],
)
def test_one_that_cannot_be_is_refused(own: bytes, runs: bytes) -> None:
    data = document_to_bytes(document_of(heated()))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        connection.execute("UPDATE brush SET own = ?", (own,))
        connection.execute("UPDATE passage SET brushes = ?", (runs,))
        connection.commit()
        with pytest.raises(DocumentError, match="damaged"):
            document_of_bytes(connection.serialize())


def test_a_key_costs_no_more_among_thousands_of_passages() -> None:
    manuscript = Manuscript("The sea was calm that night, and cold.\n" * 25_000)
    for number in range(3000):
        start = 39 * 8 * number
        manuscript.brush(start, start + 38, OwnSampling(0.5 + number % 100 / 100))
    assert len(manuscript.brushes(0, len(manuscript))) == 6000
    before = manuscript.copied
    manuscript.edit(400_000, 0, "x")
    assert manuscript.copied - before <= 4096
    document = document_of(manuscript)
    assert len(document.passage.brushes) == 6000
    # The next document copies what has changed since, and nothing of the rest.
    manuscript.edit(900_000, 0, "y")
    assert len(set(map(id, manuscript.content()[0])) - set(map(id, document.passages))) <= 2
    brush = manuscript.brush_at(10, 10)
    assert brush is not None
    others = manuscript.content()[0]
    manuscript.turn_brush(brush, OwnSampling(1.9))
    assert len(set(map(id, manuscript.content()[0])) - set(map(id, others))) == 1
    again = document_of_bytes(document_to_bytes(document))
    reopened = Manuscript()
    reopened.restore(again.passage, again.take_sets)
    assert len(reopened.brushes(0, len(reopened))) == 6000


# Against a plain model: a list of characters, each with the number of its passage.

Cells = tuple[tuple[str, int], ...]
NONE = 0

anywhere = st.integers(0, 2**16)
temperatures = st.sampled_from([0.0, 0.3, 0.7, 1.2, 2.0])
texts = st.text("ab \n😀", max_size=5)


class State(NamedTuple):
    cells: Cells
    own: dict[int, float]


class BrushMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.manuscript = Manuscript("One.\n\nTwo 😀 three.\nFour.")
        self.numbers = itertools.count(1)
        self.state = State(tuple((sign, NONE) for sign in self.manuscript.text), {})
        self.done: list[State] = []
        self.undone: list[State] = []
        self.kept: dict[Take, Cells] = {}
        self.take: Take | None = None
        self.left: Cells = ()
        self.right: Cells = ()
        self.replaced: Cells = ()
        self.number = NONE
        self.turns: list[dict[int, float]] = []

    # The model

    def at(self, cells: Cells, start: int, end: int) -> int:
        """The passage that text gets which comes to a place."""
        inside = [number for sign, number in cells[start:end] if sign != "\n"]
        if start < end:
            return inside[0] if inside else cells[start][1]
        before = cells[start - 1] if start else None
        behind = cells[start] if start < len(cells) else None
        if behind is not None and behind[0] != "\n" and (before is None or before[0] == "\n"):
            return behind[1]
        return NONE if before is None else before[1]

    def do(self, cells: Cells, own: dict[int, float] | None = None) -> None:
        self.done.append(self.state)
        self.undone.clear()
        self.state = State(cells, self.state.own if own is None else own)

    def put_away(self, takes: TakeSet) -> None:
        if takes.current is not None:
            self.kept[takes.current] = self.state.cells[takes.place.start : takes.place.end]

    # What happens

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, length=st.integers(0, 6), text=texts)
    def edits(self, position: int, length: int, text: str) -> None:
        cells = self.state.cells
        start = position % (len(cells) + 1)
        length = min(length, len(cells) - start)
        self.manuscript.close_step()
        self.manuscript.edit(start, length, text)
        if length or text:
            number = self.at(cells, start, start + length)
            new = tuple((sign, number) for sign in text)
            self.do(cells[:start] + new + cells[start + length :])

    @precondition(lambda self: self.take is None)
    @rule(source=anywhere, size=st.integers(1, 6), to=anywhere)
    def copies(self, source: int, size: int, to: int) -> None:
        cells = self.state.cells
        start = source % (len(cells) + 1)
        passage = self.manuscript.passage(start, min(start + size, len(cells)))
        if not passage:
            return
        to %= len(cells) + 1
        self.manuscript.close_step()
        self.manuscript.edit_all([Edit(to, 0, passage.text, brushes=passage.brushes)])
        number, own, fresh = self.at(cells, to, to), dict(self.state.own), {NONE: NONE}
        new = []
        for sign, copied in cells[start : start + len(passage)]:
            if number == NONE and copied not in fresh:
                fresh[copied] = next(self.numbers)
                own[fresh[copied]] = own[copied]
            new.append((sign, number or fresh[copied]))
        self.do((*cells[:to], *new, *cells[to:]), own)

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, length=st.integers(0, 9), temperature=st.none() | temperatures)
    def brushes(self, position: int, length: int, temperature: float | None) -> None:
        cells, own = self.state.cells, dict(self.state.own)
        start = position % (len(cells) + 1)
        end = min(start + length, len(cells))
        if not length:
            start, end = self.manuscript.paragraph_at(start)
        given = None if temperature is None else OwnSampling(temperature)
        self.manuscript.brush(start, end, given)
        number = NONE
        if temperature is not None:
            own[number := next(self.numbers)] = temperature
        painted = [(sign, number) for sign, _ in cells[start:end]]
        rest = list(cells[end:])
        if rest and start and start < end and rest[0][1] == cells[start - 1][1] != NONE:
            own[other := next(self.numbers)] = own[cut := rest[0][1]]
            for index, (sign, found) in enumerate(rest):
                if found != cut:
                    break
                rest[index] = sign, other
        new = (*cells[:start], *painted, *rest)
        if start < end and not (
            temperature is None and all(n == NONE for _, n in cells[start:end])
        ):
            self.do(new, own)

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, temperature=temperatures)
    def turns_a_passage(self, position: int, temperature: float) -> None:
        position %= len(self.state.cells) + 1
        number = self.at(self.state.cells, position, position)
        brush = self.manuscript.brush_at(position, position)
        assert (brush is None) == (number == NONE)
        if brush is not None and self.state.own[number] != temperature:
            self.manuscript.close_step()
            self.manuscript.turn_brush(brush, OwnSampling(temperature))
            self.do(self.state.cells, {**self.state.own, number: temperature})

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, again=st.booleans())
    def begins_a_take(self, position: int, again: bool) -> None:
        cells = self.state.cells
        start = end = position % (len(cells) + 1)
        takes = self.manuscript.take_set_at(start, start) if again else None
        if takes is not None:
            start, end = takes.place.start, takes.place.end
            self.put_away(takes)
        self.number = self.at(cells, start, end)
        self.left, self.replaced, self.right = cells[:start], cells[start:end], cells[end:]
        self.turns = []
        self.grown: Cells = ()
        self.take = self.manuscript.retake(takes) if takes else self.manuscript.begin_take(start)

    @precondition(lambda self: self.take is not None)
    @rule(text=texts)
    def appends(self, text: str) -> None:
        assert self.take is not None
        self.take.append(text)
        self.grown += tuple((sign, self.number) for sign in text)

    @precondition(lambda self: self.take is not None)
    @rule(temperature=temperatures)
    def turns_what_grows(self, temperature: float) -> None:
        brush = self.manuscript.growing_brush
        assert (brush is None) == (self.number == NONE)
        own = self.turns[-1] if self.turns else self.state.own
        if brush is not None and own[self.number] != temperature:
            self.manuscript.close_step()
            self.manuscript.turn_brush(brush, OwnSampling(temperature))
            self.turns.append({**own, self.number: temperature})

    @precondition(lambda self: self.take is not None)
    @rule()
    def ends_the_take(self) -> None:
        assert self.take is not None
        self.manuscript.end_take()
        cells = self.left + (self.grown or self.replaced) + self.right
        if self.grown:
            self.kept[self.take] = self.grown
            self.do(cells)
        for own in self.turns:
            self.do(cells, own)
        self.take = None

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, direction=st.sampled_from([-1, 1]))
    def steps_to_another_take(self, position: int, direction: int) -> None:
        cells = self.state.cells
        position %= len(cells) + 1
        takes = self.manuscript.take_set_at(position, position)
        if takes is None or not self.manuscript.can_step_take(takes, direction):
            return
        start, end = takes.place.start, takes.place.end
        self.put_away(takes)
        self.manuscript.step_take(takes, direction)
        assert takes.current is not None
        coming = self.kept[takes.current]
        numbers = ({number for _, number in part} for part in (cells[start:end], coming))
        if all(len(found) < 2 for found in numbers):
            coming = tuple((sign, self.at(cells, start, end)) for sign, _ in coming)
        self.do(cells[:start] + coming + cells[end:])

    @precondition(lambda self: self.take is None)
    @rule()
    def undoes(self) -> None:
        assert self.manuscript.can_undo == bool(self.done)
        if self.done:
            caret = self.manuscript.undo()
            assert 0 <= caret <= len(self.manuscript)
            self.undone.append(self.state)
            self.state = self.done.pop()

    @precondition(lambda self: self.take is None)
    @rule()
    def redoes(self) -> None:
        assert self.manuscript.can_redo == bool(self.undone)
        if self.undone:
            self.manuscript.redo()
            self.done.append(self.state)
            self.state = self.undone.pop()

    @precondition(lambda self: self.take is None)
    @rule()
    def is_saved_and_opened_anew(self) -> None:
        document = document_of(self.manuscript)
        again = document_of_bytes(document_to_bytes(document))
        before = [take for one in self.manuscript.take_sets for take in one.takes]
        self.manuscript = Manuscript()
        self.manuscript.restore(again.passage, again.take_sets)
        after = [take for one in self.manuscript.take_sets for take in one.takes]
        self.kept = dict(zip(after, [self.kept.get(take, ()) for take in before], strict=True))
        self.done, self.undone = [], []

    @invariant()
    def each_character_has_the_models(self) -> None:
        cells, own = self.state.cells, self.state.own
        if self.take is not None:
            cells = self.left + self.grown + self.right
            own = self.turns[-1] if self.turns else own
        assert self.manuscript.text == "".join(sign for sign, _ in cells)
        brushes = [
            brush for length, brush in self.manuscript.brushes(0, len(cells)) for _ in range(length)
        ] or [None] * len(cells)
        known: dict[int, object] = {}
        for (_, number), brush in zip(cells, brushes, strict=True):
            assert (brush.own.temperature if brush else None) == own.get(number)
            assert known.setdefault(number, brush) is brush
        assert len(set(known.values())) == len(known), "two passages are two"
        assert self.manuscript.is_brushed == any(brushes)


BrushMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestBrushes = BrushMachine.TestCase
