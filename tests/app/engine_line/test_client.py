import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.engine_line.answer_watch import AnswerWatch
from studio.app.engine_line.client import EngineClient
from studio.app.engine_line.process import End, Outcome
from studio.engine.framing import encode
from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    FindBreakers,
    FindTokens,
    FindWords,
    Generate,
    Load,
    Loading,
    LoadOptions,
    Pong,
    PreviewNextToken,
    Prompt,
    RemoveSequence,
    RerunSequence,
    Score,
    SequenceStart,
    Stop,
    StopSequence,
    Superseded,
)
from studio.sampling import SamplingParams
from tests.helpers.fake_engine import finished, token
from tests.helpers.tiny_model import write_byte_level_model
from tests.helpers.waiting import LONG

ROOT = Path(__file__).parents[3]
SECRET = "the old fisherman"
HELLO = Loading(request=1, fraction=0.0)
LISTENS = [
    sys.executable,
    "-I",
    "-S",
    "-c",
    f"import os, sys; os.write(1, bytes.fromhex({encode(HELLO).hex()!r})); sys.stdin.read()",
]


def ignored(_event: AnyEvent) -> None:
    """Whoever asks, and looks elsewhere for what comes."""


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient(LISTENS)
    yield client
    client.close()


def test_request_numbers_never_come_again(client: EngineClient) -> None:
    numbers = [client.next_request(ignored) for _ in range(100)]
    assert len(set(numbers)) == 100
    assert 0 not in numbers, "0 is no request"


def test_there_is_one_child_at_a_time(client: EngineClient, qtbot: QtBot) -> None:
    assert not client.is_running
    assert client.process_id == 0
    client.send(Stop(request=1))  # dropped
    with qtbot.waitSignal(client.received, timeout=LONG):
        client.start()
    pid = client.process_id
    assert pid > 0
    client.start()
    assert client.process_id == pid


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_after_a_death_a_new_child_can_be_started(client: EngineClient, qtbot: QtBot) -> None:
    deaths: list[Outcome] = []
    seen: list[AnyEvent] = []
    running: list[bool] = []
    client.received.connect(seen.append)
    client.died.connect(deaths.append)
    client.died.connect(lambda: running.append(client.is_running))
    with qtbot.waitSignal(client.received, timeout=LONG):
        client.start()
    first = client.process_id
    with qtbot.waitSignal(client.died, timeout=LONG):
        os.kill(first, signal.SIGKILL)
    assert [death.end for death in deaths] == [End.CRASHED]
    assert running == [False], "whoever hears of it may start another at once"
    with qtbot.waitSignal(client.received, timeout=LONG):
        client.start()
    assert client.process_id not in (0, first)
    assert seen == [HELLO, HELLO]


def test_closing_is_no_death(client: EngineClient, qtbot: QtBot) -> None:
    with qtbot.waitSignal(client.received, timeout=LONG):
        client.start()
    with qtbot.assertNotEmitted(client.died):
        client.close()
    assert not client.is_running
    client.close()


def test_a_program_that_is_not_there_can_be_tried_again(qtbot: QtBot, tmp_path: Path) -> None:
    client = EngineClient([str(tmp_path / "missing")])
    for _ in range(2):
        with qtbot.waitSignal(client.died, timeout=LONG) as death:
            client.start()
        assert death.args
        assert death.args[0].end is End.NOT_STARTED
        assert not client.is_running


def test_a_listener_has_the_kinds_it_asked_for_before_all_are_reported(
    client: EngineClient,
) -> None:
    heard: list[tuple[str, AnyEvent]] = []
    client.received.connect(lambda event: heard.append(("all", event)))
    client.follow(lambda event: heard.append(("some", event)), Superseded)
    client.hand_on(HELLO)
    client.hand_on(Superseded(request=3))
    assert heard == [
        ("all", HELLO),
        ("some", Superseded(request=3)),
        ("all", Superseded(request=3)),
    ]


def test_who_asked_has_the_events_of_the_request_to_the_last(client: EngineClient) -> None:
    heard: list[tuple[str, AnyEvent]] = []

    def hears(name: str) -> Callable[[AnyEvent], None]:
        return lambda event: heard.append((name, event))

    client.follow(hears("followed"), Superseded)
    one, other = client.next_request(hears("one")), client.next_request(hears("other"))
    client.hand_on(Pong(request=other))
    client.hand_on(Superseded(request=one))
    client.hand_on(Pong(request=one))  # nothing comes behind a last event
    client.hand_on(Pong(request=77))
    assert heard == [
        ("other", Pong(request=other)),
        ("followed", Superseded(request=one)),
        ("one", Superseded(request=one)),
    ]


def test_what_comes_of_a_request_that_was_replaced_is_heard_apart(client: EngineClient) -> None:
    heard: list[tuple[str, int]] = []
    first = client.next_request(lambda event: heard.append(("now", event.request)))
    second = client.next_request(
        lambda event: heard.append(("now", event.request)),
        replaces=first,
        late=lambda event: heard.append(("late", event.request)),
    )
    third = client.next_request(lambda event: heard.append(("now", event.request)), replaces=second)
    for request in (first, second, third):
        client.hand_on(Pong(request=request))
    client.hand_on(Superseded(request=first))
    client.hand_on(Pong(request=first))
    assert heard == [("late", first), ("now", third), ("late", first)]


def test_sequences_go_on_in_the_name_of_the_same_request(client: EngineClient) -> None:
    heard: list[AnyEvent] = []
    request = client.next_request(heard.append)
    reported: list[AnyEvent] = [
        *finished(request, 1),
        token(request, 1, b"more"),
        *finished(request, 2),
    ]
    for event in reported:
        client.hand_on(event)
    assert heard == reported


def test_nobody_waits_for_the_answers_of_an_engine_that_died(
    client: EngineClient, qtbot: QtBot
) -> None:
    heard: list[AnyEvent] = []
    client.start()
    request = client.next_request(heard.append)
    with qtbot.waitSignal(client.died, timeout=LONG):
        client.end("it was asked to")
    client.hand_on(Pong(request=request))
    assert heard == []


POLITE = [
    sys.executable,
    "-P",
    "-c",
    # Answers pings and stops, and nothing else.
    f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
    "from studio.engine.framing import command_reader, encode\n"
    "from studio.engine.messages import Ping, Pong, Stop, Superseded\n"
    "reader = command_reader()\n"
    "while data := os.read(0, 65536):\n"
    "    for command in reader.feed(data):\n"
    "        answer = {Ping: Pong, Stop: Superseded}.get(type(command))\n"
    "        if answer: os.write(1, encode(answer(request=command.request)))",
]
LOOK = PreviewNextToken(request=1, prompt=Prompt(manuscript="a"))
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


@pytest.fixture
def busy(qtbot: QtBot) -> Iterator[EngineClient]:
    """A client of an engine that never answers what it was asked, but gives signs of life."""
    client = EngineClient(POLITE, beat_ms=20)
    client.start()
    client.send(LOOK)
    with qtbot.waitSignal(client.received, timeout=LONG):
        pass  # the first ping is answered
    yield client
    client.close()


def pongs(client: EngineClient) -> list[Pong]:
    found: list[Pong] = []
    client.follow(found.append, Pong)
    return found


def test_an_engine_that_is_busy_is_not_silent(busy: EngineClient, qtbot: QtBot) -> None:
    answers = pongs(busy)
    with qtbot.assertNotEmitted(busy.waiting_changed):
        qtbot.waitUntil(lambda: len(answers) >= 10, timeout=LONG)
    assert busy.is_owing


@posix
def test_a_halted_engine_is_noticed_and_noticed_again_when_it_goes_on(
    busy: EngineClient, qtbot: QtBot
) -> None:
    os.kill(busy.process_id, signal.SIGSTOP)
    qtbot.waitUntil(lambda: busy.silence > 0, timeout=LONG)
    watch = busy.findChild(AnswerWatch)
    assert watch is not None
    beats = watch.findChild(QTimer)
    assert isinstance(beats, QTimer)
    beats.setInterval(LONG)  # it is not asked once more before it is looked at
    answers = pongs(busy)
    os.kill(busy.process_id, signal.SIGCONT)
    qtbot.waitUntil(lambda: busy.silence == 0, timeout=LONG)
    assert len(answers) == 1, "one ping was under way, however long it was halted"
    assert busy.is_owing, "what it was asked it still owes"


@posix
def test_at_rest_a_halted_engine_is_asked_nothing(busy: EngineClient, qtbot: QtBot) -> None:
    busy.send(Stop(request=1))
    qtbot.waitUntil(lambda: not busy.is_owing, timeout=LONG)
    os.kill(busy.process_id, signal.SIGSTOP)
    with qtbot.assertNotEmitted(busy.waiting_changed, wait=300):
        pass
    busy.send(LOOK)
    qtbot.waitUntil(lambda: busy.silence > 0, timeout=LONG)


@posix
def test_an_engine_that_is_given_up_dies_with_the_reason(busy: EngineClient, qtbot: QtBot) -> None:
    os.kill(busy.process_id, signal.SIGSTOP)
    qtbot.waitUntil(lambda: busy.silence > 0, timeout=LONG)
    with qtbot.waitSignal(busy.died, timeout=LONG) as death:
        busy.end("it did not stop")
    assert busy.silence == 0
    assert not busy.is_running
    assert death.args
    assert death.args[0].describe() == "The engine was ended, because it did not stop."


def test_a_stop_is_waited_for(busy: EngineClient, qtbot: QtBot) -> None:
    busy.send(Stop(request=99))
    assert not busy.is_stopping, "there is nothing of that number"
    busy.stop_all()
    assert busy.is_stopping
    qtbot.waitUntil(lambda: not busy.is_stopping, timeout=LONG)
    assert not busy.is_owing


@posix
def test_a_question_that_another_replaces_in_a_full_pipe_is_answered(
    busy: EngineClient, qtbot: QtBot
) -> None:
    os.kill(busy.process_id, signal.SIGSTOP)
    answered: list[int] = []
    busy.follow(lambda event: answered.append(event.request), Superseded)
    for request in range(10, 30):
        busy.send(PreviewNextToken(request=request, prompt=Prompt(manuscript="x" * (1 << 20))))
    assert answered == sorted(answered)
    assert set(range(14, 29)) <= set(answered) <= set(range(10, 29))


def any_command(random: Random, request: int, compared: int, path: Path) -> AnyCommand:
    """One of all the kinds that the window sends, about something recent or nothing at all."""
    prompt = Prompt(manuscript="abc " * random.randrange(1, 100))
    params = SamplingParams(temperature=random.choice([0.0, 1.0]), seed=1)
    former = random.randrange(max(1, request - 3), request + 1)
    lane = random.randrange(3)
    most = random.choice([1, 5, 400])
    lanes = (SequenceStart(params=params), SequenceStart(params=params))
    kinds: list[Callable[[], AnyCommand]] = [
        lambda: PreviewNextToken(request=request, prompt=prompt),
        lambda: Score(request=request, prompt=prompt),
        lambda: Generate(
            request=request,
            prompt=prompt,
            sequences=(SequenceStart(params=params),),
            max_tokens=most,
        ),
        lambda: FindTokens(request=request, ids=(1, 2)),
        lambda: FindWords(request=request, texts=("the",)),
        lambda: FindBreakers(request=request, texts=("\n",)),
        lambda: Generate(
            request=request,
            prompt=prompt,
            sequences=lanes,
            when_full="end",
            keep=True,
            share_u=True,
            max_tokens=most,
        ),
        lambda: ContinueSequence(request=compared, sequence=lane, params=params, max_tokens=most),
        lambda: RerunSequence(request=compared, sequence=lane, params=params, max_tokens=most),
        lambda: RemoveSequence(request=compared, sequence=lane),
        lambda: StopSequence(request=compared, sequence=lane),
        lambda: ChangeSequence(request=compared, sequence=lane, params=params),
        lambda: ChangeSequence(request=former, sequence=0, params=params),
        lambda: Stop(request=former),
        lambda: Stop(request=compared),
        lambda: Load(request=request, path=str(path), options=LoadOptions(threads=1)),
    ]
    return random.choice(kinds)()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_is_answered_and_then_nothing_beats(
    qtbot: QtBot, tmp_path: Path, seed: int
) -> None:
    path = write_byte_level_model(tmp_path / "model.gguf")
    client = EngineClient(beat_ms=50)
    seen: list[AnyEvent] = []
    deaths: list[Outcome] = []
    client.received.connect(seen.append)
    client.died.connect(deaths.append)
    client.start()
    random, compared = Random(seed), 1
    client.send(Load(request=client.next_request(ignored), path=str(path)))
    for _ in range(150):
        command = any_command(random, client.next_request(ignored), compared, path)
        if isinstance(command, Generate) and command.keep:
            compared = command.request
        client.send(command)
        if random.random() < 0.3:
            with qtbot.waitSignal(client.received, timeout=50, raising=False):
                pass  # some of it is answered before the next is asked
    client.stop_all()
    qtbot.waitUntil(lambda: not client.is_owing, timeout=LONG)
    assert not any(timer.isActive() for timer in client.findChildren(QTimer))
    assert deaths == []
    answered = Counter(type(event).__name__ for event in seen)
    assert {"Loaded", "Superseded"} <= answered.keys()
    client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_death_is_logged_with_its_reason_and_what_was_not_answered(
    client: EngineClient, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="studio")
    with qtbot.waitSignal(client.received, timeout=LONG):
        client.start()
    pid = client.process_id
    prompt = Prompt(manuscript=SECRET, brief=SECRET, system=SECRET)
    client.send(Load(request=7, path=f"/home/{SECRET}/tiny.gguf", options=LoadOptions()))
    client.send(
        Generate(
            request=8,
            prompt=prompt,
            sequences=(SequenceStart(params=SamplingParams(), stop=(SECRET,)),),
            max_tokens=3,
        )
    )
    with qtbot.waitSignal(client.died, timeout=LONG):
        os.kill(pid, signal.SIGKILL)
    started, load, death = [record.getMessage() for record in caplog.records]
    assert started == f"engine: started, process {pid}"
    assert (
        load
        == "Load: “tiny.gguf”, GPU layers automatic, context automatic, threads automatic, mapped"
    )
    assert "SIGKILL" in death
    assert death.endswith("Not answered: Load, Generate")
