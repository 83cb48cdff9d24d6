"""Presets of every kind, for hypothesis."""

import math
from typing import Any

from hypothesis import strategies as st

from studio.presets import Preset, PresetError
from studio.presets.preset import PROMPT_FORMATS, TASKS
from studio.presets.preset_name import checked_name
from studio.sampling import CASINGS, DEFAULT_SAMPLERS, SamplingParams, WordBias


def numbers(least: float, most: float) -> st.SearchStrategy[float]:
    """Such as people write: three decimals."""
    return st.integers(math.ceil(least * 1000), math.floor(most * 1000)).map(
        lambda thousandths: thousandths / 1000
    )


SHARE = numbers(0, 1)
ABOVE = numbers(0.001, 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)

PARAMS: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.just(0.0) | numbers(0, 5) | st.just(math.inf),
    "dynatemp_range": numbers(0, 3),
    "dynatemp_exponent": numbers(0, 3),
    "top_k": st.integers(0, 500),
    "top_p": ABOVE,
    "p_less": st.integers(0, 1),
    "adaptive_target": st.just(-1.0) | st.floats(0.0, 1.0),
    "adaptive_decay": st.floats(0.0, 0.99),
    "min_p": SHARE,
    "typical_p": ABOVE,
    "top_n_sigma": st.just(-1.0) | numbers(0.1, 5),
    "xtc_probability": SHARE,
    "xtc_threshold": SHARE,
    "min_keep": st.integers(0, 10),
    "repeat_penalty": numbers(0.5, 2),
    "repeat_last_n": st.integers(-1, 4096),
    "frequency_penalty": numbers(-2, 2),
    "presence_penalty": numbers(-2, 2),
    "dry_multiplier": numbers(0, 3),
    "dry_base": numbers(1, 3),
    "dry_allowed_length": st.integers(0, 20),
    "dry_penalty_last_n": st.integers(-1, 4096),
    "dry_sequence_breakers": st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1,
                max_size=5), unique=True, max_size=5).map(tuple),
    "mirostat": st.integers(0, 2),
    "mirostat_tau": numbers(0, 10),
    "mirostat_eta": numbers(0, 1),
    "logit_bias": st.dictionaries(
        st.integers(0, 100_000), numbers(-150, 150) | st.just(-math.inf), max_size=4),
    "word_biases": st.lists(
        st.builds(
            WordBias, TEXTS.map(str.strip).filter(bool), numbers(-150, 150) | st.just(-math.inf),
            st.lists(st.sampled_from(CASINGS), unique=True).map(tuple)),
        max_size=4, unique_by=lambda word: word.text).map(tuple),
    "seed": st.integers(-1, 2**32 - 1),
    "samplers": st.permutations(DEFAULT_SAMPLERS).flatmap(
        lambda order: st.integers(0, len(order)).map(lambda count: tuple(order[:count]))),
}  # fmt: skip


def params() -> st.SearchStrategy[SamplingParams]:
    """Any of them, the others neutral."""
    return st.fixed_dictionaries({}, optional=PARAMS).map(_made)


def _made(given: dict[str, Any]) -> SamplingParams:
    return SamplingParams(**given)


def is_name(value: str) -> bool:
    """Whether a preset may be called so."""
    try:
        checked_name(value)
    except PresetError:
        return False
    return True


def presets() -> st.SearchStrategy[Preset]:
    """Any."""
    return st.builds(
        Preset,
        name=st.text("abc Äß-2", min_size=1, max_size=30).filter(is_name),
        description=TEXTS,
        task=st.sampled_from(TASKS),
        prompt_format=st.sampled_from(PROMPT_FORMATS),
        system_message=TEXTS,
        stop=st.lists(TEXTS.filter(bool), max_size=4, unique=True).map(tuple),
        max_tokens=st.integers(1, 1_000_000),
        sampling=params(),
        notes=TEXTS,
        format_version=st.just(1),
    )
