import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.framing import encode
from studio.engine.messages import AnyEvent, Loading, Stop, Superseded
from studio.ui.engine_line.client import EngineClient
from studio.ui.engine_line.process import End, Outcome
from tests.ui.conftest import LONG

HELLO = Loading(request=1, fraction=0.0)
LISTENS = [
    sys.executable,
    "-I",
    "-S",
    "-c",
    f"import os, sys; os.write(1, bytes.fromhex({encode(HELLO).hex()!r})); sys.stdin.read()",
]


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient(LISTENS)
    yield client
    client.close()


def test_request_numbers_never_come_again(client: EngineClient) -> None:
    numbers = [client.next_request() for _ in range(100)]
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


def test_a_listener_has_the_kinds_it_asked_for_before_all_are_told(client: EngineClient) -> None:
    heard: list[tuple[str, AnyEvent]] = []
    client.received.connect(lambda event: heard.append(("all", event)))
    client.listen(lambda event: heard.append(("some", event)), Superseded)
    client.hand_on(HELLO)
    client.hand_on(Superseded(request=3))
    assert heard == [
        ("all", HELLO),
        ("some", Superseded(request=3)),
        ("all", Superseded(request=3)),
    ]
