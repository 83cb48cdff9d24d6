"""Tokens that follow one another in rank: the part of a vocabulary that a question is about."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.head import LARGEST_GAP
from studio.sampling.logits.ranked import LEAST_EXPONENT


class RankSlice:
    """All tokens whose logits lie between two bounds; -inf is none of them.

    They are sorted when that is first asked for.

    Args:
        first: The rank of the best of them.
        places: `(n,)` where their logits stand, ascending.
        logits: `(V,)` those of the whole vocabulary.
        maximum: The largest of these.

    Attributes:
        first: The rank of the best of them.
        places: Where their logits stand, ascending.
    """

    def __init__(
        self, first: int, places: NDArray[np.int64], logits: NDArray[Any], maximum: float
    ) -> None:
        self.first = first
        self.places = places
        self._all_logits = logits
        self._maximum = maximum

    def __contains__(self, rank: int) -> bool:
        return self.first <= rank < self.first + self.places.size

    @property
    def best(self) -> Any:
        """The logit of the first, as numpy has it."""
        return self._descending[0]

    def place(self, rank: int) -> int:
        """Return the place of the token of a rank; of equal ones the first is the best."""
        logit = self._descending[rank - self.first]
        better = int(np.count_nonzero(self._logits > logit))
        equal = (self._logits == logit).nonzero()[0]
        return self.places.item(equal.item(rank - self.first - better))

    def exponents(self, beta: float) -> NDArray[np.float64]:
        """Return x = β·(z − z_max) of each, descending, none of them below LEAST_EXPONENT."""
        exponents: NDArray[np.float64] = np.maximum(self._gaps * -beta, LEAST_EXPONENT)
        return exponents

    @cached_property
    def _logits(self) -> NDArray[Any]:
        return self._all_logits[self.places]

    @cached_property
    def _descending(self) -> NDArray[Any]:
        # A sort of numbers alone takes a tenth of what a sort of their places takes.
        return np.sort(self._logits)[::-1]

    @cached_property
    def _gaps(self) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            gaps = self._maximum - self._descending.astype(np.float64)
        return np.minimum(gaps, LARGEST_GAP)
