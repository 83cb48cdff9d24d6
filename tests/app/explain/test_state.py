"""Which of Explain's steps is open, and that each of them has its words."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.explain.state import ExplainState
from studio.app.explain.text import STEPS
from studio.app.explain_steps import STEP_NAMES


def test_it_goes_from_the_first_step_to_the_last_and_no_further(qtbot: QtBot) -> None:
    state = ExplainState()
    assert (state.step, state.index, state.is_first, state.is_last) == (
        STEP_NAMES[0],
        0,
        True,
        False,
    )
    with qtbot.assertNotEmitted(state.changed):
        state.back()
    seen = []
    state.changed.connect(lambda: seen.append(state.step))
    for _ in STEP_NAMES:
        state.forward()
    assert seen == list(STEP_NAMES[1:])
    assert state.is_last
    state.back()
    assert state.step == STEP_NAMES[-2]


def test_a_step_is_opened_by_its_name(qtbot: QtBot) -> None:
    state = ExplainState("softmax")
    assert state.index == STEP_NAMES.index("softmax")
    state.go("filters")
    with pytest.raises(ValueError, match="found 'none such'; choose one of logits, "):
        state.go("none such")
    assert state.step == "filters"
    assert ExplainState("of a later version").is_first


def test_each_step_has_its_words() -> None:
    assert tuple(STEPS) == STEP_NAMES
    assert all(text.title and text.paragraphs and text.caption for text in STEPS.values())
