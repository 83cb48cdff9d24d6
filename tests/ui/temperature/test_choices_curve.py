import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from studio.app.allowance import Allowance
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.temperature_scale import position
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.retempered import PLACES, Retempered
from studio.sampling import LogitSketch
from studio.sampling.analysis.retemper import Place
from studio.ui.temperature.choices_curve import ChoicesCurve
from studio.ui.temperature.panel import TemperaturePanel
from studio.ui.temperature.track import x_of
from studio.ui.theme.colors import DARK, LIGHT
from studio.ui.theme.theme import Theme
from tests.helpers.truncated import cut_off

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def curve(panel: TemperaturePanel) -> ChoicesCurve:
    return panel.curve


def some_sketch(size: int = 2000, seed: int = 1) -> LogitSketch:
    return LogitSketch.of(np.random.default_rng(seed).normal(0, 3, size).astype(np.float32))


def pixels(curve: ChoicesCurve, color: str) -> int:
    image = curve.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
    return int(np.count_nonzero(values == int(color[1:], 16)))


def tool_tip(curve: ChoicesCurve, x: float) -> str:
    at = QPoint(round(x), 20)
    QApplication.sendEvent(curve, QHelpEvent(QEvent.Type.ToolTip, at, curve.mapToGlobal(at)))
    words = QToolTip.text()
    QToolTip.hideText()
    return words


def test_with_nothing_known_it_is_words(curve: ChoicesCurve) -> None:
    assert curve.dot() is None
    assert curve.point_of(Place(1.0, 1.0, 1.0)) is None
    assert pixels(curve, LIGHT.accent) == 0
    assert pixels(curve, LIGHT.muted) > 0
    assert "Steepest" in tool_tip(curve, 100)


def test_the_dot_stands_over_the_sliders_handle(
    state: SamplingState, next_token: NextToken, panel: TemperaturePanel
) -> None:
    next_token.show(some_sketch())
    for temperature in (0.0, 0.3, 1.0, 7.0, math.inf):
        state.change(temperature=temperature)
        dot = panel.curve.dot()
        assert dot is not None
        over = panel.curve.mapTo(panel, dot)
        assert over.x() == panel.slider.mapTo(panel, panel.slider.handle_center()).x()


def test_the_dot_rises_with_t_from_the_ground_to_the_upper_edge(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch())
    heights = []
    for temperature in (0.0, 0.5, 1.0, 2.0, math.inf):
        state.change(temperature=temperature)
        dot = curve.dot()
        assert dot is not None
        heights.append(dot.y())
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > curve.height() - 10
    assert heights[-1] < 10


def test_a_press_and_a_drag_set_t(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch())
    QTest.mousePress(curve, LEFT, NONE, QPoint(round(x_of(0.5, curve.width())), 20))
    assert state.params.temperature == pytest.approx(0.5, abs=0.01)
    QTest.mouseMove(curve, QPoint(round(x_of(2.0, curve.width())), 70))
    assert state.params.temperature == pytest.approx(2.0, abs=0.05)
    QTest.mouseMove(curve, QPoint(curve.width() + 40, 70))
    QTest.mouseRelease(curve, LEFT, NONE, QPoint(curve.width() + 40, 70))
    assert state.params.temperature == math.inf
    QTest.mouseMove(curve, QPoint(10, 70))
    QTest.mouseClick(curve, Qt.MouseButton.RightButton, NONE, QPoint(10, 20))
    assert state.params.temperature == math.inf


def test_without_filters_there_is_one_line_and_with_them_two(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch())
    assert pixels(curve, LIGHT.accent) > 50
    one = curve.grab().toImage()
    state.change(repeat_penalty=1.3)  # of no consequence: nothing is before the caret
    assert curve.grab().toImage() == one
    state.change(top_k=20)
    assert curve.grab().toImage() != one


def test_where_filters_cut_the_scale_is_theirs(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch(20_000))
    state.change(temperature=math.inf)
    state.change(top_k=90)
    dot = curve.dot()
    assert dot is not None
    assert dot.y() < 12  # of 100 choices 90
    state.change(top_k=2)
    dot = curve.dot()
    assert dot is not None
    assert dot.y() > curve.height() * 0.75  # the scale does not follow any further


def test_steepest_and_flattest_are_marked_on_the_curve(
    next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch())
    retempered = next_token.retempered
    assert retempered is not None
    image = curve.grab().toImage()
    for place in (retempered.steepest, retempered.flattest):
        assert place is not None
        point = curve.point_of(place)
        assert point is not None
        # A ring: its middle is the card's colour, where the line alone would be the accent's.
        assert image.pixelColor(point.toPoint()).name() == LIGHT.card
    words = tool_tip(curve, 200)
    assert "Flattest at T " in words
    assert "Steepest at T " in words


def test_what_is_known_between_bounds_is_a_band(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    logits = np.random.default_rng(1).normal(0, 3, 2000)
    next_token.show(cut_off(logits, 60))
    curve.follow()
    retempered = next_token.retempered
    assert retempered is not None
    assert retempered.band is not None
    least, most = (float(np.interp(position(3.0), PLACES, end)) for end in retempered.band)
    truth = LogitSketch.of(logits).entropy(3.0)
    assert least < truth < most
    words = tool_tip(curve, x_of(3.0, curve.width(), 1.0))
    assert " to " in words
    assert "Steepest at" not in words
    ground = curve.grab().toImage()
    x = round(x_of(3.0, curve.width(), 1.0))
    inside = ground.pixelColor(x, round(curve.point_of(Place(3.0, (least + most) / 2, 0.0)).y()))  # type: ignore[union-attr]
    assert inside.name() not in (LIGHT.window, LIGHT.accent)
    state.change(typical_p=0.5)
    next_token.set_params(state.params)
    curve.follow()
    assert "not known" in tool_tip(curve, 100)


def test_the_tool_tip_says_what_the_curve_says_there(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(LogitSketch.of(np.zeros(50, np.float32)))
    assert "T 2.0" in tool_tip(curve, x_of(2.0, curve.width()))
    assert "about 50 choices" in tool_tip(curve, x_of(2.0, curve.width()))
    state.change(top_k=5)
    words = tool_tip(curve, x_of(2.0, curve.width()))
    assert "about 50 choices before filters" in words
    assert "about 5 choices after filters" in words


def test_nothing_is_computed_for_a_curve_that_is_not_on_the_screen(
    next_token: NextToken, panel: TemperaturePanel
) -> None:
    panel.hide()
    next_token.show(some_sketch())
    QApplication.processEvents()
    assert next_token.retempered is not None
    assert "before" not in vars(next_token.retempered)
    panel.curve.grab()
    assert "before" in vars(next_token.retempered)


def test_turning_t_computes_no_new_curve(
    state: SamplingState, next_token: NextToken, curve: ChoicesCurve
) -> None:
    next_token.show(some_sketch())
    first = next_token.retempered
    state.change(temperature=1.7)
    assert next_token.retempered is first
    state.change(top_k=3)
    assert next_token.retempered is not first


def test_colours_follow_the_theme(next_token: NextToken, curve: ChoicesCurve, theme: Theme) -> None:
    next_token.show(some_sketch())
    assert pixels(curve, LIGHT.card) > pixels(curve, DARK.card)
    theme.set_appearance("dark")
    assert pixels(curve, DARK.card) > pixels(curve, LIGHT.card)
    assert pixels(curve, DARK.accent) > 50


AFTER_T = ("temperature", "min_p")


def test_while_the_model_writes_a_dear_curve_shows_now_and_then(
    state: SamplingState,
    next_token: NextToken,
    panel: TemperaturePanel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    curve = panel.curve
    monkeypatch.setattr(curve, "_allowance", Allowance(lambda: now))
    state.change(min_p=0.05, samplers=AFTER_T)

    def write(seed: int) -> Retempered | None:
        next_token.show(some_sketch(seed=seed), (1, 2), 7)
        curve.follow()
        return next_token.retempered

    work_out = Retempered.work_out

    def dear(retempered: Retempered) -> None:
        nonlocal now
        work_out(retempered)
        now += 0.01

    monkeypatch.setattr(Retempered, "work_out", dear)
    first = write(1)
    assert first is not None
    assert first.is_dear
    assert pixels(curve, LIGHT.accent) > 50, "the strong curve, while it writes"
    second = write(2)
    shown = curve.grab().toImage()
    assert second is not None
    assert "after" not in vars(second), "too soon: nothing is computed for it, painted or not"
    # The dot stays on the curve that is shown.
    assert first.after is not None
    dot, place = curve.dot(), position(0.8)
    assert dot is not None
    entropy = float(np.interp(place, PLACES, first.after.entropies))
    point = curve.point_of(Place(0.8, entropy, 0.0))
    assert point is not None
    assert dot.y() == pytest.approx(point.y())
    now += 0.3
    write(3)
    assert curve.grab().toImage() != shown
    next_token.show(some_sketch(seed=4))  # the pause: at rest it is shown at once
    retempered = next_token.retempered
    assert retempered is not None
    assert curve.point_of(Place(1.0, 1.0, 0.0)) is not None
    curve.grab()
    assert "after" in vars(retempered)


def test_a_curve_that_costs_little_follows_every_look(
    state: SamplingState, next_token: NextToken, panel: TemperaturePanel
) -> None:
    state.change(min_p=0.05)
    for seed in (1, 2):
        next_token.show(some_sketch(seed=seed), (1, 2), 7)
        panel.curve.follow()
        panel.curve.grab()
        retempered = next_token.retempered
        assert retempered is not None
        assert not retempered.is_dear
        assert "after" in vars(retempered)


def test_with_all_that_is_known_banned_it_is_words(
    state: SamplingState, next_token: NextToken, panel: TemperaturePanel
) -> None:
    sketch = some_sketch()
    next_token.show(sketch)
    state.change(logit_bias=tuple((int(token), -math.inf) for token in sketch.ids))
    curve = panel.curve
    assert curve.dot() is None
    assert pixels(curve, LIGHT.accent) == 0
    assert pixels(curve, LIGHT.muted) > 0
    assert "biases" in tool_tip(curve, 100)
    assert panel.measures.words == ()
    assert "biases ban" in panel.measures.accessibleName()
    state.change(logit_bias=())
    assert pixels(curve, LIGHT.accent) > 50


def test_the_dot_hides_no_name(curve: ChoicesCurve) -> None:
    at, words = QPointF(200, 60), "steepest 0.49"
    free = curve._beside(at, words, [])
    dot = QRectF(free.right() - 4, free.center().y(), 8, 8)
    moved = curve._beside(at, words, [dot])
    assert not moved.intersects(dot)
    assert not curve._beside(at, words, [dot, moved]).intersects(moved)
