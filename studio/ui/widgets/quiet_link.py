"""A button of bare words that leads to a panel."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton


def quiet_link(words: str, name: str, tip: str) -> QPushButton:
    """A button of bare words, for the header of a card, that leads to a panel.

    Args:
        words: What it says.
        name: What it is called, for those who hear the window.
        tip: Its tooltip.
    """
    button = QPushButton(words)
    button.setProperty("flat", True)
    button.setProperty("role", "muted")
    button.setToolTip(tip)
    button.setAccessibleName(name)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
