import pytest
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.presets import Preset
from studio.ui.theme.theme import Theme
from studio.ui.widgets.quiet_link import quiet_link
from studio.ui.writing.brief_card import BriefCard


@pytest.fixture
def draft(qtbot: QtBot) -> Draft:
    return Draft(Preset(name="Plain", description=""))


@pytest.fixture
def card(draft: Draft, qtbot: QtBot) -> BriefCard:
    card = BriefCard(draft)
    qtbot.addWidget(card)
    card.show()
    return card


def test_what_is_typed_is_the_brief(card: BriefCard, draft: Draft) -> None:
    QTest.keyClicks(card.edit, "Short sentences.")
    assert draft.brief == "Short sentences."
    card.edit.undo()
    assert draft.brief == ""


def test_it_folds_and_keeps_what_is_in_it(card: BriefCard, draft: Draft, qtbot: QtBot) -> None:
    card.edit.setPlainText("Short sentences.\nNo names.\n\nThe sea.")
    toggle = card.findChild(QPushButton)
    assert isinstance(toggle, QPushButton)
    folded = card.edit.fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: card.sizeHint().height() > 4 * folded)
    open_height = card.sizeHint().height()
    toggle.click()
    assert not card.is_open
    assert not card.edit.isVisible()
    qtbot.waitUntil(lambda: card.sizeHint().height() < open_height)
    assert draft.brief == "Short sentences.\nNo names.\n\nThe sea."
    summary = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]
    assert summary == ["Brief", "Short sentences. No names. The sea."]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert card.edit.isVisible()


def test_what_an_empty_brief_asks_for_stays_in_one_line(card: BriefCard) -> None:
    card.resize(700, 60)
    whole = card.edit.placeholderText()
    assert whole.endswith("task.")
    card.resize(300, 60)
    shown = card.edit.placeholderText()
    assert shown.endswith("…")
    assert card.edit.fontMetrics().horizontalAdvance(shown) <= card.edit.viewport().width()
    card.resize(700, 60)
    assert card.edit.placeholderText() == whole


def test_a_link_stands_on_the_line_of_the_name(theme: Theme, card: BriefCard) -> None:
    link = quiet_link("Brief", "Notes", "Notes")
    card.add_link(link)
    card.resize(600, 60)
    card.ensurePolished()
    QApplication.processEvents()
    image = card.grab().toImage()

    def top(widget: QWidget) -> int:
        """The first row of pixels with ink."""
        place = QRect(widget.mapTo(card, QPoint(0, 0)), widget.size())
        ground = image.pixelColor(place.topLeft()).lightness()
        return next(
            y
            for y in range(place.top(), place.bottom())
            for x in range(place.left(), place.right())
            if abs(image.pixelColor(x, y).lightness() - ground) > 60
        )

    assert abs(top(link) - top(card.findChildren(QLabel)[0])) <= 1


def test_each_document_has_its_own_undo_steps(card: BriefCard, draft: Draft) -> None:
    first, second = draft.state, DocumentState(number=2)
    QTest.keyClicks(card.edit, "Short sentences.")
    size = card.edit.height()
    draft.show(second)
    assert (card.edit.text(), draft.brief) == ("", "")
    assert not card.edit.document().isUndoAvailable()
    QTest.keyClicks(card.edit, "No names.")
    card.edit.setFont(QFont(card.edit.font().family(), 31))
    draft.show(first)
    assert card.edit.text() == "Short sentences."
    assert card.edit.document().defaultFont() == card.edit.font()
    assert card.edit.height() > size
    card.edit.undo()
    assert (card.edit.text(), draft.brief, second.brief) == ("", "", "No names.")
    draft.show(second)
    draft.show(first)
    card.edit.redo()
    draft.show(second)
    assert (card.edit.text(), first.brief) == ("No names.", "Short sentences.")
    card.edit.undo()
    assert draft.brief == ""
    draft.set_brief("Of a file.")
    assert not card.edit.document().isUndoAvailable()


def test_tab_leaves_it(card: BriefCard) -> None:
    assert card.edit.tabChangesFocus()


def test_text_can_be_pasted_and_files_cannot(card: BriefCard, draft: Draft) -> None:
    text, file = QMimeData(), QMimeData()
    text.setText("pasted")
    file.setUrls([QUrl.fromLocalFile("/a/story.txt")])
    file.setText("file:///a/story.txt")
    assert card.edit.canInsertFromMimeData(text)
    assert not card.edit.canInsertFromMimeData(file)


def test_the_field_grows_with_its_text_and_then_scrolls(card: BriefCard, qtbot: QtBot) -> None:
    line = card.edit.fontMetrics().lineSpacing()

    def lines(text: str) -> int:
        card.edit.setPlainText(text)
        return card.edit.height() // line

    assert [lines("a\n" * (count - 1) + "a") for count in (1, 3, 4, 6, 9)] == [1, 3, 4, 6, 6]
    assert lines("") == 1, "an empty one is a line"
    card.resize(700, 200)
    card.edit.setPlainText("many words that are wrapped " * 7)
    # How many there are hangs on the font; all of them are seen.
    qtbot.waitUntil(
        lambda: 1 < card.edit.height() // line < 6 and card.edit.verticalScrollBar().maximum() == 0
    )
    card.resize(200, 200)
    qtbot.waitUntil(lambda: card.edit.height() // line == 6)
    card.edit.setPlainText("a word and a space that hangs over " * 20 + " " * 400)
    assert not card.edit.horizontalScrollBar().isVisible()
