"""Widgets side by side with a thin rule between them, to be dragged."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from studio.translation import tr
from studio.ui.theme.theme import Theme

_GRIP = 7
"""Pixels that a hand can take hold of; the rule in their middle is one."""


class RuledSplitter(QSplitter):
    """A splitter whose handles are rules.

    Args:
        theme: Where the colours come from.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self.setChildrenCollapsible(False)
        self.setHandleWidth(_GRIP)

    def createHandle(self) -> QSplitterHandle:  # noqa: N802 - Qt's name
        """One more rule."""
        return _Rule(self, self._theme)


class _Rule(QSplitterHandle):
    def __init__(self, splitter: QSplitter, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal, splitter)
        self._theme = theme
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setToolTip(tr("Drag to make a lane wider or narrower"))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line from top to bottom."""
        painter = QPainter(self)
        colors = self._theme.colors
        painter.fillRect(self.rect(), QColor(colors.card))
        middle = self.width() // 2
        painter.fillRect(middle, 0, 1, self.height(), QColor(colors.card_border))
