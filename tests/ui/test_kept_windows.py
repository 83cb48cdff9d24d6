"""That a window which several tests have is as new for each, or is no longer given to any."""

from collections.abc import Callable

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.settings import SCRUB
from studio.presets import Preset
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG
from tests.ui.kept_windows import Looks, bring_back

pytestmark = pytest.mark.usefixtures("kept_window")


def write(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.sampling.change(temperature=0.3, seed=5)
    session.sampling.set_max_tokens(4)
    QTest.keyClicks(window.editor, "The old fisherman")
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)


def set_brief(window: MainWindow, _qtbot: QtBot) -> None:
    window.session.draft.set_brief("Short.")
    window.brief.set_open(not window.brief.is_open)


def begin_another(window: MainWindow, _qtbot: QtBot) -> None:
    QTest.keyClicks(window.editor, "One")
    window.actions_.new.trigger()
    QTest.keyClicks(window.editor, "Two")


def change_the_view(window: MainWindow, _qtbot: QtBot) -> None:
    window.resize(1000, 700)
    window.actions_.side.trigger()
    window.settings.set(SCRUB, not window.settings.get(SCRUB))
    window.notice.report("It broke.")


@pytest.mark.parametrize("act", [write, set_brief, begin_another, change_the_view])
def test_what_was_done_is_seen_and_taken_back(
    window: MainWindow, qtbot: QtBot, act: Callable[[MainWindow, QtBot], None]
) -> None:
    new = Looks(window)
    act(window, qtbot)
    assert Looks(window) != new
    assert bring_back(window, new, qtbot)


def keep_a_preset(window: MainWindow) -> None:
    window.session.presets.folder.add(Preset(name="Mine"))
    window.session.presets.read()


@pytest.mark.parametrize(
    "act",
    [
        keep_a_preset,
        MainWindow.close,
        lambda window: window.actions_.find.trigger(),
        lambda window: window.compare.show(True),
    ],
    ids=["preset", "closed", "find", "compare"],
)
def test_what_cannot_be_taken_back_is_known(
    window: MainWindow, qtbot: QtBot, act: Callable[[MainWindow], object]
) -> None:
    new = Looks(window)
    act(window)
    assert not bring_back(window, new, qtbot)
