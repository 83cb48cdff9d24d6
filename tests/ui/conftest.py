"""The real window with its real engine, and settings of its own."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.model.state import ModelPhase
from studio.app.settings import PLACE, Setting, Settings, Value, settings_path
from studio.engine.messages import LoadOptions
from studio.ui.application import make_window
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Theme
from tests.helpers.waiting import LONG as LONG

NEVER_ENDS = tuple((marker, -math.inf) for marker in (0, 2, 4))
"""Biases with which the starter model writes on, whatever it draws: without end markers."""


@pytest.fixture(autouse=True)
def own_settings(empty_home: Path, qapp: QApplication) -> Path:
    """The file of settings, in a folder of the test's own; they are written by a timer."""
    path = settings_path()
    assert path.is_relative_to(empty_home)
    return path


@pytest.fixture(autouse=True)
def known_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeds that a window chooses for itself are the same in each run of a test.

    What the model writes then is the same too, where it ends and how it is wrapped.
    """
    random = Random(1)
    monkeypatch.setattr(
        "studio.app.writing.writing.secrets", SimpleNamespace(randbelow=random.randrange)
    )


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Leaves nothing of ours on it: offscreen, Qt would take that down after Python has ended."""
    yield
    qapp.clipboard().clear()


def remember(setting: Setting[Value], value: Value) -> None:
    """Have the next window find a value remembered."""
    settings = Settings()
    settings.set(setting, value)
    assert settings.save() == ""


def save(window: MainWindow) -> None:
    """Save, and wait until it is written."""
    window.actions_.save.trigger()
    assert window.files.saving.finish()


def save_as(window: MainWindow) -> None:
    """Save under another name, and wait until it is written."""
    window.actions_.save_as.trigger()
    assert window.files.saving.finish()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The light theme, taken off the application after the test."""
    yield Theme(qapp, "light")
    qapp.setStyleSheet("")


@pytest.fixture
def open_window(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows as the program does, and closes them with their engines."""
    windows: list[MainWindow] = []

    def open_window() -> MainWindow:
        window = make_window(qapp)
        windows.append(window)
        if not Settings().get(PLACE):
            # Offscreen, a first window is fitted to a screen of 800 by 800.
            window.resize(1320, 860)
        window.show()
        qtbot.waitUntil(lambda: window.is_started, timeout=LONG)
        # A window of the test before may be the active one still: keys would go there.
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
        return window

    yield open_window
    children = [
        psutil.Process(window.session.client.process_id)
        for window in windows
        if window.session.client.process_id
    ]
    # A test that failed while text grew must not end in a question that nobody answers.
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    for window in windows:
        window.session.close()
        window.close()
        window.deleteLater()
    _, alive = psutil.wait_procs(children, timeout=LONG / 1000)
    assert not alive, "an engine outlived its window"


@pytest.fixture
def window(open_window: Callable[[], MainWindow], qtbot: QtBot, starter_model: Path) -> MainWindow:
    """A window with the starter model loaded and the caret in an empty manuscript."""
    window = open_window()
    # One thread: several would wait for one another by spinning where other tests use the cores.
    window.session.model.open(str(starter_model), LoadOptions(threads=1, context_size=2048))
    model = window.session.model
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert model.is_ready, model.message
    return window


def until_read(window: MainWindow) -> None:
    """Let the window go on until all is read that it was given."""
    reading = window.session.reading
    end = time.monotonic() + LONG / 1000
    while reading.is_busy:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        assert time.monotonic() < end, reading.words
