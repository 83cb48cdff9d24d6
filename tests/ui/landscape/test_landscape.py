import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from studio.app.landscape.words import cell_line
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, undrawn
from studio.ui.heat.ramp import oklab
from studio.ui.landscape.view import LandscapeView, color_table
from studio.ui.main_window import MainWindow
from studio.ui.theme.colors import DARK, LIGHT
from tests.ui.conftest import LONG

VOCABULARY = 200
WORDS = 40


def scored(seed: int) -> TokenRecord:
    logits = (np.random.default_rng(seed).normal(size=VOCABULARY) * 3).astype(np.float32)
    token = int(np.argsort(-logits)[seed % 5])
    return undrawn(token, b"word ", LogitSketch.of(logits, token).to_bytes())


def fill(window: MainWindow, count: int = WORDS) -> None:
    """A text of which every word is a recorded token, the caret at its end."""
    window.session.draft.manuscript.load("word " * count)
    assert window.session.records.spans.fill(0, [scored(seed) for seed in range(count)])
    window.editor.move_caret(len(window.session.draft.manuscript))


@pytest.fixture
def shown(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    """A window with a text and the landscape shown."""
    window = open_window()
    window.resize(1200, 800)
    fill(window)
    window.landscape.set_shown(True)
    settle(window, qtbot)
    return window


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.landscape.state.is_settled, timeout=LONG)


def view(window: MainWindow) -> LandscapeView:
    found = window.landscape.panel.view
    assert found is not None
    return found


def picture(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def center(window: MainWindow, column: int, row_place: float) -> QPoint:
    plot = view(window).plot
    x = view(window).left_of(column) + view(window).column_width / 2
    return QPoint(round(x), round(plot.top() + plot.height() * row_place))


def reported(window: MainWindow) -> str:
    labels = window.landscape.panel.findChildren(QLabel)
    return "\n".join(label.text() for label in labels)


def test_hidden_it_is_not_even_loaded(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    fill(window)
    assert not window.landscape.panel.isVisible()
    assert not window.landscape.panel.findChildren(LandscapeView)
    assert window.landscape.state.spans == []
    code = "import sys, studio.ui.landscape.landscape; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_its_key_shows_and_hides_it(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    window.activateWindow()
    QTest.keyClick(window.editor, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert window.landscape.panel.isVisible()
    assert window.landscape.action.isChecked()
    assert "score the text" in (window.landscape.state.reason or "")
    fill(window)
    qtbot.waitUntil(lambda: len(window.landscape.state.spans) == WORDS)
    assert window.landscape.state.reason is None
    QTest.keyClick(window.editor, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not window.landscape.panel.isVisible()
    assert window.landscape.state.spans == [], "hidden it keeps nothing"


def test_turning_t_sharpens_and_flattens(shown: MainWindow, qtbot: QtBot) -> None:
    state = shown.landscape.state

    def at(temperature: float) -> tuple[float, np.ndarray]:
        shown.session.sampling.change(temperature=temperature)
        settle(shown, qtbot)
        return float(state.levels[:, 10:100].mean()), picture(view(shown))

    cold, hot, uniform = at(0.3), at(2.0), at(float("inf"))
    assert cold[0] < hot[0]
    assert (state.levels[:, 0] == state.levels[:, 100]).all(), "at T ∞ the land is flat"
    assert not (cold[1] == hot[1]).all()
    assert not (hot[1] == uniform[1]).all()


def test_the_pointer_reports_token_rank_and_probability(shown: MainWindow, qtbot: QtBot) -> None:
    state = shown.landscape.state
    QTest.mouseMove(view(shown).viewport(), center(shown, 12, 0.01))
    assert state.column == 12
    cell = state.cell()
    assert cell is not None
    record = state.spans[12].record
    sketch = LogitSketch.from_bytes(record.sketch)
    assert (cell.ago, cell.written_rank, cell.row) == (WORDS - 13, 2, 0)
    assert cell.written_p == pytest.approx(sketch.probability(record.id, state.temperature))
    favourite = int(sketch.ids[0])
    assert cell.other == shown.session.next_token.text(favourite)
    assert cell.other_p == pytest.approx(sketch.probability(favourite, state.temperature))
    assert cell_line(cell) in reported(shown)
    assert view(shown).accessibleDescription() == cell_line(cell)
    QTest.mouseMove(view(shown).viewport(), QPoint(1, 1))
    assert state.column is None
    assert cell_line(cell) not in reported(shown)


def test_a_click_looks_at_the_token_in_the_text(shown: MainWindow, qtbot: QtBot) -> None:
    fill(shown, 900)
    shown.landscape.state.set_count(1000)
    qtbot.waitUntil(lambda: len(shown.landscape.state.spans) == 900, timeout=LONG)
    caret = shown.editor.caret
    start, end = shown.editor.visible_range()
    assert start > 50, "the beginning is out of view"
    QTest.mouseClick(view(shown).viewport(), Qt.MouseButton.LeftButton, pos=center(shown, 5, 0.5))
    column = shown.landscape.state.column
    assert column is not None
    assert abs(column - 5) <= 1
    span = shown.session.word.span
    assert span is not None
    assert span.record is shown.landscape.state.spans[column].record
    start, end = shown.editor.visible_range()
    assert start <= span.start < end, "it has been scrolled to"
    assert shown.editor.caret == caret, "the caret, and so the landscape, stay"


def test_the_keyboard_can_do_all_of_it(shown: MainWindow, qtbot: QtBot) -> None:
    shown.activateWindow()
    state, landscape = shown.landscape.state, view(shown)
    landscape.setFocus(Qt.FocusReason.TabFocusReason)
    assert state.column == WORDS - 1
    for key, column, row in (
        (Qt.Key.Key_Left, WORDS - 2, None),
        (Qt.Key.Key_PageUp, WORDS - 12, None),
        (Qt.Key.Key_Home, 0, None),
        (Qt.Key.Key_Down, 0, 0),
        (Qt.Key.Key_Down, 0, 1),
        (Qt.Key.Key_Right, 1, 1),
        (Qt.Key.Key_Up, 1, 0),
        (Qt.Key.Key_Up, 1, None),
        (Qt.Key.Key_End, WORDS - 1, None),
    ):
        QTest.keyClick(landscape, key)
        assert (state.column, state.row) == (column, row)
    QTest.keyClick(landscape, Qt.Key.Key_Return)
    span = shown.session.word.span
    assert span is not None
    assert span.record is state.spans[-1].record


def test_how_many_tokens_is_chosen(shown: MainWindow, qtbot: QtBot) -> None:
    fill(shown, 350)
    state = shown.landscape.state
    qtbot.waitUntil(lambda: len(state.spans) == 100)
    for name, count in (("The last 300 tokens", 300), ("The last 1,000 tokens", 350)):
        button = next(
            found
            for found in shown.landscape.panel.findChildren(QAbstractButton)
            if found.accessibleName() == name
        )
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        settle(shown, qtbot)
        assert len(state.spans) == count
        assert button.isChecked()
        assert view(shown).column_width < 6


def test_colours_are_even_and_follow_the_theme(shown: MainWindow, qtbot: QtBot) -> None:
    for colors, sign in ((LIGHT, -1), (DARK, 1)):
        table = color_table(colors)
        assert table.shape == (256, 3)
        names = ["#{:02x}{:02x}{:02x}".format(*color) for color in table.tolist()]
        assert names[0] == colors.card
        assert names[-2:] == [colors.landscape_most, colors.cold]
        lightness = np.array([oklab(name)[0] for name in names[:-1]])
        steps = np.diff(lightness[::8]) * sign
        assert (steps > 0).all()
        assert steps.max() / steps.min() < 1.5, "each step as far as the others"
    light = picture(view(shown))
    shown.theme.set_appearance("dark")
    assert not (picture(view(shown)) == light).all()


def test_it_is_remembered(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = open_window()
    first.landscape.set_shown(True)
    first.landscape.state.set_count(300)
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: second.landscape.panel.isVisible())
    assert second.landscape.action.isChecked()
    assert second.landscape.state.count == 300


def test_it_is_as_high_as_one_left_it(shown: MainWindow, qtbot: QtBot) -> None:
    splitter = shown.landscape.panel.parentWidget()
    assert isinstance(splitter, QSplitter)
    assert abs(shown.landscape.panel.height() - 150) <= 2
    whole = sum(splitter.sizes())
    splitter.setSizes([whole - 220, 220])
    qtbot.waitUntil(lambda: abs(shown.landscape.panel.height() - 220) <= 2)
    shown.landscape.set_shown(False)
    shown.landscape.set_shown(True)
    qtbot.waitUntil(lambda: abs(shown.landscape.panel.height() - 220) <= 2)
