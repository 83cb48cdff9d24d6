"""What T gives a token a probability: the answer, and the percentage that was typed."""

import numpy as np
import pytest

from studio.app.tokens.answer import AskedToken, parse_percent
from studio.app.tokens.next_token import NextToken
from studio.sampling import LogitSketch, SamplingParams

NARROW = "\u202f"
LOGITS = np.array([3.0, 2.2, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0], np.float32)


def asked(token: int, **fields: object) -> AskedToken:
    params = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    state = NextToken(params)
    state.show(LogitSketch.of(LOGITS))
    found = state.asked(token)
    assert found is not None
    return found


def probability(token: int, temperature: float, **fields: object) -> float:
    params = SamplingParams(temperature=temperature, **fields)  # type: ignore[arg-type]  # they vary
    shaped = LogitSketch.of(LOGITS).shaped(params)
    return float(shaped.probabilities[shaped.ids == token].sum())


def test_one_or_two_temperatures_or_none() -> None:
    favourite = asked(0).answer(0.5)
    assert favourite.words == f"One T makes it 50.0{NARROW}%:"
    assert probability(0, favourite.temperatures[0]) == pytest.approx(0.5, abs=1e-3)
    second = asked(1).answer(0.2)
    assert second.words == f"Two T make it 20.0{NARROW}%:"
    assert len(second.temperatures) == 2
    for temperature in second.temperatures:
        assert probability(1, temperature) == pytest.approx(0.2, abs=1e-3)
    never = asked(1).answer(0.6)
    assert never.words.startswith(f"No T makes it 60.0{NARROW}%. The most it reaches is ")
    (peak,) = never.temperatures
    assert probability(1, peak) > max(probability(1, peak * 1.1), probability(1, peak / 1.1))
    low = asked(0).answer(0.01)
    assert low.words == f"No T makes it 1.0{NARROW}%: it does not fall below 12.5{NARROW}%."
    assert low.temperatures == ()


def test_where_the_filters_cut_the_same_at_every_t_it_is_what_the_sampler_uses() -> None:
    answer = asked(1, top_k=3).answer(0.3)
    assert answer.words == f"One T makes it 30.0{NARROW}%:"
    for temperature in answer.temperatures:
        assert probability(1, temperature, top_k=3) == pytest.approx(0.3, abs=1e-3)
        assert asked(1, top_k=3).offer(temperature) == f"T {temperature}"


def test_where_the_cut_depends_on_t_it_is_what_was_before_and_both_are_said() -> None:
    order = ("temperature", "min_p")
    question = asked(1, min_p=0.2, samplers=order)
    answer = question.answer(0.2)
    assert answer.words == f"Two T make it 20.0{NARROW}% before filters:"
    for temperature in answer.temperatures:
        assert probability(1, temperature) == pytest.approx(0.2, abs=1e-3)
        after = probability(1, temperature, min_p=0.2, samplers=order)
        assert f"{100 * after:.1f}{NARROW}% after filters" in question.offer(temperature)


def test_a_token_that_is_cut_is_asked_about_as_it_was_before() -> None:
    question = asked(5, top_k=3)
    assert question.answer(0.05).words.endswith("before filters:")
    assert question.offer(1.0) == f"T 1.00: 0{NARROW}% after filters"


def test_a_tie_is_not_promised_at_zero() -> None:
    state = NextToken(SamplingParams())
    state.show(LogitSketch.of(np.array([1.0, 1.0, 0.0], np.float32)))
    question = state.asked(1)
    assert question is not None
    answer = question.answer(0.9)
    assert answer.words.endswith("as T nears 0.")
    assert answer.temperatures == ()


@pytest.mark.parametrize(
    ("typed", "wanted"), [("20", 0.2), ("0,5 %", 0.005), (" 100% ", 1.0), ("0", 0.0)]
)
def test_percentages_are_read(typed: str, wanted: float) -> None:
    assert parse_percent(typed) == pytest.approx(wanted)


@pytest.mark.parametrize("typed", ["much", "101", "-1", "nan", ""])
def test_what_is_no_percentage_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a percentage: type a number from 0 to 100"):
        parse_percent(typed)
