"""The next-token histogram: a bar a token, favourite first.

A bar's fill is the probability that the sampler will use, and its number says the same; a thin tick
on it is the model's own, at T 1 and before any sampler. The scale is 0 to 100 %, or a closer one
that is asked for at the axis. What filters cut is one row, which opens; the last row is all others.

It shows a `NextToken`, and keeps of its own which row is pointed at, whether the row of what is cut
is open, and the scale. A row can be pointed at with the mouse or the arrow keys: a click or Enter
chooses its token (`chosen`), the right button or the menu key asks what else there is to do
(`menu_wanted`). What becomes of either is not known here.
"""

from PySide6.QtCore import (
    QEvent,
    QPoint,
    QRect,
    QSize,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.app.timers import single_shot
from studio.app.tokens.bar_scale import WHOLE, closest, tick_labels
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import Fold, Line, Tail, TokenRow
from studio.app.tokens.words import spoken_lines
from studio.translation import tr
from studio.ui.histogram.card import TokenCard
from studio.ui.histogram.rows import RowsPainter, has_bands
from studio.ui.theme.theme import Theme
from studio.ui.widgets.keys import UntilKey, claims_escape

_LINES, _LOW_LINES = 1.75, 1.25
"""How high a row is, in lines of type; and at least, where only a few fit."""
_LOW_COUNT = 5
"""Lines of a view that has none to spare for the legend."""
_DESCRIBE_AFTER_MS = 500
_CARD_AFTER_MS = 350
"""How long the pointer rests on a row before its card comes; a passing pointer brings none."""
_ZOOM_MS = 200
_FRAME_MS = 33
"""The least time between two frames of a change of scale."""


class NextTokenHistogram(QWidget):
    """The histogram as a widget; as many rows as its height allows.

    Attributes:
        card: What is known of the row pointed at; hidden while none is.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    chosen = Signal(int)
    """A token's row was clicked, or Enter was pressed there: its id."""
    asked = Signal(int, QRect)
    """Somebody asks about a token: its id, and where its row is in the widget's coordinates."""
    menu_wanted = Signal(int, QRect, QPoint)
    """Somebody asks what can be done with a token: as `asked`, and where on the screen."""

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._rows = RowsPainter(self.font(), _LINES, _LOW_LINES, has_axis=True)
        self._rows.set_size(self.size())
        self._hovered: int | None = None
        self._selected: int | None = None
        self._pressed: int | None = None
        self._is_open = False
        self._scale, self._full = WHOLE, WHOLE
        """The probability that fills a track: as it is to be, and on the way there."""
        self._legend_line = 0
        self._has_rows = False
        """Whether rows were painted last, and not why there are none."""
        self.card = TokenCard(theme, self)
        self._card_watch = UntilKey(self, self._leave)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        # A click chooses a word and leaves the keyboard where the text is written.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        # Every pixel is painted: what is behind need not be, thirty times a second.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Next word"))
        # A screen reader cannot follow thirty descriptions a second: it gets one when things
        # have come to rest. Neither timer runs at rest.
        self._describe_later = single_shot(self, self._describe, _DESCRIBE_AFTER_MS)
        self._card_later = single_shot(self, self._show_card, _CARD_AFTER_MS)
        self._frame = single_shot(self, self.update, _FRAME_MS)
        self._zoom = QVariantAnimation(self)
        self._zoom.setDuration(_ZOOM_MS)
        self._zoom.valueChanged.connect(self._on_zoomed)
        self._zoom.finished.connect(self.update)
        state.changed.connect(self._follow)
        theme.changed.connect(self.update)
        self._describe()

    @property
    def _rows_end(self) -> int:
        """Where the legend begins, and no row was painted."""
        return self._rows.top_of(self._legend_line)

    @property
    def row_height(self) -> int:
        """In pixels."""
        return self._rows.row_height

    def line_rect(self, line: int) -> QRect:
        """Where a line stands."""
        return QRect(0, self._rows.top_of(line), self.width(), self._rows.row_height)

    def line_count(self) -> int:
        """How many lines there is room for; the legend has one to itself, but in a low view."""
        count = self._rows.line_count
        return count if count <= _LOW_COUNT else count - 1

    @property
    def lines(self) -> list[Line]:
        """What is shown, from top to bottom."""
        return self._state.lines(self.line_count(), is_open=self._is_open)

    @property
    def pointed(self) -> int | None:
        """The line that the pointer is on, or else the one chosen by the keyboard."""
        return self._selected if self._hovered is None else self._hovered

    @property
    def scale(self) -> float:
        """The probability that fills a whole track."""
        return self._scale

    @property
    def closest_scale(self) -> float:
        """The narrowest scale that holds all bars; the usual one where no narrower does."""
        rows = [line for line in self.lines if isinstance(line, TokenRow)]
        ends = ((row.band.used[1] if row.band else row.probability, row.ghost) for row in rows)
        return closest(max(map(max, ends), default=WHOLE))

    @property
    def is_open(self) -> bool:
        """Whether the tokens that are cut have rows of their own."""
        return self._is_open

    def set_exact(self, is_exact: bool) -> None:
        """Say how many words are cut though the row of them is closed, or that they are.

        Control tokens have their names then, and plain words else.
        """
        self._rows.is_exact = is_exact
        self.update()
        self._describe()

    def sizeHint(self) -> QSize:
        """Room for a dozen tokens."""
        height = 14 * self._rows.usual_row_height
        return QSize(self.fontMetrics().averageCharWidth() * 50, height)

    def minimumSizeHint(self) -> QSize:
        """Room for three tokens and the tail, closer together than usual."""
        height = 4 * self._rows.low_row_height
        return QSize(self.fontMetrics().averageCharWidth() * 36, height)

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines, or why there are none."""
        colors = self._theme.colors
        painter = QPainter(self)
        seen = event.rect()
        painter.fillRect(seen, QColor(colors.window))
        reason = self._state.reason
        if self.hasFocus() and self.pointed is None:
            painter.setPen(QColor(colors.focus))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        self._has_rows = reason is None
        if reason is not None:
            painter.setPen(QColor(colors.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 0, -24, 0), int(words), reason)
            return
        lines = self.lines
        pointed = self.pointed
        if pointed is not None and (pointed >= len(lines) or isinstance(lines[pointed], Tail)):
            pointed = None
        self._rows.set_bands(has_bands(lines))
        if seen.top() < self._rows.axis_height:
            self._rows.paint_axis(painter, colors, self._scale)
        focused = self.hasFocus() and pointed == self._selected
        self._rows.paint(painter, colors, lines, pointed, self._full, has_focus=focused)
        # While a text is written the number of lines changes with each word.
        former = self._legend_line
        self._legend_line = max(len(lines), former if self._state.is_written else 0)
        if self._legend_line != former and seen != self.rect():
            self.update()  # where it was, and where it is
        if self._legend_line < self._rows.line_count and seen.bottom() >= self._rows_end:
            self._rows.paint_legend(painter, colors, self._legend_line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the height into lines anew."""
        super().resizeEvent(event)
        self._rows.set_size(self.size())

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font."""
        if event.type() == QEvent.Type.FontChange:
            self._rows.set_font(self.font())
            self._rows.set_size(self.size())
            self.updateGeometry()
        super().changeEvent(event)

    # -- the scale -----------------------------------------------------------------------------

    def set_scale(self, full: float) -> None:
        """Go to another scale, in a few frames."""
        if full == self._scale:
            return
        self._scale = full
        self._zoom.stop()
        self._zoom.setStartValue(self._full)
        self._zoom.setEndValue(full)
        self._zoom.start()
        self._describe()

    def toggle_scale(self) -> None:
        """Look closer, or go back to 0 to 100 %."""
        self.set_scale(WHOLE if self._scale != WHOLE else self.closest_scale)

    @property
    def scale_offer(self) -> str:
        """What `toggle_scale` would do now, in words; empty where it would do nothing."""
        other = WHOLE if self._scale != WHOLE else self.closest_scale
        return "" if other == self._scale else tr("Show 0 to {most}", most=tick_labels(other)[2])

    def _on_zoomed(self, full: float) -> None:
        self._full = full
        if not self._frame.isActive():
            self._frame.start()

    # -- pointing ------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the line under the pointer."""
        at = event.position().toPoint()
        line = self._line_at(at)
        if line != self._hovered:
            self._hovered = line
            self._point()
        points = line is not None or (self._is_on_axis(at) and bool(self.scale_offer))
        self.setCursor(Qt.CursorShape.PointingHandCursor if points else Qt.CursorShape.ArrowCursor)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing any more."""
        super().leaveEvent(event)
        self._leave()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take note of what may become a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._line_at(event.position().toPoint())
            self._hovered = self._pressed
            self._point()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was pressed; at the axis, another scale."""
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        line, pressed = self._line_at(at), self._pressed
        self._pressed = None
        if line is not None and line == pressed:
            self._choose(line)
        elif line is None and pressed is None and self._is_on_axis(at):
            self.toggle_scale()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask what can be done: by the right button, or the keyboard's key for it."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        line = self._line_at(event.pos()) if by_mouse else self._selected
        lines = self.lines
        if line is None or line >= len(lines):
            return
        row = lines[line]
        if isinstance(row, TokenRow):
            self._put_card_away()
            rect = self.line_rect(line)
            at = event.globalPos() if by_mouse else self.mapToGlobal(rect.bottomLeft())
            self.menu_wanted.emit(row.token, rect, at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose a line, Enter takes it, Esc lets go of it.

        Space, Right and Left open and close what is cut, T asks about a token, and Z looks closer.
        """
        lines = self.lines
        last = len(lines) - 1 - (bool(lines) and isinstance(lines[-1], Tail))
        line = self._selected
        match event.key():
            case Qt.Key.Key_Down:
                self._select(0 if line is None else min(line + 1, last))
            case Qt.Key.Key_Up:
                self._select(last if line is None else max(min(line, last + 1) - 1, 0))
            case Qt.Key.Key_Home:
                self._select(0 if last >= 0 else None)
            case Qt.Key.Key_End:
                self._select(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if line is not None:
                    self._choose(line)
            case Qt.Key.Key_Space | Qt.Key.Key_Right | Qt.Key.Key_Left:
                opens = event.key() == Qt.Key.Key_Right
                closes = event.key() == Qt.Key.Key_Left
                if line is None or line > last or not isinstance(lines[line], Fold):
                    event.ignore()
                elif not (opens and self._is_open) and not (closes and not self._is_open):
                    self._choose(line)
            case Qt.Key.Key_T if line is not None and not event.modifiers():
                self._ask(line)
            case Qt.Key.Key_Z if not event.modifiers():
                self.toggle_scale()
            case Qt.Key.Key_Escape if line is not None:
                self._select(None)
            case _:
                event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcuts while there is a row to let go of.

        And say what a click does where no card does.
        """
        if self._selected is not None and claims_escape(event):
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            if self._hovered is not None:
                return True  # its card says more
            offer = self.scale_offer
            if offer and self._is_on_axis(event.pos()):
                QToolTip.showText(event.globalPos(), f"{offer} (Z)", self)
                return True
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
        self._put_card_away()

    def toggle_fold(self) -> None:
        """Open the row of what is cut, or close it."""
        self._is_open = not self._is_open
        places = [index for index, line in enumerate(self.lines) if isinstance(line, Fold)]
        if self._selected is not None and places:
            self._select(places[0])
        self._follow()

    def _select(self, line: int | None) -> None:
        self._selected = None if line is None or line < 0 else line
        self._hovered = None
        self._point()
        self._describe()

    def _leave(self) -> None:
        self._hovered = None
        self._put_card_away()
        self._point()

    def _point(self) -> None:
        """Show which line is pointed at; its card follows at once if one is there already."""
        self.update()
        if self.pointed is None or (self._hovered is None and not self.hasFocus()):
            self._put_card_away()
        elif self.card.isVisible() or self._hovered is None:
            self._show_card()
        else:
            self._card_later.start()

    def _choose(self, line: int) -> None:
        lines = self.lines
        if line >= len(lines):
            return
        row = lines[line]
        if isinstance(row, TokenRow):
            self._put_card_away()
            self.chosen.emit(row.token)
        elif isinstance(row, Fold):
            self.toggle_fold()

    def _ask(self, line: int) -> None:
        lines = self.lines
        row = lines[line] if line < len(lines) else None
        if isinstance(row, TokenRow):
            self._put_card_away()
            self.asked.emit(row.token, self.line_rect(line))

    def _line_at(self, point: QPoint) -> int | None:
        """The line at a point, if it is one to be chosen."""
        if not self.rect().contains(point):
            return None
        line = self._rows.line_at(point.y())
        lines = self.lines
        return line if 0 <= line < len(lines) and not isinstance(lines[line], Tail) else None

    def _is_on_axis(self, point: QPoint) -> bool:
        return 0 <= point.y() < self._rows.axis_height and self._state.reason is None

    # -- following ---------------------------------------------------------------------------

    def _follow(self) -> None:
        if self._has_rows and self._state.reason is None:
            # Thirty times a second: the scale above and the legend below stay as they are.
            above = self._rows.axis_height
            self.update(0, above, self.width(), self._rows_end - above)
        else:
            self.update()
        self._describe_later.start()
        if self._scale != WHOLE:
            # A bar that does not fit takes the scale along; one that shrinks does not.
            self.set_scale(max(self._scale, self.closest_scale))
        if self.card.isVisible():
            self._show_card()

    def _show_card(self) -> None:
        lines, line = self.lines, self.pointed
        row = lines[line] if line is not None and line < len(lines) else None
        details = self._state.details(row.token) if isinstance(row, TokenRow) else None
        if line is None or details is None:
            self._put_card_away()
        else:
            by_keyboard = self._hovered is None
            self.card.show_details(details, self, self.line_rect(line), by_keyboard=by_keyboard)
            self._card_watch.begin()

    def _put_card_away(self) -> None:
        self._card_later.stop()
        self._card_watch.end()
        self.card.hide()

    def _describe(self) -> None:
        lines = self.lines
        is_exact = self._rows.is_exact
        words = self._state.reason or spoken_lines(
            lines, drawn=self._state.is_written, is_exact=is_exact
        )
        words = " ".join((words, *(note.words for note in self._state.notes)))
        if self._scale != WHOLE:
            scale = tr("Scale 0 to {most}.", most=tick_labels(self._scale)[2])
            words = f"{words} {scale}"
        if self._selected is not None and self._selected < len(lines):
            line = lines[self._selected]
            if isinstance(line, Fold):
                state = tr("open") if self._is_open else tr("closed")
                words = f"{spoken_lines([line], is_exact=is_exact)}; {state}"
            elif isinstance(line, TokenRow) and (details := self._state.details(line.token)):
                words = details.spoken
        self.setAccessibleDescription(words)
