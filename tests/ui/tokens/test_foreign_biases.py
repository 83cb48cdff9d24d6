"""A preset made for a model with another vocabulary: reported everywhere, raised nowhere."""

from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.app.tokens.foreign_biases import foreign_bias_words
from studio.presets import Preset
from studio.sampling import SamplingParams
from studio.ui.compare.distances import LaneDistances
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import SENTENCE, button, click, words

VOCABULARY = 49_152
FOREIGN = SamplingParams(temperature=0.8, logit_bias=((11, -1.0), (60_000, 5.0)))


def written(window: MainWindow, qtbot: QtBot) -> None:
    """Have a few tokens written, and wait for what comes after them."""
    session = window.session
    session.draft.manuscript.load(SENTENCE)
    window.editor.move_caret(len(SENTENCE))
    session.sampling.set_max_tokens(6)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    qtbot.waitUntil(
        lambda: session.next_token_preview.is_settled and session.next_token.sketch is not None,
        timeout=LONG,
    )


def put_in_force(window: MainWindow, params: SamplingParams = FOREIGN) -> None:
    """A preset of the writer's own with these."""
    presets = window.session.presets
    presets.folder.add(Preset(name="For another model", sampling=params))
    presets.read()
    preset = window.session.preset_choice.named("For another model")
    assert preset is not None
    presets.use(preset)
    QApplication.processEvents()


def test_bars_curve_heat_and_word_panel_say_so(window: MainWindow, qtbot: QtBot) -> None:
    written(window, qtbot)
    window.session.heat.set_measure(HeatMeasure.BLAME)
    window.landscape.action.trigger()
    put_in_force(window)
    expected = foreign_bias_words(FOREIGN, VOCABULARY)
    assert window.session.next_token.reason == expected
    assert not window.grab().isNull()
    curve = window.temperature.curve
    assert "for another model" in curve._words_under(curve.rect().center())
    assert window.session.heat.notes == (f"No blame: t{expected[1:]}",)
    window.editor.move_caret(len(SENTENCE) + 2)
    window.actions_.what_else.trigger()
    assert window.word.is_open
    assert not window.grab().isNull()
    window.explain.open()
    QApplication.processEvents()


def test_continue_leads_to_the_bias_and_taking_it_out_ends_the_matter(
    window: MainWindow, qtbot: QtBot
) -> None:
    written(window, qtbot)
    text = window.session.draft.manuscript.text
    put_in_force(window)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: window.notice.message != "", timeout=LONG)
    assert window.notice.message == foreign_bias_words(FOREIGN, VOCABULARY)
    assert window.session.draft.manuscript.text == text
    assert window.session.client.is_running
    way_on = window.notice.findChild(QPushButton)
    assert way_on is not None
    way_on.click()
    dock = window.parameters.dock
    assert dock is not None
    row = dock.editor.row("logit_bias")
    assert row.isVisible()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert row.isAncestorOf(focused)
    assert "not in this model" in words(row)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: window.notice.message != "", timeout=LONG)
    click(row, "unbias_60000")
    assert window.notice.message == ""
    assert window.session.next_token.reason is None
    assert "not in this model" not in words(row)
    assert button(row, "unbias_11")


def test_lanes_with_it_raise_nothing_and_the_run_leaves_them_out(
    window: MainWindow, qtbot: QtBot
) -> None:
    written(window, qtbot)
    put_in_force(window)
    window.compare.compare_page.trigger()
    state = window.session.compare
    qtbot.waitUntil(lambda: state.prompt_sketch is not None, timeout=LONG)
    for lane in state.lanes[1:]:
        lane.sampling.set_params(SamplingParams(temperature=0.5))
    distances = window.findChild(LaneDistances)
    assert distances is not None
    assert len(distances.distances()) == len(state.lanes) - 2
    assert not window.grab().isNull()
    state.set_max_tokens(2)
    state.run()
    qtbot.waitUntil(lambda: window.notice.message != "", timeout=LONG)
    assert "60,000" in window.notice.message
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert [bool(lane.tokens) for lane in state.lanes] == [False, True, True, True]
