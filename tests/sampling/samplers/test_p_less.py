"""P-less against its definition, p_i ≥ Σ p²: whole and in a sketch, at any T, in any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, SamplingParams, choose, distribution

FIRST = ("temperature", "p_less")
LAST = ("p_less", "temperature")
vocabularies = st.lists(st.floats(-20.0, 20.0, width=32), min_size=1, max_size=300).map(
    lambda logits: np.array(logits, dtype=np.float32)
)
temperatures = st.floats(0.05, 20.0)


def softmax(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    weights = np.exp((logits.astype(np.float64) - float(logits.max())) / temperature)
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def kept_of(logits: NDArray[np.floating], params: SamplingParams) -> int:
    return int(np.count_nonzero(distribution(logits, params)))


@given(vocabularies, temperatures, st.sampled_from([FIRST, LAST]))
def test_it_keeps_what_is_as_probable_as_two_draws_are_to_agree(
    logits: NDArray[np.float32], temperature: float, order: tuple[str, ...]
) -> None:
    params = SamplingParams(p_less=1, temperature=temperature, samplers=order)
    seen = softmax(logits, temperature if order == FIRST else 1.0)
    threshold = float((seen**2).sum())
    found = distribution(logits, params)
    # What lies so close to the threshold may fall on either side.
    assert (found[seen > threshold * (1 + 1e-9)] > 0.0).all()
    assert (found[seen < threshold * (1 - 1e-9)] == 0.0).all()
    tempered = np.where(found > 0.0, softmax(logits, temperature), 0.0)
    assert found == pytest.approx(tempered / tempered.sum(), abs=1e-12)


@given(vocabularies, temperatures, st.floats(1.0, 10.0))
def test_a_higher_temperature_keeps_no_fewer(
    logits: NDArray[np.float32], temperature: float, factor: float
) -> None:
    cold = SamplingParams(p_less=1, temperature=temperature, samplers=FIRST)
    hot = SamplingParams(p_less=1, temperature=temperature * factor * (1 + 1e-6), samplers=FIRST)
    assert kept_of(logits, hot) >= kept_of(logits, cold)


def test_by_hand() -> None:
    # p of 0.5, 0.3, 0.2: Σ p² is 0.38, and 0.3 is less.
    logits = np.log(np.array([0.5, 0.3, 0.2]))
    assert distribution(logits, SamplingParams(p_less=1)).tolist() == [1.0, 0.0, 0.0]
    # 0.4, 0.35, 0.25 have 0.345.
    logits = np.log(np.array([0.4, 0.35, 0.25]))
    assert distribution(logits, SamplingParams(p_less=1)) == pytest.approx([8 / 15, 7 / 15, 0.0])
    assert kept_of(np.zeros(7), SamplingParams(p_less=1)) == 7
    assert kept_of(logits, SamplingParams(p_less=1, min_keep=3)) == 3
    assert kept_of(logits, SamplingParams(p_less=1, samplers=("top_k",))) == 3


@pytest.mark.parametrize("order", [FIRST, LAST])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_a_sketch_of_real_logits_says_the_same(
    real_logits: NDArray[np.float32], temperature: float, order: tuple[str, ...]
) -> None:
    params = SamplingParams(p_less=1, temperature=temperature, samplers=order)
    for row in real_logits[::7]:
        whole = distribution(row, params)
        shaped = LogitSketch.of(row).shaped(params)
        # Within the tail, how many are left is an estimate.
        tolerance = 1e-3 if np.count_nonzero(whole) <= shaped.ids.size else 5e-3
        assert shaped.probabilities == pytest.approx(whole[shaped.ids], abs=tolerance)


def test_the_draw_takes_of_what_is_left(real_logits: NDArray[np.float32]) -> None:
    params = SamplingParams(p_less=1, temperature=2.0)
    for row in real_logits[::20]:
        choice = choose(row, params, (), 0.999)
        whole = distribution(row, params)
        assert choice.kept == np.count_nonzero(whole)
        assert choice.probability == pytest.approx(float(whole[choice.token]))
