"""Where temperature stands among the samplers: before the filters or after them.

A filter that runs before temperature sees the model's own distribution (T = 1) and cuts the same
tokens at every temperature; one that runs after it sees the flattened or sharpened one. That is why
a T of 100 can stay coherent with temperature last.
"""

from functools import lru_cache
from typing import Literal

import msgspec

from studio.sampling import STEPS, SamplingParams, active_steps
from studio.sampling.samplers.steps import TAKES_OTHERS
from studio.translation import mark, tr

FILTERS = frozenset(step.name for step in STEPS if step.cuts)
"""The steps that cut tokens; penalties, DRY and temperature only re-weigh them."""

_RUN_LAST = frozenset(step.name for step in STEPS if step.runs_last)

TemperaturePlace = Literal["first", "last", "between", "off"]


def temperature_place(samplers: tuple[str, ...]) -> TemperaturePlace:
    """Where temperature runs in relation to the filters among `samplers`.

    ``off`` where it is not among them. With no filter at all ``first`` and ``last`` are the same
    distribution; it counts as ``last`` then, as it does in llama.cpp's default order.
    """
    if "temperature" not in samplers:
        return "off"
    here = samplers.index("temperature")
    before = any(name in FILTERS for name in samplers[:here])
    after = any(name in FILTERS for name in samplers[here + 1 :])
    if before and after:
        return "between"
    return "first" if after else "last"


def with_temperature_first(samplers: tuple[str, ...]) -> tuple[str, ...]:
    """The same order with temperature right before the first filter (so still after penalties)."""
    others = _without_temperature(samplers)
    here = next((i for i, name in enumerate(others) if name in FILTERS), len(others))
    return (*others[:here], "temperature", *others[here:])


def with_temperature_last(samplers: tuple[str, ...]) -> tuple[str, ...]:
    """The same order with temperature last, except for steps that always run last."""
    others = _without_temperature(samplers)
    end = len(others)
    while end and others[end - 1] in _RUN_LAST:
        end -= 1
    return (*others[:end], "temperature", *others[end:])


def without_filters(samplers: tuple[str, ...]) -> tuple[str, ...]:
    """The same order without the filters: what the distribution is before anything is cut."""
    return tuple(name for name in samplers if name not in FILTERS | TAKES_OTHERS)


@lru_cache(maxsize=32)  # asked for at every token, answered anew when a parameter is turned
def only_filter(params: SamplingParams, name: str) -> SamplingParams:
    """The same parameters with this filter as the only one.

    Args:
        params: The sampling parameters.
        name: The filter.
    """
    others = (FILTERS | TAKES_OTHERS) - {name}
    return msgspec.structs.replace(
        params, samplers=tuple([step for step in params.samplers if step not in others])
    )


@lru_cache(maxsize=8)  # as often
def unfiltered(params: SamplingParams) -> SamplingParams:
    """The same parameters without anything that cuts tokens, Mirostat included."""
    if not params.mirostat:
        return msgspec.structs.replace(params, samplers=without_filters(params.samplers))
    # It has taken the place of the penalties too, and of a temperature that moves.
    return msgspec.structs.replace(
        params, mirostat=0, dynatemp_range=0.0, samplers=("temperature",)
    )


@lru_cache(maxsize=8)  # as often
def untempered(params: SamplingParams) -> SamplingParams:
    """The same at T 1: what a filter that runs before temperature sees."""
    return msgspec.structs.replace(unfiltered(params), temperature=1.0, dynatemp_range=0.0)


_EXPLANATIONS: dict[TemperaturePlace, str] = {
    "last": mark(
        "The filters see the model's own distribution (T 1): they cut the same tokens at "
        "every T, which is why even T 100 can stay coherent."
    ),
    "first": mark(
        "The filters see what temperature has made: hot lets more tokens through, cold fewer."
    ),
    "between": mark(
        "Filters before temperature see T 1 and cut the same tokens at every T; those "
        "after it see what temperature has made."
    ),
    "off": mark("The order leaves temperature out: T is 1, wherever the dial stands."),
}
_NO_FILTERS = mark("No filter is on: where temperature runs makes no difference now.")
_MIROSTAT = mark(
    "Mirostat is on, in place of the filters and penalties: temperature runs right before it."
)


def order_explanation(params: SamplingParams) -> str:
    """What the place of temperature means for the filters, in one sentence."""
    if params.mirostat:
        return tr(_MIROSTAT)
    place = temperature_place(params.samplers)
    if place != "off" and not FILTERS & set(active_steps(params)):
        return tr(_NO_FILTERS)
    return tr(_EXPLANATIONS[place])


def _without_temperature(samplers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in samplers if name != "temperature")
