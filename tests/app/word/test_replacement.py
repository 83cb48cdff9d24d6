"""Another token in the place of one that stands in the text; without a window."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.word.replacement import GROWING, WordReplacement
from studio.app.word.state import WordState
from studio.app.writing.word_choice import NO_TEXT
from studio.manuscript import Origin
from studio.sampling import LogitSketch
from tests.helpers.fake_engine import Desk
from tests.helpers.recorded import written_all

WORDS = ["The", " fisher", "man", " looked", " out"]


class Text:
    """A text of recorded tokens, one of which is looked at."""

    def __init__(self, looked_at: int) -> None:
        self.desk = desk = Desk()
        desk.type("".join(WORDS))
        assert desk.records.spans.fill(0, written_all(WORDS))
        state = self.state = WordState(desk.sampling, desk.records, desk.next_token)
        self.replacement = WordReplacement(desk.draft.manuscript, desk.records, desk.writing, state)
        self.replaced: list[int] = []
        self.refused: list[str] = []
        self.replacement.replaced.connect(self.replaced.append)
        self.replacement.refused.connect(self.refused.append)
        self.span = desk.records.spans.all[looked_at]
        assert state.look_at(self.span)

    @property
    def text(self) -> str:
        return self.desk.draft.manuscript.text

    def other(self, piece: bytes, control: bool = False) -> int:
        """A token that could stand there, and is spelled so."""
        ids = LogitSketch.from_bytes(self.span.record.sketch).ids.tolist()
        token = next(found for found in ids if found != self.span.record.id)
        self.desk.next_token.add_pieces({token: piece}, {token: False} if control else {})
        return int(token)


@pytest.fixture
def fisher(qtbot: QtBot) -> Text:
    return Text(WORDS.index(" fisher"))


def test_the_rest_of_the_word_goes_and_what_follows_stays(fisher: Text) -> None:
    token = fisher.other(b" sailor")
    fisher.replacement.replace(token)
    assert fisher.text == "The sailor looked out"
    assert fisher.replaced == [len("The sailor")]
    origins = fisher.desk.draft.manuscript.origins()
    assert set(origins[3:10]) == {Origin.GENERATED}
    span = fisher.desk.records.spans.at(5)
    assert span is not None
    assert (span.start, span.record.id, span.record.is_chosen) == (3, token, True)
    fisher.desk.draft.manuscript.undo()
    assert fisher.text == "".join(WORDS), "in one step"
    assert fisher.refused == []


def test_the_token_that_stands_there_is_let_go(fisher: Text) -> None:
    fisher.replacement.replace(fisher.span.record.id)
    assert fisher.state.span is None
    assert fisher.text == "".join(WORDS)
    fisher.replacement.replace(7)
    assert (fisher.replaced, fisher.refused) == ([], []), "nothing is looked at"


def test_what_can_stand_in_no_text_is_refused(fisher: Text) -> None:
    fisher.replacement.replace(fisher.other(b"<|end|>", control=True))
    assert fisher.refused == [NO_TEXT]
    assert fisher.text == "".join(WORDS)


def test_what_is_being_written_is_not_changed(fisher: Text) -> None:
    manuscript = fisher.desk.draft.manuscript
    take = manuscript.begin_take(len("The fisher"))
    take.append("s")
    fisher.replacement.replace(fisher.other(b" sailor"))
    assert fisher.refused == [GROWING]
    manuscript.end_take()
    assert fisher.text == "The fishersman looked out"
