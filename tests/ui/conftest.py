"""The real window with its real engine, and settings of its own."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import QEvent, QEventLoop
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.model.state import ModelPhase
from studio.app.settings import PLACE, Setting, Settings, Value, settings_path
from studio.engine.messages import LoadOptions
from studio.ui.application import make_window
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Theme
from tests.helpers.home import remember_in
from tests.helpers.waiting import LONG as LONG

NEVER_ENDS = tuple((marker, -math.inf) for marker in (0, 2, 4))
"""Biases with which the starter model writes on, whatever it draws: without end markers."""


@pytest.fixture(autouse=True)
def widgets_end_with_their_test(qapp: QApplication) -> Iterator[None]:
    """Deletes at once what was to be deleted later, which is in an event loop of the next test.

    Whatever a theme sets on the application, Qt sets on each widget that is still there: a window
    of the test before took longer to style than the next one to build.
    """
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


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
    know_seeds(monkeypatch)


def know_seeds(patch: pytest.MonkeyPatch) -> None:
    """Have a window choose the same seeds from now on, whenever it is."""
    random = Random(1)
    patch.setattr("studio.app.writing.writing.secrets", SimpleNamespace(randbelow=random.randrange))


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


@contextmanager
def windows_opened(application: QApplication, qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows as the program does, and closes them with their engines."""
    windows: list[MainWindow] = []

    def open_window() -> MainWindow:
        window = make_window(application)
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
    with pytest.MonkeyPatch.context() as patch:
        # A test that failed while text grew must not end in a question that nobody answers.
        patch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
        for window in windows:
            window.session.close()
            window.close()
            window.deleteLater()
    _, alive = psutil.wait_procs(children, timeout=LONG / 1000)
    assert not alive, "an engine outlived its window"


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows, which are closed after the test."""
    with windows_opened(qapp, qtbot) as open_window:
        yield open_window


def load_starter(window: MainWindow, qtbot: QtBot, starter_model: Path) -> None:
    """Open the starter model, and wait until it is ready."""
    model = window.session.model
    # One thread: several would wait for one another by spinning where other tests use the cores.
    model.open(str(starter_model), LoadOptions(threads=1, context_size=2048))
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert model.is_ready, model.message


@pytest.fixture
def window(open_window: Callable[[], MainWindow], qtbot: QtBot, starter_model: Path) -> MainWindow:
    """A window with the starter model loaded and the caret in an empty manuscript."""
    window = open_window()
    load_starter(window, qtbot, starter_model)
    return window


@contextmanager
def shared_windows(request: pytest.FixtureRequest) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows for several tests, which leave them as they find them.

    They have a home and seeds of their own: a fixture that outlives a test is made before it has
    either.

    Args:
        request: Of that fixture.
    """
    folders: Iterator[Path] = request.getfixturevalue("new_folders")
    with pytest.MonkeyPatch.context() as patch:
        remember_in(next(folders), patch)
        know_seeds(patch)
        with windows_opened(request.getfixturevalue("qapp"), QtBot(request)) as open_window:
            yield open_window


def until_read(window: MainWindow) -> None:
    """Let the window go on until all is read that it was given."""
    reading = window.session.reading
    end = time.monotonic() + LONG / 1000
    while reading.is_busy:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        assert time.monotonic() < end, reading.words
