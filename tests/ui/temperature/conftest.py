"""The panel with its details, at T 0.8, with a next token that follows its parameters."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.sampling import SamplingParams
from studio.ui.temperature.panel import TemperaturePanel
from studio.ui.theme.theme import Theme


@pytest.fixture
def state() -> SamplingState:
    return SamplingState(SamplingParams(temperature=0.8))


@pytest.fixture
def next_token(state: SamplingState) -> NextToken:
    made = NextToken(state.params)
    state.params_changed.connect(made.set_params)
    return made


@pytest.fixture
def panel(
    qtbot: QtBot, state: SamplingState, next_token: NextToken, theme: Theme
) -> TemperaturePanel:
    made = TemperaturePanel(state, next_token, theme)
    qtbot.addWidget(made)
    made.set_detailed(True)
    made.resize(512, made.sizeHint().height())
    made.show()
    made.activateWindow()
    return made
