"""What heat can show of a token, and where each measure lies on the ramp.

Every measure has a scale from 0 (the faintest tint) to 1 (the strongest), with the numbers and
words that stand beside it in a legend.
"""

from __future__ import annotations

import math
from enum import Enum

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from studio.translation import mark, tr

_SHARE = 0.9
"""The share of tokens that a fitted scale distinguishes; the rest have the strongest tint."""


_FITTED = mark(
    "<p>The scale fits the text that was shown, at T 1: one token in ten is at its end or beyond."
    "</p>"
)


class HeatMeasure(Enum):
    """What the manuscript is tinted by; the value is the name under which it is remembered."""

    OFF = "off"
    SURPRISE = "surprise"
    ENTROPY = "entropy"
    RANK = "rank"
    BLAME = "blame"


class HeatScale(msgspec.Struct, frozen=True):
    """Where the values of a measure lie on the ramp.

    Attributes:
        title: What the measure is called in a menu.
        about: What it measures, in technical and in plain words.
        least: The value at 0; smaller ones lie there too.
        most: The value at 1; larger ones lie there too.
        logarithmic: Whether equal factors are equally far apart, rather than equal differences.
        ticks: Values to write beside the ramp, with their labels.
        low: The ramp's beginning in a word or two.
        high: Its end.
        ends: The ends it may have when it is fitted to a text; empty where it is not fitted.
        unit: A format for the number at a fitted end.
    """

    title: str
    about: str
    least: float
    most: float
    logarithmic: bool
    ticks: tuple[tuple[float, str], ...]
    low: str
    high: str
    ends: tuple[float, ...] = ()
    unit: str = ""

    @property
    def tip(self) -> str:
        """What it is, for a tooltip."""
        return tr(self.about) + (tr(_FITTED) if self.ends else "")

    def fitted(self, values: NDArray[np.float64]) -> HeatScale:
        """Return the scale fitted to some values: nine in ten of them lie before its end.

        Args:
            values: What is to be distinguished; NaN is left out.
        """
        known = values[~np.isnan(values)]
        if not self.ends or not len(known):
            return self
        nine_of_ten = float(np.quantile(known, _SHARE))
        most = next((end for end in self.ends if end >= nine_of_ten), self.ends[-1])
        if most == self.most:
            return self
        if self.logarithmic:
            ticks = (*(tick for tick in self.ticks if tick[0] < most), (most, self._end(most)))
        else:
            ticks = ((0.0, "0"), (most / 2, f"{most / 2:g}"), (most, self._end(most)))
        return replace(self, most=most, ticks=ticks)

    def _end(self, most: float) -> str:
        return tr(self.unit).format(f"{most:,g}")

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where values lie, from 0 to 1; NaN stays NaN."""
        within = np.clip(values, self.least, self.most)
        if not self.logarithmic:
            return (within - self.least) / (self.most - self.least)
        place: NDArray[np.float64] = np.log(within / self.least)
        return place / math.log(self.most / self.least)


SCALES = {
    HeatMeasure.SURPRISE: HeatScale(
        title=mark("&Surprise"),
        about=mark(
            "<p><b>Surprise</b>, −log2 p in bits: how unlikely this token was where it stands, "
            "at the temperature in force, before penalties and filters.</p><p>Each bit halves "
            "the chance: 1 bit is one in 2, 10 bits one in 1,024.</p>"
        ),
        least=0.0,
        most=12.0,
        logarithmic=False,
        ticks=((0.0, "0"), (4.0, "4"), (8.0, "8"), (12.0, mark("12 bits"))),
        low=mark("expected"),
        high=mark("surprising"),
        ends=(2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0),
        unit=mark("{}+ bits"),
    ),
    HeatMeasure.ENTROPY: HeatScale(
        title=mark("&Entropy"),
        about=mark(
            "<p><b>Entropy</b> in bits: how open the choice was at this place, at the "
            "temperature in force, before penalties and filters, whatever was taken.</p><p>1 bit "
            "is a fair coin; 5 bits are as open as 32 equal choices.</p>"
        ),
        least=0.0,
        most=10.0,
        logarithmic=False,
        ticks=((0.0, "0"), (2.5, "2.5"), (5.0, "5"), (7.5, "7.5"), (10.0, mark("10 bits"))),
        low=mark("decided"),
        high=mark("open"),
        ends=(1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0),
        unit=mark("{}+ bits"),
    ),
    HeatMeasure.RANK: HeatScale(
        title=mark("&Rank"),
        about=mark(
            "<p><b>Rank</b>, the model’s own: how many tokens it held likelier here, before "
            "penalties and filters. The 1st is its favourite.</p><p>Temperature does not change "
            "ranks, so turning T leaves this as it is.</p>"
        ),
        least=1.0,
        most=1000.0,
        logarithmic=True,
        ticks=(
            (1.0, mark("1st")),
            (10.0, mark("10th")),
            (100.0, mark("100th")),
            (1000.0, mark("1,000th")),
        ),
        low=mark("the model’s favourite"),
        high=mark("far down"),
        ends=(10.0, 100.0, 1000.0, 10000.0),
        unit=mark("{}th+"),
    ),
    HeatMeasure.BLAME: HeatScale(
        title=mark("&Blame"),
        about=mark(
            "<p><b>Temperature blame</b>: the T below which the same random draw would have taken "
            "the favourite instead, after the penalties and filters in force. The stronger the "
            "tint, the sooner the token gives way when you cool.</p><p>A line under a token: at "
            "the temperature now, the same draw would take the favourite. Favourites have no "
            "blame; nor has text that was scored, for nothing was drawn there.</p><p>Where a "
            "filter cuts beyond the 128 best tokens of a place, its blame is an estimate.</p>"
        ),
        least=0.1,
        most=3.0,
        logarithmic=True,
        ticks=((0.1, "T 0.1"), (0.3, "0.3"), (1.0, "1"), (3.0, "3")),
        low=mark("the word itself"),
        high=mark("the temperature"),
    ),
}
"""The scale of every measure but OFF."""


def measure_named(name: str) -> HeatMeasure:
    """Return the measure of a remembered name; OFF where there is none of that name."""
    try:
        return HeatMeasure(name)
    except ValueError:
        return HeatMeasure.OFF
