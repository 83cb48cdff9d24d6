from __future__ import annotations

import pytest

from studio.manuscript import (
    Edit,
    GrowingTakeError,
    HistoryError,
    Manuscript,
    Origin,
)

T, G = bytes([Origin.TYPED]), bytes([Origin.GENERATED])


def type_in(manuscript: Manuscript, position: int, text: str) -> None:
    for offset, character in enumerate(text):
        manuscript.edit(position + offset, 0, character)


def write_take(manuscript: Manuscript, position: int, *pieces: str) -> None:
    take = manuscript.begin_take(position)
    for piece in pieces:
        take.append(piece)
    manuscript.end_take()


def undone_texts(manuscript: Manuscript) -> list[str]:
    texts = []
    while manuscript.can_undo:
        manuscript.undo()
        texts.append(manuscript.text)
    return texts


def test_a_new_manuscript_is_empty_clean_and_has_nothing_to_undo() -> None:
    manuscript = Manuscript()
    assert (manuscript.text, manuscript.origins()) == ("", b"")
    assert manuscript.is_clean
    assert not manuscript.can_undo
    assert not manuscript.can_redo
    assert manuscript.take_set_at(0, 0) is None
    with pytest.raises(HistoryError, match="undo"):
        manuscript.undo()
    with pytest.raises(HistoryError, match="redo"):
        manuscript.redo()
    with pytest.raises(GrowingTakeError, match="no take"):
        manuscript.end_take()


def test_changes_are_emitted_in_code_points_with_their_origin() -> None:
    manuscript = Manuscript("a😀b")
    heard: list[tuple[int, int, str, bytes]] = []
    stop = manuscript.changed.connect(lambda *change: heard.append(change))
    manuscript.edit(2, 1, "ß!")
    take = manuscript.begin_take(4)
    take.append("🎣x")
    manuscript.end_take()
    manuscript.undo()
    assert heard == [(2, 1, "ß!", T * 2), (4, 0, "🎣x", G * 2), (4, 2, "", b"")]
    stop()
    manuscript.undo()
    assert len(heard) == 3


def test_a_listener_cannot_change_the_text_it_hears_about() -> None:
    manuscript = Manuscript()
    manuscript.changed.connect(lambda *_: manuscript.edit(0, 0, "x"))
    with pytest.raises(RuntimeError, match="listener"):
        manuscript.edit(0, 0, "y")


@pytest.mark.parametrize(("position", "length"), [(-1, 0), (0, -1), (4, 0), (2, 2)])
def test_ranges_outside_the_text_are_refused(position: int, length: int) -> None:
    manuscript = Manuscript("abc")
    with pytest.raises(ValueError, match="within 0 to 3"):
        manuscript.edit(position, length, "x")
    assert manuscript.text == "abc"


def test_a_lone_surrogate_is_refused_before_anything_changes() -> None:
    manuscript = Manuscript("abc")
    with pytest.raises(ValueError, match=r"U\+D83D at index 1"):
        manuscript.edit_all([Edit(0, 1, ""), Edit(2, 0, "x\ud83d")])
    assert manuscript.text == "abc"
    assert not manuscript.can_undo


def test_typing_is_undone_word_by_word() -> None:
    manuscript = Manuscript()
    type_in(manuscript, 0, "the old  sea\nnow")
    assert undone_texts(manuscript) == ["the old  sea\n", "the old  ", "the ", ""]
    carets = []
    while manuscript.can_redo:
        carets.append(manuscript.redo())
    assert carets == [4, 9, 13, 16]
    assert manuscript.text == "the old  sea\nnow"


def test_a_jump_a_paste_and_a_change_of_direction_begin_a_new_step() -> None:
    manuscript = Manuscript("0123456789")
    type_in(manuscript, 10, "ab")
    type_in(manuscript, 0, "cd")
    manuscript.edit(1, 1, "")
    manuscript.edit(0, 1, "")
    manuscript.edit(0, 0, "two words")
    type_in(manuscript, 9, "x")
    assert undone_texts(manuscript) == [
        "two words0123456789ab",
        "0123456789ab",
        "cd0123456789ab",
        "0123456789ab",
        "0123456789",
    ]


def test_close_step_parts_a_pasted_word_from_typing() -> None:
    manuscript = Manuscript()
    type_in(manuscript, 0, "ab")
    manuscript.close_step()
    manuscript.edit(2, 0, "cd")
    assert undone_texts(manuscript) == ["ab", ""]


def test_deleting_is_undone_word_by_word_in_both_directions() -> None:
    manuscript = Manuscript("one two three")
    for position in range(12, 3, -1):
        manuscript.edit(position, 1, "")
    assert manuscript.text == "one "
    assert manuscript.undo() == 7
    assert manuscript.text == "one two"
    manuscript.undo()
    assert manuscript.text == "one two three"
    for _ in range(7):
        manuscript.edit(0, 1, "")
    assert undone_texts(manuscript) == ["two three", "one two three"]


def test_several_edits_are_one_step() -> None:
    manuscript = Manuscript("cat, cat and cat")
    manuscript.edit_all([Edit(13, 3, "dog"), Edit(0, 3, "bird"), Edit(5, 3, "")])
    assert manuscript.text == "bird,  and dog"
    assert manuscript.undo() == 16
    assert manuscript.text == "cat, cat and cat"
    manuscript.redo()
    assert manuscript.text == "bird,  and dog"


def test_overlapping_edits_are_refused() -> None:
    manuscript = Manuscript("abcdef")
    with pytest.raises(ValueError, match="overlap"):
        manuscript.edit_all([Edit(0, 3, "x"), Edit(2, 1, "y")])
    assert manuscript.text == "abcdef"


def test_clean_is_a_state_and_undo_leads_back_to_it() -> None:
    manuscript = Manuscript("a")
    type_in(manuscript, 1, "b")
    assert not manuscript.is_clean
    manuscript.undo()
    assert manuscript.is_clean
    manuscript.redo()
    manuscript.mark_clean()
    type_in(manuscript, 2, "c")
    assert not manuscript.is_clean
    manuscript.undo()
    assert (manuscript.text, manuscript.is_clean) == ("ab", True)
    manuscript.undo()
    assert not manuscript.is_clean
    type_in(manuscript, 1, "b")
    assert (manuscript.text, manuscript.is_clean) == ("ab", False)


def test_load_is_clean_typed_and_has_no_history() -> None:
    manuscript = Manuscript()
    write_take(manuscript, 0, "generated")
    manuscript.load("opened")
    assert (manuscript.text, manuscript.origins()) == ("opened", T * 6)
    assert manuscript.is_clean
    assert not manuscript.can_undo
    assert manuscript.take_sets == ()


def test_a_take_is_one_step_and_its_provenance_survives_undo_and_deletion() -> None:
    manuscript = Manuscript("ab")
    write_take(manuscript, 1, "X", "Y ", "Z")
    assert (manuscript.text, manuscript.origins()) == ("aXY Zb", T + G * 4 + T)
    manuscript.edit(0, 6, "")
    manuscript.undo()
    assert manuscript.origins() == T + G * 4 + T
    assert manuscript.undo() == 1
    assert manuscript.text == "ab"
    assert manuscript.redo() == 5
    assert manuscript.origins() == T + G * 4 + T


def test_the_writer_edits_around_a_growing_take_but_not_in_it() -> None:
    manuscript = Manuscript("start  end")
    take = manuscript.begin_take(6)
    take.append("one ")
    assert manuscript.editable(0, 6)
    assert manuscript.editable(10, 4)
    assert not manuscript.editable(7, 0)
    assert not manuscript.editable(5, 2)
    assert not manuscript.editable(9, 2)
    with pytest.raises(GrowingTakeError, match="position 9, length 2"):
        manuscript.edit(9, 2, "x")
    type_in(manuscript, 10, "behind")
    type_in(manuscript, 6, "before")
    manuscript.edit(0, 1, "S")
    take.append("two ")
    type_in(manuscript, len(manuscript), "!")
    take.append("three")
    assert not manuscript.can_undo
    with pytest.raises(GrowingTakeError):
        manuscript.undo()
    with pytest.raises(GrowingTakeError):
        manuscript.begin_take(0)
    manuscript.end_take()
    assert manuscript.text == "Start beforeone two threebehind end!"
    assert manuscript.origins() == T * 12 + G * 13 + T * 11
    assert undone_texts(manuscript) == [
        "Start beforeone two threebehind end",
        "start beforeone two threebehind end",
        "start one two threebehind end",
        "start one two three end",
        "start  end",
    ]
    while manuscript.can_redo:
        manuscript.redo()
    assert manuscript.text == "Start beforeone two threebehind end!"


def test_typing_behind_a_growing_take_stays_one_step_while_it_grows() -> None:
    manuscript = Manuscript()
    take = manuscript.begin_take(0)
    type_in(manuscript, 0, "a")
    take.append("12")
    type_in(manuscript, 3, "b")
    take.append("3")
    type_in(manuscript, 5, "c")
    manuscript.end_take()
    assert manuscript.text == "123abc"
    assert undone_texts(manuscript) == ["123", ""]


def test_a_take_without_text_leaves_no_trace() -> None:
    manuscript = Manuscript("ab")
    type_in(manuscript, 2, "c")
    manuscript.undo()
    take = manuscript.begin_take(1)
    assert manuscript.is_clean
    take.append("")
    manuscript.end_take()
    assert manuscript.is_clean
    assert not manuscript.can_undo
    assert manuscript.can_redo
    assert manuscript.take_sets == ()
    manuscript.redo()
    assert manuscript.text == "abc"


def test_saving_while_a_take_grows_does_not_make_a_later_state_clean() -> None:
    manuscript = Manuscript("ab")
    take = manuscript.begin_take(1)
    take.append("1")
    type_in(manuscript, 0, "x")
    manuscript.mark_clean()
    assert manuscript.is_clean
    take.append("2")
    assert not manuscript.is_clean
    type_in(manuscript, 0, "y")
    manuscript.end_take()
    while manuscript.can_undo:
        assert not manuscript.is_clean
        manuscript.undo()
    assert manuscript.text == "ab"


def test_an_ended_take_grows_no_more() -> None:
    manuscript = Manuscript()
    take = manuscript.begin_take(0)
    assert take.growing
    manuscript.end_take()
    assert not take.growing
    with pytest.raises(GrowingTakeError, match="ended"):
        take.append("x")


def test_an_edit_may_say_who_wrote_each_character() -> None:
    manuscript = Manuscript("one")
    manuscript.edit_all([Edit(0, 0, "abc", bytes([0, 1, 1]))])
    assert (manuscript.text, manuscript.origins()) == ("abcone", bytes([0, 1, 1, 0, 0, 0]))
    manuscript.undo()
    manuscript.redo()
    assert manuscript.origins() == bytes([0, 1, 1, 0, 0, 0])
    for origins in (bytes(2), bytes([0, 1, 7])):
        with pytest.raises(ValueError, match="origins: "):
            manuscript.edit_all([Edit(0, 0, "abc", origins)])
    with pytest.raises(ValueError, match="marks: "):
        manuscript.edit_all([Edit(0, 0, "abc", marks=(None, None))])
    assert manuscript.text == "abcone"


def test_load_knows_what_a_model_wrote() -> None:
    manuscript = Manuscript()
    manuscript.load("abcdef", [(1, 3), (5, 6)])
    assert manuscript.origins() == bytes([0, 1, 1, 0, 0, 1])
    assert manuscript.is_clean
    assert not manuscript.can_undo


def test_what_was_saved_and_is_gone_makes_no_text_the_saved_one() -> None:
    manuscript = Manuscript("ab")
    reported: list[int] = []
    manuscript.state_changed.connect(lambda: reported.append(1))
    manuscript.mark_unsaved()
    assert reported == [1]
    manuscript.edit(2, 0, "c")
    manuscript.undo()
    assert not manuscript.is_clean
    manuscript.mark_clean()
    assert manuscript.is_clean
