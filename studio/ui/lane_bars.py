"""A lane's next token as a few bars: the large histogram's strokes, closer together.

Shows the `NextToken` of a lane and keeps nothing of it.
"""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.histogram_rows import RowsPainter
from studio.ui.histogram_words import description
from studio.ui.next_token import NextToken
from studio.ui.theme import Theme

ROWS = 5
_LINES = 1.25

_TIP = (
    "<p>What this lane would say next, at its own settings; after its last token, what it chose "
    "from (▸). Before a run: at the prompt that all lanes share. Outline: T 1, before filters.</p>"
)


class LaneBars(QWidget):
    """A bar a token, the favourite first.

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
        self.setAccessibleName("Next token of this lane")
        self.setToolTip(_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        state.changed.connect(self.update)
        theme.changed.connect(self.update)

    def describe(self) -> None:
        """Say for those who hear the window what is shown."""
        self.setAccessibleDescription(description(self._state.rows(ROWS)))

    def sizeHint(self) -> QSize:
        """All rows and the line below them."""
        return QSize(120, (ROWS + 1) * self._rows.usual_row_height)

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
