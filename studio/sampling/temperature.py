"""Temperature as the inverse temperature β = 1/T it stands for.

With β = 1/T the next-token distribution is P_i = exp(β·z_i) / Σ_j exp(β·z_j) over the logits z
(the Boltzmann distribution, energies −z). This module scales scores and stops there: it knows no
filter, no draw and no model.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.checks import non_negative
from studio.sampling.errors import LogitsError
from studio.translation import mark, tr

# Scaled scores up to this size are accurate enough as they are: at 1024 a float32 still resolves
# 1e-4 of a logit. Beyond it the largest score is moved to 0, where float32 resolves best; softmax
# does not notice a shift.
_LARGEST_UNSHIFTED = 1024.0


_TEMPERATURES = mark("a number from 0 (greedy) to infinity (uniform)")


class InverseTemperature:
    """Multiply scores by β = 1/T, exactly at both ends and stably between them.

    Call it as `(input_ids, scores)`: it is then also a logits processor for llama-cpp-python's
    `LogitsProcessorList`.

    Attributes:
        temperature: T, from 0 to infinity inclusive.
        beta: 1/T, from infinity to 0. (For T below 5.6e-309 the quotient is not a finite float64
            and `beta` is infinity; scores are still divided by T itself.)

    Raises:
        ParameterError: The temperature is negative, NaN, or not a number.
    """

    __slots__ = ("beta", "temperature")

    def __init__(self, temperature: float) -> None:
        self.temperature = non_negative("temperature", temperature, _TEMPERATURES)
        self.beta = math.inf if self.temperature == 0.0 else 1.0 / self.temperature

    def __call__(self, input_ids: object, scores: NDArray[Any]) -> NDArray[Any]:
        """Return `scores` at this temperature, in a new array of the same dtype and shape.

        Args:
            input_ids: The tokens so far; temperature does not depend on them.
            scores: Logits, `(V,)` or `(batch, V)`, of a floating dtype; -inf stays -inf.

        Raises:
            LogitsError: The dtype is not a floating one; NaN, +inf, or nothing but -inf in a row.

        Returns:
            At T 0, the largest score of each row (the lowest id on a tie) and -inf elsewhere. At T
            infinity, 0 wherever the score was finite. Between: `scores / T`, less the same shift
            for a whole row where the quotient would be too large for its dtype to resolve.
        """
        if scores.dtype.kind != "f":
            raise LogitsError(f"scores: found dtype {scores.dtype}; allowed are floating dtypes.")
        largest = scores.max(axis=-1, keepdims=True)
        if not np.isfinite(largest).all():
            raise LogitsError(_what_is_wrong(scores))
        if self.temperature == 0.0:
            scaled = np.full_like(scores, -np.inf)
            best = scores.argmax(axis=-1, keepdims=True)
            np.put_along_axis(scaled, best, largest, axis=-1)
            return scaled
        possible = scores != -np.inf
        if self.beta == 0.0:
            return np.where(possible, 0.0, -np.inf).astype(scores.dtype)
        size = np.abs(scores, where=possible, out=np.zeros_like(scores)).max(axis=-1, keepdims=True)
        # Divided in float64: there a small T is not yet 0, and nothing is lost before the end.
        with np.errstate(over="ignore", under="ignore"):
            shift = np.where(
                size.astype(np.float64) / self.temperature > _LARGEST_UNSHIFTED, largest, 0.0
            )
            return ((scores.astype(np.float64) - shift) / self.temperature).astype(scores.dtype)

    def __repr__(self) -> str:
        return f"InverseTemperature({self.temperature!r})"


def _what_is_wrong(scores: NDArray[Any]) -> str:
    if np.isnan(scores).any():
        bad = np.count_nonzero(np.isnan(scores))
        return tr("logits contain NaN at {bad} of {all} positions.", bad=bad, all=scores.size)
    if (scores == np.inf).any():
        return tr("logits contain +inf; allowed are finite numbers and -inf.")
    return tr("logits are all -inf: no token is left.")
