import pytest
from pytestqt.qtbot import QtBot

from studio.engine.messages import BreakersFound, Failed, FindBreakers
from studio.sampling import SamplingParams
from studio.ui.tokens.text_question import TextQuestion
from tests.ui.fake_engine import Desk

TEXTS = SamplingParams().dry_sequence_breakers


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    desk.load()
    desk.question = TextQuestion(  # type: ignore[attr-defined]  # kept alive with it
        desk.client, desk.model, desk.sampling, desk.next_token
    )
    return desk


def asked(desk: Desk) -> list[tuple[str, ...]]:
    return [command.texts for command in desk.client.all_sent(FindBreakers)]


def answer(desk: Desk, token: int = 5) -> None:
    command = desk.client.last(FindBreakers)
    desk.client.answer(
        BreakersFound(request=command.request, texts=command.texts, breakers={token: [()]})
    )


def test_it_is_asked_once_when_dry_is_turned_on(desk: Desk) -> None:
    desk.sampling.change(temperature=0.5)
    assert asked(desk) == []
    desk.sampling.change(dry_multiplier=0.8)
    desk.sampling.change(dry_multiplier=0.9)
    assert asked(desk) == [TEXTS]
    assert desk.next_token.breakers(desk.sampling.params) is None
    answer(desk)
    assert desk.next_token.breakers(desk.sampling.params) == {5: [()]}
    desk.sampling.change(dry_multiplier=0.0)
    desk.sampling.change(dry_multiplier=0.8)
    assert len(asked(desk)) == 1, "it is known"
    desk.sampling.change(dry_sequence_breakers=("!",))
    assert asked(desk)[1:] == [("!",)]
    desk.sampling.change(dry_sequence_breakers=())
    assert desk.next_token.breakers(desk.sampling.params) == {}, "nothing to ask"


def test_another_model_has_others(desk: Desk) -> None:
    desk.sampling.change(dry_multiplier=0.8)
    answer(desk)
    desk.load("other.gguf")
    assert asked(desk) == [TEXTS, TEXTS]
    answer(desk, 6)
    assert desk.next_token.breakers(desk.sampling.params) == {6: [()]}


def test_what_is_not_answered_is_asked_again(desk: Desk) -> None:
    desk.sampling.change(dry_multiplier=0.8)
    request = desk.client.last(FindBreakers).request
    desk.client.answer(Failed(request=request, kind="no_model", message="No."))
    desk.sampling.change(dry_multiplier=0.9)
    assert len(asked(desk)) == 2


def test_with_mirostat_dry_does_not_act(desk: Desk) -> None:
    desk.sampling.change(dry_multiplier=0.8, mirostat=2)
    assert asked(desk) == []
