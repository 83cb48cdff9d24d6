"""`SamplingParams`: how the next token is to be drawn. One frozen value, checked when made.

Names and meanings are llama.cpp's. The module knows neither logits nor presets nor files.
"""

from __future__ import annotations

import math
import numbers

import msgspec

from studio.sampling.errors import ParameterError

KNOWN_SAMPLERS = ("penalties", "top_k", "top_p", "min_p", "temperature")
"""Every step that `SamplingParams.samplers` may name."""

DEFAULT_SAMPLERS = KNOWN_SAMPLERS
"""llama.cpp's own order: temperature runs last, so the filters see the model's own distribution."""

NEW_SEED = -1
"""A seed that stands for "a new one each time"; whoever draws replaces it by a real seed first."""

MAX_SEED = 2**32 - 1
"""The largest seed llama.cpp takes."""

_LARGEST_INT = 2**31 - 1  # llama.cpp holds counts in an int32


class SamplingParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that shapes a distribution between the model's logits and the draw.

    The defaults are neutral: temperature 1, no filter, no penalty. A step has an effect only when
    `samplers` names it.

    Attributes:
        temperature: T in [0, inf]. 0 is greedy (the largest logit, exactly), inf is uniform over
            whatever the filters leave.
        top_k: Keep the k best tokens; 0 is off.
        top_p: Keep the smallest set of best tokens whose probability sums to at least p, in
            (0, 1]; 1 is off.
        min_p: Keep the tokens at least `min_p` times as probable as the best, in [0, 1]; 0 is off.
        repeat_penalty: Logits of recent tokens are divided by it where positive and multiplied by
            it where negative; above 0 and finite; 1 is off.
        repeat_last_n: How many of the last tokens count as recent; 0 is off, -1 is all of them.
        seed: 0 to 2**32 - 1, or -1 for a new one each time.
        samplers: The steps in the order in which they run, each at most once. What is left out is
            not applied.

    Raises:
        ParameterError: A value is of the wrong type or outside its range; names the field.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    seed: int = NEW_SEED
    samplers: tuple[str, ...] = DEFAULT_SAMPLERS

    def __post_init__(self) -> None:
        """Check every field, and settle numbers on plain `float` and `int`."""
        set_field = msgspec.structs.force_setattr
        set_field(self, "temperature", _temperature(self.temperature))
        set_field(self, "top_k", _integer("top_k", self.top_k, 0, _LARGEST_INT, "0 is off"))
        set_field(self, "top_p", _top_p(self.top_p))
        set_field(self, "min_p", _min_p(self.min_p))
        set_field(self, "repeat_penalty", _repeat_penalty(self.repeat_penalty))
        last_n_means = "0 is off, -1 is the whole context"
        set_field(
            self,
            "repeat_last_n",
            _integer("repeat_last_n", self.repeat_last_n, -1, _LARGEST_INT, last_n_means),
        )
        set_field(
            self,
            "seed",
            _integer("seed", self.seed, NEW_SEED, MAX_SEED, "-1 is a new one each time"),
        )
        set_field(self, "samplers", _samplers(self.samplers))


def non_negative(field: str, value: object, allowed: str) -> float:
    """Return `value` as a float from 0 to infinity, or refuse it by the field's name.

    Raises:
        ParameterError: Not a number, NaN, or negative.
    """
    number = _real(field, value, allowed)
    if not number >= 0.0:  # false for NaN too
        raise ParameterError(field, value, allowed)
    return abs(number)  # -0.0 becomes 0.0


def _temperature(value: object) -> float:
    return non_negative("temperature", value, "a number from 0 (greedy) to infinity (uniform)")


def _top_p(value: object) -> float:
    allowed = "a number above 0 and at most 1 (1 is off)"
    number = _real("top_p", value, allowed)
    if not 0.0 < number <= 1.0:
        raise ParameterError("top_p", value, allowed)
    return number


def _min_p(value: object) -> float:
    allowed = "a number from 0 (off) to 1"
    number = _real("min_p", value, allowed)
    if not 0.0 <= number <= 1.0:
        raise ParameterError("min_p", value, allowed)
    return abs(number)


def _repeat_penalty(value: object) -> float:
    allowed = "a finite number above 0 (1 is off)"
    number = _real("repeat_penalty", value, allowed)
    if not 0.0 < number < math.inf:
        raise ParameterError("repeat_penalty", value, allowed)
    return number


def _samplers(value: object) -> tuple[str, ...]:
    allowed = f"each of {', '.join(KNOWN_SAMPLERS)} at most once, in the order wanted"
    if isinstance(value, str) or not isinstance(value, (tuple, list)):
        raise ParameterError("samplers", value, allowed)
    names = tuple(value)
    unknown = [name for name in names if name not in KNOWN_SAMPLERS]
    if unknown or len(set(names)) != len(names):
        raise ParameterError("samplers", value, allowed)
    return names


def _real(field: str, value: object, allowed: str) -> float:
    # A bool is an Integral to Python; as a temperature it is a mistake.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ParameterError(field, value, allowed)
    try:
        return float(value)
    except OverflowError:  # an int beyond float's range
        raise ParameterError(field, value, allowed) from None


def _integer(field: str, value: object, least: int, most: int, means: str) -> int:
    allowed = f"a whole number from {least} to {most} ({means})"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ParameterError(field, value, allowed)
    number = int(value)
    if not least <= number <= most:
        raise ParameterError(field, value, allowed)
    return number
