"""One change: its inverse, and which strokes are undone together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript.change import Change
from studio.manuscript.passage import NOTHING, Origin, Passage

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
"""Seven code points, by one key."""


def typed(position: int, text: str, *, awaits: bool = False) -> Change:
    return Change(position, NOTHING, Passage.of(text, Origin.TYPED), awaits)


def deleted(position: int, text: str, *, awaits: bool = False) -> Change:
    return Change(position, Passage.of(text, Origin.TYPED), NOTHING, awaits)


def replaced(position: int, old: str, new: str) -> Change:
    return Change(position, Passage.of(old, Origin.TYPED), Passage.of(new, Origin.GENERATED))


@given(st.integers(0, 9), st.text("ab ", max_size=4), st.text("ab ", max_size=4), st.booleans())
def test_the_inverse_puts_back_what_was_there(
    position: int, old: str, new: str, awaits: bool
) -> None:
    change = Change(
        position, Passage.of(old, Origin.TYPED), Passage.of(new, Origin.GENERATED), awaits
    )
    assert change.end == position + len(new)
    back = change.inverse
    assert (back.position, back.awaits_take) == (position, awaits)
    assert (back.removed, back.inserted) == (change.inserted, change.removed)
    assert back.inverse == change


@pytest.mark.parametrize("text", ["a", " ", "\n", "🐟", FAMILY, "abcdefgh"])
def test_one_key_may_have_done_these(text: str) -> None:
    assert typed(0, text).is_keystroke
    assert deleted(0, text).is_keystroke
    assert not replaced(0, text, text).is_keystroke


@pytest.mark.parametrize("text", ["abcdefghi", "a b", "  ", "ab\n"])
def test_no_key_does_these(text: str) -> None:
    assert not typed(0, text).is_keystroke
    assert not deleted(0, text).is_keystroke


def test_behind_a_take_its_length_is_added_once() -> None:
    waiting = typed(3, "a", awaits=True)
    settled = waiting.settled(5)
    assert (settled.position, settled.awaits_take) == (8, False)
    assert settled.inserted == waiting.inserted
    assert settled.settled(5) is settled


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (typed(3, "a"), typed(4, "b"), typed(3, "ab")),
        (typed(3, "word"), typed(7, " "), typed(3, "word ")),
        (typed(3, " "), typed(4, "\n"), typed(3, " \n")),
        (typed(3, "word "), typed(8, " "), typed(3, "word  ")),
        (typed(3, "a"), typed(4, FAMILY), typed(3, "a" + FAMILY)),
        (deleted(4, "b"), deleted(3, "a"), deleted(3, "ab")),
        (deleted(4, "b"), deleted(3, " "), deleted(3, " b")),
        (deleted(4, " "), deleted(3, " "), deleted(3, "  ")),
        (deleted(3, "a"), deleted(3, "b"), deleted(3, "ab")),
        (deleted(3, "a"), deleted(3, " "), deleted(3, "a ")),
        (typed(3, "a", awaits=True), typed(4, "b", awaits=True), typed(3, "ab", awaits=True)),
        # A key that deletes a whole family before the caret.
        (deleted(7, "b"), deleted(0, FAMILY), deleted(0, FAMILY + "b")),
    ],
)
def test_strokes_that_go_on_are_one(first: Change, second: Change, both: Change) -> None:
    assert first.joined(second) == both


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (typed(3, "word "), typed(8, "n")),
        (typed(3, "a"), typed(5, "b")),
        (typed(3, "a"), typed(3, "b")),
        (typed(3, "a"), typed(4, "pasted text")),
        (typed(3, "a"), deleted(3, "a")),
        (deleted(3, "a"), typed(3, "b")),
        (typed(3, "a"), replaced(4, "b", "c")),
        (replaced(3, "x", "a"), typed(4, "b")),
        (replaced(3, "a", "x"), deleted(3, "b")),
        (replaced(3, "a", "x"), deleted(2, "b")),
        (typed(3, "a", awaits=True), typed(4, "b")),
        (typed(3, "a"), typed(4, "b", awaits=True)),
        (deleted(4, " b"), deleted(3, "a")),
        (deleted(3, "a "), deleted(3, "b")),
        (deleted(4, "b"), deleted(2, "a")),
        (deleted(4, "b"), deleted(5, "c")),
        (deleted(4, "b"), deleted(3, "a long text")),
    ],
)
def test_others_are_two(first: Change, second: Change) -> None:
    assert first.joined(second) is None
