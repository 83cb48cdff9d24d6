"""A lane's column in the real window: what stands where, and what stays what it is."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextBlock
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.engine.messages import Prompt
from studio.ui.compare.lane_view import EMPTY, JOINS
from studio.ui.compare.page import ComparePage
from studio.ui.main_window import MainWindow
from studio.ui.theme.type_scale import PROSE_SIZE
from tests.helpers.fake_engine import token_record


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def page_of(window: MainWindow) -> ComparePage:
    window.compare.show(True)
    assert window.compare.page is not None
    window.session.compare.run_input.prompt = Prompt(manuscript="The sea")
    return window.compare.page


def write(lane: CompareLane, *texts: str) -> None:
    for text in texts:
        lane.append(token_record(text.encode()))
    lane.grown.emit()


def buttons(page: ComparePage) -> list[str]:
    return [one.text() for column in page.columns for one in column.findChildren(QPushButton)]


def test_one_button_a_lane_that_never_becomes_another(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    first, second, *_ = state.lanes
    seen = [buttons(page)]
    above = [button.text() for button in page.bar.findChildren(QPushButton)]
    for lane in state.lanes:
        lane.begin(10)
        write(lane, " a")
    state.changed.emit()
    seen.append(buttons(page))
    assert not page.columns[0].use.isEnabled()
    first.finish("max_tokens")
    # It is finished, whatever the others do.
    assert second.runs
    assert [column.use.isEnabled() for column in page.columns] == [True, False, False, False]
    seen.append(buttons(page))
    for lane in state.lanes[1:]:
        lane.finish("stopped")
    state.changed.emit()
    seen.append(buttons(page))
    assert seen == [["Use this"] * 4] * 4
    assert [button.text() for button in page.bar.findChildren(QPushButton)] == above


def test_a_finished_lane_is_used_while_others_are_written(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    bare.session.draft.manuscript.edit(0, 0, "The sea")
    for lane in state.lanes:
        lane.begin(10)
        write(lane, " was", " calm")
    state.lanes[2].finish("max_tokens")
    QTest.mouseClick(page.columns[2].use, Qt.MouseButton.LeftButton)
    assert bare.session.draft.manuscript.text == "The sea was calm"
    assert not bare.compare.is_shown
    assert state.lanes[0].runs


def test_lanes_are_set_as_the_manuscript_is(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    write(state.lanes[0], "One.\nTwo.\n\nThree.")
    bare.session.draft.manuscript.edit(0, 0, "One.\nTwo.\n\nThree.")
    view = page.columns[0].view

    def looks(first: QTextBlock) -> list[tuple[float, float, float]]:
        found, block = [], first
        while block.isValid():
            look = block.blockFormat()
            found.append((look.lineHeight(), look.topMargin(), look.bottomMargin()))
            block = block.next()
        return found

    assert view.prose_font == bare.editor.prose_font
    assert len(looks(view.document().firstBlock())) == 4
    assert looks(view.document().firstBlock()) == looks(bare.editor.document().firstBlock())
    # Also when it is written anew, and when the text is made larger.
    state.lanes[0].clear()
    write(state.lanes[0], " Again.\nTwo.")
    assert looks(view.document().firstBlock()) == looks(bare.editor.document().firstBlock())[:2]
    bare.theme.zoom_by(3)
    bare.theme.set_face("sans")
    assert view.prose_font == bare.editor.prose_font
    assert view.prose_font.pixelSize() > PROSE_SIZE
    assert looks(view.document().firstBlock()) == looks(bare.editor.document().firstBlock())[:2]
    page.columns[2].view.zoom_asked.emit(2)
    assert bare.theme.zoom == 5
    assert {column.view.prose_font.pixelSize() for column in page.columns} == {
        bare.editor.prose_font.pixelSize()
    }


def test_the_space_a_text_begins_with_hangs_and_is_copied(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    write(state.lanes[0], " He", " was\n", "a")
    write(state.lanes[1], "He")
    first, second = (column.view for column in page.columns[:2])
    assert first.toPlainText() == " He was\na"
    he = first.textCursor()
    he.setPosition(1)
    other = second.textCursor()
    other.setPosition(0)
    assert abs(first.cursorRect(he).left() - second.cursorRect(other).left()) <= 1
    # Read and copied by keys alone; the manuscript is not touched.
    bare.activateWindow()
    first.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    for key in (Qt.Key.Key_A, Qt.Key.Key_C):
        QTest.keyClick(first, key, control)
    assert QApplication.clipboard().text() == " He was\na"
    QApplication.clipboard().clear()
    state.changed.emit()
    page.columns[0].menu.copy.trigger()
    assert QApplication.clipboard().text() == " He was\na"
    QApplication.clipboard().clear()
    QTest.keyClicks(first, "x")
    assert first.toPlainText() == " He was\na"
    assert bare.session.draft.manuscript.text == ""
    # No other paragraph hangs.
    assert [
        first.document().findBlockByNumber(number).blockFormat().textIndent() < 0
        for number in range(2)
    ] == [True, False]


def test_the_slider_is_a_line_until_it_is_wanted(bare: MainWindow, qtbot: QtBot) -> None:
    page = page_of(bare)
    head = page.columns[1].head
    page.columns[3].view.setFocus()
    height = head.height()
    assert head.slider.is_thin
    head.temperature.setFocus()
    assert not head.slider.is_thin
    page.columns[3].view.setFocus()
    assert head.slider.is_thin
    head.slider.setFocus()
    assert not head.slider.is_thin
    before = head.temperature.text()
    QTest.keyClick(head.slider, Qt.Key.Key_Right)
    assert head.temperature.text() != before
    assert head.height() == height, "nothing moves"


def test_a_cell_of_the_strip_leads_to_its_word(bare: MainWindow, qtbot: QtBot) -> None:
    page, state = page_of(bare), bare.session.compare
    write(state.lanes[0], *(f" word{number}" for number in range(400)))
    column = page.columns[0]
    view = column.view
    view.verticalScrollBar().setValue(0)
    there = column.strip.rect_of(300).center()
    index = column.strip.token_at(there.x())
    assert index is not None
    assert abs(index - 300) < 3, "several share a pixel"
    QTest.mouseMove(column.strip, there)
    qtbot.waitUntil(lambda: column._about.text().startswith(f"“word{index}”"))
    QTest.mouseClick(column.strip, Qt.MouseButton.LeftButton, pos=there)
    assert view.textCursor().selectedText() == f"word{index}"
    assert view.hasFocus()
    assert view.viewport().rect().contains(view.cursorRect().center())
    QTest.mouseMove(view.viewport(), QPoint(5, 5))


def test_an_empty_lane_says_what_to_do(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    assert {column.view.placeholderText() for column in page.columns} == {EMPTY}
    # The whole of it is painted, however many lines it takes.
    image = page.columns[0].view.viewport().grab().toImage()
    ink = [
        y
        for y in range(image.height())
        if any(image.pixelColor(x, y).lightness() < 200 for x in range(20, image.width()))
    ]
    assert max(ink) > 1.6 * page.columns[0].view.fontMetrics().height()
    write(state.lanes[0], " a")
    page.bar.add.click()
    assert page.columns[-1].view.placeholderText() == JOINS
    assert page.columns[-1].menu.run.isVisible()
    assert not page.columns[-1].menu.go.isVisible()
    assert page.columns[0].view.placeholderText() == EMPTY


def test_a_temperature_turned_since_says_what_the_text_was_written_at(bare: MainWindow) -> None:
    page, state = page_of(bare), bare.session.compare
    lane = state.lanes[1]
    lane.begin(3)
    lane.turn(0, lane.sampling.params)
    write(lane, " a", " b")
    lane.finish("max_tokens")
    state.changed.emit()
    caption = page.columns[1].head.caption
    assert "at 0.50" not in caption.text()
    lane.sampling.change(temperature=0.9)
    assert caption.text().endswith("· at 0.50")
