from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.app.explain.state import ExplainState
from studio.app.explain.text import STEPS
from studio.app.explain_steps import STEP_NAMES
from studio.ui.explain.chart import ExplainChart
from studio.ui.explain.panel import ExplainDock, kept_together
from studio.ui.main_window import MainWindow
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.colors import DARK, LIGHT
from tests.ui.conftest import LONG

SENTENCE = "The old fisherman looked out over the"


def opened(window: MainWindow, step: str = "logits") -> ExplainDock:
    window.explain.open_at(step)
    dock = window.explain.dock
    assert dock is not None
    return dock


def words(dock: ExplainDock) -> str:
    labels = [label for label in dock.panel.findChildren(QLabel) if label.isVisible()]
    return "\n".join(label.text() for label in labels).replace("\u00a0", " ")


def press(key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key)


def button(parent: QWidget, name: str) -> QAbstractButton:
    return next(
        found
        for found in parent.findChildren(QAbstractButton)
        if found.accessibleName() == name or found.text() == name
    )


def pixels(widget: QWidget, color: str) -> int:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
    return int(np.count_nonzero(values == int(color[1:], 16)))


def test_state_goes_from_step_to_step(qtbot: QtBot) -> None:
    state = ExplainState("no such step")
    assert state.is_first
    state.back()
    assert state.index == 0
    for name in STEP_NAMES[1:]:
        with qtbot.waitSignal(state.changed):
            state.forward()
        assert state.step == name
    assert state.is_last
    with qtbot.assertNotEmitted(state.changed):
        state.forward()
    with pytest.raises(ValueError, match="choose one of logits, softmax"):
        state.go("entropy")
    assert state.is_last


def test_f1_opens_it_with_the_example_where_there_is_nothing_else(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.activateWindow()
    assert window.explain.dock is None, "nothing of it is made before it is asked for"
    QTest.keyClick(window, Qt.Key.Key_F1)
    dock = window.explain.dock
    assert dock is not None
    assert dock.isVisible()
    assert STEPS["logits"].title in words(dock)
    assert "Open a model and write a sentence to see your own" in words(dock)
    assert "recorded from SmolLM2-135M-Instruct Q4_1" in words(dock)


def test_it_speaks_of_the_writers_own_sentence(window: MainWindow, qtbot: QtBot) -> None:
    window.session.draft.manuscript.load(SENTENCE)
    window.editor.move_caret(len(SENTENCE))
    dock = opened(window)
    qtbot.waitUntil(lambda: "your caret" in words(dock), timeout=LONG)
    assert "After “…fisherman looked out over the”" in words(dock)
    sketch = window.session.next_token.sketch
    assert sketch is not None
    assert f"with logit {sketch.logits[0]:.2f}" in words(dock)
    chart = dock.panel.findChildren(ExplainChart)[0]
    best = window.session.next_token.rows(1)[0]
    assert best.text.spoken.startswith("space ")
    assert chart.accessibleDescription().startswith(f"{best.text.spoken} {sketch.logits[0]:.2f}; ")


def test_keys_lead_through_the_steps_and_out(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.activateWindow()
    dock = opened(window)
    for step in STEP_NAMES[1:]:
        press(Qt.Key.Key_Right)
        assert dock.state.step == step
        assert STEPS[step].title in words(dock)
    press(Qt.Key.Key_Left)
    assert dock.state.step == STEP_NAMES[-2]
    press(Qt.Key.Key_Escape)
    assert not dock.isVisible()
    assert window.editor.hasFocus()
    window.explain.open()
    assert dock.state.step == STEP_NAMES[-2], "it is opened where one left"


def test_the_mouse_does_too(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    dock = opened(window)
    left = Qt.MouseButton.LeftButton
    back, forward = button(dock, "Back"), button(dock, "Next")
    assert not back.isEnabled()
    QTest.mouseClick(forward, left)
    assert dock.state.step == "softmax"
    QTest.mouseClick(back, left)
    assert str(dock.state.step) == "logits"
    assert back.isEnabled() is False
    QTest.mouseClick(button(dock, f"Step 8: {STEPS['tasks'].title}"), left)
    assert str(dock.state.step) == "tasks"
    assert forward.text() == "Done"
    QTest.mouseClick(forward, left)
    assert not dock.isVisible()


def test_its_temperature_is_the_windows(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.activateWindow()
    dock = opened(window, "temperature")
    slider = dock.panel.findChildren(TemperatureSlider)[0]
    chart = dock.panel.findChildren(ExplainChart)[0]
    before = pixels(chart, LIGHT.accent)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert window.session.sampling.params.temperature == 0.0
    qtbot.waitUntil(lambda: "At T 0 there is no β" in words(dock))
    assert pixels(chart, LIGHT.accent) != before
    assert dock.state.step == "temperature", "the slider's keys are the slider's"
    window.session.sampling.change(temperature=2.5)
    qtbot.waitUntil(lambda: "At T 2.50" in words(dock))
    dock.state.go("softmax")
    assert not slider.isVisible(), "what does not follow T has no control for it"
    assert "Open a model and write a sentence to see your own" in words(dock)
    dock.state.go("whole-text")
    assert "At your T 2.50, “the sea sleeps” has" in words(dock)
    assert "Open a model" not in words(dock), "these numbers are the example's alone"


@pytest.mark.parametrize("step", STEP_NAMES)
def test_every_step_is_drawn_in_both_themes(
    open_window: Callable[[], MainWindow], step: str
) -> None:
    window = open_window()
    chart = opened(window, step).panel.findChildren(ExplainChart)[0]
    for appearance, colors in (("light", LIGHT), ("dark", DARK)):
        window.theme.set_appearance(appearance)  # type: ignore[arg-type]  # two of its words
        assert pixels(chart, colors.accent) > 20


def test_links_lead_to_the_step_they_stand_at(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.sampling.set_open(True)
    for card, name, step in (
        (window.temperature, "Explain temperature", "temperature"),
        (window.sampling, "Explain filters and their order", "filters"),
    ):
        QTest.mouseClick(button(card, name), Qt.MouseButton.LeftButton)
        dock = window.explain.dock
        assert dock is not None
        assert dock.isVisible()
        assert dock.state.step == step


@pytest.mark.parametrize(("size", "floats"), [((1320, 860), False), ((1000, 700), True)])
def test_it_docks_where_there_is_room(
    open_window: Callable[[], MainWindow], size: tuple[int, int], floats: bool
) -> None:
    window = open_window()
    window.resize(*size)
    dock = opened(window)
    assert dock.isFloating() is floats
    assert (window.width(), window.height()) == size, "the window stays as large as it was"
    if floats:
        assert dock.height() < size[1]
    else:
        inside = dock.panel.mapTo(window, QPoint(dock.panel.width(), dock.panel.height()))
        assert inside.x() <= size[0]
        assert inside.y() <= size[1]
        page = window.compare.stack.mapTo(window, QPoint(0, 0)).y()
        assert abs(dock.panel.mapTo(window, QPoint(0, 0)).y() - page) <= 8


def test_it_is_remembered(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = open_window()
    dock = opened(first, "filters")
    first.resizeDocks([dock], [450], Qt.Orientation.Horizontal)
    width = 450
    qtbot.waitUntil(lambda: dock.width() == width)
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: second.explain.dock is not None)
    again = second.explain.dock
    assert again is not None
    assert again.isVisible()
    assert again.state.step == "filters"
    assert again.docked_width == width
    again.dismiss()
    second.close()
    third = open_window()
    assert third.explain.dock is None
    third.resize(1320, 860)  # offscreen, a remembered window is fitted to a small screen
    last = opened(third, "tasks")
    qtbot.waitUntil(lambda: last.width() == width)


def test_hidden_it_costs_nothing(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    dock = opened(window, "temperature")
    dock.dismiss()
    before = [label.text() for label in dock.panel.findChildren(QLabel)]
    window.session.sampling.change(temperature=0.4)
    assert dock.source.is_settled
    assert [label.text() for label in dock.panel.findChildren(QLabel)] == before
    window.explain.open()
    assert "At T 0.40" in words(dock)


def test_no_line_ends_between_a_number_and_what_it_is_of() -> None:
    reported = kept_together("At T 1.10, β 0.91 and T ∞: 12.5\u202f% each. A T is a T.")
    assert reported == "At T\u00a01.10, β\u00a00.91 and T\u00a0∞: 12.5\u00a0% each. A T is a T."
