"""The alternatives at one place as bars, small enough to lie over the manuscript.

The large histogram's strokes, closer together. It shows a `NextToken` and keeps nothing of it.
"""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.histogram_rows import RowsPainter
from studio.ui.histogram_words import description
from studio.ui.next_token import NextToken
from studio.ui.theme import Theme

ROWS = 8
"""How many alternatives are shown, the token itself among them."""

_LINES = 1.3
"""How high a row is, in lines of type."""

_WIDTH = 46
"""In average characters."""

_TOOL_TIP = (
    "<p>What the model held likeliest at this place, at the temperature in force. Outline: T 1, "
    "before filters. ▸ marks the token that stands here.</p>"
)


class WordBars(QWidget):
    """A bar a token, favourite first, and a line for all the others.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._rows = RowsPainter(self.font(), _LINES)
        self.setAccessibleName("What else could stand here")
        self.setToolTip(_TOOL_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._follow)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """All rows and the line below them."""
        height = (ROWS + 1) * self._rows.usual_row_height
        return QSize(self.fontMetrics().averageCharWidth() * _WIDTH, height)

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
        rows = self._state.rows(ROWS)
        if rows:
            painter = QPainter(self)
            self._rows.paint(painter, self._theme.colors, rows, self._state.tail(rows))

    def _follow(self) -> None:
        if self.isVisible():
            self.setAccessibleDescription(description(self._state.rows(ROWS)))
            self.update()
