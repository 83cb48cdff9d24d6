import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.groups import BIASES, PARAMETERS, PROMPT_FORMAT, STOP
from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.table import MAX_TOKENS, MIN_P, TOP_K
from studio.app.parameters.values import ParameterValues
from studio.presets import Preset
from studio.sampling import ParameterError, SamplingParams

TURNED = SamplingParams(top_k=40, min_p=0.1, logit_bias=((3, 1.0),))


@pytest.fixture
def values(qtbot: QtBot) -> ParameterValues:
    sampling = SamplingState(TURNED, 99)
    made = ParameterValues(sampling, PromptSettings(Preset(name="x", stop=("Fin.",))))
    sampling.setParent(made)
    return made


def test_each_value_is_found_and_set_where_it_is_kept(values: ParameterValues) -> None:
    assert values.value(TOP_K) == 40
    assert values.value(MAX_TOKENS) == 99
    assert values.value(STOP) == ("Fin.",)
    values.set(PROMPT_FORMAT, "chat")
    values.set(MAX_TOKENS, 7)
    values.set(TOP_K, 5)
    assert [values.value(entry) for entry in (PROMPT_FORMAT, MAX_TOKENS, TOP_K)] == ["chat", 7, 5]


def test_a_reset_changes_all_at_once_and_is_undone(values: ParameterValues, qtbot: QtBot) -> None:
    before = {name: values.value(entry) for name, entry in PARAMETERS.items()}
    turned = [entry.name for entry in values.turned(PARAMETERS.values())]
    assert turned == ["top_k", "min_p", "logit_bias", "max_tokens", "stop"]
    reported: list[SamplingParams] = []
    values.changed.connect(lambda: reported.append(values.params))
    values.reset(PARAMETERS.values())
    assert not values.turned(PARAMETERS.values())
    assert set(map(repr, reported)) <= {repr(TURNED), repr(SamplingParams())}
    assert values.can_bring_back
    values.bring_back()
    assert {name: values.value(entry) for name, entry in PARAMETERS.items()} == before
    assert not values.can_bring_back


def test_another_change_ends_what_could_be_brought_back(values: ParameterValues) -> None:
    values.reset([TOP_K])
    values.set(MIN_P, 0.2)
    assert not values.can_bring_back
    values.reset([TOP_K])
    assert not values.can_bring_back, "nothing was set back"


def test_a_refusal_changes_nothing(values: ParameterValues) -> None:
    with pytest.raises(ParameterError, match="top_k"):
        values.set(TOP_K, -1)
    with pytest.raises(ParameterError, match="logit_bias"):
        values.set(BIASES, ((3, float("nan")),))
    with pytest.raises(ParameterError, match="max_tokens"):
        values.set(MAX_TOKENS, True)
    assert values.params is not None
    assert values.params == TURNED
