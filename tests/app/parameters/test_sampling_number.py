import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.parameters.sampling_number import format_number, parse_integer, parse_number


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


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,000", 1000),
        ("1.000", 1000),
        ("1 000", 1000),
        ("1\u202f000", 1000),
        ("1’234’567", 1234567),
        ("−417,203", -417203),
        ("40.0", 40),
        ("40,00", 40),
        ("1000.0", 1000),
    ],
)
def test_groups_of_three_in_a_whole_number_are_thousands(typed: str, meant: int) -> None:
    assert parse_integer(typed) == meant


@pytest.mark.parametrize("typed", ["1,000.5", "1,0005", "1,000.000", "1,00,000"])
def test_other_groups_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"not a whole number|could not convert"):
        parse_integer(typed)


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
