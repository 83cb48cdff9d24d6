import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from studio.sampling import LogitSketch, SamplingParams, distribution
from studio.ui.next_token import NOTHING_KNOWN, NextToken

NEUTRAL = SamplingParams()


def make_logits(size: int = 100, seed: int = 0) -> NDArray[np.float32]:
    """Logits of so small a vocabulary that a sketch of them is exact."""
    return np.random.default_rng(seed).normal(0, 3, size).astype(np.float32)


def make_state(
    logits: NDArray[np.float32],
    params: SamplingParams = NEUTRAL,
    history: tuple[int, ...] = (),
    chosen: int | None = None,
) -> NextToken:
    state = NextToken(params)
    state.show(LogitSketch.of(logits), history, chosen)
    return state


def test_with_nothing_known_it_says_what_to_do(qtbot: QtBot) -> None:
    state = NextToken(NEUTRAL)
    assert state.reason == NOTHING_KNOWN
    assert state.rows(5) == []
    assert state.tail([]) is None
    assert state.entropy is state.entropy_bits is state.effective_choices is None
    with qtbot.waitSignal(state.changed):
        state.clear("Type something.")
    assert state.reason == "Type something."


@given(
    seed=st.integers(0, 50),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.5, math.inf]),
    top_k=st.sampled_from([0, 5]),
    min_p=st.sampled_from([0.0, 0.05]),
    repeat_penalty=st.sampled_from([1.0, 1.3]),
    temperature_first=st.booleans(),
)
def test_rows_hold_what_the_sampler_uses(
    seed: int,
    temperature: float,
    top_k: int,
    min_p: float,
    repeat_penalty: float,
    temperature_first: bool,
) -> None:
    logits = make_logits(seed=seed)
    params = SamplingParams(
        temperature=temperature, top_k=top_k, min_p=min_p, repeat_penalty=repeat_penalty
    )
    if temperature_first:
        order = ("penalties", "temperature", "top_k", "min_p")
        params = msgspec.structs.replace(params, samplers=order)
    history = (1, 2, 3)
    exact = distribution(logits, params, history)
    model = distribution(logits, NEUTRAL)
    unfiltered = distribution(
        logits, msgspec.structs.replace(params, samplers=("penalties", "temperature")), history
    )

    state = make_state(logits, params, history)
    rows = state.rows(12)
    for row in rows:
        assert row.probability == pytest.approx(exact[row.token], abs=1e-6)
        assert row.ghost == pytest.approx(model[row.token], abs=1e-6)
        assert row.uncut == pytest.approx(unfiltered[row.token], abs=1e-6)
        assert row.cut == (exact[row.token] == 0 and unfiltered[row.token] > 0)
    shown = [row.probability for row in rows]
    assert shown == sorted(shown, reverse=True)

    entropy = -sum(p * math.log(p) for p in exact if p > 0)
    assert state.entropy == pytest.approx(entropy, abs=1e-6)
    assert state.entropy_bits == pytest.approx(entropy / math.log(2), abs=1e-6)
    assert state.effective_choices == pytest.approx(math.exp(entropy), rel=1e-6)


def test_turning_t_needs_no_model_and_tells_once(qtbot: QtBot) -> None:
    state = make_state(make_logits())
    before = state.rows(3)
    hot = SamplingParams(temperature=3.0)
    with qtbot.waitSignal(state.changed):
        state.set_params(hot)
    after = state.rows(3)
    assert after[0].probability < before[0].probability
    assert after[0].ghost == before[0].ghost
    with qtbot.assertNotEmitted(state.changed):
        state.set_params(hot)


def test_parameters_that_change_while_nothing_is_known_count_later(qtbot: QtBot) -> None:
    state = NextToken(NEUTRAL)
    with qtbot.assertNotEmitted(state.changed):
        state.set_params(SamplingParams(temperature=0.0))
    state.show(LogitSketch.of(make_logits()))
    assert state.rows(1)[0].probability == 1


def test_a_penalty_reorders_the_rows() -> None:
    logits = make_logits()
    favourite = int(np.argmax(logits))
    params = SamplingParams(repeat_penalty=10.0)
    assert make_state(logits, params).rows(1)[0].token == favourite
    assert make_state(logits, params, history=(favourite,)).rows(1)[0].token != favourite


def test_the_tail_is_all_that_is_not_in_the_rows() -> None:
    state = make_state(make_logits(1000), SamplingParams(top_k=20))
    rows = state.rows(5)
    tail = state.tail(rows)
    assert tail is not None
    assert (tail.tokens, tail.kept) == (995, 15)
    assert tail.probability == pytest.approx(1 - sum(row.probability for row in rows))
    all_kept_shown = state.tail(state.rows(30))
    assert all_kept_shown is not None
    assert (all_kept_shown.tokens, all_kept_shown.kept) == (970, 0)
    assert all_kept_shown.probability == 0


def test_at_zero_the_others_are_impossible_and_not_cut() -> None:
    state = make_state(make_logits(), SamplingParams(temperature=0.0, top_k=3))
    rows = state.rows(5)
    assert [row.probability for row in rows] == [1, 0, 0, 0, 0]
    assert not any(row.cut for row in rows)
    tail = state.tail(rows)
    assert tail is not None
    assert (tail.tokens, tail.kept, tail.probability) == (95, 0, 0)
    assert math.copysign(1, state.entropy or 0.0) == 1


def test_the_drawn_token_is_marked_wherever_it_is() -> None:
    logits = make_logits(1000)
    ranking = np.argsort(-logits, kind="stable")
    near, far, lost = int(ranking[2]), int(ranking[40]), int(ranking[900])

    rows = make_state(logits, chosen=near).rows(5)
    assert [row.chosen for row in rows] == [False, False, True, False, False]

    rows = make_state(logits, chosen=far).rows(5)
    assert [row.token for row in rows] == [*ranking[:4], far]
    assert rows[-1].chosen

    state = make_state(logits, chosen=lost)
    state.add_pieces({lost: b" wombat"})
    rows = state.rows(5)
    assert not any(row.chosen for row in rows)
    tail = state.tail(rows)
    assert tail is not None
    assert tail.chosen is not None
    assert tail.chosen.text == "·wombat"


def test_fewer_tokens_than_rows() -> None:
    state = make_state(make_logits(4))
    rows = state.rows(12)
    assert len(rows) == 4
    tail = state.tail(rows)
    assert tail is not None
    assert (tail.tokens, tail.kept) == (0, 0)
    assert state.rows(0) == []


def test_pieces_give_the_tokens_their_text(qtbot: QtBot) -> None:
    state = make_state(make_logits())
    first, second = (row.token for row in state.rows(2))
    assert state.rows(1)[0].text.text == f"⟨token {first}⟩"
    with qtbot.waitSignal(state.changed):
        state.add_pieces({first: b" sea", second: b"<|im_end|>"}, control=[second])
    assert [row.text.text for row in state.rows(2)] == ["·sea", "⟨im_end⟩"]
    state.use_vocabulary("another model")
    assert state.rows(1)[0].text.text == f"⟨token {first}⟩"
    state.add_pieces({first: b" lake"})
    state.use_vocabulary(None)
    assert [row.text.text for row in state.rows(2)] == ["·sea", "⟨im_end⟩"]
    state.use_vocabulary("another model")
    assert state.rows(1)[0].text.text == "·lake"


def test_clearing_forgets_the_distribution() -> None:
    state = make_state(make_logits(), chosen=3)
    state.rows(3)
    state.clear("The model is loading.")
    assert state.sketch is None
    assert state.rows(3) == []
    assert state.tail([]) is None
