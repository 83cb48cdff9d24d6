"""Misspelled words in the window: marked, offered in the menu, put right by one undo step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.ui.main_window import MainWindow
from tests.ui.conftest import remember

Key = Qt.Key


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    remember(remembered.SPELLING_LANGUAGE, "en_US")
    window = open_window()
    assert not window.session.spelling.is_on
    QTest.keyClick(window.editor, Key.Key_F7)
    assert window.actions_.writing_view.spelling.isChecked()
    qtbot.waitUntil(lambda: window.session.spelling.is_settled)
    return window


def marked(window: MainWindow) -> list[str]:
    lines = window.actions_.writing_view.spelling_lines
    found = []
    block = window.editor.document().firstBlock()
    while block.isValid():
        units = block.text().encode("utf-16-le")
        for start, end in lines.wrong_in(block):
            found.append(units[2 * start : 2 * end].decode("utf-16-le"))
        block = block.next()
    return found


def settle(window: MainWindow, qtbot: QtBot) -> None:
    window.editor.viewport().grab()  # what is painted is asked for
    qtbot.waitUntil(lambda: window.session.spelling.is_settled)


def menu_at(window: MainWindow, word: str) -> QMenu:
    place = window.editor.manuscript.text.index(word) + 2
    return window.editor.context_menu(window.editor.line_at(place).center())


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_a_word_is_marked_once_it_is_left(bare: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(bare.editor, "A recieve")
    settle(bare, qtbot)
    assert marked(bare) == []
    QTest.keyClicks(bare.editor, "d")
    settle(bare, qtbot)
    assert marked(bare) == []
    QTest.keyClicks(bare.editor, " ")
    settle(bare, qtbot)
    assert marked(bare) == ["recieved"]


def test_the_line_can_be_seen_and_goes_with_the_word(bare: MainWindow, qtbot: QtBot) -> None:
    bare.session.draft.manuscript.load("A 😀 recieve.")
    bare.editor.move_caret(0)
    settle(bare, qtbot)
    assert marked(bare) == ["recieve"]
    with_line = bare.editor.viewport().grab().toImage()
    QTest.keyClick(bare.editor, Key.Key_F7)
    assert not bare.actions_.writing_view.spelling.isChecked()
    assert with_line != bare.editor.viewport().grab().toImage()


def test_the_menu_offers_what_it_might_be(bare: MainWindow, qtbot: QtBot) -> None:
    bare.session.draft.manuscript.load("They 😀 recieve it.\nqwrtz qwrtz")
    settle(bare, qtbot)
    menu = menu_at(bare, "recieve")
    assert "receive" in entries(menu)
    assert entries(menu).index("receive") < entries(menu).index("&Ignore “recieve”")
    next(action for action in menu.actions() if action.text() == "receive").trigger()
    assert bare.editor.manuscript.text.startswith("They 😀 receive it.")
    assert bare.editor.caret == len("They 😀 receive")
    bare.actions_.undo.trigger()
    assert bare.editor.manuscript.text.startswith("They 😀 recieve it.")
    assert not any("Ignore" in entry for entry in entries(menu_at(bare, "They")))
    bare.editor.move_caret(0)
    menu = menu_at(bare, "qwrtz")
    next(action for action in menu.actions() if "Add" in action.text()).trigger()
    settle(bare, qtbot)
    assert marked(bare) == ["recieve"]
    menu = menu_at(bare, "recieve")
    next(action for action in menu.actions() if "Ignore" in action.text()).trigger()
    assert marked(bare) == []


def test_it_is_on_again_and_without_a_dictionary_says_why_not(
    open_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(remembered.SPELLING, True)
    remember(remembered.SPELLING_LANGUAGE, "en_US")
    window = open_window()
    assert window.session.spelling.is_on
    QTest.keyClick(window.editor, Key.Key_F7)
    assert not window.settings.get(remembered.SPELLING)
    monkeypatch.setattr("studio.app.writing.spelling.usual_folders", list)
    QTest.keyClick(window.editor, Key.Key_F7)
    assert not window.actions_.writing_view.spelling.isChecked()
    assert "No spelling dictionary was found" in window.notice.message


def test_the_language_is_chosen_in_the_menu(bare: MainWindow) -> None:
    menu = next(
        menu for menu in bare.menuBar().findChildren(QMenu) if menu.title() == "Spelling &language"
    )
    menu.aboutToShow.emit()
    checked = [action.text() for action in menu.actions() if action.isChecked()]
    assert checked == ["American English – en_US"]
