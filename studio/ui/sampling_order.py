"""Where temperature stands among the samplers: before the filters or after them.

A filter that runs before temperature sees the model's own distribution (T = 1) and cuts the same
tokens at every temperature; one that runs after it sees the flattened or sharpened one. That is
why a T of 100 can stay coherent with temperature last. This module only orders names; it does not
know Qt, nor what the samplers compute.
"""

from typing import Literal

FILTERS = frozenset({"top_n_sigma", "top_k", "typical_p", "top_p", "min_p", "xtc"})
"""The steps that cut tokens; penalties, DRY and temperature only re-weigh them."""

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
    """The same order with temperature at its end."""
    return (*_without_temperature(samplers), "temperature")


def without_filters(samplers: tuple[str, ...]) -> tuple[str, ...]:
    """The same order without the filters: what the distribution is before anything is cut."""
    return tuple(name for name in samplers if name not in FILTERS)


def _without_temperature(samplers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in samplers if name != "temperature")
