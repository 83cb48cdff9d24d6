"""`SamplingParams`: how the next token is to be drawn. One frozen value, checked when made.

Names and meanings are llama.cpp's. The module knows neither logits nor presets nor files.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from studio.sampling import checks
from studio.sampling.checks import non_negative
from studio.sampling.errors import ParameterError
from studio.sampling.word_bias import WordBias, word_biases

KNOWN_SAMPLERS = (
    "penalties",
    "dry",
    "top_n_sigma",
    "top_k",
    "typical_p",
    "top_p",
    "min_p",
    "xtc",
    "temperature",
)
"""Every step that `SamplingParams.samplers` may name."""

DEFAULT_SAMPLERS = KNOWN_SAMPLERS
"""llama.cpp's own order: temperature runs last, so the filters see the model's own distribution."""

SAMPLER_ALIASES = {"typ_p": "typical_p"}
"""Names that mean another: llama.cpp calls this one step otherwise than its parameter."""

DEFAULT_BREAKERS = ("\n", ":", '"', "*")
"""llama.cpp's own sequence breakers for DRY."""

NEW_SEED = -1
"""A seed that stands for "a new one each time"; whoever draws replaces it by a real seed first."""

MAX_SEED = 2**32 - 1
"""The largest seed llama.cpp takes."""

Check = Callable[[str, object], object]
"""Takes a field's name and value; gives the value settled, or refuses it."""

_LONGEST_BREAKER = 40  # bytes; llama.cpp cuts longer ones short in silence


class SamplingParams(
    msgspec.Struct, frozen=True, cache_hash=True, kw_only=True, forbid_unknown_fields=True
):
    """Everything that shapes a distribution between the model's logits and the draw.

    The defaults are neutral: temperature 1, no filter, no penalty. A step has an effect only when
    `samplers` names it; biases and `mirostat` are no steps and always count.

    Attributes:
        temperature: T in [0, inf]. 0 is greedy (the largest logit, exactly, whatever else is set),
            inf is uniform over whatever the filters leave.
        dynatemp_range: T moves between `temperature` less this and `temperature` plus this with
            the entropy of what is left at its place in the order; 0 is off. At least 0, finite.
        dynatemp_exponent: The power of the entropy's share of its maximum that T moves with; from
            0.
        top_k: Keep the k best tokens; 0 is off.
        top_p: Keep the smallest set of best tokens whose probability sums to at least p, in
            (0, 1]; 1 is off.
        min_p: Keep the tokens at least `min_p` times as probable as the best, in [0, 1]; 0 is off.
        typical_p: Keep the tokens whose surprise is nearest the entropy, as many as sum to more
            than p, in (0, 1]; 1 is off.
        top_n_sigma: Keep the tokens whose logit is at most n standard deviations (of all logits
            left) below the best; -1 is off, and so is 0.
        xtc_probability: How likely it is, at each token, that XTC acts, in [0, 1]; 0 is off.
        xtc_threshold: Where it acts, all tokens at least this probable are cut but the least of
            them, in [0, 1]; above 0.5 is off.
        min_keep: How many tokens top-p, min-p, typical and XTC leave at least.
        repeat_penalty: Logits of recent tokens are divided by it where positive and multiplied by
            it where negative; above 0 and finite; 1 is off.
        repeat_last_n: How many of the last tokens count as recent; 0 is off, -1 is all of them.
        frequency_penalty: Taken off a recent token's logit once for each time it occurs; 0 is off.
        presence_penalty: Taken off a recent token's logit once; 0 is off.
        dry_multiplier: What DRY takes off the logit of a token that would continue a repetition
            of `dry_allowed_length` tokens; 0 is off.
        dry_base: That much more, as a factor, for each token the repetition is longer; from 1.
        dry_allowed_length: The longest repetition that goes unpenalised.
        dry_penalty_last_n: How many of the last tokens are searched; 0 is off, -1 is all of them.
        dry_sequence_breakers: Texts over which no repetition is followed.
        mirostat: 1 or 2 steers the surprise of what is written with Mirostat's version 1 or 2,
            which takes the place of all samplers but temperature; 0 is off.
        mirostat_tau: The surprise aimed at, in bits.
        mirostat_eta: How fast it is steered to.
        logit_bias: (token id, bias) pairs in order of token; a bias is added to the raw logit,
            before everything else, and -inf bans the token. A mapping is taken too.
        logit_bias_vocabulary: For which vocabulary these ids were given: its fingerprint, and
            behind a space the name of the model for the reader. Empty where that is not known.
        word_biases: Words with their biases, for any vocabulary; see `WordBias`.
        seed: 0 to 2**32 - 1, or -1 for a new one each time.
        samplers: The steps in the order in which they run, each at most once. What is left out is
            not applied. llama.cpp's "typ_p" is taken for "typical_p".

    Raises:
        ParameterError: A value is of the wrong type or outside its range; names the field.
    """

    temperature: float = 1.0
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    top_n_sigma: float = -1.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    min_keep: int = 0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    dry_sequence_breakers: tuple[str, ...] = DEFAULT_BREAKERS
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    logit_bias: tuple[tuple[int, float | None], ...] = ()
    logit_bias_vocabulary: str = ""
    word_biases: tuple[WordBias, ...] = ()
    seed: int = NEW_SEED
    samplers: tuple[str, ...] = DEFAULT_SAMPLERS

    def __post_init__(self) -> None:
        """Check every field, and settle numbers on plain `float` and `int`."""
        for field, default in _DEFAULTS:
            value = getattr(self, field)
            if value is not default:  # most are as they were: this is made at each turn of T
                msgspec.structs.force_setattr(self, field, _CHECKS[field](field, value))
        if self.logit_bias_vocabulary and not self.logit_bias:
            msgspec.structs.force_setattr(self, "logit_bias_vocabulary", "")

    @property
    def biases(self) -> tuple[tuple[int, float], ...]:
        """`logit_bias` as it stands once checked: without None."""
        return self.logit_bias  # type: ignore[return-value]  # None was replaced by -inf

    @property
    def is_biased(self) -> bool:
        """Whether tokens or words have biases."""
        return bool(self.logit_bias or self.word_biases)


def foreign_tokens(params: SamplingParams, size: int, vocabulary: str) -> list[int]:
    """Return the tokens whose biases are for another vocabulary than the one at hand.

    Args:
        params: Whose biases by id.
        size: How many tokens the vocabulary has.
        vocabulary: What `SamplingParams.logit_bias_vocabulary` calls it; empty where that is not
            known.
    """
    tokens = [token for token, _ in params.logit_bias]
    made_for = params.logit_bias_vocabulary
    if made_for and vocabulary and made_for.split(" ")[0] != vocabulary.split(" ")[0]:
        return tokens
    return [token for token in tokens if token >= size]


def _temperature(field: str, value: object) -> float:
    return non_negative(field, value, "a number from 0 (greedy) to infinity (uniform)")


def _repeat_penalty(field: str, value: object) -> float:
    return checks.above_zero(field, value, "a finite number above 0 (1 is off)")


def _top_n_sigma(field: str, value: object) -> float:
    allowed = "a finite number from 0, or -1 (off, as 0 is)"
    number = checks.real(field, value, allowed)
    if not (0.0 <= number < math.inf or number == -1.0):
        raise ParameterError(field, value, allowed)
    return -1.0 if number == 0.0 else number


def _breakers(field: str, value: object) -> tuple[str, ...]:
    return checks.texts(field, value, _LONGEST_BREAKER)


def _samplers(field: str, value: object) -> tuple[str, ...]:
    return checks.names(field, value, KNOWN_SAMPLERS, SAMPLER_ALIASES)


def _finite(least: float, means: str = "0 is off") -> Check:
    return lambda field, value: checks.finite(field, value, least, means)


def _share(means: str, *, zero: bool = True) -> Check:
    return lambda field, value: checks.share(field, value, zero=zero, means=means)


def _integer(least: int, means: str, most: int = checks.LARGEST_INT) -> Check:
    return lambda field, value: checks.integer(field, value, least, most, means)


_CHECKS: dict[str, Check] = {
    "temperature": _temperature,
    "dynatemp_range": _finite(0.0),
    "dynatemp_exponent": _finite(0.0, "1 is llama.cpp's"),
    "top_k": _integer(0, "0 is off"),
    "top_p": _share("1 is off", zero=False),
    "min_p": _share("0 is off"),
    "typical_p": _share("1 is off", zero=False),
    "top_n_sigma": _top_n_sigma,
    "xtc_probability": _share("0 is off"),
    "xtc_threshold": _share("above 0.5 is off"),
    "min_keep": _integer(0, "one is left in any case"),
    "repeat_penalty": _repeat_penalty,
    "repeat_last_n": _integer(-1, "0 is off, -1 is the whole context"),
    "frequency_penalty": _finite(-math.inf),
    "presence_penalty": _finite(-math.inf),
    "dry_multiplier": _finite(0.0),
    "dry_base": _finite(1.0, "1.75 is llama.cpp's"),
    "dry_allowed_length": _integer(0, "2 is llama.cpp's"),
    "dry_penalty_last_n": _integer(-1, "0 is off, -1 is the whole context"),
    "dry_sequence_breakers": _breakers,
    "mirostat": _integer(0, "0 is off", most=2),
    "mirostat_tau": _finite(0.0, "in bits"),
    "mirostat_eta": _finite(0.0, "0 never learns"),
    "logit_bias": checks.biases,
    "logit_bias_vocabulary": checks.short_text,
    "word_biases": word_biases,
    "seed": _integer(NEW_SEED, "-1 is a new one each time", most=MAX_SEED),
    "samplers": _samplers,
}

_DEFAULTS = tuple((entry.name, entry.default) for entry in msgspec.structs.fields(SamplingParams))
