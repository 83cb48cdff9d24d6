"""Heat and the word panel in the real window, on text that the real model wrote and scored."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.heat.measure import HeatMeasure
from studio.ui.heat.legend import BEING_SCORED, NO_DRAW
from studio.ui.main_window import MainWindow
from tests.helpers.recorded import scored
from tests.ui.conftest import LONG, remember

pytestmark = pytest.mark.usefixtures("kept_window")

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def write(window: MainWindow, qtbot: QtBot, tokens: int = 12) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, "The old fisherman looked out over the sea.")
    window.editor.move_caret(len(session.draft.manuscript))
    session.sampling.change(temperature=1.2, seed=3)
    session.sampling.set_max_tokens(tokens)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)


def middle_of(window: MainWindow, place: int) -> QPoint:
    tiles = window.heat.painter.tiles
    return tiles.rects_of(window.session.records.spans.all[place])[0].center()


def test_each_measure_has_a_key_and_a_place_in_the_menu(bare: MainWindow) -> None:
    assert bare.heat.legend.isHidden()
    for index, measure in enumerate(HeatMeasure):
        QTest.keyClick(bare.editor, Qt.Key(Qt.Key.Key_0 + index), ALT)
        assert bare.session.heat.measure is measure
        assert [action.isChecked() for action in bare.heat.actions].index(True) == index
        assert bare.heat.legend.isVisible() is (measure is not HeatMeasure.OFF)


def test_the_measure_is_remembered(open_window: Callable[[], MainWindow]) -> None:
    assert open_window().session.heat.measure is HeatMeasure.OFF
    remember(remembered.HEAT, "rank")
    again = open_window()
    assert again.session.heat.measure is HeatMeasure.RANK
    again.session.heat.set_measure(HeatMeasure.BLAME)
    assert again.settings.get(remembered.HEAT) == "blame"


def test_with_nothing_recorded_it_says_what_to_do(bare: MainWindow) -> None:
    bare.session.heat.set_measure(HeatMeasure.SURPRISE)
    legend = bare.heat.legend
    assert legend.is_empty
    assert legend.scale.isHidden()
    assert not legend.score_button.isEnabled()
    assert "Open a model first" in legend.score_button.toolTip()


def test_what_is_written_is_tinted_and_turning_t_shows_at_once(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.heat.set_measure(HeatMeasure.SURPRISE)
    write(window, qtbot)
    spans = window.session.records.spans.all
    assert len(spans) >= 10
    assert not window.heat.legend.is_empty
    qtbot.waitUntil(lambda: len(window.heat.painter.tiles.records) == len(spans))
    warm = window.editor.viewport().grab().toImage()
    window.session.sampling.change(temperature=0.3)
    cold = window.editor.viewport().grab().toImage()
    assert cold != warm


def test_text_that_was_typed_is_scored_from_the_legend(window: MainWindow, qtbot: QtBot) -> None:
    window.session.draft.manuscript.edit(0, 0, "The old fisherman looked out over the sea.")
    window.session.heat.set_measure(HeatMeasure.SURPRISE)
    legend = window.heat.legend
    assert legend.is_empty
    qtbot.waitUntil(legend.score_button.isEnabled)
    legend.score_button.click()
    assert BEING_SCORED in [label.text() for label in legend.findChildren(QLabel)]
    qtbot.waitUntil(lambda: not window.session.records.is_scoring, timeout=LONG)
    assert len(window.session.records.spans) >= 8
    assert not legend.is_empty
    assert legend.score_button.text() == "Score the text"
    # Read, not drawn: no draw, no blame.
    window.session.heat.set_measure(HeatMeasure.BLAME)
    records = window.session.records.spans.records
    assert set(window.session.heat.tints(records).tolist()) == {-1}
    assert NO_DRAW in [label.text() for label in legend.findChildren(QLabel)]
    assert legend.is_empty
    write(window, qtbot)
    assert not legend.is_empty


def test_alt_and_a_click_on_a_word_show_what_else_could_stand_there(
    window: MainWindow, qtbot: QtBot
) -> None:
    write(window, qtbot)
    span = window.session.records.spans.all[4]
    viewport = window.editor.viewport()
    alt = Qt.KeyboardModifier.AltModifier
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, alt, middle_of(window, 4))
    assert window.word.is_open
    panel, state = window.word.panel, window.session.word
    assert panel is not None
    assert state.span == span
    rows = state.next_token.rows(8)
    assert [row.token for row in rows if row.chosen] == [span.record.id]
    assert all("⟨token" not in row.text.text for row in rows), "the vocabulary is the window's own"
    before = panel.chance.text()
    window.session.sampling.change(temperature=0.5)
    assert panel.chance.text() != before
    QTest.keyClick(window.editor, Qt.Key.Key_Escape)
    assert not window.word.is_open


def test_the_keyboard_asks_for_the_word_at_the_caret(window: MainWindow, qtbot: QtBot) -> None:
    write(window, qtbot)
    QTest.keyClick(window.editor, Qt.Key.Key_Down, ALT)
    assert window.word.is_open
    assert window.session.word.span == window.session.records.spans.all[-1]
    QTest.keyClick(window.editor, Qt.Key.Key_Down, ALT)
    assert not window.word.is_open


def test_a_narrow_window_stays_narrow_and_its_legend_whole(bare: MainWindow) -> None:
    bare.resize(1000, 640)
    QApplication.processEvents()
    bare.session.sampling.change(xtc_probability=0.5)
    bare.session.draft.manuscript.edit(0, 0, "The sea")
    bare.session.records.spans.fill(0, [scored(b"The sea", 3)])
    for measure in HeatMeasure:
        bare.session.heat.set_measure(measure)
        QApplication.processEvents()
        assert bare.width() == 1000, measure
        if measure is HeatMeasure.BLAME:
            note, scale = bare.heat.legend.note, bare.heat.legend.scale
            assert note.isVisible()
            assert note.width() >= note.sizeHint().width()
            assert "XTC left out" in note.toolTip()
            assert scale.width() >= 100
