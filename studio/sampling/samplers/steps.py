"""Which of the samplers have an effect, and what a temperature is as β. Knows no logits."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import msgspec

from studio.sampling.params import SamplingParams
from studio.sampling.samplers import dry

# At this β two float32 logits that differ at all differ by e^100 and more in weight, as they would
# at every larger one; without a limit 1/T overflows, and 0·infinity is no number.
_LARGEST_BETA = 1e200

CHANGES = ("penalties", "dry")
"""The steps that change logits; biases do too, but are no step."""

# Any temperature at which it is a step that acts.
_SOME_TEMPERATURE = 2.0

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


@lru_cache(maxsize=8)
def active_changes(params: SamplingParams) -> tuple[str, ...]:
    """Return those steps that change logits and have an effect, in their order.

    None of them where Mirostat is on, which takes the place of all.
    """
    if params.mirostat:
        return ()
    return tuple([name for name in active_steps(params) if name in CHANGES])


@lru_cache(maxsize=8)
def changes_come_first(params: SamplingParams) -> bool:
    """Say whether whatever changes logits acts before anything that cuts or tempers them.

    The repetition penalty alone may stand after temperature: it only scales.
    """
    changes = active_changes(params)
    steps = active_steps(msgspec.structs.replace(params, temperature=_SOME_TEMPERATURE))
    if steps[: len(changes)] == changes:
        return True
    scales = changes == ("penalties",) and (
        params.frequency_penalty == params.presence_penalty == 0.0
    )
    return scales and steps[:2] == ("temperature", "penalties")


@lru_cache(maxsize=8)
def changes_alone(params: SamplingParams) -> SamplingParams:
    """Return what of `params` changes logits, in its order, and nothing else: what T 0 ranks by."""
    return msgspec.structs.replace(
        params, temperature=1.0, mirostat=0, samplers=active_changes(params)
    )


def beta_of(temperature: float) -> float:
    """Return 1/T for a temperature above 0, infinity included."""
    return 0.0 if math.isinf(temperature) else min(1.0 / temperature, _LARGEST_BETA)
