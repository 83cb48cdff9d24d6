"""Log-likelihood a token against T: a curve a text, the best T on it, and its interval as a band.

Like the landscape's view, this module imports pyqtgraph and is loaded when it is asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio.app.tuning.fit_words import spoken_curve
from studio.experiments.text_fit import TextFit
from studio.sampling.analysis.fitted_temperature import CURVE_TEMPERATURES
from studio.sampling.analysis.retemper import COLDEST, HOTTEST
from studio.translation import tr
from studio.ui.theme.theme import Theme
from studio.ui.tuning.still_plot import StillPlot

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


class LikelihoodPlot(StillPlot):
    """The plot.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, 80, parent)
        self._voices: list[Voice] = []
        self.setAccessibleName(tr("Log-likelihood against temperature"))
        self._begin()

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
        for side, name in (("bottom", tr("T")), ("left", tr("ln p a token"))):
            self._name_axis(side, name)
        ticks = [(float(np.log(t)), f"{t:g}") for t in _TICKS if low <= t <= high]
        self.getAxis("bottom").setTicks([ticks, []])
        line = pg.InfiniteLine(
            0.0, pen=pg.mkPen(self._theme.colors.ghost, style=Qt.PenStyle.DotLine)
        )
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
