"""Every place where the keyboard may stand: its name, its tooltip, its mark, its turn.

Each page and dock of the real window is opened, and all that takes the keyboard there is walked.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QDialog,
    QListView,
    QPlainTextEdit,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.app.writing.exporting import ExportSource, first_choice
from studio.app.writing.rewrite_request import RewriteKind
from studio.ui.about_dialog import AboutDialog
from studio.ui.export.dialog import ExportDialog
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.log_window import LogWindow
from studio.ui.main_window import MainWindow
from studio.ui.model.options_dialog import ModelOptionsDialog
from studio.ui.theme.theme import Appearance
from studio.ui.tuning.augment_window import AugmentWindow
from studio.ui.tuning.fit_window import FitWindow
from studio.ui.tuning.sweep_window import SweepWindow
from studio.ui.writing.rewrite_panel import VersionRow
from tests.ui.conftest import LONG, load_starter, shared_windows
from tests.ui.controls import name_of, tip_of, visible_controls, walked
from tests.ui.kept_windows import forget_what_was_opened

TEXTS = (QTextEdit, QPlainTextEdit, QTextBrowser, QListView)
"""What is read needs no tooltip: it would lie over the words."""

PAGES = ("write", "compare")
PANELS = ("rewrite", "parameters", "explain")
DIALOGS = ("library", "options", "export", "about", "log", "fit", "sweep", "augment")


@pytest.fixture(scope="module")
def behind(request: pytest.FixtureRequest, starter_model: Path) -> Iterator[MainWindow]:
    """The window behind dialogs, for all of them, and round what can be closed in it."""
    with shared_windows(request) as open_window:
        window = open_window()
        load_starter(window, QtBot(request), starter_model)
        yield window
        window.session.draft.manuscript.mark_clean()


@pytest.fixture(scope="module", params=(*PAGES, *PANELS, *DIALOGS))
def shown_once(request: pytest.FixtureRequest, starter_model: Path) -> Iterator[QWidget]:
    """A part of a window with everything on it that can be shown, for all that look at it."""
    qtbot = QtBot(request)
    if request.param not in PAGES:
        window: MainWindow = request.getfixturevalue("behind")
        shown = shown_place(request.param, window, qtbot)
        until_settled(shown, window, qtbot)
        yield shown
        if isinstance(shown, QDialog):
            shown.close()
        window.session.rewriting.close()
        forget_what_was_opened(window)
        return
    with shared_windows(request) as open_window:
        window = open_window()
        load_starter(window, qtbot, starter_model)
        shown = shown_place(request.param, window, qtbot)
        until_settled(shown, window, qtbot)
        yield shown
        window.session.draft.manuscript.mark_clean()


@pytest.fixture
def place(shown_once: QWidget, qtbot: QtBot) -> QWidget:
    """It, and the keyboard there: a screen hears late of windows that have closed before."""
    shown_once.activateWindow()
    qtbot.waitUntil(shown_once.window().isActiveWindow, timeout=LONG)
    return shown_once


def until_settled(shown: QWidget, window: MainWindow, qtbot: QtBot) -> None:
    shown.activateWindow()
    qtbot.waitUntil(shown.window().isActiveWindow, timeout=LONG)
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)


def shown_place(name: str, window: MainWindow, qtbot: QtBot) -> QWidget:
    session = window.session
    session.draft.manuscript.load("The old fisherman had never learned")
    window.notice.report("Something happened.", window.actions_.open_model)
    dialog: QDialog
    match name:
        case "write":
            session.sampling.set_max_tokens(3)
            for begin in (session.writing.continue_writing, session.writing.retake):
                begin()
                qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
            session.heat.set_measure(HeatMeasure.SURPRISE)
            window.landscape.action.trigger()
            window.sampling.set_open(True)
            window.actions_.find.trigger()
            return window
        case "rewrite":
            session.draft.manuscript.load("The old fisherman had never learned to swim. He rowed.")
            window.editor.select_range(0, 44)
            session.rewriting.begin(RewriteKind.OWN)
            session.rewriting.ask("in the past tense")
            qtbot.waitUntil(lambda: not session.rewriting.is_running, timeout=LONG)
            return window
        case "parameters":
            window.parameters.open_at("samplers")
            return window
        case "explain":
            window.explain.open_at("temperature")
            return window
        case "library":
            window.library.open.trigger()
            assert window.library.view is not None
            return window.library.view
        case "compare":
            window.compare.show(True)
            session.compare.set_max_tokens(2)
            session.compare.run()
            qtbot.waitUntil(lambda: not session.compare.is_running, timeout=LONG)
            return window
        case "options":
            dialog = ModelOptionsDialog(
                session.model.options, session.model.report, window.theme, window
            )
        case "export":
            text = "One.\nTwo."
            source = ExportSource(text, b"\1\1\1\1\0\0\0\0\0", None, "")
            first = first_choice(window.settings, source)
            dialog = export = ExportDialog(source, first, window.theme, window)
            export.has_statement.setChecked(True)
        case "about":
            dialog = AboutDialog(window)
        case "sweep":
            dialog = SweepWindow(session, window.theme, window)
        case "augment":
            dialog = AugmentWindow(session, window.theme, window)
        case "fit":
            dialog = view = FitWindow(session, window.theme, window)
            view.open()
            view.other.begin("The Sea", "# One\n\nIt was calm.\n\n# Two\n\nNobody came.")
            fits = (view.own, view.other)
            qtbot.waitUntil(lambda: not any(fit.is_busy for fit in fits), timeout=LONG)
        case _:
            dialog = LogWindow(window)
    dialog.show()
    return dialog


def window_of(place: QWidget) -> MainWindow:
    at: QWidget | None = place
    while not isinstance(at, MainWindow):
        assert at is not None
        at = at.parentWidget()
    return at


def stops(place: QWidget) -> list[QWidget]:
    """Where Tab may stand: what can have the keyboard, and not through another."""
    return [
        widget
        for widget in place.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.window() is place.window()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
    ]


def area(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def about(widget: QWidget) -> str:
    return f"{type(widget).__name__} “{name_of(widget)}” at {area(widget).getRect()}"


def test_every_stop_and_control_has_a_name_and_says_what_it_does(place: QWidget) -> None:
    parts = [widget for widget in visible_controls(place) if widget.focusProxy() is None]
    found = {*stops(place), *parts}
    assert found
    nameless = [about(widget) for widget in found if not name_of(widget)]
    silent = [
        about(widget)
        for widget in found
        if not isinstance(widget, (*TEXTS, VersionRow)) and not tip_of(widget)
    ]
    assert nameless == []
    assert silent == []


def test_tab_comes_to_every_stop(place: QWidget) -> None:
    found = stops(place)
    reached = set(walked(found[0]))
    for widget in found:
        # Of several choices Tab comes to the one that is made; arrows lead to the others.
        group = widget.group() if isinstance(widget, QAbstractButton) else None
        others = group.buttons() if isinstance(group, QButtonGroup) else [widget]
        assert reached.intersection(others), about(widget)


def picture(widget: QWidget) -> QImage:
    """A widget with what is round it: a row may show that what is in it has the keyboard."""
    around = widget.parentWidget()
    assert around is not None, "it stands in a window"
    return around.grab(widget.geometry().adjusted(-6, -6, 6, 6)).toImage()


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_it_can_be_seen_where_the_keyboard_is(place: QWidget, appearance: Appearance) -> None:
    window_of(place).theme.set_appearance(appearance)
    unseen = []
    for widget in stops(place):
        if isinstance(widget, TEXTS):
            continue  # the caret shows it, and blinks
        widget.setFocus()
        QApplication.processEvents()
        if not widget.isVisible():
            continue
        focused = picture(widget)
        widget.clearFocus()
        QApplication.processEvents()
        if picture(widget) == focused:
            unseen.append(about(widget))
    assert unseen == []


def test_on_the_writing_page_tab_follows_the_eye(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1320, 860)
    window.sampling.set_open(False)
    window.landscape.action.trigger()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    order = walked(window.model_picker)
    assert order[0] is window.model_picker
    temperature, landscape = window.temperature, window.landscape.panel
    for card in (temperature, landscape, window.sampling):
        inside = [widget for widget in order if card.isAncestorOf(widget)]
        places = [order.index(widget) for widget in inside]
        assert len(inside) > 1
        assert places == list(range(places[0], places[0] + len(places))), "a card at a time"
        for above, below in pairwise(area(widget) for widget in inside):
            assert below.top() >= above.bottom() or (
                below.left() > above.left() and below.bottom() > above.top()
            ), f"{card.accessibleName()}: {[about(widget) for widget in inside]}"
    at = order.index
    assert at(window.preset_picker) < at(window.brief.edit) < at(window.editor)
    assert temperature.temperature_edit in order
    assert window.histogram.findChild(NextTokenHistogram) in order
    assert window.landscape.panel.view is not None
    assert at(window.editor) < at(window.landscape.panel.view) < at(temperature.slider)
