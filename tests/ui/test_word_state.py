import math

import pytest
from pytestqt.qtbot import QtBot

from studio.manuscript import RecordedToken, TokenSpan
from studio.sampling import LogitSketch, SamplingParams, blame
from studio.ui.token_records import TokenRecords
from studio.ui.word_bars import ROWS
from studio.ui.word_state import WordFacts, WordState
from studio.ui.word_words import NEAR_TIE, NO_DICE
from tests.ui.fake_engine import Desk
from tests.ui.recorded import Scored, scored, written, written_all

pytestmark = pytest.mark.usefixtures("qapp")

TEXTS = ["The", " old", " fisherman", " looked", " out"]


class Place:
    """A desk whose text has recorded tokens."""

    def __init__(self, params: SamplingParams | None = None) -> None:
        self.desk = Desk(params or SamplingParams())
        self.records = TokenRecords(
            self.desk.client,
            self.desk.model,
            self.desk.draft,
            self.desk.writing,
            self.desk.next_token,
        )
        self.state = WordState(self.desk.sampling, self.records, self.desk.next_token)

    def put(self, *tokens: RecordedToken) -> list[TokenSpan]:
        manuscript = self.desk.draft.manuscript
        start = len(manuscript)
        manuscript.edit(start, 0, b"".join(token.text for token in tokens).decode())
        self.records.spans.fill(start, tokens)
        return self.records.spans.all[-len(tokens) :]

    def facts(self) -> WordFacts:
        facts = self.state.facts(ROWS)
        assert facts is not None
        return facts


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 2.0, math.inf])
def test_the_facts_are_those_of_the_tokens_own_distribution(temperature: float) -> None:
    place = Place()
    for span in place.put(*written_all(TEXTS), scored(b" far", 400, rank=250)):
        assert place.state.look_at(span)
        place.desk.sampling.change(temperature=temperature)
        sketch = LogitSketch.from_bytes(span.record.sketch)
        facts = place.facts()
        probability = sketch.probability(span.record.id, temperature)
        assert facts.probability == pytest.approx(probability, abs=1e-9)
        assert facts.at_one == pytest.approx(sketch.probability(span.record.id, 1.0))
        assert facts.entropy == pytest.approx(sketch.entropy(temperature) / math.log(2), abs=1e-6)
        if probability > 0:
            assert 2.0**-facts.surprise == pytest.approx(probability, rel=1e-5)
        assert not facts.is_cut


def test_filters_cut_in_the_rows_and_in_the_tail() -> None:
    place = Place(SamplingParams(top_k=2))
    for span in place.put(scored(b"near", 1, rank=5), scored(b" far", 400, rank=250)):
        assert place.state.look_at(span)
        assert place.facts().is_cut
        assert place.facts().probability == 0.0
        assert place.facts().rank in (5, 250)
    place.desk.sampling.change(top_k=0)
    assert not place.facts().is_cut


def test_blame_is_told_of_what_was_written_and_not_of_what_was_scored() -> None:
    place = Place()
    drawn, read = place.put(written(b"drawn", 3, 0.99), scored(b" read", 4))
    place.state.look_at(drawn)
    u = drawn.record.u  # type: ignore[attr-defined]  # it was written
    turn = blame(LogitSketch.from_bytes(drawn.record.sketch), drawn.record.id, u, SamplingParams())
    assert turn is not None
    (sentence,) = place.facts().sentences
    assert sentence.startswith(f"Below T {turn:.2g}")
    place.state.look_at(read)
    assert place.facts().sentences == (NO_DICE,)


def test_a_near_tie_is_told() -> None:
    place = Place()
    token = written(b"drawn", 3, 0.5)
    token.near_tie = True
    (span,) = place.put(token)
    place.state.look_at(span)
    assert place.facts().sentences[0] == NEAR_TIE


def test_turning_t_is_told_and_after_letting_go_it_is_not(qtbot: QtBot) -> None:
    place = Place()
    (span,) = place.put(written(b"drawn", 3, 0.5))
    with qtbot.waitSignal(place.state.changed):
        place.state.look_at(span)
    with qtbot.waitSignal(place.state.changed):
        place.desk.sampling.change(temperature=0.3)
    with qtbot.waitSignal(place.state.changed):
        place.state.let_go()
    assert place.state.facts(ROWS) is None
    with qtbot.assertNotEmitted(place.state.changed):
        place.desk.sampling.change(temperature=0.4)
        place.state.let_go()


def test_the_token_is_followed_through_edits_and_let_go_when_it_is_gone() -> None:
    place = Place()
    spans = place.put(*written_all(TEXTS))
    manuscript = place.desk.draft.manuscript
    place.state.look_at(spans[2])
    manuscript.edit(0, 0, "Once. ")
    assert place.state.span is not None
    assert place.state.span.start == spans[2].start + 6
    manuscript.edit(place.state.span.start + 2, 1, "")
    assert place.state.span is None


def test_a_sketch_that_cannot_be_read_is_not_looked_at() -> None:
    place = Place()
    (span,) = place.put(Scored(3, b"x", b"damaged"))
    assert not place.state.look_at(span)
    assert place.state.span is None


def test_bytes_that_are_learnt_later_are_known_too() -> None:
    place = Place()
    (span,) = place.put(scored(b"drawn", 3))
    place.state.look_at(span)
    place.desk.next_token.add_pieces({span.record.id: b" sea"})
    assert place.facts().text.text == "·sea"


def test_penalties_see_the_tokens_before() -> None:
    place = Place()
    first = scored(b"a", 5, rank=0)
    second = Scored(first.id, b" a", first.sketch)
    _, span = place.put(first, second)
    place.state.look_at(span)
    before = place.facts().probability
    place.desk.sampling.change(repeat_penalty=1.5)
    assert place.facts().probability < before
