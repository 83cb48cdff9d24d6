"""Undo holds so much text and no more: the steps furthest away go, the nearest ones stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import Manuscript
from studio.manuscript import manuscript as module
from studio.manuscript.change import Change
from studio.manuscript.history import History, Step
from studio.manuscript.passage import NOTHING, Origin, Passage

LETTER = 2
"""Bytes of an ASCII letter with its origin; a piece of text has some more."""


@pytest.fixture
def budget(monkeypatch: pytest.MonkeyPatch) -> int:
    most = 10_000
    monkeypatch.setattr(module, "UNDO", most)
    return most


def paste(manuscript: Manuscript, length: int, letter: str = "x") -> None:
    manuscript.edit(len(manuscript), 0, letter * length)


def undone(manuscript: Manuscript) -> int:
    steps = 0
    while manuscript.can_undo:
        manuscript.undo()
        steps += 1
    return steps


def test_the_oldest_steps_go_and_the_latest_are_undone(budget: int) -> None:
    manuscript = Manuscript()
    for number in range(40):
        paste(manuscript, 500, str(number % 10))
    assert len(manuscript) == 20_000
    steps = undone(manuscript)
    assert budget // (500 * LETTER) - 3 < steps <= budget // (500 * LETTER)
    # What was pasted before the first step that is kept stays in the text.
    assert len(manuscript) == 20_000 - 500 * steps
    while manuscript.can_redo:
        manuscript.redo()
    assert len(manuscript) == 20_000


def test_the_last_step_is_undone_however_long_its_text_is(budget: int) -> None:
    manuscript = Manuscript("Once.")
    paste(manuscript, 10)
    paste(manuscript, budget)
    manuscript.undo()
    assert manuscript.text == "Once." + 10 * "x"
    assert not manuscript.can_undo
    manuscript.redo()
    assert len(manuscript) == budget + 15


def test_a_saved_state_whose_step_went_is_not_taken_for_the_present_one(budget: int) -> None:
    manuscript = Manuscript("Once.")
    assert manuscript.is_clean
    for _ in range(20):
        paste(manuscript, 1000)
    undone(manuscript)
    assert not manuscript.is_clean
    manuscript.mark_clean()
    paste(manuscript, 1000)
    assert not manuscript.is_clean
    manuscript.undo()
    assert manuscript.is_clean


def test_takes_and_what_is_typed_while_one_grows_are_undone_within_the_budget(budget: int) -> None:
    manuscript = Manuscript("Once. ")
    for _ in range(12):
        take = manuscript.begin_take(len(manuscript))
        take.append("y" * 400)
        manuscript.edit(0, 0, "z" * 600)
        take.append("y" * 400)
        manuscript.end_take()
    whole = manuscript.text
    steps = undone(manuscript)
    assert 4 <= steps < 24
    while manuscript.can_redo:
        manuscript.redo()
    assert manuscript.text == whole


@given(st.lists(st.integers(1, 3000), max_size=30), st.integers(0, 30), st.integers(1, 20_000))
def test_no_more_is_held_than_the_budget_or_one_step(
    lengths: list[int], undo: int, most: int
) -> None:
    history = History()
    for length in lengths:
        step = Step([Change(0, NOTHING, Passage.of("x" * length, Origin.TYPED))])
        history.push(step)
    for _ in range(min(undo, len(lengths))):
        history.undone.append(history.done.pop())
    nearest = (history.done or history.undone)[-1:]
    revision = history.revision
    history.bound(most)
    steps = [*history.done, *history.undone]
    assert sum(step.size for step in steps) <= most or steps == nearest
    assert (history.done or history.undone)[-1:] == nearest
    assert history.revision == revision
