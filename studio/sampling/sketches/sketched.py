"""A sketch as ranked logits, so that the samplers run on it as they run on the whole vocabulary.

Among the tokens that the sketch knows one by one everything is exact. Of the tail it knows how the
weight is spread over its logits, roughly, and no token: a filter that cuts there cuts an estimated
number of them, and what changes the logit of one token finds none there.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import LogitsError
from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.logits.penalties import penalise
from studio.sampling.logits.ranked import LEAST_EXPONENT, Reshape, Weight
from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.tail import Tail
from studio.translation import tr

_HALVINGS = 20  # of a distance of some ten nats: to 1e-5 of a nat


class Weighed(NamedTuple):
    """What is left, weighed.

    Attributes:
        known: The weights of the known tokens, 0 for those that are not left.
        tail: What is left of the tail.
        whole: Both together.
    """

    known: NDArray[np.float64]
    tail: Weight
    whole: Weight


class Cut(NamedTuple):
    """Known tokens that were taken out, and what their logits were."""

    ids: NDArray[np.int32]
    logits: NDArray[np.float64]


_NONE_CUT = Cut(np.empty(0, dtype=np.int32), np.empty(0))


class SketchedLogits:
    """The best tokens exactly, the rest through `Tail`; the tail always ranks below.

    Penalties may push a known token below the tail's best; it keeps its place above the tail then,
    with its right probability. A token of the tail cannot be penalised: its logit is not known.

    Args:
        ids: `(n,)` the known tokens, in descending order of logit.
        logits: `(n,)` float64, aligned with `ids`.
        tail: The rest, or None where there is none.
        size: The vocabulary's size.
        cut: Known tokens that a sampler has taken out; one token at least must be left.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        logits: NDArray[np.float64],
        tail: Tail | None,
        size: int,
        cut: Cut = _NONE_CUT,
    ) -> None:
        self.cut = cut
        self.ids = ids
        self.logits = logits
        self.size = size
        self._tail = tail
        self._offsets = logits - logits[0]
        self._count = ids.size + (tail.count if tail else 0)

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""
        return min(kept, self._count)

    def cuts_tail(self, kept: int) -> bool:
        """Return whether the `kept` best are all known tokens and some, not all, of the tail."""
        return self.ids.size < kept < self._count

    def weights(self, kept: int, beta: float) -> NDArray[np.float64]:
        """Return the weights of the known tokens, 0 beyond the `kept` best.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        weights: NDArray[np.float64] = np.exp(self._exponents(beta))
        weights[kept:] = 0.0
        return weights

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        return float(self.weights(kept, beta).sum()) + self.tail_weight(kept, beta).mass

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        return self.weighed(kept, beta).whole

    def weighed(self, kept: int, beta: float) -> Weighed:
        """Return `weights`, `tail_weight` and `weight`, worked out together.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        exponents = self._exponents(beta)
        known: NDArray[np.float64] = np.exp(exponents)
        known[kept:] = 0.0
        tail = self.tail_weight(kept, beta)
        moment = float(known @ exponents)
        return Weighed(known, tail, Weight(float(known.sum()) + tail.mass, moment + tail.moment))

    def tail_weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of what the `kept` best take of the tail.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
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
        """Return the least n such that the n best weigh at least `mass`, `kept` at most.

        Args:
            mass: In the unit of `mass`.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """
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
        """Return how many of the `kept` best are at most `distance` below the largest.

        Args:
            distance: In logits.
            kept: How many of the best tokens are left.
        """
        # The best is, also where biases of 1e308 leave no distance that is a number.
        n = max(1, int(np.count_nonzero(self._offsets >= -distance)))
        if self._tail is not None and kept > self.ids.size:
            n += self._tail_count_within(distance + self._tail.edge - float(self.logits[0]))
        return min(n, kept)

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the `kept` best with the `recent` ones penalised, in their new order.

        Args:
            penalty: What their logits are divided by where they are positive, and multiplied by
                where not.
            recent: The tokens that the penalty is for.
            kept: How many of the best tokens are left.
        """
        hit = np.isin(self.ids, np.fromiter(recent, dtype=np.int64))
        hit[kept:] = False
        logits = self.logits.copy()
        logits[hit] = penalise(logits[hit], penalty)
        order = np.arange(self.ids.size)
        order[:kept] = np.lexsort((self.ids[:kept], -logits[:kept]))
        return type(self)(self.ids[order], logits[order], self._tail, self.size, self.cut)

    def deviation(self, kept: int) -> float:
        """Return the standard deviation of the `kept` best logits."""
        known = self.logits[:kept]
        wanted = self.limit(kept) - self.ids.size
        if self._tail is None or wanted <= 0:
            return float(known.std())
        _, mean, variance = self._tail.log_partition(0.0)
        if wanted < self._tail.count:
            drop = self._tail.drop_to_share(wanted / self._tail.count, 0.0)
            mean = self._mean_above(drop, 0.0)
            variance = min(variance, drop * drop / 12.0)  # were they spread evenly
        below = known - self._tail.edge
        count = known.size + wanted
        whole_mean = (float(below.sum()) + wanted * mean) / count
        squares = float(below @ below) + wanted * (variance + mean * mean)
        return math.sqrt(max(squares / count - whole_mean * whole_mean, 0.0))

    def adjusted(self, adjustment: Adjustment, kept: int) -> Self:
        """Return the `kept` best with the logits of some of them changed, in their new order.

        Args:
            adjustment: What changes.
            kept: How many of the best tokens are left.

        Raises:
            LogitsError: No token that the sketch knows is left.
        """
        adjustment = adjustment.among(self.ids[:kept])
        place_of = {token: place for place, token in enumerate(self.ids.tolist())}
        places = np.array([place_of[token] for token in adjustment.tokens.tolist()], dtype=np.intp)
        logits = self.logits.copy()
        logits[places] = adjustment.apply(logits[places])
        order = np.arange(self.ids.size)
        order[:kept] = np.lexsort((self.ids[:kept], -logits[:kept]))
        banned = logits[order] == -np.inf
        if banned.all():
            raise LogitsError(tr("every token that the sketch knows is banned."))
        left = order[~banned]
        cut = self._cut_too(order[banned])
        return type(self)(self.ids[left], logits[left], self._tail, self.size, cut)

    def without_best(self, count: int, kept: int) -> Self:
        """Return the `kept` best without the `count` best of them; one known token stays.

        Args:
            count: How many.
            kept: How many of the best tokens are left.
        """
        count = min(count, self.ids.size - 1)
        cut = self._cut_too(np.arange(count))
        return type(self)(self.ids[count:], self.logits[count:], self._tail, self.size, cut)

    def reshaped(self, reshape: Reshape, kept: int, beta: float) -> Self:
        """Return the `kept` best with the logits that `reshape` makes of their probabilities.

        Of the tail all have the same: what is made of their mean probability.

        Args:
            reshape: Makes logits of probabilities, both from the best token on.
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        known, in_tail, (mass, _) = self.weighed(kept, beta)
        logits = reshape(known[:kept] / mass)
        order = np.lexsort((self.ids[:kept], -logits))
        cut = self._cut_too(np.arange(logits.size, self.ids.size))
        tail, wanted = None, self.limit(kept) - self.ids.size
        if self._tail is not None and wanted > 0:
            edge = float(reshape(np.array([in_tail.mass / mass / wanted]))[0])
            betas = self._tail.nodes.betas
            none = (0.0,) * len(betas)
            tail = Tail(edge, wanted, Nodes(betas, (math.log(wanted),) * len(betas), none, none))
        return type(self)(self.ids[:kept][order], logits[order], tail, self.size, cut)

    def typical(self, p: float, beta: float, kept: int, least: int) -> tuple[Self, int]:
        """Return the tokens whose surprise is nearest the entropy, and how many they are.

        One known token stays in any case. Where the tail's best are cut, too, that many of its
        others are: how many are left is an estimate then, and which is not known at all.

        Args:
            p: The share to reach.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
            least: How many tokens there must be at least.
        """
        kept = self.limit(kept)
        mass, moment = self.weight(kept, beta)
        known = min(kept, self.ids.size)
        typical_exponent = moment / mass
        weights = self.weights(kept, beta)[:known]
        distances = np.abs(self._exponents(beta)[:known] - typical_exponent)
        order = np.argsort(distances, kind="stable")
        cumulative = weights[order].cumsum()
        count = int(cumulative.searchsorted(p * mass, "right")) + 1
        in_tail = 0
        if self._tail is not None and kept > known:
            reach = float(distances[order[min(count, known) - 1]])
            edge = typical_exponent - beta * (self._tail.edge - float(self.logits[0]))
            if count > known or reach > edge:
                count, in_tail = self._typical_with_tail(
                    p * mass, beta, kept, distances[order], cumulative, edge
                )
        count = min(max(count, least, 1), known)
        places = np.sort(order[:count])
        cut = self._cut_too(np.setdiff1d(np.arange(self.ids.size), places))
        tail = self._tail if in_tail else None
        made = type(self)(self.ids[places], self.logits[places], tail, self.size, cut)
        return made, count + in_tail

    def _typical_with_tail(
        self,
        mass: float,
        beta: float,
        kept: int,
        distances: NDArray[np.float64],
        cumulative: NDArray[np.float64],
        edge: float,
    ) -> tuple[int, int]:
        """Return how many known tokens and how many of the tail's are nearest the entropy.

        Args:
            mass: What they weigh together, at least.
            beta: The inverse temperature in force.
            kept: How many tokens are left.
            distances: Of the known tokens from the entropy, ascending.
            cumulative: The known tokens' weights up to each.
            edge: How far the tail's best token is from the entropy; negative above it.
        """
        tail, in_tail = self._tail, kept - self.ids.size
        assert tail is not None
        if beta == 0.0:  # all alike: the best first
            count = int(mass) + 1
            return min(count, self.ids.size), max(0, min(count - self.ids.size, in_tail))
        tail_mass = self.tail_weight(kept, beta).mass
        end, left = math.inf, {beta: 1.0, 0.0: 1.0}
        if in_tail < tail.count:  # a filter left the best of it: so far down, of this share
            end = tail.drop_to_share(in_tail / tail.count, 0.0)
            left = {at: max(tail.share_above(end, at), 1e-300) for at in left}

        def within(drop: float, at: float) -> float:
            return tail.share_above(drop, at) if drop < end else left[at]

        def share(reach: float, at: float) -> float:
            above = within(max(0.0, (-edge - reach) / beta), at)
            return max(0.0, within((reach - edge) / beta, at) - above) / left[at]

        low, high = 0.0, max(float(distances[-1]), abs(edge)) + 10.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            n = int(distances.searchsorted(middle, "right"))
            known = float(cumulative[n - 1]) if n else 0.0
            if known + tail_mass * share(middle, beta) > mass:
                high = middle
            else:
                low = middle
        n = int(distances.searchsorted(high, "right"))
        return n, min(in_tail, round(share(high, 0.0) * in_tail))

    def with_cut(
        self, probabilities: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return all known tokens and their probabilities, those taken out at 0 in their place.

        Args:
            probabilities: Of the tokens that are left, aligned with `ids`.
        """
        if not self.cut.ids.size:
            return self.ids, probabilities
        ids = np.concatenate((self.ids, self.cut.ids))
        logits = np.concatenate((self.logits, self.cut.logits))
        order = np.lexsort((ids, -logits))
        return ids[order], np.concatenate((probabilities, np.zeros(self.cut.ids.size)))[order]

    def _cut_too(self, places: NDArray[np.intp]) -> Cut:
        return Cut(
            np.concatenate((self.cut.ids, self.ids[places])),
            np.concatenate((self.cut.logits, self.logits[places])),
        )

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
        if not low < high < math.inf:
            return 0.0  # so cold that a hundredth more is nothing: the edge has all the weight
        logs = [
            self._tail.log_partition(b).value
            + math.log(max(self._tail.share_above(drop, b), 1e-300))
            for b in (low, high)
        ]
        return min(max((logs[1] - logs[0]) / (high - low), -drop), 0.0)
