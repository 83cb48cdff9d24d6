"""Focus, typewriter, Markdown and quotation marks, with keys at the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFont, QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.manuscript import Manuscript, Origin
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.focus import EditorFocus
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Theme
from tests.ui.conftest import remember

Key = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LINE = "The old fisherman looked out. Then he turned back! Was it late? "
TINT = QColor("#6b4630")
SIGNS = QColor("#808080")


@pytest.fixture
def manuscript() -> Manuscript:
    return Manuscript()


@pytest.fixture
def editor(qtbot: QtBot, theme: Theme, manuscript: Manuscript) -> ManuscriptEditor:
    editor = ManuscriptEditor(manuscript)
    qtbot.addWidget(editor)
    editor.set_generated_color(TINT)
    editor.resize(500, 400)
    editor.show()
    return editor


def undo(editor: ManuscriptEditor) -> None:
    QTest.keyClick(editor, Key.Key_Z, CONTROL)


# Focus


def seen(focus: EditorFocus, editor: ManuscriptEditor) -> str:
    """The characters in the middle of whose boxes nothing is faded."""
    region = focus.clear_region()
    found = ""
    text = editor.document().toPlainText()
    for place in range(len(text)):
        left = editor.line_at(place)
        right = editor.line_at(place + 1)
        same = right.top() == left.top()
        x = (left.left() + right.left()) // 2 if same else left.left() + 3
        if text[place] != "\n" and region.contains(QPoint(x, left.center().y())):
            found += text[place]
    return found


def test_the_paragraph_at_the_caret_is_not_faded(
    editor: ManuscriptEditor, theme: Theme, manuscript: Manuscript
) -> None:
    manuscript.load("first\nsecond one\nthird")
    focus = EditorFocus(editor, theme)
    focus.set_mode("paragraph")
    editor.move_caret(8)
    assert seen(focus, editor) == "second one"
    editor.move_caret(0)
    assert seen(focus, editor) == "first"
    editor.select_range(2, 9)
    assert seen(focus, editor) == "firstsecond one"


def test_the_sentence_at_the_caret_is_not_faded(
    editor: ManuscriptEditor, theme: Theme, manuscript: Manuscript
) -> None:
    manuscript.load(f"{LINE}\nOther😀. ")
    focus = EditorFocus(editor, theme)
    focus.set_mode("sentence")
    for place, sentence in (
        (3, "The old fisherman looked out."),
        (LINE.index("Then"), "Then he turned back!"),
        (LINE.index("late"), "Was it late?"),
        (len(LINE) + 3, "Other😀."),
        (len(LINE) + 9, "Other😀."),
    ):
        editor.move_caret(place)
        assert seen(focus, editor).strip() == sentence
    editor.move_caret(3)
    then = editor.line_at(LINE.index("Then"))
    assert not focus.clear_region().contains(QPoint(then.left() + 1, then.center().y()))
    editor.move_caret(len(manuscript))
    QTest.keyClicks(editor, "New one")
    assert "New" in seen(focus, editor)
    assert "Other" not in seen(focus, editor)


def ink(image: QImage, top: int, bottom: int) -> int:
    """The darkest pixel between two heights of a light page."""
    return min(
        image.pixelColor(x, y).lightness()
        for y in range(max(top, 0), min(bottom, image.height()))
        for x in range(0, image.width(), 1)
    )


def test_what_is_faded_is_paler_on_the_screen(
    editor: ManuscriptEditor, theme: Theme, manuscript: Manuscript, qtbot: QtBot
) -> None:
    manuscript.load("first paragraph\nsecond paragraph")
    focus = EditorFocus(editor, theme)

    def inks() -> list[int]:
        image = editor.viewport().grab().toImage()
        places = [editor.line_at(place) for place in (0, 20)]
        return [ink(image, place.top(), place.bottom()) for place in places]

    editor.move_caret(len(manuscript))
    plain = inks()
    focus.set_mode("paragraph")
    faded = inks()
    assert faded[0] > plain[0] + 60
    assert faded[1] == plain[1]
    focus.set_mode("off")
    assert inks() == plain


# Typewriter


def height(editor: ManuscriptEditor) -> int:
    return editor.cursorRect().bottom()


def test_the_line_that_is_written_in_stays_where_it_is(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("line\n" * 100)
    editor.set_holds_line(True)
    editor.move_caret(250)
    at = height(editor)
    assert abs(at - 0.45 * editor.viewport().height()) <= 1
    for _ in range(30):
        QTest.keyClick(editor, Key.Key_Return)
        QTest.keyClicks(editor, "word")
        assert height(editor) == at
    for key in (Key.Key_Up, Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_Home):
        QTest.keyClick(editor, key)
        assert height(editor) == at
    for key in (Key.Key_Home, Key.Key_End):  # of the text
        QTest.keyClick(editor, key, CONTROL)
        assert height(editor) == at
    undo(editor)
    assert height(editor) == at
    editor.resize(500, 300)
    assert abs(height(editor) - 0.45 * editor.viewport().height()) <= 1
    editor.verticalScrollBar().setValue(0)
    QTest.keyClicks(editor, "x")
    assert abs(height(editor) - 0.45 * editor.viewport().height()) <= 1


def test_a_take_that_grows_is_held_too_and_a_click_moves_nothing(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("line\n" * 40)
    editor.set_holds_line(True)
    editor.move_caret(len(manuscript))
    at = height(editor)
    take = manuscript.begin_take(len(manuscript))
    for _ in range(200):
        take.append("words and ")
    assert height(editor) == at
    manuscript.end_take()
    scrolled = editor.verticalScrollBar().value()
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, 30))
    assert editor.verticalScrollBar().value() == scrolled
    editor.set_holds_line(False)
    assert editor.verticalScrollBar().minimum() == 0


def test_another_text_is_held_too_and_where_the_caret_goes_from_afar(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    editor.set_holds_line(True)
    held = editor.lowest
    for text in ("line\n" * 60, "One short line."):
        manuscript.load(text)
        editor.go_to(len(text), len(text), None)
        assert abs(height(editor) - held) <= 1
    manuscript.load("line\n" * 60)
    editor.verticalScrollBar().setValue(editor.verticalScrollBar().maximum())
    editor.move_caret(50)
    assert abs(height(editor) - held) <= 1


def test_without_it_the_page_scrolls_as_ever(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("line\n" * 100)
    editor.move_caret(0)
    assert (editor.verticalScrollBar().minimum(), editor.verticalScrollBar().value()) == (0, 0)
    editor.set_holds_line(True)
    editor.set_holds_line(False)
    assert (editor.verticalScrollBar().minimum(), editor.verticalScrollBar().value()) == (0, 0)


# Markdown


def fonts(editor: ManuscriptEditor) -> list[tuple[str, QFont, QColor]]:
    """What of each paragraph looks otherwise, and how."""
    found = []
    block = editor.document().firstBlock()
    while block.isValid():
        units = block.text().encode("utf-16-le")
        for part in block.layout().formats():
            chosen = units[2 * part.start : 2 * (part.start + part.length)].decode("utf-16-le")
            found.append((chosen, part.format.font(), part.format.foreground().color()))
        block = block.next()
    return found


def looks(editor: ManuscriptEditor) -> list[tuple[str, bool, bool]]:
    return [(text, font.bold(), font.italic()) for text, font, _ in fonts(editor)]


def test_markdown_is_shown_and_the_text_is_what_it_was(
    editor: ManuscriptEditor, manuscript: Manuscript, theme: Theme
) -> None:
    text = "# A 😀 b\n😀 *i* **b**\n```\n*no*\n```\n*i*"
    manuscript.load(text)
    assert looks(editor) == []
    editor.show_markdown(SIGNS)
    shown = looks(editor)
    assert ("A 😀 b", True, False) in shown
    assert ("i", False, True) in shown
    assert ("b", True, False) in shown
    assert ("*no*", False, False) in shown
    assert shown[-2:] == [("i", False, True), ("*", False, False)]
    assert all(color == SIGNS for text, _, color in fonts(editor) if text == "*")
    heading = next(font for text, font, _ in fonts(editor) if text == "A 😀 b")
    assert heading.pixelSize() > editor.prose_font.pixelSize()
    theme.zoom_by(4)
    editor.set_prose_font(theme.prose_font)
    zoomed = next(font for text, font, _ in fonts(editor) if text == "A 😀 b")
    assert zoomed.pixelSize() > max(heading.pixelSize(), editor.prose_font.pixelSize())
    assert (manuscript.text, manuscript.can_undo) == (text, False)
    editor.show_markdown(None)
    assert looks(editor) == []


def test_it_follows_keys_and_lives_beside_what_the_model_wrote(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    editor.show_markdown(SIGNS)
    QTest.keyClicks(editor, "an *i")
    assert looks(editor) == []
    QTest.keyClicks(editor, "*")
    assert looks(editor) == [("*", False, False), ("i", False, True), ("*", False, False)]
    take = manuscript.begin_take(len(manuscript))
    take.append(" a *model* ")
    manuscript.end_take()
    own = {text: (font.italic(), color) for text, font, color in fonts(editor)}
    assert own["model"] == (True, TINT)
    assert own[" a "][1] == TINT
    QTest.keyClick(editor, Key.Key_Home)
    QTest.keyClicks(editor, "```")
    QTest.keyClick(editor, Key.Key_Return)
    assert all(not font.italic() for _, font, _ in fonts(editor))


def test_a_long_text_is_laid_out_anew_in_pieces(
    editor: ManuscriptEditor, manuscript: Manuscript, qtbot: QtBot
) -> None:
    manuscript.load("Some *words* here.\n" * 6_000)
    qtbot.waitUntil(lambda: editor.is_whole)
    editor.move_caret(60_000)
    editor.show_markdown(SIGNS)
    assert not editor.is_whole
    qtbot.waitUntil(lambda: editor.is_whole)
    assert editor.caret == 60_000
    assert len(fonts(editor)) == 18_000
    QTest.keyClicks(editor, "*")
    assert len(fonts(editor)) in (18_000, 18_002)


# Quotation marks


def test_a_typed_quotation_mark_is_the_languages_and_one_undo_makes_it_straight(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, '"a" ')
    assert manuscript.text == '"a" '
    editor.set_smart_quotes("german")
    QTest.keyClicks(editor, '"It\'s"')
    assert manuscript.text == '"a" „It’s“'
    undo(editor)
    assert manuscript.text == '"a" „It’s"'
    assert editor.caret == len(manuscript)
    QTest.keyClick(editor, Key.Key_Y, CONTROL)
    assert manuscript.text == '"a" „It’s“'
    assert set(manuscript.origins()) == {Origin.TYPED}
    editor.select_range(0, len(manuscript))
    QTest.keyClicks(editor, '"')
    assert manuscript.text == "„"
    event = QInputMethodEvent("", [])
    event.setCommitString("'")
    QApplication.sendEvent(editor, event)
    assert manuscript.text == "„‚"


def test_what_is_pasted_or_generated_stays_as_it_is(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    editor.set_smart_quotes("english")
    clipboard = QApplication.clipboard()
    clipboard.setText('"p"')
    QTest.keyClick(editor, Key.Key_V, CONTROL)
    take = manuscript.begin_take(len(manuscript))
    take.append(' "g"')
    manuscript.end_take()
    assert manuscript.text == '"p" "g"'
    QTest.keyClicks(editor, '"')
    assert manuscript.text == '"p" "g"”'


# The window


def focus_of(window: MainWindow) -> str:
    return window.actions_.writing_view.focus.mode


def test_all_are_off_at_first_and_chosen_by_keys_and_remembered(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    view = window.actions_.writing_view
    assert focus_of(window) == "off"
    assert not window.editor.holds_line
    QTest.keyClick(window.editor, Key.Key_F, CONTROL | SHIFT)
    assert focus_of(window) == "paragraph"
    QTest.keyClick(window.editor, Key.Key_G, CONTROL | SHIFT)
    assert focus_of(window) == "sentence"
    assert [action.isChecked() for action in view.focus_actions.values()] == [False, True]
    QTest.keyClick(window.editor, Key.Key_Y, CONTROL | SHIFT)
    QTest.keyClick(window.editor, Key.Key_D, CONTROL | SHIFT)
    view.quote_actions["french"].trigger()
    QTest.keyClicks(window.editor, '*a* "')
    assert window.editor.manuscript.text == "*a* «\u202f"
    assert ("a", False, True) in looks(window.editor)
    values = [
        window.settings.get(setting) for setting in (remembered.FOCUS, remembered.SMART_QUOTES)
    ]
    assert values == ["sentence", "french"]
    QTest.keyClick(window.editor, Key.Key_G, CONTROL | SHIFT)
    assert focus_of(window) == "off"


def test_what_was_chosen_is_there_again(open_window: Callable[[], MainWindow]) -> None:
    remember(remembered.FOCUS, "paragraph")
    remember(remembered.TYPEWRITER, True)
    remember(remembered.MARKDOWN, True)
    remember(remembered.SMART_QUOTES, "english")
    window = open_window()
    view = window.actions_.writing_view
    assert focus_of(window) == "paragraph"
    assert view.focus_actions["paragraph"].isChecked()
    assert view.quote_actions["english"].isChecked()
    assert window.editor.holds_line
    QTest.keyClicks(window.editor, '*a* "')
    assert window.editor.manuscript.text == "*a* “"
    assert ("a", False, True) in looks(window.editor)
