"""Changing the logits of some tokens: biases, penalties, DRY, all in one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.penalties import penalise


class Adjustment(NamedTuple):
    """What happens to the logits of some tokens.

    Attributes:
        tokens: `(n,)` ids, each once.
        penalty: Their logits are divided by it where positive, multiplied where negative.
        added: `(n,)` what is added after that, in units of the raw logits; -inf bans the token.
    """

    tokens: NDArray[np.int64]
    penalty: float
    added: NDArray[np.float64]

    @classmethod
    def of(cls, added: Mapping[int, float], penalty: float = 1.0) -> Self:
        """Return the adjustment that adds to each token of `added` its value.

        Args:
            added: What each token's logit grows by.
            penalty: As `repeat_penalty`; 1 does nothing.
        """
        tokens = np.fromiter(added.keys(), dtype=np.int64, count=len(added))
        return cls(tokens, penalty, np.fromiter(added.values(), dtype=np.float64, count=len(added)))

    def divided(self, beta: float) -> Adjustment:
        """Return the adjustment of raw logits that tempered ones see as this one."""
        return self._replace(added=self.added / beta)

    def check(self, field: str, size: int) -> None:
        """Refuse tokens that a vocabulary of `size` does not have.

        Args:
            field: Where the tokens come from.
            size: How many tokens the vocabulary has.

        Raises:
            ValueError: Names `field`, where the tokens come from.
        """
        if self.tokens.min() < 0 or self.tokens.max() >= size:
            worst = self.tokens.max() if self.tokens.max() >= size else self.tokens.min()
            raise ValueError(f"{field}: found token {worst}; allowed are ids from 0 to {size - 1}.")

    def among(self, ids: NDArray[Any]) -> Adjustment:
        """Return the part of it that concerns `ids`."""
        inside = np.isin(self.tokens, ids)
        return Adjustment(self.tokens[inside], self.penalty, self.added[inside])

    def apply(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return `logits`, aligned with `tokens`, as they are afterwards, in their own dtype.

        Only a ban makes a logit infinite, however large the other numbers are.
        """
        changed = logits if self.penalty == 1.0 else penalise(logits, self.penalty)
        limits = np.finfo(logits.dtype)
        with np.errstate(over="ignore"):
            moved = np.clip(changed.astype(np.float64) + self.added, limits.min, limits.max)
        moved[(logits == -np.inf) | (self.added == -np.inf)] = -np.inf
        settled: NDArray[Any] = moved.astype(logits.dtype)
        return settled
