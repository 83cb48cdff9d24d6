from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QToolTip
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow


def test_no_tip_covers_a_field_that_is_typed_in(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    gone = QLineEdit(window)
    gone.show()
    gone.setFocus()
    gone.deleteLater()  # what had the keyboard may be no more
    fields = (window.editor, window.temperature.temperature_edit, window.editor)
    for field in fields:
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        QToolTip.showText(field.mapToGlobal(QPoint(4, 4)), "What this does.", window.histogram)
        qtbot.waitUntil(QToolTip.isVisible)
        QTest.keyClick(field, Qt.Key.Key_1)
        qtbot.waitUntil(lambda: not QToolTip.isVisible())
