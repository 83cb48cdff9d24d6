"""A lane whose prompt stands in the manuscript no more is asked about: at the real window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG, NEVER_ENDS

OPENING = "The old fisherman looked"
OTHER = "Another story."


@pytest.fixture
def run(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with lanes that continued a text which is there no more."""
    session = window.session
    QTest.keyClicks(window.editor, OPENING)
    window.compare.show(True)
    session.compare.set_max_tokens(4)
    for lane in session.compare.lanes:
        lane.sampling.change(logit_bias=NEVER_ENDS)
    session.compare.run()
    qtbot.waitUntil(lambda: not session.compare.is_running, timeout=LONG)
    session.draft.manuscript.load(OTHER)
    window.editor.move_caret(len(OTHER))
    return window


def answer(window: MainWindow, button: str) -> None:
    window.session.compare.use(window.session.compare.lanes[0])
    box = window.place_question.box
    assert box is not None
    assert box.isVisible()
    assert window.session.draft.manuscript.text == OTHER
    (found,) = [one for one in box.findChildren(QPushButton) if one.text().strip("&") == button]
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    assert window.place_question.box is None


def test_it_can_begin_a_new_document(run: MainWindow, qtbot: QtBot) -> None:
    written = run.session.compare.lanes[0].text
    answer(run, "New document")
    assert run.session.draft.manuscript.text == OPENING + written
    assert run.editor.caret == len(OPENING + written)


def test_it_can_come_at_the_caret(run: MainWindow, qtbot: QtBot) -> None:
    written = run.session.compare.lanes[0].text
    answer(run, "At the caret")
    text = run.session.draft.manuscript.text
    assert text.startswith(OTHER)
    assert text[len(OTHER) :].strip() == written.strip()


def test_it_can_be_left(run: MainWindow, qtbot: QtBot) -> None:
    answer(run, "Cancel")
    assert run.session.draft.manuscript.text == OTHER
