"""Which token stands where: takes, edits, undo, and text that was scored."""

from studio.manuscript import Manuscript, TokenSpans
from studio.token_record import TokenRecord
from tests.helpers.token_records import token_record, tokens


class Desk:
    """A manuscript and its spans."""

    def __init__(self, text: str = "") -> None:
        self.manuscript = Manuscript(text)
        self.spans = TokenSpans(self.manuscript)
        self.emitted: list[tuple[int, int, int]] = []
        self.spans.changed.connect(lambda *change: self.emitted.append(change))

    def write(self, records: list[TokenRecord], *, position: int | None = None) -> None:
        end = len(self.manuscript) if position is None else position
        self.manuscript.begin_take(end)
        self.grow(records)
        self.manuscript.end_take()

    def grow(self, records: list[TokenRecord]) -> None:
        take = self.manuscript.growing
        assert take
        for record in records:
            take.records.append(record)
        take.append(b"".join(record.text for record in records).decode(errors="replace"))

    def placed(self) -> list[tuple[str, int]]:
        text = self.manuscript.text
        return [(text[span.start : span.end], span.record.id) for span in self.spans.all]


SEA = tokens("The", " sea", " was", " calm")


def test_a_take_has_its_tokens_as_it_grows() -> None:
    desk = Desk("It begins. ")
    desk.manuscript.begin_take(11)
    desk.grow(SEA[:2])
    assert desk.placed() == [("The", 0), (" sea", 1)]
    desk.grow(SEA[2:])
    assert desk.placed() == [("The", 0), (" sea", 1), (" was", 2), (" calm", 3)]
    assert desk.emitted == [(0, 0, 2), (2, 0, 2)]
    assert list(desk.spans.starts) == [11, 14, 18, 22]


def test_records_that_come_before_their_text_wait_for_it() -> None:
    desk = Desk()
    take = desk.manuscript.begin_take(0)
    take.records += SEA
    take.append("The sea w")
    assert desk.placed() == [("The", 0), (" sea", 1)]
    take.append("as calm")
    assert len(desk.spans) == 4


def test_a_character_of_several_tokens_is_the_first_ones() -> None:
    desk = Desk()
    desk.write(tokens("a", b"\xf0\x9f", b"\x98", b"\x80", " b"))
    assert desk.placed() == [("a", 0), ("😀", 1), ("", 2), ("", 3), (" b", 4)]
    face = desk.spans.at(1)
    assert face
    assert face.record.id == 1
    assert [span.record.id for span in desk.spans.between(1, 2)] == [1, 2, 3]
    assert [span.record.id for span in desk.spans.before(2, 2)] == [2, 3]


def test_typing_moves_what_is_behind_and_drops_what_it_touches() -> None:
    desk = Desk()
    desk.write(SEA)
    desk.manuscript.edit(0, 0, "Look: ")
    assert list(desk.spans.starts) == [6, 9, 13, 17]
    desk.manuscript.edit(11, 0, "x")
    assert desk.placed() == [("The", 0), (" was", 2), (" calm", 3)]
    assert desk.spans.at(10) is None
    assert desk.spans.at(12) is None


def test_keys_that_share_an_undo_step_bring_all_of_it_back() -> None:
    desk = Desk()
    desk.write(SEA)
    before = desk.placed()
    for position in range(15, 8, -1):
        desk.manuscript.edit(position, 1, "")
    assert desk.placed() == before[:2]
    while desk.placed() != before:
        desk.manuscript.undo()
    while desk.manuscript.can_redo:
        desk.manuscript.redo()
    assert desk.placed() == before[:2]


def test_each_take_brings_its_own_as_the_writer_left_it() -> None:
    desk = Desk("It begins. ")
    desk.write(SEA)
    [take_set] = desk.manuscript.take_sets
    desk.manuscript.edit(14, 4, " SEA")
    edited = [("The", 0), (" was", 2), (" calm", 3)]
    assert desk.placed() == edited
    desk.manuscript.retake(take_set)
    assert desk.placed() == []
    desk.grow(tokens("A", " storm"))
    desk.manuscript.end_take()
    desk.manuscript.step_take(take_set, -1)
    assert desk.placed() == edited
    desk.manuscript.step_take(take_set, +1)
    assert desk.placed() == [("A", 0), (" storm", 1)]
    for expected in (edited, [("A", 0), (" storm", 1)], edited, [*edited[:1], (" sea", 1)]):
        desk.manuscript.undo()
        assert desk.placed()[:2] == expected[:2]
    desk.manuscript.undo()
    assert desk.placed() == []


def test_a_take_that_was_undone_and_is_stepped_to_has_its_tokens() -> None:
    desk = Desk("Well, ")
    desk.write(SEA)
    written = desk.placed()
    desk.manuscript.undo()
    assert desk.placed() == []
    desk.manuscript.step_take(desk.manuscript.take_sets[0], +1)
    assert desk.placed() == written


def test_an_edit_made_while_a_take_grows_gives_back_what_it_touched() -> None:
    desk = Desk("The sea was calm")
    assert desk.spans.fill(0, SEA) == 4
    desk.manuscript.begin_take(16)
    desk.grow(tokens("."))
    desk.manuscript.edit(5, 2, "")
    assert desk.placed() == [("The", 0), (" was", 2), (" calm", 3), (".", 0)]
    desk.grow(tokens(" Then", " not"))
    desk.manuscript.end_take()
    desk.manuscript.undo()
    assert [record for _, record in desk.placed()] == [0, 1, 2, 3, 0, 0, 1]


def test_a_character_that_never_ends_is_no_text() -> None:
    desk = Desk()
    take = desk.manuscript.begin_take(0)
    take.records += tokens("a", b"\xf0\x9f")
    take.append("a")
    desk.manuscript.end_take()
    assert desk.placed() == [("a", 0), ("", 1)]


def test_text_that_the_records_do_not_spell_has_none() -> None:
    desk = Desk()
    take = desk.manuscript.begin_take(0)
    take.records += SEA
    take.append("The lake was calm")
    desk.manuscript.end_take()
    assert desk.placed() == [("The", 0)]


def test_scored_tokens_fill_the_gaps_alone() -> None:
    desk = Desk("Oh! ")
    desk.write(SEA[:2])
    desk.manuscript.edit(len("Oh! The sea"), 0, " was calm")
    scored = tokens("Oh", "!", " ", "The", " se", "a was", " calm")
    assert desk.spans.fill(0, scored) == 4
    assert desk.placed() == [("Oh", 0), ("!", 1), (" ", 2), ("The", 0), (" sea", 1), (" calm", 6)]


def test_scored_tokens_that_no_longer_fit_are_dropped_one_by_one() -> None:
    desk = Desk("The sea was calm")
    desk.manuscript.edit(4, 3, "lak")
    assert desk.spans.fill(0, SEA) == 3
    assert desk.placed() == [("The", 0), (" was", 2), (" calm", 3)]


def test_what_was_scored_comes_back_with_undo_and_redo() -> None:
    desk = Desk()
    desk.manuscript.edit(0, 0, "The sea was calm")
    desk.spans.fill(0, SEA)
    scored = desk.placed()
    desk.manuscript.undo()
    assert desk.placed() == []
    desk.manuscript.redo()
    assert desk.placed() == scored


def test_tokens_of_another_model_are_kept_for_its_return() -> None:
    desk = Desk("Oh! ")
    desk.spans.set_source("one")
    desk.write(SEA)
    written = desk.placed()
    desk.spans.set_source("other")
    assert desk.placed() == []
    assert desk.emitted[-1] == (0, 4, 0)
    desk.spans.fill(0, tokens("Oh", "!"))
    desk.manuscript.edit(0, 0, " ")
    desk.manuscript.undo()
    assert desk.placed() == [("Oh", 0), ("!", 1)]
    desk.spans.set_source("one")
    assert desk.placed() == written
    [take_set] = desk.manuscript.take_sets
    desk.spans.set_source("other")
    desk.manuscript.retake(take_set)
    desk.grow(tokens(" new"))
    desk.manuscript.end_take()
    desk.manuscript.step_take(take_set, -1)
    assert desk.placed() == [("Oh", 0), ("!", 1)]
    desk.spans.set_source("one")
    assert desk.placed() == written


def test_another_text_has_no_tokens() -> None:
    desk = Desk()
    desk.write(SEA)
    desk.manuscript.load("The sea was calm")
    assert desk.placed() == []
    desk.write(SEA)
    assert len(desk.spans) == 4


def test_nothing_is_emitted_where_nothing_changes() -> None:
    desk = Desk("The sea")
    desk.spans.fill(0, SEA[:2])
    desk.emitted.clear()
    version = desk.spans.version
    desk.manuscript.edit(7, 0, " was")
    assert (desk.emitted, desk.spans.version) == ([], version)
    desk.manuscript.edit(0, 0, " ")
    assert (desk.emitted, desk.spans.version) == ([(0, 0, 0)], version + 1)


def test_ten_thousand_tokens_are_placed_and_found() -> None:
    desk = Desk()
    records = [token_record(b"ab ", index) for index in range(10_000)]
    desk.manuscript.begin_take(0)
    for start in range(0, len(records), 10):
        desk.grow(records[start : start + 10])
    desk.manuscript.end_take()
    desk.manuscript.edit(15_001, 1, "")
    assert len(desk.spans) == 9_999
    found = desk.spans.at(29_997)
    assert found
    assert found.record is records[-1]


def test_records_that_say_nothing_any_more_go_and_stay_away() -> None:
    desk = Desk()
    desk.write(SEA)
    desk.manuscript.edit(len(desk.manuscript), 0, " here")
    desk.manuscript.edit(3, 4, "")
    gone = {1, 2}
    assert desk.spans.forget(lambda record: record.id in gone) == 1
    assert desk.placed() == [("The", 0), (" calm", 3)]
    # It comes back with undo, and without a record: it can be given another one.
    desk.manuscript.undo()
    assert desk.placed() == [("The", 0), (" calm", 3)]
    assert desk.spans.fill(3, tokens(" sea", " was")) == 2
    assert len(desk.spans) == 4


def test_tokens_that_share_a_character_go_together() -> None:
    desk = Desk()
    desk.write(tokens("a", b"\xf0\x9f", b"\x98", b"\x80", " b"))
    assert desk.spans.forget(lambda record: record.id == 2) == 3
    assert desk.placed() == [("a", 0), (" b", 4)]
