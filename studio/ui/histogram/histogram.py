"""The next-token histogram: a bar a token, favourite first.

Three layers in one bar. Outlined: the model's own probability, at T 1 and before any filter.
Solid: at the T in force, before the filters; grey where a filter has cut the token. Light: what the
filters add to it by cutting others, so that solid and light together are what the sampler uses.

It shows a `NextToken`, and keeps of its own only which row is pointed at. A row can be pointed at
with the mouse or the arrow keys; a click, Enter or the menu key asks about it (`asked`). What
becomes of the question is not known here.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.histogram.card import TokenCard
from studio.ui.histogram.rows import RowsPainter
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.rows import TokenRow
from studio.ui.tokens.words import description
from studio.ui.widgets.escape_key import claims_escape

_LOW_LINES = 1.25
"""How high a row is at least where only a few fit, in lines of type."""
_DESCRIBE_AFTER_MS = 500
_CARD_AFTER_MS = 350
"""How long the pointer rests on a row before its card comes; a passing pointer brings none."""


class NextTokenHistogram(QWidget):
    """The histogram as a widget; as many rows as its height allows.

    Attributes:
        card: What is known of the row pointed at; hidden while none is.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    asked = Signal(int, QRect)
    """Somebody asks about a token: its id, and where its row is in the widget's coordinates."""

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._rows = RowsPainter(self.font(), low_lines=_LOW_LINES)
        self._rows.set_size(self.size())
        self._hovered: int | None = None
        self._selected: int | None = None
        self.card = TokenCard(theme, self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        # Every pixel is painted: what is behind need not be, thirty times a second.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Next token")
        # A screen reader cannot follow thirty descriptions a second: it gets one when things
        # have come to rest. Neither timer runs at rest.
        self._describe_later = self._once(_DESCRIBE_AFTER_MS, self._describe)
        self._card_later = self._once(_CARD_AFTER_MS, self._show_card)
        state.changed.connect(self._follow)
        theme.changed.connect(self.update)
        self._describe()

    @property
    def row_height(self) -> int:
        """In pixels."""
        return self._rows.row_height

    def row_count(self) -> int:
        """How many rows there is room for, the tail's not counted."""
        return self._rows.row_count

    @property
    def pointed(self) -> int | None:
        """The row that the pointer is on, or else the one chosen by the keyboard."""
        return self._selected if self._hovered is None else self._hovered

    def sizeHint(self) -> QSize:
        """Room for a dozen tokens."""
        height = 13 * self._rows.usual_row_height
        return QSize(self.fontMetrics().averageCharWidth() * 50, height)

    def minimumSizeHint(self) -> QSize:
        """Room for three tokens and the tail, closer together than usual."""
        height = 4 * self._rows.low_row_height
        return QSize(self.fontMetrics().averageCharWidth() * 36, height)

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or why there are none."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.card))
        if self.hasFocus():
            painter.setPen(QColor(colors.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        reason = self._state.reason
        if reason is not None:
            painter.setPen(QColor(colors.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 0, -24, 0), int(words), reason)
            return
        rows = self._state.rows(self._rows.row_count)
        pointed = self.pointed
        if pointed is not None and pointed >= len(rows):
            pointed = None
        self._rows.paint(painter, colors, rows, self._state.tail(rows), pointed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the height into rows anew."""
        super().resizeEvent(event)
        self._rows.set_size(self.size())

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font."""
        if event.type() == QEvent.Type.FontChange:
            self._rows.set_font(self.font())
            self._rows.set_size(self.size())
            self.updateGeometry()
        super().changeEvent(event)

    # -- pointing ----------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the row under the pointer."""
        row = self._row_at(event.position().toPoint())
        if row != self._hovered:
            self._hovered = row
            self._point()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing any more."""
        super().leaveEvent(event)
        self._hovered = None
        self._point()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a row."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hovered = self._selected = self._row_at(event.position().toPoint())
            self._point()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask about the row that was pressed."""
        row = self._row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row == self._selected:
            self._ask(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask about the row: by the right button, or the keyboard's key for it."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        self._ask(self._row_at(event.pos()) if by_mouse else self._selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose a row, Enter asks about it, Esc lets go of it."""
        last = len(self._shown()) - 1
        row = self._selected
        match event.key():
            case Qt.Key.Key_Down:
                self._select(0 if row is None else min(row + 1, last))
            case Qt.Key.Key_Up:
                self._select(last if row is None else max(row - 1, 0))
            case Qt.Key.Key_Home:
                self._select(0)
            case Qt.Key.Key_End:
                self._select(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space | Qt.Key.Key_Menu:
                self._ask(row)
            case Qt.Key.Key_Escape if row is not None:
                self._select(None)
            case _:
                event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcuts while there is a row to let go of."""
        if self._selected is not None and claims_escape(event):
            return True
        if event.type() == QEvent.Type.ToolTip and self.card.isVisible():
            return True  # the card says more
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus, and have the words ready for whoever reads them now."""
        super().focusInEvent(event)
        self._describe()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone; a question that opens over the row keeps it chosen."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._selected = None
        self._point()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the card along."""
        super().hideEvent(event)
        self._card_later.stop()
        self.card.hide()

    def _select(self, row: int | None) -> None:
        self._selected = None if row is None or row < 0 else row
        self._hovered = None
        self._point()
        self._describe()

    def _point(self) -> None:
        """Show which row is pointed at; its card follows at once if one is there already."""
        self.setCursor(
            Qt.CursorShape.ArrowCursor
            if self._hovered is None
            else Qt.CursorShape.PointingHandCursor
        )
        self.update()
        if self.pointed is None:
            self._card_later.stop()
            self.card.hide()
        elif self.card.isVisible() or self._hovered is None:
            self._show_card()
        else:
            self._card_later.start()

    def _ask(self, row: int | None) -> None:
        rows = self._shown()
        if row is not None and row < len(rows):
            self._card_later.stop()
            self.card.hide()
            self.asked.emit(rows[row].token, self._rect_of(row))

    def _shown(self) -> list[TokenRow]:
        return self._state.rows(self._rows.row_count)

    def _row_at(self, point: QPoint) -> int | None:
        if not self.rect().contains(point):
            return None
        row = point.y() // max(self._rows.row_height, 1)
        return row if row < len(self._shown()) else None

    def _rect_of(self, row: int) -> QRect:
        return QRect(0, row * self._rows.row_height, self.width(), self._rows.row_height)

    # -- following ---------------------------------------------------------------------------

    def _follow(self) -> None:
        self.update()
        self._describe_later.start()
        if self.card.isVisible():
            self._show_card()

    def _show_card(self) -> None:
        rows, row = self._shown(), self.pointed
        details = None
        if row is not None and row < len(rows):
            details = self._state.details(rows[row].token)
        if row is None or details is None:
            self.card.hide()
        else:
            self.card.show_details(details, self, self._rect_of(row))

    def _describe(self) -> None:
        rows = self._shown()
        words = self._state.reason or description(rows, drawn=self._state.is_written)
        words = " ".join((words, *(note.words for note in self._state.notes)))
        if self._selected is not None and self._selected < len(rows):
            details = self._state.details(rows[self._selected].token)
            words = words if details is None else details.spoken
        self.setAccessibleDescription(words)

    def _once(self, after_ms: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(action)
        return timer
