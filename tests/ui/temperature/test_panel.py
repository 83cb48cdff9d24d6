import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.sampling import LogitSketch
from studio.ui.parameters.sampling_edit import CommitEdit
from studio.ui.temperature.panel import TemperaturePanel

NARROW = "\u202f"


def type_into(qtbot: QtBot, edit: CommitEdit, text: str) -> None:
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    edit.selectAll()
    QTest.keyClicks(edit, text)


def words(panel: TemperaturePanel) -> list[str]:
    """The texts that can be seen."""
    labels = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    return labels + list(panel.measures.words if panel.measures.isVisible() else ())


def test_it_shows_t_and_beta_and_follows_them(
    state: SamplingState, panel: TemperaturePanel
) -> None:
    assert (panel.temperature_edit.text(), panel.beta_edit.text()) == ("0.80", "β 1.25")
    state.change(temperature=math.inf)
    assert (panel.temperature_edit.text(), panel.beta_edit.text()) == ("∞", "β 0")
    state.change(temperature=0.0)
    assert (panel.temperature_edit.text(), panel.beta_edit.text()) == ("0", "β ∞")


@pytest.mark.parametrize(("typed", "temperature"), [("0,5", 0.5), ("uniform", math.inf)])
def test_a_typed_temperature_counts_at_enter(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel, typed: str, temperature: float
) -> None:
    type_into(qtbot, panel.temperature_edit, typed)
    assert state.params.temperature == 0.8
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Return)
    assert state.params.temperature == temperature


def test_a_typed_beta_counts_at_enter(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel
) -> None:
    type_into(qtbot, panel.beta_edit, "2")
    QTest.keyClick(panel.beta_edit, Qt.Key.Key_Return)
    assert state.params.temperature == 0.5
    assert panel.beta_edit.text() == "β 2.00"


def test_esc_brings_back_what_is_in_force(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel
) -> None:
    type_into(qtbot, panel.temperature_edit, "3")
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Escape)
    assert panel.temperature_edit.text() == "0.80"
    assert state.params.temperature == 0.8


def test_a_refused_number_is_explained_in_place_and_can_be_mended(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel
) -> None:
    height = panel.sizeHint().height()
    type_into(qtbot, panel.temperature_edit, "warm")
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Return)
    assert any("“warm” is not a temperature" in text for text in words(panel))
    assert panel.temperature_edit.text() == "warm"
    assert panel.sizeHint().height() == height
    type_into(qtbot, panel.temperature_edit, "1")
    assert not any("not a temperature" in text for text in words(panel))
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Return)
    assert state.params.temperature == 1


def test_leaving_the_field_takes_a_number_and_drops_a_word(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel
) -> None:
    type_into(qtbot, panel.temperature_edit, "0.6")
    panel.slider.setFocus()
    assert state.params.temperature == 0.6
    type_into(qtbot, panel.temperature_edit, "warm")
    panel.slider.setFocus()
    assert panel.temperature_edit.text() == "0.60"
    assert not any("not a temperature" in text for text in words(panel))


def test_a_number_being_typed_is_left_alone_while_t_changes_elsewhere(
    qtbot: QtBot, state: SamplingState, panel: TemperaturePanel
) -> None:
    type_into(qtbot, panel.temperature_edit, "0.")
    state.change(temperature=2.0)
    assert panel.temperature_edit.text() == "0."
    assert panel.beta_edit.text() == "β 0.50"


def test_the_arrow_keys_step_from_the_number(state: SamplingState, panel: TemperaturePanel) -> None:
    panel.temperature_edit.setFocus()
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Up)
    assert state.params.temperature == 0.85
    assert panel.temperature_edit.text() == "0.85"
    QTest.keyClick(panel.temperature_edit, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert state.params.temperature == 0.7


def test_choices_and_bits_are_those_of_the_distribution(
    state: SamplingState, next_token: NextToken, panel: TemperaturePanel
) -> None:
    assert not any("choice" in text for text in words(panel))
    next_token.show(LogitSketch.of(np.zeros(8, np.float32)))
    figures = f"about 8 choices, 3.0 bits, favourite 12.5{NARROW}%"
    assert {"about 8 words could follow here", figures} <= set(words(panel))
    state.change(temperature=0.0)
    figures = f"1 choice, 0.0 bits, favourite 100.0{NARROW}%"
    assert {"always the favourite", figures} <= set(words(panel))
    next_token.clear("Open a model.")
    assert not any("choice" in text or "bits" in text for text in words(panel))


def test_sensitivity_is_said_in_words_and_its_number_in_the_tool_tip(
    state: SamplingState, next_token: NextToken, panel: TemperaturePanel
) -> None:
    # A steep place: one favourite, and below it a thousand tokens that come up together.
    logits = np.full(1000, -6.0, np.float32)
    logits[0] = 0.0
    next_token.show(LogitSketch.of(logits))
    assert panel.measures.words[2] == "a small turn changes much here"
    assert panel.measures.accessibleName() == "; ".join(panel.measures.words)
    state.change(temperature=0.1)
    assert panel.measures.words[2] == "turning T changes nothing here"
    at = QPoint(1, 1)
    hovered = QHelpEvent(QEvent.Type.ToolTip, at, panel.measures.mapToGlobal(at))
    QApplication.sendEvent(panel.measures, hovered)
    assert "dH/dlnT 0.00 nats" in panel.measures.toolTip()
    QToolTip.hideText()


def test_while_the_model_writes_the_figures_follow_at_a_readers_pace(
    qtbot: QtBot, next_token: NextToken, panel: TemperaturePanel
) -> None:
    next_token.show(LogitSketch.of(np.zeros(8, np.float32)), chosen=0)
    next_token.show(LogitSketch.of(np.zeros(9, np.float32)), chosen=0)
    assert not panel.measures.words
    qtbot.waitUntil(lambda: panel.measures.words[:1] == ("about 9 words could follow here",))
    next_token.show(LogitSketch.of(np.zeros(7, np.float32)))
    assert panel.measures.words[0] == "about 7 words could follow here"


def test_the_words_are_painted(next_token: NextToken, panel: TemperaturePanel) -> None:
    empty = panel.measures.grab().toImage()
    next_token.show(LogitSketch.of(np.zeros(8, np.float32)))
    shown = panel.measures.grab().toImage()
    assert shown != empty
    panel.measures.resize(40, panel.measures.height())
    assert panel.measures.grab().toImage() != shown


def test_a_narrow_card_has_shorter_words_and_no_half_ones(
    next_token: NextToken, panel: TemperaturePanel
) -> None:
    next_token.show(LogitSketch.of(np.linspace(0, 3, 90).astype(np.float32)))
    measures = panel.measures
    measures.resize(400, measures.height())
    assert measures.shown == list(measures.words)
    metrics = measures.fontMetrics()
    measures.resize(metrics.horizontalAdvance("choices grow about as T"), measures.height())
    assert measures.shown[2] == "choices grow as T does"
    assert not any("…" in words for words in measures.shown)
    measures.resize(metrics.horizontalAdvance("choices grow"), measures.height())
    assert measures.shown[2] == "grows as T"
    assert measures.shown[1].endswith("bits")
    assert not any("…" in words for words in measures.shown)


def test_every_control_has_a_name_and_a_tool_tip(panel: TemperaturePanel) -> None:
    for control in (panel.temperature_edit, panel.beta_edit, panel.curve, panel.slider):
        assert control.accessibleName()
        assert control.toolTip()


def test_at_first_it_speaks_to_a_writer_and_the_figures_are_under_details(
    qtbot: QtBot, next_token: NextToken, panel: TemperaturePanel
) -> None:
    panel.set_detailed(False)
    next_token.show(LogitSketch.of(np.zeros(3, np.float32)))
    assert panel.measures.shown == ["about 3 words could follow here"]
    for exact in (panel.beta_edit, panel.curve):
        assert not exact.isVisible()
    low = panel.sizeHint().height()
    panel.details.setFocus()
    QTest.keyClick(panel.details, Qt.Key.Key_Space)
    assert panel.is_detailed
    for exact in (panel.beta_edit, panel.curve):
        assert exact.isVisible()
    assert any("bits" in text for text in words(panel))
    assert panel.sizeHint().height() > low
    QTest.mouseClick(panel.details, Qt.MouseButton.LeftButton)
    assert not any("bits" in text for text in words(panel))
