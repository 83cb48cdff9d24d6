"""A plot that is looked at: nothing in it moves, and Tab passes it by.

Like the landscape's view, this module imports pyqtgraph and is loaded when it is asked for.
"""

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from studio.ui.theme.theme import Theme
from studio.ui.widgets.letters import follow_letters


class _NumberAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose numbers have a minus sign where pyqtgraph writes a hyphen."""

    def tickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """What stands at its ticks."""
        return [words.replace("-", "−") for words in super().tickStrings(values, scale, spacing)]


class StillPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """The plot. A kind of it calls `_begin` once it knows what to draw.

    Args:
        theme: Where the colours come from.
        width: How wide it would be, in letters.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, width: int, parent: QWidget | None = None) -> None:
        axes = {side: _NumberAxis(side) for side in ("left", "bottom")}
        super().__init__(parent, background=theme.colors.window, axisItems=axes)
        self._theme = theme
        self._width = width
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)

    def _begin(self) -> None:
        """Draw it, now and whenever colours or letters are others."""
        self._theme.changed.connect(self._draw)
        follow_letters(self, lambda _letters: self._draw())

    def close(self) -> bool:
        """Close as every widget does; pyqtgraph's own takes the view apart under its users."""
        return QGraphicsView.close(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing here turns."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """A dozen lines high."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * self._width, metrics.height() * 13)

    def minimumSizeHint(self) -> QSize:
        """Room for a shape and its axes."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 40, metrics.height() * 8)

    def _draw(self) -> None:
        """Draw all of it."""
        raise NotImplementedError

    def _name_axis(self, side: str, title: str) -> None:
        colors, axis = self._theme.colors, self.getAxis(side)
        axis.setPen(QColor(colors.ghost))
        axis.setTextPen(QColor(colors.muted))
        axis.setTickFont(self.font())
        # Both: to forbid the prefix computes it once more, and shows thousandths as that.
        axis.setSIPrefixEnableRanges(())
        axis.enableAutoSIPrefix(False)
        axis.setLabel(title, color=colors.muted, siPrefixEnableRanges=())
        axis.label.setFont(self.font())
