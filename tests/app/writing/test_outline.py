"""Chapters of a text, and how they are moved."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.outline import Outline, chapters_of
from studio.engine.messages import Generate
from tests.helpers.fake_engine import Desk

BOOK = """\
Motto

# One
one

## One a
a

## One b
b

# Two
two

## Two a
last"""


@pytest.fixture
def outline(desk: Desk) -> Outline:
    outline = Outline(desk.draft, desk.writing, desk.writing)
    desk.draft.manuscript.load(BOOK)
    outline.set_followed(True)
    return outline


def titles(outline: Outline) -> list[str]:
    return [chapter.title for chapter in outline.chapters]


def test_headings_are_those_of_an_export() -> None:
    text = "#no\n   # *An* emphasis #\n    # code\n####### seven\ntext # no\n###### six"
    found = [(chapter.level, chapter.title) for chapter in chapters_of(text)]
    assert found == [(1, "An emphasis"), (6, "six")]
    assert chapters_of("") == []
    assert chapters_of("#" * 1000 + "\n#") == []


def test_a_chapter_ends_where_the_next_of_its_level_or_above_begins() -> None:
    texts = {c.title: BOOK[c.start : c.end] for c in chapters_of(BOOK)}
    assert texts["One"] == BOOK[7 : BOOK.index("# Two")]
    assert texts["One a"] == "## One a\na\n\n"
    assert texts["One b"] == "## One b\nb\n\n"
    assert texts["Two a"] == "## Two a\nlast"


def test_the_chapter_at_the_caret_is_the_current_one(desk: Desk, outline: Outline) -> None:
    assert outline.current is None
    for title in ("One", "One a", "Two a"):
        desk.draft.set_caret(BOOK.index(f"# {title}") + 3)
        outline.look()
        assert outline.current is not None
        assert outline.chapters[outline.current].title == title
    assert [outline.words(index) for index in range(5)] == [11, 4, 4, 7, 4]


@pytest.mark.parametrize(
    ("title", "step", "order"),
    [
        ("One", +1, ["Two", "Two a", "One", "One a", "One b"]),
        ("Two", -1, ["Two", "Two a", "One", "One a", "One b"]),
        ("One a", +1, ["One", "One b", "One a", "Two", "Two a"]),
        ("One b", -1, ["One", "One b", "One a", "Two", "Two a"]),
        ("One b", +1, ["One", "One a", "Two", "One b", "Two a"]),
        ("Two a", -1, ["One", "One a", "One b", "Two a", "Two"]),
    ],
)
def test_a_step_swaps_neighbours_or_leaves_the_chapter_around(
    desk: Desk, outline: Outline, title: str, step: int, order: list[str]
) -> None:
    manuscript = desk.draft.manuscript
    start = outline.move_by(titles(outline).index(title), step)
    assert titles(outline) == order
    assert start == outline.chapters[order.index(title)].start
    assert manuscript.text.startswith("Motto\n\n#")
    assert not manuscript.text.endswith("\n")
    assert manuscript.text.count("\n\n") == 5
    # The way back leads there.
    assert outline.move_by(order.index(title), -step) is not None
    assert manuscript.text == BOOK
    manuscript.undo()
    manuscript.undo()
    assert (manuscript.text, manuscript.can_undo) == (BOOK, False)


def test_ends_cannot_be_left(desk: Desk, outline: Outline) -> None:
    assert outline.move_by(0, -1) is None
    assert outline.move_by(3, +1) is None
    assert outline.move_by(4, +1) is None
    assert outline.move_by(9, +1) is None
    assert not desk.draft.manuscript.can_undo


def test_one_is_dropped_before_another_or_at_the_end(desk: Desk, outline: Outline) -> None:
    assert outline.move_before(0, 1) is None  # into itself
    assert outline.move_before(0, 3) is None  # where it is
    start = outline.move_before(2, 0)
    assert titles(outline) == ["One b", "One", "One a", "Two", "Two a"]
    assert start == BOOK.index("# One")
    start = outline.move_before(0, 5)
    assert titles(outline) == ["One", "One a", "Two", "Two a", "One b"]
    assert desk.draft.manuscript.text.endswith("## Two a\nlast\n\n## One b\nb")
    assert start == desk.draft.manuscript.text.index("## One b")


def test_nothing_moves_while_a_text_is_written(desk: Desk, outline: Outline) -> None:
    desk.writing.continue_writing()
    assert desk.client.last(Generate)
    assert not outline.can_move
    assert outline.move_by(0, +1) is None
    assert desk.draft.manuscript.text == BOOK


def test_it_follows_the_text_while_it_is_shown(desk: Desk, outline: Outline, qtbot: QtBot) -> None:
    manuscript = desk.draft.manuscript
    manuscript.edit(0, 0, "# Zero\n")
    qtbot.waitUntil(lambda: titles(outline)[0] == "Zero")
    outline.set_followed(False)
    manuscript.edit(0, 0, "# Minus\n")
    assert outline.is_settled
    outline.set_followed(True)
    assert titles(outline)[:2] == ["Minus", "Zero"]
