"""Labels: text as it is, text that is shortened, and facts each shown whole or not at all."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


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


_BETWEEN = "   "


class WholeFacts(PlainLabel):
    """Takes what room there is, at the right; half a number would be another number.

    Its text has all of them, for those who do not look.
    """

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_facts(self, facts: Sequence[str]) -> None:
        """Show these, from the left; where room is short the last goes first."""
        self._facts = tuple(facts)
        self.setText(_BETWEEN.join(facts))

    @property
    def shown(self) -> str:
        """What there is room for."""
        for count in range(len(self._facts), 0, -1):
            words = _BETWEEN.join(self._facts[:count])
            if self.fontMetrics().horizontalAdvance(words) <= self.width():
                return words
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint those that fit."""
        painter = QPainter(self)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), int(flags), self.shown)
