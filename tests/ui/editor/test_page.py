"""The page: line height, spacing, and lines that can be read on any window."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.editor.page import LINE_HEIGHT, Page
from studio.ui.main_window import MainWindow
from studio.ui.theme.faces import FAMILIES, Face
from studio.ui.theme.theme import Theme


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    return page


def turn(page: Page, delta: int, modifier: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(page.viewport(), event)


def test_the_wheel_asks_for_zoom_with_control_held(page: Page) -> None:
    asked: list[int] = []
    page.zoom_asked.connect(asked.append)
    turn(page, 120, Qt.KeyboardModifier.ControlModifier)
    turn(page, 60, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1]
    turn(page, 60, Qt.KeyboardModifier.ControlModifier)
    turn(page, 120, Qt.KeyboardModifier.NoModifier)
    assert asked == [1, 1]
    turn(page, -240, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1, 1, -2]


@pytest.mark.parametrize("face", ["serif", "sans"])
@pytest.mark.parametrize("zoom", [0, 3])
def test_lines_are_one_and_a_half_letters_apart(
    theme: Theme, page: Page, face: Face, zoom: int
) -> None:
    theme.set_face(face)
    theme.zoom_by(zoom)
    page.resize(300, 400)
    page.setPlainText("word " * 40 + "\nnext")
    page.set_prose_font(theme.prose_font)
    page.show()
    font = page.prose_font
    assert font.family() == FAMILIES[face]
    assert page.document().size().height() > 0, "laid out"
    first, second = page.document().firstBlock(), page.document().lastBlock()
    assert second.blockFormat() == first.blockFormat() == page.paragraph_format
    layout = page.document().documentLayout()
    above, below = layout.blockBoundingRect(first), layout.blockBoundingRect(second)
    lines = first.layout()
    assert lines.lineCount() > 3
    apart = lines.lineAt(2).y() - lines.lineAt(1).y()
    assert apart == pytest.approx(LINE_HEIGHT * font.pixelSize(), abs=0.5)
    assert below.y() - above.y() - lines.lineCount() * apart >= font.pixelSize() / 4


def test_lines_stay_readable_on_a_wide_window(page: Page) -> None:
    page.setPlainText("word " * 100)
    page.resize(2000, 300)
    page.show()
    assert page.document().textWidth() <= page.viewport().width() < 1100
    page.resize(400, 300)
    assert page.document().textWidth() <= page.viewport().width()
    assert page.viewport().width() > 350
    page.resize(1500, 300)
    assert page.document().textWidth() <= page.viewport().width() < 1100
    larger = page.prose_font
    larger.setPixelSize(24)
    page.set_prose_font(larger)
    assert page.document().textWidth() <= page.viewport().width()


def shown(page: Page) -> Page:
    page.resize(600, 400)
    page.show()
    QTest.qWaitForWindowExposed(page)
    return page


def write_lines(page: Page, count: int) -> list[int]:
    """Type so many lines; where the caret's line ends in the view after each."""
    ends = []
    for _ in range(count):
        QTest.keyClicks(page, "It was")
        page.insert_paragraph()
        QApplication.processEvents()
        ends.append(page.cursorRect().bottom())
    return ends


def pixels(page: Page) -> bool:
    """Whether the scroll bar shows anything."""
    image = page.verticalScrollBar().grab().toImage()
    colors = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    return len(colors) > 1


def test_lines_wrap_alike_with_and_without_the_scroll_bar(page: Page) -> None:
    shown(page)
    width = page.document().textWidth()
    assert not pixels(page)
    write_lines(page, 30)
    assert page.verticalScrollBar().maximum() > 0
    assert pixels(page)
    assert page.document().textWidth() == width
    page.clear()
    QApplication.processEvents()
    assert not pixels(page)
    assert page.document().textWidth() == width


def test_a_text_that_fits_has_no_bar_either_where_its_line_is_held(page: Page) -> None:
    shown(page)
    page.set_holds_line(True)
    write_lines(page, 3)
    assert page.verticalScrollBar().minimum() < 0
    assert not pixels(page)
    write_lines(page, 30)
    assert pixels(page)


def test_the_text_stands_in_the_middle_of_a_wide_window(page: Page) -> None:
    page.resize(1500, 400)
    page.show()
    assert abs(page.viewport().geometry().center().x() - page.rect().center().x()) <= 1


def test_who_writes_at_the_end_has_room_below(page: Page) -> None:
    shown(page)
    height, bar = page.viewport().height(), page.verticalScrollBar()
    write_lines(page, 5)
    assert bar.maximum() == 0, "a text that fits has no scroll bar"
    ends = write_lines(page, 30)
    assert max(ends) < height
    assert set(ends[-10:]) == {page.lowest}, "line by line, at one height"
    assert page.lowest < 0.7 * height
    text = page.toPlainText()
    QTest.keyClick(page, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert bar.value() == 0, "with the air above the first line"
    QTest.keyClick(page, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert page.cursorRect().bottom() == page.lowest
    assert page.toPlainText() == text


def test_neither_a_click_nor_selecting_everything_moves_the_page(page: Page) -> None:
    shown(page)
    write_lines(page, 30)
    bar = page.verticalScrollBar()
    below = page.cursorRect().bottom() - page.viewport().height() + 8
    bar.setValue(bar.value() + below)
    was = bar.value()
    assert page.cursorRect().bottom() > page.lowest
    QTest.keyClick(page, Qt.Key.Key_Up)
    QTest.mouseClick(
        page.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(60, page.viewport().height() - 15),
    )
    assert page.textCursor().atEnd()
    QTest.keyClicks(page, "It was")
    assert bar.value() == was, "the line is not full"
    page.insert_paragraph()
    assert page.cursorRect().bottom() == page.lowest
    bar.setValue(0)
    QTest.keyClick(page, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert bar.value() == 0


@pytest.mark.parametrize("line", [20, 60])
def test_the_line_that_is_written_in_stays_where_it_is_when_letters_grow(
    page: Page, line: int
) -> None:
    shown(page)
    page.setPlainText("\n".join(f"line {number}" for number in range(100)))
    page.set_prose_font(page.prose_font)
    caret = page.textCursor()
    caret.setPosition(page.document().findBlockByNumber(line).position())
    page.setTextCursor(caret)
    was = page.cursorRect().top()
    assert 0 < was < page.viewport().height()
    for size in (24, 12, 18):
        font = page.prose_font
        font.setPixelSize(size)
        page.set_prose_font(font)
        QApplication.processEvents()
        assert abs(page.cursorRect().top() - was) <= 1, size


def test_zoom_leaves_the_place_in_a_long_text(window: MainWindow) -> None:
    editor = window.editor
    editor.manuscript.load("\n".join(f"line {number} of many" for number in range(120)))
    for line in (100, 119, 3):
        editor.move_caret(editor.manuscript.text.index(f"line {line} "))
        for steps in (+2, +1, -3):
            window.theme.zoom_by(steps)
            QApplication.processEvents()
            assert editor.viewport().rect().contains(editor.cursorRect()), (line, steps)
