from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.bars import TokenBars
from studio.ui.histogram.panel import HINT, NextTokenPanel
from studio.ui.theme.theme import Theme
from studio.ui.word.panel import WordBars

NOTED = SamplingParams(xtc_probability=0.5)


@pytest.fixture
def panel(qapp: QApplication, qtbot: QtBot) -> Iterator[NextTokenPanel]:
    theme = Theme(qapp, "light")
    state = NextToken(SamplingParams())
    state.show(LogitSketch.of(np.linspace(0, 9, 100).astype(np.float32)))
    panel = NextTokenPanel(state, theme, SamplingState(SamplingParams(), 64))
    column = QWidget()
    qtbot.addWidget(column)
    inside = QVBoxLayout(column)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.addWidget(panel)
    column.show()
    column.resize(column.minimumSizeHint())
    yield panel
    qapp.setStyleSheet("")


def test_a_line_without_words_takes_no_room(panel: NextTokenPanel) -> None:
    assert panel.note.text() == ""
    assert not panel.note.isVisible()


def test_a_note_makes_no_window_higher_and_leaves_three_bars(
    panel: NextTokenPanel, qtbot: QtBot
) -> None:
    before = panel.size()
    assert panel.histogram.line_count() >= 4
    panel._state.set_params(NOTED)
    assert panel.note.isVisible()
    assert panel.minimumSizeHint().height() == before.height()
    qtbot.waitUntil(lambda: panel.histogram.geometry().bottom() < panel.note.geometry().top())
    assert panel.size() == before
    assert panel.note.height() >= panel.note.minimumSizeHint().height()
    assert panel.histogram.line_count() >= 4


def test_the_hint_is_there_while_there_is_something_to_click(panel: NextTokenPanel) -> None:
    assert panel.hint.text() == HINT
    assert panel._state.sketch is not None
    panel._state.show(panel._state.sketch, chosen=3)  # while the model writes
    assert panel.hint.text() == ""
    panel._state.clear("Open a model.")
    assert panel.hint.text() == ""


def test_lanes_report_what_is_cut_in_one_line_and_the_word_panel_in_rows(
    panel: NextTokenPanel, qtbot: QtBot, theme: Theme
) -> None:
    panel._state.set_params(SamplingParams(top_k=2))
    lane, word = TokenBars(panel._state, theme, "Lane", "Bars"), WordBars(panel._state, theme)
    for bars in (lane, word):
        qtbot.addWidget(bars)
        bars.describe()
    assert lane.accessibleDescription().endswith("likely words cut by top-k 2")
    assert word.accessibleDescription().count("cut") >= 3
    assert "likely" not in word.accessibleDescription()


def test_the_hint_is_shortened_and_not_cut_where_there_is_no_room(panel: NextTokenPanel) -> None:
    panel.resize(600, panel.height())
    QApplication.processEvents()
    assert panel.hint.shown == HINT
    panel.resize(panel.hint.fontMetrics().horizontalAdvance("Next word" + HINT[:12]), 300)
    QApplication.processEvents()
    assert panel.hint.shown != HINT
    assert HINT.startswith(panel.hint.shown.rstrip("…"))
