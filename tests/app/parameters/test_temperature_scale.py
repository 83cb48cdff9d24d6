import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.parameters.temperature_scale import (
    COLDEST,
    HOTTEST,
    describe_temperature,
    format_beta,
    format_temperature,
    parse_beta,
    parse_temperature,
    position,
    snapped_temperature_at,
    step,
    temperature_at,
)

places = st.floats(0, 1)
temperatures = st.floats(1e-6, 1e6) | st.sampled_from([0.0, COLDEST, 1.0, HOTTEST, math.inf])


def test_the_ends_are_exact_and_one_is_in_the_middle() -> None:
    assert position(0) == 0
    assert position(math.inf) == 1
    assert position(1) == pytest.approx(0.5)
    assert temperature_at(0) == 0
    assert temperature_at(1) == math.inf
    assert temperature_at(-3) == 0
    assert temperature_at(1.5) == math.inf


@given(temperatures)
def test_a_temperature_comes_back_from_its_place(temperature: float) -> None:
    assert temperature_at(position(temperature)) == pytest.approx(temperature, rel=1e-6)


@given(places)
def test_a_place_comes_back_from_its_temperature(place: float) -> None:
    assert position(temperature_at(place)) == pytest.approx(place, abs=1e-9)


@given(temperatures, temperatures)
def test_hotter_is_further_right(first: float, second: float) -> None:
    colder, hotter = sorted((first, second))
    if hotter > colder * (1 + 1e-9):
        assert position(colder) < position(hotter)


@given(places, places)
def test_further_right_is_never_colder(first: float, second: float) -> None:
    left, right = sorted((first, second))
    assert temperature_at(left) <= temperature_at(right)
    assert snapped_temperature_at(left) <= snapped_temperature_at(right)


@given(temperatures)
def test_the_track_is_symmetric_in_t_and_beta(temperature: float) -> None:
    beta = math.inf if temperature == 0 else 1 / temperature
    assert position(beta) == pytest.approx(1 - position(temperature), abs=1e-9)


def test_the_control_is_finer_where_t_is_small() -> None:
    assert position(0.2) - position(0.1) == pytest.approx(position(2) - position(1))


@given(places)
def test_a_hand_sets_few_digits(place: float) -> None:
    temperature = snapped_temperature_at(place)
    assert temperature in (0, math.inf) or len(f"{temperature:.10g}") <= 5
    if 0 < temperature < math.inf:
        assert abs(position(temperature) - place) < 0.03


@pytest.mark.parametrize("place", [0.497, 0.5, 0.503])
def test_a_hand_near_the_middle_means_one(place: float) -> None:
    assert snapped_temperature_at(place) == 1


@pytest.mark.parametrize("bad", [-0.1, math.nan])
def test_there_is_no_place_for_what_is_no_temperature(bad: float) -> None:
    with pytest.raises(ValueError, match="allowed is 0 to infinity"):
        position(bad)


def test_no_temperature_is_at_no_place() -> None:
    with pytest.raises(ValueError, match="found nan"):
        temperature_at(math.nan)


@pytest.mark.parametrize(
    ("start", "count", "large", "end"),
    [
        (0.70, 1, False, 0.75),
        (0.75, 1, False, 0.80),
        (0.80, -1, False, 0.75),
        (0.72, 1, False, 0.75),
        (0.72, -1, False, 0.70),
        (0.70, 3, False, 0.85),
        (1.0, 1, False, 1.1),
        (1.0, 1, True, 1.5),
        (1.0, -1, True, 0.7),
        (0.0, 1, False, COLDEST),
        (COLDEST, -1, False, 0.0),
        (HOTTEST, 1, False, math.inf),
        (math.inf, -1, False, HOTTEST),
        (math.inf, 1, False, math.inf),
        (0.0, -1, True, 0.0),
        (1000.0, -1, False, HOTTEST),
        (0.001, 1, False, COLDEST),
        (0.7, 0, False, 0.7),
    ],
)
def test_steps_land_on_round_temperatures(
    start: float, count: int, large: bool, end: float
) -> None:
    assert step(start, count, large=large) == end


@given(temperatures, st.booleans())
def test_a_step_always_moves_until_the_end(temperature: float, large: bool) -> None:
    hotter = step(temperature, 1, large=large)
    colder = step(temperature, -1, large=large)
    assert hotter > temperature or temperature == math.inf
    assert colder < temperature or temperature == 0


@pytest.mark.parametrize("large", [False, True])
def test_the_keys_reach_both_ends_by_growing_factors_of_bounded_size(large: bool) -> None:
    walk = [0.0]
    while walk[-1] != math.inf:
        walk.append(step(walk[-1], 1, large=large))
        assert len(walk) < 1000
    inner = walk[1:-1]
    assert inner[0] == COLDEST
    assert inner[-1] == HOTTEST
    assert 1.0 in inner
    factors = [b / a for a, b in pairwise(inner)]
    assert max(factors) <= (1.7 if large else 1.1) + 1e-9


@pytest.mark.parametrize(
    ("typed", "temperature"),
    [
        ("0.8", 0.8),
        ("0,8", 0.8),
        (" 1 ", 1),
        ("T 0.7", 0.7),
        ("T=0.7", 0.7),
        ("inf", math.inf),
        ("∞", math.inf),
        ("Infinity", math.inf),
        ("uniform", math.inf),
        ("Greedy", 0),
        ("0", 0),
        ("-0", 0),
        ("1e-3", 0.001),
    ],
)
def test_typed_temperatures(typed: str, temperature: float) -> None:
    parsed = parse_temperature(typed)
    assert parsed == temperature
    assert math.copysign(1, parsed) == 1


@pytest.mark.parametrize("typed", ["", "warm", "-1", "−0.5", "nan", "1.2.3", "1,000.5", "1_0"])
def test_what_is_no_temperature_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a temperature") as refusal:
        parse_temperature(typed)
    assert f"“{typed}”" in str(refusal.value)


@pytest.mark.parametrize(
    ("typed", "temperature"),
    [
        ("1.25", 0.8),
        ("β 1,25", 0.8),
        ("beta 2", 0.5),
        ("0", math.inf),
        ("∞", 0),
        ("inf", 0),
        ("greedy", 0),
        ("uniform", math.inf),
    ],
)
def test_typed_betas(typed: str, temperature: float) -> None:
    assert parse_beta(typed) == pytest.approx(temperature)


@pytest.mark.parametrize("typed", ["", "β", "-2", "cold"])
def test_what_is_no_beta_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="is not an inverse temperature"):
        parse_beta(typed)


@pytest.mark.parametrize(
    ("temperature", "shown", "beta"),
    [
        (0, "0", "∞"),
        (math.inf, "∞", "0"),
        (1, "1.00", "1.00"),
        (0.8, "0.80", "1.25"),
        (0.055, "0.055", "18.18"),
        (0.8123, "0.8123", "1.23"),
        (12.5, "12.5", "0.08"),
        (100, "100", "0.01"),
        (0.005, "0.005", "200"),
        (5e-324, "4.941e-324", "∞"),
    ],
)
def test_temperatures_as_shown(temperature: float, shown: str, beta: str) -> None:
    assert format_temperature(temperature) == shown
    assert format_beta(temperature) == beta


@given(temperatures)
def test_what_is_shown_can_be_typed(temperature: float) -> None:
    assert parse_temperature(format_temperature(temperature)) == pytest.approx(
        temperature, rel=1e-3
    )


def test_temperatures_in_words() -> None:
    assert describe_temperature(0) == "0, greedy"
    assert describe_temperature(math.inf) == "infinite, uniform"
    assert describe_temperature(0.8) == "0.80, beta 1.25"
