"""Computes what Explain says of filters: how many tokens pass, at any T, in either order.

Of the parameters only temperature and the filters that look at one distribution are kept. What
needs a history or draws of its own (penalties, XTC, Mirostat, a T that moves) would distract from
temperature.
"""

from collections.abc import Callable

import msgspec

from studio.app.parameters.sampling_order import (
    with_temperature_first,
    with_temperature_last,
)
from studio.sampling import (
    PARAMETERS,
    STEPS,
    LogitSketch,
    SamplingParams,
    ShapedTop,
    active_steps,
)
from studio.translation import tr

_NAMES = {
    step.name: PARAMETERS[step.name].label
    for step in STEPS
    if step.cuts and step.name in PARAMETERS
}
"""The names of the filters with a single parameter of the same name: all but XTC."""

TRIED = {"min_p": 0.05}
"""The filter that is shown where none is on."""


def active_filters(params: SamplingParams) -> tuple[str, ...]:
    """The fields of the filters that can cut anything, in the order in which they run."""
    return tuple(name for name in active_steps(params) if name in _NAMES)


def filter_names(params: SamplingParams) -> str:
    """The active filters in words: ``top-k 40, min-p 0.05``."""
    return ", ".join(
        f"{tr(_NAMES[name])} {getattr(params, name):g}" for name in active_filters(params)
    )


def filtered(params: SamplingParams) -> SamplingParams:
    """The parameters with only filters and temperature, which is always among them."""
    samplers = [
        name for name in params.samplers if name in (*active_filters(params), "temperature")
    ]
    if "temperature" not in samplers:
        samplers.append("temperature")
    fields = {name: getattr(params, name) for name in active_filters(params)}
    return SamplingParams(
        temperature=params.temperature,
        samplers=tuple(samplers),
        min_keep=params.min_keep,
        **fields,
    )


def with_some_filter(params: SamplingParams) -> SamplingParams:
    """`filtered`, with `TRIED` where no filter is on."""
    own = filtered(params)
    if active_filters(own):
        return own
    return msgspec.structs.replace(own, samplers=(*TRIED, "temperature"), **TRIED)


def leaves_something_out(params: SamplingParams) -> bool:
    """Whether something is in force that `filtered` does not keep."""
    others = set(active_steps(params)) - {*_NAMES, "temperature"}
    return bool(others or params.dynatemp_range or params.mirostat or params.is_biased)


def at(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """What temperature and filters leave at T, in the order of `params`.

    Args:
        sketch: The distribution.
        params: The sampling parameters.
        temperature: T.
    """
    return sketch.shaped(msgspec.structs.replace(filtered(params), temperature=temperature))


def last(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """The same with temperature after the filters.

    Args:
        sketch: The distribution.
        params: The sampling parameters.
        temperature: T.
    """
    return at(sketch, _reordered(params, with_temperature_last), temperature)


def first(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """The same with temperature before the filters.

    Args:
        sketch: The distribution.
        params: The sampling parameters.
        temperature: T.
    """
    return at(sketch, _reordered(params, with_temperature_first), temperature)


def _reordered(
    params: SamplingParams, reorder: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> SamplingParams:
    return msgspec.structs.replace(params, samplers=reorder(filtered(params).samplers))
