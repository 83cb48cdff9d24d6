"""Ranking the logits of a whole vocabulary, no further down than somebody asks.

The best few are searched for (`kernels` in C, `best` in numpy); what lies further down is found by
its depth (`bins`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.logits import kernels
from studio.sampling.logits.best import descending, reaching
from studio.sampling.logits.bins import Bins
from studio.sampling.logits.head import Head, LogitGaps, Side, gaps_of
from studio.sampling.logits.histogram import Histogram
from studio.sampling.logits.logits_vector import FLOAT32, as_vector
from studio.sampling.logits.penalties import penalise
from studio.sampling.logits.ranked import Weight

_Array = np.ndarray
"""Looked up once: in a token loop each look into a module's names costs half a microsecond."""

HEAD = 128
"""How many of the best tokens a sketch knows exactly; one more is ranked to begin with."""

_LEAST_GAP_OF_NO_WEIGHT = 745.0  # times 1/β: e to minus this is above 0, just

# At others float32 does not hold every β·(z − z_max) that is not far below 0; `Bins` sees to it.
_LEAST_BETA, _LARGEST_BETA = 1e-6, 1e6

_FEWEST_RANKED = 64  # with fewer left after penalties, rank anew

_GROWTH = 8  # when more are needed: 128, 1024, 8192, ...


class Ranking:
    """The tokens of one logits vector in descending order, as far down as has been asked.

    Ties are ranked by id, the lowest first; tokens at -inf are not ranked at all. Made once from
    the logits of a step, it serves the draw and the sketch alike. It holds on to the array that it
    was made from, and must be dropped before that memory changes.

    Args:
        logits: `(V,)`; float32 and float64 are used as they are, other dtypes are converted.

    Attributes:
        size: V, the vocabulary's size.
        ids: The best tokens so far, int64, at least the best 129 (or all, where there are fewer).
        logits: Their logits, float64.

    Raises:
        LogitsError: No vector of numbers, NaN or +inf among them, or all of them -inf.
    """

    ids: NDArray[np.int64]
    logits: NDArray[np.float64]
    _gaps: LogitGaps | None  # of the logits, made when they are first asked about, as is the next
    _weighed: Head | None
    _whole: tuple[float, float] | None  # a β, and what all tokens weigh at it

    __slots__ = (
        "_bins", "_count", "_found", "_gaps", "_histogram", "_lowest", "_replaced", "_source",
        "_weighed", "_whole", "ids", "logits", "size",
    )  # fmt: skip

    def __init__(self, logits: ArrayLike) -> None:
        source = logits if type(logits) is _Array else np.asarray(logits)
        if source.dtype is not FLOAT32 or source.ndim != 1 or source.size == 0:
            source = as_vector(source)
        self._source = source
        self.size = source.size
        self._replaced: tuple[NDArray[np.int64], NDArray[Any]] | None = None
        self._count: int | None = None
        self._bins: Bins | None = None
        self._lowest: float | None = None
        self._histogram: Histogram | None = None
        self._found: kernels.TopKAndTail | None = None
        self._whole = None
        self._rank(source, HEAD + 1)

    @classmethod
    def of_best(cls, source: NDArray[Any], found: kernels.TopKAndTail) -> Self:
        """Return the ranking of logits of which the best are found already.

        Args:
            source: `(V,)` the logits.
            found: More than `HEAD` of them, or all; and what all but the best `HEAD` are like.
        """
        made = cls.__new__(cls)  # spelled out: where caches are cold each call costs microseconds
        made._source, made.size = source, source.size
        made.ids, made.logits, made._lowest = found.ids, found.logits, found.lowest
        made._replaced = made._count = made._bins = made._gaps = made._weighed = None
        made._histogram = made._whole = None
        made._found = found
        if not found.tokens:
            made._count = made.ids.size
        return made

    @property
    def maximum(self) -> float:
        """The largest logit."""
        return float(self.logits[0])

    @property
    def count(self) -> int:
        """How many tokens have a logit above -inf."""
        if self._count is None:
            histogram = self.histogram
            assert histogram is not None  # where it is not known, not all are ranked
            self._count = histogram.better + histogram.tokens
        return self._count

    @property
    def source(self) -> NDArray[Any]:
        """All logits, `(V,)`, not to be written to."""
        if self._replaced is not None:
            tokens, logits = self._replaced
            self._source = self._source.copy()
            self._source[tokens] = logits
            self._replaced = None
        return self._source

    @property
    def histogram(self) -> Histogram | None:
        """All tokens but the best `HEAD` by their depth; None where there are no others.

        Where fewer are ranked, which happens after penalties, but those before the last of them. A
        ranking that was made of another's has nearly its own: that of the other.
        """
        if self._histogram is None and self._found is not None and self._found.tokens:
            self._histogram = Histogram(self.logits.item(HEAD), HEAD, self._found.bins)
        if self._histogram is None and (self.ids.size > HEAD or not self.is_complete):
            better = min(HEAD, self.ids.size - 1)
            lowest = float(self.source.min()) if self._lowest is None else self._lowest
            self._histogram = Histogram.of(self.source, self.logits.item(better), lowest, better)
        return self._histogram

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""
        return kept if kept <= self.ids.size else min(kept, self.count)

    def extend(self, least: int) -> None:
        """Rank at least the best `least` tokens, or all of them where there are fewer."""
        if least > self.ids.size and not self.is_complete:
            self._rank(self.source, max(least, self.ids.size * _GROWTH))

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        if self._is_ranked(kept):
            return self.head(beta).mass(kept)
        is_usual = _LEAST_BETA < beta < _LARGEST_BETA
        if is_usual and self._bins is None and self.are_all_of_many(kept):
            if self._whole is not None and self._whole[0] == beta:
                return self._whole[1]
            mass = kernels.mass(self.source, self.maximum, beta)  # no weight is asked for
            if mass is not None:
                self._whole = beta, mass  # the draw asks again for what a likelihood has asked
                return mass
        return self._in_bins().mass(kept, beta)

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        if self._is_ranked(kept):
            head = self.head(beta)
            return Weight(head.mass(kept), head.moment(kept))
        return self._in_bins().weight(kept, beta)

    def weights(self, kept: int, beta: float) -> NDArray[np.float64]:
        """Return the weights of the `kept` best tokens, one by one.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        return np.array(self.some_weights(0, kept, beta))

    def some_weights(self, start: int, end: int, beta: float) -> list[float]:
        """Return the weights of the tokens from rank `start` to before rank `end`.

        Args:
            start: The first rank.
            end: The rank behind the last.
            beta: The inverse temperature, 1/T.
        """
        self.extend(end)
        return self.head(beta).weights(start, end)

    def weight_at(self, rank: int, beta: float) -> float:
        """Return the weight of the token of one rank.

        Args:
            rank: From 0, the best token's.
            beta: The inverse temperature, 1/T.
        """
        if self._is_ranked(rank + 1):
            return self.head(beta).weights(rank, rank + 1)[0]
        return self._in_bins().weight_at(rank, beta)

    def token_at(self, rank: int) -> int:
        """Return the id of the token of one rank."""
        return self.ids.item(rank) if rank < self.ids.size else self._in_bins().token_at(rank)

    def count_to_mass(self, mass: float, beta: float, kept: int) -> int:
        """Return the least n such that the n best weigh at least `mass`, `kept` at most.

        Args:
            mass: In the unit of `mass`.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """
        return min(self._rank_at(mass, beta, kept, "left") + 1, kept)

    def rank_of_draw(self, mass: float, beta: float, kept: int) -> int:
        """Return the rank, among the `kept` best, whose share of the weight covers `mass`.

        Rounding may put `mass` past the end; the last token with a weight above 0 is meant then.

        Args:
            mass: u times the weight of the `kept` best.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """
        rank = self._rank_at(mass, beta, kept, "right")
        if rank < kept:
            return rank
        weighed = self.count_within(_LEAST_GAP_OF_NO_WEIGHT / beta, kept) if beta else kept
        return self.limit(weighed) - 1

    def within(self, distance: float) -> int:
        """Return how many of the tokens ranked so far are at most `distance` below the largest."""
        return self._logit_gaps().within(distance)

    def count_within(self, distance: float, kept: int) -> int:
        """Return how many of the `kept` best are at most `distance` below the largest.

        Args:
            distance: In logits.
            kept: How many of the best tokens are left.
        """
        n = self.within(distance)
        if n >= self.ids.size and n < kept and not self._is_ranked(kept):
            n = self._in_bins().within(distance)
        return min(n, kept)

    def _rank_at(self, mass: float, beta: float, kept: int, side: Side) -> int:
        rank = self.head(beta).rank_at(mass, kept, side)
        if rank >= self.ids.size and rank < kept and not self._is_ranked(kept):
            rank = self._in_bins().rank_at(mass, beta, kept, side)
        return min(rank, kept)

    @property
    def is_complete(self) -> bool:
        """Whether all tokens that there are were found to be ranked."""
        return self.ids.size == self._count

    def are_all_of_many(self, kept: int) -> bool:
        """Say whether the `kept` best are all tokens there are, and not all of them are ranked.

        The source is what to work on then. That of a ranking which is complete may hold more than
        was left when it was made.
        """
        return not self.is_complete and (kept >= self.size or kept >= self.count)

    def _is_ranked(self, kept: int) -> bool:
        """Say whether the `kept` best are all in order."""
        return kept <= self.ids.size or self.is_complete

    def _in_bins(self) -> Bins:
        if self._bins is None:
            histogram = self.histogram
            assert histogram is not None  # as long as nobody asks for what is ranked
            self._bins = Bins(self.source, self.maximum, histogram, self.count)
        return self._bins

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the `kept` best with the `recent` ones penalised, in their new order.

        Args:
            penalty: What their logits are divided by where they are positive, and multiplied by
                where not.
            recent: The tokens that the penalty is for.
            kept: How many of the best tokens are left.

        Raises:
            ValueError: A recent token is not in the vocabulary.
        """
        tokens = np.fromiter(recent, dtype=np.int64, count=len(recent))
        if tokens.min() < 0 or tokens.max() >= self.size:
            raise ValueError(f"history: allowed are token ids from 0 to {self.size - 1}.")
        if kept >= self.size or (kept > self.ids.size and kept >= self.count):
            return self.with_logits(tokens, penalise(self.logits_of(tokens), penalty))
        self.extend(kept)
        ids, logits = self.ids[:kept], self.logits[:kept].copy()
        hit = np.isin(ids, tokens)
        logits[hit] = penalise(logits[hit], penalty)
        made = self._new(self.source, None, ids.size)
        made._set_head(*_by_id(ids, logits))
        return made

    def logits_of(self, tokens: NDArray[np.int64]) -> NDArray[Any]:
        """Return the logits of some tokens, `(n,)`, in the dtype of all."""
        found: NDArray[Any] = self._source[tokens]
        if self._replaced is not None:
            replaced, logits = self._replaced
            order = replaced.argsort()
            places = order[replaced.searchsorted(tokens, sorter=order).clip(max=order.size - 1)]
            found = np.where(replaced[places] == tokens, logits[places], found)
        return found

    def with_logits(self, tokens: NDArray[np.int64], logits: NDArray[Any]) -> Self:
        """Return the ranking of the same logits but for these tokens', without another search.

        A token not ranked here stays below the last that is. So those ranked here, less the tokens
        given, with those of the tokens given that reach the last, are the best of the new order.

        Args:
            tokens: `(n,)` ids, each once.
            logits: `(n,)` theirs from now on; at -inf a token is out.

        Raises:
            LogitsError: No token is left above -inf.
        """
        logits = logits.astype(self._source.dtype, copy=False)
        replaced = set(tokens.tolist())
        spared = np.array([token not in replaced for token in self.ids.tolist()])
        complete = self.is_complete
        if complete:
            reaching = logits > -np.inf
        else:  # of those that tie with the last one, others may be better than a later id
            last = self.logits[-1]
            reaching = (logits > last) | ((logits == last) & (tokens < self.ids[-1]))
        ids = np.concatenate((self.ids[spared], tokens[reaching]))
        if ids.size < min(_FEWEST_RANKED, self.size):
            source = self.source.copy()
            source[tokens] = logits
            return type(self)(source)
        head = np.concatenate((self.logits[spared], logits[reaching]))
        count = ids.size if complete else None
        has_histogram = self._histogram is not None or self._found is not None
        if not complete and has_histogram:
            possible, were = logits > -np.inf, self.logits_of(tokens) > -np.inf
            count = self.count + int(possible.sum()) - int(were.sum())
        if self._replaced is not None:
            before, former = self._replaced
            still = np.array([token not in replaced for token in before.tolist()])
            tokens = np.concatenate((before[still], tokens))
            logits = np.concatenate((former[still], logits))
        made = self._new(self._source, (tokens, logits), count)
        made._set_head(*_by_id(ids, head))
        if has_histogram:
            made._histogram = self.histogram  # of nearly the same: good enough for `Bins`
        return made

    @classmethod
    def _new(
        cls,
        source: NDArray[Any],
        replaced: tuple[NDArray[np.int64], NDArray[Any]] | None,
        count: int | None,
    ) -> Self:
        made = cls.__new__(cls)
        made._source, made._replaced, made._count, made.size = source, replaced, count, source.size
        made._bins = made._lowest = made._histogram = made._found = made._whole = None
        return made

    def head(self, beta: float) -> Head:
        """Return the tokens ranked so far, weighed at inverse temperature `beta`."""
        # The last is kept, since the next step asks again.
        if self._weighed is None or self._weighed.beta != beta:
            self._weighed = self._logit_gaps().at(beta)
        return self._weighed

    def _logit_gaps(self) -> LogitGaps:
        if self._gaps is None:
            self._gaps = gaps_of(self.logits)
        return self._gaps

    def _rank(self, source: NDArray[Any], least: int) -> None:
        best = kernels.best(source, least)
        if best is not None:
            self.ids, self.logits, self._lowest = best
            if self.ids.size < least:
                self._count = self.ids.size
            self._gaps = self._weighed = None
            return
        ids, are_all = reaching(source, least)
        if are_all:
            self._count = ids.size
        self._set_head(ids, source[ids])

    def _set_head(self, ids: NDArray[np.int64], logits: NDArray[Any]) -> None:
        self.ids, self.logits = descending(ids, logits)
        self._gaps = self._weighed = None


def _by_id(
    ids: NDArray[np.int64], logits: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = ids.argsort()
    return ids[order], logits[order]
