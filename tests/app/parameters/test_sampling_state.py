import math

import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import (
    DEFAULT_MAX_TOKENS,
    LARGEST_MAX_TOKENS,
    SamplingState,
)
from studio.sampling import ParameterError, SamplingParams


def test_it_starts_neutral_or_with_what_it_is_given() -> None:
    assert SamplingState().params == SamplingParams()
    assert SamplingState().max_tokens == DEFAULT_MAX_TOKENS
    params = SamplingParams(temperature=0.3)
    assert SamplingState(params).params is params


def test_a_change_replaces_one_field_and_reports_it(qtbot: QtBot) -> None:
    state = SamplingState(SamplingParams(top_p=0.9))
    with qtbot.waitSignal(state.params_changed) as reported:
        state.change(temperature=0.5)
    assert reported.args == [SamplingParams(top_p=0.9, temperature=0.5)]
    assert state.params == reported.args[0]


def test_the_same_again_is_not_reported(qtbot: QtBot) -> None:
    state = SamplingState(SamplingParams(temperature=0.5))
    with qtbot.assertNotEmitted(state.params_changed):
        state.change(temperature=0.5)
        state.set_params(SamplingParams(temperature=0.5))
    with qtbot.assertNotEmitted(state.max_tokens_changed):
        state.set_max_tokens(state.max_tokens)


@pytest.mark.parametrize(
    ("field", "bad"),
    [("temperature", -1.0), ("temperature", math.nan), ("top_p", 2.0), ("samplers", ("heat",))],
)
def test_a_refused_value_changes_nothing(qtbot: QtBot, field: str, bad: object) -> None:
    before = SamplingParams(temperature=0.5)
    state = SamplingState(before)
    with qtbot.assertNotEmitted(state.params_changed), pytest.raises(ParameterError) as refusal:
        state.change(**{field: bad})
    assert refusal.value.field == field
    assert state.params is before


def test_an_unknown_field_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        SamplingState().change(heat=1)


@pytest.mark.parametrize(("temperature", "beta"), [(0.8, 1.25), (0, math.inf), (math.inf, 0)])
def test_beta_is_the_inverse(temperature: float, beta: float) -> None:
    assert SamplingState(SamplingParams(temperature=temperature)).beta == beta


def test_the_token_limit_has_its_own_signal(qtbot: QtBot) -> None:
    state = SamplingState()
    with (
        qtbot.assertNotEmitted(state.params_changed),
        qtbot.waitSignal(state.max_tokens_changed) as reported,
    ):
        state.set_max_tokens(12)
    assert reported.args == [12]
    assert state.max_tokens == 12


@pytest.mark.parametrize("bad", [0, -1, LARGEST_MAX_TOKENS + 1, True, 2.5])
def test_an_impossible_token_limit_is_refused(bad: int) -> None:
    state = SamplingState(max_tokens=7)
    with pytest.raises(ParameterError, match="max_tokens: found"):
        state.set_max_tokens(bad)
    assert state.max_tokens == 7
    with pytest.raises(ParameterError):
        SamplingState(max_tokens=bad)
