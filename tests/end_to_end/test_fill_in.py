"""Continue where text follows with a model that has tokens for it: the real window and child."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio.app.writing.plan_edits import AFTER_PART
from studio.engine.messages import LoadOptions
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.model.prompt_window import PromptWindow
from tests.helpers.tiny_model import CONTROL, byte_level_tokens, write_byte_level_model
from tests.ui.conftest import LONG

BEFORE, AFTER = "The sea was calm. He had", " and rowed home."
PREFIX = 261
E = len(CONTROL) + byte_level_tokens().index("e")
CONTROL_KEY = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A window with a model that fills in, and the caret in the middle of a text."""
    window = open_window()
    path = write_byte_level_model(tmp_path / "fills-in.gguf", fills_in=True)
    window.session.model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)
    session = window.session
    # What it writes is no prose, but always the same letter.
    session.sampling.set_params(SamplingParams(temperature=0.0, logit_bias=((E, 1000.0),)))
    session.sampling.set_max_tokens(3)
    session.draft.manuscript.edit(0, 0, BEFORE + AFTER)
    window.editor.setFocus()
    window.editor.move_caret(len(BEFORE))
    return window


def test_it_says_that_it_fills_in_and_does(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    assert window.writing_bar.place.text() == "Fills in: what follows is read too"
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL_KEY)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert session.draft.manuscript.text == f"{BEFORE}eee{AFTER}"
    (takes,) = session.draft.manuscript.take_sets
    (take,) = takes.takes
    sequence = take.records[0].sequence
    assert sequence is not None
    assert sequence.ids is not None
    assert sequence.ids[0] == PREFIX
    assert "filled in" in window.writing_bar._facts.text()
    (kept,) = document_of_bytes(document_to_bytes(session.draft.document())).take_sets
    assert kept.takes[0].fills_in


def test_what_the_model_sees_has_both_sides(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_.prompt.trigger()
    view = window.findChild(PromptWindow)
    assert isinstance(view, PromptWindow)
    shown = f"⟨before⟩{BEFORE}⟨after⟩{AFTER}⟨between⟩"
    qtbot.waitUntil(lambda: view.text.toPlainText() == shown, timeout=LONG)
    assert view.parts.item_of(AFTER_PART).text(1) == f"{len(AFTER) + 2} tokens"
    assert f"{len(AFTER) + 2} of them are of the text after the caret" in view._summary.text()


def test_without_reading_on_it_does_not(window: MainWindow, qtbot: QtBot) -> None:
    menus = [one for one in window.findChildren(QMenu) if one.title() == "&In the middle of a text"]
    (middle,) = menus
    one = next(action for action in middle.actions() if "without reading on" in action.text())
    one.trigger()
    assert window.writing_bar.place.text() == "What follows the caret is not read"
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL_KEY)
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    (takes,) = window.session.draft.manuscript.take_sets
    sequence = takes.takes[0].records[0].sequence
    assert sequence is not None
    assert sequence.ids is not None
    assert PREFIX not in sequence.ids
    assert not takes.takes[0].fills_in
