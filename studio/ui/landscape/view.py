"""Paints the landscape: a picture of the last tokens' distributions, ranks down, tokens across.

Strong is probable; a dot is the token that was written, where it was not the favourite. The picture
is one image with a table of colours, so that turning T exchanges its bytes and nothing else. Like
the histogram's, this module imports pyqtgraph and is loaded when the window is on the screen.
"""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QStyleOptionGraphicsItem, QWidget

from studio.app.landscape.scale import (
    GAP,
    LEVELS,
    MARK,
    RANKS,
    REST,
    TICKS,
    place_of,
    row_at,
    rows_of_pixels,
)
from studio.app.landscape.state import LandscapeState
from studio.app.landscape.words import cell_line
from studio.translation import tr
from studio.ui.heat.ramp import oklab, ramp
from studio.ui.theme.colors import Colors
from studio.ui.theme.theme import Theme

_AXIS_GAP = 6
_PAGE = 10
"""Columns that Page Up and Page Down move by."""

_DOT = 4.0


def color_table(colors: Colors) -> NDArray[np.uint8]:
    """Return `(LEVELS + 1, 3)`: from the card to the peak in even steps, and last `MARK`."""
    stops = (colors.card, colors.landscape_middle, colors.landscape_most)
    heights = [float(oklab(stop)[0]) for stop in stops]
    share = (heights[1] - heights[0]) / (heights[2] - heights[0])
    lower = round(share * (LEVELS - 1))
    names = ramp(stops[0], stops[1], lower + 1)[:-1] + ramp(stops[1], stops[2], LEVELS - lower)
    names.append(colors.cold)
    return np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for name in names], np.uint8)


class _Overlay(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Axes, dots, the pointer, and the words where there is nothing; one unit is one pixel."""

    def __init__(self, view: "LandscapeView", state: LandscapeState, theme: Theme) -> None:
        super().__init__()
        self._view = view
        self._state = state
        self._theme = theme
        self._rect = QRectF()

    def set_size(self, size: QSize) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, size.width(), size.height())

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colors = self._theme.colors
        painter.setFont(self._view.font())
        reason = self._state.reason
        if reason is not None:
            painter.setPen(QColor(colors.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self._rect.adjusted(24, 0, -24, 0), int(words), reason)
        else:
            self._paint_axes(painter, colors)
            self._paint_dots(painter, colors)
            self._paint_pointer(painter, colors)
        if self._view.hasFocus():
            painter.setPen(QColor(colors.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._rect.adjusted(0, 0, -1, -1))

    def _paint_axes(self, painter: QPainter, colors: Colors) -> None:
        plot = self._view.plot
        metrics = QFontMetricsF(self._view.font())
        line = metrics.height()
        painter.setPen(QColor(colors.muted))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        rest = plot.top() + plot.height() * place_of(REST)
        labels = [(rest, tr("rest"))]
        above = plot.top() - line
        for rank in TICKS:
            y = plot.top() + plot.height() * place_of(rank - 1)
            if y - above >= line * 0.85 and rest - y >= line * 0.85:
                labels.append((y, str(rank)))
                above = y
        for y, label in labels:
            where = QRectF(0, y - line / 2, plot.left() - _AXIS_GAP, line)
            painter.drawText(where, right, label)
        below = QRectF(plot.left(), plot.bottom() + 1, plot.width(), line)
        painter.drawText(
            below,
            int(Qt.AlignmentFlag.AlignLeft),
            tr("{count:,} tokens ago", count=self._state.count),
        )
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), tr("newest"))

    def _paint_dots(self, painter: QPainter, colors: Colors) -> None:
        if self._view.is_dense:
            return  # they are marks on the picture itself
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # The rim is what sets a dot off from the hill it stands on.
        for color, size in ((colors.card, _DOT + 2.0), (colors.cold, _DOT)):
            pen = QPen(QColor(color), size)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(self._view.dots())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_pointer(self, painter: QPainter, colors: Colors) -> None:
        column = self._state.column
        if column is None:
            return
        plot = self._view.plot
        left, width = self._view.left_of(column), max(self._view.column_width, 3.0)
        painter.setPen(QColor(colors.text))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(round(left) - 1, plot.top() - 1, round(width) + 1, plot.height() + 1)
        )


_PLACES = np.array([place_of(row) for row in range(RANKS + 1)])


class LandscapeView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """The landscape as a widget.

    Attributes:
        plot: Where the picture is, without its axes; in pixels.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: LandscapeState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self.plot = QRectF()
        self._rows_of_pixels: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._overlay = _Overlay(self, state, theme)
        self.addItem(self._image)
        self.addItem(self._overlay)
        # Clicks are for the text: only the Tab key brings the keyboard here.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(tr("Landscape"))
        state.changed.connect(self._follow)
        state.pointed.connect(self._on_pointed)
        theme.changed.connect(self._recolor)
        self._lay_out()
        self._recolor()

    @property
    def column_width(self) -> float:
        """How wide a token is, in pixels."""
        return self.plot.width() / self._state.count

    @property
    def is_dense(self) -> bool:
        """Whether columns are narrower than a dot."""
        return self.column_width < _DOT

    def left_of(self, column: int) -> float:
        """Where a token's column begins; the newest ends at the picture's right edge."""
        return self.plot.right() - (len(self._state.spans) - column) * self.column_width

    def close(self) -> bool:
        """Close as every widget does; pyqtgraph's own takes the view apart under its users."""
        return QGraphicsView.close(self)

    def sizeHint(self) -> QSize:
        """Six lines of text high, and as wide as it gets."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 80, metrics.height() * 7)

    def minimumSizeHint(self) -> QSize:
        """Room for three ranks' names and the axis below."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 36, metrics.height() * 4)

    # -- following ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep one unit one pixel, and the picture as large as the view."""
        super().resizeEvent(event)
        if hasattr(self, "_overlay"):  # pyqtgraph calls this from its constructor
            self._lay_out()
            self._follow()

    def _lay_out(self) -> None:
        size = self.viewport().size()
        metrics = QFontMetricsF(self.font())
        left = round(metrics.horizontalAdvance(tr("rest"))) + _AXIS_GAP
        height = max(size.height() - round(metrics.height()) - 6, 8)
        self.plot = QRectF(left, 4, max(size.width() - left - 2, 8), height)
        self._rows_of_pixels = rows_of_pixels(height)
        self._overlay.set_size(size)

    def _follow(self) -> None:
        levels = self._state.levels
        self._image.setVisible(bool(len(levels)))
        if len(levels):
            picture = levels.T[self._rows_of_pixels]
            picture[self._rows_of_pixels == GAP] = 0
            if self.is_dense:
                self._mark(picture)
            width = len(levels) * self.column_width
            # Narrower than a pixel, columns are blended, or some would not be seen at all.
            self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.column_width < 1.0)
            self._image.setImage(picture, autoLevels=False, levels=None)
            self._image.setRect(
                QRectF(self.plot.right() - width, self.plot.top(), width, self.plot.height())
            )
        self._overlay.update()

    def dots(self) -> QPolygonF:
        """The written tokens that were not the favourites; these are the top edge itself."""
        columns = np.flatnonzero(self._state.ranks > 0)
        x = self.left_of(0) + (columns + 0.5) * self.column_width
        y = self.plot.top() + self.plot.height() * _PLACES[self._rows_written(columns)]
        return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

    def _mark(self, picture: NDArray[np.uint8]) -> None:
        """Put the same on a picture whose columns are too narrow for dots."""
        columns = np.flatnonzero(self._state.ranks > 0)
        y = (_PLACES[self._rows_written(columns)] * len(picture)).astype(np.intp)
        for line in (y, y - 1):  # two pixels high, or it is hard to see
            picture[np.maximum(line, 0), columns] = MARK

    def _rows_written(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.minimum(self._state.ranks[columns], REST)

    def _recolor(self) -> None:
        self.setBackground(QColor(self._theme.colors.card))
        self._image.setLookupTable(color_table(self._theme.colors))
        self._overlay.update()

    def _on_pointed(self) -> None:
        cell = self._state.cell()
        self.setAccessibleDescription("" if cell is None else cell_line(cell))
        self._overlay.update()

    # -- input -------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what is under the pointer."""
        self._point_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look at the token under the pointer, in the text."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._point_at(event.position())
            self._state.choose()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing: the press has done it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing here turns."""
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self._state.point_at(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Point at the newest token, if at none."""
        super().focusInEvent(event)
        if self._state.column is None:
            self._state.point_at(len(self._state.spans) - 1)
        self._overlay.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self._state.point_at(None)
        self._overlay.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page keys, Home and End point; Enter and Space look at the token."""
        state, last = self._state, len(self._state.spans) - 1
        column = last if state.column is None else state.column
        row = -1 if state.row is None else state.row
        match event.key():
            case Qt.Key.Key_Left:
                state.point_at(max(column - 1, 0), state.row)
            case Qt.Key.Key_Right:
                state.point_at(min(column + 1, last), state.row)
            case Qt.Key.Key_PageUp:
                state.point_at(max(column - _PAGE, 0), state.row)
            case Qt.Key.Key_PageDown:
                state.point_at(min(column + _PAGE, last), state.row)
            case Qt.Key.Key_Home:
                state.point_at(0, state.row)
            case Qt.Key.Key_End:
                state.point_at(last, state.row)
            case Qt.Key.Key_Down:
                state.point_at(column, min(row + 1, REST))
            case Qt.Key.Key_Up:
                state.point_at(column, row - 1 if row > 0 else None)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space:
                state.choose()
            case _:
                event.ignore()

    def _point_at(self, point: QPointF) -> None:
        if not self.plot.contains(point):
            self._state.point_at(None)
            return
        column = int((point.x() - self.left_of(0)) // self.column_width)
        row = row_at((point.y() - self.plot.top()) / self.plot.height())
        self._state.point_at(column, None if row == GAP else row)
