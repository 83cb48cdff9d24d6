"""The last tokens as rows of brightness: extended as tokens come, re-tempered as T turns.

Sketches are unpacked once, a few at a time, and kept in blocks, so that the oldest can be dropped
as new ones come: at one temperature a new token costs one row, however many are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.app.landscape.scale import ROWS, levels
from studio.app.tokens.sketch_store import SketchStore
from studio.manuscript import OwnSampling, TokenSpan
from studio.sampling import SketchStack

CHUNK = 48
"""Sketches that are unpacked in one go; that takes about 6 ms."""

_BLOCK = 512


class LandscapeRows:
    """Rows for the tokens that were asked for, or for the first of them until all are ready.

    Attributes:
        spans: The tokens that have a row, oldest first.
        levels: `(n, ROWS)` uint8: the brightness by rank, and of all others together.
        ranks: `(n,)` the rank of the token that stands there, 0 for the favourite; -1 where its
            sketch cannot be read, and the row is empty.
        temperatures: `(n,)` the one that each row is shown at.

    Args:
        sketches: Unpacks them.
        owns: Says which tokens stand where there is a temperature of its own.
    """

    def __init__(
        self,
        sketches: SketchStore,
        owns: Callable[[Sequence[TokenSpan]], Sequence[OwnSampling | None]] = lambda _: (),
    ) -> None:
        self._sketches = sketches
        self._owns = owns
        self._temperature = 1.0
        self.clear()

    def clear(self) -> None:
        """Drop all rows."""
        self.spans: list[TokenSpan] = []
        self.levels: NDArray[np.uint8] = np.zeros((0, ROWS), dtype=np.uint8)
        self.ranks: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self.temperatures: NDArray[np.float64] = np.zeros(0)
        self._blocks: list[SketchStack] = []
        self._skipped = 0
        """Rows of the first block whose tokens have been dropped."""

    def temper(self, temperature: float) -> None:
        """Compute all rows at a temperature, 0 to infinity, or at those that are their own."""
        self._temperature = temperature
        each = self._each(self.spans)
        if np.array_equal(each, self.temperatures):
            return
        self.temperatures = each
        if self._blocks:
            every = np.concatenate((np.full(self._skipped, temperature), each))
            starts = range(0, len(every), _BLOCK)
            rows = [
                _levels(block, every[start : start + _BLOCK])
                for block, start in zip(self._blocks, starts, strict=True)
            ]
            self.levels = np.concatenate(rows)[self._skipped :]

    def _each(self, spans: Sequence[TokenSpan]) -> NDArray[np.float64]:
        """The temperature of each token."""
        each = np.full(len(spans), self._temperature)
        for row, own in enumerate(self._owns(spans)):
            if own is not None:
                each[row] = own.temperature
        return each

    def follow(self, wanted: Sequence[TokenSpan]) -> bool:
        """Make some of the rows that are wanted; return whether all of them are there now."""
        self._keep_common(wanted)
        known = len(self.spans)
        # Also those that stayed may stand elsewhere now.
        self.spans = list(wanted[:known])
        fresh = wanted[known : known + CHUNK]
        if fresh:
            self._append(fresh)
        return len(self.spans) == len(wanted)

    def _keep_common(self, wanted: Sequence[TokenSpan]) -> None:
        """Keep only the rows that the wanted tokens begin with."""
        first = wanted[0].record if wanted else None
        start = next(
            (row for row, span in enumerate(self.spans) if span.record is first), len(self.spans)
        )
        held = self.spans[start:]
        same = 0
        for have, want in zip(held, wanted, strict=False):
            if have.record is not want.record:
                break
            same += 1
        if not same:
            self.clear()
            return
        self._drop(start)
        self._truncate(same)

    def _drop(self, count: int) -> None:
        self.spans = self.spans[count:]
        self.levels, self.ranks = self.levels[count:], self.ranks[count:]
        self.temperatures = self.temperatures[count:]
        self._skipped += count
        while self._blocks and self._skipped >= len(self._blocks[0]):
            self._skipped -= len(self._blocks.pop(0))

    def _truncate(self, count: int) -> None:
        if count == len(self.spans):
            return
        self.spans = self.spans[:count]
        self.levels, self.ranks = self.levels[:count], self.ranks[:count]
        self.temperatures = self.temperatures[:count]
        left = self._skipped + count
        for index, block in enumerate(self._blocks):
            if left <= 0:
                del self._blocks[index:]
                break
            block.truncate(left)
            left -= _BLOCK

    def _append(self, fresh: Sequence[TokenSpan]) -> None:
        new = SketchStack()
        for span in fresh:
            if not self._blocks or len(self._blocks[-1]) >= _BLOCK:
                self._blocks.append(SketchStack())
            self._sketches.put(span.record, new, self._blocks[-1])
        self.spans = [*self.spans, *fresh]
        each = self._each(fresh)
        self.temperatures = np.concatenate((self.temperatures, each))
        self.levels = np.concatenate((self.levels, _levels(new, each)))
        self.ranks = np.concatenate((self.ranks, new.rank))


def _levels(stack: SketchStack, temperatures: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return `(n, ROWS)` uint8; empty rows where a sketch could not be read."""
    if not len(stack):
        return np.zeros((0, ROWS), dtype=np.uint8)
    first = float(temperatures[0])
    # One for all is quicker.
    temperature = first if (temperatures == first).all() else temperatures
    rest = stack.tail(temperature).astype(np.float32)
    made = levels(np.column_stack((stack.probabilities(temperature), rest)))
    made[stack.rank < 0] = 0
    return made
