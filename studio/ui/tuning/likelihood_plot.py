"""Log-likelihood a token against T: a curve a text, the best T on it, and its interval as a band.

Like the landscape's view, this module imports pyqtgraph and is loaded when it is asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from studio.app.tuning.fit_words import spoken_curve
from studio.experiments.text_fit import TextFit
from studio.sampling.analysis.fitted_temperature import CURVE_TEMPERATURES
from studio.sampling.analysis.retemper import COLDEST, HOTTEST
from studio.translation import tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.letters import follow_letters

_TICKS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_AROUND = 2.0
"""A factor of T that is seen on either side of what is to be seen."""
_AIR = 0.06
"""Of the height, above and below the curves."""
_BAND = 0.16
"""How opaque the band is."""
_WIDTH, _DOT = 2.0, 9.0


class Voice(NamedTuple):
    """A text in the plot: what it is called, its fit, and the colour of its curve."""

    name: str
    fit: TextFit
    color: str


class LikelihoodPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """The plot. It is to be looked at: nothing in it moves, and Tab passes it by.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme.colors.window)
        self._theme = theme
        self._voices: list[Voice] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("Log-likelihood against temperature"))
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        theme.changed.connect(self._draw)
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
        return QSize(metrics.averageCharWidth() * 80, metrics.height() * 13)

    def minimumSizeHint(self) -> QSize:
        """Room for a shape and its axes."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 40, metrics.height() * 8)

    def show_voices(self, voices: Sequence[Voice]) -> None:
        """Draw the curves of some texts.

        Args:
            voices: One or two.
        """
        self._voices = list(voices)
        self.setAccessibleDescription(
            "\n".join(spoken_curve(voice.name, voice.fit.whole) for voice in voices)
        )
        self._draw()

    def _draw(self) -> None:
        self.clear()
        self.setBackground(self._theme.colors.window)
        if not self._voices:
            return
        low = min(1.0, *(voice.fit.whole.low for voice in self._voices)) / _AROUND
        high = max(1.0, *(voice.fit.whole.high for voice in self._voices)) * _AROUND
        low, high = max(low, COLDEST), min(high, HOTTEST)
        seen = (low <= CURVE_TEMPERATURES) & (high >= CURVE_TEMPERATURES)
        self._draw_axes(low, high)
        for voice in self._voices:
            self._draw_voice(voice, seen)
        values = np.concatenate([voice.fit.curve[seen] for voice in self._voices])
        least, most = float(values.min()), float(values.max())
        ends = np.log(CURVE_TEMPERATURES[seen][[0, -1]])
        self.setXRange(float(ends[0]), float(ends[1]), padding=0.0)
        self.setYRange(least, most, padding=_AIR)

    def _draw_axes(self, low: float, high: float) -> None:
        colors = self._theme.colors
        for side, name in (("bottom", tr("T")), ("left", tr("ln p a token"))):
            axis = self.getAxis(side)
            axis.setPen(QColor(colors.ghost))
            axis.setTextPen(QColor(colors.muted))
            axis.setTickFont(self.font())
            axis.enableAutoSIPrefix(False)
            axis.setLabel(name, color=colors.muted)
            axis.label.setFont(self.font())
        ticks = [(float(np.log(t)), f"{t:g}") for t in _TICKS if low <= t <= high]
        self.getAxis("bottom").setTicks([ticks, []])
        line = pg.InfiniteLine(0.0, pen=pg.mkPen(colors.ghost, style=Qt.PenStyle.DotLine))
        self.addItem(line)

    def _draw_voice(self, voice: Voice, seen: NDArray[np.bool_]) -> None:
        whole, color = voice.fit.whole, QColor(voice.color)
        soft = QColor(color)
        soft.setAlphaF(_BAND)
        band = pg.LinearRegionItem(
            (float(np.log(whole.low)), float(np.log(whole.high))),
            brush=soft,
            pen=pg.mkPen(None),
            movable=False,
        )
        self.addItem(band)
        pen = pg.mkPen(color, width=_WIDTH)
        temperatures, curve = np.log(CURVE_TEMPERATURES), voice.fit.curve
        self.addItem(pg.PlotCurveItem(temperatures[seen], curve[seen], pen=pen, antialias=True))
        best = float(np.log(whole.temperature))
        top = float(np.interp(best, temperatures, curve))
        dot = pg.ScatterPlotItem([best], [top], size=_DOT, brush=color, pen=pg.mkPen(None))
        self.addItem(dot)
