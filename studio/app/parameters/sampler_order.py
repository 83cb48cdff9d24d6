"""The steps of the sampler as a list to be put in order, those that are left out among them.

`SamplingParams.samplers` names the steps in force; where one that is left out would stand is
nobody's but the list's. This module does not know Qt.
"""

from collections.abc import Sequence

from studio.app.parameters.parameter import Number
from studio.app.parameters.penalties import (
    DRY_MULTIPLIER,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    REPEAT_PENALTY,
)
from studio.app.parameters.table import (
    DYNATEMP_RANGE,
    MIN_P,
    TEMPERATURE,
    TOP_K,
    TOP_N_SIGMA,
    TOP_P,
    TYPICAL_P,
    XTC_PROBABILITY,
)
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, active_steps

STEP_TITLES = {
    "penalties": "Penalties",
    "dry": "DRY",
    "top_n_sigma": "Top-n-sigma",
    "top_k": "Top-k",
    "typical_p": "Typical-p",
    "top_p": "Top-p",
    "min_p": "Min-p",
    "xtc": "XTC",
    "temperature": "Temperature",
}

_NUMBERS: dict[str, tuple[tuple[Number, str], ...]] = {
    "penalties": (
        (REPEAT_PENALTY, "repeat {}"),
        (FREQUENCY_PENALTY, "frequency {}"),
        (PRESENCE_PENALTY, "presence {}"),
    ),
    "dry": ((DRY_MULTIPLIER, "{}"),),
    "top_n_sigma": ((TOP_N_SIGMA, "{}"),),
    "top_k": ((TOP_K, "{}"),),
    "typical_p": ((TYPICAL_P, "{}"),),
    "top_p": ((TOP_P, "{}"),),
    "min_p": ((MIN_P, "{}"),),
    "xtc": ((XTC_PROBABILITY, "{}"),),
    "temperature": ((TEMPERATURE, "T {}"), (DYNATEMP_RANGE, "±{}")),
}
"""What of each step is told in its row, where it is not neutral."""


def whole_order(
    samplers: Sequence[str], before: Sequence[str] = DEFAULT_SAMPLERS
) -> tuple[str, ...]:
    """All steps: `samplers` in their order, the others where they stood in `before`.

    One that is left out stays behind the step that it stood behind last, or at the top.
    """
    order = list(samplers)
    for place, name in enumerate(before):
        if name not in order:
            above = next((other for other in reversed(before[:place]) if other in order), None)
            order.insert(0 if above is None else order.index(above) + 1, name)
    return tuple(order)


def moved(order: Sequence[str], name: str, place: int) -> tuple[str, ...]:
    """The same order with one step at another place, from 0; beyond the ends is at the ends."""
    others = [other for other in order if other != name]
    place = min(max(place, 0), len(others))
    return (*others[:place], name, *others[place:])


def is_at_work(name: str, params: SamplingParams) -> bool:
    """Whether a step changes anything now."""
    if params.mirostat:
        return name == "temperature"
    return name in active_steps(params)


def step_words(name: str, params: SamplingParams) -> str:
    """What a step does now, in a word or two: its values, or why it does nothing."""
    if params.mirostat and name != "temperature":
        return "replaced by Mirostat"
    if name not in params.samplers and not params.mirostat:
        return "left out"
    if not is_at_work(name, params):
        return "T 1" if name == "temperature" else "off"
    shown = [
        words.format(number.format(getattr(params, number.name)))
        for number, words in _NUMBERS[name]
        if number is TEMPERATURE or getattr(params, number.name) != number.neutral
    ]
    return ", ".join(shown).replace(", ±", " ±")
