"""A tool tip goes as soon as somebody types: it must not cover the field that is typed in.

Watches the widget that has the keyboard, and no other.
"""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from shiboken6 import isValid


class TipsGoAsOneTypes(QObject):
    """Hides the tool tip at a key.

    Args:
        application: Whose tool tips.
        parent: Its owner.
    """

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._watched: QWidget | None = None
        application.focusChanged.connect(self._watch)

    def _watch(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = now
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the key pass."""
        # In this order: a page that a text grows in gets some events a frame, none of them a key.
        if QToolTip.isVisible() and event.type() in (
            QEvent.Type.KeyPress,
            QEvent.Type.InputMethod,
        ):
            QToolTip.hideText()
        return False
