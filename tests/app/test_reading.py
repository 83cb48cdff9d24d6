"""What is read in another thread: the window goes on, and nothing of what was ended is seen."""

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.reading import Reading
from studio.progress import At
from tests.helpers.waiting import LONG


class Held:
    """A work that goes on until it is let go."""

    def __init__(self, answer: str, share: float = 0.5) -> None:
        self.answer, self.share = answer, share
        self.began, self.go = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, at: At) -> str:
        self.thread = threading.current_thread()
        at(self.share)
        self.began.set()
        while not self.go.wait(0.005):
            at(self.share)
        at(1.0)
        return self.answer


@pytest.fixture
def reading(qtbot: QtBot) -> Iterator[Reading]:
    reading = Reading()
    yield reading
    reading.close()


def test_the_event_loop_turns_while_something_is_read(reading: Reading, qtbot: QtBot) -> None:
    work, turns = Held("a"), 0
    got: list[str | None] = []

    def turn() -> None:
        nonlocal turns
        turns += 1

    beat = QTimer()
    beat.timeout.connect(turn)
    beat.start(0)
    reading.start("Reading “a”", work, got.append)
    assert (reading.is_busy, reading.words) == (True, "Reading “a”")
    qtbot.waitUntil(lambda: turns > 100 and reading.share == 0.5, timeout=LONG)
    assert got == []
    work.go.set()
    qtbot.waitUntil(lambda: not reading.is_busy, timeout=LONG)
    assert got == ["a"]
    assert work.thread is not threading.main_thread()
    assert (reading.words, reading.share) == ("", 0.0)


def test_one_after_another_in_their_order(reading: Reading, qtbot: QtBot) -> None:
    works = [Held(name) for name in "abc"]
    got: list[str | None] = []
    for work in works:
        reading.start(work.answer, work, got.append)
    seen = []
    reading.changed.connect(lambda: seen.append(reading.words))
    assert works[0].began.wait(60)
    works[2].go.set()
    works[1].go.set()
    assert not works[1].began.is_set(), "one at a time"
    works[0].go.set()
    qtbot.waitUntil(lambda: not reading.is_busy, timeout=LONG)
    assert got == ["a", "b", "c"]
    assert seen == ["b", "c", ""]


def test_what_is_ended_gives_nothing_and_nothing_waits_for_it(
    reading: Reading, qtbot: QtBot
) -> None:
    first, second = Held("a"), Held("b")
    got: list[str | None] = []
    reading.start("a", first, got.append)
    reading.start("b", second, got.append)
    assert first.began.wait(60)
    reading.cancel()
    qtbot.waitUntil(lambda: not reading.is_busy, timeout=LONG)
    assert got == [None, None]
    assert not second.began.is_set(), "what waited for its turn never began"
    third = Held("c")
    third.go.set()
    reading.start("c", third, got.append)
    qtbot.waitUntil(lambda: not reading.is_busy, timeout=LONG)
    assert got == [None, None, "c"]


def test_a_disk_that_never_answers_is_given_up(
    reading: Reading, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.reading._PATIENCE", 0.05)
    never = threading.Event()
    got: list[str | None] = []

    def deaf(_at: At) -> str:
        never.wait(60)
        return "too late"

    reading.start("a", deaf, got.append)
    reading.cancel()
    qtbot.waitUntil(lambda: got == [None], timeout=LONG)
    assert not reading.is_busy
    other = Held("b")
    other.go.set()
    reading.start("b", other, got.append)
    qtbot.waitUntil(lambda: got == [None, "b"], timeout=LONG)
    never.set()
    reading.close()
    assert got == [None, "b"]


def test_a_mistake_of_the_program_is_seen_and_ends_nothing(reading: Reading, qtbot: QtBot) -> None:
    got: list[object] = []

    def fail(_at: At) -> str:
        raise ZeroDivisionError

    with qtbot.captureExceptions() as caught:
        reading.start("a", fail, got.append)
        after = Held("b")
        after.go.set()
        reading.start("b", after, got.append)
        qtbot.waitUntil(lambda: not reading.is_busy, timeout=LONG)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert got == [None, "b"], "who waits for it hears that nothing comes"
