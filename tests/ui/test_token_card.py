from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.histogram.panel import NextTokenPanel
from studio.ui.theme.theme import Theme

NARROW = "\u202f"
LOGITS = np.array([3.0, 2.2, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0], np.float32)


@pytest.fixture
def state() -> NextToken:
    made = NextToken(SamplingParams(temperature=0.5, top_k=3))
    made.show(LogitSketch.of(LOGITS))
    made.add_pieces({0: b" sea", 1: b"\n", 2: b"\xf0\x9f"})
    return made


@pytest.fixture
def histogram(qtbot: QtBot, state: NextToken, theme: Theme) -> Iterator[NextTokenHistogram]:
    window = QWidget()
    qtbot.addWidget(window)
    made = NextTokenHistogram(state, theme)
    QVBoxLayout(window).addWidget(made)
    window.resize(500, 460)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)  # else keys come before the focus does
    yield made  # and keep the window
    window.close()


def point_at(histogram: NextTokenHistogram, row: int) -> None:
    y = histogram.line_rect(row).center().y()
    for x in (100, 101):  # where the pointer is already no move is reported
        QTest.mouseMove(histogram, QPoint(x, y))


def test_the_card_comes_after_a_moment_and_goes_with_the_pointer(
    qtbot: QtBot, histogram: NextTokenHistogram
) -> None:
    point_at(histogram, 0)
    assert not histogram.card.isVisible()
    qtbot.waitUntil(histogram.card.isVisible)
    assert histogram.card.details is not None
    assert histogram.card.details.row.token == 0
    assert histogram.card.sentence == "The favourite: the colder, the likelier."
    by_pointer = ("Click: write it.", f"Right click: what T makes it 30{NARROW}%?")
    assert histogram.card.hints == by_pointer
    point_at(histogram, 1)  # with one there, the next comes at once
    assert histogram.card.details.row.token == 1
    point_at(histogram, 4)  # the tail
    assert not histogram.card.isVisible()
    point_at(histogram, 2)
    qtbot.waitUntil(histogram.card.isVisible)
    QApplication.sendEvent(histogram, QEvent(QEvent.Type.Leave))
    assert not histogram.card.isVisible()


def test_the_card_follows_t_and_the_text(
    qtbot: QtBot, histogram: NextTokenHistogram, state: NextToken
) -> None:
    point_at(histogram, 1)
    qtbot.waitUntil(histogram.card.isVisible)
    before = histogram.card.grab().toImage()
    state.set_params(SamplingParams(temperature=2.0, top_k=3))
    assert histogram.card.details is not None
    assert histogram.card.details.temperature == 2.0
    assert histogram.card.grab().toImage() != before
    state.show(LogitSketch.of(-LOGITS))
    assert histogram.card.details.row.token == 6
    state.clear("Nothing is known.")
    assert not histogram.card.isVisible()


def test_the_card_lies_in_the_window_and_not_on_its_row(
    qtbot: QtBot, histogram: NextTokenHistogram
) -> None:
    window = histogram.window()
    histogram.toggle_fold()
    for row in (0, 2, 4):
        point_at(histogram, row)
        qtbot.waitUntil(histogram.card.isVisible)
        card = histogram.card.geometry()
        assert window.rect().contains(card)
        assert not card.contains(histogram.mapTo(window, histogram.line_rect(row).center()))


def test_the_card_keeps_the_tool_tip_away(qtbot: QtBot, histogram: NextTokenHistogram) -> None:
    histogram.setToolTip("About bars.")
    at = QPoint(100, 10)
    hovered = QHelpEvent(QEvent.Type.ToolTip, at, histogram.mapToGlobal(at))
    point_at(histogram, 0)
    qtbot.waitUntil(histogram.card.isVisible)
    QApplication.sendEvent(histogram, hovered)
    assert QToolTip.text() == ""


def test_a_hidden_histogram_has_no_card(qtbot: QtBot, histogram: NextTokenHistogram) -> None:
    point_at(histogram, 0)
    qtbot.waitUntil(histogram.card.isVisible)
    histogram.hide()
    assert not histogram.card.isVisible()


# By keyboard


def test_the_arrow_keys_choose_a_row_and_say_it(
    qtbot: QtBot, histogram: NextTokenHistogram
) -> None:
    histogram.setFocus()
    qtbot.waitUntil(histogram.hasFocus)
    favourites = histogram.accessibleDescription()
    moves = (
        (Qt.Key.Key_Down, 0),
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 3),
        (Qt.Key.Key_Down, 3),
        (Qt.Key.Key_Home, 0),
    )
    for key, row in moves:
        QTest.keyClick(histogram, key)
        assert histogram.pointed == row
        assert histogram.card.isVisible() is (row < 3), "what is cut is one row, and has no card"
    assert histogram.accessibleDescription().startswith(
        "space sea, token 0, rank 1, logit 3.00; will be used "
    )
    assert histogram.card.hints == ("Enter: write it.", f"T: what T makes it 30{NARROW}%?")
    QTest.keyClick(histogram, Qt.Key.Key_Escape)
    assert histogram.pointed is None
    assert not histogram.card.isVisible()
    assert histogram.accessibleDescription() == favourites
    QTest.keyClick(histogram, Qt.Key.Key_Up)
    assert histogram.pointed == 3
    histogram.clearFocus()
    assert histogram.pointed is None


def test_with_nothing_known_there_is_nothing_to_choose(
    qtbot: QtBot, histogram: NextTokenHistogram, state: NextToken
) -> None:
    state.clear("Open a model.")
    histogram.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return):
        QTest.keyClick(histogram, key)
        assert not histogram.card.isVisible()
    with qtbot.assertNotEmitted(histogram.chosen):
        point_at(histogram, 0)
        QTest.mouseClick(histogram, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))


def test_the_card_stays_where_a_filter_changes_nothing_of_it(
    histogram: NextTokenHistogram, state: NextToken
) -> None:
    histogram.setFocus()
    QTest.keyClick(histogram, Qt.Key.Key_Down)
    before = histogram.card.details
    assert before is not None
    # All that is shown of the token stays, but what is left over is worked out anew.
    state.set_params(SamplingParams(temperature=0.5, top_k=3, min_p=1e-9))
    after = histogram.card.details
    assert after is not None
    assert after.says_the_same(before)
    state.set_params(SamplingParams(temperature=0.6, top_k=3))
    assert histogram.card.details is not None
    assert not histogram.card.details.says_the_same(before)
    assert not before.says_the_same(None)


def test_the_card_covers_no_field_that_is_typed_in(
    qtbot: QtBot, histogram: NextTokenHistogram
) -> None:
    window = histogram.window()
    field = QLineEdit(window)
    field.show()
    field.raise_()
    for line, side in ((0, "below"), (2, "above")):
        row = histogram.line_rect(line)
        top = row.bottom() + 40 if side == "below" else row.top() - 60
        field.setGeometry(QRect(histogram.mapTo(window, QPoint(240, top)), QSize(200, 24)))
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        point_at(histogram, line)
        qtbot.waitUntil(lambda: not histogram._card_later.isActive())
        card = histogram.card
        assert not card.isVisible() or not card.geometry().intersects(field.geometry())
    histogram.setFocus()
    point_at(histogram, 0)
    qtbot.waitUntil(histogram.card.isVisible)


def test_the_question_is_not_covered_by_the_card_of_its_row(
    qtbot: QtBot, state: NextToken, theme: Theme
) -> None:
    panel = NextTokenPanel(state, theme, SamplingState(SamplingParams()))
    qtbot.addWidget(panel)
    panel.resize(480, 460)
    panel.show()
    panel.activateWindow()
    histogram = panel.histogram
    histogram.setFocus()
    qtbot.waitUntil(histogram.hasFocus)
    QTest.keyClick(histogram, Qt.Key.Key_Down)
    assert histogram.card.isVisible()
    # A menu takes the focus and gives it back before its entry acts.
    QApplication.sendEvent(
        histogram, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.PopupFocusReason)
    )
    panel._ask(0, histogram.line_rect(0))
    qtbot.waitUntil(panel.question.edit.hasFocus)
    assert not histogram.card.isVisible()
    assert histogram.pointed == 0
    for line in (0, 1, 2):
        point_at(histogram, line)
        qtbot.waitUntil(lambda: not histogram._card_later.isActive())
        card = histogram.card
        assert not card.isVisible() or not card.geometry().intersects(panel.question.geometry())
