"""What stays of a distribution of which a server sent the best tokens alone.

Every figure made from it lies between two ends; what can be said of it is an interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import UndecidedError
from studio.sampling.logits.ranked import LEAST_EXPONENT
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.pipeline import Shaped
from studio.sampling.sketches import sketch_format
from studio.sampling.sketches.bounded_logits import BoundedLogits, run_both
from studio.sampling.sketches.logit_statistics import Written
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.state import NO_STATE, SamplerState
from studio.sampling.tails.tail_bounds import TailBounds

Interval = tuple[float, float]
"""The least and the most that a figure can be."""

_LIKELY_STEEPNESS = 0.5
_EXACT = 1e-9
"""What rounding makes of figures is put up with."""


class ShapedRange(NamedTuple):
    """A truncated sketch after all samplers. The arrays are aligned, as `ShapedTop` has them.

    Attributes:
        ids: The tokens that are known one by one, int32.
        lowest: Their probabilities at least, float64; 0 where a filter may have cut the token.
        highest: The same at most; 0 where a filter cut it.
        tail_probability: What is left for all other tokens together.
        kept: How many tokens are left.
        entropy: Of the whole, in nats.
    """

    ids: NDArray[np.int32]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    tail_probability: Interval
    kept: tuple[int, int]
    entropy: Interval


class TruncatedSketch(LogitSketch):
    """The best tokens exactly, and bounds of all others: see `bounded_logits`.

    It answers all that a `LogitSketch` answers, with one tail among those that there can be: half
    way, geometrically, between the even and the steep one. What is shown of these answers needs a
    word that says so; what is certain is in `shaped_range`, `flattest` and `steepest`.

    Attributes:
        bounds: Of all tokens but the best.

    Args:
        ids: `(n,)` the best tokens, the best first.
        logits: `(n,)` their log-probabilities.
        vocabulary_size: How many tokens there are.
        bounds: Of all others.
        written: The token that was written, where it is none of the best.
    """

    is_truncated = True

    def __init__(
        self,
        ids: NDArray[np.int32],
        logits: NDArray[np.float32],
        vocabulary_size: int,
        bounds: TailBounds,
        written: Written | None = None,
    ) -> None:
        tail = bounds.tail(_LIKELY_STEEPNESS)
        super().__init__(ids, logits, vocabulary_size, tail, written, knows_zero=False)
        self.bounds = bounds

    @property
    def known(self) -> int:
        """How many tokens were sent: all but those of the last group."""
        return self.vocabulary_size - int(self.bounds.counts[-1])

    @cached_property
    def ends(self) -> tuple[LogitSketch, LogitSketch]:
        """The same with the even tail and with the steep one.

        Whatever the tail is, its weight at any T lies between those that it has in these two, and
        with it the probability of every token.
        """
        even, steep = (
            LogitSketch(
                self.ids,
                self.logits,
                self.vocabulary_size,
                self.bounds.tail(steepness),
                self.written,
                knows_zero=False,
            )
            for steepness in (0.0, 1.0)
        )
        return even, steep

    def shaped_range(
        self,
        params: SamplingParams,
        history: Sequence[int] = (),
        state: SamplerState = NO_STATE,
    ) -> ShapedRange:
        """Return what all samplers of `params` can leave.

        Args:
            params: The samplers and their order.
            history: The tokens so far, oldest first.
            state: What samplers need beside them, as for `shaped`.

        Raises:
            UndecidedError: A sampler needs to know more than the sketch can.
            LogitsError: Biases have banned every token that the sketch knows.
            ValueError: A bias or the history names a token that is not in the vocabulary.
        """
        return _range_of(*self.run_both(params, history, state))

    def run_both(
        self, params: SamplingParams, history: Sequence[int], state: SamplerState
    ) -> tuple[Shaped[BoundedLogits], Shaped[BoundedLogits]]:
        """Run the samplers with the least of what is not known, and with the most.

        Args:
            params: As for `shaped_range`, which says what it raises.
            history: The tokens so far.
            state: What samplers need beside them.
        """
        logits = self.logits.astype(np.float64)
        return run_both(self.ids, logits, self.bounds, self.vocabulary_size, params, history, state)

    def entropy_range(self, temperature: float) -> Interval:
        """Return the least and the most entropy in nats that the whole can have at T.

        Args:
            temperature: T.
        """
        found = self._untouched(temperature)
        return found.entropy if found else (0.0, math.log(self.vocabulary_size))

    def tail_range(self, temperature: float) -> Interval:
        """Return the least and the most that all tokens but the best have at T.

        Args:
            temperature: T.
        """
        found = self._untouched(temperature)
        return found.tail_probability if found else (0.0, 1.0)

    def _untouched(self, temperature: float) -> ShapedRange | None:
        """Return what there can be at T; None where not even which token is the best is known."""
        try:
            return self.shaped_range(SamplingParams(temperature=temperature))
        except UndecidedError:
            return None

    def probability_range(self, token_id: int, temperature: float) -> Interval:
        """Return the least and the most that `probability` can be.

        Args:
            token_id: The token.
            temperature: T.

        Raises:
            ParameterError: The temperature is negative or not a number.
            ValueError: The token is not in the vocabulary.
        """
        self._check_token(token_id)
        found = self._untouched(temperature)
        if found is None:
            return 0.0, 1.0
        place = np.flatnonzero(found.ids == token_id)
        if place.size:
            return float(found.lowest[place[0]]), float(found.highest[place[0]])
        logit, is_known = self.bounds.edge, False
        if self.written is not None and self.written.token == token_id:
            logit, is_known = self.written.logit, True
        if temperature == 0.0:
            return 0.0, 0.0
        share = math.exp(max((logit - float(self.logits[0])) / temperature, LEAST_EXPONENT))
        highest = min(share * float(found.highest[0]), found.tail_probability[1])
        return share * float(found.lowest[0]) if is_known else 0.0, highest

    def to_bytes(self) -> bytes:
        """Return the sketch as at most 2 KiB, for `LogitSketch.from_bytes`."""
        return sketch_format.pack_truncated(
            self.ids, self.logits, self.vocabulary_size, self.bounds, self.written
        )


def _range_of(least: Shaped[BoundedLogits], most: Shaped[BoundedLogits]) -> ShapedRange:
    """Return what lies between two ends.

    Args:
        least: With the least of what is not known.
        most: With the most.
    """
    (low, few, cold), (high, many, warm) = least, most
    masses = low.mass(few, cold), high.mass(many, warm)
    weights = low.weights(cold), high.weights(warm)
    cumulative = weights[0].cumsum()
    sure = low.sure
    is_left = np.arange(low.ids.size) < (many if high.are_known(many) else low.ids.size)
    is_certain = np.arange(low.ids.size) < min(few, sure)
    if few >= low.count:
        is_certain[:] = True
    lowest = np.where(is_certain, np.minimum(weights[0], weights[1]), 0.0) / masses[1]
    # If it is left, so are all that are better.
    beside = np.maximum(masses[0], np.where(np.arange(low.ids.size) < sure, cumulative, 0.0))
    highest = np.where(is_left, np.maximum(weights[0], weights[1]), 0.0) / beside
    tails = []
    for (end, kept, beta), mass in zip((least, most), masses, strict=True):
        others = end.others(kept, beta).mass
        if few >= low.count or not end.is_most:
            others = max(0.0, others - float(end.weights(beta)[sure:].sum()))
        tails.append(others / mass)
    entropy = _entropy_range(least, most, masses)
    ids = low.ids
    if low.cut[0].size:
        ids = np.concatenate((ids, low.cut[0]))
        logits = np.concatenate((low.all_logits, low.cut[1]))
        order = np.lexsort((ids, -logits))
        none = np.zeros(low.cut[0].size)
        ids = ids[order]
        lowest, highest = (np.concatenate((part, none))[order] for part in (lowest, highest))
    return ShapedRange(
        ids.astype(np.int32),
        lowest,
        np.minimum(highest, 1.0),
        (tails[0], min(tails[1], 1.0)),
        (few, many),
        entropy,
    )


def _entropy_range(
    least: Shaped[BoundedLogits], most: Shaped[BoundedLogits], masses: tuple[float, float]
) -> Interval:
    """Return the least and the most entropy.

    With w the weights, Z their sum, it is ln Z − Σ w·ln w / Z. Of a group that weighs A, Σ w·ln w
    lies between its values where all of its tokens are alike and where all are at the cap; both
    bounds rise with A, as long as the tokens of the group are no likelier than the others are on
    average. `_falls` sees to groups that are.
    """
    (low, few, cold), (high, many, warm) = least, most
    lowest = math.log(masses[0]) - low.weight(few, cold).moment / masses[0]
    highest = math.log(masses[1]) - high.weight(many, warm).moment / masses[1]
    if few >= low.count:
        lowest -= _falls(low, masses, cold)
    if many >= high.count:
        highest += _falls(high, masses, warm)
    highest = min(highest, math.log(many))
    return max(0.0, min(lowest, highest)), max(0.0, highest)


def _falls(end: BoundedLogits, masses: tuple[float, float], beta: float) -> float:
    """Return by how much the entropy may fall where a group weighs more, over all groups."""
    tail = end.tail
    if tail is None or tail.caps.size + end.ids.size - end.sure < 2:
        return 0.0  # one group, and all others are likelier
    sums = tail.sums(beta, end.top)
    weights = end.weights(beta)
    known = float(weights @ np.log(np.maximum(weights, 1e-300)))
    rises = []
    for group, mass in zip(sums, masses, strict=True):
        logs = np.maximum(beta * (tail.caps - end.top), LEAST_EXPONENT)
        if end.is_most:
            logs = np.maximum(np.log(np.maximum(group, 1e-300) / tail.counts), LEAST_EXPONENT)
        mean = (known + float(group @ logs)) / mass
        rises.append((0.0 if end.is_most else 1.0) + mean - logs)
    return float((sums[1] - sums[0]) @ np.maximum(-np.minimum(*rises), 0.0)) / masses[0]
