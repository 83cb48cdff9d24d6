from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.panel import NextTokenPanel
from studio.ui.parameters.sampling_state import SamplingState
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken

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
