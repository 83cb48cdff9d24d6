import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.explain.figures import ROWS, Figure, figure
from studio.app.explain.place import Place, example
from studio.app.explain_steps import STEP_NAMES, StepName
from studio.presets import task_presets
from studio.sampling import LogitSketch, SamplingParams, distribution
from studio.sampling.measures import entropy

LOGITS = np.random.default_rng(5).normal(scale=3.0, size=100).astype(np.float32)
BEST = np.argsort(-LOGITS)[:ROWS]
PLACE = Place(LogitSketch.of(LOGITS), {}, "the")

temperatures = st.sampled_from([0.0, 0.05, 0.3, 0.8, 1.0, 1.6, 4.0, 100.0, math.inf])


def filled(drawn: Figure, column: int = 0) -> list[float]:
    return [bar.filled for bar in drawn.columns[column].bars]


def ticks(drawn: Figure, column: int = 0) -> list[float]:
    return [bar.tick or 0.0 for bar in drawn.columns[column].bars]


def test_the_logits_are_the_models() -> None:
    drawn = figure("logits", PLACE, SamplingParams())
    assert filled(drawn) == pytest.approx(LOGITS[BEST])
    assert drawn.columns[0].bars[1].value.endswith(f"(−{LOGITS[BEST[0]] - LOGITS[BEST[1]]:.2f})")


def test_negative_logits_have_room() -> None:
    drawn = figure("logits", Place(LogitSketch.of([-3.0, -5.0]), {}, ""), SamplingParams())
    assert (drawn.columns[0].low, drawn.columns[0].high) == (-5.0, 0.0)


def test_softmax_is_weights_and_their_shares() -> None:
    drawn = figure("softmax", PLACE, SamplingParams(temperature=0.2))
    weights = np.exp(LOGITS.astype(np.float64) - LOGITS.max())
    assert filled(drawn, 0)[:ROWS] == pytest.approx(weights[BEST], rel=1e-5)
    assert filled(drawn, 1)[:ROWS] == pytest.approx(weights[BEST] / weights.sum(), rel=1e-4)
    rest = weights.sum() - weights[BEST].sum()
    assert drawn.columns[0].bars[ROWS].value == f"{rest:.2f}"


@given(temperatures)
def test_temperature_alone(temperature: float) -> None:
    drawn = figure("temperature", PLACE, SamplingParams(temperature=temperature, top_k=2))
    now = distribution(LOGITS, SamplingParams(temperature=temperature))
    assert filled(drawn)[:ROWS] == pytest.approx(now[BEST], abs=1e-5)
    assert ticks(drawn)[:ROWS] == pytest.approx(distribution(LOGITS, SamplingParams())[BEST])
    assert max(*filled(drawn), *ticks(drawn)) <= drawn.columns[0].high


def test_both_limits_with_the_filters() -> None:
    drawn = figure("limits", PLACE, SamplingParams(temperature=0.7, top_k=4))
    assert filled(drawn, 0)[:3] == [1.0, 0.0, 0.0]
    now = distribution(LOGITS, SamplingParams(temperature=0.7, top_k=4))
    assert filled(drawn, 1)[:ROWS] == pytest.approx(now[BEST], abs=1e-6)
    assert filled(drawn, 2) == [0.25] * 4 + [0.0] * 5
    assert [bar.value for bar in drawn.columns[2].bars][-1].startswith("0")


def test_the_favourite_before_and_after_a_step() -> None:
    drawn = figure("low-temperature", PLACE, SamplingParams(temperature=0.8))
    assert drawn.names == ("T 0.20 → 0.30", "T 0.80 → 0.90", "T 2.00 → 2.10")
    for row, start in enumerate((0.2, 0.8, 2.0)):
        for shown, temperature in ((ticks, start), (filled, start + 0.1)):
            exact = distribution(LOGITS, SamplingParams(temperature=temperature)).max()
            assert shown(drawn)[row] == pytest.approx(exact, abs=1e-6)
    assert drawn.curve_at == 0.8
    at_rest = figure("low-temperature", PLACE, SamplingParams(temperature=math.inf))
    assert len(at_rest.names) == 2


def test_filters_in_both_orders() -> None:
    drawn = figure("filters", PLACE, SamplingParams(temperature=8.0, min_p=0.2))
    last, first = drawn.columns
    exact = distribution(LOGITS, SamplingParams(temperature=8.0, min_p=0.2))
    for bar, probability in zip(last.bars, exact[BEST], strict=False):
        assert bar.cut == (probability == 0.0)
        assert bar.cut or bar.filled == pytest.approx(probability, abs=1e-6)
    assert any(bar.cut for bar in last.bars)
    assert not any(bar.cut for bar in first.bars)


def test_three_texts_token_by_token_and_as_a_whole() -> None:
    cold = figure("whole-text", PLACE, SamplingParams(temperature=0.0))
    tokens, whole = ([bar.filled for bar in column.bars] for column in cold.columns)
    assert tokens == [0.0, 1.0, 0.0], "greedy: the likelier word first, then the lower id"
    assert whole == [1.0, 0.0, 0.0]
    own = figure("whole-text", PLACE, SamplingParams())
    for column in own.columns:
        assert [bar.filled for bar in column.bars] == pytest.approx([0.4, 0.3, 0.3], abs=1e-6)
        assert [bar.tick for bar in column.bars] == pytest.approx([0.4, 0.3, 0.3], abs=1e-6)


def test_effective_choices_at_the_presets_temperatures() -> None:
    drawn = figure("tasks", PLACE, SamplingParams())
    for row, preset in enumerate(task_presets()):
        sampling = preset.sampling
        alone = entropy(distribution(LOGITS, SamplingParams(temperature=sampling.temperature)))
        left = entropy(distribution(LOGITS, sampling))  # no history: no penalty
        assert ticks(drawn)[row] == pytest.approx(alone, abs=1e-3)
        assert filled(drawn)[row] == pytest.approx(left, abs=1e-3)
        assert str(drawn.names[row]).startswith(preset.name)


@pytest.mark.parametrize("step", STEP_NAMES)
@settings(max_examples=20)  # of each
@given(temperature=temperatures, top_k=st.sampled_from([0, 1, 5]))
def test_every_chart_holds_together(step: StepName, temperature: float, top_k: int) -> None:
    params = SamplingParams(temperature=temperature, top_k=top_k)
    lone, tie = LogitSketch.of([2.0]), LogitSketch.of([2.0, 2.0, -math.inf])
    for place in (example(), PLACE, Place(lone, {}, ""), Place(tie, {}, "a")):
        drawn = figure(step, place, params)
        for column in drawn.columns:
            assert len(column.bars) == len(drawn.names)
            assert column.low <= 0.0 <= column.high
            assert all(bar.filled <= column.high + 1e-9 for bar in column.bars)
        assert drawn.spoken()
