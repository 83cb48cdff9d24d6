"""Two presets side by side, without the window that shows them."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.values import ParameterValues
from studio.app.presets.comparison import ComparedField
from studio.app.presets.comparison_state import ACTIVE, PresetComparisonState
from studio.presets import Preset
from studio.sampling import SamplingParams
from tests.helpers.preset_desk import Desk, desk_with

SEA = Preset(name="Sea", stop=("END",), sampling=SamplingParams(temperature=1.3, top_k=50))
DRY = Preset(name="Dry", sampling=SamplingParams(temperature=0.4, top_k=50))


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Desk:
    return desk_with(tmp_path / "presets", SEA, DRY)


@pytest.fixture
def state(desk: Desk) -> PresetComparisonState:
    values = ParameterValues(desk.sampling, desk.prompting)
    return PresetComparisonState(desk.preset_choice, desk.presets, values, desk.settings)


def field(state: PresetComparisonState, name: str) -> ComparedField:
    return next(entry for entry in state.fields if entry.field == name)


def test_those_that_differ_come_first(state: PresetComparisonState, desk: Desk) -> None:
    assert (state.left, state.right) == (ACTIVE, desk.current)
    assert {ACTIVE, "Sea", "Dry"} <= set(state.choices)
    state.compare("Sea", "Dry")
    fields = state.fields
    assert {entry.field for entry in fields[:2]} == {"temperature", "stop"}
    assert not any(entry.differs for entry in fields[2:])
    temperature = field(state, "temperature")
    assert (temperature.left, temperature.right) == (1.3, 0.4)
    state.swap()
    assert (state.left, state.right) == ("Dry", "Sea")
    temperature = field(state, "temperature")
    assert (temperature.left, temperature.right) == (0.4, 1.3)


def test_whether_only_differences_are_shown_is_remembered(
    state: PresetComparisonState, desk: Desk, qtbot: QtBot
) -> None:
    state.compare("Sea", "Dry")
    assert state.shown == state.fields
    with qtbot.waitSignal(state.changed):
        state.set_only_differences(True)
    assert [entry.field for entry in state.shown] == [entry.field for entry in state.fields[:2]]
    values = ParameterValues(desk.sampling, desk.prompting)
    later = PresetComparisonState(desk.preset_choice, desk.presets, values, desk.settings)
    assert later.only_differences


def test_a_value_is_taken_over_into_what_is_in_force(
    state: PresetComparisonState, desk: Desk
) -> None:
    for left, right in (("Sea", ACTIVE), (ACTIVE, "Dry")):
        state.compare(left, right)
        temperature = field(state, "temperature")
        assert state.why_not_take(temperature) == ""
        state.adopt(temperature)
        wanted = SEA if left == "Sea" else DRY
        assert desk.sampling.params.temperature == wanted.sampling.temperature
        assert "Both sides" in state.why_not_take(field(state, "temperature"))


def test_why_a_value_cannot_be_taken_over_is_said(state: PresetComparisonState, desk: Desk) -> None:
    before = desk.sampling.params
    state.compare("Sea", "Dry")
    assert "on one side" in state.why_not_take(field(state, "temperature"))
    state.adopt(field(state, "temperature"))
    assert desk.sampling.params == before
    state.compare("Sea", ACTIVE)
    assert "what the preset says of itself" in state.why_not_take(field(state, "notes"))


def test_it_follows_what_is_renamed_and_lets_what_is_gone_go(
    state: PresetComparisonState, desk: Desk
) -> None:
    state.compare("Sea", "Dry")
    assert desk.presets.rename("Sea", "Ocean")
    assert (state.left, state.right) == ("Ocean", "Dry")
    assert desk.presets.delete("Dry")
    assert (state.left, state.right) == ("Ocean", ACTIVE)
