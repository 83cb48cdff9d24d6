"""Which of the samplers have an effect, and what a temperature is as β."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import msgspec

from studio.sampling.params import STEPS, SWITCHES, SamplingParams
from studio.sampling.samplers import dry

# At this β two float32 logits that differ at all differ by e^100 and more in weight, as they would
# at every larger one; without a limit 1/T overflows, and 0·infinity is no number.
_LARGEST_BETA = 1e200

CHANGES = tuple(step.name for step in STEPS if step.changes)
"""The steps that change logits; biases do too, but are no step."""

TAKES_OTHERS = frozenset(step.name for step in STEPS if not step.keeps_best)
"""The steps that do not leave the best n tokens."""

HEED_MIN_KEEP = frozenset(step.name for step in STEPS if step.heeds_min_keep)
"""The steps that leave `min_keep` tokens."""

# Any temperature at which it is a step that acts.
_SOME_TEMPERATURE = 2.0

CARRY_STATE = frozenset(step.name for step in STEPS if step.carries_state)
"""The steps that need `SamplerState.adaptive_mean`."""

_RUN_LAST = frozenset(step.name for step in STEPS if step.runs_last)

_NEEDS: dict[str, Callable[[SamplingParams], bool]] = {
    "penalties": lambda params: params.repeat_last_n != 0,
    "dry": dry.is_on,
    "xtc": lambda params: params.xtc_threshold <= 0.5,
}
"""What a step needs to have an effect, beside one of its switches."""


def _is_on(name: str, params: SamplingParams) -> bool:
    """Say whether a step has an effect where the order names it."""
    if all(getattr(params, switch.name) == switch.neutral for switch in SWITCHES[name]):
        return False
    return name not in _NEEDS or _NEEDS[name](params)


@lru_cache(maxsize=64)
def active_steps(params: SamplingParams) -> tuple[str, ...]:
    """Return those of `samplers` that have an effect, in the order in which they run."""
    active = [name for name in params.samplers if _is_on(name, params)]
    return tuple(sorted(active, key=_RUN_LAST.__contains__))


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


def needs_logits(params: SamplingParams) -> bool:
    """Say whether a sampler asks for logits, where log-probabilities will not do.

    The repeat penalty divides logits above zero and multiplies those below; log-probabilities are
    logits but for a constant.

    Args:
        params: The samplers.
    """
    return "penalties" in active_changes(params) and params.repeat_penalty != 1.0


@lru_cache(maxsize=8)
def without_repeat_penalty(params: SamplingParams) -> SamplingParams:
    """Return what of `params` can be done with log-probabilities.

    Args:
        params: The samplers.
    """
    if not needs_logits(params):
        return params
    return msgspec.structs.replace(params, repeat_penalty=1.0)


def beta_of(temperature: float) -> float:
    """Return 1/T for a temperature above 0, infinity included."""
    return 0.0 if math.isinf(temperature) else min(1.0 / temperature, _LARGEST_BETA)
