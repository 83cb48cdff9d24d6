import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, distribution
from studio.ui import sampling_fields as fields
from studio.ui.sampling_number import format_number, parse_integer, parse_number
from studio.ui.sampling_order import (
    order_explanation,
    temperature_place,
    unfiltered,
    with_temperature_first,
    with_temperature_last,
    without_filters,
)

ALL_FIELDS = [
    fields.TOP_K,
    fields.TOP_P,
    fields.MIN_P,
    fields.REPEAT_PENALTY,
    fields.REPEAT_LAST_N,
    fields.SEED,
    fields.MAX_TOKENS,
]
orders = st.permutations(DEFAULT_SAMPLERS).flatmap(
    lambda names: st.integers(0, len(names)).map(lambda count: tuple(names[:count]))
)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("0.95", 0.95), ("0,95", 0.95), (" 40 ", 40), ("−1", -1), ("∞", math.inf), ("٠٫٥", 0.5)],
)
def test_both_separators_are_decimal_in_every_locale(typed: str, number: float) -> None:
    assert parse_number(typed) == number


@pytest.mark.parametrize("typed", ["", "abc", "nan", "1_000", "1,000.5", "0.5 0.6"])
def test_what_is_not_one_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|could not convert"):
        parse_number(typed)


@given(st.integers(-(2**31), 2**32))
def test_whole_numbers_come_back(number: int) -> None:
    assert parse_integer(str(number)) == number


@pytest.mark.parametrize("typed", ["1.5", "inf"])
def test_what_is_not_whole_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        parse_integer(typed)


@given(st.floats(0, 1000).map(lambda x: float(f"{x:.6g}")))
def test_numbers_as_shown_can_be_typed(number: float) -> None:
    assert parse_number(format_number(number)) == number


@pytest.mark.parametrize("field", ALL_FIELDS, ids=lambda field: field.name)
def test_the_neutral_value_can_be_typed_as_it_is_shown_and_by_leaving_it_out(
    field: fields.Field,
) -> None:
    assert field.parse(field.format(field.neutral)) == field.neutral
    assert field.parse("  ") == field.neutral
    assert field.label in field.tool_tip.casefold()


def test_neutral_values_are_those_of_neutral_parameters() -> None:
    neutral = SamplingParams()
    for field in ALL_FIELDS:
        if field is not fields.MAX_TOKENS:
            assert getattr(neutral, field.name) == field.neutral


def test_words_stand_for_values() -> None:
    assert fields.SEED.parse("Random") == -1
    assert fields.SEED.format(417203) == "417203"
    assert fields.REPEAT_LAST_N.parse("all") == -1
    assert fields.TOP_P.parse("off") == 1.0
    assert fields.TOP_P.parse("0,9") == 0.9


def test_a_refusal_names_field_find_and_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"top-k: found “many”; type a whole number or off\."):
        fields.TOP_K.parse("many")
    with pytest.raises(ValueError, match=r"min-p: found “x”; type a number or off\."):
        fields.MIN_P.parse("x")


def test_the_summary_tells_what_is_not_neutral() -> None:
    assert fields.summary(SamplingParams()) == "no filter, no penalty"
    params = SamplingParams(top_p=0.95, min_p=0.05, repeat_penalty=1.05, seed=7)
    assert fields.summary(params) == "top-p 0.95   min-p 0.05   repeat 1.05   seed 7"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"typical_p": 0.9}, "typical-p 0.9"),
        ({"top_n_sigma": 1.5}, "top-nσ 1.5"),
        ({"xtc_probability": 0.5}, "XTC 0.5"),
        ({"frequency_penalty": 0.2, "presence_penalty": -0.1}, "frequency 0.2   presence -0.1"),
        ({"dry_multiplier": 0.8}, "DRY 0.8"),
        ({"dynatemp_range": 0.5}, "T ±0.5"),
        ({"top_p": 0.9, "min_keep": 5}, "top-p 0.9   min-keep 5"),
        ({"logit_bias": ((3, -math.inf),)}, "no filter, no penalty   1 bias"),
        (
            {"top_k": 4, "logit_bias": ((3, 1.0), (4, 1.0)), "seed": 7},
            "top-k 4   2 biases   seed 7",
        ),
        ({"mirostat": 2, "top_k": 4}, "Mirostat 2 at 5 bits"),
    ],
)
def test_the_summary_does_not_hide_what_has_no_field(values: dict[str, Any], said: str) -> None:
    assert fields.summary(SamplingParams(**values)) == said


@pytest.mark.parametrize(
    "values",
    [
        {"xtc_probability": 0.5, "xtc_threshold": 0.6},
        {"dry_multiplier": 0.8, "samplers": ("top_k",)},
        {"presence_penalty": 1.0, "repeat_last_n": 0},
        {"min_keep": 5},
        {"dynatemp_exponent": 2.0, "mirostat_tau": 3.0, "dry_base": 2.0},
    ],
)
def test_the_summary_does_not_tell_what_has_no_effect(values: dict[str, Any]) -> None:
    assert fields.summary(SamplingParams(**values)) == "no filter, no penalty"


@pytest.mark.parametrize(
    ("samplers", "place"),
    [
        (DEFAULT_SAMPLERS, "last"),
        (("penalties", "temperature", "top_k"), "first"),
        (("top_k", "temperature", "min_p"), "between"),
        (("top_k",), "off"),
        (("temperature",), "last"),
    ],
)
def test_where_temperature_stands(samplers: tuple[str, ...], place: str) -> None:
    assert temperature_place(samplers) == place
    assert fields.order_words(SamplingParams(samplers=samplers)) == f"temperature {place}"


@given(orders)
def test_moving_temperature_keeps_the_others_in_their_order(samplers: tuple[str, ...]) -> None:
    others = [name for name in samplers if name != "temperature"]
    for moved in (with_temperature_first(samplers), with_temperature_last(samplers)):
        assert [name for name in moved if name != "temperature"] == others
        assert moved.count("temperature") == 1
    assert temperature_place(with_temperature_last(samplers)) == "last"
    has_filters = len(without_filters(samplers)) < len(samplers)
    assert temperature_place(with_temperature_first(samplers)) == (
        "first" if has_filters else "last"
    )


def test_temperature_first_still_follows_the_penalties() -> None:
    assert with_temperature_first(DEFAULT_SAMPLERS) == (
        "penalties",
        "dry",
        "temperature",
        "top_n_sigma",
        "top_k",
        "typical_p",
        "top_p",
        "min_p",
        "xtc",
    )


def test_the_order_is_explained_where_it_is_chosen() -> None:
    filtered = SamplingParams(min_p=0.1)
    assert "T 100 can stay coherent" in order_explanation(filtered)

    def ordered(*samplers: str) -> str:
        return order_explanation(msgspec.structs.replace(filtered, samplers=samplers))

    assert "what temperature has made" in ordered("temperature", "min_p")
    assert ordered("top_k", "temperature", "min_p").startswith("Filters before temperature see T 1")
    assert "T is 1" in ordered("min_p")
    assert "makes no difference now" in order_explanation(SamplingParams())
    assert "in place of the filters" in order_explanation(SamplingParams(mirostat=1))


def test_unfiltered_cuts_nothing_and_leaves_the_rest() -> None:
    params = SamplingParams(
        temperature=2.0, top_k=3, typical_p=0.5, top_n_sigma=1.0, xtc_probability=1.0,
        presence_penalty=1.0, dynatemp_range=0.5,
    )  # fmt: skip
    logits = [3.0, 2.0, 1.0, 0.0, -1.0]
    assert np.count_nonzero(distribution(logits, unfiltered(params), [0])) == 5
    assert unfiltered(params).samplers == ("penalties", "dry", "temperature")
    steered = msgspec.structs.replace(params, mirostat=2, mirostat_tau=0.1)
    expected = distribution(logits, SamplingParams(temperature=2.0))
    assert distribution(logits, unfiltered(steered), [0]) == pytest.approx(expected)


def test_without_filters_leaves_what_only_shapes() -> None:
    assert without_filters(DEFAULT_SAMPLERS) == ("penalties", "dry", "temperature")
