import math

import msgspec
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.tokens.sampler_notes import NEAR_TIE
from studio.app.tokens.words import description, tail_sentence
from studio.app.word.state import WordFacts, WordState
from studio.app.word.words import NO_DRAW
from studio.app.writing.records import TokenRecords
from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch, SamplingParams, chance, distribution, flip_temperature
from studio.token_record import TokenRecord, undrawn
from tests.helpers.fake_engine import Desk
from tests.helpers.recorded import logits_of, run_of, scored, unreadable, written, written_all
from tests.helpers.truncated import cut_off

pytestmark = pytest.mark.usefixtures("qapp")

TEXTS = ["The", " old", " fisherman", " looked", " out"]
ROWS = 8


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

    def put(self, *tokens: TokenRecord) -> list[TokenSpan]:
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
        assert place.facts().rank is None
        assert place.facts().own_rank in (5, 250)
    place.desk.sampling.change(top_k=0)
    assert not place.facts().is_cut
    assert place.facts().rank == place.facts().own_rank == 250


def test_a_token_of_the_tail_gains_what_filters_took_from_others() -> None:
    params = SamplingParams(temperature=4.0, top_p=0.8, samplers=("temperature", "top_p"))
    place = Place(params)
    (span,) = place.put(scored(b" far", 401, rank=150))
    assert place.state.look_at(span)
    exact = distribution(logits_of(401), params)[span.record.id]
    uncut = distribution(logits_of(401), SamplingParams(temperature=4.0))[span.record.id]
    assert exact > 1.2 * uncut > 0.0
    assert place.facts().probability == pytest.approx(exact, rel=0.02)


def test_blame_is_of_what_was_written_and_not_of_what_was_scored() -> None:
    place = Place()
    drawn, read = place.put(written(b"drawn", 3, 0.99), scored(b" read", 4))
    place.state.look_at(drawn)
    sketch = LogitSketch.from_bytes(drawn.record.sketch)
    turn = flip_temperature(sketch, drawn.record.id, 0.99, SamplingParams())
    assert turn is not None
    (sentence,) = place.facts().sentences
    assert sentence.startswith(f"Below T {turn:.2g}")
    place.state.look_at(read)
    assert place.facts().sentences == (NO_DRAW,)


def test_a_near_tie_is_reported() -> None:
    place = Place()
    token = written(b"drawn", 3, 0.5)
    (span,) = place.put(token)
    place.state.look_at(span)
    assert NEAR_TIE not in place.facts().sentences
    # It is one of the two best as they are used: a bias can make it, and unmake it.
    first, second = LogitSketch.from_bytes(token.sketch).ids[:2].tolist()
    gap = float(np.subtract(*LogitSketch.from_bytes(token.sketch).logits[:2]))
    place.desk.sampling.change(logit_bias=((second, gap - 0.05),))
    assert place.facts().sentences[0] == NEAR_TIE
    place.desk.sampling.change(temperature=0.0)
    assert place.facts().sentences.count(NEAR_TIE) == 1
    place.desk.sampling.change(logit_bias=((second, gap - 0.05), (first, -5.0)))
    assert NEAR_TIE not in place.facts().sentences


def test_turning_t_is_reported_and_after_letting_go_it_is_not(qtbot: QtBot) -> None:
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
    (span,) = place.put(unreadable(scored(b"x", 3)))
    assert not place.state.look_at(span)
    assert place.state.span is None


def test_bytes_that_are_learnt_later_are_known_too() -> None:
    place = Place()
    (span,) = place.put(scored(b"drawn", 3))
    place.state.look_at(span)
    place.desk.next_token.add_pieces({span.record.id: b" sea"})
    assert place.facts().text.text == "␣sea"


def test_penalties_see_the_tokens_before() -> None:
    place = Place()
    first = scored(b"a", 5, rank=0)
    second = undrawn(first.id, b" a", first.sketch)
    _, span = place.put(first, second)
    place.state.look_at(span)
    before = place.facts().probability
    place.desk.sampling.change(repeat_penalty=1.5)
    assert place.facts().probability < before


def test_what_was_written_stands_where_the_sampler_saw_it() -> None:
    place = Place(SamplingParams(seed=5, xtc_probability=0.5, xtc_threshold=0.02))
    tokens = run_of(written_all(TEXTS), [1, 2, 3], 5)
    for index, span in enumerate(place.put(*tokens)):
        place.state.look_at(span)
        before = [token.id for token in tokens[:index]]
        assert list(place.state.next_token.history) == [1, 2, 3, *before]
        acts = chance(5, 3 + index) <= 0.5
        assert place.state.next_token.rows(ROWS)[0].cut is acts
        assert f"XTC {'acts' if acts else 'does not act'} here" in place.facts().sentences[-1]
    place.desk.sampling.change(seed=6)
    assert "With seed 5," in place.facts().sentences[-1], "it was drawn with that"


def test_of_what_was_read_only_what_stands_right_before_is_known() -> None:
    place = Place(SamplingParams(repeat_penalty=1.3))
    first, second = scored(b"one", 1), scored(b" two", 2)
    place.put(first, second)
    manuscript = place.desk.draft.manuscript
    manuscript.edit(len(manuscript), 0, " typed")
    third, fourth = scored(b" three", 3), scored(b" four", 4)
    _, span = place.put(third, fourth)
    place.state.look_at(span)
    assert list(place.state.next_token.history) == [third.id]
    assert "Only 1 of the tokens before is known" in place.facts().sentences[-1]
    place.desk.sampling.change(repeat_last_n=1)
    assert place.facts().sentences == (NO_DRAW,), "no more is looked at"


def test_a_token_that_was_read_is_not_said_to_be_drawn() -> None:
    place = Place()
    for token, drawn in ((written(b"a", 3, 0.5), True), (scored(b" b", 4, rank=250), False)):
        (span,) = place.put(token)
        place.state.look_at(span)
        assert place.facts().is_drawn is drawn
        rows = place.state.next_token.rows(ROWS)
        tail = place.state.next_token.tail(rows)
        assert tail is not None
        assert tail.drawn is drawn
        words = (
            f"{description(rows, drawn=place.state.next_token.is_written)} {tail_sentence(tail)}"
        )
        assert ("drawn" in words) is drawn


def test_with_all_that_is_known_banned_the_word_is_known_still() -> None:
    place = Place()
    for token in (written(b"a", 3, 0.5), scored(b" b", 4, rank=250)):
        (span,) = place.put(token)
        place.state.look_at(span)
        place.desk.sampling.change(logit_bias=())
        before = place.facts()
        known = LogitSketch.from_bytes(token.sketch).ids.tolist()
        place.desk.sampling.change(logit_bias=tuple((token, -math.inf) for token in known))
        facts = place.facts()
        assert math.isnan(facts.probability)
        assert facts.rank is None
        assert (facts.own_rank, facts.surprise, facts.entropy) == (
            before.own_rank,
            before.surprise,
            before.entropy,
        )
        assert facts.text == before.text
        assert place.state.next_token.reason is not None


def test_blame_that_leaves_something_out_says_so() -> None:
    place = Place(SamplingParams(xtc_probability=0.5))
    (span,) = place.put(written(b"drawn", 3, 0.99))
    place.state.look_at(span)
    assert any(said.startswith("Approximate: XTC left out") for said in place.facts().sentences)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.8])
def test_of_what_a_server_sent_the_facts_are_bounds(temperature: float) -> None:
    place = Place()
    seeds = [seed for seed in range(20) if 0 < written(b"x", seed, 0.6).rank < 40]
    for seed in seeds[:4]:
        whole = written(b" word", seed, 0.6)
        logits = logits_of(seed)
        sketch = cut_off(logits, 60, whole.id).to_bytes()
        (span,) = place.put(msgspec.structs.replace(whole, sketch=sketch))
        assert place.state.look_at(span)
        place.desk.sampling.change(temperature=temperature)
        facts = place.facts()
        assert facts.bands is not None
        p = distribution(logits, SamplingParams(temperature=temperature))
        mine = float(p[whole.id])
        for band, true in (
            (facts.bands.probability, mine),
            (facts.bands.surprise, -math.log2(mine)),
            (facts.bands.entropy, float(-(p[p > 0] @ np.log2(p[p > 0])))),
            (facts.bands.at_one, float(distribution(logits, SamplingParams())[whole.id])),
        ):
            assert band[0] - 1e-4 <= true <= band[1] + 1e-4
        assert any("the same draw would" in sentence for sentence in facts.sentences)
        assert any("likeliest are known" in sentence for sentence in facts.sentences)
