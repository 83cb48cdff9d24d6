from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.app.writing.text_search import Query, matches
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


def fields(bar: FindBar) -> list[QLineEdit]:
    return bar.findChildren(QLineEdit)


def box(bar: FindBar, words: str) -> QCheckBox:
    return next(box for box in bar.findChildren(QCheckBox) if box.text() == words)


def button(bar: FindBar, words: str) -> QPushButton:
    return next(button for button in bar.findChildren(QPushButton) if button.text() == words)


def selected(editor: ManuscriptEditor) -> str:
    start, end = editor.selection
    return editor.manuscript.text[start:end]


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

    def search(text: str, query: Query) -> Iterator[tuple[int, int]]:
        searches.append(query.text)
        return matches(text, query)

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


def replacing(bar: FindBar, query: str, instead: str) -> None:
    bar.open_replacing()
    bar.set_query(query)
    fields(bar)[1].setText(instead)


def test_one_after_another_is_replaced_by_enter(editor: ManuscriptEditor, bar: FindBar) -> None:
    editor.move_caret(0)
    bar.set_query("sea")
    bar.open_replacing()
    assert fields(bar)[1].hasFocus(), "what is looked for is there"
    fields(bar)[0].setFocus()
    QTest.keyClick(fields(bar)[0], Qt.Key.Key_Tab)
    assert fields(bar)[1].hasFocus()
    QTest.keyClicks(fields(bar)[1], "lake")
    QTest.keyClick(fields(bar)[1], Qt.Key.Key_Return)
    assert editor.manuscript.text == "The lake 😀 Sea\nof 😀 seas. The end."
    assert selected(editor) == "Sea"
    assert reported(bar) == "1 of 2"
    bar.find_next()
    QTest.mouseClick(button(bar, "Replace"), Qt.MouseButton.LeftButton)
    assert editor.manuscript.text == "The lake 😀 Sea\nof 😀 lakes. The end."
    editor.manuscript.undo()
    assert editor.manuscript.text == "The lake 😀 Sea\nof 😀 seas. The end.", "each is a step"


def test_all_are_replaced_in_one_step(editor: ManuscriptEditor, bar: FindBar) -> None:
    replacing(bar, "sea", "ocean")
    QTest.mouseClick(button(bar, "Replace all"), Qt.MouseButton.LeftButton)
    assert editor.manuscript.text == "The ocean 😀 ocean\nof 😀 oceans. The end."
    assert editor.toPlainText() == editor.manuscript.text
    assert reported(bar) == "3 replaced"
    editor.manuscript.undo()
    assert editor.manuscript.text == TEXT
    assert not editor.manuscript.can_undo


def test_whole_words_and_patterns(editor: ManuscriptEditor, bar: FindBar) -> None:
    replacing(bar, "sea", "lake")
    assert reported(bar) == "1 of 3"
    box(bar, "Whole words").click()
    assert reported(bar) == "1 of 2"
    box(bar, "Whole words").click()
    replacing(bar, r"(\w)(ea)(s?)", r"\2-\1\3")
    box(bar, "Regular expression").click()
    QTest.mouseClick(button(bar, "Replace all"), Qt.MouseButton.LeftButton)
    assert editor.manuscript.text == "The ea-s 😀 ea-S\nof 😀 ea-ss. The end."
    bar.close_bar()
    bar.open()
    bar.set_query(".")
    assert reported(bar).endswith(" of 2"), "it is a full stop again"


def test_what_is_no_pattern_says_why_and_nothing_is_replaced(
    editor: ManuscriptEditor, bar: FindBar
) -> None:
    replacing(bar, "(sea", "x")
    box(bar, "Regular expression").click()
    problem = bar.findChildren(QLabel)[1]
    assert problem.isVisible()
    assert "no regular expression" in problem.text()
    assert reported(bar) == ""
    button(bar, "Replace all").click()
    assert editor.manuscript.text == TEXT
    bar.set_query("(sea)")
    assert not problem.isVisible()
    fields(bar)[1].setText(r"\2")
    button(bar, "Replace all").click()
    assert "stands for nothing here" in problem.text()
    assert editor.manuscript.text == TEXT


def test_thousands_are_replaced_while_the_window_goes_on(
    editor: ManuscriptEditor, bar: FindBar, qtbot: QtBot
) -> None:
    text = "The sea was calm, and the sea was deep.\n" * 1500
    editor.manuscript.load(text)
    qtbot.waitUntil(lambda: editor.is_whole)
    replacing(bar, "sea", "ocean")
    button(bar, "Replace all").click()
    assert editor.manuscript.text == text.replace("sea", "ocean")
    assert reported(bar) == "3,000 replaced"
    qtbot.waitUntil(lambda: editor.is_whole)
    assert editor.toPlainText() == editor.manuscript.text
    editor.undo()
    qtbot.waitUntil(lambda: editor.is_whole)
    assert editor.toPlainText() == editor.manuscript.text == text


def test_what_the_model_is_writing_is_not_replaced(
    editor: ManuscriptEditor, bar: FindBar, qtbot: QtBot
) -> None:
    take = editor.manuscript.begin_take(len(TEXT))
    take.append(" By the sea.")
    replacing(bar, "sea", "lake")
    with qtbot.waitSignal(editor.refused):
        button(bar, "Replace all").click()
    assert editor.manuscript.text == TEXT + " By the sea."
    editor.manuscript.end_take()
    button(bar, "Replace all").click()
    assert editor.manuscript.text.endswith("By the lake.")
