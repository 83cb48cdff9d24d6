"""What the filters leave of many sketches at once, at any temperature.

Where a filter cuts within a sketch's tail (beyond the best `HEAD` tokens), it is an estimate: top-p
takes its share of its weight, top-k the tail whole, and min-p and top-n-sigma as much as if the
tail thinned out exponentially below its edge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranking import HEAD
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.filters import WITHIN
from studio.sampling.samplers.steps import HEED_MIN_KEEP, active_steps
from studio.sampling.sketches.sketch_stack import SketchStack


class FilteredStack:
    """What filters leave of every sketch of a stack: of the best tokens some, of the tail a share.

    Attributes:
        weights: `(n, HEAD)` what the best tokens weigh, relative to the favourite, by rank; 0 for
            those that are cut.
        tail: `(n,)` what is left of all others weighs together.

    Args:
        stack: The sketches.
        betas: `(n,)` the inverse temperature of each.
        weights: `(n, HEAD)` what the best tokens weigh there; written to.
        tail: `(n,)` what all others weigh together.
    """

    def __init__(
        self,
        stack: SketchStack,
        betas: NDArray[np.float64],
        weights: NDArray[np.float64],
        tail: NDArray[np.float64],
    ) -> None:
        self._stack = stack
        self._betas = betas
        self.weights = weights
        self.tail = tail
        self._share = np.ones(len(stack))  # of the tail's weight
        self._cut = False

    def at(self, betas: NDArray[np.float64]) -> FilteredStack:
        """Return the same tokens at other inverse temperatures."""
        weights, tail, _ = self._stack.weights(betas)
        if self._cut:
            weights[self.weights == 0.0] = 0.0
        other = FilteredStack(self._stack, betas, weights, tail * self._share)
        other._share, other._cut = self._share, self._cut
        return other

    @property
    def mass(self) -> NDArray[np.float64]:
        """`(n,)` what is left weighs, relative to the favourite."""
        mass: NDArray[np.float64] = self.weights.sum(axis=1) + self.tail
        return mass

    @property
    def cuts_tail(self) -> NDArray[np.bool_]:
        """`(n,)` whether some of the tail is left, and not all of it."""
        return (self._share > 0.0) & (self._share < 1.0) & (self.tail > 0.0)

    def filter(self, steps: Sequence[str], params: SamplingParams) -> None:
        """Run the filters among `steps`, in order.

        Args:
            steps: Names of steps; those that have no effect are passed over.
            params: The samplers and their values.
        """
        active = active_steps(params)
        for name in steps:
            if name not in active:
                continue
            if name == "top_k":
                self._keep_first(np.full(len(self._stack), params.top_k))
            elif name == "top_p":
                self._keep_mass(params.top_p, params.min_keep)
            elif name in WITHIN:
                least = params.min_keep if name in HEED_MIN_KEEP else 1
                self._keep_within(WITHIN[name](self, self._betas, params), least)

    def _keep_first(self, counts: NDArray[np.intp]) -> None:
        self._cut_to(counts, self._share * (counts > self._stack.known))

    def _keep_within(self, distances: NDArray[np.float64], least: int) -> None:
        """Keep what lies at most so far below the favourite, `least` tokens in any case."""
        near = (self._stack.offsets >= -distances[:, np.newaxis]) & (self.weights > 0.0)
        reaches = (self._stack.gaps >= -distances) & (self.tail > 0.0)
        counts = np.where(reaches, HEAD, np.maximum(near.sum(axis=1), max(least, 1)))
        share = np.zeros(len(self._stack))
        if reaches.any():
            # Below its edge the tempered tail thins out about exponentially, with its own mean.
            mean = -self._stack.tails.log_partition(self._betas).slope
            drop = np.maximum(distances + self._stack.gaps, 0.0)
            share[reaches] = -np.expm1(-drop[reaches] / np.maximum(mean[reaches], 1e-9))
        self._cut_to(counts, np.minimum(self._share, share))

    def _keep_mass(self, p: float, least: int) -> None:
        cumulative = self.weights.cumsum(axis=1)
        wanted = p * self.mass
        enough = (cumulative < wanted[:, np.newaxis]).sum(axis=1) + 1
        counts = np.maximum(enough, max(least, 1))
        missing = np.maximum(wanted - cumulative[:, -1], 0.0)
        part = np.divide(missing, self.tail, out=np.zeros_like(missing), where=self.tail > 0.0)
        self._cut_to(counts, self._share * np.minimum(part, 1.0))

    def _cut_to(self, counts: NDArray[np.intp], share: NDArray[np.float64]) -> None:
        self.weights[np.arange(HEAD) >= counts[:, np.newaxis]] = 0.0
        ratio = np.divide(share, self._share, out=np.zeros_like(share), where=self._share > 0.0)
        self.tail = self.tail * ratio
        self._share = share
        self._cut = True

    def log_mass(self, beta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `(n,)` what is left weighs at other inverse temperatures, as a logarithm."""
        log: NDArray[np.float64] = np.log(self.at(beta).mass)
        return log

    def deviation(self) -> NDArray[np.float64]:
        """Return `(n,)` the standard deviation of the logits that are left."""
        kept = self.weights > 0.0
        offsets = np.where(kept, self._stack.offsets, 0.0)
        tail_count = self._stack.tails.counts * (self.tail > 0.0)
        tail_mean, tail_variance = self._stack.tails.mean_and_variance()
        tail_mean = tail_mean + self._stack.gaps
        count = kept.sum(axis=1) + tail_count
        mean = (offsets.sum(axis=1) + tail_count * tail_mean) / count
        square = (offsets**2).sum(axis=1) + tail_count * (tail_variance + tail_mean**2)
        deviation: NDArray[np.float64] = np.sqrt(np.maximum(square / count - mean**2, 0.0))
        return deviation
