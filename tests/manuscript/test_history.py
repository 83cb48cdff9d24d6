"""Steps done and undone, the states between them, and how many are kept."""

from __future__ import annotations

import pytest

from studio.manuscript.change import Change
from studio.manuscript.history import History, Step
from studio.manuscript.passage import NOTHING, Origin, Passage


def typed(text: str = "x", position: int = 0) -> Step:
    return Step([Change(position, NOTHING, Passage.of(text, Origin.TYPED))])


def pushed(history: History, count: int, length: int = 100) -> list[Step]:
    steps = [typed("x" * length) for _ in range(count)]
    for step in steps:
        history.push(step)
    return steps


def undo(history: History, count: int = 1) -> None:
    for _ in range(count):
        history.undone.append(history.done.pop())


def redo(history: History) -> None:
    history.done.append(history.undone.pop())


def test_a_step_is_taken_back_in_the_opposite_order() -> None:
    first = Change(0, NOTHING, Passage.of("one", Origin.TYPED))
    second = Change(1, Passage.of("n", Origin.TYPED), Passage.of("NN", Origin.GENERATED))
    step = Step([first, second])
    assert step.inverse_changes == [second.inverse, first.inverse]
    sizes = [part.size for change in step.changes for part in (change.removed, change.inserted)]
    assert len(sizes) == 4
    assert step.size == sum(sizes)


def test_every_state_has_a_number_of_its_own() -> None:
    history = History()
    seen = [history.revision]
    for _ in range(3):
        pushed(history, 1)
        seen.append(history.revision)
    undo(history, 2)
    assert history.revision == seen[1]
    redo(history)
    assert history.revision == seen[2]
    pushed(history, 1)
    assert history.undone == [], "what was undone cannot be redone behind something new"
    assert history.revision not in seen
    undo(history, 3)
    assert history.revision == seen[0]


def test_the_saved_state_is_clean_by_whatever_way_it_is_reached() -> None:
    history = History()
    assert history.is_clean
    pushed(history, 2)
    assert not history.is_clean
    history.mark_clean(history.revision)
    assert history.is_clean
    undo(history)
    assert not history.is_clean
    redo(history)
    assert history.is_clean
    history.mark_clean(history.done[0].revision)
    assert not history.is_clean
    undo(history)
    assert history.is_clean
    history.mark_unsaved()
    for _ in range(2):
        assert not history.is_clean
        undo(history, len(history.done))


def test_a_step_is_closed_by_a_save_and_by_being_reported_to() -> None:
    history = History()
    history.close()
    first, second = pushed(history, 2)
    first.open = second.open = True
    history.close()
    assert (first.open, second.open) == (True, False), "the last one alone can be joined"
    second.open = True
    history.mark_clean(history.revision)
    assert not second.open


def test_a_step_that_has_changed_nothing_yet_is_no_new_state() -> None:
    history = History()
    pushed(history, 1)
    history.mark_clean(history.revision)
    undo(history)
    (left,) = history.undone
    history.push_unchanged(typed())
    assert not history.is_clean, "the state before is the one it names"
    assert history.undone == [left]
    undo(history)
    redo(history)
    undo(history)
    history.undone.pop()
    redo(history)
    history.push_unchanged(typed())
    assert history.is_clean


def test_states_whose_text_changed_get_new_numbers() -> None:
    history = History()
    steps = pushed(history, 3)
    before = [step.revision for step in steps]
    history.mark_clean(history.revision)
    history.renew(steps[1:])
    after = [step.revision for step in steps]
    assert after[0] == before[0]
    assert len({*before, *after}) == 5
    assert not history.is_clean


ONE = typed("x" * 100).size


@pytest.mark.parametrize(
    ("most", "kept"),
    [(5 * ONE, 5), (5 * ONE - 1, 4), (4 * ONE, 4), (4 * ONE - 1, 3), (ONE, 1), (0, 1)],
)
def test_the_oldest_go_until_the_rest_fits(most: int, kept: int) -> None:
    history = History()
    steps = pushed(history, 5)
    revision = history.revision
    history.bound(most)
    assert history.done == steps[5 - kept :]
    assert history.revision == revision
    # And the state before the oldest that is left is the one after the last that went.
    undo(history, kept)
    assert history.revision == (steps[4 - kept].revision if kept < 5 else 0)
    assert history.is_clean is (kept == 5)


@pytest.mark.parametrize(
    ("most", "done", "undone"),
    [(5, 2, 3), (4, 1, 3), (3, 1, 2), (2, 1, 1), (1, 1, 0), (0, 1, 0)],
)
def test_of_those_undone_the_furthest_go_after_the_oldest_done(
    most: int, done: int, undone: int
) -> None:
    history = History()
    steps = pushed(history, 5)
    undo(history, 3)
    history.bound(most * ONE)
    assert history.done == steps[2 - done : 2]
    assert history.undone == [*reversed(steps[2:])][3 - undone :]
    assert history.revision == steps[1].revision


def test_where_all_is_undone_the_nearest_stays() -> None:
    history = History()
    steps = pushed(history, 3)
    undo(history, 3)
    history.bound(0)
    assert (history.done, history.undone) == ([], steps[:1])
    assert history.is_clean, "nothing was done, so the beginning is where it was"
    redo(history)
    assert history.revision == steps[0].revision


def test_what_went_counts_no_more_and_what_grew_does() -> None:
    history = History()
    pushed(history, 4)
    history.bound(3 * ONE)
    assert len(history.done) == 3
    history.bound(3 * ONE)
    assert len(history.done) == 3
    pushed(history, 1)
    history.bound(3 * ONE)
    assert len(history.done) == 3, "and the new one's size counts"
    history.bound(4 * ONE)
    grown = history.done[0]
    grown.changes = typed("x" * 10_000).changes
    history.bound(3 * ONE)
    assert len(history.done) == 3, "nobody has told"
    history.weigh([grown])
    history.bound(3 * ONE)
    assert grown not in history.done
    assert len(history.done) == 2
