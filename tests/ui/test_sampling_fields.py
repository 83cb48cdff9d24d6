import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.ui import sampling_fields as fields
from studio.ui.sampling_number import format_number, parse_integer, parse_number
from studio.ui.sampling_order import (
    temperature_place,
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


def test_without_filters_leaves_what_only_shapes() -> None:
    assert without_filters(DEFAULT_SAMPLERS) == ("penalties", "dry", "temperature")
