"""Has a window be again as it was when it was new, and looks whether it is.

To open a window and to load a model into its engine takes longer than most tests: so several have
one and the same, as the fixture `window` gives it to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from studio.app.settings import BRIEF_OPEN, DECLARED, DETAILS_OPEN, SAMPLING_OPEN, Setting
from studio.presets import Preset
from studio.ui.main_window import MainWindow
from studio.ui.tuning.fit_window import FitWindow
from tests.helpers.waiting import LONG


class Looks:
    """All by which a window can be known from a new one.

    Args:
        window: Which; nothing is under way there.
    """

    def __init__(self, window: MainWindow) -> None:
        session = window.session
        self.size: QSize = window.size()
        self.settings = {
            key: window.settings.get(cast(Setting[str], it)) for key, it in DECLARED.items()
        }
        self.values: Preset = session.presets.active
        self.candidates = session.writing.candidates
        self.checked = {action.text(): action.isChecked() for action in _actions(window)}
        self.rest = (
            session.client.process_id,
            session.model.path,
            session.model.options,
            session.documents.is_front_untouched,
            [*session.documents.names],
            [preset.name for preset in session.preset_choice.presets],
            [(action.text(), action.isEnabled()) for action in _actions(window)],
            type(QApplication.focusWidget()),
            Counter(
                _seen(part, window) for part in window.findChildren(QWidget) if part.isVisible()
            ),
            [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()],
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Looks) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # nothing is looked up by it


def bring_back(window: MainWindow, new: Looks, qtbot: QtBot) -> bool:
    """Take back what a test has done, as far as a writer could.

    Args:
        window: The window, after the test.
        new: How it looked before the first one.
        qtbot: Waits for it.

    Returns:
        Whether it is as new.
    """
    session = window.session
    if not (window.isVisible() and session.model.is_ready) or window.compare.page is not None:
        return False
    for other in QApplication.topLevelWidgets():
        if other is not window:
            other.close()
    for child in window.findChildren(QObject):
        if type(child).__module__.startswith("tests"):
            child.deleteLater()
    forget_what_was_opened(window)
    session.rewriting.close()
    session.writing.stop()
    qtbot.waitUntil(lambda: not session.writes, timeout=LONG)
    if session.draft.manuscript.growing is not None:
        return False
    for action in _actions(window):
        if action.isChecked() != new.checked.get(action.text(), action.isChecked()):
            action.trigger()
    with nothing_asked():
        for _ in session.documents.all:
            window.files.close()
    session.presets.use_values(new.values)
    session.presets.put_aside()
    session.writing.set_candidates(new.candidates)
    for key, value in new.settings.items():
        window.settings.set(cast(Setting[str], DECLARED[key]), value)
    window.brief.set_open(window.settings.get(BRIEF_OPEN))
    window.temperature.set_detailed(window.settings.get(DETAILS_OPEN))
    window.sampling.set_open(window.settings.get(SAMPLING_OPEN))
    window.notice.hide()
    window.toast.take_back()
    window.resize(new.size)
    window.activateWindow()
    window.editor.setFocus()
    settle(window, qtbot)
    return Looks(window) == new


def forget_what_was_opened(window: MainWindow) -> None:
    """Delete the docks and windows that are made when they are first asked for.

    But for the fit's: it follows the text by what Qt does not end with it.

    Args:
        window: Whose they are.
    """
    for access in (window.outline, window.explain, window.parameters, window.notes):
        if access.dock is not None:
            if access.dock.isVisible():
                access.toggle()
            access.dock.deleteLater()
            access._dock = None
    for name, made in vars(window.actions_).items():
        is_made = isinstance(made, QWidget) and made.isWindow() and made is not window
        if is_made and not isinstance(made, QMenu | FitWindow):
            made.deleteLater()
            setattr(window.actions_, name, None)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until nothing is under way.

    Args:
        window: The window, with a model.
        qtbot: Waits for it.
    """
    session = window.session
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    qtbot.waitUntil(lambda: not (session.reading.is_busy or session.writes), timeout=LONG)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    # In its own time words are counted up to 0.8 seconds later, while others use the cores.
    session.word_count._clock.flush()
    qtbot.waitUntil(lambda: session.word_count.is_settled, timeout=LONG)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


@contextmanager
def nothing_asked() -> Iterator[None]:
    """Have what is not saved given up, so that no question stands without an answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
        yield


def _actions(window: MainWindow) -> list[QAction]:
    return window.findChildren(QAction)


def _seen(part: QWidget, window: MainWindow) -> str:
    """What is seen of a part of a window: what it is, where it stands, what it says."""
    place, size = part.mapTo(window, QPoint(0, 0)).toTuple(), part.size().toTuple()
    words = part.text() if isinstance(part, QLabel | QAbstractButton) else ""
    return f"{type(part).__name__} {place} {size} {part.isEnabled()} {words}"
