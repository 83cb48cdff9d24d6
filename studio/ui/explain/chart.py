"""Paints a `Figure`: rows with names, columns of bars, the curve of β above them."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.explain.figures import Bar, Column, Figure
from studio.app.explain.place import STEP
from studio.app.tokens.text import TokenText
from studio.translation import tr
from studio.ui.theme.colors import Colors
from studio.ui.theme.theme import Theme

_GAP = 10
_VALUE_GAP = 6
_BAR_SHARE = 0.62
_TICK_WIDTH, _TICK_OVER = 2, 2
"""How thick a tick is, and how far it stands out above and below its bar."""
_TOKEN_CHARACTERS = 10
_LARGEST_NAME_SHARE = 0.5

_CURVE_HEIGHT = 7
"""In rows."""

_USUAL_ROW, _LARGEST_ROW = 1.45, 1.9
"""In heights of a line of text."""

_COLDEST_SHOWN, _HOTTEST_SHOWN = 0.1, 3.0
_LARGEST_BETA = 1.0 / _COLDEST_SHOWN

_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class ExplainChart(QWidget):
    """The chart beside a step's words.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._figure: Figure | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Chart"))
        theme.changed.connect(self.update)

    def set_figure(self, figure: Figure) -> None:
        """Paint another figure."""
        before, self._figure = self._figure, figure
        rows = _height_in_rows(figure)
        if before is None or _height_in_rows(before) != rows:
            self.setMaximumHeight(round(rows * self.fontMetrics().height() * _LARGEST_ROW))
            self.updateGeometry()
        self.setAccessibleDescription(figure.spoken())
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its rows; it may grow a little beyond that."""
        rows = 0.0 if self._figure is None else _height_in_rows(self._figure)
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 40, round(rows * metrics.height() * _USUAL_ROW))

    def minimumSizeHint(self) -> QSize:
        """All rows, in a narrow panel."""
        return QSize(self.fontMetrics().averageCharWidth() * 30, self.sizeHint().height())

    def _row_height(self) -> int:
        assert self._figure is not None, "only asked while one is painted"
        return int(self.height() / _height_in_rows(self._figure))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the curve, the headings and the rows."""
        figure = self._figure
        if figure is None:
            return
        painter = QPainter(self)
        colors = self._theme.colors
        top = 0.0
        if figure.curve_at is not None:
            height = _CURVE_HEIGHT * self._row_height() - _GAP
            _paint_curve(painter, colors, QRectF(0, 0, self.width(), height), figure.curve_at)
            top += height + _GAP
        self._paint_table(painter, colors, figure, top)

    def _paint_table(self, painter: QPainter, colors: Colors, figure: Figure, top: float) -> None:
        names_width = self._names_width(figure)
        left = names_width + _GAP
        column_width = (self.width() - left + _GAP) / len(figure.columns) - _GAP
        row_height = self._row_height()
        headed = any(column.heading for column in figure.columns)
        first_row = top + (row_height if headed else 0)
        for row, name in enumerate(figure.names):
            where = QRectF(0, first_row + row * row_height, names_width, row_height)
            self._paint_name(painter, colors, where, name)
        for column in figure.columns:
            where = QRectF(round(left), top, round(column_width), row_height)
            if headed:
                painter.setPen(QColor(colors.muted))
                painter.setFont(self.font())
                painter.drawText(where, _LEFT, self._fitted(column.heading, where.width()))
                where.translate(0, row_height)
            self._paint_column(painter, colors, where, column)
            left += column_width + _GAP

    def _paint_name(
        self, painter: QPainter, colors: Colors, where: QRectF, name: TokenText | str
    ) -> None:
        if isinstance(name, str):
            words, color = name, colors.muted
        else:
            words = name.text
            color = colors.text if name.kind == "text" else colors.muted
        painter.setPen(QColor(color))
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        painter.drawText(
            where, _RIGHT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, where.width())
        )

    def _paint_column(
        self, painter: QPainter, colors: Colors, first: QRectF, column: Column
    ) -> None:
        metrics = QFontMetricsF(self.font())
        value_room = max(metrics.horizontalAdvance(bar.value) for bar in column.bars)
        room = max(first.width() - value_room - _VALUE_GAP, 4.0)
        scale = room / (column.high - column.low)
        zero = first.left() - column.low * scale
        painter.setFont(self.font())
        # Probabilities have the whole of 0 to 100 % before them, as in the histogram.
        has_track = (column.low, column.high) == (0.0, 1.0)
        for row, bar in enumerate(column.bars):
            where = first.translated(0, row * first.height())
            self._paint_bar(painter, colors, where, bar, zero, scale, has_track=has_track)

    def _paint_bar(
        self,
        painter: QPainter,
        colors: Colors,
        where: QRectF,
        bar: Bar,
        zero: float,
        scale: float,
        *,
        has_track: bool,
    ) -> None:
        height = round(where.height() * _BAR_SHARE)
        top = round(where.top() + (where.height() - height) / 2)
        filled = _span(zero, bar.filled * scale, top, height)
        end = filled.right()
        if has_track:
            track = _span(zero, scale, top, height)
            end = track.right()
            if not bar.is_sum:
                painter.fillRect(track, QColor(colors.track))
        painter.fillRect(filled, QColor(colors.accent))
        if bar.tick is not None:
            at = round(zero + bar.tick * scale) - _TICK_WIDTH / 2
            tick = QRectF(at, top - _TICK_OVER, _TICK_WIDTH, height + 2 * _TICK_OVER)
            painter.fillRect(tick, QColor(colors.text))
            end = max(end, tick.right())
        painter.setPen(QColor(colors.muted if bar.cut else colors.text))
        value = QRectF(end + _VALUE_GAP, where.top(), self.width(), where.height())
        painter.drawText(value, _LEFT | int(Qt.TextFlag.TextDontClip), bar.value)

    def _names_width(self, figure: Figure) -> float:
        metrics = QFontMetricsF(self.font())
        widest_token = metrics.averageCharWidth() * _TOKEN_CHARACTERS
        tokens = any(not isinstance(name, str) for name in figure.names)
        words = max(
            (metrics.horizontalAdvance(name) for name in figure.names if isinstance(name, str)),
            default=0.0,
        )
        return min(max(widest_token if tokens else 0.0, words), self.width() * _LARGEST_NAME_SHARE)

    def _fitted(self, words: str, width: float) -> str:
        return QFontMetricsF(self.font()).elidedText(words, Qt.TextElideMode.ElideRight, width)


def _height_in_rows(figure: Figure) -> float:
    headed = any(column.heading for column in figure.columns)
    return len(figure.names) + headed + (_CURVE_HEIGHT if figure.curve_at is not None else 0)


def _span(zero: float, length: float, top: int, height: int) -> QRectF:
    """A bar from zero to `length`, which may be negative; edges on whole pixels."""
    left, right = sorted((round(zero), round(zero + length)))
    return QRectF(left, top, right - left, height)


def _paint_curve(painter: QPainter, colors: Colors, area: QRectF, temperature: float) -> None:
    """β = 1/T, with the step from `temperature` marked on both axes."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    plot = area.adjusted(metrics.horizontalAdvance("β 10") + 6, line * 0.4, -2, -line * 1.2)

    def point(t: float) -> QPointF:
        return QPointF(
            plot.left() + plot.width() * t / _HOTTEST_SHOWN,
            plot.bottom() - plot.height() / (t * _LARGEST_BETA),
        )

    painter.setPen(QColor(colors.card_border))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    painter.drawLine(plot.bottomLeft(), plot.topLeft())
    painter.setPen(QColor(colors.muted))
    for t in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
        where = QRectF(point(t).x() - 30, plot.bottom() + 2, 60, line)
        if t == _HOTTEST_SHOWN:
            where.moveRight(area.right())
        side = Qt.AlignmentFlag.AlignRight if t == _HOTTEST_SHOWN else Qt.AlignmentFlag.AlignCenter
        painter.drawText(where, int(side), f"{'T ' if t == _HOTTEST_SHOWN else ''}{t:g}")
    for beta in (5, 10):
        y = plot.bottom() - plot.height() * beta / _LARGEST_BETA
        label = QRectF(area.left(), y - line / 2, plot.left() - area.left() - 5, line)
        painter.drawText(label, _RIGHT, f"{'β ' if beta == _LARGEST_BETA else ''}{beta}")

    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colors.ghost), 1.5))
    span = math.log(_HOTTEST_SHOWN / _COLDEST_SHOWN)
    painter.drawPolyline(
        QPolygonF([point(_COLDEST_SHOWN * math.exp(span * i / 80)) for i in range(81)])
    )
    if _COLDEST_SHOWN <= temperature <= _HOTTEST_SHOWN - STEP:
        here, there = point(temperature), point(temperature + STEP)
        painter.setPen(QPen(QColor(colors.accent), 1.0, Qt.PenStyle.DotLine))
        for end in (here, there):
            painter.drawLine(end, QPointF(end.x(), plot.bottom()))
            painter.drawLine(end, QPointF(plot.left(), end.y()))
        painter.setPen(QPen(QColor(colors.accent), 3.0))
        painter.drawLine(QPointF(here.x(), plot.bottom()), QPointF(there.x(), plot.bottom()))
        painter.drawLine(QPointF(plot.left(), here.y()), QPointF(plot.left(), there.y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        painter.drawEllipse(here, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
