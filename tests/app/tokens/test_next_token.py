import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from studio.app.tokens.next_token import NOTHING_KNOWN, NextToken
from studio.app.tokens.place import TokenPlace
from studio.app.tokens.words import row_label, tail_sentence
from studio.sampling import LogitSketch, SamplerState, SamplingParams, chance, distribution

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


def test_turning_t_needs_no_model_and_reports_once(qtbot: QtBot) -> None:
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
    assert tail.chosen.text == "␣wombat"


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
        state.add_pieces({first: b" sea", second: b"<|im_end|>"}, {second: True})
    assert [row.text.text for row in state.rows(2)] == ["␣sea", "end of text"]
    state.use_vocabulary("another model")
    assert state.rows(1)[0].text.text == f"⟨token {first}⟩"
    state.add_pieces({first: b" lake"})
    state.use_vocabulary(None)
    assert [row.text.text for row in state.rows(2)] == ["␣sea", "end of text"]
    state.use_vocabulary("another model")
    assert state.rows(1)[0].text.text == "␣lake"


def test_clearing_forgets_the_distribution() -> None:
    state = make_state(make_logits(), chosen=3)
    state.rows(3)
    state.clear("The model is loading.")
    assert state.sketch is None
    assert state.rows(3) == []
    assert state.tail([]) is None


# What the samplers need beside the logits.

XTC = SamplingParams(xtc_probability=0.5, xtc_threshold=0.05)


@pytest.mark.parametrize("seed", range(8))
def test_at_the_caret_the_rows_are_what_the_seed_makes_of_xtc(seed: int) -> None:
    logits, history = make_logits(), [4, 5, 6]
    params = msgspec.structs.replace(XTC, seed=seed)
    state = NextToken(params)
    state.show(LogitSketch.of(logits), TokenPlace(history, is_next=True))
    exact = distribution(logits, params, history, SamplerState(chance(seed, len(history))))
    for row in state.rows(12):
        assert row.probability == pytest.approx(exact[row.token], abs=1e-6)
    (note,) = state.notes
    assert note.is_exact
    cut = state.rows(1)[0].cut
    assert ("does not act" in note.words) is not cut


def test_without_a_seed_they_show_xtc_at_work_and_say_so() -> None:
    state = NextToken(XTC)
    state.show(LogitSketch.of(make_logits()), TokenPlace([4, 5, 6], is_next=True))
    assert state.rows(1)[0].cut
    assert [note.is_exact for note in state.notes] == [False]
    state.set_params(msgspec.structs.replace(XTC, seed=1))
    assert [note.is_exact for note in state.notes] == [True], "a seed that is turned counts at once"


def test_dry_knows_its_breakers_once_they_are_reported(qtbot: QtBot) -> None:
    logits = make_logits()
    params = SamplingParams(dry_multiplier=3.0, dry_allowed_length=1)
    best = int(np.argmax(logits))
    # 7 8 was followed by the favourite; 8 breaks.
    history = (7, 8, best, 7, 8)
    state = NextToken(params)
    state.show(LogitSketch.of(logits), history)
    assert len(state.notes) == 1
    penalised = next(row for row in state.rows(100) if row.token == best).probability
    with qtbot.waitSignal(state.changed):
        state.add_breakers(params.dry_sequence_breakers, {8: [()]})
    assert not state.notes
    exact = distribution(logits, params, history, SamplerState(breakers={8: [()]}))
    free = next(row for row in state.rows(100) if row.token == best).probability
    assert free == pytest.approx(exact[best], abs=1e-6)
    assert free > penalised * 1.5


def test_while_it_writes_mirostat_cuts_as_it_did() -> None:
    logits = make_logits(2000)
    params = SamplingParams(mirostat=2, mirostat_tau=3.0)
    state = NextToken(params)
    for mu in (None, 2.0, 9.0):
        state.show(LogitSketch.of(logits), TokenPlace([1], mu=mu, is_first=mu is None), 3)
        exact = distribution(logits, params, (), SamplerState(mu=mu))
        assert state.notes == ()
        for row in state.rows(5):
            assert row.probability == pytest.approx(exact[row.token], abs=1e-3)


# Nothing that is known is left.


def banned(tokens: NDArray[np.int32]) -> SamplingParams:
    return SamplingParams(logit_bias=tuple((int(token), -math.inf) for token in tokens))


@pytest.mark.parametrize("size", [100, 1000])
def test_where_all_that_is_known_is_banned_it_says_so(qtbot: QtBot, size: int) -> None:
    sketch = LogitSketch.of(make_logits(size))
    state = NextToken(NEUTRAL)
    state.show(sketch, (), int(sketch.ids[3]))
    assert state.reason is None
    with qtbot.waitSignal(state.changed):
        state.set_params(banned(sketch.ids))
    assert state.reason is not None
    assert "biases ban" in state.reason
    assert ("900" in state.reason or "872" in state.reason) is (size == 1000)
    assert state.rows(5) == []
    assert state.tail([]) is state.entropy is state.top_probability is state.sensitivity is None
    assert state.details(int(sketch.ids[0])) is None
    assert state.notes == ()
    assert state.retempered is not None
    assert state.retempered.after is None
    state.set_params(banned(sketch.ids[1:]))
    assert state.reason is None, "one is left"
    assert [row.banned for row in state.rows(5)] == [False, True, True, True, True]
    assert row_label(state.rows(5)[1]) == "banned"
    assert state.rows(5)[0].probability > 0.01


def test_a_bias_for_a_token_that_the_model_lacks_is_reported() -> None:
    state = make_state(make_logits(), SamplingParams(logit_bias=((5000, 1.0),)))
    assert state.reason == (
        "The bias of token 5,000 is for another model: this one has the tokens 0 to 99. Take it "
        "out under Biases of words and tokens (F4), choose another preset, or open the model that "
        "it was made for."
    )
    assert state.rows(3) == []


def test_a_token_that_was_read_was_not_drawn() -> None:
    logits = make_logits(1000)
    sketch = LogitSketch.of(logits, written=int(np.argsort(-logits)[500]))
    assert sketch.written is not None
    state = NextToken(NEUTRAL)
    state.show(sketch, (), sketch.written.token, drawn=False)
    assert not state.is_written
    tail = state.tail(state.rows(4))
    assert tail is not None
    assert tail.chosen is not None
    assert "drawn" not in tail_sentence(tail)
    assert "in the text" in tail_sentence(tail)
    state.show(sketch, (), sketch.written.token)
    drawn = state.tail(state.rows(4))
    assert drawn is not None
    assert "; drawn: " in tail_sentence(drawn)
