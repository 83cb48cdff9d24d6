"""The table of parameters: that it is whole, and that it says what `SamplingParams` says."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.explain_steps import STEP_NAMES
from studio.app.parameters.groups import BIASES_FOR, GROUPS, PARAMETERS
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.table import (
    MAX_TOKENS,
    MIN_P,
    REPEAT_LAST_N,
    SAMPLING_NUMBERS,
    SEED,
    TEMPERATURE,
    TOP_K,
    TOP_P,
)
from studio.sampling import MAX_SEED, ParameterError, SamplingParams
from studio.sampling.facts import LARGEST, LARGEST_COUNT

TOP_N_SIGMA = SAMPLING_NUMBERS["top_n_sigma"]
XTC_PROBABILITY = SAMPLING_NUMBERS["xtc_probability"]
NUMBERS = [entry for entry in PARAMETERS.values() if isinstance(entry, Number)]


def make(number: Number, value: float) -> float:
    """What the studio makes of a value; refuses as it refuses."""
    if number is MAX_TOKENS:
        return SamplingState(max_tokens=value).max_tokens  # type: ignore[arg-type]  # it checks
    fields: dict[str, Any] = {number.name: value}
    made: float = getattr(SamplingParams(**fields), number.name)
    return made


def test_every_field_of_the_sampling_parameters_is_declared_once() -> None:
    names = [entry.name for group in GROUPS for entry in group.parameters]
    assert len(names) == len(set(names))
    fields = {field.name for field in msgspec.structs.fields(SamplingParams)}
    beside = {"max_tokens", "stop", "prompt_format", "system_message"}
    assert set(names) == (fields - {BIASES_FOR.name}) | beside


def test_neutral_values_are_those_of_neutral_parameters() -> None:
    neutral = SamplingParams()
    for entry in (*PARAMETERS.values(), BIASES_FOR):
        if entry.name in SamplingParams.__struct_fields__:
            assert getattr(neutral, entry.name) == entry.neutral, entry.name


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda entry: entry.name)
def test_each_says_what_it_does_in_a_sentence(parameter: Parameter) -> None:
    assert parameter.help.endswith(".")
    assert parameter.plain.endswith(".")
    assert parameter.allowed_words
    assert parameter.label.casefold() in parameter.tool_tip.casefold()
    assert f"({parameter.name})" in parameter.tool_tip
    assert parameter.step is None or parameter.step in SamplingParams().samplers
    assert parameter.explained is None or parameter.explained in STEP_NAMES


@pytest.mark.parametrize("number", NUMBERS, ids=lambda entry: entry.name)
def test_a_numbers_bounds_are_those_that_are_checked(number: Number) -> None:
    smallest = 1.0 if number.is_whole else 1e-6
    for value in {number.neutral, *number.words.values()}:
        assert make(number, value) == value
    if not math.isinf(number.least):
        inside = number.least + smallest if number.is_above else number.least
        beyond = number.least if number.is_above else number.least - smallest
        assert make(number, cast(number, inside)) is not None
        if beyond not in number.words.values():
            with pytest.raises(ParameterError, match=f"^{number.name}: "):
                make(number, cast(number, beyond))
    if not math.isinf(number.most):
        assert make(number, cast(number, number.most)) == number.most
        with pytest.raises(ParameterError, match=f"^{number.name}: "):
            make(number, cast(number, number.most + smallest))
    elif number is not TEMPERATURE:
        with pytest.raises(ParameterError, match=f"^{number.name}: "):
            make(number, math.inf)


def cast(number: Number, value: float) -> float:
    return int(value) if number.is_whole else value


@pytest.mark.parametrize("number", NUMBERS, ids=lambda entry: entry.name)
def test_the_neutral_value_can_be_typed_as_it_is_shown_and_by_leaving_it_out(
    number: Number,
) -> None:
    assert number.parse(number.format(number.neutral)) == number.neutral
    assert number.parse("  ") == number.neutral


def test_what_is_allowed_is_reported_in_words() -> None:
    assert TEMPERATURE.allowed_words == "0 (greedy) to ∞ (uniform)"
    assert TOP_K.allowed_words == "whole, from 0"
    assert TOP_P.allowed_words == "above 0, to 1"
    assert MIN_P.allowed_words == "0 to 1"
    assert TOP_N_SIGMA.allowed_words == "off, from 0"
    assert REPEAT_LAST_N.allowed_words == "all, from 0"
    assert SEED.allowed_words == "random, 0 to 4294967295"
    assert PARAMETERS["frequency_penalty"].allowed_words == "any number"
    assert {LARGEST, LARGEST_COUNT} == {math.inf, 2**31 - 1}


def test_words_stand_for_values() -> None:
    assert SEED.parse("Random") == -1
    assert SEED.format(417203) == "417203"
    assert SEED.format(4294967295) == "4294967295"
    assert REPEAT_LAST_N.parse("all") == -1
    assert TOP_P.parse("off") == 1.0
    assert TOP_P.parse("0,9") == 0.9
    assert TEMPERATURE.parse("∞") == TEMPERATURE.parse("uniform") == math.inf
    assert TEMPERATURE.format(0.0) == "greedy"


def test_a_refusal_names_field_find_and_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"top-k: found “many”; type a whole number or off\."):
        TOP_K.parse("many")
    with pytest.raises(ValueError, match=r"min-p: found “x”; type a number or off\."):
        MIN_P.parse("x")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("xtc", "xtc_probability"),
        ("REPEAT pen", "repeat_penalty"),
        ("dry_base", "dry_base"),
        ("dry base", "dry_base"),
        ("standard deviations", "top_n_sigma"),
        ("loops", "dry_multiplier"),
    ],
)
def test_it_is_found_by_label_name_and_help(words: str, name: str) -> None:
    found = [entry.name for entry in PARAMETERS.values() if entry.matches(words)]
    assert name in found
    assert len(found) < 12


def test_what_has_none_of_the_words_is_not_found() -> None:
    assert not XTC_PROBABILITY.matches("xtc mirostat")
    assert XTC_PROBABILITY.matches("")


@pytest.mark.parametrize(
    ("number", "value", "strides", "end"),
    [
        (MIN_P, 0.05, 1, 0.06),
        (MIN_P, 0.05, -10, 0.0),
        (MIN_P, 0.3, 0.1, 0.301),
        (MIN_P, 0.055, 1, 0.06),
        (MIN_P, 0.055, -1, 0.05),
        (MIN_P, 0.995, 10, 1.0),
        (TOP_P, 0.95, 10, 1.0),
        (TOP_P, 0.05, -10, 0.01),
        (TOP_P, 0.005, -1, 0.005),
        (TOP_K, 40, -10, 30),
        (TOP_K, 3, -10, 0),
        (TOP_K, 40, 0.1, 41),
        (TOP_N_SIGMA, -1.0, 1, 0.1),
        (TOP_N_SIGMA, 0.0, -1, -1.0),
        (TOP_N_SIGMA, -1.0, -1, -1.0),
        (SEED, -1, 10, 0),
        (SEED, MAX_SEED, 1, MAX_SEED),
        (SEED, MAX_SEED, -1, MAX_SEED - 1),
        (REPEAT_LAST_N, 64, 1, 80),
        (REPEAT_LAST_N, 70, -1, 64),
        (REPEAT_LAST_N, 64, 0.1, 65),
        (REPEAT_LAST_N, 0, -1, -1),
        (MAX_TOKENS, 5, -1, 1),
        (TEMPERATURE, 0.7, 1, 0.75),
        (TEMPERATURE, 0.7, -10, 0.5),
        (TEMPERATURE, 0.7, 0.1, 0.71),
        (TEMPERATURE, math.inf, -0.1, 20.0),
        (TEMPERATURE, 0.0, -0.1, 0.0),
    ],
    ids=lambda entry: getattr(entry, "name", entry),
)
def test_steps_land_on_round_values(
    number: Number, value: float, strides: float, end: float
) -> None:
    stepped = number.stepped(value, strides)
    assert stepped == end
    assert math.copysign(1, stepped) == math.copysign(1, end)
    assert isinstance(stepped, int) is number.is_whole


@pytest.mark.parametrize("number", NUMBERS, ids=lambda entry: entry.name)
@settings(max_examples=15)  # of each
@given(start=st.floats(0.0, 1.0), strides=st.sampled_from([1, 10, 0.1, -1, -10, -0.1]))
def test_no_step_leads_out_of_what_is_allowed(number: Number, start: float, strides: float) -> None:
    most = min(number.most, 100.0)
    least = max(number.least, -100.0)
    value = cast(number, max(least + start * (most - least), number.stride / 10))
    for _ in range(30):
        following = number.stepped(value, strides)
        assert make(number, following) in (following, number.neutral)  # top-n-sigma 0 is off
        assert following >= value if strides > 0 else following <= value
        value = following
