"""One measure of a sweep against what varies, with intervals; a click on a point chooses it.

Like the landscape's view, this module imports pyqtgraph and is loaded when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio.experiments.sweep.measures import Measure
from studio.experiments.sweep.recommendation import parameter_words, shown_interval, value_words
from studio.experiments.sweep.result import SweepResult
from studio.experiments.words import number
from studio.presets import preset_words
from studio.translation import tr
from studio.ui.theme.theme import Theme
from studio.ui.tuning.still_plot import StillPlot
from studio.visible_text import visible_line

_AIR = 0.08
"""Of the width and the height, round the points."""
_ABOVE = 10
"""Pixels above the axis, for half a number."""
_WIDTH, _DOT, _CHOSEN_DOT = 2.0, 9.0, 14.0
_LONGEST_NAME = 16


class SweepPlot(StillPlot):
    """The plot: the table beside it has the keyboard.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    value_chosen = Signal(int)
    """A point was clicked: the place of its value."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, 60, parent)
        self._result: SweepResult | None = None
        self._measure: Measure | None = None
        self._value = 0
        self.setAccessibleName(tr("Chart"))
        self.getPlotItem().layout.setContentsMargins(0, _ABOVE, 0, 0)
        self._begin()

    def show_measure(self, result: SweepResult | None, measure: Measure | None, value: int) -> None:
        """Draw a measure.

        Args:
            result: Whose; None for nothing.
            measure: Which; None for nothing.
            value: The place of the value whose point is marked.
        """
        self._result, self._measure, self._value = result, measure, value
        self._draw()

    def _draw(self) -> None:
        self.clear()
        self.setBackground(self._theme.colors.window)
        result, measure = self._result, self._measure
        self.setAccessibleDescription("")
        if result is None or measure is None:
            return
        own = result.figures.pooled[measure.name]
        self.setAccessibleDescription(
            "\n".join(
                f"{value_words(result.sweep, place)}: {shown_interval(measure, interval)}"
                for place, interval in enumerate(own)
            )
        )
        xs = self._draw_axes(result, measure)
        known = [place for place, it in enumerate(own) if math.isfinite(it.figure)]
        if not known:
            return
        several = result.figures.by_prompt[measure.name] if len(result.sweep.prompts) > 1 else []
        for line in several:
            self._draw_line(xs, [it.figure for it in line], self._theme.colors.ghost, 1.0)
        color = self._theme.colors.accent
        self._draw_line(xs, [it.figure for it in own], color, _WIDTH)
        sure = [place for place in known if math.isfinite(own[place].low)]
        if sure:
            figures = np.array([own[place].figure for place in sure])
            bars = pg.ErrorBarItem(
                x=np.array([xs[place] for place in sure]),
                y=figures,
                top=np.array([own[place].high for place in sure]) - figures,
                bottom=figures - np.array([own[place].low for place in sure]),
                pen=pg.mkPen(QColor(color), width=1.0),
            )
            self.addItem(bars)
        dots = pg.ScatterPlotItem(
            [xs[place] for place in known],
            [own[place].figure for place in known],
            size=[_CHOSEN_DOT if place == self._value else _DOT for place in known],
            brush=QColor(color),
            pen=pg.mkPen(None),
            data=known,
        )
        dots.sigClicked.connect(self._on_clicked)
        self.addItem(dots)
        self._frame(xs, [it for place in known for it in own[place] if math.isfinite(it)])

    def _draw_axes(self, result: SweepResult, measure: Measure) -> list[float]:
        """The axes; where each value stands."""
        sweep = result.sweep
        names = [
            visible_line(preset_words(value.name), _LONGEST_NAME)
            if value.number is None
            else number(value.number)
            for value in sweep.values
        ]
        xs = [value.number for value in sweep.values]
        is_scale = all(it is not None and math.isfinite(it) for it in xs)
        places = [float(it or 0.0) if is_scale else float(place) for place, it in enumerate(xs)]
        titles = (("bottom", parameter_words(sweep)), ("left", tr(measure.title)))
        for side, title in titles:
            self._name_axis(side, title)
        self.getAxis("bottom").setTicks([list(zip(places, names, strict=True)), []])
        return places

    def _draw_line(
        self, xs: Sequence[float], figures: Sequence[float], color: str, width: float
    ) -> None:
        known = sorted((x, y) for x, y in zip(xs, figures, strict=True) if math.isfinite(y))
        if known:
            pen = pg.mkPen(QColor(color), width=width)
            x, y = np.array(known).T
            self.addItem(pg.PlotCurveItem(x, y, pen=pen, antialias=True))

    def _frame(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Have all points in view."""
        reach = max(xs) - min(xs) or 1.0
        height = max(ys) - min(ys) or abs(ys[0]) or 1.0
        self.setXRange(min(xs) - _AIR * reach, max(xs) + _AIR * reach, padding=0.0)
        self.setYRange(min(ys) - _AIR * height, max(ys) + _AIR * height, padding=0.0)

    def _on_clicked(self, _item: object, points: Sequence[object], _event: object = None) -> None:
        for point in points:
            self.value_chosen.emit(int(point.data()))  # type: ignore[attr-defined]  # as above
            return
