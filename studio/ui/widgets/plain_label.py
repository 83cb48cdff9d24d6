"""A label that shows its text as it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """Shows what looks like markup as what it is: a stranger's word may look so, and Qt guesses.

    Args:
        text: What it shows at first.
        parent: The Qt parent, if any.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
