"""Keys that a part of the window has a use for: Esc, those that move what is chosen, and any.

Esc would else be the window's, to stop writing, and Alt+Down would look at a word.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget


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


_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: +1}


def step_of(event: QEvent) -> int:
    """By how many places Alt+Up or Alt+Down moves what is chosen; 0 for any other event."""
    if not isinstance(event, QKeyEvent):
        return 0
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    is_alt = modifiers == Qt.KeyboardModifier.AltModifier
    return _STEPS.get(Qt.Key(event.key()), 0) if is_alt else 0


def claims_step(event: QEvent) -> bool:
    """As `claims_escape`, of Alt+Up and Alt+Down."""
    if event.type() != QEvent.Type.ShortcutOverride or not step_of(event):
        return False
    event.accept()
    return True


class UntilKey(QObject):
    """Watches for a key that goes to another widget than one's own.

    Args:
        owner: Whose own keys do not count.
        gone: What is done at the first of all others; the watch ends with it.
    """

    def __init__(self, owner: QWidget, gone: Callable[[], None]) -> None:
        super().__init__(owner)
        self._owner = owner
        self._gone = gone
        self._is_on = False

    def begin(self) -> None:
        """Something is there now."""
        application = QApplication.instance()
        if not self._is_on and application is not None:
            self._is_on = True
            application.installEventFilter(self)

    def end(self) -> None:
        """It is gone."""
        application = QApplication.instance()
        if self._is_on and application is not None:
            self._is_on = False
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the key pass, and end what it must not meet."""
        is_key = event.type() in (QEvent.Type.KeyPress, QEvent.Type.InputMethod)
        if is_key and isinstance(watched, QWidget) and watched is not self._owner:
            self.end()
            self._gone()
        return False
