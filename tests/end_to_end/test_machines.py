"""The real window writes with another machine's help, and the machine goes away."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.engine.messages import LoadOptions
from studio.ui.main_window import MainWindow
from tests.helpers.rpc_machine import rpc_machine
from tests.ui.conftest import LONG, NEVER_ENDS

OPENING = "The old fisherman looked out over the"
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", ["kill", "halt"])
def test_the_text_stays_and_the_model_opens_again_without_the_machine(
    window: MainWindow, qtbot: QtBot, starter_model: Path, how: str
) -> None:
    session, actions = window.session, window.actions_
    model, manuscript = session.model, session.draft.manuscript
    with rpc_machine() as machine:
        options = LoadOptions(threads=1, context_size=2048, machines=(machine.address,))
        model.open(str(starter_model), options)
        qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
        assert model.report
        assert [it.layers for it in model.report.devices] == [0, 31]
        window.editor.setFocus()
        QTest.keyClicks(window.editor, OPENING)
        session.sampling.set_max_tokens(1500)
        session.sampling.change(logit_bias=NEVER_ENDS)
        QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
        qtbot.waitUntil(lambda: len(manuscript.text) > len(OPENING) + 20, timeout=LONG)
        written = manuscript.text
        getattr(machine, how)()
        qtbot.waitUntil(lambda: window.notice.action is actions.open_without, timeout=LONG)
        assert f"The machine {machine.address} no longer answers" in window.notice.message
        assert "Your text is untouched" in window.notice.message
        kept = manuscript.text
        assert kept.startswith(written)
        (button,) = [
            one
            for one in window.notice.findChildren(QPushButton)
            if one.text() == "Open without it"
        ]
        button.click()
        qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
        assert [it.layers for it in model.report.devices] == [31]
        assert model.options == options, "what was chosen stays so"
        assert window.notice.action is not actions.open_without
        assert manuscript.text == kept
        session.sampling.set_max_tokens(3)
        QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
        qtbot.waitUntil(lambda: len(manuscript.text) > len(kept), timeout=LONG)
