"""A session's end, as a session manager brings it about.

Qt itself asks where that can be had, as it does when its platform's session ends. Outside of one it
allows no question: a manager that does is played here, for no test can have a desktop log out.
"""

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import PySide6
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QSessionManager
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.signal_watch import SignalWatch
from studio.own_command import own_command
from studio.ui.ending import Ending
from studio.ui.main_window import MainWindow
from tests.helpers.journal_records import kept_texts
from tests.ui.conftest import LONG

TYPED = "The old man looked out"
LIBRARY = Path(PySide6.__path__[0]) / "Qt" / "lib" / "libQt6Gui.so.6"


class Manager:
    """A session manager that lets programs ask."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def allowsInteraction(self) -> bool:  # noqa: N802 # Qt's name
        return True

    def release(self) -> None:
        self.calls.append("release")

    def cancel(self) -> None:
        self.calls.append("cancel")


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    window = open_window()
    QTest.keyClicks(window.editor, TYPED)
    return window


@pytest.fixture
def ending(window: MainWindow, qapp: QApplication) -> Iterator[Ending]:
    signals = SignalWatch()
    yield Ending(qapp, window, signals)
    signals.close()


@pytest.fixture
def answer(window: MainWindow) -> Iterator[Callable[[str], None]]:
    """Has the next question answered by a click, and says whether one came."""
    answers: list[str] = []

    def click() -> None:
        for box in window.findChildren(QMessageBox):
            if box.isVisible() and answers:
                wanted = answers.pop(0)
                (button,) = (each for each in box.buttons() if wanted in each.text())
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    looks = QTimer()
    looks.timeout.connect(click)
    looks.start(10)
    yield answers.append
    assert answers == [], "nobody asked"


def end_of_session(ending: Ending) -> list[str]:
    manager = Manager()
    ending._on_session_end(cast(QSessionManager, manager))
    return manager.calls


def qts_own(name: str) -> None:
    """Have Qt do what it does when the platform's session manager asks."""
    getattr(ctypes.CDLL(str(LIBRARY)), f"_ZN23QPlatformSessionManager{name}")()


@pytest.mark.skipif(not LIBRARY.is_file(), reason="Qt for Python brings no such library here")
def test_where_nobody_may_be_asked_the_text_is_put_in_safety(
    window: MainWindow, ending: Ending, qapp: QApplication, empty_home: Path
) -> None:
    (manager,) = qapp.findChildren(QSessionManager)
    assert not manager.allowsInteraction()
    qts_own("13appCommitDataEv")
    assert kept_texts(empty_home) == [TYPED]
    assert window.isVisible()
    qts_own("12appSaveStateEv")
    assert manager.restartCommand() == own_command()


def test_cancel_keeps_the_session(
    window: MainWindow, ending: Ending, answer: Callable[[str], None]
) -> None:
    answer("Cancel")
    assert end_of_session(ending) == ["release", "cancel"]
    # Later is another time: it is asked for again.
    answer("Cancel")
    assert end_of_session(ending) == ["release", "cancel"]
    assert window.isVisible()


def test_what_is_given_up_is_asked_for_once(
    window: MainWindow,
    ending: Ending,
    answer: Callable[[str], None],
    empty_home: Path,
    qtbot: QtBot,
) -> None:
    answer("Discard")
    assert end_of_session(ending) == ["release"]
    # Then the session manager has the window closed, or the system sends a signal.
    window.keep()
    assert kept_texts(empty_home) == []
    assert window.close()


def test_what_is_written_after_a_session_that_went_on_is_asked_for(
    window: MainWindow, ending: Ending, answer: Callable[[str], None], qtbot: QtBot
) -> None:
    answer("Discard")
    assert end_of_session(ending) == ["release"]
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClicks(window.editor, " over the sea")
    answer("Cancel")
    assert not window.close()
    answer("Discard")
    assert window.close()
