"""The order of the sampler's steps, dragged and moved by key in the real window."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.parameters.editor import ParameterEditor
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import (
    LEFT,
    button,
    click,
    drag,
    kept,
    opened,
    opened_at_a_sentence,
    possible,
    press,
    words,
)

pytestmark = pytest.mark.usefixtures("kept_window")

ALT = Qt.KeyboardModifier.AltModifier


def open_order(editor: ParameterEditor, qtbot: QtBot) -> None:
    for section in editor.sections.values():
        section.set_open(section.group.name == "order")
    rows = editor.order.rows
    qtbot.waitUntil(lambda: rows.height() == rows.sizeHint().height(), timeout=LONG)


def row(editor: ParameterEditor, step: str) -> QWidget:
    found = editor.findChild(QWidget, f"step_{step}")
    assert isinstance(found, QWidget)
    return found


def box(editor: ParameterEditor, step: str) -> QCheckBox:
    found = row(editor, step).findChild(QCheckBox)
    assert isinstance(found, QCheckBox)
    return found


def shown(editor: ParameterEditor) -> tuple[str, ...]:
    """The steps as the eye finds them, from top to bottom."""
    rows = [row(editor, step) for step in DEFAULT_SAMPLERS]
    return tuple(
        found.objectName().removeprefix("step_") for found in sorted(rows, key=lambda r: r.y())
    )


def test_temperature_dragged_before_the_filters_changes_order_and_bars(
    window: MainWindow, qtbot: QtBot
) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    sampling = window.session.sampling
    sampling.change(temperature=3.0, min_p=0.1)
    open_order(editor, qtbot)
    last = kept(window)
    assert shown(editor) == DEFAULT_SAMPLERS
    pitch = editor.order.rows.row_height
    place = DEFAULT_SAMPLERS.index("min_p")
    rows = DEFAULT_SAMPLERS.index("temperature") - place
    drag(row(editor, "temperature"), -rows * pitch)
    assert sampling.params.samplers[place : place + 2] == ("temperature", "min_p")
    assert shown(editor) == sampling.params.samplers
    assert kept(window) > last, "hot before min-p lets more through"
    assert "what temperature has made" in words(editor.order)
    assert button(editor.order, "Temperature first").property("checked") is False
    drag(row(editor, "temperature"), -20 * pitch)
    assert sampling.params.samplers[0] == "temperature", "beyond the top is at the top"
    assert button(editor.order, "Temperature first").property("checked") is True


def test_what_is_dragged_follows_the_hand_and_esc_puts_it_back(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    sampling = window.session.sampling
    sampling.set_params(SamplingParams())
    open_order(editor, qtbot)
    pitch = editor.order.rows.row_height
    top_k = row(editor, "top_k")
    before = top_k.y()
    drag(top_k, 3 * pitch - 4, drop=False)
    assert abs(top_k.y() - (before + 3 * pitch - 4)) <= 1, "it is where the hand is"
    assert shown(editor).index("top_k") == 6, "the others made room"
    assert sampling.params.samplers == DEFAULT_SAMPLERS, "nothing is applied before it is let go"
    press(Qt.Key.Key_Escape)
    assert shown(editor) == DEFAULT_SAMPLERS
    assert editor.isVisible()
    QTest.mouseRelease(top_k, LEFT)
    assert sampling.params.samplers == DEFAULT_SAMPLERS


def test_a_click_or_a_tremor_moves_nothing(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    window.session.sampling.set_params(SamplingParams())
    open_order(editor, qtbot)
    drag(row(editor, "top_k"), 3)
    assert window.session.sampling.params.samplers == DEFAULT_SAMPLERS
    assert box(editor, "top_k").hasFocus()
    assert box(editor, "top_k").isChecked()


def test_keys_move_a_step_and_go_from_row_to_row(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    sampling = window.session.sampling
    sampling.set_params(SamplingParams())
    open_order(editor, qtbot)
    box(editor, "top_p").setFocus()
    qtbot.waitUntil(box(editor, "top_p").hasFocus, timeout=LONG)
    press(Qt.Key.Key_Up, ALT)
    press(Qt.Key.Key_Up, ALT)
    assert sampling.params.samplers.index("top_p") == 3
    press(Qt.Key.Key_Down, ALT)
    assert sampling.params.samplers.index("top_p") == 4
    assert box(editor, "top_p").hasFocus(), "the keyboard goes with it"
    assert box(editor, "top_p").accessibleName() == "Top-p, step 5"
    press(Qt.Key.Key_Down)
    assert box(editor, sampling.params.samplers[5]).hasFocus()
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Space)
    assert "top_p" not in sampling.params.samplers
    assert "left out" in words(row(editor, "top_p"))
    assert shown(editor).index("top_p") == 4, "it stays where it stood"
    press(Qt.Key.Key_Up, ALT)
    assert shown(editor).index("top_p") == 3, "and can be moved while it is left out"
    press(Qt.Key.Key_Space)
    assert sampling.params.samplers.index("top_p") == 3


def test_the_box_leaves_a_step_out(window: MainWindow, qtbot: QtBot) -> None:
    editor = opened_at_a_sentence(window, qtbot)
    sampling = window.session.sampling
    sampling.change(top_k=3)
    open_order(editor, qtbot)
    assert kept(window) == 3
    found = box(editor, "top_k")
    QTest.mouseClick(found, LEFT, pos=found.rect().center())
    assert "top_k" not in sampling.params.samplers
    assert kept(window) == possible(window) > 49_000
    QTest.mouseClick(found, LEFT, pos=found.rect().center())
    assert sampling.params.samplers == DEFAULT_SAMPLERS
    assert kept(window) == 3


def test_the_usual_orders_are_a_click_away(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    sampling = window.session.sampling
    sampling.set_params(SamplingParams(min_p=0.1))
    open_order(editor, qtbot)
    click(editor.order, "Temperature first")
    assert sampling.params.samplers[:3] == ("penalties", "dry", "temperature")
    assert "hot lets more tokens through" in words(editor.order)
    click(editor.order, "Temperature last")
    assert sampling.params.samplers == DEFAULT_SAMPLERS
    assert not button(editor.order, "Default order").isEnabled()
    sampling.change(samplers=("min_p", "temperature"))
    click(editor.order, "Default order")
    assert sampling.params.samplers == DEFAULT_SAMPLERS
    assert shown(editor) == DEFAULT_SAMPLERS


@pytest.mark.parametrize(
    ("params", "quiet"),
    [
        (
            SamplingParams(min_p=0.1, temperature=0.7),
            set(DEFAULT_SAMPLERS) - {"min_p", "temperature"},
        ),
        (
            SamplingParams(min_p=0.1, temperature=0.7, mirostat=2),
            set(DEFAULT_SAMPLERS) - {"temperature"},
        ),
        (SamplingParams(), set(DEFAULT_SAMPLERS)),
    ],
)
def test_rows_that_do_nothing_look_quiet(
    open_window: Callable[[], MainWindow], qtbot: QtBot, params: SamplingParams, quiet: set[str]
) -> None:
    window = open_window()
    editor = opened(window)
    window.session.sampling.set_params(params)
    open_order(editor, qtbot)
    found = {
        step
        for step in DEFAULT_SAMPLERS
        if row(editor, step).findChildren(type(editor._none))[1].property("role") == "muted"
    }
    assert found == quiet
    assert ("replaced by Mirostat" in words(row(editor, "min_p"))) is bool(params.mirostat)
    assert ("Mirostat is on" in words(editor.order)) is bool(params.mirostat)


def test_a_preset_of_another_order_is_shown_as_it_is(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    editor = opened(window)
    open_order(editor, qtbot)
    samplers = ("xtc", "temperature", "top_p")
    window.session.sampling.set_params(SamplingParams(samplers=samplers))
    assert tuple(step for step in shown(editor) if box(editor, step).isChecked()) == samplers
    assert sorted(shown(editor)) == sorted(DEFAULT_SAMPLERS)
