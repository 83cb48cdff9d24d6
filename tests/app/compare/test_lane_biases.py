"""Lanes whose biases are another model's: left out of a run, and run without them."""

import pytest
from pytestqt.qtbot import QtBot

from studio.sampling import SamplingParams
from tests.helpers.fake_engine import VOCABULARY
from tests.helpers.lane_desk import LaneDesk

FOREIGN = SamplingParams(temperature=0.5, logit_bias=((3, 1.0), (VOCABULARY + 7, 2.0)))


@pytest.fixture
def desk(qtbot: QtBot) -> LaneDesk:
    return LaneDesk()


def test_they_are_left_out_and_reported(desk: LaneDesk) -> None:
    state = desk.compare
    reported: list[str] = []
    state.biases.reported.connect(reported.append)
    first, second, *others = state.lanes
    for lane in (first, second):
        lane.sampling.set_params(FOREIGN)
    assert "for another model" in state.biases.why_not(first)
    assert all(state.biases.why_not(lane) == "" for lane in others)
    assert state.biases.left_out == [first, second]
    state.run()
    assert len(reported) == 1
    assert reported[0].startswith("Lanes 1 and 2 do not run. ")
    assert [lane.runs for lane in state.lanes] == [False, False, True, True]


def test_without_them_they_run(desk: LaneDesk) -> None:
    state = desk.compare
    for lane in state.lanes:
        lane.sampling.set_params(FOREIGN)
    state.run()
    assert not state.is_running, "none of them can"
    state.run_left_out()
    assert state.is_running
    assert {lane.sampling.params.logit_bias for lane in state.lanes} == {((3, 1.0),)}
    assert state.biases.left_out == []


def test_one_alone_is_said_to_be_one(desk: LaneDesk) -> None:
    reported: list[str] = []
    desk.compare.biases.reported.connect(reported.append)
    desk.compare.biases.report()
    assert reported == []
    desk.compare.lanes[2].sampling.set_params(FOREIGN)
    desk.compare.biases.report()
    assert reported[0].startswith("Lane 3 does not run. ")
