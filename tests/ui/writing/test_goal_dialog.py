"""A goal of words is asked for, shown below the page, and remembered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.ui.main_window import MainWindow
from studio.ui.writing.goal_dialog import GoalDialog
from tests.ui.conftest import remember


def facts(window: MainWindow) -> str:
    return window.writing_bar._facts.text()


def test_a_goal_is_set_and_typed_words_come_nearer_to_it(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    dialog = GoalDialog(window.session.word_count, window.theme, window.settings, window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.number.setFocus()
    dialog.number.selectAll()
    QTest.keyClicks(dialog.number, "500")
    QTest.keyClick(dialog.number, Qt.Key.Key_Return)
    assert dialog.result() == GoalDialog.DialogCode.Accepted
    QTest.keyClicks(window.editor, "Three typed words")
    qtbot.waitUntil(lambda: facts(window).startswith("3 words   typed 3 of 500"))
    window.editor.select_range(0, 11)
    qtbot.waitUntil(lambda: facts(window).startswith("2 of 3 words   typed 3 of 500"))
    assert window.settings.get(remembered.GOAL) == 500


def test_it_is_there_again_and_can_be_of_the_document(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    remember(remembered.GOAL, 20)
    remember(remembered.GOAL_OF_DOCUMENT, True)
    window = open_window()
    window.session.draft.manuscript.load("two words")
    qtbot.waitUntil(lambda: facts(window) == "2 words   goal 2 of 20")
    dialog = GoalDialog(window.session.word_count, window.theme, window.settings, window)
    qtbot.addWidget(dialog)
    assert (dialog.number.value(), dialog.counts.currentIndex()) == (20, 1)
    dialog.number.setValue(0)
    dialog.accept()
    qtbot.waitUntil(lambda: facts(window) == "2 words")
