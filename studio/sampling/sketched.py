"""A sketch as ranked logits, so that the samplers run on it as they run on the whole vocabulary."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.penalties import penalise
from studio.sampling.ranked import LEAST_EXPONENT, Weight
from studio.sampling.tail import Tail


class SketchedLogits:
    """The best tokens exactly, the rest through `Tail`; the tail always ranks below.

    Penalties may push a known token below the tail's best; it keeps its place above the tail then,
    with its right probability. A token of the tail cannot be penalised: its logit is not known.

    Args:
        ids: `(n,)` the known tokens, in descending order of logit.
        logits: `(n,)` float64, aligned with `ids`.
        tail: The rest, or None where there is none.
        size: The vocabulary's size.
    """

    def __init__(
        self, ids: NDArray[np.int32], logits: NDArray[np.float64], tail: Tail | None, size: int
    ) -> None:
        self.ids = ids
        self.logits = logits
        self.size = size
        self._tail = tail
        self._offsets = logits - logits[0]
        self._count = ids.size + (tail.count if tail else 0)

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""
        return min(kept, self._count)

    def weights(self, kept: int, beta: float) -> NDArray[np.float64]:
        """Return the weights of the known tokens, 0 beyond the `kept` best."""
        weights: NDArray[np.float64] = np.exp(self._exponents(beta))
        weights[kept:] = 0.0
        return weights

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`."""
        known = self.weights(kept, beta)
        moment = float(known @ self._exponents(beta))
        tail = self.tail_weight(kept, beta)
        return Weight(float(known.sum()) + tail.mass, moment + tail.moment)

    def tail_weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of what the `kept` best take of the tail."""
        wanted = self.limit(kept) - self.ids.size
        if self._tail is None or wanted <= 0:
            return Weight(0.0, 0.0)
        gap = self._tail.edge - float(self.logits[0])
        k, slope, _ = self._tail.log_partition(beta)
        if beta == 0.0:
            return Weight(float(wanted), 0.0)
        mass = math.exp(min(k + beta * gap, -LEAST_EXPONENT / 2))
        moment = mass * beta * (slope + gap)
        if wanted == self._tail.count:
            return Weight(mass, moment)
        drop = self._tail.drop_to_share(wanted / self._tail.count, 0.0)
        mass *= self._tail.share_above(drop, beta)
        return Weight(mass, mass * beta * (gap + self._mean_above(drop, beta)))

    def count_to_mass(self, mass: float, beta: float, kept: int) -> int:
        """Return the least n such that the n best weigh at least `mass`, `kept` at most."""
        cumulative = self.weights(kept, beta).cumsum()
        n = int(cumulative.searchsorted(mass, "left")) + 1
        if n <= min(kept, self.ids.size) or kept <= self.ids.size or self._tail is None:
            return min(n, kept)
        tail = self.tail_weight(self._count, beta).mass
        share = (mass - float(cumulative[-1])) / tail if tail > 0.0 else 1.0
        if share >= 1.0:
            return kept
        drop = self._tail.drop_to_share(share, beta)
        return min(kept, self.ids.size + max(1, self._tail_count_within(drop)))

    def count_within(self, distance: float, kept: int) -> int:
        """Return how many of the `kept` best are at most `distance` below the largest."""
        n = int(np.count_nonzero(self._offsets >= -distance))
        if self._tail is not None and kept > self.ids.size:
            n += self._tail_count_within(distance + self._tail.edge - float(self.logits[0]))
        return min(n, kept)

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the `kept` best with the `recent` ones penalised, in their new order."""
        hit = np.isin(self.ids, np.fromiter(recent, dtype=np.int64))
        hit[kept:] = False
        logits = self.logits.copy()
        logits[hit] = penalise(logits[hit], penalty)
        order = np.arange(self.ids.size)
        order[:kept] = np.lexsort((self.ids[:kept], -logits[:kept]))
        return type(self)(self.ids[order], logits[order], self._tail, self.size)

    def _exponents(self, beta: float) -> NDArray[np.float64]:
        exponents: NDArray[np.float64] = np.maximum(self._offsets * beta, LEAST_EXPONENT)
        return exponents

    def _tail_count_within(self, drop: float) -> int:
        assert self._tail is not None
        return round(self._tail.share_above(drop, 0.0) * self._tail.count)

    def _mean_above(self, drop: float, beta: float) -> float:
        """Return the mean logit, relative to the edge, of the tail's part within `drop` at `beta`.

        d ln M / dβ for the weight M of that part.
        """
        assert self._tail is not None
        step = 0.01
        low, high = max(beta - step, 0.0), beta + step
        logs = [
            self._tail.log_partition(b).value
            + math.log(max(self._tail.share_above(drop, b), 1e-300))
            for b in (low, high)
        ]
        return min(max((logs[1] - logs[0]) / (high - low), -drop), 0.0)
