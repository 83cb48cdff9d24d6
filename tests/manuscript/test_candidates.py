"""Takes that were written beside the growing one: all in its set, the first in the text."""

from __future__ import annotations

import pytest

from studio.manuscript import Manuscript, Origin, Passage, Take, TakeSet, TokenSpans
from studio.manuscript.token_groups import grouped
from studio.token_record import TokenRecord
from tests.helpers.token_records import token_record, tokens


def beside(*texts: str, first: int = 0) -> Take:
    """A take that never stood in the text, with a token of each of these."""
    records = [token_record(text.encode(), first + index) for index, text in enumerate(texts)]
    passage = Passage.of("".join(texts), Origin.GENERATED)
    groups = grouped(zip(records, texts, strict=True))
    marks = tuple(group for group in groups for _ in group.text)
    return Take(passage=Passage(passage.text, passage.origins, marks), records=records)


class Desk:
    """A text with a take that grows in its middle."""

    def __init__(self) -> None:
        self.manuscript = Manuscript("Then  end")
        self.spans = TokenSpans(self.manuscript)
        self.take = self.manuscript.begin_take(5)

    def grow(self, records: list[TokenRecord]) -> None:
        for record in records:
            self.take.records.append(record)
            self.take.append(record.text.decode())

    @property
    def takes(self) -> TakeSet:
        return self.manuscript.take_sets[-1]

    def recorded(self) -> list[tuple[str, int]]:
        text = self.manuscript.text
        return [(text[span.start : span.end], span.record.id) for span in self.spans.all]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_comes_into_the_text_and_all_are_its_siblings_in_order(desk: Desk) -> None:
    desk.grow(tokens("a ", "sea"))
    best, worst = beside("the ", "wide ", "sea", first=7), beside("fish", first=20)
    desk.manuscript.end_take([best, desk.take, worst])
    assert desk.manuscript.text == "Then the wide sea end"
    assert desk.takes.takes == [best, desk.take, worst]
    assert desk.takes.index == 0
    assert (desk.takes.place.start, desk.takes.place.end) == (5, 17)
    assert desk.recorded() == [("the ", 7), ("wide ", 8), ("sea", 9)]
    assert desk.manuscript.growing is None
    assert not desk.take.growing
    desk.manuscript.step_take(desk.takes, +1)
    assert desk.manuscript.text == "Then a sea end"
    assert desk.recorded() == [("a ", 0), ("sea", 1)]
    desk.manuscript.step_take(desk.takes, +1)
    assert desk.manuscript.text == "Then fish end"
    assert desk.recorded() == [("fish", 20)]


def test_one_undo_takes_all_of_it_back_and_redo_brings_the_first(desk: Desk) -> None:
    desk.grow(tokens("a sea"))
    desk.manuscript.end_take([beside("fish"), desk.take])
    desk.manuscript.undo()
    assert desk.manuscript.text == "Then  end"
    assert not desk.manuscript.can_undo
    assert desk.takes.index is None
    assert len(desk.takes.takes) == 2
    desk.manuscript.redo()
    assert desk.manuscript.text == "Then fish end"
    assert desk.takes.index == 0


def test_what_was_typed_meanwhile_stays_a_step_of_its_own_behind_it(desk: Desk) -> None:
    desk.grow(tokens("a sea"))
    desk.manuscript.edit(0, 4, "Now")
    desk.manuscript.edit(len(desk.manuscript), 0, "!")
    desk.grow(tokens(" again"))
    desk.manuscript.end_take([beside("fish"), desk.take])
    assert desk.manuscript.text == "Now fish end!"
    for expected in ("Now fish end", "Then fish end", "Then  end"):
        desk.manuscript.undo()
        assert desk.manuscript.text == expected
    for expected in ("Then fish end", "Now fish end", "Now fish end!"):
        desk.manuscript.redo()
        assert desk.manuscript.text == expected
    assert (desk.takes.place.start, desk.takes.place.end) == (4, 8)


def test_one_that_wrote_nothing_goes_and_the_others_stay(desk: Desk) -> None:
    one, other = beside("fish"), beside("the sea")
    desk.manuscript.end_take([one, other])
    assert desk.manuscript.text == "Then fish end"
    assert desk.takes.takes == [one, other]
    desk.manuscript.undo()
    assert desk.manuscript.text == "Then  end"


def test_takes_that_were_there_before_stay_before_them(desk: Desk) -> None:
    desk.grow(tokens("a sea"))
    desk.manuscript.end_take()
    desk.manuscript.undo()
    again = desk.manuscript.begin_take(5)
    again.append("a lake")
    best = beside("fish")
    desk.manuscript.end_take([best, again])
    assert [take.text for take in desk.takes.takes] == ["a sea", "fish", "a lake"]
    assert desk.takes.index == 1
    desk.manuscript.undo()
    desk.manuscript.redo()
    assert desk.manuscript.text == "Then fish end"
    assert desk.takes.index == 1


def test_a_token_that_was_left_out_does_not_mark_the_text_that_came_instead(desk: Desk) -> None:
    desk.grow(tokens("a"))
    desk.take.records.append(token_record(b" ", 99))  # joined to what follows, it has no space
    desk.manuscript.end_take([beside("b ", "c", first=7), desk.take])
    assert desk.manuscript.text == "Then b c end"
    assert desk.recorded() == [("b ", 7), ("c", 8)]


def test_a_retake_is_replaced_with_what_it_replaced_kept(desk: Desk) -> None:
    desk.grow(tokens("a sea"))
    desk.manuscript.end_take()
    retake = desk.manuscript.retake(desk.takes)
    retake.append("a lake")
    desk.manuscript.end_take([beside("fish"), retake])
    assert desk.manuscript.text == "Then fish end"
    assert [take.text for take in desk.takes.takes] == ["a sea", "fish", "a lake"]
    desk.manuscript.undo()
    assert desk.manuscript.text == "Then a sea end"
    assert desk.takes.index == 0
