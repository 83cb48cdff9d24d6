"""One token against T: when is it most likely, and what T gives it a probability?

For P ∝ exp(β·z) with K(β) = ln Σ exp(β·z), ln P = β·z − K(β) is concave in β. Its slope, the
token's logit less the mean logit, only falls: so P has one maximum, where the mean logit is the
token's own, and takes any other value twice at most, once on either side of it. That holds before
all samplers, and after those whose cut does not depend on T (`filtered_distribution`).

Of the tokens in a sketch's tail only the one that was written has a known logit; of the others
nothing can be said one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from studio.sampling.analysis.filtered_distribution import FilteredDistribution, everything
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.tails.tail_jets import log_partitions
from studio.sampling.tails.tail_part import cut_off

_CLOSE = 1e-12  # in ln P: two probabilities that differ by less are one
_STEPS = 200  # of Newton's method, each at least a halving where it goes astray; seven are the rule
_LARGEST_BETA = 1e100


class MostLikely(NamedTuple):
    """Where a token's probability is largest.

    Attributes:
        temperature: 0 for the favourite; infinity for a token below the uniform mean of the
            logits, whose probability only rises with T.
        probability: Its probability there.
    """

    temperature: float
    probability: float


def logit_of(sketch: LogitSketch, token_id: int) -> float | None:
    """Return a token's logit; None for one of the tail that was not written.

    Args:
        sketch: The distribution.
        token_id: The token.

    Raises:
        ValueError: The token is not in the vocabulary.
    """
    if not 0 <= token_id < sketch.vocabulary_size:
        allowed = f"0 to {sketch.vocabulary_size - 1}"
        raise ValueError(f"token_id: found {token_id}; allowed is {allowed}.")
    place = np.flatnonzero(sketch.ids == token_id)
    if place.size:
        return float(sketch.logits[place[0]])
    if sketch.written is not None and sketch.written.token == token_id:
        return sketch.written.logit
    return None


def most_likely_temperature(sketch: LogitSketch, token_id: int) -> MostLikely:
    """Return the T at which a token's probability is largest, and that probability.

    It is before penalties and filters. For a token that ties with the favourite but has the higher
    id the largest is a limit: T 0 itself gives the favourite everything.

    Args:
        sketch: The distribution.
        token_id: The token.

    Raises:
        ValueError: The token is not in the vocabulary, or its logit is not known (see `logit_of`).
    """
    return _of_sketch(sketch, token_id).most_likely()


def most_likely_left(left: FilteredDistribution, token_id: int) -> MostLikely:
    """Return the same after the samplers that left `left`.

    Args:
        left: What the samplers left.
        token_id: The token.

    Raises:
        ValueError: The token is not among its known tokens.
    """
    return _of_left(left, token_id).most_likely()


def temperature_for(sketch: LogitSketch, token_id: int, probability: float) -> tuple[float, ...]:
    """Return every T at which a token has a probability, before penalties and filters.

    Args:
        sketch: The distribution.
        token_id: The token.
        probability: What it is to have, 0 to 1.

    Returns:
        None, one or two temperatures, ascending; 0 and infinity are among them where they hold
        exactly. One is the rule for the favourite, whose probability only falls with T. A
        probability that every T gives (all logits are the same) is answered with T 1.

    Raises:
        ValueError: The probability is not between 0 and 1; or the token is not in the vocabulary,
            or its logit is not known (see `logit_of`).
    """
    return _of_sketch(sketch, token_id).temperatures(_checked(probability))


def temperature_for_left(
    left: FilteredDistribution, token_id: int, probability: float
) -> tuple[float, ...]:
    """Return the same after the samplers that left `left`.

    Args:
        left: What the samplers left.
        token_id: The token.
        probability: The probability that the token is to have.

    Raises:
        ValueError: The probability is not between 0 and 1, or the token is not among the known.
    """
    return _of_left(left, token_id).temperatures(_checked(probability))


def _checked(probability: float) -> float:
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability: found {probability}; allowed is 0 to 1.")
    return probability


def _of_sketch(sketch: LogitSketch, token_id: int) -> _Tempered:
    logit = logit_of(sketch, token_id)
    if logit is None:
        raise ValueError(
            f"token_id: the logit of token {token_id} is not known: it is in the sketch's tail."
        )
    drop = float(sketch.logits[0]) - logit
    return _Tempered(everything(sketch), drop, token_id == int(sketch.ids[0]))


def _of_left(left: FilteredDistribution, token_id: int) -> _Tempered:
    place = np.flatnonzero(left.ids == token_id)
    if not place.size:
        raise ValueError(f"token_id: token {token_id} was cut, or its logit is not known.")
    favourite = int(left.ids[left.offsets.argmax()])
    return _Tempered(left, -float(left.offsets[place[0]]), token_id == favourite)


class _Tempered:
    """One token as a function of β; logits are distances below the favourite's."""

    def __init__(self, left: FilteredDistribution, drop: float, is_favourite: bool) -> None:
        self._left = left
        self._drop = drop  # how far the token's logit is below the favourite's; 0 or more
        self._is_favourite = is_favourite
        # Of those below the known tokens none is counted.
        self._tied = int(np.count_nonzero(left.offsets == 0.0))

    def most_likely(self) -> MostLikely:
        """Return where P is largest."""
        if self._is_favourite:
            return MostLikely(0.0, 1.0)
        if self._drop == 0.0:
            return MostLikely(0.0, 1.0 / self._tied)
        beta = self._beta_of_maximum()
        if beta == 0.0:
            return MostLikely(math.inf, 1.0 / self._left.tokens)
        return MostLikely(1.0 / beta, math.exp(self._log_probability(beta)[0]))

    def temperatures(self, probability: float) -> tuple[float, ...]:
        """Return every T at which P is `probability`, ascending."""
        greedy = 1.0 if self._is_favourite else 0.0
        found = [0.0] if probability == greedy else []
        if probability == 0.0:
            return tuple(found)
        wanted, uniform = math.log(probability), -math.log(self._left.tokens)
        is_uniform = abs(wanted - uniform) <= _CLOSE
        if self._tied == self._left.tokens:
            return (*found, 1.0) if is_uniform and not found else tuple(found)
        hottest = [math.inf] if is_uniform else []
        wanted = uniform if is_uniform else wanted
        if self._drop == 0.0:
            # From 1/n at β 0 it rises to a limit that no β reaches: 1, or a share among a tie.
            if uniform < wanted < -math.log(self._tied):
                found.append(1.0 / self._crossing(wanted, 0.0, math.inf))
            return (*found, *hottest)
        beta = self._beta_of_maximum()
        highest = self._log_probability(beta)[0]
        if beta > 0.0 and abs(wanted - highest) <= _CLOSE:
            return (*found, 1.0 / beta)
        if wanted < highest:
            found.append(1.0 / self._crossing(wanted, beta, math.inf))
            if uniform < wanted:
                found.append(1.0 / self._crossing(wanted, beta, 0.0))
        return (*found, *hottest)

    def _beta_of_maximum(self) -> float:
        """Return the β of the largest P; 0 where P only falls with β."""
        if self._excess(0.0)[0] <= 0.0:
            return 0.0
        return _zero(self._excess, 0.0, _beyond(self._excess, 0.0))

    def _crossing(self, wanted: float, start: float, end: float) -> float:
        """Return the β between `start` and `end` (infinity allowed) at which ln P is `wanted`."""

        def over(beta: float) -> tuple[float, float]:
            value, slope = self._log_probability(beta)
            return value - wanted, slope

        return _zero(over, start, _beyond(over, start) if math.isinf(end) else end)

    def _log_probability(self, beta: float) -> tuple[float, float]:
        """Return ln P and its slope."""
        log_mass, mean, _ = self._moments(beta)
        return -beta * self._drop - log_mass, -self._drop - mean

    def _excess(self, beta: float) -> tuple[float, float]:
        """Return the token's logit less the mean, the slope of ln P, and the slope of that."""
        _, mean, variance = self._moments(beta)
        return -self._drop - mean, -variance

    def _moments(self, beta: float) -> tuple[float, float, float]:
        """Return ln Z, and mean and variance of the logits, under P at `beta`."""
        x, tail = self._left.offsets, self._left.tail
        weights = np.exp(beta * x)
        mass, first, second = float(weights.sum()), float(weights @ x), float(weights @ (x * x))
        if tail is not None:
            k, slope, curvature = tail.log_partition(beta)
            if self._left.drop is not None:
                betas = np.array([beta])
                part = cut_off(tail, self._left.drop, betas, log_partitions(tail, betas))
                k, slope, curvature = (float(values[0]) for values in part)
            weight = math.exp(k + beta * self._left.gap)
            there = slope + self._left.gap
            mass += weight
            first += weight * there
            second += weight * (curvature + there * there)
        mean = first / mass
        return math.log(mass), mean, max(second / mass - mean * mean, 0.0)


def _beyond(function: Callable[[float], tuple[float, float]], start: float) -> float:
    """Return a β above `start` on the other side of the function's zero."""
    sign = function(start)[0] > 0.0
    beta = max(2.0 * start, 1.0)
    while beta < _LARGEST_BETA and (function(beta)[0] > 0.0) == sign:
        beta *= 2.0
    return beta


def _zero(function: Callable[[float], tuple[float, float]], start: float, end: float) -> float:
    """Return the zero between two β, by Newton's method kept within a bracket that shrinks.

    Args:
        function: Gives value and slope; its values at `start` and `end` differ in sign.
        start: One end of the bracket.
        end: The other.
    """
    sign = function(start)[0] > 0.0
    beta = 0.5 * (start + end)
    for _ in range(_STEPS):
        value, slope = function(beta)
        if value == 0.0:
            return beta
        if (value > 0.0) == sign:
            start = beta
        else:
            end = beta
        newton = beta - value / slope if slope else math.inf
        inside = min(start, end) < newton < max(start, end)
        following = newton if inside else 0.5 * (start + end)
        if abs(following - beta) <= 1e-14 * abs(beta):
            return following
        beta = following
    return beta
