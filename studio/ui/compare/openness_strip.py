"""How open each word of a lane was, as a strip: a cell a token, from pale to the lane's colour.

A cell's colour follows the entropy of the distribution that its token was drawn from. All lanes
share one scale and one width a token, so that strips can be read one beside the other. Shows a
`CompareLane`, and keeps of it what it has to paint.
"""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_words import effective_words, shown_nats, token_openness
from studio.app.timers import single_shot
from studio.sampling.measures import bits
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.tips import plain_tip, set_tip

_HEIGHT = 16
_GAP_FROM = 3.0
"""Pixels a token from which a gap stands between cells."""

_HALF_WAY = 2.0
"""Bits at which a cell is half way from pale to full; every two more halve the rest."""

_AT_ONCE = 4_000
"""Tokens that are taken in one go; a lane from a file can have 100,000."""

_PALEST = 0.13
_TONES = 48

_TIP = mark(
    "<p>How open each word was: the <b>entropy</b> of the distribution that its token was drawn "
    "from, at the lane's own settings. Pale: it had to come; full: many others could have "
    "stood there.</p><p>Click a cell, or ← → and Enter, to go to its word.</p>"
)
_SPOKEN = mark(
    "From pale to full by entropy; the arrow keys lead from word to word, Enter to the text"
)


class OpennessStrip(QWidget):
    """The strip.

    Args:
        lane: Whose.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    pointed = Signal(object)
    """The index of the token under the pointer or the keyboard's cell; None for none."""
    chosen = Signal(int)
    """A token was clicked, or Enter was pressed on it."""
    caught_up = Signal()
    """Of many tokens that came at once, the last are shown."""

    def __init__(self, lane: CompareLane, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._theme = theme
        self._tones: list[int] = []
        """Of each token, how full its cell is: 0 to `_TONES`."""
        self._nats = 0.0
        self._length = 0
        self._cell: int | None = None
        self._rest = single_shot(self, self._follow_rest)
        self._palette = self._colors()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        set_tip(self, tr(_TIP))
        self.setAccessibleDescription(tr(_SPOKEN))
        lane.grown.connect(self.follow)
        lane.cleared.connect(self._clear)
        theme.changed.connect(self._follow_theme)
        self.follow()

    @property
    def _high(self) -> int:
        return round(grown(self.font()) * _HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """A line's height, with room for the mark of the cell."""
        return QSize(120, self._high + 4)

    def minimumSizeHint(self) -> QSize:
        """The height of `sizeHint`."""
        return QSize(40, self.sizeHint().height())

    @property
    def effective(self) -> float | None:
        """As many equally likely words would be as open as the text was; None before it has any.

        The geometric mean over the tokens: e to the mean entropy.
        """
        return effective_words(self._nats / len(self._tones)) if self._tones else None

    @property
    def cell(self) -> int | None:
        """The token that is pointed at."""
        return self._cell

    def set_length(self, tokens: int) -> None:
        """Let the strip be as wide as so many tokens; fewer leave room at its end."""
        if tokens != self._length:
            self._length = tokens
            self.update()

    def follow(self) -> None:
        """Take what has come."""
        tokens, shown = self._lane.tokens, len(self._tones)
        if len(tokens) < shown:
            self._clear()
            shown = 0
        some = tokens[shown : shown + _AT_ONCE]
        for token in some:
            nats = shown_nats(token.entropy)
            self._nats += nats
            self._tones.append(_tone(nats))
        if len(tokens) > self._length:
            self.set_length(len(tokens))
        elif len(tokens) > shown:
            # What stands there already is not painted again.
            left = int(self._left(shown))
            right = int(self._left(shown + len(some)))
            self.update(QRect(left, 0, right - left + 2, self.height()))
        if len(tokens) > len(self._tones):
            self._rest.start()

    def _follow_rest(self) -> None:
        self.follow()
        if not self._rest.isActive():
            self.caught_up.emit()

    def rect_of(self, index: int) -> QRect:
        """Where a token's cell is."""
        left, right = round(self._left(index)), round(self._left(index + 1))
        return QRect(left, 2, max(1, right - left), self._high)

    def token_at(self, x: float) -> int | None:
        """Whose cell is at a pixel; None where none is."""
        if not self._tones:
            return None
        index = int(x * self._length / max(1, self.width()))
        return index if 0 <= index < len(self._tones) else None

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cells in the exposed part, and the mark of the one that is pointed at."""
        painter = QPainter(self)
        exposed = event.rect()
        if self._tones:
            if self.width() >= self._length:
                self._paint_cells(painter, exposed)
            else:
                self._paint_columns(painter, exposed)
        colors = self._theme.colors
        if self._cell is not None:
            painter.setPen(QPen(QColor(colors.text), 1))
            mark = self.rect_of(self._cell).adjusted(-1, -2, 0, 1)
            painter.drawRect(mark)
        elif self.hasFocus():
            painter.setPen(QPen(QColor(colors.focus), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_cells(self, painter: QPainter, exposed: QRect) -> None:
        wide = self.width() / self._length
        gap = int(wide >= _GAP_FROM)
        first = max(0, int(exposed.left() / wide) - 1)
        last = min(len(self._tones), int((exposed.right() + 1) / wide) + 2)
        for index in range(first, last):
            cell = self.rect_of(index)
            painter.fillRect(cell.adjusted(0, 0, -gap, 0), self._palette[self._tones[index]])

    def _paint_columns(self, painter: QPainter, exposed: QRect) -> None:
        """Of several tokens in one pixel the most open is seen."""
        many, high = self._length / self.width(), self._high
        for x in range(max(0, exposed.left()), min(self.width(), exposed.right() + 1)):
            first = int(x * many)
            if first >= len(self._tones):
                break
            tone = max(self._tones[first : max(first + 1, int((x + 1) * many))])
            painter.fillRect(x, 2, 1, high, self._palette[tone])

    def _left(self, index: int) -> float:
        return index * self.width() / max(1, self._length)

    def _colors(self) -> list[QColor]:
        colors = self._theme.colors
        page, full = QColor(colors.card), QColor(colors.lanes[self._lane.color])
        shares = [_PALEST + (1 - _PALEST) * tone / _TONES for tone in range(_TONES + 1)]
        return [_mixed(page, full, share) for share in shares]

    def _follow_theme(self) -> None:
        self._palette = self._colors()
        self.update()

    def _clear(self) -> None:
        self._tones.clear()
        self._nats = 0.0
        self._point(None)
        self.update()

    # -- input -------------------------------------------------------------------------------

    def _point(self, index: int | None) -> None:
        if index == self._cell:
            return
        for changed in (self._cell, index):
            if changed is not None:
                self.update(self.rect_of(changed).adjusted(-2, -2, 2, 4))
        self._cell = index
        words = tr(_SPOKEN)
        if index is not None and index < len(self._lane.tokens):
            words = tr(
                "{openness}, token {index:,}",
                openness=token_openness(self._lane.tokens[index]),
                index=index + 1,
            )
        self.setAccessibleDescription(words)
        self.pointed.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the cell under the pointer."""
        index = self.token_at(event.position().x())
        self.setCursor(
            Qt.CursorShape.ArrowCursor if index is None else Qt.CursorShape.PointingHandCursor
        )
        self._point(index)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        if not self.hasFocus():
            self._point(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the word."""
        index = self.token_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.chosen.emit(index)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the mark."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing."""
        super().focusOutEvent(event)
        self._point(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """← → Home End lead from cell to cell, Enter to the word."""
        last = len(self._tones) - 1
        at = self._cell
        if last < 0:
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Left:
                self._point(last if at is None else max(0, at - 1))
            case Qt.Key.Key_Right:
                self._point(0 if at is None else min(last, at + 1))
            case Qt.Key.Key_Home:
                self._point(0)
            case Qt.Key.Key_End:
                self._point(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if at is not None and not event.modifiers():
                self.chosen.emit(at)
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Over a cell the tooltip is its word's."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.token_at(event.pos().x())
            if index is not None and index < len(self._lane.tokens):
                words = token_openness(self._lane.tokens[index])
                QToolTip.showText(event.globalPos(), plain_tip(words), self, self.rect_of(index))
                return True
        return super().event(event)


def _tone(nats: float) -> int:
    """How full the cell of a token is, by its entropy: the same for every lane and every run."""
    rest: float = 0.5 ** (bits(nats) / _HALF_WAY)
    return round(_TONES * (1 - rest))


def _mixed(page: QColor, full: QColor, share: float) -> QColor:
    parts = [
        round(one + (other - one) * share)
        for one, other in zip(page.getRgb()[:3], full.getRgb()[:3], strict=True)  # type: ignore[index]  # a tuple
    ]
    return QColor(*parts)
