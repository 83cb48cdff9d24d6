"""Looking tokens and words up, on an engine that is played by the test."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.next_token import NextToken
from studio.engine.messages import Failed, FindTokens, FindWords, TokensFound, WordsFound
from studio.sampling import SamplingParams, WordTokens
from tests.helpers.fake_engine import VOCABULARY, Desk

SEA = WordTokens((9,), {b"": (8,), b"s": (7,)}, True, (9,))


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk()


def made(desk: Desk) -> TokenLookup:
    return TokenLookup(desk.client, desk.model, desk.next_token)


def test_a_number_is_taken_with_its_sign_or_without(desk: Desk) -> None:
    lookup = made(desk)
    assert [lookup.number(typed) for typed in ("#198", " 198 ", "# 7")] == [198, 198, 7]
    assert lookup.number("#999999") == 999_999, "without a model nobody knows better"
    desk.load()
    with pytest.raises(ValueError, match=f"this model has the tokens 0 to {VOCABULARY - 1}"):
        lookup.number(f"#{VOCABULARY}")


@pytest.mark.parametrize("typed", ["sea", "#12x", "#", "-1", "99999999999", "²"])
def test_a_word_is_no_number(desk: Desk, typed: str) -> None:
    with pytest.raises(ValueError, match="A word goes under word biases"):
        made(desk).number(typed)


def test_each_token_is_spelled_once(desk: Desk, qtbot: QtBot) -> None:
    lookup = made(desk)
    lookup.spell([3, 4])
    assert not desk.client.sent
    with qtbot.waitSignal(lookup.spelled):
        desk.load()
    lookup.spell([3, 4])
    lookup.spell([4])
    (asked,) = desk.client.all_sent(FindTokens)
    assert asked.ids == (3, 4)
    desk.client.answer(TokensFound(request=asked.request, pieces={3: b"a"}))
    lookup.spell([3, 4])
    assert len(desk.client.all_sent(FindTokens)) == 1, "one that the model lacks is not asked again"
    assert lookup.text(3).text == "a"


def test_what_was_shown_by_its_number_is_asked_for(desk: Desk, qtbot: QtBot) -> None:
    lookup, other = made(desk), NextToken(SamplingParams())
    other.share_pieces(desk.next_token)
    with qtbot.waitSignal(desk.next_token.token_unspelled):
        assert other.spelled(5).text == "⟨token 5⟩"
    qtbot.wait(0)
    assert not desk.client.sent, "no model, nobody to ask"
    desk.next_token.add_pieces({6: b" sea"})
    assert desk.next_token.spelled(6, 1).text == "sea"
    desk.load()
    assert desk.next_token.spelled(7, 1).text == "⟨token 7⟩"
    qtbot.waitUntil(lambda: bool(desk.client.all_sent(FindTokens)))
    (asked,) = desk.client.all_sent(FindTokens)
    assert asked.ids == (5, 7)
    with qtbot.waitSignals([lookup.spelled, other.texts_known]):
        desk.client.answer(TokensFound(request=asked.request, pieces={5: b" bay"}))
    assert other.spelled(5).text == "␣bay"
    assert desk.next_token.unspelled == {7}
    qtbot.wait(0)
    assert len(desk.client.all_sent(FindTokens)) == 1, "one that the model lacks is not asked again"
    desk.load()
    qtbot.waitUntil(lambda: len(desk.client.all_sent(FindTokens)) == 2)
    assert desk.client.last(FindTokens).ids == (7,), "but of the next model"


def test_a_word_is_asked_of_the_engine_once(desk: Desk, qtbot: QtBot) -> None:
    lookup = made(desk)
    lookup.find_word("sea")
    assert not desk.client.sent, "no model, no tokens"
    desk.load()
    lookup.find_word("sea")
    lookup.find_word("sea")
    (asked,) = desk.client.all_sent(FindWords)
    assert lookup.word("sea") is None
    with qtbot.waitSignal(lookup.spelled):
        desk.client.answer(
            WordsFound(request=asked.request, texts=asked.texts, words=(SEA,), pieces={9: b" sea"})
        )
    assert lookup.word("sea") == SEA
    assert lookup.text(9).text == "␣sea"
    lookup.find_word("sea")
    assert len(desk.client.all_sent(FindWords)) == 1
    desk.load("other.gguf")
    desk.client.answer()
    assert lookup.word("sea") is None, "another model has other tokens"


def test_what_is_not_answered_is_asked_again(desk: Desk) -> None:
    desk.load()
    lookup = made(desk)
    lookup.find_word("sea")
    request = desk.client.last(FindWords).request
    desk.client.answer(Failed(request=request, kind="no_model", message=""))
    lookup.find_word("sea")
    desk.client.die()
    desk.load()
    lookup.find_word("sea")
    assert len(desk.client.all_sent(FindWords)) == 3
