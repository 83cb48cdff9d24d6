"""Where a server sent the likeliest tokens alone: what is shown holds what the whole would show."""

import math

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.words import (
    bits_between,
    choices_between,
    percent_between,
    row_label,
    short_percent_between,
    tail_sentence,
)
from studio.sampling import LogitSketch, SamplingParams, distribution, measures
from studio.sampling.sketches.truncated_logits import TruncatedLogits

pytestmark = pytest.mark.usefixtures("qapp")

SIZE, SENT = 5000, 100
SOME = (
    SamplingParams(temperature=0.6),
    SamplingParams(temperature=1.0),
    SamplingParams(temperature=1.6),
    SamplingParams(temperature=1.4, top_p=0.9),
    SamplingParams(temperature=1.8, min_p=0.02),
    SamplingParams(temperature=1.3, samplers=("temperature", "min_p"), min_p=1e-4),
)


def made(seed: int = 4) -> tuple[NDArray[np.float64], LogitSketch]:
    raw = np.random.default_rng(seed).normal(scale=2.2, size=SIZE)
    raw[:3] += 6.0
    logs = (raw - math.log(float(np.exp(raw).sum()))).astype(np.float32).astype(np.float64)
    best = np.argsort(-logs)[:SENT]
    return logs, TruncatedLogits(best, logs[best], SIZE).sketch()


@pytest.mark.parametrize("params", SOME)
def test_every_figure_that_is_shown_holds_the_truth(params: SamplingParams) -> None:
    logs, sketch = made()
    state = NextToken(params)
    state.show(sketch)
    assert state.reason is None
    p = distribution(logs, params)
    rows = state.rows(12)
    for row in rows:
        assert row.band is not None
        assert row.band.used[0] - 1e-6 <= p[row.token] <= row.band.used[1] + 1e-6
        assert row.band.used[0] <= row.probability <= row.band.used[1]
    tail = state.tail(rows)
    assert tail is not None
    assert tail.band is not None
    rest = 1.0 - sum(p[row.token] for row in rows)
    assert tail.band[0] - 1e-6 <= rest <= tail.band[1] + 1e-6
    entropies, top = state.entropies, state.top_band
    assert entropies is not None
    assert top is not None
    assert entropies[0] - 1e-6 <= measures.entropy(p) <= entropies[1] + 1e-6
    assert top[0] - 1e-6 <= p.max() <= top[1] + 1e-6
    assert state.sensitivity is None
    assert f"{SENT} likeliest are known" in state.notes[0].words
    retempered = state.retempered
    assert retempered is not None
    assert retempered.band is not None
    assert retempered.steepest is retempered.flattest is None


def test_a_whole_distribution_has_no_bands() -> None:
    state = NextToken(SOME[2])
    state.show(LogitSketch.of(made()[0]))
    assert all(row.band is None for row in state.rows(5))
    assert state.entropies is state.top_band is None
    assert not state.notes


def test_what_is_not_known_is_left_out_with_the_reason() -> None:
    state = NextToken(SamplingParams(typical_p=0.8))
    state.show(made()[1])
    assert state.rows(5) == []
    assert state.reason is not None
    assert "Typical-p looks at all tokens" in state.reason
    assert state.retempered is not None
    assert state.retempered.after is None
    state.set_params(SamplingParams(repeat_penalty=1.2))
    state.show(made()[1], (1, 2))
    assert state.reason is None
    assert "repeat penalty is left out" in state.notes[1].words


def test_a_card_and_the_last_line_say_bounds() -> None:
    state = NextToken(SamplingParams(temperature=1.6))
    state.show(made()[1])
    row = state.rows(1)[0]
    assert "–" in row_label(row)
    details = state.details(row.token)
    assert details is not None
    assert "–" in details.lines[0][1]
    assert details.lines[2][1].count("–") == 0  # at T 1 all is known
    assert details.subject.basis == "estimated"
    tail = state.tail(state.rows(5))
    assert tail is not None
    assert "–" in tail_sentence(tail)
    turned = msgspec.structs.replace(SamplingParams(), temperature=1.0)
    state.set_params(turned)
    assert "–" not in row_label(state.rows(1)[0])


def test_words_of_two_ends() -> None:
    assert short_percent_between((0.311, 0.338)) == "31–34\u202f%"
    assert short_percent_between((0.311, 0.3112)) == "31\u202f%"
    assert short_percent_between((0.0, 0.02)) == "≤\u202f2\u202f%"
    assert short_percent_between((0.0, 0.0001)) == "<\u202f0.1\u202f%"
    assert percent_between((0.0, 0.02)) == "at most 2.0\u202f%"
    assert percent_between((0.311, 0.338)) == "31.1–33.8\u202f%"
    assert choices_between((12.2, 19.4)) == "12 to 19 choices"
    assert choices_between((14.1, 14.2)) == "about 14 choices"
    assert choices_between((1.0, 2.4)) == "1.0 to 2.4 choices"
    assert bits_between((3.2, 3.9)) == "3.2–3.9 bits"
    assert bits_between((9.0, math.inf)) == "at least 9.0 bits"
