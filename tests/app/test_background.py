"""Work beside the window: its order, its answers in this thread, and no wait without end."""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.background import Background
from studio.progress import At
from tests.helpers.waiting import LONG


class Held:
    """Work that goes on until it is let go."""

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


class Deaf:
    """Work on a drive that does not answer."""

    def __init__(self) -> None:
        self.began, self.answers = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, _at: At) -> str:
        self.thread = threading.current_thread()
        self.began.set()
        self.answers.wait(LONG / 1000)
        return "late"


def give(number: int, _at: At) -> int:
    return number


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tested"]


def until_over(background: Background, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not background.is_busy, timeout=LONG)


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    background = Background("tested")
    yield background
    background.close()


def test_the_event_loop_turns_while_something_is_done(background: Background, qtbot: QtBot) -> None:
    work, turns = Held("a"), 0
    got: list[str | None] = []

    def turn() -> None:
        nonlocal turns
        turns += 1

    beat = QTimer()
    beat.timeout.connect(turn)
    beat.start(0)
    background.start(work, got.append, "Reading “a”")
    assert (background.is_busy, background.words) == (True, "Reading “a”")
    qtbot.waitUntil(lambda: turns > 100 and background.share == 0.5, timeout=LONG)
    assert got == []
    work.go.set()
    until_over(background, qtbot)
    assert got == ["a"]
    assert work.thread is not threading.main_thread()
    assert (background.words, background.share) == ("", 0.0)


def test_at_rest_there_is_no_thread_and_no_timer_runs(background: Background, qtbot: QtBot) -> None:
    got: list[int | None] = []
    takers: list[threading.Thread] = []

    def take(number: int | None) -> None:
        got.append(number)
        takers.append(threading.current_thread())

    for number in range(20):
        background.start(partial(give, number), take)
    until_over(background, qtbot)
    assert got == list(range(20))
    assert set(takers) == {threading.main_thread()}
    assert threads() == []
    assert not any(timer.isActive() for timer in background.findChildren(QTimer))


def test_one_after_another_in_their_order(background: Background, qtbot: QtBot) -> None:
    works = [Held(name) for name in "abc"]
    got: list[str | None] = []
    for work in works:
        background.start(work, got.append, work.answer)
    seen = []
    background.changed.connect(lambda: seen.append(background.words))
    assert works[0].began.wait(LONG / 1000)
    works[2].go.set()
    works[1].go.set()
    assert not works[1].began.is_set(), "one at a time"
    works[0].go.set()
    until_over(background, qtbot)
    assert got == ["a", "b", "c"]
    assert seen == ["b", "c", ""]


def test_how_far_it_is_is_reported_when_there_is_more(background: Background, qtbot: QtBot) -> None:
    seen: list[tuple[str, float]] = []
    background.progressed.connect(lambda: seen.append((background.words, background.share)))
    first, second = Held("a", 0.25), Held("b", 0.25)
    for work in (first, second):
        background.start(work, lambda _: None, work.answer)
    qtbot.waitUntil(lambda: bool(seen), timeout=LONG)
    first.go.set()
    qtbot.waitUntil(lambda: ("b", 0.25) in seen, timeout=LONG)
    assert seen[0] == ("a", 0.25)
    assert len(seen) == len(set(seen)), "nothing is reported twice"


def test_what_is_waited_for_is_taken_at_once(background: Background) -> None:
    got: list[str | None] = []
    more: list[str | None] = []

    def go_on(answer: str | None) -> None:
        got.append(answer)
        background.start(lambda _at: "and more", more.append)

    background.start(lambda _at: "a", got.append)
    background.start(lambda _at: "b", go_on)
    assert background.finish()
    assert (got, more) == (["a", "b"], ["and more"]), "what began meanwhile too"
    assert not background.is_busy
    assert background.finish(), "nothing is left"


def test_a_drive_that_does_not_answer_is_waited_for_seconds_at_most(
    background: Background, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.01)
    work, got = Deaf(), list[str | None]()
    background.start(work, got.append)
    assert not background.finish()
    assert not background.finish(0.01)
    assert not background.finish(-1.0)
    assert (background.is_busy, got) == (True, [])
    assert work.thread is not None
    assert work.thread.daemon, "the program ends without it"
    work.answers.set()
    until_over(background, qtbot)
    assert got == ["late"]


def test_what_is_cancelled_gives_nothing_and_what_waits_never_begins(
    background: Background, qtbot: QtBot
) -> None:
    first, second = Held("a"), Held("b")
    got: list[str | None] = []
    background.start(first, got.append)
    background.start(second, got.append)
    assert first.began.wait(LONG / 1000)
    background.cancel()
    until_over(background, qtbot)
    assert got == [None, None]
    assert not second.began.is_set()
    third = Held("c")
    third.go.set()
    background.start(third, got.append)
    until_over(background, qtbot)
    assert got == [None, None, "c"]


def test_a_drive_that_never_answers_is_given_up_when_it_is_cancelled(
    background: Background, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.background._PATIENCE", 0.05)
    deaf, got = Deaf(), list[str | None]()
    background.start(deaf, got.append)
    background.cancel()
    qtbot.waitUntil(lambda: got == [None], timeout=LONG)
    assert not background.is_busy
    other = Held("b")
    other.go.set()
    background.start(other, got.append)
    qtbot.waitUntil(lambda: got == [None, "b"], timeout=LONG)
    deaf.answers.set()
    assert deaf.thread is not None
    deaf.thread.join()
    background.close()
    assert got == [None, "b"]


def test_after_the_end_no_answer_is_taken(
    background: Background, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.background._PATIENCE", 0.01)
    deaf, second, got = Deaf(), Held("b"), list[str | None]()
    background.start(deaf, got.append)
    background.start(second, got.append)
    assert deaf.began.wait(LONG / 1000)
    background.close()
    assert not background.is_busy
    deaf.answers.set()
    assert deaf.thread is not None
    deaf.thread.join()
    qtbot.wait(0)
    assert got == []
    assert not second.began.is_set()


def test_it_may_go_before_its_work_is_done(qtbot: QtBot) -> None:
    background = Background("tested")
    deaf, second, got = Deaf(), Held("b"), list[str | None]()
    background.start(deaf, got.append)
    background.start(second, got.append)
    assert deaf.began.wait(LONG / 1000)
    shiboken6.delete(background)
    deaf.answers.set()
    assert deaf.thread is not None
    deaf.thread.join()
    qtbot.wait(0)
    assert got == []
    assert not second.began.is_set()


def test_an_error_in_what_the_writer_is_shown_is_reported_as_the_windows_own(
    background: Background, qtbot: QtBot
) -> None:
    got: list[object] = []
    after = Held("b")
    after.go.set()
    with qtbot.captureExceptions() as caught:
        background.start(lambda _at: 1 / 0, got.append, "a")
        background.start(after, got.append, "b")
        until_over(background, qtbot)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert got == [None, "b"], "who waits for it hears that nothing comes"


def test_another_error_is_logged_and_keeps_no_other_work_from_being_done(
    background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[tuple[type[BaseException], str]] = []

    def log(found: threading.ExceptHookArgs) -> None:
        assert found.thread is not None
        logged.append((found.exc_type, found.thread.name))

    monkeypatch.setattr(threading, "excepthook", log)
    monkeypatch.setattr(sys, "excepthook", lambda *found: pytest.fail(str(found)))
    got: list[object] = []
    background.start(lambda _at: 1 / 0, lambda answer: got.append((answer, len(logged))))
    background.start(lambda _at: "b", got.append)
    assert background.finish()
    assert logged == [(ZeroDivisionError, "tested")]
    assert got == [(None, 1), "b"], "it is logged before it is heard of"


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has no priority of its own")
def test_where_it_gives_way_others_go_first(qtbot: QtBot) -> None:
    def nice(_at: object = None) -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    here, policy = nice(), os.sched_getscheduler(0)
    got: list[tuple[int, int] | None] = []
    background, other = Background("tested", gives_way=True), Background("tested")
    for each in (background, other):
        # Never SCHED_IDLE: it may hold Python's lock, and get no processor to give it back.
        each.start(lambda _at: (nice(), os.sched_getscheduler(0)), got.append)
        assert each.finish(LONG / 1000)
    assert got == [(min(here + 10, 19), policy), (here, policy)]
    assert nice() == here, "its thread alone"


def test_no_cycle_is_collected_in_its_thread(background: Background) -> None:
    """An object of Qt's that is in a cycle must not die in a thread that is not its."""
    threads: set[int] = set()

    def noted(_phase: str, _info: dict[str, int]) -> None:
        threads.add(threading.get_ident())

    def work(_at: At) -> int:
        for _ in range(100_000):
            cycle: list[object] = []
            cycle.append(cycle)
        return threading.get_ident()

    got: list[int | None] = []
    was_enabled = gc.isenabled()
    gc.enable()
    gc.callbacks.append(noted)
    try:
        background.start(work, got.append)
        assert background.finish(LONG / 1000)
        assert gc.isenabled()
    finally:
        gc.callbacks.remove(noted)
        if not was_enabled:
            gc.disable()
    assert got[0] not in threads
