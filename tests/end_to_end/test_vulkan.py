"""The real window writes with a graphics processor, which fails."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.engine.messages import LoadOptions
from studio.ui.main_window import MainWindow
from tests.helpers.vulkan_device import VulkanDevice
from tests.ui.conftest import LONG, NEVER_ENDS

OPENING = "The old fisherman looked out over the"
PATIENT = 5 * LONG
"""The device computes two or three tokens a second, and much fewer on a busy machine."""
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def lost(vulkan_device: VulkanDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Engines from here on have the device, which is lost once there is this file."""
    path = tmp_path / "lost"
    for name, value in vulkan_device.faulty(lost=path).items():
        monkeypatch.setenv(name, value)
    # The program's own way to start it lets no environment say where Python's modules are.
    command = [sys.executable, "-m", "studio", "engine"]
    monkeypatch.setattr("studio.app.engine_line.process.engine_command", lambda: command)
    return path


@pytest.mark.timeout(600)
def test_the_text_stays_and_the_model_opens_again_without_the_graphics_processor(
    lost: Path,
    vulkan_device: VulkanDevice,
    window: MainWindow,
    qtbot: QtBot,
    starter_model: Path,
) -> None:
    session, actions = window.session, window.actions_
    model, manuscript = session.model, session.draft.manuscript
    model.open(str(starter_model), LoadOptions(threads=1, context_size=2048))
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert model.report
    assert [it.layers for it in model.report.devices] == [0, 31]
    window.editor.setFocus()
    QTest.keyClicks(window.editor, OPENING)
    session.sampling.set_max_tokens(1500)
    session.sampling.change(logit_bias=NEVER_ENDS)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: len(manuscript.text) > len(OPENING), timeout=PATIENT)
    written = manuscript.text
    lost.touch()
    qtbot.waitUntil(lambda: window.notice.action is actions.open_without, timeout=PATIENT)
    assert f"while {vulkan_device.name} computed" in window.notice.message
    assert "Your text is untouched" in window.notice.message
    kept = manuscript.text
    assert kept.startswith(written)
    (button,) = [
        one for one in window.notice.findChildren(QPushButton) if one.text() == "Open without it"
    ]
    button.click()
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert model.options == LoadOptions(threads=1, context_size=2048), "what was chosen stays so"
    assert [it.layers for it in model.report.devices] == [31, 0]
    assert window.notice.action is not actions.open_without
    assert manuscript.text == kept
    session.sampling.set_max_tokens(3)
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: len(manuscript.text) > len(kept), timeout=LONG)
