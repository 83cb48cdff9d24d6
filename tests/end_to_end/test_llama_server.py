"""A model at a real llama-server: opened by hand in the real window, and written with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.settings import MODEL, RECENT_MODELS, RECENT_SERVERS
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.model.server_dialog import ServerDialog
from studio.ui.model.server_facts import ServerFactsDialog
from studio.ui.widgets.labels import PlainLabel
from tests.helpers.llama_server import LlamaServer, StartServer
from tests.ui.conftest import LONG

TEXT = "The old fisherman looked out over the"


def in_dialog(action: Callable[[], None], act: Callable[[ServerDialog], None]) -> None:
    """Trigger what opens the dialog, and act in it."""

    def found() -> None:
        shown = QApplication.activeModalWidget()
        assert isinstance(shown, ServerDialog)
        act(shown)

    QTimer.singleShot(0, found)
    action()


def open_there(window: MainWindow, qtbot: QtBot, server: LlamaServer, key: str = "") -> str:
    """Open the server's model by the dialog; what Test showed."""
    said = []

    def act(dialog: ServerDialog) -> None:
        dialog.address.setText(f"127.0.0.1:{server.port}")
        dialog.key.setText(key)
        QTest.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: dialog.found.text() not in ("", "Asking…"), timeout=LONG)
        said.append(dialog.found.text())
        dialog.accept()

    in_dialog(window.actions_.open_server.trigger, act)
    return said[0]


def wait_until_written(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def test_it_is_opened_and_written_with(
    window: MainWindow, qtbot: QtBot, start_llama_server: StartServer
) -> None:
    server = start_llama_server(key="open-sesame")
    session = window.session
    assert "key" in open_there(window, qtbot, server)
    qtbot.waitUntil(lambda: "asks for a key" in window.notice.standing, timeout=LONG)
    assert not session.model.is_ready

    said = open_there(window, qtbot, server, "open-sesame")
    assert "llama-server" in said
    assert "SmolLM2" in said
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert window.model_picker.text().strip().endswith(f"at 127.0.0.1:{server.port}")
    assert window.settings.get(RECENT_SERVERS) == [server.url]
    assert window.settings.get(MODEL) == server.url
    assert window.settings.get(RECENT_MODELS) == []

    session.sampling.set_params(SamplingParams(seed=3, temperature=0.7))
    session.sampling.set_max_tokens(6)
    session.draft.manuscript.edit(0, 0, TEXT)
    window.editor.setFocus()
    window.editor.move_caret(len(TEXT))
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.draft.manuscript.text != TEXT, timeout=LONG)
    wait_until_written(window, qtbot)
    first = session.draft.manuscript.text
    assert first.startswith(TEXT)
    assert len(first) > len(TEXT) + 6

    # It goes away: what is written stays, and when it is there again it goes on.
    server.end()
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: server.url in window.notice.standing, timeout=LONG)
    assert session.draft.manuscript.text == first
    start_llama_server(key="open-sesame", port=server.port)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.draft.manuscript.text != first, timeout=LONG)
    wait_until_written(window, qtbot)
    assert session.draft.manuscript.text.startswith(first)


def test_its_options_say_what_it_is(
    window: MainWindow, qtbot: QtBot, llama_server: LlamaServer
) -> None:
    window.session.model.open(llama_server.url)
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)
    report = window.session.model.report
    assert report is not None
    dialog = ServerFactsDialog(report)
    qtbot.addWidget(dialog)
    words = [label.text() for label in dialog.findChildren(PlainLabel)]
    assert llama_server.url in words
    assert "49,152" in words
    assert not any("0 of 0" in text or text.startswith("0 MB") for text in words)
