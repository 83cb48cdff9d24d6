"""Spans against whatever happens to a manuscript: each is always what stands there."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.manuscript import Manuscript, Origin, Passage, Take
from studio.manuscript.token_characters import TokenCharacters, characters_of
from studio.manuscript.token_groups import whole_groups
from studio.manuscript.token_spans import TokenSpans
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters
from tests.helpers.token_records import token_record

texts = st.text("ab \n😀é", max_size=6)
# Whole characters, several, parts of one, and what never becomes one.
token_bytes = st.sampled_from(
    [
        *(b"a", b" b", b"ab a", b"\n", b"", "é".encode(), "😀".encode()),
        *(b"\xf0\x9f", b"\x98", b"\x80", b"\xc3", b"\xa9a", b"b\xc3", b"\xff"),
    ]
)
anywhere = st.integers(0, 2**16)

Placed = list[tuple[int, int, TokenRecord]]


class SpansMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.manuscript = Manuscript("Once 😀 upon")
        self.spans = TokenSpans(self.manuscript)
        self.follower: list[TokenRecord] = []
        self.spans.changed.connect(self.follow)
        start = list(map(token_record, (b"Once", b" \xf0", b"\x9f\x98", b"\x80", b" up", b"on")))
        assert self.spans.fill(0, start) == 4
        self.first = self.placed()
        self.is_as_first_scored = True
        self.take: Take | None = None
        self.decoder = TokenCharacters()
        self.unsaid = ""

    def follow(self, first: int, removed: int, added: int) -> None:
        now = self.spans.records
        self.follower[first : first + removed] = now[first : first + added]

    def placed(self) -> Placed:
        return [(span.start, span.end, span.record) for span in self.spans.all]

    @rule(position=anywhere, length=st.integers(0, 6), text=texts)
    def edits(self, position: int, length: int, text: str) -> None:
        start = position % (len(self.manuscript) + 1)
        length = min(length, len(self.manuscript) - start)
        if self.manuscript.editable(start, length):
            self.manuscript.edit(start, length, text)

    @rule(position=anywhere, times=st.integers(1, 6))
    def deletes_backwards(self, position: int, times: int) -> None:
        position %= len(self.manuscript) + 1
        for offset in range(1, min(times, position) + 1):
            if self.manuscript.editable(position - offset, 1):
                self.manuscript.edit(position - offset, 1, "")

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, times=st.integers(1, 6), text=texts)
    def what_was_touched_comes_back_with_undo(self, position: int, times: int, text: str) -> None:
        before = self.placed()
        self.manuscript.close_step()
        length = len(self.manuscript)
        position %= length + 1
        for offset in range(1, min(times, position) + 1):
            self.manuscript.edit(position - offset, 1, "")
        self.manuscript.edit(max(0, position - times), 0, text)
        after = self.placed()
        steps = 0
        while self.placed() != before:
            self.manuscript.undo()
            steps += 1
        for _ in range(steps):
            self.manuscript.redo()
        assert self.placed() == after

    @rule(start=anywhere, length=st.integers(0, 12), cuts=st.lists(st.integers(0, 24), max_size=5))
    def is_scored(self, start: int, length: int, cuts: list[int]) -> None:
        start %= len(self.manuscript) + 1
        raw = self.manuscript.text[start : start + length].encode()
        ends = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
        records = [token_record(raw[a:b]) for a, b in pairwise(ends)]
        before = {id(record) for _, _, record in self.placed()}
        placed = self.spans.fill(start, records)
        # What is left of a token that was cut may have become part of another.
        self.is_as_first_scored &= not placed
        now = {id(record) for _, _, record in self.placed()}
        assert before <= now
        assert (placed == 0) == (before == now)
        whole = range(start, start + len(raw.decode()))
        assert all(self.spans.at(place) for place in whole if not before)

    @precondition(lambda self: self.take is None and len(self.manuscript) > 0)
    @rule(position=anywhere, text=texts, cuts=st.lists(st.integers(0, 24), max_size=5))
    def what_follows_another_word_is_read_again(
        self, position: int, text: str, cuts: list[int]
    ) -> None:
        before = self.placed()
        start = position % len(self.manuscript)
        self.manuscript.close_step()
        self.manuscript.edit(start, 1, text)
        follows, end = start + len(text), len(self.manuscript)
        self.manuscript.keep_marks(follows, end)
        raw = self.manuscript.text[follows:].encode()
        ends = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
        records = [token_record(raw[a:b]) for a, b in pairwise(ends)]
        placed = self.spans.fill(follows, records, over=(follows, end))
        between = self.spans.between(follows, end)
        assert placed == sum(span.start < span.end for span in between)
        after = self.placed()
        self.manuscript.undo()
        assert self.placed() == before
        self.manuscript.redo()
        assert self.placed() == after

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, again=st.booleans())
    def begins_a_take(self, position: int, again: bool) -> None:
        place = position % (len(self.manuscript) + 1)
        active = self.manuscript.take_set_at(place, place)
        if again and active:
            self.take = self.manuscript.retake(active)
        else:
            self.take = self.manuscript.begin_take(place)
        self.decoder, self.unsaid = TokenCharacters(), ""

    @precondition(lambda self: self.take is None)
    @rule(position=anywhere, length=st.integers(0, 4), text=texts)
    def leads_on_another_way(self, position: int, length: int, text: str) -> None:
        start = position % (len(self.manuscript) + 1)
        end = min(start + length, len(self.manuscript))
        self.take = self.manuscript.branch(start, end, Passage.of(text, Origin.TYPED))
        self.decoder, self.unsaid = TokenCharacters(), ""

    @precondition(lambda self: self.take is not None)
    @rule(texts=st.lists(token_bytes, max_size=5), shown=st.booleans())
    def writes(self, texts: list[bytes], shown: bool) -> None:
        assert self.take
        for text in texts:
            record = token_record(text)
            self.take.records.append(record)
            self.unsaid += "".join(said for _, said in self.decoder.feed(record))
        if shown:
            self.take.append(self.unsaid)
            self.unsaid = ""

    @precondition(lambda self: self.take is not None)
    @rule()
    def ends_the_take(self) -> None:
        assert self.take
        take, self.take = self.take, None
        take.append(self.unsaid + "".join(said for _, said in self.decoder.end()))
        active = self.manuscript.growing_take_set
        assert active
        self.manuscript.end_take()
        if take.text:
            # All tokens but those before the first character stand in the text.
            pairs = characters_of(take.records)
            while pairs and not pairs[0][1]:
                pairs.pop(0)
            if not pairs:
                return
            records = [record for _, _, record in self.placed()]
            first = next(at for at, record in enumerate(records) if record is pairs[0][0])
            here = records[first : first + len(pairs)]
            assert list(map(id, here)) == [id(record) for record, _ in pairs]

    @precondition(lambda self: self.take is None)
    @rule(caret=anywhere, direction=st.sampled_from([-1, 1]))
    def steps_to_another_take_and_back(self, caret: int, direction: int) -> None:
        place = caret % (len(self.manuscript) + 1)
        active = self.manuscript.take_set_at(place, place)
        if active is None or not self.manuscript.can_step_take(active, direction):
            return
        before = self.placed()
        had_one = active.current is not None
        self.manuscript.step_take(active, direction)
        if had_one:
            after = self.placed()
            self.manuscript.step_take(active, -direction)
            assert self.placed() == before
            self.manuscript.step_take(active, direction)
            assert self.placed() == after

    @precondition(lambda self: self.take is None)
    @rule()
    def undoes(self) -> None:
        if self.manuscript.can_undo:
            self.manuscript.undo()

    @precondition(lambda self: self.take is None)
    @rule()
    def redoes(self) -> None:
        if self.manuscript.can_redo:
            self.manuscript.redo()

    @invariant()
    def every_span_is_what_stands_there(self) -> None:
        text = self.manuscript.text
        reached = 0
        for span in self.spans.all:
            assert reached <= span.start <= span.end <= len(text)
            reached = span.end
            if span.start < span.end:
                assert self.spans.at(span.start) == self.spans.at(span.end - 1) == span
        whole = whole_groups(text, self.manuscript.marks())
        assert self.placed() == [
            (start if index == 0 else start + len(group.text), start + len(group.text), record)
            for start, group in whole
            for index, record in enumerate(group.records)
        ]
        for start, group in whole_groups(text, self.manuscript.marks()):
            # The first bytes may end a character of the token before, the last ones begin one that
            # the next token ends: that one is whole in the text.
            # A replacement character may also stand in the text itself, and be scored.
            certain = whole_characters(b"".join(record.text for record in group.records))
            assert group.text.replace("\ufffd", "").startswith(certain.replace("\ufffd", ""))
            assert text[start : start + len(group.text)] == group.text

    @invariant()
    def what_was_emitted_is_what_is(self) -> None:
        assert self.follower == list(self.spans.records)

    @invariant()
    def a_range_has_the_spans_that_touch_it(self) -> None:
        middle = len(self.manuscript) // 2
        between = self.spans.between(middle, middle + 3)
        expected = [s for s in self.spans.all if s.end > middle and s.start < middle + 3]
        assert [span for span in between if span.start < span.end] == [
            span for span in expected if span.start < span.end
        ]
        assert self.spans.between(0, len(self.manuscript)) == self.spans.all
        ended = [span for span in self.spans.all if span.end <= middle]
        assert self.spans.before(middle, 3) == ended[-3:]

    def teardown(self) -> None:
        if self.take is not None:
            self.ends_the_take()
        final, steps = self.placed(), 0
        while self.manuscript.can_undo:
            self.manuscript.undo()
            steps += 1
        assert self.placed() == self.first or not self.is_as_first_scored
        for _ in range(steps):
            self.manuscript.redo()
        assert self.placed() == final


SpansMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestSpans = SpansMachine.TestCase
