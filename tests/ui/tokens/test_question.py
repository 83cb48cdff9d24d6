import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import TokenRow
from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.panel import NextTokenPanel
from studio.ui.theme.theme import Theme

NARROW = "\u202f"
LOGITS = np.array([3.0, 2.2, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0], np.float32)


@pytest.fixture
def sampling() -> SamplingState:
    return SamplingState(SamplingParams(temperature=0.8))


@pytest.fixture
def panel(qtbot: QtBot, sampling: SamplingState, theme: Theme) -> NextTokenPanel:
    state = NextToken(sampling.params)
    sampling.params_changed.connect(state.set_params)
    made = NextTokenPanel(state, theme, sampling)
    qtbot.addWidget(made)
    made.resize(480, 460)
    made.show()
    made.activateWindow()
    state.show(LogitSketch.of(LOGITS))
    state.add_pieces({0: b" sea", 1: b" bay"})
    return made


def ask(panel: NextTokenPanel, row: int) -> None:
    """Choose the question in a row's menu."""
    line = panel.histogram.lines[row]
    assert isinstance(line, TokenRow)
    menu = panel.menu(line.token, panel.histogram.line_rect(row))
    (action,) = [action for action in menu.actions() if "T makes it" in action.text()]
    action.trigger()


def probability(token: int, temperature: float, **fields: object) -> float:
    params = SamplingParams(temperature=temperature, **fields)  # type: ignore[arg-type]  # they vary
    shaped = LogitSketch.of(LOGITS).shaped(params)
    return float(shaped.probabilities[shaped.ids == token].sum())


def test_the_menu_asks_and_a_button_sets_t(panel: NextTokenPanel, sampling: SamplingState) -> None:
    ask(panel, 1)
    question = panel.question
    assert question.isVisible()
    assert question.answer.startswith("Never the favourite; most likely at T\u00a0")
    assert not any(button.isVisible() for button in question.buttons)
    QTest.keyClicks(question.edit, "20")
    assert question.answer == f"Two T make it 20.0{NARROW}%:"
    assert all(button.isVisible() for button in question.buttons)
    QTest.mouseClick(question.buttons[1], Qt.MouseButton.LeftButton)
    assert probability(1, sampling.params.temperature) == pytest.approx(0.2, abs=1e-3)
    hot = sampling.params.temperature
    QTest.mouseClick(question.buttons[0], Qt.MouseButton.LeftButton)
    assert sampling.params.temperature < hot
    assert question.isVisible()


def test_enter_takes_the_first_and_esc_closes(
    panel: NextTokenPanel, sampling: SamplingState
) -> None:
    ask(panel, 0)
    question = panel.question
    QTest.keyClicks(question.edit, "50")
    QTest.keyClick(question.edit, Qt.Key.Key_Return)
    assert probability(0, sampling.params.temperature) == pytest.approx(0.5, abs=1e-3)
    QTest.keyClick(question.edit, Qt.Key.Key_Escape)
    assert not question.isVisible()


def test_it_closes_when_the_focus_goes_elsewhere(qtbot: QtBot, panel: NextTokenPanel) -> None:
    panel.histogram.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_T):
        QTest.keyClick(panel.histogram, key)
    qtbot.waitUntil(panel.question.edit.hasFocus)
    assert panel.histogram.pointed == 1
    panel.histogram.setFocus()
    assert not panel.question.isVisible()


def test_it_lies_in_the_window_for_every_row(panel: NextTokenPanel) -> None:
    for row in range(8):
        ask(panel, row)
        question = panel.question
        QTest.keyClicks(question.edit, "20")
        assert panel.rect().contains(question.geometry())
        middle = panel.histogram.line_rect(row).center()
        assert not question.geometry().contains(panel.histogram.mapTo(panel, middle))
        QTest.keyClick(question.edit, Qt.Key.Key_Escape)


def test_nonsense_is_explained_and_can_be_mended(panel: NextTokenPanel) -> None:
    ask(panel, 0)
    question = panel.question
    QTest.keyClicks(question.edit, "often")
    assert question.answer == "“often” is not a percentage: type a number from 0 to 100."
    assert not any(button.isVisible() for button in question.buttons)
    question.edit.selectAll()
    QTest.keyClicks(question.edit, "60")
    assert question.answer == f"One T makes it 60.0{NARROW}%:"
    question.edit.selectAll()
    QTest.keyClick(question.edit, Qt.Key.Key_Delete)
    assert question.answer == ""
    QTest.keyClick(question.edit, Qt.Key.Key_Return)
    question.hide()


def test_words_and_buttons_all_fit_into_it(panel: NextTokenPanel) -> None:
    ask(panel, 1)
    question = panel.question
    layout = question.layout()
    assert layout is not None
    for typed in ("20", "60", "often", "0.001"):
        question.edit.selectAll()
        QTest.keyClicks(question.edit, typed)
        assert question.height() >= layout.totalHeightForWidth(question.width())
        for button in question.buttons:
            if button.isVisible():
                assert button.width() >= button.sizeHint().width()
    question.hide()


def test_by_keyboard_alone(qtbot: QtBot, panel: NextTokenPanel, sampling: SamplingState) -> None:
    histogram = panel.histogram
    panel.activateWindow()
    histogram.setFocus()
    qtbot.waitUntil(histogram.hasFocus)
    QTest.keyClick(histogram, Qt.Key.Key_T)
    assert not panel.question.isVisible()  # about what?
    QTest.keyClick(histogram, Qt.Key.Key_Down)
    QTest.keyClick(histogram, Qt.Key.Key_Down)
    QTest.keyClick(histogram, Qt.Key.Key_T)
    assert panel.question.isVisible()
    assert panel.question.answer.startswith("Never the favourite")
    QTest.keyClick(panel.question, Qt.Key.Key_Escape)
    assert not panel.question.isVisible()
    assert histogram.pointed == 1
    assert sampling.params.temperature == 0.8


def test_it_stays_with_the_place_it_was_asked_at(
    panel: NextTokenPanel, sampling: SamplingState
) -> None:
    ask(panel, 1)
    panel.histogram._state.show(LogitSketch.of(-LOGITS))
    QTest.keyClicks(panel.question.edit, "20")
    QTest.keyClick(panel.question.edit, Qt.Key.Key_Return)
    assert probability(1, sampling.params.temperature) == pytest.approx(0.2, abs=1e-3)
    assert not math.isinf(sampling.params.temperature)
    panel.question.hide()


@pytest.mark.parametrize("piece", [b" sea", b" incomprehensibilities, they say"])
def test_the_question_is_read_whole_however_long_the_token(
    panel: NextTokenPanel, piece: bytes
) -> None:
    panel.resize(700, 460)
    panel._state.add_pieces({0: piece})
    ask(panel, 0)
    QApplication.processEvents()
    assert panel.question.isVisible()
    labels = [label for label in panel.question.findChildren(QLabel) if label.isVisible()]
    assert any("What T makes" in label.text() for label in labels)
    for label in labels:
        if not label.wordWrap():
            assert label.width() >= label.sizeHint().width()
