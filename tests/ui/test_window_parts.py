"""F6 leads from part to part; what Qt for Python makes of that leaves the window whole."""

import gc
from collections.abc import Callable

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.app.compare.setups import ladder
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG


def test_the_editor_outlives_lanes_through_which_the_keyboard_was_led(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    viewport, document = window.editor.viewport(), window.editor.document()
    window.compare.show(True)
    page, lanes = window.compare.page, window.session.compare
    assert page is not None
    # Parts in view that nothing stops in: for them the keyboard's whole round is looked through.
    window.compare.actions.show_parting.setChecked(True)
    window.notice.report("News.", is_error=False)
    for _ in range(12):
        window.actions_.next_part.trigger()
    old = list(page.columns)
    lanes.set_up(ladder(*lanes.here))
    qtbot.waitUntil(lambda: not any(map(isValid, old)), timeout=LONG)
    old.clear()
    gc.collect()
    assert isValid(viewport)
    assert isValid(document)
    window.compare.show(False)
    QTest.keyClicks(window.editor, "The sea")
    assert window.session.draft.manuscript.text == "The sea"


def test_each_part_in_view_gets_the_keyboard_once_in_a_round(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.editor.setFocus()
    met = []
    for _ in range(20):
        window.actions_.next_part.trigger()
        focused = window.focusWidget()
        assert focused is not None
        met.append(focused)
        if focused is window.editor:
            break
    assert met[-1] is window.editor, "the round ends where it began"
    assert len(set(met)) == len(met) > 4
    for expected in reversed(met[:-1]):
        window.actions_.previous_part.trigger()
        assert window.focusWidget() is expected
