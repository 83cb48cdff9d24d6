"""Entropy by position, a line a lane in the lane's colour; under the pointer the values.

Shows a `CompareState`, and keeps of it what it has drawn.
"""

from itertools import pairwise

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_words import shown_nats
from studio.app.compare.state import CompareState
from studio.app.parameters.temperature_scale import format_temperature
from studio.sampling.measures import bits
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip

NOTHING_YET = mark("Entropy by position will stand here once the lanes run (Ctrl+Enter).")

_LEFT, _RIGHT, _TOP = 34, 8, 6
_STEPS = (1, 2, 4, 8, 16)
_LEAST_BITS = 2.0
_TIP = mark(
    "<p><b>Entropy</b> in bits of the distribution that each token was drawn from: how open the "
    "choice was, at the lane's own settings. 0 is no choice; each bit doubles the choices.</p>"
)


class EntropyChart(QWidget):
    """The chart.

    Args:
        state: Whose lanes.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: CompareState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._bits: dict[CompareLane, list[float]] = {}
        self._pointed: int | None = None
        self.setMouseTracking(True)
        set_tip(self, tr(_TIP))
        self.setAccessibleName(tr("Entropy by position"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        state.looked.connect(self.update)
        state.lanes_changed.connect(self._forget)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Low: the texts come first."""
        return QSize(420, 7 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Enough for three lines of type."""
        return QSize(200, 4 * self.fontMetrics().height())

    def values_at(self, index: int) -> list[tuple[CompareLane, float]]:
        """Each lane's entropy in bits at a position, of those that reached it."""
        return [
            (lane, self._lane_bits(lane)[index])
            for lane in self._state.lanes
            if index < len(self._lane_bits(lane))
        ]

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self._point(None)
        super().leaveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at a position."""
        plot, longest = self._plot(), self._longest()
        share = (event.position().x() - plot.left()) / max(1.0, plot.width())
        inside = longest > 0 and -0.01 <= share <= 1.01
        place = round(min(max(share, 0.0), 1.0) * max(1, longest - 1))
        self._point(min(place, longest - 1) if inside else None)

    def _point(self, index: int | None) -> None:
        if index != self._pointed:
            self._pointed = index
            self.update()

    def _forget(self) -> None:
        self._bits.clear()
        self._pointed = None
        self.update()

    def _lane_bits(self, lane: CompareLane) -> list[float]:
        known = self._bits.setdefault(lane, [])
        if len(known) > len(lane.tokens):
            known.clear()
        known.extend(bits(shown_nats(token.entropy)) for token in lane.tokens[len(known) :])
        return known

    def _longest(self) -> int:
        return max((len(lane.tokens) for lane in self._state.lanes), default=0)

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(
            _LEFT, _TOP, self.width() - _LEFT - _RIGHT, max(1, self.height() - _TOP - line - 4)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, lines, and the pointer's values."""
        painter = QPainter(self)
        colors = self._theme.colors
        longest = self._longest()
        if not longest:
            painter.setPen(QColor(colors.muted))
            words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()), words, tr(NOTHING_YET))
            return
        plot = self._plot()
        curves = {lane: self._lane_bits(lane) for lane in self._state.lanes}
        most = max(_LEAST_BITS, *(max(values, default=0.0) for values in curves.values()))
        self._paint_axes(painter, plot, most, longest)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        across = plot.width() / max(1, longest - 1)
        for lane, values in curves.items():
            painter.setPen(QPen(QColor(colors.lanes[lane.color]), 1.4))
            points = [
                QPointF(plot.left() + index * across, plot.bottom() - value / most * plot.height())
                for index, value in enumerate(values)
            ]
            # Stroked as one shape, a jagged line of 400 points takes Qt 30 ms; so it takes 0.4.
            painter.drawLines([QLineF(*ends) for ends in pairwise(points)])
        if self._pointed is not None and self._pointed < longest:
            self._paint_pointer(painter, plot, most, across, self._pointed)

    def _paint_axes(self, painter: QPainter, plot: QRectF, most: float, longest: int) -> None:
        colors = self._theme.colors
        line = self.fontMetrics().height()
        room = plot.height() / (line * 1.4)
        step = next((step for step in _STEPS if most / step <= room), _STEPS[-1])
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for value in range(0, int(most) + 1, step):
            y = round(plot.bottom() - value / most * plot.height())
            painter.setPen(QColor(colors.card_border))
            painter.drawLine(int(plot.left()), y, int(plot.right()), y)
            painter.setPen(QColor(colors.muted))
            painter.drawText(QRectF(0, y - line / 2, _LEFT - 6, line), right, str(value))
        below = QRectF(plot.left(), plot.bottom() + 4, plot.width(), line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), tr("first token"))
        painter.drawText(
            below, int(Qt.AlignmentFlag.AlignRight), tr("token {longest:,}", longest=longest)
        )

    def _paint_pointer(
        self, painter: QPainter, plot: QRectF, most: float, across: float, index: int
    ) -> None:
        colors = self._theme.colors
        x = plot.left() + index * across
        painter.setPen(QColor(colors.ghost))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        values = self.values_at(index)
        for lane, value in values:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.lanes[lane.color]))
            painter.drawEllipse(QPointF(x, plot.bottom() - value / most * plot.height()), 3, 3)
        words = [tr("token {index:,}", index=index + 1)] + [
            tr(
                "T {t}: {value:.1f} bits",
                t=format_temperature(lane.params_at(index).temperature),
                value=value,
            )
            for lane, value in values
        ]
        metrics = self.fontMetrics()
        line = metrics.height()
        width = max(metrics.horizontalAdvance(word) for word in words) + 16
        left = x + 8 if x + 8 + width < self.width() else x - 8 - width
        columns = max(1, int((self.height() - 8) // line))
        shown = words[:columns]
        box = QRectF(left, 2, width, len(shown) * line + 6)
        painter.setBrush(QColor(colors.card))
        painter.setPen(QColor(colors.card_border))
        painter.drawRoundedRect(box, 4, 4)
        for row, word in enumerate(shown):
            ink = colors.muted if row == 0 else colors.lanes[values[row - 1][0].color]
            painter.setPen(QColor(ink))
            painter.drawText(
                QRectF(left + 8, 5 + row * line, width, line), int(Qt.AlignmentFlag.AlignLeft), word
            )
