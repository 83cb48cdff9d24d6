"""What is asked of truncated sketches: an answer is that of the whole distribution, or none."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import NO_STATE, LogitSketch, SamplingParams, choose, flip_temperature, uniform
from studio.sampling.analysis.fitted_temperature import TemperatureLikelihood
from studio.sampling.analysis.flip_range import flip_range
from studio.sampling.analysis.jensen_shannon import jensen_shannon_distance
from studio.sampling.analysis.redraw import Before, Draw, Redraw
from studio.sampling.errors import UndecidedError
from studio.sampling.sketches.truncated_logits import TruncatedLogits

SIZE, KNOWN = 400, 70
OTHERS = (
    SamplingParams(temperature=1.0),
    SamplingParams(temperature=0.5),
    SamplingParams(temperature=1.3, top_p=0.9),
    SamplingParams(temperature=1.6, min_p=0.05),
    SamplingParams(temperature=0.9, presence_penalty=0.5),
    SamplingParams(temperature=1.0, top_k=8, typical_p=0.8),
    SamplingParams(temperature=1.0, mirostat=2, mirostat_tau=3.0),
    SamplingParams(temperature=1.0, top_k=20, adaptive_target=0.3),
)


def logits_at(seed: int, place: int) -> NDArray[np.float64]:
    raw = np.random.default_rng((seed, place)).normal(scale=2.5, size=SIZE)
    logs: NDArray[np.float64] = raw - math.log(float(np.exp(raw).sum()))
    return logs.astype(np.float32).astype(np.float64)


def truncated(logs: NDArray[np.float64], written: int | None = None) -> LogitSketch:
    best = np.argsort(-logs)[:KNOWN]
    sketch = TruncatedLogits(best, logs[best], SIZE).sketch(written)
    return LogitSketch.from_bytes(sketch.to_bytes())


@pytest.mark.parametrize("seed", range(6))
def test_a_redraw_counts_only_where_it_is_decided(seed: int) -> None:
    ids: list[int] = []
    draws = []
    for place in range(60):
        logs = logits_at(seed, place)
        choice = choose(logs, SamplingParams(), ids, uniform(seed, place))
        known = choice.token in np.argsort(-logs)[:KNOWN]
        sketch = truncated(logs, choice.token if known else None)
        draws.append(Draw(sketch, choice.token, uniform(seed, place)))
        ids.append(choice.token)
    redraw = Redraw(draws, lambda index, _params: Before(ids[:index], NO_STATE))
    certain = 0
    for params in OTHERS:
        found = redraw.first(params)
        state = NO_STATE
        for place in range(len(ids) if found is None else found.number + 1):
            choice = choose(logits_at(seed, place), params, ids[:place], draws[place].u or 0.0,
                            state=state)  # fmt: skip
            if found is None or place < found.number:
                assert choice.token == ids[place], params
                state = NO_STATE._replace(mu=choice.mu, adaptive_mean=choice.adaptive_mean)
            elif found.is_certain:
                certain += 1
                assert choice.token == found.token
                assert choice.token != ids[place]
    assert certain >= 3


def test_flip_temperatures_lie_between_the_two() -> None:
    said = 0
    for place in range(20):
        logs = logits_at(9, place)
        rng = np.random.default_rng(place)
        u = float(rng.random())
        token = int(np.argsort(-logs)[rng.integers(1, 20)])
        for params in (OTHERS[0], OTHERS[2], OTHERS[3], SamplingParams(top_p=0.8)):
            found = flip_range(truncated(logs), token, u, params)
            true = flip_temperature(LogitSketch.of(logs), token, u, params)
            assert found is not None
            assert true is not None
            assert found[0] * 0.999 <= true <= found[1] * 1.001
            said += found[0] == pytest.approx(found[1], rel=0.1) and 0.0 < true < math.inf
        assert flip_range(truncated(logs), int(logs.argmax()), u, OTHERS[0]) is None
    assert said > 10
    with pytest.raises(UndecidedError):
        flip_range(truncated(logs), token, u, msgspec.structs.replace(OTHERS[0], top_n_sigma=1.0))


def test_what_is_no_one_number_is_refused() -> None:
    sketch = truncated(logits_at(1, 1))
    with pytest.raises(ValueError, match="only bounds"):
        jensen_shannon_distance(sketch, OTHERS[0], OTHERS[1])
    with pytest.raises(ValueError, match="not known"):
        TemperatureLikelihood().append(sketch, int(sketch.ids[0]))
