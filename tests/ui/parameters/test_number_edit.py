"""The arrow keys in a field of a number, by the keys themselves."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.table import MIN_P
from studio.ui.parameters.number_edit import NumberEdit

UP, DOWN = Qt.Key.Key_Up, Qt.Key.Key_Down
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def state() -> SamplingState:
    state = SamplingState()
    state.change(min_p=0.05)
    return state


@pytest.fixture
def edit(qtbot: QtBot, state: SamplingState) -> NumberEdit:
    edit = NumberEdit(MIN_P, lambda: state.params.min_p, lambda value: state.change(min_p=value))
    qtbot.addWidget(edit)
    state.params_changed.connect(edit.follow)
    edit.show()
    edit.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    return edit


def test_the_arrows_step_and_are_in_force_at_once(edit: NumberEdit, state: SamplingState) -> None:
    for key, modifier, min_p in (
        (UP, Qt.KeyboardModifier.NoModifier, 0.06),
        (UP, SHIFT, 0.16),
        (DOWN, CONTROL, 0.159),
        (DOWN, Qt.KeyboardModifier.NoModifier, 0.15),
        (DOWN, SHIFT, 0.05),
        (DOWN, SHIFT, 0.0),
        (DOWN, SHIFT, 0.0),
    ):
        QTest.keyClick(edit, key, modifier)
        assert state.params.min_p == min_p
        assert edit.text() == MIN_P.format(min_p)
    assert edit.selectedText() == "off"


def test_a_step_starts_from_what_was_typed(edit: NumberEdit, state: SamplingState) -> None:
    edit.selectAll()
    QTest.keyClicks(edit, "0,3")
    QTest.keyClick(edit, UP)
    assert state.params.min_p == 0.31


def test_a_step_from_what_is_no_number_is_refused(edit: NumberEdit, state: SamplingState) -> None:
    reasons: list[str] = []
    edit.refused.connect(reasons.append)
    edit.selectAll()
    QTest.keyClicks(edit, "much")
    QTest.keyClick(edit, UP)
    assert state.params.min_p == 0.05
    assert edit.text() == "much"
    assert reasons == ["min-p: found “much”; type a number or off."]


def test_the_keypads_arrows_step_too_and_other_keys_are_left_to_others(
    edit: NumberEdit, state: SamplingState
) -> None:
    QTest.keyClick(edit, UP, Qt.KeyboardModifier.KeypadModifier)
    assert state.params.min_p == 0.06
    QTest.keyClick(edit, UP, Qt.KeyboardModifier.AltModifier)
    assert state.params.min_p == 0.06


def test_each_field_says_what_is_allowed_and_that_it_steps(edit: NumberEdit) -> None:
    assert "Allowed: 0 to 1." in edit.toolTip()
    assert "↑ ↓ step" in edit.toolTip()
    assert edit.accessibleName() == "min-p"
