from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument
from pytestqt.qtbot import QtBot

from studio.manuscript import Manuscript
from studio.ui.editor.document import (
    DocumentMirror,
    Utf16Index,
    difference,
    pasted,
    shown,
    utf16_length,
)

pytestmark = pytest.mark.usefixtures("qapp")

characters = st.one_of(
    st.sampled_from("ab\n\r😀🎣\u00a0\u2028\u2029\ufeff"),
    st.characters(codec="utf-8", exclude_characters="\0"),
)
texts = st.text(characters, max_size=12)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5), texts), max_size=8))
def test_positions_translate_both_ways_after_any_changes(
    changes: list[tuple[int, int, str]],
) -> None:
    index, text = Utf16Index(), ""
    for position, removed, inserted in changes:
        position %= len(text) + 1
        removed = min(removed, len(text) - position)
        text = text[:position] + inserted + text[position + removed :]
        index.change(position, removed, inserted)
    for position in range(len(text) + 1):
        units = utf16_length(text[:position])
        assert index.units(position) == units
        assert index.code_points(units) == position


def test_a_position_inside_a_pair_is_the_one_behind_it() -> None:
    index = Utf16Index()
    index.change(0, 0, "a😀b")
    assert [index.code_points(units) for units in range(5)] == [0, 1, 2, 2, 3]


@given(texts, texts, st.one_of(st.none(), st.integers(0, 12)))
def test_a_difference_makes_one_text_of_the_other(old: str, new: str, caret: int | None) -> None:
    position, length, inserted = difference(old, new, caret)
    assert old[:position] + inserted + old[position + length :] == new
    assert 0 <= length <= len(old)
    if old == new:
        assert (length, inserted) == (0, "")


@pytest.mark.parametrize(("caret", "position"), [(1, 0), (2, 1), (3, 2), (4, 3)])
def test_the_caret_shows_which_of_like_letters_was_typed(caret: int, position: int) -> None:
    assert difference("aaa", "aaaa", caret) == (position, 0, "a")


@given(texts)
def test_a_document_shows_one_code_point_for_one(text: str) -> None:
    assert len(shown(text)) == len(text)
    assert not set(shown(text)) & set("\n\r\0\ufdd0\ufdd1\ufffc")


def test_foreign_text_loses_what_no_manuscript_holds() -> None:
    assert (
        pasted("a\r\nb\rc\u2029d\0\ufffc\ud83d\ufdd0\u00a0\u2028")
        == "a\nb\nc\nd\ufffd\ufffd\ufffd\u00a0\u2028"
    )


def bound(manuscript: Manuscript) -> tuple[QTextDocument, DocumentMirror, QTextCursor]:
    document = QTextDocument()
    caret = QTextCursor(document)
    return document, DocumentMirror(document, manuscript, caret.position), caret


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5), texts), max_size=6))
def test_whatever_happens_to_the_manuscript_the_document_shows_it(
    changes: list[tuple[int, int, str]],
) -> None:
    manuscript = Manuscript("é😀\nend")
    document, mirror, _ = bound(manuscript)
    for position, removed, inserted in changes:
        position %= len(manuscript) + 1
        manuscript.edit(position, min(removed, len(manuscript) - position), inserted)
        assert document.toRawText() == shown(manuscript.text)
    while manuscript.can_undo:
        manuscript.undo()
        assert document.toRawText() == shown(manuscript.text)
    mirror.leave()


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5), texts), max_size=6))
def test_whatever_is_done_to_the_document_reaches_the_manuscript(
    changes: list[tuple[int, int, str]],
) -> None:
    manuscript = Manuscript("é😀\nend")
    _, mirror, caret = bound(manuscript)
    expected = manuscript.text
    for position, removed, inserted in changes:
        inserted = pasted(inserted)
        position %= len(expected) + 1
        removed = min(removed, len(expected) - position)
        caret.setPosition(mirror.units(position))
        caret.setPosition(mirror.units(position + removed), QTextCursor.MoveMode.KeepAnchor)
        caret.insertText(inserted)
        expected = expected[:position] + inserted + expected[position + removed :]
        assert manuscript.text == expected
    mirror.leave()


def test_what_was_not_edited_is_never_read_back(qtbot: QtBot) -> None:
    manuscript = Manuscript("a\r\nb\ufdd0\ufffc\u2029c")
    _, _, caret = bound(manuscript)
    caret.setPosition(4)
    caret.insertText("X")
    caret.select(QTextCursor.SelectionType.WordUnderCursor)
    assert manuscript.text == "a\r\nbX\ufdd0\ufffc\u2029c"


def test_a_lone_surrogate_in_the_document_is_taken_back(qtbot: QtBot) -> None:
    manuscript = Manuscript("ab")
    document, mirror, caret = bound(manuscript)
    with qtbot.waitSignal(mirror.refused):
        caret.insertText("x\ud83d")
    qtbot.waitUntil(lambda: document.toRawText() == "ab")
    assert manuscript.text == "ab"
    caret.setPosition(0)
    caret.insertText("y")
    assert manuscript.text == "yab"


def test_a_change_inside_a_growing_take_is_taken_back(qtbot: QtBot) -> None:
    manuscript = Manuscript("ab")
    document, mirror, caret = bound(manuscript)
    take = manuscript.begin_take(1)
    take.append("TAKE")
    with qtbot.waitSignal(mirror.refused):
        caret.select(QTextCursor.SelectionType.Document)
        caret.removeSelectedText()
    take.append("S")  # before the event loop has had its turn
    assert document.toRawText() == manuscript.text == "aTAKESb"
    manuscript.end_take()


def test_a_move_in_one_edit_is_reduced_to_what_differs(qtbot: QtBot) -> None:
    manuscript = Manuscript("one two three")
    _, _, caret = bound(manuscript)
    caret.beginEditBlock()
    caret.setPosition(13)
    caret.insertText("!")
    caret.setPosition(4)
    caret.insertText("x")
    caret.endEditBlock()
    assert manuscript.text == "one xtwo three!"


def test_a_manuscript_outlives_its_view(qtbot: QtBot) -> None:
    manuscript = Manuscript("ab")
    document, mirror, _ = bound(manuscript)
    mirror.leave()
    manuscript.edit(0, 0, "x")
    assert document.toRawText() == "ab"
