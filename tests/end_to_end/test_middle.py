"""Continue where text follows: the real window, the real child, the real model."""

from __future__ import annotations

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio.app.settings import CANDIDATES
from studio.engine.messages import Token
from studio.manuscript import TakeSet, joined
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

BEFORE = "The old fisherman looked out over the sea. He had"
AFTER = " Then he rowed home through the fog, and slept until the storm was over."
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def desk(window: MainWindow) -> MainWindow:
    """A window with a text, and the caret in its middle."""
    session = window.session
    session.sampling.set_params(SamplingParams(temperature=0.9, seed=11, logit_bias=NEVER_ENDS))
    session.sampling.set_max_tokens(12)
    put(window, BEFORE, AFTER)
    return window


def put(window: MainWindow, before: str, after: str) -> None:
    manuscript = window.session.draft.manuscript
    manuscript.edit(0, len(manuscript), before + after)
    window.editor.setFocus()
    window.editor.move_caret(len(before))
    assert window.session.draft.caret == len(before)


def begin(window: MainWindow) -> None:
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    assert not window.session.writing.is_idle


def ended(window: MainWindow, qtbot: QtBot) -> TakeSet:
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    takes = window.session.draft.manuscript.take_sets[-1]
    assert text(window) == BEFORE + takes.takes[takes.index or 0].text + AFTER
    return takes


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def test_the_best_of_four_comes_into_the_text_and_the_others_are_a_step_away(
    desk: MainWindow, qtbot: QtBot
) -> None:
    assert desk.writing_bar.place.text() == "Best of 4 by how the text after it follows"
    begin(desk)
    assert desk.writing_bar.place.text() == "Writes 4; this is the first"
    takes = ended(desk, qtbot)
    assert takes.index == 0
    assert sorted(take.seed or 0 for take in takes.takes) == [11, 12, 13, 14]
    follows = [take.follows for take in takes.takes if take.follows is not None]
    assert len(follows) == 4
    assert follows == sorted(follows)
    assert "best of 4" in desk.writing_bar._facts.text()
    assert desk.session.draft.caret == takes.place.end, "the caret is behind it"
    shown = [text(desk)]
    for number in (2, 3, 4):
        QTest.keyClick(desk.editor, Qt.Key.Key_Right, ALT)
        assert f"{number} of 4" in desk.writing_bar.takes.label.text()
        shown.append(text(desk))
    assert shown == [BEFORE + take.text + AFTER for take in takes.takes]
    # Each token of the one that is shown has its record, for heat and the word panel.
    records = desk.session.records
    for take in takes.takes:
        desk.session.draft.manuscript.choose_take(takes, takes.takes.index(take))
        place = takes.place
        spans = records.spans.between(place.start, place.end)
        assert [span.record.id for span in spans] == [record.id for record in take.records]
        assert all(span.record.sketch for span in spans)


def test_one_undo_takes_it_back_and_redo_brings_the_best(desk: MainWindow, qtbot: QtBot) -> None:
    begin(desk)
    best = ended(desk, qtbot).takes[0]
    QTest.keyClick(desk.editor, Qt.Key.Key_Z, CONTROL)
    assert text(desk) == BEFORE + AFTER
    desk.actions_.redo.trigger()
    assert text(desk) == BEFORE + best.text + AFTER


def test_esc_while_they_are_written_keeps_what_is_there(desk: MainWindow, qtbot: QtBot) -> None:
    desk.session.sampling.set_max_tokens(2000)
    begin(desk)
    qtbot.waitUntil(lambda: len(text(desk)) > len(BEFORE + AFTER) + 10, timeout=LONG)
    seen = text(desk)
    QTest.keyClick(desk.editor, Qt.Key.Key_Escape)
    takes = ended(desk, qtbot)
    assert takes.index == 0
    assert text(desk).startswith(seen[: -len(AFTER)]), "the one that was seen stays"
    assert [take.seed for take in takes.takes] == [11, 12, 13, 14]
    assert all(take.follows is None for take in takes.takes)
    assert all(take.ending == "stopped" for take in takes.takes)
    QTest.keyClick(desk.editor, Qt.Key.Key_Z, CONTROL)
    assert text(desk) == BEFORE + AFTER


def test_esc_while_they_are_ranked_keeps_all(desk: MainWindow, qtbot: QtBot) -> None:
    ranking = desk.session.writing.ranking
    # At once, before the next one is asked for.
    ranking.progressed.connect(lambda: QTest.keyClick(desk.editor, Qt.Key.Key_Escape))
    begin(desk)
    takes = ended(desk, qtbot)
    assert len(ranking.found) == 1
    assert sorted(take.seed or 0 for take in takes.takes) == [11, 12, 13, 14]
    assert [take.follows is None for take in takes.takes] == [False, True, True, True]


def test_an_engine_that_is_killed_leaves_what_it_wrote(desk: MainWindow, qtbot: QtBot) -> None:
    desk.session.sampling.set_max_tokens(2000)
    begin(desk)
    qtbot.waitUntil(lambda: len(text(desk)) > len(BEFORE + AFTER) + 10, timeout=LONG)
    process = desk.session.client.process_id
    assert process is not None
    psutil.Process(process).kill()
    takes = ended(desk, qtbot)
    assert len(takes.takes) == 4
    QTest.keyClick(desk.editor, Qt.Key.Key_Z, CONTROL)
    assert text(desk) == BEFORE + AFTER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("He said nothing. ", "Then he went home."),
        ("He said nothing.", " Then he went home."),
        ("He looked at the", ", and smiled."),
        ("He said nothing.\n\n", "\n\nThen he went home."),
        ("“Come", "” she said, and went."),
        ("He was a fisher", " of men."),
    ],
)
def test_every_candidate_is_joined_on_both_sides(
    desk: MainWindow, qtbot: QtBot, before: str, after: str
) -> None:
    desk.session.sampling.set_max_tokens(6)
    put(desk, before, after)
    begin(desk)
    qtbot.waitUntil(lambda: desk.session.writing.is_idle, timeout=LONG)
    takes = desk.session.draft.manuscript.take_sets[-1]
    for index, take in enumerate(takes.takes):
        desk.session.draft.manuscript.choose_take(takes, index)
        assert text(desk) == before + take.text + after
        assert take.text == joined(take.text, after)
        assert not (before[-1].isspace() and take.text[0] == " "), "there is a space before it"


def test_retake_writes_as_many_and_ranks_them_too(desk: MainWindow, qtbot: QtBot) -> None:
    begin(desk)
    former = ended(desk, qtbot).takes[:]
    assert "4 others" in desk.actions_.retake.toolTip()
    desk.session.sampling.change(seed=31)
    desk.actions_.retake.trigger()
    takes = ended(desk, qtbot)
    assert takes.takes[:4] == former
    assert sorted(take.seed or 0 for take in takes.takes[4:]) == [31, 32, 33, 34]
    assert takes.index == 4
    follows = [take.follows for take in takes.takes[4:] if take.follows is not None]
    assert len(follows) == 4
    assert follows == sorted(follows)
    QTest.keyClick(desk.editor, Qt.Key.Key_Z, CONTROL)
    assert text(desk) == BEFORE + former[0].text + AFTER


def test_a_candidate_can_be_scrubbed_as_any_take(desk: MainWindow, qtbot: QtBot) -> None:
    session = desk.session
    begin(desk)
    takes = ended(desk, qtbot)
    best = takes.current
    QTest.keyClick(desk.editor, Qt.Key.Key_T, ALT)
    assert session.scrub.is_on
    session.sampling.change(temperature=1.6)

    def is_settled() -> bool:
        return session.writing.is_idle and session.scrub.is_settled

    qtbot.waitUntil(is_settled, timeout=LONG)
    assert takes.current is not best, "with these draws something falls otherwise"
    assert len(takes.takes) == 5
    assert takes.current is not None
    assert best is not None
    assert takes.current.seed == best.seed
    session.sampling.change(temperature=0.9)
    qtbot.waitUntil(is_settled, timeout=LONG)
    assert takes.current is best
    assert text(desk) == BEFORE + best.text + AFTER


def test_at_the_end_of_a_text_one_is_written_and_nothing_is_read(
    desk: MainWindow, qtbot: QtBot
) -> None:
    sent: list[object] = []
    desk.session.client.received.connect(
        lambda event: sent.append(event.sequence) if isinstance(event, Token) else None
    )
    desk.editor.move_caret(len(BEFORE + AFTER))
    begin(desk)
    qtbot.waitUntil(lambda: desk.session.writing.is_idle, timeout=LONG)
    assert set(sent) == {0}
    (take,) = desk.session.draft.manuscript.take_sets[-1].takes
    assert take.follows is None


def test_how_many_is_a_choice_that_is_remembered(desk: MainWindow, qtbot: QtBot) -> None:
    menus = [one for one in desk.findChildren(QMenu) if one.title() == "&In the middle of a text"]
    (middle,) = menus
    choices = {action.text(): action for action in middle.actions()}
    assert [name for name, action in choices.items() if action.isChecked()] == ["Best of &4"]
    choices["&One, without reading on"].trigger()
    assert desk.settings.get(CANDIDATES) == 1
    assert desk.writing_bar.place.text() == "What follows the caret is not read"
    choices["Best of &2"].trigger()
    begin(desk)
    assert len(ended(desk, qtbot).takes) == 2


def test_a_document_keeps_the_order_and_how_each_is_followed(
    desk: MainWindow, qtbot: QtBot
) -> None:
    begin(desk)
    takes = ended(desk, qtbot)
    kept = document_of_bytes(document_to_bytes(desk.session.draft.document())).take_sets[-1]
    assert kept.index == 0
    assert [(take.text, take.follows) for take in kept.takes] == [
        (take.text, take.follows) for take in takes.takes
    ]
