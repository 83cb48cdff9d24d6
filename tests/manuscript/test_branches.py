"""Another road from a place in the text: what followed is kept as its sibling."""

from __future__ import annotations

import pytest

from studio.manuscript import GrowingTakeError, Manuscript, Origin, Passage, TakeSet, TokenSpans
from studio.model_record import ModelRecord
from tests.helpers.token_records import token_record, tokens

T, G = bytes([Origin.TYPED]), bytes([Origin.GENERATED])


def write(manuscript: Manuscript, position: int, text: str, seed: int | None = None) -> TakeSet:
    manuscript.begin_take(position, seed).append(text)
    manuscript.end_take()
    return manuscript.take_sets[-1]


def branch(manuscript: Manuscript, word: str, other: str, text: str) -> TakeSet:
    """Leads on from a word with another one and a text; returns the takes there."""
    start = manuscript.text.index(word)
    begun = Passage.of(other, Origin.GENERATED)
    manuscript.branch(start, start + len(word), begun).append(text)
    manuscript.end_take()
    takes = manuscript.take_set_at(start + 1, start + 1)
    assert takes is not None
    return takes


def range_of(takes: TakeSet) -> tuple[int, int]:
    return takes.place.start, takes.place.end


def test_in_a_take_the_rest_of_it_becomes_the_sibling_of_the_new_road() -> None:
    manuscript = Manuscript("Then [] end")
    whole = write(manuscript, 6, "the sea was calm", seed=7)
    roads = branch(manuscript, " was", " had", " risen")
    assert manuscript.text == "Then [the sea had risen] end"
    assert manuscript.take_sets == (whole, roads)
    assert [take.text for take in roads.takes] == [" was calm", " had risen"]
    assert [take.seed for take in roads.takes] == [7, None]
    assert (roads.index, range_of(roads), range_of(whole)) == (1, (13, 23), (6, 23))
    assert manuscript.step_take(roads, -1) == 22
    assert manuscript.text == "Then [the sea was calm] end"
    assert range_of(roads) == (13, 22)
    assert range_of(whole) == (6, 22), "the beginning and either road are one take"
    manuscript.step_take(roads, +1)
    assert manuscript.text == "Then [the sea had risen] end"
    assert range_of(whole) == (6, 23)


def test_it_is_one_step_of_undo_and_the_sibling_can_be_stepped_to_after_it() -> None:
    manuscript = Manuscript("Then  end")
    whole = write(manuscript, 5, "the sea was calm")
    roads = branch(manuscript, " was", " had", " risen")
    manuscript.undo()
    assert manuscript.text == "Then the sea was calm end"
    assert (roads.index, range_of(roads), range_of(whole)) == (0, (12, 21), (5, 21))
    manuscript.redo()
    assert manuscript.text == "Then the sea had risen end"
    manuscript.undo()
    manuscript.step_take(roads, +1)
    assert manuscript.text == "Then the sea had risen end"
    for text in ("Then the sea was calm end", "Then  end"):
        manuscript.undo()
        assert manuscript.text == text
    for text in ("Then the sea was calm end", "Then the sea had risen end"):
        manuscript.redo()
        assert manuscript.text == text
    assert (roads.index, range_of(roads), range_of(whole)) == (1, (12, 22), (5, 22))


def test_another_take_of_the_whole_keeps_both_roads() -> None:
    manuscript = Manuscript("")
    whole = write(manuscript, 0, "the sea was calm")
    roads = branch(manuscript, " was", " had", " risen")
    manuscript.retake(whole).append("a hill")
    manuscript.end_take()
    assert manuscript.text == "a hill"
    assert roads.place.gone
    manuscript.step_take(whole, -1)
    assert manuscript.text == "the sea had risen"
    manuscript.step_take(roads, -1)
    assert manuscript.text == "the sea was calm"


def test_from_its_first_word_it_is_another_take_of_the_same_place() -> None:
    manuscript = Manuscript("> <")
    whole = write(manuscript, 2, "the sea")
    assert branch(manuscript, "the", "a", " hill") is whole
    assert manuscript.text == "> a hill<"
    assert [take.text for take in whole.takes] == ["the sea", "a hill"]
    assert branch(manuscript, "a", "one", " bay") is whole
    assert [take.text for take in whole.takes] == ["the sea", "a hill", "one bay"]


def test_from_the_same_word_again_it_is_a_third_road() -> None:
    manuscript = Manuscript("")
    write(manuscript, 0, "the sea was calm")
    roads = branch(manuscript, " was", " had", " risen")
    assert branch(manuscript, " had", " is", " near") is roads
    assert [take.text for take in roads.takes] == [" was calm", " had risen", " is near"]
    assert manuscript.text == "the sea is near"
    inner = branch(manuscript, " near", " far", "")
    assert inner is not roads
    assert range_of(roads) == (7, 14)
    manuscript.step_take(roads, -1)
    manuscript.step_take(roads, +1)
    assert manuscript.text == "the sea is far", "a road remembers which of its own was there"


def test_what_was_written_on_from_the_take_goes_with_it() -> None:
    manuscript = Manuscript("I say: \nNext.")
    first = write(manuscript, 7, "the")
    second = write(manuscript, 10, " sea")
    third = write(manuscript, 14, " was calm")
    roads = branch(manuscript, " sea", " hill", " rose")
    assert manuscript.text == "I say: the hill rose\nNext."
    assert [take.text for take in roads.takes] == [" sea was calm", " hill rose"]
    assert second.place.gone
    assert third.place.gone
    assert range_of(first) == (7, 10)
    manuscript.step_take(roads, -1)
    assert manuscript.text == "I say: the sea was calm\nNext."
    assert [range_of(takes) for takes in (first, second, third)] == [(7, 10), (10, 14), (14, 23)]


def test_a_take_that_it_leads_out_of_holds_it_with_all_that_was_written_on() -> None:
    manuscript = Manuscript("")
    first = write(manuscript, 0, "the sea was")
    second = write(manuscript, 11, " calm")
    roads = branch(manuscript, " sea", " hill", "")
    assert (manuscript.text, range_of(first)) == ("the hill", (0, 8))
    manuscript.step_take(roads, -1)
    assert (manuscript.text, range_of(first), range_of(second)) == (
        "the sea was calm",
        (0, 16),
        (11, 16),
    )
    manuscript.undo()
    manuscript.undo()
    assert (manuscript.text, range_of(first)) == ("the sea was calm", (0, 11))
    manuscript.step_take(roads, +1)
    assert (manuscript.text, range_of(first)) == ("the hill", (0, 8))


def test_a_take_inside_another_ends_where_it_ends() -> None:
    manuscript = Manuscript("")
    outer = write(manuscript, 0, "one three four")
    inner = write(manuscript, 3, " two and")
    roads = branch(manuscript, " and", " or", " so")
    assert manuscript.text == "one two or so three four"
    assert [range_of(takes) for takes in (outer, inner, roads)] == [(0, 24), (3, 13), (7, 13)]


def test_in_typed_text_the_rest_of_the_paragraph_is_the_road() -> None:
    manuscript = Manuscript("First.\nThe sea was calm.\nLast.")
    roads = branch(manuscript, " was", " had", " risen.")
    assert manuscript.text == "First.\nThe sea had risen.\nLast."
    assert manuscript.origins() == T * 14 + G * 11 + T * 6
    manuscript.step_take(roads, -1)
    assert manuscript.text == "First.\nThe sea was calm.\nLast."
    assert set(manuscript.origins()) == set(T), "who wrote it is kept"
    manuscript.undo()
    manuscript.undo()
    assert manuscript.origins() == T * 30


def test_what_was_generated_behind_typed_words_goes_with_the_paragraph() -> None:
    manuscript = Manuscript("The old sea\nLast.")
    write(manuscript, 11, " was calm.\n\nIt slept.")
    assert manuscript.road_end(3, 7) == len(manuscript.text) - len("\nLast.")
    roads = branch(manuscript, " old", " new", " hill")
    assert manuscript.text == "The new hill\nLast."
    manuscript.step_take(roads, -1)
    assert manuscript.text == "The old sea was calm.\n\nIt slept.\nLast."


def test_behind_a_typed_word_typed_and_generated_text_go_alike() -> None:
    manuscript = Manuscript("The old and so on.\nLast.")
    write(manuscript, 7, " sea was calm")
    assert manuscript.road_end(3, 7) == len("The old sea was calm and so on.")


def test_a_line_end_is_a_word_too() -> None:
    manuscript = Manuscript("One.\nTwo.\nThree.")
    branch(manuscript, "\n", " And", " so on.")
    assert manuscript.text == "One. And so on.\nThree."


def test_a_long_paragraph_goes_to_its_end() -> None:
    manuscript = Manuscript("a" * 5000 + "\nb")
    assert manuscript.road_end(10, 20) == 5000
    assert manuscript.road_end(5001, 5002) == 5002


def test_with_nothing_behind_it_is_a_take_as_any() -> None:
    manuscript = Manuscript("the sea")
    manuscript.branch(7, 7).append(" rose")
    manuscript.end_take()
    (takes,) = manuscript.take_sets
    assert [take.text for take in takes.takes] == [" rose"]


def test_a_road_without_text_leaves_no_trace() -> None:
    manuscript = Manuscript("")
    whole = write(manuscript, 0, "the sea was calm")
    revision = manuscript.revision
    manuscript.branch(7, 11)
    assert manuscript.text == "the sea"
    manuscript.end_take()
    assert (manuscript.text, manuscript.take_sets) == ("the sea was calm", (whole,))
    assert (manuscript.revision, range_of(whole)) == (revision, (0, 16))


def test_what_is_written_elsewhere_meanwhile_comes_after_it() -> None:
    manuscript = Manuscript("> ")
    whole = write(manuscript, 2, "the sea was calm")
    take = manuscript.branch(9, 13, Passage.of(" had", Origin.GENERATED))
    manuscript.edit(0, 1, "»")
    take.append(" ri")
    assert not manuscript.editable(10, 1)
    assert manuscript.editable(2, 3)
    manuscript.edit(2, 3, "that")
    manuscript.edit(len(manuscript), 0, "!")
    take.append("sen")
    manuscript.end_take()
    assert manuscript.text == "» that sea had risen!"
    roads = manuscript.take_sets[-1]
    place, outer = roads.place, whole.place
    assert manuscript.text[place.start : place.end] == " had risen"
    assert manuscript.text[outer.start : outer.end] == "that sea had risen"
    while manuscript.can_undo:
        manuscript.undo()
    assert manuscript.text == "> "
    while manuscript.can_redo:
        manuscript.redo()
    assert (roads.place, whole.place) == (place, outer)


def test_it_is_refused_while_a_take_grows_and_outside_the_text() -> None:
    manuscript = Manuscript("the sea")
    with pytest.raises(ValueError, match="outside"):
        manuscript.branch(3, 9)
    with pytest.raises(ValueError, match="outside"):
        manuscript.road_end(3, 9)
    manuscript.begin_take(7)
    with pytest.raises(GrowingTakeError):
        manuscript.branch(0, 3)


def test_the_tokens_of_the_old_road_come_back_with_it_and_the_new_ones_are_placed() -> None:
    manuscript = Manuscript("")
    spans = TokenSpans(manuscript)
    take = manuscript.begin_take(0)
    for record in tokens("the", " sea", " was", " calm"):
        take.records.append(record)
        take.append(record.text.decode())
    manuscript.end_take()
    before = [span.record for span in spans.all]
    take = manuscript.branch(7, 11, Passage.of(" had", Origin.GENERATED))
    chosen = token_record(b" had")
    assert spans.fill(7, [chosen]) == 1
    (risen,) = tokens(" risen")
    take.records.append(risen)
    take.append(" risen")
    manuscript.end_take()
    assert [span.record for span in spans.all] == [*before[:2], chosen, risen]
    manuscript.step_take(manuscript.take_sets[-1], -1)
    assert [span.record for span in spans.all] == before
    manuscript.undo()
    assert [span.record for span in spans.all] == [*before[:2], chosen, risen]
    manuscript.undo()
    assert [span.record for span in spans.all] == before


def test_a_word_without_a_record_does_not_keep_the_tokens_behind_it_from_theirs() -> None:
    manuscript = Manuscript("the sea was calm")
    spans = TokenSpans(manuscript)
    take = manuscript.branch(3, 7, Passage.of(" ocean", Origin.TYPED))
    (rose,) = tokens(" rose")
    take.records.append(rose)
    take.append(" rose")
    manuscript.end_take()
    assert [(span.start, span.end, span.record) for span in spans.all] == [(9, 14, rose)]
    assert manuscript.origins() == T * 9 + G * 5


def test_what_stood_there_before_says_how_it_was_written_and_has_no_name() -> None:
    manuscript = Manuscript()
    whole = write(manuscript, 0, "the sea was calm", seed=7).takes[0]
    whole.preset, whole.ending = "Prose", "max_tokens"
    whole.model = ModelRecord(name="Sea")
    present = branch(manuscript, " was", " had", " risen").takes[0]
    assert (present.seed, present.preset, present.ending) == (7, "Prose", "max_tokens")
    assert present.model is whole.model
    assert present.name == ""
    assert not present.was_drawn
