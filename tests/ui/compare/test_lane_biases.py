"""A lane with biases for another model is found before a run; the others run."""

import msgspec
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import DROP_BIASES
from studio.app.generation.sequence import SequencePhase
from studio.engine.messages import ChangeSequence, Generate, RerunSequence, StopSequence
from studio.ui.main_window import MainWindow
from tests.helpers.fake_engine import VOCABULARY
from tests.helpers.lane_desk import LaneDesk
from tests.ui.conftest import LONG

FOREIGN = ((1, -1.0), (1_000_000, 5.0))


@pytest.fixture
def desk(qapp: QObject) -> LaneDesk:
    return LaneDesk()


def test_the_others_run_and_the_lane_joins_them_without_its_biases(desk: LaneDesk) -> None:
    state = desk.compare
    reported: list[str] = []
    state.biases.reported.connect(reported.append)
    second = state.lanes[1]
    second.sampling.change(logit_bias=FOREIGN)
    state.run()
    assert len(desk.client.last(Generate).sequences) == 3
    assert "Lane 2 does not run. The bias of token 1,000,000" in reported[0]
    assert f"0 to {VOCABULARY - 1:,}" in reported[0]
    assert second.phase is SequencePhase.NEW
    # The engine counts those that run.
    others = [lane for lane in state.lanes if lane is not second]
    assert [lane.number for lane in others] == [0, 1, 2]
    assert state.why_not_go_on(second) == state.biases.why_not(second)
    assert "bias" in (state.why_not_again(second) or "")
    state.go_on(second)
    assert not desk.client.all_sent(RerunSequence)
    state.run_left_out()
    assert second.sampling.params.logit_bias == ((1, -1.0),)
    assert desk.client.last(RerunSequence).sequence == second.number == 3
    assert desk.client.last(RerunSequence).params == second.sampling.params


def test_where_no_lane_can_run_none_is_asked_for(desk: LaneDesk) -> None:
    state = desk.compare
    reported: list[str] = []
    state.biases.reported.connect(reported.append)
    for lane in state.lanes:
        lane.sampling.change(logit_bias=FOREIGN)
    state.run()
    assert not desk.client.all_sent(Generate)
    assert "Lanes 1, 2, 3 and 4 do not run." in reported[0]
    state.run_left_out()
    assert [lane.params.logit_bias for lane in desk.client.last(Generate).sequences] == [
        ((1, -1.0),)
    ] * 4


def test_a_lane_that_runs_and_gets_such_biases_ends_alone(desk: LaneDesk) -> None:
    state = desk.compare
    state.run()
    desk.start()
    desk.write(2, 5)
    state.lanes[2].sampling.change(logit_bias=FOREIGN)
    assert desk.client.last(StopSequence).sequence == 2
    assert not desk.client.all_sent(ChangeSequence)
    desk.end(2, "stopped")
    assert [lane.runs for lane in state.lanes] == [True, True, False, True]


def test_with_the_real_engine_the_message_has_a_way_on(window: MainWindow, qtbot: QtBot) -> None:
    session, state = window.session, window.session.compare
    session.draft.manuscript.load("The sea was calm")
    window.editor.move_caret(len("The sea was calm"))
    window.compare.show(True)
    page = window.compare.page
    assert page is not None
    state.set_max_tokens(3)
    preset = session.preset_choice.current
    foreign = msgspec.structs.replace(preset.sampling, logit_bias=FOREIGN)
    first = page.columns[0]
    mine = msgspec.structs.replace(preset, name="Mine", sampling=foreign)
    session.preset_choice.follow([*session.preset_choice.presets, mine])
    first.menu.list_presets()
    next(one for one in first.menu.presets.actions() if one.text() == "Mine").trigger()
    assert first.menu.drop.text().replace("&", "") == DROP_BIASES
    assert first.menu.drop.isVisible()
    assert "1,000,000" in first.menu.drop.toolTip()
    qtbot.waitUntil(lambda: DROP_BIASES in (first.lane.next_token.reason or ""), timeout=LONG)
    window.compare.actions.run.trigger()
    qtbot.waitUntil(lambda: not state.is_running and state.has_tokens, timeout=LONG)
    assert [len(lane.tokens) for lane in state.lanes] == [0, 3, 3, 3]
    assert "Lane 1 does not run" in window.notice.message
    assert window.notice.action is window.compare.actions.drop_biases
    button = next(one for one in window.notice.findChildren(QPushButton) if one.isVisible())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(state.lanes[0].tokens) == 3, timeout=LONG)
    assert window.notice.message == ""
    assert not state.biases.left_out
