"""A few tokens as bars: the large histogram's strokes, closer together.

Shows a `NextToken` and keeps nothing of it.
"""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import Line
from studio.app.tokens.words import spoken_lines
from studio.ui.histogram.rows import RowsPainter
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip


class TokenBars(QWidget):
    """A bar a token, the favourite first, and a line for all the others.

    Attributes:
        folds: Whether tokens that are cut are one line, and not rows of their own.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        name: What they are called, for those who hear the window.
        tip: What they show, as rich text.
        count: How many tokens.
        lines: How high a row is, in lines of type.
        parent: The Qt parent, if any.
    """

    folds = True

    def __init__(
        self,
        state: NextToken,
        theme: Theme,
        name: str,
        tip: str,
        *,
        count: int = 5,
        lines: float = 1.25,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._tip = tip
        self._count = count
        self.pointed: int | None = None
        """The line that is set apart from the others."""
        self._rows = RowsPainter(self.font(), lines)
        self.setAccessibleName(name)
        set_tip(self, tip)
        # As wide as what they stand in.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._follow)
        theme.changed.connect(self.update)

    def set_count(self, count: int) -> None:
        """Show another number of tokens."""
        if count != self._count:
            self._count = count
            self.updateGeometry()
            self.update()

    def describe(self) -> None:
        """Say for those who hear the window what is shown; while nothing is, what would be."""
        words = self._state.reason or spoken_lines(self._lines(), drawn=self._state.is_written)
        if words:
            self.setAccessibleDescription(words)
        else:
            set_tip(self, self._tip)

    def sizeHint(self) -> QSize:
        """All rows and the line below them."""
        return QSize(0, (self._count + 1) * self._rows.usual_row_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the rows what room there is."""
        super().resizeEvent(event)
        self._rows.set_size(self.size())

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the window's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._rows.set_font(self.font())
            self._rows.set_size(self.size())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        lines = self._lines()
        if not lines:
            painter.setPen(QColor(self._theme.colors.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(words), self._state.reason or "")
        else:
            pointed = self.pointed if self.pointed in range(len(lines)) else None
            self._rows.paint(painter, self._theme.colors, lines, pointed)

    def _lines(self) -> list[Line]:
        if self.folds:
            return self._state.lines(self._count + 1)
        rows = self._state.rows(self._count)
        tail = self._state.tail(rows)
        return [] if tail is None else [*rows, tail]

    def _follow(self) -> None:
        self.update()
