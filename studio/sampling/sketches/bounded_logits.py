"""Logits of which only the best are known, as the samplers see them: one end of what is possible.

The samplers run twice. Once all other tokens weigh as little as they can wherever a sampler asks
(`is_most` False), once as much: what a sampler leaves, and what is drawn from it, only grows with
that weight. So where both ends agree, whatever the others are, that is what the whole vocabulary
gives. How that holds for each sampler:

- top-k, and min-p and Mirostat where they cut above the cap: by the known tokens alone.
- top-p: the share it needs lies between the two ends', and so does how many tokens have it.
- min-p, or a top-k, that reaches below the cap: how many of the others are left is bounded by their
  number and their mass; what these weigh, by the same.
- temperature, T 0 included: see `tails.tail_bounds`. Dynamic temperature: the entropy is bounded,
  and T by it; where the filters before leave different numbers at the two ends it is undecided.
- XTC: decided where both ends exclude the same tokens.
- biases, presence and frequency penalties, DRY: exact for known tokens. One of the others may weigh
  less from then on (nobody knows how much it weighed: the least that all can weigh falls by a token
  at the cap), or, where it is favoured, anything up to the cap and its bonus. A known token that
  falls to the cap or below, or is passed by a favoured one, keeps its exact weight, but no rank.
- typical-p, top-n-sigma, p-less, adaptive-p look at every single token: they are decided where the
  filters before leave known tokens alone, as top-k does, and nowhere else.
- the repeat penalty divides logits, and log-probabilities are logits but for a constant that
  nobody sends. It is left out: see `without_repeat_penalty`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import LogitsError, UndecidedError
from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.logits.ranked import LEAST_EXPONENT, Reshape, Weight
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.mirostat import LOOKED_AT
from studio.sampling.samplers.pipeline import Shaped, run
from studio.sampling.samplers.steps import active_steps, without_repeat_penalty
from studio.sampling.state import SamplerState
from studio.sampling.tails.tail_bounds import TailBounds
from studio.translation import tr


class BoundedLogits:
    """The known tokens, and one end of what all others together can be.

    Attributes:
        all_logits: `(n,)` the logits of the known tokens.
        count: How many tokens there are.
        sure: How many known ones are above all others, whatever these are: their ranks are known.

    Args:
        ids: `(n,)` the known tokens in descending order of logit, the lowest id first on a tie.
        logits: `(n,)` theirs.
        tail: The others; None where there are none, or a sampler has cut them.
        size: The vocabulary's size.
        is_most: Whether the others weigh as much as they can, and not as little.
        ends_with_top_p: Whether no sampler behind top-p cuts, so that what it kept is what is left.
        cut: Known tokens that were taken out, and what their logits were.

    Raises:
        UndecidedError: No known token is above all others.
    """

    def __init__(
        self,
        ids: NDArray[Any],
        logits: NDArray[np.float64],
        tail: TailBounds | None,
        size: int,
        *,
        is_most: bool,
        ends_with_top_p: bool = False,
        cut: tuple[NDArray[Any], NDArray[np.float64]] | None = None,
    ) -> None:
        self.ids, self.all_logits, self.tail = ids, logits, tail
        self.size, self.is_most, self.ends_with_top_p = size, is_most, ends_with_top_p
        self._nucleus: TailBounds | None = None
        self._weighed = 0, 0.0
        """Of what was weighed last: how many tokens beyond those whose ranks are known, and what
        they weigh."""
        self.cut = (ids[:0], logits[:0]) if cut is None else cut
        self.sure = logits.size
        if tail is not None:
            self.sure = int((-logits).searchsorted(-tail.edge, "left"))
        if not self.sure:
            raise UndecidedError(tr("Tokens that are not known may be the likeliest here."))
        self.count = logits.size + (tail.tokens if tail else 0)
        self._offsets = np.maximum(logits - logits[0], -np.finfo(np.float64).max)

    # What is left, weighed

    @property
    def logits(self) -> NDArray[np.float64]:
        """The best logits in descending order: as many as are known to be the best."""
        return self.all_logits[: self.sure]

    @property
    def top(self) -> float:
        """The largest logit."""
        return float(self.all_logits[0])

    @property
    def best_two(self) -> NDArray[np.float64]:
        """The largest logit and the next; where that is not known, the largest it can be."""
        if self.sure > 1 or self.tail is None:
            return self.all_logits[:2]
        return np.array([self.top, self.tail.edge])

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""
        return min(kept, self.count)

    def are_known(self, kept: int) -> bool:
        """Say whether the `kept` best are known one by one."""
        return self.limit(kept) <= self.sure

    def weights(self, beta: float) -> NDArray[np.float64]:
        """Return the weights of all known tokens at inverse temperature `beta`, `(n,)`."""
        exponents = np.maximum(self._offsets * beta, LEAST_EXPONENT)
        weights: NDArray[np.float64] = np.exp(exponents)
        return weights

    def others(self, kept: int, beta: float) -> Weight:
        """Return what the `kept` best weigh beyond those whose ranks are known, at this end.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        wanted, pool = self.limit(kept) - self.sure, self.count - self.sure
        if wanted <= 0 or self.tail is None:
            return Weight(0.0, 0.0)
        if self._nucleus is not None and self._nucleus.beta in (beta, 1.0):
            left = self._nucleus
            return (left.most_weight if self.is_most else left.least_weight)(beta, self.top)
        bound = self.tail.most_weight if self.is_most else self.tail.least_weight
        mass, moment = bound(beta, self.top)
        exponents = np.maximum(self._offsets[self.sure :] * beta, LEAST_EXPONENT)
        loose = np.exp(exponents)
        mass, moment = mass + float(loose.sum()), moment + float(loose @ exponents)
        if wanted < pool:
            # Of the best some weigh no less than their share, and none more than one at the edge.
            edge = max(beta * (self.tail.edge - self.top), LEAST_EXPONENT)
            if self.is_most:
                mass = min(mass, wanted * math.exp(edge))
                moment = mass * (math.log(mass / wanted) if mass else 0.0)
            else:
                mass *= wanted / pool
                moment = mass * edge
        return Weight(mass, moment)

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        known = float(self.weights(beta)[: min(kept, self.sure)].sum())
        others = self.others(kept, beta).mass
        self._weighed = self.limit(kept) - self.sure, others
        return known + others

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        exponents = np.maximum(self._offsets[: min(kept, self.sure)] * beta, LEAST_EXPONENT)
        known = np.exp(exponents)
        mass, moment = self.others(kept, beta)
        return Weight(float(known.sum()) + mass, float(known @ exponents) + moment)

    def count_to_mass(self, mass: float, beta: float, kept: int) -> int:
        """Return the least n such that the n best weigh at least `mass`, `kept` at most.

        Args:
            mass: In the unit of `mass`: a share of what it returned last.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """
        cumulative = self.weights(beta)[: self.sure].cumsum()
        n = int(cumulative.searchsorted(mass, "left")) + 1
        if n <= self.sure or self.are_known(kept) or self.tail is None:
            return min(n, kept)
        missing = mass - float(cumulative[-1])
        edge = math.exp(max(beta * (self.tail.edge - self.top), LEAST_EXPONENT))
        if self.is_most:  # of those that were weighed the best have their share at least
            wanted, there = self._weighed
            beyond = wanted * missing / there if there > missing else float(wanted)
        else:
            beyond = missing / max(edge, 1e-300)
        found = min(self.sure + max(1, math.ceil(min(beyond, self.count))), kept)
        if self.ends_with_top_p and beta > 0.0 and edge > 0.0:
            self._nucleus = self._kept_by_top_p(missing / edge, beta, kept, found)
        return found

    def _kept_by_top_p(self, missing: float, beta: float, kept: int, found: int) -> TailBounds:
        """Return what top-p keeps beyond the known tokens: what it needs, and one token more.

        Args:
            missing: What it needs, in tokens at the edge.
            beta: The inverse temperature in force there.
            kept: How many of the best tokens were left before.
            found: How many are left now, at this end.
        """
        assert self.tail is not None, "it reaches beyond what is known"
        unit = max(self.others(kept, beta).mass, 0.0)
        edge = math.exp(beta * (self.tail.edge - self.top))
        most = min(missing + 1.0, unit / edge) if self.is_most else missing
        count = (found if self.is_most else self.limit(kept)) - self.sure
        weight = np.array([min(max(most, 0.0), count)])
        return TailBounds(
            np.array([self.tail.edge]), np.array([float(count)]), weight, weight, beta
        )

    def count_within(self, distance: float, kept: int) -> int:
        """Return how many of the `kept` best are at most `distance` below the largest.

        Args:
            distance: In logits.
            kept: How many of the best tokens are left.
        """
        n = max(1, int(np.count_nonzero(self._offsets[: min(kept, self.count)] >= -distance)))
        if self.tail is not None and kept > self.sure:
            n += self.tail.within(distance, self.top)[self.is_most]
        return min(n, kept)

    def rank_of_draw(self, share: float, kept: int, beta: float) -> int | None:
        """Return the rank that a draw falls on; None where that is among unknown tokens.

        Args:
            share: What was drawn, in [0, 1).
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        cumulative = self.weights(beta)[: min(kept, self.sure)].cumsum()
        target = share * (float(cumulative[-1]) + self.others(kept, beta).mass)
        rank = int(cumulative.searchsorted(target, "right"))
        if rank < cumulative.size:
            return rank
        if not self.are_known(kept):
            return None
        return int(cumulative.searchsorted(cumulative[-1], "left"))  # the last that weighs anything

    # What changes logits, or leaves others than the best

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the same: see `without_repeat_penalty`.

        Args:
            penalty: The repeat penalty, which is off.
            recent: The tokens that it would be for.
            kept: How many of the best tokens are left.
        """
        assert penalty == 1.0, "it needs logits"
        return self

    def adjusted(self, adjustment: Adjustment, kept: int) -> Self:
        """Return the `kept` best with the logits of some of them changed, in their new order.

        Args:
            adjustment: What changes.
            kept: How many of the best tokens are left.

        Raises:
            LogitsError: No token is left.
            UndecidedError: What is left is not known, or none of it is the best for certain.
        """
        assert adjustment.penalty == 1.0, "it needs logits"
        left = self
        if kept < self.count:
            left = self._known(kept, tr("What changes logits after a filter"))
        place_of = {token: place for place, token in enumerate(left.ids.tolist())}
        out, tail = set(left.cut[0].tolist()), left.tail
        places, added = [], []
        for token, change in zip(
            adjustment.tokens.tolist(), adjustment.added.tolist(), strict=True
        ):
            if token in place_of:
                places.append(place_of[token])
                added.append(change)
            elif tail is not None and change != 0.0 and token not in out:
                edge = tail.edge
                gone = change > 0.0 or change == -math.inf
                tail = tail._replace(lowered=tail.lowered + 1, gone=tail.gone + gone)
                if change > 0.0:
                    tail = tail.with_group(edge + change, 1, 0.0, 1.0)
        here = Adjustment(np.array(places, dtype=np.int64), 1.0, np.array(added))
        logits = left.all_logits.copy()
        logits[here.tokens] = here.apply(logits[here.tokens])
        order = np.lexsort((left.ids, -logits))
        banned = logits[order] == -np.inf
        if banned.all():
            raise LogitsError(tr("every token that is known is banned."))
        return left._made(logits, order[~banned], order[banned], tail)

    def without_best(self, count: int, kept: int) -> Self:
        """Return the `kept` best without the `count` best of them.

        Args:
            count: How many.
            kept: How many of the best tokens are left.
        """
        # One that is known must stand behind them, below what is excluded.
        if self.tail is not None and count + 1 >= self.sure:
            raise UndecidedError(_looks_at_all(tr("XTC")))
        places = np.arange(self.ids.size)
        return self._made(self.all_logits, places[count:], places[:count], self.tail)

    def reshaped(self, reshape: Reshape, kept: int, beta: float) -> Self:
        """Return the `kept` best with the logits that `reshape` makes of their probabilities.

        Args:
            reshape: Makes logits of probabilities, both from the best token on.
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        left = self._known(kept, tr("Adaptive-p"))
        weights = left.weights(beta)
        logits = reshape(weights / weights.sum())
        return left._made(logits, np.lexsort((left.ids, -logits)), np.arange(0), None)

    def typical(self, p: float, beta: float, kept: int, least: int) -> tuple[Self, int]:
        """Return the tokens whose surprise is nearest the entropy, and how many they are.

        Args:
            p: The share to reach.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
            least: How many tokens there must be at least.
        """
        left = self._known(kept, tr("Typical-p"))
        mass, moment = left.weight(kept, beta)
        distances = np.abs(left._offsets * beta - moment / mass)
        order = np.argsort(distances, kind="stable")
        cumulative = left.weights(beta)[order].cumsum()
        count = max(int(cumulative.searchsorted(p * mass, "right")) + 1, least)
        count = min(count, order.size)
        chosen, others = np.sort(order[:count]), np.sort(order[count:])
        return left._made(left.all_logits, chosen, others, None), count

    def deviation(self, kept: int) -> float:
        """Return the standard deviation of the `kept` best logits.

        Args:
            kept: How many of the best tokens are left.
        """
        self.settle(tr("Top-n-sigma"), kept)
        return float(self.all_logits[: self.limit(kept)].std())

    def settle(self, name: str, kept: int) -> None:
        """Refuse to go on where not all of the `kept` best are known one by one.

        Args:
            name: The sampler that looks at all of them.
            kept: How many of the best tokens are left.

        Raises:
            UndecidedError: They are not.
        """
        if not self.are_known(kept):
            raise UndecidedError(_looks_at_all(name))

    def _known(self, kept: int, name: str) -> Self:
        """Return the `kept` best alone, which must be known one by one."""
        self.settle(name, kept)
        places = np.arange(self.ids.size)
        return self._made(self.all_logits, places[:kept], places[kept:], None)

    def _made(
        self,
        logits: NDArray[np.float64],
        left: NDArray[np.intp],
        out: NDArray[np.intp],
        tail: TailBounds | None,
    ) -> Self:
        """Return the known tokens that are left, with other logits, and those that are out."""
        cut_ids, cut_logits = self.cut
        cut = np.concatenate((cut_ids, self.ids[out])), np.concatenate((cut_logits, logits[out]))
        return type(self)(
            self.ids[left],
            logits[left],
            tail,
            self.size,
            is_most=self.is_most,
            ends_with_top_p=self.ends_with_top_p,
            cut=cut,
        )


def run_both(
    ids: NDArray[Any],
    logits: NDArray[np.float64],
    tail: TailBounds | None,
    size: int,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
) -> tuple[Shaped[BoundedLogits], Shaped[BoundedLogits]]:
    """Run the samplers at both ends: with the least of what is not known, and with the most.

    The repeat penalty is left out.

    Args:
        ids: The known tokens in order.
        logits: Theirs.
        tail: All others.
        size: The vocabulary's size.
        params: The samplers and their order.
        history: The tokens so far, oldest first.
        state: What samplers need beside them.

    Raises:
        UndecidedError: A sampler needs to know more than either end.
        LogitsError: Biases have banned every token.
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """

    def both(params: SamplingParams) -> tuple[Shaped[BoundedLogits], Shaped[BoundedLogits]]:
        steps = active_steps(params)
        behind = steps[steps.index("top_p") + 1 :] if "top_p" in steps else steps
        ends_with_top_p = set(behind) <= {"temperature"} and not params.mirostat
        least, most = (
            BoundedLogits(ids, logits, tail, size, is_most=is_most, ends_with_top_p=ends_with_top_p)
            for is_most in (False, True)
        )
        return run(least, params, history, state), run(most, params, history, state)

    params = without_repeat_penalty(params)
    if tail is not None:
        _check(both, params)
    least, most = both(params)
    if not np.array_equal(least.ranked.ids, most.ranked.ids):
        raise UndecidedError(_looks_at_all(tr("XTC")))
    if not np.array_equal(least.ranked.all_logits, most.ranked.all_logits):
        raise UndecidedError(_looks_at_all(tr("Adaptive-p")))
    if params.mirostat == 2:
        # It keeps the fewer the more there is beside: the ends of what is left are the others.
        fewest, largest, sure = most.kept, least.kept, least.ranked.sure
        least = least._replace(kept=min(fewest, sure))
        most = most._replace(kept=largest if largest < sure else most.ranked.count)
    return least, most


_Both = Callable[[SamplingParams], tuple[Shaped[BoundedLogits], Shaped[BoundedLogits]]]


def _check(both: _Both, params: SamplingParams) -> None:
    """Refuse what asks for more than one end knows at a time."""
    steps = active_steps(params)
    if params.mirostat:
        unfiltered = msgspec.structs.replace(params, mirostat=0, samplers=())
        if params.mirostat == 1 and both(unfiltered)[0].ranked.sure < LOOKED_AT:
            raise UndecidedError(_looks_at_all(tr("Mirostat")))
        return
    if "temperature" in steps and params.temperature == 0.0:
        return
    if "xtc" in steps:
        least, _ = both(msgspec.structs.replace(params, samplers=steps[: steps.index("xtc")]))
        if least.ranked.tail is not None and least.ranked.sure < 2:
            raise UndecidedError(_looks_at_all(tr("XTC")))
    for name, shown in (("p_less", tr("P-less")), ("temperature", tr("Dynamic temperature"))):
        if name not in steps or (name == "temperature" and not params.dynatemp_range):
            continue
        before = msgspec.structs.replace(params, samplers=steps[: steps.index(name)])
        least, most = both(before)
        if name == "temperature" and least.kept == most.kept == most.ranked.count:
            continue
        for end, kept, _ in (least, most):
            end.settle(shown, kept)
        if least.kept != most.kept:
            raise UndecidedError(_looks_at_all(shown))


def _looks_at_all(name: str) -> str:
    return tr("{name} looks at all tokens here, and only the likeliest are known.", name=name)
