"""Looking a token up, on an engine that is played by the test."""

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.engine.messages import Failed, FindTokens, TokensFound
from studio.ui.tokens.lookup import NO_MODEL, NOT_FOUND, WAITING, TokenLookup
from tests.ui.fake_engine import VOCABULARY, Desk


class Ear(QObject):
    """What a lookup has said."""

    def __init__(self, lookup: TokenLookup) -> None:
        super().__init__()
        self.said: list[object] = []
        for signal in (lookup.found, lookup.refused, lookup.waits):
            signal.connect(self.said.append)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk()


def made(desk: Desk) -> tuple[TokenLookup, Ear]:
    lookup = TokenLookup(desk.client, desk.model, desk.next_token)
    return lookup, Ear(lookup)


def test_what_is_spelled_already_needs_no_engine(desk: Desk) -> None:
    lookup, ear = made(desk)
    desk.next_token.add_pieces({7: b" sea"})
    lookup.find(" sea")
    assert ear.said == [7]
    assert not desk.client.sent


def test_without_a_model_a_word_is_refused_and_a_number_taken(desk: Desk) -> None:
    lookup, ear = made(desk)
    lookup.find(" sea")
    lookup.find("#999999")
    assert ear.said == [NO_MODEL, 999_999]


def test_the_engine_is_asked_and_its_answer_kept(desk: Desk) -> None:
    desk.load()
    lookup, ear = made(desk)
    lookup.find(" sea")
    asked = desk.client.last(FindTokens)
    assert asked.text == " sea"
    desk.client.answer(TokensFound(request=asked.request, tokens=(9,), pieces={9: b" sea"}))
    assert ear.said == [WAITING, 9]
    assert lookup.text(9).text == "␣sea"


def test_an_answer_to_an_older_question_is_not_taken_for_the_newer_ones(desk: Desk) -> None:
    desk.load()
    lookup, ear = made(desk)
    lookup.find(" sea")
    older = desk.client.last(FindTokens)
    lookup.find(" bay")
    desk.client.answer(TokensFound(request=older.request, tokens=(9,), pieces={9: b" sea"}))
    assert ear.said == [WAITING, WAITING]


def test_several_tokens_are_named(desk: Desk) -> None:
    desk.load()
    lookup, ear = made(desk)
    lookup.find(" seaside")
    request = desk.client.last(FindTokens).request
    pieces = {9: b" sea", 10: b"side"}
    desk.client.answer(TokensFound(request=request, tokens=(9, 10), pieces=pieces))
    assert "“␣seaside” takes 2 tokens: ␣sea  side." in str(ear.said[-1])


def test_a_number_beyond_the_vocabulary_is_refused(desk: Desk) -> None:
    desk.load()
    lookup, ear = made(desk)
    lookup.find(f"#{VOCABULARY}")
    assert f"this model has the tokens 0 to {VOCABULARY - 1}" in str(ear.said[-1])
    lookup.find("#12x")
    assert desk.client.last(FindTokens).text == "#12x", "that is a text"


def test_a_question_never_stays_without_an_answer(desk: Desk) -> None:
    desk.load()
    lookup, ear = made(desk)
    lookup.find(" sea")
    desk.client.answer(
        Failed(request=desk.client.last(FindTokens).request, kind="no_model", message="")
    )
    lookup.find(" sea")
    desk.client.die()
    assert ear.said == [WAITING, NOT_FOUND, WAITING, NOT_FOUND]


def test_each_token_is_spelled_once(desk: Desk, qtbot: QtBot) -> None:
    lookup, _ = made(desk)
    lookup.spell([3, 4])
    assert not desk.client.sent
    with qtbot.waitSignal(lookup.spelled):
        desk.load()
    lookup.spell([3, 4])
    lookup.spell([4])
    (asked,) = desk.client.all_sent(FindTokens)
    assert asked.ids == (3, 4)
    desk.client.answer(TokensFound(request=asked.request, tokens=(), pieces={3: b"a"}))
    lookup.spell([3, 4])
    assert len(desk.client.all_sent(FindTokens)) == 1, "one that the model lacks is not asked again"
    assert lookup.text(3).text == "a"
