"""The outline in the window: shown by a key, gone to by a click, moved by keys and by a drag."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.ui.main_window import MainWindow
from studio.ui.outline.panel import NO_CHAPTERS, ChapterList, OutlineDock

ALT = Qt.KeyboardModifier.AltModifier
BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
BOOK = "# One\nsome words\n\n## Inner\nmore\n\n# Two\nlast"


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    window = open_window()
    window.session.draft.manuscript.load(BOOK)
    return window


def opened(window: MainWindow, qtbot: QtBot) -> OutlineDock:
    QTest.keyClick(window.editor, Qt.Key.Key_N, BOTH)
    dock = window.outline.dock
    assert dock is not None
    qtbot.waitUntil(dock.isVisible)
    qtbot.waitUntil(dock.chapters.hasFocus)
    return dock


def rows(chapters: ChapterList) -> list[str]:
    model = chapters.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def title_row(chapters: ChapterList, title: str) -> QModelIndex:
    return chapters.model().index(rows(chapters).index(title), 0)


def click(chapters: ChapterList, title: str) -> None:
    place = chapters.visualRect(title_row(chapters, title)).center()
    QTest.mouseClick(chapters.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_click_goes_there_and_the_chapter_at_the_caret_is_marked(
    bare: MainWindow, qtbot: QtBot
) -> None:
    chapters = opened(bare, qtbot).chapters
    assert rows(chapters) == ["One", "Inner", "Two"]
    for title in ("Inner", "Two", "One"):
        click(chapters, title)
        assert BOOK[bare.editor.caret :].lstrip("# ").startswith(title)
        assert bare.editor.hasFocus()
        model = chapters.model()
        qtbot.waitUntil(
            lambda title=title, model=model: (
                [  # type: ignore[misc]
                    str(model.index(row, 0).data())
                    for row in range(3)
                    if model.index(row, 0).data(Qt.ItemDataRole.UserRole + 2)
                ]
                == [title]
            )
        )
    said = title_row(chapters, "One").data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "One, level 1, 7 words"
    assert bare.actions_._outline.action.isChecked()


def test_keys_move_a_chapter_and_undo_brings_it_back(bare: MainWindow, qtbot: QtBot) -> None:
    bare.editor.move_caret(BOOK.index("# Two"))
    chapters = opened(bare, qtbot).chapters
    QTest.keyClick(chapters, Qt.Key.Key_Up, ALT)
    manuscript = bare.session.draft.manuscript
    assert manuscript.text == "# Two\nlast\n\n# One\nsome words\n\n## Inner\nmore"
    assert bare.editor.document().toPlainText() == manuscript.text
    assert rows(chapters) == ["Two", "One", "Inner"]
    assert chapters.currentIndex().data() == "Two"
    assert bare.editor.caret == 0
    QTest.keyClick(chapters, Qt.Key.Key_Up, ALT)
    assert rows(chapters) == ["Two", "One", "Inner"]
    QTest.keyClick(chapters, Qt.Key.Key_Down, ALT)
    assert manuscript.text == BOOK
    assert chapters.currentIndex().data() == "Two"
    bare.actions_.undo.trigger()
    bare.actions_.undo.trigger()
    assert (manuscript.text, manuscript.can_undo) == (BOOK, False)
    # Alt+Down in the text is what it was: what else could stand here.
    assert bare.actions_.what_else.shortcut().toString() == "Alt+Down"


def test_a_chapter_is_dropped_between_others_or_at_the_end(bare: MainWindow, qtbot: QtBot) -> None:
    chapters = opened(bare, qtbot).chapters
    model = chapters.model()
    two = title_row(chapters, "Two").row()
    data = model.mimeData([model.index(two, 0)])
    move = Qt.DropAction.MoveAction
    assert model.canDropMimeData(data, move, 0, 0, QModelIndex())
    assert model.dropMimeData(data, move, 0, 0, QModelIndex())
    qtbot.waitUntil(lambda: rows(chapters) == ["Two", "One", "Inner"])
    data = model.mimeData([model.index(2, 0)])
    assert model.dropMimeData(data, move, -1, -1, QModelIndex())  # below all: where it is
    data = model.mimeData([model.index(0, 0)])
    assert model.dropMimeData(data, move, -1, -1, QModelIndex())
    qtbot.waitUntil(lambda: rows(chapters) == ["One", "Inner", "Two"])
    assert bare.session.draft.manuscript.text == BOOK
    assert not model.dropMimeData(QMimeData(), move, 0, 0, QModelIndex())


def test_without_headings_it_says_what_one_is(bare: MainWindow, qtbot: QtBot) -> None:
    dock = opened(bare, qtbot)
    bare.session.draft.manuscript.load("Prose.")
    labels = [label for label in dock.findChildren(QLabel) if label.text() == NO_CHAPTERS]
    qtbot.waitUntil(lambda: labels[0].isVisible() and not dock.chapters.isVisible())
    bare.editor.move_caret(0)
    QTest.keyClicks(bare.editor, "# Hi")
    qtbot.waitUntil(dock.chapters.isVisible)


def test_it_is_open_again_where_it_was(
    bare: MainWindow, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    dock = opened(bare, qtbot)
    assert bare.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea
    bare.session.draft.manuscript.mark_clean()
    bare.close()
    assert bare.settings.get(remembered.OUTLINE_OPEN)
    again = open_window()
    dock_again = again.outline.dock
    assert dock_again is not None
    qtbot.waitUntil(dock_again.isVisible)
    dock_again.chapters.setFocus()
    QTest.keyClick(dock_again.chapters, Qt.Key.Key_Escape)
    assert not dock_again.isVisible()
    assert again.editor.hasFocus()
    assert not again.outline.action.isChecked()
    qtbot.waitUntil(lambda: again.session.outline.is_settled)
