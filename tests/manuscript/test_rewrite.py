"""A part of the text is replaced by takes that were written beside it."""

from __future__ import annotations

import pytest

from studio.manuscript import Edit, GrowingTakeError, Manuscript, Origin, Passage, Take

TEXT = "He rowed out. The fog came early. He lost the shore."
PART = TEXT.index("The fog"), TEXT.index(" He lost")


def beside(text: str) -> Take:
    return Take(passage=Passage.of(text, Origin.GENERATED))


@pytest.fixture
def manuscript() -> Manuscript:
    return Manuscript(TEXT)


def replaced(text: str) -> str:
    return TEXT[: PART[0]] + text + TEXT[PART[1] :]


def rewrite(manuscript: Manuscript, *texts: str) -> list[Take]:
    takes = [beside(text) for text in texts]
    manuscript.rewrite(*PART)
    manuscript.end_take(takes)
    return takes


def test_the_former_words_are_the_first_take_and_all_around_them_stays(
    manuscript: Manuscript,
) -> None:
    takes = rewrite(manuscript, "Fog came.", "It was foggy.")
    assert manuscript.text == replaced("Fog came.")
    (one,) = manuscript.take_sets
    assert [take.text for take in one.takes] == [
        "The fog came early.",
        "Fog came.",
        "It was foggy.",
    ]
    assert one.takes[1:] == takes
    assert one.index == 1
    origins = manuscript.origins()
    end = PART[0] + len("Fog came.")
    assert set(origins[PART[0] : end]) == {Origin.GENERATED}
    assert set(origins[: PART[0]] + origins[end:]) == {Origin.TYPED}
    manuscript.step_take(one, -1)
    assert manuscript.text == TEXT
    assert set(manuscript.origins()) == {Origin.TYPED}


def test_undo_is_one_step_and_redo_too(manuscript: Manuscript) -> None:
    rewrite(manuscript, "Fog came.", "It was foggy.")
    manuscript.undo()
    assert manuscript.text == TEXT
    assert not manuscript.can_undo
    manuscript.redo()
    assert manuscript.text == replaced("Fog came.")
    assert manuscript.take_sets[0].index == 1


def test_once_more_adds_to_the_same_takes(manuscript: Manuscript) -> None:
    rewrite(manuscript, "Fog came.")
    one = manuscript.take_sets[0]
    manuscript.rewrite(one.place.start, one.place.end)
    manuscript.end_take([beside("Mist.")])
    assert manuscript.take_sets == (one,)
    assert [take.text for take in one.takes] == ["The fog came early.", "Fog came.", "Mist."]


def test_none_leaves_no_trace(manuscript: Manuscript) -> None:
    manuscript.rewrite(*PART)
    manuscript.end_take()
    assert manuscript.text == TEXT
    assert manuscript.take_sets == ()
    assert not manuscript.can_undo


def written(manuscript: Manuscript, position: int, text: str) -> None:
    take = manuscript.begin_take(position)
    take.append(text)
    manuscript.end_take()


@pytest.mark.parametrize("position", [PART[0] - 4, PART[0], PART[0] + 4, PART[1] - 4])
def test_takes_that_lie_across_its_edges_or_inside_come_back_with_undo(position: int) -> None:
    manuscript = Manuscript(TEXT[:position] + TEXT[position + 8 :])
    written(manuscript, position, TEXT[position : position + 8])
    assert manuscript.text == TEXT
    first = manuscript.take_sets[0]
    place = first.place
    rewrite(manuscript, "Fog came.", "It was foggy.")
    assert manuscript.text == replaced("Fog came.")
    rewritten = manuscript.take_sets[-1]
    steps = (-1, +1, +1, -1, -1)
    for direction in steps:
        manuscript.step_take(rewritten, direction)
    assert manuscript.text == TEXT
    for _ in (*steps, "the rewriting itself"):
        manuscript.undo()
    assert manuscript.text == TEXT
    assert first.place == place
    manuscript.undo()
    assert len(manuscript) == len(TEXT) - 8


def test_an_empty_part_one_outside_and_one_beside_a_growing_take_are_refused(
    manuscript: Manuscript,
) -> None:
    with pytest.raises(ValueError, match="empty part"):
        manuscript.rewrite(3, 3)
    with pytest.raises(ValueError, match="outside"):
        manuscript.rewrite(3, len(TEXT) + 1)
    manuscript.begin_take(0)
    with pytest.raises(GrowingTakeError):
        manuscript.rewrite(*PART)
    manuscript.end_take()
    assert manuscript.text == TEXT


def test_what_is_typed_before_it_moves_it(manuscript: Manuscript) -> None:
    rewrite(manuscript, "Fog came.")
    manuscript.edit_all([Edit(0, 0, "Then ")])
    manuscript.step_take(manuscript.take_sets[0], -1)
    assert manuscript.text == f"Then {TEXT}"
