"""What is done beside the window, in order, and not waited for without end."""

import threading
from functools import partial

import pytest

from studio.app.background import Background
from tests.helpers.waiting import LONG


def test_one_thing_is_done_after_another_and_no_thread_is_left() -> None:
    background = Background("tested")
    done: list[int] = []
    for number in range(100):
        background.start(partial(done.append, number))
    assert background.wait(LONG / 1000)
    assert done == list(range(100))
    assert not background.is_busy
    for thread in threading.enumerate():
        if thread.name == "tested":
            thread.join(LONG / 1000)
            assert not thread.is_alive()


def test_what_does_not_end_is_given_up_and_keeps_no_program() -> None:
    background, answers = Background("tested", gives_way=True), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        answers.wait(LONG / 1000)

    background.start(work)
    assert not background.wait(0.01)
    assert background.is_busy
    answers.set()
    assert background.wait(LONG / 1000)
    assert threads[0].daemon


def test_a_mistake_does_not_keep_the_others_from_being_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported, done = threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _mistake: reported.set())
    background = Background("tested")
    background.start(lambda: 1 / 0)
    background.start(done.set)
    assert background.wait(LONG / 1000)
    assert done.is_set()
    assert reported.wait(LONG / 1000)
