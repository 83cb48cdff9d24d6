"""What heat can show of tokens of whose distributions the likeliest alone are known."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studio.app.heat.measure import HeatMeasure
from studio.sampling import LogitSketch
from studio.sampling.sketches.sketch_stack import Temperature
from studio.sampling.sketches.stack_bounds import Bounds, StackBounds
from studio.sampling.sketches.truncated_sketch import TruncatedSketch


class HeatBounds:
    """Those of the tokens shown that are known between bounds, by their rows."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._stack = StackBounds()

    @property
    def rows(self) -> NDArray[np.intp]:
        """Which they are."""
        return np.array(self._rows, dtype=np.intp)

    def append(self, row: int, sketch: LogitSketch, token: int) -> None:
        """Take in one more.

        Args:
            row: Its row.
            sketch: Its distribution, a truncated one that knows the token.
            token: The token.
        """
        assert isinstance(sketch, TruncatedSketch), "of others all is known"
        self._stack.append(sketch, token)
        self._rows.append(row)

    def values(self, measure: HeatMeasure, temperature: Temperature) -> Bounds:
        """Return the least and the most of each, in the measure's unit.

        Args:
            measure: Surprise or entropy.
            temperature: T of all rows, or of each.
        """
        at = temperature[self.rows] if isinstance(temperature, np.ndarray) else temperature
        if measure is HeatMeasure.SURPRISE:
            return self._stack.surprise(at)
        least, most = self._stack.entropy(at)
        return least / math.log(2.0), most / math.log(2.0)
