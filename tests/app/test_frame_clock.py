import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.frame_clock import FrameClock
from tests.helpers.waiting import LONG


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
    for calls in (1, 2):
        for _ in range(100):
            clock.request()
        qtbot.waitUntil(lambda: clock.is_settled, timeout=LONG)
        assert counter.calls == calls


def test_the_next_frame_is_waited_for(counter: Counter) -> None:
    clock = FrameClock(counter, interval_ms=LONG)  # longer than any halt of the machine
    clock.flush()
    clock.request()
    assert 0 < timer(clock).interval() <= LONG


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


class Processor:
    """Stands for the processor's time that the window's thread has had."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def thread_time(self) -> float:
        return self.seconds


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Processor:
    processor = Processor()
    monkeypatch.setattr("studio.app.frame_clock.time", processor)
    return processor


def test_dear_frames_are_fewer(counter: Counter, qtbot: QtBot, processor: Processor) -> None:
    clock = FrameClock(counter, interval_ms=LONG)
    clock.flush()
    processor.seconds += 0.1 * LONG / 1000  # of which it may have a twentieth
    clock.flush()
    clock.request()
    assert LONG < timer(clock).interval() <= 2 * LONG


def test_after_a_rest_the_next_frame_is_as_short_as_any(
    counter: Counter, qtbot: QtBot, processor: Processor
) -> None:
    clock = FrameClock(counter, interval_ms=1)
    clock.flush()
    processor.seconds += 1.0
    qtbot.wait(20)  # a rest is what is tested here: longer than two of the longest frames
    clock.flush()
    clock.request()
    assert timer(clock).interval() <= 1
