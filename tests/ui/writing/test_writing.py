import os
import signal
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.generation.sequence import SequencePhase
from studio.app.model.state import ModelPhase
from studio.ui.main_window import MainWindow
from studio.ui.widgets.actions import ActionButton
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")


def tokens_of(window: MainWindow) -> int:
    growing = window.session.draft.manuscript.growing
    return len(growing.records) if growing else 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_the_real_engine_is_killed_while_it_writes_and_comes_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    manuscript = session.draft.manuscript
    reported: list[str] = []
    session.model.failed.connect(reported.append)
    session.writing.failed.connect(lambda why, _kind: reported.append(why))
    manuscript.edit(0, 0, "The old fisherman")
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: tokens_of(window) >= 5, timeout=LONG)
    before = manuscript.text
    old = session.client.process_id
    os.kill(old, signal.SIGKILL)
    qtbot.waitUntil(lambda: session.model.phase is ModelPhase.FAILED, timeout=LONG)

    assert len(reported) == 1
    assert "SIGKILL" in reported[0]
    assert window.notice.message == reported[0]
    assert session.writing.is_idle
    assert manuscript.growing is None
    kept = manuscript.text
    assert kept.startswith(before)
    assert len(kept) > len("The old fisherman")
    assert session.next_token.reason is not None
    qtbot.waitUntil(lambda: visible_status(window) == "no model", timeout=LONG)
    assert not window.actions_.continue_.isEnabled()
    assert window.notice.action is window.actions_.reopen_model

    window.actions_.reopen_model.trigger()
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert session.client.process_id not in (0, old)
    assert window.notice.message == ""
    assert manuscript.text == kept
    session.sampling.set_max_tokens(3)
    window.editor.move_caret(len(kept))
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert manuscript.text.startswith(kept)
    assert len(manuscript.text) > len(kept)


def visible_status(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.status.labels if label.isVisible())


def test_stop_while_a_long_prompt_is_read(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    text = "The sea was grey and the boats were late. " * 150
    session.draft.manuscript.edit(0, 0, text)
    window.editor.move_caret(len(text))
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.context.progress is not None, timeout=LONG)
    assert session.writing.phase is SequencePhase.READING
    assert window.actions_.stop.isEnabled()
    window.actions_.stop.trigger()
    assert not session.writing.can_stop
    assert window.actions_.stop.isEnabled(), "once more it would end the engine"
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert not window.actions_.stop.isEnabled()
    assert session.draft.manuscript.text == text
    assert session.writing.take_set() is None


def test_a_click_on_a_button_leaves_the_keyboard_in_the_text(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, "The old fisherman")
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.editor.setFocus()
    buttons = {button.accessibleName(): button for button in window.findChildren(ActionButton)}
    for name in ("Continue", "Retake"):
        QTest.mouseClick(buttons[name], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: tokens_of(window) >= 2, timeout=LONG)
        QTest.mouseClick(buttons["Stop"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
        assert window.focusWidget() is window.editor


def test_space_on_a_button_gives_the_keyboard_back_to_the_text(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, "The old fisherman")
    session.sampling.set_max_tokens(2)
    session.sampling.change(logit_bias=NEVER_ENDS)
    buttons = {button.accessibleName(): button for button in window.findChildren(ActionButton)}
    for name in ("Continue", "Retake"):
        buttons[name].setFocus(Qt.FocusReason.TabFocusReason)
        assert window.focusWidget() is buttons[name]
        QTest.keyClick(buttons[name], Qt.Key.Key_Space)
        assert not session.writing.is_idle
        assert window.focusWidget() is window.editor
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)


def test_the_texts_menu_names_the_keys_that_the_edit_menu_has_too(window: MainWindow) -> None:
    menu = window.editor.context_menu(QPoint(5, 5))
    named = {action.objectName(): action.text().partition("\t")[2] for action in menu.actions()}
    keys = ("edit-undo", "edit-redo", "edit-cut", "edit-copy", "edit-paste", "select-all")
    assert [named[name] for name in keys] == [
        QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)
        for standard in (
            QKeySequence.StandardKey.Undo,
            QKeySequence.StandardKey.Redo,
            QKeySequence.StandardKey.Cut,
            QKeySequence.StandardKey.Copy,
            QKeySequence.StandardKey.Paste,
            QKeySequence.StandardKey.SelectAll,
        )
    ]


def test_one_seed_writes_the_same_text_again(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, "The lighthouse keeper wrote")
    window.editor.move_caret(len("The lighthouse keeper wrote"))
    session.sampling.set_max_tokens(12)
    session.sampling.change(seed=-1, temperature=1.5, logit_bias=NEVER_ENDS)

    def take(begin: Callable[[], None]) -> str:
        begin()
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
        return session.draft.manuscript.text

    first = take(session.writing.continue_writing)
    take_set = session.writing.take_set()
    assert take_set is not None
    assert take_set.takes[0].seed is not None
    session.sampling.change(seed=take_set.takes[0].seed)
    assert take(session.writing.retake) == first
