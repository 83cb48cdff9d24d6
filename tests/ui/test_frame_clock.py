import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.frame_clock import FRAME_MS, FrameClock
from tests.ui.conftest import LONG


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def clock(qtbot: QtBot, counter: Counter) -> FrameClock:
    return FrameClock(counter)


def timer(clock: FrameClock) -> QTimer:
    found = clock.findChild(QTimer)
    assert isinstance(found, QTimer)
    return found


def test_the_first_request_is_answered_at_once(clock: FrameClock, counter: Counter) -> None:
    clock.request()
    assert timer(clock).interval() == 0
    assert counter.calls == 0, "but not within the request: more may follow it"


def test_requests_of_a_frame_are_one_update(
    clock: FrameClock, counter: Counter, qtbot: QtBot
) -> None:
    for _ in range(100):
        clock.request()
    qtbot.waitUntil(lambda: counter.calls == 1, timeout=LONG)
    for _ in range(100):
        clock.request()
    assert 0 < timer(clock).interval() <= FRAME_MS, "the next frame is waited for"
    qtbot.waitUntil(lambda: not timer(clock).isActive(), timeout=LONG)
    assert counter.calls == 2


def test_a_flush_updates_now_and_takes_the_request_with_it(
    clock: FrameClock, counter: Counter
) -> None:
    clock.request()
    clock.flush()
    assert counter.calls == 1
    assert not timer(clock).isActive()
    clock.flush()
    assert counter.calls == 2


def test_nothing_runs_at_rest(clock: FrameClock, counter: Counter, qtbot: QtBot) -> None:
    assert not timer(clock).isActive()
    clock.request()
    qtbot.waitUntil(lambda: counter.calls == 1, timeout=LONG)
    assert not timer(clock).isActive()


def test_a_request_made_by_the_update_is_not_lost(qtbot: QtBot) -> None:
    calls: list[int] = []

    def update() -> None:
        calls.append(1)
        if len(calls) < 3:
            greedy.request()

    greedy = FrameClock(update)
    greedy.request()
    qtbot.waitUntil(lambda: len(calls) == 3, timeout=LONG)
    assert not timer(greedy).isActive()


def test_dear_frames_are_fewer(clock: FrameClock, qtbot: QtBot) -> None:
    def spend_twenty_milliseconds() -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    clock.flush()
    spend_twenty_milliseconds()
    clock.flush()
    clock.request()
    assert FRAME_MS < timer(clock).interval() <= 4 * FRAME_MS
    qtbot.waitUntil(lambda: clock.is_settled, timeout=LONG)
    qtbot.wait(9 * FRAME_MS)  # a rest is what is tested here
    clock.flush()
    clock.request()
    assert timer(clock).interval() <= FRAME_MS, "after a rest it begins anew"
