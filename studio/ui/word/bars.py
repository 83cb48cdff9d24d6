"""The alternatives at one place as bars, small enough to lie over the manuscript.

It shows a `NextToken` and keeps of its own which row is pointed at. A click chooses its token; the
keyboard is elsewhere, and whoever has it moves the pointed row.
"""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import TokenRow
from studio.translation import mark, tr
from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.theme import Theme

ROWS, FEWEST_ROWS = 8, 3
"""How many alternatives are shown, the token itself among them: as a rule, and at least."""

_LINES = 1.3
"""How high a row is, in lines of type."""

_WIDTH = 46
"""In average characters."""

_TOOL_TIP = mark(
    "<p>What could stand at this place, with the parameters in force. Filled, and the number: will "
    "be used. Tick: the model’s own, T 1. ▸ marks the token that stands here. "
    "A click puts another in its place; so do the arrow keys and Enter.</p>"
)


class WordBars(TokenBars):
    """The bars of a panel that is mostly closed, and asks for nothing then.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    folds = False  # each of them could stand here, cut or not

    chosen = Signal(int)
    """A token's row was clicked, or chosen with the keyboard: its id."""

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        name, tip = tr("What else could stand here"), tr(_TOOL_TIP)
        super().__init__(state, theme, name, tip, count=ROWS, lines=_LINES, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def point(self, step: int) -> None:
        """Point at the row so many further down; at the first or the last where none was."""
        count = len(self.token_rows)
        if count:
            first = 0 if step > 0 else count - 1
            at = first if self.pointed is None else min(max(self.pointed + step, 0), count - 1)
            self._point_at(at)

    def point_at_none(self) -> None:
        """Point at no row."""
        self._point_at(None)

    def choose_pointed(self) -> bool:
        """Choose the token that is pointed at; returns whether there is one."""
        rows = self.token_rows
        if self.pointed is None or self.pointed >= len(rows):
            return False
        self.chosen.emit(rows[self.pointed].token)
        return True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the row under the pointer."""
        line = self._rows.line_at(event.position().toPoint().y())
        is_row = 0 <= line < len(self.token_rows)
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_row else Qt.CursorShape.ArrowCursor)
        self._point_at(line if is_row else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the token under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.mouseMoveEvent(event)
            self.choose_pointed()

    @property
    def token_rows(self) -> list[TokenRow]:
        """The tokens that are shown, in order."""
        return [line for line in self._lines() if isinstance(line, TokenRow)]

    def _point_at(self, line: int | None) -> None:
        if line != self.pointed:
            self.pointed = line
            self.describe()
            self.update()

    def describe(self) -> None:
        """Say for those who hear the window what is shown, and what is pointed at."""
        super().describe()
        rows = self.token_rows
        if self.pointed is not None and self.pointed < len(rows):
            spoken = tr("Chosen with Enter: {name}. ", name=rows[self.pointed].text.spoken)
            self.setAccessibleDescription(spoken + self.accessibleDescription())

    def sizeHint(self) -> QSize:
        """Wide enough for words of a usual length."""
        width = self.fontMetrics().averageCharWidth() * _WIDTH
        return QSize(width, super().sizeHint().height())

    def _follow(self) -> None:
        if self.isVisible():
            self.describe()
            self.update()
