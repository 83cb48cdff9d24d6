"""A label of several facts, each shown whole or not at all."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from studio.ui.widgets.plain_label import PlainLabel

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
