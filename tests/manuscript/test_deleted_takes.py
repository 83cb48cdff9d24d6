"""A take that is deleted goes from the text, from stepping and from the file, and comes by undo."""

from __future__ import annotations

import pytest

from studio.manuscript import GrowingTakeError, Manuscript, TakeSet
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from tests.helpers.documents import document_of


def written(*texts: str) -> tuple[Manuscript, TakeSet]:
    """A text with these takes at its end, the last in the text."""
    manuscript = Manuscript("> ")
    for text in texts:
        takes = manuscript.take_sets[0] if manuscript.take_sets else None
        take = manuscript.retake(takes) if takes else manuscript.begin_take(2)
        take.append(text)
        manuscript.end_take()
    return manuscript, manuscript.take_sets[0]


def names(takes: TakeSet) -> list[str]:
    return [take.text for take in takes.kept]


def test_another_take_of_the_place_comes_for_the_one_in_the_text() -> None:
    manuscript, takes = written("one", "two", "three")
    manuscript.choose_take(takes, 1)
    assert manuscript.delete_take(takes, takes.takes[1]) == 7
    assert manuscript.text == "> three"
    assert manuscript.delete_take(takes, takes.takes[2]) == 5
    assert (manuscript.text, names(takes)) == ("> one", ["one"])
    assert not manuscript.can_step_take(takes, +1)
    assert not manuscript.can_step_take(takes, -1)
    assert not manuscript.can_delete_take(takes, takes.takes[0]), "it is text like other text"
    with pytest.raises(ValueError, match="the only one"):
        manuscript.delete_take(takes, takes.takes[0])
    with pytest.raises(ValueError, match="no take 1 of 3"):
        manuscript.choose_take(takes, 1)
    assert manuscript.undo() == 7
    assert (manuscript.text, names(takes)) == ("> three", ["one", "three"])
    assert manuscript.undo() == 5
    assert (manuscript.text, names(takes)) == ("> two", ["one", "two", "three"])
    manuscript.redo()
    manuscript.redo()
    assert (manuscript.text, names(takes)) == ("> one", ["one"])


def test_one_that_is_not_in_the_text_goes_without_a_change_of_the_text() -> None:
    manuscript, takes = written("one", "two", "three")
    manuscript.mark_clean()
    changes = manuscript.take_changes
    manuscript.edit(0, 0, "x")
    manuscript.undo()
    assert manuscript.can_redo
    assert manuscript.delete_take(takes, takes.takes[1]) is None
    assert manuscript.is_clean, "a text file would hold the same"
    assert manuscript.take_changes == changes + 1
    assert not manuscript.can_redo
    assert manuscript.step_take(takes, -1) == 5, "it is stepped over"
    assert manuscript.text == "> one"
    manuscript.undo()
    assert manuscript.undo() == 7, "where it was deleted"
    assert names(takes) == ["one", "two", "three"]
    assert manuscript.redo() == 7
    assert names(takes) == ["one", "three"]


def test_the_file_has_nothing_of_it_and_what_is_left_has_its_place() -> None:
    manuscript, takes = written("one", "two", "three")
    manuscript.delete_take(takes, takes.takes[0])
    manuscript.delete_take(takes, takes.takes[1])
    data = document_to_bytes(document_of(manuscript))
    assert b"two" not in data
    again = document_of_bytes(data)
    assert [take.text for take in again.take_sets[0].takes] == ["three"]
    assert again.take_sets[0].index == 0
    manuscript.undo()
    again = document_of_bytes(document_to_bytes(document_of(manuscript)))
    assert [take.text for take in again.take_sets[0].takes] == ["two", "three"]


def test_what_was_written_inside_it_goes_with_it() -> None:
    manuscript, outer = written("one two")
    manuscript.begin_take(5).append(" and a half")
    manuscript.end_take()
    inner = manuscript.take_sets[1]
    manuscript.retake(outer).append("three")
    manuscript.end_take()
    # In the text of the take that is put away stands the only one of the inner place.
    assert not manuscript.can_delete_take(inner, inner.takes[0])
    assert len(document_of(manuscript).take_sets) == 2
    manuscript.delete_take(outer, outer.takes[0])
    data = document_to_bytes(document_of(manuscript))
    assert b"half" not in data
    assert len(document_of_bytes(data).take_sets) == 1
    manuscript.undo()
    manuscript.step_take(outer, -1)
    assert manuscript.text == "> one and a half two"
    assert manuscript.take_set_at(10, 10) is inner


def test_a_place_whose_takes_are_all_gone_means_nothing_and_takes_the_next_one() -> None:
    manuscript, takes = written("one")
    manuscript.undo()
    assert manuscript.take_set_at(2, 2) is takes
    manuscript.delete_take(takes, takes.takes[0])
    assert manuscript.take_set_at(2, 2) is None
    assert document_of(manuscript).take_sets == ()
    manuscript.begin_take(2).append("two")
    manuscript.end_take()
    assert manuscript.take_set_at(5, 5) is not None
    assert len(document_of(manuscript).take_sets[0].takes) == 1


def test_while_a_take_grows_none_is_deleted() -> None:
    manuscript, takes = written("one", "two")
    manuscript.begin_take(0)
    assert not manuscript.can_delete_take(takes, takes.takes[0])
    with pytest.raises(GrowingTakeError):
        manuscript.delete_take(takes, takes.takes[0])
    manuscript.end_take()
