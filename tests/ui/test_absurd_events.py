"""The window with an engine that says what no engine says: well formed, with absurd values.

A model's file is read by memory-unsafe code, so the engine's process is not trusted afterwards.
"""

import typing
from collections.abc import Callable
from random import Random

import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.engine_line.client import EngineClient
from studio.engine.framing import FramingError, event_reader
from studio.engine.messages import AnyCommand, AnyEvent, Loaded
from studio.ui.main_window import MainWindow
from tests.fuzz.engine_frames import absurd_message, example
from tests.helpers.fake_engine import distribution, evaluated, model_report, token

_EVENTS = 3000


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[AnyCommand]:
    """What the window sends to an engine that is not there."""
    sent: list[AnyCommand] = []
    monkeypatch.setattr(EngineClient, "start", lambda _client: None)
    monkeypatch.setattr(EngineClient, "send", lambda _client, command: sent.append(command))
    monkeypatch.setattr(EngineClient, "is_running", property(lambda _client: True))
    return sent


@pytest.mark.parametrize("seed", [1, 2])
def test_absurd_events_raise_nothing_and_change_no_text_but_a_takes(
    sent: list[AnyCommand], open_window: Callable[[], MainWindow], qtbot: QtBot, seed: int
) -> None:
    window = open_window()
    session = window.session
    session.draft.manuscript.edit(0, 0, "My text.")
    chosen = Random(seed)
    encode = msgspec.msgpack.encode
    sound = [encode(example(kind)) for kind in typing.get_args(AnyEvent)]
    report = model_report("/nowhere/tiny.gguf")
    more = (Loaded(request=1, report=report), evaluated(1, 5), distribution(1, 7))
    sound += [encode(event) for event in (*more, token(1, 0, b"ab"))]

    def open_model() -> None:
        session.model.open("/nowhere/tiny.gguf")
        session.client.hand_on(Loaded(request=sent[-1].request, report=report))

    open_model()
    acted = 0
    with qtbot.captureExceptions() as mistakes:
        while acted < _EVENTS:
            if not session.model.is_ready and chosen.random() < 0.3:
                open_model()
            if session.writing.can_start and chosen.random() < 0.02:
                session.writing.continue_writing()
            message = msgspec.msgpack.decode(absurd_message(chosen.choice(sound), chosen))
            if isinstance(message, dict):
                message["request"] = chosen.choice(sent[-6:]).request
            body = encode(message)
            try:
                events = list(event_reader().feed(len(body).to_bytes(4, "little") + body))
            except FramingError:
                continue
            for event in events:
                session.client.hand_on(event)
            acted += 1
            if acted % 20 == 0:
                QApplication.processEvents()
    assert not mistakes, mistakes[0]
    assert session.draft.manuscript.text.startswith("My text.")
