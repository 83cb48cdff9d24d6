"""What has an effect among the sampling parameters, in a line. Knows no Qt."""

from studio.app.parameters.penalties import REPEAT_PENALTY
from studio.app.parameters.sampling_number import format_number
from studio.app.parameters.sampling_order import temperature_place
from studio.app.parameters.table import MIN_P, SEED, TOP_K, TOP_P
from studio.sampling import SamplingParams, active_steps

BETWEEN = "   "
"""What stands between the parts of a summary."""

_FIELDS_IN_SUMMARY = (
    (TOP_K, "top-k"),
    (TOP_P, "top-p"),
    (MIN_P, "min-p"),
    (REPEAT_PENALTY, "repeat"),
)

_STEPS_IN_SUMMARY = (
    # The step, the parameter that tells most of it, and its neutral value.
    ("typical_p", "typical_p", 1.0, "typical-p {}"),
    ("top_n_sigma", "top_n_sigma", -1.0, "top-nσ {}"),
    ("xtc", "xtc_probability", 0.0, "XTC {}"),
    ("penalties", "frequency_penalty", 0.0, "frequency {}"),
    ("penalties", "presence_penalty", 0.0, "presence {}"),
    ("dry", "dry_multiplier", 0.0, "DRY {}"),
    ("temperature", "dynatemp_range", 0.0, "T ±{}"),
)


def summary(params: SamplingParams) -> str:
    """What has an effect, in one line: ``top-p 0.95   min-p 0.05   repeat 1.05``."""
    if params.mirostat:
        tau = format_number(params.mirostat_tau)
        parts = [f"Mirostat {params.mirostat} at {tau} bits"]
    else:
        parts = _steps(params) or ["no filter, no penalty"]
    biased = len(params.logit_bias) + len(params.word_biases)
    if biased:
        parts.append(f"{biased:,} bias{'es' if biased > 1 else ''}")
    if params.seed != SEED.neutral:
        parts.append(f"seed {SEED.format(params.seed)}")
    return BETWEEN.join(parts)


def _steps(params: SamplingParams) -> list[str]:
    active = active_steps(params)
    parts = [
        f"{label} {entry.format(getattr(params, entry.name))}"
        for entry, label in _FIELDS_IN_SUMMARY
        if entry.step in active and getattr(params, entry.name) != entry.neutral
    ]
    parts += [
        words.format(format_number(getattr(params, name)))
        for step, name, neutral, words in _STEPS_IN_SUMMARY
        if step in active and getattr(params, name) != neutral
    ]
    if params.min_keep > 1 and {"top_p", "min_p", "typical_p", "xtc"} & set(active):
        parts.append(f"min-keep {params.min_keep}")
    return parts


def filter_words(params: SamplingParams, step: str) -> str:
    """A filter and its value as the summary has them: ``min-p 0.05``."""
    for entry, label in _FIELDS_IN_SUMMARY:
        if entry.name == step:
            return f"{label} {entry.format(getattr(params, entry.name))}"
    return next(
        words.format(format_number(getattr(params, name)))
        for named, name, _, words in _STEPS_IN_SUMMARY
        if named == step
    )


def order_words(params: SamplingParams, *, short: bool = False) -> str:
    """Where temperature stands: ``temperature last``, ``first``, ``between`` or ``off``."""
    temperature = "T" if short else "temperature"
    if params.mirostat:
        return f"{temperature}, Mirostat"
    return f"{temperature} {temperature_place(params.samplers)}"
