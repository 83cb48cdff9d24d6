"""The beats are real, and short; what is waited for is their number, never a time."""

import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.engine_line.answer_watch import AnswerWatch
from studio.engine.messages import (
    ChangeSequence,
    Evaluating,
    FindTokens,
    Generate,
    Load,
    PreviewNextToken,
    Prompt,
    SequenceStart,
    Stop,
    Superseded,
    TokensFound,
)
from studio.sampling import SamplingParams
from tests.helpers.waiting import LONG

BEAT = 10
LOOK = PreviewNextToken(request=1, prompt=Prompt(manuscript="a"))


class Engine:
    """Counts the pings, and answers them if it is to."""

    def __init__(self) -> None:
        self.pings = 0
        self.answers = False
        self.watch = AnswerWatch(self.ping, BEAT)

    def ping(self) -> None:
        self.pings += 1
        if self.answers:
            self.watch.heard()


def timer_of(watch: AnswerWatch) -> QTimer:
    timer = watch.findChild(QTimer)
    assert isinstance(timer, QTimer)
    return timer


@pytest.fixture
def engine(qtbot: QtBot) -> Engine:
    return Engine()


def test_at_rest_nothing_runs(engine: Engine, qtbot: QtBot) -> None:
    watch = engine.watch
    watch.asked(LOOK)
    watch.asked(FindTokens(request=2, ids=(1,)))
    assert watch.is_beating
    watch.answered(Evaluating(request=1, done=1, total=2))
    watch.answered(Superseded(request=1))
    assert watch.is_beating, "the other is not answered"
    watch.answered(TokensFound(request=2, pieces={}))
    assert not watch.is_beating
    watch.asked(Stop(request=1))
    watch.asked(ChangeSequence(request=1, sequence=0, params=SamplingParams()))
    assert not watch.is_beating, "of what is over nothing comes"
    assert not watch.is_stopping


def test_one_ping_and_then_it_is_silent(engine: Engine, qtbot: QtBot) -> None:
    watch = engine.watch
    watch.heard()
    watch.asked(LOOK)
    with qtbot.waitSignal(watch.changed, timeout=LONG):
        pass
    assert watch.silence == 5
    assert engine.pings == 1
    qtbot.waitUntil(lambda: watch.silence >= 8, timeout=LONG)
    assert engine.pings == 1, "a full pipe is not filled further"
    with qtbot.waitSignal(watch.changed, timeout=LONG):
        watch.heard()
    assert watch.silence == 0
    qtbot.waitUntil(lambda: watch.silence > 0, timeout=LONG)
    assert engine.pings == 2, "and it is doubted again"
    with qtbot.waitSignal(watch.changed, timeout=LONG):
        watch.answered(Superseded(request=1))
    assert watch.silence == 0


def test_one_that_is_busy_and_answers_is_not_silent(engine: Engine, qtbot: QtBot) -> None:
    engine.answers = True
    with qtbot.assertNotEmitted(engine.watch.changed):
        engine.watch.asked(Load(request=1, path="a.gguf"))
        qtbot.waitUntil(lambda: engine.pings >= 20, timeout=LONG)


def test_while_tokens_come_nothing_is_asked(engine: Engine, qtbot: QtBot) -> None:
    beats = []
    watch = engine.watch
    watch.asked(
        Generate(
            request=1,
            prompt=LOOK.prompt,
            sequences=(SequenceStart(params=SamplingParams()),),
            max_tokens=9,
        )
    )
    timer_of(watch).timeout.connect(lambda: beats.append(1))
    tokens = QTimer()
    tokens.timeout.connect(watch.heard)
    tokens.start(0)  # at each turn of the event loop, and so before every beat
    qtbot.waitUntil(lambda: len(beats) >= 20, timeout=LONG)
    tokens.stop()
    assert engine.pings == 0


def test_a_window_that_stood_still_does_not_blame_the_engine(engine: Engine, qtbot: QtBot) -> None:
    watch = engine.watch
    watch.heard()
    watch.asked(LOOK)
    qtbot.waitUntil(lambda: engine.pings == 1, timeout=LONG)
    time.sleep(20 * BEAT / 1000)  # so long no event is handled: a dialog of the system, a suspend
    beats = []
    timer_of(watch).timeout.connect(lambda: beats.append(watch.silence))
    qtbot.waitUntil(lambda: bool(beats), timeout=LONG)
    assert beats[0] == 0, "twenty beats that this process missed are one"


def test_one_that_just_begins_has_more_time(engine: Engine, qtbot: QtBot) -> None:
    watch = engine.watch
    watch.asked(Load(request=1, path="a.gguf"))
    with qtbot.waitSignal(watch.changed, timeout=LONG):
        pass
    assert watch.silence == 30


def test_a_stop_is_late_after_a_beat(engine: Engine, qtbot: QtBot) -> None:
    engine.answers = True
    watch = engine.watch
    watch.asked(LOOK)
    assert not watch.is_stopping
    watch.asked(Stop(request=1))
    assert watch.is_stopping
    assert not watch.is_stop_late
    with qtbot.waitSignal(watch.changed, timeout=LONG):
        pass
    assert watch.is_stop_late
    watch.answered(Superseded(request=1))
    assert not watch.is_stopping
    assert not watch.is_stop_late


def test_a_new_engine_owes_nothing(engine: Engine, qtbot: QtBot) -> None:
    watch = engine.watch
    watch.heard()
    watch.asked(LOOK)
    watch.asked(Stop(request=1))
    qtbot.waitUntil(lambda: watch.silence > 0, timeout=LONG)
    watch.forget()
    assert not watch.pending
    assert not watch.is_beating
    assert (watch.silence, watch.is_stopping, watch.is_stop_late) == (0, False, False)
