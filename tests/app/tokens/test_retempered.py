import math

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.app.parameters.temperature_scale import temperature_at
from studio.app.tokens.retempered import PLACES, Retempered
from studio.sampling import (
    LogitSketch,
    SamplerState,
    SamplingParams,
    distribution,
    measures,
)

FIRST = ("penalties", "temperature", "top_k", "min_p")


def make_logits(size: int = 120) -> NDArray[np.float32]:
    """So small a vocabulary that a sketch of it is exact."""
    return np.random.default_rng(3).normal(0, 3, size).astype(np.float32)


def made(
    logits: NDArray[np.float32], fields: dict[str, object] | None = None, *, hurry: bool = False
) -> Retempered:
    params = msgspec.structs.replace(SamplingParams(), **(fields or {}))
    return Retempered(LogitSketch.of(logits), params, (), in_a_hurry=hurry)


def test_both_curves_reach_from_greedy_to_uniform() -> None:
    retempered = made(make_logits(), {"top_k": 7})
    assert retempered.before.effective_choices[[0, -1]] == pytest.approx([1, 120])
    assert retempered.after is not None
    assert retempered.after.effective_choices[[0, -1]] == pytest.approx([1, 7])
    assert not retempered.cuts_nothing
    assert made(make_logits()).cuts_nothing


@pytest.mark.parametrize("samplers", [("top_k", "min_p", "temperature"), FIRST])
def test_the_strong_curve_is_what_the_sampler_draws_from(samplers: tuple[str, ...]) -> None:
    logits = make_logits()
    fields: dict[str, object] = {"top_k": 30, "min_p": 0.05, "samplers": samplers}
    curve = made(logits, fields).after
    assert curve is not None
    for index in range(0, len(PLACES), 8):
        params = msgspec.structs.replace(
            SamplingParams(), temperature=temperature_at(PLACES[index]), **fields
        )
        exact = measures.entropy(distribution(logits, params))
        assert curve.entropies[index] == pytest.approx(exact, abs=1e-5)


def test_in_a_hurry_the_strong_curve_has_fewer_points_of_its_own() -> None:
    fields: dict[str, object] = {"min_p": 0.05, "samplers": FIRST}
    ample, hurried = made(make_logits(), fields), made(make_logits(), fields, hurry=True)
    assert ample.is_dear
    assert not made(make_logits(), {"min_p": 0.05}).is_dear
    assert ample.after is not None
    assert hurried.after is not None
    assert hurried.after.entropies[::4] == pytest.approx(ample.after.entropies[::4])
    assert not np.array_equal(hurried.after.entropies, ample.after.entropies)
    assert hurried.after.entropies == pytest.approx(ample.after.entropies, abs=0.2)


def test_with_all_that_is_known_banned_there_is_no_strong_curve() -> None:
    banned = tuple((token, -math.inf) for token in range(120))
    for samplers in (FIRST, ("temperature",)):
        retempered = made(make_logits(), {"logit_bias": banned, "samplers": samplers})
        assert retempered.after is None
        assert retempered.steepest is retempered.flattest is None
        assert not retempered.cuts_nothing
        assert retempered.before.entropies[-1] == pytest.approx(math.log(120))


def test_the_curve_is_that_of_what_xtc_does_here() -> None:
    logits = make_logits()
    params = SamplingParams(xtc_probability=0.5, xtc_threshold=0.05)
    curves = [
        Retempered(LogitSketch.of(logits), params, (), SamplerState(chance=chance)).after
        for chance in (0.2, 0.8)
    ]
    for chance, curve in zip((0.2, 0.8), curves, strict=True):
        assert curve is not None
        exact = distribution(
            logits,
            msgspec.structs.replace(params, temperature=temperature_at(PLACES[32])),
            (),
            SamplerState(chance=chance),
        )
        assert curve.entropies[32] == pytest.approx(measures.entropy(exact), abs=1e-5)


def test_the_named_places_are_on_the_track_between_its_ends() -> None:
    retempered = made(make_logits())
    steepest, flattest = retempered.steepest, retempered.flattest
    assert steepest is not None
    assert flattest is not None
    assert 0.05 <= flattest.temperature < steepest.temperature <= 20
    assert flattest.sensitivity < steepest.sensitivity


@pytest.mark.parametrize("samplers", [("top_k", "min_p", "temperature"), FIRST])
@pytest.mark.parametrize("size", [120, 3000])
def test_sensitivity_is_that_of_what_is_left(samplers: tuple[str, ...], size: int) -> None:
    logits = make_logits(size)
    fields: dict[str, object] = {"top_k": 60, "min_p": 0.02, "samplers": samplers}
    params = msgspec.structs.replace(SamplingParams(), temperature=0.9, **fields)
    shaped = LogitSketch.of(logits).shaped(params)
    exact = measures.sensitivity(distribution(logits, params))
    assert made(logits, fields).sensitivity(0.9, shaped) == pytest.approx(exact, rel=1e-3)


def test_with_much_in_the_tail_the_sensitivity_is_a_lower_bound() -> None:
    logits = make_logits(3000)
    fields: dict[str, object] = {"min_p": 1e-6, "samplers": ("temperature", "min_p")}
    params = msgspec.structs.replace(SamplingParams(), temperature=2.0, **fields)
    shaped = LogitSketch.of(logits).shaped(params)
    exact = measures.sensitivity(distribution(logits, params))
    found = made(logits, fields).sensitivity(2.0, shaped)
    assert 0.5 * exact < found <= exact * 1.01
