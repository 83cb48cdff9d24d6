"""What a sampler needs to know of logits, whether all of them are at hand or only a sketch.

Most filters keep the best n tokens for some n, so they never ask "which tokens?", only "how many?",
and never beyond the tokens that are left already. `RankedLogits` answers such questions. What cuts
otherwise (typical, XTC), and what changes logits, makes another ranking, of which the best n are
left again: `Candidates` can do that. Logits are compared with the largest one, so that exp never
overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.adjustment import Adjustment

LEAST_EXPONENT = -746.0
"""The least x in Σ x·exp(x): exp is exactly 0 here, and the product 0 too (at -inf it is NaN)."""


Reshape = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Makes logits of probabilities, of each its own."""


class Weight(NamedTuple):
    """Unnormalised probability of a set of tokens, relative to the most probable token.

    With x = β·(z − z_max), `mass` is Σ exp(x) and `moment` is Σ x·exp(x).
    """

    mass: float
    moment: float


class RankedLogits(Protocol):
    """Tokens in descending order of logit, the lower id first on a tie; -inf is left out.

    A number of tokens asked about (`kept`) may exceed the number there are; all are meant then.
    """

    @property
    def size(self) -> int:
        """How many tokens the vocabulary has: no fewer than can be kept."""

    def limit(self, kept: int) -> int:
        """Return `kept`, or the number of tokens there are if that is less."""

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`, which costs less than the moment too.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens at inverse temperature `beta`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """

    def count_to_mass(self, mass: float, beta: float, kept: int) -> int:
        """Return the least n such that the n best weigh at least `mass`, or `kept` if that is less.

        It looks no further than `kept` tokens.

        Args:
            mass: In the unit of `mass`.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
        """

    def count_within(self, distance: float, kept: int) -> int:
        """Return how many of the `kept` best have a logit at most `distance` below the largest.

        It looks no further than `kept` tokens.

        Args:
            distance: In logits.
            kept: How many of the best tokens are left.
        """

    def penalised(self, penalty: float, recent: Collection[int], kept: int) -> Self:
        """Return the `kept` best with the `recent` ones penalised, in their new order.

        Args:
            penalty: What their logits are divided by where they are positive, and multiplied by
                where not.
            recent: The tokens that the penalty is for.
            kept: How many of the best tokens are left.
        """


class Candidates(RankedLogits, Protocol):
    """Ranked logits from which tokens can be taken out, and in which some can be changed."""

    @property
    def logits(self) -> NDArray[np.float64]:
        """The best logits in descending order: 128 of them at least, or all there are."""

    def deviation(self, kept: int) -> float:
        """Return the standard deviation of the `kept` best logits."""

    def adjusted(self, adjustment: Adjustment, kept: int) -> Self:
        """Return the `kept` best with the logits of some of them changed, in their new order.

        Args:
            adjustment: What changes.
            kept: How many of the best tokens are left.
        """

    def without_best(self, count: int, kept: int) -> Self:
        """Return the `kept` best without the `count` best of them; fewer than all.

        Args:
            count: How many.
            kept: How many of the best tokens are left.
        """

    def reshaped(self, reshape: Reshape, kept: int, beta: float) -> Self:
        """Return the `kept` best with the logits that `reshape` makes of their probabilities.

        Args:
            reshape: Makes logits of probabilities, both from the best token on.
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """

    def typical(self, p: float, beta: float, kept: int, least: int) -> tuple[Self, int]:
        """Return the tokens whose surprise is nearest the entropy, and how many they are.

        As few of the `kept` best as have a share of more than `p` in their weight at `beta`, but
        `least` of them at least.

        Args:
            p: The share to reach.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
            least: How many tokens there must be at least.
        """
