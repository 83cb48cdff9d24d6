"""A lane's text in its view: its end, its mark, and what is copied of it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.app.tokens.next_token import NextToken
from studio.presets import built_in_presets
from studio.sampling import SamplingParams
from studio.ui.compare.lane_view import END, LaneView
from studio.ui.theme.theme import Theme
from tests.helpers.fake_engine import token_record


class Sheet:
    """A lane and its view."""

    def __init__(self, qapp: QApplication, qtbot: QtBot) -> None:
        pieces = NextToken(SamplingParams())
        self.lane = CompareLane(0, 0, built_in_presets(), "Code", SamplingParams(), pieces)
        self.theme = Theme(qapp, "light")
        self.view = LaneView(self.lane, self.theme)
        qtbot.addWidget(self.view)
        self.view.resize(300, 120)
        self.view.show()

    def write(self, *texts: str) -> None:
        for text in texts:
            self.lane.append(token_record(text.encode()))
        self.lane.grown.emit()

    def end(self, reason: str, text: str | None = None) -> None:
        self.lane.end = None if text is None else token_record(text.encode(), token_id=9)
        self.lane.finish(reason)

    @property
    def text(self) -> str:
        return self.view.toPlainText()

    def marked(self) -> str:
        return self.view.marked_text


@pytest.fixture
def sheet(qapp: QApplication, qtbot: QtBot) -> Sheet:
    return Sheet(qapp, qtbot)


def test_the_text_begins_where_the_head_of_the_lane_does(sheet: Sheet) -> None:
    sheet.write("A b")
    for zoom in (1, 3, 0):
        sheet.theme.zoom_by(zoom)
        assert sheet.view.cursorRect().topLeft() == QPoint(0, 0)


def test_a_sign_stands_where_a_text_ended_of_itself(sheet: Sheet) -> None:
    sheet.write(" a", " b")
    sheet.end("max_tokens")
    assert sheet.text == " a b"
    sheet.lane.begin()
    sheet.write(" c")
    sheet.end("end_of_text", "")
    assert sheet.text == f" a b c{END}"
    # It goes on: the sign goes, also where nothing has come yet.
    sheet.lane.begin()
    assert sheet.text == " a b c"
    sheet.write(" d")
    assert sheet.text == " a b c d"


def test_the_beginning_of_a_token_that_a_stop_cut_goes_when_the_lane_goes_on(sheet: Sheet) -> None:
    sheet.write(" a")
    sheet.end("stop_string", " b")
    assert sheet.text == f" a b{END}"
    assert sheet.lane.text == " a b"
    sheet.lane.begin()
    assert sheet.text == " a"
    sheet.write(" bc")
    assert sheet.text == " a bc"


def test_the_sign_is_no_text_to_copy(sheet: Sheet) -> None:
    sheet.write(" a", " b")
    sheet.end("end_of_text", "")
    sheet.view.selectAll()
    sheet.view.copy()
    assert QApplication.clipboard().text() == " a b"
    # Before Python ends, which made what it holds.
    QApplication.clipboard().clear()


def test_the_sign_is_marked_and_chosen_as_a_token_is(sheet: Sheet, qtbot: QtBot) -> None:
    sheet.write(" a", " b")
    sheet.end("end_of_text", "")
    sheet.view.set_mark(2)
    assert sheet.marked() == END
    cursor = sheet.view.textCursor()
    cursor.setPosition(4)
    where = sheet.view.cursorRect(cursor).center() + QPoint(2, 0)
    with qtbot.waitSignal(sheet.view.mark_chosen):
        QTest.mouseClick(sheet.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    with qtbot.waitSignal(sheet.view.mark_chosen):
        QTest.keyClick(sheet.view, Qt.Key.Key_Return)
    # The mark is a token's again where the lane has gone on.
    sheet.lane.begin()
    sheet.write(" c")
    assert sheet.marked() == " c"


def test_new_text_is_not_in_the_colour_of_the_sign(sheet: Sheet) -> None:
    sheet.write(" a")
    sheet.end("end_of_text", "")
    colors = [QColor(sheet.theme.colors.lanes[0]), QColor(Qt.GlobalColor.black)]
    cursor = sheet.view.textCursor()
    cursor.setPosition(3)
    assert cursor.charFormat().foreground().color() == colors[0]
    sheet.lane.begin()
    sheet.write(" c")
    cursor.setPosition(4)
    assert cursor.charFormat().foreground().color() != colors[0]


def test_the_first_line_in_view_begins_with_a_token(sheet: Sheet) -> None:
    sheet.write(*(f" word{number}" for number in range(200)))
    assert sheet.view.top_token() == 0
    sheet.view.show_at_top(120)
    top = sheet.view.top_token()
    assert top is not None
    # The token's line is the first: it begins with that token or one shortly before it.
    assert 110 < top <= 120
    sheet.view.show_at_top(top)
    assert sheet.view.top_token() == top
    sheet.view.show_at_top(500)
    bar = sheet.view.verticalScrollBar()
    assert bar.value() == bar.maximum()


@pytest.mark.parametrize("before", ["🙂", "🙂 a 🙂🙂", "𝔞𝔟𝔠\n🙂"])
def test_a_mark_behind_characters_of_two_units_is_painted_where_it_stands(
    sheet: Sheet, qtbot: QtBot, before: str
) -> None:
    sheet.write(before, " 🙂", " b")
    for index, text in ((1, " 🙂"), (2, " b")):
        sheet.view.set_mark(index)
        assert sheet.marked() == text
        # As in the paint event, whose errors Qt prints and pytest-qt finds.
        sheet.view.viewport().repaint()
        cursor = sheet.view.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        if index == 1:
            cursor.setPosition(cursor.position() - 2)
        where = sheet.view.cursorRect(cursor).center() - QPoint(4, 0)
        with qtbot.waitSignal(sheet.view.mark_chosen):
            QTest.mouseClick(sheet.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
