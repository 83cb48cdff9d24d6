"""The logits of a whole vocabulary as the samplers see them.

A `Ranking`, and what the samplers that do not simply keep the best n need beside it. What those
leave or change becomes a ranking of its own: of the same logits but for some tokens', or made anew,
which costs another pass over the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.logits.ranked import Reshape, Weight
from studio.sampling.logits.ranking import Ranking

_PIECE = 16_384  # tokens at a time: what is made of them stays in a core's own cache

_GROWTH = 8  # how many times as many tokens are ranked where those at hand do not settle it


class WholeLogits:
    """A ranking from which tokens can be taken out, and in which some can be changed.

    Attributes:
        ranking: The tokens that are left, or more: how many of its best are is the samplers' state.
    """

    __slots__ = ("ranking",)

    def __init__(self, ranking: Ranking) -> None:
        self.ranking = ranking

    @property
    def size(self) -> int:
        """The vocabulary's size."""
        return self.ranking.size

    @property
    def logits(self) -> NDArray[np.float64]:
        """The best logits in descending order: 128 of them at least, or all there are."""
        return self.ranking.logits

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""
        return self.ranking.limit(kept)

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        return self.ranking.mass(kept, beta)

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        return self.ranking.weight(kept, beta)

    def count_to_mass(self, mass: float, beta: float, kept: int) -> int:
        """Return the least n such that the n best weigh at least `mass`, `kept` at most.

        Args:
            mass: In the unit of `mass`.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """
        return self.ranking.count_to_mass(mass, beta, kept)

    def count_within(self, distance: float, kept: int) -> int:
        """Return how many of the `kept` best are at most `distance` below the largest.

        Args:
            distance: In logits.
            kept: How many of the best tokens are left.
        """
        return self.ranking.count_within(distance, kept)

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the `kept` best with the `recent` ones penalised, in their new order.

        Args:
            penalty: What their logits are divided by where they are positive, and multiplied by
                where not.
            recent: The tokens that the penalty is for.
            kept: How many of the best tokens are left.
        """
        return type(self)(self.ranking.penalised(penalty, recent, kept))

    def deviation(self, kept: int) -> float:
        """Return the standard deviation of the `kept` best logits."""
        if not self.ranking.are_all_of_many(kept):
            self.ranking.extend(kept)
            return float(self.ranking.logits[:kept].std())
        source = self.ranking.source
        if source.dtype == np.float32:
            found = _float32_deviation(source)
            if math.isfinite(found):
                return found
        return float(source[source > -np.inf].std(dtype=np.float64))

    def adjusted(self, adjustment: Adjustment, kept: int) -> Self:
        """Return the `kept` best with the logits of some of them changed, in their new order.

        Args:
            adjustment: What changes.
            kept: How many of the best tokens are left.
        """
        if self.ranking.are_all_of_many(kept):
            tokens = adjustment.tokens
            changed = adjustment.apply(self.ranking.logits_of(tokens))
            return type(self)(self.ranking.with_logits(tokens, changed))
        self.ranking.extend(kept)
        changed = self._only(slice(kept))
        adjustment = adjustment.among(self.ranking.ids[:kept])
        changed[adjustment.tokens] = adjustment.apply(changed[adjustment.tokens])
        return type(self)(Ranking(changed))

    def without_best(self, count: int, kept: int) -> Self:
        """Return the `kept` best without the `count` best of them.

        Args:
            count: How many.
            kept: How many of the best tokens are left.
        """
        if self.ranking.are_all_of_many(kept):
            self.ranking.extend(count)
            taken = self.ranking.ids[:count]
            return type(self)(self.ranking.with_logits(taken, np.full(count, -np.inf)))
        self.ranking.extend(kept)
        return type(self)(Ranking(self._only(slice(count, kept))))

    def reshaped(self, reshape: Reshape, kept: int, beta: float) -> Self:
        """Return the `kept` best with the logits that `reshape` makes of their probabilities.

        Args:
            reshape: Makes logits of probabilities, both from the best token on.
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        mass = self.ranking.mass(kept, beta)
        if self.ranking.are_all_of_many(kept):
            source = self.ranking.source
            with np.errstate(invalid="ignore"):  # 0 times infinity, which is none of the tokens
                exponents = (source.astype(np.float64) - float(self.ranking.maximum)) * beta
            made = np.where(source > -np.inf, reshape(np.exp(exponents) / mass), -np.inf)
            return type(self)(Ranking(made))
        self.ranking.extend(kept)
        made = np.full(self.ranking.size, -np.inf)
        made[self.ranking.ids[:kept]] = reshape(self.ranking.weights(kept, beta) / mass)
        return type(self)(Ranking(made))

    def typical(self, p: float, beta: float, kept: int, least: int) -> tuple[Self, int]:
        """Return the tokens whose surprise is nearest the entropy, and how many they are.

        No more of the vocabulary is ranked than holds them: a token further down is further from
        the entropy than the last one ranked, once that is less probable than the entropy says.

        Args:
            p: The share to reach.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
            least: How many tokens there must be at least.
        """
        kept = self.ranking.limit(kept)
        mass, moment = self.ranking.weight(kept, beta)
        typical_exponent = moment / mass  # β·(z − z_max) of a token as surprising as the entropy
        looked_at = min(kept, self.ranking.ids.size)
        while True:
            weights = self.ranking.weights(looked_at, beta)
            with np.errstate(over="ignore"):
                exponents = (self.ranking.logits[:looked_at] - self.ranking.maximum) * beta
            distances = np.abs(exponents - typical_exponent)
            order = np.argsort(distances, kind="stable")
            cumulative = weights[order].cumsum()
            count = max(int(cumulative.searchsorted(p * mass, "right")) + 1, least)
            if looked_at == kept:
                count = min(count, kept)
                break
            deepest = typical_exponent - float(exponents[-1])
            if count <= looked_at and distances[order[count - 1]] < deepest:
                break
            looked_at = min(kept, looked_at * _GROWTH)
        return type(self)(Ranking(self._only(order[:count]))), count

    def _only(self, places: slice | NDArray[np.intp]) -> NDArray[Any]:
        """Return a vocabulary's logits: those ranked at `places`, and -inf for all others."""
        left = np.full(self.ranking.size, -np.inf, dtype=self.ranking.source.dtype)
        left[self.ranking.ids[places]] = self.ranking.logits[places]
        return left


def _float32_deviation(source: NDArray[np.float32]) -> float:
    """Return the deviation; no finite number where float32 cannot hold the squares."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.float32(source.mean())
        rest = squares = 0.0
        for start in range(0, source.size, _PIECE):
            # From about the mean: squares of the raw logits would lose what they differ by.
            below = source[start : start + _PIECE] - mean
            rest += float(below.sum())
            squares += float(below @ below)
        rest /= source.size
        return math.sqrt(max(squares / source.size - rest * rest, 0.0))
