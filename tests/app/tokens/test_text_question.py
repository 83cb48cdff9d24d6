import pytest

from studio.app.tokens.place import TokenPlace
from studio.app.tokens.text_question import TextQuestion
from studio.engine.messages import (
    BreakersFound,
    Evaluated,
    Failed,
    FindBreakers,
    FindWords,
    WordsFound,
)
from studio.sampling import SamplingParams, WordBias, WordTokens
from tests.helpers.fake_engine import Desk

TEXTS = SamplingParams().dry_sequence_breakers


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.question = TextQuestion(  # type: ignore[attr-defined]  # kept alive with it
        desk.client, desk.model, lambda: [(desk.sampling.params, desk.next_token)]
    )
    desk.sampling.params_changed.connect(desk.question.ask)  # type: ignore[attr-defined]
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


def test_words_are_asked_for_too_each_once(desk: Desk) -> None:
    desk.sampling.change(word_biases=(WordBias("the", -1.0, ("capitalised",)),))
    (command,) = desk.client.all_sent(FindWords)
    assert command.texts == ("the", "The")
    desk.sampling.change(word_biases=(WordBias("the", -2.0, ("capitalised",)),))
    assert len(desk.client.all_sent(FindWords)) == 1
    params = desk.sampling.params
    assert not desk.next_token.knows_texts(params)
    assert desk.next_token.state_at(TokenPlace(), params).word_biases == {}
    words = (WordTokens((5,), {}, True, (5,)), WordTokens((6,), {}, True, (6,)))
    desk.client.answer(
        WordsFound(request=command.request, texts=command.texts, words=words, pieces={5: b" the"})
    )
    assert desk.next_token.knows_texts(params)
    assert desk.next_token.state_at(TokenPlace(), params).word_biases == {5: -2.0, 6: -2.0}
    assert desk.next_token.pieces[5] == b" the"
    desk.sampling.change(word_biases=(WordBias("the", 3.0), WordBias("sea", 1.0)))
    assert desk.client.last(FindWords).texts == ("sea",), "what is known is not asked again"
    desk.load("other.gguf")
    assert desk.client.last(FindWords).texts == ("the", "sea")


def test_what_stands_before_is_spelled_with_the_prompt(desk: Desk) -> None:
    desk.client.answer(
        Evaluated(
            request=99,
            tokens=b"",
            context_used=1,
            context_size=9,
            unseen_characters=0,
            reused=0,
            pieces={7: b" old"},
        )
    )
    assert desk.next_token.pieces == {7: b" old"}
