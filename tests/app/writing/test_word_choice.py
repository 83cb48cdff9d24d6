"""A word of the bars is written, or why not is said; on an engine that the test plays."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing.word_choice import NO_TEXT, PART, WRITING, WordChoice
from studio.engine.messages import Generate, PreviewNextToken
from studio.manuscript import Origin
from tests.helpers.fake_engine import Desk, distribution, evaluated, finished


class Bars:
    """A desk whose bars are those of the caret, and what is said of choices in them."""

    def __init__(self) -> None:
        self.desk = desk = Desk()
        desk.load()
        self.answer(1)
        self.words = WordChoice(desk.draft, desk.writing, desk.next_token_preview, desk.next_token)
        self.refused: list[str] = []
        self.written: list[int] = []
        self.words.refused.connect(self.refused.append)
        self.words.written.connect(self.written.append)

    @property
    def text(self) -> str:
        return self.desk.draft.manuscript.text

    def answer(self, favourite: int) -> None:
        request = self.desk.client.last(PreviewNextToken).request
        self.desk.client.answer(evaluated(request, 5), distribution(request, favourite))


@pytest.fixture
def bars(qtbot: QtBot) -> Bars:
    return Bars()


def test_a_word_is_a_take_of_one_token_and_one_step_of_undo(bars: Bars) -> None:
    assert bars.words.why_not(1) is None
    bars.words.write(1)
    manuscript = bars.desk.draft.manuscript
    assert (bars.text, bars.written) == ("word1", [5])
    assert manuscript.origins() == bytes([Origin.GENERATED]) * 5
    (takes,) = manuscript.take_sets
    (record,) = takes.takes[0].records
    assert (record.id, record.is_chosen, record.u) == (1, True, None)
    manuscript.undo()
    assert bars.text == ""
    assert bars.refused == []


@pytest.mark.parametrize(
    ("piece", "control", "why"),
    [(b"<|end|>", True, NO_TEXT), ("🐟".encode()[:2], False, PART)],
)
def test_what_can_stand_in_no_text_is_refused(
    bars: Bars, piece: bytes, control: bool, why: str
) -> None:
    bars.desk.next_token.add_pieces({2: piece}, {2: True} if control else {})
    bars.words.write(2)
    assert (bars.text, bars.refused, bars.written) == ("", [why], [])


def test_while_the_model_writes_none_is_written(bars: Bars) -> None:
    bars.desk.writing.continue_writing()
    bars.words.write(1)
    assert bars.refused == [WRITING]
    bars.desk.client.answer(*finished(bars.desk.client.last(Generate).request, 0))
    bars.desk.writing.hold("Lanes are written.")
    bars.words.write(1)
    assert bars.refused == [WRITING, "Lanes are written."]
    assert bars.text == ""


def test_a_second_click_before_the_bars_have_followed_is_nothing(bars: Bars, qtbot: QtBot) -> None:
    bars.words.write(1)
    bars.words.write(1)
    assert (bars.text, bars.refused) == ("word1", [])
    bars.desk.draft.set_caret(5)
    asked = bars.desk.client.all_sent(PreviewNextToken)
    qtbot.waitUntil(lambda: len(bars.desk.client.all_sent(PreviewNextToken)) > len(asked))
    bars.answer(2)
    bars.words.write(2)
    assert bars.text.endswith("word2")
