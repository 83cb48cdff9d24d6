from __future__ import annotations

import pytest

from studio.manuscript import GrowingTakeError, Manuscript, Origin, Passage, TakeSet
from tests.helpers.token_records import tokens

T, G = bytes([Origin.TYPED]), bytes([Origin.GENERATED])


def write(manuscript: Manuscript, position: int, text: str, seed: int | None = None) -> TakeSet:
    manuscript.begin_take(position, seed).append(text)
    manuscript.end_take()
    return manuscript.take_sets[-1]


def write_again(manuscript: Manuscript, take_set: TakeSet, text: str) -> None:
    manuscript.retake(take_set).append(text)
    manuscript.end_take()


def texts(take_set: TakeSet) -> list[str]:
    return [take.text for take in take_set.takes]


def test_retake_is_one_step_and_keeps_the_former_take() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm", seed=7)
    take = manuscript.retake(takes, seed=8)
    assert manuscript.text == "sea ."
    take.append("wild")
    take.append("er")
    take.records += tokens("wild", "er")
    manuscript.end_take()
    assert manuscript.text == "sea wilder."
    assert (texts(takes), takes.index) == (["calm", "wilder"], 1)
    assert [take.seed for take in takes.takes] == [7, 8]
    manuscript.undo()
    assert (manuscript.text, takes.index) == ("sea calm.", 0)
    manuscript.undo()
    assert (manuscript.text, takes.index) == ("sea .", None)
    manuscript.redo()
    manuscript.redo()
    assert (manuscript.text, takes.index) == ("sea wilder.", 1)
    assert takes.takes[1].records == tokens("wild", "er")


def test_a_take_that_is_dropped_leaves_no_trace() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm")
    manuscript.mark_clean()
    take = manuscript.retake(takes)
    take.append("cal")
    take.append("lous")
    manuscript.edit(len(manuscript), 0, "!")
    manuscript.drop_take()
    assert (manuscript.text, texts(takes), takes.index) == ("sea calm.!", ["calm"], 0)
    manuscript.undo()
    assert (manuscript.text, takes.place.end) == ("sea calm.", 8)
    manuscript.undo()
    assert (manuscript.text, takes.index) == ("sea .", None)
    with pytest.raises(GrowingTakeError):
        manuscript.drop_take()


def test_a_take_that_is_dropped_before_it_was_written_in_changes_nothing() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm")
    manuscript.mark_clean()
    manuscript.retake(takes)
    manuscript.drop_take()
    assert (manuscript.text, texts(takes), manuscript.is_clean) == ("sea calm.", ["calm"], True)
    manuscript.retake(takes).append("cal")
    manuscript.drop_take()
    assert (manuscript.text, texts(takes), manuscript.is_clean) == ("sea calm.", ["calm"], True)


def test_stepping_is_one_step_each_and_stops_at_the_ends() -> None:
    manuscript = Manuscript("> <")
    takes = write(manuscript, 2, "a")
    write_again(manuscript, takes, "bb")
    write_again(manuscript, takes, "ccc")
    assert not manuscript.can_step_take(takes, 1)
    with pytest.raises(ValueError, match=r"\+1"):
        manuscript.step_take(takes, 1)
    assert manuscript.step_take(takes, -1) == 4
    assert manuscript.text == "> bb<"
    assert manuscript.step_take(takes, -1) == 3
    assert (manuscript.text, takes.index) == ("> a<", 0)
    assert not manuscript.can_step_take(takes, -1)
    manuscript.undo()
    assert (manuscript.text, takes.index) == ("> bb<", 1)
    manuscript.undo()
    assert (manuscript.text, takes.index) == ("> ccc<", 2)
    with pytest.raises(ValueError, match="found 0"):
        manuscript.step_take(takes, 0)


def test_an_edited_take_keeps_its_edits_and_their_provenance() -> None:
    manuscript = Manuscript("|")
    takes = write(manuscript, 0, "grey sea")
    manuscript.edit(0, 4, "blue")
    write_again(manuscript, takes, "sky")
    assert manuscript.text == "sky|"
    manuscript.step_take(takes, -1)
    assert (manuscript.text, manuscript.origins()) == ("blue sea|", T * 4 + G * 4 + T)


def test_text_at_the_edges_is_not_part_of_a_take() -> None:
    manuscript = Manuscript("..")
    takes = write(manuscript, 1, "abc")
    manuscript.edit(1, 0, "<")
    manuscript.edit(5, 0, ">")
    write_again(manuscript, takes, "X")
    assert manuscript.text == ".<X>."
    manuscript.step_take(takes, -1)
    assert manuscript.text == ".<abc>."


def test_a_deletion_across_an_edge_leaves_the_rest_of_the_take() -> None:
    manuscript = Manuscript("12345678")
    takes = write(manuscript, 4, "abcd")
    manuscript.edit(3, 2, "-")
    manuscript.edit(6, 2, "=")
    assert manuscript.text == "123-bc=678"
    write_again(manuscript, takes, "X")
    assert manuscript.text == "123-X=678"
    assert texts(takes) == ["bc", "X"]


def test_continue_after_undo_joins_the_takes_of_that_place() -> None:
    manuscript = Manuscript("ab")
    takes = write(manuscript, 1, "first")
    manuscript.undo()
    write(manuscript, 1, "second")
    assert manuscript.take_sets == (takes,)
    assert (texts(takes), takes.index) == (["first", "second"], 1)
    manuscript.step_take(takes, -1)
    assert manuscript.text == "afirstb"


def test_with_no_take_in_the_text_a_step_leads_to_the_first_or_the_last() -> None:
    manuscript = Manuscript("")
    takes = write(manuscript, 0, "a")
    write_again(manuscript, takes, "b")
    manuscript.undo()
    manuscript.undo()
    manuscript.step_take(takes, -1)
    assert manuscript.text == "b"
    manuscript.undo()
    manuscript.step_take(takes, 1)
    assert manuscript.text == "a"


def test_retake_at_a_place_whose_take_was_undone() -> None:
    manuscript = Manuscript("ab")
    takes = write(manuscript, 1, "X")
    manuscript.undo()
    write_again(manuscript, takes, "Y")
    assert manuscript.text == "aYb"
    manuscript.undo()
    assert manuscript.text == "ab"


def test_a_retake_without_text_brings_the_former_take_back() -> None:
    manuscript = Manuscript("ab")
    takes = write(manuscript, 1, "take")
    manuscript.mark_clean()
    manuscript.retake(takes)
    manuscript.edit(2, 0, "!")
    manuscript.edit(0, 0, "?")
    manuscript.end_take()
    assert (manuscript.text, takes.index, texts(takes)) == ("?atakeb!", 0, ["take"])
    manuscript.undo()
    manuscript.undo()
    assert (manuscript.text, manuscript.is_clean) == ("atakeb", True)
    manuscript.undo()
    assert manuscript.text == "ab"


def test_an_unedited_retake_without_text_leaves_the_text_clean() -> None:
    manuscript = Manuscript("ab")
    takes = write(manuscript, 1, "take")
    manuscript.mark_clean()
    manuscript.retake(takes)
    assert not manuscript.is_clean
    manuscript.end_take()
    assert (manuscript.text, manuscript.is_clean) == ("atakeb", True)


def test_takes_can_be_neither_stepped_nor_begun_while_one_grows() -> None:
    manuscript = Manuscript("")
    takes = write(manuscript, 0, "a")
    write_again(manuscript, takes, "b")
    manuscript.begin_take(1)
    assert not manuscript.can_step_take(takes, -1)
    with pytest.raises(GrowingTakeError):
        manuscript.step_take(takes, -1)
    with pytest.raises(GrowingTakeError):
        manuscript.retake(takes)
    with pytest.raises(GrowingTakeError):
        manuscript.load("")
    with pytest.raises(GrowingTakeError):
        manuscript.redo()


def test_the_take_that_is_meant_ends_at_the_caret_or_holds_it() -> None:
    manuscript = Manuscript("one two three")
    first = write(manuscript, 3, "AA")
    second = write(manuscript, 5, "BB")
    meant = [manuscript.take_set_at(caret, caret) for caret in range(len(manuscript) + 1)]
    assert meant == [None] * 4 + [first, first, second, second] + [None] * 10
    inner = write(manuscript, 6, "b")
    assert manuscript.take_set_at(7, 7) is inner, "of several the one used last"
    assert manuscript.take_set_at(8, 8) is second


def test_a_selection_means_the_take_that_it_has_a_part_of() -> None:
    manuscript = Manuscript("one two three")
    takes = write(manuscript, 3, "AAA")
    meant = [
        (start, end)
        for start in range(len(manuscript) + 1)
        for end in range(start + 1, len(manuscript) + 1)
        if manuscript.take_set_at(start, end) is takes
    ]
    assert meant == [
        (start, end)
        for start in range(len(manuscript) + 1)
        for end in range(start + 1, len(manuscript) + 1)
        if set(range(start, end)) & {3, 4, 5}
    ]


def test_a_take_behind_which_the_writer_went_on_is_history() -> None:
    manuscript = Manuscript("one")
    takes = write(manuscript, 3, " TAKE")
    assert manuscript.take_set_at(8, 8) is takes
    manuscript.edit(8, 0, ".")
    assert manuscript.take_set_at(9, 9) is None
    assert manuscript.take_set_at(8, 8) is takes, "until the caret goes back to it"
    manuscript.undo()
    assert manuscript.take_set_at(8, 8) is takes


def test_a_set_deleted_with_its_surroundings_comes_back_by_undo_alone() -> None:
    manuscript = Manuscript("before after")
    takes = write(manuscript, 7, "TAKE ")
    manuscript.edit(5, 8, "")
    assert manuscript.text == "beforfter"
    assert manuscript.take_set_at(5, 5) is None
    assert not manuscript.can_step_take(takes, 1)
    with pytest.raises(ValueError, match="undo"):
        manuscript.retake(takes)
    manuscript.undo()
    assert manuscript.take_set_at(8, 8) is takes
    assert (takes.place.start, takes.place.end, takes.index) == (7, 12, 0)


def test_a_take_that_the_writer_deletes_waits_at_its_place() -> None:
    manuscript = Manuscript("ab")
    takes = write(manuscript, 1, "TAKE")
    manuscript.edit(1, 4, "")
    assert takes.index is None
    assert manuscript.take_set_at(1, 1) is takes
    write(manuscript, 1, "NEW")
    assert texts(takes) == ["TAKE", "NEW"]
    manuscript.step_take(takes, -1)
    assert manuscript.text == "aTAKEb"


def test_a_set_inside_a_take_comes_back_with_it() -> None:
    manuscript = Manuscript("")
    outer = write(manuscript, 0, "outer")
    inner = write(manuscript, 3, "IN")
    write_again(manuscript, inner, "INNER")
    write_again(manuscript, outer, "other")
    assert manuscript.text == "other"
    assert not manuscript.can_step_take(inner, -1)
    manuscript.step_take(outer, -1)
    assert manuscript.text == "outINNERer"
    manuscript.step_take(inner, -1)
    assert manuscript.text == "outINer"


def test_anchors_follow_edits_before_them_even_while_another_take_grows() -> None:
    manuscript = Manuscript("abcdef")
    late = write(manuscript, 5, "LATE")
    take = manuscript.begin_take(1)
    take.append("12")
    manuscript.edit(0, 1, "")
    take.append("34")
    manuscript.edit(6, 0, "+")
    manuscript.end_take()
    assert manuscript.text == "1234bc+deLATEf"
    place = late.place
    assert manuscript.text[place.start : place.end] == "LATE"
    while manuscript.can_undo:
        manuscript.undo()
    while manuscript.can_redo:
        manuscript.redo()
    assert late.place == place


def test_a_copy_of_the_content_stays_as_it_was() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm", seed=7)
    growing = manuscript.retake(takes)
    growing.append("wi")
    passages, (copy,) = manuscript.content()
    growing.append("ld")
    manuscript.end_take()
    manuscript.edit(0, 0, "The ")
    assert "".join(passage.text for passage in passages) == "sea wi."
    assert (texts(copy), copy.index) == (["calm", "wi"], 1)
    assert (copy.place.start, copy.place.end) == (4, 6)
    assert not copy.takes[1].growing
    again = Manuscript()
    again.restore(passages[0], (copy,))
    assert (again.text, again.is_clean, again.can_undo) == ("sea wi.", True, False)
    again.step_take(copy, -1)
    assert again.text == "sea calm."
    assert texts(takes) == ["calm", "wild"]


def test_a_take_that_waits_for_its_text_has_ended_in_a_copy_of_the_content() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm")
    manuscript.mark_clean()
    manuscript.retake(takes)
    assert (manuscript.text, manuscript.is_clean) == ("sea .", False)
    saved = manuscript.content_revision
    manuscript.edit(0, 0, "The ")
    manuscript.edit(len(manuscript), 0, " End.")
    assert manuscript.text == "The sea . End."
    passages, (copy,) = manuscript.content()
    text = "".join(passage.text for passage in passages)
    assert text == "The sea calm. End."
    assert (texts(copy), copy.index) == (["calm"], 0)
    assert text[copy.place.start : copy.place.end] == "calm"
    assert manuscript.waiting is not None
    places = [manuscript.waiting.carried(place) for place in (0, 7, 8, 14)]
    assert places == [0, 7, len("The sea calm"), len(text)]
    now = manuscript.content_revision
    manuscript.end_take()
    assert manuscript.text == text
    assert manuscript.revision == now
    assert (takes.place, takes.takes[0].passage) == (copy.place, copy.takes[0].passage)
    manuscript.undo()
    manuscript.undo()
    assert (manuscript.revision, manuscript.is_clean) == (saved, True)
    manuscript.begin_take(0)
    passages, sets = manuscript.content()
    assert len(sets) == 1, "of one that begins there is nothing yet"
    manuscript.end_take()
    manuscript.branch(5, 6)
    _, sets = manuscript.content()
    assert len(sets) == 1


def test_a_page_of_one_take_is_not_blank_while_another_waits() -> None:
    manuscript = Manuscript()
    assert manuscript.is_blank
    takes = write(manuscript, 0, "calm")
    manuscript.retake(takes)
    assert len(manuscript) == 0
    assert not manuscript.is_blank
    manuscript.end_take()
    manuscript.undo()
    assert manuscript.is_blank


def test_what_a_take_is_begun_with_counts_for_nothing_where_it_waits_for_more() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm")
    take = manuscript.retake(takes, begun=Passage.of("ca", Origin.GENERATED))
    take.append("l")
    manuscript.wait_for_more()
    manuscript.edit(len(manuscript), 0, "!")
    assert manuscript.text == "sea cal.!"
    assert "".join(passage.text for passage in manuscript.content()[0]) == "sea calm.!"
    assert manuscript.waiting is not None
    places = [manuscript.waiting.carried(place) for place in (4, 5, 7, 8, 9)]
    assert places == [4, 8, 8, 9, 10]
    take.append("low")
    assert manuscript.waiting is None
    passages, (copy,) = manuscript.content()
    assert "".join(passage.text for passage in passages) == "sea callow.!"
    assert texts(copy) == ["calm", "callow"]


def test_a_set_that_was_used_last_is_still_when_it_comes_back() -> None:
    manuscript = Manuscript()
    outer = write(manuscript, 0, "one two three")
    inner = write(manuscript, 4, "and ")
    write_again(manuscript, outer, "another")
    manuscript.step_take(outer, -1)
    for _ in range(2):
        meant = manuscript.take_set_at(6, 6)
        assert meant is not None
        assert texts(meant) == texts(manuscript.take_sets[1 if meant is inner else 0])
        [passage], sets = manuscript.content()
        again = Manuscript()
        again.restore(passage, sets)
        found = again.take_set_at(6, 6)
        assert found is not None
        assert found is sets[manuscript.take_sets.index(meant)]
        write_again(again, found, "x")
        assert found.used == max(one.used for one in again.take_sets)


def test_another_text_comes_with_its_takes_in_one_step() -> None:
    theirs = Manuscript("Their sea .")
    write(theirs, 10, "calm")
    write_again(theirs, theirs.take_sets[0], "wild")
    [passage], sets = theirs.content()
    manuscript = Manuscript("My sea .")
    mine = write(manuscript, 7, "grey")
    write_again(manuscript, mine, "green")
    manuscript.replace_all(passage, sets)
    assert manuscript.text == "Their sea wild."
    assert manuscript.take_set_at(14, 14) is sets[0]
    manuscript.step_take(sets[0], -1)
    assert manuscript.text == "Their sea calm."
    manuscript.undo()
    manuscript.undo()
    assert manuscript.text == "My sea green."
    assert manuscript.take_set_at(12, 12) is mine
    manuscript.redo()
    assert manuscript.text == "Their sea wild."
    assert manuscript.take_set_at(14, 14) is sets[0]
    manuscript.redo()
    assert manuscript.text == "Their sea calm."


def test_takes_that_were_made_are_counted_undone_or_not() -> None:
    manuscript = Manuscript("sea .")
    takes = write(manuscript, 4, "calm")
    manuscript.undo()
    assert manuscript.take_changes == 1
    manuscript.retake(takes)
    manuscript.end_take()
    assert manuscript.take_changes == 1, "one without text is none"
