"""Either exponential gives the same sketch: one runs here, the other on other processors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from studio.sampling import LogitSketch, SamplingParams, choose, exponential, power_sums
from studio.sampling import bins as whole_vocabulary

EITHER = [(np.exp, 1.0, False), (np.exp2, float(np.log2(np.e)), True)]


@pytest.mark.parametrize(("power", "per_nat", "wide"), EITHER)
def test_either_exponential_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, power: Callable[..., Any], per_nat: float, wide: bool
) -> None:
    logits = np.random.default_rng(5).normal(0.0, 3.0, 70_001).astype(np.float32)
    params = SamplingParams(top_p=0.9, temperature=1.3)
    monkeypatch.setattr(power_sums, "HAS_AVX_512", wide)
    for module in (power_sums, whole_vocabulary):
        monkeypatch.setattr(module, "power", power)
        monkeypatch.setattr(module, "PER_NAT", per_nat)
    power_sums._unit.cache_clear()
    sketch = LogitSketch.of(logits)
    choice = choose(logits, params, (), 0.77)
    power_sums._unit.cache_clear()
    for temperature in (0.7, 1.0, 3.0):
        weights = np.exp(np.sort(logits.astype(np.float64))[::-1] / temperature)
        shares = weights / weights.sum()
        tail = sketch.distribution(temperature)[2]
        assert tail == pytest.approx(float(shares[128:].sum()), abs=5e-4)
    shares = np.exp(np.sort(logits.astype(np.float64))[::-1])
    kept = int(np.searchsorted(shares.cumsum(), 0.9 * shares.sum())) + 1
    assert abs(choice.kept - kept) <= 1


def test_the_one_chosen_is_one_of_them() -> None:
    chosen = (exponential.power, exponential.PER_NAT, exponential.HAS_AVX_512)
    assert chosen in EITHER


def test_a_numpy_that_found_nothing_has_no_avx_512(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        np, "show_config", lambda mode: {"SIMD Extensions": {"baseline": ["ASIMD"]}}
    )
    assert exponential._found() == set()
