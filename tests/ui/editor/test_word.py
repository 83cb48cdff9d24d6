from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.manuscript import TokenSpan
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from studio.ui.editor.word import EditorWord
from studio.ui.theme.theme import Theme
from studio.ui.word.panel import WordPanel
from studio.ui.word.state import WordState
from studio.ui.writing.records import TokenRecords
from tests.ui.fake_engine import Desk
from tests.ui.recorded import scored, written_all

WORDS = ["The", *(f" word{number}" for number in range(300))]
TYPED = "Typed by hand, and not scored. "


class Page:
    """A card with an editor, half of whose text is recorded, and a field beside it."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        desk = Desk()
        self.sampling = desk.sampling
        self.manuscript = desk.draft.manuscript
        self.writing = False
        self.records = TokenRecords(
            desk.client, desk.model, desk.draft, desk.writing, desk.next_token
        )
        self.manuscript.load(TYPED + "".join(WORDS) + " read")
        self.records.spans.fill(len(TYPED), [*written_all(WORDS), scored(b" read", 900)])
        self.state = WordState(desk.sampling, self.records, desk.next_token)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.field = QLineEdit()
        self.card = QWidget()
        inside = QVBoxLayout(self.card)
        self.editor = ManuscriptEditor(self.manuscript)
        inside.addWidget(self.editor)
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addWidget(self.card)
        self.tiles = TokenTiles(self.editor, self.records.spans)
        self.word = EditorWord(
            self.editor,
            self.tiles,
            self.records.spans,
            self.state,
            theme,
            lambda: self.writing,
        )
        self.window.resize(640, 620)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.editor.setFocus()
        self.editor.move_caret(0)
        self.desk = desk

    @property
    def panel(self) -> WordPanel:
        assert self.word.panel is not None
        return self.word.panel

    def span(self, place: int) -> TokenSpan:
        return self.records.spans.all[place]

    def point(self, place: int) -> QPoint:
        return self.tiles.rects_of(self.span(place))[0].center()

    def click(self, point: QPoint) -> None:
        QTest.mouseClick(self.editor.viewport(), Qt.MouseButton.LeftButton, pos=point)

    def word_rect(self) -> QRect:
        assert self.state.span is not None
        rect = self.tiles.rects_of(self.state.span)[0]
        return QRect(self.editor.viewport().mapTo(self.window, rect.topLeft()), rect.size())


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> Iterator[Page]:
    theme = Theme(qapp, "light")
    yield Page(qtbot, theme)
    theme.set_appearance("system")


def test_a_click_on_a_recorded_word_opens_the_panel_beside_it(page: Page) -> None:
    for place in (0, 3, 20, 60):
        page.click(page.point(place))
        assert page.word.is_open
        assert page.state.span == page.span(place)
        assert not page.panel.geometry().intersects(page.word_rect()), place
        assert page.card.geometry().contains(page.panel.geometry()), place
        assert page.panel.title.text() == page.state.facts(8).text.text  # type: ignore[union-attr]  # a token is looked at
    # Whether or not the window is the active one here.
    assert page.editor.window().focusWidget() is page.editor


def test_a_click_elsewhere_or_on_typed_text_closes_it(page: Page) -> None:
    page.click(page.point(20))
    cursor = page.editor.textCursor()
    cursor.setPosition(3)
    page.click(page.editor.cursorRect(cursor).center())
    assert not page.word.is_open
    assert page.state.span is None


def test_what_was_selected_by_dragging_is_no_click(page: Page) -> None:
    start, end = page.point(3), page.point(6)
    viewport = page.editor.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(viewport, end)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert page.editor.textCursor().hasSelection()
    assert not page.word.is_open


def test_with_a_modifier_or_another_button_it_is_no_click(page: Page) -> None:
    viewport, point = page.editor.viewport(), page.point(3)
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, shift, point)
    assert not page.word.is_open
    QTest.mouseClick(viewport, Qt.MouseButton.MiddleButton, pos=point)
    assert not page.word.is_open


def test_esc_closes_it_and_typing_closes_it_and_is_typed(page: Page) -> None:
    page.click(page.point(20))
    QTest.keyClick(page.editor, Qt.Key.Key_Escape)
    assert not page.word.is_open
    page.click(page.point(20))
    page.editor.move_caret(0)
    QTest.keyClicks(page.editor, "x")
    assert not page.word.is_open
    assert page.manuscript.text.startswith("xTyped")


def test_turning_t_while_it_is_open_changes_its_numbers(page: Page) -> None:
    page.click(page.point(20))
    before, values = page.panel.chance.text(), [value.text() for value in page.panel.values]
    page.field.setFocus()
    page.sampling.change(temperature=0.4)
    assert page.word.is_open
    assert page.panel.chance.text() != before
    after = [value.text() for value in page.panel.values]
    assert after[0] == values[0], "the rank is the same at every T"
    assert after[1:] != values[1:]


def test_the_keyboard_opens_moves_and_closes_it(page: Page, qtbot: QtBot) -> None:
    page.editor.move_caret(page.span(5).start)
    page.word.toggle_at_caret()
    assert page.state.span == page.span(5)
    QTest.keyClick(page.editor, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.state.span not in (None, page.span(5)))
    assert page.word.is_open
    page.word.toggle_at_caret()
    assert not page.word.is_open
    page.editor.move_caret(0)
    page.word.toggle_at_caret()
    assert not page.word.is_open, "nothing is recorded there"
    page.editor.move_caret(len(page.manuscript))
    page.word.toggle_at_caret()
    assert page.state.span == page.records.spans.all[-1], "the one before the caret"


def test_scrolling_moves_it_along_and_away_closes_it(page: Page) -> None:
    page.click(page.point(20))
    bar = page.editor.verticalScrollBar()
    bar.setValue(bar.value() + 10)
    assert page.word.is_open
    assert not page.panel.geometry().intersects(page.word_rect())
    bar.setValue(bar.maximum())
    assert not page.word.is_open


def test_text_that_comes_before_the_word_moves_it_and_its_end_closes_it(page: Page) -> None:
    page.click(page.point(3))
    page.manuscript.edit(0, 0, "More. ")
    assert page.word.is_open
    assert page.state.span == page.span(3)
    page.manuscript.edit(page.span(3).start + 1, 2, "")
    assert not page.word.is_open


def test_the_word_is_framed_while_the_panel_is_open(page: Page) -> None:
    before = page.editor.viewport().grab().toImage()
    page.click(page.point(20))
    page.editor.move_caret(0)
    assert page.editor.viewport().grab().toImage() != before
    page.state.let_go()
    assert page.editor.viewport().grab().toImage() == before


def test_what_a_panel_says_is_there_for_those_who_hear_it(page: Page) -> None:
    page.click(page.point(20))
    words = page.panel.accessibleDescription()
    assert page.panel.chance.text() in words
    assert page.panel.sentences.text().splitlines()[0] in words
    page.sampling.change(temperature=0.3)
    assert page.panel.bars.accessibleDescription()


def test_in_a_low_window_it_is_whole_and_shows_fewer_alternatives(page: Page) -> None:
    page.click(page.point(3))
    tall = page.panel.bars.height()
    page.window.resize(640, 380)
    QApplication.processEvents()
    assert page.word.is_open
    assert page.window.rect().contains(page.panel.geometry())
    assert not page.panel.geometry().intersects(page.word_rect())
    assert page.panel.bars.height() < tall
    assert len(page.panel.findChildren(QWidget)) > 3
    needed = page.panel.sentences.heightForWidth(page.panel.sentences.width())
    assert page.panel.sentences.height() >= needed, "no sentence is cut off"
    page.window.resize(640, 620)
    QApplication.processEvents()
    assert page.panel.bars.height() == tall


def test_it_goes_with_the_page_that_it_is_on(page: Page) -> None:
    page.click(page.point(3))
    page.card.hide()
    assert not page.word.is_open
