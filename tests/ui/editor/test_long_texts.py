"""A long text comes to the page in pieces: nothing takes more than a turn of the event loop."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.manuscript import Manuscript
from studio.manuscript.text_shape import LIMITS
from studio.ui.editor.document import AT_ONCE
from studio.ui.editor.editor import LAYING_OUT, ManuscriptEditor
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

Key = Qt.Key
SENTENCE = "The old fisherman pushed the boat into the water and looked back. "
PROSE = (SENTENCE * 8 + "\n") * 1_000
LINES = "x\n" * 20_000


class Turns:
    """What changes of a document come between two turns of the event loop."""

    def __init__(self, editor: ManuscriptEditor) -> None:
        self.editor = editor
        self.most_characters = self.most_paragraphs = self.count = 0
        self._paragraphs = editor.document().blockCount()
        self._changed = 0
        editor.document().contentsChange.connect(self._on_changed)

    def _on_changed(self, _position: int, _removed: int, added: int) -> None:
        # Characters that go cost nothing, but for their paragraphs.
        self._changed += added

    def run(self) -> None:
        """Until all of the text is there."""
        self._take()
        while not self.editor.is_whole:
            QApplication.processEvents()
            self._take()
            self.count += 1

    def _take(self) -> None:
        paragraphs = self.editor.document().blockCount()
        self.most_characters = max(self.most_characters, self._changed)
        self.most_paragraphs = max(self.most_paragraphs, abs(paragraphs - self._paragraphs))
        self._changed, self._paragraphs = 0, paragraphs


@pytest.fixture
def editor(qtbot: QtBot) -> ManuscriptEditor:
    editor = ManuscriptEditor(Manuscript())
    qtbot.addWidget(editor)
    editor.resize(500, 400)
    editor.show()
    return editor


def shown_text(editor: ManuscriptEditor) -> str:
    return editor.document().toRawText().replace("\u2029", "\n")


@pytest.mark.parametrize("text", [PROSE, LINES])
def test_it_comes_and_goes_a_piece_a_turn(editor: ManuscriptEditor, text: str) -> None:
    assert len(text) > AT_ONCE.characters or text.count("\n") > AT_ONCE.paragraphs
    turns = Turns(editor)
    editor.manuscript.load(text)
    assert not editor.is_whole
    turns.run()
    assert shown_text(editor) == text
    assert editor.caret == len(text)
    assert turns.count >= 10
    editor.manuscript.load("short")
    turns.run()
    assert shown_text(editor) == "short"
    assert turns.most_characters <= AT_ONCE.characters
    assert turns.most_paragraphs <= AT_ONCE.paragraphs


def test_all_of_it_is_deleted_and_comes_back_a_piece_a_turn(editor: ManuscriptEditor) -> None:
    turns = Turns(editor)
    editor.manuscript.load(LINES)
    turns.run()
    editor.selectAll()
    QTest.keyClicks(editor, "y")
    turns.run()
    assert editor.manuscript.text == shown_text(editor) == "y"
    editor.undo()
    turns.run()
    assert editor.manuscript.text == shown_text(editor) == LINES
    editor.selectAll()
    editor.cut()
    turns.run()
    assert editor.manuscript.text == shown_text(editor) == ""
    assert QApplication.clipboard().text() == LINES
    editor.undo()
    turns.run()
    assert editor.manuscript.text == shown_text(editor) == LINES
    assert turns.most_paragraphs <= AT_ONCE.paragraphs


@pytest.mark.parametrize("text", [PROSE, LINES])
def test_another_width_and_size_lay_it_out_a_piece_a_turn(
    editor: ManuscriptEditor, qtbot: QtBot, text: str
) -> None:
    turns = Turns(editor)
    editor.manuscript.load(text)
    turns.run()
    middle = len(text) // 2
    editor.move_caret(middle)
    top = editor.cursorRect().top()
    editor.resize(420, 400)
    assert editor.is_whole, "the width may change again at once"
    qtbot.waitUntil(lambda: not editor.is_whole)
    turns.run()
    assert editor.lineWrapColumnOrWidth() == editor.viewport().width()
    assert shown_text(editor) == text
    assert editor.caret == middle
    assert editor.cursorRect().top() == top
    font = editor.prose_font
    font.setPixelSize(font.pixelSize() + 4)
    editor.set_prose_font(font)
    turns.run()
    assert shown_text(editor) == text
    assert editor.document().defaultFont().pixelSize() == font.pixelSize()
    assert editor.document().lastBlock().blockFormat() == editor.paragraph_format
    assert editor.cursorRect().top() == top
    assert turns.most_characters <= AT_ONCE.characters


def test_keys_are_refused_until_it_is_there_and_the_caret_goes_where_it_is_put(
    editor: ManuscriptEditor,
) -> None:
    refused: list[str] = []
    editor.refused.connect(refused.append)
    editor.manuscript.load(PROSE)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Key.Key_Backspace)
    assert refused == [LAYING_OUT] * 2
    editor.move_caret(5)
    assert editor.caret == 5
    Turns(editor).run()
    assert editor.manuscript.text == PROSE
    assert editor.caret == editor.textCursor().position() == 5
    QTest.keyClicks(editor, "x")
    assert editor.manuscript.text.startswith("The oxld")


def test_a_model_that_writes_meanwhile_does_not_begin_it_anew(editor: ManuscriptEditor) -> None:
    manuscript = editor.manuscript
    manuscript.load(PROSE)
    for _ in range(4):
        QApplication.processEvents()
    take = manuscript.begin_take(10)
    turns = 0
    while not editor.is_whole:
        take.append("word ")
        QApplication.processEvents()
        turns += 1
        assert turns < 200
    manuscript.end_take()
    assert shown_text(editor) == manuscript.text


def test_a_key_changes_no_more_of_a_long_text_than_of_a_short_one(
    editor: ManuscriptEditor,
) -> None:
    manuscript = editor.manuscript
    manuscript.load("x\n" * (LIMITS.paragraphs - 2))
    turns = Turns(editor)
    turns.run()
    for place in (0, len(manuscript) // 2, len(manuscript)):
        editor.move_caret(place)
        copied, turns.most_characters = manuscript.copied, 0
        QTest.keyClicks(editor, "a")
        turns.run()
        assert turns.most_characters <= 4
        assert manuscript.copied - copied <= 16_384


def test_why_a_key_was_refused_is_reported_as_long_as_it_is_so(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.draft.manuscript.load(PROSE)
    QTest.keyClicks(window.editor, "x")
    assert window.notice.message == LAYING_OUT
    assert not window.notice.standing, "nothing went wrong"
    qtbot.waitUntil(lambda: window.editor.is_whole, timeout=LONG)
    assert not window.notice.message
    QTest.keyClicks(window.editor, "x")
    assert window.session.draft.manuscript.text == PROSE + "x"
