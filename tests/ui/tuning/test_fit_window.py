"""The fitted temperature in the real window, with the real model and real keys."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from studio.app.tuning.fit_scope import FitScope
from studio.app.tuning.fit_words import lead
from studio.ui.main_window import MainWindow
from studio.ui.tuning.fit_window import STALE, FitWindow
from studio.ui.widgets.screen_room import size_on_screen
from tests.ui.conftest import LONG

TEXT = (
    "The old fisherman looked out over the sea and thought about Anna. He had gone out each "
    "morning before the light. Nobody had asked Peter Doyle whether he liked it."
)


@pytest.fixture
def view(window: MainWindow, qtbot: QtBot) -> FitWindow:
    """The window of the fit over a text that was typed, once that is fitted."""
    QTest.keyClicks(window.editor, TEXT)
    window.actions_.fit.trigger()
    view = window.findChild(FitWindow)
    assert isinstance(view, FitWindow)
    until_fitted(view, qtbot)
    return view


def until_fitted(view: FitWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not (view.own.is_busy or view.other.is_busy), timeout=LONG)


def rows(view: FitWindow, group: int, column: int = 0) -> list[list[str]]:
    parent = view.columns[column].table.topLevelItem(group)
    assert parent is not None
    items = [parent.child(row) for row in range(parent.childCount())]
    return [cells(item) for item in items if item is not None]


def cells(item: QTreeWidgetItem) -> list[str]:
    return [item.text(column) for column in range(item.columnCount())]


def test_a_typed_text_is_fitted_and_its_temperature_used_and_kept(
    window: MainWindow, view: FitWindow, qtbot: QtBot
) -> None:
    column, session = view.columns[0], window.session
    assert view.own.fit is not None
    whole = view.own.fit.whole
    assert whole.tokens == len(session.records.spans)
    t = f"{whole.temperature:.2f}"
    assert column.lead.text() == lead("Your text", whole)
    assert f"T\u00a0{t} (" in column.lead.text()
    assert not column.heading.isVisible(), "there is one text"
    assert not column.note.isVisible()
    assert view.plot.isVisible()
    assert f"most likely at T {t}" in view.plot.accessibleDescription()
    assert view.plot.getAxis("left").tickStrings([-2.5, -2.0], 1.0, 0.5) == ["−2.5", "−2.0"]
    found = rows(view, 0)
    assert [row[0] for row in found] == ["Sentence starts", "Inside sentences", "Names"]
    assert sum(int(row[4]) for row in found) == whole.tokens
    assert column.table.topLevelItemCount() == 1, "there are no chapters"

    column.details.setFocus()
    QTest.keyClick(column.details, Qt.Key.Key_Space)
    assert "By observed information: T " in column._details.text()
    assert column._details.isVisible()

    QTest.keyClick(column.use, Qt.Key.Key_Space)
    assert session.sampling.params.temperature == float(t)
    assert t in column.note.text()
    names = {stored.preset.name for stored in session.presets.listing.presets}
    QTest.keyClick(column.keep, Qt.Key.Key_Space)
    [kept] = [it.preset for it in session.presets.listing.presets if it.preset.name not in names]
    assert kept.sampling.temperature == float(t)
    assert kept.name in column.note.text()
    assert session.preset_choice.current.name != kept.name, "what is in force stays"


def test_it_follows_the_text_and_the_choice_of_what_counts(
    window: MainWindow, view: FitWindow, qtbot: QtBot
) -> None:
    former = view.own.fit
    QTest.keyClicks(window.editor, " He rowed home.")
    assert view.columns[0].note.text() == STALE
    assert view.own.fit is former
    QTest.keyClick(view.again, Qt.Key.Key_Space)
    until_fitted(view, qtbot)
    assert view.own.fit is not former
    assert not view.columns[0].note.isVisible()

    window.editor.select_range(0, TEXT.index("He had"))
    QTest.keyClick(view.scope, Qt.Key.Key_Down)
    assert view.own.scope is FitScope.SELECTION
    until_fitted(view, qtbot)
    assert view.own.fit is not None
    assert view.columns[0].lead.text().startswith("What is selected reads like T")
    assert view.own.fit.whole.tokens < 20

    QTest.keyClick(view.scope, Qt.Key.Key_Escape)
    assert not view.isVisible()
    assert view.own.fit is None, "closed, it keeps nothing"
    window.actions_.fit.trigger()
    until_fitted(view, qtbot)
    assert view.own.fit is not None


def test_two_voices_stand_side_by_side(
    window: MainWindow, view: FitWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    story = tmp_path / "Other <i>story.md"
    chapter = "# {name}\n\nIt was calm that day. In town they said that Peter owed money.\n\n"
    story.write_text(chapter.format(name="One") + chapter.format(name="Two"), encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(story))])
    view.dropEvent(
        QDropEvent(
            QPointF(40, 40),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert view.columns[1].isVisible()
    until_fitted(view, qtbot)
    assert view.other.fit is not None
    own, other = view.columns
    assert own.heading.isVisible()
    assert other.name == f"“{story.name}”"
    assert other.lead.text().startswith(f"“{story.name}” reads like T")
    assert [row[0] for row in rows(view, 1, column=1)] == ["One", "Two"]
    assert view.second.currentText() == story.name
    assert view.plot.accessibleDescription().count("most likely at T") == 2

    view.second.setCurrentIndex(0)
    view.second.activated.emit(0)
    assert not other.isVisible()
    assert view.other.fit is None

    window.files.new()
    QTest.keyClicks(window.editor, "Nobody came.")
    assert view.own.fit is None
    QTest.keyClick(view.again, Qt.Key.Key_Space)
    row = view.second.findText("Untitled")
    assert row > 0, "the document that was in front before"
    view.second.setCurrentIndex(row)
    view.second.activated.emit(row)
    until_fitted(view, qtbot)
    assert view.other.fit is not None
    assert view.other.fit.whole.tokens > 30


def test_a_window_is_no_larger_than_its_screen(window: MainWindow) -> None:
    window.actions_.fit.trigger()
    view = window.findChild(FitWindow)
    assert isinstance(view, FitWindow)
    screen, size = view.screen().availableGeometry().size(), view.size()
    assert size_on_screen(view, size.width(), size.height()) == size
    most = size_on_screen(view, 10_000, 10_000)
    assert most.width() < screen.width()
    assert most.height() < screen.height()
    assert size_on_screen(view, 200, 10_000) == QSize(200, most.height())
