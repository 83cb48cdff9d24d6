"""Esc for a widget that has a use for it, where else it would be the window's: to stop writing."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent


def claims_escape(event: QEvent) -> bool:
    """Claim Esc from the window's shortcuts, if that is what `event` asks about.

    To be returned from a widget's `event` where it is true: the key comes to the widget then.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.key() != Qt.Key.Key_Escape:
        return False
    event.accept()
    return True
