"""The sampling parameters that have an effect, in one line."""

from studio.app.parameters.sampling_number import format_number
from studio.app.parameters.sampling_order import TemperaturePlace, temperature_place
from studio.app.parameters.table import SAMPLING_NUMBERS, SEED, TEMPERATURE
from studio.sampling import STEPS, SWITCHES, SamplingParams, active_steps
from studio.translation import mark, tr

BETWEEN = "   "
"""Separates the parts of a summary."""

_FIRST = ("top_k", "top_p", "min_p", "repeat_penalty")
"""The parameters that come first: those with fields in the window."""
_SWITCHES = [
    *(SAMPLING_NUMBERS[name] for name in _FIRST),
    *(
        number
        for number in SAMPLING_NUMBERS.values()
        if number.is_switch and number.name not in _FIRST and number is not TEMPERATURE
    ),
]


def summary(params: SamplingParams) -> str:
    """The parameters that have an effect: ``top-p 0.95   min-p 0.05   repeat 1.05``."""
    if params.mirostat:
        tau = format_number(params.mirostat_tau)
        parts = [tr("Mirostat {version} at {tau} bits", version=params.mirostat, tau=tau)]
    else:
        parts = _steps(params) or [tr("no filter, no penalty")]
    biased = len(params.logit_bias) + len(params.word_biases)
    if biased:
        parts.append(tr("%n biases", "", biased, one="%n bias"))
    if params.seed != SEED.neutral:
        parts.append(tr("seed {seed}", seed=SEED.format(params.seed)))
    return BETWEEN.join(parts)


def _steps(params: SamplingParams) -> list[str]:
    active = active_steps(params)
    parts = [
        number.in_short(number.format(getattr(params, number.name)))
        for number in _SWITCHES
        if number.step in active and getattr(params, number.name) != number.neutral
    ]
    if params.min_keep > 1 and any(step.heeds_min_keep and step.name in active for step in STEPS):
        parts.append(tr("min-keep {count}", count=params.min_keep))
    return parts


def filter_words(params: SamplingParams, step: str) -> str:
    """A filter and its value as in the summary: ``min-p 0.05``.

    Args:
        params: The sampling parameters.
        step: The filter's step.
    """
    number = SAMPLING_NUMBERS[SWITCHES[step][0].name]
    return number.in_short(number.format(getattr(params, number.name)))


def order_words(params: SamplingParams, *, short: bool = False) -> str:
    """Where temperature stands: ``temperature last``, ``first``, ``between`` or ``off``.

    Args:
        params: The sampling parameters.
        short: Whether there is room for only a few words.
    """
    if params.mirostat:
        return tr("T, Mirostat") if short else tr("temperature, Mirostat")
    text, shorter = _PLACES[temperature_place(params.samplers)]
    return tr(shorter) if short else tr(text)


_PLACES: dict[TemperaturePlace, tuple[str, str]] = {
    "first": (mark("temperature first"), mark("T first")),
    "last": (mark("temperature last"), mark("T last")),
    "between": (mark("temperature between"), mark("T between")),
    "off": (mark("temperature off"), mark("T off")),
}
"""The words in full, and in short."""
