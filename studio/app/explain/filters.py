"""What Explain says of filters is computed here: how many tokens pass, at any T, in either order.

Only temperature and the filters that look at one distribution are kept of the parameters; what
carries history or dice of its own (penalties, XTC, Mirostat, a T that moves) would make a page
about temperature one about something else. The module does not know words or widgets.
"""

from collections.abc import Callable

import msgspec

from studio.app.parameters.sampling_order import (
    with_temperature_first,
    with_temperature_last,
)
from studio.sampling import LogitSketch, SamplingParams, ShapedTop

_NAMES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "top_n_sigma": ("top-n-sigma", lambda value: value > 0),
    "top_k": ("top-k", lambda value: value > 0),
    "typical_p": ("typical-p", lambda value: value < 1),
    "top_p": ("top-p", lambda value: value < 1),
    "min_p": ("min-p", lambda value: value > 0),
}
"""Each filter's field: its name in words, and whether a value of it is on."""

TRIED = {"min_p": 0.05}
"""What is shown where no filter is on."""


def active_filters(params: SamplingParams) -> tuple[str, ...]:
    """The fields of the filters that can cut anything, in the order in which they run."""
    return tuple(
        name
        for name in params.samplers
        if name in _NAMES and _NAMES[name][1](getattr(params, name))
    )


def filter_names(params: SamplingParams) -> str:
    """The active filters in words: ``top-k 40, min-p 0.05``."""
    return ", ".join(
        f"{_NAMES[name][0]} {getattr(params, name):g}" for name in active_filters(params)
    )


def filtered(params: SamplingParams) -> SamplingParams:
    """The parameters with filters and temperature alone; temperature always among them."""
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
    steps = params.samplers
    return (
        ("penalties" in steps and _penalises(params))
        or ("xtc" in steps and params.xtc_probability > 0)
        or ("dry" in steps and params.dry_multiplier > 0)
        or params.dynatemp_range > 0
        or params.mirostat != 0
        or params.is_biased
    )


def at(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """What temperature and filters leave at T, in the order of `params`."""
    return sketch.shaped(msgspec.structs.replace(filtered(params), temperature=temperature))


def last(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """The same with temperature after the filters."""
    return at(sketch, _reordered(params, with_temperature_last), temperature)


def first(sketch: LogitSketch, params: SamplingParams, temperature: float) -> ShapedTop:
    """The same with temperature before the filters."""
    return at(sketch, _reordered(params, with_temperature_first), temperature)


def _reordered(
    params: SamplingParams, reorder: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> SamplingParams:
    return msgspec.structs.replace(params, samplers=reorder(filtered(params).samplers))


def _penalises(params: SamplingParams) -> bool:
    return params.repeat_last_n != 0 and (
        params.repeat_penalty != 1 or params.frequency_penalty != 0 or params.presence_penalty != 0
    )
