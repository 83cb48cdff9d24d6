"""A quiet button that is on or off, as an action is."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from studio.ui.widgets.actions import key_text, shown_text
from studio.ui.widgets.tips import plain_tip, set_tip, with_key


class ActionSwitch(QPushButton):
    """Shows whether a checkable action is on, and turns it.

    Args:
        action: Its name, key and help are the button's.
        parent: The Qt parent, if any.
    """

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self.setProperty("flat", True)
        self.setProperty("role", "muted")
        self.setCheckable(True)
        action.changed.connect(self._follow)
        action.toggled.connect(self.setChecked)
        self._follow()
        # Not the slot itself: Qt for Python has been seen to call it without the argument.
        self.clicked.connect(lambda: action.setChecked(self.isChecked()))

    def _follow(self) -> None:
        action = self._action
        name = shown_text(action)
        if name != self.text():
            self.setText(name)
            self.setAccessibleName(name)
        self.setChecked(action.isChecked())
        self.setEnabled(action.isEnabled())
        set_tip(self, with_key(plain_tip(action.toolTip()), key_text(action)))
