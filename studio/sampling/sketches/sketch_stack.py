"""Many sketches evaluated together: a page of written tokens, re-tempered in one go.

What `LogitSketch` says of one place, a `SketchStack` says of a thousand in about a millisecond, in
numpy. It asks no sampler but temperature.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranked import LEAST_EXPONENT
from studio.sampling.logits.ranking import HEAD
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.steps import beta_of
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.tails.tail_stack import TailStack, with_room

_ONES = np.ones(HEAD, dtype=np.float32)
_LEAST_IN_FLOAT32 = np.float32(-87.0)  # as LEAST_EXPONENT, for what float32 holds in full
_LARGEST_FALL = 1e38  # of a logit below the favourite's, for float32 to hold it
_LARGEST_BETA = 1e30  # at which logits that differ at all differ by everything

Temperature = float | NDArray[np.float64]
"""One for all, or `(n,)`, one for each."""

NO_RANK = -1
"""The rank where the sketch was put on the stack without a token."""


class _Tempered(NamedTuple):
    """All sketches at one temperature, unnormalised: weights relative to each favourite's.

    Attributes:
        weights: `(n, HEAD)` of the best tokens, 0 past the last.
        tail: `(n,)` of all others together.
        mass: `(n,)` the sum of both.
        moment: `(n,)` Σ x·exp(x), as in `ranked.Weight`.
    """

    weights: NDArray[np.float32]
    tail: NDArray[np.float64]
    mass: NDArray[np.float64]
    moment: NDArray[np.float64]


class SketchStack:
    """A growing stack of sketches, each with the token written there, in the order appended.

    Temperatures are those of `SamplingParams`, T 0 and infinity included: one for all, or `(n,)`,
    one for each. No filter is applied. All answers agree with `LogitSketch` to 1e-6. What was
    computed for one temperature is kept until another is asked for, or the stack changes.
    """

    def __init__(self) -> None:
        self._size = 0
        self._offsets = np.zeros((0, HEAD))  # each logit less the favourite's; 0 past the last
        self._known = np.zeros(0, dtype=np.intp)
        self._favourites = np.zeros(0)  # the largest logits
        self._ranks = np.zeros(0, dtype=np.intp)
        self._written = np.zeros(0)  # the written token's logit less the favourite's
        self._tails = TailStack()
        self._any_short = False
        self._made: tuple[float, _Tempered] | None = None
        self._rounded: NDArray[np.float32] | None = None
        """The offsets, made when they are first looked at with T turning."""

    def __len__(self) -> int:
        return self._size

    # Growing and shrinking

    def append(self, sketch: LogitSketch, token: int | None = None) -> None:
        """Put a sketch on top.

        Args:
            sketch: The distribution at a place.
            token: The token that stands there; `rank` and `surprise` are about it. It must be
                among the sketch's best, or the one it was made for (`LogitSketch.of(…, written)`).

        Raises:
            ValueError: The sketch knows nothing of this token one by one.
        """
        rank, offset = (NO_RANK, math.nan) if token is None else _place(sketch, token)
        row, known = self._size, sketch.ids.size
        self._offsets = with_room(self._offsets, row + 1)
        self._known = with_room(self._known, row + 1)
        self._favourites = with_room(self._favourites, row + 1)
        self._ranks = with_room(self._ranks, row + 1)
        self._written = with_room(self._written, row + 1)
        logits = sketch.logits.astype(np.float64)
        self._offsets[row, :known] = logits - logits[0]
        self._offsets[row, known:] = 0.0
        self._known[row] = known
        self._favourites[row] = logits[0]
        self._ranks[row] = rank
        self._written[row] = offset
        self._tails.append(sketch.tail)
        self._any_short |= known < HEAD
        self._size = row + 1
        self._made = self._rounded = None

    def truncate(self, size: int) -> None:
        """Keep the first `size` sketches."""
        self._size = min(max(size, 0), self._size)
        self._tails.truncate(self._size)
        self._made = self._rounded = None

    def clear(self) -> None:
        """Take all sketches off."""
        self.truncate(0)

    # Whatever the temperature

    @property
    def rank(self) -> NDArray[np.intp]:
        """`(n,)`: the rank of the token written, 0 for the favourite; it is the same at any T."""
        return self._ranks[: self._size]

    @property
    def offsets(self) -> NDArray[np.float64]:
        """`(n, HEAD)`: the best logits less the favourite's, by rank; 0 past the last."""
        return self._offsets[: self._size]

    @property
    def known(self) -> NDArray[np.intp]:
        """`(n,)`: how many best tokens each sketch has, `HEAD` but for a tiny vocabulary."""
        return self._known[: self._size]

    @property
    def tails(self) -> TailStack:
        """All other tokens."""
        return self._tails

    @property
    def gaps(self) -> NDArray[np.float64]:
        """`(n,)`: each tail's best logit less the favourite's."""
        return self._tails.edges - self._favourites[: self._size]

    # At a temperature

    def probabilities(self, temperature: Temperature) -> NDArray[np.float32]:
        """Return `(n, HEAD)`: the best tokens' probabilities at T, by rank, 0 past the last.

        Raises:
            ParameterError: The temperature is negative or not a number.
        """
        made = self._tempered(temperature)
        return made.weights * (1.0 / made.mass).astype(np.float32)[:, np.newaxis]

    def tail(self, temperature: Temperature) -> NDArray[np.float64]:
        """Return `(n,)`: the probability of all other tokens together at T.

        Raises:
            ParameterError: The temperature is negative or not a number.
        """
        made = self._tempered(temperature)
        return made.tail / made.mass

    def entropy(self, temperature: Temperature) -> NDArray[np.float64]:
        """Return `(n,)`: the entropy at T, in nats.

        Raises:
            ParameterError: The temperature is negative or not a number.
        """
        made = self._tempered(temperature)
        return np.maximum(np.log(made.mass) - made.moment / made.mass, 0.0)

    def surprise(self, temperature: Temperature) -> NDArray[np.float64]:
        """Return `(n,)`: −log2 p of the token written, in bits; NaN where none was given.

        At T 0 it is 0 for the favourite and infinite for every other token. Close to T 0 it stays
        finite where p itself is too small for a float64.

        Raises:
            ParameterError: The temperature is negative or not a number.
        """
        made, betas = self._tempered(temperature), inverse(temperature)
        is_greedy = np.isinf(betas)
        written = self._written[: self._size] * np.where(is_greedy, 0.0, betas)
        greedy = np.where(self.rank > 0, math.inf, 0.0)
        greedy[self.rank == NO_RANK] = math.nan
        return np.where(is_greedy, greedy, (np.log(made.mass) - written) / math.log(2.0))

    def weights(
        self, betas: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return what all tokens weigh, relative to the favourite, each sketch at a β of its own.

        Args:
            betas: `(n,)` from 0 up, finite.

        Returns:
            `(n, HEAD)` of the best tokens, 0 past the last; `(n,)` of all others together; and
            `(n,)` Σ x·exp(x) over all, as in `ranked.Weight`.
        """
        exponents = self.offsets * betas[:, np.newaxis]
        np.maximum(exponents, LEAST_EXPONENT, out=exponents)
        weights = np.exp(exponents)
        self._clear_past_the_last(weights)
        tail, tail_moment = self._tail_weights(betas)
        return weights, tail, np.einsum("ij,ij->i", weights, exponents) + tail_moment

    def _tempered(self, temperature: Temperature) -> _Tempered:
        if isinstance(temperature, np.ndarray):
            return self._at_each(inverse(temperature))
        if self._made is None or self._made[0] != temperature:
            beta = _beta(temperature)
            made = self._greedy() if math.isinf(beta) else self._at(beta)
            self._made = temperature, made
        return self._made[1]

    def _at_each(self, betas: NDArray[np.float64]) -> _Tempered:
        is_greedy = np.isinf(betas)
        made, greedy = self._at(np.where(is_greedy, 0.0, betas)), self._greedy()
        made.weights[is_greedy] = greedy.weights[is_greedy]
        made.tail[is_greedy] = greedy.tail[is_greedy]
        made.mass[is_greedy] = greedy.mass[is_greedy]
        made.moment[is_greedy] = greedy.moment[is_greedy]
        return made

    def _at(self, beta: float | NDArray[np.float64]) -> _Tempered:
        # In float32, for what is looked at as T turns: five times as quick, and good to 1e-6.
        if self._rounded is None:
            self._rounded = np.maximum(self.offsets, -_LARGEST_FALL).astype(np.float32)
        with np.errstate(over="ignore"):
            factor = np.float32(np.minimum(beta, _LARGEST_BETA))
            exponents = self._rounded * (factor[:, np.newaxis] if factor.ndim else factor)
        np.maximum(exponents, _LEAST_IN_FLOAT32, out=exponents)
        weights = np.exp(exponents)
        self._clear_past_the_last(weights)
        tail, tail_moment = self._tail_weights(np.broadcast_to(beta, self._size))
        mass = np.vecdot(weights, _ONES) + tail
        return _Tempered(weights, tail, mass, np.vecdot(weights, exponents) + tail_moment)

    def _clear_past_the_last(self, weights: NDArray[Any]) -> None:
        if self._any_short:
            weights[np.arange(HEAD) >= self.known[:, np.newaxis]] = 0.0

    def _tail_weights(
        self, betas: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        log, slope = self._tails.log_partition(betas)
        exponents = np.minimum(log + betas * self.gaps, -LEAST_EXPONENT / 2)
        mass = np.exp(np.maximum(exponents, LEAST_EXPONENT))
        # exp of a float32's logarithm is no whole number; the count is.
        mass = np.where(betas > 0.0, mass, self._tails.counts)
        mass[self._tails.counts == 0.0] = 0.0
        return mass, mass * betas * (slope + self.gaps)

    def _greedy(self) -> _Tempered:
        weights = np.zeros((self._size, HEAD), dtype=np.float32)
        weights[:, 0] = 1.0
        ones, zeros = np.ones(self._size), np.zeros(self._size)
        return _Tempered(weights, zeros, ones, zeros)


def inverse(temperature: Temperature) -> NDArray[np.float64]:
    """Return β, `(n,)` or without a dimension, as the temperature is."""
    different, places = np.unique(temperature, return_inverse=True)
    betas = np.array([_beta(value) for value in different.tolist()])
    return betas[places].reshape(np.shape(temperature))


def _beta(temperature: float) -> float:
    # `SamplingParams` says which temperatures there are.
    checked = SamplingParams(temperature=temperature).temperature
    return math.inf if checked == 0.0 else beta_of(checked)


def _place(sketch: LogitSketch, token: int) -> tuple[int, float]:
    """Return a token's rank, and its logit less the favourite's."""
    found = np.flatnonzero(sketch.ids == token)
    if found.size:
        rank = int(found[0])
        return rank, float(sketch.logits[rank]) - float(sketch.logits[0])
    if sketch.written is not None and sketch.written.token == token:
        return sketch.written.rank, sketch.written.logit - float(sketch.logits[0])
    raise ValueError(
        f"token: found {token}, which the sketch knows only as one of its tail; allowed is one of "
        f"its {sketch.ids.size} best or the one it was made for."
    )
