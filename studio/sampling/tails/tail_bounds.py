"""A tail of which only this is known: how many tokens, what they weigh together, their largest.

Among all tails with that number, mass and cap two are the extremes in the order of majorization
(Marshall, Olkin and Arnold, "Inequalities: Theory of Majorization", 2011): the even one, in which
all tokens weigh the same, is majorized by every other; the steep one, as many tokens as the mass
allows at the cap and nothing elsewhere, majorizes every other. Σ w^β is convex in w for β from 1
up and concave below, so whatever the tail is, its weight at β lies between those of the two: from
the even one's to the steep one's at β ≥ 1, the other way round below.

What a head of known tokens adds below the ones kept one by one goes into groups of the same form:
each so narrow that its two ends are nearly one.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranked import LEAST_EXPONENT, Weight
from studio.sampling.tails.tail import Tail
from studio.sampling.tails.tail_nodes import tail_at_levels


class TailBounds(NamedTuple):
    """Groups of tokens that are not known one by one; arrays of one shape `(m,)`, m ≥ 1.

    Attributes:
        caps: No token of a group has a larger logit.
        counts: How many tokens a group has, 1 or more.
        least: What they weigh together at `beta` at least, in tokens at the cap, which is
            Σ exp(β·(z − cap)).
        most: What they weigh at most; no more than `counts`.
        beta: The inverse temperature at which that is known.
        lowered: How many tokens, of whichever groups, may weigh less than this by now: a bias or a
            penalty is for them, and nobody knows where they stand.
        gone: How many of the tokens that are counted here are not here any more.
    """

    caps: NDArray[np.float64]
    counts: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    beta: float = 1.0
    lowered: int = 0
    gone: int = 0

    @property
    def tokens(self) -> int:
        """How many tokens there are in all groups."""
        return int(self.counts.sum()) - self.gone

    @property
    def edge(self) -> float:
        """The largest logit that a token of any group can have."""
        return float(self.caps.max())

    def with_group(self, cap: float, count: int, least: float, most: float) -> Self:
        """Return the same groups and one more.

        Args:
            cap: Its largest logit.
            count: How many tokens it has.
            least: What they weigh at least, in tokens at the cap.
            most: What they weigh at most.
        """
        return self._replace(
            caps=np.append(self.caps, cap),
            counts=np.append(self.counts, float(count)),
            least=np.append(self.least, least),
            most=np.append(self.most, most),
        )

    def sums(self, beta: float, top: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return `(m,)` the least and the most that each group can weigh at β.

        Args:
            beta: The inverse temperature, 1/T.
            top: The logit that a weight of 1 stands for.
        """
        units = np.exp(np.maximum(beta * (self.caps - top), LEAST_EXPONENT))
        power = beta / self.beta
        if power >= 1.0:
            least, most = self.counts * (self.least / self.counts) ** power, self.most
        else:
            least, most = self.least, self.counts * (self.most / self.counts) ** power
        return least * units, most * units

    def least_weight(self, beta: float, top: float) -> Weight:
        """Return the least that all weigh together, with the largest moment that goes with it.

        Args:
            beta: As for `sums`.
            top: As for `sums`.
        """
        least, _ = self.sums(beta, top)
        exponents = np.maximum(beta * (self.caps - top), LEAST_EXPONENT)
        if not self.lowered:
            return Weight(float(least.sum()), float(least @ exponents))
        # At worst the lowered ones were the heaviest of all.
        order = np.argsort(-self.caps)
        gone = np.diff(np.minimum(self.counts[order].cumsum(), self.lowered), prepend=0.0)
        mass = max(0.0, float(least.sum() - gone @ np.exp(exponents[order])))
        return Weight(mass, mass * float(exponents.max()))

    def most_weight(self, beta: float, top: float) -> Weight:
        """Return the most that all weigh together, with the smallest moment that goes with it.

        Args:
            beta: As for `sums`.
            top: As for `sums`.
        """
        _, most = self.sums(beta, top)
        return Weight(float(most.sum()), float(most @ _logs(most / self.counts)))

    def within(self, distance: float, top: float) -> tuple[int, int]:
        """Return how many tokens lie at most so far below a logit: at least, at most.

        Args:
            distance: In logits.
            top: The logit.
        """
        # A token of that logit, in tokens at the cap.
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            bound = np.exp(self.beta * (top - distance - self.caps))
            # Those below the bound weigh less than it each, all others one at most.
            least = np.ceil((self.least - self.counts * bound) / (1.0 - bound) - 1e-9)
            most = np.floor(self.most / bound + 1e-9)
        least = np.where(bound < 1.0, np.clip(least, 0.0, self.counts), 0.0)
        most = np.where(bound <= 1.0, np.minimum(most, self.counts), 0.0)
        return max(0, int(least.sum()) - self.lowered), int(most.sum())

    def tail(self, steepness: float) -> Tail:
        """Return one of the tails that this can be, for any β.

        All tokens of a group that have any weight have the same: from all of them, at steepness 0,
        to as few as there can be, at 1; geometrically between.

        Args:
            steepness: 0 for the even tail, 1 for the steep one.
        """
        mass = np.maximum(0.5 * (self.least + self.most), 1e-30)
        tokens = self.counts ** (1.0 - steepness) * mass**steepness
        levels = self.caps + np.log(mass / tokens) / self.beta
        return tail_at_levels(levels, tokens, self.tokens)


def grouped(logits: NDArray[np.float64], groups: int, beta: float) -> TailBounds:
    """Return known tokens as at most so many groups, each of a narrow range of logits.

    Args:
        logits: Theirs in descending order, one at least.
        groups: How many groups at most.
        beta: The inverse temperature at which they are weighed.
    """
    if logits.size <= groups:
        ones = np.ones(logits.size)
        return TailBounds(logits, ones, ones, ones, beta)
    width = (logits[0] - logits[-1]) / groups
    numbers = np.zeros(logits.size, dtype=np.intp)
    if width > 0.0:
        numbers = np.minimum((logits[0] - logits) / width, groups - 1).astype(np.intp)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    counts = np.diff(starts, append=logits.size)
    caps = logits[starts]
    mass = np.add.reduceat(np.exp(beta * (logits - np.repeat(caps, counts))), starts)
    return TailBounds(caps, counts.astype(np.float64), mass, mass, beta)


def _logs(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln w, and the least exponent where w is 0."""
    with np.errstate(divide="ignore"):
        logs: NDArray[np.float64] = np.maximum(np.log(weights), LEAST_EXPONENT)
    return logs
