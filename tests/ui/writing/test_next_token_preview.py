import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Evaluating,
    Superseded,
)
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")


def bars(window: MainWindow) -> list[tuple[int, float]]:
    return [(row.token, row.probability) for row in window.session.next_token.rows(5)]


def wait_for_bars(window: MainWindow, qtbot: QtBot) -> list[tuple[int, float]]:
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    return bars(window)


def test_bars_follow_typing_caret_and_brief_and_then_nothing_runs(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    empty = wait_for_bars(window, qtbot)
    QTest.keyClicks(window.editor, "Two plus two is")
    typed = wait_for_bars(window, qtbot)
    window.editor.move_caret(len("Two plus"))
    moved = wait_for_bars(window, qtbot)
    window.editor.move_caret(len("Two plus two is"))
    again = wait_for_bars(window, qtbot)
    assert [token for token, _ in again] == [token for token, _ in typed]
    # Evaluated in another batch, logits differ in their last digits.
    assert [p for _, p in again] == pytest.approx([p for _, p in typed], rel=0.05)
    window.brief.edit.setPlainText("In French.")
    briefed = wait_for_bars(window, qtbot)
    assert len({tuple(shown) for shown in (empty, typed, moved, briefed)}) == 4

    asked: list[AnyEvent] = []
    session.client.received.connect(asked.append)
    session.sampling.change(temperature=0.2)
    session.preset_choice.choose(session.preset_choice.current)
    qtbot.waitUntil(lambda: running_timers(window) == [], timeout=LONG)
    assert asked == [], "the same prompt is not asked twice"
    assert session.next_token_preview.is_settled


def running_timers(window: MainWindow) -> list[str]:
    return [
        f"{type(timer.parent()).__name__} {timer.interval()}"
        for timer in window.findChildren(QTimer)
        if timer.isActive()
    ]


def test_a_change_cancels_and_writing_goes_before(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    wait_for_bars(window, qtbot)
    events: list[AnyEvent] = []
    session.client.received.connect(events.append)
    text = "The harbour was quiet, and nobody spoke of the storm. " * 120
    session.draft.manuscript.edit(0, 0, text)

    window.editor.move_caret(len(text))
    qtbot.waitUntil(lambda: any(isinstance(e, Evaluating) for e in events), timeout=LONG)
    window.editor.move_caret(len("The harbour"))
    qtbot.waitUntil(lambda: any(isinstance(e, Distribution) for e in events), timeout=LONG)
    assert [type(event) for event in events if isinstance(event, Superseded | Distribution)] == [
        Superseded,
        Distribution,
    ]
    first = events[0].request
    assert all(event.request == first for event in events if isinstance(event, Superseded))

    events.clear()
    window.editor.move_caret(len(text))
    qtbot.waitUntil(lambda: any(isinstance(e, Evaluating) for e in events), timeout=LONG)
    window.editor.move_caret(len("The harbour was"))
    session.sampling.set_max_tokens(2)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert not any(isinstance(event, Distribution) for event in events)
    wait_for_bars(window, qtbot)


def test_a_brief_longer_than_the_context_says_so_in_the_histogram(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.brief.edit.setPlainText("A quiet story set on a northern coast. " * 300)
    qtbot.waitUntil(
        lambda: "brief" in (window.session.next_token.reason or "").lower(), timeout=LONG
    )
    assert "2,048" in (window.session.next_token.reason or "")
    window.brief.edit.setPlainText("A quiet story.")
    qtbot.waitUntil(lambda: window.session.next_token.reason is None, timeout=LONG)
