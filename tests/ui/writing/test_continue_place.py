"""Where Continue writes, and what is reported of it before: at the real window, with the model."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.manuscript.joint import joined
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
TEXT = "The old fisherman looked out over the sea, and smiled.\nThen he rowed home."


@pytest.fixture
def written(window: MainWindow) -> MainWindow:
    """A window with a text, its caret at the end; what is written has five tokens."""
    QTest.keyClicks(window.editor, TEXT.replace("\n", ""))
    window.editor.move_caret(TEXT.index("\n"))
    QTest.keyClick(window.editor, Qt.Key.Key_Return)
    window.editor.move_caret(len(TEXT))
    assert window.session.draft.manuscript.text == TEXT
    window.session.sampling.set_max_tokens(5)
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    return window


def continue_writing(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    assert not window.session.writing.is_idle
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def reported(window: MainWindow) -> str:
    label = window.writing_bar.place
    return label.text() if label.isVisible() else ""


@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_written_comes_behind_what_is_selected(
    written: MainWindow, qtbot: QtBot, backwards: bool
) -> None:
    start, end = TEXT.index("old"), TEXT.index(" looked")
    written.editor.move_caret(end if backwards else start)
    for _ in range(end - start):
        QTest.keyClick(written.editor, Qt.Key.Key_Left if backwards else Qt.Key.Key_Right, SHIFT)
    assert written.editor.selection == (start, end)
    assert reported(written) == "Best of 4 by how the text after it follows"
    assert "stays as it is" in written.actions_.continue_.toolTip()
    prompt = written.session.draft.prompt().manuscript
    assert prompt == TEXT[:end]
    continue_writing(written, qtbot)
    text = written.session.draft.manuscript.text
    added = text[end : len(text) - len(TEXT[end:])]
    assert text == TEXT[:end] + added + TEXT[end:]
    assert added.strip()
    assert not added[-1].isspace(), "a space follows already"
    assert written.editor.selection == (end + len(added),) * 2, "the caret went with it"
    QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL)
    assert written.session.draft.manuscript.text == TEXT


@pytest.mark.parametrize("before", ["fisherman", " looked", ", and", "\nThen", "smiled", "home"])
def test_what_is_written_is_joined_to_what_follows(
    written: MainWindow, qtbot: QtBot, before: str
) -> None:
    place = TEXT.index(before)
    written.editor.move_caret(place)
    assert reported(written) == "Best of 4 by how the text after it follows"
    continue_writing(written, qtbot)
    text = written.session.draft.manuscript.text
    after = TEXT[place:]
    added = text[place : len(text) - len(after)]
    assert text == TEXT[:place] + added + after
    assert added.strip()
    assert not (TEXT[:place][-1:].isspace() and added[0].isspace()), "there is a space before it"
    glued = added[-1] + after[0]
    if after[0].isalpha():
        # One space, or line ends that were drawn; and none behind a hyphen, a bracket or the like,
        # behind which a word goes on.
        assert added == joined(added, after), glued
        assert added[-1].isspace() or not added[-1].isalnum(), glued
    else:
        assert not added[-1].isspace(), glued
    QTest.keyClick(written.editor, Qt.Key.Key_Z, CONTROL)
    assert written.session.draft.manuscript.text == TEXT


def test_nothing_is_reported_where_continue_does_what_its_name_says(
    written: MainWindow, qtbot: QtBot
) -> None:
    assert reported(written) == ""
    QTest.keyClick(written.editor, Qt.Key.Key_Left)
    assert reported(written) == "Best of 4 by how the text after it follows"
    QTest.keyClick(written.editor, Qt.Key.Key_Right, SHIFT)
    assert reported(written) == "Continues after the selection"
    QTest.keyClick(written.editor, Qt.Key.Key_Right)
    assert reported(written) == ""
    QTest.keyClick(written.editor, Qt.Key.Key_Return)
    QTest.keyClicks(written.editor, "  ")
    written.editor.move_caret(len(TEXT))
    assert reported(written) == "", "white space is nothing that could be read"
