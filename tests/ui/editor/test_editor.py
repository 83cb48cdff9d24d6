from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QInputMethodEvent,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.manuscript import (
    Manuscript,
    Origin,
    Take,
    TextFile,
    TokenSpans,
    read_text_file,
    write_text_file,
)
from studio.ui.editor.document import REFUSED, shown
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.passage_mime import passage_mime
from tests.helpers.token_records import tokens

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
TINT = QColor("#6b4630")


@pytest.fixture
def manuscript() -> Manuscript:
    return Manuscript()


@pytest.fixture
def editor(qtbot: QtBot, manuscript: Manuscript) -> Iterator[ManuscriptEditor]:
    editor = ManuscriptEditor(manuscript)
    qtbot.addWidget(editor)
    editor.set_generated_color(TINT)
    editor.resize(500, 300)
    editor.show()
    yield editor
    assert editor.document().toRawText() == shown(manuscript.text)
    QGuiApplication.clipboard().clear()


def grow(manuscript: Manuscript, position: int, text: str) -> Take:
    take = manuscript.begin_take(position)
    take.append(text)
    return take


def compose(editor: ManuscriptEditor, preedit: str = "", commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(editor, event)


def tinted(editor: ManuscriptEditor) -> str:
    """The characters that the screen shows in the colour of generated text."""
    found = ""
    block = editor.document().firstBlock()
    while block.isValid():
        units = block.text().encode("utf-16-le")
        for part in block.layout().formats():
            if part.format.foreground().color() == TINT:
                chosen = units[2 * part.start : 2 * (part.start + part.length)]
                found += chosen.decode("utf-16-le")
        block = block.next()
    return found


def line_heights(editor: ManuscriptEditor) -> set[float]:
    heights = set()
    block = editor.document().firstBlock()
    while block.isValid():
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        assert block.blockFormat().lineHeightType() == proportional
        heights.add(block.blockFormat().lineHeight())
        block = block.next()
    return heights


def test_keys_reach_the_manuscript(editor: ManuscriptEditor, manuscript: Manuscript) -> None:
    QTest.keyClicks(editor, "The sea\u00a0is")
    QTest.keyClick(editor, Key.Key_Return)
    compose(editor, commit="😀日本")
    QTest.keyClick(editor, Key.Key_Return, SHIFT)
    QTest.keyClicks(editor, "calm")
    QTest.keyClick(editor, Key.Key_Backspace)
    assert manuscript.text == "The sea\u00a0is\n😀日本\ncal"
    assert editor.caret == len(manuscript.text)
    editor.move_caret(12)
    QTest.keyClick(editor, Key.Key_Backspace)
    assert manuscript.text == "The sea\u00a0is\n日本\ncal"


def test_an_input_method_composes_before_it_commits(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "aa")
    editor.move_caret(1)
    compose(editor, preedit="か")
    assert manuscript.text == "aa"
    compose(editor, commit="a")
    assert manuscript.text == "aaa"
    manuscript.undo()
    assert manuscript.text == "aa"


def test_typing_in_a_row_of_like_generated_letters_is_the_writers(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    grow(manuscript, 0, "aaaa")
    manuscript.end_take()
    editor.move_caret(2)
    compose(editor, commit="a")
    assert list(manuscript.origins()) == [1, 1, 0, 1, 1]


def test_undo_and_redo_are_the_manuscripts(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "one two")
    grow(manuscript, 7, " three four")
    manuscript.end_take()
    QTest.keyClick(editor, Key.Key_Z, CONTROL)
    assert (manuscript.text, editor.caret) == ("one two", 7)
    QTest.keyClick(editor, Key.Key_Z, CONTROL)
    assert (manuscript.text, editor.caret) == ("one ", 4)
    QTest.keyClick(editor, Key.Key_Z, CONTROL | SHIFT)
    QTest.keyClick(editor, Key.Key_Y, CONTROL)
    assert manuscript.text == "one two three four"
    assert tinted(editor) == " three four"
    QTest.keyClick(editor, Key.Key_Y, CONTROL)
    assert manuscript.text == "one two three four"


def test_the_menu_offers_the_manuscripts_undo(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    def actions() -> dict[str, bool]:
        menu = editor.context_menu(QPoint(5, 5))
        return {action.objectName(): action.isEnabled() for action in menu.actions()}

    assert not actions()["edit-undo"]
    QTest.keyClicks(editor, "word")
    assert (actions()["edit-undo"], actions()["edit-redo"]) == (True, False)
    menu = editor.context_menu(QPoint(5, 5))
    next(action for action in menu.actions() if action.objectName() == "edit-undo").trigger()
    assert manuscript.text == ""
    assert actions()["edit-redo"]
    grow(manuscript, 0, "take")
    editor.select_range(1, 3)
    offered = actions()
    assert offered["edit-copy"]
    for name in ("edit-undo", "edit-redo", "edit-cut", "edit-delete", "edit-paste"):
        assert not offered[name]


def test_a_growing_take_is_shown_and_the_caret_at_its_end_follows(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "Once ")
    take = manuscript.begin_take(5)
    for piece in ("upon ", "a 😀", "\ntime"):
        take.append(piece)
    assert editor.caret == 18
    assert tinted(editor) == "upon a 😀time"
    editor.move_caret(2)
    take.append(" there")
    assert editor.caret == 2
    manuscript.end_take()


def test_the_writer_types_elsewhere_while_a_take_grows(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "start  end")
    take = grow(manuscript, 6, "one ")
    editor.move_caret(0)
    for key, piece in zip("very", ("two ", "three ", "😀 ", "four"), strict=True):
        QTest.keyClicks(editor, key)
        take.append(piece)
    editor.move_caret(len(manuscript))
    QTest.keyClicks(editor, "ing")
    take.append("!")
    manuscript.end_take()
    assert manuscript.text == "verystart one two three 😀 four! ending"
    assert tinted(editor) == "one two three 😀 four!"
    for expected in ("verystart one two three 😀 four! end", "start one two three 😀 four! end"):
        QTest.keyClick(editor, Key.Key_Z, CONTROL)
        assert manuscript.text == expected
    QTest.keyClick(editor, Key.Key_Z, CONTROL)
    assert manuscript.text == "start  end"


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Key.Key_X, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Space, SHIFT),
        (Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Return, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Return, SHIFT),
        (Key.Key_Backspace, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Backspace, CONTROL),
        (Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Delete, CONTROL),
        (Key.Key_V, CONTROL),
    ],
)
def test_keys_inside_a_growing_take_are_refused(
    qtbot: QtBot,
    editor: ManuscriptEditor,
    manuscript: Manuscript,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
) -> None:
    QGuiApplication.clipboard().setText("pasted")
    take = grow(manuscript, 0, "some words")
    editor.move_caret(4)
    reported: list[str] = []
    editor.document().contentsChange.connect(lambda *change: reported.append("changed"))
    editor.refused.connect(reported.append)
    QTest.keyClick(editor, key, modifier)
    assert reported == [REFUSED]
    assert manuscript.text == "some words"
    take.append("!")
    manuscript.end_take()
    QTest.keyClick(editor, key, modifier)
    assert manuscript.text != "some words!"


def test_other_ways_into_a_growing_take_are_refused(
    qtbot: QtBot, editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    grow(manuscript, 0, "some words")
    editor.select_range(2, 6)
    ways: dict[str, Callable[[], object]] = {
        "cut": lambda: QTest.keyClick(editor, Key.Key_X, CONTROL),
        "compose": lambda: compose(editor, preedit="か"),
        "commit": lambda: compose(editor, commit="本"),
        "undo": lambda: QTest.keyClick(editor, Key.Key_Z, CONTROL),
        "redo": lambda: QTest.keyClick(editor, Key.Key_Y, CONTROL),
        "the slot of a menu": editor.cut,
        "insertPlainText": lambda: editor.insertPlainText("x"),
    }
    for name, way in ways.items():
        with qtbot.waitSignal(editor.refused):
            way()
        qtbot.waitUntil(lambda: editor.document().toRawText() == "some words")
        assert manuscript.text == "some words", name
        editor.select_range(2, 6)
    manuscript.end_take()


def test_looking_around_in_a_growing_take_is_allowed(
    qtbot: QtBot, editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    grow(manuscript, 0, "some words")
    editor.move_caret(4)
    with qtbot.assertNotEmitted(editor.refused):
        for key in (Key.Key_Left, Key.Key_Home, Key.Key_End, Key.Key_Escape, Key.Key_Control):
            QTest.keyClick(editor, key)
        QTest.keyClick(editor, Key.Key_A, CONTROL)
        QTest.keyClick(editor, Key.Key_C, CONTROL)
        assert QGuiApplication.clipboard().text() == "some words"
        editor.move_caret(10)
        QTest.keyClick(editor, Key.Key_Delete)
        editor.move_caret(0)
        QTest.keyClick(editor, Key.Key_Backspace)
    manuscript.end_take()


def test_takes_step_in_the_view(editor: ManuscriptEditor, manuscript: Manuscript) -> None:
    QTest.keyClicks(editor, "> <")
    grow(manuscript, 2, "first\ntake")
    manuscript.end_take()
    takes = manuscript.take_sets[0]
    manuscript.retake(takes).append("second 😀")
    manuscript.end_take()
    assert editor.document().toRawText() == "> second 😀<"
    editor.move_caret(manuscript.step_take(takes, -1))
    assert editor.document().toRawText() == "> first\u2029take<"
    assert tinted(editor) == "firsttake"
    assert manuscript.take_set_at(*editor.selection) is takes


def test_copy_and_paste_keep_every_character(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("no\u00a0break 😀\u2028line\nend")
    editor.selectAll()
    QTest.keyClick(editor, Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == manuscript.text
    editor.move_caret(0)
    QTest.keyClick(editor, Key.Key_V, CONTROL)
    assert manuscript.text == "no\u00a0break 😀\u2028line\nend" * 2
    manuscript.undo()
    assert manuscript.text == "no\u00a0break 😀\u2028line\nend"


def test_text_that_is_cut_and_pasted_is_still_the_models(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.edit(0, 0, "one 😀 two ")
    grow(manuscript, 10, "three")
    manuscript.end_take()
    editor.select_range(6, 15)
    QTest.keyClick(editor, Key.Key_X, CONTROL)
    assert manuscript.text == "one 😀 "
    editor.move_caret(0)
    QTest.keyClick(editor, Key.Key_V, CONTROL)
    assert (manuscript.text, editor.caret) == ("two threeone 😀 ", 9)
    assert tinted(editor) == "three"
    manuscript.undo()
    assert manuscript.text == "one 😀 "
    # What comes from elsewhere is the writer's, and so is what does not fit its origins.
    QGuiApplication.clipboard().setText("three")
    editor.paste()
    assert tinted(editor) == ""
    stale = passage_mime("three", bytes([Origin.GENERATED]) * 4)
    editor.insertFromMimeData(stale)
    assert tinted(editor) == ""


def written(manuscript: Manuscript, *texts: str) -> TokenSpans:
    """A take of tokens with these texts, and the spans that follow it."""
    spans = TokenSpans(manuscript)
    spans.set_source("a model")
    take = manuscript.begin_take(0)
    take.records += tokens(*texts)
    take.append("".join(texts))
    manuscript.end_take()
    return spans


def recorded(spans: TokenSpans) -> list[tuple[int, int]]:
    """Where each token stands, and which it is."""
    return [(span.start, span.record.id) for span in spans.all]


def test_whole_tokens_keep_their_records_when_cut_and_pasted(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    spans = written(manuscript, "One", " two", " three", " four")
    two = spans.all[1].record
    editor.select_range(1, 13)  # of the first token only a part
    QTest.keyClick(editor, Key.Key_X, CONTROL)
    assert (manuscript.text, recorded(spans)) == ("O four", [(1, 3)])
    editor.move_caret(6)
    for _ in range(2):
        QTest.keyClick(editor, Key.Key_V, CONTROL)
    assert manuscript.text == "O fourne two threene two three"
    assert recorded(spans) == [(1, 3), (8, 1), (12, 2), (20, 1), (24, 2)]
    records = [span.record for span in spans.all]
    assert len({id(record) for record in records}) == 5, "no two places share a record"
    manuscript.undo()
    assert recorded(spans) == [(1, 3), (8, 1), (12, 2)]
    manuscript.redo()
    assert [span.record for span in spans.all] == records
    for _ in range(3):
        manuscript.undo()
    assert recorded(spans) == [(0, 0), (3, 1), (7, 2), (13, 3)]
    assert spans.all[1].record is two


def test_pasted_tokens_are_known_to_their_own_model_alone(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    spans = written(manuscript, "One", " two")
    editor.selectAll()
    QTest.keyClick(editor, Key.Key_C, CONTROL)
    spans.set_source("another model")
    editor.move_caret(7)
    QTest.keyClick(editor, Key.Key_V, CONTROL)
    assert recorded(spans) == []
    spans.set_source("a model")
    assert recorded(spans) == [(0, 0), (3, 1), (7, 0), (10, 1)]
    # The same words, copied elsewhere meanwhile, bring nothing along.
    QGuiApplication.clipboard().setText("One two")
    editor.paste()
    assert len(spans) == 4


def test_dragged_tokens_keep_their_records(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    spans = written(manuscript, "One", " two", " three")
    editor.select_range(3, 7)
    editor._move_text(3, 7, 13)
    assert manuscript.text == "One three two"
    assert recorded(spans) == [(0, 0), (3, 2), (9, 1)]
    manuscript.undo()
    assert recorded(spans) == [(0, 0), (3, 1), (7, 2)]


def test_a_caret_in_view_stays_there_when_something_comes_below(
    qtbot: QtBot, editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("line\n" * 60)

    def is_in_view() -> bool:
        return editor.viewport().rect().contains(editor.cursorRect())

    editor.move_caret(len(manuscript))
    editor.resize(500, 220)
    qtbot.waitUntil(is_in_view)
    # Who reads elsewhere is left there.
    editor.verticalScrollBar().setValue(0)
    editor.resize(500, 180)
    QApplication.processEvents()
    assert editor.verticalScrollBar().value() == 0


def test_a_paste_is_plain_and_a_step_of_its_own(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "ab")
    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("b\r\nc")
    editor.insertFromMimeData(data)
    QTest.keyClicks(editor, "d")
    texts = [manuscript.text]
    while manuscript.can_undo:
        manuscript.undo()
        texts.append(manuscript.text)
    assert texts == ["abb\ncd", "abb\nc", "ab", ""]
    rich = QMimeData()
    rich.setUrls([QUrl.fromLocalFile("story.txt")])
    assert not editor.canInsertFromMimeData(rich)


def test_text_dragged_within_the_manuscript_moves_in_one_step(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "one two three ")
    grow(manuscript, 14, "four")
    manuscript.end_take()
    editor.select_range(0, 4)
    editor._move_text(0, 4, 8)
    assert (manuscript.text, editor.selection) == ("two one three four", (4, 8))
    assert tinted(editor) == "four"
    editor._move_text(8, 14, 0)
    assert manuscript.text == "three two one four"
    manuscript.undo()
    assert manuscript.text == "two one three four"
    editor._move_text(14, 18, 0)
    assert (manuscript.text, tinted(editor)) == ("fourtwo one three ", "four")


def test_text_dropped_from_elsewhere_goes_where_it_may(
    qtbot: QtBot, editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    def drop(text: str, position: int) -> None:
        data = QMimeData()
        data.setText(text)
        cursor = editor._mirror.cursor(position, position)
        at = editor.cursorRect(cursor).center()
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(editor.viewport(), QDragEnterEvent(at, copy, data, left, none))
        QApplication.sendEvent(editor.viewport(), QDropEvent(QPointF(at), copy, data, left, none))

    QTest.keyClicks(editor, "start end")
    drop("the ", 6)
    assert manuscript.text == "start the end"
    grow(manuscript, 6, "generated ")
    with qtbot.waitSignal(editor.refused):
        drop("no ", 9)
    drop("> ", 6)
    assert manuscript.text == "start > generated the end"
    manuscript.end_take()
    manuscript.undo()
    assert manuscript.text == "start generated the end"


@pytest.mark.parametrize(
    "data",
    [
        b"plain\nlines\n",
        b"dos\r\nlines\r\n",
        b"mixed\r\nlines\nand\rmore",
        "no\u00a0break\u2028 \ufeff \u2029 😀\x0c\u200b\ufdd0".encode(),
        b"\xef\xbb\xbfmarked",
        b"",
    ],
)
def test_a_file_opened_and_saved_keeps_its_bytes(
    tmp_path: Path, editor: ManuscriptEditor, manuscript: Manuscript, data: bytes
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(data)
    file = read_text_file(path)
    manuscript.load(file.text)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Key.Key_Backspace)
    assert line_heights(editor) == {editor.paragraph_format.lineHeight()}
    write_text_file(path, TextFile(manuscript.text, file.newline, file.encoding))
    assert path.read_bytes() == data


def test_the_line_height_holds_for_every_paragraph(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    QTest.keyClicks(editor, "one")
    QTest.keyClick(editor, Key.Key_Return)
    grow(manuscript, 4, "two\n\nthree\n")
    manuscript.end_take()
    assert line_heights(editor) == {editor.paragraph_format.lineHeight()}
    editor.selectAll()
    QTest.keyClick(editor, Key.Key_Delete)
    QTest.keyClicks(editor, "x")
    assert line_heights(editor) == {editor.paragraph_format.lineHeight()}
    while manuscript.can_undo:
        manuscript.undo()
        assert line_heights(editor) == {editor.paragraph_format.lineHeight()}
    manuscript.load("a\nb")
    assert line_heights(editor) == {editor.paragraph_format.lineHeight()}


@pytest.mark.parametrize("before", ["", "one", "one\n", "one\n\n"])
@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, SHIFT])
def test_every_enter_is_kept(
    editor: ManuscriptEditor, manuscript: Manuscript, before: str, modifier: Qt.KeyboardModifier
) -> None:
    manuscript.load(before)
    editor.move_caret(len(before))
    for count in range(1, 4):
        QTest.keyClick(editor, Key.Key_Return, modifier)
        assert manuscript.text == before + "\n" * count
    QTest.keyClicks(editor, "x")
    assert manuscript.text == before + "\n\n\nx"
    assert line_heights(editor) == {editor.paragraph_format.lineHeight()}


def test_the_tint_follows_the_colour_and_the_writers_edits(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    grow(manuscript, 0, "😀 grey sea")
    manuscript.end_take()
    editor.move_caret(4)
    QTest.keyClicks(editor, "XY")
    assert tinted(editor) == "😀 grey sea"
    formats = editor.document().firstBlock().layout().formats()
    assert [(part.start, part.length) for part in formats] == [(0, 5), (7, 6)]
    editor.set_generated_color(QColor("#00ff00"))
    assert tinted(editor) == ""


def test_growing_text_colours_its_own_paragraph_alone(
    editor: ManuscriptEditor, manuscript: Manuscript, monkeypatch: pytest.MonkeyPatch
) -> None:
    manuscript.load("\n".join(["a paragraph of some words"] * 50))
    take = grow(manuscript, len(manuscript), " and")
    asked: list[int] = []
    origins = manuscript.origins

    def counted(start: int = 0, end: int | None = None) -> bytes:
        asked.append(start)
        return origins(start, end)

    monkeypatch.setattr(manuscript, "origins", counted)
    take.append(" more")
    assert asked == [manuscript.text.rindex("\n") + 1]
    manuscript.end_take()


def test_the_view_follows_growing_text_but_not_away_from_the_writer(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("\n".join(f"line {n}" for n in range(40)))
    bar = editor.verticalScrollBar()
    editor.move_caret(len(manuscript))
    take = grow(manuscript, len(manuscript), "\nfirst")
    at_first = bar.value()
    take.append("\nsecond\nthird\n")
    assert bar.value() > at_first
    assert bar.maximum() - bar.value() <= editor.document().documentMargin()
    assert editor.line_at(len(manuscript)).bottom() == editor.lowest < editor.height() * 0.7
    editor.move_caret(0)
    at_top = bar.value()
    assert at_top < at_first
    take.append("\n\n\n")
    assert bar.value() == at_top
    manuscript.end_take()


def test_text_that_grows_above_the_view_does_not_push_it(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("\n".join(f"line {n}" for n in range(60)))
    take = grow(manuscript, 0, "taken")
    editor.move_caret(manuscript.text.index("line 40"))
    before = editor.cursorRect().top()
    take.append("\nline\nline\nline")
    assert editor.cursorRect().top() == before
    manuscript.end_take()


def test_marks_and_selections_count_code_points(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    manuscript.load("😀a😀b")
    editor.mark_ranges([(1, 2), (3, 4)], QColor("yellow"))
    marked = [selection.cursor.selectedText() for selection in editor.extraSelections()]
    assert marked == ["a", "b"]
    editor.select_range(2, 4)
    assert editor.textCursor().selectedText() == "😀b"
    assert (editor.selection, editor.caret) == ((2, 4), 4)
    assert editor.visible_range() == (0, 4)


def test_it_is_reported_to_assistive_technology_and_says_what_to_do(
    editor: ManuscriptEditor,
) -> None:
    assert editor.accessibleName() == "Manuscript"
    assert "Ctrl+Enter" in editor.placeholderText()
    assert editor.toolTip() == ""


def test_on_a_narrow_page_the_invitation_is_whole_and_goes_with_the_first_letter(
    qtbot: QtBot,
) -> None:
    empty = ManuscriptEditor(Manuscript(""))
    qtbot.addWidget(empty)
    empty.resize(170, 300)
    empty.show()

    def inked(top: int, bottom: int) -> int:
        image = empty.viewport().grab().toImage()
        page = image.pixelColor(0, image.height() - 1)
        return sum(
            image.pixelColor(x, y) != page for y in range(top, bottom) for x in range(image.width())
        )

    assert inked(110, 130) > 0, "some way down: it wraps into five lines"
    first = inked(0, 300)
    QTest.keyClick(empty, Qt.Key.Key_A)
    assert inked(60, 300) == 0
    QTest.keyClick(empty, Qt.Key.Key_Backspace)
    assert inked(0, 300) == pytest.approx(first, rel=0.2), "and it comes back (a caret may blink)"


def test_qt_paints_no_invitation_of_its_own_in_any_window(qtbot: QtBot) -> None:
    empty = ManuscriptEditor(Manuscript(""))
    qtbot.addWidget(empty)
    groups = QPalette.ColorGroup
    for group in (groups.Active, groups.Inactive, groups.Disabled):
        ink = empty.palette().color(group, QPalette.ColorRole.PlaceholderText)
        assert ink.alpha() == 0, group


def test_random_keys_leave_view_and_manuscript_the_same(
    editor: ManuscriptEditor, manuscript: Manuscript
) -> None:
    chance = random.Random(7)
    take: Take | None = None
    original = "Once 😀\nupon a\u00a0time"
    manuscript.load(original)
    for _ in range(400):
        act = chance.randrange(9)
        if act == 0:
            editor.move_caret(chance.randrange(len(manuscript) + 1))
        elif act == 1:
            end = chance.randrange(len(manuscript) + 1)
            editor.select_range(max(0, end - 3), end)
        elif act == 2:
            QTest.keyClick(editor, chance.choice([Key.Key_Backspace, Key.Key_Delete]))
        elif act == 3:
            compose(editor, commit=chance.choice(["😀", "é", "日本"]))
        elif act == 4 and take is None:
            take = manuscript.begin_take(editor.caret)
        elif act == 5 and take is not None:
            take.append(chance.choice([" word", "\n", "🎣"]))
        elif act == 6 and take is not None and chance.random() < 0.3:
            manuscript.end_take()
            take = None
        elif act == 7:
            QTest.keyClick(editor, chance.choice([Key.Key_Z, Key.Key_Y]), CONTROL)
        else:
            QTest.keyClicks(editor, chance.choice(["a", "b ", "cd"]))
        assert editor.document().toRawText() == shown(manuscript.text)
        generated = zip(manuscript.text, manuscript.origins(), strict=True)
        expected = "".join(c for c, origin in generated if origin == Origin.GENERATED and c != "\n")
        assert tinted(editor) == expected
    if take is not None:
        manuscript.end_take()
    while manuscript.can_undo:
        QTest.keyClick(editor, Key.Key_Z, CONTROL)
    assert manuscript.text == original


def test_a_manuscript_outlives_its_editor(qapp: QApplication) -> None:
    manuscript = Manuscript("ab")
    editor = ManuscriptEditor(manuscript)
    editor.deleteLater()
    QApplication.sendPostedEvents(editor, QEvent.Type.DeferredDelete)
    manuscript.edit(0, 0, "x")
    assert manuscript.text == "xab"


def test_formats_are_layout_only(editor: ManuscriptEditor, manuscript: Manuscript) -> None:
    grow(manuscript, 0, "generated")
    manuscript.end_take()
    editor.move_caret(9)
    QTest.keyClicks(editor, "typed")
    assert editor.textCursor().charFormat().foreground() == QTextCharFormat().foreground()


@pytest.mark.parametrize("backwards", [False, True])
def test_what_comes_at_the_end_of_a_selection_stays_outside(
    editor: ManuscriptEditor, manuscript: Manuscript, backwards: bool
) -> None:
    manuscript.load("one two three")
    editor.move_caret(7 if backwards else 4)
    for _ in range(3):
        QTest.keyClick(editor, Key.Key_Left if backwards else Key.Key_Right, SHIFT)
    grow(manuscript, 7, " and").append(" a half")
    manuscript.end_take()
    assert editor.selection == (4, 7)
    assert editor.caret == (4 if backwards else 7)
    grow(manuscript, 4, "just ")
    manuscript.end_take()
    assert editor.selection == (9, 12)
    QTest.keyClicks(editor, "x")
    assert manuscript.text == "one just x and a half three"
