"""One token against T: when is it most likely, and what T gives it a probability?

For P ∝ exp(β·z) with K(β) = ln Σ exp(β·z), ln P = β·z − K(β) is concave in β. Its slope, the
token's logit less the mean logit, only falls: so P has one maximum, where the mean logit is the
token's own, and takes any other value twice at most, once on either side of it. All of it is before
penalties and filters.

The module knows one sketch. Of the tokens in its tail only the one that was written has a known
logit; of the others nothing can be said one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from studio.sampling.sketch import LogitSketch

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

    For a token that ties with the favourite but has the higher id the largest is a limit: T 0
    itself gives the favourite everything.

    Raises:
        ValueError: The token is not in the vocabulary, or its logit is not known (see `logit_of`).
    """
    curve = _Tempered(sketch, token_id)
    if curve.is_favourite:
        return MostLikely(0.0, 1.0)
    if curve.drop == 0.0:
        return MostLikely(0.0, 1.0 / curve.tied)
    beta = curve.beta_of_maximum()
    if beta == 0.0:
        return MostLikely(math.inf, 1.0 / curve.count)
    return MostLikely(1.0 / beta, math.exp(curve.log_probability(beta)))


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
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability: found {probability}; allowed is 0 to 1.")
    curve = _Tempered(sketch, token_id)
    greedy = 1.0 if curve.is_favourite else 0.0
    found = [0.0] if probability == greedy else []
    if probability == 0.0:
        return tuple(found)
    wanted = math.log(probability)
    uniform = -math.log(curve.count)
    if curve.tied == curve.count:
        return (*found, 1.0) if abs(wanted - uniform) <= _CLOSE else tuple(found)
    if abs(wanted - uniform) <= _CLOSE:
        hottest = [math.inf]
        wanted = uniform
    else:
        hottest = []
    if curve.drop == 0.0:
        # From 1/n at β 0 it rises to a limit that no β reaches: 1, or a share among those that tie.
        if uniform < wanted < -math.log(curve.tied):
            found.append(1.0 / curve.crossing(wanted, 0.0, math.inf))
        return (*found, *hottest)
    beta = curve.beta_of_maximum()
    highest = curve.log_probability(beta)
    if beta > 0.0 and abs(wanted - highest) <= _CLOSE:
        return (*found, 1.0 / beta)
    if wanted < highest:
        found.append(1.0 / curve.crossing(wanted, beta, math.inf))
        if uniform < wanted:
            found.append(1.0 / curve.crossing(wanted, beta, 0.0))
    return (*found, *hottest)


class _Tempered:
    """One token of one sketch as a function of β; logits are distances below the favourite's."""

    def __init__(self, sketch: LogitSketch, token_id: int) -> None:
        logit = logit_of(sketch, token_id)
        if logit is None:
            raise ValueError(
                f"token_id: the logit of token {token_id} is not known: it is in the sketch's tail."
            )
        logits = sketch.logits.astype(np.float64)
        best = float(logits[0])
        self._offsets = logits - best
        self._tail = sketch.tail
        self._gap = sketch.tail.edge - best if sketch.tail else 0.0
        self.drop = best - logit
        """How far the token's logit is below the favourite's; 0 or more."""
        self.is_favourite = token_id == int(sketch.ids[0])
        self.tied = int(np.count_nonzero(self._offsets == 0.0))
        """How many tokens have the favourite's logit; of those below the head none is counted."""
        self.count = logits.size + (sketch.tail.count if sketch.tail else 0)
        """How many tokens can follow at all."""

    def log_probability(self, beta: float) -> float:
        """Return ln P."""
        return self._log_probability(beta)[0]

    def beta_of_maximum(self) -> float:
        """Return the β of the largest P; 0 where P only falls with β."""
        if self._excess(0.0)[0] <= 0.0:
            return 0.0
        return _zero(self._excess, 0.0, _beyond(self._excess, 0.0))

    def crossing(self, wanted: float, start: float, end: float) -> float:
        """Return the β between `start` and `end` (infinity allowed) at which ln P is `wanted`."""

        def over(beta: float) -> tuple[float, float]:
            value, slope = self._log_probability(beta)
            return value - wanted, slope

        return _zero(over, start, _beyond(over, start) if math.isinf(end) else end)

    def _log_probability(self, beta: float) -> tuple[float, float]:
        """Return ln P and its slope."""
        log_mass, mean, _ = self._moments(beta)
        return -beta * self.drop - log_mass, -self.drop - mean

    def _excess(self, beta: float) -> tuple[float, float]:
        """Return the token's logit less the mean, the slope of ln P, and the slope of that."""
        _, mean, variance = self._moments(beta)
        return -self.drop - mean, -variance

    def _moments(self, beta: float) -> tuple[float, float, float]:
        """Return ln Z, and mean and variance of the logits, under P at `beta`."""
        x = self._offsets
        weights = np.exp(beta * x)
        mass, first, second = float(weights.sum()), float(weights @ x), float(weights @ (x * x))
        if self._tail is not None:
            k, slope, curvature = self._tail.log_partition(beta)
            weight = math.exp(k + beta * self._gap)
            there = slope + self._gap
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
