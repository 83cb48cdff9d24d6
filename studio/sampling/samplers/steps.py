"""Which of the samplers have an effect, and what a temperature is as β. Knows no logits."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from studio.sampling.params import SamplingParams
from studio.sampling.samplers import dry

# At this β two float32 logits that differ at all differ by e^100 and more in weight, as they would
# at every larger one; without a limit 1/T overflows, and 0·infinity is no number.
_LARGEST_BETA = 1e200

_IS_ON: dict[str, Callable[[SamplingParams], bool]] = {
    "penalties": lambda p: (
        p.repeat_last_n != 0
        and (p.repeat_penalty != 1.0 or p.frequency_penalty != 0.0 or p.presence_penalty != 0.0)
    ),
    "dry": dry.is_on,
    "top_n_sigma": lambda p: p.top_n_sigma > 0.0,
    "top_k": lambda p: p.top_k > 0,
    "typical_p": lambda p: p.typical_p < 1.0,
    "top_p": lambda p: p.top_p < 1.0,
    "min_p": lambda p: p.min_p > 0.0,
    "xtc": lambda p: p.xtc_probability > 0.0 and p.xtc_threshold <= 0.5,
    "temperature": lambda p: p.temperature != 1.0 or p.dynatemp_range > 0.0,
}


@lru_cache(maxsize=64)
def active_steps(params: SamplingParams) -> tuple[str, ...]:
    """Return those of `samplers` that have an effect, in their order."""
    return tuple([name for name in params.samplers if _IS_ON[name](params)])


def beta_of(temperature: float) -> float:
    """Return 1/T for a temperature above 0, infinity included."""
    return 0.0 if math.isinf(temperature) else min(1.0 / temperature, _LARGEST_BETA)
