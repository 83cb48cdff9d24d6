"""A label that shortens its text where there is no room for it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from studio.ui.widgets.plain_label import PlainLabel


class ElidedLabel(PlainLabel):
    """Takes what room there is, and never asks for more.

    Args:
        between: What stands between parts of the text, where it has any: they are shown whole.
    """

    def __init__(self, between: str = "") -> None:
        super().__init__()
        self._between = between
        self._shorter: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_forms(self, text: str, *shorter: str) -> None:
        """Show a text or, where it has no room, one of these instead, or nothing: all whole.

        Args:
            text: What is said where there is room.
            shorter: The same in fewer words, the longest first; without any the text is cut off.
        """
        self._shorter = (*shorter, "") if shorter else ()
        self.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much as fits."""
        painter = QPainter(self)
        painter.drawText(self.rect(), int(self.alignment()), self.shown)

    @property
    def shown(self) -> str:
        """What of the text is seen."""
        text = self.text()
        if self._shorter:
            width = self.fontMetrics().horizontalAdvance
            return next(
                (form for form in (text, *self._shorter) if width(form) <= self.width()), ""
            )
        words = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.width())
        if self._between and words != text:
            whole, between, _ = words.rpartition(self._between)
            return f"{whole}{between}…" if whole else ""
        return words
