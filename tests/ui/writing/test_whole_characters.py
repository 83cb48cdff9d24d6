"""No text has half a character, wherever a generation ends: the window and its lanes, the model.

The starter model spells each fish with three tokens, so that most lengths end inside of one.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.writing.writing import NO_TEXT
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

FISH = "🐟🐠🐟🐠🐟🐠🐟🐠🐟"
TOKENS = 3
"""Of a fish."""
FAVOURITES = SamplingParams(temperature=0.0, logit_bias=NEVER_ENDS)


@pytest.fixture
def fishing(window: MainWindow) -> MainWindow:
    """A window with fish, behind which the model writes more."""
    window.session.draft.manuscript.edit(0, 0, FISH)
    window.editor.move_caret(len(FISH))
    window.session.sampling.set_params(FAVOURITES)
    return window


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7])
def test_a_generation_of_any_length_writes_whole_characters(
    fishing: MainWindow, qtbot: QtBot, tmp_path: Path, length: int
) -> None:
    session = fishing.session
    seen: list[str] = []
    session.draft.manuscript.changed.connect(lambda *_: seen.append(session.draft.manuscript.text))
    session.sampling.set_max_tokens(length)
    QTest.keyClick(fishing.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not session.writing.is_idle
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    text, whole = session.draft.manuscript.text, length // TOKENS
    assert len(text) == len(FISH) + whole
    assert all("\ufffd" not in one and len(one) <= len(text) for one in seen)
    assert len(session.records.spans) == TOKENS * whole, "each token in the text has its record"
    assert fishing.notice.message == ("" if whole else NO_TEXT)
    assert session.draft.begin_save(tmp_path / "fish.txt").file.to_bytes() == text.encode()
    if whole:
        QTest.keyClick(fishing.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.draft.manuscript.text == FISH


def test_a_lane_that_ends_in_a_character_goes_on_with_it(fishing: MainWindow, qtbot: QtBot) -> None:
    session = fishing.session
    fishing.compare.show(True)
    compare = session.compare
    compare.set_max_tokens(4)
    lane = compare.lanes[0]
    lane.sampling.set_params(FAVOURITES)
    compare.run()
    qtbot.waitUntil(lambda: not compare.is_running, timeout=LONG)
    assert len(lane.tokens) == 4
    first = lane.text
    assert len(first) == 1
    assert "\ufffd" not in first
    compare.use(lane)
    assert session.draft.manuscript.text == FISH + first
    fishing.compare.show(True)
    compare.set_max_tokens(2)
    compare.go_on(lane)
    qtbot.waitUntil(lambda: not compare.is_running, timeout=LONG)
    assert len(lane.text) == 2, "the character is whole now"
    assert lane.text.startswith(first)
    compare.use(lane)
    assert session.draft.manuscript.text == FISH + lane.text
