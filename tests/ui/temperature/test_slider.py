import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.sampling import SamplingParams
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.colors import DARK, LIGHT
from studio.ui.theme.theme import Theme

NO = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
WIDTH = 480


@pytest.fixture
def state() -> SamplingState:
    return SamplingState(SamplingParams(temperature=0.7))


@pytest.fixture
def slider(qtbot: QtBot, state: SamplingState, theme: Theme) -> TemperatureSlider:
    made = TemperatureSlider(state, theme)
    qtbot.addWidget(made)
    made.resize(WIDTH, made.sizeHint().height())
    made.show()
    return made


def wheel(slider: TemperatureSlider, eighths: int, modifier: Qt.KeyboardModifier = NO) -> None:
    event = QWheelEvent(
        QPointF(10, 10),
        QPointF(10, 10),
        QPoint(),
        QPoint(0, eighths),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(slider, event)


@pytest.mark.parametrize(
    ("key", "modifier", "temperature"),
    [
        (Qt.Key.Key_Right, NO, 0.75),
        (Qt.Key.Key_Up, NO, 0.75),
        (Qt.Key.Key_Left, NO, 0.65),
        (Qt.Key.Key_Down, NO, 0.65),
        (Qt.Key.Key_Right, SHIFT, 1.0),
        (Qt.Key.Key_Left, SHIFT, 0.5),
        (Qt.Key.Key_PageUp, NO, 1.0),
        (Qt.Key.Key_PageDown, NO, 0.5),
        (Qt.Key.Key_Home, NO, 0.0),
        (Qt.Key.Key_End, NO, math.inf),
        (Qt.Key.Key_A, NO, 0.7),
    ],
)
def test_keys(
    state: SamplingState,
    slider: TemperatureSlider,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    temperature: float,
) -> None:
    QTest.keyClick(slider, key, modifier)
    assert state.params.temperature == temperature


def test_a_click_puts_the_handle_there(state: SamplingState, slider: TemperatureSlider) -> None:
    QTest.mouseClick(slider, LEFT, pos=QPoint(360, 12))
    assert slider.handle_center().x() == pytest.approx(360, abs=6)
    assert state.params.temperature > 1


def test_a_drag_goes_through_to_both_exact_ends(
    state: SamplingState, slider: TemperatureSlider
) -> None:
    QTest.mousePress(slider, LEFT, pos=QPoint(200, 12))
    assert slider.isSliderDown()
    QTest.mouseMove(slider, QPoint(-50, 12))
    assert state.params.temperature == 0
    QTest.mouseMove(slider, QPoint(WIDTH // 2, 12))
    assert state.params.temperature == 1
    QTest.mouseMove(slider, QPoint(WIDTH + 50, 12))
    assert state.params.temperature == math.inf
    QTest.mouseRelease(slider, LEFT, pos=QPoint(WIDTH, 12))
    assert not slider.isSliderDown()
    QTest.mouseMove(slider, QPoint(100, 12))
    assert state.params.temperature == math.inf


def test_other_buttons_do_nothing(state: SamplingState, slider: TemperatureSlider) -> None:
    QTest.mouseClick(slider, Qt.MouseButton.RightButton, pos=QPoint(400, 12))
    QTest.mouseDClick(slider, Qt.MouseButton.MiddleButton, pos=QPoint(400, 12))
    assert state.params.temperature == 0.7


def test_a_double_click_goes_back_to_one(state: SamplingState, slider: TemperatureSlider) -> None:
    QTest.mouseDClick(slider, LEFT, pos=QPoint(30, 12))
    assert state.params.temperature == 1


def test_the_wheel_steps_and_small_movements_add_up(
    state: SamplingState, slider: TemperatureSlider
) -> None:
    wheel(slider, 120)
    assert state.params.temperature == 0.75
    wheel(slider, -60)
    assert state.params.temperature == 0.75
    wheel(slider, -60)
    assert state.params.temperature == 0.70
    wheel(slider, 120, SHIFT)
    assert state.params.temperature == 1.0


def test_the_handle_follows_the_state(state: SamplingState, slider: TemperatureSlider) -> None:
    left = slider.handle_center().x()
    state.change(temperature=2.0)
    assert slider.handle_center().x() > left
    state.change(temperature=math.inf)
    assert slider.handle_center().x() == WIDTH - 8
    state.change(temperature=0.0)
    assert slider.handle_center().x() == 8


@pytest.mark.parametrize("temperature", [0.0, 0.0041, 0.8123, 1.0, 19.999, 5000.0, math.inf])
def test_following_never_rounds_the_state(
    state: SamplingState, slider: TemperatureSlider, temperature: float
) -> None:
    state.change(temperature=temperature)
    assert state.params.temperature == temperature


def test_the_hottest_number_there_is_stands_at_the_end(
    state: SamplingState, slider: TemperatureSlider
) -> None:
    state.change(temperature=1e308)  # a preset or a comparison of a stranger's can have it
    assert slider.value() == slider.maximum() - 1
    assert slider.handle_center().x() > WIDTH * 0.9


def test_a_screen_reader_reads_hundredths_and_sets_them(
    state: SamplingState, slider: TemperatureSlider
) -> None:
    accessible = QAccessible.queryAccessibleInterface(slider)
    assert accessible is not None
    assert accessible.role() == QAccessible.Role.Slider
    assert accessible.text(QAccessible.Text.Name) == "Temperature"
    assert accessible.text(QAccessible.Text.Description) == "0.70, beta 1.43"
    value = accessible.valueInterface()
    assert value.currentValue() == 70
    value.setCurrentValue(150)
    assert state.params.temperature == 1.5
    value.setCurrentValue(value.maximumValue())
    assert state.params.temperature == math.inf
    assert slider.accessibleDescription() == "infinite, uniform"
    value.setCurrentValue(value.minimumValue())
    assert state.params.temperature == 0


def test_it_explains_itself_in_the_fields_words_and_in_plain_ones(
    slider: TemperatureSlider,
) -> None:
    assert "softmax" in slider.toolTip()
    assert "surprising" in slider.toolTip()


def test_it_paints_focus_and_theme(qtbot: QtBot, slider: TemperatureSlider, theme: Theme) -> None:
    slider.activateWindow()
    slider.clearFocus()
    plain = slider.grab().toImage()
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    assert slider.grab().toImage() != plain
    inside = slider.handle_center().toPoint()
    assert slider.grab().toImage().pixelColor(inside).name() == LIGHT.card
    theme.set_appearance("dark")
    assert slider.grab().toImage().pixelColor(inside).name() == DARK.card


def test_a_disabled_track_is_paler(slider: TemperatureSlider) -> None:
    slider.setEnabled(False)
    pale = slider.grab().toImage().pixelColor(40, 12)
    slider.setEnabled(True)
    assert slider.grab().toImage().pixelColor(40, 12).saturation() > pale.saturation()


def test_in_a_narrow_column_the_ends_are_numbers(slider: TemperatureSlider) -> None:
    assert slider._end_words() == ("0 always the favourite", "∞ anything")
    slider.resize(220, slider.height())
    assert slider._end_words() == ("0", "∞")


def test_the_handle_grows_with_the_letters_and_stays_inside(slider: TemperatureSlider) -> None:
    font = slider.font()
    before = slider.sizeHint().height()
    font.setPixelSize(26)
    slider.setFont(font)
    slider.resize(WIDTH, slider.sizeHint().height())
    assert slider.sizeHint().height() > 1.8 * before
    for place in (0.0, math.inf):
        slider._sampling.change(temperature=place)
        image = slider.grab().toImage()
        center = slider.handle_center()
        edge = [
            y
            for y in range(image.height())
            if image.pixelColor(round(center.x()), y).name() == LIGHT.accent
        ]
        assert max(edge) - min(edge) > 26, "as large as it should be"
        assert 14 < center.x() < WIDTH - 14
    QTest.mouseClick(slider, LEFT, NO, QPoint(round(slider.handle_center().x()), 10))
    assert slider._sampling.params.temperature == math.inf
