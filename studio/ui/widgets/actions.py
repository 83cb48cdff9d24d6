"""Actions and the buttons that show them: one place for a name, a key and a word of help."""

import re
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from studio.ui.widgets.tips import plain, with_key

Shortcut = QKeySequence.StandardKey | str | list[str] | None


def make_action(
    parent: QObject,
    text: str,
    slot: Callable[[], object],
    shortcut: Shortcut = None,
    tip: str = "",
) -> QAction:
    """An action for menus, keys and buttons.

    Args:
        parent: owns it.
        text: its name, with a mnemonic.
        slot: what it does.
        shortcut: a standard key, one or several key sequences, or none.
        tip: what it does, in one sentence; the name by default.
    """
    action = QAction(text, parent)
    if isinstance(shortcut, QKeySequence.StandardKey):
        action.setShortcuts(QKeySequence.keyBindings(shortcut))
    elif isinstance(shortcut, list):
        action.setShortcuts([QKeySequence(keys) for keys in shortcut])
    elif shortcut:
        action.setShortcut(QKeySequence(shortcut))
    action.triggered.connect(lambda _checked: slot())
    if tip:
        action.setToolTip(tip)
        action.setStatusTip(plain(tip))
    return action


def key_text(action: QAction) -> str:
    """The action's first key as the platform writes it.

    Qt calls the large Enter key Return, and keeps Enter for the number pad; writers do not.
    """
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return keys.replace("Return", "Enter")


def shown_text(action: QAction) -> str:
    """The action's name as a menu shows it, without the mark of its letter."""
    return re.sub(r"&(.)", r"\1", action.text())


def button_text(text: str) -> str:
    """A text for a button that is to be seen as it is: an & in it marks no letter."""
    return text.replace("&", "&&")


class ActionButton(QPushButton):
    """A push button that shows an action.

    Args:
        action: what it does; name, key, tooltip and whether it is enabled come from there.
        primary: whether it is the main thing to do.
        shows_key: whether the key stands beside the name; it is in the tooltip in any case.
        parent: the Qt parent, if any.
    """

    def __init__(
        self,
        action: QAction,
        *,
        primary: bool = False,
        shows_key: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._action = action
        self._shows_key = shows_key
        self.setProperty("primary", primary)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        action = self._action
        name = shown_text(action)
        keys = key_text(action)
        shown = f"{name}   {keys}" if keys and self._shows_key else name
        self.setText(button_text(shown))
        self.setEnabled(action.isEnabled())
        self.setToolTip(with_key(action.toolTip(), keys))
        self.setAccessibleName(name)
