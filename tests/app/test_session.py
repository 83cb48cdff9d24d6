from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.engine.messages import (
    AnyCommand,
    Evaluating,
    Generate,
    Load,
    Loaded,
    PreviewNextToken,
    Stop,
    Superseded,
)
from tests.helpers.fake_engine import evaluated, finished, model_report, token


class Line:
    """The session's own client, with what it sends kept and no child started."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = session.client
        self.sent: list[AnyCommand] = []
        monkeypatch.setattr(self.client, "start", lambda: None)
        monkeypatch.setattr(self.client, "send", self.sent.append)

    def request(self, kind: type[AnyCommand]) -> int:
        return [command.request for command in self.sent if isinstance(command, kind)][-1]

    @property
    def stopped(self) -> list[int]:
        return [command.request for command in self.sent if isinstance(command, Stop)]


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session("Code")
    yield session
    session.close()


@pytest.fixture
def line(session: Session, monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(session, monkeypatch)


def test_it_begins_with_the_preset_that_was_chosen_last(session: Session) -> None:
    preset = session.preset_choice.current
    assert preset.name == "Code"
    assert session.sampling.params == preset.sampling
    assert session.sampling.max_tokens == preset.max_tokens
    assert Session("No such preset", session).preset_choice.current is not None


def test_a_preset_sets_sampling_length_and_format(session: Session) -> None:
    support = next(
        preset for preset in session.preset_choice.presets if preset.prompt_format == "chat"
    )
    session.sampling.change(temperature=3.0)
    session.preset_choice.choose(support)
    assert session.sampling.params == support.sampling
    assert session.sampling.max_tokens == support.max_tokens
    prompt = session.draft.prompt()
    assert (prompt.format, prompt.system) == ("chat", support.system_message)
    session.sampling.change(temperature=3.0)
    session.preset_choice.choose(support)
    assert session.sampling.params == support.sampling, "chosen again it is restored"


def test_esc_ends_what_takes_long(session: Session, line: Line) -> None:
    assert not session.can_stop
    session.stop()
    assert line.sent == []

    session.model.open("a.gguf")
    load = line.request(Load)
    assert session.can_stop
    session.stop()
    assert line.stopped == [load]
    line.client.hand_on(Superseded(request=load))
    assert not session.can_stop

    session.model.open("a.gguf")
    load = line.request(Load)
    line.client.hand_on(Loaded(request=load, report=model_report("a.gguf")))
    look = line.request(PreviewNextToken)
    assert not session.can_stop, "a short look is over before a hand is at the key"
    line.client.hand_on(Evaluating(request=look, done=128, total=1000))
    assert session.can_stop
    session.stop()
    assert line.stopped[1:] == [look]
    line.client.hand_on(Superseded(request=look))
    assert not session.can_stop

    session.writing.continue_writing()
    write = line.request(Generate)
    assert session.can_stop
    line.client.hand_on(evaluated(write, 1))
    line.client.hand_on(token(write, 0, b" a"))
    session.stop()
    assert line.stopped[2:] == [write]
    assert not session.can_stop, "it was told already"
    for event in finished(write, 1, reason="stopped"):
        line.client.hand_on(event)
    assert session.draft.manuscript.text == " a"
