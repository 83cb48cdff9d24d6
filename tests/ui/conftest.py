"""The real window with its real engine, and settings of its own."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import QEvent, QEventLoop
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.model import fingerprint
from studio.app.model.state import ModelPhase
from studio.app.settings import PLACE, Setting, Settings, Value, settings_path
from studio.engine.messages import LoadOptions
from studio.engine.model_files.model_hash import model_hash
from studio.ui.application import make_window
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Theme
from tests.helpers.home import remember_in
from tests.helpers.waiting import LONG as LONG
from tests.ui.kept_windows import Looks, bring_back, nothing_asked, settle

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
def hashed_once() -> Iterator[None]:
    """A model's fingerprint, a quarter of a second's work, is the same in each window."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "model_hash", cache(model_hash))
        yield


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
    # A test that failed while text grew must not end in a question that nobody answers.
    with nothing_asked():
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


class KeptWindow:
    """The window that tests of one file have one after another."""

    def __init__(self) -> None:
        self.window: MainWindow | None = None
        self.new: Looks | None = None
        self.home = Path()
        self.end = ExitStack()

    def close(self) -> None:
        """Close it, where there is one; the next test has another."""
        self.window = self.new = None
        with pytest.MonkeyPatch.context() as patch:
            remember_in(self.home, patch)
            self.end.close()


@pytest.fixture(scope="module")
def kept_window() -> Iterator[KeptWindow]:
    """Asked for by a file, it has `window` give one window to all of its tests.

    As in `pytestmark = pytest.mark.usefixtures("kept_window")`: for tests that do with a window
    what a writer could take back. Those that close it or look at what is remembered have their own.
    """
    kept = KeptWindow()
    yield kept
    kept.close()


@pytest.fixture
def window(
    request: pytest.FixtureRequest,
    qapp: QApplication,
    qtbot: QtBot,
    starter_model: Path,
    empty_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    """A window with the starter model loaded and the caret in an empty manuscript.

    Where it is kept it may have been another test's: then it is in all as it was when it was new.
    One that cannot be brought back to that is closed.
    """
    is_kept = "kept_window" in request.fixturenames
    kept = request.getfixturevalue("kept_window") if is_kept else KeptWindow()
    if kept.window is None:
        kept.home = empty_home
        kept.window = kept.end.enter_context(windows_opened(qapp, qtbot))()
        load_starter(kept.window, qtbot, starter_model)
        if is_kept:
            settle(kept.window, qtbot)
            kept.new = Looks(kept.window)
    remember_in(kept.home, monkeypatch)
    kept.window.activateWindow()
    qtbot.waitUntil(kept.window.isActiveWindow, timeout=LONG)
    yield kept.window
    is_new = False
    try:
        if kept.new is not None:
            monkeypatch.undo()  # what the test has put in the place of something
            remember_in(kept.home, monkeypatch)
            is_new = bring_back(kept.window, kept.new, qtbot)
    finally:
        if not is_new:
            kept.close()
