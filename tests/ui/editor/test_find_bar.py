from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.app.writing.text_search import matches, matches_between, next_match, previous_match
from studio.manuscript import Manuscript
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.find_bar import FindBar
from studio.ui.theme.colors import DARK
from studio.ui.theme.theme import Theme

TEXT = "The sea 😀 Sea\nof 😀 seas. The end."


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    yield Theme(qapp, "dark")
    qapp.setStyleSheet("")


@pytest.fixture
def editor(qtbot: QtBot, theme: Theme, window: QWidget) -> ManuscriptEditor:
    editor = ManuscriptEditor(Manuscript(TEXT))
    layout = QVBoxLayout(window)
    layout.addWidget(editor)
    layout.addWidget(FindBar(editor, theme))
    window.resize(500, 300)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return editor


@pytest.fixture
def bar(editor: ManuscriptEditor, window: QWidget) -> FindBar:
    bar = window.findChild(FindBar)
    assert isinstance(bar, FindBar)
    bar.open()
    return bar


def reported(bar: FindBar) -> str:
    return next(label.text() for label in bar.findChildren(QLabel))


def field(bar: FindBar) -> QLineEdit:
    return next(iter(bar.findChildren(QLineEdit)))


def selected(editor: ManuscriptEditor) -> str:
    start, end = editor.selection
    return editor.manuscript.text[start:end]


def test_matches_are_code_points_and_do_not_overlap() -> None:
    assert list(matches("😀aaaa", "aa", True)) == [(1, 3), (3, 5)]
    assert list(matches("x😀y😀", "😀", True)) == [(1, 2), (3, 4)]
    assert list(matches("a.b", ".", True)) == [(1, 2)]
    assert list(matches("İI i", "i", False)) == [(0, 1), (1, 2), (3, 4)]
    assert list(matches("a\u00a0b a b", "a b", True)) == [(0, 3), (4, 7)]
    assert list(matches("abc", "", True)) == []


def test_next_and_previous_wrap() -> None:
    found = [(2, 3), (5, 6)]
    assert [next_match(found, n) for n in (0, 2, 3, 6)] == [0, 0, 1, 0]
    assert [previous_match(found, n) for n in (0, 2, 3, 6)] == [1, 1, 0, 1]
    assert next_match([], 0) is previous_match([], 0) is None


def test_enter_goes_on_and_shift_enter_back_around_the_ends(
    editor: ManuscriptEditor, bar: FindBar
) -> None:
    QTest.keyClicks(field(bar), "sea")
    assert (editor.selection, reported(bar)) == ((4, 7), "1 of 3")
    QTest.keyClick(field(bar), Qt.Key.Key_Return)
    assert (editor.selection, reported(bar)) == ((10, 13), "2 of 3")
    QTest.keyClick(field(bar), Qt.Key.Key_Enter)
    QTest.keyClick(field(bar), Qt.Key.Key_Return)
    assert (editor.selection, reported(bar)) == ((4, 7), "1 of 3")
    QTest.keyClick(field(bar), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert (editor.selection, reported(bar)) == ((19, 22), "3 of 3")
    bar.find_next()
    bar.find_previous()
    assert reported(bar) == "3 of 3"


def test_case_can_be_distinguished(editor: ManuscriptEditor, bar: FindBar) -> None:
    bar.set_query("Sea")
    assert reported(bar) == "1 of 3"
    next(iter(bar.findChildren(QCheckBox))).setChecked(True)
    assert (editor.selection, reported(bar)) == ((10, 13), "1 of 1")


def test_emoji_are_found_and_marked(editor: ManuscriptEditor, bar: FindBar) -> None:
    bar.set_query("😀")
    assert (selected(editor), reported(bar)) == ("😀", "1 of 2")
    bar.find_next()
    assert editor.selection == (17, 18)
    marked = [selection.cursor.selectedText() for selection in editor.extraSelections()]
    assert marked == ["😀", "😀"]


def test_no_match_is_said_and_leaves_the_selection(editor: ManuscriptEditor, bar: FindBar) -> None:
    bar.set_query("The")
    before = editor.selection
    bar.set_query("Then")
    assert (reported(bar), editor.selection) == ("No matches", before)
    assert editor.extraSelections() == []
    bar.set_query("The ")
    assert reported(bar) == "1 of 2"


def test_it_opens_with_what_is_selected(editor: ManuscriptEditor, bar: FindBar) -> None:
    bar.close_bar()
    editor.select_range(19, 23)
    bar.open()
    assert (bar.query, reported(bar)) == ("seas", "1 of 1")
    editor.select_range(12, 16)
    bar.open()
    assert bar.query == "seas"


def test_escape_closes_and_gives_the_keyboard_back(
    qtbot: QtBot, editor: ManuscriptEditor, bar: FindBar
) -> None:
    bar.set_query("sea")
    assert editor.extraSelections()
    with qtbot.waitSignal(bar.closed):
        QTest.keyClick(field(bar), Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert editor.hasFocus()
    assert editor.extraSelections() == []
    assert selected(editor) == "sea"


def test_escape_closes_even_where_the_window_uses_it(
    qtbot: QtBot, window: QWidget, bar: FindBar
) -> None:
    stop = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
    with qtbot.assertNotEmitted(stop.activated), qtbot.waitSignal(bar.closed):
        QTest.keyClick(field(bar), Qt.Key.Key_Escape)
    with qtbot.waitSignal(stop.activated):
        QTest.keyClick(window, Qt.Key.Key_Escape)


def test_the_count_follows_the_text(qtbot: QtBot, editor: ManuscriptEditor, bar: FindBar) -> None:
    bar.set_query("sea")
    take = editor.manuscript.begin_take(len(TEXT))
    take.append(" More sea.")
    qtbot.waitUntil(lambda: reported(bar) == "1 of 4")
    editor.manuscript.end_take()


def test_of_many_matches_those_in_view_are_marked(
    qtbot: QtBot, editor: ManuscriptEditor, bar: FindBar
) -> None:
    editor.manuscript.load("sea\n" * 2000)
    bar.set_query("sea")
    qtbot.waitUntil(lambda: reported(bar).endswith("of 2,000"))
    assert 0 < len(editor.extraSelections()) < 40
    bar.find_previous()
    assert reported(bar) == "2,000 of 2,000"
    marked = editor.extraSelections()
    assert marked[-1].cursor.block().blockNumber() == 1999


def test_many_matches_are_found_in_pieces_while_the_window_goes_on(
    qtbot: QtBot, editor: ManuscriptEditor, bar: FindBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches: list[str] = []

    def search(text: str, query: str, match_case: bool) -> Iterator[tuple[int, int]]:
        searches.append(query)
        return matches(text, query, match_case)

    monkeypatch.setattr("studio.ui.editor.find_bar.matches", search)
    editor.manuscript.load("sea\n" * 35_000)
    qtbot.waitUntil(lambda: editor.document().blockCount() == 35_001)
    editor.select_range(120_000, 120_000)
    bar.open()
    bar.set_query("s")
    assert reported(bar) == "10,000 and more"
    assert editor.selection == (120_000, 120_000), "it is selected as soon as it is found"
    qtbot.waitUntil(lambda: reported(bar) == "30,001 of 35,000")
    assert editor.selection == (120_000, 120_001)
    assert 0 < len(editor.extraSelections()) < 40
    searches.clear()
    bar.find_next()
    assert reported(bar) == "30,002 of 35,000"
    bar.find_previous()
    bar.find_previous()
    assert reported(bar) == "30,000 of 35,000"
    assert searches == [], "the text is the same"
    bar.set_query("e")
    bar.find_previous()
    bar.close_bar()
    before = editor.selection
    qtbot.wait(1)
    assert editor.selection == before, "nothing goes on behind a closed bar"


def test_the_box_of_match_case_can_be_seen_in_the_dark(bar: FindBar) -> None:
    box = bar.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    image = box.grab().toImage()
    colors = {image.pixelColor(x, image.height() // 2).name() for x in range(4)}
    assert DARK.ghost in colors, "its border, at the left"


def test_matches_take_the_colours_of_the_appearance(
    editor: ManuscriptEditor, bar: FindBar, theme: Theme
) -> None:
    def marked() -> set[str]:
        return {mark.format.background().color().name() for mark in editor.extraSelections()}

    bar.set_query("sea")
    assert marked() == {theme.colors.selection}
    theme.set_appearance("light")
    assert marked() == {theme.colors.selection}
    assert theme.colors.selection != DARK.selection


@given(st.text("ab", max_size=30), st.sampled_from(["a", "ab", "bb"]), st.integers(0, 30))
def test_of_all_matches_those_in_view_are_found_without_looking_at_each(
    text: str, query: str, start: int
) -> None:
    found = list(matches(text, query, True))
    for end in range(start, len(text) + 2):
        in_view = [match for match in found if match[1] > start and match[0] < end]
        assert matches_between(found, start, end) == in_view
