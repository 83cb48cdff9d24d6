"""A mistake of ours, in the real window."""

import stat
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from studio.app.user_folders import recovery_folder
from studio.manuscript import RecoveryRecord
from studio.ui.main_window import MainWindow


class Button(QObject):
    pressed = Signal()


def fail() -> None:
    raise ZeroDivisionError("a bug")


def test_the_window_reports_it_to_the_writer_and_stays(
    open_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)  # pytest-qt's would fail the test
    window = open_window()
    window.session.draft.manuscript.edit(0, 0, "My novel")
    window.session.draft.set_brief("Long.")
    button = Button()
    button.pressed.connect(fail)
    button.pressed.emit()
    # Kept at once; reported when what raised it, a layout perhaps, has come to its end.
    assert window.notice.message == ""
    qtbot.waitUntil(lambda: "ZeroDivisionError" in window.notice.message)
    assert window.isVisible()
    (record,) = recovery_folder().rglob("record")
    kept = RecoveryRecord.of_bytes(record.read_bytes())
    assert (kept.text, kept.brief) == ("My novel", "Long.")
    assert window.session.draft.manuscript.text == "My novel"
    assert window.isWindowModified(), "what is kept is not saved"
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
