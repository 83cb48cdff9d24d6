"""The page: zoom, and lines that can be read on any window."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.editor.page import LARGEST_ZOOM, SMALLEST_ZOOM, Page


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    return page


def test_zoom_keeps_within_limits_and_can_be_reset(qtbot: QtBot, page: Page) -> None:
    first = page.font().pointSizeF()
    assert first > QApplication.font().pointSizeF()
    with qtbot.waitSignal(page.zoom_changed) as told:
        page.zoom_by(2)
    assert told.args == [2]
    assert page.font().pointSizeF() == first + 2
    page.zoom_by(1000)
    assert page.zoom == LARGEST_ZOOM
    page.zoom_by(-1000)
    assert page.zoom == SMALLEST_ZOOM
    page.zoom_reset()
    assert page.font().pointSizeF() == first


def test_the_wheel_zooms_with_control_held(page: Page) -> None:
    def turn(delta: int, modifier: Qt.KeyboardModifier) -> None:
        event = QWheelEvent(
            QPointF(5, 5),
            QPointF(5, 5),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(page.viewport(), event)

    turn(120, Qt.KeyboardModifier.ControlModifier)
    turn(60, Qt.KeyboardModifier.ControlModifier)
    assert page.zoom == 1
    turn(60, Qt.KeyboardModifier.ControlModifier)
    turn(120, Qt.KeyboardModifier.NoModifier)
    assert page.zoom == 2
    turn(-240, Qt.KeyboardModifier.ControlModifier)
    assert page.zoom == 0


def test_lines_stay_readable_on_a_wide_window(page: Page) -> None:
    page.setPlainText("word " * 100)
    page.resize(2000, 300)
    page.show()
    assert page.document().textWidth() <= page.viewport().width() < 1100
    page.resize(400, 300)
    assert page.document().textWidth() <= page.viewport().width()
    assert page.viewport().width() > 350
    page.resize(1500, 300)
    assert page.document().textWidth() <= page.viewport().width() < 1100
    page.zoom_by(4)
    assert page.document().textWidth() <= page.viewport().width()
