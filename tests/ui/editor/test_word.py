from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QCursor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.app.tokens.rows import TokenRow
from studio.app.word.replacement import NO_MODEL, WordReplacement
from studio.app.word.state import WordState
from studio.app.word.words import NO_RECORD, UNKNOWN_BEGINNING, beginning_words
from studio.app.writing.records import TokenRecords
from studio.app.writing.word_choice import PART
from studio.manuscript import Origin, TokenSpan
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from studio.ui.editor.word import EditorWord
from studio.ui.theme.theme import Theme
from studio.ui.word.panel import WordPanel
from tests.helpers.fake_engine import Desk
from tests.helpers.recorded import scored, written_all

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
        self.replacement = WordReplacement(self.manuscript, self.records, desk.writing, self.state)
        self.word = EditorWord(
            self.editor,
            self.tiles,
            self.records.spans,
            self.state,
            self.replacement,
            theme,
            lambda: self.writing,
        )
        self.window.resize(640, 660)
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
        alt = Qt.KeyboardModifier.AltModifier
        QTest.mouseClick(self.editor.viewport(), Qt.MouseButton.LeftButton, alt, point)

    def rest(self, point: QPoint) -> None:
        """The pointer comes from beside the point, and stays there."""
        viewport = self.editor.viewport()
        for at in (point + QPoint(30, 0), point):
            event = QMouseEvent(
                QEvent.Type.MouseMove,
                QPointF(at),
                QPointF(viewport.mapToGlobal(at)),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
            )
            QCursor.setPos(viewport.mapToGlobal(at))
            QApplication.sendEvent(viewport, event)

    def follows(self) -> QRect:
        """What is read after the word's line."""
        line = self.word_rect()
        corner = self.editor.viewport().mapTo(self.window, QPoint(0, 0))
        text = QRect(corner, self.editor.viewport().size())
        text.setTop(line.bottom() + 1)
        text.setRight(text.right() - round(self.editor.document().documentMargin()))
        return text

    def word_rect(self) -> QRect:
        assert self.state.span is not None
        rect = self.tiles.rects_of(self.state.span)[0]
        return QRect(self.editor.viewport().mapTo(self.window, rect.topLeft()), rect.size())


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> Iterator[Page]:
    theme = Theme(qapp, "light")
    yield Page(qtbot, theme)
    theme.set_appearance("system")


def test_alt_and_a_click_open_the_panel_above_the_words_line(page: Page) -> None:
    for place in (60, 90, 120):
        caret = page.editor.caret
        page.click(page.point(place))
        assert page.word.is_open
        assert page.state.span == page.span(place)
        assert page.panel.geometry().bottom() < page.word_rect().top(), place
        assert page.window.rect().contains(page.panel.geometry()), place
        assert page.panel.title.text() == page.state.facts(8).text.text  # type: ignore[union-attr]  # a token is looked at
        assert page.editor.caret == caret, "to look is not to go there"
    # Whether or not the window is the active one here.
    assert page.editor.window().focusWidget() is page.editor


@pytest.mark.parametrize("place", [0, 3, 20, 60, 120])
@pytest.mark.parametrize("width", [640, 1400])
def test_it_never_lies_over_what_follows(page: Page, width: int, place: int) -> None:
    page.window.resize(width, 760)
    QApplication.processEvents()
    page.card.setFixedWidth(620)
    QApplication.processEvents()
    page.click(page.point(place))
    assert page.word.is_open
    assert page.window.rect().contains(page.panel.geometry())
    assert not page.panel.geometry().intersects(page.word_rect())
    has_room = width == 1400 or page.word_rect().top() > page.panel.height()
    assert not (has_room and page.panel.geometry().intersects(page.follows()))


@pytest.mark.parametrize("words", [2, 20, 60])
def test_with_a_short_text_it_lies_below_all_of_it(page: Page, words: int) -> None:
    page.window.resize(640, 760)
    page.manuscript.edit(page.span(words).start, len(page.manuscript) - page.span(words).start, "")
    QApplication.processEvents()
    end = page.editor.line_at(len(page.manuscript)).bottom()
    for place in {0, words // 2, words - 1}:
        page.click(page.point(place))
        text_end = page.editor.viewport().mapTo(page.window, QPoint(0, end)).y()
        assert page.panel.geometry().top() > text_end, place
        assert page.card.geometry().contains(page.panel.geometry()), place


def test_it_leaves_what_is_above_the_page_alone_where_it_can(page: Page) -> None:
    page.window.resize(1400, 760)
    QApplication.processEvents()
    for place in (3, 20, 60, 120):
        page.click(page.point(place))
        assert not page.panel.geometry().intersects(page.field.geometry()), place


def test_a_single_click_only_puts_the_caret(page: Page) -> None:
    viewport = page.editor.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=page.point(20))
    assert not page.word.is_open
    span = page.span(20)
    assert span.start <= page.editor.caret <= span.end
    page.click(page.point(20))
    assert page.word.is_open
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=page.point(21))
    assert not page.word.is_open
    assert page.state.span is None


def test_where_the_pointer_rests_it_comes_and_it_goes_with_it(page: Page, qtbot: QtBot) -> None:
    page.rest(page.point(60))
    assert not page.word.is_open
    qtbot.waitUntil(lambda: page.word.is_open)
    assert page.state.span == page.span(60)
    page.rest(page.point(120))
    qtbot.waitUntil(lambda: not page.word.is_open)
    page.rest(page.point(60))
    qtbot.waitUntil(lambda: page.word.is_open)
    QTest.keyClick(page.editor, Qt.Key.Key_Down)
    assert not page.word.is_open, "the keys are the text's"


def test_a_hand_that_has_put_the_caret_brings_nothing(page: Page, qtbot: QtBot) -> None:
    viewport, point = page.editor.viewport(), page.point(60)
    QTest.mouseMove(viewport, point)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point)
    QTest.mouseMove(viewport, point + QPoint(1, 1))
    assert not any(timer.isActive() for timer in page.word.findChildren(QTimer))
    page.rest(page.point(90))
    assert any(timer.isActive() for timer in page.word.findChildren(QTimer))
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert not any(timer.isActive() for timer in page.word.findChildren(QTimer))


def row(page: Page, place: int) -> QPoint:
    rows = page.panel.bars._rows
    return QPoint(page.panel.bars.width() // 2, rows.top_of(place) + rows.row_height // 2)


def hover(page: Page, place: int) -> None:
    """The pointer comes to rest on a row; a test before may have left it there."""
    at, bars = QPointF(row(page, place)), page.panel.bars
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        QPointF(bars.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bars, event)


def other_rows(page: Page) -> list[TokenRow]:
    return [row for row in page.state.next_token.rows(8) if not row.chosen]


def test_a_click_with_shift_puts_an_alternative_in_the_words_place(page: Page) -> None:
    page.desk.next_token.add_pieces({token: f" alt{token}".encode() for token in range(400)})
    span, before = page.span(60), page.manuscript.text
    caret = page.editor.caret
    page.click(page.point(60))
    rows = page.panel.bars.token_rows
    place = next(index for index, row in enumerate(rows) if not row.chosen)
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(page.panel.bars, Qt.MouseButton.LeftButton, shift, row(page, place))
    new = f" alt{rows[place].token}"
    assert page.manuscript.text == before[: span.start] + new + before[span.end :]
    assert not page.word.is_open
    assert page.editor.caret == caret
    assert set(page.manuscript.origins(span.start, span.start + len(new))) == {Origin.GENERATED}
    here = page.records.spans.at(span.start)
    assert here is not None
    assert (here.record.id, here.start, here.end) == (
        rows[place].token,
        span.start,
        span.start + len(new),
    )
    page.editor.undo()
    assert page.manuscript.text == before, "in one step"
    back = page.records.spans.at(span.start)
    assert back is not None
    assert back.record is span.record


def test_the_keyboard_chooses_an_alternative(page: Page) -> None:
    page.desk.next_token.add_pieces({token: f" alt{token}".encode() for token in range(400)})
    span, before = page.span(60), page.manuscript.text
    page.editor.move_caret(span.start)
    page.word.toggle_at_caret()
    rows = page.panel.bars.token_rows
    place = max(index for index, row in enumerate(rows) if not row.chosen)
    for _ in range(place + 1):
        QTest.keyClick(page.editor, Qt.Key.Key_Down)
    QTest.keyClick(page.editor, Qt.Key.Key_Up)
    QTest.keyClick(page.editor, Qt.Key.Key_Down)
    assert f"alt{rows[place].token}" in page.panel.bars.accessibleDescription().split(".")[0]
    QTest.keyClick(page.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    new = f" alt{rows[place].token}"
    assert page.manuscript.text == before[: span.start] + new + before[span.end :]
    assert page.editor.caret == span.start + len(new)
    assert not page.word.is_open


def test_the_rest_of_the_word_goes_with_its_beginning(page: Page) -> None:
    page.desk.next_token.add_pieces(dict.fromkeys(range(400), b" fisher"))
    page.manuscript.load("The sailors sleep")
    page.records.spans.fill(0, written_all(["The", " sail"]))
    page.click(page.point(1))
    page.replacement.replace(other_rows(page)[0].token)
    assert page.manuscript.text == "The fisher sleep"


def test_what_is_no_text_of_its_own_is_refused(page: Page) -> None:
    page.desk.next_token.add_pieces(dict.fromkeys(range(400), b"\xf0\x9f"))
    refused: list[str] = []
    page.replacement.refused.connect(refused.append)
    before = page.manuscript.text
    page.click(page.point(60))
    page.replacement.replace(other_rows(page)[0].token)
    assert page.manuscript.text == before
    assert refused == [PART]


def test_what_was_selected_by_dragging_is_no_click(page: Page) -> None:
    start, end = page.point(3), page.point(6)
    viewport = page.editor.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(viewport, end)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert page.editor.textCursor().hasSelection()
    assert not page.word.is_open


def test_with_another_modifier_or_button_it_opens_nothing(page: Page) -> None:
    viewport, point = page.editor.viewport(), page.point(3)
    modifiers = Qt.KeyboardModifier
    for modifier in (modifiers.ShiftModifier, modifiers.AltModifier | modifiers.ControlModifier):
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, modifier, point)
        assert not page.word.is_open
    QTest.mouseClick(viewport, Qt.MouseButton.MiddleButton, modifiers.AltModifier, point)
    assert not page.word.is_open


def test_esc_closes_it_and_so_does_what_changes_the_text(page: Page) -> None:
    page.click(page.point(20))
    QTest.keyClick(page.editor, Qt.Key.Key_Escape)
    assert not page.word.is_open
    page.click(page.point(20))
    page.editor.move_caret(1)
    QTest.keyClick(page.editor, Qt.Key.Key_Backspace)
    assert not page.word.is_open
    assert page.manuscript.text.startswith("yped")


def test_where_it_came_with_the_pointer_what_is_typed_is_the_texts(
    page: Page, qtbot: QtBot
) -> None:
    page.rest(page.point(60))
    qtbot.waitUntil(lambda: page.word.is_open)
    page.editor.move_caret(0)
    QTest.keyClicks(page.editor, "x")
    assert not page.word.is_open
    assert page.manuscript.text.startswith("xTyped")


def test_what_is_typed_begins_another_text_for_the_place(page: Page) -> None:
    before, span = page.manuscript.text, page.span(60)
    page.click(page.point(60))
    QTest.keyClicks(page.editor, "o")
    assert page.editor.window().focusWidget() is page.panel.field
    QTest.keyClicks(page.panel.field, "cean")
    assert page.panel.field.text() == "ocean"
    assert page.manuscript.text == before
    assert page.word.preview.shown is not None
    assert page.word.preview.shown[0].text == " ocean", "the space comes by itself"
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(page.panel.field, Qt.Key.Key_Return, shift)
    assert page.manuscript.text == before[: span.start] + " ocean" + before[span.end :]
    assert page.manuscript.origins(span.start, span.start + 6) == bytes([Origin.TYPED] * 6)
    assert not page.word.is_open
    assert page.editor.window().focusWidget() is page.editor
    page.editor.undo()
    assert page.manuscript.text == before
    page.click(page.point(60))
    assert page.panel.field.text() == ""


def test_how_probable_the_beginning_of_a_typed_text_is_is_said(page: Page) -> None:
    page.click(page.point(60))
    first, second = other_rows(page)[:2]
    page.desk.next_token.add_pieces({first.token: b" oce", second.token: b" o"})
    QTest.keyClicks(page.editor, "o")
    QTest.keyClicks(page.panel.field, "cean")
    (known,) = [row for row in page.panel.bars.token_rows if row.token == first.token]
    temperature = page.sampling.params.temperature
    assert page.panel.chance.text() == beginning_words(known, temperature)
    assert "␣oce" in page.panel.chance.text(), "the longest one that fits"
    page.sampling.change(temperature=0.5)
    assert "at T 0.50" in page.panel.chance.text()
    page.panel.field.setText("zebra")
    assert page.panel.chance.text() == UNKNOWN_BEGINNING


def test_the_keys_of_the_field_lead_back_and_away(page: Page) -> None:
    before = page.manuscript.text
    page.click(page.point(60))
    QTest.keyClicks(page.editor, "o")
    QTest.keyClick(page.panel.field, Qt.Key.Key_Down)
    assert page.panel.field.text() == ""
    assert page.panel.bars.pointed == 0
    assert page.editor.window().focusWidget() is page.editor
    QTest.keyClicks(page.editor, "o")
    assert page.panel.bars.pointed is None
    QTest.keyClick(page.panel.field, Qt.Key.Key_Escape)
    assert not page.word.is_open
    assert page.editor.window().focusWidget() is page.editor
    assert page.manuscript.text == before


def previewed(page: Page) -> tuple[str, int]:
    """What stands in the place of the word, and up to where the text would go."""
    assert page.word.preview.shown is not None
    other, end = page.word.preview.shown
    return other.text, end


def test_what_is_pointed_at_is_shown_in_the_text_and_changes_nothing(page: Page) -> None:
    page.desk.next_token.add_pieces({token: f" alt{token}".encode() for token in range(400)})
    before, origins = page.manuscript.text, page.manuscript.origins()
    revision = page.manuscript.revision
    page.click(page.point(60))
    plain = page.editor.viewport().grab().toImage()
    rows = page.panel.bars.token_rows
    place = next(index for index, row in enumerate(rows) if not row.chosen)
    hover(page, place)
    assert page.word.preview.shown is not None
    other, end = page.word.preview.shown
    assert other.text == f" alt{rows[place].token}"
    assert end == page.manuscript.road_end(page.span(60).start, page.span(60).end)
    greyed = page.editor.viewport().grab().toImage()
    assert greyed != plain
    QTest.keyPress(page.editor, Qt.Key.Key_Shift)
    assert previewed(page) == (other.text, other.end), "with Shift what follows stays"
    alone = page.editor.viewport().grab().toImage()
    assert alone not in (plain, greyed)
    QTest.keyRelease(page.editor, Qt.Key.Key_Shift)
    assert previewed(page) == (other.text, end)
    QApplication.sendEvent(page.panel.bars, QEvent(QEvent.Type.Leave))
    assert page.word.preview.shown is None
    assert page.editor.viewport().grab().toImage() == plain
    assert (page.manuscript.text, page.manuscript.origins()) == (before, origins)
    assert page.manuscript.revision == revision
    hover(page, place)
    page.state.let_go()
    assert page.word.preview.shown is None


def test_what_would_go_is_greyed_and_what_stays_is_not(page: Page) -> None:
    page.desk.next_token.add_pieces({token: f" alt{token}".encode() for token in range(400)})
    page.manuscript.edit(page.span(90).start, 0, "\n")
    viewport = page.editor.viewport()
    page.click(page.point(60))
    rows = page.panel.bars.token_rows
    plain = viewport.grab().toImage()
    place = next(index for index, row in enumerate(rows) if not row.chosen)
    hover(page, place)
    greyed = viewport.grab().toImage()
    ratio = plain.devicePixelRatio()

    def looks(place: int) -> bool:
        rect = page.tiles.rects_of(page.span(place))[0]
        part = QRect(rect.topLeft() * ratio, rect.size() * ratio)
        return plain.copy(part) == greyed.copy(part)

    assert looks(58)
    assert not looks(62)
    assert not looks(89)
    assert looks(92), "the next paragraph stays"


def test_a_preview_goes_where_the_text_goes(page: Page, qtbot: QtBot) -> None:
    page.click(page.point(60))
    QTest.keyClicks(page.editor, "o")
    start = page.span(60).start
    page.manuscript.edit(0, 0, "More. ")
    qtbot.waitUntil(
        lambda: page.word.preview.shown is not None and page.word.preview.shown[0].start > start
    )
    assert page.word.preview.shown is not None
    assert page.word.preview.shown[0].start == start + 6


def test_where_no_model_is_open_it_is_said_and_nothing_goes(page: Page) -> None:
    page.desk.next_token.add_pieces({token: f" alt{token}".encode() for token in range(400)})
    refused: list[str] = []
    page.replacement.refused.connect(refused.append)
    before = page.manuscript.text
    page.click(page.point(60))
    rows = page.panel.bars.token_rows
    place = next(index for index, row in enumerate(rows) if not row.chosen)
    QTest.mouseClick(page.panel.bars, Qt.MouseButton.LeftButton, pos=row(page, place))
    assert refused == [NO_MODEL]
    assert page.manuscript.text == before
    assert page.word.is_open


def test_left_and_right_lead_from_token_to_token(page: Page) -> None:
    page.click(page.point(20))
    for step in range(1, 4):
        QTest.keyClick(page.editor, Qt.Key.Key_Right)
        assert page.state.span == page.span(20 + step)
        assert page.editor.caret == page.span(20 + step).start
    for _ in range(5):
        QTest.keyClick(page.editor, Qt.Key.Key_Left)
    assert page.state.span == page.span(18)
    page.editor.move_caret(page.span(0).start)
    page.word.toggle_at_caret()
    page.word.toggle_at_caret()
    QTest.keyClick(page.editor, Qt.Key.Key_Left)
    assert page.state.span == page.span(0), "before it no token is recorded"


def test_the_page_goes_with_the_token_that_is_stepped_to(page: Page) -> None:
    in_view = sum(bool(page.tiles.rects_of(span)) for span in page.records.spans.all)
    first = in_view - 20  # from there on lines end below the page
    page.click(page.point(first))
    for place in range(first + 1, first + 80):
        QTest.keyClick(page.editor, Qt.Key.Key_Right)
        QApplication.processEvents()
        assert page.word.is_open, place
        assert page.state.span == page.span(place)


def test_of_text_that_nobody_recorded_that_is_said(page: Page) -> None:
    said: list[str] = []
    page.word.unknown.connect(said.append)
    page.editor.move_caret(3)
    page.word.toggle_at_caret()
    page.click(page.editor.line_at(3).center())
    assert said == [NO_RECORD, NO_RECORD]
    page.manuscript.load("")
    page.word.toggle_at_caret()
    assert len(said) == 2


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
    for _ in range(page.span(5).end - page.span(5).start):
        QTest.keyClick(page.editor, Qt.Key.Key_Right)
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
    QApplication.processEvents()
    assert page.word.is_open
    assert not page.panel.geometry().intersects(page.word_rect())
    bar.setValue(bar.maximum())
    QApplication.processEvents()
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
    page.window.resize(640, 660)
    QApplication.processEvents()
    assert page.panel.bars.height() == tall


def test_it_goes_with_the_page_that_it_is_on(page: Page) -> None:
    page.click(page.point(3))
    page.card.hide()
    assert not page.word.is_open
